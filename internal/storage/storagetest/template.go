package storagetest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kefu/internal/storage"
	"kefu/internal/storage/engine"
)

// templateFile is the migrated, empty file of SQLite's that a run's tests copy.
const templateFile = "kefu-template.db"

// template gives the path of a database of SQLite's that is migrated and otherwise
// untouched, and makes it where there is none. It lies in the folder that `go test`
// makes for a run and removes after it, so that all packages of the run share it and
// none is ever of other sources. It is "" for a program that `go test` did not start.
//
// Migrating takes a database 7 times as long as opening it, and under the race
// detector a second, which hundreds of tests spent on what only those of the
// migrations look at. Those open the store themselves.
func template(t testing.TB) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		return ""
	}
	run := filepath.Dir(filepath.Dir(program))
	if !strings.HasPrefix(filepath.Base(run), "go-build") {
		return ""
	}
	path := filepath.Join(run, templateFile)
	if _, err := os.Stat(path); err == nil {
		return path
	} else if !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	scratch, err := os.MkdirTemp(run, "kefu-template-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(scratch)
	if err := migrateIn(scratch); err != nil {
		t.Fatal(err)
	}
	// Another package may have been faster; its file is as good.
	if err := os.Rename(filepath.Join(scratch, engine.File), path); err != nil {
		t.Fatal(err)
	}
	return path
}

// migrateIn makes the database of a folder as a first start does, but for the name
// that each has for itself.
func migrateIn(dir string) error {
	s, err := storage.Open(context.Background(), storage.Options{Migrate: true, Dir: dir})
	if err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	db, err := engine.Open("", dir)
	if err != nil {
		return err
	}
	_, err = db.Writer.Exec("DELETE FROM deployment")
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, engine.File+"-wal")); !errors.Is(err, fs.ErrNotExist) {
		return errors.New("storagetest: the template's log was not moved into its file")
	}
	return nil
}

// Migrated puts a migrated database of SQLite's into a folder that has none yet, for a
// test that opens the store by itself. Opening it there migrates nothing any more.
func Migrated(t testing.TB, dir string) {
	t.Helper()
	path := filepath.Join(dir, engine.File)
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return
	}
	from := template(t)
	if from == "" {
		return
	}
	content, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(path, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
