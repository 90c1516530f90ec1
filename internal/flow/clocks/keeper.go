// Package clocks follows the log and keeps what follows from it: the clocks of each
// conversation, which ring before and when a promise breaks, and the fact that
// reports read. It writes nothing into the log, and can make all of it anew from
// there.
package clocks

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/report"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/sla"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// Store is what the keeper needs of the store.
type Store interface {
	FollowedOf(ctx context.Context, ids []string) ([]report.Followed, error)
	LiveFollowed(ctx context.Context, after string, limit int) ([]report.Followed, error)
	SaveFollowed(ctx context.Context, s event.Step, all []report.Followed, moves []report.BacklogMove) error
	ForgetClocks(ctx context.Context, conversations []string) error
	Ringing(ctx context.Context, now int64, limit int) ([]sla.Alert, error)
	NextRing(ctx context.Context) (int64, error)
	FollowerAt(ctx context.Context, name string, atEnd bool) (int64, error)
	MoveFollower(ctx context.Context, s event.Step) error
}

// Told is a conversation whose clocks have changed.
type Told struct {
	ConversationID string
	CustomerID     string
	Assignee       string
	// AnswerBy is by when the customer is told to be answered; 0: nothing is said.
	AnswerBy int64
}

// Name is the keeper's, as a follower of the log; Reckoned is its cursor over versions
// of the settings.
const (
	Name     = "clocks"
	Reckoned = "clocks settings"
)

const (
	ringLimit = 200 // clocks that ring in one transaction
	pageSize  = 200 // conversations reckoned anew in one
	idle      = 10 * time.Minute
	troubled  = time.Second
)

// Keeper keeps clocks and facts. It is a following.Consumer.
type Keeper struct {
	store Store
	set   func() *settings.Snapshot
	now   clock.Clock
	log   *slog.Logger
	tell  func([]Told) // must not block

	mu   sync.Mutex // of whoever changes what is kept
	wake chan struct{}

	aimed   sync.Mutex
	version int64 // of the settings that aims were read from
	aims    sla.Aims
	known   string // what live clocks were reckoned by, as JSON; Run's own
}

// New makes a Keeper. tell hears of conversations whose clocks changed.
func New(store Store, set func() *settings.Snapshot, now clock.Clock, log *slog.Logger, tell func([]Told)) *Keeper {
	return &Keeper{store: store, set: set, now: now, log: log, tell: tell, wake: make(chan struct{}, 1), version: -1}
}

// Wants implements following.Consumer.
func (k *Keeper) Wants(e *conversation.Entry) bool { return report.Matters(e) }

// Aims are the targets that count now.
func (k *Keeper) Aims() sla.Aims {
	k.aimed.Lock()
	defer k.aimed.Unlock()
	if s := k.set(); s.Version != k.version {
		k.aims, k.version = sla.AimsOf(s), s.Version
	}
	return k.aims
}

// Service is what a customer of some kind is told now of when somebody is there.
func (k *Keeper) Service(s sla.Subject) sla.Service {
	return sla.ServiceAt(k.set(), k.Aims(), s, k.now())
}

// Take implements following.Consumer.
func (k *Keeper) Take(ctx context.Context, entries []conversation.Entry, s event.Step) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	all, err := k.store.FollowedOf(ctx, conversationsOf(entries))
	if err != nil {
		return err
	}
	at := make(map[string]*report.Fact, len(all))
	for i := range all {
		at[all[i].ID] = &all[i].Fact
	}
	aims := k.Aims()
	var moves []report.BacklogMove
	for i := range entries {
		e := &entries[i]
		fact := at[e.ConversationID]
		if fact == nil { // its conversation is gone
			continue
		}
		for _, m := range fact.Apply(e, aims) {
			moves = append(moves, report.BacklogMove{Quarter: m.At / report.QuarterMicros, Channel: fact.Track.Subject.Channel, Delta: m.Delta})
		}
	}
	told := k.reckon(all, aims)
	if err := k.store.SaveFollowed(ctx, s, all, moves); err != nil {
		return err
	}
	k.changed(told)
	return nil
}

func conversationsOf(entries []conversation.Entry) (ids []string) {
	seen := make(map[string]bool, len(entries))
	for i := range entries {
		if id := entries[i].ConversationID; !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// reckon brings the alerts in line with the tracks, and gives the conversations
// in which somebody sees another time now.
func (k *Keeper) reckon(all []report.Followed, aims sla.Aims) (told []Told) {
	now := k.now().UnixMicro()
	for i := range all {
		f := &all[i]
		next := map[sla.ClockKind]sla.Alert{}
		differs := false
		for _, a := range sla.AlertsOf(f.ID, f.Fact.Assignee, &f.Fact.Track, aims, f.Alerts, now) {
			next[a.Kind] = a
			was, ok := f.Alerts[a.Kind]
			differs = differs || !ok || was.Due != a.Due || was.State != a.State || was.Ended != a.Ended
		}
		differs = differs || len(next) != len(f.Alerts)
		before := answerBy(f.Alerts)
		f.Alerts = next
		if !differs {
			continue
		}
		t := Told{ConversationID: f.ID, CustomerID: f.CustomerID, Assignee: f.Fact.Assignee}
		if by := answerBy(next); by != before {
			if aim := aims.For(f.Fact.Track.Subject); aim != nil && aim.Tell {
				t.AnswerBy = by
			}
		}
		told = append(told, t)
	}
	return told
}

// answerBy is when the answer that the customer waits for is due.
func answerBy(alerts map[sla.ClockKind]sla.Alert) int64 {
	for _, kind := range []sla.ClockKind{sla.FirstResponse, sla.NextResponse} {
		if a, ok := alerts[kind]; ok && a.Ended == 0 && a.State == sla.Running {
			return a.Due
		}
	}
	return 0
}

// changed tells, and has the next ring looked up again.
func (k *Keeper) changed(told []Told) {
	if len(told) == 0 {
		return
	}
	if k.tell != nil {
		k.tell(told)
	}
	k.Wake()
}

// Wake has the keeper look for clocks that ring, and for targets that were
// changed. It does not block.
func (k *Keeper) Wake() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Run lets clocks ring until ctx ends, in the order in which they came due, those
// of a time when nothing ran first. It also reckons anew what has not ended when
// targets or calendars are changed.
func (k *Keeper) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		rest, err := k.step(ctx)
		if err != nil {
			if ctx.Err() == nil && !fault.Is(err, fault.Conflict) {
				k.log.Warn("clocks were not kept", "error", err)
			}
			rest = troubled
		}
		timer := time.NewTimer(rest)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-k.wake:
		}
		timer.Stop()
	}
	return nil
}

