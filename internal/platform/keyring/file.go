package keyring

import (
	"io"
	"os"
)

// file is what a pad needs of an open file; a test puts a failing disk behind it.
type file interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Truncate(size int64) error
	// SyncData makes what was written durable, the length included.
	SyncData() error
}

// files opens pad files.
type files interface {
	// Create makes a new file of mode 0600 and fails when it is there.
	Create(path string) (file, error)
	// Open opens an existing file for reading and overwriting.
	Open(path string) (file, error)
}

type osFiles struct{}

type osFile struct{ *os.File }

func (f osFile) SyncData() error { return syncData(f.File) }

// Map maps the file for reading, or gives nil where that cannot be done.
func (f osFile) Map(length int) ([]byte, error) { return mapForReading(f.File, length) }

func (osFiles) Create(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	return osFile{f}, err
}

func (osFiles) Open(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0o600)
	return osFile{f}, err
}
