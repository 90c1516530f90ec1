package storage_test

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/headlog"
	"kefu/internal/storage"
	"kefu/internal/storage/auditlog"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
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
		Stream: storage.AuditStream, Entries: a.s.AuditEntries(context.Background(), identity.SystemPart("verify")), Heads: audit.ReadHeads(headlog.Lines(a.heads)),
		Keys: []ed25519.PublicKey{a.signer.Public()}, Messages: a.s.CheckMessages, Lengths: a.s.ConversationLengths(context.Background()),
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
	AuditEntries(context.Context, identity.Principal) iter.Seq2[audit.Entry, error]
}) []audit.Entry {
	var all []audit.Entry
	for e, err := range s.AuditEntries(context.Background(), identity.SystemPart("verify")) {
		if err != nil {
			panic(err)
		}
		all = append(all, e)
	}
	return all
}

// ledger is a deployment with a chain of some length, a head of its middle and
// one of its end.
type ledger struct {
	*storagetest.Deployment
	heads       string
	signer      audit.Signer
	middle, end audit.Link
	conv        string
	older       *storagetest.Deployment // as it was at the middle
}

func newLedger(t *testing.T, d *storagetest.Deployment) *ledger {
	t.Helper()
	s := &site{T: t, Deployment: d, Process: d.Open(t)}
	a := newAuditor(t, s)
	p, mei := visitor(), agent()
	l := &ledger{Deployment: d, heads: a.heads, signer: a.signer, conv: s.start(p).ID}
	s.say(p, l.conv, "one")
	s.do(mei, l.conv, noting("two"))
	s.do(p, l.conv, conversation.Command{Kind: conversation.Edit, Content: conversation.Content{Of: 1, Text: "one, edited"}})
	l.middle = a.sign(t)
	s.say(p, l.conv, "three")
	s.Stop()
	l.older = d.Backup(t)
	s = &site{T: t, Deployment: d, Process: d.Open(t)}
	a.s = s
	s.say(p, l.conv, "four")
	s.do(mei, l.conv, conversation.Command{Kind: conversation.Redact, Content: conversation.Content{Of: 1}})
	s.do(mei, l.conv, setting(conversation.Resolved))
	l.end = a.sign(t)
	s.Stop()
	return l
}

// bench is a copy of a ledger's database on which somebody works without
// Kefu: its triggers are gone, and each verification begins from the true rows.
type bench struct {
	auditor
	db *sql.DB
}

func (l *ledger) bench(t *testing.T) *bench {
	t.Helper()
	d := l.Backup(t)
	b := &bench{auditor: auditor{s: &site{T: t, Deployment: d, Process: d.OpenIdle(t)}, signer: l.signer, heads: l.heads}, db: d.SQL(t)}
	if d.Kind == engine.SQLite {
		b.run(t, "DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete", "DROP TRIGGER audit_no_replace")
	}
	for _, table := range []string{"audit", "entry", "log_head"} {
		b.run(t, "CREATE TABLE true_"+table+" AS SELECT * FROM "+table)
	}
	return b
}

func (b *bench) run(t *testing.T, texts ...string) {
	t.Helper()
	if err := statements(texts...)(b.db); err != nil {
		t.Fatal(err)
	}
}

// spoiled verifies after somebody has changed the database.
func (b *bench) spoiled(t *testing.T, spoil func(*sql.DB) error) audit.Report {
	t.Helper()
	for _, table := range []string{"audit", "entry", "log_head"} {
		b.run(t, "DELETE FROM "+table, "INSERT INTO "+table+" SELECT * FROM true_"+table)
	}
	if err := spoil(b.db); err != nil {
		t.Fatal(err)
	}
	return b.verify(t)
}

func (l *ledger) verify(t *testing.T, d *storagetest.Deployment) audit.Report {
	t.Helper()
	s := &site{T: t, Deployment: d, Process: d.OpenIdle(t)}
	return (&auditor{s: s, signer: l.signer, heads: l.heads}).verify(t)
}

// statements makes a spoil of SQL text.
func statements(texts ...string) func(*sql.DB) error {
	return func(db *sql.DB) error {
		for _, text := range texts {
			if _, err := db.Exec(text); err != nil {
				return err
			}
		}
		return nil
	}
}

