package main

import (
	"context"
	"fmt"

	"kefu/internal/app"
)

// runRestored is for who has put the database back from a backup: nothing that this
// database takes for unsent is sent before the wallet was asked for it.
func runRestored(ctx context.Context, args []string) int {
	c, err := newFlags("restored").load(args, 0)
	if err != nil {
		return usageOr(err)
	}
	return fail(withStore(ctx, c, func(ctx context.Context, a *app.App) error {
		doubted, err := a.Store.DoubtActs(ctx, app.CommandLine())
		if err == nil {
			fmt.Printf("the wallet is asked what became of each of %d acts before anything else happens to them\n", doubted)
		}
		return err
	}))
}
