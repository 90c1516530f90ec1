package report_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/domain/report"
	"kefu/internal/domain/sla"
	"kefu/internal/platform/fault"
)

func zone(t interface{ Fatal(...any) }, name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// Every figure of a report, counted one by one.
func TestAReportAgainstCounting(t *testing.T) {
	begin := time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		loc := zone(t, rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "Asia/Kathmandu", "America/Santiago"}).Draw(t, "zone"))
		from := begin.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "from")) * time.Hour)
		q := report.Query{From: from.UnixMicro(), To: from.Add(time.Duration(rapid.IntRange(1, 500).Draw(t, "length")) * time.Hour).UnixMicro(), Zone: loc, Weekly: rapid.Bool().Draw(t, "weekly")}
		if rapid.Bool().Draw(t, "one channel") {
			q.Channel = "chat"
		}
		if rapid.Bool().Draw(t, "one agent") {
			q.Agent = "mei"
		}
		event := rapid.Custom(func(t *rapid.T) report.Event {
			return report.Event{
				At: begin.Add(time.Duration(rapid.IntRange(-10, 700).Draw(t, "at")) * time.Hour).UnixMicro(), Channel: rapid.SampledFrom([]string{"chat", "mail"}).Draw(t, "channel"),
				Language: rapid.SampledFrom([]string{"en", "zh"}).Draw(t, "language"), Agent: rapid.SampledFrom([]string{"mei", "ben", ""}).Draw(t, "agent"),
				Seconds: rapid.Int64Range(-1, 50).Draw(t, "seconds"), State: rapid.SampledFrom([]sla.ClockState{"", sla.Met, sla.Breached}).Draw(t, "state"), Count: rapid.Int64Range(0, 6).Draw(t, "count"),
			}
		})
		began, solved, rated := rapid.SliceOfN(event, 0, 30).Draw(t, "began"), rapid.SliceOfN(event, 0, 30).Draw(t, "solved"), rapid.SliceOfN(event, 0, 30).Draw(t, "rated")
		c := report.Collect(q)
		for _, e := range began {
			c.Count(report.PartBegan, e)
		}
		for _, e := range solved {
			c.Count(report.PartResolved, e)
		}
		for _, e := range rated {
			c.Count(report.PartRated, e)
		}
		got := c.Report()
		check(t, "total", got.Total, began, solved, rated, func(e report.Event) bool { return counts(q, e) })
		for i, b := range got.Buckets {
			end := q.To
			if i+1 < len(got.Buckets) {
				end = got.Buckets[i+1].At
			}
			if day := time.UnixMicro(b.At).In(loc); i > 0 && (day.Hour() > 1 || q.Weekly && day.Weekday() != time.Monday) { // a day may begin at 01:00
				t.Fatalf("bucket %d begins at %s", i, day)
			}
			check(t, "bucket", b, began, solved, rated, func(e report.Event) bool { return counts(q, e) && e.At >= b.At && e.At < end })
		}
		if len(got.Buckets) == 0 || got.Buckets[0].At != q.From {
			t.Fatal("the first bucket does not begin with the report")
		}
		for _, g := range got.Channels {
			check(t, g.Key, g.Bucket, began, solved, rated, func(e report.Event) bool { return counts(q, e) && e.Channel == g.Key })
		}
		for _, g := range got.Agents {
			check(t, g.Key, g.Bucket, began, solved, rated, func(e report.Event) bool { return counts(q, e) && e.Agent == g.Key })
		}
	})
}

func counts(q report.Query, e report.Event) bool {
	return e.At >= q.From && e.At < q.To && (q.Channel == "" || e.Channel == q.Channel) && (q.Agent == "" || e.Agent == q.Agent)
}

func check(t *rapid.T, what string, b report.Bucket, began, solved, rated []report.Event, in func(report.Event) bool) {
	t.Helper()
	volume, reopened, scores, all := 0, 0, [5]int{}, 0
	for _, e := range began {
		if in(e) {
			volume++
			if e.Count > 0 {
				reopened++
			}
		}
	}
	for _, e := range rated {
		if in(e) && e.Count >= 1 && e.Count <= 5 {
			scores[e.Count-1]++
			all++
		}
	}
	if b.Volume != volume || b.Reopened != reopened || b.Rated != all || b.Scores != scores {
		t.Fatalf("%s: %+v; counted %d, %d, %d, %v", what, b, volume, reopened, all, scores)
	}
	for _, x := range []struct {
		d   report.Durations
		all []report.Event
	}{{b.First, began}, {b.Solved, solved}} {
		var values []int64
		aimed, within := 0, 0
		for _, e := range x.all {
			if !in(e) || e.Seconds < 0 {
				continue
			}
			values = append(values, e.Seconds)
			if e.State != "" {
				aimed++
			}
			if e.State == sla.Met {
				within++
			}
		}
		slices.Sort(values)
		if x.d.Count != len(values) || x.d.Aimed != aimed || x.d.Within != within || x.d.Median != nearest(values, 0.5) || x.d.P90 != nearest(values, 0.9) {
			t.Fatalf("%s: %+v of %v", what, x.d, values)
		}
	}
}

