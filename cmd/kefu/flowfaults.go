package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"kefu/internal/flowcheck"
)

// Walks of each fault, and combinations, when nobody says how many.
const (
	faultWalks = 12
	faultSets  = 200
)

// testFaults has customers walk through the flows while something is wrong with the
// wallet. Which is all, random, or names with commas.
func testFaults(ctx context.Context, dir, which string, seed uint64, walks int, asJSON bool) int {
	if walks < 1 {
		fmt.Fprintln(os.Stderr, "kefu flow test: --walks is less than 1")
		return 2
	}
	of := flowcheck.Example()
	p := flowcheck.Plan{Seed: seed, Walks: walks}
	switch which {
	case "all":
	case "random":
		p.Random = faultSets
	default:
		p.Faults = strings.Split(which, ",")
	}
	c, _, err := loadFlows(dir)
	if err != nil {
		return fail(err)
	}
	if p.Dir, err = os.MkdirTemp("", "kefu-flows-*"); err != nil {
		return fail(err)
	}
	defer os.RemoveAll(p.Dir)
	p.Tell = func(t flowcheck.Tried) {
		for _, why := range t.Wrong {
			fmt.Fprintf(os.Stderr, "%s: %s\n", t, why)
		}
	}
	r, err := flowcheck.Campaign(ctx, c, of, p)
	if err != nil {
		return fail(err)
	}
	fmt.Fprintf(os.Stderr, "seed %d: %d faults, %d walks, %d requests, %d commands, %d things done; the longest wait %.1f s; %d not as they should be; %.0f s\n",
		r.Seed, r.Faults, r.Walks, r.Asked, r.Sent, r.Effects, r.Slowest, len(r.Wrong), r.Seconds)
	if asJSON {
		return fail(json.NewEncoder(os.Stdout).Encode(r))
	}
	if len(r.Wrong) > 0 {
		return 1
	}
	return 0
}
