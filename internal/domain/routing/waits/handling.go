// Package waits says how long those in a queue have to wait, as a range that holds:
// it plays the very queue with the very agents many times, with handling times and
// patience learned from what was seen before, and corrects what comes out by how
// earlier promises ended. It is pure; flow/routing feeds it.
package waits

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
)

// remembered is how many handling times of a channel count, and fading after how
// many newer ones one counts half.
const (
	remembered = 800
	fading     = 250
)

// Handling learns how long agents have a conversation, for each channel, in
// seconds. What was learned last counts most.
type Handling struct {
	channels map[string]*law
	prior    float64
}

// NewHandling begins with a guess of the mean, in seconds, that what is learned soon
// outweighs.
func NewHandling(mean float64) *Handling {
	return &Handling{channels: map[string]*law{}, prior: mean}
}

// Learn adds a handling time that ended.
func (h *Handling) Learn(channel string, seconds float64) {
	if seconds < 0 || math.IsNaN(seconds) || math.IsInf(seconds, 0) {
		return
	}
	h.law(channel).add(seconds)
}

// Mean is the mean handling time of a channel, in seconds.
func (h *Handling) Mean(channel string) float64 { return h.law(channel).settle().mean }

func (h *Handling) law(channel string) *law {
	l := h.channels[channel]
	if l == nil {
		l = &law{}
		for i := range 9 { // a few, spread as handling times are: most short, some long
			l.add(h.prior * 0.75 * math.Exp(0.9*float64(i-4)/2.2))
		}
		h.channels[channel] = l
	}
	return l
}

// law is the distribution of what was seen, newer values with more weight.
type law struct {
	seen    []float64 // oldest first
	fresh   int       // added since it was settled
	sorted  []float64
	upTo    []float64 // the weight of sorted values up to each, in all 1
	mean    float64
	settled bool
}

func (l *law) add(seconds float64) {
	l.seen = append(l.seen, seconds)
	if len(l.seen) >= 2*remembered {
		l.seen = append(l.seen[:0], l.seen[len(l.seen)-remembered:]...)
	}
	l.fresh++
}

// settle works in what was added, now and then: sorting for each would take longer
// than it brings.
func (l *law) settle() *law {
	if l.settled && l.fresh < 1+len(l.sorted)/25 {
		return l
	}
	recent := l.seen[max(0, len(l.seen)-remembered):]
	type weighed struct{ value, weight float64 }
	all := make([]weighed, len(recent))
	total := 0.0
	for i, v := range recent {
		w := math.Exp2(-float64(len(recent)-1-i) / fading)
		all[i] = weighed{v, w}
		total += w
	}
	slices.SortFunc(all, func(a, b weighed) int {
		switch {
		case a.value < b.value:
			return -1
		case a.value > b.value:
			return 1
		}
		return 0
	})
	l.sorted, l.upTo, l.mean = l.sorted[:0], l.upTo[:0], 0
	sum := 0.0
	for _, a := range all {
		sum += a.weight / total
		l.mean += a.value * a.weight / total
		l.sorted, l.upTo = append(l.sorted, a.value), append(l.upTo, sum)
	}
	l.fresh, l.settled = 0, true
	return l
}

// draw gives a time longer than elapsed, which has passed already.
func (l *law) draw(elapsed float64, r *rand.Rand) float64 {
	first, below := 0, 0.0
	if elapsed > 0 {
		first = sort.SearchFloat64s(l.sorted, elapsed)
		if first > 0 {
			below = l.upTo[first-1]
		}
		if len(l.sorted)-first < 3 { // nearly nobody was seen to take so long: it may go on as long again
			return elapsed + r.ExpFloat64()*max(l.mean, elapsed/2)
		}
	}
	u := below + r.Float64()*(1-below)
	i := min(first+sort.SearchFloat64s(l.upTo[first:], u), len(l.sorted)-1)
	low := elapsed
	if i > 0 {
		low = max(low, l.sorted[i-1])
	}
	return low + r.Float64()*(l.sorted[i]-low)
}

// Patience learns how soon those who wait give up.
type Patience struct {
	gaveUp float64
	waited float64 // seconds, of all, whether served or not
}

// NewPatience begins with a guess of the mean, in seconds.
func NewPatience(mean float64) *Patience { return &Patience{gaveUp: 1, waited: mean} }

// Learn adds a wait that ended.
func (p *Patience) Learn(seconds float64, gaveUp bool) {
	const keep = 0.9995 // the last few thousand waits
	p.gaveUp, p.waited = p.gaveUp*keep, p.waited*keep
	p.waited += max(0, seconds)
	if gaveUp {
		p.gaveUp++
	}
}

// Mean is how long somebody waits before giving up, in seconds.
func (p *Patience) Mean() float64 { return p.waited / max(p.gaveUp, 1e-9) }
