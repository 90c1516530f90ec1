package wallet

import (
	"slices"

	"kefu/internal/domain/field"
	"kefu/internal/domain/wallet/mask"
)

// maskedHandle masks a handle by its kind.
func maskedHandle(h Handle) string {
	return mask.Of(field.Name("customer."+h.Kind), h.Value)
}

// Masked is c as staff may see it.
func (c Customer) Masked() Customer {
	c.Name = mask.Of(field.CustomerName, c.Name)
	handles := make([]Handle, len(c.Handles))
	for i, h := range c.Handles {
		h.Value = maskedHandle(h)
		handles[i] = h
	}
	c.Handles = handles
	return c
}

// Masked is a as staff may see it.
func (a Account) Masked() Account {
	a.Number = mask.Of(field.Account, a.Number)
	return a
}

// Masked is t as staff may see it: amounts, times and merchants as they are, the
// other person's name and account masked, and of what the payer wrote nothing.
func (t Transaction) Masked() Transaction {
	if t.Counterparty != nil {
		t.Counterparty = &Counterparty{Name: mask.Of(field.Counterparty, t.Counterparty.Name), Account: mask.Of(field.PartyAccount, t.Counterparty.Account)}
	}
	t.Note, t.ClientRef = mask.Of(field.Note, t.Note), mask.Of(field.ClientRef, t.ClientRef)
	return t
}

// ForCustomer is t as its own customer may see it in Kefu's window: without the
// raw words of a provider, without what must not be disclosed, and the other side's
// account masked, for somebody may be looking over a shoulder.
func (t Transaction) ForCustomer() Transaction {
	if t.Counterparty != nil {
		t.Counterparty = &Counterparty{Name: t.Counterparty.Name, Account: mask.Of(field.PartyAccount, t.Counterparty.Account)}
	}
	t = t.Told()
	if t.Failure != nil {
		f := t.Failure.ForCustomer()
		t.Failure = &f
	}
	t.Evidence, t.Rail, t.RailRef, t.ClientRef = nil, "", "", ""
	return t
}

// Told is t as far as its customer may be told of it, and whoever may hear no more than
// they. That somebody looks at a payment for fraud or by law is not said: it is where it
// was before, with a history in which that never happened; of what is set aside there is
// what the wallet says may be told; and no reason for which a payment that goes on would
// have failed. A payment is told like any other one that takes its time, or the
// difference would tell. This is the one rule: whatever explains, proposes, lists or
// shows a payment goes by it.
func (t Transaction) Told() Transaction {
	var holds []Hold
	for _, h := range t.Holds {
		if h.Disclosable {
			holds = append(holds, h)
		}
	}
	var history []Step
	for _, s := range t.History {
		if s.State != RiskHold && (len(history) == 0 || history[len(history)-1].State != s.State) {
			history = append(history, Step{State: s.State, At: s.At})
		}
	}
	t.State, t.Holds, t.History = t.told(), holds, history
	if t.Failure != nil && !t.Failure.Code.Disclosable() && !t.State.Failing() {
		t.Failure = nil
	}
	return t
}

// Failing tells whether a payment in s did not do what it was for, so that there is a
// reason.
func (s State) Failing() bool {
	switch s {
	case PreCheckFailed, Failed, FailedAfterDebit, AutoReversal, Expired, Voided, Reversed:
		return true
	default:
		return false
	}
}

// told is the state that t's customer may be told.
func (t Transaction) told() State {
	if t.State != RiskHold {
		return t.State
	}
	for _, s := range slices.Backward(t.History) {
		if s.State != RiskHold {
			return s.State
		}
	}
	return Initiated
}
