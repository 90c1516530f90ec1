package main

import (
	"context"
	"fmt"
	"os"

	"kefu/internal/app"
	"kefu/internal/platform/secret"
)

func runKeys(_ context.Context, args []string) int {
	if len(args) == 0 || (args[0] != "rotate" && args[0] != "check") {
		fmt.Fprintln(os.Stderr, "usage: kefu keys rotate|check [flags]")
		return 2
	}
	c, err := newFlags("keys "+args[0]).load(args[1:], 0)
	if err != nil {
		return usageOr(err)
	}
	if args[0] == "check" {
		files, err := app.CheckKeys(c)
		if err != nil {
			return fail(err)
		}
		fmt.Printf("the master key opens every key file (%d), and what was destroyed is gone\n", files)
		return 0
	}
	files, err := app.RotateKeys(c)
	if err != nil {
		return fail(err)
	}
	fmt.Printf("every key file is under the new master key (%d were changed)\n", files)
	if os.Getenv(secret.EnvMaster) != "" {
		fmt.Printf("now put the value of %s into %s, and remove the former\n", secret.EnvNextMaster, secret.EnvMaster)
	}
	return 0
}
