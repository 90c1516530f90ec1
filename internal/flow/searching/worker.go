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
	RewrittenSince(ctx context.Context, low, pos int64, limit int) (targets []int64, next int64, err error)
	EntriesAt(ctx context.Context, p identity.Principal, positions []int64) ([]conversation.Entry, error)
	LastPosition(ctx context.Context) (int64, error)
}

const (
	batchSize   = 4000
	batchTokens = 200_000 // of one call of the index
	readSize    = 5000    // of one look into the log
	maxPending  = 500_000
	lookSteps   = 4096 // waiting messages that a search looks at before it lets others in
	pause       = 250 * time.Millisecond
)

// Worker fills the index. Make one with NewWorker, tell it of commits with
// Committed, and let Run run.
type Worker struct {
	log    Log
	index  Index
	blind  *search.Blinder
	now    clock.Clock
	logger *slog.Logger
	room   int   // messages that may wait in memory
	low    int64 // the low water mark that the index has

	mu      sync.Mutex
	pending backlog
	loading bool    // the log is being read, or has to be; what is told meanwhile waits in news
	news    backlog // its items in the order they came, not yet of the backlog
	doubts  int     // commits of unknown outcome so far
	wake    chan struct{}
}

// NewWorker makes a Worker.
func NewWorker(log Log, index Index, blind *search.Blinder, now clock.Clock, logger *slog.Logger) *Worker {
	return &Worker{log: log, index: index, blind: blind, now: now, logger: logger, room: maxPending, pending: newBacklog(maxPending), news: newBacklog(maxPending), loading: true, wake: make(chan struct{}, 1)}
}

// Committed notes what a commit wrote. It does not block. After one of unknown
// outcome the log is read again from what the index has.
func (w *Worker) Committed(c event.Commit) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.Unknown {
		w.loading = true
		w.doubts++
	}
	to := &w.pending
	if w.loading { // a place in the backlog now would hide all that is read later
		to = &w.news
	}
	for i := range c.Changed {
		for j := range c.Changed[i].Entries {
			e := &c.Changed[i].Entries[j]
			if e.Kind == conversation.KindMessage || e.Kind == conversation.KindNote {
				to.hear(conversation.Written{Pos: e.Pos, ConversationID: e.ConversationID, AuthorID: e.Author.ID, At: e.At}, hearing(e))
			}
		}
		for _, pos := range c.Changed[i].Rewritten {
			to.rewritten(pos)
		}
	}
	if !w.loading && (len(to.unread) >= batchSize || len(to.ready) >= batchSize || len(to.again) > 0) {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// Forget puts entries into the index as they are now, which is without words: they were
// erased, and nothing in the log tells of that. What is in memory of them is read anew too.
func (w *Worker) Forget(ctx context.Context, positions []int64) error {
	const op = "searching.Forget"
	w.Committed(event.Commit{Changed: []event.ConversationChange{{Rewritten: positions}}})
	for part := range slices.Chunk(positions, batchSize) {
		entries, err := w.log.EntriesAt(ctx, identity.SystemPart("indexer"), part)
		if err != nil {
			return fault.Wrap(op, err)
		}
		low, err := w.index.LowWater(ctx)
		if err != nil {
			return fault.Wrap(op, err)
		}
		var docs []Doc
		for i := range entries {
			e := &entries[i]
			docs = append(docs, Doc{Pos: e.Pos, Tokens: w.blind.Message(e.Content.Text, search.TraitsOf(e), search.MaxTextTokens)})
		}
		// A mark that went on meanwhile comes back a little: what is behind it is read again.
		if err := w.index.Add(ctx, docs, low); err != nil {
			return fault.Wrap(op, err)
		}
	}
	return nil
}

// Reread makes the worker read the log again from what the index has: for messages
// that were written without a commit that told of them, as by an import.
func (w *Worker) Reread() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.loading = true
	w.doubts++ // what is being read now may lack them
}

