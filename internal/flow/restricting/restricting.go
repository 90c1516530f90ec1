// Package restricting gives each session of staff what the house's own restrictions
// leave of its rights, and keeps what was decided by them: each refusal in the audit
// chain, and counts of what was allowed and refused, to be asked about. What is decided
// is package policy's and package restriction's.
package restricting

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/restriction"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// Store keeps decisions.
type Store interface {
	NoteDecisions(ctx context.Context, p identity.Principal, all []restriction.Decision) error
	DecisionsOf(ctx context.Context, p identity.Principal, q restriction.Query) ([]restriction.Decision, error)
}

// Bounds.
const (
	maxWaiting   = 5000             // different decisions that wait to be kept; further ones are lost, and said to be
	repeatAfter  = 10 * time.Minute // an equal refusal is recorded again, with how often it came
	keepEvery    = 2 * time.Second
	keepTimeout  = 5 * time.Second
	maxUsed      = 8 // actions of one request
	trialDays    = 30
	maxRemembers = 20_000 // refusals that are counted until they are recorded again
)

// Service is the use case. It is safe for concurrent use.
type Service struct {
	store  Store
	clock  clock.Clock
	log    *slog.Logger
	rules  atomic.Pointer[restriction.Rules]
	houses atomic.Pointer[settings.Snapshot]

	mu      sync.Mutex
	waiting map[key]*restriction.Decision // allowed, to be counted
	refused map[key]*repeated
	lost    int64
}

// key is what makes two decisions equal.
type key struct {
	staff, session, object, restriction, version string
	role                                         identity.Role
	action                                       policy.Action
	need                                         restriction.Need
}

// repeated is a refusal that came, and those of its kind since it was recorded.
type repeated struct {
	recorded int64 // when; 0: not yet
	next     restriction.Decision
}

// New makes a Service that takes nothing until Use.
func New(store Store, now clock.Clock, log *slog.Logger) *Service {
	s := &Service{store: store, clock: now, log: log, waiting: map[key]*restriction.Decision{}, refused: map[key]*repeated{}}
	s.Use(nil)
	return s
}

// Use takes the settings as they are from now on, in sessions that are open too.
func (s *Service) Use(all *settings.Snapshot) {
	s.houses.Store(all)
	s.rules.Store(restriction.Compile(all))
}

// Version names what is decided by now.
func (s *Service) Version() string { return s.rules.Load().Version() }

// Restrict gives a member of staff, in a session that proved who they are at some time,
// what the restrictions leave.
func (s *Service) Restrict(p identity.Principal, proved int64) identity.Principal {
	if p.Kind == identity.Staff {
		p.Bounds = &session{service: s, who: restriction.Who{ID: p.ID, Role: p.Role, Proved: proved}}
	}
	return p
}

// Away gives a member of staff in whose name something is done now, such as what a second
// person agrees to, what the restrictions leave them.
func (s *Service) Away(p identity.Principal) identity.Principal {
	if p.Kind == identity.Staff {
		p.Bounds = &session{service: s, who: restriction.Who{ID: p.ID, Role: p.Role, Away: true}}
	}
	return p
}

// session is the bounds of one principal.
type session struct {
	service *Service
	who     restriction.Who
	noting  bool // it is one request's, which asks what was decided

	mu    sync.Mutex
	last  restriction.Refusal // of what was judged last, a restriction's before a role's; the zero value: it was allowed
	used  [maxUsed]policy.Action
	useds int
}

// Judge implements identity.Bounds.
func (h *session) Judge(action string, allowed bool) bool {
	a, rules := policy.Action(action), h.service.rules.Load()
	switch {
	case h.noting:
		return h.judge(rules, a, allowed)
	case !allowed || rules.Empty() || restriction.Open(a):
		return allowed
	default:
		_, kept := rules.Judge(&h.who, a, h.service.clock().UnixMicro())
		return !kept
	}
}

func (h *session) judge(rules *restriction.Rules, a policy.Action, allowed bool) bool {
	refusal, kept := restriction.Refusal{Action: a, Need: restriction.ByRole}, !allowed
	if allowed && !rules.Empty() {
		refusal, kept = rules.Judge(&h.who, a, h.service.clock().UnixMicro())
	}
	h.note(a, refusal, kept)
	return !kept
}

func (h *session) note(a policy.Action, refusal restriction.Refusal, kept bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if kept {
		// Some ask for a second right that would do as well and no role of staff has: what
		// they were refused for is the first.
		if refusal.Need != restriction.ByRole || h.last.Need == "" {
			h.last = refusal
		}
		return
	}
	h.last = restriction.Refusal{}
	if restriction.Open(a) || h.useds == maxUsed {
		return
	}
	for _, used := range h.used[:h.useds] {
		if used == a {
			return
		}
	}
	h.used[h.useds] = a
	h.useds++
}

// Asking prepares a principal for one request that comes from an address, whose
// decisions are kept when Decided is told how it ended.
func (s *Service) Asking(p identity.Principal, from netip.Addr) identity.Principal {
	if h, ok := p.Bounds.(*session); ok {
		one := &session{service: h.service, who: h.who, noting: true}
		one.who.Network = from
		p.Bounds = one
	}
	return p
}

