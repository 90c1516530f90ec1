package main

import (
	"context"
	"fmt"
	"os"

	"kefu/internal/app"
)

func runJobs(ctx context.Context, args []string) int {
	if len(args) == 0 || args[0] != "retry" {
		fmt.Fprintln(os.Stderr, "usage: kefu jobs retry [flags]")
		return 2
	}
	c, err := newFlags("jobs retry").load(args[1:], 0)
	if err != nil {
		return usageOr(err)
	}
	return fail(withStore(ctx, c, func(ctx context.Context, a *app.App) error {
		armed, err := a.Store.RearmJobs(ctx, app.CommandLine())
		if err == nil {
			fmt.Printf("%d jobs are tried again; a running server begins within half a minute\n", armed)
		}
		return err
	}))
}
