package main

import (
	"context"
	"fmt"
	"os"

	"kefu/internal/app"
	"kefu/internal/platform/fault"
)

// runErase erases what a customer did for themselves. Conversations are not part of it:
// messages are removed at the desk.
func runErase(ctx context.Context, args []string) int {
	const use = "usage: kefu erase --issuer ISSUER [flags] CUSTOMER\n\nCUSTOMER is the wallet's id of the customer."
	f := newFlags("erase")
	issuer := f.String("issuer", "", "who knows the customer by that id")
	c, err := f.load(args, 1)
	if err != nil {
		return usageOr(err)
	}
	if *issuer == "" || len(f.positional) != 1 {
		fmt.Fprintln(os.Stderr, use)
		return 2
	}
	return fail(withStore(ctx, c, func(ctx context.Context, a *app.App) error {
		by := app.CommandLine()
		customer, err := a.Store.ActCustomer(ctx, by, *issuer, f.positional[0])
		if fault.Is(err, fault.NotFound) {
			return fault.New(fault.NotFound, "kefu erase", "%s knows nobody here by that id", *issuer)
		}
		if err != nil {
			return err
		}
		if err := a.Store.EraseFlowRuns(ctx, by, customer); err != nil {
			return err
		}
		if err := a.Store.EraseProofs(ctx, by, customer); err != nil {
			return err
		}
		erased, kept, err := a.Store.EraseActs(ctx, by, customer)
		if err == nil {
			fmt.Printf("runs and proofs are erased, and %d acts that never left; %d that may have reached the wallet stay as evidence, for 800 days after they are over\n", erased, kept)
		}
		return err
	}))
}
