package further

import (
	"fmt"
	"math/big"
	"slices"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
	"kefu/internal/domain/wallet/instrument"
)

// standing asks how a customer's end stands.
func standing(p Probe, customer string) (closing.Standing, error) {
	var s closing.Standing
	if err := p.Get("/customers/"+customer+"/closure", &s); err != nil {
		return s, err
	}
	return s, s.Validate()
}

// Withdrawal makes a command of c that pays out the first balance there is. Errors: Skip.
func Withdrawal(c wallet.Command, s closing.Standing) (wallet.Command, error) {
	money := s.Of(closing.Balance)
	to := slices.IndexFunc(s.Destinations, func(d closing.Destination) bool { return d.Why == "" })
	if len(money) == 0 || to < 0 || s.State == closing.Closed {
		return c, Skip("there is no balance, or nowhere to pay it out to")
	}
	cent, err := wallet.Units(big.NewInt(1), money[0].Amount.Currency(), money[0].Amount.Scale())
	c.Target, c.Amount, c.Expect, c.Details = s.Destinations[to].InstrumentID, cent, string(s.State), map[string]string{closing.DetailFrom: money[0].Object}
	return c, err
}

// gone is why an end is watched over.
const gone = "whoever is closed by mistake, or by somebody else, loses their way to their money"

// leaving is how customers leave.
func leaving() []Check { return slices.Concat(hindering(), payingOut(), leavingDone()) }

// told is a check of how the customer's end stands.
func told(id, what, why string, run func(Probe, closing.Standing) error) Check {
	return of(wallet.ReadClosure, id, what, why, func(p Probe) error {
		who, _ := p.Customers()
		s, err := standing(p, who)
		if err == nil && s.CustomerID != who {
			err = fmt.Errorf("it is of another customer")
		}
		if err != nil {
			return err
		}
		return run(p, s)
	})
}

// hindering is what is in the way of an end.
func hindering() []Check {
	return []Check{
		told("closure.contract", "tells what is in the way of an end in the words of the contract, and says nothing of a review", "a reason that must not be told is told", func(Probe, closing.Standing) error { return nil }),
		of(wallet.ReadClosure, "closure.nobody", "answers 404 not_found for the end of nobody", "nobody has nothing in the way", func(p Probe) error {
			return p.Refused("/customers/none-verify/closure", 404, "not_found")
		}),
		told("closure.whole", "tells of every mandate that may charge, every refund and dispute that is open", "what nobody is told of hinders the end, or is lost with it", func(p Probe, s closing.Standing) error {
			for kind, open := range map[wallet.Reading]func(Probe) ([]string, error){wallet.ReadMandates: charging, wallet.ReadRefunds: expected, wallet.ReadDisputes: undecided} {
				if p.Reads(kind) != nil {
					continue
				}
				ids, err := open(p)
				if err != nil {
					return err
				}
				for _, id := range ids {
					if !slices.ContainsFunc(s.Items, func(i closing.Item) bool { return i.Object == id && i.Blocks }) {
						return fmt.Errorf("something of %s is not told, or not as in the way", kind)
					}
				}
			}
			return nil
		}),
		told("closure.blocked", "ends nothing while something is in the way", gone, func(p Probe, s closing.Standing) error {
			if err := p.Does(wallet.Close); err != nil {
				return err
			}
			if s.Ready() || s.State != closing.Open {
				return Skip("nothing is in the way")
			}
			c := command(p, wallet.Close, "", string(s.State))
			c.DryRun = true
			return refusedAs(p, c, wallet.NotEligible, wallet.BlockedByWallet)
		}),
	}
}

// payingOut is what a customer takes along.
func payingOut() []Check {
	return []Check{
		told("withdraw.other", "pays nothing out to somebody else's card", "an account that was taken over is emptied by one command", func(p Probe, s closing.Standing) error {
			c, err := withdrawal(p, s)
			if err != nil {
				return err
			}
			_, other := p.Customers()
			theirs, err := standing(p, other)
			if err != nil || len(theirs.Destinations) == 0 {
				return or(err, Skip("the other customer has no card"))
			}
			c.Target = theirs.Destinations[0].InstrumentID
			return refusedAs(p, c, wallet.DestinationClosed, wallet.NotEligible)
		}),
		told("withdraw.over", "pays out no more than there is", "money is made of nothing", func(p Probe, s closing.Standing) error {
			c, err := withdrawal(p, s)
			if err != nil {
				return err
			}
			much, err := wallet.Units(new(big.Int).Exp(big.NewInt(10), big.NewInt(20), nil), c.Amount.Currency(), c.Amount.Scale())
			if err != nil {
				return err
			}
			c.Amount = much
			return refusedAs(p, c, wallet.AmountTooHigh)
		}),
		gate("withdraw.proof", "pays nothing out without a proof", "whoever sits at an open screen takes everything", wallet.Withdraw, func(p Probe) error {
			who, _ := p.Customers()
			s, err := standing(p, who)
			if err != nil {
				return err
			}
			c, err := withdrawal(p, s)
			if err != nil {
				return err
			}
			c.DryRun = false
			return refusedAs(p, c, wallet.StepUpRequired, wallet.ApprovalRequired, wallet.BlockedByWallet)
		}),
	}
}

