package keyring_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/keyring"
	"kefu/internal/platform/secret"
)

func small() keyring.Options {
	return keyring.Options{FirstExtent: 8, MaxExtent: 32, PadSlots: 128, Wait: 5 * time.Second}
}

func open(t testing.TB, dir string, m secret.Master, o keyring.Options) *keyring.Ring {
	t.Helper()
	r, err := keyring.Open(dir, m, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func seal(t testing.TB, r *keyring.Ring, text, aad string) ([]byte, keyring.Ref) {
	t.Helper()
	sealed, ref, err := r.Seal(nil, []byte(text), []byte(aad))
	if err != nil {
		t.Fatal(err)
	}
	return sealed, ref
}

func TestSealedValuesOpenAgain(t *testing.T) {
	dir, m := t.TempDir(), secret.GenerateMaster()
	r := open(t, dir, m, small())
	type stored struct {
		sealed []byte
		ref    keyring.Ref
	}
	var rows []stored
	for i := range 300 { // several extents and pads
		s, ref := seal(t, r, fmt.Sprint("text ", i), fmt.Sprint("row ", i))
		if ref <= 0 {
			t.Fatalf("ref %d does not fit a positive BIGINT", ref)
		}
		if len(s) != len(fmt.Sprint("text ", i))+keyring.Overhead {
			t.Fatalf("sealed to %d bytes", len(s))
		}
		rows = append(rows, stored{s, ref})
	}
	r.Close()
	for name, again := range map[string]*keyring.Ring{
		"read only": open(t, dir, m, keyring.Options{ReadOnly: true, MaxOpenPads: 1}),
		"writing":   open(t, dir, m, small()),
	} {
		for i, row := range rows {
			got, err := again.Open([]byte("> "), row.sealed, row.ref, []byte(fmt.Sprint("row ", i)))
			if err != nil || string(got) != fmt.Sprint("> text ", i) {
				t.Fatalf("%s: row %d: %q, %v", name, i, got, err)
			}
		}
	}
}

func TestOpenRefusesWhatDoesNotFit(t *testing.T) {
	r := open(t, t.TempDir(), secret.GenerateMaster(), small())
	sealed, ref := seal(t, r, "hello", "row 1")
	_, other := seal(t, r, "other", "row 2")
	flip := func(i int) []byte { b := bytes.Clone(sealed); b[i] ^= 1; return b }
	for _, c := range []struct {
		name   string
		sealed []byte
		ref    keyring.Ref
		aad    string
	}{
		{"other aad", sealed, ref, "row 2"},
		{"other key", sealed, other, "row 1"},
		{"changed version", flip(0), ref, "row 1"},
		{"changed text", flip(1), ref, "row 1"},
		{"changed tag", flip(len(sealed) - 1), ref, "row 1"},
		{"cut", sealed[:len(sealed)-1], ref, "row 1"},
		{"empty", nil, ref, "row 1"},
		{"ref zero", sealed, 0, "row 1"},
		{"negative ref", sealed, -ref, "row 1"},
		{"missing pad", sealed, ref ^ 1<<40, "row 1"},
		{"slot beyond the pad", sealed, ref | 0xffffffff, "row 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := r.Open(nil, c.sealed, c.ref, []byte(c.aad))
			if !fault.Is(err, fault.Internal) || got != nil || keyring.IsDestroyed(err) {
				t.Errorf("got %q, %v, want internal", got, err)
			}
		})
	}
}

func TestNextGivesDistinctKeysToAll(t *testing.T) {
	dir, m := t.TempDir(), secret.GenerateMaster()
	const each, takers = 400, 8
	var mu sync.Mutex
	refs, keys := map[keyring.Ref]bool{}, map[keyring.Key]bool{}
	var wg sync.WaitGroup
	for _, r := range []*keyring.Ring{open(t, dir, m, small()), open(t, dir, m, small())} {
		for range takers {
			wg.Go(func() {
				for range each {
					ref, key, err := r.Next()
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					if refs[ref] || keys[key] || key == (keyring.Key{}) {
						t.Errorf("key %d was given twice or is zero", ref)
					}
					refs[ref], keys[key] = true, true
					mu.Unlock()
				}
			})
		}
	}
	wg.Wait()
	if len(refs) != 2*each*takers {
		t.Errorf("%d references, want %d", len(refs), 2*each*takers)
	}
}

// An abrupt end is a copy of the directory as it is on disk at that moment: the
// ring in it was never closed.
func TestNoKeyIsUsedTwiceAcrossAbruptEnds(t *testing.T) {
	base := t.TempDir()
	m := secret.GenerateMaster()
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		dir := filepath.Join(base, fmt.Sprint(runs))
		used := map[keyring.Ref]string{}
		for life := range rapid.IntRange(1, 4).Draw(rt, "lives") {
			r, err := keyring.Open(dir, m, small())
			if err != nil {
				rt.Fatal(err)
			}
			for i := range rapid.IntRange(0, 60).Draw(rt, "taken") {
				text := fmt.Sprint(life, "/", i)
				sealed, ref, err := r.Seal(nil, []byte(text), nil)
				if err != nil {
					rt.Fatal(err)
				}
				if used[ref] != "" {
					rt.Fatalf("key %d of life %d sealed %s before", ref, life, used[ref])
				}
				used[ref] = string(sealed)
			}
			crashed := fmt.Sprint(dir, "-", life)
			if err := os.CopyFS(crashed, os.DirFS(dir)); err != nil {
				rt.Fatal(err)
			}
			r.Close()
			dir = crashed
		}
		last, err := keyring.Open(dir, m, keyring.Options{ReadOnly: true})
		if err != nil {
			rt.Fatal(err)
		}
		defer last.Close()
		for ref, sealed := range used {
			if _, err := last.Open(nil, []byte(sealed), ref, nil); err != nil {
				rt.Fatal(err)
			}
		}
	})
}

