package keyring

import (
	"errors"
	"io"
	"os"
	"path/filepath"
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

// writeNew puts a complete, durable file at path and fails with fs.ErrExist
// when one is there: a link never replaces.
func writeNew(path string, text []byte) error {
	return place(path, text, os.Link)
}

// replaceFile puts a complete, durable file at path; after a crash either the
// old or the new content is there.
func replaceFile(path string, text []byte) error {
	return place(path, text, os.Rename)
}

func place(path string, text []byte, move func(from, to string) error) error {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".tmp-*") // made with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(text)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := move(tmp.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
