package sla

import (
	"time"

	"kefu/internal/platform/clock"
)

// ClockKind is what a clock counts towards.
type ClockKind string

// The kinds of clocks.
const (
	FirstResponse ClockKind = "first_response" // the first answer of a person
	NextResponse  ClockKind = "next_response"  // an answer after the first
	Resolution    ClockKind = "resolution"     // from the first words, or from reopening
)

// ClockState is how a clock stands.
type ClockState string

// The states of a clock. One that is breached goes on until what it counts
// towards has happened.
const (
	Running   ClockState = "running"
	Paused    ClockState = "paused"
	Met       ClockState = "met"
	Breached  ClockState = "breached"
	Cancelled ClockState = "cancelled"
)

// Pause is a time in which a clock stands still, in microseconds. To is 0 while it
// lasts.
type Pause struct {
	From int64 `json:"f"`
	To   int64 `json:"t,omitempty"`
}

// Clock is one promise of one conversation, as the log and the targets make it. It
// is never changed by hand: see Replay.
type Clock struct {
	Kind     ClockKind  `json:"k"`
	Seq      int64      `json:"q"` // of the entry that started it
	Target   string     `json:"i"`
	Revision int64      `json:"r"` // of the target
	Start    int64      `json:"s"` // microseconds, as every time here
	Pauses   []Pause    `json:"p,omitempty"`
	Due      int64      `json:"d"` // 0 while it stands still, or when it never is
	Ended    int64      `json:"e,omitempty"`
	State    ClockState `json:"x"`
}

// steps are the shares of a promise, in percent, at which a clock rings before it
// is breached.
func steps() [3]int64 { return [3]int64{50, 75, 90} }

// Live tells whether the clock has not ended.
func (c *Clock) Live() bool { return c.Ended == 0 }

// at is when the clock has counted an amount of work; 0 while it stands still
// before that, and when it never does.
func (c *Clock) at(h *Hours, work time.Duration) int64 {
	from := clock.FromMicros(c.Start)
	for _, p := range c.Pauses {
		if p.To != 0 && p.To <= from.UnixMicro() {
			continue
		}
		until := clock.FromMicros(p.From)
		done := h.Between(from, until)
		if done >= work {
			break
		}
		if p.To == 0 {
			return 0
		}
		work -= done
		from = later(from, clock.FromMicros(p.To))
	}
	end, ok := h.Add(from, work)
	if !ok {
		return 0
	}
	return end.UnixMicro()
}

// aim reckons anew under a target.
func (c *Clock) aim(a *Aim) {
	c.Target, c.Revision = a.ID, a.Revision
	c.Due = c.at(a.Hours, a.amount(c.Kind))
}

// end stops the clock. What was due before is breached.
func (c *Clock) end(at int64, state ClockState) {
	if n := len(c.Pauses); n > 0 && c.Pauses[n-1].To == 0 {
		c.Pauses[n-1].To = max(at, c.Pauses[n-1].From)
	}
	if c.Due != 0 && at > c.Due {
		state = Breached
	}
	c.Ended, c.State = max(at, 1), state
}

// Ring is the next moment at which somebody has to be told of a clock.
type Ring struct {
	At    int64
	Level int64 // percent of the promise that is used up by then; 100: breached
}

// Next is the next ring of a clock after some level was told; no At when there is
// none.
func (a *Aim) Next(c *Clock, level int64) Ring {
	if !c.Live() || c.State == Paused || c.Due == 0 || level >= 100 {
		return Ring{}
	}
	amount := a.amount(c.Kind)
	for _, percent := range steps() {
		if percent > level {
			if at := c.at(a.Hours, amount*time.Duration(percent)/100); at != 0 && at < c.Due {
				return Ring{At: at, Level: percent}
			}
		}
	}
	return Ring{At: c.Due, Level: 100}
}

// Worked is how much work lies between two moments, in seconds, by the hours of a
// target; around the clock without one.
func (a *Aim) Worked(from, to int64) int64 {
	h := &Hours{}
	if a != nil {
		h = a.Hours
	}
	return int64(h.Between(clock.FromMicros(from), clock.FromMicros(to)) / time.Second)
}
