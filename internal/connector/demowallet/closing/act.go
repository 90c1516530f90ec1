package closing

import (
	"context"
	"strconv"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/lives"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
	"kefu/internal/platform/fault"
)

// Asked is a command about a closure, inside its commit.
type Asked struct {
	keep.Asked
	*Closings
	Found Found // a moment before the commit
	// Young tells whether something that proves the customer was changed a short while ago.
	Young func() (bool, error)
	// Pay begins to bring what an account holds to an instrument, and gives the transaction.
	Pay func(account, instrument string, amount wallet.Money) (wallet.Transaction, error)
}

// current reads the customer's closure as it is in this commit.
func (a Asked) current() (Kept, error) { return current(a.Desk, a.Found.Customer.ID) }

func current(d *keep.Desk, customer string) (Kept, error) {
	k, err := keep.Get[Kept](d, keep.KindClosure, customer)
	if fault.Is(err, fault.NotFound) {
		return Kept{State: closing.Open}, nil
	}
	return k, err
}

// save keeps a closure and tells of it.
func save(d *keep.Desk, customer string, k Kept, object string) error {
	at := k.ClosesAt
	if k.State != closing.Cooling {
		at = 0
	}
	if err := d.Wake(keep.KindClosure, customer, at); err != nil {
		return err
	}
	if err := keep.Put(d, keep.KindClosure, customer, customer, 0, k); err != nil {
		return err
	}
	return d.Tell(wallet.ClosureChanged, customer, object)
}

// moved tells whether an account holds something else than a moment before the commit.
func (f Found) moved(d *keep.Desk) (bool, error) {
	for _, s := range f.standing {
		_, now, err := d.Account(s.ID)
		if err != nil {
			return false, err
		}
		was := s.Balance
		if now.Posted.Cmp(&was.Posted) != 0 || now.PendingIn.Cmp(&was.PendingIn) != 0 || now.PendingOut.Cmp(&was.PendingOut) != 0 || now.Held.Cmp(&was.Held) != 0 {
			return true, nil
		}
	}
	return false, nil
}

// Close begins the end: from now on it can be taken back for some days.
func (a Asked) Close(o *wallet.Operation, c wallet.Command) (wallet.Refusal, error) {
	k, err := a.current()
	if err != nil {
		return "", err
	}
	s := a.reckon(a.Found, a.At)
	closes := a.At + wallet.Time(int64(a.policy.Days)*24*3600*1_000_000)
	o.Summary = &wallet.Summary{State: string(k.State)}
	moved, err := a.Found.moved(a.Desk)
	switch {
	case err != nil:
		return "", err
	case k.State != closing.Open && c.Expect == string(closing.Open):
		return wallet.AlreadyDone, nil
	case c.Expect != string(k.State) || moved:
		return wallet.StateChanged, nil
	case k.State != closing.Open || !s.Ready() || (len(s.Of(closing.Dust)) > 0 && c.Details[closing.DetailGiveUp] != "yes"):
		return wallet.NotEligible, nil
	}
	young, err := a.Young()
	if err != nil || young {
		return wallet.FactorTooYoung, err
	}
	if refusal, err := a.Allowed(0); refusal != "" || err != nil {
		return refusal, err
	}
	k.State, k.RequestedAt, k.ClosesAt, k.EndedAt, k.EndedBy = closing.Cooling, a.At, closes, 0, ""
	o.Made = []wallet.Made{{Kind: "closure", ID: a.Found.Customer.ID}}
	if err := a.status("closing"); err != nil {
		return "", err
	}
	if err := say(a.Desk, a.Found.Customer.ID, "closure_requested", ""); err != nil {
		return "", err
	}
	return "", save(a.Desk, a.Found.Customer.ID, k, a.Found.Customer.ID)
}

