package keyring_test

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/keyring"
	"kefu/internal/platform/secret"
)

func padFile(dir string, ref keyring.Ref) (string, int64) {
	pad, slot := ref.Place()
	return filepath.Join(dir, fmt.Sprintf("%08x.pad", pad)), int64(slot) * keyring.SlotLen
}

func TestDestroyedStaysDestroyed(t *testing.T) {
	dir, m := t.TempDir(), secret.GenerateMaster()
	r := open(t, dir, m, small())
	kept, keptRef := seal(t, r, "kept", "")
	database, ref := seal(t, r, "erased", "") // the old copy of the database
	if gone, err := r.Destroyed(ref); gone || err != nil {
		t.Fatalf("Destroyed before = %v, %v", gone, err)
	}
	for range 2 {
		if err := r.Destroy(ref, ref); err != nil {
			t.Fatal(err)
		}
	}
	check := func(name string, r *keyring.Ring) {
		t.Helper()
		_, err := r.Open(nil, database, ref, nil)
		if !keyring.IsDestroyed(err) || !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: Open = %v", name, err)
		}
		if gone, err := r.Destroyed(ref); !gone || err != nil {
			t.Errorf("%s: Destroyed = %v, %v", name, gone, err)
		}
		if got, err := r.Open(nil, kept, keptRef, nil); err != nil || string(got) != "kept" {
			t.Errorf("%s: the neighbour: %q, %v", name, got, err)
		}
	}
	check("at once", r)
	r.Close()
	check("after a restart", open(t, dir, m, small()))
	file, at := padFile(dir, ref)
	raw, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(raw[at:at+32], make([]byte, 32)) {
		t.Errorf("the key's bytes are still on disk: %x, %v", raw[at:at+32], err)
	}
}

// A tombstone file only grows: a start reads what is new in it.
func TestOpeningReadsOnlyNewTombstones(t *testing.T) {
	dir, m := t.TempDir(), secret.GenerateMaster()
	r := open(t, dir, m, small())
	box, ref := seal(t, r, "erased", "")
	r.Close()
	file := filepath.Join(dir, "destroyed.log")
	if err := os.Truncate(file, 64<<20); err != nil { // years of them
		t.Fatal(err)
	}
	open(t, dir, m, small()).Close()
	line := fmt.Sprintf("%016x", int64(ref))
	line += fmt.Sprintf(" %08x\n", crc32.ChecksumIEEE([]byte(line)))
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("\n" + line); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r = open(t, dir, m, small())
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 {
		t.Errorf("opening took %d MiB of memory", used>>20)
	}
	if _, err := r.Open(nil, box, ref, nil); !keyring.IsDestroyed(err) {
		t.Errorf("what the new line names: %v", err)
	}
}

