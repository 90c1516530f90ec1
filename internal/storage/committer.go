package storage

import (
	"context"
	"sync/atomic"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/committer"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// request is anything that waits for the committer: a change, a function to run
// inside the transaction under a savepoint, or readings to note.
type request struct {
	change *conversation.Change
	fn     func(context.Context, *Tx) error
	note   *note
	kind   fnKind
	done   func(error)
	err    error
	commit *event.Commit // on the first request of a batch
	whose  atomic.Int32  // of fn: nobody's yet, then the committer's or given up
}

const (
	committers int32 = iota + 1
	givenUp
)

// begin takes the function for the committer, which may try it more than once.
// It fails once the caller has given up.
func (r *request) begin() bool {
	return r.whose.CompareAndSwap(0, committers) || r.whose.Load() == committers
}

// giveUp takes the function back. It fails once the committer has begun it.
func (r *request) giveUp() bool { return r.whose.CompareAndSwap(0, givenUp) }

// fnKind says how a function of a request fits between the changes around it.
type fnKind uint8

const (
	alone   fnKind = iota // touches no conversation that exists: runs before the batch's changes
	inOrder               // changes conversations: runs after the changes that came before it
)

// Submit queues a change. It waits only while the queue is full. The answer
// goes to c.Done. Errors: NotFound, Invalid for one half of a merge, Unavailable.
func (s *Store) Submit(ctx context.Context, c *conversation.Change) error {
	const op = "storage.Submit"
	if !engine.ValidKey(c.ConversationID) {
		return fault.New(fault.NotFound, op, "no conversation has an id of that form")
	}
	if c.Command.Kind.Half() {
		return fault.New(fault.Invalid, op, "%s is no command of its own", c.Command.Kind)
	}
	return s.committer.Enqueue(ctx, &request{change: c, done: func(err error) {
		if err != nil && c.Result.Err == nil {
			c.Result = conversation.Result{Err: err}
		}
		if c.Done != nil {
			c.Done(c.Result)
		}
	}})
}

// Execute applies a command and waits for its commit. When ctx ends first the
// command may be committed nevertheless.
func (s *Store) Execute(ctx context.Context, p identity.Principal, conversationID string, c conversation.Command) (conversation.Result, error) {
	answer := make(chan conversation.Result, 1)
	change := &conversation.Change{Principal: p, ConversationID: conversationID, Command: c, Done: func(r conversation.Result) { answer <- r }}
	if err := s.Submit(ctx, change); err != nil {
		return conversation.Result{}, err
	}
	select {
	case r := <-answer:
		return r, r.Err
	case <-ctx.Done():
		return conversation.Result{}, fault.New(fault.Unavailable, "storage.Execute", "gave up waiting for the commit")
	}
}

// tx runs fn inside the next commit and waits for it.
func (s *Store) tx(ctx context.Context, fn func(context.Context, *Tx) error) error {
	return s.wait(ctx, &request{fn: fn})
}

// ordered is tx for functions that change conversations: fn sees what was
// submitted before it, and nothing that was submitted after.
func (s *Store) ordered(ctx context.Context, fn func(context.Context, *Tx) error) error {
	return s.wait(ctx, &request{fn: fn, kind: inOrder})
}

// wait gives up when ctx ends before the function was begun: then it is never
// run. One that was begun is waited for, which has an end (commitTimeout), since
// it writes to what is its caller's.
func (s *Store) wait(ctx context.Context, r *request) error {
	answer := make(chan error, 1)
	r.done = func(err error) { answer <- err }
	if err := s.committer.Enqueue(ctx, r); err != nil {
		return err
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		if r.giveUp() {
			return fault.New(fault.Unavailable, "storage.tx", "gave up waiting for the commit")
		}
		return <-answer
	}
}

// maxFuncs bounds the functions of one commit, each of which takes several
// statements for itself. A server remembers at most 64 subtransactions of one
// transaction cheaply; beyond, every reader pays.
const maxFuncs = 32

func (r *request) heavy() bool { return r.fn != nil }

// queue is the way into the next commit for the parts of the store.
type queue struct{ store *Store }

// Do implements core.Queue.
func (q queue) Do(ctx context.Context, fn func(context.Context, *core.Tx) error) error {
	return q.store.tx(ctx, func(ctx context.Context, t *Tx) error { return fn(ctx, &t.Tx) })
}

// Touch implements core.Queue.
func (q queue) Touch(fn func(context.Context, *core.Tx) error) {
	q.store.offer(&request{fn: func(ctx context.Context, t *Tx) error { return fn(ctx, &t.Tx) }})
}

// offer queues what nobody waits for, unless the queue is full.
func (s *Store) offer(r *request) {
	r.done = func(error) {}
	_ = s.committer.Offer(r)
}

// Run commits until ctx ends, then commits what waits and returns.
func (s *Store) Run(ctx context.Context) error {
	s.committer.Run(ctx)
	return s.payNotes(ctx)
}

func (s *Store) fail(batch []*request, err error) {
	if s.observe != nil {
		s.shielded("observer", func() { s.observe.CommitFailed(err) })
	}
	s.failing.Store(true)
	unknown := committer.IsUnknown(err)
	for i, r := range batch {
		r.err, r.commit = err, nil
		if unknown && i == 0 {
			r.commit = &event.Commit{Unknown: true, Jobs: true}
		}
		if r.change != nil {
			r.change.Result, r.change.Seq = conversation.Result{Err: err}, 0
		}
		if r.note != nil {
			s.owed = append(s.owed, r.note)
		}
	}
}

// commitTimeout bounds one transaction.
const commitTimeout = 30 * time.Second

// attempt commits a batch. Once it is committed nothing makes it an error: it
// would be done twice.
func (s *Store) attempt(ctx context.Context, batch []*request) error {
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	tx, err := s.transact(ctx, batch)
	if err != nil {
		s.cache.forget()
		s.doubt = s.doubt || committer.IsUnknown(err)
		return err
	}
	s.cache.end(tx.Pos, tx.left)
	if tx.Forget {
		s.cache.forget()
	}
	s.noted(batch)
	s.failing.Store(false)
	s.doubt = s.core.DB.Regained() || s.doubt
	tx.Commit.Unknown, s.doubt = s.doubt, false
	batch[0].commit = &tx.Commit
	if s.observe != nil {
		s.shielded("observer", func() { s.observe.Committed(len(batch), len(tx.digests), time.Since(start)) })
	}
	return nil
}

// transact runs the transaction of a batch. It leaves no trace when it fails,
// unless the error is Unknown.
func (s *Store) transact(ctx context.Context, batch []*request) (tx *Tx, err error) {
	const op = "storage.transact"
	sqlTx, err := s.core.DB.Writer.BeginTx(ctx, nil)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	committing := false
	defer func() {
		if p := recover(); p != nil {
			if err = fault.OfPanic(op, p); committing {
				err = committer.Unknown(err)
			}
		}
		if err != nil {
			_ = sqlTx.Rollback() // the first error is the one that matters
		}
	}()
	tx = newTx(s, sqlTx, clock.Micros(s.core.Now()))
	if err := tx.process(ctx, batch); err != nil {
		return nil, err
	}
	committing = true
	if err := sqlTx.Commit(); err != nil {
		return nil, committer.Unknown(engine.MapError(op, err))
	}
	return tx, nil
}

// publish tells the listener and the callers.
func (s *Store) publish(batch []*request) {
	if l := s.listener.Load(); l != nil && batch[0].commit != nil {
		s.shielded("listener", func() { (*l)(*batch[0].commit) })
	}
	for _, r := range batch {
		s.shielded("caller", func() { r.done(r.err) })
	}
}

// shielded keeps the mistake of one who is told from ending it for all others.
func (s *Store) shielded(who string, tell func()) {
	defer func() {
		if p := recover(); p != nil {
			s.core.Log.Error("panic after a commit", "in", who, "error", fault.OfPanic("storage.publish", p))
		}
	}()
	tell()
}