// Keep takes a closure back while that can be done. It takes nothing away from anybody, and
// so needs no proof.
func (a Asked) Keep(o *wallet.Operation, c wallet.Command) (wallet.Refusal, error) {
	k, err := a.current()
	if err != nil {
		return "", err
	}
	o.Summary = &wallet.Summary{State: string(k.State)}
	switch {
	case k.State == closing.Open && c.Expect == string(closing.Cooling) && k.EndedBy == "customer":
		return wallet.AlreadyDone, nil
	case c.Expect != string(k.State):
		return wallet.StateChanged, nil
	case k.State != closing.Cooling || a.At >= k.ClosesAt:
		return wallet.NotEligible, nil
	}
	if refusal, err := a.Allowed(0); refusal != "" || err != nil {
		return refusal, err
	}
	o.Made = []wallet.Made{{Kind: "closure", ID: a.Found.Customer.ID}}
	return "", a.stays(k, "customer")
}

// stays ends a request without a closure.
func (a Asked) stays(k Kept, by string) error {
	k.State, k.EndedAt, k.EndedBy, k.RequestedAt, k.ClosesAt = closing.Open, a.At, by, 0, 0
	if err := a.status("active"); err != nil {
		return err
	}
	if err := say(a.Desk, a.Found.Customer.ID, "closure_ended_by_"+by, ""); err != nil {
		return err
	}
	return save(a.Desk, a.Found.Customer.ID, k, a.Found.Customer.ID)
}

// status tells of the accounts that are not stopped as of such ones.
func (a Asked) status(status string) error {
	for _, of := range a.Found.accounts {
		now, err := keep.Get[wallet.Account](a.Desk, keep.KindAccount, of.ID)
		if err != nil {
			return err
		}
		if now.Status != "active" && now.Status != "closing" {
			continue
		}
		now.Status = status
		if err := keep.Put(a.Desk, keep.KindAccount, of.ID, a.Found.Customer.ID, 0, now); err != nil {
			return err
		}
	}
	return nil
}

// Withdraw pays out what an account holds, or what came late, to an instrument of the
// customer's that was verified some days ago.
func (a Asked) Withdraw(o *wallet.Operation, c wallet.Command) (wallet.Refusal, error) {
	k, err := a.current()
	if err != nil {
		return "", err
	}
	s := a.reckon(a.Found, a.At)
	to, from := c.Target, c.Details[closing.DetailFrom]
	o.Summary = &wallet.Summary{Amount: c.Amount, Destination: to, State: string(k.State)}
	if c.Expect != string(k.State) {
		return wallet.StateChanged, nil
	}
	allowed := false
	for _, d := range s.Destinations {
		allowed = allowed || (d.InstrumentID == to && d.Why == "")
	}
	if !allowed {
		o.Summary.Destination = ""
		return wallet.DestinationClosed, nil
	}
	if k.State == closing.Closed {
		return a.payLate(o, c, k)
	}
	kind := ""
	for _, of := range a.Found.accounts {
		if of.ID == from {
			kind = of.Kind
		}
	}
	if kind == "" {
		return "", fault.New(fault.NotFound, "closing.Withdraw", "there is no such account of this customer")
	}
	at, balance, err := a.Account(from)
	if err != nil {
		return "", err
	}
	switch {
	case kind != "emoney" && kind != "fiat":
		return wallet.NotEligible, nil
	case c.Amount.Currency() != at.Currency || c.Amount.Scale() != at.Scale || c.Amount.Smallest().Cmp(balance.Available()) > 0:
		return wallet.AmountTooHigh, nil
	case at.Frozen || at.Closed || len(s.Of(closing.Review)) > 0:
		return wallet.BlockedByWallet, nil
	}
	if refusal, err := a.Allowed(0); refusal != "" || err != nil {
		return refusal, err
	}
	t, err := a.Pay(from, to, c.Amount)
	if err != nil {
		return "", err
	}
	o.Summary.ArrivesBy, o.Made = t.ExpectedBy, []wallet.Made{{Kind: "withdrawal", ID: t.ID}}
	return "", nil
}

