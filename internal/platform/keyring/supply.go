package keyring

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"kefu/internal/platform/durable"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/secret"
)

// An extent is a run of slots that are durable in the pad and not yet handed
// out. Its keys are kept in memory until they are.
type extent struct {
	pad   uint32
	first uint32
	used  int
	keys  []byte // secret.KeyLen each
}

func (e *extent) empty() bool { return e == nil || e.used*secret.KeyLen == len(e.keys) }

// supply is where keys come from: the extent in use and, made in the
// background, the one after it.
type supply struct {
	mu       sync.Mutex
	now      *extent
	next     *extent
	refilled chan struct{} // closed, and replaced, whenever next is set
	failed   error         // why the last attempt to make keys failed
	closed   bool

	wanted chan struct{} // next was taken; holds at most one
	stop   chan struct{} // closed by Close
	done   chan struct{} // closed when the maker has ended

	// Only the maker touches these.
	pad  *pad // its file is for writing alone; readers open their own
	len  int  // slots in the pad
	size int  // of the extent to be made
}

// Next reserves a key that no one else gets and that is durable in its pad
// already. It waits, at most Options.Wait, when making keys has fallen behind.
// A key encrypts one value; most callers want Seal.
//
// Errors: Unavailable when there are no keys, as on a full disk.
func (r *Ring) Next() (Ref, Key, error) {
	ref, key, refilled, err := r.supply.take()
	if refilled == nil {
		return ref, key, err
	}
	timer := time.NewTimer(r.opts.Wait)
	defer timer.Stop()
	for {
		select {
		case <-refilled:
		case <-r.supply.stop:
			return 0, Key{}, errClosed()
		case <-timer.C:
			return 0, Key{}, r.supply.late(r.opts.Wait)
		}
		if ref, key, refilled, err = r.supply.take(); refilled == nil {
			return ref, key, err
		}
	}
}

// take gives the next key, or a channel to wait on before asking again.
func (s *supply) take() (Ref, Key, <-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stop == nil:
		return 0, Key{}, nil, fault.New(fault.Unavailable, "keyring.Next", "the key ring was opened for reading only")
	case s.closed:
		return 0, Key{}, nil, errClosed()
	}
	if s.now.empty() {
		if s.next == nil {
			return 0, Key{}, s.refilled, nil
		}
		s.now, s.next = s.next, nil
		select {
		case s.wanted <- struct{}{}:
		default:
		}
	}
	e := s.now
	at := e.keys[e.used*secret.KeyLen:][:secret.KeyLen]
	key := Key(at)
	clear(at)
	ref := makeRef(e.pad, e.first+uint32(e.used))
	e.used++
	if key == (Key{}) {
		return 0, Key{}, nil, fault.New(fault.Internal, "keyring.Next", "a key of zeros was about to be used")
	}
	return ref, key, nil, nil
}

func (s *supply) late(wait time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &fault.Error{Code: fault.Unavailable, Op: "keyring.Next", Message: "no new keys within " + wait.String(), Err: s.failed}
}

// Ready tells why new keys cannot be made at present, or nil: for the health of
// a process, some thousand values before it has to refuse one.
func (r *Ring) Ready() error {
	s := &r.supply
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return errClosed()
	case s.failed != nil:
		return &fault.Error{Code: fault.Unavailable, Op: "keyring.Ready", Message: "new keys cannot be written", Err: s.failed}
	default:
		return nil
	}
}

// handedOut tells whether the slot of ref may have been given to a caller. Only
// of this ring's own pads is that known; of others it is assumed.
func (s *supply) handedOut(ref Ref) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range []*extent{s.now, s.next} {
		if e != nil && e.pad == ref.pad() {
			return ref.slot() < e.first+uint32(e.used)
		}
	}
	return true
}

func (r *Ring) startSupply() error {
	s := &r.supply
	s.refilled, s.wanted = make(chan struct{}), make(chan struct{}, 1)
	s.size = r.opts.FirstExtent
	first, err := r.makeExtent()
	if err != nil {
		return err
	}
	s.now = first
	s.stop, s.done = make(chan struct{}), make(chan struct{})
	go r.makeKeys()
	return nil
}

// makeKeys keeps one extent ready until the ring is closed. After a failure it
// tries again with growing pauses, so that a full disk heals by itself.
func (r *Ring) makeKeys() {
	const firstPause, lastPause = 20 * time.Millisecond, 2 * time.Second
	s := &r.supply
	defer close(s.done)
	pause := firstPause
	for {
		e, err := r.makeExtent()
		s.publish(e, err)
		again := s.wanted
		var timer <-chan time.Time
		if err != nil {
			again, timer = nil, time.After(pause)
			pause = min(2*pause, lastPause)
		} else {
			pause = firstPause
		}
		select {
		case <-again:
		case <-timer:
		case <-s.stop:
			return
		}
	}
}

