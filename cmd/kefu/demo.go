package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"kefu/internal/app"
)

func runDemo(ctx context.Context, args []string) int {
	f := newFlags("demo")
	profile := f.String("cpu-profile", "", "write a processor profile to this file")
	bare := f.Bool("bare", false, "begin without conversations of the past")
	cooling := f.Int("cooling-off", 0, "days in which customers of the demo's wallet may take the closure of their account back, 7 to 14; 0 is as it is delivered")
	c, err := f.load(args, 0)
	if err != nil {
		return usageOr(err)
	}
	if err := app.CheckCoolingOff(*cooling); err != nil {
		return fail(err)
	}
	tuneMemory()
	stop, err := profileTo(*profile)
	if err != nil {
		return fail(err)
	}
	defer stop()
	demo, fresh, err := app.PrepareDemo(&c)
	if err != nil {
		return fail(err)
	}
	demo.Bare, demo.CoolingOff = *bare, *cooling
	log := logger(c, os.Stderr)
	a, err := app.Build(ctx, c, version(), log)
	if err != nil {
		return failServing(log, err)
	}
	beside, err := a.DemoWorkers(demo, fresh, func() { greet(demo, c.Data) })
	if err != nil {
		return failServing(log, errors.Join(err, a.Close()))
	}
	return failServing(log, errors.Join(a.Run(ctx, beside), a.Close()))
}

// greet says where to go and as whom.
func greet(d *app.Demo, data string) {
	fmt.Printf("\nKefu is running.\n\n  Ask as a customer:   %s\n  Answer as an agent:  %s\n\n", d.URLs["wallet"], d.URLs["desk"])
	for _, s := range d.Staff {
		if s.Role == "agent" || s.Role == "supervisor" || s.Role == "owner" {
			fmt.Printf("  %-11s %-18s password %s\n", s.Role, s.Email, s.Password)
		}
	}
	fmt.Printf("\n  The six-digit code of a sign-in: %s user code --data %s EMAIL\n\n", os.Args[0], data)
}
