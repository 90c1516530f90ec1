package flawed

import (
	"context"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
)

// leaving are faults in how customers leave.
func leaving() []Fault {
	var all []Fault
	for _, f := range [][3]string{
		{"chatty-review", "says of a review since when it is", "closure.contract"},
		{"forgetful-closure", "does not tell of mandates that are in the way of an end", "closure.whole"},
		{"easy-closure", "ends an account in which money lies", "closure.blocked"},
		{"free-closure", "begins an end without a proof", "closure.proof"},
		{"no-closure", "says that an end has begun, and it has not", "closure.cooling"},
		{"two-ends", "begins an end again", "closure.twice"},
		{"no-way-back", "says that an end was taken back, and it was not", "closure.kept"},
		{"pay-anybody", "pays out to whichever card is named", "withdraw.other"},
		{"over-withdraw", "pays out more than there is", "withdraw.over"},
		{"free-withdraw", "pays out without a proof", "withdraw.proof"},
	} {
		all = append(all, Fault{Name: f[0], What: f[1], By: f[2]})
	}
	return all
}

// Closure tells how an end stands.
func (f *faulty) Closure(ctx context.Context, by wallet.Actor, customer string) (closing.Standing, error) {
	s, err := f.Full.Closure(ctx, by, customer)
	if err != nil {
		return s, err
	}
	switch f.on {
	case "chatty-review":
		s.Items = append(s.Items, closing.Item{ID: "review", Kind: closing.Review, Fix: closing.FixPerson, Blocks: true, Until: s.RequestedAt + 1})
	case "forgetful-closure":
		var told []closing.Item
		for _, i := range s.Items {
			if i.Kind != closing.Mandate {
				told = append(told, i)
			}
		}
		s.Items = told
	}
	return s, nil
}

// let is what becomes of a command about an end, where that is the fault.
func (f *faulty) let(o wallet.Operation, c wallet.Command) (wallet.Operation, bool) {
	is := map[string]bool{
		"easy-closure":  c.Act == wallet.Close && o.Refusal == wallet.NotEligible,
		"free-closure":  c.Act == wallet.Close && o.Refusal == wallet.StepUpRequired,
		"two-ends":      c.Act == wallet.Close && o.Refusal == wallet.AlreadyDone,
		"pay-anybody":   c.Act == wallet.Withdraw && o.Refusal == wallet.DestinationClosed,
		"over-withdraw": c.Act == wallet.Withdraw && o.Refusal == wallet.AmountTooHigh,
		"free-withdraw": c.Act == wallet.Withdraw && o.Refusal == wallet.StepUpRequired,
	}[f.on]
	if !is {
		return o, false
	}
	return f.done(c), true
}
