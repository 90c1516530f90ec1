// Package played plays weeks of a desk, honest people and ten who are not, to see
// whether package insider finds those and leaves the others in peace. Nothing in it knows
// how insider judges.
package played

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"kefu/internal/domain/insider"
)

// Persona is somebody who misuses what they can see or move.
type Persona string

// The ten.
const (
	Scraper     Persona = "bulk scraper"
	Dripper     Persona = "slow dripper"
	Hunter      Persona = "VIP hunter"
	Photograph  Persona = "photographer"
	Colluders   Persona = "colluding pair"
	Mule        Persona = "refund mule"
	Grabber     Persona = "off-boarding grabber"
	Compromised Persona = "compromised session"
	Lister      Persona = "list scraper"
	Reader      Persona = "reader ahead"
)

// Personas lists them.
func Personas() []Persona {
	return []Persona{Scraper, Dripper, Hunter, Photograph, Colluders, Mule, Grabber, Compromised, Lister, Reader}
}

// Days of a play: honest ones first, then those in which it happens.
const (
	Before = 42
	While  = 21
)

// Play is a desk over some weeks.
type Play struct {
	Doings []insider.Doing // in the order of time
	Staff  []string
	Bad    []string // those of the persona
	From   int64    // the day on which it begins, from 1970-01-01 UTC
	Until  int64    // the day after the last
	Days   int64    // of work, of all staff together
}

const (
	minute = int64(60_000_000)
	hour   = 60 * minute
	day    = 24 * hour
	first  = int64(20_600) // a day in 2026
)

// agent is one member of staff and their ways.
type agent struct {
	id, group             string
	contacts, looks       float64 // a day; for each contact
	reveals, pays, errand float64 // chances of a contact; looks without one a day
	searches, exports     float64
	pages                 float64 // further pages of the inbox that they turn to in a day
	start                 int64   // of the shift, hour of the day
	off                   int     // the first of two days off
}

type desk struct {
	r      *rand.Rand
	effort float64
	staff  []agent
	out    []insider.Doing
	n      int
	days   int64
	week   int64
	flood  bool // this week many more write than otherwise, and wait
}

// New plays a desk with 33 people, one persona among them or, where it is "", nobody.
// Effort is how much they do of it: 1 as people did who were found out, less for who
// takes care.
func New(seed uint64, who Persona, effort float64) Play {
	d := &desk{effort: effort, r: rand.New(rand.NewPCG(seed, 0x6b656675))}
	d.hire()
	p := Play{From: first + Before, Until: first + Before + While}
	bad := d.choose(who)
	for now := first; now < p.Until; now++ {
		busy := d.season(now)
		for i := range d.staff {
			d.work(&d.staff[i], now, busy)
		}
		if now < p.From {
			continue
		}
		for _, a := range bad {
			d.misuse(who, a, bad, now, now-p.From)
		}
	}
	slices.SortStableFunc(d.out, func(a, b insider.Doing) int { return cmp.Compare(a.At, b.At) })
	p.Doings, p.Days = d.out, d.days
	for _, a := range d.staff {
		p.Staff = append(p.Staff, a.id)
	}
	for _, a := range bad {
		p.Bad = append(p.Bad, a.id)
	}
	return p
}

// hire gives people ways that differ: some write twice as much as others, some look at
// everything.
func (d *desk) hire() {
	for _, g := range []struct {
		name                               string
		n                                  int
		contacts, reveals, pays, errand, x float64
	}{
		{"first line", 18, 30, 0.05, 0.01, 0.3, 0.02},
		{"second line", 9, 15, 0.10, 0.15, 1.2, 0.15},
		{"fraud", 6, 10, 0.20, 0.12, 2.0, 0.3},
	} {
		for i := range g.n {
			d.staff = append(d.staff, agent{
				id: fmt.Sprintf("%s %d", g.name, i), group: g.name,
				contacts: g.contacts * d.around(0.3), looks: 2 * d.around(0.35), reveals: g.reveals * d.around(0.5),
				pays: g.pays * d.around(0.3), errand: g.errand * d.around(0.6), searches: 4 * d.around(0.5), exports: g.x, pages: 0.5 * d.around(0.6),
				start: []int64{7, 9, 13}[d.r.IntN(3)], off: d.r.IntN(7),
			})
		}
	}
}

// around is one, more or less: log-normal with that spread.
func (d *desk) around(spread float64) float64 { return math.Exp(spread * d.r.NormFloat64()) }

func (d *desk) poisson(mean float64) int {
	n, limit := 0, math.Exp(-mean)
	if mean > 60 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*d.r.NormFloat64())))
	}
	for p := d.r.Float64(); p > limit; p *= d.r.Float64() {
		n++
	}
	return n
}

// season is how busy a day is: weekends are quiet, now and then something is down, and
// about every sixth week is one of those after which a desk has to catch up.
func (d *desk) season(now int64) float64 {
	busy := 1 + 0.15*d.r.NormFloat64()
	if week := now / 7; week != d.week {
		d.week, d.flood = week, d.r.IntN(6) == 0
	}
	if d.flood {
		busy *= 2
	}
	if weekday := (now + 4) % 7; weekday == 0 || weekday == 6 {
		busy *= 0.75
	}
	if d.r.Float64() < 0.05 {
		busy *= 1.8
	}
	return max(0.3, busy)
}

