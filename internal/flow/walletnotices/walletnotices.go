// Package walletnotices takes what the wallet tells by itself, and passes it on to the
// parts of Kefu that wait for something: a run for an event, an act for its operation, a
// step-up for the customer. A notice is only a reason to ask the wallet. It comes as a
// webhook, again and out of order; where one is missing the wallet is asked for it, and
// now and then anyway, so that a wallet which delivers nothing is slower and not wrong.
package walletnotices

import (
	"context"
	"log/slog"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// Store keeps notices until everybody was told.
type Store interface {
	NoticePosition(ctx context.Context, p identity.Principal) (int64, error)
	TakeNotices(ctx context.Context, p identity.Principal, list []wallet.Notice, upTo int64) (fresh int, gap bool, err error)
	DueNotices(ctx context.Context, p identity.Principal, limit int) (due []wallet.Due, next int64, err error)
	SettleNotice(ctx context.Context, p identity.Principal, eventID string, again int64) error
}

// Source is the wallet, which can be asked for what it told of.
type Source interface {
	Capabilities(ctx context.Context) (wallet.Capabilities, error)
	Notices(ctx context.Context, after int64, limit int) (wallet.Notices, error)
}

// Follower is a part of Kefu that waits for something.
type Follower interface {
	// Took hears of a notice, at least once and maybe late: what is true now only the
	// wallet knows. It must be quick: ten seconds are all it has. After an error all
	// followers hear of the notice again.
	Took(ctx context.Context, n wallet.Notice) error
}

// Options say how a Service works.
type Options struct {
	Every time.Duration // between two questions while nothing is missing; default 30 s
	Clock clock.Clock
	Log   *slog.Logger
}

const (
	page      = 200              // notices asked for, or told of, at once
	maxPages  = 50               // of one round of questions
	passOver  = 24 * time.Hour   // older ones are nobody's reason to ask any more
	firstWait = time.Second      // after a failure; doubles
	maxWait   = 5 * time.Minute  // between two tries
	tellTime  = 10 * time.Second // that a follower has
	idle      = 30 * time.Second // between two looks at what is due
	askTime   = 15 * time.Second // for one page
)

// Service takes notices and tells of them.
type Service struct {
	store     Store
	source    Source
	followers []Follower
	o         Options
	who       identity.Principal
	due       chan struct{}
	missing   chan struct{}
}

// New makes a Service.
func New(store Store, source Source, o Options) *Service {
	if o.Every <= 0 {
		o.Every = 30 * time.Second
	}
	if o.Clock == nil {
		o.Clock = clock.System
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{store: store, source: source, o: o, who: identity.SystemPart("wallet notices"), due: make(chan struct{}, 1), missing: make(chan struct{}, 1)}
}

// Follow adds somebody who is told. Call it before Run.
func (s *Service) Follow(f Follower) { s.followers = append(s.followers, f) }

// Take takes a notice that the wallet delivered. Once it returns nil the wallet need not
// come again. Errors: Invalid, TooMany, Unavailable.
func (s *Service) Take(ctx context.Context, n wallet.Notice) error {
	if err := n.Validate(); err != nil {
		return err
	}
	fresh, gap, err := s.store.TakeNotices(ctx, s.who, []wallet.Notice{n}, 0)
	if err != nil {
		return err
	}
	if fresh > 0 {
		wake(s.due)
	}
	if gap {
		wake(s.missing)
	}
	return nil
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Run asks and tells until ctx ends. What fails is logged and tried again.
func (s *Service) Run(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.loop(ctx, s.missing, s.o.Every, "the wallet's notices could not be asked for", s.ask)
	}()
	s.loop(ctx, s.due, idle, "the wallet's notices could not be told of", s.tell)
	<-done
	return nil
}

// loop does something whenever it is woken, and each period; after a failure with
// growing pauses.
func (s *Service) loop(ctx context.Context, woken <-chan struct{}, period time.Duration, failed string, do func(context.Context) (time.Duration, error)) {
	wait := firstWait
	for {
		rest, err := do(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			s.o.Log.Warn(failed, "error", err)
			rest, wait = wait, min(2*wait, maxWait)
		} else if wait = firstWait; rest == 0 {
			rest = period
		}
		wakes := woken
		if err != nil {
			wakes = nil // what is down is not tried for every notice
		}
		timer := time.NewTimer(rest)
		select {
		case <-ctx.Done():
		case <-wakes:
		case <-timer.C:
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// ask fetches what is missing, where the wallet can be asked.
func (s *Service) ask(ctx context.Context) (time.Duration, error) {
	can, err := s.source.Capabilities(ctx)
	if err != nil || !can.Reads(wallet.ReadNotices) {
		return maxWait, err
	}
	for range maxPages {
		at, err := s.store.NoticePosition(ctx, s.who)
		if err != nil {
			return 0, err
		}
		asking, cancel := context.WithTimeout(ctx, askTime)
		told, err := s.source.Notices(asking, at, page)
		cancel()
		if err != nil {
			return 0, err
		}
		if len(told.Items) == 0 {
			return 0, nil
		}
		recent := make([]wallet.Notice, 0, len(told.Items))
		for _, n := range told.Items {
			if n.At.Std().After(s.o.Clock().Add(-passOver)) {
				recent = append(recent, n)
			}
		}
		fresh, _, err := s.store.TakeNotices(ctx, s.who, recent, told.Items[len(told.Items)-1].Position)
		if err != nil {
			return 0, err
		}
		if fresh > 0 {
			wake(s.due)
		}
		if !told.More {
			return 0, nil
		}
	}
	return time.Millisecond, nil
}

// tell tells everybody of what is due.
func (s *Service) tell(ctx context.Context) (time.Duration, error) {
	due, next, err := s.store.DueNotices(ctx, s.who, page)
	if err != nil {
		return 0, err
	}
	for _, d := range due {
		again := int64(0)
		if err := s.tellOne(ctx, d); err != nil {
			if ctx.Err() != nil {
				return 0, ctx.Err()
			}
			age := s.o.Clock().Sub(time.UnixMicro(d.TakenAt))
			s.o.Log.Warn("a notice of the wallet's could not be dealt with", "type", d.Type, "attempt", d.Attempts+1, "given_up", age > passOver, "error", err)
			if age <= passOver {
				again = s.o.Clock().Add(min(firstWait<<min(d.Attempts, 16), maxWait)).UnixMicro()
			}
		}
		if err := s.store.SettleNotice(ctx, s.who, d.ID, again); err != nil {
			return 0, err
		}
	}
	switch {
	case len(due) == page:
		return time.Millisecond, nil
	case len(due) > 0: // some may be due again soon
		return firstWait, nil
	case next == 0:
		return idle, nil
	default:
		return min(idle, max(firstWait, time.UnixMicro(next).Sub(s.o.Clock()))), nil
	}
}

func (s *Service) tellOne(ctx context.Context, d wallet.Due) error {
	if d.Overtaken {
		return nil
	}
	var first error
	for _, f := range s.followers {
		if err := s.tellFollower(ctx, f, d.Notice); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// tellFollower tells one follower. One that panics has failed, and harms no other.
func (s *Service) tellFollower(ctx context.Context, f Follower, n wallet.Notice) (err error) {
	ctx, cancel := context.WithTimeout(ctx, tellTime)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fault.OfPanic("walletnotices.tellFollower", p)
		}
	}()
	return f.Took(ctx, n)
}
