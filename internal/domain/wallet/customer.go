package wallet

import (
	"unicode"

	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// Customer is a customer as the wallet knows one.
type Customer struct {
	ID           string   `json:"id"`
	Kind         string   `json:"kind"` // person, business
	Name         string   `json:"name"`
	Locale       string   `json:"locale,omitempty"`    // BCP 47
	TimeZone     string   `json:"time_zone,omitempty"` // IANA
	Jurisdiction string   `json:"jurisdiction,omitempty"`
	CreatedAt    Time     `json:"created_at"`
	RiskTier     string   `json:"risk_tier,omitempty"` // a band: low, medium, high
	Flags        []string `json:"flags,omitempty"`     // what to mind in dealing with them, such as large_type
	KYC          KYC      `json:"kyc"`
	Handles      []Handle `json:"handles"`
}

// The kinds of customers.
const (
	Person   = "person"
	Business = "business"
)

// KYC is how far the wallet has checked who a customer is.
type KYC struct {
	Level  string `json:"level,omitempty"`
	Status string `json:"status"` // none, pending, approved, expired, rejected
}

// Handle is an address at which the wallet knows a customer.
type Handle struct {
	Kind       string `json:"kind"` // email, phone, username
	Value      string `json:"value"`
	VerifiedAt Time   `json:"verified_at"`
	ChangedAt  Time   `json:"changed_at"`
}

// The kinds of handles.
const (
	HandleEmail    = "email"
	HandlePhone    = "phone"
	HandleUsername = "username"
)

// Validate refuses what is not of the contract. Errors: Invalid.
func (c Customer) Validate() error {
	const op = "wallet.Customer"
	if len(c.Handles) > MaxList || len(c.Flags) > MaxList {
		return fault.New(fault.Invalid, op, "a customer has too many handles or flags")
	}
	for _, h := range c.Handles {
		if err := check.First(check.Word(op, "handles.kind", h.Kind, HandleEmail, HandlePhone, HandleUsername), check.Text(op, "handles.value", h.Value)); err != nil {
			return err
		}
	}
	for _, f := range c.Flags {
		if err := check.Code(op, "flags", f); err != nil {
			return err
		}
	}
	return check.First(
		check.ID(op, "id", c.ID, true), check.Word(op, "kind", c.Kind, Person, Business), check.Text(op, "name", c.Name),
		check.Code(op, "locale", c.Locale), check.Code(op, "time_zone", c.TimeZone), check.Code(op, "jurisdiction", c.Jurisdiction),
		check.Word(op, "risk_tier", c.RiskTier, "", "low", "medium", "high"), check.Code(op, "kyc.level", c.KYC.Level),
		check.Word(op, "kyc.status", c.KYC.Status, "none", "pending", "approved", "expired", "rejected"),
	)
}

// Account is a pot of one currency or more.
type Account struct {
	ID       string `json:"id"`
	Kind     string `json:"kind"` // fiat, emoney, points, crypto, credit
	Name     string `json:"name,omitempty"`
	Status   string `json:"status"` // active, restricted, frozen, dormant, closing, closed
	Block    string `json:"block"`  // none, credit, debit, all: apart from its life, what is stopped
	Number   string `json:"number,omitempty"`
	OpenedAt Time   `json:"opened_at"`
	ClosedAt Time   `json:"closed_at"`
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (a Account) Validate() error {
	const op = "wallet.Account"
	return check.First(
		check.ID(op, "id", a.ID, true), check.Word(op, "kind", a.Kind, "fiat", "emoney", "points", "crypto", "credit"),
		check.Text(op, "name", a.Name), check.Text(op, "number", a.Number),
		check.Word(op, "status", a.Status, "active", "restricted", "frozen", "dormant", "closing", "closed"),
		check.Word(op, "block", a.Block, "none", "credit", "debit", "all"),
	)
}

// Balance is what an account holds in one currency, at one time. Available is what
// can be spent: Total less PendingOut and Held.
type Balance struct {
	AccountID  string `json:"account_id"`
	Available  Money  `json:"available"`
	PendingIn  Money  `json:"pending_in"`
	PendingOut Money  `json:"pending_out"`
	Held       Money  `json:"held"`
	Total      Money  `json:"total"`
	AsOf       Time   `json:"as_of"`
}

// Validate refuses what is not of the contract, and sums that do not add up.
// Errors: Invalid.
func (b Balance) Validate() error {
	const op = "wallet.Balance"
	for _, m := range []Money{b.Available, b.PendingIn, b.PendingOut, b.Held} {
		if m.None() || !m.Like(b.Total) {
			return fault.New(fault.Invalid, op, "the sums of a balance are of several currencies or scales")
		}
	}
	if b.PendingIn.Sign() < 0 || b.PendingOut.Sign() < 0 || b.Held.Sign() < 0 || b.AsOf == 0 {
		return fault.New(fault.Invalid, op, "a balance has a part below nothing, or no time")
	}
	spent, err := b.PendingOut.Add(b.Held)
	if err == nil {
		spent, err = b.Available.Add(spent)
	}
	if err != nil || spent.Cmp(b.Total) != 0 {
		return fault.New(fault.Invalid, op, "available, pending and held do not make the total")
	}
	return check.ID(op, "account_id", b.AccountID, true)
}

// Instrument is a card, a bank account or an address that a customer pays with. Of
// its number Kefu is never told more than the last four.
type Instrument struct {
	ID         string `json:"id"`
	Type       string `json:"type"` // card, bank, mobile_money, crypto_address, network_token
	Brand      string `json:"brand,omitempty"`
	Last4      string `json:"last4"`
	Country    string `json:"country,omitempty"`
	Expiry     string `json:"expiry,omitempty"` // YYYY-MM
	Status     string `json:"status"`           // active, expired, blocked, removed
	Default    bool   `json:"default"`
	VerifiedAt Time   `json:"verified_at"`
	OpenUses   int    `json:"open_uses"` // transactions and mandates that rest on it
	// What else a wallet may tell of it.
	Verification string `json:"verification,omitempty"` // verified, pending, failed, exhausted
	NameMatch    string `json:"name_match,omitempty"`   // full, partial, none: its holder's name and the customer's
	Holder       string `json:"holder,omitempty"`       // person, business
	RenewedAt    Time   `json:"renewed_at,omitempty"`   // when its network gave it a new number or expiry by itself
}

// maxBrandDigits bounds the digits of a brand, which is shown beside the last four.
const maxBrandDigits = 6

// digitsIn counts the digits of a text, of any script.
func digitsIn(s string) (n int) {
	for _, r := range s {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// Validate refuses what is not of the contract: above all a number that is longer
// than its last four, wherever it stands. Errors: Invalid.
func (i Instrument) Validate() error {
	const op = "wallet.Instrument"
	if len(i.Last4) > 4 {
		return fault.InvalidField(op, "last4", "has more than four characters")
	}
	if digitsIn(i.Brand) > maxBrandDigits {
		return fault.InvalidField(op, "brand", "has more than %d digits, as a number has that nobody may see whole", maxBrandDigits)
	}
	if i.OpenUses < 0 || i.OpenUses > 1_000_000 {
		return fault.InvalidField(op, "open_uses", "is out of range")
	}
	return check.First(
		check.ID(op, "id", i.ID, true), check.Word(op, "type", i.Type, "card", "bank", "mobile_money", "crypto_address", "network_token"),
		check.Text(op, "brand", i.Brand), check.Code(op, "last4", i.Last4), check.Code(op, "country", i.Country), check.Code(op, "expiry", i.Expiry),
		check.Word(op, "status", i.Status, "active", "expired", "blocked", "removed"),
		check.Word(op, "verification", i.Verification, "", "verified", "pending", "failed", "exhausted"),
		check.Word(op, "name_match", i.NameMatch, "", "full", "partial", "none"), check.Word(op, "holder", i.Holder, "", Person, Business),
	)
}
