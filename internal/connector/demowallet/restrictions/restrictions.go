// Package restrictions is what a customer of the demo's wallet may not do for the present:
// accounts that are frozen, by them, by customer service or by somebody who is not named,
// and cards that are blocked; and who may lift which.
package restrictions

import (
	"context"
	"slices"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Register is the part of the wallet that tells of them. It is safe for concurrent use.
type Register struct{ books keep.Store }

// New makes a Register over the wallet's books.
func New(books keep.Store) *Register { return &Register{books: books} }

const most = 100 // of one customer's that are looked at

// Restrictions lists what a customer may not do at present, the latest first. Errors:
// NotFound, Unavailable.
func (r *Register) Restrictions(ctx context.Context, _ wallet.Actor, customer string) ([]wallet.Restriction, error) {
	kept, err := keep.Listed[restriction](ctx, r.books, keep.KindRestriction, customer, most)
	list := []wallet.Restriction{}
	for _, r := range kept {
		if r.Lifted == 0 {
			list = append(list, r.Restriction)
		}
	}
	return list, err
}

// Asked is a command about what a customer may do, inside its commit.
type Asked struct {
	keep.Asked
	Accounts     []string // the customer's
	Restrictions []string // theirs, lifted ones too
	// Young tells whether something that proves them was changed a short while ago.
	Young func() (bool, error)
}

// restriction is what the wallet keeps of one.
type restriction struct {
	wallet.Restriction
	Lifted wallet.Time `json:"lifted,omitempty"`
}

// placer is who places a restriction that somebody asks for.
func placer(by wallet.Actor) string {
	if by.Kind == "customer" {
		return "customer"
	}
	return "support"
}

// Freeze stops what leaves one account, or all of a customer's. It takes nothing away,
// and so needs little.
func (a Asked) Freeze(o *wallet.Operation, c wallet.Command) (wallet.Refusal, error) {
	o.Summary = &wallet.Summary{Effects: []string{"payments_stop"}, Reversible: true, State: "active"}
	targets := a.Accounts
	r := restriction{Restriction: wallet.Restriction{
		ID: "fr-" + id.New(), Scope: "wallet", Kind: "freeze", Stops: "debit", Reason: c.Reason, Disclosable: true, PlacedBy: placer(a.By), PlacedAt: a.At, Release: placer(a.By),
	}}
	if c.Target != "" {
		if !slices.Contains(targets, c.Target) {
			return "", fault.New(fault.NotFound, "restrictions.Freeze", "there is no such account of this customer")
		}
		targets, r.Scope, r.Target = []string{c.Target}, "account", c.Target
	}
	frozen := 0
	for _, id := range targets {
		at, _, err := a.Account(id)
		if err != nil {
			return "", err
		}
		if at.Frozen || at.Closed {
			frozen++
		}
	}
	if frozen == len(targets) {
		o.Summary.State = "frozen"
		return wallet.AlreadyDone, nil
	}
	if refusal, err := a.Allowed(0); refusal != "" || err != nil {
		return refusal, err
	}
	for _, id := range targets {
		if err := a.stopAccount(c.CustomerID, id, true); err != nil {
			return "", err
		}
	}
	o.Made = []wallet.Made{{Kind: "freeze", ID: r.ID}}
	return "", keep.Put(a.Desk, keep.KindRestriction, r.ID, c.CustomerID, a.At, r)
}

// stopAccount freezes an account or lets it go on.
func (a Asked) stopAccount(customer, id string, frozen bool) error {
	at, _, err := a.Account(id)
	if err != nil || at.Frozen == frozen || at.Closed {
		return err
	}
	if err := a.Stop(id, frozen, false); err != nil {
		return err
	}
	told, err := keep.Get[wallet.Account](a.Desk, keep.KindAccount, id)
	if err != nil {
		return err
	}
	what := wallet.AccountUnfrozen
	if told.Status, told.Block = "active", "none"; frozen {
		told.Status, told.Block, what = "frozen", "debit", wallet.AccountFrozen
	}
	if err := keep.Put(a.Desk, keep.KindAccount, id, customer, 0, told); err != nil {
		return err
	}
	return a.Tell(what, customer, id)
}

// standing gives the restrictions of a customer that are in force.
func (a Asked) standing() ([]restriction, error) {
	var list []restriction
	for _, id := range a.Restrictions {
		r, err := keep.Get[restriction](a.Desk, keep.KindRestriction, id)
		if err != nil {
			return nil, err
		}
		if r.Lifted == 0 {
			list = append(list, r)
		}
	}
	return list, nil
}

// Unfreeze lifts a freeze: one by its id, or those of an account.
func (a Asked) Unfreeze(o *wallet.Operation, c wallet.Command) (wallet.Refusal, error) {
	all, err := a.standing()
	if err != nil {
		return "", err
	}
	lifted := slices.DeleteFunc(slices.Clone(all), func(r restriction) bool {
		return r.Kind != "freeze" || !(r.ID == c.Target || r.Target == c.Target || (c.Target == c.CustomerID && r.Scope == "wallet"))
	})
	o.Summary = &wallet.Summary{Effects: []string{"payments_resume"}, Reversible: true, State: "frozen"}
	if len(lifted) == 0 {
		o.Summary.State = "active"
		if !slices.Contains(append(slices.Clone(a.Restrictions), a.Accounts...), c.Target) && c.Target != c.CustomerID {
			return "", fault.New(fault.NotFound, "restrictions.Unfreeze", "there is no such freeze of this customer")
		}
		return wallet.AlreadyDone, nil
	}
	if c.Expect != "frozen" && c.Expect != "freeze" {
		return wallet.StateChanged, nil
	}
	approvals := 0
	for _, r := range lifted {
		if r.PlacedBy == "authority" {
			return wallet.BlockedByWallet, nil
		}
		if r.PlacedBy != "customer" {
			approvals = 1
		}
	}
	young, err := a.Young()
	if err != nil || young {
		return wallet.FactorTooYoung, err
	}
	if refusal, err := a.Allowed(approvals); refusal != "" || err != nil {
		return refusal, err
	}
	for _, r := range lifted {
		r.Lifted = a.At
		if err := keep.Put(a.Desk, keep.KindRestriction, r.ID, c.CustomerID, r.PlacedAt, r); err != nil {
			return "", err
		}
	}
	return "", a.thaw(c.CustomerID, all, lifted)
}

// thaw lets the accounts go on that no restriction stops any more.
func (a Asked) thaw(customer string, all, lifted []restriction) error {
	for _, id := range a.Accounts {
		still := slices.ContainsFunc(all, func(r restriction) bool {
			gone := slices.ContainsFunc(lifted, func(l restriction) bool { return l.ID == r.ID })
			return !gone && r.Kind == "freeze" && (r.Scope == "wallet" || r.Target == id)
		})
		if still {
			continue
		}
		if err := a.stopAccount(customer, id, false); err != nil {
			return err
		}
	}
	return nil
}

// Block makes a card useless.
func (a Asked) Block(o *wallet.Operation, c wallet.Command) (wallet.Refusal, error) {
	i, err := keep.Owned[wallet.Instrument](a.Desk, keep.KindInstrument, c.CustomerID, c.Target)
	if err != nil {
		return "", err
	}
	o.Summary = &wallet.Summary{Effects: []string{"instrument_stops"}, State: i.Status}
	switch {
	case i.Status == "blocked" || i.Status == "removed":
		return wallet.AlreadyDone, nil
	case c.Expect != "" && c.Expect != i.Status:
		return wallet.StateChanged, nil
	}
	if refusal, err := a.Allowed(0); refusal != "" || err != nil {
		return refusal, err
	}
	i.Status, i.Default = "blocked", false
	if err := keep.Put(a.Desk, keep.KindInstrument, i.ID, c.CustomerID, 0, i); err != nil {
		return "", err
	}
	r := restriction{Restriction: wallet.Restriction{
		ID: "bl-" + id.New(), Scope: "instrument", Target: i.ID, Kind: "block", Stops: "all", Reason: c.Reason, Disclosable: true, PlacedBy: placer(a.By), PlacedAt: a.At, Release: "support",
	}}
	o.Made = []wallet.Made{{Kind: "freeze", ID: r.ID}}
	if err := keep.Put(a.Desk, keep.KindRestriction, r.ID, c.CustomerID, a.At, r); err != nil {
		return "", err
	}
	return "", a.Tell(wallet.InstrumentChanged, c.CustomerID, i.ID)
}
