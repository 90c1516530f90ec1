// Package storagetest gives tests the real store on both engines: databases of
// their own, processes that share one, and a clock that stands until it is told
// to move.
package storagetest

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver of database/sql
	_ "modernc.org/sqlite"             // the "sqlite" driver of database/sql

	"kefu/internal/domain/job"
	"kefu/internal/flow/configuring"
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

	home string // the folder of the keys and tombstones, when it is not Dir
}

// New makes an empty deployment on one engine.
func New(t testing.TB, kind engine.Kind) *Deployment {
	t.Helper()
	d := &Deployment{Kind: kind, Dir: t.TempDir(), Master: secret.GenerateMaster(), Clock: NewClock()}
	if kind == engine.Postgres {
		d.DSN = freshSchema(t)
	}
	return d
}

// Process is a store, as one process has it.
type Process struct {
	*storage.Store
	Ring *keyring.Ring

	t       testing.TB
	stopped sync.Once
	cancel  context.CancelFunc
	done    chan error // nil until Start
}

// Open opens the deployment's database as one more process and lets it run until
// the test ends. change may alter the store's options.
func (d *Deployment) Open(t testing.TB, change ...func(*storage.Options)) *Process {
	t.Helper()
	p := d.OpenIdle(t, change...)
	p.Start()
	return p
}

// OpenIdle is Open for a process that commits nothing until Start: what is
// submitted meanwhile becomes one batch.
func (d *Deployment) OpenIdle(t testing.TB, change ...func(*storage.Options)) *Process {
	t.Helper()
	ring, err := keyring.Open(d.Keys(), d.Master, keyring.Options{FirstExtent: 256, Tombstones: d.Tombstones()})
	if err != nil {
		t.Fatal(err)
	}
	kinds, err := configuring.Kinds()
	if err != nil {
		t.Fatal(err)
	}
	o := storage.Options{Migrate: true, Dir: d.Dir, Database: d.DSN, Ring: ring, Clock: d.Clock.Now, Settings: kinds}
	for _, c := range change {
		c(&o)
	}
	if o.Migrate && d.Kind == engine.SQLite {
		Migrated(t, d.Dir)
	}
	s, err := storage.Open(context.Background(), o)
	if err != nil {
		t.Fatal(errors.Join(err, ring.Close()))
	}
	p := &Process{Store: s, Ring: ring, t: t}
	t.Cleanup(p.Stop)
	return p
}

// Start lets the committer run.
func (p *Process) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel, p.done = cancel, make(chan error, 1)
	go func() { p.done <- p.Run(ctx) }()
}

// Stop ends the process in good order, once.
func (p *Process) Stop() {
	p.stopped.Do(func() {
		if p.done != nil {
			p.cancel()
			if err := <-p.done; err != nil {
				p.t.Error(err)
			}
		}
		if err := errors.Join(p.Store.Close(), p.Ring.Close()); err != nil {
			p.t.Error(err)
		}
	})
}

// Keys is the folder of the deployment's key ring.
func (d *Deployment) Keys() string { return filepath.Join(d.homeDir(), "keys") }

// Tombstones is the file of destroyed keys, which lies beside that folder.
func (d *Deployment) Tombstones() string { return filepath.Join(d.homeDir(), "destroyed.log") }

func (d *Deployment) homeDir() string {
	if d.home != "" {
		return d.home
	}
	return d.Dir
}

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

// Enqueue adds a job, which else only a change that causes it does.
func (d *Deployment) Enqueue(t testing.TB, j job.New) {
	t.Helper()
	if j.Payload == nil {
		j.Payload = []byte{}
	}
	d.Exec(t, `INSERT INTO job (id, kind, dedup, payload, due_at, lease_until, epoch, attempts, last_error, failed_at)
		VALUES ($1, $2, $1, $3, $4, 0, 0, 0, '', 0)`, id.New(), j.Kind, j.Payload, j.DueAt)
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

// freshSchema makes a schema of its own on the server for one test. It is to the
// store as a database is, and takes a fraction of the time to make and remove.
func freshSchema(t testing.TB) string {
	t.Helper()
	dsn := os.Getenv("KEFU_TEST_POSTGRES")
	if dsn == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("KEFU_TEST_POSTGRES is not set: CI needs PostgreSQL")
		}
		t.Skip("KEFU_TEST_POSTGRES is not set")
	}
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	name := "kefu_" + id.New()
	administer(t, "CREATE SCHEMA "+name)
	t.Cleanup(func() { administer(t, "DROP SCHEMA "+name+" CASCADE") })
	query := u.Query()
	query.Set("search_path", name)
	u.RawQuery = query.Encode()
	return u.String()
}

func administer(t testing.TB, text string) {
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

// Backup copies the database, which nobody may write to meanwhile, and gives the
// copy as a deployment with the same keys and clock.
func (d *Deployment) Backup(t testing.TB) *Deployment {
	t.Helper()
	c := &Deployment{Kind: d.Kind, Dir: t.TempDir(), Master: d.Master, Clock: d.Clock, home: d.homeDir()}
	if d.Kind == engine.SQLite {
		db := d.SQL(t)
		defer db.Close()
		if _, err := db.Exec("VACUUM INTO $1", filepath.Join(c.Dir, engine.File)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	c.DSN = freshSchema(t)
	var tables []string
	from, to := schemaOf(t, d.DSN), schemaOf(t, c.DSN)
	db := d.SQL(t)
	defer db.Close()
	rows, err := db.Query("SELECT table_name FROM information_schema.tables WHERE table_schema = $1", from)
	if err != nil {
		t.Fatal(err)
	}
	if err := engine.EachRow(rows, func(r *sql.Rows) error {
		tables = append(tables, "")
		return r.Scan(&tables[len(tables)-1])
	}); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		source, copied := from+"."+table, to+"."+table
		if _, err := db.Exec("CREATE TABLE " + copied + " (LIKE " + source + " INCLUDING ALL); INSERT INTO " + copied + " OVERRIDING SYSTEM VALUE SELECT * FROM " + source); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func schemaOf(t testing.TB, dsn string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("search_path")
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
