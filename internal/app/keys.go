package app

import (
	"context"
	"os"
	"path/filepath"

	"kefu/internal/domain/identity"
	"kefu/internal/platform/config"
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

// loadIssuers reads the public keys of those who may sign identity tokens.
func loadIssuers(_ context.Context, c config.Identity) ([]identity.Issuer, error) {
	const op = "app.loadIssuers"
	issuers := make([]identity.Issuer, 0, len(c.Issuers))
	for _, i := range c.Issuers {
		if i.JWKSFile == "" {
			return nil, fault.New(fault.Invalid, op, "issuer %s: give a jwks_file; jwks_url is not read by this version", i.Issuer)
		}
		text, err := os.ReadFile(i.JWKSFile)
		if err != nil {
			return nil, fault.New(fault.Invalid, op, "issuer %s: %v", i.Issuer, err)
		}
		keys, err := identity.ParseKeySet(text)
		if err != nil {
			return nil, fault.New(fault.Invalid, op, "issuer %s: %s: %v", i.Issuer, i.JWKSFile, err)
		}
		audience := i.Audience
		if audience == "" {
			audience = c.Audience
		}
		issuers = append(issuers, identity.Issuer{Name: i.Issuer, Audience: audience, Keys: keys})
	}
	return issuers, nil
}
