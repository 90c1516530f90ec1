package jurisdiction_test

import (
	"io/fs"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"kefu/content"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/sla"
)

func folder(t testing.TB) fs.FS {
	t.Helper()
	sub, err := fs.Sub(content.Jurisdictions, "jurisdictions")
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

func book(t testing.TB) *jurisdiction.Book {
	t.Helper()
	b, err := jurisdiction.Load(folder(t))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func pack(t testing.TB, id string) *jurisdiction.Pack {
	t.Helper()
	p, ok := book(t).Find(id, 1)
	if !ok {
		t.Fatalf("there is no pack %s", id)
	}
	return p
}

// at is an instant on the wall of a zone.
func at(t testing.TB, zone, wall string) int64 {
	t.Helper()
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	got, err := time.ParseInLocation("2006-01-02 15:04", wall, z)
	if err != nil {
		t.Fatal(err)
	}
	return got.UnixMicro()
}

func wall(t testing.TB, zone string, us int64) string {
	t.Helper()
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	if us == 0 {
		return "standing"
	}
	return time.UnixMicro(us).In(z).Format("2006-01-02 15:04")
}

func clockOf(t testing.TB, all []jurisdiction.Reckoned, key string) jurisdiction.Reckoned {
	t.Helper()
	for _, r := range all {
		if r.Key() == key {
			return r
		}
	}
	t.Fatalf("there is no clock %s in %v", key, all)
	return jurisdiction.Reckoned{}
}

func noticed(when int64) jurisdiction.History {
	return jurisdiction.History{Marks: []jurisdiction.Marked{{Mark: jurisdiction.Noticed, At: when}}}
}

func (h history) mark(m jurisdiction.Mark, when int64) history {
	h.Marks = append(slices.Clone(h.Marks), jurisdiction.Marked{Mark: m, At: when})
	return h
}

type history struct{ jurisdiction.History }

const ny, london, brussels, shanghai = "America/New_York", "Europe/London", "Europe/Brussels", "Asia/Shanghai"

// What was reckoned by hand, from printed calendars.
func TestDatesThatWereReckonedByHand(t *testing.T) {
	for _, c := range []struct {
		name, pack string
		about      jurisdiction.Type
		zone, wall string
		clock      string
		facts      map[jurisdiction.Fact]bool
		marks      map[jurisdiction.Mark]string
		due        string
	}{
		{"ten business days over Thanksgiving", "us", jurisdiction.Unauthorised, ny, "2026-11-20 16:00", "decide", nil, nil, "2026-12-07 23:59"},
		{"told on a Saturday night, by the wall in New York", "us", jurisdiction.Mistake, ny, "2026-03-07 23:30", "decide", nil, nil, "2026-03-20 23:59"},
		{"a new account", "us", jurisdiction.Unauthorised, ny, "2026-11-20 16:00", "decide", map[jurisdiction.Fact]bool{jurisdiction.NewAccount: true}, nil, "2026-12-21 23:59"},
		{"forty-five days from the notice", "us", jurisdiction.Unauthorised, ny, "2026-11-20 16:00", "decide_credited", nil, map[jurisdiction.Mark]string{jurisdiction.Credited: "2026-12-01 10:00"}, "2027-01-04 23:59"},
		{"ninety of a card abroad", "us", jurisdiction.Unauthorised, ny, "2026-11-20 16:00", "decide_credited", map[jurisdiction.Fact]bool{jurisdiction.PointOfSale: true}, map[jurisdiction.Mark]string{jurisdiction.Credited: "2026-12-01 10:00"}, "2027-02-18 23:59"},
		{"two business days to tell of a credit", "us", jurisdiction.Unauthorised, ny, "2026-11-20 16:00", "tell_credit", nil, map[jurisdiction.Mark]string{jurisdiction.Credited: "2026-12-24 10:00"}, "2026-12-29 23:59"},
		{"one to correct it", "us", jurisdiction.Unauthorised, ny, "2026-11-20 16:00", "correct", nil, map[jurisdiction.Mark]string{jurisdiction.Upheld: "2026-11-25 10:00"}, "2026-11-27 23:59"},
		{"the end of the next business day, before Easter", "eu", jurisdiction.Unauthorised, brussels, "2026-04-02 18:00", "refund", nil, nil, "2026-04-07 23:59"},
		{"fifteen business days over Christmas", "eu", jurisdiction.Complaint, brussels, "2026-12-14 09:00", "reply", map[jurisdiction.Fact]bool{jurisdiction.PaymentService: true}, nil, "2027-01-06 23:59"},
		{"a month from the 31st", "eu", jurisdiction.DataRequest, brussels, "2027-01-31 12:00", "answer", nil, nil, "2027-02-28 23:59"},
		{"five business days over the May holiday", "uk", jurisdiction.Scam, london, "2026-04-30 09:00", "reimburse", nil, nil, "2026-05-08 23:59"},
		{"eight weeks", "uk", jurisdiction.Complaint, london, "2026-06-01 09:00", "eight_weeks", nil, nil, "2026-07-27 23:59"},
		{"fifteen days over the golden week", "cn", jurisdiction.Complaint, shanghai, "2026-09-28 09:00", "answer", nil, nil, "2026-10-13 23:59"},
		{"a day of rest that is worked", "cn", jurisdiction.Complaint, shanghai, "2026-02-13 09:00", "acknowledge", nil, nil, "2026-02-14 23:59"},
	} {
		h := history{noticed(at(t, c.zone, c.wall))}
		h.Facts = c.facts
		for m, when := range c.marks {
			h = h.mark(m, at(t, c.zone, when))
		}
		all := jurisdiction.Reckon(pack(t, c.pack), c.about, h.History, at(t, c.zone, c.wall))
		if got := wall(t, c.zone, clockOf(t, all, c.clock).Due); got != c.due {
			t.Errorf("%s: due %s, want %s", c.name, got, c.due)
		}
	}
}

func TestHowAClockStands(t *testing.T) {
	p := pack(t, "us")
	start := at(t, ny, "2026-11-02 10:00")
	day := func(wall string) int64 { return at(t, ny, wall) }
	h := history{noticed(start)}
	state := func(h history, now, key string) sla.ClockState {
		return clockOf(t, jurisdiction.Reckon(p, jurisdiction.Unauthorised, h.History, day(now)), key).State
	}
	// Ten business days: Nov 11 is Veterans Day, so it is due on Nov 17.
	for _, c := range []struct {
		name, now, key string
		h              history
		want           sla.ClockState
	}{
		{"running", "2026-11-17 23:58", "decide", h, sla.Running},
		{"over, and nothing was done", "2026-11-18 00:00", "decide", h, sla.Breached},
		{"met on the last evening", "2026-12-01 00:00", "decide", h.mark(jurisdiction.Credited, day("2026-11-17 23:59")), sla.Met},
		{"met a minute too late", "2026-12-01 00:00", "decide", h.mark(jurisdiction.Decided, day("2026-11-18 00:00")), sla.Breached},
		{"it ended before", "2026-12-01 00:00", "decide", history{jurisdiction.History{Marks: h.Marks, Over: day("2026-11-05 00:00")}}, sla.Cancelled},
		{"it ended, too late", "2026-12-01 00:00", "decide", history{jurisdiction.History{Marks: h.Marks, Over: day("2026-11-20 00:00")}}, sla.Breached},
		{"no credit yet: the longer term does not count", "2027-02-01 00:00", "decide_credited", h, sla.Running},
	} {
		if got := state(c.h, c.now, c.key); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	waits := clockOf(t, jurisdiction.Reckon(p, jurisdiction.Unauthorised, h.History, start), "decide_credited")
	if !waits.Waits || waits.Promisable() || len(waits.Rings) != 0 {
		t.Errorf("what does not count yet rings or is promised: %+v", waits)
	}
	told := h.mark(jurisdiction.Decided, day("2026-11-03 10:00"))
	one := clockOf(t, jurisdiction.Reckon(p, jurisdiction.Unauthorised, told.History, start), "tell_result")
	if one.Promisable() || one.Cite.Checked != jurisdiction.Unverified {
		t.Errorf("an unverified number is promised: %+v", one)
	}
	excused := noticed(start)
	excused.Facts = map[jurisdiction.Fact]bool{jurisdiction.AuthorityTold: true}
	if got := clockOf(t, jurisdiction.Reckon(pack(t, "eu"), jurisdiction.Unauthorised, excused, start), "refund").State; got != sla.Cancelled {
		t.Errorf("the refund that need not be made at once is %s", got)
	}
}

// An earlier notice that turns up later brings everything forward; a later one moves
// nothing.
func TestTheFirstNoticeCounts(t *testing.T) {
	p := pack(t, "eu")
	late, early := at(t, brussels, "2026-06-10 10:00"), at(t, brussels, "2026-06-08 22:00")
	one := history{noticed(late)}
	both := one.mark(jurisdiction.Noticed, early)
	after := one.mark(jurisdiction.Noticed, late+3_600_000_000)
	due := func(h history) string {
		return wall(t, brussels, clockOf(t, jurisdiction.Reckon(p, jurisdiction.Unauthorised, h.History, late), "refund").Due)
	}
	if due(one) != "2026-06-11 23:59" || due(both) != "2026-06-09 23:59" || due(after) != due(one) {
		t.Errorf("%s %s %s", due(one), due(both), due(after))
	}
}

func TestAClockStandsStill(t *testing.T) {
	p := pack(t, "uk")
	day := func(wall string) int64 { return at(t, london, wall) }
	start := day("2026-06-01 10:00") // Monday: due on Monday the 8th
	h := noticed(start)
	reckon := func(now string, pauses ...jurisdiction.Pause) (jurisdiction.Reckoned, jurisdiction.Reckoned) {
		h.Pauses = pauses
		all := jurisdiction.Reckon(p, jurisdiction.Scam, h, day(now))
		return clockOf(t, all, "reimburse"), clockOf(t, all, "final")
	}
	asked := jurisdiction.Pause{Reason: "customer_information", From: day("2026-06-03 12:00")}
	five, final := reckon("2026-06-20 10:00", asked)
	if five.State != sla.Paused || five.Due != 0 || five.Paused != "customer_information" || len(five.Rings) != 0 {
		t.Errorf("it does not stand still: %+v", five)
	}
	if got := wall(t, london, five.Resumed); got != "2026-06-24 23:59" { // two of five days were used: the 2nd and the 3rd
		t.Errorf("answered now it is due %s", got)
	}
	if final.State != sla.Running || wall(t, london, final.Due) != "2026-07-20 23:59" {
		t.Errorf("the final term stands still as well: %s %s", final.State, wall(t, london, final.Due))
	}
	// The day on which it was asked and the one of the answer count: in doubt, for the customer.
	asked.To = day("2026-06-08 09:00")
	if five, _ = reckon("2026-06-08 10:00", asked); wall(t, london, five.Due) != "2026-06-10 23:59" {
		t.Errorf("after the answer it is due %s", wall(t, london, five.Due))
	}
	// A pause within a day changes nothing, and neither does one for a reason that is not the clock's.
	within := jurisdiction.Pause{Reason: "police", From: day("2026-06-02 09:00"), To: day("2026-06-02 17:00")}
	other := jurisdiction.Pause{Reason: "because", From: day("2026-06-02 00:00"), To: day("2026-06-30 00:00")}
	if five, _ = reckon("2026-06-02 10:00", within, other); wall(t, london, five.Due) != "2026-06-08 23:59" {
		t.Errorf("a pause of hours moves it to %s", wall(t, london, five.Due))
	}
	// Two that overlap are one, and what begins when it is too late mends nothing.
	two := jurisdiction.Pause{Reason: "police", From: day("2026-06-05 09:00"), To: day("2026-06-09 09:00")}
	if five, _ = reckon("2026-06-09 10:00", asked, two); wall(t, london, five.Due) != "2026-06-11 23:59" {
		t.Errorf("two that overlap: %s", wall(t, london, five.Due))
	}
	late := jurisdiction.Pause{Reason: "police", From: day("2026-06-09 09:00")}
	if five, _ = reckon("2026-06-12 10:00", late); five.State != sla.Breached || wall(t, london, five.Due) != "2026-06-08 23:59" {
		t.Errorf("a pause after the end: %s %s", five.State, wall(t, london, five.Due))
	}
}

func TestAClockStartsAnew(t *testing.T) {
	p := pack(t, "eu")
	day := func(wall string) int64 { return at(t, brussels, wall) }
	h := history{noticed(day("2026-06-01 10:00"))}.mark(jurisdiction.Informed, day("2026-06-05 10:00")).mark(jurisdiction.Informed, day("2026-06-20 10:00"))
	all := jurisdiction.Reckon(p, jurisdiction.Scam, h.History, day("2026-06-21 10:00"))
	for key, want := range map[string]string{"update": "2026-06-08 23:59 met", "update.1": "2026-06-12 23:59 breached", "update.2": "2026-06-27 23:59 running"} {
		r := clockOf(t, all, key)
		if got := wall(t, brussels, r.Due) + " " + string(r.State); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
	h.Over = day("2026-06-20 10:00")
	for _, r := range jurisdiction.Reckon(p, jurisdiction.Scam, h.History, day("2026-06-21 10:00")) {
		if r.Live() || r.Key() == "update.2" {
			t.Errorf("%s goes on after the end, %s", r.Key(), r.State)
		}
	}
}

func TestWhenSomebodyIsTold(t *testing.T) {
	start := at(t, ny, "2026-11-02 10:00")
	r := clockOf(t, jurisdiction.Reckon(pack(t, "us"), jurisdiction.Unauthorised, noticed(start), start), "decide")
	var got []string
	for _, ring := range r.Rings {
		got = append(got, string(ring.Step)+" "+wall(t, ny, ring.At))
	}
	want := []string{"50 2026-11-10 04:59", "75 2026-11-14 02:29", "90 2026-11-16 10:35", "day 2026-11-16 00:00", "hours 2026-11-17 21:59", "due 2026-11-18 00:00"}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	for i := 1; i < len(r.Rings); i++ {
		if r.Rings[i].At < r.Rings[i-1].At {
			t.Error("the rings are not in their order")
		}
	}
	if next, ok := r.Next(start); !ok || next != r.Rings[0] {
		t.Errorf("%v", next)
	}
	if _, ok := r.Next(r.Rings[len(r.Rings)-1].At); ok {
		t.Error("something rings after it is over")
	}
}

// Ten years of notices, for every clock of every pack: at the odd hours around
// midnight, and where clocks are put forward and back.
func TestTenYearsOfNotices(t *testing.T) {
	for _, p := range book(t).Packs() {
		zone := p.Days().Hours().Zone()
		for _, about := range jurisdiction.Types() {
			before := map[string]int64{}
			for day := time.Date(2026, 1, 1, 0, 0, 0, 0, zone); day.Year() < 2036; day = day.AddDate(0, 0, 1) {
				for _, hour := range []int{2, 23} {
					start := time.Date(day.Year(), day.Month(), day.Day(), hour, 59, 0, 0, zone).UnixMicro()
					h := noticed(start)
					h.Facts = map[jurisdiction.Fact]bool{jurisdiction.PaymentService: true, jurisdiction.PayeeInitiated: true}
					for _, r := range jurisdiction.Reckon(p, about, h, start) {
						judge(t, p, r, start, before)
					}
				}
			}
		}
	}
}

// judge counts the days of a clock one by one, in another way than the engine: on the
// wall, with no instant but the last.
func judge(t *testing.T, p *jurisdiction.Pack, r jurisdiction.Reckoned, start int64, before map[string]int64) {
	t.Helper()
	zone := p.Days().Hours().Zone()
	if r.Due < before[r.ID] {
		t.Fatalf("%s %s: a later notice is due earlier, %s", p.ID, r.ID, time.UnixMicro(start).In(zone))
	}
	before[r.ID] = r.Due
	due, from := time.UnixMicro(r.Due).In(zone), time.UnixMicro(start).In(zone)
	if next := time.UnixMicro(r.Due + 1).In(zone); r.Applied.Unit != jurisdiction.Hours && (next.Hour() != 0 || next.Minute() != 0 || next.Day() == due.Day()) {
		t.Fatalf("%s %s: due %s, which is not the end of a day", p.ID, r.ID, due)
	}
	days, business := 0, 0
	for d := time.Date(from.Year(), from.Month(), from.Day()+1, 12, 0, 0, 0, time.UTC); !d.After(time.Date(due.Year(), due.Month(), due.Day(), 12, 0, 0, 0, time.UTC)); d = d.AddDate(0, 0, 1) {
		days++
		if p.Days().Hours().IsWorkday(sla.Day{Year: d.Year(), Month: d.Month(), Day: d.Day()}) {
			business++
		}
	}
	switch r.Applied.Unit {
	case jurisdiction.BusinessDays:
		if business != r.Applied.Amount || !p.Days().Hours().IsWorkday(p.DayOf(r.Due)) {
			t.Fatalf("%s %s from %s: %d business days, due %s", p.ID, r.ID, from, business, due)
		}
	case jurisdiction.CalendarDays:
		if days != r.Applied.Amount {
			t.Fatalf("%s %s from %s: %d days, due %s", p.ID, r.ID, from, days, due)
		}
	case jurisdiction.Months:
		if months := (due.Year()-from.Year())*12 + int(due.Month()-from.Month()); months != r.Applied.Amount || (due.Day() != from.Day() && due.AddDate(0, 0, 1).Day() != 1) {
			t.Fatalf("%s %s from %s: due %s", p.ID, r.ID, from, due)
		}
	}
	for _, ring := range r.Rings {
		if ring.At <= start || ring.At > r.Due+1 {
			t.Fatalf("%s %s rings at %s", p.ID, r.ID, time.UnixMicro(ring.At).In(zone))
		}
	}
}

// Whatever happens in whichever order it is told: the same clocks follow; a pause never
// makes anything due earlier; more time never un-breaks anything.
func TestClocksFollowFromWhatHappenedAlone(t *testing.T) {
	p := pack(t, "uk")
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		start := at(t, london, "2026-01-01 00:00") + random.Int64N(3*365*24*3600)*1_000_000
		h := noticed(start)
		for range random.IntN(6) {
			h.Marks = append(h.Marks, jurisdiction.Marked{Mark: jurisdiction.Marks()[random.IntN(len(jurisdiction.Marks()))], At: start + random.Int64N(60*24*3600)*1_000_000})
		}
		bare := jurisdiction.Reckon(p, jurisdiction.Scam, h, start)
		for range random.IntN(4) {
			from := start + random.Int64N(20*24*3600)*1_000_000
			h.Pauses = append(h.Pauses, jurisdiction.Pause{Reason: "police", From: from, To: from + 1 + random.Int64N(20*24*3600)*1_000_000})
		}
		now := start + random.Int64N(100*24*3600)*1_000_000
		one := jurisdiction.Reckon(p, jurisdiction.Scam, h, now)
		shuffled := h
		shuffled.Marks, shuffled.Pauses = slices.Clone(h.Marks), slices.Clone(h.Pauses)
		random.Shuffle(len(shuffled.Marks), func(i, j int) { shuffled.Marks[i], shuffled.Marks[j] = shuffled.Marks[j], shuffled.Marks[i] })
		random.Shuffle(len(shuffled.Pauses), func(i, j int) {
			shuffled.Pauses[i], shuffled.Pauses[j] = shuffled.Pauses[j], shuffled.Pauses[i]
		})
		if again := jurisdiction.Reckon(p, jurisdiction.Scam, shuffled, now); !reflect.DeepEqual(one, again) {
			t.Fatalf("told in another order: %+v and %+v", one, again)
		}
		if clockOf(t, one, "reimburse").Due < clockOf(t, bare, "reimburse").Due {
			t.Fatal("a pause takes time away")
		}
		later := jurisdiction.Reckon(p, jurisdiction.Scam, h, now+24*3600*1_000_000)
		for _, r := range one {
			if l := clockOf(t, later, r.Key()); r.State == sla.Breached && l.State != sla.Breached {
				t.Fatalf("%s was broken and is %s", r.Key(), l.State)
			}
		}
	}
}

// easter is Gauss's rule, in the form of the Anonymous Gregorian computus.
func easter(y int) time.Time {
	a, b, c := y%19, y/100, y%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	return time.Date(y, time.Month((h+l-7*m+114)/31), (h+l-7*m+114)%31+1, 0, 0, 0, 0, time.UTC)
}

func nth(y int, m time.Month, on time.Weekday, n int) time.Time {
	first := time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
	return first.AddDate(0, 0, (int(on)-int(first.Weekday())+7)%7+7*(n-1))
}

func lastMonday(y int, m time.Month) time.Time {
	d := time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC)
	return d.AddDate(0, 0, -((int(d.Weekday()) + 6) % 7))
}

// The lists are held against the rules that they come from.
func TestTheListsOfHolidays(t *testing.T) {
	rules := map[string]func(y int) []time.Time{
		"us": func(y int) (all []time.Time) {
			for _, fixed := range [][2]int{{1, 1}, {6, 19}, {7, 4}, {11, 11}, {12, 25}} {
				d := time.Date(y, time.Month(fixed[0]), fixed[1], 0, 0, 0, 0, time.UTC)
				if d.Weekday() == time.Sunday {
					d = d.AddDate(0, 0, 1)
				}
				all = append(all, d)
			}
			return append(all, nth(y, 1, time.Monday, 3), nth(y, 2, time.Monday, 3), lastMonday(y, 5), nth(y, 9, time.Monday, 1), nth(y, 10, time.Monday, 2), nth(y, 11, time.Thursday, 4))
		},
		"eu": func(y int) (all []time.Time) {
			for _, fixed := range [][2]int{{1, 1}, {5, 1}, {12, 25}, {12, 26}} {
				all = append(all, time.Date(y, time.Month(fixed[0]), fixed[1], 0, 0, 0, 0, time.UTC))
			}
			return append(all, easter(y).AddDate(0, 0, -2), easter(y).AddDate(0, 0, 1))
		},
		"uk": func(y int) (all []time.Time) {
			all = []time.Time{easter(y).AddDate(0, 0, -2), easter(y).AddDate(0, 0, 1), nth(y, 5, time.Monday, 1), lastMonday(y, 5), lastMonday(y, 8)}
			d := time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
			for d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
				d = d.AddDate(0, 0, 1)
			}
			all = append(all, d)
			switch time.Date(y, 12, 25, 0, 0, 0, 0, time.UTC).Weekday() {
			case time.Friday:
				return append(all, time.Date(y, 12, 25, 0, 0, 0, 0, time.UTC), time.Date(y, 12, 28, 0, 0, 0, 0, time.UTC))
			case time.Saturday:
				return append(all, time.Date(y, 12, 27, 0, 0, 0, 0, time.UTC), time.Date(y, 12, 28, 0, 0, 0, 0, time.UTC))
			case time.Sunday:
				return append(all, time.Date(y, 12, 26, 0, 0, 0, 0, time.UTC), time.Date(y, 12, 27, 0, 0, 0, 0, time.UTC))
			default:
				return append(all, time.Date(y, 12, 25, 0, 0, 0, 0, time.UTC), time.Date(y, 12, 26, 0, 0, 0, 0, time.UTC))
			}
		},
	}
	for id, rule := range rules {
		days := pack(t, id).Days()
		for y := days.Since.Year; y <= days.Through.Year; y++ {
			off := map[string]bool{}
			for _, d := range rule(y) {
				off[d.Format(time.DateOnly)] = true
			}
			for d := time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() == y; d = d.AddDate(0, 0, 1) {
				want := d.Weekday() != time.Saturday && d.Weekday() != time.Sunday && !off[d.Format(time.DateOnly)]
				if got := days.Hours().IsWorkday(sla.Day{Year: y, Month: d.Month(), Day: d.Day()}); got != want {
					t.Errorf("%s: business on %s is %v", id, d.Format(time.DateOnly), got)
				}
			}
		}
		if days.Through.Year-days.Since.Year < 10 {
			t.Errorf("%s: the list covers no ten years", id)
		}
	}
}

func TestBeyondItsListACalendarIsNotCertain(t *testing.T) {
	start := at(t, shanghai, "2026-12-31 12:00")
	r := clockOf(t, jurisdiction.Reckon(pack(t, "cn"), jurisdiction.Complaint, noticed(start), start), "acknowledge")
	if r.Certain || r.Promisable() {
		t.Errorf("a day that no list covers is promised: %+v", r)
	}
}

func TestWhichVersionCounts(t *testing.T) {
	files := copied(t)
	files["us-2.yaml"] = &fstest.MapFile{Data: []byte(strings.NewReplacer("version: 1\n", "version: 2\n", `from: "2011-12-30"`, `from: "2027-01-01"`, "amount: 10\n", "amount: 7\n").Replace(string(files["us.yaml"].Data)))}
	b, err := jurisdiction.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	for wall, want := range map[string]int{"2026-12-31 23:59": 1, "2027-01-01 00:00": 2, "2001-01-01 00:00": 1} {
		if p, ok := b.At("us", at(t, ny, wall)); !ok || p.Version != want {
			t.Errorf("at %s version %d counts", wall, p.Version)
		}
	}
	if _, ok := b.At("mars", 0); ok {
		t.Error("there is a pack for everywhere")
	}
	if b.Digest() == book(t).Digest() {
		t.Error("a change is not seen")
	}
	if got := b.Packs(); len(got) != 4 || got[3].Version != 2 {
		t.Errorf("the newest are %v", got)
	}
}

func copied(t testing.TB) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(folder(t), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(folder(t), name)
		files[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Each of these mistakes alone keeps the server from starting, and says where.
func TestWhatIsNotWholeIsRefused(t *testing.T) {
	for _, c := range []struct{ file, old, new, says string }{
		{"us.yaml", "checked: secondary", "checked: sure", "how far that was checked"},
		{"us.yaml", "source: 12 CFR 1005.11(c)(1), (c)(2)", "source: ''", "where a number comes from"},
		{"us.yaml", "starts: noticed", "starts: sometime", "by nothing that there is"},
		{"us.yaml", "meets: [decided, credited]", "meets: []", "by nothing that there is"},
		{"us.yaml", "meets: [decided, credited]", "meets: [noticed]", "cannot end"},
		{"us.yaml", "unit: business_days", "unit: fortnights", "has no time"},
		{"us.yaml", "amount: 10\n", "amount: 0\n", "has no time"},
		{"us.yaml", "amount: 10\n", "amount: 10\n        due_at: 7\n", "not found"},
		{"us.yaml", "if: new_account", "if: nice_account", "no fact"},
		{"us.yaml", "calendar: us-federal", "calendar: us-mars", "no calendar"},
		{"us.yaml", "en: United States, ", "", "lacks en"},
		{"us.yaml", "  complaint: {", "  prophecy: {", "says nothing of complaint"},
		{"us.yaml", "reviewer: \"\"", "reviewer: Somebody", "who reviewed it"},
		{"us.yaml", "id: decide_credited", "id: decide", "there twice"},
		{"us.yaml", "id: us\n", "id: su\n", "is not its name"},
		{"us.yaml", "id: us\n", "id: us\nid: us\n", "already defined"},
		{"us.yaml", `amount: "50.00"`, `amount: "fifty"`, "is no sum"},
		{"uk.yaml", "pauses: [customer_information,", "pauses: [tired,", "no reason for a pause"},
		{"house.yaml", "checked: house", "checked: verified", "more than the house's own"},
		{"letters.yaml", "{by}", "{when}", "no figure"},
		{"letters.yaml", "You hear our decision by", "You hear our decision in 10 days, by", "holds a number"},
		{"calendars/us-federal.yaml", `"2024-01-01"`, `"2024-02-30"`, "when to when"},
		{"calendars/us-federal.yaml", `through: "2036-12-31"`, `through: "2030-12-31"`, "no day of its time"},
		{"calendars/us-federal.yaml", "zone: America/New_York", "zone: America/Atlantis", "no time zone"},
		{"calendars/us-federal.yaml", "workdays: [mon, tue", "workdays: [mon, mon", "there twice"},
		{"calendars/us-federal.yaml", "checked: secondary", "checked: no", "how far"},
	} {
		files := copied(t)
		text := string(files[c.file].Data)
		if !strings.Contains(text, c.old) {
			t.Errorf("%s no longer has %q", c.file, c.old)
			continue
		}
		files[c.file] = &fstest.MapFile{Data: []byte(strings.Replace(text, c.old, c.new, 1))}
		_, err := jurisdiction.Load(files)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s with %q: %v", c.file, c.new, err)
		}
	}
}

// Months that stand still end as many days later as were paused from beginning to end.
func TestMonthsStandStill(t *testing.T) {
	p := pack(t, "eu")
	day := func(wall string) int64 { return at(t, brussels, wall) }
	h := noticed(day("2026-06-01 10:00"))
	due := func(now string, pauses ...jurisdiction.Pause) jurisdiction.Reckoned {
		h.Pauses = pauses
		return clockOf(t, jurisdiction.Reckon(p, jurisdiction.DataRequest, h, day(now)), "answer")
	}
	where := brussels
	if got := wall(t, where, due("2026-06-02 10:00").Due); got != "2026-07-01 23:59" {
		t.Errorf("a month is over %s", got)
	}
	asked := jurisdiction.Pause{Reason: "identity", From: day("2026-06-03 12:00")}
	if c := due("2026-06-20 10:00", asked); c.State != sla.Paused || c.Due != 0 || c.Paused != "identity" || wall(t, where, c.Resumed) != "2026-07-17 23:59" {
		t.Errorf("it does not stand still: %+v, %s", c, wall(t, where, c.Resumed))
	}
	asked.To = day("2026-06-13 09:00") // nine days from beginning to end: the 4th to the 12th
	if got := wall(t, where, due("2026-06-20 10:00", asked).Due); got != "2026-07-10 23:59" {
		t.Errorf("with nine days more it is over %s", got)
	}
	other := jurisdiction.Pause{Reason: "elsewhere", From: asked.From, To: asked.To}
	if got := wall(t, where, due("2026-06-20 10:00", other).Due); got != "2026-07-01 23:59" {
		t.Errorf("another pause counts: %s", got)
	}
	late := jurisdiction.Pause{Reason: "identity", From: day("2026-06-30 12:00"), To: day("2026-07-04 12:00")} // the 1st is the last day, and the three after it are no more than that
	if got := wall(t, where, due("2026-07-05 10:00", late).Due); got != "2026-07-04 23:59" {
		t.Errorf("a pause over the end: %s", got)
	}
}

func FuzzLoad(f *testing.F) {
	files := copied(f)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f.Add(name, files[name].Data)
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		changed := maps.Clone(files)
		if !fs.ValidPath(name) || changed[name] == nil {
			name = "us.yaml"
		}
		changed[name] = &fstest.MapFile{Data: data}
		b, err := jurisdiction.Load(changed)
		if err != nil {
			return
		}
		start := int64(1_795_000_000_000_000)
		for _, p := range b.Packs() { // what is taken can be reckoned with
			for _, about := range jurisdiction.Types() {
				for _, r := range jurisdiction.Reckon(p, about, noticed(start), start) {
					if r.Due < start && r.Due != 0 {
						t.Errorf("%s is due before it begins", r.Key())
					}
				}
			}
		}
	})
}

