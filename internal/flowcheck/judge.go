package flowcheck

import (
	"context"
	"slices"

	"kefu/internal/domain/action"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	flow "kefu/internal/flow/selfservice"
)

// latest is how long after its customer's yes something may still be handed over: the
// time to prove it, and that to hand it over.
const latest = action.ProposalLife + action.StartLife

// judge judges what was told by what happened.
func (x *drill) judge(ctx context.Context, faults []string) {
	effects := x.truth.all()
	lies := slices.ContainsFunc(faults, func(f string) bool { return x.of.Lies[f] != "" })
	denies := len(faults) > 1 && slices.ContainsFunc(faults, func(f string) bool { return x.of.Denials[f] != "" })
	acts := x.acts(ctx)
	byKey := map[string][]action.Kept{} // a file leaves under its digest, for each act that names it
	for _, k := range acts {
		byKey[k.Command.Key] = append(byKey[k.Command.Key], k)
		for _, e := range k.Command.Files {
			byKey[e.Digest] = append(byKey[e.Digest], k)
		}
		happened := slices.ContainsFunc(effects, func(e effect) bool { return e.Key == k.Command.Key })
		switch {
		case lies:
		case k.State == action.Succeeded && !happened:
			x.wrong("%s of %s is called done, and is not", k.Command.Act, k.Step)
		case k.At(x.clock.Now()).State.Over() && k.State != action.Succeeded && happened && !denies:
			x.wrong("%s of %s is called %s, and was done", k.Command.Act, k.Step, k.State)
		}
		if k.State.Underway() && !lies {
			x.wrong("two days after it nobody knows what became of %s: %s", k.Command.Act, k.State)
		}
	}
	for _, c := range x.line.commands() {
		x.agreed(c, byKey[c.key])
	}
	x.once(effects, lies)
}

// agreed finds what left without a yes to one of the acts that it belongs to, or too long
// after it.
func (x *drill) agreed(c command, to []action.Kept) {
	said := slices.DeleteFunc(slices.Clone(to), func(k action.Kept) bool { return x.yes[k.ID].IsZero() })
	if len(said) == 0 {
		x.wrong("%s left that nobody said yes to", c.what)
		return
	}
	if !slices.ContainsFunc(said, func(k action.Kept) bool { return c.at.Sub(x.yes[k.ID]) <= latest }) {
		x.wrong("%s left %s after the yes to it", c.what, c.at.Sub(x.yes[said[0].ID]))
	}
}

// once finds what was done more often than somebody said yes.
func (x *drill) once(effects []effect, lies bool) {
	if lies {
		return
	}
	count := map[string]int{}
	for _, e := range effects {
		if count[e.Key]++; count[e.Key] > 1 {
			x.wrong("%s was done %d times", e.Act, count[e.Key])
		}
	}
}

// compare holds what is shown of a payment against the wallet itself.
func (x *drill) compare(flowID string, v *selfservice.Value) {
	if v == nil || v.Payment == nil || !wallet.ValidID(v.Payment.ID) {
		return
	}
	t, err := x.truth.Full.Transaction(context.Background(), wallet.Actor{}, x.of.Customer, v.Payment.ID)
	if err != nil {
		if len(v.Payment.ID) > 8 && v.Payment.ID[:8] != attemptID {
			x.wrong("%s shows a payment that is none of the customer's", flowID)
		}
		return
	}
	if !v.Payment.Amount.Like(t.Amount) || v.Payment.Amount.Cmp(t.Amount) != 0 {
		x.wrong("%s shows %s of a payment of %s", flowID, v.Payment.Amount, t.Amount)
	}
	// What is shown may have been so some steps ago: it must have been once.
	shown := wallet.State(v.Payment.State)
	was := shown == t.ForCustomer().State || slices.ContainsFunc(t.History, func(s wallet.Step) bool {
		then := t
		then.State = s.State
		return then.ForCustomer().State == shown
	})
	if !was {
		x.wrong("%s shows a payment as %s that is %s", flowID, shown, t.State)
	}
}

const attemptID = "attempt:"

// says gives for each step at which something is called done the act that it is about.
func says() map[string]wallet.Act {
	return map[string]wallet.Act{
		"submitted": wallet.RequestRefund, "asked": wallet.RequestRefund, "asked_unseen": wallet.RequestRefund, "cancelled": wallet.CancelRefund,
		"reported": wallet.OpenDispute, "traced": wallet.RequestInspection, "recalled": wallet.Recall,
	}
}

// claims holds the step at which a run stands against the act that it is about: what is
// called done must be, as far as Kefu knows at that moment.
func (x *drill) claims(seen flow.Seen) {
	of, says := says()[seen.Run.Step]
	if !says {
		return
	}
	for _, v := range seen.Run.Slots {
		if v.Act != nil && v.Act.Act == string(of) && (v.Act.State == string(action.Succeeded) || v.Act.State == string(action.Sent)) {
			return
		}
	}
	x.wrong("%s stands at %s, and the wallet has not said that it did %s", seen.Run.Flow, seen.Run.Step, of)
}
