// Package upkeep does the work that nobody asks for: jobs that commits left
// behind, snoozed conversations that come back, and rows that have expired.
package upkeep

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/job"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// Store is what upkeep needs of the store.
type Store interface {
	ClaimJobs(ctx context.Context, limit int, lease int64) ([]job.Job, error)
	FinishJob(ctx context.Context, j job.Job) error
	RetryJob(ctx context.Context, j job.Job, at int64, reason string) error
	NextJobDue(ctx context.Context) (int64, error)
	SnoozedUntil(ctx context.Context, after conversation.Snooze, now int64, limit int) ([]conversation.Snooze, error)
	Execute(ctx context.Context, p identity.Principal, conversationID string, c conversation.Command) (conversation.Result, error)
}

// Handler does the work of one kind of job. It may run more than once, and beside
// others. It has half the lease's time, after which its context ends.
type Handler func(ctx context.Context, j job.Job) error

const (
	lease      = 60 * time.Second
	claimLimit = 16 // run at once, so that none loses its lease to another's slowness
	idle       = 30 * time.Second
	troubled   = time.Second // after a failure of the store
)

// Worker runs jobs under a lease.
type Worker struct {
	store    Store
	handlers map[string]Handler
	now      clock.Clock
	log      *slog.Logger
	wake     chan struct{}
}

// NewWorker makes a Worker for some kinds of jobs.
func NewWorker(store Store, handlers map[string]Handler, now clock.Clock, log *slog.Logger) *Worker {
	return &Worker{store: store, handlers: handlers, now: now, log: log, wake: make(chan struct{}, 1)}
}

// Wake lets the worker look for jobs at once. It does not block.
func (w *Worker) Wake() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Run runs jobs until ctx ends.
func (w *Worker) Run(ctx context.Context) error {
	for {
		jobs, err := w.store.ClaimJobs(ctx, claimLimit, lease.Microseconds())
		if ctx.Err() != nil {
			return nil
		}
		rest := troubled
		if err != nil {
			w.log.Warn("jobs could not be claimed", "error", err)
		} else {
			var all sync.WaitGroup
			for _, j := range jobs {
				all.Go(func() { w.run(ctx, j) })
			}
			all.Wait()
			if len(jobs) == claimLimit {
				continue
			}
			rest = w.rest(ctx)
		}
		timer := time.NewTimer(rest)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-w.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

func (w *Worker) rest(ctx context.Context) time.Duration {
	due, err := w.store.NextJobDue(ctx)
	switch {
	case err != nil:
		return troubled
	case due == 0:
		return idle
	default:
		return min(idle, max(10*time.Millisecond, time.UnixMicro(due).Sub(w.now())))
	}
}

func (w *Worker) run(ctx context.Context, j job.Job) {
	working, cancel := context.WithTimeout(ctx, lease/2)
	err := w.handle(working, j)
	cancel()
	if err == nil {
		if err := w.store.FinishJob(ctx, j); err != nil && ctx.Err() == nil {
			w.log.Warn("a job could not be finished", "job", j.ID, "kind", j.Kind, "error", err)
		}
		return
	}
	if ctx.Err() != nil {
		return // its lease runs out, and the next start tries it again
	}
	delay := min(time.Hour, time.Second<<min(max(j.Attempts, 0), 12))
	w.log.Warn("a job failed", "job", j.ID, "kind", j.Kind, "attempt", j.Attempts, "error", err)
	if err := w.store.RetryJob(ctx, j, w.now().Add(delay).UnixMicro(), string(fault.CodeOf(err))); err != nil && ctx.Err() == nil {
		w.log.Warn("a job could not be given back", "job", j.ID, "kind", j.Kind, "error", err)
	}
}

// handle runs a job's handler. One that panics has failed, and harms no other.
func (w *Worker) handle(ctx context.Context, j job.Job) (err error) {
	const op = "upkeep.handle"
	handler := w.handlers[j.Kind]
	if handler == nil {
		return fault.New(fault.Internal, op, "no handler for jobs of kind %s", j.Kind)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fault.OfPanic(op, p)
		}
	}()
	return handler(ctx, j)
}

// Every calls do each period until ctx ends; a failure is logged.
func Every(ctx context.Context, period time.Duration, log *slog.Logger, what string, do func(context.Context) error) error {
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := do(ctx); err != nil && ctx.Err() == nil {
				log.Warn("upkeep failed", "what", what, "error", err)
			}
		}
	}
}

const wakeLimit = 200 // conversations read at once

// WakeSnoozed opens the conversations whose snooze is over. Those that cannot be
// opened, however many, keep no other asleep; and where that is because commits
// fail, the rest of them waits: the next call begins after the last that was tried.
func WakeSnoozed(store Store, now clock.Clock) func(context.Context) error {
	var begin conversation.Snooze
	return func(ctx context.Context) error {
		w := waking{store: store, last: begin}
		err := w.all(ctx, now().UnixMicro())
		if begin = w.last; w.failed > 1 {
			return fault.New(fault.CodeOf(err), "upkeep.WakeSnoozed", "%d conversations cannot be opened; the first: %v", w.failed, err)
		}
		return err
	}
}

// waking is one call of WakeSnoozed.
type waking struct {
	store  Store
	last   conversation.Snooze // that was tried; none when all of them were
	failed int
}

// all gives the first error.
func (w *waking) all(ctx context.Context, until int64) (first error) {
	for {
		due, err := w.store.SnoozedUntil(ctx, w.last, until, wakeLimit)
		if err != nil {
			return err
		}
		before := w.failed
		for _, one := range due {
			w.last = one
			_, err := w.store.Execute(ctx, identity.SystemPart("snooze"), one.ConversationID, conversation.Command{Kind: conversation.Wake})
			if err == nil || fault.Is(err, fault.Conflict) { // it was merged meanwhile
				continue
			}
			if w.failed++; first == nil {
				first = err
			}
			if fault.Is(err, fault.Unavailable) {
				return first
			}
		}
		switch {
		case len(due) < wakeLimit:
			w.last = conversation.Snooze{}
			return first
		case w.failed-before == len(due), ctx.Err() != nil:
			return first
		}
	}
}
