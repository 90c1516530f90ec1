package sla

import (
	"fmt"
	"time"
)

// Day is a day of the Gregorian calendar, as the wall shows it in whichever zone the
// calendar that it is asked of has. Within a calendar the year 0 stands for every year.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// ReadDay reads 2026-10-01.
func ReadDay(text string) (Day, bool) {
	return readDate(text, false)
}

// String is the day as ReadDay reads it.
func (d Day) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day) }

// Plus is the day so many days later.
func (d Day) Plus(days int) Day { return dayOf(d.midnight().AddDate(0, 0, days)) }

// PlusMonths is the day of the same number so many months later; the last day of a
// month that has no such day.
func (d Day) PlusMonths(months int) Day {
	first := time.Date(d.Year, d.Month, 1, 0, 0, 0, 0, time.UTC).AddDate(0, months, 0)
	last := first.AddDate(0, 1, -1).Day()
	return Day{first.Year(), first.Month(), min(d.Day, last)}
}

// Before tells whether d is earlier than another day.
func (d Day) Before(other Day) bool { return d.midnight().Before(other.midnight()) }

// midnight stands for the day where only days are reckoned with.
func (d Day) midnight() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

func dayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day{y, m, d}
}

// DayOf is the day that the calendar's wall shows at t.
func (h *Hours) DayOf(t time.Time) Day { return dayOf(t.In(h.Zone())) }

// IsWorkday tells whether people work at any time of a day.
func (h *Hours) IsWorkday(d Day) bool {
	return h.zone == nil || len(h.spansOf(d.midnight())) > 0
}

// Starts is the first instant of a day, and the instant at which the day before is
// over. Where midnight is passed over, as clocks are put forward, it is the moment of
// that.
func (h *Hours) Starts(d Day) time.Time {
	if h.zone == nil {
		return d.midnight()
	}
	return h.instant(d.midnight(), 0)
}
