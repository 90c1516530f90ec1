package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"kefu/internal/platform/config"
	"kefu/internal/platform/sharedkeys"
	"kefu/internal/walletcheck"
)

// runConnector checks what Kefu is connected to.
func runConnector(ctx context.Context, args []string) int {
	if len(args) == 0 || args[0] != "verify" {
		fmt.Fprintln(os.Stderr, "usage: kefu connector verify --customer ID --other ID [flags]")
		return 2
	}
	f := newFlags("connector verify")
	var o walletcheck.Options
	f.StringVar(&o.URL, "url", "", "where the wallet's API begins, instead of wallet.url")
	f.StringVar(&o.Key.ID, "key", "", "the name of the key to sign with, instead of the first in the file")
	secretFile := f.String("secret-file", "", "the file with the keys, instead of wallet.secret_file")
	f.StringVar(&o.Customer, "customer", "", "a customer of the wallet's, with transactions and an address")
	f.StringVar(&o.Other, "other", "", "another customer")
	f.StringVar(&o.Leaving, "leaving", "", "a third, with nothing in the way of an end, who asks for one and takes it back")
	f.BoolVar(&o.Write, "write", false, "freeze the customer, refund a little and ask for a proof: in a test deployment")
	f.DurationVar(&o.Timeout, "timeout", 4*time.Second, "for one request")
	f.DurationVar(&o.Wait, "wait", 20*time.Second, "for what is pending, and for the customer's answer")
	f.StringVar(&o.Only, "only", "", "do the checks alone whose names begin so, such as signature.")
	asJSON := f.Bool("json", false, "print one JSON object")
	list := f.Bool("list", false, "list the checks, and do none")
	c, err := f.load(args[1:], 0)
	if err != nil {
		return usageOr(err)
	}
	if *list {
		for _, check := range walletcheck.Checks() {
			fmt.Printf("%-32s A wallet %s: %s.\n", check.ID, check.What, check.Why)
		}
		return 0
	}
	if err := fromConfig(&o, c.Wallet, *secretFile); err != nil {
		return fail(err)
	}
	report, err := walletcheck.Run(ctx, o)
	if err != nil {
		return fail(err)
	}
	if *asJSON {
		err = json.NewEncoder(os.Stdout).Encode(report)
	} else {
		err = report.Text(os.Stdout)
	}
	if err != nil || !report.Good() {
		return max(1, fail(err))
	}
	return 0
}

// fromConfig takes from the configuration what was not said.
func fromConfig(o *walletcheck.Options, w config.Wallet, secretFile string) error {
	if o.URL == "" {
		o.URL = w.URL
	}
	if secretFile == "" {
		secretFile = w.SecretFile
	}
	o.Private = true // whoever runs this names the address
	keys, err := sharedkeys.Read(secretFile, w.KeyID)
	if err != nil {
		return err
	}
	wanted := o.Key.ID
	if wanted == "" {
		o.Key = keys[0]
		return nil
	}
	if o.Key, err = sharedkeys.Named(keys, wanted); err != nil { // perhaps that which stands there without a name
		if keys, err = sharedkeys.Read(secretFile, wanted); err == nil {
			o.Key, err = sharedkeys.Named(keys, wanted)
		}
	}
	return err
}
