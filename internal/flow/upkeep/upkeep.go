// Package upkeep does the work that nobody asks for: jobs that commits left
// behind, snoozed conversations that come back, and rows that have expired.
package upkeep

import (
	"context"
	"log/slog"
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
	SnoozedUntil(ctx context.Context, now int64, limit int) ([]string, error)
	Execute(ctx context.Context, p identity.Principal, conversationID string, c conversation.Command) (conversation.Result, error)
	Purge(ctx context.Context, limit int) (int64, error)
	Checkpoint(ctx context.Context) error
}

// Handler does the work of one kind of job. It may run more than once.
type Handler func(ctx context.Context, j job.Job) error

const (
	lease      = 60 * time.Second
	claimLimit = 50
	idle       = 30 * time.Second
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
		if err != nil {
			w.log.Warn("jobs could not be claimed", "error", err)
		}
		for _, j := range jobs {
			w.run(ctx, j)
		}
		if len(jobs) == claimLimit {
			continue
		}
		timer := time.NewTimer(w.rest(ctx))
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
	if err != nil || due == 0 {
		return idle
	}
	return min(idle, max(10*time.Millisecond, time.UnixMicro(due).Sub(w.now())))
}

func (w *Worker) run(ctx context.Context, j job.Job) {
	handler := w.handlers[j.Kind]
	err := fault.New(fault.Internal, "upkeep.run", "no handler for jobs of kind %s", j.Kind)
	if handler != nil {
		working, cancel := context.WithTimeout(ctx, lease/2)
		err = handler(working, j)
		cancel()
	}
	if err == nil {
		if err := w.store.FinishJob(ctx, j); err != nil && ctx.Err() == nil {
			w.log.Warn("a job could not be finished", "job", j.ID, "kind", j.Kind, "error", err)
		}
		return
	}
	delay := min(time.Hour, time.Second<<min(j.Attempts, 12))
	w.log.Warn("a job failed", "job", j.ID, "kind", j.Kind, "attempt", j.Attempts, "error", err)
	if err := w.store.RetryJob(ctx, j, w.now().Add(delay).UnixMicro(), string(fault.CodeOf(err))); err != nil && ctx.Err() == nil {
		w.log.Warn("a job could not be given back", "job", j.ID, "error", err)
	}
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

// WakeSnoozed opens the conversations whose snooze is over.
func WakeSnoozed(store Store, now clock.Clock) func(context.Context) error {
	return func(ctx context.Context) error {
		ids, err := store.SnoozedUntil(ctx, now().UnixMicro(), 200)
		if err != nil {
			return err
		}
		for _, id := range ids {
			_, err := store.Execute(ctx, identity.SystemPart("snooze"), id, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Open}})
			if err != nil {
				return err
			}
		}
		return nil
	}
}
