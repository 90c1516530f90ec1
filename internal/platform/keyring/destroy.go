package keyring

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"kefu/internal/platform/durable"
	"kefu/internal/platform/fault"
)

// Destroy makes the values sealed under refs unreadable, here and in every copy
// of the database. It is durable when it returns and does nothing to what was
// destroyed before. Many references in one call share their disk syncs.
//
// The references are first written to the tombstone file; from then on they are
// destroyed even when this process or machine ends before it has overwritten
// them, because the next Open does.
//
// Errors: Invalid when a reference was never handed out; otherwise some of them
// may not be destroyed and the call must be repeated.
func (r *Ring) Destroy(refs ...Ref) error {
	const op = "keyring.Destroy"
	for _, ref := range refs {
		if !ref.Valid() || !r.supply.handedOut(ref) {
			return fault.New(fault.Invalid, op, "no value was sealed under key %d", ref)
		}
	}
	if len(refs) == 0 {
		return nil
	}
	sorted := slices.Clone(refs)
	slices.Sort(sorted)
	sorted = slices.Compact(sorted)
	r.destroyMu.Lock()
	defer r.destroyMu.Unlock()
	if err := r.tombstones.append(sorted); err != nil {
		return fault.Wrap(op, err)
	}
	var failed []error
	for _, run := range byPad(sorted) {
		failed = append(failed, r.overwrite(run))
	}
	return fault.Wrap(op, errors.Join(failed...))
}

// Destroyed tells whether the key of ref was destroyed. A key that is neither
// readable nor properly destroyed is an error.
func (r *Ring) Destroyed(ref Ref) (bool, error) {
	_, err := r.key(ref)
	if IsDestroyed(err) {
		return true, nil
	}
	return false, err
}

// byPad cuts sorted references into runs of one pad each.
func byPad(sorted []Ref) [][]Ref {
	var runs [][]Ref
	for start := 0; start < len(sorted); {
		end := start + 1
		for end < len(sorted) && sorted[end].pad() == sorted[start].pad() {
			end++
		}
		runs = append(runs, sorted[start:end])
		start = end
	}
	return runs
}

// overwrite destroys keys of one pad and makes it durable. After a failed sync
// the file is closed, so that the repeated call writes and syncs anew.
func (r *Ring) overwrite(run []Ref) error {
	const op = "keyring.Destroy"
	var err error
	for range 3 { // the pad may be closed to make room before it is held
		var p *pad
		if p, err = r.pad(run[0].pad()); err != nil {
			return err
		}
		p.mu.RLock()
		err = p.overwrite(run)
		p.mu.RUnlock()
		if err == nil {
			return nil
		}
		r.drop(p)
		if !errors.Is(err, os.ErrClosed) {
			break
		}
	}
	return fault.Wrap(op, err)
}

func (p *pad) overwrite(run []Ref) error {
	if p.closed {
		return os.ErrClosed
	}
	var buf [slotLen]byte
	for _, ref := range run {
		at := int64(ref.slot()) * slotLen
		if _, err := p.file.ReadAt(buf[:], at); errors.Is(err, io.EOF) {
			return fault.New(fault.Internal, "keyring.Destroy", "key %d lies beyond the end of pad %s", ref, padName(p.number))
		} else if err != nil {
			return err
		}
		if _, err := p.file.WriteAt(p.destroyedSlot(buf[:0], ref.slot()), at); err != nil {
			return err
		}
	}
	return p.file.SyncData()
}

func (r *Ring) drop(p *pad) {
	r.padMu.Lock()
	defer r.padMu.Unlock()
	if r.pads[p.number] == p {
		delete(r.pads, p.number)
		p.close()
	}
}

// The tombstone file has one line per destroyed key: the reference and a
// checksum, both in hexadecimal. Every batch begins with an empty line, so that
// a line torn by a crash does not swallow the next one.
const tombstoneLen = 16 + 1 + 8 + 1

type tombstoneLog struct {
	path string
	file *os.File // nil after a failure, until the next append opens it anew
}

func openTombstones(path string) (*tombstoneLog, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	t := &tombstoneLog{path: path}
	return t, t.open()
}

