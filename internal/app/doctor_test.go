package app_test

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kefu/internal/app"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/job"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/config"
	"kefu/internal/storage"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// examined is one finding of the doctor.
func examined(t *testing.T, c config.Config, what string) app.Finding {
	t.Helper()
	return examinedOn(t, app.ThisMachine(), c, what)
}

func examinedOn(t *testing.T, m app.Machine, c config.Config, what string) app.Finding {
	t.Helper()
	for _, f := range app.Examine(t.Context(), c, m) {
		if f.What == what {
			return f
		}
	}
	t.Fatalf("nobody looked at %s", what)
	return app.Finding{}
}

func hints(t *testing.T, c config.Config, what, want string) {
	t.Helper()
	f := examined(t, c, what)
	if f.Wrong != "" || (want == "") != (f.Hint == "") || !strings.Contains(f.Hint, want) || (f.Fact == "") == (f.Hint == "") {
		t.Errorf("%s: %+v, want a hint at %q", what, f, want)
	}
}

func TestTheDoctorHintsAtWhatIsHardlyMeant(t *testing.T) {
	c := withKeys(t)
	c.Listen = "localhost:0"
	closed(t, ring(t, c))
	hints(t, c, "address", "works on this machine alone")
	hints(t, c, "wallet pages", "origins.embed")
	hints(t, c, "key folder", "keys.folder")
	hints(t, c, "staff", "") // before the first start there is nobody to miss
	c.Origins.Embed = []string{"https://wallet.example"}
	hints(t, c, "wallet pages", "")
	hints(t, c, "wallet pages", "")
	c.Wallet.URL = "https://wallet.example/support/v1"
	hints(t, c, "wallet pages", "wallet.link_origins names no place")
	c.Wallet.Links = []string{"acmepay:"}
	hints(t, c, "wallet pages", "")
	c.Wallet.URL = ""
	c.PublicURL = "https://help.invalid" // RFC 6761: never found
	hints(t, c, "address", "help.invalid is not found")
}

