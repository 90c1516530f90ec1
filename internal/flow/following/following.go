// Package following lets a part of Kefu follow the log: be handed every entry it
// cares about, in the order of commits, once a restart, a crash or a rush is over
// as well as while all goes well. What a commit writes is not made slower by it:
// followers hear of commits afterwards, and read from the log what they missed.
//
// A follower has a name and a durable cursor. It hands entries over at least once;
// who moves the cursor in the transaction in which it writes what follows from
// them has written it once.
package following

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// Log is what following needs of the store.
type Log interface {
	// FollowerAt is a follower's cursor. One that is not there yet begins before the
	// first entry, or behind the newest one.
	FollowerAt(ctx context.Context, name string, atEnd bool) (int64, error)
	// MoveFollower moves a cursor over a stretch in which nothing mattered. Errors:
	// Conflict when the cursor is not at its beginning.
	MoveFollower(ctx context.Context, s event.Step) error
	// EntriesBetween counts the entries after a position, up to another one.
	EntriesBetween(ctx context.Context, after, upTo int64) (int, error)
	// EntriesSince reads at most limit entries after a position, keeps those that
	// are wanted, and tells how far it read: the position of the last, or of the
	// end of the log when end is true.
	EntriesSince(ctx context.Context, p identity.Principal, pos int64, limit int, wanted func(*conversation.Entry) bool) (kept []conversation.Entry, next int64, end bool, err error)
}

// Consumer is what follows the log.
type Consumer interface {
	// Wants tells whether an entry matters. It is asked of every entry of every
	// commit, must be quick, and cannot look at the entry's words: those that are
	// read from the log have none yet.
	Wants(e *conversation.Entry) bool
	// Take deals with entries that matter, in the order of the log, and moves the
	// cursor over the step, in the same transaction as all that it writes. Errors
	// are tried again; a Conflict says that the cursor was elsewhere. An entry's
	// text is as it stands now, which may be later than the entry; that of an edit
	// or a redaction stands in the entry that it is about.
	Take(ctx context.Context, entries []conversation.Entry, s event.Step) error
}

// Options say how a follower works.
type Options struct {
	Name  string // of the cursor; never used for another follower
	AtEnd bool   // begin with what comes after the first start, not with the log's beginning
	// Gather is how long to wait for more before entries are handed over, so that
	// many make one transaction. None: at once.
	Gather time.Duration
	Room   int           // entries that wait in memory; beyond, the log is read; default 4,096
	Page   int           // entries read from the log at once; default 1,000
	Retry  time.Duration // after a failure; doubles up to a minute; default 1 s
	// Pass is how long the cursor may stay before entries that do not matter; default
	// a minute. What matters may change, with a setting: after a crash entries from
	// before the change are handed over, of so long at most.
	Pass  time.Duration
	Clock clock.Clock
	Log   *slog.Logger
}

const (
	maxBytes  = 8 << 20     // of words that wait in memory
	maxRetry  = time.Minute // between two tries
	takeTime  = time.Minute // that one Take may last
	stopTime  = 5 * time.Second
	maxHeard  = 1 << 16 // entries of any kind that are told of between two looks
	lazySteps = 50_000  // positions that a cursor may lie behind for nothing
)

// Follower follows the log for a Consumer. Make one with New, tell it of commits
// with Committed, and let Run run.
type Follower struct {
	log Log
	to  Consumer
	o   Options
	who identity.Principal

	saved   int64     // the durable cursor; Run's own
	savedAt time.Time // when it was moved, or read; Run's own

	mu      sync.Mutex
	news    []*conversation.Entry // wanted, after at, in their order
	bytes   int                   // of their words
	told    int64                 // up to here commits were heard of
	heard   []int64               // positions of all that was told of since, wanted or not
	behind  bool                  // something was missed: the log has to be read
	reading bool                  // the log is being read
	busy    bool                  // news were taken and are being dealt with
	at      int64                 // up to here all is dealt with
	moved   chan struct{}         // closed when at moves or reading ends
	wake    chan struct{}
}

