package insider

import (
	"math"
	"slices"
)

// How much is too much, in spreads; and for how many days. Set on played weeks whose
// seeds are not those that the figures of docs/measurements.md come from.
const (
	alone    = 4.0 // by one feature
	together = 7.5 // by the strongest three
	worth    = 2.0 // less is no reason at all
	slack    = 0.5
	drifted  = 5.0 // of what adds up over days beyond slack
	learning = 5   // days before somebody's own are compared
	memory   = 20  // days that somebody's usual goes back
	quiet    = 7   // days until the same is told again
	gone     = 90  // days after which nobody is remembered
)

// measure is a feature of somebody's day on a scale on which the usual spread is about
// one: counts by Anscombe's root (1948), shares by Fisher's arc sine, so that what is
// seldom and what is frequent are judged alike.
type measure struct {
	id    string
	scale float64 // the measure on that scale
	times float64 // of a share: the root of how many it is a share of; else 1
	raw   float64
	none  bool // there is nothing to measure
	back  func(scale float64) float64
}

func count(n int) measure {
	return measure{scale: 2 * math.Sqrt(float64(n)+3.0/8), times: 1, raw: float64(n), back: func(s float64) float64 { return max(0, s*s/4-3.0/8) }}
}

func share(part, whole int) measure {
	if whole == 0 {
		return measure{none: true}
	}
	p := float64(part) / float64(whole)
	return measure{scale: 2 * math.Asin(math.Sqrt(p)), times: math.Sqrt(float64(whole)), raw: p, back: func(s float64) float64 {
		return math.Pow(math.Sin(min(max(s, 0), math.Pi)/2), 2)
	}}
}

// each is how many there are of something for each of another.
func each(n, of int) measure {
	if of == 0 {
		return measure{none: true}
	}
	mean := float64(n) / float64(of)
	return measure{scale: 2 * math.Sqrt(mean), times: math.Sqrt(float64(of)), raw: mean, back: func(s float64) float64 { return s * s / 4 }}
}

// feature is one thing by which days are compared.
type feature struct {
	why Why
	of  func(p *person) measure
	own bool // more of it than colleagues is no reason unless it is more than one's own usual, too
}

func features() []feature {
	return []feature{
		{ManyCustomers, func(p *person) measure { return count(len(p.day.customers)) }, true},
		{NoContact, func(p *person) measure { return count(len(p.day.uncontacted)) }, false},
		{ManyReveals, func(p *person) measure { return count(p.day.reveals) }, true},
		{LooksEach, func(p *person) measure { return each(p.day.looks, len(p.day.contacts)) }, true},
		{LeftIdle, func(p *person) measure { return count(len(p.day.idle)) }, false},
		{HighValue, func(p *person) measure { return share(len(p.day.high), len(p.day.customers)) }, false},
		{OffHours, func(p *person) measure { return count(len(p.day.offShift)) }, true},
		{ManySearches, func(p *person) measure { return count(p.day.searches) }, true},
		{ManyExports, func(p *person) measure { return count(p.day.exports) }, true},
		{ManyPayments, func(p *person) measure { return count(p.day.payments) }, true},
		{ManyRefusals, func(p *person) measure { return count(p.day.refused) }, false},
		{ManyAhead, func(p *person) measure { return count(len(p.day.ahead)) }, true},
		{ManyListed, func(p *person) measure { return count(len(p.day.shown)) }, true},
		{OneApprover, (*person).approver, false},
	}
}

// approver is the share of one second person in what somebody sent within a month.
func (p *person) approver() measure {
	by, n, most := map[string]int{}, 0, 0
	for _, s := range p.sent {
		if s.approver != "" {
			n++
			by[s.approver]++
			most = max(most, by[s.approver])
		}
	}
	if n < 6 {
		return measure{none: true}
	}
	return share(most, n)
}

// usual is what is usual of somebody in one feature: how far they are from their group.
type usual struct {
	days   int
	last   int64   // the day it was seen last
	mean   float64 // of the distance
	spread float64 // mean of how far it is from that
	adds   float64 // what was beyond slack, added up
	ripens []float64
}

func (p *person) quietSince(today int64) int64 {
	last := int64(0)
	for _, u := range p.usual {
		last = max(last, u.last)
	}
	return today - last
}

// judge compares a feature of a group's day, and learns from it.
func (w *Watch) judge(f feature, of []measure) map[string]Reason {
	of = slices.DeleteFunc(of, func(m measure) bool { return m.none })
	middle, spread := middleOf(of)
	found := map[string]Reason{}
	for _, m := range of {
		p := w.people[m.id]
		u := p.usual[f.why]
		if u == nil {
			u = &usual{}
			p.usual[f.why] = u
		}
		distance := (m.scale - middle) * m.times
		peers := distance / max(1, spread)
		if len(of) < 4 { // a group of few says nothing of one
			peers = math.Inf(1)
		}
		own := math.Inf(1)
		if u.days >= learning {
			own = (distance - u.mean) / max(1, 1.25*u.spread) // of a normal spread, the mean distance is 0.8
		}
		by := min(peers, own)
		switch {
		case math.IsInf(by, 1):
			by = 0
		case !f.own && !math.IsInf(peers, 1) && peers > by:
			by = peers // what nobody else does needs no days before
		}
		if drift := u.learn(distance, own, w.today); drift >= drifted && peers > 1 {
			by = max(by, drift)
		}
		if by >= worth {
			found[m.id] = Reason{Why: f.why, Seen: m.raw, Usual: m.back(middle), Spread: math.Round(10*min(by, 99)) / 10}
		}
	}
	return found
}

// learn takes a day into what is usual, a week later: what grows slowly must not become
// its own measure. It gives what was beyond the usual and slack, added up over days
// (Page's cumulative sum, 1954).
func (u *usual) learn(distance, own float64, today int64) float64 {
	u.last = today
	if !math.IsInf(own, 1) {
		u.adds = max(0, u.adds+min(own, 3)-slack)
	}
	u.ripens = append(u.ripens, distance)
	if len(u.ripens) > 5 || u.days < learning {
		d := u.ripens[0]
		u.ripens = u.ripens[1:]
		u.days++
		rate := 1 / float64(min(u.days, memory))
		if u.days > learning { // what is far off teaches little
			limit := 2.5 * max(1, 1.25*u.spread)
			d = min(max(d, u.mean-limit), u.mean+limit)
		}
		off := math.Abs(d - u.mean)
		u.mean += rate * (d - u.mean)
		u.spread += rate * (off - u.spread)
	}
	if u.adds >= drifted {
		told := u.adds
		u.adds = 0
		return told
	}
	return 0
}

// middleOf is the median of a group's day and its spread: the median distance from it,
// as of a normal distribution.
func middleOf(of []measure) (middle, spread float64) {
	if len(of) == 0 {
		return 0, 0
	}
	var all []float64
	for _, m := range of {
		all = append(all, m.scale)
	}
	middle = median(all)
	for i, m := range of {
		all[i] = math.Abs(m.scale-middle) * m.times
	}
	return middle, 1.4826 * median(all)
}

// median sorts what it is given.
func median(of []float64) float64 {
	slices.Sort(of)
	n := len(of)
	if n%2 == 1 {
		return of[n/2]
	}
	return (of[n/2-1] + of[n/2]) / 2
}
