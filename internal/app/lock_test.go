package app_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kefu/internal/app"
	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/logging"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

func build(t *testing.T, c config.Config) *app.App {
	t.Helper()
	a, err := app.Build(t.Context(), c, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// Whoever finds the folder taken has touched neither keys nor schema.
func TestTheFolderIsTakenBeforeAnythingElse(t *testing.T) {
	c, discard := withKeys(t), slog.New(slog.DiscardHandler)
	build(t, c)
	for _, gone := range []string{"kefu.db", "kefu.db-wal", "kefu.db-shm"} { // as if the schema were an older one
		if err := os.Remove(filepath.Join(c.Data, gone)); err != nil {
			t.Fatal(err)
		}
	}
	untouched := func(what string, err error) {
		t.Helper()
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("%s: %v", what, err)
		}
		if info, err := os.Stat(filepath.Join(c.Data, "kefu.db")); err == nil && info.Size() > 4096 {
			t.Errorf("%s has made a schema of %d bytes", what, info.Size())
		}
	}
	_, err := app.Build(t.Context(), c, "test", discard)
	untouched("a second server", err)
	untouched("migrate", app.Migrate(t.Context(), c))
	_, err = app.BuildCommand(t.Context(), c, "test", discard)
	untouched("a command", err)
	_, err = app.VerifyAudit(t.Context(), c)
	untouched("audit verify", err)
}

func TestACommandMakesTheFirstSchemaAndLeavesTheFolder(t *testing.T) {
	c := withKeys(t)
	a, err := app.BuildCommand(t.Context(), c, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	server := build(t, c) // while the command still works
	if err := server.Store.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	beside, err := app.BuildCommand(t.Context(), c, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := beside.Close(); err != nil {
		t.Error(err)
	}
}

// Two folders, one PostgreSQL database.
func TestOneServerOnADatabase(t *testing.T) {
	d := storagetest.New(t, engine.Postgres)
	on := func() config.Config {
		c := withKeys(t)
		c.Database, c.Listen = logging.Secret(d.DSN), "127.0.0.1:0"
		return c
	}
	first, discard := build(t, on()), slog.New(slog.DiscardHandler)
	if second, err := app.Build(t.Context(), on(), "test", discard); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second server: %v", err)
		if err == nil {
			second.Close()
		}
	}
	if err := app.Migrate(t.Context(), on()); !fault.Is(err, fault.Conflict) {
		t.Errorf("migrate: %v", err)
	}
	beside, err := app.BuildCommand(t.Context(), first.Config, "test", discard)
	if err != nil {
		t.Fatalf("a command: %v", err)
	}
	if err := beside.Close(); err != nil {
		t.Error(err)
	}

	ended := make(chan error, 1)
	go func() { ended <- first.Run(t.Context(), app.Beside{}) }()
	var other *engine.DB
	for deadline := time.Now().Add(20 * time.Second); other == nil; {
		d.Exec(t, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())")
		if other, err = engine.OpenAlone(d.DSN, t.TempDir()); err != nil && time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	defer other.Close()
	select {
	case err := <-ended:
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("the server whose database was taken ends with %v", err)
		}
	case <-time.After(40 * time.Second):
		t.Error("the server whose database was taken goes on")
	}
}
