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

	"kefu/content"
	"kefu/internal/domain/guard"
	"kefu/internal/flow/selfservice"
	"kefu/internal/flow/selfservice/golden"
)

// flowResult is what `kefu flow test --json` prints.
type flowResult struct {
	Conversations int      `json:"conversations"`
	Languages     int      `json:"languages"`
	Wrong         []string `json:"wrong"` // the ids of those that are not as they should be
}

// runFlow is `kefu flow test`: it walks the golden conversations through the flows.
func runFlow(ctx context.Context, args []string) int {
	if len(args) == 0 || args[0] != "test" {
		fmt.Fprintln(os.Stderr, "usage: kefu flow test [--dir FOLDER] [--write] [--json]")
		return 2
	}
	f := flag.NewFlagSet("kefu flow test", flag.ContinueOnError)
	dir := f.String("dir", "", "folder of flows, with the conversations in golden; default: those that the program brings along")
	write := f.Bool("write", false, "with --dir: write down what is seen as what should be")
	asJSON := f.Bool("json", false, "print one JSON object as the last line")
	if _, err := parseArgs(f, args[1:], 0); err != nil {
		return usageOr(err)
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
	files, err := fs.Sub(content.Flows, "flows")
	if err != nil {
		return result, err
	}
	if dir != "" {
		files = os.DirFS(dir)
	}
	codes, err := fs.Sub(content.Failures, "failures")
	if err != nil {
		return result, err
	}
	w := golden.Walker{}
	if w.Flows, w.Failures, err = selfservice.LoadFlows(files, codes); err != nil {
		return result, err
	}
	if w.Guard, err = guard.New(); err != nil {
		return result, err
	}
	talks, err := fs.Sub(files, "golden")
	if err != nil {
		return result, err
	}
	all, err := golden.Load(talks)
	if err != nil {
		return result, err
	}
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
