package app

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/config"
	"kefu/internal/platform/egress"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/keyring"
	"kefu/internal/platform/secret"
)

func orIn(dir, path, name string) string {
	if path != "" {
		return path
	}
	return filepath.Join(dir, name)
}

func keysFolder(c config.Config) string { return orIn(c.Data, c.Keys.Folder, "keys") }

// HeadsPath is the file of the signed audit heads.
func HeadsPath(c config.Config) string { return orIn(c.Data, c.Audit.HeadsFile, "audit.heads") }

// OpenRing opens the key ring of a configuration; the first start makes the
// master key. Commands that store nothing open it readOnly.
func OpenRing(c config.Config, readOnly bool) (*keyring.Ring, error) {
	if !readOnly {
		if err := os.MkdirAll(c.Data, 0o700); err != nil {
			return nil, fault.Wrap("app.OpenRing", err)
		}
	}
	folder := keysFolder(c)
	master, err := secret.LoadMaster(secret.Source{
		Value: os.Getenv(secret.EnvMaster), File: orIn(c.Data, c.Keys.MasterFile, "master.key"),
		Create: !readOnly && !keyring.Exists(folder),
	})
	if err != nil {
		return nil, err
	}
	return keyring.Open(folder, master, keyring.Options{Tombstones: c.Keys.Tombstones, ReadOnly: readOnly})
}

// keyFileEvery is how often a key set's file is looked at.
const keyFileEvery = 5 * time.Second

// sourceOf is where the configuration says that an issuer's public keys are.
func sourceOf(i config.Issuer, client *egress.Client) signin.Source {
	s := signin.Source{Issuer: i.Issuer, Algorithms: i.Algorithms}
	if i.JWKSFile != "" {
		s.Every = keyFileEvery
		s.Read = func(context.Context) ([]byte, time.Duration, error) {
			text, err := readKeyFile(i.JWKSFile)
			return text, 0, err
		}
		return s
	}
	s.Read = func(ctx context.Context) ([]byte, time.Duration, error) {
		answer, err := client.Get(ctx, i.JWKSURL)
		return answer.Body, egress.MaxAge(answer.Header), err
	}
	return s
}

// readKeyFile reads a file of bounded length.
func readKeyFile(path string) ([]byte, error) {
	const op = "app.readKeyFile"
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.New(fault.Invalid, op, "%v", err)
	}
	text, err := io.ReadAll(io.LimitReader(file, identity.MaxKeySetBytes+1))
	return text, fault.Wrap(op, errors.Join(err, file.Close()))
}

// OpenIssuers connects the verification of identity tokens with the places of
// the keys. A file has to be right at the start; an address may be out of reach
// for now.
func OpenIssuers(ctx context.Context, c config.Identity, client *egress.Client, now clock.Clock, log *slog.Logger) (*signin.Issuers, error) {
	const op = "app.OpenIssuers"
	issuers := make([]identity.Issuer, 0, len(c.Issuers))
	sources := make([]signin.Source, 0, len(c.Issuers))
	for _, i := range c.Issuers {
		issuer, source := identity.Issuer{Name: i.Issuer, Audience: cmp.Or(i.Audience, c.Audience)}, sourceOf(i, client)
		if i.JWKSFile != "" {
			var err error
			if issuer.Keys, err = source.Keys(ctx); err != nil {
				return nil, fault.New(fault.Invalid, op, "issuer %s: %s: %v", i.Issuer, i.JWKSFile, err)
			}
		}
		issuers, sources = append(issuers, issuer), append(sources, source)
	}
	verifier, err := identity.NewVerifier(issuers, now)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	return signin.NewIssuers(verifier, sources, now, log), nil
}

// CheckIssuers reads the keys of every issuer once.
func CheckIssuers(ctx context.Context, c config.Identity, client *egress.Client) error {
	for _, i := range c.Issuers {
		if _, err := sourceOf(i, client).Keys(ctx); err != nil {
			return fault.New(fault.CodeOf(err), "app.CheckIssuers", "issuer %s: %s: %v", i.Issuer, cmp.Or(i.JWKSFile, i.JWKSURL), err)
		}
	}
	return nil
}
