package queueapi

import (
	"testing"
	"time"
)

// Days begin at midnight as the clock on the wall shows it, also behind a change of
// the clocks, and leave nothing out between them.
func TestDaysAreThoseOfTheWall(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		hours    []int
	}{
		"Europe/Berlin":    {"2026-03-28T00:00:00+01:00", "2026-03-31T00:00:00+02:00", []int{24, 23, 24}},
		"America/New_York": {"2026-10-31T12:00:00-04:00", "2026-11-02T06:00:00-05:00", []int{12, 25, 6}},
		"America/Santiago": {"2026-09-05T00:00:00-04:00", "2026-09-07T00:00:00-03:00", []int{24, 23}}, // at midnight
		"Asia/Shanghai":    {"2026-11-27T08:00:00+08:00", "2026-11-27T08:00:00+08:00", nil},
	} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		at := func(text string) int64 {
			found, err := time.Parse(time.RFC3339, text)
			if err != nil {
				t.Fatal(err)
			}
			return found.UnixMicro()
		}
		days := daysOf(at(c.from), at(c.to), zone)
		if len(days) != len(c.hours) {
			t.Errorf("%s: %+v", name, days)
			continue
		}
		begun := at(c.from)
		for i, d := range days {
			if d.From != begun || d.To-d.From != int64(c.hours[i])*time.Hour.Microseconds() {
				t.Errorf("%s: day %d is %+v, want %d hours from %d", name, i, d, c.hours[i], begun)
			}
			begun = d.To
		}
	}
	if n := len(daysOf(0, 1<<55, time.UTC)); n != 400 {
		t.Errorf("%d days at once", n)
	}
}
