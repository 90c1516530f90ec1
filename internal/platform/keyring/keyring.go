// Package keyring encrypts values under keys that can be destroyed one by one.
//
// Each sealed value has a key of its own, taken from a pad: a file outside the
// database that holds random keys made ahead. The value is stored in the
// database with a Ref to its key. Overwriting the key makes the value
// unreadable wherever a copy of the database is: in its log, its replicas and
// its backups. See docs/adr/0010-key-pad.md.
//
// The package stores no values and knows nothing of what they mean; it decides
// neither what is encrypted nor when a key is destroyed.
package keyring

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/secret"
)

// Ref says where the key of a sealed value is: pad number in the upper 32 bits,
// slot in the lower. It is always greater than 0 and fits a BIGINT.
type Ref int64

func makeRef(pad, slot uint32) Ref { return Ref(int64(pad)<<32 | int64(slot)) }
func (r Ref) pad() uint32          { return uint32(uint64(r) >> 32) }
func (r Ref) slot() uint32         { return uint32(uint64(r)) }

// Valid tells whether r has the form of a reference.
func (r Ref) Valid() bool { return r > 0 && r.pad() > 0 }

// Key encrypts exactly one value.
type Key [secret.KeyLen]byte

// Format implements fmt.Formatter for every verb without telling the key.
func (k Key) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, "[key]") }

// Options of a Ring. The zero value is ready for use.
type Options struct {
	// Previous master keys under which some files may still be wrapped, while a
	// rotation is under way.
	Previous []secret.Master
	// Tombstones is the file that lists destroyed keys, so that a restored older
	// copy of the pads forgets them again. It belongs on another volume than the
	// pads, and never into their backup. Default: destroyed.log beside the pads.
	Tombstones string
	// ReplayAll applies the whole tombstone file and not only what is new since
	// the last start: after single pads were put back from a backup.
	ReplayAll bool
	// LookOnly leaves even the destructions of the tombstone file undone, and nothing
	// can be destroyed: for who must change nothing. It goes with ReadOnly.
	LookOnly bool
	// ReadOnly opens existing values and destroys keys but makes no new keys.
	ReadOnly bool
	// FirstExtent and MaxExtent are how many keys are made ahead at a time: the
	// first extent is small so that a start is quick, each next one twice the
	// last up to the maximum. Defaults 2,048 and 65,536.
	FirstExtent, MaxExtent int
	// PadSlots is how many keys a pad holds before the next is begun. Default 4,194,304.
	PadSlots int
	// Wait is how long taking a key waits when making keys has fallen behind or
	// fails, before it gives up as unavailable. Default 5 s.
	Wait time.Duration
	// MaxOpenPads bounds the files kept open for reading. Default 64.
	MaxOpenPads int

	alone bool // no other process may have the ring open
}

func (o *Options) fill(dir string) error {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	def(&o.FirstExtent, 2048)
	def(&o.MaxExtent, max(65536, o.FirstExtent))
	def(&o.PadSlots, 1<<22)
	def(&o.MaxOpenPads, 64)
	if o.Wait == 0 {
		o.Wait = 5 * time.Second
	}
	if o.Tombstones == "" {
		o.Tombstones = filepath.Join(dir, "destroyed.log")
	}
	switch {
	case o.FirstExtent < 1, o.MaxExtent < o.FirstExtent, o.MaxExtent > 1<<24, o.PadSlots < o.MaxExtent, o.PadSlots > 1<<31, o.MaxOpenPads < 1, o.Wait < 0:
		return fault.New(fault.Invalid, "keyring.Open", "options out of range: 1 ≤ FirstExtent ≤ MaxExtent ≤ PadSlots ≤ 2^31, MaxOpenPads ≥ 1")
	}
	return nil
}

// Ring gives out keys, seals and opens values and destroys keys. Its methods
// are safe for concurrent use; several processes may share one directory, each
// taking keys from pads of its own.
type Ring struct {
	dir     string
	opts    Options
	masters masters
	root    []byte
	fs      files
	lock    *os.File

	supply supply // where Next takes keys from

	padMu sync.RWMutex
	pads  map[uint32]*pad // open for reading and destroying

	destroyMu  sync.Mutex
	tombstones *tombstoneLog
}

// Open opens the key ring in dir, making it when it is not there, and finishes
// every destruction that the tombstone file knows of. Unless ReadOnly, it
// begins a new pad: keys left over in pads of earlier processes are never used,
// since nobody can know which of them were.
//
// Errors: Invalid with a sentence for the operator when the master key is not
// the one that wrapped the ring; Internal when its files are damaged; Conflict
// while the master key is being changed.
func Open(dir string, master secret.Master, opts Options) (*Ring, error) {
	return open(dir, master, opts, osFiles{})
}

func open(dir string, master secret.Master, opts Options, fs files) (*Ring, error) {
	const op = "keyring.Open"
	if !master.Valid() {
		return nil, fault.New(fault.Invalid, op, "no master key was given")
	}
	if err := opts.fill(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.Wrap(op, err)
	}
	r := &Ring{dir: dir, opts: opts, fs: fs, masters: newMasters(master, opts.Previous), pads: map[uint32]*pad{}}
	var err error
	if r.lock, err = lockDir(dir, opts.alone); err != nil {
		return nil, err
	}
	if r.root, err = r.loadRoot(); err != nil {
		return nil, errors.Join(err, r.lock.Close())
	}
	if opts.LookOnly {
		r.tombstones = &tombstoneLog{}
		return r, nil
	}
	if r.tombstones, err = openTombstones(opts.Tombstones); err != nil {
		return nil, errors.Join(fault.Wrap(op, err), r.lock.Close())
	}
	if err := r.replayTombstones(); err != nil {
		r.closeFiles()
		return nil, err
	}
	if !opts.ReadOnly {
		if err := r.startSupply(); err != nil {
			r.closeFiles()
			return nil, err
		}
	}
	return r, nil
}

// Exists tells whether dir already holds a key ring, so that a missing master
// key file is seen as lost and not as a first start.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, rootFile))
	return err == nil
}

// Subkey derives a key of 32 bytes for one purpose from the ring's root secret
// (HKDF-SHA256, RFC 5869). It stays the same across restarts and rotations of
// the master key: for blind indexes and the signing of sessions.
func (r *Ring) Subkey(label string) []byte {
	out, err := hkdf.Key(sha256.New, r.root, nil, "kefu/1 subkey "+label, secret.KeyLen)
	if err != nil {
		panic(err) // only for lengths beyond 255 hashes
	}
	return out
}

// Close stops making keys and gives back those never used. Values can neither
// be sealed nor opened afterwards.
func (r *Ring) Close() error {
	err := r.stopSupply()
	return fault.Wrap("keyring.Close", firstError(err, r.closeFiles()))
}

func (r *Ring) closeFiles() error {
	r.destroyMu.Lock() // before padMu, as Destroy takes them
	defer r.destroyMu.Unlock()
	r.padMu.Lock()
	defer r.padMu.Unlock()
	var first error
	for number, p := range r.pads {
		first = firstError(first, p.close())
		delete(r.pads, number)
	}
	r.pads = nil // tells later calls that the ring is closed
	return firstError(firstError(first, r.tombstones.close()), r.lock.Close())
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
