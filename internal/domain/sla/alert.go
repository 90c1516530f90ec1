package sla

import "kefu/internal/domain/conversation"

// Alert is a clock of a conversation, as lists and rings show it.
type Alert struct {
	ConversationID string
	Kind           ClockKind
	Target         string
	Revision       int64
	Seq            int64
	Start          int64
	Due            int64 // 0: it stands still
	Ended          int64
	State          ClockState
	Assignee       string
	Team           string // of the conversation, where it was asked for, as what follows
	Priority       conversation.Priority
	Channel        string

	Level int64 // percent of the promise that was told of
	Next  Ring  // and what comes next
}

// AlertsOf are the clocks of a conversation after its track was changed. told is
// what was known of each kind before: a clock that goes on keeps the level that was
// told of, unless its promise has become longer.
func AlertsOf(conversation, assignee string, t *Track, aims Aims, told map[ClockKind]Alert, now int64) []Alert {
	aim := aims.For(t.Subject)
	all := make([]Alert, 0, len(t.Clocks))
	for i := range t.Clocks {
		c := &t.Clocks[i]
		a := Alert{ConversationID: conversation, Kind: c.Kind, Target: c.Target, Revision: c.Revision, Seq: c.Seq, Start: c.Start, Due: c.Due, Ended: c.Ended, State: c.State, Assignee: assignee}
		if c.Live() && aim != nil {
			if was, ok := told[c.Kind]; ok && was.Seq == c.Seq && was.Target == c.Target {
				a.Level = was.Level
			}
			if a.Level >= 100 && c.Due > now {
				a.Level = 0
			}
			a.Next = aim.Next(c, a.Level)
			if a.Level >= 100 || (c.Due != 0 && c.Due <= now) {
				a.State = Breached
			}
		}
		all = append(all, a)
	}
	return all
}

// Rung is the alert after all rings up to now were told.
func (a Alert) Rung(aim *Aim, c *Clock, now int64) Alert {
	for a.Next.At != 0 && a.Next.At <= now {
		a.Level = a.Next.Level
		a.Next = Ring{}
		if aim != nil {
			a.Next = aim.Next(c, a.Level)
		}
	}
	if a.Level >= 100 {
		a.State = Breached
	}
	return a
}

// Soonest is the kind of the clock that is due first, of those of one conversation
// that go on; "" when none is due at any time.
func Soonest(alerts map[ClockKind]Alert) (kind ClockKind) {
	var due int64
	for _, a := range alerts {
		if a.Ended == 0 && a.Due > 0 && (kind == "" || a.Due < due || (a.Due == due && a.Kind < kind)) {
			kind, due = a.Kind, a.Due
		}
	}
	return kind
}
