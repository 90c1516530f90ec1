package keyring_test

import (
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"kefu/internal/platform/keyring"
	"kefu/internal/platform/secret"
)

// lossyDisk keeps what is written to itself until it is synced, as a machine
// does that loses its power.
type lossyDisk struct {
	keyring.Disk
	stuck bool // syncs fail and keep nothing
}

type lossyFile struct {
	keyring.DiskFile
	d  *lossyDisk
	mu sync.Mutex
	at []int64
	b  [][]byte
}

func (d *lossyDisk) Create(path string) (keyring.DiskFile, error) {
	f, err := d.Disk.Create(path)
	return &lossyFile{DiskFile: f, d: d}, err
}

func (d *lossyDisk) Open(path string) (keyring.DiskFile, error) {
	f, err := d.Disk.Open(path)
	return &lossyFile{DiskFile: f, d: d}, err
}

func (f *lossyFile) WriteAt(b []byte, at int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at, f.b = append(f.at, at), append(f.b, append([]byte(nil), b...))
	return len(b), nil
}

func (f *lossyFile) SyncData() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.d.stuck {
		f.at, f.b = nil, nil
		return syscall.EIO
	}
	for i, at := range f.at {
		if _, err := f.DiskFile.WriteAt(f.b[i], at); err != nil {
			return err
		}
	}
	f.at, f.b = nil, nil
	return f.DiskFile.SyncData()
}

func TestWhatWasHandedOutOrDestroyedSurvivesALossOfPower(t *testing.T) {
	dir, m := t.TempDir(), secret.GenerateMaster()
	writer, err := keyring.OpenOn(dir, m, small(), &lossyDisk{Disk: keyring.RealDisk()})
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	values := map[keyring.Ref][]byte{}
	var refs []keyring.Ref
	for range 200 {
		sealed, ref := seal(t, writer, "x", "")
		values[ref] = sealed
		refs = append(refs, ref)
	}
	if err := writer.Destroy(refs[3], refs[150]); err != nil {
		t.Fatal(err)
	}
	disk := &lossyDisk{Disk: keyring.RealDisk()}
	other, err := keyring.OpenOn(dir, m, keyring.Options{ReadOnly: true}, disk)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	disk.stuck = true
	if err := other.Destroy(refs[7]); err == nil {
		t.Fatal("a destruction that is not on disk is confirmed")
	}
	crashed := filepath.Join(t.TempDir(), "crashed")
	if err := os.CopyFS(crashed, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	after := open(t, crashed, m, small())
	erased := map[keyring.Ref]bool{refs[3]: true, refs[150]: true, refs[7]: true} // the last is finished by Open
	for ref, sealed := range values {
		_, err := after.Open(nil, sealed, ref, nil)
		if erased[ref] != keyring.IsDestroyed(err) || !erased[ref] && err != nil {
			t.Errorf("key %d, erased %v: %v", ref, erased[ref], err)
		}
	}
}
