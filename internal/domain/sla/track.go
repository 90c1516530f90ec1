package sla

import (
	"cmp"
	"slices"

	"kefu/internal/domain/conversation"
)

// Track is what the clocks of one conversation follow from: the fold of its log so
// far. It is stored as JSON, without the topic, which whoever reads it adds.
type Track struct {
	Seq      int64               `json:"q"` // of the last entry
	Subject  Subject             `json:"s"`
	Status   conversation.Status `json:"o"`
	Answered bool                `json:"a,omitempty"` // a person has answered
	Waits    int64               `json:"w,omitempty"` // since when the customer waits for an answer
	WaitsSeq int64               `json:"v,omitempty"`
	Works    int64               `json:"u,omitempty"` // since when it waits to be resolved
	WorksSeq int64               `json:"y,omitempty"`
	Pauses   []Pause             `json:"p,omitempty"` // since then, whatever the targets make of them
	Snoozes  []Pause             `json:"n,omitempty"`
	Clocks   []Clock             `json:"c,omitempty"` // the newest of each kind
	Closed   *Owed               `json:"z,omitempty"` // what the newest resolution ended, while it can be taken back
	Joined   *Held               `json:"j,omitempty"` // how it stood when it was joined with another one, while it goes on there
}

// Held is how a conversation stands that goes on in another one.
type Held struct {
	At     int64               `json:"t"` // since when
	Status conversation.Status `json:"o"`
	Owed
}

// Owed is since when what is owed, as in Track.
type Owed struct {
	Waits    int64 `json:"w,omitempty"`
	WaitsSeq int64 `json:"v,omitempty"`
	Works    int64 `json:"u,omitempty"`
	WorksSeq int64 `json:"y,omitempty"`
}

// maxPauses bounds what is remembered of one conversation; of more, the oldest
// ones are taken for one.
const maxPauses = 200

// NewTrack begins with what a conversation is before its first entry.
func NewTrack(s Subject) Track { return Track{Subject: s, Status: conversation.Open} }

// Replay is the clocks of a conversation as its whole log and the targets make
// them.
func Replay(s Subject, entries []conversation.Entry, aims Aims) Track {
	t := NewTrack(s)
	for i := range entries {
		t.Apply(&entries[i], aims)
	}
	return t
}

// Matters tells whether an entry may change a clock, by its kind.
func Matters(e *conversation.Entry) bool {
	switch e.Kind {
	case conversation.KindMessage:
		return e.Author.Kind == conversation.ByCustomer || e.Author.Kind == conversation.ByAgent
	case conversation.KindHuman, conversation.KindStatus, conversation.KindPriority, conversation.KindTags, conversation.KindTopic,
		conversation.KindLanguage, conversation.KindTeam, conversation.KindMerged, conversation.KindUnmerged:
		return true
	default:
		return false
	}
}

// Apply folds one more entry in. One that was folded in before changes nothing.
func (t *Track) Apply(e *conversation.Entry, aims Aims) {
	if e.Seq <= t.Seq || !Matters(e) {
		return
	}
	t.Seq = e.Seq
	switch e.Kind {
	case conversation.KindMessage:
		if e.Author.Kind == conversation.ByCustomer {
			t.asked(e)
		} else {
			t.answered(e)
		}
	case conversation.KindHuman:
		t.asked(e)
	case conversation.KindStatus:
		t.turned(e)
	case conversation.KindMerged:
		if e.Content.Into == "" {
			t.owes(e)
		} else {
			t.Joined = &Held{e.At, t.Status, Owed{t.Waits, t.WaitsSeq, t.Works, t.WorksSeq}}
			t.over(e, Cancelled)
			t.Status = conversation.Merged
		}
	case conversation.KindUnmerged:
		if e.Content.From != "" {
			t.alone(e)
		}
		t.owes(e)
	default:
		t.became(e)
	}
	t.Reckon(aims)
}