// slipIn adds a message that nobody wrote behind all others.
func slipIn(conversation string) func(*sql.DB) error {
	return statements(`INSERT INTO entry (pos, conversation_id, seq, kind, author_kind, author_id, author_name, client_id, at, content, content_ref, of_seq, state)
		SELECT pos + 1000, ` + conversation + `, seq + 1, kind, author_kind, author_id, author_name, 'x', at, content, content_ref, of_seq, state
		FROM entry WHERE seq = (SELECT MAX(seq) FROM entry)`)
}

func readRows(db *sql.DB) ([]auditlog.Row, error) {
	rows, err := db.Query("SELECT seq, record, detail, hash FROM audit ORDER BY seq")
	if err != nil {
		return nil, err
	}
	var all []auditlog.Row
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var row auditlog.Row
		var hash []byte
		err := r.Scan(&row.Seq, &row.Record, &row.Detail, &hash)
		copy(row.Hash[:], hash)
		all = append(all, row)
		return err
	})
	return all, err
}

// forge changes one record and makes everything in the database fit: its hash,
// and with wholly all records after it and the end of the chain.
func forge(seq int64, wholly bool, change func(*audit.Record)) func(*sql.DB) error {
	return func(db *sql.DB) error {
		rows, err := readRows(db)
		if err != nil {
			return err
		}
		var last audit.Link
		for i, row := range rows {
			e := row.Entry()
			if row.Seq == seq {
				change(&e.Record)
			}
			if row.Seq > seq && wholly {
				e.Prev = rows[i-1].Hash
			}
			if row.Seq == seq || (row.Seq > seq && wholly) {
				rows[i].Hash = e.Record.Hash()
				if _, err := db.Exec("UPDATE audit SET record = $1, hash = $2 WHERE seq = $3", e.Record.Encode(nil), rows[i].Hash[:], row.Seq); err != nil {
					return err
				}
			}
			last = audit.Link{Seq: row.Seq, Hash: rows[i].Hash}
		}
		if !wholly {
			return nil
		}
		_, err = db.Exec("UPDATE log_head SET audit_hash = $1", last.Hash[:])
		return err
	}
}

func TestTheVerificationFindsWhatWasChanged(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		l := newLedger(t, d)
		if l.end.Seq < 8 || l.middle.Seq < 3 || l.middle.Seq > l.end.Seq-3 {
			t.Fatalf("the ledger is too short: %d, %d", l.middle.Seq, l.end.Seq)
		}
		b := l.bench(t)
		if r := b.verify(t); !r.OK || r.UnprovenAfter != l.end.Seq || r.Records != l.end.Seq || r.Heads != 2 || r.Messages == 0 {
			t.Fatalf("nothing is wrong, and the verification says %+v", r)
		}
		blame := func(r *audit.Record) { r.Actor.ID = "somebody else" }
		for name, c := range map[string]struct {
			spoil func(*sql.DB) error
			first int64 // 0: any
		}{
			"an edited record":                             {statements("UPDATE audit SET record = hash WHERE seq = 2"), 2},
			"an edited hash":                               {statements("UPDATE audit SET hash = record WHERE seq = 3"), 3},
			"an edited record with its hash":               {forge(3, false, blame), 3},
			"a chain written anew":                         {forge(2, true, blame), 1},
			"the last record written anew":                 {forge(l.end.Seq, true, blame), l.middle.Seq + 1},
			"an edited detail":                             {statements("UPDATE audit SET detail = hash WHERE seq = 2"), 2},
			"a removed record":                             {statements("DELETE FROM audit WHERE seq = 2"), 2},
			"a removed beginning":                          {statements("DELETE FROM audit WHERE seq < 3"), 1},
			"all records removed":                          {statements("DELETE FROM audit", "UPDATE log_head SET audit_seq = 0"), 1},
			"two records in each other's place":            {statements("UPDATE audit SET seq = -1 WHERE seq = 3", "UPDATE audit SET seq = 3 WHERE seq = 4", "UPDATE audit SET seq = 4 WHERE seq = -1"), 3},
			"a cut tail":                                   {statements(fmt.Sprintf("DELETE FROM audit WHERE seq >= %d", l.end.Seq), fmt.Sprintf("UPDATE log_head SET audit_seq = %d", l.end.Seq-1)), l.end.Seq},
			"an edited message":                            {statements("UPDATE entry SET content = (SELECT content FROM entry WHERE seq = 4) WHERE seq = 5"), 0},
			"an edited message and no digests":             {statements("UPDATE entry SET content = (SELECT content FROM entry WHERE seq = 4) WHERE seq = 5", "UPDATE audit SET detail = ''"), 0},
			"a message of another author":                  {statements("UPDATE entry SET author_id = 'x' WHERE seq = 5"), 0},
			"a message of another time":                    {statements("UPDATE entry SET at = at + 1 WHERE seq = 5"), 0},
			"a message that became a note":                 {statements("UPDATE entry SET kind = 'note' WHERE seq = 5"), 0},
			"a message slipped in":                         {slipIn("conversation_id"), 0},
			"a message in a conversation slipped in":       {slipIn("'elsewhere'"), 0},
			"a removed message":                            {statements("DELETE FROM entry WHERE seq = 5"), 0},
			"two messages in each other's place":           {statements("UPDATE entry SET seq = 100 WHERE seq = 5", "UPDATE entry SET seq = 5 WHERE seq = 4", "UPDATE entry SET seq = 4 WHERE seq = 100"), 0},
			"a redacted message that says something again": {statements("UPDATE entry SET content = (SELECT content FROM entry WHERE seq = 2) WHERE seq = 1"), 0},
		} {
			r := b.spoiled(t, c.spoil)
			if r.OK || r.Reason == "" || (c.first != 0 && r.FirstBad != c.first) {
				t.Errorf("%s: %+v, want first bad %d", name, r, c.first)
			}
		}
		older := l.verify(t, l.older)
		if older.OK || !strings.Contains(older.Reason, "older copy") || older.UnprovenAfter != l.middle.Seq {
			t.Errorf("a restored older database: %+v", older)
		}
	})
}

