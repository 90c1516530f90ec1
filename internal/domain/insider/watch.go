package insider

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// maxKept bounds what is remembered of one person at a time. Whoever reaches it has
// long been told of.
const maxKept = 5_000

// Watch compares what people do with the rules, and each day with the days before. What
// it knows follows from what it was given: given the same again, after a restart, it
// says the same. It is not safe for concurrent use.
type Watch struct {
	limits Limits
	people map[string]*person
	today  int64
}

// New makes a Watch.
func New(l Limits) *Watch { return &Watch{limits: l, people: map[string]*person{}} }

// person is somebody, today and over the last weeks.
type person struct {
	group   string
	told    map[Why]int64 // until which day an alert about it is not repeated
	usual   map[Why]*usual
	reveals []int64 // times, of the last hour
	seen    []seen  // customers, of the last quarter of an hour
	ahead   []seen  // customers read ahead and not opened, of the last hour
	shown   map[string]line
	search  int64  // when the last search was: it is recorded in parts
	decoys  []seen // that were touched within an hour
	sent    []sent // of the last month
	day     tally
	shift   shift
}

// line is when a list or a search last showed something, of the last hour.
type line struct {
	at      int64
	further bool // it never stood on a first page
}

type seen struct {
	at       int64
	customer string
}

type sent struct {
	day                    int64
	to, customer, approver string
}

// tally is what somebody did in a day.
type tally struct {
	customers, uncontacted, high map[string]bool
	strange, offShift            map[string]bool // of those without a contact: by a new device off shift; off shift
	contacts, idle               map[string]bool // idle: in which nothing was done yet
	ahead                        map[string]bool // read ahead, and never opened
	shown                        map[string]bool // that lists and searches showed
	looks, reveals, searches     int
	exports, payments, refused   int
}

func newTally() tally {
	return tally{
		customers: map[string]bool{}, uncontacted: map[string]bool{}, high: map[string]bool{},
		strange: map[string]bool{}, offShift: map[string]bool{}, contacts: map[string]bool{}, idle: map[string]bool{},
		ahead: map[string]bool{}, shown: map[string]bool{},
	}
}

func (w *Watch) person(d Doing) *person {
	p := w.people[d.Staff]
	if p == nil {
		p = &person{told: map[Why]int64{}, usual: map[Why]*usual{}, shown: map[string]line{}, day: newTally()}
		w.people[d.Staff] = p
	}
	p.group = d.Group
	return p
}

// Take takes note of something that was done and gives what rules say of it, and first
// what the days before showed that ended with it. What is older than what was taken
// before counts as of today.
func (w *Watch) Take(d Doing) []Alert {
	alerts := w.EndDays(dayOf(d.At))
	p := w.person(d)
	if d.Kind == Lifted {
		p.afresh()
		return alerts
	}
	if d.Kind == Glass { // whatever was done: somebody looks at it
		return append(alerts, Alert{Staff: d.Staff, At: d.At, Day: w.today, Rule: true, Step: Review, About: d.About, Reasons: []Reason{{Why: GlassBroken, Seen: 1}}})
	}
	p.count(d)
	for _, r := range w.rules(p, d) {
		if r.why != CanaryTouched { // a decoy is never quiet
			if p.told[r.why] > w.today {
				continue
			}
			p.told[r.why] = w.today + 1
		}
		alerts = append(alerts, Alert{
			Staff: d.Staff, At: d.At, Day: w.today, Rule: true, Step: r.step,
			Reasons: []Reason{{Why: r.why, Seen: float64(r.seen), Usual: float64(r.most)}},
		})
	}
	return alerts
}

// afresh is what is left when people gave back what a rule took: it holds again from here.
func (p *person) afresh() {
	for _, why := range []Why{RevealRate, LookRate, StrangeSession, OneDestination, AheadRate, ListRate, PageRate} {
		delete(p.told, why)
	}
	p.reveals, p.seen, p.ahead, p.decoys = nil, nil, nil, nil
	p.shown, p.day.strange = map[string]line{}, map[string]bool{}
}

// EndDays ends the days before one, which is today then, and gives what they showed.
func (w *Watch) EndDays(today int64) []Alert {
	if w.today == 0 {
		w.today = today
	}
	var alerts []Alert
	for w.today < today {
		alerts = append(alerts, w.endDay()...)
		if w.today++; today-w.today > gone { // nobody did anything for long
			w.today = today
		}
	}
	return alerts
}

