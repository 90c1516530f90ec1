// Package instrument is what hangs on a customer's cards and accounts: what rests on one
// and hinders that it is removed, permissions to charge it again and again, and how a new
// one is added, which happens in the wallet's own form: no number ever passes Kefu.
package instrument

import (
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// The states of a mandate.
const (
	Active    = "active"
	Paused    = "paused"
	Cancelled = "cancelled"
	Ended     = "ended"
)

// Mandate is a permission to charge a customer again: a subscription, a bill, a top-up.
type Mandate struct {
	ID           string       `json:"id"`
	CustomerID   string       `json:"customer_id"`
	InstrumentID string       `json:"instrument_id,omitempty"` // none: what the wallet holds
	Merchant     string       `json:"merchant"`
	Kind         string       `json:"kind"` // subscription, bill, instalment, top_up
	State        string       `json:"state"`
	Amount       wallet.Money `json:"amount"`           // null: another one each time
	Period       string       `json:"period,omitempty"` // week, month, quarter, year; none: on demand
	NextAt       wallet.Time  `json:"next_at"`          // of the next charge, where it is known
	LastAt       wallet.Time  `json:"last_at"`
	Cancellable  bool         `json:"cancellable"`   // by the wallet, for its customer
	Why          string       `json:"why,omitempty"` // a code of why not
	CreatedAt    wallet.Time  `json:"created_at"`
	CancelledAt  wallet.Time  `json:"cancelled_at"`
}

// Charges tells whether it may still charge.
func (m Mandate) Charges() bool { return m.State == Active || m.State == Paused }

// Validate refuses what is not of the contract. Errors: Invalid.
func (m Mandate) Validate() error {
	const op = "instrument.Mandate"
	switch {
	case m.CreatedAt == 0 || (m.State == Cancelled) != (m.CancelledAt != 0):
		return fault.InvalidField(op, "cancelled_at", "does not fit the state, or the mandate has no time")
	case !m.Amount.None() && m.Amount.Sign() <= 0:
		return fault.InvalidField(op, "amount", "is not above nothing")
	case m.Cancellable && (!m.Charges() || m.Why != ""):
		return fault.InvalidField(op, "cancellable", "is what cannot charge, or there is a reason why not")
	case m.Merchant == "":
		return fault.InvalidField(op, "merchant", "is missing")
	}
	return check.First(
		check.ID(op, "id", m.ID, true), check.ID(op, "customer_id", m.CustomerID, true), check.ID(op, "instrument_id", m.InstrumentID, false),
		check.Text(op, "merchant", m.Merchant), check.Word(op, "kind", m.Kind, "subscription", "bill", "instalment", "top_up"),
		check.Word(op, "state", m.State, Active, Paused, Cancelled, Ended), check.Word(op, "period", m.Period, "", "week", "month", "quarter", "year"), check.Code(op, "why", m.Why),
	)
}

// Uses is what rests on one instrument.
type Uses struct {
	InstrumentID string    `json:"instrument_id"`
	Payments     []string  `json:"payments,omitempty"` // that are not over
	Refunds      []string  `json:"refunds,omitempty"`  // that are expected to it
	Mandates     []Mandate `json:"mandates,omitempty"` // that may charge it
	Last         bool      `json:"last"`               // it is the only one that can be paid with
	Default      bool      `json:"default"`
	Removable    bool      `json:"removable"`
	Why          []string  `json:"why,omitempty"` // codes of what speaks against it, or is to be known before
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (u Uses) Validate() error {
	const op = "instrument.Uses"
	if len(u.Payments) > wallet.MaxAccounts || len(u.Refunds) > wallet.MaxAccounts || len(u.Mandates) > wallet.MaxAccounts {
		return fault.InvalidField(op, "payments", "or refunds or mandates are too many")
	}
	if !u.Removable && len(u.Why) == 0 {
		return fault.InvalidField(op, "why", "does not say why it cannot be removed")
	}
	for _, list := range [][]string{u.Payments, u.Refunds} {
		for _, id := range list {
			if err := check.ID(op, "payments", id, true); err != nil {
				return err
			}
		}
	}
	for _, m := range u.Mandates {
		if m.InstrumentID != u.InstrumentID || !m.Charges() {
			return fault.InvalidField(op, "mandates", "hold one of another instrument, or that charges nothing")
		}
		if err := m.Validate(); err != nil {
			return err
		}
	}
	return check.First(check.ID(op, "instrument_id", u.InstrumentID, true), check.Codes(op, "why", u.Why))
}

// LinkState is how far the adding of an instrument has got.
type LinkState string

// The states of a Link.
const (
	Pending LinkState = "pending" // the customer has the wallet's form open, or its bank looks at it
	Added   LinkState = "added"
	Failed  LinkState = "failed"
	Lapsed  LinkState = "expired" // nobody filled the form in
)

// Over tells whether nothing more will happen.
func (s LinkState) Over() bool { return s != Pending }

// Why an instrument was not added.
const (
	NameMismatch = "name_mismatch"    // it is not in the customer's name
	Elsewhere    = "linked_elsewhere" // it is another customer's already
	Exhausted    = "tries_exhausted"  // it was not verified in the tries that there are
	NotTaken     = "not_supported"    // such as a business card
	Declined     = "declined"         // by its bank
	GivenUp      = "given_up"         // by the customer
)

// Link is the wallet's own form for adding an instrument, and what became of it.
type Link struct {
	ID           string      `json:"id"`
	CustomerID   string      `json:"customer_id"`
	State        LinkState   `json:"state"`
	Address      string      `json:"link,omitempty"` // opens the form in the wallet, while it is pending
	ExpiresAt    wallet.Time `json:"expires_at"`
	InstrumentID string      `json:"instrument_id,omitempty"` // that was added
	Why          string      `json:"why,omitempty"`           // it failed
	TriesLeft    int         `json:"tries_left,omitempty"`    // to verify it
}

// maxTries bounds the tries to verify an instrument.
const maxTries = 100

// Validate refuses what is not of the contract. Errors: Invalid.
func (l Link) Validate() error {
	const op = "instrument.Link"
	switch {
	case l.ExpiresAt == 0 || len(l.Address) > check.MaxLink || l.TriesLeft < 0 || l.TriesLeft > maxTries:
		return fault.InvalidField(op, "expires_at", "is missing, or something is out of range")
	case (l.State == Added) != (l.InstrumentID != "") || (l.State == Failed) != (l.Why != ""):
		return fault.InvalidField(op, "why", "belongs to what failed, and an instrument to what was added")
	case l.State != Pending && l.Address != "":
		return fault.InvalidField(op, "link", "leads to a form that is over")
	}
	return check.First(
		check.ID(op, "id", l.ID, true), check.ID(op, "customer_id", l.CustomerID, true), check.ID(op, "instrument_id", l.InstrumentID, false),
		check.Word(op, "state", l.State, Pending, Added, Failed, Lapsed),
		check.Word(op, "why", l.Why, "", NameMismatch, Elsewhere, Exhausted, NotTaken, Declined, GivenUp),
	)
}

// Adding asks for the wallet's form to add an instrument.
type Adding struct {
	Key        string `json:"-"` // Idempotency-Key: the same again opens the same form
	CustomerID string `json:"customer_id"`
	Type       string `json:"type"` // card, bank
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (a Adding) Validate() error {
	const op = "instrument.Adding"
	return check.First(
		check.ID(op, "key", a.Key, true), check.ID(op, "customer_id", a.CustomerID, true), check.Word(op, "type", a.Type, "card", "bank", "mobile_money"),
	)
}
