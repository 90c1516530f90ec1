package main

import (
	"context"
	"fmt"
	"os"

	"kefu/internal/app"
	"kefu/internal/platform/fault"
)

// runActs is for what no program can find out: a person enters whether an act happened that
// is in doubt, when the wallet may have forgotten it.
func runActs(ctx context.Context, args []string) int {
	const use = "usage: kefu acts settle --reason TEXT [flags] ID done|not-done\n\nID is the id of an act that is in doubt for more than a day. TEXT says how it was found out, such as\nthe number of a ticket at the wallet; it is kept in the audit chain: no names, and no secrets."
	if len(args) == 0 || args[0] != "settle" {
		fmt.Fprintln(os.Stderr, use)
		return 2
	}
	f := newFlags("acts settle")
	reason := f.String("reason", "", "how it was found out")
	c, err := f.load(args[1:], 2)
	if err != nil {
		return usageOr(err)
	}
	if *reason == "" || len(f.positional) != 2 || (f.positional[1] != "done" && f.positional[1] != "not-done") {
		fmt.Fprintln(os.Stderr, use)
		return 2
	}
	return fail(withStore(ctx, c, func(ctx context.Context, a *app.App) error {
		k, err := a.Store.FoundAct(ctx, app.CommandLine(), f.positional[0], f.positional[1] == "done", *reason)
		if fault.Is(err, fault.NotFound) {
			return fault.New(fault.NotFound, "kefu acts settle", "no act has the id %s", f.positional[0])
		}
		if err == nil {
			fmt.Printf("%s, which was to %s, is %s; it keeps nothing back any more\n", k.ID, k.Command.Act, k.State)
		}
		return err
	}))
}