func put(set map[string]bool, key string) {
	if key != "" && len(set) < maxKept {
		set[key] = true
	}
}

func (p *person) count(d Doing) {
	t := &p.day
	switch d.Kind {
	case Looked, Revealed:
		p.look(d)
	case Ahead:
		p.readAhead(d)
	case Listed:
		p.list(d)
	case Searched:
		if d.At != p.search {
			p.search = d.At
			t.searches++
		}
		p.list(d)
	case Exported:
		t.exports++
	case Worked:
		p.shift.learn(d.At)
		delete(t.idle, d.Contact)
		put(t.contacts, d.Contact)
	case Paid:
		t.payments++
		delete(t.idle, d.Contact)
		if len(p.sent) < maxKept {
			p.sent = append(p.sent, sent{dayOf(d.At), d.To, d.Customer, d.Approver})
		}
	case Refused:
		t.refused++
	}
}

func (p *person) look(d Doing) {
	t := &p.day
	t.looks++
	put(t.customers, d.Customer)
	delete(t.ahead, d.Customer)
	if d.High {
		put(t.high, d.Customer)
	}
	if d.Contact == "" {
		p.peek(d)
	} else if !t.contacts[d.Contact] {
		put(t.contacts, d.Contact)
		put(t.idle, d.Contact)
	}
	if d.Kind == Revealed {
		t.reveals++
		p.reveals = append(slices.DeleteFunc(p.reveals, func(at int64) bool { return at <= d.At-hour }), d.At)
	}
	p.seen = lately(p.seen, d.At-15*minute, d.Customer, d.At)
	p.ahead = slices.DeleteFunc(p.ahead, func(s seen) bool { return s.customer == d.Customer })
}

// readAhead counts whom the desk fetched for somebody who has not opened them today: a few
// for each that they open, unless somebody reads by way of the flag.
func (p *person) readAhead(d Doing) {
	if d.Customer == "" || p.day.customers[d.Customer] {
		return
	}
	put(p.day.ahead, d.Customer)
	p.ahead = lately(p.ahead, d.At-hour, d.Customer, d.At)
}

// Knows tells whether somebody was listed nothing that they were not shown within the hour
// before: the same page read again is of no interest.
func (w *Watch) Knows(d Doing) bool {
	p := w.people[d.Staff]
	if d.Kind != Listed || d.Canary {
		return false
	}
	for id := range strings.FieldsSeq(d.Shown) {
		if p == nil || p.shown[id].at <= d.At-hour {
			return false
		}
	}
	return true
}

// list counts what a list or a search showed, each once within an hour and a day.
func (p *person) list(d Doing) {
	maps.DeleteFunc(p.shown, func(_ string, l line) bool { return l.at <= d.At-hour })
	ids := strings.Fields(d.Shown)
	if len(ids) == 0 && d.Customer != "" {
		ids = []string{d.Customer}
	}
	for _, id := range ids {
		put(p.day.shown, id)
		before, known := p.shown[id]
		if known || len(p.shown) < maxKept {
			p.shown[id] = line{d.At, d.Further && (!known || before.further)}
		}
	}
}

func (p *person) further() (n int) {
	for _, l := range p.shown {
		if l.further {
			n++
		}
	}
	return n
}

// lately is what was seen after a time, each once, with one that is seen now.
func lately(all []seen, after int64, key string, now int64) []seen {
	all = slices.DeleteFunc(all, func(s seen) bool { return s.at <= after || s.customer == key })
	if len(all) >= maxKept {
		return all
	}
	return append(all, seen{now, key})
}

// peek is a look at somebody whom one has nothing to do with.
func (p *person) peek(d Doing) {
	put(p.day.uncontacted, d.Customer)
	if d.OffShift {
		put(p.day.offShift, d.Customer)
	}
	if d.OffShift && d.NewDevice {
		put(p.day.strange, d.Customer)
	}
}

type broken struct {
	why        Why
	step       Step
	seen, most int
}

// touched tells whether they touched the same decoy within the hour before: one opening
// is recorded in several ways.
func (p *person) touched(d Doing) bool {
	before := slices.ContainsFunc(p.decoys, func(s seen) bool { return s.customer == d.Customer && s.at > d.At-hour })
	if !before {
		p.decoys = lately(p.decoys, d.At-hour, d.Customer, d.At)
	}
	return before
}

