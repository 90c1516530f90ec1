// Package report says how the work went: one fact for each conversation, folded
// from its log together with its clocks, and the figures that follow from many. It
// is pure; keeping facts is storage/clocks, showing them the desk's.
package report

import (
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/sla"
)

// Fact is one conversation as reports see it. Times are microseconds, durations
// seconds; -1 stands for what has not happened. It is stored as JSON beside the
// columns that reports read.
type Fact struct {
	Track sla.Track `json:"t"` // what its clocks follow from

	Began      int64  `json:"b"`           // the first entry
	Assignee   string `json:"a,omitempty"` // who has it
	Customer   int64  `json:"c"`           // messages of the customer
	Agents     int64  `json:"g"`           // and of people
	HandOvers  int64  `json:"h"`           // from one person to another
	Reopened   int64  `json:"r"`
	InBacklog  bool   `json:"o"` // not resolved
	AnsweredBy string `json:"y,omitempty"`

	FirstWall   int64          `json:"fw"` // from the first words to the first answer
	FirstWorked int64          `json:"fm"` // of that, while people worked
	First       sla.ClockState `json:"fs,omitempty"`

	SolvedAt   int64          `json:"za"` // the newest resolution
	SolvedWall int64          `json:"zw"`
	SolvedWork int64          `json:"zm"`
	Solved     sla.ClockState `json:"zs,omitempty"`

	Code    string `json:"k,omitempty"` // of the newest resolution, as what follows
	Score   int64  `json:"s,omitempty"`
	RatedAt int64  `json:"sa,omitempty"`

	Topic  string  `json:"p,omitempty"` // one that a form of the house has given
	Before *ending `json:"x,omitempty"` // the resolution before the newest, while that can be taken back
}

// ending is how a conversation was resolved.
type ending struct {
	At      int64          `json:"a,omitempty"`
	Wall    int64          `json:"w"`
	Work    int64          `json:"m"`
	State   sla.ClockState `json:"s,omitempty"`
	Code    string         `json:"k,omitempty"`
	Score   int64          `json:"c,omitempty"`
	RatedAt int64          `json:"r,omitempty"`
}

func (f *Fact) ending() ending {
	return ending{f.SolvedAt, f.SolvedWall, f.SolvedWork, f.Solved, f.Code, f.Score, f.RatedAt}
}

func (f *Fact) ended(e ending) {
	f.SolvedAt, f.SolvedWall, f.SolvedWork, f.Solved, f.Code, f.Score, f.RatedAt = e.At, e.Wall, e.Work, e.State, e.Code, e.Score, e.RatedAt
}

// NewFact begins with what a conversation is before its first entry.
func NewFact(s sla.Subject) Fact {
	return Fact{Track: sla.NewTrack(s), FirstWall: -1, FirstWorked: -1, SolvedWall: -1, SolvedWork: -1}
}

// Move is a conversation that comes into the backlog (+1), or leaves it (-1).
type Move struct {
	At    int64
	Delta int64
}

// Matters tells whether an entry may change a fact, by its kind.
func Matters(e *conversation.Entry) bool {
	return sla.Matters(e) || e.Kind == conversation.KindAssigned || e.Kind == conversation.KindRated || e.Kind == conversation.KindWrapUp
}

// Counted is when the conversation began, and when it was resolved, as reports count
// it; 0 for not at all. One that goes on in another one is counted there. What its
// customer said of it counts all the same: nobody says it anew.
func (f *Fact) Counted() (began, solved int64) {
	if f.Track.Status == conversation.Merged {
		return 0, 0
	}
	return f.Began, f.SolvedAt
}

// Apply folds one more entry in, and gives what it does to the backlog. One that was
// folded in before changes nothing.
func (f *Fact) Apply(e *conversation.Entry, aims sla.Aims) []Move {
	if !Matters(e) || e.Seq <= f.Track.Seq {
		return nil
	}
	before := f.Track
	if f.Began == 0 {
		f.Began = e.At
	}
	f.Track.Apply(e, aims)
	f.Track.Seq = e.Seq
	switch e.Kind {
	case conversation.KindMessage:
		f.said(e, &before, aims)
	case conversation.KindAssigned:
		f.assigned(e)
	case conversation.KindTopic:
		f.named(e)
	case conversation.KindWrapUp:
		f.Code = codeOf(e)
	case conversation.KindRated:
		f.Score, f.RatedAt = e.Content.Score, e.At
	case conversation.KindStatus:
		f.turned(e, &before, aims)
	}
	if open := f.Track.Status != conversation.Resolved && f.Track.Status != conversation.Merged; open != f.InBacklog {
		f.InBacklog = open
		if open {
			return []Move{{At: e.At, Delta: 1}}
		}
		return []Move{{At: e.At, Delta: -1}}
	}
	return nil
}

func (f *Fact) said(e *conversation.Entry, before *sla.Track, aims sla.Aims) {
	if e.Author.Kind == conversation.ByCustomer {
		f.Customer++
		return
	}
	f.Agents++
	if f.FirstWall >= 0 || before.Waits == 0 || before.Answered || !f.Track.Answered { // what had been seen of nothing that waits answers none of it
		return
	}
	f.AnsweredBy = e.Author.ID
	f.FirstWall, f.FirstWorked = seconds(before.Waits, e.At), aims.For(before.Subject).Worked(before.Waits, e.At)
	f.First = stateOf(&f.Track, sla.FirstResponse, e.At)
}

func (f *Fact) assigned(e *conversation.Entry) {
	to := ""
	if e.Content.Staff != nil {
		to = e.Content.Staff.ID
	}
	if f.Assignee != "" && to != "" && to != f.Assignee {
		f.HandOvers++
	}
	f.Assignee = to
}

func (f *Fact) turned(e *conversation.Entry, before *sla.Track, aims sla.Aims) {
	was := f.Before
	f.Before = nil
	switch {
	case e.Content.Undo && e.Content.Status == conversation.Resolved: // it was open for another one's sake only
		f.Reopened = max(0, f.Reopened-1)
	case e.Content.Status == conversation.Resolved:
		last := f.ending()
		f.ended(ending{At: e.At, Wall: -1, Work: -1, Code: codeOf(e)})
		f.Before = &last
		if before.Works != 0 {
			f.SolvedWall, f.SolvedWork = seconds(before.Works, e.At), aims.For(before.Subject).Worked(before.Works, e.At)
			f.Solved = stateOf(&f.Track, sla.Resolution, e.At)
		}
	case e.Content.Undo && was != nil:
		f.ended(*was)
	case e.Content.Was == conversation.Resolved:
		f.Reopened++
	}
}

// named notes the topic that a form has given: words of the house. What a person
// makes of it is theirs, and told by no report.
func (f *Fact) named(e *conversation.Entry) {
	if f.Topic = ""; e.Author.Kind == conversation.BySystem && e.Author.ID == conversation.FormAuthor {
		f.Topic = e.Content.Topic
	}
}

func codeOf(e *conversation.Entry) string {
	if e.Content.Code == nil {
		return ""
	}
	return e.Content.Code.ID
}

func seconds(from, to int64) int64 { return max(0, to-from) / 1_000_000 }

// stateOf is how a clock ended at a time; "" when none did: one that is there may be
// of an earlier resolution, for which something else was aimed for.
func stateOf(t *sla.Track, kind sla.ClockKind, at int64) sla.ClockState {
	for i := range t.Clocks {
		if c := &t.Clocks[i]; c.Kind == kind && c.Ended == at && c.State != sla.Cancelled {
			return c.State
		}
	}
	return ""
}
