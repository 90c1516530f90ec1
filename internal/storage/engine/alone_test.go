package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"kefu/internal/platform/fault"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

func alone(t *testing.T, d *storagetest.Deployment) *engine.DB {
	t.Helper()
	db, err := engine.OpenAlone(d.DSN, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func writes(t *testing.T, db *engine.DB) error {
	t.Helper()
	tx, err := db.Writer.BeginTx(t.Context(), nil)
	if err != nil {
		return engine.MapError("test", err)
	}
	return tx.Rollback()
}

// hangUp ends the session in which a server writes, as a broken network or a
// restart of PostgreSQL does.
func hangUp(t *testing.T, d *storagetest.Deployment, db *engine.DB) {
	t.Helper()
	var pid int
	if err := db.Writer.QueryRow("SELECT pg_backend_pid()").Scan(&pid); err != nil {
		t.Fatal(err)
	}
	admin := d.SQL(t)
	if _, err := admin.Exec("SELECT pg_terminate_backend($1)", pid); err != nil {
		t.Fatal(err)
	}
	for n := 1; n > 0; time.Sleep(10 * time.Millisecond) {
		if err := admin.QueryRow("SELECT COUNT(*) FROM pg_stat_activity WHERE pid = $1", pid).Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOneServerOnADatabase(t *testing.T) {
	d := storagetest.New(t, engine.Postgres)
	first := alone(t, d)
	if second, err := engine.OpenAlone(d.DSN, t.TempDir()); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second server: %v", err)
		if err == nil {
			second.Close()
		}
	}
	beside, err := engine.Open(d.DSN, t.TempDir())
	if err != nil {
		t.Fatalf("a command beside it: %v", err)
	}
	if err := errors.Join(writes(t, beside), beside.Close(), first.Close()); err != nil {
		t.Error(err)
	}
	next := alone(t, d)
	if err := next.Close(); err != nil {
		t.Error(err)
	}
	other := alone(t, storagetest.New(t, engine.Postgres)) // another schema is another database
	again := alone(t, d)
	if err := errors.Join(other.Close(), again.Close()); err != nil {
		t.Error(err)
	}
}

func TestAServerTakesItsLockAnewAfterABreak(t *testing.T) {
	d := storagetest.New(t, engine.Postgres)
	db := alone(t, d)
	defer db.Close()
	if db.Regained() {
		t.Error("the first lock counts as taken anew")
	}
	hangUp(t, d, db)
	err := writes(t, db)
	if fault.Is(err, fault.Unavailable) { // told of the break; the committer asks once more, too
		err = writes(t, db)
	}
	if err != nil {
		t.Fatalf("after a break: %v", err)
	}
	if !db.Regained() || db.Regained() {
		t.Error("a lock taken anew is not told once")
	}
	if _, err := engine.OpenAlone(d.DSN, t.TempDir()); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second server after a break: %v", err)
	}
}

// Between the break and the server's next write another one takes the database.
func TestAServerThatLostTheDatabaseWritesNothingAndEnds(t *testing.T) {
	d := storagetest.New(t, engine.Postgres)
	db := alone(t, d)
	defer db.Close()
	hangUp(t, d, db)
	other := alone(t, d)
	defer other.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := db.WatchAlone(ctx); !fault.Is(err, fault.Conflict) {
		t.Fatalf("the watch ends with %v", err)
	}
	for range 2 {
		if err := writes(t, db); !fault.Is(err, fault.Unavailable) {
			t.Errorf("it may still write: %v", err)
		}
	}
	if err := writes(t, other); err != nil {
		t.Errorf("the other one: %v", err)
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}
	if err := writes(t, db); !fault.Is(err, fault.Unavailable) {
		t.Errorf("it writes again though it was told to end: %v", err)
	}
}

// The server has not missed the session whose network broke.
func TestAServerEndsItsOwnForgottenSession(t *testing.T) {
	d := storagetest.New(t, engine.Postgres)
	db := alone(t, d)
	defer db.Close()
	forgotten, err := db.Writer.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	db.Writer.SetMaxOpenConns(2)
	if err := writes(t, db); err != nil { // on a session of its own
		t.Errorf("beside a forgotten session: %v", err)
	}
	_ = forgotten.Close()
}

func TestSQLiteIsAloneByItsFolder(t *testing.T) {
	db, err := engine.OpenAlone("", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.WatchAlone(ctx); !errors.Is(err, context.Canceled) || db.Regained() {
		t.Errorf("the watch ends with %v", err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
