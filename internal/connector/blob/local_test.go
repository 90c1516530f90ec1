package blob_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kefu/internal/connector/blob"
	"kefu/internal/connector/blob/blobtest"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/keyring"
)

func openLocal(t testing.TB, dir string) *blob.Local {
	t.Helper()
	l, err := blob.OpenLocal(dir, clock.System)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestLocal(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Store { return openLocal(t, t.TempDir()) })
}

// files lists what lies below dir, without the folders.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func stored(t *testing.T, dir string, l *blob.Local, content []byte) (blobID string, key keyring.Key, path string) {
	t.Helper()
	blobID, key = id.New(), blobtest.NewKey()
	if _, err := l.Put(t.Context(), blobID, key, bytes.NewReader(content), 1<<20); err != nil {
		t.Fatal(err)
	}
	return blobID, key, filepath.Join(dir, blobID[:2], blobID[2:4], blobID)
}

func TestNothingReadableLiesOnDisk(t *testing.T) {
	dir := t.TempDir()
	l := openLocal(t, dir)
	planted := bytes.Repeat([]byte("4111 1111 1111 1111 "), 8000)
	_, key, path := stored(t, dir, l, planted)
	_, _, second := stored(t, dir, l, planted)
	all := files(t, dir)
	if len(all) != 2 || all[0] != path && all[1] != path {
		t.Fatalf("the folder holds %v, want %s and %s", all, path, second)
	}
	for _, file := range all {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte("1111")) || bytes.Contains(raw, key[:]) {
			t.Errorf("%s can be read", file)
		}
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
}

func TestRepeatedKeyGivesAnotherCiphertext(t *testing.T) {
	dir := t.TempDir()
	l := openLocal(t, dir)
	blobID, key, path := stored(t, dir, l, []byte("same"))
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Delete(t.Context(), blobID); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Put(t.Context(), blobID, key, strings.NewReader("same"), 10); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(path); err != nil || bytes.Equal(first[blob.HeaderLen:], again[blob.HeaderLen:]) {
		t.Errorf("one key and nonce sealed twice: %v", err)
	}
}

