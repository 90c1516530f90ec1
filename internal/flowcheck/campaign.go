package flowcheck

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"kefu/internal/flowcheck/network"
	"kefu/internal/platform/fault"
)

// Plan is which faults are tried.
type Plan struct {
	Dir    string
	Seed   uint64
	Walks  int      // of each fault, or combination
	Faults []string // each in turn, those with a plus between them together; none: every one
	Random int      // that many random combinations of two or three instead
	Tell   func(Tried)
}

// Report is what came of a plan.
type Report struct {
	Seed    uint64   `json:"seed"`
	Faults  int      `json:"faults"` // tried, combinations too
	Walks   int      `json:"walks"`
	Asked   int      `json:"asked"`    // requests that got to the wallet
	Sent    int      `json:"commands"` // of them commands
	Effects int      `json:"effects"`  // what was done in the wallet
	Slowest float64  `json:"slowest_seconds"`
	Wrong   []string `json:"wrong"`
	Lies    []string `json:"not_judged"` // faults with which nobody can tell what was done, and what the wallet lies about
	Seconds float64  `json:"seconds"`
}

// Known lists every fault that can be tried.
func (r Reference) Known() []string { return slices.Concat(r.Faults, network.Names()) }

// Campaign tries faults by a plan. Errors: Invalid for a fault that there is not; those
// of the store and of listening.
func Campaign(ctx context.Context, c Content, of Reference, p Plan) (Report, error) {
	began := time.Now()
	r := Report{Seed: p.Seed, Wrong: []string{}, Lies: []string{}}
	for _, name := range slices.Sorted(maps.Keys(of.Lies)) {
		r.Lies = append(r.Lies, fmt.Sprintf("%s: the wallet says %s", name, of.Lies[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(of.Denials)) {
		r.Lies = append(r.Lies, fmt.Sprintf("%s, beside another: the wallet says %s", name, of.Denials[name]))
	}
	for _, set := range p.sets(of) {
		for _, name := range set {
			if !slices.Contains(of.Known(), name) {
				return r, fault.New(fault.Invalid, "flowcheck.Campaign", "there is no fault %q", name)
			}
		}
	}
	d, err := NewDriller(ctx, c, of, p.Dir)
	if err != nil {
		return r, err
	}
	for i, set := range p.sets(of) {
		r.Faults++
		for n := 0; n < p.Walks; n += walksOfOne {
			seed := p.Seed + uint64(i) + uint64(n/walksOfOne)*1009
			tried, err := d.Try(ctx, Tries{Seed: seed, Walks: min(walksOfOne, p.Walks-n)}, set...)
			if err != nil {
				return r, err
			}
			if ctx.Err() != nil {
				return r, ctx.Err()
			}
			r.add(tried)
			if p.Tell != nil {
				p.Tell(tried)
			}
		}
	}
	r.Seconds = time.Since(began).Seconds()
	return r, nil
}

// walksOfOne is how many walks one wallet is good for: what was frozen or refunded once
// is not any more.
const walksOfOne = 4

func (r *Report) add(t Tried) {
	r.Walks, r.Asked, r.Sent, r.Effects, r.Slowest = r.Walks+t.Walks, r.Asked+t.Asked, r.Sent+t.Sent, r.Effects+t.Effects, max(r.Slowest, t.Slowest)
	for _, why := range t.Wrong {
		r.Wrong = append(r.Wrong, fmt.Sprintf("%s: %s", t, why))
	}
}

// sets are the faults that are tried together, one set after another.
func (p Plan) sets(of Reference) [][]string {
	var all [][]string
	if p.Random > 0 {
		random, known := rand.New(rand.NewPCG(p.Seed, 2)), of.Known()
		for range p.Random {
			set := []string{}
			for range 2 + random.IntN(2) {
				if name := known[random.IntN(len(known))]; !slices.Contains(set, name) {
					set = append(set, name)
				}
			}
			all = append(all, set)
		}
		return all
	}
	names := p.Faults
	if len(names) == 0 {
		names = of.Known()
	}
	for _, name := range names {
		all = append(all, strings.Split(name, "+"))
	}
	return all
}

// String is a fault with its seed, to try it again.
func (f Tried) String() string {
	return fmt.Sprintf("--faults %s --seed %d --walks %d", strings.Join(f.Faults, "+"), f.Seed, f.Walks)
}
