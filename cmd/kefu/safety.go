package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"kefu/content"
	"kefu/internal/domain/wallet"
	"kefu/internal/safety"
)

// runSafety has the adversary at what Kefu does in the wallet. It ends with 1 when a
// rule was broken, or, with a check switched off, when nobody noticed.
func runSafety(ctx context.Context, args []string) int {
	f := flag.NewFlagSet("kefu eval safety", flag.ContinueOnError)
	seed := f.Uint64("seed", 1, "of the runs: the same seed gives the same ones")
	runs := f.Uint64("runs", 1_000_000, "how many")
	run := f.Int64("run", -1, "play this run alone")
	off := f.String("disable", "", "switch one check off, and see whether that is noticed")
	wish := f.String("act", "", "have nothing but this act tried")
	workers := f.Int("workers", 0, "runs beside each other; 0: as many as there are processors")
	asJSON := f.Bool("json", false, "print one JSON object as the last line")
	if _, err := parseArgs(f, args, 0); err != nil {
		return usageOr(err)
	}
	if *off != "" && !slices.Contains(safety.Checks(), safety.Check(*off)) {
		fmt.Fprintf(os.Stderr, "kefu eval safety: there is no check %q; there are %v\n", *off, safety.Checks())
		return 2
	}
	if *wish != "" && !slices.Contains(safety.Wishes(), wallet.Act(*wish)) {
		fmt.Fprintf(os.Stderr, "kefu eval safety: the adversary does not try %q; it tries %v\n", *wish, safety.Wishes())
		return 2
	}
	codes, err := fs.Sub(content.Failures, "failures")
	if err != nil {
		return fail(err)
	}
	o := safety.Options{
		Codes: codes, Seed: *seed, Runs: *runs, Disable: safety.Check(*off), Wish: wallet.Act(*wish), Workers: *workers, Only: *run >= 0, Run: uint64(max(*run, 0)),
		Tell: func(n uint64) { fmt.Fprintf(os.Stderr, "%d runs\n", n) },
	}
	result, err := safety.Run(ctx, o)
	if err != nil { // interrupted: what was found so far is told all the same
		_ = result.Report(os.Stderr)
		return fail(err)
	}
	if err := result.Report(os.Stderr); err != nil {
		return fail(err)
	}
	if *asJSON {
		if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
			return fail(err)
		}
	}
	if !result.Met {
		return 1
	}
	return 0
}
