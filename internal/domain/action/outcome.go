package action

import (
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Answer is what came of asking the wallet to do it, or of asking what it did.
type Answer struct {
	Operation wallet.Operation
	Err       error
	// NeverSent says that nothing can have reached the wallet: the address could not be
	// dialled, or the wallet is left alone at present.
	NeverSent bool
	// Nothing says, of a question by key, that the wallet has no such operation.
	Nothing bool
}

// Backoff is how long to wait before the wallet is asked again, after so many times:
// from a second up to ten minutes.
func Backoff(tries int) time.Duration {
	wait := time.Second
	for range min(tries, 12) {
		wait *= 2
	}
	return min(wait, 10*time.Minute)
}

// Settle takes in what came of a question. An answer that did not come leaves the
// action unknown, unless it is certain that nothing left: then it stays planned, while
// there is time, and fails after it. What the wallet says of another key is no answer.
//
// Errors: Conflict when nothing is underway.
func (a Action) Settle(w Answer, now time.Time) (Action, error) {
	const op = "action.Settle"
	if a.Doubtful() {
		return a, inDoubt(op)
	}
	if !a.State.Underway() {
		return a, &fault.Error{Code: fault.Conflict, Op: op, Field: "state", Reason: string(a.State), Message: "nothing is underway"}
	}
	a.Tries++
	a.NextAt = now.Add(Backoff(a.Tries))
	switch {
	case w.Err != nil && w.NeverSent && a.State == Planned:
		return a.giveUpLate(now), nil
	case w.Err != nil:
		return a.unsure(now), nil
	case w.Nothing:
		return a.nothingThere(now), nil
	case !a.answers(w.Operation):
		return a.unsure(now), nil
	}
	switch w.Operation.State {
	case wallet.OpSucceeded, wallet.OpFailed, wallet.OpPending:
		return a.taken(w.Operation, now), nil
	default: // a dry run is no answer to something real
		return a.unsure(now), nil
	}
}

// taken takes in what the wallet says of what it was told to do.
func (a Action) taken(o wallet.Operation, now time.Time) Action {
	a.OperationID = o.ID
	switch o.State {
	case wallet.OpSucceeded:
		a.State, a.Made, a.ChangedAt, a.NextAt = Succeeded, o.Made, now, time.Time{}
		if (a.Command.Act.Cautious() || a.Command.Act.OfHouse()) && a.Confirmer.Kind == identity.Staff {
			a.Untold, a.NextAt = true, now
		}
	case wallet.OpFailed:
		a.State, a.Refusal, a.ChangedAt, a.NextAt = Failed, o.Refusal, now, time.Time{}
	default:
		if a.State != Sent {
			a.State, a.ChangedAt = Sent, now
		}
		a.Made = o.Made
	}
	return a
}

// answers tells whether an operation is about a. Of one that cannot be read nobody knows
// what it acts on; the key, which no other has, says enough.
func (a Action) answers(o wallet.Operation) bool {
	if o.Validate() != nil || o.Key != a.Command.Key || o.Act != a.Command.Act || o.CustomerID != a.Command.CustomerID || (o.Target != a.Command.Target && !a.Lost) {
		return false
	}
	return a.OperationID == "" || a.OperationID == o.ID
}

// unsure: it may have happened.
func (a Action) unsure(now time.Time) Action {
	if a.State == Planned {
		a.LeftAt = a.HandedAt
	}
	if a.State != Unknown {
		a.State, a.ChangedAt = Unknown, now
	}
	return a
}

// giveUpLate: this time nothing left. If nothing did before, nothing will, too long after
// the yes; if something may have, only the wallet can say what became of it.
func (a Action) giveUpLate(now time.Time) Action {
	if now.Sub(a.ChangedAt) >= StartLife && a.LeftAt.IsZero() {
		a.State, a.Refusal, a.ChangedAt, a.NextAt = Failed, Unreachable, now, time.Time{}
	}
	return a
}

// Resendable tells whether a planned action may be handed over once more: soon enough
// after the plan, and, where a command may have left already, soon enough after it was
// proposed, however often the wallet had nothing of it.
func (a Action) Resendable(now time.Time) bool {
	return a.State == Planned && !a.Doubtful() && now.Sub(a.ChangedAt) < StartLife && (a.LeftAt.IsZero() || now.Sub(a.CreatedAt) < ProposalLife+StartLife)
}

// Unreachable is why an action failed that never left.
const Unreachable wallet.Refusal = "unreachable"

// nothingThere: the wallet says that it never heard of it. While the yes is fresh it is
// sent, under the same key; later it has failed, for nothing may happen hours after. But
// not while a command that left may still be on its way: until a wallet would refuse its
// signature nobody knows.
func (a Action) nothingThere(now time.Time) Action {
	if a.State == Sent { // it said otherwise before: nobody knows
		return a.unsure(now)
	}
	if a.State == Planned {
		a.LeftAt = a.HandedAt
	}
	if now.Sub(a.CreatedAt) < ProposalLife+StartLife {
		a.State = Planned
		return a
	}
	if now.Sub(a.LeftAt) < ArriveLife {
		return a.unsure(now)
	}
	a.State, a.Refusal, a.ChangedAt, a.NextAt = Failed, Unreachable, now, time.Time{}
	return a
}

// Alarming tells whether somebody should be told that nobody knows what became of a.
func (a Action) Alarming(now time.Time) bool {
	if a.unsettleable(now) {
		return true
	}
	return a.State.Underway() && now.Sub(a.ChangedAt) >= AlarmAfter
}
