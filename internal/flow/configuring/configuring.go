// Package configuring lets people change settings, and gives flows what is set.
// What people write passes the secret guard first; who may change what, and at
// which revision, is decided where the items are kept. Flows never ask the store:
// they read a typed Snapshot in memory, which is replaced when a commit changed
// something, in whichever process.
package configuring

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/settings"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/ratelimit"
)

// Store keeps the items.
type Store interface {
	ListSettings(ctx context.Context, p identity.Principal, kind string, q settings.Query) ([]settings.Item, error)
	Setting(ctx context.Context, p identity.Principal, kind, id string) (settings.Item, error)
	SettingHistory(ctx context.Context, p identity.Principal, kind, id string, before int64, limit int) ([]settings.Revision, error)
	SaveSetting(ctx context.Context, p identity.Principal, c settings.Change) (settings.Item, error)
	HouseSettings(ctx context.Context, p identity.Principal) (items []settings.Item, version int64, err error)
	SettingsVersion(ctx context.Context) (int64, error)
}

// Deps are what a Service works with.
type Deps struct {
	Store Store
	Kinds *settings.Registry
	// Clean is the secret guard: it gives a text without the secrets in it.
	Clean func(ctx context.Context, text string) (string, error)
	// Worded refuses a text for customers that asks for what is never asked for, and
	// names its path; may be nil.
	Worded func(path, text string) error
	Clock  clock.Clock
	Log    *slog.Logger
	// Limited is told the name of a limit that refused a change; may be nil.
	Limited func(limit string)
}

// How many changes one member of staff may make: more than anybody makes by hand,
// and few enough for their history to stay small.
const (
	changesAtOnce   = 60
	changesPer      = 2 * time.Minute
	changersAtATime = 10_000
)

// checkEvery is how soon a change by another process is seen.
const checkEvery = 2 * time.Second

// readTimeout bounds one reading of all settings.
const readTimeout = 10 * time.Second

// Service is the use case. It is safe for concurrent use.
type Service struct {
	Deps
	changes *ratelimit.Limiter
	wake    chan struct{}

	reading   sync.Mutex // held while a snapshot is made and told of
	snapshot  atomic.Pointer[settings.Snapshot]
	listeners []func(*settings.Snapshot)
}

// New makes a Service. Its snapshot has the kinds' defaults until Load.
func New(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Clock == nil {
		d.Clock = clock.System
	}
	s := &Service{
		Deps: d, wake: make(chan struct{}, 1),
		changes: ratelimit.New(ratelimit.Limit{Burst: changesAtOnce, Per: changesPer}, changersAtATime),
	}
	empty, _ := settings.NewSnapshot(d.Kinds, 0, nil) // nothing to read, nothing to fail
	s.snapshot.Store(empty)
	return s
}

// Snapshot is what is set now. It never waits.
func (s *Service) Snapshot() *settings.Snapshot { return s.snapshot.Load() }

// Listen adds somebody who is told of each new snapshot, in their order; it must
// not block. Add all before Run.
func (s *Service) Listen(told func(*settings.Snapshot)) { s.listeners = append(s.listeners, told) }

// Load reads the settings anew, if they have changed.
func (s *Service) Load(ctx context.Context) error {
	const op = "configuring.Load"
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	s.reading.Lock()
	defer s.reading.Unlock()
	version, err := s.Store.SettingsVersion(ctx)
	if err != nil || version == s.Snapshot().Version {
		return fault.Wrap(op, err)
	}
	items, version, err := s.Store.HouseSettings(ctx, identity.SystemPart("settings"))
	if err != nil {
		return fault.Wrap(op, err)
	}
	next, problems := settings.NewSnapshot(s.Kinds, version, items)
	for _, problem := range problems {
		s.Log.Error("a setting cannot be read and is left out", "error", problem)
	}
	s.snapshot.Store(next)
	for _, told := range s.listeners {
		told(next)
	}
	return nil
}

// Committed hears of commits. It does not block.
func (s *Service) Committed(c event.Commit) {
	if len(c.Settings) == 0 && !c.Unknown {
		return
	}
	select {
	case s.wake <- struct{}{}:
	default: // somebody is about to look anyway
	}
}

// Run keeps the snapshot up to date until ctx ends: after commits of this process
// at once, after others' within checkEvery.
func (s *Service) Run(ctx context.Context) error {
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	for failing := false; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-ticker.C:
		}
		err := s.Load(ctx)
		if err != nil && ctx.Err() == nil && !failing {
			s.Log.Warn("the settings could not be read; the last ones count", "error", err)
		}
		failing = err != nil
	}
}

