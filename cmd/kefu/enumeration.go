package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
	"time"

	"kefu/content"
	"kefu/internal/bench/enumeration"
	"kefu/internal/connector/demowallet"
	"kefu/internal/domain/wallet"
	"kefu/internal/storage/books"
)

// runEnumeration measures on the demo's wallet whether the time it takes, or what it answers,
// tells who has an account.
func runEnumeration(ctx context.Context, args []string) int {
	f := flag.NewFlagSet("kefu eval enumeration", flag.ContinueOnError)
	rounds := f.Int("rounds", 500, "how many of each are asked")
	asJSON := f.Bool("json", false, "print one JSON object as the last line")
	if _, err := parseArgs(f, args, 0); err != nil {
		return usageOr(err)
	}
	if *rounds < 10 || *rounds > 100_000 {
		return fail(errors.New("kefu eval enumeration: --rounds is not one of 10 to 100000"))
	}
	dir, err := os.MkdirTemp("", "kefu-enumeration-")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(dir)
	result, err := enumerate(ctx, dir, *rounds)
	if err != nil {
		return fail(err)
	}
	if err := result.Text(os.Stderr); err != nil {
		return fail(err)
	}
	if *asJSON {
		if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
			return fail(err)
		}
	}
	if !result.Even() {
		fmt.Fprintln(os.Stderr, "the time, or an answer, tells who has an account")
		return 1
	}
	return 0
}

// enumerate opens the demo's wallet with its people, and measures it. Its clock runs on by
// a little more than an hour after each round.
func enumerate(ctx context.Context, dir string, rounds int) (enumeration.Result, error) {
	var gone atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(gone.Load())) }
	kept, err := books.Open(ctx, books.Options{Dir: dir, Clock: now})
	if err != nil {
		return enumeration.Result{}, err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- kept.Run(running) }()
	defer func() {
		stop()
		<-ended
		_ = kept.Close() // the folder goes away
	}()
	codes, err := fs.Sub(content.Failures, "failures")
	if err != nil {
		return enumeration.Result{}, err
	}
	own, err := demowallet.Open(ctx, demowallet.Options{Books: demowallet.Over(kept), Clock: now, Failures: codes, Issuer: "wallet", Audience: "kefu", Link: "https://wallet.example"})
	if err != nil {
		return enumeration.Result{}, err
	}
	people := []demowallet.Person{{ID: "cust-anna", Name: "Anna", Language: "en"}, {ID: "cust-james", Name: "James", Language: "en"}, {ID: "cust-li", Name: "Li", Language: "zh"}, {ID: "cust-sara", Name: "Sara", Language: "en"}}
	if err := own.Seed(ctx, people); err != nil {
		return enumeration.Result{}, err
	}
	var handles []string
	whose := map[string]string{}
	for _, p := range people {
		c, err := own.Customer(ctx, wallet.Actor{}, p.ID)
		if err != nil {
			return enumeration.Result{}, err
		}
		handles = append(handles, c.Handles[0].Value)
		whose[c.Handles[0].Value] = p.ID
	}
	later := func(by time.Duration) { gone.Add(int64(by)) }
	result, err := enumeration.Run(ctx, own, handles, rounds, func() { later(61 * time.Minute) })
	if err == nil {
		result.Told, err = enumeration.Answers(ctx, own.Desks, whose, later)
	}
	return result, err
}
