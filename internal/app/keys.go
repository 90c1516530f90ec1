package app

import (
	"errors"
	"os"
	"path/filepath"

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
