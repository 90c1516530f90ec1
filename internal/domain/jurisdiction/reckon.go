package jurisdiction

import (
	"cmp"
	"slices"
	"time"

	"kefu/internal/domain/sla"
	"kefu/internal/platform/clock"
)

// State is how a clock stands; the words are those of the promises of conversations.
type State = sla.ClockState

// Marked is something that happened in a case, in microseconds.
type Marked struct {
	Mark Mark
	At   int64
}

// Pause is a time in which a case waited for something. To is 0 while it lasts.
type Pause struct {
	Reason   string
	From, To int64
}

// History is what the clocks of a case follow from.
type History struct {
	Marks  []Marked
	Facts  map[Fact]bool
	Pauses []Pause
	Over   int64 // when the case ended without more to do; 0: it goes on
}

// Reckoned is a clock of a case as it stands.
type Reckoned struct {
	*Clock
	Nth     int // of a clock that starts anew: 0, 1, 2 …
	Start   int64
	Due     int64 // the last instant at which it is met; 0 while it stands still
	Resumed int64 // where Due would be if what it waits for came now; 0 while it runs
	Ended   int64
	State   State
	Paused  string // the reason
	Waits   bool   // it is not known yet whether it counts: see Clock.After
	Applied Period
	Cite    Cited // of the period that was applied
	Certain bool  // the calendar's list covers it
	Rings   []Ring
}

