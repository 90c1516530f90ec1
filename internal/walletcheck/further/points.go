package further

import (
	"fmt"
	"slices"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/points"
)

// collected asks what points a customer has.
func collected(p Probe, customer string) (points.Standing, error) {
	var s points.Standing
	if err := p.Get("/customers/"+customer+"/points", &s); err != nil {
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

// Redeemable makes a command of c that redeems the cheapest reward there is. Errors: Skip.
func Redeemable(p Probe, c wallet.Command) (wallet.Command, points.Reward, error) {
	who, _ := p.Customers()
	s, err := collected(p, who)
	if err != nil {
		return c, points.Reward{}, err
	}
	var found points.Reward
	for _, r := range s.Rewards {
		if r.State == points.Open && (found.ID == "" || r.Points < found.Points) {
			found = r
		}
	}
	if found.ID == "" {
		return c, found, Skip("nothing can be redeemed")
	}
	c.Target, c.Expect = found.ID, found.State
	c.Amount, err = found.Cost(s.Unit)
	return c, found, err
}

// Claimable makes a command of c that claims missing points. Errors: Skip.
func Claimable(p Probe, c wallet.Command) (wallet.Command, points.Earning, error) {
	all, err := p.Transactions("&state=posted")
	if err != nil {
		return c, points.Earning{}, err
	}
	for _, t := range all[:min(len(all), 40)] {
		e, err := earning(p, t.ID)
		if err != nil {
			return c, e, err
		}
		if e.Claimable {
			c.Target, c.Expect = t.ID, e.State
			return c, e, nil
		}
	}
	return c, points.Earning{}, Skip("no points are missing")
}

func earning(p Probe, transaction string) (points.Earning, error) {
	var e points.Earning
	if err := p.Get(p.Mine("/transactions/"+transaction+"/points"), &e); err != nil {
		return e, err
	}
	if e.TransactionID != transaction {
		return e, fmt.Errorf("it is of another purchase")
	}
	return e, e.Validate()
}

// loyal is a customer's points.
func loyal() []Check { return slices.Concat(collecting(), redeeming(), claiming()) }

// collecting is what is told of points.
func collecting() []Check {
	read := func(id, what, why string, run func(Probe, points.Standing) error) Check {
		return of(wallet.ReadPoints, id, what, why, func(p Probe) error {
			who, _ := p.Customers()
			s, err := collected(p, who)
			if err != nil {
				return err
			}
			return run(p, s)
		})
	}
	ofPurchase := func(id, what, why string, run func(Probe, points.Lot) error) Check {
		return read(id, what, why, func(p Probe, s points.Standing) error {
			i := slices.IndexFunc(s.Lots, func(l points.Lot) bool { return l.Transaction != "" })
			if i < 0 {
				return Skip("no purchase brought points")
			}
			return run(p, s.Lots[i])
		})
	}
	return []Check{
		read("points.contract", "tells points that add up, and says why some were not redeemed", "what does not add up can be explained to nobody", func(Probe, points.Standing) error { return nil }),
		of(wallet.ReadPoints, "points.nobody", "answers 404 not_found for the points of nobody", "nobody has no points", func(p Probe) error {
			return p.Refused("/customers/none-verify/points", 404, "not_found")
		}),
		read("points.apart", "tells nobody of another customer's points", mixed, func(p Probe, s points.Standing) error {
			_, other := p.Customers()
			theirs, err := collected(p, other)
			if err != nil {
				return err
			}
			for _, l := range s.Lots {
				if _, both := theirs.Lot(l.ID); both {
					return fmt.Errorf("both have the same")
				}
			}
			return nil
		}),
		ofPurchase("points.earning", "tells the same of a purchase and of its points", "whoever is told that points are missing claims them twice", func(p Probe, l points.Lot) error {
			e, err := earning(p, l.Transaction)
			if err == nil && (e.Lot != l.ID || e.State != string(l.State) || e.Claimable) {
				return fmt.Errorf("it is %s of %q, and was %s", e.State, e.Lot, l.State)
			}
			return err
		}),
		ofPurchase("points.earning.other", "finds no purchase of another customer", mixed, func(p Probe, l points.Lot) error {
			return p.Refused(p.Others("/transactions/"+l.Transaction+"/points"), 404, "not_found")
		}),
		of(wallet.ReadPoints, "points.earning.none", "answers 404 not_found for a purchase that is not there", "Kefu tells nothing there from nobody who answers", func(p Probe) error {
			return p.Refused(p.Mine("/transactions/none-verify/points"), 404, "not_found")
		}),
	}
}

// about is a check for which something about points is changed, or tried.
func about(id, what, why string, can func(Probe) error, run func(Probe) error) Check {
	return of(wallet.ReadPoints, id, what, why, func(p Probe) error {
		if err := can(p); err != nil {
			return err
		}
		return run(p)
	})
}

// redeeming is points that are given for something.
func redeeming() []Check {
	const theft = "points are money: what is given for none is given away"
	tries := func(p Probe) error { return p.Does(wallet.RedeemPoints) }
	writes := func(p Probe) error { return p.Writes(wallet.RedeemPoints) }
	return []Check{
		about("redeem.closed", "redeems nothing for which there are not enough points", theft, tries, func(p Probe) error {
			who, _ := p.Customers()
			s, err := collected(p, who)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(s.Rewards, func(r points.Reward) bool { return r.State != points.Open })
			if i < 0 {
				return Skip("everything can be redeemed")
			}
			c := command(p, wallet.RedeemPoints, s.Rewards[i].ID, s.Rewards[i].State)
			c.DryRun = true
			if c.Amount, err = s.Rewards[i].Cost(s.Unit); err != nil {
				return err
			}
			return refusedAs(p, c, wallet.NotEligible, wallet.AmountTooHigh, wallet.BlockedByWallet)
		}),
		about("redeem.price", "redeems at no other price than it tells", theft, tries, func(p Probe) error {
			c, r, err := Redeemable(p, command(p, wallet.RedeemPoints, "", ""))
			if err != nil {
				return err
			}
			r.Points++
			c.DryRun = true
			if c.Amount, err = r.Cost(c.Amount.Currency()); err != nil {
				return err
			}
			return refusedAs(p, c, wallet.StateChanged, wallet.NotEligible, wallet.AmountTooHigh, wallet.BlockedByWallet)
		}),
		about("redeem.books", "takes exactly the points that it says, and tells of what came of them", theft, writes, func(p Probe) error {
			_, err := redeemed(p)
			return err
		}),
		about("redeem.again", "redeems once for one key", "an answer that is lost is asked for again", writes, func(p Probe) error {
			c, err := redeemed(p)
			if err != nil {
				return err
			}
			who, _ := p.Customers()
			before, err := collected(p, who)
			if err == nil {
				_, err = p.Do(c)
			}
			if err != nil {
				return err
			}
			after, err := collected(p, who)
			if err == nil && after.Balance != before.Balance {
				return fmt.Errorf("%d points went a second time", before.Balance-after.Balance)
			}
			return err
		}),
	}
}

// redeemed redeems something for real, and looks at what there is afterwards.
func redeemed(p Probe) (wallet.Command, error) {
	c, r, err := Redeemable(p, command(p, wallet.RedeemPoints, "", ""))
	if err != nil {
		return c, err
	}
	before, err := collected(p, c.CustomerID)
	if err != nil {
		return c, err
	}
	o, err := p.Do(c)
	if err == nil && o.Refusal == wallet.StepUpRequired {
		if c.Assertion, err = p.Prove(c, 2); err != nil {
			return c, err
		}
		c.Key = p.NewKey()
		o, err = p.Do(c)
	}
	if err == nil {
		o, err = p.Settled(o)
	}
	if err != nil {
		return c, err
	}
	if slices.Contains([]wallet.Refusal{wallet.BlockedByWallet, wallet.ApprovalRequired, wallet.FactorTooYoung, wallet.LimitReached}, o.Refusal) {
		return c, Skip("the wallet refuses it here: " + string(o.Refusal))
	}
	if o.State != wallet.OpSucceeded {
		return c, fmt.Errorf("it is %s %s", o.State, o.Refusal)
	}
	after, err := collected(p, c.CustomerID)
	switch {
	case err != nil:
		return c, err
	case before.Balance-after.Balance != r.Points:
		return c, fmt.Errorf("%d points went, where it costs %d", before.Balance-after.Balance, r.Points)
	case len(after.Redemptions) == 0 || after.Redemptions[0].Reward != r.ID || after.Redemptions[0].State == "refused":
		return c, fmt.Errorf("it does not tell of the redemption")
	}
	return c, nil
}

// claiming is points that are missing.
func claiming() []Check {
	const twice = "points that are given twice are taken back from somebody who has spent them"
	tries := func(p Probe) error { return p.Does(wallet.ClaimPoints) }
	writes := func(p Probe) error { return p.Writes(wallet.ClaimPoints) }
	return []Check{
		about("claim.other", "finds no purchase of another customer to claim points of", "points go to whoever paid", tries, func(p Probe) error {
			c, _, err := Claimable(p, command(p, wallet.ClaimPoints, "", ""))
			if err != nil {
				return err
			}
			_, c.CustomerID = p.Customers()
			c.DryRun = true
			return p.RefusedPost("/customers/"+c.CustomerID+"/transactions/"+c.Target+"/points", c.Key, map[string]any{"customer_id": c.CustomerID, "amount": nil, "reason": "verify", "expect": c.Expect, "dry_run": true}, 404, "not_found")
		}),
		about("claim.there", "takes no claim of points that are there", twice, tries, func(p Probe) error {
			who, _ := p.Customers()
			s, err := collected(p, who)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(s.Lots, func(l points.Lot) bool { return l.Transaction != "" })
			if i < 0 {
				return Skip("no purchase brought points")
			}
			c := command(p, wallet.ClaimPoints, s.Lots[i].Transaction, string(s.Lots[i].State))
			c.DryRun = true
			return refusedAs(p, c, wallet.AlreadyDone, wallet.NotEligible)
		}),
		about("claim.told", "tells of a claim that it took, and by when it is decided", "whoever claimed something wants to know how it stands", writes, func(p Probe) error {
			_, err := claimed(p)
			return err
		}),
		about("claim.twice", "takes no second claim of one purchase", twice, writes, func(p Probe) error {
			c, err := claimed(p)
			if err != nil {
				return err
			}
			c.Key, c.DryRun = p.NewKey(), true
			return refusedAs(p, c, wallet.AlreadyDone, wallet.StateChanged, wallet.NotEligible)
		}),
	}
}

// claimed claims points for real.
func claimed(p Probe) (wallet.Command, error) {
	c, e, err := Claimable(p, command(p, wallet.ClaimPoints, "", ""))
	if err == nil {
		err = done(p, c, 2)
	}
	if err != nil {
		return c, err
	}
	s, err := collected(p, c.CustomerID)
	if err != nil {
		return c, err
	}
	i := slices.IndexFunc(s.Claims, func(k points.Claim) bool { return k.Transaction == c.Target })
	switch {
	case i < 0:
		return c, fmt.Errorf("it does not tell of the claim")
	case s.Claims[i].State == "open" && s.Claims[i].DecideBy == 0, s.Claims[i].Points != e.Points:
		return c, fmt.Errorf("it does not say by when it is decided, or of how many points it is")
	}
	now, err := earning(p, c.Target)
	if err == nil && now.Claimable {
		return c, fmt.Errorf("the same points can be claimed again")
	}
	return c, err
}