func TestFilesArePrivateAndLeftoverKeysGivenBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	r := open(t, dir, secret.GenerateMaster(), small())
	_, ref := seal(t, r, "one", "")
	if err := r.Destroy(ref); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(dir); info.Mode().Perm() != 0o700 {
		t.Errorf("directory has mode %v, want 0700", info.Mode())
	}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		info, _ := e.Info()
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", e.Name(), info.Mode())
		}
		if strings.HasSuffix(e.Name(), ".pad") && info.Size() != keyring.SlotLen {
			t.Errorf("%s has %d bytes after one key, want %d", e.Name(), info.Size(), keyring.SlotLen)
		}
	}
	if len(entries) != 4 {
		t.Errorf("%v, want the root, a pad with its wrap file and the tombstones", entries)
	}
	if _, _, err := r.Next(); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Next after Close: %v", err)
	}
}

func TestSubkeysAreStableAndDistinct(t *testing.T) {
	dir, m := t.TempDir(), secret.GenerateMaster()
	r := open(t, dir, m, small())
	a := r.Subkey("blind index")
	if len(a) != 32 || bytes.Equal(a, r.Subkey("session")) {
		t.Error("subkeys of two labels are alike")
	}
	if !bytes.Equal(a, open(t, dir, m, small()).Subkey("blind index")) {
		t.Error("a restart changes subkeys")
	}
	if bytes.Equal(a, open(t, t.TempDir(), m, small()).Subkey("blind index")) {
		t.Error("two rings under one master key share subkeys")
	}
}

func TestWrongMasterKeySaysWhatToDo(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, secret.GenerateMaster(), small())
	_, err := keyring.Open(dir, secret.GenerateMaster(), small())
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "wrong master key") || !strings.Contains(err.Error(), secret.EnvMaster) {
		t.Errorf("err = %v", err)
	}
	if _, err := keyring.Open(dir, secret.Master{}, small()); !fault.Is(err, fault.Invalid) {
		t.Errorf("no master key: %v", err)
	}
}