func TestLetters(t *testing.T) {
	b := book(t)
	full := map[string]string{}
	for _, name := range jurisdiction.Figures() {
		full[name] = "<" + name + ">"
	}
	for _, l := range jurisdiction.Letters() {
		for _, lang := range []string{"en", "zh"} {
			title, text, missing := b.Write(l, lang, full)
			if title == "" || text == "" || missing != nil || strings.ContainsAny(text, "{}") {
				t.Errorf("%s %s: %q %v", l, lang, text, missing)
			}
		}
	}
	_, text, missing := b.Write(jurisdiction.Acknowledgement, "en", map[string]string{"reference": "K", "noticed": "today", "today": "now", "type": "x"})
	if missing != nil || strings.Contains(text, "by .") || strings.Contains(text, "decision") {
		t.Errorf("what is not known is said: %q %v", text, missing)
	}
	if _, _, missing = b.Write(jurisdiction.Refusal, "en", map[string]string{"reference": "K"}); !slices.Equal(missing, []string{"reason", "appeal_body"}) {
		t.Errorf("a refusal without a reason: %v", missing)
	}
	// What stands in a figure is no place for another one.
	_, text, _ = b.Write(jurisdiction.HoldingReply, "en", map[string]string{"reference": "K", "reason": "{by}", "by": "never", "today": "t", "type": "x"})
	if strings.Contains(text, "The reason: never") {
		t.Errorf("%q", text)
	}
}
