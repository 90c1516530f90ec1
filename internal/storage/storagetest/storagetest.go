// Package storagetest gives tests the real store on both engines: databases of
// their own, processes that share one, and a clock that stands until it is told
// to move.
package storagetest

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver of database/sql
	_ "modernc.org/sqlite"             // the "sqlite" driver of database/sql

	"kefu/internal/platform/id"
	"kefu/internal/platform/keyring"
	"kefu/internal/platform/secret"
	"kefu/internal/storage"
	"kefu/internal/storage/engine"
)

// Each runs a test on both engines, each time with a database of its own.
// PostgreSQL is the server that KEFU_TEST_POSTGRES names; CI fails without it,
// elsewhere that half is skipped.
func Each(t *testing.T, run func(t *testing.T, d *Deployment)) {
	t.Helper()
	for _, kind := range []engine.Kind{engine.SQLite, engine.Postgres} {
		t.Run(string(kind), func(t *testing.T) { run(t, New(t, kind)) })
	}
}

// Deployment is a database with its keys, which several processes may share.
type Deployment struct {
	Kind   engine.Kind
	Dir    string // the data folder, the keys in it
	DSN    string // of PostgreSQL, or ""
	Master secret.Master
	Clock  *Clock
}

// New makes an empty deployment on one engine.
func New(t testing.TB, kind engine.Kind) *Deployment {
	t.Helper()
	d := &Deployment{Kind: kind, Dir: t.TempDir(), Master: secret.GenerateMaster(), Clock: NewClock()}
	if kind == engine.Postgres {
		d.DSN = freshDatabase(t)
	}
	return d
}

// Process is a store that runs, as one process has it.
type Process struct {
	*storage.Store
	Ring *keyring.Ring

	once sync.Once
	stop func()
}

// Open opens the deployment's database as one more process and lets it run until
// the test ends. change may alter the store's options.
func (d *Deployment) Open(t testing.TB, change ...func(*storage.Options)) *Process {
	t.Helper()
	ring, err := keyring.Open(d.Keys(), d.Master, keyring.Options{FirstExtent: 256})
	if err != nil {
		t.Fatal(err)
	}
	o := storage.Options{Dir: d.Dir, Database: d.DSN, Ring: ring, Clock: d.Clock.Now}
	for _, c := range change {
		c(&o)
	}
	s, err := storage.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	p := &Process{Store: s, Ring: ring, stop: func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := ring.Close(); err != nil {
			t.Error(err)
		}
	}}
	t.Cleanup(p.Stop)
	return p
}

// Keys is the folder of the deployment's key ring.
func (d *Deployment) Keys() string { return filepath.Join(d.Dir, "keys") }

// Stop ends the process in good order, once.
func (p *Process) Stop() { p.once.Do(p.stop) }

// SQL opens the database beside the store, with every right, as somebody does
// who does not go through Kefu.
func (d *Deployment) SQL(t testing.TB) *sql.DB {
	t.Helper()
	driver, dsn := "pgx", d.DSN
	if d.Kind == engine.SQLite {
		driver, dsn = "sqlite", "file:"+filepath.Join(d.Dir, engine.File)+"?_txlock=immediate&_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// Exec runs a statement with SQL and fails the test when the database refuses.
func (d *Deployment) Exec(t testing.TB, text string, args ...any) {
	t.Helper()
	db := d.SQL(t)
	defer db.Close()
	if _, err := db.Exec(text, args...); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// Scan reads one row with SQL.
func (d *Deployment) Scan(t testing.TB, text string, dest ...any) {
	t.Helper()
	db := d.SQL(t)
	defer db.Close()
	if err := db.QueryRow(text).Scan(dest...); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// freshDatabase makes a database of its own on the server for one test.
func freshDatabase(t testing.TB) string {
	t.Helper()
	dsn := os.Getenv("KEFU_TEST_POSTGRES")
	if dsn == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("KEFU_TEST_POSTGRES is not set: CI needs PostgreSQL")
		}
		t.Skip("KEFU_TEST_POSTGRES is not set")
	}
	name := "kefu_" + id.New()
	Administer(t, "CREATE DATABASE "+name)
	t.Cleanup(func() { Administer(t, "DROP DATABASE "+name+" WITH (FORCE)") })
	return named(t, dsn, name)
}

// CopyPostgres makes a copy of the deployment's database, which nobody may have
// open, and gives its DSN: a backup.
func (d *Deployment) CopyPostgres(t testing.TB) string {
	t.Helper()
	u, err := url.Parse(d.DSN)
	if err != nil {
		t.Fatal(err)
	}
	name := "kefu_" + id.New()
	Administer(t, "CREATE DATABASE "+name+" TEMPLATE "+u.Path[1:])
	t.Cleanup(func() { Administer(t, "DROP DATABASE "+name+" WITH (FORCE)") })
	return named(t, d.DSN, name)
}

func named(t testing.TB, dsn, name string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// Administer runs a statement on the server itself.
func Administer(t testing.TB, text string) {
	t.Helper()
	admin, err := sql.Open("pgx", os.Getenv("KEFU_TEST_POSTGRES"))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	if _, err := admin.Exec(text); err != nil {
		t.Errorf("%s: %v", text, err)
	}
}

// Clock stands still until it is moved. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock begins at a fixed time.
func NewClock() *Clock {
	return &Clock{now: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)}
}

// Now is the clock.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Micros is Now as the store keeps it.
func (c *Clock) Micros() int64 { return c.Now().UnixMicro() }

// Move moves the clock forward.
func (c *Clock) Move(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}
