// Package committer is the group committer's machine: a bounded queue, batches
// of what waits, one transaction for each, and answers in the order of commits.
// It knows neither SQL nor what a request asks for; package storage does.
package committer

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"

	"kefu/internal/platform/fault"
)

// Options bound a Committer and say what it does with a batch.
type Options[R any] struct {
	MaxBatch int           // requests in one commit
	MaxHeavy int           // and heavy ones among them, at least 1
	MaxQueue int           // requests waiting; beyond, callers wait
	MaxDelay time.Duration // how long a commit may wait for company under load

	// Heavy tells which requests make their whole batch wait.
	Heavy func(R) bool
	// Attempt runs one transaction for all of a batch. It must leave no trace
	// when it fails.
	Attempt func(ctx context.Context, batch []R) error
	// Failed notes in the requests that their transaction failed for good.
	Failed func(batch []R, err error)
	// Publish answers the requests of a batch. It is called for every batch, in
	// the order of commits, from a goroutine of its own.
	Publish func(batch []R)
	Log     *slog.Logger
}

// Committer takes requests from many and commits them in batches from one
// goroutine. Make one with New, then let Run run.
type Committer[R any] struct {
	o        Options[R]
	queue    chan R
	done     chan []R
	held     *R // taken from the queue, for the next batch; Run's own
	closed   chan struct{}
	entering atomic.Int64 // callers inside Enqueue
}

// New makes a Committer.
func New[R any](o Options[R]) *Committer[R] {
	return &Committer[R]{o: o, queue: make(chan R, o.MaxQueue), done: make(chan []R, 4), closed: make(chan struct{})}
}

// Enqueue hands a request over; while the queue is full it waits. What it
// accepted is published, also when Run ends meanwhile: drain waits for everybody
// who is in here. Errors: Unavailable when Run has ended, or when ctx ends first.
func (c *Committer[R]) Enqueue(ctx context.Context, r R) error {
	const op = "committer.Enqueue"
	c.entering.Add(1)
	defer c.entering.Add(-1)
	select {
	case <-c.closed:
		return fault.New(fault.Unavailable, op, "the store is closing")
	default:
	}
	select {
	case c.queue <- r:
		return nil
	case <-c.closed:
		return fault.New(fault.Unavailable, op, "the store is closing")
	case <-ctx.Done():
		return fault.New(fault.Unavailable, op, "the commit queue is full")
	}
}

// Offer is Enqueue without waiting. It tells whether r was accepted: not when the
// queue is full, nor when Run has ended.
func (c *Committer[R]) Offer(r R) bool {
	c.entering.Add(1)
	defer c.entering.Add(-1)
	select {
	case <-c.closed:
		return false
	default:
	}
	select {
	case c.queue <- r:
		return true
	default:
		return false
	}
}

// Waiting is how many requests are in the queue.
func (c *Committer[R]) Waiting() int { return len(c.queue) }

// Full tells whether Enqueue would have to wait.
func (c *Committer[R]) Full() bool { return len(c.queue) == cap(c.queue) }

// Run commits until ctx ends, then commits what waits and returns.
func (c *Committer[R]) Run(ctx context.Context) {
	published := make(chan struct{})
	go c.publish(published)
	unstopped := context.WithoutCancel(ctx) // what was begun is ended
	for {
		if c.held != nil {
			c.commit(unstopped, c.gather(*c.held))
			continue
		}
		select {
		case first := <-c.queue:
			c.commit(unstopped, c.gather(first))
		case <-ctx.Done():
			close(c.closed)
			c.drain(unstopped)
			close(c.done)
			<-published
			return
		}
	}
}

func (c *Committer[R]) publish(finished chan<- struct{}) {
	defer close(finished)
	for batch := range c.done {
		c.o.Publish(batch)
	}
}

func (c *Committer[R]) drain(ctx context.Context) {
	for {
		if c.held != nil {
			c.commit(ctx, c.gather(*c.held))
			continue
		}
		nobody := c.entering.Load() == 0 // asked before the look at the queue
		select {
		case first := <-c.queue:
			c.commit(ctx, c.gather(first))
		default:
			if nobody {
				return
			}
			runtime.Gosched()
		}
	}
}

// fewWaiting is how many requests must wait for a commit not to wait for more.
const fewWaiting = 32

// gather takes what waits. Under load a commit waits a moment for company, which
// saves more work than it costs in time; a lone request never waits.
// One heavy request too many ends the batch and begins the next one.
func (c *Committer[R]) gather(first R) []R {
	c.held = nil
	batch := append(make([]R, 0, 64), first)
	heavy := 0
	if c.o.Heavy(first) {
		heavy++
	}
	if len(c.queue) > 0 && c.o.MaxDelay > 0 && len(c.queue) < fewWaiting {
		time.Sleep(c.o.MaxDelay)
	}
	for len(batch) < c.o.MaxBatch {
		select {
		case r := <-c.queue:
			if c.o.Heavy(r) {
				if heavy++; heavy > c.o.MaxHeavy {
					c.held = &r
					return batch
				}
			}
			batch = append(batch, r)
		default:
			return batch
		}
	}
	return batch
}

// commit commits a batch; when the transaction as a whole fails, each half gets
// one of its own, and so on, so that a bad request harms no other and is found in
// few steps. A database that is busy or gone is asked once more; a commit whose
// outcome is unknown never is, for it may have happened.
func (c *Committer[R]) commit(ctx context.Context, batch []R) {
	err := c.o.Attempt(ctx, batch)
	if fault.Is(err, fault.Unavailable) && !IsUnknown(err) {
		err = c.o.Attempt(ctx, batch)
	}
	if err != nil && len(batch) > 1 && !fault.Is(err, fault.Unavailable) {
		half := len(batch) / 2
		c.commit(ctx, batch[:half])
		c.commit(ctx, batch[half:])
		return
	}
	if err != nil {
		c.fail(batch, err)
		return
	}
	c.done <- batch
}

func (c *Committer[R]) fail(batch []R, err error) {
	c.o.Log.Error("commit failed", "error", err, "requests", len(batch))
	c.o.Failed(batch, err)
	c.done <- batch
}

// unknownError says that the answer to a COMMIT was lost.
type unknownError struct{ cause error }

// Unknown marks the error of an Attempt whose commit may have happened. It is a
// fault of code Unavailable: asking again is right for every request that
// carries an id of its own.
func Unknown(cause error) error { return &unknownError{cause: cause} }

// IsUnknown tells whether err came from Unknown.
func IsUnknown(err error) bool {
	var unknown *unknownError
	return errors.As(err, &unknown)
}

// Error implements error.
func (e *unknownError) Error() string {
	return "the outcome of the commit is unknown: " + e.cause.Error()
}

// Unwrap gives the error its code.
func (e *unknownError) Unwrap() error {
	return &fault.Error{Code: fault.Unavailable, Op: "committer.Attempt", Err: e.cause}
}
