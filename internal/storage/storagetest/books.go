package storagetest

import (
	"context"
	"testing"

	"kefu/internal/platform/clock"
	"kefu/internal/storage/books"
)

// Books opens books of their own on SQLite, which run until the test ends.
func Books(t testing.TB, now clock.Clock) *books.Store {
	t.Helper()
	return RunBooks(t, books.Options{Dir: books.Folder(t.TempDir()), Clock: now})
}

// Books opens the books beside the deployment's database, which run until the test ends.
func (d *Deployment) Books(t testing.TB) *books.Store {
	t.Helper()
	if d.DSN != "" {
		var schema string
		d.Scan(t, "SELECT current_schema()", &schema)
		t.Cleanup(func() { d.Exec(t, "DROP SCHEMA IF EXISTS "+schema+"_books CASCADE") })
	}
	return RunBooks(t, books.Options{DSN: d.DSN, Dir: books.Folder(d.Dir), Clock: d.Clock.Now})
}

// RunBooks opens books and lets them run until the test ends.
func RunBooks(t testing.TB, o books.Options) *books.Store {
	t.Helper()
	s, err := books.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
