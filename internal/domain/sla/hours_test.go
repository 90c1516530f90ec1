package sla_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/domain/settings"
	"kefu/internal/domain/sla"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
)

// zones change their clocks in many ways: by an hour, by half of one, not at all,
// across midnight, twice around Ramadan, and by a whole day once.
func zones() []string {
	return []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "America/Santiago", "Africa/Casablanca", "Asia/Tehran", "Pacific/Apia", "America/St_Johns"}
}

func week(spans ...sla.Span) [][]sla.Span {
	days := make([][]sla.Span, 7)
	for i := range 5 {
		days[i] = spans
	}
	return days
}

func office(zone string) sla.Calendar {
	return sla.Calendar{Name: "Office", TimeZone: zone, Week: week(sla.Span{From: "09:00", To: "12:00"}, sla.Span{From: "13:00", To: "18:00"})}
}

func compiled(t interface{ Fatal(...any) }, c sla.Calendar) *sla.Hours {
	h, err := c.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func at(t testing.TB, zone, text string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	when, err := time.ParseInLocation("2006-01-02 15:04", text, loc)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func TestHoursOfWork(t *testing.T) {
	c := office("Asia/Shanghai")
	c.Holidays = []sla.Holiday{{Name: "National day", Date: "10-01"}, {Name: "Once", Date: "2026-10-02"}}
	c.Exceptions = []sla.Exception{{Date: "2026-10-10", Spans: []sla.Span{{From: "10:00", To: "11:00"}}}, {Date: "2026-10-12"}}
	h := compiled(t, c)
	cases := []struct {
		from string
		add  time.Duration
		want string
	}{
		{"2026-09-28 09:00", time.Hour, "2026-09-28 10:00"},
		{"2026-09-28 11:30", time.Hour, "2026-09-28 13:30"},     // over noon
		{"2026-09-28 08:00", 8 * time.Hour, "2026-09-28 18:00"}, // a whole day ends with it
		{"2026-09-28 17:30", time.Hour, "2026-09-29 09:30"},
		{"2026-09-30 17:00", 2 * time.Hour, "2026-10-05 10:00"}, // two holidays and a weekend
		{"2026-10-09 17:30", 90 * time.Minute, "2026-10-10 11:00"},
		{"2026-10-10 11:00", time.Minute, "2026-10-13 09:01"}, // the Monday is an exception without hours
		{"2027-09-30 18:00", time.Minute, "2027-10-04 09:01"}, // the holiday comes every year, the other one does not
	}
	for _, x := range cases {
		from := at(t, c.TimeZone, x.from)
		if got, ok := h.Add(from, x.add); !ok || !got.Equal(at(t, c.TimeZone, x.want)) {
			t.Errorf("%s + %s = %s, want %s", x.from, x.add, got.In(from.Location()), x.want)
		}
		if got := h.Between(from, at(t, c.TimeZone, x.want)); got != x.add {
			t.Errorf("%s to %s are %s, want %s", x.from, x.want, got, x.add)
		}
	}
	for text, open := range map[string]bool{"2026-09-28 08:59": false, "2026-09-28 09:00": true, "2026-09-28 12:00": false, "2026-09-28 13:00": true, "2026-10-01 10:00": false, "2026-10-03 10:00": false, "2026-10-10 10:30": true} {
		if got := h.IsOpen(at(t, c.TimeZone, text)); got != open {
			t.Errorf("open at %s: %v", text, got)
		}
	}
	if next, _ := h.NextOpen(at(t, c.TimeZone, "2026-09-30 18:00")); !next.Equal(at(t, c.TimeZone, "2026-10-05 09:00")) {
		t.Errorf("opens at %s", next)
	}
	if next, _ := h.NextClose(at(t, c.TimeZone, "2026-09-28 10:00")); !next.Equal(at(t, c.TimeZone, "2026-09-28 12:00")) {
		t.Errorf("closes at %s", next)
	}
}

// A night shift over the changes of the clock is as long as it really is.
func TestNightsWhenTheClockIsChanged(t *testing.T) {
	c := sla.Calendar{Name: "Night", TimeZone: "Europe/Berlin", Week: week()}
	c.Week[6] = []sla.Span{{From: "00:00", To: "06:00"}} // Sundays
	h := compiled(t, c)
	for day, want := range map[string]time.Duration{"2026-03-29": 5 * time.Hour, "2026-10-25": 7 * time.Hour, "2026-11-01": 6 * time.Hour} {
		from := at(t, c.TimeZone, day+" 00:00")
		if got := h.Between(from, from.Add(20*time.Hour)); got != want {
			t.Errorf("the night of %s has %s, want %s", day, got, want)
		}
	}
	c.Week[6] = []sla.Span{{From: "02:30", To: "04:00"}} // begins in the hour that does not come, or that comes twice
	h = compiled(t, c)
	for day, want := range map[string]time.Duration{"2026-03-29": time.Hour, "2026-10-25": 150 * time.Minute} {
		from := at(t, c.TimeZone, day+" 00:00")
		if got := h.Between(from, from.Add(20*time.Hour)); got != want {
			t.Errorf("02:30 to 04:00 of %s are %s, want %s", day, got, want)
		}
	}
}

// aCalendar draws any calendar.
func aCalendar(t *rapid.T) sla.Calendar {
	minute := func(n int) string { return fmt.Sprintf("%02d:%02d", n/60, n%60) }
	spans := func(label string) (all []sla.Span) {
		for from := 0; len(all) < 3; {
			from += rapid.IntRange(0, 500).Draw(t, label+" gap")
			to := from + rapid.IntRange(1, 600).Draw(t, label+" length")
			if to > 24*60 {
				break
			}
			all = append(all, sla.Span{From: minute(from), To: minute(to)})
			from = to
		}
		return all
	}
	c := sla.Calendar{Name: "Any", TimeZone: rapid.SampledFrom(zones()).Draw(t, "zone"), Week: make([][]sla.Span, 7)}
	for i := range 7 {
		if rapid.Bool().Draw(t, "works") {
			c.Week[i] = spans("day")
		}
	}
	if c.Week[2] = spans("wednesday"); len(c.Week[2]) == 0 {
		c.Week[2] = []sla.Span{{From: "01:00", To: "03:00"}}
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "holidays") {
		c.Holidays = append(c.Holidays, sla.Holiday{Name: "Day", Date: fmt.Sprintf("%02d-%02d", 3+i, rapid.IntRange(1, 28).Draw(t, "on"))})
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "exceptions") {
		c.Exceptions = append(c.Exceptions, sla.Exception{Date: fmt.Sprintf("20%02d-03-%02d", 10+i, rapid.IntRange(1, 28).Draw(t, "on")), Spans: spans("exception")})
	}
	return c
}

// anInstant draws one of ten years, most of them near a change of some clock.
func anInstant(t *rapid.T, label string) time.Time {
	begin := time.Date(2009, 1, 1, 0, 0, 0, 0, time.UTC)
	return begin.Add(time.Duration(rapid.Int64Range(0, 10*365*24*3600).Draw(t, label)) * time.Second)
}

func TestReckoningHoldsTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := compiled(t, aCalendar(t))
		a := anInstant(t, "a")
		work := time.Duration(rapid.Int64Range(1, 40*3600).Draw(t, "work")) * time.Second
		more := time.Duration(rapid.Int64Range(0, 3600).Draw(t, "more")) * time.Second
		end, ok := h.Add(a, work)
		if !ok { // a calendar may have a few minutes a week
			if got := h.Between(a, a.AddDate(2, 0, 0)); got >= work {
				t.Fatalf("no end of %s in two years, in which people work %s", work, got)
			}
			return
		}
		if got := h.Between(a, end); got != work {
			t.Fatalf("Between(a, Add(a, %s)) = %s", work, got)
		}
		if !h.IsOpen(end.Add(-time.Nanosecond)) {
			t.Fatal("work ended while nobody worked")
		}
		if further, _ := h.Add(a, work+more); further.Before(end) {
			t.Fatal("more work ends earlier")
		}
		if afterwards, _ := h.Add(a.Add(more), work); afterwards.Before(end) {
			t.Fatal("what begins later ends earlier")
		}
		b := a.Add(more)
		if h.Between(a, b)+h.Between(b, end) != work && !b.After(end) {
			t.Fatal("the parts are not the whole")
		}
		next, _ := h.NextOpen(a)
		if next.Before(a) || !h.IsOpen(next) || h.Between(a, next) != 0 || (h.IsOpen(a) && !next.Equal(a)) {
			t.Fatalf("opens next at %s, asked at %s", next, a)
		}
		if total := h.Between(a, a.Add(work)); total < 0 || total > work {
			t.Fatalf("%s of work in %s", total, work)
		}
	})
}

