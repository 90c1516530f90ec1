package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"kefu/internal/bench/guardeval"
	"kefu/internal/domain/guard"
)

func runEval(ctx context.Context, args []string) int {
	if len(args) > 0 && args[0] == "safety" {
		return runSafety(ctx, args[1:])
	}
	if len(args) > 0 && args[0] == "articles" {
		return evalArticles(args[1:])
	}
	if len(args) > 0 && args[0] == "enumeration" {
		return runEnumeration(ctx, args[1:])
	}
	if len(args) > 0 && args[0] == "insiders" {
		return runInsiders(args[1:])
	}
	if len(args) == 0 || args[0] != "guard" {
		fmt.Fprintln(os.Stderr, "usage: kefu eval guard --test FILE.jsonl [--json]\n       kefu eval safety [--seed N] [--runs N] [--run N] [--disable CHECK] [--act ACT] [--json]\n       kefu eval enumeration [--rounds N] [--json]\n       kefu eval articles --test FILE.csv --labels FILE [--column C] [--lang L] [--show] [--json]\n       kefu eval insiders [--seed N] [--plays N] [--effort X] [--json]")
		return 2
	}
	f := flag.NewFlagSet("kefu eval guard", flag.ContinueOnError)
	test := f.String("test", "", "file of lines {text, lang, spans:[{start,end,class}]}")
	asJSON := f.Bool("json", false, "print one JSON object as the last line")
	shown := f.Int("show", 20, "how many misses and false alarms to show")
	if _, err := parseArgs(f, args[1:], 0); err != nil {
		return usageOr(err)
	}
	if *test == "" {
		fmt.Fprintln(os.Stderr, "kefu eval guard: --test FILE.jsonl is missing")
		return 2
	}
	file, err := os.Open(*test)
	if err != nil {
		return fail(err)
	}
	defer file.Close()
	detector, err := guard.New()
	if err != nil {
		return fail(err)
	}
	result, err := guardeval.Run(ctx, detector, file)
	if err != nil {
		return fail(err)
	}
	if err := result.Report(os.Stderr, *shown); err != nil {
		return fail(err)
	}
	if *asJSON {
		return fail(json.NewEncoder(os.Stdout).Encode(result))
	}
	fmt.Printf("recall %.4f, false alarms %.4f, p50 %.1f µs, p99 %.1f µs (at least 0.995, at most 0.002, p99 at most 2000 µs)\n", result.Recall, result.FalseAlarmRate, result.P50Micros, result.P99Micros)
	return 0
}
