package app_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"kefu/internal/app"
	"kefu/internal/domain/audit"
	"kefu/internal/platform/config"
	"kefu/internal/platform/headlog"
	"kefu/internal/platform/logging"
	"kefu/internal/storage"
	"kefu/internal/storage/storagetest"
)

// head adds a signed head to the file of a configuration.
func head(t *testing.T, c config.Config, seq int64, ours bool) {
	t.Helper()
	ring, err := app.OpenRing(c, true)
	if err != nil {
		t.Fatal(err)
	}
	name := "audit heads"
	if !ours {
		name = "somebody else's"
	}
	signer, err := audit.NewSigner(ring.Subkey(name))
	if err != nil {
		t.Fatal(err)
	}
	line, err := signer.Sign(storage.AuditStream, 1, audit.Link{Seq: seq}).Line()
	if err != nil {
		t.Fatal(err)
	}
	file, err := headlog.Open(app.HeadsPath(c), headlog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(file.Append(line), file.Close(), ring.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestADatabaseThatIsOlderThanWhatWasProvenIsNoticed(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		c := withKeys(t)
		c.Database = logging.Secret(d.DSN)
		d.Dir = c.Data
		if err := built(t, c); err != nil {
			t.Fatal(err)
		}
		for id, state := range map[string]string{"live": "approved", "over": "succeeded"} {
			due := 1
			if state == "succeeded" {
				due = 0
			}
			d.Exec(t, `INSERT INTO act (id, idem_key, conversation_id, customer_id, kind, state, revision, maker_kind, maker_id, approval_id, sending, alarmed_at, created_at, changed_at, due_at, body, body_ref)
				VALUES ($1, $1, 'c', 'c', 'freeze', $2, 1, 1, 'm', '', 0, 0, 1, 1, $3, $4, 0)`, id, state, due, []byte{})
		}
		ask := func(act string) (since int64) {
			t.Helper()
			d.Scan(t, "SELECT ask_since FROM act WHERE id = '"+act+"'", &since)
			return since
		}
		var seq int64
		d.Scan(t, "SELECT audit_seq FROM log_head WHERE id = 1", &seq)
		start := func(what string, doubted bool) {
			t.Helper()
			a, err := app.Build(context.Background(), c, "test", slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if err := a.Close(); err != nil {
				t.Fatal(err)
			}
			if got := ask("live") != 0; got != doubted {
				t.Errorf("%s: in doubt %v", what, got)
			}
			if ask("over") != 0 {
				t.Errorf("%s: what is over is in doubt", what)
			}
		}
		start("without a head", false)
		head(t, c, seq, true)
		start("with what is proven", false)
		head(t, c, seq+100, false)
		start("with somebody else's head", false)
		head(t, c, seq+100, true)
		start("with a head of what is missing", true)
	})
}
