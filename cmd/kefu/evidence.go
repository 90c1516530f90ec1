package main

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"

	"kefu/internal/app"
	"kefu/internal/domain/audit"
	"kefu/internal/domain/evidence"
)

// runEvidence proves evidence packs, which needs nothing but the file, and tells the key
// that proves this house's.
func runEvidence(ctx context.Context, args []string) int {
	switch {
	case len(args) > 0 && args[0] == "verify":
		return runEvidenceVerify(args[1:])
	case len(args) > 0 && args[0] == "key":
		return runEvidenceKey(ctx, args[1:])
	}
	fmt.Fprintln(os.Stderr, "usage: kefu evidence verify [--key KEY] FILE\n       kefu evidence key [flags]")
	return 2
}

func runEvidenceVerify(args []string) int {
	f := flag.NewFlagSet("kefu evidence verify", flag.ContinueOnError)
	key := f.String("key", "", "the public key that has to have signed it, as kefu evidence key prints it")
	names, err := parseArgs(f, args, 1)
	if err != nil {
		return usageOr(err)
	}
	if len(names) != 1 {
		fmt.Fprintln(os.Stderr, "usage: kefu evidence verify [--key KEY] FILE")
		return 2
	}
	var keys []ed25519.PublicKey
	if *key != "" {
		raw, err := hex.DecodeString(*key)
		if err != nil || len(raw) != ed25519.PublicKeySize {
			return fail(errors.New("--key is no public key: 64 hexadecimal digits, as kefu evidence key prints them"))
		}
		keys = append(keys, raw)
	}
	report, err := verifyPack(names[0], keys)
	if err != nil {
		return fail(err)
	}
	m := report.Manifest
	fmt.Printf("%s: the evidence of case %s, taken out at %s by %s\n%d files, and every byte is as it was signed\n", names[0], m.Reference, m.MadeAt, m.MadeBy, len(m.Files))
	if len(keys) == 0 {
		fmt.Printf("signed with the key %s\nwhose key that is, the file cannot prove: compare it with what the house tells (kefu evidence key), or name it with --key\n", report.Key)
	} else {
		fmt.Println("signed with the key that was named")
	}
	return 0
}

func verifyPack(name string, keys []ed25519.PublicKey) (evidence.Report, error) {
	file, err := os.Open(name)
	if err != nil {
		return evidence.Report{}, err
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	if err != nil {
		return evidence.Report{}, err
	}
	return evidence.Verify(file, info.Size(), keys)
}

func runEvidenceKey(ctx context.Context, args []string) int {
	f := newFlags("evidence key")
	c, err := f.load(args, 0)
	if err != nil {
		return usageOr(err)
	}
	store, ring, err := app.OpenForReading(ctx, c)
	if err != nil {
		return fail(err)
	}
	signer, err := audit.NewSigner(ring.Subkey("audit heads"))
	if err == nil {
		fmt.Println(hex.EncodeToString(signer.Public()))
	}
	return fail(errors.Join(err, store.Close(), ring.Close()))
}
