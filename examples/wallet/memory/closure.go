package memory

import (
	"context"
	"slices"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
)

// days in which the example's customers may change their mind about leaving.
const days = 14

// leaving is how far a customer has got with it.
type leaving struct {
	state             closing.Stage
	at, closes, ended wallet.Time
}

// Closure tells how a customer's end stands, and what is in its way.
func (w *Wallet) Closure(_ context.Context, _ wallet.Actor, customer string) (closing.Standing, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := w.of(customer)
	if err != nil {
		return closing.Standing{}, err
	}
	return p.closure(), nil
}

func (p *person) closure() closing.Standing {
	s := closing.Standing{CustomerID: p.ID, State: closing.Open, Days: days, Items: []closing.Item{}, Return: closing.Return{How: "new"}}
	if p.leaving.state == closing.Cooling {
		s.State, s.RequestedAt, s.ClosesAt = closing.Cooling, p.leaving.at, p.leaving.closes
	} else if p.leaving.ended != 0 {
		s.EndedAt, s.EndedBy = p.leaving.ended, "customer"
	}
	for i, b := range p.balances {
		if b.Total.Sign() > 0 {
			s.Items = append(s.Items, closing.Item{ID: "money-" + b.AccountID, Kind: closing.Balance, Fix: closing.FixWithdraw, Blocks: true, Object: b.AccountID, Name: p.accounts[i].Name, Amount: b.Total})
		}
	}
	for _, t := range p.transactions {
		if slices.Contains([]wallet.State{wallet.RiskHold, wallet.Authorised, wallet.Processing, wallet.Unknown}, t.State) {
			s.Items = append(s.Items, closing.Item{ID: "payment-" + t.ID, Kind: closing.Payment, Fix: closing.FixWait, Blocks: true, Object: t.ID, Name: t.Party(), Amount: t.Amount, Until: t.ExpectedBy})
		}
	}
	for _, r := range p.refunds {
		if r.State.Open() {
			s.Items = append(s.Items, closing.Item{ID: "refund-" + r.ID, Kind: closing.Refund, Fix: closing.FixWait, Blocks: true, Object: r.ID, Amount: r.Amount, Until: r.ExpectedBy})
		}
	}
	for _, d := range p.disputes {
		if !d.State.Over() {
			s.Items = append(s.Items, closing.Item{ID: "dispute-" + d.ID, Kind: closing.Dispute, Fix: closing.FixWait, Blocks: true, Object: d.ID, Amount: d.Amount})
		}
	}
	for _, m := range p.mandates {
		if m.Charges() {
			fix := closing.FixShop
			if m.Cancellable {
				fix = closing.FixCancel
			}
			s.Items = append(s.Items, closing.Item{ID: "mandate-" + m.ID, Kind: closing.Mandate, Fix: fix, Blocks: true, Object: m.ID, Name: m.Merchant, Amount: m.Amount, Until: m.NextAt})
		}
	}
	for _, r := range p.restrictions {
		s.Items = append(s.Items, closing.Item{ID: "freeze-" + r.ID, Kind: closing.Freeze, Fix: closing.FixUnfreeze, Blocks: true, Object: r.ID})
	}
	for _, i := range p.instruments {
		if i.Status == "active" {
			s.Items = append(s.Items, closing.Item{ID: "card-" + i.ID, Kind: closing.Card, Fix: closing.FixNone, Object: i.ID, Name: i.Brand + " " + i.Last4})
			s.Destinations = append(s.Destinations, closing.Destination{InstrumentID: i.ID})
		}
	}
	return s
}

func (w *Wallet) planClosure(p *person, c wallet.Command) (plan, error) {
	s := p.closure()
	will := plan{summary: wallet.Summary{State: string(s.State)}}
	change := func(l leaving) func() []wallet.Made {
		return func() []wallet.Made {
			p.leaving = l
			w.notify(wallet.ClosureChanged, p.ID, p.ID)
			return []wallet.Made{{Kind: "closure", ID: p.ID}}
		}
	}
	switch {
	case c.Act == wallet.Close && s.State == closing.Cooling && c.Expect == string(closing.Open):
		return plan{refusal: wallet.AlreadyDone}, nil
	case c.Expect != string(s.State):
		return plan{refusal: wallet.StateChanged}, nil
	case c.Act == wallet.Withdraw:
		return w.planWithdrawal(p, c, s)
	case c.Act == wallet.Close && (s.State != closing.Open || !s.Ready()), c.Act == wallet.KeepOpen && s.State != closing.Cooling:
		return plan{refusal: wallet.NotEligible}, nil
	case c.Act == wallet.KeepOpen:
		will.carry = change(leaving{state: closing.Open, ended: w.now()})
		return will, nil
	}
	closes := wallet.At(w.o.Clock().Add(days * 24 * time.Hour))
	will.needs, will.carry = []wallet.Refusal{wallet.StepUpRequired}, change(leaving{state: closing.Cooling, at: w.now(), closes: closes})
	return will, nil
}

// planWithdrawal brings what the account holds to an instrument of the customer's.
func (w *Wallet) planWithdrawal(p *person, c wallet.Command, s closing.Standing) (plan, error) {
	from := c.Details[closing.DetailFrom]
	i := slices.IndexFunc(p.balances, func(b wallet.Balance) bool { return b.AccountID == from })
	switch {
	case !slices.ContainsFunc(s.Destinations, func(d closing.Destination) bool { return d.InstrumentID == c.Target && d.Why == "" }):
		return plan{refusal: wallet.DestinationClosed}, nil
	case i < 0:
		return plan{}, absent()
	case !c.Amount.Like(p.balances[i].Available) || c.Amount.Cmp(p.balances[i].Available) > 0:
		return plan{refusal: wallet.AmountTooHigh}, nil
	case len(p.restrictions) > 0:
		return plan{refusal: wallet.BlockedByWallet}, nil
	}
	arrives := wallet.At(w.o.Clock().Truncate(24 * time.Hour).Add(48 * time.Hour))
	will := plan{needs: []wallet.Refusal{wallet.StepUpRequired}, summary: wallet.Summary{Amount: c.Amount, Destination: c.Target, ArrivesBy: arrives, State: string(s.State)}}
	will.carry = func() []wallet.Made {
		p.balances = slices.Clone(p.balances)
		b := &p.balances[i]
		b.Total, b.Available = plus(b.Total, c.Amount.Neg()), plus(b.Available, c.Amount.Neg())
		t := wallet.Transaction{
			ID: w.id(p.ID + ":out"), CustomerID: p.ID, AccountID: from, InstrumentID: c.Target, Kind: wallet.KindWithdrawal, Direction: wallet.Out, Amount: c.Amount, Rail: "sepa",
			State: wallet.Initiated, CreatedAt: w.now(), History: []wallet.Step{{State: wallet.Initiated, At: w.now()}},
		}
		p.add(t)
		for _, to := range []wallet.State{wallet.Authorised, wallet.Captured, wallet.Posted} {
			p.move(t.ID, to, w.now())
		}
		w.notify(wallet.TransactionUpdated, p.ID, t.ID)
		return []wallet.Made{{Kind: "withdrawal", ID: t.ID}}
	}
	return will, nil
}
