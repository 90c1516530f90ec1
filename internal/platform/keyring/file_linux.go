package keyring

import (
	"os"
	"syscall"
)

func syncData(f *os.File) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		for {
			failed = syscall.Fdatasync(int(fd))
			if failed != syscall.EINTR {
				return
			}
		}
	})
	return firstError(err, failed)
}

// mapForReading maps the first length bytes of f. The mapping may be longer
// than the file, which grows into it.
func mapForReading(f *os.File, length int) ([]byte, error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	var mapped []byte
	var failed error
	err = conn.Control(func(fd uintptr) {
		mapped, failed = syscall.Mmap(int(fd), 0, length, syscall.PROT_READ, syscall.MAP_SHARED)
	})
	return mapped, firstError(err, failed)
}

func unmap(mapped []byte) error {
	if mapped == nil {
		return nil
	}
	return syscall.Munmap(mapped)
}
