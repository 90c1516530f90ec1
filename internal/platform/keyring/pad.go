package keyring

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/secret"
)

// A slot is a key under AES-256-GCM: 32 bytes and a tag of 16. The pad's key is
// random and of that pad alone, and a slot number is sealed once, so the slot
// number can be the nonce. The tag tells a torn, flipped or zeroed slot from a
// good one.
//
// A destroyed slot is 32 zeros and a tag of its own kind, which only the holder
// of the pad's key can make. A slot that is zero throughout was lost by the
// disk, not destroyed, and is reported as damage.
const (
	slotLen = secret.KeyLen + tagLen
	tagLen  = 16

	nonceKey       = 0
	nonceDestroyed = 1
)

type pad struct {
	number uint32
	file   file
	aead   cipher.AEAD

	mu     sync.RWMutex // held for writing to close
	closed bool
	mapped []byte       // the file for reading without system calls; may be nil
	known  atomic.Int64 // how many bytes the file is known to have
}

// mapPad makes an open pad whose file is mapped where it can be.
func (r *Ring) mapPad(number uint32, f file, key []byte) *pad {
	p := &pad{number: number, file: f, aead: newAEAD(key)}
	if m, ok := f.(interface{ Map(int) ([]byte, error) }); ok {
		p.mapped, _ = m.Map(r.opts.PadSlots * slotLen) // without it, system calls do
	}
	return p
}

func (p *pad) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	return firstError(unmap(p.mapped), p.file.Close())
}

// load reads the bytes of a slot. The mapping is read only where the file is
// known to reach, since there is nothing behind its end.
func (p *pad) load(raw *[slotLen]byte, slot uint32) error {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.closed {
		return os.ErrClosed
	}
	at := int64(slot) * slotLen
	end := at + slotLen
	if end <= p.known.Load() && end <= int64(len(p.mapped)) {
		return copyMapped(raw[:], p.mapped[at:end])
	}
	if _, err := p.file.ReadAt(raw[:], at); err != nil {
		return err
	}
	for known := p.known.Load(); end > known && !p.known.CompareAndSwap(known, end); {
		known = p.known.Load()
	}
	return nil
}

// copyMapped turns the fault that a bad disk or a file cut by someone else
// raises into an error.
func copyMapped(dst, src []byte) (err error) {
	before := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(before)
		if recover() != nil {
			err = errors.New("the disk or file system could not give a mapped page")
		}
	}()
	copy(dst, src)
	return nil
}

func slotNonce(kind byte, slot uint32) (nonce [12]byte) {
	nonce[0] = kind
	binary.BigEndian.PutUint32(nonce[8:], slot)
	return nonce
}

// sealSlot appends the slot's 48 bytes to dst.
func (p *pad) sealSlot(dst []byte, slot uint32, key []byte) []byte {
	nonce := slotNonce(nonceKey, slot)
	return p.aead.Seal(dst, nonce[:], key, nil)
}

// destroyedSlot appends the 48 bytes that replace a destroyed key to dst.
func (p *pad) destroyedSlot(dst []byte, slot uint32) []byte {
	nonce := slotNonce(nonceDestroyed, slot)
	return p.aead.Seal(append(dst, make([]byte, secret.KeyLen)...), nonce[:], nil, nil)
}

// read gives the key of a slot. Its errors carry the codes that Ring.Open
// promises.
func (p *pad) read(slot uint32) (Key, error) {
	const op = "keyring.Open"
	var raw [slotLen]byte
	ref := makeRef(p.number, slot)
	if err := p.load(&raw, slot); err != nil {
		if errors.Is(err, os.ErrClosed) {
			return Key{}, err
		}
		if errors.Is(err, io.EOF) {
			return Key{}, fault.New(fault.Internal, op, "key %d lies beyond the end of pad %s: it was cut or comes from an older backup", ref, padName(p.number))
		}
		return Key{}, fault.Wrap(op, err)
	}
	nonce := slotNonce(nonceKey, slot)
	if plain, err := p.aead.Open(raw[:0:secret.KeyLen], nonce[:], raw[:], nil); err == nil && !allZero(plain) {
		return Key(plain), nil
	}
	return Key{}, p.explain(slot)
}

// explain tells a destroyed slot from a damaged one. It reads the slot again
// because a failed decryption may have cleared the buffer.
func (p *pad) explain(slot uint32) error {
	const op = "keyring.Open"
	var raw [slotLen]byte
	ref := makeRef(p.number, slot)
	if err := p.load(&raw, slot); err != nil {
		if errors.Is(err, os.ErrClosed) {
			return err
		}
		return fault.Wrap(op, err)
	}
	if string(raw[:]) == string(p.destroyedSlot(nil, slot)) {
		return &fault.Error{Code: fault.NotFound, Op: op, Message: "the value was erased", Err: &DestroyedError{Ref: ref}}
	}
	return fault.New(fault.Internal, op, "key %d in pad %s is damaged: put the pad back from a backup of the keys", ref, padName(p.number))
}

// pad gives an open pad, opening it on first use.
func (r *Ring) pad(number uint32) (*pad, error) {
	r.padMu.RLock()
	p, closed := r.pads[number], r.pads == nil
	r.padMu.RUnlock()
	switch {
	case closed:
		return nil, errClosed()
	case p != nil:
		return p, nil
	}
	return r.openPad(number)
}

func (r *Ring) openPad(number uint32) (*pad, error) {
	const op = "keyring.Open"
	name := padName(number)
	text, err := os.ReadFile(filepath.Join(r.dir, name+wrapSuffix))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.Internal, op, "pad %s is missing: put it back from a backup of the keys", name)
	}
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	key, _, err := r.masters.unwrap(name, text)
	if err != nil {
		return nil, err
	}
	f, err := r.fs.Open(filepath.Join(r.dir, name+padSuffix))
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	return r.keep(r.mapPad(number, f, key))
}

// keep puts p among the open pads. A pad that has to make room is closed; a
// reader that still held it opens it anew.
func (r *Ring) keep(p *pad) (*pad, error) {
	r.padMu.Lock()
	defer r.padMu.Unlock()
	if r.pads == nil {
		p.close()
		return nil, errClosed()
	}
	if other := r.pads[p.number]; other != nil {
		p.close()
		return other, nil
	}
	for number, victim := range r.pads {
		if len(r.pads) < r.opts.MaxOpenPads {
			break
		}
		delete(r.pads, number)
		victim.close()
	}
	r.pads[p.number] = p
	return p, nil
}

// key reads the key of ref. A pad may be closed under the reader to make room,
// hence the bounded second try.
func (r *Ring) key(ref Ref) (Key, error) {
	const op = "keyring.Open"
	if !ref.Valid() {
		return Key{}, fault.New(fault.Internal, op, "%d is no key reference", ref)
	}
	for range 3 {
		p, err := r.pad(ref.pad())
		if err != nil {
			return Key{}, err
		}
		key, err := p.read(ref.slot())
		if !errors.Is(err, os.ErrClosed) {
			return key, err
		}
	}
	return Key{}, fault.New(fault.Unavailable, op, "more pads are read at once than may be open (%d)", r.opts.MaxOpenPads)
}
