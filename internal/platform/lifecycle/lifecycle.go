// Package lifecycle starts the parts of a server in order, watches over them and
// stops them in the opposite order within a deadline. It also answers whether
// the server is ready and alive. It builds nothing: internal/app hands it the
// parts.
package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// Worker is one part of the server that runs.
type Worker struct {
	// Name is what the log calls it.
	Name string
	// Start prepares it, such as by opening its port, and returns before the
	// next worker starts. It may be nil.
	Start func(ctx context.Context) error
	// Run works until ctx ends, then finishes what it has begun and returns. An
	// error from it, unless ctx has ended, stops the server; nil is the end of a
	// worker that has no more to do. It may be nil for a part that only starts
	// and stops.
	Run func(ctx context.Context) error
	// Stop gives back what Start took, after Run has returned. Its ctx ends with
	// the deadline of the whole stop. It may be nil.
	Stop func(ctx context.Context) error
}

// Options are the choices of Run.
type Options struct {
	Grace  time.Duration // how long stopping may take; 0 means 20 s
	Log    *slog.Logger
	Health *Health // told when all workers run and when the stop begins; may be nil
	Now    clock.Clock
}

// Run starts the workers in their order and returns after they have stopped, in
// the opposite order: when ctx ends, or one of them fails. A later worker may
// therefore rely on the earlier ones for as long as it runs. Run returns nil for
// a stop that was asked for and went well; otherwise what failed first, with the
// names of workers that did not stop in time.
func Run(ctx context.Context, o Options, workers ...Worker) error {
	const op = "lifecycle.Run"
	if o.Grace <= 0 {
		o.Grace = 20 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = clock.System
	}
	group, failed := errgroup.WithContext(context.WithoutCancel(ctx))
	s := &server{options: o, group: group, failed: failed}
	err := s.start(ctx, failed, workers)
	if err == nil {
		o.Health.setStarted(true)
		o.Log.Info("started", "workers", len(workers))
		select {
		case <-ctx.Done():
		case <-failed.Done():
		}
	}
	o.Health.setStarted(false)
	return fault.Wrap(op, errors.Join(err, s.stop(context.WithoutCancel(ctx))))
}

// server is a Run that is under way.
type server struct {
	options Options
	group   *errgroup.Group
	failed  context.Context // ends with the first worker that fails, and has its error for a cause
	running []running
}

// running is a worker that has been started.
type running struct {
	Worker
	cancel context.CancelFunc
	done   chan struct{}
}

func (s *server) start(ctx, failed context.Context, workers []Worker) error {
	for _, w := range workers {
		if failed.Err() != nil {
			return nil // the group tells what failed
		}
		if err := ctx.Err(); err != nil {
			return nil // asked to stop before it was up
		}
		if w.Start != nil {
			if err := w.Start(ctx); err != nil {
				return fmt.Errorf("starting %s: %w", w.Name, err)
			}
		}
		s.launch(context.WithoutCancel(ctx), w)
	}
	return nil
}

func (s *server) launch(ctx context.Context, w Worker) {
	ctx, cancel := context.WithCancel(ctx)
	r := running{Worker: w, cancel: cancel, done: make(chan struct{})}
	s.running = append(s.running, r)
	if w.Run == nil {
		close(r.done)
		return
	}
	s.group.Go(func() error {
		defer close(r.done)
		err := w.Run(ctx)
		if err == nil || (ctx.Err() != nil && errors.Is(err, ctx.Err())) {
			return nil
		}
		return fmt.Errorf("%s: %w", w.Name, err)
	})
}

// stop ends the workers one by one, the last started first. A worker that does
// not end in time is left behind and named; those before it are still stopped,
// because giving back a lock or a database matters most when something hangs.
func (s *server) stop(ctx context.Context) error {
	began := s.options.Now()
	ctx, cancel := context.WithTimeout(ctx, s.options.Grace)
	defer cancel()
	var errs []error
	var late []string
	for i := len(s.running) - 1; i >= 0; i-- {
		r := s.running[i]
		r.cancel()
		if !ended(ctx, r.done) {
			late = append(late, r.Name)
			continue
		}
		if r.Stop == nil {
			continue
		}
		if err := s.stopOne(ctx, r); err != nil {
			errs = append(errs, err)
		}
	}
	if len(late) == 0 {
		errs = append([]error{s.group.Wait()}, errs...)
	} else {
		if s.failed.Err() != nil { // the group waits for those that are late, too
			errs = append([]error{context.Cause(s.failed)}, errs...)
		}
		errs = append(errs, fault.New(fault.Unavailable, "lifecycle.stop",
			"not stopped within %s: %s", s.options.Grace, strings.Join(late, ", ")))
	}
	s.options.Log.Info("stopped", "took", s.options.Now().Sub(began), "left_behind", len(late))
	return errors.Join(errs...)
}

// stopOne bounds a Stop that does not heed its context.
func (s *server) stopOne(ctx context.Context, r running) error {
	result := make(chan error, 1)
	go func() { result <- r.Stop(ctx) }()
	select {
	case err := <-result:
		if err != nil {
			return fmt.Errorf("stopping %s: %w", r.Name, err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stopping %s: %w", r.Name, ctx.Err())
	}
}

// ended waits for done, and prefers it when both have happened.
func ended(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-ctx.Done():
		select {
		case <-done:
			return true
		default:
			return false
		}
	}
}