// List gives the items of a kind that p may see. Errors: NotFound, Forbidden.
func (s *Service) List(ctx context.Context, p identity.Principal, kind string, q settings.Query) ([]settings.Item, error) {
	return s.Store.ListSettings(ctx, p, kind, q)
}

// Get finds an item. Errors: NotFound, Forbidden.
func (s *Service) Get(ctx context.Context, p identity.Principal, kind, id string) (settings.Item, error) {
	return s.Store.Setting(ctx, p, kind, id)
}

// History gives what an item was, the newest first. Errors: NotFound, Forbidden.
func (s *Service) History(ctx context.Context, p identity.Principal, kind, id string, before int64, limit int) ([]settings.Revision, error) {
	return s.Store.SettingHistory(ctx, p, kind, id, before, limit)
}

// Save makes an item what a change says; when it returns, Snapshot has it. Errors:
// Invalid, with the field's path, also for a text with a secret in it, which is
// not stored; NotFound; Forbidden; Conflict for an older revision; a
// *intake.LimitedError.
func (s *Service) Save(ctx context.Context, p identity.Principal, c settings.Change) (settings.Item, error) {
	if err := s.allow(p); err != nil {
		return settings.Item{}, err
	}
	if err := s.guard(ctx, c); err != nil {
		return settings.Item{}, err
	}
	return s.save(ctx, p, c)
}

func (s *Service) save(ctx context.Context, p identity.Principal, c settings.Change) (settings.Item, error) {
	saved, err := s.Store.SaveSetting(ctx, p, c)
	if err != nil {
		return settings.Item{}, err
	}
	if err := s.Load(ctx); err != nil { // it is saved; Run comes to it
		s.Log.Warn("the settings could not be read after a change", "error", err)
	}
	return saved, nil
}

func (s *Service) allow(p identity.Principal) error {
	if p.Kind == identity.System {
		return nil
	}
	if wait := s.changes.Allow(p.ID, 1, s.Clock()); wait > 0 {
		if s.Limited != nil {
			s.Limited("settings")
		}
		return &intake.LimitedError{RetryAfter: wait}
	}
	return nil
}

// guard refuses a body that a secret stands in, or that would ask customers for one.
func (s *Service) guard(ctx context.Context, c settings.Change) error {
	const op = "configuring.guard"
	d, err := s.Kinds.Find(c.Kind)
	if err != nil || c.Body == nil {
		return err
	}
	_, value, err := d.Decode(c.Body)
	if err != nil {
		return err
	}
	return settings.Each(value, func(path, text string) error {
		clean, err := s.Clean(ctx, text)
		if err == nil && clean != text {
			return fault.InvalidFor(op, path, settings.Secret, "the guard found a secret in it")
		}
		if err == nil && s.Worded != nil && d.Said(value, path) {
			err = s.Worded(path, text)
		}
		return err
	})
}

// Archive takes an item out of use, or back into it. Errors: as Save.
func (s *Service) Archive(ctx context.Context, p identity.Principal, kind, id string, revision int64, archived bool) (settings.Item, error) {
	const op = "configuring.Archive"
	if err := s.allow(p); err != nil {
		return settings.Item{}, err
	}
	if revision < 1 {
		return settings.Item{}, fault.InvalidFor(op, "revision", settings.Missing, "is missing")
	}
	return s.save(ctx, p, settings.Change{Kind: kind, ID: id, Revision: revision, Archived: archived})
}

// Restore makes an item, at a revision, what it was at the revision from: a new
// revision with the old value. Errors: as Save; NotFound when there is no such
// revision; Invalid when what was valid then no longer is.
func (s *Service) Restore(ctx context.Context, p identity.Principal, kind, id string, revision, from int64) (settings.Item, error) {
	const op = "configuring.Restore"
	if err := s.allow(p); err != nil {
		return settings.Item{}, err
	}
	found, err := s.Store.SettingHistory(ctx, p, kind, id, from+1, 1)
	if err != nil {
		return settings.Item{}, err
	}
	if len(found) == 0 || found[0].Revision != from || from < 1 {
		return settings.Item{}, fault.New(fault.NotFound, op, "there is no such revision")
	}
	c := settings.Change{Kind: kind, ID: id, Revision: revision, Body: found[0].Body}
	if err := s.guard(ctx, c); err != nil {
		return settings.Item{}, err
	}
	return s.save(ctx, p, c)
}
