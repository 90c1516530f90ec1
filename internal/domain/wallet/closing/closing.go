// Package closing is how a customer of a wallet ends it, in the words of the contract: what
// has to be settled before and what is lost, how long they may change their mind, what came
// in when it was over, and whether they can come back. It knows of no reason for which
// somebody is looked at: an item of the kind Review is the same for everybody.
package closing

import (
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// Stage is how far a closure has got.
type Stage string

// The stages.
const (
	Open    Stage = "open"        // the wallet is in use, and nobody asked
	Cooling Stage = "cooling_off" // it was asked for, and can be taken back until ClosesAt
	Closed  Stage = "closed"
)

// Kind is what an item is about.
type Kind string

// The kinds of items.
const (
	Balance  Kind = "balance"  // money of a currency
	Dust     Kind = "dust"     // less of a currency than the wallet pays out
	Negative Kind = "negative" // the customer owes it
	Payment  Kind = "payment"  // that is not over, or held
	Dispute  Kind = "dispute"  // that is not decided
	Refund   Kind = "refund"   // that is expected
	Mandate  Kind = "mandate"  // somebody may charge again
	TopUp    Kind = "top_up"   // the wallet charges a card again and again by itself
	Points   Kind = "points"   // which are lost
	Card     Kind = "card"     // a card or bank account that is linked
	Crypto   Kind = "crypto"   // which is sent to an address, and not paid out
	Role     Kind = "role"     // in a business that cannot be without somebody in it
	Freeze   Kind = "freeze"   // by the customer, or one that may be told
	Review   Kind = "review"   // the wallet looks at the account before it closes; nothing else is said
)

// Kinds lists them.
func Kinds() []Kind {
	return []Kind{Balance, Dust, Negative, Payment, Dispute, Refund, Mandate, TopUp, Points, Card, Crypto, Role, Freeze, Review}
}

// Fix is how an item is settled.
type Fix string

// The fixes.
const (
	FixWithdraw Fix = "withdraw" // paid out to an instrument of the customer's
	FixGiveUp   Fix = "give_up"  // the customer agrees to lose it
	FixPayIn    Fix = "pay_in"
	FixWait     Fix = "wait"   // until it is over by itself
	FixCancel   Fix = "cancel" // the mandate
	FixShop     Fix = "shop"   // only who charges can end it
	FixSend     Fix = "send"   // crypto, to an address in the wallet's app
	FixHandOn   Fix = "hand_on"
	FixUnfreeze Fix = "unfreeze"
	FixPerson   Fix = "person"
	FixNone     Fix = "none" // nothing has to be done: the wallet does it when it closes
)

// Fixes lists them.
func Fixes() []Fix {
	return []Fix{FixWithdraw, FixGiveUp, FixPayIn, FixWait, FixCancel, FixShop, FixSend, FixHandOn, FixUnfreeze, FixPerson, FixNone}
}

// Item is one thing between a customer and the end.
type Item struct {
	ID      string       `json:"id"` // of this item among those of the customer
	Kind    Kind         `json:"kind"`
	Fix     Fix          `json:"fix"`
	Blocks  bool         `json:"blocks"`           // nothing can be closed while it is there; else it ends or is lost with the account
	Object  string       `json:"object,omitempty"` // the account, payment, dispute, refund, mandate, instrument or restriction
	Name    string       `json:"name,omitempty"`   // what its customer knows it by
	Amount  wallet.Money `json:"amount"`           // null where there is no sum; of Negative what is owed
	Count   int64        `json:"count,omitempty"`  // of points
	Until   wallet.Time  `json:"until"`            // when it should be over by itself
	Minimum wallet.Money `json:"minimum"`          // of Dust: the least that is paid out
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (i Item) Validate() error {
	const op = "closing.Item"
	switch {
	case i.Amount.Sign() < 0 || i.Count < 0 || i.Minimum.Sign() < 0:
		return fault.InvalidField(op, "amount", "is below nothing")
	case (i.Kind == Balance || i.Kind == Dust || i.Kind == Negative) && i.Amount.Sign() <= 0:
		return fault.InvalidField(op, "amount", "is missing")
	case (i.Kind == Balance || i.Kind == Dust) && i.Object == "":
		return fault.InvalidField(op, "object", "does not say in which account the money is")
	case i.Kind == Review && i != (Item{ID: i.ID, Kind: Review, Fix: FixPerson, Blocks: true}):
		return fault.InvalidField(op, "review", "says something, and must say nothing")
	case i.Fix == FixNone && i.Blocks:
		return fault.InvalidField(op, "blocks", "is so, and nothing can be done about it")
	}
	return check.First(
		check.ID(op, "id", i.ID, true), check.Word(op, "kind", i.Kind, Kinds()...), check.Word(op, "fix", i.Fix, Fixes()...),
		check.ID(op, "object", i.Object, false), check.Text(op, "name", i.Name),
	)
}

// Destination is an instrument of the customer's to which money may be paid out, or why not
// to this one.
type Destination struct {
	InstrumentID string      `json:"instrument_id"`
	Why          string      `json:"why,omitempty"` // a code: not_verified, too_new, other_name, not_paid_out_to
	From         wallet.Time `json:"from"`          // from when on, of one that is too new
}

// Late is money that came in for a customer after it was over, and waits for them.
type Late struct {
	ID       string       `json:"id"`
	Name     string       `json:"name,omitempty"` // from whom
	Amount   wallet.Money `json:"amount"`
	At       wallet.Time  `json:"at"`
	PaidAt   wallet.Time  `json:"paid_at"` // when it was paid out; none: it waits
	PaidTo   string       `json:"paid_to,omitempty"`
	ClaimBy  wallet.Time  `json:"claim_by"` // until when it can be claimed, where the wallet says so
	Transfer string       `json:"transaction,omitempty"`
}

// Return is whether and how somebody comes back.
type Return struct {
	How   string      `json:"how"`   // new: with a new account; same: the old one is opened again; none
	After wallet.Time `json:"after"` // not before
	Until wallet.Time `json:"until"` // of the old one: not later
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (r Return) Validate() error {
	return check.Word("closing.Return", "how", r.How, "new", "same", "none")
}

// Standing is how a closure stands, and what is in its way.
type Standing struct {
	CustomerID   string        `json:"customer_id"`
	State        Stage         `json:"state"`
	Days         int           `json:"days"` // in which it can be taken back; the operator's
	Items        []Item        `json:"items"`
	Destinations []Destination `json:"destinations,omitempty"`
	Late         []Late        `json:"late,omitempty"`
	RequestedAt  wallet.Time   `json:"requested_at"`
	ClosesAt     wallet.Time   `json:"closes_at"`
	ClosedAt     wallet.Time   `json:"closed_at"`
	// EndedAt is when the last request ended without a closure, and EndedBy who ended it.
	EndedAt wallet.Time `json:"ended_at"`
	EndedBy string      `json:"ended_by,omitempty"` // customer, wallet: something came in its way
	Return  Return      `json:"return"`
}

// Bounds of a closure.
const (
	LeastDays = 7
	MostDays  = 14
	MaxItems  = 100
)

// Ready tells whether nothing is in the way.
func (s Standing) Ready() bool {
	for _, i := range s.Items {
		if i.Blocks {
			return false
		}
	}
	return true
}

// Of are the items of some kinds.
func (s Standing) Of(kinds ...Kind) (list []Item) {
	for _, i := range s.Items {
		for _, k := range kinds {
			if i.Kind == k {
				list = append(list, i)
			}
		}
	}
	return list
}

// Validate refuses what is not of the contract, and what cannot be. Errors: Invalid.
func (s Standing) Validate() error {
	const op = "closing.Standing"
	switch {
	case len(s.Items) > MaxItems || len(s.Destinations) > wallet.MaxAccounts || len(s.Late) > MaxItems:
		return fault.InvalidField(op, "items", "or what came late, or where to, are too many")
	case s.Days < LeastDays || s.Days > MostDays:
		return fault.InvalidField(op, "days", "are not %d to %d", LeastDays, MostDays)
	case s.State == Cooling && (s.RequestedAt == 0 || s.ClosesAt <= s.RequestedAt || s.ClosedAt != 0):
		return fault.InvalidField(op, "closes_at", "is missing, not after the request, or it is closed already")
	case s.State == Closed && s.ClosedAt == 0, s.State != Closed && s.ClosedAt != 0:
		return fault.InvalidField(op, "closed_at", "does not fit the state")
	case s.State == Closed && !s.Ready():
		return fault.InvalidField(op, "items", "block what is closed")
	case s.State != Closed && len(s.Late) > 0:
		return fault.InvalidField(op, "late", "came after what is not closed")
	case (s.EndedAt == 0) != (s.EndedBy == ""):
		return fault.InvalidField(op, "ended_by", "does not fit the time")
	case len(s.Of(Review)) > 1:
		return fault.InvalidField(op, "items", "have more than one review, and so say how many there are")
	}
	seen := map[string]bool{}
	for _, i := range s.Items {
		if err := i.Validate(); err != nil {
			return err
		}
		if seen[i.ID] {
			return fault.InvalidField(op, "items", "have two of one id")
		}
		seen[i.ID] = true
	}
	for _, d := range s.Destinations {
		if err := check.First(check.ID(op, "destinations", d.InstrumentID, true), check.Code(op, "destinations.why", d.Why)); err != nil {
			return err
		}
	}
	for _, l := range s.Late {
		if l.Amount.Sign() <= 0 || l.At == 0 || (l.PaidAt == 0) != (l.PaidTo == "") {
			return fault.InvalidField(op, "late", "has no sum or time, or was paid out to nobody")
		}
		if err := check.First(check.ID(op, "late.id", l.ID, true), check.Text(op, "late.name", l.Name), check.ID(op, "late.paid_to", l.PaidTo, false), check.ID(op, "late.transaction", l.Transfer, false)); err != nil {
			return err
		}
	}
	return check.First(
		check.ID(op, "customer_id", s.CustomerID, true), check.Word(op, "state", s.State, Open, Cooling, Closed),
		check.Word(op, "ended_by", s.EndedBy, "", "customer", "wallet"), s.Return.Validate(),
	)
}

// The details of commands about a closure.
const (
	DetailFrom   = "from"    // of a withdrawal: the account that the money leaves, or what came late. Its target is where it goes
	DetailGiveUp = "give_up" // of a closure: yes, where something is lost
)
