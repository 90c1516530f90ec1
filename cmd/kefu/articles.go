package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"

	"kefu/content"
	"kefu/internal/bench/articlebench"
	"kefu/internal/bench/articleeval"
	"kefu/internal/domain/knowledge"
	"kefu/internal/domain/knowledge/folder"
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

// shippedArticles reads a folder of articles, or those that the program brings along.
func shippedArticles(dir string) (*publishing.Shipped, error) {
	parts := make([]fs.FS, 0, 3)
	for _, part := range []struct {
		files fs.FS
		name  string
	}{{content.Articles, "articles"}, {content.Flows, "flows"}, {content.Jurisdictions, "jurisdictions"}} {
		sub, err := fs.Sub(part.files, part.name)
		if err != nil {
			return nil, fmt.Errorf("articles: %w", err)
		}
		parts = append(parts, sub)
	}
	if dir != "" {
		parts[0] = os.DirFS(dir)
	}
	return publishing.Ship(parts[0], parts[1], parts[2])
}

func checkArticles(dir string) (articlesResult, error) {
	shipped, err := shippedArticles(dir)
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

// evalArticles is `kefu eval articles`: whether questions find the right article.
func evalArticles(args []string) int {
	f := flag.NewFlagSet("kefu eval articles", flag.ContinueOnError)
	test := f.String("test", "", "file of questions, comma-separated values with a head")
	column := f.String("column", "text", "the column of the questions")
	labels := f.String("labels", "", "file of labels: a row's number, and the ids of the articles that are right; none where none is")
	lang := f.String("lang", "en", "the language that is searched in")
	show := f.Bool("show", false, "print the questions that were missed")
	asJSON := f.Bool("json", false, "print one JSON object as the last line")
	if _, err := parseArgs(f, args, 0); err != nil {
		return usageOr(err)
	}
	if *test == "" || *labels == "" {
		fmt.Fprintln(os.Stderr, "kefu eval articles: --test FILE.csv or --labels FILE is missing")
		return 2
	}
	questions, result, err := measureArticles(*test, *column, *labels, *lang)
	if err != nil {
		return fail(err)
	}
	if *show {
		for _, m := range result.Missed {
			fmt.Fprintf(os.Stderr, "%d %s\n    want %v, found %v\n", m.Row, questions[m.Row], m.Want, m.Found)
		}
	}
	if *asJSON {
		return fail(json.NewEncoder(os.Stdout).Encode(result))
	}
	fmt.Printf("%s: %d asked, %d have an article: right first %.3f, in the first three %.3f (at least 0.90), p50 %.2f ms\n", result.Language, result.Asked, result.Answered, result.First, result.Three, result.P50Millis)
	return 0
}

func measureArticles(test, column, labels, lang string) (questions []string, result articleeval.Result, err error) {
	file, err := os.Open(test)
	if err != nil {
		return nil, result, err
	}
	defer file.Close()
	if questions, err = articleeval.Questions(file, column); err != nil {
		return nil, result, err
	}
	marks, err := os.Open(labels)
	if err != nil {
		return nil, result, err
	}
	defer marks.Close()
	list, err := articleeval.Labels(marks)
	if err != nil {
		return nil, result, err
	}
	shipped, err := shippedArticles("")
	if err != nil {
		return nil, result, err
	}
	result, err = articleeval.Run(shipped.Shelf(), lang, questions, list)
	return questions, result, err
}

// benchArticles is `kefu bench articles`: how long a search for articles takes.
func benchArticles(args []string) int {
	f := flag.NewFlagSet("kefu bench articles", flag.ContinueOnError)
	n := f.Int("articles", 10_000, "articles of each language")
	searches := f.Int("searches", 2_000, "searches of each language")
	seed := f.Uint64("seed", 1, "of what is random")
	asJSON := f.Bool("json", false, "print one JSON object as the last line")
	if _, err := parseArgs(f, args, 0); err != nil {
		return usageOr(err)
	}
	if *n < 1 || *n > folder.MaxArticles || *searches < 1 || *searches > 1_000_000 {
		fmt.Fprintf(os.Stderr, "kefu bench articles: --articles is 1 to %d, --searches 1 to 1000000\n", folder.MaxArticles)
		return 2
	}
	shipped, err := shippedArticles("")
	if err != nil {
		return fail(err)
	}
	out := map[string]any{"articles": *n, "limit_p99_ms": articlebench.Limit}
	for _, lang := range []string{"en", "zh"} {
		r, err := articlebench.Run(shipped.Articles, lang, shipped.Same[lang], articlebench.Options{Articles: *n, Searches: *searches, Seed: *seed})
		if err != nil {
			return fail(err)
		}
		fmt.Fprintf(os.Stderr, "%s: %d articles built in %.1f s, p50 %.2f ms, p99 %.2f ms (at most %d ms)\n", lang, r.Articles, r.BuildSec, r.P50, r.P99, articlebench.Limit)
		out[lang] = r
	}
	if *asJSON {
		return fail(json.NewEncoder(os.Stdout).Encode(out))
	}
	return 0
}
