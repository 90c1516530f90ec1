package further

import (
	"fmt"
	"slices"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/consent"
)

// permitted asks what a customer agreed to.
func permitted(p Probe, customer string) (consent.Standing, error) {
	var s consent.Standing
	if err := p.Get("/customers/"+customer+"/consents", &s); err != nil {
		return s, err
	}
	if err := s.Validate(); err != nil {
		return s, err
	}
	if s.CustomerID != customer {
		return s, fmt.Errorf("it is of another customer")
	}
	return s, nil
}

// Changeable makes a command of c, which gives or withdraws a consent that can be given or
// withdrawn. Errors: Skip.
func Changeable(p Probe, c wallet.Command) (wallet.Command, error) {
	who, _ := p.Customers()
	s, err := permitted(p, who)
	if err != nil {
		return c, err
	}
	i := slices.IndexFunc(s.Items, func(i consent.Item) bool {
		if c.Act == wallet.GiveConsent {
			return i.Give && !i.Counts()
		}
		return i.Withdraw && i.State == consent.Given
	})
	if i < 0 {
		return c, Skip("there is no consent to try " + string(c.Act) + " on")
	}
	c.Target, c.Expect = s.Items[i].Key, string(s.Items[i].State)
	if c.Act == wallet.GiveConsent {
		c.Details = map[string]string{wallet.ConsentVersion: s.Items[i].Version}
	}
	return c, nil
}

// permitting is what customers agreed to.
func permitting() []Check { return slices.Concat(permits(), refusing(), changing()) }

// permits is what is told of it.
func permits() []Check {
	return []Check{
		of(wallet.ReadConsents, "consents.contract", "tells of consents in the words of the contract, each as its history ends, and lets be withdrawn what can be given", "a consent that cannot be shown to have been given is none", func(p Probe) error {
			who, _ := p.Customers()
			_, err := permitted(p, who)
			return err
		}),
		of(wallet.ReadConsents, "consents.nobody", "answers 404 not_found for the consents of nobody", "nobody agreed to anything", func(p Probe) error {
			return p.Refused("/customers/none-verify/consents", 404, "not_found")
		}),
		of(wallet.ReadConsents, "consents.apart", "tells nobody what another customer agreed to", mixed, func(p Probe) error {
			one, other := p.Customers()
			mine, err := permitted(p, one)
			if err != nil {
				return err
			}
			theirs, err := permitted(p, other)
			for _, c := range mine.Changes {
				if slices.ContainsFunc(theirs.Changes, func(t consent.Change) bool { return t.ID == c.ID }) {
					return fmt.Errorf("both have the same")
				}
			}
			return err
		}),
	}
}

// refusing is what a wallet must not take.
func refusing() []Check {
	return []Check{
		agreed("consent.staff", "lets nobody but the customer give a consent", "what somebody agrees to nobody says for them", func(p Probe) error {
			c, err := Changeable(p, command(p, wallet.GiveConsent, "", ""))
			if err != nil {
				return err
			}
			c.DryRun = true
			o, err := p.Staff(c)
			if err == nil && o.State != wallet.OpFailed {
				return fmt.Errorf("it is %s for a member of staff", o.State)
			}
			return err
		}),
		agreed("consent.version", "takes no consent to another version of the text than the one that it tells", "whoever agreed to one text did not agree to another", func(p Probe) error {
			c, err := Changeable(p, command(p, wallet.GiveConsent, "", ""))
			if err != nil {
				return err
			}
			c.DryRun, c.Details = true, map[string]string{wallet.ConsentVersion: "none-verify"}
			return refusedAs(p, c, wallet.StateChanged)
		}),
		agreed("consent.required", "withdraws nothing that a contract or a law asks for", "it would be told as withdrawn, and go on", func(p Probe) error {
			who, _ := p.Customers()
			s, err := permitted(p, who)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(s.Items, func(i consent.Item) bool { return i.Basis != consent.Agreed })
			if i < 0 {
				return Skip("everything is a consent")
			}
			c := command(p, wallet.WithdrawConsent, s.Items[i].Key, string(s.Items[i].State))
			c.DryRun = true
			return refusedAs(p, c, wallet.NotEligible)
		}),
	}
}

// changing is what becomes of a change.
func changing() []Check {
	return []Check{
		agreed("consent.given", "tells of a consent that was given, to which text and when", "without it nobody can show that it was given", func(p Probe) error {
			_, err := set(p, wallet.GiveConsent)
			return err
		}),
		agreed("consent.again", "writes one consent down for one key", "an answer that is lost is asked for again", func(p Probe) error {
			c, err := set(p, wallet.GiveConsent)
			if _, skipped := err.(Skip); skipped { //nolint:errorlint // nobody wraps it
				if _, err = set(p, wallet.WithdrawConsent); err == nil {
					c, err = set(p, wallet.GiveConsent)
				}
			}
			if err != nil {
				return err
			}
			before, err := permitted(p, c.CustomerID)
			if err == nil {
				_, err = p.Do(c)
			}
			if err != nil {
				return err
			}
			after, err := permitted(p, c.CustomerID)
			if err == nil && len(after.Changes) != len(before.Changes) {
				return fmt.Errorf("it was written down %d times more", len(after.Changes)-len(before.Changes))
			}
			return err
		}),
		agreed("consent.withdrawn", "withdraws what was withdrawn, and says since when", "whoever withdrew is asked, written to or watched as before otherwise", func(p Probe) error {
			_, err := set(p, wallet.WithdrawConsent)
			return err
		}),
		agreed("consent.history", "keeps what was before a change", "that somebody once agreed is shown by the history alone", func(p Probe) error {
			who, _ := p.Customers()
			s, err := permitted(p, who)
			if err != nil {
				return err
			}
			for _, act := range []wallet.Act{wallet.WithdrawConsent, wallet.GiveConsent} {
				if _, err := set(p, act); err != nil {
					return err
				}
			}
			now, err := permitted(p, who)
			for _, c := range s.Changes {
				if !slices.Contains(now.Changes, c) {
					return fmt.Errorf("one of %s is not told any more, or otherwise", c.Key)
				}
			}
			return err
		}),
	}
}

// agreed is a check for which a consent is changed, or tried to be.
func agreed(id, what, why string, run func(Probe) error) Check {
	return of(wallet.ReadConsents, id, what, why, func(p Probe) error {
		for _, a := range []wallet.Act{wallet.GiveConsent, wallet.WithdrawConsent} {
			if err := p.Does(a); err != nil {
				return err
			}
		}
		return run(p)
	})
}

// set changes a consent for real, and looks at what is told afterwards.
func set(p Probe, act wallet.Act) (wallet.Command, error) {
	if err := p.Writes(act); err != nil {
		return wallet.Command{}, err
	}
	c, err := Changeable(p, command(p, act, "", ""))
	if err == nil {
		err = done(p, c, 2)
	}
	if err != nil {
		return c, err
	}
	s, err := permitted(p, c.CustomerID)
	if err != nil {
		return c, err
	}
	i, _ := s.Item(c.Target)
	want := map[wallet.Act]consent.Stance{wallet.GiveConsent: consent.Given, wallet.WithdrawConsent: consent.Withdrawn}[act]
	of := s.Of(c.Target)
	switch {
	case i.State != want || (act == wallet.GiveConsent && (!i.Counts() || i.Agreed != c.Details[wallet.ConsentVersion])):
		return c, fmt.Errorf("%s is told as %s", c.Target, i.State)
	case len(of) == 0 || of[0].State != want || of[0].By != "customer":
		return c, fmt.Errorf("its history does not tell that the customer said so")
	}
	return c, nil
}