func (k *Keeper) step(ctx context.Context) (time.Duration, error) {
	if err := k.reckonChanged(ctx); err != nil {
		return 0, err
	}
	rang, err := k.Ring(ctx)
	if err != nil || rang == ringLimit {
		return 0, err
	}
	at, err := k.store.NextRing(ctx)
	if err != nil || at == 0 {
		return idle, err
	}
	return max(time.Millisecond, min(idle, clock.FromMicros(at).Sub(k.now()))), nil
}

// Ring lets the clocks ring that are due, at most ringLimit, and tells how many.
func (k *Keeper) Ring(ctx context.Context) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now().UnixMicro()
	due, err := k.store.Ringing(ctx, now, ringLimit)
	if err != nil || len(due) == 0 {
		return 0, err
	}
	var ids []string
	seen := map[string]bool{}
	for _, a := range due {
		if !seen[a.ConversationID] {
			seen[a.ConversationID] = true
			ids = append(ids, a.ConversationID)
		}
	}
	all, err := k.store.FollowedOf(ctx, ids)
	if err != nil {
		return 0, err
	}
	if len(all) < len(ids) { // else the clocks of what is gone would ring for ever
		for i := range all {
			delete(seen, all[i].ID)
		}
		if err := k.store.ForgetClocks(ctx, slices.Collect(maps.Keys(seen))); err != nil {
			return 0, err
		}
	}
	aims := k.Aims()
	told := make([]Told, 0, len(all))
	for i := range all {
		ring(&all[i], aims.For(all[i].Fact.Track.Subject), now)
		told = append(told, Told{ConversationID: all[i].ID, CustomerID: all[i].CustomerID, Assignee: all[i].Fact.Assignee})
	}
	if err := k.store.SaveFollowed(ctx, event.Step{}, all, nil); err != nil {
		return 0, err
	}
	if k.tell != nil {
		k.tell(told)
	}
	return len(due), nil
}

// ring notes the rings of one conversation up to now as told.
func ring(f *report.Followed, aim *sla.Aim, now int64) {
	for kind, a := range f.Alerts {
		if a.Next.At == 0 || a.Next.At > now {
			continue
		}
		var of *sla.Clock
		for n := range f.Fact.Track.Clocks {
			if c := &f.Fact.Track.Clocks[n]; c.Kind == kind {
				of = c
			}
		}
		if of == nil { // a clock that is no more
			a.Next = sla.Ring{}
		} else {
			a = a.Rung(aim, of, now)
		}
		f.Alerts[kind] = a
	}
}

// reckonChanged reckons what has not ended by the targets of now, if they are others
// than those that it was reckoned by.
func (k *Keeper) reckonChanged(ctx context.Context) error {
	set := k.set()
	at, err := k.store.FollowerAt(ctx, Reckoned, false)
	if err != nil || at >= set.Version {
		return err
	}
	shape, err := json.Marshal([]any{settings.All[sla.Target](set), settings.All[sla.Calendar](set)})
	if err != nil {
		return fault.Wrap("clocks.reckonChanged", err)
	}
	if string(shape) != k.known {
		if err := k.reckonLive(ctx, k.Aims()); err != nil {
			return err
		}
		k.known = string(shape)
	}
	return k.store.MoveFollower(ctx, event.Step{Follower: Reckoned, From: at, To: set.Version})
}

func (k *Keeper) reckonLive(ctx context.Context, aims sla.Aims) error {
	for after := ""; ; {
		n, last, err := k.reckonPage(ctx, aims, after)
		if err != nil || n < pageSize {
			return err
		}
		after = last
	}
}

func (k *Keeper) reckonPage(ctx context.Context, aims sla.Aims, after string) (n int, last string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	all, err := k.store.LiveFollowed(ctx, after, pageSize)
	if err != nil || len(all) == 0 {
		return 0, "", err
	}
	for i := range all {
		all[i].Fact.Track.Reckon(aims)
	}
	told := k.reckon(all, aims)
	if err := k.store.SaveFollowed(ctx, event.Step{}, all, nil); err != nil {
		return 0, "", err
	}
	k.changed(told)
	return len(all), all[len(all)-1].ID, nil
}
