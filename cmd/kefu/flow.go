package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kefu/content"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/rewarding"
	"kefu/internal/flow/selfservice"
	"kefu/internal/flow/selfservice/golden"
	"kefu/internal/flow/selfservice/loyalty"
	"kefu/internal/flow/selfservice/subjects"
	"kefu/internal/flowcheck"
)

// flowResult is what `kefu flow test --json` prints.
type flowResult struct {
	Conversations int      `json:"conversations"`
	Languages     int      `json:"languages"`
	Wrong         []string `json:"wrong"` // the ids of those that are not as they should be
}

// maxIDs bounds the ids of one command.
const maxIDs = 1000

const flowUsage = `usage: kefu flow test [--dir FOLDER] [--write] [--json]
       kefu flow test --over process,http [--dir FOLDER] [--json] [ID ...]
       kefu flow test --faults all|random|NAME[+NAME],... [--seed N] [--walks N] [--dir FOLDER] [--json]`

// runFlow is `kefu flow test`: it walks the golden conversations through the flows.
func runFlow(ctx context.Context, args []string) int {
	if len(args) == 0 || args[0] != "test" {
		fmt.Fprintln(os.Stderr, flowUsage)
		return 2
	}
	f := flag.NewFlagSet("kefu flow test", flag.ContinueOnError)
	dir := f.String("dir", "", "folder of flows, with the conversations in golden; default: those that the program brings along")
	write := f.Bool("write", false, "with --dir: write down what is seen as what should be")
	asJSON := f.Bool("json", false, "print one JSON object as the last line")
	over := f.String("over", "", "walk them over the demo's wallet and its simulator: process, http or both with a comma, which have to go alike")
	faults := f.String("faults", "", "walk customers through the flows over a wallet with faults: all, each in turn; random combinations; or names with commas")
	seed := f.Uint64("seed", 1, "with --faults: of what is random")
	walks := f.Int("walks", faultWalks, "with --faults: of each fault or combination")
	ids, err := parseArgs(f, args[1:], maxIDs)
	if err != nil {
		return usageOr(err)
	}
	if *faults != "" && *over == "" && !*write && len(ids) == 0 {
		return testFaults(ctx, *dir, *faults, *seed, *walks, *asJSON)
	}
	if *over != "" && !*write && *faults == "" {
		return testOver(ctx, *dir, *over, ids, *asJSON)
	}
	if len(ids) > 0 || *over != "" || *faults != "" {
		fmt.Fprintln(os.Stderr, flowUsage)
		return 2
	}
	if *write && *dir == "" {
		fmt.Fprintln(os.Stderr, "kefu flow test: --write needs --dir")
		return 2
	}
	result, err := testFlows(ctx, *dir, *write)
	if err != nil {
		return fail(err)
	}
	fmt.Fprintf(os.Stderr, "%d conversations in %d languages, %d not as they should be\n", result.Conversations, result.Languages, len(result.Wrong))
	if *asJSON {
		return fail(json.NewEncoder(os.Stdout).Encode(result))
	}
	if len(result.Wrong) > 0 {
		return 1
	}
	return 0
}

func testFlows(ctx context.Context, dir string, write bool) (flowResult, error) {
	result := flowResult{Languages: len(golden.Languages()), Wrong: []string{}}
	c, all, err := loadFlows(dir)
	if err != nil {
		return result, err
	}
	w := golden.Walker{Flows: c.Flows, Failures: c.Failures, Guard: c.Guard}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		c := all[name]
		result.Conversations++
		if write {
			seen, err := w.Walk(ctx, c)
			if err != nil {
				result.Wrong = append(result.Wrong, c.ID)
				fmt.Fprintf(os.Stderr, "%s: %v\n", c.ID, err)
				continue
			}
			text, err := golden.Write(c, seen)
			if err != nil {
				return result, err
			}
			if err := os.WriteFile(filepath.Join(dir, "golden", name), text, 0o644); err != nil {
				return result, err
			}
			continue
		}
		wrong, err := w.Check(ctx, c)
		if err != nil {
			wrong = append(wrong, err.Error())
		}
		if len(wrong) > 0 {
			result.Wrong = append(result.Wrong, c.ID)
			for _, line := range wrong {
				fmt.Fprintf(os.Stderr, "%s: %s\n", c.ID, line)
			}
		}
	}
	return result, nil
}

// loadFlows reads the flows of a folder, or those that the program brings along, with
// their golden conversations. Errors: Invalid.
func loadFlows(dir string) (c flowcheck.Content, all map[string]golden.Conversation, err error) {
	files, err := fs.Sub(content.Flows, "flows")
	if err != nil {
		return c, nil, err
	}
	if dir != "" {
		files = os.DirFS(dir)
	}
	if c.Codes, err = fs.Sub(content.Failures, "failures"); err != nil {
		return c, nil, err
	}
	words, err := rewarding.Load(content.Points)
	if err != nil {
		return c, nil, err
	}
	if c.Reads, err = subjects.All(subjects.Deps{Loyalty: loyalty.Deps{Words: words}}); err != nil {
		return c, nil, err
	}
	if c.Flows, c.Failures, err = selfservice.LoadFlows(files, c.Codes, c.Reads.Declared()); err != nil {
		return c, nil, err
	}
	if c.Guard, err = guard.New(); err != nil {
		return c, nil, err
	}
	talks, err := fs.Sub(files, "golden")
	if err != nil {
		return c, nil, err
	}
	all, err = golden.Load(talks)
	return c, all, err
}

// testOver walks the golden conversations over the demo's wallet.
func testOver(ctx context.Context, dir, over string, ids []string, asJSON bool) int {
	var ways []flowcheck.Way
	for name := range strings.SplitSeq(over, ",") {
		way := flowcheck.Way(name)
		if !slices.Contains(flowcheck.Ways(), way) || slices.Contains(ways, way) {
			fmt.Fprintf(os.Stderr, "kefu flow test: --over %q is neither process nor http\n", name)
			return 2
		}
		ways = append(ways, way)
	}
	for _, id := range ids {
		if why := flowcheck.Beyond()[id]; why != "" {
			fmt.Fprintf(os.Stderr, "kefu flow test: %s cannot be brought about: %s\n", id, why)
			return 2
		}
		if !slices.Contains(flowcheck.Staged(), id) {
			fmt.Fprintf(os.Stderr, "kefu flow test: nobody has said how the demo's wallet brings %s about\n", id)
			return 2
		}
	}
	c, all, err := loadFlows(dir)
	if err != nil {
		return fail(err)
	}
	at, err := os.MkdirTemp("", "kefu-flows-*")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(at)
	walked, err := flowcheck.Over(ctx, c, all, flowcheck.Options{Dir: at, Ways: ways, Only: ids})
	if err != nil {
		return fail(err)
	}
	for _, w := range walked.Wrong {
		fmt.Fprintln(os.Stderr, w)
	}
	fmt.Fprintf(os.Stderr, "%d conversations in %d languages over %s, %d not as they should be; %d are beyond the demo's wallet; %.0f s\n",
		walked.Conversations, walked.Languages, over, len(walked.Wrong), len(walked.Beyond), walked.Seconds)
	if asJSON {
		return fail(json.NewEncoder(os.Stdout).Encode(walked))
	}
	if len(walked.Wrong) > 0 {
		return 1
	}
	return 0
}
