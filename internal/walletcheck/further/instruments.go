package further

import (
	"fmt"
	"slices"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/instrument"
)

// held are the customer's instruments, each with what rests on it.
func held(p Probe) ([]wallet.Instrument, map[string]instrument.Uses, error) {
	if err := p.Reads(wallet.ReadInstruments); err != nil {
		return nil, nil, err
	}
	all, err := many[wallet.Instrument](p, p.Mine("/instruments"))
	if err != nil {
		return nil, nil, err
	}
	if len(all) == 0 {
		return nil, nil, Skip("the customer has none")
	}
	of := map[string]instrument.Uses{}
	for _, i := range all {
		var u instrument.Uses
		if err := p.Get(p.Mine("/instruments/"+i.ID+"/uses"), &u); err != nil {
			return nil, nil, err
		}
		if err := u.Validate(); err != nil {
			return nil, nil, err
		}
		if u.InstrumentID != i.ID {
			return nil, nil, fmt.Errorf("what rests on another one is told of")
		}
		of[i.ID] = u
	}
	return all, of, nil
}

// uses is what rests on instruments.
func uses() []Check {
	return []Check{
		of(wallet.ReadUses, "uses.contract", "tells what rests on an instrument in the words of the contract", "else the whole answer is refused", func(p Probe) error {
			_, _, err := held(p)
			return err
		}),
		of(wallet.ReadUses, "uses.removable", "lets no instrument be removed on which a payment, a refund or a mandate rests", "the money has nowhere to go then", func(p Probe) error {
			all, of, err := held(p)
			for _, i := range all {
				if u := of[i.ID]; u.Removable && len(u.Payments)+len(u.Refunds)+len(u.Mandates) > 0 {
					return fmt.Errorf("one that has uses is said to be removable")
				}
			}
			return err
		}),
		of(wallet.ReadUses, "uses.payments", "names among them the payments that are not over", "the money has nowhere to go then", func(p Probe) error {
			_, of, err := held(p)
			if err != nil {
				return err
			}
			list, err := p.Transactions("&state=risk_hold&state=authorised&state=processing")
			for _, t := range list {
				u, has := of[t.InstrumentID]
				if has && t.Direction == wallet.Out && !slices.Contains(u.Payments, t.ID) {
					return fmt.Errorf("there is one that is %s and not among them", t.Told().State)
				}
			}
			return err
		}),
		of(wallet.ReadUses, "uses.other", "tells nobody of another customer's instrument", mixed, func(p Probe) error {
			all, _, err := held(p)
			if err != nil {
				return err
			}
			return p.Refused(p.Others("/instruments/"+all[0].ID+"/uses"), 404, "not_found")
		}),
		of(wallet.ReadUses, "uses.none", "answers 404 not_found for an instrument that is not there", "Kefu tells nothing there from nobody who answers", func(p Probe) error {
			return p.Refused(p.Mine("/instruments/none-verify/uses"), 404, "not_found")
		}),
		of(wallet.ReadTransactions, "transactions.filter.instrument", "narrows transactions by instrument, where it says that it does", "an agent who asks for some believes that these are all", func(p Probe) error {
			if !p.Narrows(wallet.FilterInstrument) {
				return Skip("the wallet does not narrow by it")
			}
			everything, err := p.Transactions("")
			if err != nil {
				return err
			}
			i := slices.IndexFunc(everything, func(t wallet.Transaction) bool { return t.InstrumentID != "" })
			if i < 0 {
				return Skip("nothing was paid with one")
			}
			some, err := p.Transactions("&instrument=" + everything[i].InstrumentID)
			want := 0
			for _, t := range everything {
				if t.InstrumentID == everything[i].InstrumentID {
					want++
				}
			}
			if err == nil && (len(some) != want || slices.ContainsFunc(some, func(t wallet.Transaction) bool { return t.InstrumentID != everything[i].InstrumentID })) {
				return fmt.Errorf("%d came of the %d that there are", len(some), want)
			}
			return err
		}),
	}
}

// adding is the wallet's own form.
func adding() []Check {
	const once = "whoever presses twice has two forms, and fills in the wrong one"
	asked := func(id, what, why string, run func(Probe, instrument.Adding, instrument.Link) error) Check {
		return of(wallet.ReadLinks, id, what, why, func(p Probe) error {
			if err := p.Writes(wallet.Freeze); err != nil {
				return err
			}
			one, _ := p.Customers()
			a := instrument.Adding{Key: p.NewKey(), CustomerID: one, Type: "card"}
			var l instrument.Link
			if err := p.Post(p.Mine("/links"), a.Key, a, &l); err != nil {
				return err
			}
			if err := l.Validate(); err != nil {
				return err
			}
			return run(p, a, l)
		})
	}
	return []Check{
		asked("links.contract", "opens a form of its own for adding an instrument", "no number of a card ever passes a conversation", func(p Probe, a instrument.Adding, l instrument.Link) error {
			var again instrument.Link
			if err := p.Get(p.Mine("/links/"+l.ID), &again); err != nil {
				return err
			}
			if again.ID != l.ID || again.CustomerID != a.CustomerID {
				return fmt.Errorf("another one is told of")
			}
			return again.Validate()
		}),
		asked("links.address", "gives a link that opens its app, or none", "a script for a link runs in the page that shows it", func(_ Probe, _ instrument.Adding, l instrument.Link) error {
			if l.Address != "" && !safe(l.Address) {
				return fmt.Errorf("the link is none")
			}
			return nil
		}),
		asked("links.again", "answers the same key with the same form", once, func(p Probe, a instrument.Adding, l instrument.Link) error {
			var again instrument.Link
			if err := p.Post(p.Mine("/links"), a.Key, a, &again); err != nil {
				return err
			}
			if again.ID != l.ID {
				return fmt.Errorf("another one was made")
			}
			return nil
		}),
		asked("links.mismatch", "refuses the same key for another form", once, func(p Probe, a instrument.Adding, _ instrument.Link) error {
			a.Type = "bank"
			return p.RefusedPost(p.Mine("/links"), a.Key, a, 422, "idempotency_mismatch")
		}),
		asked("links.other", "tells nobody of another customer's form", mixed, func(p Probe, _ instrument.Adding, l instrument.Link) error {
			return p.Refused(p.Others("/links/"+l.ID), 404, "not_found")
		}),
		of(wallet.ReadLinks, "links.none", "answers 404 not_found for a form that is not there", "Kefu waits for nobody's answer otherwise", func(p Probe) error {
			return p.Refused(p.Mine("/links/none-verify"), 404, "not_found")
		}),
		of(wallet.ReadLinks, "links.strict", "refuses a form for what is no instrument, and fields that it does not know", "a number that is sent along is believed to be wanted", func(p Probe) error {
			one, _ := p.Customers()
			for _, body := range []map[string]string{{"customer_id": one, "type": "seed"}, {"customer_id": one, "type": "card", "number": "1"}, {"type": "card"}} {
				if err := p.RefusedPost(p.Mine("/links"), p.NewKey(), body, 400, "invalid"); err != nil {
					return err
				}
			}
			return nil
		}),
	}
}

