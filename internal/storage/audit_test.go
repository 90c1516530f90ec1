package storage_test

import (
	"context"
	"crypto/ed25519"
	"iter"
	"path/filepath"
	"testing"

	"kefu/internal/domain/audit"
	"kefu/internal/platform/headlog"
	"kefu/internal/storage"
)

// auditor signs heads and verifies, as a deployment does.
type auditor struct {
	s      *site
	signer audit.Signer
	heads  string
}

func newAuditor(t *testing.T, s *site) *auditor {
	t.Helper()
	signer, err := audit.NewSigner(s.Ring.Subkey("audit heads"))
	if err != nil {
		t.Fatal(err)
	}
	return &auditor{s: s, signer: signer, heads: filepath.Join(t.TempDir(), "heads")}
}

// sign writes a head of what is committed now.
func (a *auditor) sign(t *testing.T) audit.Link {
	t.Helper()
	link, err := a.s.AuditHead(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	a.append(t, a.signer, link)
	return link
}

func (a *auditor) append(t *testing.T, signer audit.Signer, link audit.Link) {
	t.Helper()
	line, err := signer.Sign(storage.AuditStream, a.s.Clock.Micros(), link).Line()
	if err != nil {
		t.Fatal(err)
	}
	log, err := headlog.Open(a.heads, headlog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if err := log.Append(line); err != nil {
		t.Fatal(err)
	}
}

func (a *auditor) verify(t *testing.T) audit.Report {
	t.Helper()
	report, err := audit.Verify(context.Background(), audit.Input{
		Stream: storage.AuditStream, Entries: a.s.AuditEntries(context.Background()), Heads: audit.ReadHeads(headlog.Lines(a.heads)),
		Keys: []ed25519.PublicKey{a.signer.Public()}, Messages: a.s.CheckMessages,
	})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// verified signs the end and checks that the chain verifies, or does not.
func verified(t *testing.T, s *site, want bool) {
	t.Helper()
	a := newAuditor(t, s)
	link := a.sign(t)
	if r := a.verify(t); r.OK != want || (want && r.UnprovenAfter != link.Seq) {
		t.Errorf("verification: %+v, want ok = %v", r, want)
	}
}

// audits reads the whole chain.
func audits(s interface {
	AuditEntries(context.Context) iter.Seq2[audit.Entry, error]
}) []audit.Entry {
	var all []audit.Entry
	for e, err := range s.AuditEntries(context.Background()) {
		if err != nil {
			panic(err)
		}
		all = append(all, e)
	}
	return all
}
