// Package headlog is an append-only file of short lines that proves something
// from outside the database: the signed heads of the audit chain. A line is
// durable when Append returns. The package does not know what a line says.
package headlog

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sync"

	"kefu/internal/platform/durable"
	"kefu/internal/platform/fault"
)

// MaxLine is the longest line in bytes, its end not counted.
const MaxLine = 4096

// defaultMaxBytes holds the heads of about two weeks at one in 10 seconds and
// 250 bytes each, both files together twice that. The newest head proves all
// before it, so older ones only tell more exactly where something went wrong.
const defaultMaxBytes = 32 << 20

// olderSuffix names the file that is kept from before the last turn.
const olderSuffix = ".1"

// Options of a Log. The zero value is ready for use.
type Options struct {
	// MaxBytes is the size at which a file becomes the older one and a new one is
	// begun. The two together hold the newest lines and take at most twice as
	// much. Default 32 MiB.
	MaxBytes int64
}

// Log is an open log file. One process writes it; its methods are safe for
// concurrent use.
type Log struct {
	path string
	max  int64

	mu     sync.Mutex
	file   *os.File // nil after a failure, until the next Append opens it anew
	size   int64
	torn   bool // the file may end within a line
	closed bool
}

// Open opens the log for appending and makes it, mode 0600, when it is not
// there. A line that a crash left unfinished stays, on a line of its own.
func Open(path string, opts Options) (*Log, error) {
	const op = "headlog.Open"
	if opts.MaxBytes == 0 {
		opts.MaxBytes = defaultMaxBytes
	}
	if opts.MaxBytes < MaxLine+1 {
		return nil, fault.New(fault.Invalid, op, "MaxBytes is %d, it must hold one line (%d)", opts.MaxBytes, MaxLine+1)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fault.Wrap(op, err)
	}
	l := &Log{path: path, max: opts.MaxBytes}
	return l, fault.Wrap(op, l.open())
}

func (l *Log) open() error {
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		err = durable.SyncDir(filepath.Dir(l.path))
	}
	var last [1]byte
	if err == nil && info.Size() > 0 {
		_, err = f.ReadAt(last[:], info.Size()-1)
	}
	if err != nil {
		f.Close()
		return err
	}
	l.file, l.size, l.torn = f, info.Size(), info.Size() > 0 && last[0] != '\n'
	return nil
}

// Append adds lines and makes them durable together. After an error none, some
// or all of them may be there; append them again.
//
// Errors: Invalid for an empty line, one that is too long or has a line end in
// it; otherwise the disk's.
func (l *Log) Append(lines ...[]byte) error {
	const op = "headlog.Append"
	var text []byte
	for _, line := range lines {
		if len(line) == 0 || len(line) > MaxLine || bytes.ContainsAny(line, "\r\n") {
			return fault.New(fault.Invalid, op, "a line has 1 to %d bytes and no line end", MaxLine)
		}
		text = append(append(text, line...), '\n')
	}
	if len(text) == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return fault.New(fault.Unavailable, op, "the log is closed")
	}
	if err := l.write(text); err != nil {
		if l.file != nil {
			l.file.Close() // a sync that succeeds later would prove nothing
			l.file = nil
		}
		return fault.Wrap(op, err)
	}
	return nil
}

func (l *Log) write(text []byte) error {
	if l.file == nil {
		if err := l.open(); err != nil {
			return err
		}
	}
	if l.size > 0 && l.size+int64(len(text)) > l.max {
		if err := l.turn(); err != nil {
			return err
		}
	}
	if l.torn {
		text = append([]byte{'\n'}, text...)
	}
	n, err := l.file.Write(text)
	l.size += int64(n)
	if err != nil {
		return err
	}
	if err := l.file.Sync(); err != nil {
		return err
	}
	l.torn = false
	return nil
}

// turn makes the full file the older one and begins a new one. A file that may
// only be appended to (chattr +a) cannot be renamed; it goes on growing then,
// because a lost head is worse than a long file.
func (l *Log) turn() error {
	err := os.Rename(l.path, l.path+olderSuffix)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	l.file.Close() // every line in it is durable
	l.file = nil
	return l.open()
}

// Close closes the log.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return fault.Wrap("headlog.Close", err)
}

// Lines reads the lines of a log, the older file first, and skips empty ones. A
// missing log has none. The slice is valid until the next line. It may run while
// the log is written; a line that is torn, or longer than MaxLine, is given as
// far as it goes, for the reader of its content to refuse.
func Lines(path string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		// Both are opened before either is read, so that a turn in between loses
		// nothing: then the first is the newer file, or both are the same one.
		newer, err := openIfThere(path)
		if err != nil {
			yield(nil, fault.Wrap("headlog.Lines", err))
			return
		}
		defer newer.Close()
		older, err := openIfThere(path + olderSuffix)
		if err != nil {
			yield(nil, fault.Wrap("headlog.Lines", err))
			return
		}
		defer older.Close()
		_ = readLines(older, yield) && readLines(newer, yield)
	}
}

func openIfThere(path string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return f, err
}

func readLines(f *os.File, yield func([]byte, error) bool) bool {
	if f == nil {
		return true
	}
	r := bufio.NewReaderSize(f, MaxLine+1)
	for {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			line = bytes.Clone(line)
		}
		for errors.Is(err, bufio.ErrBufferFull) { // what is too long is no line of ours
			_, err = r.ReadSlice('\n')
		}
		if line = bytes.TrimSuffix(line, []byte{'\n'}); len(line) > 0 && !yield(line, nil) {
			return false
		}
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			return yield(nil, fault.Wrap("headlog.Lines", err)) && false
		}
	}
}
