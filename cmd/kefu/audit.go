package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"kefu/internal/app"
)

func runAudit(ctx context.Context, args []string) int {
	if len(args) == 0 || args[0] != "verify" {
		fmt.Fprintln(os.Stderr, "usage: kefu audit verify [flags]")
		return 2
	}
	f := newFlags("audit verify")
	asJSON := f.Bool("json", false, "print one JSON object")
	c, err := f.load(args[1:], 0)
	if err != nil {
		return usageOr(err)
	}
	report, err := app.VerifyAudit(ctx, c)
	if err != nil {
		return fail(err)
	}
	if *asJSON {
		return fail(json.NewEncoder(os.Stdout).Encode(report))
	}
	fmt.Printf("%d records, %d messages compared, %d signed heads\n", report.Records, report.Messages, report.Heads)
	if !report.OK {
		return fail(errors.New(report.Reason))
	}
	fmt.Printf("the chain is whole; proven up to record %d\n", report.UnprovenAfter)
	return 0
}
