package wallet

import (
	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// Device is a telephone or browser that a customer used the wallet with.
type Device struct {
	ID        string `json:"id"`
	Model     string `json:"model,omitempty"`
	OS        string `json:"os,omitempty"`
	App       string `json:"app,omitempty"` // the version of the wallet's own app
	FirstSeen Time   `json:"first_seen"`
	LastSeen  Time   `json:"last_seen"`
	Trust     string `json:"trust"` // trusted, new, revoked
	Push      bool   `json:"push"`  // can be reached by messages of the app
	Rooted    bool   `json:"rooted"`
	Mark      string `json:"mark,omitempty"` // the same for every customer who used this device; "": not told
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (d Device) Validate() error {
	const op = "wallet.Device"
	return check.First(
		check.ID(op, "id", d.ID, true), check.Text(op, "model", d.Model), check.Text(op, "os", d.OS), check.Text(op, "app", d.App),
		check.Word(op, "trust", d.Trust, "trusted", "new", "revoked"), check.ID(op, "mark", d.Mark, false),
	)
}

// Session is an open or ended session of a customer's with the wallet.
type Session struct {
	ID       string `json:"id"`
	DeviceID string `json:"device_id,omitempty"`
	Place    string `json:"place,omitempty"`   // coarse: a town, a country
	Network  string `json:"network,omitempty"` // the beginning of an address, or who runs it
	Factor   string `json:"factor,omitempty"`  // what was used to come in: passkey, totp, sms …
	Risk     string `json:"risk,omitempty"`    // a band: low, medium, high
	Result   string `json:"result"`            // open, ended, refused
	At       Time   `json:"at"`
	EndedAt  Time   `json:"ended_at"`
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (s Session) Validate() error {
	const op = "wallet.Session"
	if s.At == 0 {
		return fault.InvalidField(op, "at", "is missing")
	}
	return check.First(
		check.ID(op, "id", s.ID, true), check.ID(op, "device_id", s.DeviceID, false), check.Text(op, "place", s.Place), check.Text(op, "network", s.Network),
		check.Code(op, "factor", s.Factor), check.Word(op, "risk", s.Risk, "", "low", "medium", "high"), check.Word(op, "result", s.Result, "open", "ended", "refused"),
	)
}

// Factor is something by which a customer proves who they are.
type Factor struct {
	ID        string `json:"id"`
	Type      string `json:"type"`  // passkey, app_push, totp, sms, email, password, recovery_code, document
	State     string `json:"state"` // active, locked, removed
	CreatedAt Time   `json:"created_at"`
	ChangedAt Time   `json:"changed_at"`
	LastUsed  Time   `json:"last_used"`
}

// Strong tells whether the factor is good for more than to say who somebody may be:
// a message to a telephone number or mailbox can be read by whoever took it over.
func (f Factor) Strong() bool {
	return f.State == "active" && (f.Type == "passkey" || f.Type == "app_push" || f.Type == "totp")
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (f Factor) Validate() error {
	const op = "wallet.Factor"
	return check.First(
		check.ID(op, "id", f.ID, true), check.Word(op, "state", f.State, "active", "locked", "removed"),
		check.Word(op, "type", f.Type, "passkey", "app_push", "totp", "sms", "email", "password", "recovery_code", "document"),
	)
}

// Restriction is something that the wallet does not let a customer do at present,
// beyond one payment.
type Restriction struct {
	ID          string `json:"id"`
	Scope       string `json:"scope"` // wallet, account, instrument
	Target      string `json:"target,omitempty"`
	Kind        string `json:"kind"`  // freeze, limit, block
	Stops       string `json:"stops"` // debit, credit, all
	Reason      string `json:"reason_category,omitempty"`
	Disclosable bool   `json:"disclosable"` // whether the customer may be told why
	PlacedBy    string `json:"placed_by"`   // customer, support, wallet, authority
	PlacedAt    Time   `json:"placed_at"`
	ExpiresAt   Time   `json:"expires_at"`
	Release     string `json:"release"` // who lifts it: customer, support, review, authority, time
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (r Restriction) Validate() error {
	const op = "wallet.Restriction"
	if r.PlacedAt == 0 {
		return fault.InvalidField(op, "placed_at", "is missing")
	}
	return check.First(
		check.ID(op, "id", r.ID, true), check.ID(op, "target", r.Target, false), check.Word(op, "scope", r.Scope, "wallet", "account", "instrument"),
		check.Word(op, "kind", r.Kind, "freeze", "limit", "block"), check.Word(op, "stops", r.Stops, "debit", "credit", "all"), check.Code(op, "reason_category", r.Reason),
		check.Word(op, "placed_by", r.PlacedBy, "customer", "support", "wallet", "authority"),
		check.Word(op, "release", r.Release, "customer", "support", "review", "authority", "time"),
	)
}

// ForCustomer is r as its customer may see it. Where it may not be told, neither is who
// placed it, who lifts it or until when: each of them says that an authority did.
func (r Restriction) ForCustomer() Restriction {
	if !r.Disclosable {
		r.Reason, r.PlacedBy, r.Release, r.ExpiresAt = "", "wallet", "review", 0
	}
	return r
}

// Limit is how much may be moved in a period, and how much of that is used.
type Limit struct {
	ID       string `json:"id"`
	Rail     string `json:"rail,omitempty"`
	Period   string `json:"period"` // transaction, day, week, month, year
	Max      Money  `json:"max"`
	Used     Money  `json:"used"`
	ResetsAt Time   `json:"resets_at"`
	Raise    string `json:"raise,omitempty"` // a code of how to get more, such as verify_identity
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (l Limit) Validate() error {
	const op = "wallet.Limit"
	if l.Max.None() || !l.Max.Like(l.Used) || l.Max.Sign() < 0 || l.Used.Sign() < 0 {
		return fault.InvalidField(op, "max", "or what is used of it is missing, below nothing, or of another currency")
	}
	return check.First(
		check.ID(op, "id", l.ID, true), check.Code(op, "rail", l.Rail), check.Word(op, "period", l.Period, "transaction", "day", "week", "month", "year"),
		check.Code(op, "raise", l.Raise),
	)
}