func TestRestoredPadsForgetAgain(t *testing.T) {
	dir, m := t.TempDir(), secret.GenerateMaster()
	opts := small()
	opts.Tombstones = filepath.Join(t.TempDir(), "destroyed.log")
	r := open(t, dir, m, opts)
	early, earlyRef := seal(t, r, "early", "")
	sealed, ref := seal(t, r, "erased", "")
	kept, keptRef := seal(t, r, "kept", "")
	if err := r.Destroy(earlyRef); err != nil {
		t.Fatal(err)
	}
	r.Close()
	open(t, dir, m, opts).Close() // writes the mark
	backup := filepath.Join(t.TempDir(), "backup")
	if err := os.CopyFS(backup, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	r = open(t, dir, m, opts)
	if err := r.Destroy(ref); err != nil {
		t.Fatal(err)
	}
	r.Close()
	for name, o := range map[string]keyring.Options{
		"read only": {ReadOnly: true, Tombstones: opts.Tombstones}, "writing": opts,
		"all again": {ReadOnly: true, Tombstones: opts.Tombstones, ReplayAll: true},
	} {
		restored := filepath.Join(t.TempDir(), "restored")
		if err := os.CopyFS(restored, os.DirFS(backup)); err != nil {
			t.Fatal(err)
		}
		again := open(t, restored, m, o)
		for text, row := range map[string]struct {
			sealed []byte
			ref    keyring.Ref
		}{"early": {early, earlyRef}, "erased": {sealed, ref}} {
			if _, err := again.Open(nil, row.sealed, row.ref, nil); !keyring.IsDestroyed(err) {
				t.Errorf("%s: %s came back with the backup: %v", name, text, err)
			}
		}
		if _, err := again.Open(nil, kept, keptRef, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTornTombstoneDoesNotHideTheNext(t *testing.T) {
	dir, m := t.TempDir(), secret.GenerateMaster()
	r := open(t, dir, m, small())
	sealed, ref := seal(t, r, "x", "")
	r.Close()
	torn := keyring.AppendTombstone(nil, ref+1)[:11]
	lines := append(torn, '\n')
	lines = append(lines, keyring.AppendTombstone(nil, ref)...)
	lines = append(lines, torn...)
	if err := os.WriteFile(filepath.Join(dir, "destroyed.log"), lines, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, dir, m, small()).Open(nil, sealed, ref, nil); !keyring.IsDestroyed(err) {
		t.Errorf("err = %v", err)
	}
}

func TestDamagedSlotsAreToldFromDestroyedOnes(t *testing.T) {
	m := secret.GenerateMaster()
	for name, damage := range map[string]func(slot []byte){
		"flipped bit":        func(s []byte) { s[5] ^= 4 },
		"flipped tag":        func(s []byte) { s[47] ^= 1 },
		"torn destruction":   func(s []byte) { clear(s[:16]) },
		"zeroed key, no tag": func(s []byte) { clear(s[:32]) },
		"zeroed page":        func(s []byte) { clear(s) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			r := open(t, dir, m, small())
			sealed, ref := seal(t, r, "x", "")
			r.Close()
			file, at := padFile(dir, ref)
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			damage(raw[at : at+keyring.SlotLen])
			if err := os.WriteFile(file, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			r = open(t, dir, m, small())
			_, err = r.Open(nil, sealed, ref, nil)
			if !fault.Is(err, fault.Internal) || keyring.IsDestroyed(err) {
				t.Errorf("Open = %v, want internal", err)
			}
			if err := r.Destroy(ref); err != nil {
				t.Fatalf("a damaged key cannot be destroyed: %v", err)
			}
			if gone, err := r.Destroyed(ref); !gone || err != nil {
				t.Errorf("Destroyed = %v, %v", gone, err)
			}
		})
	}
}

func TestPadCutUnderAReaderIsAnError(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir, secret.GenerateMaster(), small())
	sealed, ref := seal(t, r, "x", "")
	for range 2 { // the second read comes from the mapping
		if _, err := r.Open(nil, sealed, ref, nil); err != nil {
			t.Fatal(err)
		}
	}
	file, _ := padFile(dir, ref)
	if err := os.Truncate(file, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Open(nil, sealed, ref, nil); !fault.Is(err, fault.Internal) || keyring.IsDestroyed(err) {
		t.Errorf("err = %v, want internal", err)
	}
}

func TestDestructionIsSeenByOtherProcessesAtOnce(t *testing.T) {
	dir, m := t.TempDir(), secret.GenerateMaster()
	a, b := open(t, dir, m, small()), open(t, dir, m, keyring.Options{ReadOnly: true})
	sealed, ref := seal(t, a, "x", "")
	for range 2 {
		if _, err := b.Open(nil, sealed, ref, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Destroy(ref); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Open(nil, sealed, ref, nil); !keyring.IsDestroyed(err) {
		t.Errorf("err = %v", err)
	}
}

func TestDestroyRefusesWhatWasNeverGiven(t *testing.T) {
	r := open(t, t.TempDir(), secret.GenerateMaster(), small())
	_, ref := seal(t, r, "x", "")
	for name, bad := range map[string]keyring.Ref{"not yet given": ref + 1, "next extent": ref + 9, "zero": 0, "negative": -5} {
		if err := r.Destroy(ref, bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
	if gone, _ := r.Destroyed(ref); gone {
		t.Error("a refused call destroyed a key")
	}
	if err := r.Destroy(); err != nil {
		t.Error(err)
	}
	if err := r.Destroy(ref ^ 1<<40); !fault.Is(err, fault.Internal) {
		t.Errorf("missing pad: %v, want internal", err)
	}
}

func TestCloseWaitsForDestructions(t *testing.T) {
	for range 20 {
		dir, m := t.TempDir(), secret.GenerateMaster()
		r := open(t, dir, m, small())
		sealed, ref := seal(t, r, "x", "")
		destroyed := make(chan error)
		go func() { destroyed <- r.Destroy(ref) }()
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		err := <-destroyed
		_, opened := open(t, dir, m, keyring.Options{ReadOnly: true}).Open(nil, sealed, ref, nil)
		if err == nil && !keyring.IsDestroyed(opened) {
			t.Fatalf("Destroy = %v, afterwards Open = %v", err, opened)
		}
		if err != nil && !fault.Is(err, fault.Unavailable) {
			t.Fatal(err)
		}
	}
}

// badDisk fails its writes or syncs while told to.
type badDisk struct {
	keyring.Disk
	full  atomic.Bool  // writes put down half and fail
	syncs atomic.Int32 // so many syncs fail with EIO
}

type badFile struct {
	keyring.DiskFile
	d *badDisk
}

func (d *badDisk) Create(path string) (keyring.DiskFile, error) {
	f, err := d.Disk.Create(path)
	return badFile{f, d}, err
}

func (d *badDisk) Open(path string) (keyring.DiskFile, error) {
	f, err := d.Disk.Open(path)
	return badFile{f, d}, err
}

func (f badFile) WriteAt(b []byte, at int64) (int, error) {
	if f.d.full.Load() {
		n, _ := f.DiskFile.WriteAt(b[:len(b)/2], at)
		return n, syscall.ENOSPC
	}
	return f.DiskFile.WriteAt(b, at)
}

func (f badFile) SyncData() error {
	if f.d.syncs.Add(-1) >= 0 {
		return syscall.EIO
	}
	return f.DiskFile.SyncData()
}

func TestFullDiskGivesErrorsAndHeals(t *testing.T) {
	dir, m := t.TempDir(), secret.GenerateMaster()
	disk := &badDisk{Disk: keyring.RealDisk()}
	opts := keyring.Options{FirstExtent: 4, MaxExtent: 4, PadSlots: 64, Wait: 30 * time.Millisecond}
	r, err := keyring.OpenOn(dir, m, opts, disk)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	disk.full.Store(true)
	values := map[keyring.Ref][]byte{}
	var failed error
	for range 40 {
		sealed, ref, err := r.Seal(nil, []byte("x"), nil)
		if err != nil {
			failed = err
			break
		}
		values[ref] = sealed
	}
	if !fault.Is(failed, fault.Unavailable) || !errors.Is(failed, syscall.ENOSPC) {
		t.Fatalf("on a full disk, after %d values: %v", len(values), failed)
	}
	if err := r.Ready(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Ready on a full disk: %v", err)
	}
	disk.full.Store(false)
	healed := false
	for range 200 {
		sealed, ref, err := r.Seal(nil, []byte("x"), nil)
		if err != nil {
			continue
		}
		if values[ref] != nil {
			t.Fatalf("key %d is used twice", ref)
		}
		values[ref], healed = sealed, true
		if len(values) > 30 {
			break
		}
	}
	if !healed {
		t.Fatal("no keys after the disk has space again")
	}
	if err := r.Ready(); err != nil {
		t.Errorf("Ready after healing: %v", err)
	}
	r.Close()
	again := open(t, dir, m, opts)
	for ref, sealed := range values {
		if _, err := again.Open(nil, sealed, ref, nil); err != nil {
			t.Error(err)
		}
	}
	disk.full.Store(true)
	if _, err := keyring.OpenOn(t.TempDir(), m, opts, disk); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a first start on a full disk: %v", err)
	}
}

func TestFailedSyncBeginsANewPad(t *testing.T) {
	dir, m := t.TempDir(), secret.GenerateMaster()
	disk := &badDisk{Disk: keyring.RealDisk()}
	opts := keyring.Options{FirstExtent: 4, MaxExtent: 4, PadSlots: 1 << 20, Wait: 5 * time.Second}
	r, err := keyring.OpenOn(dir, m, opts, disk)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	_, first := seal(t, r, "x", "")
	disk.syncs.Store(1)
	var last keyring.Ref
	for range 16 { // two extents of four may be durable already
		_, last = seal(t, r, "x", "")
	}
	before, _ := first.Place()
	after, _ := last.Place()
	if disk.syncs.Load() > 0 || before == after {
		t.Errorf("keys still come from pad %08x, whose sync failed", before)
	}
}

func TestFailedDestructionIsAnErrorAndCanBeRepeated(t *testing.T) {
	dir, m := t.TempDir(), secret.GenerateMaster()
	disk := &badDisk{Disk: keyring.RealDisk()}
	writer := open(t, dir, m, small())
	sealed, ref := seal(t, writer, "x", "")
	r, err := keyring.OpenOn(dir, m, keyring.Options{ReadOnly: true}, disk) // syncs only to destroy
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	disk.syncs.Store(1)
	if err := r.Destroy(ref); !errors.Is(err, syscall.EIO) {
		t.Fatalf("Destroy with a failing sync: %v", err)
	}
	if err := r.Destroy(ref); err != nil {
		t.Fatalf("repeated: %v", err)
	}
	if _, err := r.Open(nil, sealed, ref, nil); !keyring.IsDestroyed(err) {
		t.Error(err)
	}
}
