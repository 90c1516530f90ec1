// Package watching judges how staff look at customers while they do: it follows the audit
// chain, has each doing judged by domain/insider, keeps what was found, and sees to it
// that what rules take away is taken. What is judged and what follows from it are one
// commit: a server that is killed has judged each record once or not yet. It also makes
// decoys.
package watching

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/domain/routing"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// Chain is where doings come from.
type Chain interface {
	// ChainSince gives what is to be judged after a record, at most so many records on,
	// and the last that was read.
	ChainSince(ctx context.Context, p identity.Principal, after int64, limit int) ([]insider.Noted, int64, error)
}

// Store keeps what is judged.
type Store interface {
	WatchStanding(ctx context.Context, p identity.Principal) (insider.Standing, error)
	DoingsBetween(ctx context.Context, p identity.Principal, after, nth, upTo int64, limit int) ([]insider.Noted, error)
	KeepStep(ctx context.Context, p identity.Principal, step insider.Stretch) ([]insider.Finding, error)
	ForgetDoings(ctx context.Context, p identity.Principal, limit int) (int64, error)
	ToFree(ctx context.Context, p identity.Principal) ([]string, error)
	Freed(ctx context.Context, p identity.Principal, staffID string) error
	HeldBy(ctx context.Context, p identity.Principal, staffID string, since int64, limit int) ([]routing.Waiting, error)
	Execute(ctx context.Context, p identity.Principal, conversationID string, c conversation.Command) (conversation.Result, error)
	DecoyTalks(ctx context.Context, p identity.Principal) ([]string, error)
}

// Deps are what a Service works with.
type Deps struct {
	Chain  Chain
	Store  Store
	Limits insider.Limits
	Act    bool // rules throttle and suspend by themselves
	// Found is told of each finding by its rank, for operators; may be nil.
	Found func(rank int)
	Clock clock.Clock
	Log   *slog.Logger
}

// Bounds of the work.
const (
	page      = 500            // records that are read at once
	every     = time.Second    // between two looks at the chain
	saveEvery = 2_000          // doings after which what is known is saved
	lateAfter = 24 * time.Hour // what is older than the judging's beginning by so much is kept and not judged
	stepTime  = 30 * time.Second
	backWait  = 5 * time.Second // after a failure
	forget    = 1_000           // rows that are forgotten at once
	lazy      = 5_000           // records without anything to judge, until that is written down
	freeing   = 200             // conversations that go back at once
)

// Service watches. Make one with New, and let Run run.
type Service struct {
	Deps
	self  identity.Principal
	talks atomic.Pointer[map[string]bool] // conversations of decoys

	// Run's own.
	watch   *insider.Watch // nil: it is to be read
	began   int64
	at      int64 // up to here it is judged
	kept    int64 // up to here that is written down
	unsaved int
	day     int64                     // when it was saved last
	last    map[string]*insider.Noted // by member of staff: what they did last
	beat    int
	old     bool // more is to be forgotten
}

// New makes a Service.
func New(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Clock == nil {
		d.Clock = clock.System
	}
	if d.Found == nil {
		d.Found = func(int) {}
	}
	s := &Service{Deps: d, self: identity.SystemPart("insiders")}
	s.talks.Store(&map[string]bool{})
	return s
}

// Run judges until ctx ends. What fails is logged and tried again.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for ctx.Err() == nil {
		more, err := s.Step(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			s.Log.Warn("how staff look at customers could not be judged; it is tried again", "error", err)
			wait(ctx, backWait)
			continue
		case more:
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// Step judges at most one page of the chain, and tells whether there is more to do at
// once.
func (s *Service) Step(ctx context.Context) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, stepTime)
	defer cancel()
	defer func() {
		if err != nil {
			s.watch = nil // what is known is what is kept
		}
	}()
	if s.watch == nil {
		if err := s.remember(ctx); err != nil {
			return false, err
		}
	}
	all, next, err := s.Chain.ChainSince(ctx, s.self, s.at, page)
	if err != nil {
		return false, err
	}
	more = next-s.at >= page
	step := insider.Stretch{From: s.kept, To: next, Act: s.Act}
	if err := s.judge(&step, all, !more); err != nil {
		return false, err
	}
	s.at = next
	if next-s.kept >= lazy || len(step.Noted)+len(step.Alerts)+len(step.State) > 0 {
		made, err := s.Store.KeepStep(ctx, s.self, step)
		if err != nil {
			return false, err
		}
		s.kept = next
		if len(step.State) > 0 {
			s.unsaved, s.day = 0, s.watch.Today()
		}
		for _, f := range made {
			s.Found(int(f.Rank))
			s.Log.Warn("something about how a member of staff looked at customers is to be judged", "finding", f.ID, "rank", int(f.Rank), "why", string(f.Alert.Reasons[0].Why))
		}
	}
	s.beat++
	return more, s.after(ctx)
}

