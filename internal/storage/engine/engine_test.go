package engine_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kefu/internal/platform/fault"
	"kefu/internal/storage/engine"
)

func TestAPostgreSQLThatLosesCommitsIsRefused(t *testing.T) {
	for _, c := range []struct{ fsync, pages, want string }{
		{"on", "on", ""}, {"off", "on", "fsync = on"}, {"on", "off", "full_page_writes = on"}, {"off", "off", "fsync = on"},
	} {
		err := engine.Durable("PostgreSQL 15", c.fsync, c.pages)
		if (err == nil) != (c.want == "") || !strings.Contains(fault.Sentence(err), c.want) {
			t.Errorf("fsync %s, full_page_writes %s: %v", c.fsync, c.pages, err)
		}
	}
}

// Files of SQLite's are their owner's alone, also those that were made otherwise.
func TestTheDatabaseIsNobodyElsesToRead(t *testing.T) {
	for _, name := range []string{"new", "old"} {
		dir := t.TempDir()
		path := filepath.Join(dir, engine.File)
		if name == "old" {
			if err := os.WriteFile(path, nil, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, 0o644); err != nil { // whatever the umask
				t.Fatal(err)
			}
		}
		db, err := engine.Open("", dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Writer.Exec("CREATE TABLE t (x INTEGER)"); err != nil {
			t.Fatal(err)
		}
		files, err := os.ReadDir(dir)
		if err != nil || len(files) < 2 {
			t.Fatalf("%d files, %v", len(files), err)
		}
		for _, file := range files {
			info, err := file.Info()
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s, %s: mode %v, %v", name, file.Name(), info.Mode(), err)
			}
		}
		if err := db.Reader.Close(); err != nil {
			t.Error(err)
		}
		if err := db.Writer.Close(); err != nil {
			t.Error(err)
		}
	}
}
