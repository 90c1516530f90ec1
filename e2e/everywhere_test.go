package e2e_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The guard's window, after which messages are indexed.
const guardWindow = 60 * time.Second

func TestSecretsAreNowhere(t *testing.T) {
	onEngines(t, func(t *testing.T, database string) {
		endpoint, traces := collector(t)
		metricsPort := freePort(t)
		s := newServer(t, database, "KEFU_TRACING_ENDPOINT="+endpoint, "KEFU_TRACING_SAMPLE=1", "KEFU_METRICS_LISTEN=localhost:"+metricsPort)
		s.start()
		m := newMaker(t)
		f := newField(s, m)
		whole, split := m.whole(), m.split()
		ours := m.split()
		planted := append(whole, m.disguised()...)
		f.messages(planted)
		f.staffWrites(whole)
		f.attached(whole)
		f.identities(whole)
		f.edges(whole)
		f.saidByStaff(ours)
		f.completed(f.begun(split[:2]))
		begun := f.begun(split[2:])
		split = append(split, ours...)
		s.kill()
		before := takeBackup(t, s)
		s.start()
		f.completed(begun)
		last := time.Now()
		f.waitForErasure()
		metrics := scrape(t, metricsPort)
		found := f.readable()
		for _, p := range planted {
			f.absent(found, "the desk", fmt.Sprintf("%s (%s)", p.class, p.form), p.trace)
		}
		for _, p := range split {
			f.absent(found, "the desk", fmt.Sprintf("%s (%s)", p.class, p.form), append(p.early, p.whole...))
		}
		if n := strings.Count(found, f.control); n < len(f.convs) {
			t.Errorf("the desk reads the control word %d times in %d conversations: the proof does not see what is written", n, len(f.convs))
		}
		time.Sleep(time.Until(last.Add(guardWindow + 3*time.Second)))
		f.searched(planted)
		s.kill()
		s.start()
		s.kill()
		secrets := newScanner()
		for _, p := range planted {
			for _, trace := range p.trace {
				secrets.lookFor(p.class+" ("+p.form+")", trace)
			}
		}
		for _, p := range split {
			for _, trace := range append(p.early, p.whole...) {
				secrets.lookFor(p.class+" ("+p.form+")", trace)
			}
		}
		secrets.lookFor("an ordinary message", f.control)
		left := []durable{inMemory("traces", traces.bytes()), inMemory("metrics", metrics), inMemory("log", []byte(s.logged()))}
		left = append(left, files(t, s.dir)...)
		left = append(left, files(t, before.dir)...)
		left = append(left, databaseFiles(t, s, before)...)
		for _, hit := range secrets.sweep(t, left) {
			t.Error(hit)
		}
		f.controls(left)
		before.readWithTodaysKeys(f, split)
	})
}

// absent checks that texts that were withheld are not in what somebody reads.
func (f *field) absent(found, who, what string, traces []string) {
	f.t.Helper()
	for _, trace := range traces {
		if at := strings.Index(found, trace); at >= 0 {
			f.t.Errorf("%s reads %s: %q", who, what, found[max(0, at-60):min(len(found), at+len(trace)+20)])
		}
	}
}

// waitForErasure waits until the keys of withdrawn texts are destroyed.
func (f *field) waitForErasure() {
	f.t.Helper()
	db := f.byHand()
	defer db.Close()
	for end := time.Now().Add(answerLimit); number(f.t, db, "SELECT count(*) FROM job") > 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			f.t.Fatal("the keys of withdrawn texts were not destroyed")
		}
	}
}

// searched checks that the index finds what is no secret and nothing that is.
func (f *field) searched(secrets []planted) {
	f.t.Helper()
	hits := func(query string) string {
		got := f.call(http.MethodGet, "/v1/search?q="+url.QueryEscape(query), f.agent, nil, nil)
		if got.status != http.StatusOK {
			return ""
		}
		return string(got.body)
	}
	for end := time.Now().Add(answerLimit); !strings.Contains(hits(f.control), f.control); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			f.t.Fatalf("the search does not find the control word: %s", hits(f.control))
		}
	}
	for _, p := range secrets {
		if found := hits(p.trace[0]); strings.Contains(found, `"conv"`) {
			f.t.Errorf("a search for %s (%s) finds %s", p.class, p.form, found)
		}
	}
}

// controls shows that the sweep would have found what is there: what is kept
// readable, in the database, the log, the traces and the metrics.
func (f *field) controls(left []durable) {
	f.t.Helper()
	for _, c := range []struct{ what, text, where string }{
		{"an e-mail address of staff", "mei@kefu.demo", `kefu\.db|base/|pg_wal/`},
		{"a tag", f.tag, `kefu\.db|base/|pg_wal/`},
		{"a word of the log", "listening", `^log$`},
		{"a span", "store.commit", `^traces$`},
		{"a metric", "kefu_", `^metrics$`},
		{"the index's own words", "SQLite format 3", `search\.db$|^postgres$`},
		{"the demo's people", "mei@kefu.demo", `demo\.json$`},
	} {
		if f.database != "" && strings.HasPrefix(c.text, "SQLite") {
			continue
		}
		s, seen := newScanner(), false
		s.look(c.what, []byte((c.text + "    ")[:max(len(c.text), 4)]))
		if len(c.text) < leastTrace {
			s.needles, s.filter = nil, nil
		}
		for _, d := range left {
			if regexp.MustCompile(c.where).MatchString(d.name) {
				b, err := d.read()
				if err != nil {
					continue // reported by the sweep
				}
				seen = seen || bytes.Contains(b, []byte(c.text)) && (s.needles == nil || len(s.find(b)) > 0)
			}
		}
		if !seen {
			f.t.Errorf("%s (%q) was not found where it is kept: the sweep proves nothing", c.what, c.text)
		}
	}
}