// removing is what may be done with an instrument.
func removing() []Check {
	const gone = "the money has nowhere to go then"
	return []Check{
		{"instrument.default.one", "has one default, the one that was chosen", "a payment is taken from another card than the customer thinks", func(p Probe) error {
			if err := p.Writes(wallet.SetDefault); err != nil {
				return err
			}
			all, err := many[wallet.Instrument](p, p.Mine("/instruments"))
			if err != nil {
				return err
			}
			i := slices.IndexFunc(all, func(i wallet.Instrument) bool { return i.Status == "active" && !i.Default })
			if i < 0 {
				return Skip("there is no second one to choose")
			}
			if err := done(p, command(p, wallet.SetDefault, all[i].ID, all[i].Status), 2); err != nil {
				return err
			}
			now, err := many[wallet.Instrument](p, p.Mine("/instruments"))
			for _, x := range now {
				if x.Default != (x.ID == all[i].ID) {
					return fmt.Errorf("another one is the default, or none")
				}
			}
			return err
		}},
		{"instrument.remove.used", "removes no instrument on which something rests", gone, func(p Probe) error {
			if err := p.Does(wallet.RemoveInstrument); err != nil {
				return err
			}
			if err := p.Reads(wallet.ReadUses); err != nil {
				return err
			}
			all, of, err := held(p)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(all, func(i wallet.Instrument) bool {
				u := of[i.ID]
				return len(u.Payments)+len(u.Refunds)+len(u.Mandates) > 0
			})
			if i < 0 {
				return Skip("nothing rests on any")
			}
			c := command(p, wallet.RemoveInstrument, all[i].ID, all[i].Status)
			c.DryRun = true
			o, err := p.Do(c)
			if err == nil && (o.State != wallet.OpFailed || o.Refusal != wallet.NotEligible) {
				return fmt.Errorf("it is %s %s, where %s was to be the reason", o.State, o.Refusal, wallet.NotEligible)
			}
			return err
		}},
		{"instrument.remove.proof", "removes no instrument without a proof", "whoever took an account over takes away the way back first", func(p Probe) error {
			if err := p.Writes(wallet.RemoveInstrument); err != nil {
				return err
			}
			c, err := removable(p)
			if err != nil {
				return err
			}
			o, err := p.Do(c)
			if err == nil && (o.State != wallet.OpFailed || (o.Refusal != wallet.StepUpRequired && o.Refusal != wallet.ApprovalRequired)) {
				return fmt.Errorf("it is %s %s without a proof", o.State, o.Refusal)
			}
			return err
		}},
		{"instrument.remove.done", "removes an instrument with a proof, and tells of it as removed or not at all", "a card that was taken away is charged otherwise", func(p Probe) error {
			if err := p.Writes(wallet.RemoveInstrument); err != nil {
				return err
			}
			c, err := removable(p)
			if err != nil {
				return err
			}
			if err := done(p, c, 2); err != nil {
				return err
			}
			now, err := many[wallet.Instrument](p, p.Mine("/instruments"))
			if slices.ContainsFunc(now, func(i wallet.Instrument) bool { return i.ID == c.Target && i.Status != "removed" }) {
				return fmt.Errorf("it is there as before")
			}
			return err
		}},
	}
}

// removable is a command for an instrument on which nothing rests: one that is there, or
// one that is added before.
func removable(p Probe) (wallet.Command, error) {
	if err := p.Reads(wallet.ReadUses); err != nil {
		return wallet.Command{}, err
	}
	find := func() (wallet.Command, bool, error) {
		all, of, err := held(p)
		for _, i := range all {
			if of[i.ID].Removable && !of[i.ID].Last {
				return command(p, wallet.RemoveInstrument, i.ID, i.Status), true, nil
			}
		}
		return wallet.Command{}, false, err
	}
	c, found, err := find()
	if err != nil || found {
		return c, err
	}
	if p.Reads(wallet.ReadLinks) != nil {
		return c, Skip("something rests on every instrument")
	}
	one, _ := p.Customers()
	a, l := instrument.Adding{Key: p.NewKey(), CustomerID: one, Type: "card"}, instrument.Link{}
	if err := p.Post(p.Mine("/links"), a.Key, a, &l); err != nil {
		return c, err
	}
	err = p.Until(func() (bool, error) {
		c, found, err = find()
		return found, err
	})
	return c, err
}
