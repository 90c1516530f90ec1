package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kefu/internal/platform/durable"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/secret"
)

// The ring's directory holds root.wrap (the secret behind Subkey), and per pad
// NUMBER.wrap (the pad's own key) and NUMBER.pad (the keys of values, wrapped
// under the pad's key). A rotation of the master key rewrites the small wrap
// files only: the keys of values never move, so it cannot collide with their
// destruction.
const (
	rootFile   = "root.wrap"
	rootName   = "root"
	wrapSuffix = ".wrap"
	padSuffix  = ".pad"
)

func padName(number uint32) string { return fmt.Sprintf("%08x", number) }

// wrapped is the content of a wrap file.
type wrapped struct {
	Version int    `json:"v"`
	Master  string `json:"master"` // id of the master key that wraps it
	Name    string `json:"name"`   // "root", or the pad's number; authenticated
	Nonce   []byte `json:"nonce"`
	Sealed  []byte `json:"sealed"` // AES-256-GCM of the 32 bytes
}

type masters struct {
	current  string
	wrappers map[string]cipher.AEAD // by master id
}

func newMasters(current secret.Master, previous []secret.Master) masters {
	m := masters{current: current.ID(), wrappers: map[string]cipher.AEAD{}}
	for _, master := range append(slices.Clone(previous), current) {
		if master.Valid() {
			m.wrappers[master.ID()] = newAEAD(master.Derive("keyring wrap"))
		}
	}
	return m
}

func (m masters) wrap(name string, key []byte) ([]byte, error) {
	w := wrapped{Version: 1, Master: m.current, Name: name, Nonce: make([]byte, 12)}
	rand.Read(w.Nonce)
	w.Sealed = m.wrappers[m.current].Seal(nil, w.Nonce, key, []byte(name))
	text, err := json.Marshal(w)
	return append(text, '\n'), err
}

// unwrap gives the 32 bytes of a wrap file and the id of the master key it was
// under.
func (m masters) unwrap(name string, text []byte) ([]byte, string, error) {
	const op = "keyring.Open"
	var w wrapped
	if err := json.Unmarshal(text, &w); err != nil {
		return nil, "", fault.New(fault.Internal, op, "%s%s is damaged (%v): put it back from a backup of the keys", name, wrapSuffix, err)
	}
	if w.Version != 1 {
		return nil, "", fault.New(fault.Internal, op, "%s%s has version %d, written by a newer Kefu: use that one", name, wrapSuffix, w.Version)
	}
	aead, known := m.wrappers[w.Master]
	if !known {
		return nil, "", fault.New(fault.Invalid, op,
			"wrong master key: the stored keys are wrapped by master key %s and the one given is %s. Put the right key into %s or the master key file; if a change of the master key was interrupted, run kefu keys rotate again", w.Master, m.current, secret.EnvMaster)
	}
	key, err := aead.Open(nil, fixNonce(w.Nonce), w.Sealed, []byte(name))
	if err != nil || len(key) != secret.KeyLen || allZero(key) {
		return nil, "", fault.New(fault.Internal, op, "%s%s is damaged: put it back from a backup of the keys", name, wrapSuffix)
	}
	return key, w.Master, nil
}

// fixNonce keeps a damaged file from panicking in GCM, which insists on the length.
func fixNonce(n []byte) []byte {
	out := make([]byte, 12)
	copy(out, n)
	return out
}

func (r *Ring) loadRoot() ([]byte, error) {
	const op = "keyring.Open"
	path := filepath.Join(r.dir, rootFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if pads, err := r.list(padSuffix); err != nil || len(pads) > 0 {
			return nil, fault.New(fault.Internal, op, "%s is missing beside existing keys: put it back from a backup of the keys; a new one would make indexes and sessions unusable", path)
		}
		if text, err = r.createRoot(path); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	key, _, err := r.masters.unwrap(rootName, text)
	return key, err
}

// createRoot reads back what it wrote: of several processes that start at once
// only one creates the file.
func (r *Ring) createRoot(path string) ([]byte, error) {
	const op = "keyring.Open"
	var key [secret.KeyLen]byte
	rand.Read(key[:])
	text, err := r.masters.wrap(rootName, key[:])
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := durable.WriteNew(path, text); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fault.Wrap(op, err)
	}
	text, err = os.ReadFile(path)
	return text, fault.Wrap(op, err)
}

