package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/lifecycle"
)

// lockFile marks a data folder that a server uses. Its content means nothing.
const lockFile = "kefu.lock"

// onlyServer keeps a second server off the data folder: two would write the same
// file of audit heads, and each would tell its own sockets only. Commands that
// read or change a little beside a running server do not take it. The lock
// (flock(2)) ends with the process, however that ends.
func onlyServer(dir string) lifecycle.Worker {
	const op = "app.onlyServer"
	var file *os.File
	return lifecycle.Worker{
		Name: "data folder",
		Start: func(context.Context) error {
			var err error
			if file, err = os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
				return fault.Wrap(op, err)
			}
			err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
			if errors.Is(err, syscall.EWOULDBLOCK) {
				err = fault.New(fault.Conflict, op, "another server uses the data folder %s: stop it, or give this one a folder of its own", dir)
			}
			if err != nil {
				return errors.Join(fault.Wrap(op, err), file.Close())
			}
			return nil
		},
		Stop: func(context.Context) error { return file.Close() },
	}
}