func (t *tombstoneLog) open() error {
	f, err := os.OpenFile(t.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if err := durable.SyncDir(filepath.Dir(t.path)); err != nil {
		f.Close()
		return err
	}
	t.file = f
	return nil
}

func (t *tombstoneLog) append(refs []Ref) error {
	if t.path == "" {
		return errClosed()
	}
	if t.file == nil {
		if err := t.open(); err != nil {
			return err
		}
	}
	text := make([]byte, 0, 1+len(refs)*tombstoneLen)
	text = append(text, '\n')
	for _, ref := range refs {
		text = appendTombstone(text, ref)
	}
	_, err := t.file.Write(text)
	if err == nil {
		err = syncData(t.file)
	}
	if err != nil {
		t.file.Close()
		t.file = nil
	}
	return err
}

func (t *tombstoneLog) close() error {
	t.path = ""
	if t.file == nil {
		return nil
	}
	err := t.file.Close()
	t.file = nil
	return err
}

func appendTombstone(dst []byte, ref Ref) []byte {
	start := len(dst)
	dst = fmt.Appendf(dst, "%016x", uint64(ref))
	return fmt.Appendf(dst, " %08x\n", crc32.ChecksumIEEE(dst[start:]))
}

// parseTombstone gives the reference of a line without its line end, and false
// for one that is empty, torn or damaged.
func parseTombstone(line []byte) (Ref, bool) {
	if len(line) != tombstoneLen-1 || line[16] != ' ' {
		return 0, false
	}
	var raw [8]byte
	if _, err := hex.Decode(raw[:], line[:16]); err != nil {
		return 0, false
	}
	var n int64
	for _, b := range raw {
		n = n<<8 | int64(b)
	}
	ref := Ref(n)
	return ref, ref.Valid() && bytes.Equal(appendTombstone(nil, ref)[:len(line)], line)
}

// appliedFile remembers, in the pads' own directory, how much of the tombstone
// file was applied to these pads. Restoring an older copy of the directory
// brings back the older mark with it, and so what it forgot is destroyed again.
const appliedFile = "destroyed.applied"

// replayTombstones finishes destructions that a crash or a restored copy of the
// pads left undone. Pads that are not there are passed over.
func (r *Ring) replayTombstones() error {
	const op = "keyring.Open"
	rest, size, err := r.unapplied()
	if err != nil {
		return fault.Wrap(op, err)
	}
	if len(rest) == 0 {
		return nil
	}
	var refs []Ref
	for line := range bytes.Lines(rest) {
		if ref, ok := parseTombstone(bytes.TrimSuffix(line, []byte("\n"))); ok {
			refs = append(refs, ref)
		}
	}
	slices.Sort(refs)
	for _, run := range byPad(slices.Compact(refs)) {
		if err := r.replayRun(run); err != nil {
			return err
		}
	}
	mark := strconv.FormatInt(size, 10) + "\n"
	return fault.Wrap(op, durable.Replace(filepath.Join(r.dir, appliedFile), []byte(mark)))
}

// unapplied reads of the tombstone file what lies behind the mark, and gives the
// size that the file has then.
func (r *Ring) unapplied() (rest []byte, size int64, err error) {
	file, err := os.Open(r.tombstones.path)
	if err != nil {
		return nil, 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, 0, err
	}
	size = info.Size()
	from := r.appliedMark(size)
	rest, err = io.ReadAll(io.NewSectionReader(file, from, size-from))
	return rest, from + int64(len(rest)), err
}

func (r *Ring) replayRun(run []Ref) error {
	base := filepath.Join(r.dir, padName(run[0].pad()))
	info, err := os.Stat(base + padSuffix)
	if err == nil {
		_, err = os.Stat(base + wrapSuffix) // nobody can read a pad without it
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.Wrap("keyring.Open", err)
	}
	there := run[:0:0]
	for _, ref := range run {
		if (int64(ref.slot())+1)*slotLen <= info.Size() {
			there = append(there, ref)
		}
	}
	if len(there) == 0 {
		return nil
	}
	return r.overwrite(there)
}

// appliedMark gives how many bytes of a tombstone file of the given size were
// applied. A mark that fits no file of that size means another file: all of it
// is applied again.
func (r *Ring) appliedMark(size int64) int64 {
	text, err := os.ReadFile(filepath.Join(r.dir, appliedFile))
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
	if err != nil || n < 0 || n > size || r.opts.ReplayAll {
		return 0
	}
	return n
}
