package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
	"kefu/internal/storage"
)

// lockFile marks a data folder that a server uses. Its content means nothing.
const lockFile = "kefu.lock"

// takeFolder keeps a second server off the data folder, which it makes where it is
// missing, until release is called: two would write the same file of audit heads,
// and each would tell its own sockets only. Whoever brings the schema up to date
// takes it too. Commands that read or change a little beside a running server do
// not. The lock (flock(2)) ends with the process, however that ends. Errors:
// Conflict when another has it.
func takeFolder(dir string) (release func() error, err error) {
	const op = "app.takeFolder"
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.Wrap(op, err)
	}
	file, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fault.New(fault.Conflict, op, "another server uses the data folder %s: stop it, or give this one a folder of its own", dir)
	}
	if err != nil {
		return nil, errors.Join(fault.Wrap(op, err), file.Close())
	}
	return file.Close, nil
}

// Migrate brings the database of a configuration up to this program's schema.
// Errors: Conflict while a server uses the data folder or the database, or for a
// newer schema.
func Migrate(ctx context.Context, c config.Config) error {
	release, err := takeFolder(c.Data)
	if err != nil {
		return err
	}
	store, err := storage.Open(ctx, storage.Options{Dir: c.Data, Database: c.Database.Reveal(), Log: slog.New(slog.DiscardHandler), Migrate: true, Alone: true})
	if err == nil {
		err = store.Close()
	}
	return errors.Join(err, release())
}