func TestRotationKeepsEverything(t *testing.T) {
	dir, old, next := t.TempDir(), secret.GenerateMaster(), secret.GenerateMaster()
	r := open(t, dir, old, small())
	sealed, ref := seal(t, r, "kept", "")
	gone, goneRef := seal(t, r, "erased", "")
	if err := r.Destroy(goneRef); err != nil {
		t.Fatal(err)
	}
	subkey := r.Subkey("x")

	rotating := small()
	rotating.Previous = []secret.Master{old}
	both := open(t, dir, next, rotating) // while r, under the old key, still runs
	if _, err := both.Open(nil, sealed, ref, nil); err != nil {
		t.Fatalf("before the rewrap: %v", err)
	}
	if n, err := both.Rewrap(); err != nil || n != 2 {
		t.Fatalf("Rewrap() = %d, %v, want 2 (the root and one pad)", n, err)
	}
	if n, err := both.Rewrap(); err != nil || n != 0 {
		t.Fatalf("a second Rewrap() = %d, %v, want 0", n, err)
	}
	if _, err := r.Open(nil, sealed, ref, nil); err != nil {
		t.Errorf("a process under the old key lost its pad: %v", err)
	}
	after := open(t, dir, next, small())
	got, err := after.Open(nil, sealed, ref, nil)
	if err != nil || string(got) != "kept" || !bytes.Equal(subkey, after.Subkey("x")) {
		t.Errorf("after the rotation: %q, %v", got, err)
	}
	if _, err := after.Open(nil, gone, goneRef, nil); !keyring.IsDestroyed(err) {
		t.Errorf("the erased value: %v", err)
	}
	if _, err := keyring.Open(dir, old, small()); !fault.Is(err, fault.Invalid) {
		t.Errorf("the old master key still opens the ring: %v", err)
	}
}

func TestHalfARotationOpensWithBothKeys(t *testing.T) {
	dir, old, next := t.TempDir(), secret.GenerateMaster(), secret.GenerateMaster()
	r := open(t, dir, old, small())
	sealed, ref := seal(t, r, "kept", "")
	pad, _ := ref.Place()
	file := filepath.Join(dir, fmt.Sprintf("%08x.wrap", pad))
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rotating := small()
	rotating.Previous = []secret.Master{old}
	if _, err := open(t, dir, next, rotating).Rewrap(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, before, 0o600); err != nil { // the crash came before this file
		t.Fatal(err)
	}
	again := open(t, dir, next, rotating)
	if got, err := again.Open(nil, sealed, ref, nil); err != nil || string(got) != "kept" {
		t.Errorf("%q, %v", got, err)
	}
	if n, err := again.Rewrap(); err != nil || n != 1 {
		t.Errorf("Rewrap() = %d, %v, want 1", n, err)
	}
}

func TestDamagedWrapFilesAreRefused(t *testing.T) {
	m := secret.GenerateMaster()
	for name, damage := range map[string]func(string) error{
		"empty":   func(f string) error { return os.WriteFile(f, nil, 0o600) },
		"garbage": func(f string) error { return os.WriteFile(f, []byte("{\x00"), 0o600) },
		"no nonce": func(f string) error {
			return os.WriteFile(f, []byte(`{"v":1,"name":"root","master":"`+m.ID()+`"}`), 0o600)
		},
		"missing": os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			r := open(t, dir, m, small())
			seal(t, r, "x", "")
			r.Close()
			if err := damage(filepath.Join(dir, "root.wrap")); err != nil {
				t.Fatal(err)
			}
			if _, err := keyring.Open(dir, m, small()); !fault.Is(err, fault.Internal) || !strings.Contains(err.Error(), "backup") {
				t.Errorf("err = %v", err)
			}
		})
	}
}