func (t *Track) became(e *conversation.Entry) {
	s := &t.Subject
	switch e.Kind {
	case conversation.KindPriority:
		s.Priority = e.Content.Priority
	case conversation.KindTags:
		s.Tags = e.Content.Tags
	case conversation.KindTeam:
		if s.Team = ""; e.Content.Team != nil {
			s.Team = e.Content.Team.ID
		}
	case conversation.KindTopic:
		s.Topic = e.Content.Topic
	case conversation.KindLanguage:
		s.Language = e.Content.Language
	}
}

// asked: the customer wrote, or asked for a person.
func (t *Track) asked(e *conversation.Entry) {
	if t.Waits == 0 {
		t.Waits, t.WaitsSeq = e.At, e.Seq
	}
	t.work(e)
	t.resume(e.At)
	t.Status = conversation.Open
}

// work begins what is to be resolved, where nothing is.
func (t *Track) work(e *conversation.Entry) {
	if t.Works == 0 {
		t.Works, t.WorksSeq, t.Pauses, t.Snoozes = e.At, e.Seq, nil, nil
	}
}

// answered: a person has answered, as far as they had seen what waits. An open
// conversation of which nothing is left waits for the customer then.
func (t *Track) answered(e *conversation.Entry) {
	left := e.Content.Owed
	if left != nil && t.owesAll(left) {
		return
	}
	for i := range t.Clocks {
		if c := &t.Clocks[i]; c.Live() && c.Kind != Resolution {
			c.end(e.At, Met)
		}
	}
	t.Answered, t.Waits, t.WaitsSeq = true, 0, 0
	if left != nil {
		t.Waits, t.WaitsSeq = left.Since, cmp.Or(left.Seq, e.Seq)
	} else if t.Status == conversation.Open {
		t.Status = conversation.Waiting
		t.pause(&t.Pauses, e.At)
	}
}

// owesAll tells whether what is left owed is all that waits: none of it was answered.
func (t *Track) owesAll(left *conversation.Owed) bool {
	if t.Waits == 0 {
		return false
	}
	// What came with a merge waits from before it, and is placed where the merge is.
	if left.Since != t.Waits || left.Seq == 0 || t.WaitsSeq == 0 {
		return left.Since <= t.Waits
	}
	return left.Seq <= t.WaitsSeq
}

// alone: it was joined with another one, and goes on by itself as it stood then. What
// its customer waits for has waited all the time.
func (t *Track) alone(e *conversation.Entry) {
	held := t.Joined
	t.Joined, t.Status = nil, conversation.Open
	if held == nil { // joined before that was kept
		if left := e.Content.Owed; left != nil && left.Since != 0 {
			t.work(e)
		}
		return
	}
	t.Status, t.Waits, t.WaitsSeq, t.Works, t.WorksSeq = held.Status, held.Waits, held.WaitsSeq, held.Works, held.WorksSeq
	switch held.Status {
	case conversation.Waiting:
		t.pause(&t.Pauses, held.At)
	case conversation.Snoozed:
		t.pause(&t.Snoozes, held.At)
	}
}

// owes: what waits in it has come to it with another conversation, or has left it.
func (t *Track) owes(e *conversation.Entry) {
	left := e.Content.Owed
	if left == nil {
		return
	}
	waits, seq := &t.Waits, &t.WaitsSeq
	if t.Joined != nil { // it goes on elsewhere itself
		waits, seq = &t.Joined.Waits, &t.Joined.WaitsSeq
	}
	switch left.Since {
	case *waits:
	case 0:
		*waits, *seq = 0, 0
	default:
		*waits, *seq = left.Since, cmp.Or(left.Seq, e.Seq)
	}
}

