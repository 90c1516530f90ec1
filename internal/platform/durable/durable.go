// Package durable puts files where a loss of power does not take them away: the
// content first, then the name. It knows nothing of what is in them.
package durable

import (
	"errors"
	"os"
	"path/filepath"
)

// WriteNew puts a complete file of mode 0600 at path. Errors: fs.ErrExist when one
// is there, which is left alone.
func WriteNew(path string, content []byte) error {
	return place(path, content, os.Link) // a link never replaces
}

// Replace puts a complete file of mode 0600 at path; after a crash either the old
// or the new content is there.
func Replace(path string, content []byte) error {
	return place(path, content, os.Rename)
}

func place(path string, content []byte, move func(from, to string) error) error {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".tmp-*") // made with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(content)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := move(tmp.Name(), path); err != nil {
		return err
	}
	return SyncDir(dir)
}

// SyncDir makes the names in a folder durable: those that are new, and that others
// are gone.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