func TestWhatTheHeadsProve(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		l := newLedger(t, d)
		s := &site{T: t, Deployment: d, Process: d.Open(t)}
		a := &auditor{s: s, signer: l.signer, heads: l.heads}
		s.start(visitor())
		if r := a.verify(t); !r.OK || r.UnprovenAfter != l.end.Seq || r.Records <= l.end.Seq {
			t.Errorf("records after the last head: %+v", r)
		}
		// What comes after the last head can be taken away unseen: it is unproven.
		cut := l.bench(t).spoiled(t, statements(fmt.Sprintf("DELETE FROM audit WHERE seq > %d", l.end.Seq)))
		if !cut.OK || cut.UnprovenAfter != l.end.Seq {
			t.Errorf("unproven records removed: %+v", cut)
		}
		thief, err := audit.NewSigner(make([]byte, 32))
		if err != nil {
			t.Fatal(err)
		}
		link, err := s.AuditHead(context.Background())
		s.must(err)
		a.append(t, thief, link)
		if r := a.verify(t); r.OK || !strings.Contains(r.Reason, "forged") {
			t.Errorf("a head of another key: %+v", r)
		}
	})
}

// A verification runs beside a server that goes on writing, and raises no false
// alarm: whatever it sees has its record by the time it has read the chain.
func TestTheVerificationBesideARunningServer(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		a := newAuditor(t, s)
		p, mei := visitor(), agent()
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				for {
					conv := s.start(p).ID
					for range 4 {
						seq := s.say(p, conv, "text").Seq
						s.do(p, conv, conversation.Command{Kind: conversation.Edit, Content: conversation.Content{Of: seq, Text: "edited"}})
						s.do(mei, conv, conversation.Command{Kind: conversation.Redact, Content: conversation.Content{Of: seq}})
						select {
						case <-stop:
							return
						default:
						}
					}
				}
			})
		}
		var last int64
		for range 8 {
			link := a.sign(t)
			if r := a.verify(t); !r.OK || r.UnprovenAfter < link.Seq || r.Records < last {
				t.Errorf("while it is written to: %+v", r)
			} else {
				last = r.Records
			}
		}
		close(stop)
		wg.Wait()
	})
}