// judge has what was done judged, and says when what is known is to be saved: when a day
// is over, and after so many doings that a restart is quick.
func (s *Service) judge(step *insider.Stretch, all []insider.Noted, caughtUp bool) error {
	for i := range all {
		n := &all[i]
		if before := s.last[n.Staff]; before != nil && n.SameOpening(before) && n.At >= before.At {
			if n.Canary == before.Canary {
				continue
			}
		}
		if s.watch.Knows(n.Doing) { // the first page of the inbox, again and again
			continue
		}
		if parts(n) {
			s.last[n.Staff] = n
		}
		if n.At < s.began-lateAfter.Microseconds() {
			n.Unjudged = true
			step.Noted = append(step.Noted, *n)
			continue
		}
		n.OffShift = n.OffShift || s.watch.OffShift(n.Staff, n.At)
		step.Noted = append(step.Noted, *n)
		step.Alerts = append(step.Alerts, s.watch.Take(n.Doing)...)
		s.unsaved++
	}
	if caughtUp && s.watch.Today() > 0 { // the days that are over end though nobody does anything
		step.Alerts = append(step.Alerts, s.watch.EndDays(clock.Micros(s.Clock())/dayMicros)...)
	}
	if s.unsaved < saveEvery && s.watch.Today() == s.day {
		return nil
	}
	var err error
	step.State, err = s.watch.Save()
	return err
}

// parts tells whether what was done ends an opening: what the desk fetched or listed in
// between does not, nor what others did.
func parts(n *insider.Noted) bool {
	return n.Kind != insider.Ahead && n.Kind != insider.Listed && n.Kind != insider.Lifted && n.Kind != insider.Glass
}

const dayMicros = int64(86_400_000_000)

// remember reads what was known, and what came since it was saved.
func (s *Service) remember(ctx context.Context) error {
	at, err := s.Store.WatchStanding(ctx, s.self)
	if err != nil {
		return err
	}
	w, since := insider.New(s.Limits), at.Saved
	if len(at.Body) > 0 {
		if w, err = insider.Restore(s.Limits, at.Body); fault.Is(err, fault.Invalid) {
			s.Log.Warn("what was known of how staff look at customers is of another version, and learnt anew from what they did", "error", err)
			w, since = insider.New(s.Limits), 0
		} else if err != nil {
			return err
		}
	}
	s.last = map[string]*insider.Noted{}
	s.unsaved = 0
	for nth := int64(1 << 40); ; { // after all that the record before tells
		some, err := s.Store.DoingsBetween(ctx, s.self, since, nth, at.Seq, page)
		if err != nil {
			return err
		}
		for i := range some {
			w.Take(some[i].Doing) // what it says was said
			if parts(&some[i]) {
				s.last[some[i].Staff] = &some[i]
			}
			since, nth = some[i].Seq, some[i].Nth
		}
		s.unsaved += len(some)
		if len(some) < page {
			break
		}
	}
	s.watch, s.began, s.at, s.kept, s.day = w, at.BegunAt, at.Seq, at.Seq, w.Today()
	if len(at.Body) == 0 {
		s.day = 0
	}
	return s.Learn(ctx)
}

// after is what else is seen to: conversations of who was suspended, decoys that others
// made, and what is kept no longer.
func (s *Service) after(ctx context.Context) error {
	if err := s.free(ctx); err != nil {
		return err
	}
	if s.beat%10 == 0 {
		if err := s.Learn(ctx); err != nil {
			return err
		}
	}
	if s.beat%600 == 0 || s.old {
		n, err := s.Store.ForgetDoings(ctx, s.self, forget)
		s.old = err == nil && n == forget // there is more: it goes on with the next step
		return err
	}
	return nil
}

// free gives the conversations of those who were suspended back to the queue.
func (s *Service) free(ctx context.Context) error {
	staff, err := s.Store.ToFree(ctx, s.self)
	if err != nil {
		return err
	}
	for _, id := range staff {
		held, err := s.Store.HeldBy(ctx, s.self, id, 0, freeing)
		if err != nil {
			return err
		}
		for _, h := range held {
			_, err := s.Store.Execute(ctx, s.self, h.ConversationID, conversation.Command{Kind: conversation.Assign, TakenFrom: id, Content: conversation.Content{Reason: reasonOffline}})
			if err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.NotFound) {
				return err
			}
		}
		if len(held) < freeing {
			if err := s.Store.Freed(ctx, s.self, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// reasonOffline is what colleagues and customers are told of why somebody has a
// conversation no more: it says no more than is theirs to know.
const reasonOffline = "offline"

// Learn has the Service know the decoys that there are. Errors: those of the store.
func (s *Service) Learn(ctx context.Context) error {
	all, err := s.Store.DecoyTalks(ctx, s.self)
	if err != nil {
		return err
	}
	talks := make(map[string]bool, len(all))
	for _, id := range all {
		talks[id] = true
	}
	s.talks.Store(&talks)
	return nil
}

// Real is a commit without what happened in conversations of decoys, for whatever is
// derived of conversations.
func (s *Service) Real(c event.Commit) event.Commit {
	talks := *s.talks.Load()
	if len(talks) == 0 {
		return c
	}
	for i := range c.Changed {
		if !talks[c.Changed[i].State.ID] {
			continue
		}
		var kept []event.ConversationChange
		for j := range c.Changed {
			if !talks[c.Changed[j].State.ID] {
				kept = append(kept, c.Changed[j])
			}
		}
		c.Changed = kept
		break
	}
	return c
}
