package insider_test

import (
	"fmt"
	"reflect"
	"testing"

	"kefu/internal/domain/insider"
	"kefu/internal/domain/insider/played"
)

const minute = int64(60_000_000)

// start is some morning.
const start = int64(1_795_500_000_000_000) / (24 * 60 * minute) * (24 * 60 * minute)

func doing(kind insider.Kind, at int64, n int) insider.Doing {
	return insider.Doing{At: start + at, Staff: "mei", Group: "first line", Kind: kind, Customer: fmt.Sprint("c", n), Contact: fmt.Sprint("v", n)}
}

// told gives the alerts of what is done, one after the other.
func told(all ...insider.Doing) []insider.Alert {
	w := insider.New(insider.DefaultLimits())
	var alerts []insider.Alert
	for _, d := range all {
		alerts = append(alerts, w.Take(d)...)
	}
	return alerts
}

func TestRulesHoldAtOnce(t *testing.T) {
	many := func(kind insider.Kind, n int, every int64, change func(*insider.Doing)) []insider.Doing {
		var all []insider.Doing
		for i := range n {
			d := doing(kind, int64(i)*every, i)
			if change != nil {
				change(&d)
			}
			all = append(all, d)
		}
		return all
	}
	strange := func(d *insider.Doing) { d.Contact, d.NewDevice, d.OffShift = "", true, true }
	to := func(where string) func(*insider.Doing) {
		return func(d *insider.Doing) { d.To = where }
	}
	lines := func(n int, further bool) func(*insider.Doing) {
		return func(d *insider.Doing) {
			for i := range n {
				d.Shown += fmt.Sprint(d.Customer, ".", i, " ")
			}
			d.Customer, d.Contact, d.Further = "", "", further
		}
	}
	for name, c := range map[string]struct {
		done []insider.Doing
		why  insider.Why // "": no alert
		step insider.Step
	}{
		"a customer who does not exist":              {many(insider.Looked, 1, minute, func(d *insider.Doing) { d.Canary = true }), insider.CanaryTouched, insider.Suspend},
		"one field too many in an hour":              {many(insider.Revealed, 13, minute, nil), insider.RevealRate, insider.Throttle},
		"as many as may be":                          {many(insider.Revealed, 12, minute, nil), "", 0},
		"as many, over two hours":                    {many(insider.Revealed, 24, 6*minute, nil), "", 0},
		"a customer every twenty seconds":            {many(insider.Looked, 40, minute/3, nil), insider.LookRate, insider.Throttle},
		"a customer every minute":                    {many(insider.Looked, 120, minute, nil), "", 0},
		"a device that nobody knows, at night":       {many(insider.Looked, 6, 2*minute, strange), insider.StrangeSession, insider.Suspend},
		"a device that nobody knows, with a contact": {many(insider.Looked, 20, 2*minute, func(d *insider.Doing) { d.NewDevice, d.OffShift = true, true }), "", 0},
		"words of hundreds, read ahead":              {many(insider.Ahead, 401, minute/10, nil), insider.AheadRate, insider.Throttle},
		"a list run through":                         {many(insider.Ahead, 350, minute/10, nil), "", 0},
		"pages of a list, beyond the first":          {many(insider.Listed, 11, minute/10, lines(50, true)), insider.PageRate, insider.Throttle},
		"searches for everybody":                     {many(insider.Searched, 25, minute/10, lines(50, false)), insider.ListRate, insider.Throttle},
		"a list as it changes":                       {many(insider.Listed, 200, minute/4, func(d *insider.Doing) { d.Shown, d.Customer = "a b c "+d.Customer, "" }), "", 0},
		"a decoy beside what is opened":              {many(insider.Ahead, 1, minute, func(d *insider.Doing) { d.Canary = true }), "", 0},
		"three customers' money to one place":        {many(insider.Paid, 3, 60*minute, to("x")), insider.OneDestination, insider.Throttle},
		"two of one household":                       {many(insider.Paid, 2, 60*minute, to("x")), "", 0},
		"one customer's, again and again": {many(insider.Paid, 9, 60*minute, func(d *insider.Doing) {
			d.Customer, d.To = "c", "x"
		}), "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			alerts := told(c.done...)
			if c.why == "" {
				if len(alerts) > 0 {
					t.Fatalf("told of %+v", alerts)
				}
				return
			}
			if len(alerts) != 1 {
				t.Fatalf("told %d times: %+v", len(alerts), alerts)
			}
			if a := alerts[0]; !a.Rule || a.Step != c.step || a.Reasons[0].Why != c.why || a.Staff != "mei" || a.At != c.done[len(c.done)-1].At && c.why != insider.LookRate {
				t.Errorf("told %+v", a)
			}
		})
	}
}

// A decoy is told again when another one is touched, the same day.
func TestADecoyIsNeverQuiet(t *testing.T) {
	touch := func(at int64, n int) insider.Doing {
		d := doing(insider.Looked, at, n)
		d.Canary = true
		return d
	}
	if n := len(told(touch(0, 1), touch(minute/60, 1), touch(minute, 2), touch(90*minute, 1))); n != 3 {
		t.Errorf("told %d times, want of each opening", n)
	}
}

func TestARuleIsToldOnceADay(t *testing.T) {
	touch := func(at int64) insider.Doing {
		d := doing(insider.Looked, at, 1)
		d.Canary = true
		return d
	}
	if n := len(told(touch(0), touch(minute), touch(25*60*minute))); n != 2 {
		t.Errorf("told %d times, want once on each of two days", n)
	}
}

// What a watch knows follows from what it was given: after a restart the last weeks are
// read again, and nothing is told that was not.
func TestTheSameIsSaidOfTheSame(t *testing.T) {
	p := played.New(11, played.Dripper, 1)
	all := told(p.Doings...)
	if len(all) == 0 {
		t.Fatal("a play in which nothing was told shows nothing")
	}
	if again := told(p.Doings...); !reflect.DeepEqual(all, again) {
		t.Error("the same was judged in two ways")
	}
	for _, a := range all {
		if len(a.Reasons) == 0 || len(a.Reasons) > 3 || a.Step == 0 {
			t.Errorf("an alert that says too little or too much: %+v", a)
		}
		for _, r := range a.Reasons {
			if !a.Rule && (r.Spread < 2 || r.Spread > 99 || r.Usual < 0) {
				t.Errorf("a reason that is none: %+v", r)
			}
		}
	}
}

// A small team that nobody can be compared in is compared with its own days.
func TestTwoPeopleAreJudgedByTheirOwnDays(t *testing.T) {
	w := insider.New(insider.DefaultLimits())
	var alerts []insider.Alert
	for day := range int64(30) {
		for _, who := range []string{"mei", "ben"} {
			n := 20
			if day == 25 && who == "ben" {
				n = 90
			}
			for i := range n {
				d := doing(insider.Looked, day*24*60*minute+int64(i)*4*minute, int(day)*1000+i)
				d.Staff = who
				if day == 25 && who == "ben" {
					d.Contact = ""
				}
				alerts = append(alerts, w.Take(d)...)
				if d.Contact != "" {
					d.Kind = insider.Worked
					alerts = append(alerts, w.Take(d)...)
				}
			}
		}
	}
	if len(alerts) != 1 || alerts[0].Staff != "ben" || alerts[0].Day != start/(24*60*minute)+25 {
		t.Errorf("told %+v", alerts)
	}
}