// payLate pays out what came in for a customer who was gone.
func (a Asked) payLate(o *wallet.Operation, c wallet.Command, k Kept) (wallet.Refusal, error) {
	for i, l := range k.Late {
		if l.ID != c.Details[closing.DetailFrom] {
			continue
		}
		switch {
		case l.PaidAt != 0:
			return wallet.AlreadyDone, nil
		case !c.Amount.Like(l.Amount) || c.Amount.Cmp(l.Amount) != 0:
			return wallet.AmountTooHigh, nil
		}
		if refusal, err := a.Allowed(0); refusal != "" || err != nil {
			return refusal, err
		}
		k.Late[i].PaidAt, k.Late[i].PaidTo = a.At, c.Target
		err := a.Transfer(ledger.Transfer{
			ID: l.ID + "/out", Kind: ledger.Direct, Debit: keep.Suspense(a.Found.Customer.ID, l.Amount), Credit: keep.World(l.Amount), Amount: l.Amount.Smallest(), Ref: l.ID, At: int64(a.At),
		})
		if err != nil {
			return "", err
		}
		o.Made = []wallet.Made{{Kind: "withdrawal", ID: l.ID}}
		return "", save(a.Desk, a.Found.Customer.ID, k, l.ID)
	}
	return "", fault.New(fault.NotFound, "closing.payLate", "nothing of that id came late")
}

// End is the end of the days: the account is closed, or stays because something came in its
// way meanwhile.
func (c *Closings) End(d *keep.Desk, f Found) error {
	a := Asked{Asked: keep.Asked{Desk: d}, Closings: c, Found: f}
	k, err := a.current()
	if err != nil || k.State != closing.Cooling || d.At < k.ClosesAt {
		if err == nil && k.State != closing.Cooling {
			err = d.Wake(keep.KindClosure, f.Customer.ID, 0)
		}
		return err
	}
	moved, err := f.moved(d)
	if err != nil {
		return err
	}
	if moved { // money moves at this moment: look again
		return d.Wake(keep.KindClosure, f.Customer.ID, d.At+1_000_000)
	}
	s := c.reckon(f, d.At)
	for _, i := range s.Items {
		if i.Blocks || i.Kind == closing.Payment {
			return a.stays(k, "wallet")
		}
	}
	if err := a.lose(s); err != nil {
		return err
	}
	for _, of := range f.accounts {
		if err := a.shut(of.ID); err != nil {
			return err
		}
	}
	if err := a.unlink(); err != nil {
		return err
	}
	k.State, k.ClosedAt = closing.Closed, d.At
	if err := say(d, f.Customer.ID, "closure_done", ""); err != nil {
		return err
	}
	return save(d, f.Customer.ID, k, f.Customer.ID)
}

// lose takes what the customer gave up: points, and less than what is paid out.
func (a Asked) lose(s closing.Standing) error {
	for _, i := range s.Of(closing.Points, closing.Dust) {
		of, balance, err := a.Account(i.Object)
		if err != nil {
			return err
		}
		left, err := wallet.Units(&balance.Posted, of.Currency, of.Scale)
		if err != nil {
			return err
		}
		if err := a.OpenOwn(keep.GivenUp(left), left, false); err != nil {
			return err
		}
		p, err := a.Begin(wallet.Transaction{
			ID: "given-up-" + i.Object, CustomerID: a.Found.Customer.ID, AccountID: i.Object, Kind: wallet.KindAdjustment, Direction: wallet.Out, Amount: left, Rail: "wallet",
			Counterparty: &wallet.Counterparty{Name: lives.House}, CreatedAt: a.At,
		}, keep.GivenUp(left), rails.Fate{Kind: rails.Fine})
		if err != nil {
			return err
		}
		for _, to := range []wallet.State{wallet.Authorised, wallet.Captured, wallet.Posted} {
			if err := a.Advance(p, keep.Move{To: to, Final: to == wallet.Posted, Note: "given_up"}); err != nil {
				return err
			}
		}
	}
	return nil
}