func TestTheDoctorMissesThePeopleWhoSignIn(t *testing.T) {
	c := withKeys(t)
	c.Listen = "localhost:0"
	r := ring(t, c)
	defer closed(t, r)
	store, err := storage.Open(t.Context(), storage.Options{Migrate: true, Dir: c.Data, Ring: r, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- store.Run(running) }()
	defer func() {
		stop()
		<-ended
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	hints(t, c, "staff", "kefu user add")
	member := staff.Member{ID: "olga", Email: "olga@wallet.example", Name: "Olga", Alias: "Olga", Role: identity.Owner}
	if err := store.AddStaff(t.Context(), app.CommandLine(), staff.New{Member: member, PasswordHash: "h", TOTPSecret: "t"}); err != nil {
		t.Fatal(err)
	}
	hints(t, c, "staff", "")
}

func TestTheDoctorFindsFilesThatOthersMayRead(t *testing.T) {
	c := withKeys(t)
	c.Listen = "localhost:0"
	if err := os.Chmod(c.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	if f := examined(t, c, "data folder"); f.Wrong != "" {
		t.Fatalf("%+v", f)
	}
	file := filepath.Join(c.Data, "copy.db")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	if f := examined(t, c, "data folder"); !strings.Contains(f.Wrong, "copy.db") {
		t.Errorf("%+v", f)
	}
}

func TestTheDoctorSeesAWrongClockAndAFullDisk(t *testing.T) {
	c := withKeys(t)
	c.Listen = "localhost:0"
	closed(t, ring(t, c))
	if err := app.Migrate(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	wrong := func(what, want string, change func(*app.Machine)) {
		t.Helper()
		m := app.ThisMachine()
		m.FreeMiB = func(string) (uint64, error) { return 5000, nil }
		if f := examinedOn(t, m, c, what); f.Wrong != "" {
			t.Errorf("nothing is wrong with the %s: %+v", what, f)
		}
		change(&m)
		if f := examinedOn(t, m, c, what); !strings.Contains(f.Wrong, want) {
			t.Errorf("%s: %+v, want %q", what, f, want)
		}
	}
	at := func(now time.Time) func(*app.Machine) {
		return func(m *app.Machine) { m.Now = func() time.Time { return now } }
	}
	wrong("clock", "2021-01-02", at(time.Date(2021, 1, 2, 0, 0, 0, 0, time.UTC)))
	wrong("clock", "kefu.db was written at", at(time.Now().Add(-time.Hour)))
	c.Keys.Tombstones = filepath.Join(t.TempDir(), "witness", "destroyed.log")
	if err := os.Mkdir(filepath.Dir(c.Keys.Tombstones), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, full := range []string{c.Data, filepath.Dir(c.Keys.Tombstones)} {
		wrong("disk", "only 12 MiB are free in "+full, func(m *app.Machine) {
			m.FreeMiB = func(dir string) (uint64, error) {
				if dir == full {
					return 12, nil
				}
				return 5000, nil
			}
		})
	}
	wrong("disk", "no such volume", func(m *app.Machine) {
		m.FreeMiB = func(string) (uint64, error) { return 0, errors.New("no such volume") }
	})
}

func TestTheDoctorTellsOfJobsThatFail(t *testing.T) {
	for _, c := range []struct{ column, want string }{{"attempts = 10", "1 jobs keep failing"}, {"failed_at = 1", "1 were set aside"}} {
		d := storagetest.New(t, engine.SQLite)
		d.Open(t).Stop()
		conf := withKeys(t)
		conf.Data, conf.Listen = d.Dir, "localhost:0"
		if f := examined(t, conf, "jobs"); f.Wrong != "" || f.Fact != "0 wait to be done" {
			t.Errorf("%+v", f)
		}
		d.Enqueue(t, job.New{Kind: job.DestroyKeys})
		d.Exec(t, "UPDATE job SET "+c.column)
		if f := examined(t, conf, "jobs"); !strings.Contains(f.Wrong, c.want) || !strings.Contains(f.Wrong, "kefu jobs retry") {
			t.Errorf("%+v, want %q", f, c.want)
		}
	}
}

// files are the names, contents and modes in a folder.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = info.Mode().String() + " " + string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// What looks at a database that was put back, with keys that are older than the
// tombstone file, leaves all of it as it is.
func TestTheDoctorChangesNothing(t *testing.T) {
	c := withKeys(t)
	c.Listen = "localhost:0"
	r := ring(t, c)
	_, ref, err := r.Seal(nil, []byte("words"), nil)
	if err != nil {
		t.Fatal(err)
	}
	closed(t, r)
	if err := app.Migrate(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	tombstones := filepath.Join(c.Data, "keys", "destroyed.log")
	line := fmt.Sprintf("%016x", int64(ref))
	line += fmt.Sprintf(" %08x\n", crc32.ChecksumIEEE([]byte(line)))
	if err := os.WriteFile(tombstones, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(c.Data, "kefu.db"), 0o644); err != nil {
		t.Fatal(err)
	}
	before := files(t, c.Data)
	for _, f := range app.Examine(t.Context(), c, app.ThisMachine()) {
		if f.What == "keys" && f.Wrong != "" {
			t.Errorf("%+v", f)
		}
	}
	after := files(t, c.Data)
	for path, text := range after {
		if strings.HasSuffix(path, "-shm") || strings.HasSuffix(path, "-wal") && strings.HasSuffix(text, " ") {
			continue // an empty log of SQLite's, without which it cannot read
		}
		if was, there := before[path]; was != text {
			t.Errorf("%s is another, was there before: %v", path, there)
		}
	}
	for path := range before {
		if _, there := after[path]; !there {
			t.Errorf("%s is gone", path)
		}
	}
	again := ring(t, c) // which now finishes the destruction
	if gone, err := again.Destroyed(ref); err != nil || !gone {
		t.Errorf("destroyed: %v, err = %v", gone, err)
	}
	closed(t, again)
}
