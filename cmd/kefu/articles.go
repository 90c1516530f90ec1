package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"

	"kefu/content"
	"kefu/internal/domain/knowledge"
	"kefu/internal/domain/outbound"
	"kefu/internal/flow/publishing"
)

// articlesResult is what `kefu articles check --json` prints.
type articlesResult struct {
	Articles int      `json:"articles"`
	Public   int      `json:"public"`
	Problems []string `json:"problems"`
}

const articlesUsage = `usage: kefu articles check [--dir FOLDER] [--json]`

// runArticles is `kefu articles check`: it says what is wrong with a folder of articles.
func runArticles(_ context.Context, args []string) int {
	if len(args) == 0 || args[0] != "check" {
		fmt.Fprintln(os.Stderr, articlesUsage)
		return 2
	}
	f := flag.NewFlagSet("kefu articles check", flag.ContinueOnError)
	dir := f.String("dir", "", "folder of articles; default: those that the program brings along")
	asJSON := f.Bool("json", false, "print one JSON object as the last line")
	if _, err := parseArgs(f, args[1:], 0); err != nil {
		return usageOr(err)
	}
	result, err := checkArticles(*dir)
	if err != nil {
		return fail(err)
	}
	for _, p := range result.Problems {
		fmt.Fprintln(os.Stderr, p)
	}
	if *asJSON {
		_ = json.NewEncoder(os.Stdout).Encode(result) // a closed pipe is no matter of ours
	} else {
		fmt.Printf("%d articles, %d of them public: %d problems\n", result.Articles, result.Public, len(result.Problems))
	}
	if len(result.Problems) > 0 {
		return 1
	}
	return 0
}

func checkArticles(dir string) (articlesResult, error) {
	parts := make([]fs.FS, 0, 3)
	for _, part := range []struct {
		files fs.FS
		name  string
	}{{content.Articles, "articles"}, {content.Flows, "flows"}, {content.Jurisdictions, "jurisdictions"}} {
		sub, err := fs.Sub(part.files, part.name)
		if err != nil {
			return articlesResult{}, fmt.Errorf("articles: %w", err)
		}
		parts = append(parts, sub)
	}
	if dir != "" {
		parts[0] = os.DirFS(dir)
	}
	shipped, err := publishing.Ship(parts[0], parts[1], parts[2])
	if err != nil {
		return articlesResult{}, err
	}
	filter, err := outbound.New()
	if err != nil {
		return articlesResult{}, err
	}
	out := articlesResult{Articles: len(shipped.Articles), Problems: []string{}}
	for _, a := range shipped.Articles {
		if a.Audience == knowledge.Public {
			out.Public++
		}
	}
	for _, p := range shipped.Check(filter) {
		out.Problems = append(out.Problems, p.String())
	}
	return out, nil
}