// shut closes an account.
func (a Asked) shut(id string) error {
	if err := a.Stop(id, true, true); err != nil {
		return err
	}
	of, err := keep.Get[wallet.Account](a.Desk, keep.KindAccount, id)
	if err != nil {
		return err
	}
	of.Status, of.Block, of.ClosedAt = "closed", "all", a.At
	if err := keep.Put(a.Desk, keep.KindAccount, id, a.Found.Customer.ID, 0, of); err != nil {
		return err
	}
	return a.Tell(wallet.AccountClosed, a.Found.Customer.ID, id)
}

// unlink takes the cards away and signs the customer out.
func (a Asked) unlink() error {
	customer := a.Found.Customer.ID
	for _, i := range a.Found.instruments {
		i.Status, i.Default = "removed", false
		if err := keep.Put(a.Desk, keep.KindInstrument, i.ID, customer, 0, i); err != nil {
			return err
		}
	}
	for _, s := range a.Found.sessions {
		if s.Result != "open" {
			continue
		}
		s.Result, s.EndedAt = "ended", a.At
		if err := keep.Put(a.Desk, keep.KindSession, s.ID, customer, s.At, s); err != nil {
			return err
		}
	}
	return nil
}

// ArriveLate has a shop give back a payment of somebody who is gone: the money goes to an
// account that keeps it for them. Errors: NotFound; Conflict where they are not gone, or it
// is more than was paid; Unavailable.
func (c *Closings) ArriveLate(ctx context.Context, customer, payment string, amount wallet.Money) (closing.Late, error) {
	const op = "closing.ArriveLate"
	var l closing.Late
	err := c.books.Commit(ctx, func(d *keep.Desk) error {
		p, err := d.PaymentOf(customer, payment)
		if err != nil {
			return err
		}
		k, err := current(d, customer)
		if err != nil {
			return err
		}
		if k.State != closing.Closed || amount.Sign() <= 0 || !amount.Like(p.Tx.Amount) || amount.Cmp(p.Left()) > 0 || len(k.Late) >= closing.MaxItems {
			return fault.New(fault.Conflict, op, "they are not gone, or it is more than was paid")
		}
		n, err := d.Count("late:" + customer)
		if err != nil {
			return err
		}
		l = closing.Late{ID: "late-" + customer + "-" + strconv.FormatInt(n, 10), Name: p.Tx.Party(), Amount: amount, At: d.At, Transfer: p.Tx.ID}
		to := keep.Suspense(customer, amount)
		if err := d.OpenOwn(to, amount, true); err != nil {
			return err
		}
		if err := d.Transfer(ledger.Transfer{ID: l.ID + "/in", Kind: ledger.Direct, Debit: p.Other, Credit: to, Amount: amount.Smallest(), Ref: l.ID, At: int64(d.At)}); err != nil {
			return err
		}
		p.Back = keep.More(p.Back, amount)
		if err := d.Save(p); err != nil {
			return err
		}
		k.Late = append(k.Late, l)
		if err := say(d, customer, "late_money", amount.String()); err != nil {
			return err
		}
		return save(d, customer, k, l.ID)
	})
	return l, err
}

// Hasten lets the days pass at once in which somebody may change their mind, for whoever
// wants to see the end. Errors: Conflict when nobody asked for it; Unavailable.
func (c *Closings) Hasten(ctx context.Context, customer string) error {
	return c.books.Commit(ctx, func(d *keep.Desk) error {
		k, err := current(d, customer)
		if err != nil {
			return err
		}
		if k.State != closing.Cooling {
			return fault.New(fault.Conflict, "closing.Hasten", "nobody asked for an end")
		}
		k.ClosesAt = max(k.RequestedAt+1, d.At)
		return save(d, customer, k, customer)
	})
}

// say leaves a message in the wallet's app.
func say(d *keep.Desk, customer, what, text string) error {
	n, err := d.Count("told:" + customer)
	if err != nil {
		return err
	}
	m := keep.Message{ID: "msg-" + customer + "-" + strconv.FormatInt(n, 10), Reason: what, Text: text, At: d.At}
	return keep.Put(d, keep.KindMessage, m.ID, customer, d.At, m)
}
