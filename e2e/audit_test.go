package e2e_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"kefu/client"
)

// verdict is what `kefu audit verify --json` prints.
type verdict struct {
	OK            bool   `json:"ok"`
	FirstBad      int64  `json:"first_bad"`
	UnprovenAfter int64  `json:"unproven_after"`
	Records       int64  `json:"records"`
	Messages      int64  `json:"messages"`
	Heads         int64  `json:"heads"`
	Reason        string `json:"reason"`
}

// verify runs the command. What it finds is in its answer: the exit status says
// only whether it could look.
func (s *server) verify() verdict {
	s.t.Helper()
	out := s.runHere("", "audit", "verify", "--json")
	if out.status != 0 {
		s.t.Fatalf("audit verify ended with status %d: %s", out.status, out.all())
	}
	lines := strings.Split(strings.TrimSpace(out.stdout), "\n")
	last := lines[len(lines)-1]
	var keys map[string]any
	var v verdict
	if err := json.Unmarshal([]byte(last), &keys); err != nil {
		s.t.Fatalf("the last line is no JSON object: %v: %s", err, last)
	}
	for _, key := range []string{"ok", "first_bad", "unproven_after"} {
		if _, ok := keys[key]; !ok {
			s.t.Errorf("the answer has no %q: %s", key, last)
		}
	}
	if err := json.Unmarshal([]byte(last), &v); err != nil {
		s.t.Fatal(err)
	}
	return v
}

// tampering is something done to a database by hand.
type tampering struct {
	name     string
	do       []string
	firstBad int64
}

// tamperings for a chain of n records. The numbers stand for places in it.
func tamperings(n int64) []tampering {
	at := func(text string) string {
		return strings.NewReplacer("{3}", "3", "{4}", "4", "{last}", fmt.Sprint(n), "{n-2}", fmt.Sprint(n-2)).Replace(text)
	}
	all := []tampering{
		{"a record is edited", []string{"UPDATE audit SET record = (SELECT record FROM audit WHERE seq = {4}) WHERE seq = {3}"}, 3},
		{"a hash is edited", []string{"UPDATE audit SET hash = (SELECT hash FROM audit WHERE seq = {4}) WHERE seq = {3}"}, 3},
		{"a record is deleted", []string{"DELETE FROM audit WHERE seq = {3}"}, 3},
		{"the gap is closed", []string{"DELETE FROM audit WHERE seq = {3}", "UPDATE audit SET seq = 3 WHERE seq = {4}"}, 3},
		{"two records change places", []string{
			"UPDATE audit SET seq = -1 WHERE seq = {3}", "UPDATE audit SET seq = 3 WHERE seq = {4}", "UPDATE audit SET seq = 4 WHERE seq = -1",
		}, 3},
		{"the first record is deleted", []string{"DELETE FROM audit WHERE seq = 1"}, 1},
		{"the tail is cut", []string{"DELETE FROM audit WHERE seq > {n-2}"}, n - 1},
		{"the tail is cut and the end of the chain set back", []string{
			"DELETE FROM audit WHERE seq > {n-2}",
			"UPDATE log_head SET audit_seq = {n-2}, audit_hash = (SELECT hash FROM audit WHERE seq = {n-2})",
		}, n - 1},
		{"everything is deleted", []string{"DELETE FROM audit"}, 1},
	}
	for i := range all {
		for j := range all[i].do {
			all[i].do[j] = at(all[i].do[j])
		}
	}
	return all
}

func TestTheAuditChainShowsTampering(t *testing.T) {
	onEngines(t, func(t *testing.T, database string) {
		s := newServer(t, database)
		s.start()
		k := s.customer("audited", client.WebSocket)
		conv := k.begin()
		for i := range 5 {
			k.say(conv, fmt.Sprint("message ", i))
		}
		s.stop() // signs a last head
		db := s.byHand()
		old := number(t, db, "SELECT max(seq) FROM audit")
		keep(t, db, "older")
		s.start()
		for i := range 5 {
			k.say(conv, fmt.Sprint("further message ", i))
		}
		s.stop()
		n := number(t, db, "SELECT max(seq) FROM audit")
		if v := s.verify(); !v.OK || v.FirstBad != 0 || v.UnprovenAfter != n || v.Records != n || v.Messages < 10 {
			t.Fatalf("an honest chain of %d records: %+v", n, v)
		}
		for _, by := range []string{"UPDATE audit SET record = record WHERE seq = 3", "DELETE FROM audit WHERE seq = 3"} {
			if _, err := db.Exec(by); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s was not refused: %v", by, err)
			}
		}
		dropTriggers(t, s, db)
		keep(t, db, "honest")
		for _, c := range tamperings(n) {
			execute(t, db, c.do...)
			if v := s.verify(); v.OK || v.FirstBad != c.firstBad || v.Reason == "" {
				t.Errorf("%s: first_bad should be %d: %+v", c.name, c.firstBad, v)
			}
			restore(t, db, "honest")
		}
		execute(t, db, fmt.Sprintf("UPDATE entry SET content = (SELECT content FROM entry WHERE conversation_id = '%s' AND seq = 2) WHERE conversation_id = '%s' AND seq = 3", conv, conv))
		if v := s.verify(); v.OK || v.FirstBad == 0 || !strings.Contains(v.Reason, "message 3") {
			t.Errorf("a message is exchanged: %+v", v)
		}
		restore(t, db, "older")
		if v := s.verify(); v.OK || v.FirstBad != old+1 {
			t.Errorf("the database was restored as it was at record %d: %+v", old, v)
		}
		restore(t, db, "honest")
		if v := s.verify(); !v.OK {
			t.Errorf("the honest database was put back: %+v", v)
		}
	})
}

// The tables that a restored database brings back.
func chainTables() []string { return []string{"audit", "log_head", "entry"} }

func keep(t *testing.T, db *sql.DB, name string) {
	t.Helper()
	for _, table := range chainTables() {
		execute(t, db, fmt.Sprintf("CREATE TABLE %s_%s AS SELECT * FROM %s", name, table, table))
	}
}

func restore(t *testing.T, db *sql.DB, name string) {
	t.Helper()
	for _, table := range chainTables() {
		execute(t, db, "DELETE FROM "+table, fmt.Sprintf("INSERT INTO %s SELECT * FROM %s_%s", table, name, table))
	}
}

func dropTriggers(t *testing.T, s *server, db *sql.DB) {
	t.Helper()
	if s.database == "" {
		execute(t, db, "DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete")
		return
	}
	execute(t, db, "DROP TRIGGER audit_no_change ON audit")
}

func TestWhatFollowsTheLastHeadIsUnproven(t *testing.T) {
	onEngines(t, func(t *testing.T, database string) {
		s := newServer(t, database, "KEFU_AUDIT_HEAD_EVERY=1h")
		s.start()
		k := s.customer("unproven", client.WebSocket)
		conv := k.begin()
		k.say(conv, "before the last head")
		s.stop()
		proven := s.verify()
		s.start()
		k.say(conv, "after the last head")
		s.kill()
		v := s.verify()
		if !v.OK || v.FirstBad != 0 || v.UnprovenAfter != proven.UnprovenAfter || v.Records <= proven.Records {
			t.Errorf("proven was %+v, then %+v", proven, v)
		}
	})
}
