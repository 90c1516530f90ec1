package queueapi

import (
	"time"

	"kefu/internal/domain/report"
	"kefu/internal/domain/routing"
)

// daysOf are the days of a zone in a stretch of time of microseconds, cut off at its
// ends, at most routing.MaxDays of them: 23 or 25 hours long where clocks are moved.
func daysOf(from, to int64, zone *time.Location) (days []routing.Day) {
	y, m, d := time.UnixMicro(from).In(zone).Date()
	for at := from; at < to && len(days) < routing.MaxDays; {
		d++
		next := min(to, report.DayBegins(y, m, d, zone).UnixMicro())
		if next <= at { // a day that was left out
			continue
		}
		days = append(days, routing.Day{From: at, To: next})
		at = next
	}
	return days
}