// New makes a Follower.
func New(log Log, to Consumer, o Options) *Follower {
	if o.Room <= 0 {
		o.Room = 4096
	}
	if o.Page <= 0 {
		o.Page = 1000
	}
	if o.Retry <= 0 {
		o.Retry = time.Second
	}
	if o.Pass <= 0 {
		o.Pass = time.Minute
	}
	if o.Clock == nil {
		o.Clock = clock.System
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Follower{log: log, to: to, o: o, who: identity.SystemPart(o.Name), behind: true, moved: make(chan struct{}), wake: make(chan struct{}, 1)}
}

// Committed hears of a commit, in the order of commits. It does not block.
func (f *Follower) Committed(c event.Commit) {
	f.mu.Lock()
	defer f.mu.Unlock()
	woken := false
	if c.Unknown {
		f.behind, woken = true, true
	}
	for i := range c.Changed {
		for j := range c.Changed[i].Entries {
			e := &c.Changed[i].Entries[j]
			f.told = max(f.told, e.Pos)
			if len(f.heard) >= maxHeard {
				f.behind, woken = true, true
			}
			if !f.behind {
				f.heard = append(f.heard, e.Pos)
			}
			if f.behind || !f.to.Wants(e) {
				continue
			}
			if len(f.news) >= f.o.Room || f.bytes >= maxBytes {
				f.behind = true // it is read from the log
			} else {
				f.news = append(f.news, e)
				f.bytes += len(e.Content.Text)
			}
			woken = true
		}
	}
	if woken {
		select {
		case f.wake <- struct{}{}:
		default:
		}
	}
}

// Run hands entries over until ctx ends. What fails is logged and tried again.
func (f *Follower) Run(ctx context.Context) error {
	retry := f.o.Retry
	known := false
	for ctx.Err() == nil {
		more, err := false, error(nil)
		if !known {
			err = f.begin(ctx)
		}
		if known = err == nil; known {
			more, err = f.step(ctx)
		}
		switch {
		case ctx.Err() != nil:
		case err != nil:
			known = false // what was written is found out from the cursor
			if !fault.Is(err, fault.Conflict) {
				f.o.Log.Warn("a follower of the log cannot go on", "follower", f.o.Name, "error", err)
			}
			sleep(ctx, retry)
			retry = min(2*retry, maxRetry)
		case more:
			retry = f.o.Retry
		default:
			retry = f.o.Retry
			f.wait(ctx)
		}
	}
	if known {
		f.leave(ctx)
	}
	return nil
}

// begin finds out where to go on, and reads the log from there.
func (f *Follower) begin(ctx context.Context) error {
	at, err := f.log.FollowerAt(ctx, f.o.Name, f.o.AtEnd)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.saved, f.savedAt, f.at, f.behind, f.busy = at, time.Now(), at, true, false
	return nil
}

// leave saves how far the log was passed over, so that the next start need not.
func (f *Follower) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	f.mu.Lock()
	to, heard := f.at, f.heardAfter()
	if !f.behind && !f.reading && len(f.news) == 0 {
		to = max(to, f.told)
	}
	f.mu.Unlock()
	if whole, err := f.whole(ctx, to, heard); err != nil || !whole {
		to = f.at
	}
	if to <= f.saved {
		return
	}
	if err := f.log.MoveFollower(ctx, event.Step{Follower: f.o.Name, From: f.saved, To: to}); err != nil {
		f.o.Log.Info("a follower's place was not saved", "follower", f.o.Name, "error", err)
	}
}

// heardAfter counts what was told of after at; f.mu is held.
func (f *Follower) heardAfter() (n int) {
	for _, pos := range f.heard {
		if pos > f.at {
			n++
		}
	}
	return n
}

// step deals with one page of the log, or with the news, and tells whether there
// is more to do at once.
func (f *Follower) step(ctx context.Context) (more bool, err error) {
	f.mu.Lock()
	if f.behind { // from here on the news are kept; what came before them is in the log
		f.news, f.heard, f.bytes, f.behind, f.reading = nil, f.heard[:0], 0, false, true
	}
	reading := f.reading
	f.mu.Unlock()
	if reading {
		return true, f.readOn(ctx)
	}
	return f.takeNews(ctx)
}

