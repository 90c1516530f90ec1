// Package points is a wallet's points and offers in the words of the contract: of which
// purchases points came, what became of each, what they can be redeemed for and why not, and
// which offers a customer took part in. Points are counted, never divided. A balance follows
// from its lots, so that what is told and what is explained cannot part.
package points

import (
	"slices"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// Stage is how the points of a lot stand.
type Stage string

// The stages of a lot.
const (
	Pending Stage = "pending" // earned, and not to be spent before ReadyAt
	Ready   Stage = "ready"
	Over    Stage = "over" // nothing is left of it
)

// Lot is what one purchase or offer brought.
type Lot struct {
	ID          string      `json:"id"`
	State       Stage       `json:"state"`
	Name        string      `json:"name,omitempty"` // the shop or the offer
	Transaction string      `json:"transaction,omitempty"`
	Offer       string      `json:"offer,omitempty"`
	Earned      int64       `json:"earned"`
	Left        int64       `json:"left"`
	Spent       int64       `json:"spent,omitempty"`
	Settled     int64       `json:"settled,omitempty"` // went to what was owed
	Expired     int64       `json:"expired,omitempty"`
	Taken       int64       `json:"taken,omitempty"` // taken back of what was left, because the purchase was given back
	Owing       int64       `json:"owing,omitempty"` // taken back though it was gone: it was settled by other points, or is owed
	At          wallet.Time `json:"at"`
	ReadyAt     wallet.Time `json:"ready_at"`
	ExpiresAt   wallet.Time `json:"expires_at"` // null: never
	EndedAt     wallet.Time `json:"ended_at"`
	TakenAt     wallet.Time `json:"taken_at"`
}

// Back is how many of its points were taken back.
func (l Lot) Back() int64 { return l.Taken + l.Owing }

// Validate refuses what is not of the contract, and what does not add up. Errors: Invalid.
func (l Lot) Validate() error {
	const op = "points.Lot"
	for _, n := range []int64{l.Left, l.Spent, l.Settled, l.Expired, l.Taken, l.Owing} {
		if n < 0 {
			return fault.InvalidField(op, "left", "or another part is below nothing")
		}
	}
	switch {
	case l.Earned <= 0 || l.Earned > Most || l.Earned != l.Left+l.Spent+l.Settled+l.Expired+l.Taken:
		return fault.InvalidField(op, "earned", "is not what became of it together")
	case l.Owing > l.Spent+l.Settled:
		return fault.InvalidField(op, "owing", "is more than was gone")
	case l.Back() > 0 && (l.Transaction == "" || l.TakenAt == 0):
		return fault.InvalidField(op, "transaction", "or when it was taken back is missing")
	case (l.State == Over) != (l.Left == 0):
		return fault.InvalidField(op, "state", "does not fit what is left")
	case l.State == Pending && l.ReadyAt == 0:
		return fault.InvalidField(op, "ready_at", "is missing")
	case l.At == 0 || (l.State == Over) != (l.EndedAt != 0):
		return fault.InvalidField(op, "ended_at", "does not fit the state, or when it was earned is missing")
	}
	return check.First(
		check.ID(op, "id", l.ID, true), check.Word(op, "state", l.State, Pending, Ready, Over), check.Text(op, "name", l.Name),
		check.ID(op, "transaction", l.Transaction, false), check.ID(op, "offer", l.Offer, false),
	)
}

// Standing is all that a wallet tells of a customer's points.
type Standing struct {
	CustomerID  string       `json:"customer_id"`
	Member      bool         `json:"member"` // whether they collect points
	Program     string       `json:"program,omitempty"`
	Unit        string       `json:"unit"`    // under which points are the amount of a command, such as PTS
	Balance     int64        `json:"balance"` // what the ready lots have left, less what is owed: it may be below nothing
	Pending     int64        `json:"pending"`
	Owed        int64        `json:"owed,omitempty"` // taken back though it was gone, and not settled by other points yet
	Rule        Rule         `json:"rule"`
	Lots        []Lot        `json:"lots"` // all of which something is left, and the last ones that are over
	Redemptions []Redemption `json:"redemptions"`
	Claims      []Claim      `json:"claims"`
	Rewards     []Reward     `json:"rewards"`
	Offers      []Offer      `json:"offers"`
}

// Bounds.
const (
	Most    = 1_000_000_000_000 // points of one lot, reward or balance
	MaxLots = 200
	MaxList = 50 // redemptions, claims, rewards, offers
)

// Rule is how points are earned, as everybody may read it.
type Rule struct {
	Points  int64        `json:"points"` // for each full Each
	Each    wallet.Money `json:"each"`
	Waits   int          `json:"waits"`           // days until they can be spent
	Lasts   int          `json:"lasts,omitempty"` // days until they expire; none: for ever
	Claim   int          `json:"claim"`           // days after a purchase in which missing ones can be claimed
	Answers int          `json:"answers"`         // days in which a claim is decided
}

func (r Rule) validate() error {
	const op = "points.Rule"
	if r.Points < 0 || r.Points > Most || r.Waits < 0 || r.Lasts < 0 || r.Claim < 0 || r.Answers < 0 || (r.Points > 0 && r.Each.Sign() <= 0) {
		return fault.InvalidField(op, "rule", "has something below nothing, or does not say for which sum points are given")
	}
	return nil
}

// Soon are the ready points that expire at the earliest time, and that time; 0 for none.
func (s Standing) Soon() (n int64, at wallet.Time) {
	for _, l := range s.Lots {
		switch {
		case l.State != Ready || l.ExpiresAt == 0:
		case at == 0 || l.ExpiresAt < at:
			n, at = l.Left, l.ExpiresAt
		case l.ExpiresAt == at:
			n += l.Left
		}
	}
	return n, at
}

// Lot is a lot by its id.
func (s Standing) Lot(id string) (Lot, bool) {
	if i := slices.IndexFunc(s.Lots, func(l Lot) bool { return l.ID == id }); i >= 0 {
		return s.Lots[i], true
	}
	return Lot{}, false
}

// Reward is a reward by its id.
func (s Standing) Reward(id string) (Reward, bool) {
	if i := slices.IndexFunc(s.Rewards, func(r Reward) bool { return r.ID == id }); i >= 0 {
		return s.Rewards[i], true
	}
	return Reward{}, false
}

// Offer is an offer by its id.
func (s Standing) Offer(id string) (Offer, bool) {
	if i := slices.IndexFunc(s.Offers, func(o Offer) bool { return o.ID == id }); i >= 0 {
		return s.Offers[i], true
	}
	return Offer{}, false
}

// Validate refuses what is not of the contract, and what does not add up. Errors: Invalid.
func (s Standing) Validate() error {
	const op = "points.Standing"
	if len(s.Lots) > MaxLots || max(len(s.Redemptions), len(s.Claims), len(s.Rewards), len(s.Offers)) > MaxList {
		return fault.InvalidField(op, "lots", "or another list is too long")
	}
	if !s.Member && (s.Balance != 0 || s.Pending != 0 || len(s.Lots)+len(s.Redemptions)+len(s.Claims) > 0) {
		return fault.InvalidField(op, "member", "is not so, and there are points")
	}
	var ready, pending int64
	seen := map[string]bool{}
	once := func(id string) bool { was := seen[id]; seen[id] = true; return !was }
	for _, l := range s.Lots {
		if err := l.Validate(); err != nil {
			return err
		}
		if !once("lot " + l.ID) {
			return fault.InvalidField(op, "lots", "have two of one id")
		}
		switch l.State {
		case Ready:
			ready += l.Left
		case Pending:
			pending += l.Left
		}
	}
	switch {
	case s.Owed < 0 || s.Pending != pending || s.Balance != ready-s.Owed:
		return fault.InvalidField(op, "balance", "is not what the lots have left, less what is owed")
	}
	for _, part := range []error{all(s.Redemptions, once), all(s.Claims, once), all(s.Rewards, once), all(s.Offers, once)} {
		if part != nil {
			return part
		}
	}
	if !wallet.ValidCurrency(s.Unit) {
		return fault.InvalidField(op, "unit", "is no code")
	}
	return check.First(check.ID(op, "customer_id", s.CustomerID, true), check.Text(op, "program", s.Program), s.Rule.validate())
}

// all judges a list, whose ids have to differ.
func all[T interface {
	Validate() error
	key() string
}](list []T, once func(string) bool) error {
	for _, x := range list {
		if err := x.Validate(); err != nil {
			return err
		}
		if !once(x.key()) {
			return fault.InvalidField("points.Standing", "id", "is there twice")
		}
	}
	return nil
}

// Earning is what the wallet says of the points of one purchase.
type Earning struct {
	TransactionID string      `json:"transaction_id"`
	State         string      `json:"state"`  // none, due: not there yet and not late, pending, ready, over
	Points        int64       `json:"points"` // by the rule, or as they came
	Lot           string      `json:"lot,omitempty"`
	Claim         string      `json:"claim,omitempty"` // that was made for it
	DueBy         wallet.Time `json:"due_by"`          // of one that is due
	Why           Code        `json:"why,omitempty"`   // of none
	Claimable     bool        `json:"claimable"`       // whether missing points can be claimed now
	ClaimBy       wallet.Time `json:"claim_by"`
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (e Earning) Validate() error {
	const op = "points.Earning"
	switch {
	case e.Points < 0 || e.Points > Most:
		return fault.InvalidField(op, "points", "are below nothing, or too many")
	case e.Claimable && (e.State != "none" || e.Lot != "" || e.Points == 0):
		return fault.InvalidField(op, "claimable", "is so of points that are there, or of none")
	case e.State == "none" && !e.Claimable && e.Why == "" && e.Claim == "":
		return fault.InvalidField(op, "why", "is missing")
	case (e.State == "pending" || e.State == "ready" || e.State == "over") != (e.Lot != ""):
		return fault.InvalidField(op, "lot", "does not fit the state")
	}
	return check.First(
		check.ID(op, "transaction_id", e.TransactionID, true), check.Word(op, "state", e.State, "none", "due", "pending", "ready", "over"),
		check.ID(op, "lot", e.Lot, false), check.ID(op, "claim", e.Claim, false), check.Word(op, "why", e.Why, append(EarningCodes(), "")...),
	)
}

// Claim is a customer's word that points of a purchase are missing.
type Claim struct {
	ID          string      `json:"id"`
	Transaction string      `json:"transaction"`
	State       string      `json:"state"` // open, granted, refused
	Points      int64       `json:"points"`
	At          wallet.Time `json:"at"`
	DecideBy    wallet.Time `json:"decide_by"`
	DecidedAt   wallet.Time `json:"decided_at"`
	Why         Code        `json:"why,omitempty"` // of one that was refused
	Files       int         `json:"files,omitempty"`
}

func (c Claim) key() string { return "claim " + c.ID }

// Validate refuses what is not of the contract. Errors: Invalid.
func (c Claim) Validate() error {
	const op = "points.Claim"
	switch {
	case c.Points <= 0 || c.Points > Most || c.At == 0 || c.Files < 0:
		return fault.InvalidField(op, "points", "or when it was made is missing")
	case (c.State == "open") != (c.DecidedAt == 0):
		return fault.InvalidField(op, "decided_at", "does not fit the state")
	case (c.State == "refused") != (c.Why != ""):
		return fault.InvalidField(op, "why", "belongs to what was refused")
	}
	return check.First(
		check.ID(op, "id", c.ID, true), check.ID(op, "transaction", c.Transaction, true), check.Word(op, "state", c.State, "open", "granted", "refused"),
		check.Word(op, "why", c.Why, append(EarningCodes(), "")...),
	)
}