// Rotate changes the master key of the ring in dir from one of the present ones
// to next, and tells how many files it wrapped anew. No other process may have
// the ring open: one that has would make keys under the old master key. A crash
// leaves files under both keys; a repeated call finishes. opts is what the ring
// is opened with otherwise.
//
// Errors: Conflict while the ring is in use; otherwise as Open and Rewrap.
func Rotate(dir string, next secret.Master, present []secret.Master, opts Options) (int, error) {
	opts.Previous, opts.ReadOnly, opts.alone = append(present, opts.Previous...), true, true
	r, err := Open(dir, next, opts)
	if err != nil {
		return 0, err
	}
	n, err := r.Rewrap()
	return n, firstError(err, r.Close())
}

// WrappedBy is the id of the master key that the ring in dir is under, "" when
// that cannot be told. During a change it is the former one until every file is
// under the next, because the root comes last.
func WrappedBy(dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, rootFile))
	var w wrapped
	if err != nil || json.Unmarshal(text, &w) != nil {
		return ""
	}
	return w.Master
}

// Check unwraps every wrap file. It tells how many there are, and how many are
// still under another master key than the ring was opened with. The error names
// those that nobody can read.
func (r *Ring) Check() (files, behind int, err error) {
	const op = "keyring.Check"
	paths, err := r.list(wrapSuffix)
	if err != nil {
		return 0, 0, fault.Wrap(op, err)
	}
	var failed []error
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			failed = append(failed, fault.Wrap(op, err))
			continue
		}
		_, under, err := r.masters.unwrap(strings.TrimSuffix(filepath.Base(path), wrapSuffix), text)
		if err != nil {
			failed = append(failed, err)
		} else if under != r.masters.current {
			behind++
		}
	}
	return len(paths), behind, errors.Join(failed...)
}

// Rewrap wraps every file that is still under a previous master key with the
// current one and tells how many there were. Each file is replaced whole, so a
// crash between leaves both kinds, and both master keys stay valid until it has
// run to its end. Files named in the error were left as they were.
func (r *Ring) Rewrap() (int, error) {
	const op = "keyring.Rewrap"
	paths, err := r.list(wrapSuffix) // by name, and so the root after the numbers of pads
	if err != nil {
		return 0, fault.Wrap(op, err)
	}
	count := 0
	var failed []error
	for _, path := range paths {
		changed, err := r.rewrapFile(path)
		if err != nil {
			failed = append(failed, err)
		}
		if changed {
			count++
		}
	}
	failed = append(failed, durable.SyncDir(r.dir))
	return count, fault.Wrap(op, errors.Join(failed...))
}

// list gives the paths of the ring's files of one kind.
func (r *Ring) list(suffix string) ([]string, error) {
	entries, err := os.ReadDir(r.dir)
	var paths []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), suffix) {
			paths = append(paths, filepath.Join(r.dir, e.Name()))
		}
	}
	return paths, err
}

func (r *Ring) rewrapFile(path string) (bool, error) {
	name := strings.TrimSuffix(filepath.Base(path), wrapSuffix)
	text, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	key, under, err := r.masters.unwrap(name, text)
	if err != nil || under == r.masters.current {
		return false, err
	}
	if text, err = r.masters.wrap(name, key); err != nil {
		return false, err
	}
	return true, durable.Replace(path, text)
}

func newAEAD(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // only for other lengths than those of AES
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // only for other block sizes than that of AES
	}
	return aead
}

func allZero(b []byte) bool {
	var or byte
	for _, c := range b {
		or |= c
	}
	return or == 0
}
