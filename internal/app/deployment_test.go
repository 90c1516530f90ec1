package app_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kefu/internal/app"
	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/logging"
	"kefu/internal/storage/storagetest"
)

func built(t *testing.T, c config.Config) error {
	t.Helper()
	a, err := app.Build(context.Background(), c, "test", slog.New(slog.DiscardHandler))
	if err == nil {
		err = a.Close()
	}
	return err
}

// A wrong database, or one that is tried out, must not be let near the files of
// another: it has a row for none of them, so all would be removed.
func TestFilesOfAnotherDatabaseStopTheStart(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		c := withKeys(t)
		c.Database = logging.Secret(d.DSN)
		for range 2 { // a second start finds its own files
			if err := built(t, c); err != nil {
				t.Fatal(err)
			}
		}
		if d.DSN == "" {
			files, err := filepath.Glob(filepath.Join(c.Data, "kefu.db*"))
			if err != nil || len(files) == 0 {
				t.Fatal(files, err)
			}
			for _, f := range files {
				if err := os.Rename(f, f+".away"); err != nil {
					t.Fatal(err)
				}
			}
		} else {
			c.Database = logging.Secret("")
		}
		err := built(t, c)
		if !fault.Is(err, fault.Conflict) || !strings.Contains(fault.Sentence(err), "KEFU_DATABASE") {
			t.Errorf("with another database: %v", err)
		}
		folder := filepath.Join(c.Data, "attachments")
		if err := os.Rename(folder, folder+".away"); err != nil {
			t.Fatal(err)
		}
		if err := built(t, c); err != nil {
			t.Errorf("without files: %v", err)
		}
	})
}
