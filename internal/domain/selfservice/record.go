package selfservice

import (
	"slices"
	"time"

	"kefu/internal/domain/form"
)

// Bounds of what is kept.
const (
	MaxOpen  = 10 // runs of one customer that are not over
	MaxPage  = 50 // runs in one list
	maxOps   = MaxTurns + 8
	MaxOpLen = 64 // bytes of the id of an answer
)

// NewsFor is how long a run that ended while nobody was there is listed all the same.
const NewsFor = 7 * 24 * time.Hour

// Kept is how long a run that is over can still be looked at.
const Kept = 30 * 24 * time.Hour

// Record is a run as it is kept: with what is to be seen of it now, what is still to
// be carried out, and which answers were taken.
type Record struct {
	Run
	Revision int64     // grows by one with each change
	Language string    // BCP 47: of whoever began it
	Views    []View    // since the last answer, the present step last
	Effect   *Effect   // that is to be carried out, or looked at again while the run waits; nil: none
	Proposed *Effect   // the last proposal, to be made again when it is out of date
	Ops      []string  // ids of the answers that were taken
	Since    time.Time // from when it stands at its present step
	DueAt    time.Time // when somebody has to look at it; zero: never
	Staff    string    // the member of staff who answered last; "" when it was the customer
	Visitor  bool      // it was begun by somebody who is not signed in
	About    string    // the id of what Kefu itself asks about; "" where somebody began the run
	News     bool      // it ended while nobody was there, and its customer has not looked since
}

// Asks tells whether a run is a question of Kefu's own that nobody has answered yet.
func (r Record) Asks() bool { return r.About != "" && r.Turns == 0 && !r.State.Over() }

// Took tells whether an answer was taken already.
func (r Record) Took(op string) bool { return op != "" && slices.Contains(r.Ops, op) }

// After is r after a turn, at a time. Fresh says that what was to be seen before was
// answered, or is news no more. Op is the answer that the turn took, "" for none.
func (r Record) After(t Turn, fresh bool, op string, now time.Time) Record {
	before := r.Step
	if r.Run = t.Run; t.Effect != nil || r.State != Waiting {
		r.Effect = t.Effect
	}
	if t.Effect != nil && t.Effect.Kind == KindPropose {
		r.Proposed = t.Effect
	}
	if fresh {
		r.Views = nil
	}
	r.Views = append(slices.Clip(r.Views), t.Views...)
	if r.Step != before || r.Since.IsZero() || fresh {
		r.Since = now
	}
	if op != "" && len(r.Ops) < maxOps {
		r.Ops = append(slices.Clip(r.Ops), op)
	}
	return r
}

// Seen is what is to be seen of r at a time: what was told since the last answer, and
// the step at which it stands.
func (r Record) Seen(d *Definition, now time.Time) []View {
	run := r.At(now).Run
	if run.State == Lapsed {
		return nil
	}
	views := r.Views
	if n := len(views); !run.State.Over() && (n == 0 || views[n-1].Step != run.Step) {
		views = append(slices.Clip(views), Present(d, run)...)
	}
	return views
}

// At is a record as it stands at a time. What waits for the wallet ends by itself,
// and expires no sooner.
func (r Record) At(now time.Time) Record {
	if r.State == Asking {
		r.Run = r.Run.At(now)
	}
	return r
}

// MayFollow tells whether a visitor's run may become that of the customer whom they turn
// out to be. What was typed, chosen from the wallet's or given in it may be another
// person's, who used the same device before; what was merely chosen is nobody's.
func (r Record) MayFollow() bool {
	plain := func(slots map[string]Value) bool {
		for _, v := range slots {
			if v.Type != Choice && v.Type != YesNo && v.Type != Sheet {
				return false
			}
		}
		return true
	}
	for _, l := range r.Legs {
		if !plain(l.Slots) {
			return false
		}
	}
	return r.Visitor && r.State == Asking && r.Effect == nil && plain(r.Slots)
}

// Followed is a visitor's run as the customer's, who reads that it goes on.
func (r Record) Followed(customer string) Record {
	r.CustomerID, r.Visitor = customer, false
	said := View{Step: "signed_in", Kind: KindShow, Card: "text", Say: form.Texts{
		"en": "You are signed in now. What you had begun goes on here as yours.", "zh": "您已登录。之前开始的内容会以您的身份在这里继续。",
	}}
	r.Views = append([]View{said}, r.Views...)
	return r
}
