package cards

import (
	"slices"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/instrument"
)

// Asked is a command about an instrument or mandate, inside its commit.
type Asked struct {
	keep.Asked
	Uses instrument.Uses // of the target, a moment before the commit
	Rest []string        // the customer's instruments
}

// SetDefault has a customer pay with an instrument where they choose no other.
func (a Asked) SetDefault(o *wallet.Operation, c wallet.Command) (wallet.Refusal, error) {
	i, err := keep.Owned[wallet.Instrument](a.Desk, keep.KindInstrument, c.CustomerID, c.Target)
	if err != nil {
		return "", err
	}
	o.Summary = &wallet.Summary{Effects: []string{"default_changes"}, Reversible: true, State: i.Status}
	switch {
	case c.Expect != i.Status:
		return wallet.StateChanged, nil
	case i.Default:
		return wallet.AlreadyDone, nil
	case i.Status != "active":
		return wallet.NotEligible, nil
	}
	if refusal, err := a.Allowed(0); refusal != "" || err != nil {
		return refusal, err
	}
	for _, other := range a.Rest {
		was, err := keep.Get[wallet.Instrument](a.Desk, keep.KindInstrument, other)
		if err != nil {
			return "", err
		}
		if was.Default == (was.ID == i.ID) {
			continue
		}
		was.Default = was.ID == i.ID
		if err := keep.Put(a.Desk, keep.KindInstrument, was.ID, c.CustomerID, 0, was); err != nil {
			return "", err
		}
	}
	i.Default = true
	return "", tell(a.Desk, c.CustomerID, "default_changed", i)
}

// Remove takes an instrument away, unless something rests on it.
func (a Asked) Remove(o *wallet.Operation, c wallet.Command) (wallet.Refusal, error) {
	i, err := keep.Owned[wallet.Instrument](a.Desk, keep.KindInstrument, c.CustomerID, c.Target)
	if err != nil {
		return "", err
	}
	o.Summary = &wallet.Summary{Effects: []string{"instrument_removed", "told_everywhere"}, State: i.Status}
	switch {
	case i.Status == "removed":
		return wallet.AlreadyDone, nil
	case c.Expect != i.Status:
		return wallet.StateChanged, nil
	case len(a.Uses.Payments)+len(a.Uses.Refunds)+len(a.Uses.Mandates) > 0:
		return wallet.NotEligible, nil
	}
	if refusal, err := a.Allowed(0); refusal != "" || err != nil {
		return refusal, err
	}
	i.Status, i.Default = "removed", false
	if err := keep.Put(a.Desk, keep.KindInstrument, i.ID, c.CustomerID, 0, i); err != nil {
		return "", err
	}
	return "", tell(a.Desk, c.CustomerID, "instrument_removed", i)
}

// CancelMandate ends a permission to charge.
func (a Asked) CancelMandate(o *wallet.Operation, c wallet.Command) (wallet.Refusal, error) {
	m, err := keep.Owned[instrument.Mandate](a.Desk, keep.KindMandate, c.CustomerID, c.Target)
	if err != nil {
		return "", err
	}
	o.Summary = &wallet.Summary{Effects: []string{"charges_stop"}, State: m.State}
	switch {
	case m.State == instrument.Cancelled:
		return wallet.AlreadyDone, nil
	case c.Expect != m.State:
		return wallet.StateChanged, nil
	case !m.Cancellable:
		return wallet.NotEligible, nil
	}
	if refusal, err := a.Allowed(0); refusal != "" || err != nil {
		return refusal, err
	}
	m.State, m.Cancellable, m.CancelledAt, m.NextAt = instrument.Cancelled, false, a.At, 0
	if err := a.Wake(keep.KindMandate, m.ID, 0); err != nil {
		return "", err
	}
	if err := keep.Put(a.Desk, keep.KindMandate, m.ID, c.CustomerID, m.CreatedAt, m); err != nil {
		return "", err
	}
	return "", a.Tell(wallet.MandateChanged, c.CustomerID, m.ID)
}

// Permit writes a permission to charge down. Errors: Invalid.
func Permit(d *keep.Desk, m instrument.Mandate) error {
	if err := keep.Put(d, keep.KindMandate, m.ID, m.CustomerID, m.CreatedAt, m); err != nil {
		return err
	}
	if m.State != instrument.Active {
		return nil
	}
	return d.Wake(keep.KindMandate, m.ID, m.NextAt)
}

// Next is a mandate after it charged at a time: when it charges again.
func Next(m instrument.Mandate, at wallet.Time) instrument.Mandate {
	m.LastAt = at
	days := map[string][3]int{"week": {0, 0, 7}, "month": {0, 1, 0}, "quarter": {0, 3, 0}, "year": {1, 0, 0}}
	step, again := days[m.Period]
	if m.NextAt = 0; again {
		m.NextAt = wallet.At(at.Std().AddDate(step[0], step[1], step[2]))
	}
	return m
}

// Known tells whether an act is one of this package's.
func Known(a wallet.Act) bool {
	return slices.Contains([]wallet.Act{wallet.SetDefault, wallet.RemoveInstrument, wallet.CancelMandate}, a)
}