// Key names the clock within its case.
func (r *Reckoned) Key() string {
	if r.Nth == 0 {
		return r.ID
	}
	return r.ID + "." + itoa(r.Nth)
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

// Live tells whether something is still to be done.
func (r *Reckoned) Live() bool { return r.Ended == 0 && r.State != sla.Cancelled }

// Promisable tells whether a customer may be told when this is due.
func (r *Reckoned) Promisable() bool {
	return len(r.Promise) > 0 && r.Cite.Checked.Promisable() && r.Certain && r.Live() && !r.Waits
}

// Step is how far a clock has got when it rings.
type Step string

// The steps.
const (
	Half        Step = "50"
	ThreeFourth Step = "75"
	Ninety      Step = "90"
	DayBefore   Step = "day"   // the business day before
	HoursBefore Step = "hours" // two hours before
	Broken      Step = "due"
	Act         Step = "act" // Kefu does what a clock says: see Clock.Does
)

// Ring is a moment at which somebody is told of a clock that is still running.
type Ring struct {
	Step Step
	At   int64
}

// maxAgain bounds how often a clock starts anew: beyond, the last one stays.
const maxAgain = 500

func instant(us int64) time.Time { return clock.FromMicros(us) }

// Reckon works out every clock of a case from what happened, as of now. The same
// history and pack give the same clocks, whoever asks and however often. It gives the
// clocks in the order in which they are due, those that have ended last.
func Reckon(p *Pack, t Type, h History, now int64) []Reckoned {
	var all []Reckoned
	rules := p.Types[t]
	h.Marks = slices.Clone(h.Marks)
	slices.SortStableFunc(h.Marks, func(x, y Marked) int { return cmp.Compare(x.At, y.At) })
	for i := range rules.Clocks {
		c := &rules.Clocks[i]
		start, ok := first(h.Marks, []Mark{c.Starts}, -1)
		if !ok {
			continue
		}
		r := reckonOne(p, c, h, start, 0, now)
		all = append(all, r)
		for c.Again && r.Ended != 0 && r.State != sla.Cancelled && r.Nth < maxAgain {
			next := reckonOne(p, c, h, r.Ended, r.Nth+1, now)
			if next.State == sla.Cancelled { // the case was over before anything more was to be said
				break
			}
			r = next
			all = append(all, r)
		}
	}
	slices.SortStableFunc(all, func(x, y Reckoned) int {
		return cmp.Or(cmp.Compare(rank(&x), rank(&y)), cmp.Compare(x.Due, y.Due), cmp.Compare(x.ID, y.ID), cmp.Compare(x.Nth, y.Nth))
	})
	return all
}

func rank(r *Reckoned) int {
	switch {
	case !r.Live():
		return 2
	case r.Due == 0 || r.Waits:
		return 1
	default:
		return 0
	}
}

// first is when the first of some marks was there that came after some instant.
func first(all []Marked, of []Mark, after int64) (int64, bool) {
	for _, m := range all {
		if m.At > after && slices.Contains(of, m.Mark) {
			return m.At, true
		}
	}
	return 0, false
}

func reckonOne(p *Pack, c *Clock, h History, start int64, nth int, now int64) Reckoned {
	r := Reckoned{Clock: c, Nth: nth, Start: start, Applied: c.Period, Cite: c.Cited, State: sla.Running}
	for _, i := range c.Instead {
		if h.Facts[i.If] {
			r.Applied, r.Cite = i.Period, i.Cited
			break
		}
	}
	if c.After != "" {
		_, counts := first(h.Marks, []Mark{c.After}, -1)
		r.Waits = !counts
	}
	pauses := merged(h.Pauses, c.Pauses, start)
	k := reckoning{p.days.reckoner, pauses}
	r.Due = k.due(instant(start), r.Applied)
	after := start
	if nth == 0 {
		after-- // what starts a clock may bring what ends it
	}
	if end, ok := first(h.Marks, c.Meets, after); ok {
		r.Ended, r.State = end, sla.Met
	}
	holds := func(f Fact) bool { return h.Facts[f] }
	excused := slices.ContainsFunc(c.If, func(f Fact) bool { return !h.Facts[f] }) || slices.ContainsFunc(c.Unless, holds)
	switch {
	case excused:
		r.State, r.Ended = sla.Cancelled, 0
	case r.Ended != 0 && r.Due != 0 && r.Ended > r.Due && !r.Waits:
		r.State = sla.Breached
	case r.Ended != 0:
	case h.Over != 0 && (r.Due == 0 || h.Over <= r.Due || r.Waits):
		r.State = sla.Cancelled
	case h.Over != 0: // nobody did it in time, and now it is too late for more
		r.State, r.Ended = sla.Breached, h.Over
	case r.Waits:
	case r.Due != 0 && now > r.Due:
		r.State = sla.Breached
	case r.Due == 0:
		r.State, r.Paused = sla.Paused, reasonOf(h.Pauses, c.Pauses)
		r.Resumed = reckoning{p.days.reckoner, closed(pauses, now)}.due(instant(start), r.Applied)
	}
	last := cmp.Or(r.Due, r.Resumed, start)
	r.Certain = r.Applied.Unit != BusinessDays || (p.days.Covers(k.hours.DayOf(instant(start))) && p.days.Covers(k.hours.DayOf(instant(last))))
	if r.Live() && r.Due != 0 && !r.Waits {
		r.Rings = k.rings(start, r.Due)
		if c.Does != "" {
			r.Rings = []Ring{{Act, k.hours.Starts(k.hours.DayOf(instant(r.Due))).UnixMicro()}}
		}
	}
	if c.Does != "" && r.State == sla.Breached { // it is nobody's duty
		r.State = sla.Running
		if r.Ended != 0 {
			r.State = sla.Met
		}
	}
	return r
}

// merged are the pauses for some reasons as stretches that do not touch, in their
// order. What began before the clock counts from its start.
func merged(all []Pause, reasons []string, start int64) (out []Pause) {
	for _, p := range all {
		if slices.Contains(reasons, p.Reason) && (p.To == 0 || p.To > max(p.From, start)) {
			out = append(out, Pause{From: max(p.From, start), To: p.To})
		}
	}
	slices.SortFunc(out, func(x, y Pause) int { return cmp.Compare(x.From, y.From) })
	n := 0
	for _, p := range out {
		if n > 0 && (out[n-1].To == 0 || p.From <= out[n-1].To) {
			if out[n-1].To != 0 && (p.To == 0 || p.To > out[n-1].To) {
				out[n-1].To = p.To
			}
			continue
		}
		out[n] = p
		n++
	}
	return out[:n]
}

func closed(pauses []Pause, now int64) []Pause {
	out := slices.Clone(pauses)
	if n := len(out); n > 0 && out[n-1].To == 0 {
		out[n-1].To = max(now, out[n-1].From)
	}
	return out
}

func reasonOf(all []Pause, reasons []string) string {
	for _, p := range all {
		if p.To == 0 && slices.Contains(reasons, p.Reason) {
			return p.Reason
		}
	}
	return ""
}

// reckoning is a calendar with the stretches in which nothing is counted.
type reckoning struct {
	hours  *sla.Hours
	pauses []Pause
}

// horizon is how many days are looked at. It is more than any period is long, with
// pauses of ten years.
const horizon = 8000

// due is the last instant of a period; 0 while it stands still before that. Days
// count that were not paused from beginning to end: where it is in doubt, the
// customer's side is taken.
func (k reckoning) due(start time.Time, p Period) int64 {
	switch p.Unit {
	case Hours:
		return k.hoursDue(start.UnixMicro(), int64(p.Amount)*time.Hour.Microseconds())
	case Months:
		return k.monthsDue(start, p.Amount)
	}
	left := p.Amount
	day := k.hours.DayOf(start)
	for range horizon {
		day = day.Plus(1)
		if p.Unit == BusinessDays && !k.hours.IsWorkday(day) {
			continue
		}
		from, to := k.hours.Starts(day).UnixMicro(), k.hours.Starts(day.Plus(1)).UnixMicro()
		if standing, whole := k.paused(from, to); whole {
			if standing {
				return 0
			}
			continue
		}
		if left--; left == 0 {
			return to - 1
		}
	}
	return 0
}

// monthsDue is the last instant of so many months, and of as many days more as were paused
// from beginning to end; 0 while it stands still.
func (k reckoning) monthsDue(start time.Time, months int) int64 {
	day := k.hours.DayOf(start)
	end := day.PlusMonths(months)
	for range horizon {
		if day = day.Plus(1); end.Before(day) {
			return k.endOf(end)
		}
		standing, whole := k.paused(k.hours.Starts(day).UnixMicro(), k.hours.Starts(day.Plus(1)).UnixMicro())
		if standing {
			return 0
		}
		if whole {
			end = end.Plus(1)
		}
	}
	return 0
}

func (k reckoning) endOf(d sla.Day) int64 { return k.hours.Starts(d.Plus(1)).UnixMicro() - 1 }

// paused tells whether a stretch lies in one pause, and whether that lasts.
func (k reckoning) paused(from, to int64) (standing, whole bool) {
	for _, p := range k.pauses {
		if p.From <= from && (p.To == 0 || p.To >= to) {
			return p.To == 0, true
		}
	}
	return false, false
}

func (k reckoning) hoursDue(from, left int64) int64 {
	for _, p := range k.pauses {
		if p.To != 0 && p.To <= from {
			continue
		}
		if run := p.From - from; run > 0 {
			if run >= left {
				break
			}
			left -= run
		}
		if p.To == 0 {
			return 0
		}
		from = max(from, p.To)
	}
	return from + left
}

// rings are the moments before a clock is due at which somebody is told, in their
// order, and the one at which it is broken.
func (k reckoning) rings(start, due int64) []Ring {
	out := []Ring{}
	counted := int64(0) // of the time from start to due
	for at, i := start, 0; ; i++ {
		if i == len(k.pauses) || k.pauses[i].From >= due {
			counted += max(0, due-at)
			break
		}
		counted += max(0, k.pauses[i].From-at)
		if k.pauses[i].To == 0 {
			break
		}
		at = max(at, k.pauses[i].To)
	}
	for _, s := range []struct {
		step    Step
		percent int64
	}{{Half, 50}, {ThreeFourth, 75}, {Ninety, 90}} {
		if at := k.hoursDue(start, counted/100*s.percent); at > start && at < due {
			out = append(out, Ring{s.step, at})
		}
	}
	day := k.hours.DayOf(instant(due)).Plus(-1)
	for range 30 {
		if k.hours.IsWorkday(day) {
			break
		}
		day = day.Plus(-1)
	}
	if at := k.hours.Starts(day).UnixMicro(); at > start {
		out = append(out, Ring{DayBefore, at})
	}
	if at := due - 2*time.Hour.Microseconds(); at > start {
		out = append(out, Ring{HoursBefore, at})
	}
	out = append(out, Ring{Broken, due + 1})
	slices.SortStableFunc(out, func(x, y Ring) int { return cmp.Compare(x.At, y.At) })
	return out
}

// Next is the first ring after some instant; false: there is none.
func (r *Reckoned) Next(after int64) (Ring, bool) {
	for _, ring := range r.Rings {
		if ring.At > after {
			return ring, true
		}
	}
	return Ring{}, false
}

// ClaimBy is until when a customer can claim, of a limit and the instant that it
// begins with, in microseconds.
func (p *Pack) ClaimBy(l Limit, from int64) int64 {
	return reckoning{hours: p.days.reckoner}.due(instant(from), l.Period)
}

// AppealBy is until when a customer can go further with a type of case after an answer; 0:
// no time is known, or none that may be told.
func (p *Pack) AppealBy(t Type, answered int64) int64 {
	of := p.AppealOf(t)
	if of.Period == (Period{}) || !of.Checked.Promisable() {
		return 0
	}
	return reckoning{hours: p.days.reckoner}.due(instant(answered), of.Period)
}

// KeepUntil is until when a case that ended then is kept.
func (p *Pack) KeepUntil(over int64) int64 {
	return reckoning{hours: p.days.reckoner}.due(instant(over), p.Keep)
}

// Until is until when something is kept of a customer who is gone since then; 0 where no
// source bears a promise.
func (r Record) Until(gone int64) int64 {
	if !r.Checked.Promisable() {
		return 0
	}
	return instant(gone).AddDate(0, r.Amount, 0).UnixMicro()
}

// DayOf is the day of an instant on the pack's wall, as it stands in letters.
func (p *Pack) DayOf(at int64) sla.Day { return p.days.reckoner.DayOf(instant(at)) }
