package action

import (
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// KeyLife is how long a wallet surely knows a key, after it did what the key stands for
// (docs/wallet-api.md, section 6). After that, that it knows of nothing says nothing.
const KeyLife = 24 * time.Hour

// Doubtful tells whether nobody may go on with a before the wallet was asked: what it is
// cannot be read, or the database was put back from a backup and may have forgotten how
// far it had got. Nothing of it is judged, agreed to, sent or ended by what is kept here.
func (a Action) Doubtful() bool { return (a.Lost || !a.AskSince.IsZero()) && !a.State.Over() }

// Told is the state in which a is told to people: of what is in doubt nobody knows
// whether it happened.
func (a Action) Told() State {
	if a.Doubtful() {
		return Unknown
	}
	return a.State
}

// DoubtPause is how long the wallet is left alone between two questions about what is in
// doubt: longer and longer after it was changed last, up to an hour.
func (a Action) DoubtPause(now time.Time) time.Duration {
	return min(max(now.Sub(a.ChangedAt)/10, 10*time.Second), time.Hour)
}

// Learn takes in the wallet's word about an action that is in doubt, which alone decides.
// What the wallet knows counts. That it knows nothing counts once nothing can be on its
// way any more and while it would still know: then an action that can be read is as it was
// kept, and one that cannot has not happened.
//
// Errors: Conflict for what is not in doubt.
func (a Action) Learn(w Answer, now time.Time) (Action, error) {
	const op = "action.Learn"
	if !a.Doubtful() {
		return a, &fault.Error{Code: fault.Conflict, Op: op, Field: "state", Reason: string(a.State), Message: "it is not in doubt"}
	}
	a.NextAt = now.Add(a.DoubtPause(now))
	switch {
	case w.Err != nil:
		return a, nil
	case w.Nothing:
		return a.neverHeard(now), nil
	case !a.answers(w.Operation):
		return a, nil
	}
	o := w.Operation
	switch o.State {
	case wallet.OpSucceeded, wallet.OpFailed, wallet.OpPending:
		a.AskSince, a.ExpiresAt, a.LeftAt = time.Time{}, time.Time{}, now
		return a.taken(o, now), nil
	default:
		return a, nil
	}
}

// neverHeard: the wallet knows of nothing under the key.
func (a Action) neverHeard(now time.Time) Action {
	switch {
	case a.State == Sent, now.Sub(a.ChangedAt) >= KeyLife: // it knew before, or has forgotten by now
		return a
	case !a.AskSince.IsZero() && now.Sub(a.AskSince) < ArriveLife:
		return a
	case !a.Lost:
		a.AskSince, a.NextAt = time.Time{}, time.Time{}
		if a.State == Approved || a.State.Underway() {
			a.NextAt = now
		}
		return a
	case now.Sub(a.ChangedAt) < ProposalLife+StartLife+ArriveLife:
		return a
	case a.State.May(Expired):
		a.State = Expired
	default:
		a.State, a.Refusal = Failed, Unreachable
	}
	a.ChangedAt, a.AskSince, a.NextAt = now, time.Time{}, time.Time{}
	return a
}

// mayLearn tells whether a may go from s to a state by the wallet's word about what was
// in doubt.
func mayLearn(to State) bool {
	return to == Sent || to == Succeeded || to == Failed || to == Expired
}

// Follows tells whether a is something that before may have become.
func (a Action) Follows(before Action) bool {
	return before.State == a.State || before.State.May(a.State) || (before.Doubtful() && mayLearn(a.State))
}

// unsettleable tells whether asking will not help: the wallet has forgotten by now what it
// did, or what was asked for cannot be read.
func (a Action) unsettleable(now time.Time) bool {
	return a.Doubtful() && (a.Lost || now.Sub(a.ChangedAt) >= KeyLife)
}

// Forgotten tells whether nobody knows whether a happened, for so long that the wallet may
// have forgotten it: what it did a person has to find out.
func (a Action) Forgotten(now time.Time) bool {
	return a.Told() == Unknown && now.Sub(a.ChangedAt) >= KeyLife
}

// KeepsBack tells whether the same is not to be done, to be sure that it is not done twice,
// while a may have happened. What only makes safe waits for none that is forgotten: done
// twice it does no harm, and not done it does.
func (a Action) KeepsBack(now time.Time) bool {
	return !(a.Command.Act.Cautious() && a.Forgotten(now))
}

// Find takes in what a person found out of an action that is in doubt and that the wallet
// may have forgotten: whether it happened. Errors: Conflict for any other.
func (a Action) Find(done bool, now time.Time) (Action, error) {
	const op = "action.Find"
	switch {
	case !a.Doubtful():
		return a, &fault.Error{Code: fault.Conflict, Op: op, Field: "state", Reason: string(a.State), Message: "it is not in doubt"}
	case !a.Forgotten(now):
		return a, &fault.Error{Code: fault.Conflict, Op: op, Field: "state", Reason: "in_doubt", Message: "the wallet still knows what became of it, and is being asked"}
	case done:
		a.State = Succeeded
	case a.State.May(Expired):
		a.State = Expired
	default:
		a.State, a.Refusal = Failed, Unreachable
	}
	a.ChangedAt, a.AskSince, a.ExpiresAt, a.NextAt = now, time.Time{}, time.Time{}, time.Time{}
	return a, nil
}

// inDoubt is the error for who wants to go on with what is in doubt.
func inDoubt(op string) error {
	return &fault.Error{Code: fault.Conflict, Op: op, Field: "state", Reason: "in_doubt", Message: "nobody knows how far it had got, and the wallet is being asked"}
}

// Unsettled is how many actions may have left for the wallet that nobody knows the end of.
type Unsettled struct {
	Underway int64
	Alarmed  int64 // of them, of which somebody was told
	Lost     int64 // of them, that cannot be read
}
