package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"kefu/internal/app"
	"kefu/internal/domain/cases"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// runErase erases what a customer did for themselves. Conversations are not part of it:
// messages are removed at the desk. Neither are cases, which a law has kept.
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
		if err := a.Store.EraseContacts(ctx, by, customer); err != nil {
			return err
		}
		erased, kept, err := a.Store.EraseActs(ctx, by, customer)
		if err != nil {
			return err
		}
		fmt.Printf("runs, proofs, codes and the phrase are erased, and %d acts that never left; %d that may have reached the wallet stay as evidence, for 800 days after they are over\n", erased, kept)
		stay, err := a.Store.KeptCases(ctx, by, customer)
		if err == nil {
			fmt.Print(casesStay(stay))
		}
		return err
	}))
}

// casesStay says how many cases are not erased, under which law, and for how long.
func casesStay(all []cases.Held) string {
	if len(all) == 0 {
		return "there is no case of theirs\n"
	}
	var b strings.Builder
	b.WriteString("no case is erased before the law lets it go:\n")
	for _, h := range all {
		law := "under the law of \"" + h.Jurisdiction + "\""
		if h.Jurisdiction == "" {
			law = "of which nobody has said whose law counts"
		}
		fmt.Fprintf(&b, "  %d %s", h.Cases, law)
		if over := h.Cases - h.Open; over > 0 {
			fmt.Fprintf(&b, ", %d over and kept until %s at the latest", over, clock.FromMicros(h.Until).UTC().Format(time.DateOnly))
		}
		if h.Open > 0 {
			fmt.Fprintf(&b, ", %d still going on: its time begins when it is over", h.Open)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