// nearest is the smallest value such that the share of those not above it is at
// least p.
func nearest(sorted []int64, p float64) int64 {
	for i, v := range sorted {
		if float64(i+1) >= p*float64(len(sorted))-1e-9 {
			return v
		}
	}
	return 0
}

// A day whose midnight the clock passes over begins when it is put forward, and no
// hour of the day before is counted on it.
func TestADayWithoutMidnight(t *testing.T) {
	for _, c := range []struct {
		zone            string
		from, last, day time.Time // the day before, its last moment, and the beginning of the day, in UTC
	}{
		{"America/Santiago", time.Date(2026, 9, 5, 4, 0, 0, 0, time.UTC), time.Date(2026, 9, 6, 3, 59, 0, 0, time.UTC), time.Date(2026, 9, 6, 4, 0, 0, 0, time.UTC)},
		{"America/Havana", time.Date(2026, 3, 7, 5, 0, 0, 0, time.UTC), time.Date(2026, 3, 8, 4, 59, 0, 0, time.UTC), time.Date(2026, 3, 8, 5, 0, 0, 0, time.UTC)},
		{"Africa/Cairo", time.Date(2026, 4, 22, 22, 0, 0, 0, time.UTC), time.Date(2026, 4, 23, 21, 59, 0, 0, time.UTC), time.Date(2026, 4, 23, 22, 0, 0, 0, time.UTC)},
		{"Pacific/Apia", time.Date(2011, 12, 29, 10, 0, 0, 0, time.UTC), time.Date(2011, 12, 30, 9, 59, 0, 0, time.UTC), time.Date(2011, 12, 30, 10, 0, 0, 0, time.UTC)},
	} {
		q := report.Query{From: c.from.UnixMicro(), To: c.day.Add(20 * time.Hour).UnixMicro(), Zone: zone(t, c.zone)}
		collector := report.Collect(q)
		collector.Count(report.PartBegan, report.Event{At: c.last.UnixMicro(), Seconds: -1})
		got := collector.Report()
		if len(got.Buckets) != 2 || got.Buckets[0].Volume != 1 || got.Buckets[1].At != c.day.UnixMicro() {
			t.Errorf("%s: %+v", c.zone, got.Buckets)
		}
		sheet, err := report.Sheet{}.CSV(q, &got)
		if err != nil || strings.Count(string(sheet), c.day.In(q.Zone).Format(time.DateOnly)) != 1 {
			t.Errorf("%s: %s, %v", c.zone, sheet, err)
		}
	}
}

func TestQueriesThatAreRefused(t *testing.T) {
	day := int64(24 * 3600 * 1_000_000)
	for field, q := range map[string]report.Query{
		"time_zone": {To: day},
		"to":        {From: day, To: day, Zone: time.UTC},
	} {
		if err := q.Validate(); fault.FieldOf(err) != field {
			t.Errorf("%+v: %v", q, err)
		}
	}
	if err := (report.Query{To: report.MaxDays*day + 1, Zone: time.UTC}).Validate(); !fault.Is(err, fault.Invalid) {
		t.Errorf("more than %d days: %v", report.MaxDays, err)
	}
	if err := (report.Query{To: report.MaxDays * day, Zone: time.UTC}).Validate(); err != nil {
		t.Error(err)
	}
}

// What people chose as their names stays text in a spreadsheet.
func TestNothingInASheetIsAFormula(t *testing.T) {
	names := []string{`=HYPERLINK("https://evil.example","x")`, "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\ufeff=1", "＝1", "|calc", `a"b,c`, "王伟", "line\nbreak", ""}
	r := report.Report{Buckets: []report.Bucket{{At: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), Volume: 3}}}
	for _, name := range names {
		r.Agents = append(r.Agents, report.Group{Key: name})
	}
	q := report.Query{Zone: time.UTC, To: 1}
	for _, bom := range []bool{true, false} {
		out, err := report.Sheet{BOM: bom}.CSV(q, &r)
		if err != nil {
			t.Fatal(err)
		}
		text, has := strings.CutPrefix(string(out), "\ufeff")
		if has != bom {
			t.Errorf("BOM %v: %q", bom, out[:10])
		}
		if strings.Count(text, "\n") != strings.Count(text, "\r\n") {
			t.Error("a line does not end as RFC 4180 says")
		}
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if rows[1][1] != "2026-03-01" || rows[1][2] != "3" {
			t.Errorf("the first day is %v", rows[1])
		}
		for i, row := range rows[3:] {
			cell := row[1]
			if begins := strings.TrimLeft(cell, " \ufeff"); begins != "" && strings.ContainsAny(begins[:1], "=+-@\t\r|") || strings.HasPrefix(cell, "＝") {
				t.Errorf("%q is a formula", cell)
			}
			if plain := strings.ReplaceAll(strings.TrimPrefix(cell, "'"), "\r\n", "\n"); plain != strings.ReplaceAll(names[i], "\r\n", "\n") && !strings.HasPrefix(names[i], "\r") {
				t.Errorf("%q became %q", names[i], cell)
			}
		}
	}
}
