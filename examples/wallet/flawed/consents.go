package flawed

import (
	"context"
	"fmt"

	"kefu/examples/wallet/memory"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/consent"
)

// agreeing are faults in what customers agreed to.
func agreeing() []Fault {
	var all []Fault
	for _, f := range [][3]string{
		{"silent-consent", "tells of a consent that nobody gave", "consents.contract"},
		{"sticky-consent", "lets a consent be given here, and not withdrawn", "consents.contract"},
		{"shared-consents", "tells everybody of what one customer agreed to", "consents.apart"},
		{"idle-consent", "says that a consent was given, and does not tell of it", "consent.given"},
		{"idle-withdrawal", "says that a consent was withdrawn, and goes on by it", "consent.withdrawn"},
		{"any-text", "takes a consent to whichever version of a text is named", "consent.version"},
		{"consent-by-staff", "lets somebody else agree for a customer", "consent.staff"},
		{"consent-twice", "writes a consent down each time that it is asked under one key", "consent.again"},
		{"forgotten-yes", "forgets the consent that was before a withdrawal", "consent.history"},
	} {
		all = append(all, Fault{Name: f[0], What: f[1], By: f[2]})
	}
	return all
}

// Consents tells what a customer agreed to.
func (f *faulty) Consents(ctx context.Context, by wallet.Actor, customer string) (consent.Standing, error) {
	of := customer
	if f.on == "shared-consents" && customer == memory.Bo {
		of = memory.Anna
	}
	s, err := f.Full.Consents(ctx, by, of)
	s.CustomerID = customer
	for n := range s.Items {
		i := &s.Items[n]
		switch {
		case f.on == "silent-consent" && i.State == consent.Never:
			i.State, i.Agreed, i.At, i.Way = consent.Given, i.Version, s.Changes[0].At, "app"
		case f.on == "sticky-consent" && i.Give:
			i.Withdraw = false
		}
	}
	if f.on == "forgotten-yes" {
		seen, kept := map[string]bool{}, []consent.Change{}
		for _, c := range s.Changes {
			if !seen[c.Key] {
				kept = append(kept, c)
			}
			seen[c.Key] = true
		}
		s.Changes = kept
	}
	return s, err
}

// agreed is what becomes of a command about a consent, where that is the fault; whether it is.
func (f *faulty) agreed(ctx context.Context, by wallet.Actor, c wallet.Command) (wallet.Operation, bool, error) {
	if !c.Act.ByCustomer() {
		return wallet.Operation{}, false, nil
	}
	switch {
	case c.DryRun && f.on != "any-text" && f.on != "consent-by-staff":
	case c.Act == wallet.GiveConsent && f.on == "idle-consent", c.Act == wallet.WithdrawConsent && f.on == "idle-withdrawal":
		return f.done(c), true, nil
	case f.on == "consent-by-staff":
		by.Kind = "customer"
		o, err := f.Full.Do(ctx, by, c)
		return o, true, err
	case f.on == "any-text" && c.Act == wallet.GiveConsent:
		o, err := f.Full.Do(ctx, by, c)
		if o.Refusal == wallet.StateChanged {
			o = f.done(c)
		}
		return o, true, err
	case f.on == "consent-twice":
		key := c.Key
		c.Key = fmt.Sprintf("k-%d", f.count.Add(1))
		if i, ok := f.item(ctx, by, c); ok && i.State == consent.Given && c.Act == wallet.GiveConsent {
			w := wallet.Command{Key: c.Key + "-w", Act: wallet.WithdrawConsent, CustomerID: c.CustomerID, Target: c.Target, Expect: string(i.State), Reason: c.Reason}
			if _, err := f.Full.Do(ctx, by, w); err != nil {
				return wallet.Operation{}, true, err
			}
			c.Expect = string(consent.Withdrawn)
		}
		o, err := f.Full.Do(ctx, by, c)
		o.Key = key
		return o, true, err
	}
	return wallet.Operation{}, false, nil
}

// item is how a consent really stands.
func (f *faulty) item(ctx context.Context, by wallet.Actor, c wallet.Command) (consent.Item, bool) {
	s, err := f.Full.Consents(ctx, by, c.CustomerID)
	if err != nil {
		return consent.Item{}, false
	}
	return s.Item(c.Target)
}