func TestChangedFilesAreNotRead(t *testing.T) {
	const chunk, sealed, header = blob.ChunkLen, blob.SealedLen, blob.HeaderLen
	for name, change := range map[string]func([]byte) []byte{
		"version":              func(b []byte) []byte { b[0]++; return b },
		"salt":                 func(b []byte) []byte { b[5] ^= 1; return b },
		"first byte":           func(b []byte) []byte { b[header] ^= 1; return b },
		"first tag":            func(b []byte) []byte { b[header+chunk] ^= 0x80; return b },
		"last byte":            func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
		"one byte less":        func(b []byte) []byte { return b[:len(b)-1] },
		"one byte more":        func(b []byte) []byte { return append(b, 0) },
		"last chunk gone":      func(b []byte) []byte { return b[:header+2*sealed] },
		"two chunks gone":      func(b []byte) []byte { return b[:header+sealed] },
		"only the header":      func(b []byte) []byte { return b[:header] },
		"half a header":        func(b []byte) []byte { return b[:header/2] },
		"empty":                func([]byte) []byte { return nil },
		"zeros":                func(b []byte) []byte { clear(b); return b },
		"a chunk more":         func(b []byte) []byte { return append(b, make([]byte, sealed)...) },
		"an empty chunk more":  func(b []byte) []byte { return append(b[:header+2*sealed:header+2*sealed], make([]byte, 16)...) },
		"first chunk left out": func(b []byte) []byte { return append(b[:header:header], b[header+sealed:]...) },
		"first chunk repeated": func(b []byte) []byte { copy(b[header+sealed:], b[header:header+sealed]); return b },
		"two chunks exchanged": func(b []byte) []byte {
			first := bytes.Clone(b[header : header+sealed])
			copy(b[header:], b[header+sealed:header+2*sealed])
			copy(b[header+sealed:], first)
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			l := openLocal(t, dir)
			content := blobtest.Bytes(2*chunk + 500)
			blobID, key, path := stored(t, dir, l, content)
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, change(raw), 0o600); err != nil {
				t.Fatal(err)
			}
			c, err := l.Open(t.Context(), blobID, key)
			var got []byte
			if err == nil {
				got, err = io.ReadAll(c)
				c.Close()
			}
			if !fault.Is(err, fault.Internal) || !bytes.HasPrefix(content, got) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
}

func TestFileMovedToAnotherIDIsNotRead(t *testing.T) {
	dir := t.TempDir()
	l := openLocal(t, dir)
	_, key, path := stored(t, dir, l, []byte("of one customer"))
	other, _, target := stored(t, dir, l, []byte("of another"))
	if err := os.Rename(path, target); err != nil {
		t.Fatal(err)
	}
	if c, err := l.Open(t.Context(), other, key); !fault.Is(err, fault.Internal) {
		t.Errorf("Open = %v, %v", c, err)
	}
}

func TestPlantedLinkLeadsNowhere(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	l := openLocal(t, dir)
	blobID := id.New()
	if err := os.Symlink(outside, filepath.Join(dir, blobID[:2])); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Put(t.Context(), blobID, blobtest.NewKey(), strings.NewReader("x"), 10); err == nil {
		t.Error("a blob went through a link")
	}
	if left := files(t, outside); len(left) > 0 {
		t.Errorf("outside the folder: %v", left)
	}
}

func TestFailingDiskLeavesNothing(t *testing.T) {
	for _, failing := range []struct {
		name string
		err  error
		code fault.Code
	}{{"full", syscall.ENOSPC, fault.Unavailable}, {"over quota", syscall.EDQUOT, fault.Unavailable}, {"broken", syscall.EIO, fault.Internal}} {
		t.Run(failing.name, func(t *testing.T) {
			dir := t.TempDir()
			l := openLocal(t, dir)
			blobID, key := id.New(), blobtest.NewKey()
			for fails := 1; ; fails++ { // the n-th sync fails, for every n there is
				n := 0
				l.SetSync(func(f *os.File) error {
					if n++; n == fails {
						return failing.err
					}
					return f.Sync()
				})
				_, err := l.Put(t.Context(), blobID, key, strings.NewReader("content"), 10)
				if err == nil {
					if fails < 4 {
						t.Errorf("only %d syncs: of the file and three folders there should be 4", fails-1)
					}
					break
				}
				if !fault.Is(err, failing.code) {
					t.Errorf("sync %d: %v", fails, err)
				}
				if left := files(t, dir); len(left) > 0 {
					t.Errorf("sync %d left %v", fails, left)
				}
			}
			l.SetSync(func(*os.File) error { return failing.err })
			if err := l.Delete(t.Context(), blobID); err == nil {
				t.Error("a deletion that may not last is told as done")
			}
			l.SetSync((*os.File).Sync)
			if err := l.Delete(t.Context(), blobID); err != nil {
				t.Errorf("repeated: %v", err)
			}
		})
	}
}

func TestOpenRemovesOldLeftovers(t *testing.T) {
	dir := t.TempDir()
	openLocal(t, dir)
	old, fresh := filepath.Join(dir, "tmp", id.New()), filepath.Join(dir, "tmp", id.New())
	for _, path := range []string{old, fresh} {
		if err := os.WriteFile(path, []byte("torn"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(old, past, past); err != nil {
		t.Fatal(err)
	}
	l := openLocal(t, dir)
	if left := files(t, dir); len(left) != 1 || left[0] != fresh {
		t.Errorf("left: %v", left)
	}
	if page, err := l.List(t.Context(), "", 10); err != nil || len(page) > 0 {
		t.Errorf("leftovers are listed: %v, %v", page, err)
	}
	if _, err := blob.OpenLocal(filepath.Join(fresh, "below"), clock.System); err == nil {
		t.Error("a folder below a file opens")
	}
}

// writerEnv makes the test binary a process that stores blobs until it is killed.
const writerEnv = "KEFU_BLOB_TEST_WRITER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerEnv); dir != "" {
		writeForever(dir)
	}
	os.Exit(m.Run())
}

// writeForever tells of each blob before and after it is stored.
func writeForever(dir string) {
	l, err := blob.OpenLocal(dir, clock.System)
	for err == nil {
		blobID, key := id.New(), blobtest.NewKey()
		fmt.Printf("begun %s %x\n", blobID, key[:])
		content := bytes.Repeat([]byte(blobID), 10_000)
		if _, err = l.Put(context.Background(), blobID, key, bytes.NewReader(content), 1<<20); err == nil {
			fmt.Printf("stored %s\n", blobID)
		}
	}
	fmt.Println("failed", err)
	os.Exit(1)
}

func TestKilledWriterLeavesWholeBlobsOnly(t *testing.T) {
	dir := t.TempDir()
	keys, acknowledged := map[string]keyring.Key{}, map[string]bool{}
	for round := range 5 {
		command := exec.Command(os.Args[0])
		command.Env = append(os.Environ(), writerEnv+"="+dir)
		out, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		lines, seen := bufio.NewScanner(out), 0
		for lines.Scan() {
			word, rest, _ := strings.Cut(lines.Text(), " ")
			blobID, keyText, _ := strings.Cut(rest, " ")
			switch word {
			case "begun":
				raw, err := hex.DecodeString(keyText)
				if err != nil {
					t.Fatal(err)
				}
				keys[blobID] = keyring.Key(raw)
			case "stored":
				acknowledged[blobID] = true
			default:
				t.Fatal(lines.Text())
			}
			if seen++; seen == 10+round { // at another point of the work each time
				if err := command.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = command.Wait() // it was killed
	}
	judge(t, openLocal(t, dir), keys, acknowledged)
}

// judge reads every blob: those acknowledged must be there, and all be whole.
func judge(t *testing.T, l *blob.Local, keys map[string]keyring.Key, acknowledged map[string]bool) {
	t.Helper()
	page, err := l.List(t.Context(), "", blob.MaxPage)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page {
		c, err := l.Open(t.Context(), e.ID, keys[e.ID])
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(c)
		if err != nil || !bytes.Equal(got, bytes.Repeat([]byte(e.ID), 10_000)) {
			t.Errorf("%s is torn: %d bytes, %v", e.ID, len(got), err)
		}
		c.Close()
		delete(acknowledged, e.ID)
	}
	if len(acknowledged) > 0 || len(page) < 20 {
		t.Errorf("%d stored; acknowledged and lost: %v", len(page), acknowledged)
	}
}

func FuzzPlainSize(f *testing.F) {
	for _, n := range []int64{0, 33, 48, 49, 50, blob.HeaderLen + blob.SealedLen, blob.HeaderLen + blob.SealedLen + 16, 1 << 40} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, sealed int64) {
		if sealed < 0 {
			return
		}
		size, ok := blob.PlainSize(sealed)
		if !ok {
			return
		}
		chunks := max(1, (size+blob.ChunkLen-1)/blob.ChunkLen)
		if back := blob.HeaderLen + size + chunks*16; size < 0 || back != sealed {
			t.Errorf("%d bytes are taken for %d of content, which would make %d", sealed, size, back)
		}
	})
}

func BenchmarkPut1MiB(b *testing.B) {
	l, content := openLocal(b, b.TempDir()), blobtest.Bytes(1<<20)
	b.SetBytes(1 << 20)
	for b.Loop() {
		if _, err := l.Put(b.Context(), id.New(), blobtest.NewKey(), bytes.NewReader(content), 1<<20); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead1MiB(b *testing.B) {
	l, content := openLocal(b, b.TempDir()), blobtest.Bytes(1<<20)
	blobID, key := id.New(), blobtest.NewKey()
	if _, err := l.Put(b.Context(), blobID, key, bytes.NewReader(content), 1<<20); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(1 << 20)
	for b.Loop() {
		c, err := l.Open(b.Context(), blobID, key)
		if err != nil {
			b.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, c); n != 1<<20 || err != nil {
			b.Fatal(n, err)
		}
		c.Close()
	}
}

// The blobs are the first one's who claims them, and the mark is no blob.
func TestBlobsBelongToOneDeployment(t *testing.T) {
	dir := t.TempDir()
	first := openLocal(t, dir)
	blobID, _, _ := stored(t, dir, first, []byte("x"))
	for _, claim := range []string{"one", "one", "two"} {
		if owner, err := openLocal(t, dir).Claim(claim); err != nil || owner != "one" {
			t.Errorf("%s is told that they are %q's, %v", claim, owner, err)
		}
	}
	if all, err := first.List(t.Context(), "", 10); err != nil || len(all) != 1 || all[0].ID != blobID {
		t.Errorf("the list has %v, %v", all, err)
	}
	if temps := files(t, filepath.Join(dir, "tmp")); len(temps) != 0 {
		t.Errorf("left behind: %v", temps)
	}
	failing := openLocal(t, t.TempDir())
	failing.SetSync(func(*os.File) error { return syscall.ENOSPC })
	if _, err := failing.Claim("one"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("on a full disk: %v", err)
	}
}
