package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kefu/internal/app"
	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/keyring"
	"kefu/internal/platform/secret"
)

func withKeys(t *testing.T) config.Config {
	t.Helper()
	c := config.Default()
	c.Data = t.TempDir()
	return c
}

// ring opens the keys as a server does.
func ring(t *testing.T, c config.Config) *keyring.Ring {
	t.Helper()
	r, err := app.OpenRing(c, false)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sealed(t *testing.T, c config.Config, text string) (box []byte, ref keyring.Ref) {
	t.Helper()
	r := ring(t, c)
	box, ref, err := r.Seal(nil, []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	closed(t, r)
	return box, ref
}

func closed(t *testing.T, r *keyring.Ring) {
	t.Helper()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

func reads(t *testing.T, c config.Config, box []byte, ref keyring.Ref, want string) {
	t.Helper()
	r := ring(t, c)
	defer closed(t, r)
	if got, err := r.Open(nil, box, ref, nil); err != nil || string(got) != want {
		t.Errorf("read %q, %v; want %q", got, err, want)
	}
}

func TestTheMasterKeyInAFileIsChanged(t *testing.T) {
	c := withKeys(t)
	file := filepath.Join(c.Data, "master.key")
	if _, err := app.RotateKeys(c); !fault.Is(err, fault.NotFound) {
		t.Errorf("before the first start: %v", err)
	}
	box, ref := sealed(t, c, "kept")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}

	running := ring(t, c)
	if _, err := app.RotateKeys(c); !fault.Is(err, fault.Conflict) {
		t.Errorf("beside a running server: %v", err)
	}
	if left, _ := filepath.Glob(file + ".*"); len(left) > 0 {
		t.Errorf("a refused change left %q", left)
	}
	closed(t, running)

	n, err := app.RotateKeys(c)
	if err != nil || n < 2 {
		t.Fatalf("%d files, %v", n, err)
	}
	after, err := os.ReadFile(file)
	if err != nil || string(after) == string(before) {
		t.Errorf("the master key stayed: %v", err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	reads(t, c, box, ref, "kept")
	if err := os.WriteFile(file, before, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := app.OpenRing(c, true); !fault.Is(err, fault.Invalid) {
		t.Errorf("the old key still opens: %v", err)
	}
}

// After a crash the present key and the next one lie side by side, whichever
// files the change had reached. A server starts, and the next change finishes.
func TestAnInterruptedChangeIsFinished(t *testing.T) {
	for _, reached := range []string{"none", "one", "all"} {
		t.Run(reached, func(t *testing.T) {
			c := withKeys(t)
			box, ref := sealed(t, c, "kept")
			file, keys := filepath.Join(c.Data, "master.key"), filepath.Join(c.Data, "keys")
			present, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			wraps, _ := filepath.Glob(filepath.Join(keys, "*.wrap"))
			old := map[string][]byte{}
			for _, w := range wraps {
				if old[w], err = os.ReadFile(w); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := app.RotateKeys(c); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(file, file+".next"); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, present, 0o600); err != nil {
				t.Fatal(err)
			}
			for i, w := range wraps {
				if reached == "none" || (reached == "one" && i > 0) {
					if err := os.WriteFile(w, old[w], 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			reads(t, c, box, ref, "kept")
			if _, err := app.CheckKeys(c); err == nil || !strings.Contains(fault.Sentence(err), "kefu keys rotate again") {
				t.Errorf("the check says %v", err)
			}
			if _, err := app.RotateKeys(c); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(file + ".next"); err == nil {
				t.Error("the next key was left beside the present one")
			}
			reads(t, c, box, ref, "kept")
			if _, err := app.CheckKeys(c); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTheMasterKeyInTheEnvironmentIsChanged(t *testing.T) {
	const present, next = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "EBESExQVFhcYGRobHB0eHwABAgMEBQYHCAkKCwwNDg8="
	t.Setenv(secret.EnvMaster, present)
	c := withKeys(t)
	box, ref := sealed(t, c, "kept")
	if _, err := app.RotateKeys(c); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Sentence(err), secret.EnvNextMaster) {
		t.Errorf("without a next key: %v", err)
	}
	t.Setenv(secret.EnvNextMaster, present)
	if _, err := app.RotateKeys(c); !fault.Is(err, fault.Invalid) {
		t.Errorf("to the same key: %v", err)
	}
	t.Setenv(secret.EnvNextMaster, next)
	for range 2 { // again, as after a crash
		if _, err := app.RotateKeys(c); err != nil {
			t.Fatal(err)
		}
	}
	reads(t, c, box, ref, "kept")           // a start before the operator has come to it
	box2, ref2 := sealed(t, c, "meanwhile") // makes no pad under the former key
	t.Setenv(secret.EnvMaster, next)
	t.Setenv(secret.EnvNextMaster, "")
	reads(t, c, box, ref, "kept")
	reads(t, c, box2, ref2, "meanwhile")
	if _, err := app.CheckKeys(c); err != nil {
		t.Error(err)
	}
}

func TestTheCheckDestroysAgain(t *testing.T) {
	c := withKeys(t)
	box, ref := sealed(t, c, "erased")
	keys, copied := filepath.Join(c.Data, "keys"), t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(keys)); err != nil {
		t.Fatal(err)
	}
	r := ring(t, c)
	if err := r.Destroy(ref); err != nil {
		t.Fatal(err)
	}
	closed(t, r)
	closed(t, ring(t, c)) // notes that all of the tombstones are applied
	pads, _ := filepath.Glob(filepath.Join(copied, "*.pad"))
	for _, pad := range pads { // one pad comes back from a copy, and the note of what was applied does not
		text, err := os.ReadFile(pad)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(keys, filepath.Base(pad)), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	reads(t, c, box, ref, "erased")
	if n, err := app.CheckKeys(c); err != nil || n < 2 {
		t.Fatalf("%d files, %v", n, err)
	}
	after := ring(t, c)
	defer closed(t, after)
	if gone, err := after.Destroyed(ref); err != nil || !gone {
		t.Errorf("destroyed: %v, %v", gone, err)
	}
}