// rules are those that what was done breaks.
func (w *Watch) rules(p *person, d Doing) []broken {
	var all []broken
	limits := w.limits.of(p.group)
	if d.Canary && d.Kind != Ahead && !p.touched(d) {
		step := Suspend
		if d.Kind == Refused { // a bulk of what is over holds one by chance
			step = Review
		}
		all = append(all, broken{CanaryTouched, step, 1, 0})
	}
	if n := len(p.reveals); d.Kind == Revealed && n > limits.RevealsPerHour {
		all = append(all, broken{RevealRate, Throttle, n, limits.RevealsPerHour})
	}
	if n := len(p.seen); n > limits.CustomersPerQuarter {
		all = append(all, broken{LookRate, Throttle, n, limits.CustomersPerQuarter})
	}
	if n := len(p.ahead); d.Kind == Ahead && n > max(limits.AheadPerHour, limits.AheadEach*len(p.day.customers)) {
		all = append(all, broken{AheadRate, Throttle, n, limits.AheadPerHour})
	}
	if d.Kind == Listed || d.Kind == Searched {
		if n := len(p.shown); n > limits.ListedPerHour {
			all = append(all, broken{ListRate, Throttle, n, limits.ListedPerHour})
		}
		if n := p.further(); d.Further && n > limits.FurtherPerHour {
			all = append(all, broken{PageRate, Throttle, n, limits.FurtherPerHour})
		}
	}
	if n := len(p.day.strange); n > limits.StrangeLooks {
		all = append(all, broken{StrangeSession, Suspend, n, limits.StrangeLooks})
	}
	if d.Kind == Paid && d.To != "" {
		from := map[string]bool{}
		for _, s := range p.sent {
			if s.to == d.To {
				put(from, s.customer)
			}
		}
		if n := len(from); n >= limits.SameDestination {
			all = append(all, broken{OneDestination, Throttle, n, limits.SameDestination - 1})
		}
	}
	return all
}

// byGroup gives the people who did something today, by their group, in a fixed order.
func (w *Watch) byGroup() map[string][]string {
	groups := map[string][]string{}
	for _, id := range slices.Sorted(maps.Keys(w.people)) {
		if p := w.people[id]; p.day.looks+p.day.searches+p.day.exports+p.day.payments+p.day.refused+len(p.day.contacts)+len(p.day.ahead)+len(p.day.shown) > 0 {
			groups[p.group] = append(groups[p.group], id)
		}
	}
	return groups
}

// endDay compares the day of everybody with that of their group and with their own days
// before, learns from it, and begins the next.
func (w *Watch) endDay() []Alert {
	var alerts []Alert
	groups := w.byGroup()
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		alerts = append(alerts, w.compare(groups[group])...)
	}
	for id, p := range w.people {
		p.day = newTally()
		p.sent = slices.DeleteFunc(p.sent, func(s sent) bool { return s.day <= w.today-30 })
		if len(p.usual) > 0 && p.quietSince(w.today) > gone {
			delete(w.people, id)
		}
	}
	return alerts
}

// compare gives the alerts of one group's day.
func (w *Watch) compare(ids []string) []Alert {
	about := map[string][]Reason{}
	for _, f := range features() {
		var of []measure
		for _, id := range ids {
			m := f.of(w.people[id])
			m.id = id
			of = append(of, m)
		}
		for id, r := range w.judge(f, of) {
			about[id] = append(about[id], r)
		}
	}
	var alerts []Alert
	for _, id := range ids {
		if a, ok := w.alert(id, about[id]); ok {
			alerts = append(alerts, a)
		}
	}
	return alerts
}

// alert makes one of what a day showed of somebody, when that is enough and new.
func (w *Watch) alert(id string, reasons []Reason) (Alert, bool) {
	p := w.people[id]
	reasons = slices.DeleteFunc(reasons, func(r Reason) bool { return p.told[r.Why] > w.today }) // those alone, not the day
	slices.SortStableFunc(reasons, func(a, b Reason) int { return cmp.Compare(b.Spread, a.Spread) })
	reasons = reasons[:min(3, len(reasons))]
	sum := 0.0
	for _, r := range reasons {
		sum += r.Spread
	}
	if len(reasons) == 0 || reasons[0].Spread < alone && sum < together {
		return Alert{}, false
	}
	step := Review
	if reasons[0].Spread >= 2*alone {
		step = Throttle
	}
	for _, r := range reasons {
		p.told[r.Why] = w.today + quiet
	}
	return Alert{Staff: id, At: (w.today + 1) * day, Day: w.today, Step: step, Reasons: reasons}, true
}