func (d *desk) customer() string { return fmt.Sprint("c", d.r.IntN(100_000)) }

func (d *desk) does(a *agent, at int64, kind insider.Kind, more insider.Doing) {
	more.At, more.Staff, more.Group, more.Kind = at, a.id, a.group, kind
	d.out = append(d.out, more)
}

// high tells whether a customer is one of those who have most: three of a hundred.
func high(customer string) bool {
	n := 0
	for _, b := range []byte(customer) {
		n = (n*31 + int(b)) % 9973
	}
	return n%100 < 3
}

// work is an honest day.
func (d *desk) work(a *agent, now int64, busy float64) {
	if weekday := int((now + 4) % 7); weekday == a.off || weekday == (a.off+1)%7 {
		if d.r.Float64() > 0.04 { // seldom somebody stands in
			return
		}
	}
	if d.r.Float64() < 0.03 { // ill, or on leave
		return
	}
	d.days++
	begin := now*day + a.start*hour
	swapped := d.r.Float64() < 0.03 // the plan does not know that two changed their shifts
	device := d.r.Float64() < 0.01
	contacts := d.poisson(a.contacts * busy)
	for range contacts {
		at := begin + d.r.Int64N(8*hour)
		late := d.r.Float64() < 0.01
		if late {
			at = begin + 8*hour + d.r.Int64N(hour)
		}
		d.contact(a, at, insider.Doing{OffShift: late || swapped, NewDevice: device})
	}
	for range d.poisson(a.errand * busy) { // a colleague asks, or an old case is looked up
		c := d.customer()
		at := begin + d.r.Int64N(8*hour)
		for i := range 1 + d.poisson(1) {
			d.does(a, at+int64(i)*minute, insider.Looked, insider.Doing{Customer: c, High: high(c), OffShift: swapped, NewDevice: device})
		}
	}
	for range d.poisson(a.searches) {
		d.does(a, begin+d.r.Int64N(8*hour), insider.Searched, insider.Doing{OffShift: swapped})
	}
	d.turn(a, begin, busy)
	for range d.poisson(a.exports) {
		d.does(a, begin+d.r.Int64N(8*hour), insider.Exported, insider.Doing{})
	}
	for range d.poisson(0.3) {
		d.does(a, begin+d.r.Int64N(8*hour), insider.Refused, insider.Doing{})
	}
}

// Of lists and what the desk reads ahead.
const (
	fresh   = 4  // rows of the inbox that are new between two contacts, on an ordinary day
	further = 50 // rows of a page
	waiting = 2  // customers whom the desk reads ahead before one is opened
)

// turn is what somebody sees of lists beside their work: further pages now and then, and
// many of them where many wait.
func (d *desk) turn(a *agent, begin int64, busy float64) {
	pages := a.pages
	if d.flood {
		pages *= 4
	}
	for range min(d.poisson(pages*busy), 8) {
		d.does(a, begin+d.r.Int64N(8*hour), insider.Listed, insider.Doing{Shown: d.some(further), Further: true})
	}
}

// some are conversations that stand in a list.
func (d *desk) some(n int) string {
	var b strings.Builder
	for range n {
		fmt.Fprintf(&b, "t%d ", d.r.IntN(200_000))
	}
	return b.String()
}

// contact is one customer who is helped.
func (d *desk) contact(a *agent, at int64, with insider.Doing) {
	d.n++
	many := fresh
	if d.flood {
		many *= 2
	}
	if n := d.poisson(float64(many)); n > 0 {
		d.does(a, at-minute, insider.Listed, insider.Doing{Shown: d.some(n)})
	}
	for range d.poisson(waiting) {
		d.does(a, at-minute/2, insider.Ahead, insider.Doing{Customer: d.customer()})
	}
	with.Customer, with.Contact = d.customer(), fmt.Sprint("v", d.n)
	with.High = high(with.Customer)
	for i := range 1 + d.poisson(a.looks) {
		d.does(a, at+int64(i)*20_000_000, insider.Looked, with)
	}
	if d.r.Float64() < a.reveals {
		d.does(a, at+2*minute, insider.Revealed, with)
	}
	if d.r.Float64() < a.pays {
		d.pay(a, at+4*minute, with, d.own(with.Customer), d.approver(a))
	}
	if d.r.Float64() < 0.93 { // some customers leave before they are answered
		d.does(a, at+5*minute, insider.Worked, with)
	}
}

// own is where a customer's money goes back to; some share it with somebody at home.
func (d *desk) own(customer string) string {
	if d.r.Float64() < 0.01 {
		return "home " + customer[:len(customer)-1]
	}
	return "own " + customer
}

func (d *desk) pay(a *agent, at int64, with insider.Doing, to, by string) {
	with.To, with.Approver = to, by
	d.does(a, at, insider.Paid, with)
}

// approver is who happens to be there to say yes: mostly somebody of the same shift.
func (d *desk) approver(a *agent) string {
	for {
		b := &d.staff[d.r.IntN(len(d.staff))]
		if b.id != a.id && b.group != "first line" && (b.start == a.start || d.r.Float64() < 0.3) {
			return b.id
		}
	}
}
