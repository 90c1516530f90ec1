package client

import (
	"slices"
	"time"
)

const aheadLimit = 512 // entries kept for a gap to close; more are fetched again

// tail puts the entries of one conversation in order. have is the last entry that
// was taken to be handed on, given the last for which Handle has returned;
// everything up to it has been handed on once.
type tail struct {
	have     int64
	given    int64
	ahead    map[int64]*Event // entries beyond a gap
	fetching bool             // a fetch is on its way
	wanted   bool             // a fetch is due as soon as there is room
	notUntil time.Time        // of the next fetch, after a refusal
	acked    int64
	ackDue   bool
	watched  bool // desk: asked for by Watch
}

// take gives the entries that may be handed on now that event has come.
func (t *tail) take(event *Event) []*Event {
	switch {
	case event.Seq <= t.have:
		return nil
	case event.Seq > t.have+1:
		if len(t.ahead) < aheadLimit {
			if t.ahead == nil {
				t.ahead = map[int64]*Event{}
			}
			t.ahead[event.Seq] = event
		}
		t.wanted = true
		return nil
	}
	ready := []*Event{event}
	t.have = event.Seq
	for next := t.ahead[t.have+1]; next != nil; next = t.ahead[t.have+1] {
		delete(t.ahead, next.Seq)
		ready = append(ready, next)
		t.have = next.Seq
	}
	return ready
}

// takeAll takes a stretch of the log and tells by the wanted mark whether a gap
// remains.
func (t *tail) takeAll(stretch *missed) []*Event {
	t.fetching = false
	before := t.have
	slices.SortFunc(stretch.Events, func(a, b Event) int { return int(a.Seq - b.Seq) })
	var ready []*Event
	for i := range stretch.Events {
		ready = append(ready, t.take(&stretch.Events[i])...)
	}
	for seq := range t.ahead {
		if seq <= t.have {
			delete(t.ahead, seq)
		}
	}
	// A stretch that brought nothing is not asked for again at once: the entry
	// may be durable on the server and not yet readable; the next event asks.
	t.wanted = stretch.More || (len(t.ahead) > 0 && t.have > before)
	return ready
}