func (s *supply) publish(e *extent, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = err
	if err == nil {
		s.next = e
		close(s.refilled)
		s.refilled = make(chan struct{})
	}
}

// stopSupply ends the maker and cuts the keys never handed out from the pad.
func (r *Ring) stopSupply() error {
	s := &r.supply
	s.mu.Lock()
	running := s.stop != nil && !s.closed
	s.closed = true
	s.mu.Unlock()
	if !running {
		return nil
	}
	close(s.stop)
	<-s.done
	if s.pad == nil {
		return nil
	}
	used := 0
	if s.now.pad == s.pad.number {
		used = int(s.now.first) + s.now.used
	}
	clear(s.now.keys)
	if used == 0 {
		return firstError(s.pad.file.Close(), r.removePad(s.pad.number))
	}
	err := s.pad.file.Truncate(int64(used) * slotLen)
	return firstError(err, s.pad.file.Close())
}

// makeExtent writes new random keys to the end of the pad and makes them
// durable. Whatever goes wrong with a file is taken as the end of that file for
// writing (a later fsync that succeeds proves nothing about earlier writes):
// the next attempt begins a new pad.
func (r *Ring) makeExtent() (*extent, error) {
	const op = "keyring.makeExtent"
	s := &r.supply
	if s.pad != nil && s.len+s.size > r.opts.PadSlots {
		s.pad.file.Close() // all of it is durable
		s.pad = nil
	}
	if s.pad == nil {
		p, err := r.createPad()
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		s.pad, s.len = p, 0
	}
	e := &extent{pad: s.pad.number, first: uint32(s.len), keys: make([]byte, s.size*secret.KeyLen)}
	rand.Read(e.keys)
	raw := make([]byte, 0, s.size*slotLen)
	for i := range s.size {
		raw = s.pad.sealSlot(raw, e.first+uint32(i), e.keys[i*secret.KeyLen:][:secret.KeyLen])
	}
	_, err := s.pad.file.WriteAt(raw, int64(s.len)*slotLen) // an error for every short write
	if err == nil {
		err = s.pad.file.SyncData()
	}
	if err != nil {
		r.abandonPad()
		return nil, fault.Wrap(op, err)
	}
	s.len += s.size
	s.size = min(2*s.size, r.opts.MaxExtent)
	return e, nil
}

// abandonPad gives up a pad after a failed write. What was durable before stays
// readable; of the failed part nothing was handed out.
func (r *Ring) abandonPad() {
	s := &r.supply
	if s.len > 0 {
		_ = s.pad.file.Truncate(int64(s.len) * slotLen) // only saves space
	}
	s.pad.file.Close()
	if s.len == 0 {
		_ = r.removePad(s.pad.number) // only saves space
	}
	s.pad = nil
}

// createPad begins a pad under a random number. A number that counted up would
// come again after an older backup was restored, and two values would share a
// reference.
func (r *Ring) createPad() (*pad, error) {
	for range 16 {
		var raw [4]byte
		rand.Read(raw[:])
		number := binary.BigEndian.Uint32(raw[:]) >> 1
		if number == 0 {
			continue
		}
		p, err := r.createPadNumber(number)
		if !errors.Is(err, fs.ErrExist) {
			return p, err
		}
	}
	return nil, errors.New("no free pad number found")
}

func (r *Ring) createPadNumber(number uint32) (*pad, error) {
	name := padName(number)
	var key [secret.KeyLen]byte
	rand.Read(key[:])
	text, err := r.masters.wrap(name, key[:])
	if err != nil {
		return nil, err
	}
	if err := durable.WriteNew(filepath.Join(r.dir, name+wrapSuffix), text); err != nil {
		return nil, err
	}
	f, err := r.fs.Create(filepath.Join(r.dir, name+padSuffix))
	if err == nil {
		if err = durable.SyncDir(r.dir); err != nil {
			f.Close()
		}
	}
	if err != nil {
		_ = r.removePad(number) // only saves space
		return nil, err
	}
	return &pad{number: number, file: f, aead: newAEAD(key[:])}, nil
}

// removePad removes a pad of which no key was handed out. The wrap file goes
// last: without it a pad file could not be read.
func (r *Ring) removePad(number uint32) error {
	var first error
	for _, suffix := range []string{padSuffix, wrapSuffix} {
		err := os.Remove(filepath.Join(r.dir, padName(number)+suffix))
		if !errors.Is(err, fs.ErrNotExist) {
			first = firstError(first, err)
		}
	}
	return first
}
