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
	return openRing(c, keyring.Options{ReadOnly: readOnly})
}

func openRing(c config.Config, o keyring.Options) (*keyring.Ring, error) {
	folder, source := keysFolder(c), masterSource(c)
	source.Create = !o.ReadOnly && !keyring.Exists(folder)
	master, err := secret.LoadMaster(source)
	if err != nil {
		return nil, err
	}
	if next := source.Next(); next.There() { // a change of the master key is under way
		to, err := secret.LoadMaster(next)
		if err != nil {
			return nil, err
		}
		if keyring.WrappedBy(folder) == to.ID() { // all files are under it: so must new ones be
			master, to = to, master
		}
		o.Previous = append(o.Previous, to)
	}
	o.Tombstones = c.Keys.Tombstones
	return keyring.Open(folder, master, o)
}

func masterSource(c config.Config) secret.Source {
	return secret.Source{Value: os.Getenv(secret.EnvMaster), File: orIn(c.Data, c.Keys.MasterFile, "master.key")}
}

// RotateKeys changes the master key and tells how many key files it wrapped anew.
// With the master key in a file, the next one is made beside it and takes its
// place; in the environment, KEFU_MASTER_KEY_NEW holds it, and whoever starts
// Kefu puts it into KEFU_MASTER_KEY afterwards. Interrupted, it is run again.
func RotateKeys(c config.Config) (files int, err error) {
	const op = "app.RotateKeys"
	folder, source := keysFolder(c), masterSource(c)
	if !keyring.Exists(folder) {
		return 0, fault.New(fault.NotFound, op, "there are no keys in %s yet; the first start makes them", folder)
	}
	present, err := secret.LoadMaster(source)
	if err != nil {
		return 0, err
	}
	next := source.Next()
	made := !next.There()
	if made && source.Value != "" {
		return 0, fault.New(fault.Invalid, op, "the master key is in %s: put the next one, 32 random bytes in base64 (openssl rand -base64 32), into %s", secret.EnvMaster, secret.EnvNextMaster)
	}
	to, err := secret.LoadMaster(next)
	if err != nil {
		return 0, err
	}
	if to.ID() == present.ID() {
		return 0, fault.New(fault.Invalid, op, "%s is the key that is in use; take another", secret.EnvNextMaster)
	}
	files, err = keyring.Rotate(folder, to, []secret.Master{present}, keyring.Options{Tombstones: c.Keys.Tombstones})
	if made && fault.Is(err, fault.Conflict) {
		return 0, errors.Join(err, os.Remove(next.File)) // nothing is wrapped under it
	}
	if err != nil {
		return files, err
	}
	return files, source.Promote()
}

// CheckKeys opens every key file, and destroys once more whatever the tombstone
// file names: after pads were put back from a copy. It works beside a running
// server.
func CheckKeys(c config.Config) (files int, err error) {
	if !keyring.Exists(keysFolder(c)) {
		return 0, fault.New(fault.NotFound, "app.CheckKeys", "there are no keys in %s yet; the first start makes them", keysFolder(c))
	}
	ring, err := openRing(c, keyring.Options{ReadOnly: true, ReplayAll: true})
	if err != nil {
		return 0, err
	}
	files, err = checkRing(c, ring)
	return files, errors.Join(err, ring.Close())
}

// checkRing opens every key file, and tells of a change that was interrupted.
func checkRing(c config.Config, ring *keyring.Ring) (files int, err error) {
	files, behind, err := ring.Check()
	source := masterSource(c)
	unfinished := source.Value == "" && source.Next().There()
	if err == nil && (behind > 0 || unfinished) {
		err = fault.New(fault.Conflict, "app.checkRing", "a change of the master key was interrupted: stop the server, and run kefu keys rotate again")
	}
	return files, err
}

// keyFileEvery is how often a key set's file is looked at.
const keyFileEvery = 5 * time.Second

// issuerClient asks for issuers' keys, where the operator allows it inside their
// own network too.
func issuerClient(c config.Identity) *egress.Client {
	return egress.New(egress.Options{MaxBytes: identity.MaxKeySetBytes, Private: c.PrivateKeys})
}

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
