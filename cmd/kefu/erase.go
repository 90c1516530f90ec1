package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"kefu/internal/app"
	"kefu/internal/domain/privacy"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// runErase erases a customer as far as no law and no case keeps anything, and says what
// stays, why, and until when.
func runErase(ctx context.Context, args []string) int {
	const use = "usage: kefu erase --issuer ISSUER [--plan] [flags] CUSTOMER\n\nCUSTOMER is the wallet's id of the customer. --plan says what would be erased, and erases nothing."
	f := newFlags("erase")
	issuer := f.String("issuer", "", "who knows the customer by that id")
	only := f.Bool("plan", false, "say what would be erased and what would stay, and change nothing")
	c, err := f.load(args, 1)
	if err != nil {
		return usageOr(err)
	}
	if *issuer == "" || len(f.positional) != 1 {
		fmt.Fprintln(os.Stderr, use)
		return 2
	}
	return fail(withStore(ctx, c, func(ctx context.Context, a *app.App) error {
		customer, err := a.Store.ActCustomer(ctx, app.CommandLine(), *issuer, f.positional[0])
		if fault.Is(err, fault.NotFound) {
			return fault.New(fault.NotFound, "kefu erase", "%s knows nobody here by that id", *issuer)
		}
		if err != nil {
			return err
		}
		if *only {
			plan, err := a.Privacy.Plan(ctx, customer)
			fmt.Print(told(plan, "would be erased"))
			return err
		}
		x, err := a.Privacy.Erase(ctx, privacy.Erasure{CustomerID: customer})
		if err != nil {
			return err
		}
		fmt.Print(told(x.Did, "erased"))
		if x.State == privacy.Partly {
			fmt.Println("what stays is looked at again by the server when its time is over; the audit chain has the proof (customer.erase)")
		}
		return nil
	}))
}

// told says of each kind of thing how much went and how much stays, why, and until when.
func told(plan privacy.Plan, done string) string {
	var b strings.Builder
	for _, h := range plan {
		if h.Erase > 0 {
			fmt.Fprintf(&b, "%-11s %d %s\n", h.Category, h.Erase, done)
		}
		if h.Keep == 0 {
			continue
		}
		why := make([]string, len(h.Why))
		for i, r := range h.Why {
			why[i] = because(r)
		}
		fmt.Fprintf(&b, "%-11s %d kept: %s", h.Category, h.Keep, strings.Join(why, "; "))
		if h.Until != 0 {
			fmt.Fprintf(&b, ", until %s at the latest", clock.FromMicros(h.Until).UTC().Format(time.DateOnly))
		}
		b.WriteByte('\n')
	}
	if b.Len() == 0 {
		return "nothing of theirs is kept\n"
	}
	return b.String()
}

func because(r privacy.Reason) string {
	switch r {
	case privacy.OpenCase:
		return "a case of theirs goes on"
	case privacy.CaseLaw:
		return "the law of a case has it kept"
	case privacy.Hold:
		return "somebody put a case on hold"
	case privacy.Money:
		return "evidence of what was done with money, for 800 days after it is over"
	default:
		return string(r)
	}
}