// turned: the status was set.
func (t *Track) turned(e *conversation.Entry) {
	if e.Content.Undo && e.Content.Status == conversation.Resolved { // it was open for another one's sake only
		t.resume(e.At)
		t.Status, t.Closed, t.Waits, t.WaitsSeq, t.Works, t.WorksSeq = conversation.Resolved, nil, 0, 0, 0, 0
		return
	}
	if e.Content.Undo && t.Closed != nil { // it goes on as if it had not been over
		t.Waits, t.WaitsSeq, t.Works, t.WorksSeq = t.Closed.Waits, t.Closed.WaitsSeq, t.Closed.Works, t.Closed.WorksSeq
	}
	t.Closed = nil
	switch e.Content.Status {
	case conversation.Resolved:
		owed := Owed{t.Waits, t.WaitsSeq, t.Works, t.WorksSeq}
		t.over(e, Met)
		t.Closed = &owed
		t.Status = conversation.Resolved
		return
	case conversation.Snoozed:
		t.resume(e.At)
		t.pause(&t.Snoozes, e.At)
	case conversation.Waiting:
		t.resume(e.At)
		t.pause(&t.Pauses, e.At)
	case conversation.Open:
		t.resume(e.At)
		if e.Content.Was == conversation.Resolved && !e.Content.Undo {
			t.work(e)
		}
	}
	t.Status = e.Content.Status
}

// over ends everything: it was resolved, or goes on elsewhere. An answer that
// nobody gave is not owed any more.
func (t *Track) over(e *conversation.Entry, resolution ClockState) {
	t.resume(e.At)
	for i := range t.Clocks {
		c := &t.Clocks[i]
		switch {
		case !c.Live():
		case c.Kind == Resolution:
			c.end(e.At, resolution)
		default:
			c.end(e.At, Cancelled)
		}
	}
	t.Waits, t.WaitsSeq, t.Works, t.WorksSeq = 0, 0, 0, 0
}

func (t *Track) pause(which *[]Pause, at int64) {
	if t.Works == 0 {
		return
	}
	all := *which
	if n := len(all); n > 0 && all[n-1].To == 0 {
		return
	}
	if n := len(all); n >= maxPauses {
		all = slices.Delete(all, 1, 2)
		all[0].To = all[0].From // forgotten: it counts as worked through
	}
	*which = append(all, Pause{From: at})
}

// resume ends what stands still.
func (t *Track) resume(at int64) {
	for _, which := range []*[]Pause{&t.Pauses, &t.Snoozes} {
		if n := len(*which); n > 0 && (*which)[n-1].To == 0 {
			(*which)[n-1].To = max(at, (*which)[n-1].From)
		}
	}
}

// Reckon brings the clocks that have not ended in line with the targets: after an
// entry, and after the targets were changed.
func (t *Track) Reckon(aims Aims) {
	aim := aims.For(t.Subject)
	response := NextResponse
	if !t.Answered {
		response = FirstResponse
	}
	t.owe(aim, response, t.Waits, t.WaitsSeq)
	t.owe(aim, Resolution, t.Works, t.WorksSeq)
}

// owe makes the clock of a kind what it has to be for something that waits since
// some time, or not at all.
func (t *Track) owe(aim *Aim, kind ClockKind, since, seq int64) {
	i := slices.IndexFunc(t.Clocks, func(c Clock) bool { return c.Kind == kind })
	live := i >= 0 && t.Clocks[i].Live()
	if since == 0 || aim == nil || aim.amount(kind) == 0 {
		if live { // nothing is aimed for any more
			t.Clocks = slices.Delete(t.Clocks, i, i+1)
		}
		return
	}
	if i < 0 {
		t.Clocks = append(t.Clocks, Clock{})
		i = len(t.Clocks) - 1
	}
	c := &t.Clocks[i]
	if !live || c.Start != since {
		*c = Clock{Kind: kind, Seq: seq, Start: since}
	}
	c.Pauses = t.pausesOf(aim, kind)
	c.State = Running
	if n := len(c.Pauses); n > 0 && c.Pauses[n-1].To == 0 {
		c.State = Paused
	}
	c.aim(aim)
}

// pausesOf are the pauses that a target grants a kind of clock, in their order.
func (t *Track) pausesOf(aim *Aim, kind ClockKind) []Pause {
	var all []Pause
	if kind == Resolution && !aim.RunsWaiting {
		all = append(all, t.Pauses...)
	}
	if !aim.RunsSnoozed {
		for _, p := range t.Snoozes {
			if kind == Resolution || p.To == 0 || p.To > t.Waits {
				all = append(all, p)
			}
		}
	}
	slices.SortFunc(all, func(a, b Pause) int { return int(a.From - b.From) })
	return all
}
