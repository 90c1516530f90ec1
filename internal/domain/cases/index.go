package cases

import (
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/sla"
)

// Index is what lists and alarms need to know of a case without reading it. It follows
// from the events and the book, and is written anew with each of them.
type Index struct {
	DueAt    int64 // the earliest duty that is still to be done; 0: none that runs
	Breached int   // duties that are over and not done
	Clocks   []Alarm
	KeepTill int64 // when a case that is over goes; 0: it is not over, held, or has what is kept stand still
}

// Alarm is a clock with when somebody is told of it next.
type Alarm struct {
	Clock  string
	State  sla.ClockState
	DueAt  int64
	RingAt int64 // 0: never
	Step   jurisdiction.Step
}

// IndexOf works it out. rung is up to when each clock has rung.
func (c *Case) IndexOf(b *jurisdiction.Book, now int64, rung map[string]int64) Index {
	var x Index
	for _, r := range c.Clocks(b, now) {
		a := Alarm{Clock: r.Key(), State: r.State, DueAt: r.Due}
		if r.Live() && !r.Waits {
			if r.Does == "" && r.Due != 0 && (x.DueAt == 0 || r.Due < x.DueAt) {
				x.DueAt = r.Due
			}
			if r.State == sla.Breached {
				x.Breached++
			}
			if ring, ok := r.Next(max(rung[a.Clock], r.Start)); ok {
				a.RingAt, a.Step = ring.At, ring.Step
			}
		}
		x.Clocks = append(x.Clocks, a)
	}
	if c.OverAt != 0 && !c.OnHold && c.StillSince == 0 {
		if p, ok := b.Find(c.Jurisdiction, c.Version); ok {
			x.KeepTill = p.KeepUntil(c.OverAt)
		} else {
			x.KeepTill = c.OverAt + unknownKept
		}
	}
	return x
}

// unknownKept is how long a case is kept of which nobody said which law counts: as long
// as the longest of those that are known, in microseconds.
const unknownKept = 10 * 366 * 24 * 3600 * 1_000_000

// Held is how many cases of a customer are kept under a law.
type Held struct {
	Jurisdiction string // "": nobody has said which law counts
	Cases, Open  int
	Until        int64 // when the last of those that are over is forgotten, in microseconds; 0: none is over
}

// Rang is a clock that has just rung.
type Rang struct {
	Case  *Case
	Clock jurisdiction.Reckoned
	Step  jurisdiction.Step
	At    int64
}

// Query says which cases are listed.
type Query struct {
	List         List
	CustomerID   string
	Conversation string
	Reference    string
	Before       string // the id of the last of the page before
	Limit        int
}

// List is one of the lists of cases.
type List string

// The lists.
const (
	Mine        List = "mine"        // of whoever asks, those due soonest first
	Due         List = "due"         // everybody's, likewise
	Late        List = "late"        // with a duty that is broken
	Unconfirmed List = "unconfirmed" // of which nobody has said what they are, the oldest notice first
	Over        List = "over"        // the newest first
	All         List = "all"         // of a customer or a conversation, the newest first
	Named       List = "named"       // the one of a reference
)

// Lists are all of them.
func Lists() []List { return []List{Mine, Due, Late, Unconfirmed, Over, All, Named} }

// Row is a case in a list.
type Row struct {
	Head
	Name         string // the customer's, as far as it is known
	Type         jurisdiction.Type
	Jurisdiction string
	Stage        Stage
	Assignee     string
	NoticedAt    int64
	OpenedAt     int64
	ChangedAt    int64
	DueAt        int64
	Breached     int
	Outcome      Outcome
	OverAt       int64
}