// Refusal is what a request was refused for: what a restriction refused last, unless
// something was allowed after it. false: it was refused for something else, or not by a
// restriction.
func (s *Service) Refusal(p identity.Principal) (restriction.Refusal, bool) {
	h, ok := p.Bounds.(*session)
	if !ok {
		return restriction.Refusal{}, false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last, h.last.Need != "" && h.last.Need != restriction.ByRole
}

// Decided keeps what a request of Asking came to: an operation about an object (an id,
// or ""), and its error. It does not block.
func (s *Service) Decided(p identity.Principal, operation, object string, err error) {
	h, ok := p.Bounds.(*session)
	if !ok {
		return
	}
	h.mu.Lock()
	last, used := h.last, append([]policy.Action(nil), h.used[:h.useds]...)
	h.mu.Unlock()
	d := restriction.Decision{
		At: s.clock().UnixMicro(), Staff: p.ID, Role: p.Role, Session: p.Session, Operation: operation, Object: object, Version: s.Version(), Times: 1,
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		for _, a := range used {
			d.Action = a
			s.count(d)
		}
		return
	}
	if last.Need != "" && (fault.Is(err, fault.Forbidden) || fault.Is(err, fault.NotFound)) {
		d.Action, d.Need, d.Restriction, d.Rule = last.Action, last.Need, last.ID, last.Name
		s.refuse(d)
	}
}

func keyOf(d restriction.Decision) key {
	k := key{staff: d.Staff, role: d.Role, action: d.Action, need: d.Need, restriction: d.Restriction, version: d.Version}
	if d.Refused() {
		k.session, k.object = d.Session, d.Object
	}
	return k
}

func (s *Service) count(d restriction.Decision) {
	k := keyOf(d)
	if was := s.waiting[k]; was != nil {
		d.Times += was.Times
		*was = d
		return
	}
	if len(s.waiting) >= maxWaiting {
		s.lost++
		return
	}
	s.waiting[k] = &d
}

func (s *Service) refuse(d restriction.Decision) {
	k := keyOf(d)
	was := s.refused[k]
	if was == nil {
		if len(s.refused) >= maxRemembers {
			s.lost++
			return
		}
		was = &repeated{}
		s.refused[k] = was
	}
	d.Times += was.next.Times
	was.next = d
}

// due takes what is to be kept now; all takes everything.
func (s *Service) due(all bool) []restriction.Decision {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock().UnixMicro()
	due := make([]restriction.Decision, 0, len(s.waiting))
	for k, d := range s.waiting {
		due = append(due, *d)
		delete(s.waiting, k)
	}
	for k, r := range s.refused {
		over := now-r.recorded >= repeatAfter.Microseconds()
		switch {
		case r.next.Times > 0 && (all || over):
			due = append(due, r.next)
			r.recorded, r.next = now, restriction.Decision{}
		case r.next.Times == 0 && over:
			delete(s.refused, k)
		}
	}
	if s.lost > 0 {
		s.log.Warn("decisions were not kept: there were too many different ones", "decisions", s.lost)
		s.lost = 0
	}
	return due
}

// putBack is for what could not be kept.
func (s *Service) putBack(all []restriction.Decision) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range all {
		if !d.Refused() {
			s.count(d)
			continue
		}
		s.refuse(d)
		if r := s.refused[keyOf(d)]; r != nil {
			r.recorded = 0
		}
	}
}

// Keep writes down what was decided since it was called last.
func (s *Service) Keep(ctx context.Context) error { return s.keep(ctx, false) }

func (s *Service) keep(ctx context.Context, all bool) error {
	due := s.due(all)
	if len(due) == 0 {
		return nil
	}
	bounded, cancel := context.WithTimeout(ctx, keepTimeout)
	defer cancel()
	err := s.store.NoteDecisions(bounded, identity.SystemPart("policy"), due)
	if err != nil {
		s.putBack(due)
	}
	return err
}

// Run keeps decisions until ctx is done, and what waits then.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return s.keep(context.WithoutCancel(ctx), true)
		case <-tick.C:
			if err := s.Keep(ctx); err != nil && ctx.Err() == nil {
				s.log.Warn("decisions could not be kept; they are with the next", "error", err)
			}
		}
	}
}

// DecisionsOf tells what was decided of somebody, or of everybody, the last first.
// Errors: Forbidden.
func (s *Service) DecisionsOf(ctx context.Context, p identity.Principal, q restriction.Query) ([]restriction.Decision, error) {
	return s.store.DecisionsOf(ctx, p, q)
}

// Try tells what a restriction would have done to what was allowed in the last days.
// Errors: Forbidden; Invalid for one that could not be saved.
func (s *Service) Try(ctx context.Context, p identity.Principal, r restriction.Restriction, days int) (restriction.Trial, error) {
	const op = "restricting.Try"
	if !policy.Allow(p, policy.ReadSetup, policy.Object{}) {
		return restriction.Trial{}, fault.New(fault.Forbidden, op, "%s may not try restrictions", p.Role)
	}
	if err := r.Validate(); err != nil {
		return restriction.Trial{}, err
	}
	from := s.clock().Add(-time.Duration(min(max(days, 1), trialDays)) * 24 * time.Hour).UnixMicro()
	decided, err := s.store.DecisionsOf(ctx, p, restriction.Query{From: from, Allowed: true, Limit: 0})
	if err != nil {
		return restriction.Trial{}, err
	}
	return restriction.Try(s.houses.Load(), r, decided), nil
}