func scrape(t *testing.T, port string) []byte {
	t.Helper()
	response, err := http.Get("http://localhost:" + port + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// backup is a copy of everything a server had at some time.
type backup struct {
	dir      string
	database string
}

// takeBackup copies the data folder and the database of a server that is down.
func takeBackup(t *testing.T, s *server) backup {
	t.Helper()
	b := backup{dir: filepath.Join(t.TempDir(), "backup")}
	copyFolder(t, s.dir, b.dir)
	if s.database == "" {
		return b
	}
	address, err := url.Parse(s.database)
	if err != nil {
		t.Fatal(err)
	}
	source := strings.TrimPrefix(address.Path, "/")
	name := source + "_backup"
	admin, err := sql.Open("pgx", postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	waitForNobody(t, admin, source)
	execute(t, admin, "CREATE DATABASE "+name+" TEMPLATE "+source)
	address.Path = "/" + name
	b.database = address.String()
	t.Cleanup(func() {
		admin, err := sql.Open("pgx", os.Getenv("KEFU_TEST_POSTGRES"))
		if err != nil {
			return
		}
		defer admin.Close()
		ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
		defer cancel()
		_, _ = admin.ExecContext(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") // nothing is left to fail for
	})
	return b
}

// waitForNobody waits until PostgreSQL has noticed that a killed server is gone.
func waitForNobody(t *testing.T, admin *sql.DB, database string) {
	t.Helper()
	for end := time.Now().Add(answerLimit); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if number(t, admin, "SELECT count(*) FROM pg_stat_activity WHERE datname = '"+database+"'") == 0 {
			return
		}
	}
	t.Fatalf("%s is still in use", database)
}

func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	if err := filepath.Walk(to, func(name string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		mode := os.FileMode(0o600)
		if info.IsDir() {
			mode = 0o700
		}
		return os.Chmod(name, mode)
	}); err != nil {
		t.Fatal(err)
	}
}

// readWithTodaysKeys starts a server on the old database with the keys as they
// are now: what was withdrawn since must stay unreadable, the rest must not.
func (b backup) readWithTodaysKeys(f *field, secrets []split) {
	f.t.Helper()
	restored := newServer(f.t, b.database)
	copyFolder(f.t, b.dir, restored.dir)
	if err := os.RemoveAll(filepath.Join(restored.dir, "keys")); err != nil {
		f.t.Fatal(err)
	}
	copyFolder(f.t, filepath.Join(f.dir, "keys"), filepath.Join(restored.dir, "keys"))
	restored.start()
	old := newField(restored, f.m)
	old.convs, old.files, old.control = f.convs, f.files, f.control
	found := old.readable()
	for _, p := range secrets {
		old.absent(found, "who restores a backup", fmt.Sprintf("%s (%s)", p.class, p.form), append(p.early, p.whole...))
	}
	if n := strings.Count(found, f.control); n < len(f.convs) {
		f.t.Errorf("the restored desk reads the control word %d times in %d conversations", n, len(f.convs))
	}
	restored.stop()
}

// databaseFiles are PostgreSQL's own files of a database and its backup, its log
// of transactions and its other logs.
func databaseFiles(t *testing.T, s *server, b backup) []durable {
	t.Helper()
	if s.database == "" {
		return nil
	}
	admin, err := sql.Open("pgx", s.database)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	execute(t, admin, "CHECKPOINT")
	var dir string
	if err := admin.QueryRow("SHOW data_directory").Scan(&dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadDir(filepath.Join(dir, "pg_wal")); err != nil {
		t.Fatalf("PostgreSQL's files cannot be read, so nothing is proven of them: %v. Use a cluster of this machine: scripts/postgres.sh", err)
	}
	all := append(files(t, filepath.Join(dir, "pg_wal")), files(t, filepath.Join(dir, "global"))...)
	for _, name := range []string{s.database, b.database} {
		address, err := url.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		oid := number(t, admin, "SELECT oid::bigint FROM pg_database WHERE datname = '"+strings.TrimPrefix(address.Path, "/")+"'")
		own := files(t, filepath.Join(dir, "base", fmt.Sprint(oid)))
		if len(own) == 0 {
			t.Errorf("there are no files of %s", address.Path)
		}
		all = append(all, own...)
	}
	for _, log := range []string{filepath.Join(dir, "log"), filepath.Join(filepath.Dir(dir), "log")} {
		if info, err := os.Stat(log); err == nil && info.IsDir() {
			all = append(all, files(t, log)...)
		} else if err == nil {
			all = append(all, durable{log, func() ([]byte, error) { return os.ReadFile(log) }})
		}
	}
	return all
}