// The same by counting minutes, one by one.
func TestReckoningAgainstTheClockOnTheWall(t *testing.T) {
	for _, zone := range zones() {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		h := compiled(t, office(zone))
		for year := 2009; year < 2019; year++ {
			from := time.Date(year, time.Month(1+year%12), 3, 7, 30, 0, 0, loc)
			var minutes time.Duration
			for i := range 14 * 24 * 60 {
				wall := from.Add(time.Duration(i) * time.Minute).In(loc)
				m := wall.Hour()*60 + wall.Minute()
				day := wall.Weekday() >= time.Monday && wall.Weekday() <= time.Friday
				open := day && ((m >= 9*60 && m < 12*60) || (m >= 13*60 && m < 18*60))
				if open {
					minutes++
				}
				if i%97 == 0 && h.IsOpen(wall) != open {
					t.Fatalf("%s: open at %s: %v", zone, wall, !open)
				}
			}
			if got := h.Between(from, from.Add(14*24*time.Hour)); got != minutes*time.Minute {
				t.Errorf("%s %d: %s of work, want %s", zone, year, got, minutes*time.Minute)
			}
		}
	}
}

func TestCalendarsThatAreRefused(t *testing.T) {
	good := office("Europe/Berlin")
	change := func(f func(c *sla.Calendar)) sla.Calendar {
		c := good
		c.Week = week(sla.Span{From: "09:00", To: "12:00"}, sla.Span{From: "13:00", To: "18:00"})
		f(&c)
		return c
	}
	cases := map[string]struct {
		c      sla.Calendar
		reason string
	}{
		"name":          {change(func(c *sla.Calendar) { c.Name = "" }), settings.Missing},
		"time_zone":     {change(func(c *sla.Calendar) { c.TimeZone = "Local" }), settings.Unknown},
		"week":          {change(func(c *sla.Calendar) { c.Week = c.Week[:6] }), settings.Malformed},
		"week.0.0.to":   {change(func(c *sla.Calendar) { c.Week[0] = []sla.Span{{From: "09:00", To: "09:00"}} }), settings.OutOfRange},
		"week.6.0.from": {change(func(c *sla.Calendar) { c.Week[6] = []sla.Span{{From: "24:00", To: "24:00"}} }), settings.Malformed},
		"week.1.1.from": {change(func(c *sla.Calendar) {
			c.Week[1] = []sla.Span{{From: "09:00", To: "12:00"}, {From: "11:59", To: "13:00"}}
		}), settings.OutOfRange},
		"week.2":          {change(func(c *sla.Calendar) { c.Week[2] = make([]sla.Span, 7) }), settings.TooMany},
		"holidays.0.date": {change(func(c *sla.Calendar) { c.Holidays = []sla.Holiday{{Name: "x", Date: "2026-02-29"}} }), settings.Malformed},
		"holidays.1.date": {change(func(c *sla.Calendar) {
			c.Holidays = []sla.Holiday{{Name: "x", Date: "02-29"}, {Name: "y", Date: "02-29"}}
		}), settings.Taken},
		"exceptions.0.date": {change(func(c *sla.Calendar) { c.Exceptions = []sla.Exception{{Date: "02-29"}} }), settings.Malformed},
		"exceptions.0.spans.0.to": {change(func(c *sla.Calendar) {
			c.Exceptions = []sla.Exception{{Date: "2026-02-28", Spans: []sla.Span{{From: "10:00", To: "9:00"}}}}
		}), settings.Malformed},
	}
	for field, x := range cases {
		if err := x.c.Validate(); fault.FieldOf(err) != field || !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", field, err)
		}
	}
	never := change(func(c *sla.Calendar) { c.Week = make([][]sla.Span, 7) })
	if err := never.Validate(); fault.FieldOf(err) != "week" {
		t.Errorf("a calendar without hours: %v", err)
	}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
}

// Whatever is accepted reckons, and comes back as it was written.
func FuzzCalendar(f *testing.F) {
	good, err := json.Marshal(office("Asia/Shanghai"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"name":"x","time_zone":"UTC","week":[[{"from":"00:00","to":"24:00"}],[],[],[],[],[],[]],"holidays":[{"name":"n","date":"02-29"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var c sla.Calendar
		if strictjson.Decode(body, &c) != nil {
			return
		}
		h, err := c.Compile()
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
			return
		}
		from := time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC)
		if end, ok := h.Add(from, time.Hour); ok && h.Between(from, end) != time.Hour {
			t.Fatalf("%s: an hour is %s", body, h.Between(from, end))
		}
	})
}
