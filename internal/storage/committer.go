package storage

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"runtime/debug"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// request is anything that waits for the committer: a change, or a function to
// run inside the transaction under a savepoint.
type request struct {
	change *conversation.Change
	fn     func(context.Context, *Tx) error
	kind   fnKind
	done   func(error)
	err    error
	commit *event.Commit // on the first request of a batch
}

// fnKind says how a function of a request fits between the changes around it.
type fnKind uint8

const (
	alone    fnKind = iota // touches no conversation that exists: runs before the batch's changes
	inOrder                // changes conversations: runs after the changes that came before it
	noteOnly               // only notes something in the audit chain: needs no savepoint
)

// Submit queues a change. It waits only while the queue is full. The answer
// goes to c.Done.
func (s *Store) Submit(ctx context.Context, c *conversation.Change) error {
	if !validKey(c.ConversationID) {
		return fault.New(fault.NotFound, "storage.Submit", "no conversation has an id of that form")
	}
	return s.enqueue(ctx, &request{change: c, done: func(err error) {
		if err != nil && c.Result.Err == nil {
			c.Result = conversation.Result{Err: err}
		}
		if c.Done != nil {
			c.Done(c.Result)
		}
	}})
}

// Execute applies a command and waits for its commit.
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

func (s *Store) wait(ctx context.Context, r *request) error {
	answer := make(chan error, 1)
	r.done = func(err error) { answer <- err }
	if err := s.enqueue(ctx, r); err != nil {
		return err
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return fault.New(fault.Unavailable, "storage.tx", "gave up waiting for the commit")
	}
}

// enqueue hands a request to the committer. What it accepted is answered, also
// when the store closes meanwhile: drain waits for everybody who is in here.
func (s *Store) enqueue(ctx context.Context, r *request) error {
	const op = "storage.enqueue"
	s.entering.Add(1)
	defer s.entering.Add(-1)
	select {
	case <-s.closed:
		return fault.New(fault.Unavailable, op, "the store is closing")
	default:
	}
	select {
	case s.queue <- r:
		return nil
	case <-s.closed:
		return fault.New(fault.Unavailable, op, "the store is closing")
	case <-ctx.Done():
		return fault.New(fault.Unavailable, op, "the commit queue is full")
	}
}

// enqueueNote is enqueue for requests that nobody waits for. With block false a
// full queue drops it.
func (s *Store) enqueueNote(r *request, block bool) {
	r.done = func(error) {}
	if !block && len(s.queue) == cap(s.queue) {
		return
	}
	if err := s.enqueue(context.Background(), r); err != nil {
		s.log.Warn("not noted: the store is closing")
	}
}

// Run commits until ctx ends, then commits what waits and returns.
func (s *Store) Run(ctx context.Context) error {
	published := make(chan struct{})
	go s.publish(published)
	for {
		select {
		case first := <-s.queue:
			s.commitBatch(ctx, s.gather(first))
		case <-ctx.Done():
			close(s.closed)
			s.drain(ctx)
			close(s.commits)
			<-published
			return nil
		}
	}
}

func (s *Store) drain(ctx context.Context) {
	for {
		nobody := s.entering.Load() == 0 // asked before the look at the queue
		select {
		case first := <-s.queue:
			s.commitBatch(ctx, s.gather(first))
		default:
			if nobody {
				return
			}
			runtime.Gosched()
		}
	}
}

// gather takes what waits. Under load a commit waits a moment for company, which
// saves more work than it costs in time; a lone request never waits.
func (s *Store) gather(first *request) []*request {
	batch := append(make([]*request, 0, 64), first)
	if len(s.queue) > 0 && s.opts.MaxDelay > 0 && len(s.queue) < 32 {
		time.Sleep(s.opts.MaxDelay)
	}
	for len(batch) < s.opts.MaxBatch {
		select {
		case r := <-s.queue:
			batch = append(batch, r)
		default:
			return batch
		}
	}
	return batch
}

// commitBatch commits a batch; when the transaction as a whole fails, each
// request gets a transaction of its own, so that one bad request harms no other.
// A database that is busy or gone is asked once more; a commit whose outcome is
// unknown never is, for it may have happened.
func (s *Store) commitBatch(ctx context.Context, batch []*request) {
	ctx = context.WithoutCancel(ctx)
	err := s.attempt(ctx, batch)
	if fault.Is(err, fault.Unavailable) && !isUnknown(err) {
		err = s.attempt(ctx, batch)
	}
	if err != nil && len(batch) > 1 && !fault.Is(err, fault.Unavailable) {
		for _, r := range batch {
			one := []*request{r}
			if err := s.attempt(ctx, one); err != nil {
				s.fail(one, err)
				continue
			}
			s.commits <- one
		}
		return
	}
	if err != nil {
		s.fail(batch, err)
		return
	}
	s.commits <- batch
}

func (s *Store) fail(batch []*request, err error) {
	s.log.Error("commit failed", "error", err, "requests", len(batch))
	if s.observe != nil {
		s.observe.CommitFailed(err)
	}
	for _, r := range batch {
		r.err = err
		r.commit = nil
		if r.change != nil {
			r.change.Result, r.change.Seq = conversation.Result{Err: err}, 0
		}
	}
	s.commits <- batch
}

// unknownError says that the answer to a COMMIT was lost.
type unknownError struct{ cause error }

// Error implements error.
func (e *unknownError) Error() string {
	return "the outcome of the commit is unknown: " + e.cause.Error()
}

// Unwrap makes it a fault of code Unavailable: asking again is right for every
// request that carries an id of its own.
func (e *unknownError) Unwrap() error {
	return &fault.Error{Code: fault.Unavailable, Op: "storage.attempt", Err: e.cause}
}

func isUnknown(err error) bool {
	var unknown *unknownError
	return errors.As(err, &unknown)
}

func (s *Store) attempt(ctx context.Context, batch []*request) (err error) {
	const op = "storage.attempt"
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	sqlTx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return mapError(op, err)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fault.New(fault.Internal, op, "panic: %v\n%s", p, debug.Stack())
		}
		if err != nil {
			s.cache.forget()
			_ = sqlTx.Rollback() // the first error is the one that matters
		}
	}()
	tx := newTx(s, sqlTx, clock.Micros(s.now()))
	if err := tx.process(ctx, batch); err != nil {
		return err
	}
	if err := sqlTx.Commit(); err != nil {
		return &unknownError{cause: err}
	}
	tx.afterCommit(batch)
	if s.observe != nil {
		s.observe.Committed(len(batch), len(tx.entries), time.Since(start))
	}
	return nil
}

// publish tells the listener and the callers, in the order of commits.
func (s *Store) publish(finished chan<- struct{}) {
	defer close(finished)
	for batch := range s.commits {
		if l := s.listener.Load(); l != nil && batch[0].commit != nil {
			(*l)(*batch[0].commit)
		}
		for _, r := range batch {
			r.done(r.err)
		}
	}
}

func rollbackTo(ctx context.Context, tx *sql.Tx, savepoint string) error {
	_, err := tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT "+savepoint)
	return err
}
