package main

import (
	"context"
	"fmt"
	"os"

	"kefu/internal/app"
)

func runDoctor(ctx context.Context, args []string) int {
	c, err := newFlags("doctor").load(args, 0)
	if err != nil {
		return usageOr(err)
	}
	ok := true
	for _, finding := range app.Examine(ctx, c, app.ThisMachine()) {
		mark := "ok  "
		switch {
		case finding.Wrong != "":
			mark, ok = "BAD ", false
		case finding.Hint != "":
			mark = "note"
		}
		fmt.Fprintf(os.Stdout, "%-5s%-14s %s%s%s\n", mark, finding.What, finding.Fact, finding.Wrong, finding.Hint)
	}
	if !ok {
		return 1
	}
	return 0
}
