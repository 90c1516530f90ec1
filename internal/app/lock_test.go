package app_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"kefu/internal/app"
	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
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