// leavingDone is an end that begins, and is taken back.
func leavingDone() []Check {
	return []Check{
		gate("closure.proof", "begins no end without a proof", gone, wallet.Close, func(p Probe) error {
			c, err := goodbye(p)
			if err != nil {
				return err
			}
			return refusedAs(p, c, wallet.StepUpRequired, wallet.ApprovalRequired)
		}),
		gate("closure.cooling", "begins an end with a proof, and says until when it can be taken back", gone, wallet.Close, func(p Probe) error {
			c, err := goodbye(p)
			if err != nil {
				return err
			}
			if err := done(p, c, 3); err != nil {
				return err
			}
			s, err := standing(p, p.Leaving())
			if err == nil && s.State != closing.Cooling {
				return fmt.Errorf("it is %s as before", s.State)
			}
			return err
		}),
		gate("closure.twice", "begins no second end", "two ends are two dates", wallet.Close, func(p Probe) error {
			s, err := cooling(p)
			if err != nil {
				return err
			}
			c := command(p, wallet.Close, "", string(closing.Open))
			c.CustomerID, c.DryRun = s.CustomerID, true
			return refusedAs(p, c, wallet.AlreadyDone, wallet.StateChanged, wallet.NotEligible)
		}),
		gate("closure.kept", "takes an end back, without a proof", "whoever is closed by somebody else has to be able to stop it at once", wallet.KeepOpen, func(p Probe) error {
			s, err := cooling(p)
			if err != nil {
				return err
			}
			c := command(p, wallet.KeepOpen, "", string(s.State))
			c.CustomerID = s.CustomerID
			o, err := p.Do(c)
			if err == nil {
				o, err = p.Settled(o)
			}
			if err != nil {
				return err
			}
			if o.State != wallet.OpSucceeded {
				return fmt.Errorf("it is %s %s", o.State, o.Refusal)
			}
			if s, err = standing(p, s.CustomerID); err == nil && (s.State != closing.Open || s.EndedBy != "customer") {
				return fmt.Errorf("it is %s, ended by %q", s.State, s.EndedBy)
			}
			return err
		}),
	}
}

func or(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// gate is a check for which something is changed.
func gate(id, what, why string, a wallet.Act, run func(Probe) error) Check {
	return Check{id, what, why, func(p Probe) error {
		if err := p.Writes(a); err != nil {
			return err
		}
		if err := p.Reads(wallet.ReadClosure); err != nil {
			return err
		}
		return run(p)
	}}
}

// refusedAs wants a command to be refused for one of some reasons.
func refusedAs(p Probe, c wallet.Command, reasons ...wallet.Refusal) error {
	o, err := p.Do(c)
	if err == nil && (o.State != wallet.OpFailed || !slices.Contains(reasons, o.Refusal)) {
		return fmt.Errorf("it is %s %s, where %v was to be the reason", o.State, o.Refusal, reasons)
	}
	return err
}

// withdrawal is a dry run of a small one.
func withdrawal(p Probe, s closing.Standing) (wallet.Command, error) {
	if err := p.Does(wallet.Withdraw); err != nil {
		return wallet.Command{}, err
	}
	c := command(p, wallet.Withdraw, "", "")
	c.DryRun = true
	return Withdrawal(c, s)
}

// goodbye is a command to end the account of who may leave.
func goodbye(p Probe) (wallet.Command, error) {
	if p.Leaving() == "" {
		return wallet.Command{}, Skip("there is no customer who may leave")
	}
	s, err := standing(p, p.Leaving())
	if err == nil && (s.State != closing.Open || !s.Ready()) {
		err = Skip("something is in the way of the end")
	}
	c := command(p, wallet.Close, "", string(closing.Open))
	c.CustomerID = p.Leaving()
	return c, err
}

// cooling is an end that was begun: by a check before, or now.
func cooling(p Probe) (closing.Standing, error) {
	if p.Leaving() == "" {
		return closing.Standing{}, Skip("there is no customer who may leave")
	}
	s, err := standing(p, p.Leaving())
	if err != nil || s.State == closing.Cooling {
		return s, err
	}
	c, err := goodbye(p)
	if err == nil {
		err = done(p, c, 3)
	}
	if err != nil {
		return s, err
	}
	if s, err = standing(p, p.Leaving()); err == nil && s.State != closing.Cooling {
		err = Skip("no end was begun")
	}
	return s, err
}

func charging(p Probe) (ids []string, err error) {
	all, err := many[instrument.Mandate](p, p.Mine("/mandates"))
	for _, m := range all {
		if m.Charges() {
			ids = append(ids, m.ID)
		}
	}
	return ids, err
}

func expected(p Probe) (ids []string, err error) {
	all, err := many[wallet.Refund](p, p.Mine("/refunds"))
	for _, r := range all {
		if r.State.Open() {
			ids = append(ids, r.ID)
		}
	}
	return ids, err
}

func undecided(p Probe) (ids []string, err error) {
	all, err := many[wallet.Dispute](p, p.Mine("/disputes"))
	for _, d := range all {
		if !d.State.Over() {
			ids = append(ids, d.ID)
		}
	}
	return ids, err
}