// Run fills the index until ctx ends. A failure is logged and tried again: the
// index can always be caught up from the log.
func (w *Worker) Run(ctx context.Context) error {
	for {
		more, err := w.step(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			w.logger.Warn("the search index was not filled", "error", err)
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

// load reads from the log what the index lacks: messages after its low water
// mark, and those before it that were changed after it. What commits tell of
// meanwhile comes after what is read.
func (w *Worker) load(ctx context.Context) error {
	w.mu.Lock()
	w.loading, w.news = true, newBacklog(w.room)
	doubts := w.doubts
	w.mu.Unlock()
	low, err := w.lowWater(ctx)
	if err != nil {
		return err
	}
	read := newBacklog(w.room)
	read.low, w.low = low, low
	if err := w.loadRewritten(ctx, low, &read); err != nil {
		return err
	}
	for at, more := low, true; more && !read.overflow; {
		found, err := w.log.WrittenSince(ctx, at, readSize)
		if err != nil {
			return err
		}
		for _, f := range found {
			read.add(f)
			at = f.Pos
		}
		more = len(found) > 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.doubts != doubts {
		return nil // what was read may lack what came meanwhile: it is read again
	}
	read.follow(&w.news)
	w.pending, w.news, w.loading = read, newBacklog(w.room), false
	return nil
}

// loadRewritten reads what was changed after the low water mark. All of it, even
// where more messages wait than are remembered: the next look begins at a later
// mark, and would not see what was changed before that one.
func (w *Worker) loadRewritten(ctx context.Context, low int64, read *backlog) error {
	for at, more := low, true; more; {
		targets, next, err := w.log.RewrittenSince(ctx, low, at, readSize)
		if err != nil {
			return err
		}
		read.again = append(read.again, targets...)
		at, more = next, len(targets) > 0
	}
	slices.Sort(read.again)
	read.again = slices.Compact(read.again)
	return nil
}

func (w *Worker) lowWater(ctx context.Context) (int64, error) {
	low, err := w.index.LowWater(ctx)
	if err != nil {
		return 0, err
	}
	last, err := w.log.LastPosition(ctx)
	if err != nil || low <= last {
		return low, err
	}
	return last, w.index.DeleteAbove(ctx, last) // the log was restored to an earlier state
}

// step takes the words of new messages, indexes one batch and tells whether there
// is more to do at once.
func (w *Worker) step(ctx context.Context) (bool, error) {
	more, err := w.read(ctx)
	if err != nil {
		return false, err
	}
	w.mu.Lock()
	if w.loading {
		w.mu.Unlock()
		return true, w.load(ctx)
	}
	positions := w.pending.take(w.now(), batchSize)
	w.loading = len(positions) == 0 && w.pending.overflow
	reload := w.loading
	w.mu.Unlock()
	if len(positions) == 0 {
		return more || reload, nil
	}
	if err := w.put(ctx, positions); err != nil {
		w.mu.Lock()
		w.loading = true // begin again at what the index has
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
		unread[i].words = wordsOf(w.blind, unread[i].heard)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, u := range unread {
		if u.it.heard.there { // else it was changed meanwhile
			u.it.heard, u.it.words = heard{}, u.words
		}
	}
	return len(w.pending.unread) > 0 || len(w.pending.changed) > 0, nil
}

// readAgain reads changed messages as they are now.
func (w *Worker) readAgain(ctx context.Context, positions []int64) error {
	entries, err := w.log.EntriesAt(ctx, identity.SystemPart("indexer"), positions)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range entries {
		if it := w.pending.byPos[entries[i].Pos]; it != nil && !it.stale {
			it.words = wordsOf(w.blind, hearing(&entries[i]))
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
		for i := range entries {
			e := &entries[i]
			docs = append(docs, Doc{Pos: e.Pos, Tokens: w.blind.Message(e.Content.Text, search.TraitsOf(e), search.MaxTextTokens)})
		}
		slices.SortFunc(docs, func(a, b Doc) int { return cmp.Compare(a.Pos, b.Pos) })
	}
	return fault.Wrap("searching.put", w.add(ctx, docs, low))
}

// add gives the index a batch, in several parts where messages are long. The mark
// moves with the last.
func (w *Worker) add(ctx context.Context, docs []Doc, low int64) error {
	n, tokens := 0, 0
	for i := range docs {
		if tokens += len(docs[i].Tokens); tokens > batchTokens && i > n {
			if err := w.index.Add(ctx, docs[n:i], w.low); err != nil {
				return err
			}
			n, tokens = i, len(docs[i].Tokens)
		}
	}
	if err := w.index.Add(ctx, docs[n:], low); err != nil {
		return err
	}
	w.low = low
	return nil
}

// landed forgets what was on its way to the index.
func (w *Worker) landed() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending.flying = nil
}

// Newest are the positions below one, the last first, of messages that hold all
// of some words and are not in the index yet. Commits wait for a few of the waiting
// messages at most, however many there are. What moves on meanwhile is looked for
// where it comes from first: the news, the backlog, its way to the index.
func (w *Worker) Newest(tokens []search.Token, before int64, limit int) []int64 {
	found := w.look(&w.news, tokens, before, limit)
	found = append(found, w.look(&w.pending, tokens, before, limit)...)
	w.mu.Lock()
	found = append(found, w.pending.leaving(tokens, before)...)
	w.mu.Unlock()
	slices.SortFunc(found, func(x, y int64) int { return cmp.Compare(y, x) })
	found = slices.Compact(found)
	return found[:min(limit, len(found))]
}

// look searches one of the backlogs in steps.
func (w *Worker) look(in *backlog, tokens []search.Token, before int64, limit int) (found []int64) {
	for at := before; at > 0 && len(found) < limit; {
		var some []int64
		w.mu.Lock()
		some, at = in.scan(tokens, at, limit-len(found), lookSteps)
		w.mu.Unlock()
		found = append(found, some...)
	}
	return found
}

// Lag is how long the oldest message that may be indexed has been waiting for it.
func (w *Worker) Lag() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	w.pending.expire(now)
	return w.pending.lag(now)
}

// The guard's window: how many messages of a speaker it joins, and for how long.
const (
	windowTurns = intake.WindowTurns
	windowAge   = intake.WindowAge
)
