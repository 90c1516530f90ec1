package sla

import "time"

// span is a part of a day in minutes since midnight, by the clock on the wall.
type span struct{ from, to int }

// Hours is a calendar that reckons. It never changes. The zero value is open
// around the clock.
//
// Where the clock on the wall is put back, an hour that comes twice is worked
// through both times, unless a span ends in it: then at its first coming. Where it
// is put forward, what stands in the hour that does not come is at the moment of
// the change. So later on the wall is never earlier in truth.
type Hours struct {
	zone       *time.Location // nil: around the clock
	week       [7][]span      // by time.Weekday
	holidays   map[Day]bool
	exceptions map[Day][]span
}

// horizon is how many days are looked at for the next hour of work. A calendar
// that has none in that time has none.
const horizon = 800

// stretch is a part of the time during which people work.
type stretch struct{ from, to time.Time }

// Zone is the time zone of the calendar.
func (h *Hours) Zone() *time.Location {
	if h.zone == nil {
		return time.UTC
	}
	return h.zone
}

// IsOpen tells whether people work at t.
func (h *Hours) IsOpen(t time.Time) bool {
	open := h.zone == nil
	if open {
		return true
	}
	h.each(t, 2, func(s stretch) bool {
		open = !t.Before(s.from) && t.Before(s.to)
		return !open && s.from.Before(t)
	})
	return open
}

// NextOpen is when people work next: t where they do. false: not in the next two
// years.
func (h *Hours) NextOpen(t time.Time) (time.Time, bool) {
	if h.zone == nil {
		return t, true
	}
	var next time.Time
	h.each(t, horizon, func(s stretch) bool {
		next = later(t, s.from)
		return false
	})
	return next, !next.IsZero()
}

// NextClose is when people stop working, of a time at which they work, or do next;
// spans that touch are one. false: not in the next two years.
func (h *Hours) NextClose(t time.Time) (time.Time, bool) {
	if h.zone == nil {
		return time.Time{}, false
	}
	var end time.Time
	closes := false
	h.each(t, horizon, func(s stretch) bool {
		if !end.IsZero() && s.from.After(end) {
			closes = true
			return false
		}
		end = s.to
		return true
	})
	return end, closes
}

// Add is when an amount of work is over that begins at t. false: not in the next
// two years.
func (h *Hours) Add(t time.Time, work time.Duration) (time.Time, bool) {
	if work <= 0 {
		return t, true
	}
	if h.zone == nil {
		return t.Add(work), true
	}
	var end time.Time
	h.each(t, horizon, func(s stretch) bool {
		from := later(t, s.from)
		if length := s.to.Sub(from); length < work {
			work -= length
			return true
		}
		end = from.Add(work)
		return false
	})
	return end, !end.IsZero()
}

// Between is how much people work from a to b, of at most ten years; 0 where b is
// not after a.
func (h *Hours) Between(a, b time.Time) (work time.Duration) {
	if !b.After(a) {
		return 0
	}
	if h.zone == nil {
		return b.Sub(a)
	}
	h.each(a, 3660, func(s stretch) bool {
		if !s.from.Before(b) {
			return false
		}
		work += earlier(b, s.to).Sub(later(a, s.from))
		return true
	})
	return work
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// each gives the stretches of work that end after t, in their order, of some days,
// until do has enough.
func (h *Hours) each(t time.Time, days int, do func(stretch) bool) {
	y, m, d := t.In(h.zone).Date()
	for i := -1; i <= days; i++ {
		on := time.Date(y, m, d+i, 0, 0, 0, 0, time.UTC)
		for _, s := range h.spansOf(on) {
			x := stretch{h.instant(on, s.from), h.instant(on, s.to)}
			if x.to.After(t) && x.to.After(x.from) && !do(x) {
				return
			}
		}
	}
}

// spansOf are the spans of a day, which is given as its midnight in UTC.
func (h *Hours) spansOf(on time.Time) []span {
	y, m, d := on.Date()
	if own, ok := h.exceptions[Day{y, m, d}]; ok {
		return own
	}
	if h.holidays[Day{y, m, d}] || h.holidays[Day{0, m, d}] {
		return nil
	}
	return h.week[on.Weekday()]
}

// aDay is more than any clock was ever put forward or back at once.
const aDay = 26 * time.Hour

// instant is when the clock on the wall shows a minute of a day: the first time,
// or the moment at which it is passed over.
func (h *Hours) instant(on time.Time, minute int) time.Time {
	wall := on.Add(time.Duration(minute) * time.Minute) // as if the wall's clock showed UTC
	near := time.Date(on.Year(), on.Month(), on.Day(), 0, minute, 0, 0, h.zone)
	var first time.Time
	for _, probe := range [3]time.Time{near.Add(-aDay), near, near.Add(aDay)} {
		_, offset := probe.In(h.zone).Zone()
		at := wall.Add(-time.Duration(offset) * time.Second)
		if _, really := at.In(h.zone).Zone(); really == offset && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	if !first.IsZero() {
		return first
	}
	start, end := near.ZoneBounds() // of one of the two zones between which the minute is lost
	if end.IsZero() || (!start.IsZero() && near.Sub(start) <= end.Sub(near)) {
		return start.UTC()
	}
	return end.UTC()
}
