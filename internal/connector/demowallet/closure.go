package demowallet

import (
	"kefu/internal/connector/demowallet/closing"
	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/loyalty"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/connector/demowallet/signins"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// leaving is a command about a closure as its part of the wallet takes it.
func (d *desk) leaving(by wallet.Actor, c wallet.Command) closing.Asked {
	return closing.Asked{
		Asked: d.asked(by, c), Closings: d.w.Closings, Found: d.has.found,
		Young: func() (bool, error) { return signins.Young(d.Desk, d.has.factors) },
		Pay: func(account, instrument string, amount wallet.Money) (wallet.Transaction, error) {
			return d.payout(c, account, instrument, amount)
		},
	}
}

// ofClosings makes an act of what is done about a closure.
func ofClosings(do func(closing.Asked, *wallet.Operation, wallet.Command) (wallet.Refusal, error)) act {
	return func(d *desk, o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
		return do(d.leaving(by, c), o, c)
	}
}

// payoutKept is a withdrawal that waits until its money has arrived.
type payoutKept struct {
	Operation string `json:"operation"`
	Tx        string `json:"tx"`
}

// withdraw brings what an account holds to an instrument. It is over when the money has
// arrived there, or is back.
func (d *desk) withdraw(o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
	refusal, err := d.leaving(by, c).Withdraw(o, c)
	if refusal != "" || err != nil || d.dry || o.Summary.ArrivesBy == 0 {
		return refusal, err
	}
	tx := o.Made[0].ID
	o.State, o.DoneAt, o.ExpectedBy = wallet.OpPending, 0, o.Summary.ArrivesBy
	if err := put(d, keep.KindPayout, tx, c.CustomerID, d.At, payoutKept{Operation: o.ID, Tx: tx}); err != nil {
		return "", err
	}
	return "", d.Wake(keep.KindPayout, tx, o.ExpectedBy)
}

// payout begins the transaction of a withdrawal; nothing is charged for the last one. In a
// dry run it only says when the money would arrive.
func (d *desk) payout(c wallet.Command, account, instrument string, amount wallet.Money) (wallet.Transaction, error) {
	i, err := owned[wallet.Instrument](d, keep.KindInstrument, c.CustomerID, instrument)
	if err != nil {
		return wallet.Transaction{}, err
	}
	rail := "instant"
	if i.Type == "card" {
		rail = "card"
	}
	t := wallet.Transaction{
		ID: "tx-" + id.New(), CustomerID: c.CustomerID, AccountID: account, Kind: wallet.KindWithdrawal, Direction: wallet.Out, Amount: amount, Fees: []wallet.Fee{}, Rail: rail,
		InstrumentID: instrument, Channel: "api", CreatedAt: d.At, Counterparty: &wallet.Counterparty{Name: Name},
	}
	plan, err := d.w.plan(t, rails.Fate{Kind: rails.Fine})
	if err != nil {
		return t, err
	}
	steps := plan.Steps()
	t.ExpectedBy = steps[len(steps)-1].At
	if d.dry {
		return t, nil
	}
	p, err := d.Begin(t, keep.World(amount), rails.Fate{Kind: rails.Fine})
	if err != nil {
		return t, err
	}
	first := steps[0] // what is to leave is set aside at once, so that nothing leaves twice
	first.At, p.Plan = d.At, steps[1:]
	p.Expires(first)
	return t, d.Advance(p, first)
}

// closureStep ends the days in which somebody may change their mind. With the account goes
// what was to come of points.
func (d *desk) closureStep(customer string) error {
	if err := d.w.End(d.Desk, d.has.found); err != nil {
		return err
	}
	now, err := get[closing.Kept](d, keep.KindClosure, customer)
	if err != nil || now.ClosedAt == 0 {
		return err
	}
	return loyalty.Leave(d.Desk, customer)
}

// payoutStep ends a withdrawal whose money has arrived, or is back.
func (d *desk) payoutStep(key string) error {
	k, err := get[payoutKept](d, keep.KindPayout, key)
	if err != nil {
		return err
	}
	p, err := d.Payment(k.Tx)
	if err != nil {
		return err
	}
	switch p.Tx.State {
	case wallet.Posted, wallet.PreCheckFailed, wallet.Failed, wallet.Voided, wallet.Expired, wallet.Reversed:
	default: // it is late
		return d.Wake(keep.KindPayout, key, d.At+d.paced(railLook))
	}
	o, err := get[wallet.Operation](d, keep.KindOperation, k.Operation)
	if fault.Is(err, fault.NotFound) {
		return d.Wake(keep.KindPayout, key, 0)
	}
	if err != nil {
		return err
	}
	if o.State, o.DoneAt = wallet.OpSucceeded, d.At; p.Tx.State != wallet.Posted {
		o.State, o.Refusal, o.Made = wallet.OpFailed, wallet.DestinationClosed, nil
	}
	if err := d.Wake(keep.KindPayout, key, 0); err != nil {
		return err
	}
	return d.saveOperation(o)
}
