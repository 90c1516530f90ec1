package keyring

import (
	"errors"
	"os"
	"syscall"

	"kefu/internal/platform/fault"
)

// lockDir keeps a change of the master key and every other use of the ring apart
// (flock(2), which ends with the process). Where the file system has no locks, a
// change is refused and everything else goes on.
func lockDir(dir string, alone bool) (*os.File, error) {
	const op = "keyring.Open"
	d, err := os.Open(dir)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	how := syscall.LOCK_SH
	if alone {
		how = syscall.LOCK_EX
	}
	err = syscall.Flock(int(d.Fd()), how|syscall.LOCK_NB)
	switch {
	case err == nil, !alone && !errors.Is(err, syscall.EWOULDBLOCK):
		return d, nil
	case !errors.Is(err, syscall.EWOULDBLOCK):
		err = fault.New(fault.Unavailable, op, "the folder %s cannot be locked: %v", dir, err)
	case alone:
		err = fault.New(fault.Conflict, op, "the keys in %s are in use: stop the server and every other kefu first", dir)
	default:
		err = fault.New(fault.Conflict, op, "the master key of %s is being changed: wait until that has ended", dir)
	}
	return nil, errors.Join(err, d.Close())
}
