// Package searching puts messages into the search index and answers searches.
// A message is indexed only after the guard's window has closed over it, so that
// a secret completed by a later message is never in the index, its log or its
// backups.
package searching

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/search"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// Doc is what the index keeps of one message.
type Doc struct {
	Pos    int64
	Tokens []search.Token
}

// Index is the search index.
type Index interface {
	Add(ctx context.Context, docs []Doc, lowWater int64) error
	DeleteAbove(ctx context.Context, pos int64) error
	LowWater(ctx context.Context) (int64, error)
	Newest(ctx context.Context, tokens []search.Token, before int64, limit int) ([]int64, error)
}

// Log is the part of the store that is read to fill the index.
type Log interface {
	WrittenSince(ctx context.Context, pos int64, limit int) ([]conversation.Written, error)
	EntriesAt(ctx context.Context, p identity.Principal, positions []int64) ([]conversation.Entry, error)
	LastPosition(ctx context.Context) (int64, error)
}

const (
	batchSize  = 1000
	maxPending = 500_000
	pause      = 250 * time.Millisecond
)

// Worker fills the index. Make one with NewWorker, tell it of commits with
// Committed, and let Run run.
type Worker struct {
	log    Log
	index  Index
	blind  *search.Blinder
	now    clock.Clock
	logger *slog.Logger

	mu      sync.Mutex
	pending backlog
	loaded  int64 // commits up to here were read from the log
	wake    chan struct{}
}

// NewWorker makes a Worker.
func NewWorker(log Log, index Index, blind *search.Blinder, now clock.Clock, logger *slog.Logger) *Worker {
	return &Worker{log: log, index: index, blind: blind, now: now, logger: logger, pending: newBacklog(), wake: make(chan struct{}, 1)}
}

// Committed notes what a commit wrote. It does not block.
func (w *Worker) Committed(c event.Commit) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range c.Changed {
		for j := range c.Changed[i].Entries {
			e := &c.Changed[i].Entries[j]
			if e.Kind == conversation.KindMessage || e.Kind == conversation.KindNote {
				w.pending.hear(conversation.Written{Pos: e.Pos, ConversationID: e.ConversationID, AuthorID: e.Author.ID, At: e.At}, e.Content.Text)
			}
		}
		for _, pos := range c.Changed[i].Rewritten {
			w.pending.rewritten(pos)
		}
	}
	if len(w.pending.unread) >= batchSize || len(w.pending.ready) >= batchSize || len(w.pending.again) > 0 {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// Run fills the index until ctx ends. A failure is logged and tried again: the
// index can always be caught up from the log.
func (w *Worker) Run(ctx context.Context) error {
	for {
		err := w.load(ctx)
		if err == nil {
			break
		}
		w.logger.Warn("search index: reading the log failed", "error", err)
		if !sleep(ctx, time.Second) {
			return nil
		}
	}
	for {
		more, err := w.step(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			w.logger.Warn("search index: adding failed", "error", err)
			if !sleep(ctx, time.Second) {
				return nil
			}
		case !more && !w.wait(ctx):
			return nil
		}
	}
}

func (w *Worker) wait(ctx context.Context) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-w.wake:
	case <-timer.C:
	}
	return true
}

func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// load reads from the log what the index lacks. Commits that Committed has
// already told of are not taken twice.
func (w *Worker) load(ctx context.Context) error {
	low, err := w.index.LowWater(ctx)
	if err != nil {
		return err
	}
	last, err := w.log.LastPosition(ctx)
	if err != nil {
		return err
	}
	if low > last { // the log was restored to an earlier state
		if err := w.index.DeleteAbove(ctx, last); err != nil {
			return err
		}
		low = last
	}
	w.mu.Lock()
	told := w.pending.all()
	w.pending = newBacklog()
	w.pending.low = low
	w.mu.Unlock()
	at := low
	for {
		found, err := w.log.WrittenSince(ctx, at, 5000)
		if err != nil {
			return err
		}
		w.mu.Lock()
		for _, f := range found {
			w.pending.add(f)
			at = f.Pos
		}
		full := w.pending.overflow
		if len(found) == 0 {
			for _, t := range told {
				w.pending.add(t) // in order: positions already taken are skipped
			}
		}
		w.mu.Unlock()
		if len(found) == 0 || full {
			return nil
		}
	}
}

// step takes the words of new messages, indexes one batch and tells whether there
// is more to do at once.
func (w *Worker) step(ctx context.Context) (bool, error) {
	more, err := w.read(ctx)
	if err != nil {
		return false, err
	}
	w.mu.Lock()
	positions := w.pending.take(w.now(), batchSize)
	reload := w.pending.failed || (len(positions) == 0 && w.pending.overflow)
	w.mu.Unlock()
	if reload {
		return true, w.load(ctx)
	}
	if len(positions) == 0 {
		return more, nil
	}
	if err := w.put(ctx, positions); err != nil {
		w.mu.Lock()
		w.pending.failed = true
		w.mu.Unlock()
		return false, err
	}
	return more || len(positions) == batchSize, nil
}

// read takes the words of messages that came since, so that they are found
// within a moment although they may not be in the index yet.
func (w *Worker) read(ctx context.Context) (more bool, err error) {
	w.mu.Lock()
	unread, changed := w.pending.toRead(batchSize)
	w.mu.Unlock()
	if len(changed) > 0 {
		if err := w.readAgain(ctx, changed); err != nil {
			return false, err
		}
	}
	for i := range unread {
		unread[i].tokens = w.blind.Text(unread[i].text)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, u := range unread {
		if u.it.text != "" { // else it was changed meanwhile
			u.it.text, u.it.words = "", words{known: true, tokens: u.tokens}
		}
	}
	return len(w.pending.unread) > 0, nil
}

// readAgain reads changed messages as they are now.
func (w *Worker) readAgain(ctx context.Context, positions []int64) error {
	entries, err := w.log.EntriesAt(ctx, identity.SystemPart("indexer"), positions)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range entries {
		if it := w.pending.byPos[e.Pos]; it != nil {
			it.words = words{known: true, tokens: w.blind.Text(e.Content.Text)}
		}
	}
	return nil
}

// put adds a batch to the index. Words that are not known are read from the log.
func (w *Worker) put(ctx context.Context, positions []int64) error {
	w.mu.Lock()
	docs, unknown := w.pending.known(positions)
	w.pending.done(positions)
	low := w.pending.low
	w.mu.Unlock()
	defer w.landed()
	if len(unknown) > 0 {
		entries, err := w.log.EntriesAt(ctx, identity.SystemPart("indexer"), unknown)
		if err != nil {
			return err
		}
		for _, e := range entries {
			docs = append(docs, Doc{Pos: e.Pos, Tokens: w.blind.Text(e.Content.Text)})
		}
		slices.SortFunc(docs, func(a, b Doc) int { return cmp.Compare(a.Pos, b.Pos) })
	}
	return fault.Wrap("searching.put", w.index.Add(ctx, docs, low))
}

// landed forgets what was on its way to the index.
func (w *Worker) landed() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending.flying = nil
}

// Newest are the positions below one, the last first, of messages that hold all
// of some words and are not in the index yet.
func (w *Worker) Newest(tokens []search.Token, before int64, limit int) []int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pending.newest(tokens, before, limit)
}

// Lag is how long the oldest message that may be indexed has been waiting for it.
func (w *Worker) Lag() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	w.pending.expire(now)
	return w.pending.lag(now)
}

// window is the guard's window.
const (
	windowTurns = intake.WindowTurns
	windowAge   = intake.WindowAge
)
