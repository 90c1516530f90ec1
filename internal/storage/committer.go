package storage

import (
	"context"
	"database/sql"
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
	done   func(error)
	err    error
	commit *event.Commit // on the first request of a batch
}

// Submit queues a change. It waits only while the queue is full. The answer
// goes to c.Done.
func (s *Store) Submit(ctx context.Context, c *conversation.Change) error {
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
	answer := make(chan error, 1)
	if err := s.enqueue(ctx, &request{fn: fn, done: func(err error) { answer <- err }}); err != nil {
		return err
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return fault.New(fault.Unavailable, "storage.tx", "gave up waiting for the commit")
	}
}

func (s *Store) enqueue(ctx context.Context, r *request) error {
	select {
	case s.queue <- r:
		return nil
	case <-s.closed:
		return fault.New(fault.Unavailable, "storage.enqueue", "the store is closing")
	case <-ctx.Done():
		return fault.New(fault.Unavailable, "storage.enqueue", "the commit queue is full")
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
		select {
		case first := <-s.queue:
			s.commitBatch(context.WithoutCancel(ctx), s.gather(first))
		default:
			return
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
func (s *Store) commitBatch(ctx context.Context, batch []*request) {
	ctx = context.WithoutCancel(ctx)
	err := s.attempt(ctx, batch)
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
			r.change.Result = conversation.Result{Err: err}
		}
	}
	s.commits <- batch
}

func (s *Store) attempt(ctx context.Context, batch []*request) error {
	const op = "storage.attempt"
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	sqlTx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return mapError(op, err)
	}
	tx := newTx(s, sqlTx, clock.Micros(s.now()))
	if err := tx.process(ctx, batch); err != nil {
		_ = sqlTx.Rollback() // the first error is the one that matters
		return err
	}
	if err := sqlTx.Commit(); err != nil {
		return mapError(op, err)
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
