package sharedkeys

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
)

// Every is how often a file is looked at. What is new in it counts when two looks in a
// row saw the same.
const Every = 2 * time.Second

// File are the keys of a file as it is now, or as it was when it last could be read. It
// is safe for concurrent use.
type File struct {
	path, id string
	log      *slog.Logger
	keys     atomic.Pointer[[]httpsig.Key]
	mu       sync.Mutex
	last     state // what the last look saw
	judged   state // what was last taken, or refused
}

// state is what is in a file, without keeping it.
type state struct {
	sum     [sha256.Size]byte
	problem string
}

// Open reads the keys of a file; a line without a name is the key id. Errors: Invalid.
func Open(path, id string, log *slog.Logger) (*File, error) {
	text, err := load(path)
	if err != nil {
		return nil, err
	}
	keys, err := parse(path, text, id)
	if err != nil {
		return nil, err
	}
	now := state{sum: sha256.Sum256(text)}
	f := &File{path: path, id: id, log: log, last: now, judged: now}
	f.keys.Store(&keys)
	return f, nil
}

// Keys are those that verify.
func (f *File) Keys() []httpsig.Key { return *f.keys.Load() }

// Signer is the key that signs.
func (f *File) Signer() httpsig.Key { return f.Keys()[0] }

// Run looks at the file until ctx ends.
func (f *File) Run(ctx context.Context) error {
	ticker := time.NewTicker(Every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			f.Look()
		}
	}
}

// Look looks at the file once. What it saw the time before too, and had not judged, is
// taken; if it cannot be, the keys in use stay, and the log says so once.
func (f *File) Look() {
	f.mu.Lock()
	defer f.mu.Unlock()
	text, err := load(f.path)
	now := state{sum: sha256.Sum256(text)}
	if err != nil {
		now.problem = err.Error()
	}
	if now != f.last { // whoever writes it may not be through
		f.last = now
		return
	}
	if now == f.judged {
		return
	}
	f.judged = now
	var keys []httpsig.Key
	if err == nil {
		keys, err = parse(f.path, text, f.id)
	}
	if err != nil {
		f.log.Error("the shared keys have changed and cannot be used; those from before stay in use, until a restart", "reason", fault.Sentence(err), "in_use", Describe(f.Keys()))
		return
	}
	f.keys.Store(&keys)
	f.log.Info("the shared keys were read again", "file", f.path, "in_use", Describe(keys))
}