func (f *Follower) readOn(ctx context.Context) error {
	kept, next, end, err := f.log.EntriesSince(ctx, f.who, f.at, f.o.Page, f.to.Wants)
	if err != nil {
		return err
	}
	if err := f.hand(ctx, kept, next); err != nil {
		return err
	}
	f.advance(next, !end)
	return nil
}

// takeNews hands over what commits have told since. The news repeat what was just
// read from the log: that is passed over.
func (f *Follower) takeNews(ctx context.Context) (more bool, err error) {
	f.mu.Lock()
	if f.behind { // what was told of is not all among the news
		f.mu.Unlock()
		return true, nil
	}
	news, to := f.news, max(f.told, f.at)
	heard := f.heardAfter()
	f.news, f.heard, f.bytes, f.busy = nil, f.heard[:0], 0, true
	f.mu.Unlock()
	if whole, err := f.whole(ctx, to, heard); err != nil || !whole {
		return true, err
	}
	entries := make([]conversation.Entry, 0, len(news))
	for _, e := range news {
		if e.Pos > f.at {
			entries = append(entries, *e)
		}
	}
	if err := f.hand(ctx, entries, to); err != nil {
		return false, err
	}
	f.advance(to, false)
	return len(news) > 0, nil
}

// whole tells whether the log holds nothing up to a position that was not told of:
// what another process has committed, or an import. Else the log is read.
func (f *Follower) whole(ctx context.Context, to int64, heard int) (bool, error) {
	if to <= f.at {
		return true, nil
	}
	n, err := f.log.EntriesBetween(ctx, f.at, to)
	if err != nil || n == heard {
		return err == nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.behind, f.busy = true, false
	return false, nil
}

// hand gives entries to the consumer. A cursor that would move over nothing that
// matters stays, within reason and for a while.
func (f *Follower) hand(ctx context.Context, entries []conversation.Entry, to int64) (err error) {
	s := event.Step{Follower: f.o.Name, From: f.saved, To: to}
	ctx, cancel := context.WithTimeout(ctx, takeTime)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fault.OfPanic("following.hand", p)
		}
	}()
	switch {
	case len(entries) > 0:
		for i := range entries {
			if e := &entries[i]; e.Kind == conversation.KindEdited || e.Kind == conversation.KindRedacted {
				e.Content.Text = ""
			}
		}
		err = f.to.Take(ctx, entries, s)
	case to-f.saved >= lazySteps || (to > f.saved && time.Since(f.savedAt) >= f.o.Pass):
		err = f.log.MoveFollower(ctx, s)
	default:
		return nil
	}
	if err == nil {
		f.saved, f.savedAt = to, time.Now()
	}
	return err
}

func (f *Follower) advance(to int64, reading bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at, f.reading, f.busy = to, reading, false
	close(f.moved)
	f.moved = make(chan struct{})
}

// wait waits for news, and a little for more of them; or until the cursor is to be
// moved over what does not matter.
func (f *Follower) wait(ctx context.Context) {
	pass := time.NewTimer(f.o.Pass)
	defer pass.Stop()
	select {
	case <-ctx.Done():
		return
	case <-pass.C:
		return
	case <-f.wake:
	}
	if f.o.Gather > 0 {
		sleep(ctx, f.o.Gather)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// Settled waits until all is dealt with that was committed before it was asked.
// Errors: Unavailable when ctx ends first.
func (f *Follower) Settled(ctx context.Context) error {
	f.mu.Lock()
	until := f.told
	f.mu.Unlock()
	for {
		f.mu.Lock()
		nothing := len(f.news) == 0 && !f.busy // what was told of since does not matter
		done, moved := !f.behind && !f.reading && (f.at >= until || nothing), f.moved
		f.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fault.New(fault.Unavailable, "following.Settled", "%s has not got so far", f.o.Name)
		}
	}
}

// Lag is how long the oldest entry that waits has been waiting, and whether the
// follower reads the log to catch up.
func (f *Follower) Lag() (waits time.Duration, reading bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.news) > 0 {
		waits = max(0, f.o.Clock().Sub(clock.FromMicros(f.news[0].At)))
	}
	return waits, f.behind || f.reading
}
