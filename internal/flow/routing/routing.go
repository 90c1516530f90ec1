// Package routing runs the queue: it learns from commits who waits and who is busy,
// from desks who is there, offers each waiting conversation to the best free agent,
// and tells those who wait how long it takes. The rules are in domain/routing/queue,
// the forecasts in domain/routing/waits. What it knows is in memory, and read from
// the store when it starts: the store is the truth, and an offer that is lost is
// made again.
package routing

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/routing/queue"
	"kefu/internal/domain/routing/waits"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/clock"
)

// Store is what it reads and writes.
type Store interface {
	WaitingPage(ctx context.Context, p identity.Principal, after conversation.InboxKey, since int64, limit int) ([]routing.Waiting, conversation.InboxKey, error)
	WaitingOf(ctx context.Context, p identity.Principal, ids []string) ([]routing.Waiting, error)
	HeldBy(ctx context.Context, p identity.Principal, staffID string, since int64, limit int) ([]routing.Waiting, error)
	LastAgent(ctx context.Context, p identity.Principal, customerID, notIn string, since int64) (string, error)
	KeepPromises(ctx context.Context, p identity.Principal, all []routing.Promise) error
	OpenPromises(ctx context.Context, p identity.Principal, limit int) ([]routing.Promise, error)
	Learned(ctx context.Context, p identity.Principal) ([]byte, error)
	SaveLearned(ctx context.Context, p identity.Principal, body []byte) error
	Execute(ctx context.Context, p identity.Principal, conversationID string, c conversation.Command) (conversation.Result, error)
	Conversation(ctx context.Context, p identity.Principal, id string) (conversation.State, error)
	OfferBrief(ctx context.Context, p identity.Principal, conversationID, offeredTo string) (routing.Brief, error)
	People
}

// People is the staff among what it reads.
type People interface {
	ListStaff(ctx context.Context, p identity.Principal, after string, limit int) ([]staff.Member, error)
	AllDuties(ctx context.Context, p identity.Principal) ([]routing.Duties, error)
	SetDuties(ctx context.Context, p identity.Principal, d routing.Duties) error
	Presences(ctx context.Context, p identity.Principal) (now, chosen []routing.Presence, err error)
	SetPresence(ctx context.Context, p identity.Principal, to routing.Presence) error
}

// Teller tells desks and windows. Its methods do not block.
type Teller interface {
	Offer(staffID string, o Offer)
	OfferOver(staffID, conversationID, reason string)
	Presence(staffID string, s Standing)
	Eta(customerID string, e Eta)
}

// Offer is a conversation offered to an agent. Times are microseconds.
type Offer struct {
	ConversationID string
	Channel        string
	Language       string
	TeamID         string
	Priority       string
	Since          int64 // since when the customer waits
	Until          int64
	Known          bool // the agent helped this customer lately
}

// Standing is an agent's presence, as their desks show it.
type Standing struct {
	State  routing.PresenceState
	Reason string
	Since  int64
	Load   int // in percent of the capacity
	Holds  int // conversations
}

// Eta is what somebody who waits is told. Seconds, 0 when it is not known.
type Eta struct {
	ConversationID string
	Position       int
	P50, P80       int
	Nobody         bool // nobody is there who could help now
}

// Deps are what a Service works with.
type Deps struct {
	Store  Store
	Teller Teller
	Rules  func() routing.Rules // as the house has chosen them now
	Clock  clock.Clock
	Log    *slog.Logger
	Seed   uint64        // of the forecasts' chance
	Grace  time.Duration // how long an agent whose desks are gone keeps the offer [5 s]
}

// Bounds and pauses.
const (
	maxQueued   = 10_000 // conversations in memory; the most urgent are kept, and more are read when there is room
	maxNews     = 20_000 // changed conversations not looked at yet; beyond, everything is read again
	maxHeldBy   = 200    // conversations of one agent that count
	readTimeout = 10 * time.Second
)

// Service runs the queue. Make one with New, then let Run run.
type Service struct {
	Deps
	self identity.Principal
	wake chan struct{}

	unwritten chan struct{} // something is to be kept

	newsMu  sync.Mutex
	news    map[string]conversation.State
	again   map[string]bool // conversations of which nobody knows how they stand
	doubt   bool            // commits may have been missed: read everything again
	refresh bool            // who works here may have changed

	mu       sync.Mutex
	q        *queue.Queue
	rules    routing.Rules
	people   map[string]*person
	items    map[string]*item // what waits
	holds    map[string]*hold // what somebody has
	accepted map[string]bool  // conversations whose assignment is on its way to the store; true: something was said of them meanwhile
	full     bool             // something that waits is not in memory
	dirty    bool             // the forecast is out of date
	promises []routing.Promise
	presence map[string]routing.Presence // to be written
	lessons  []lesson                    // not taken in yet
	correct  waits.Calibration
	started  int64

	simulating sync.Mutex // guards what follows; taken before mu
	handling   *waits.Handling
	patience   *waits.Patience
	sim        *waits.Simulator
	learned    bool // since it was saved
}

// lesson is something to learn from: how long somebody had a conversation, or
// waited. It is taken in when no forecast runs.
type lesson struct {
	channel string // "" for a wait
	seconds float64
	gaveUp  bool
}

// maxLessons bounds those not taken in yet; more would say the same.
const maxLessons = 5000

func (s *Service) learn(l lesson) {
	if len(s.lessons) < maxLessons {
		s.lessons = append(s.lessons, l)
	}
}

// item is a conversation that waits, beside what the queue knows of it.
type item struct {
	customerID string
	priority   conversation.Priority
	queued     int64            // when it came into the queue
	promise    *routing.Promise // the first that was shown
	shown      waits.Range      // now
	told       Eta
	toldAt     int64
}

// hold is a conversation that an agent has.
type hold struct {
	agent    string
	channel  string
	since    int64
	activity int64
	waits    bool // the customer waits for an answer
	counts   bool // as load
}

// New makes a Service.
func New(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Clock == nil {
		d.Clock = clock.System
	}
	if d.Rules == nil {
		d.Rules = routing.DefaultRules
	}
	if d.Grace == 0 {
		d.Grace = 5 * time.Second
	}
	rules := d.Rules()
	s := &Service{
		Deps: d, self: identity.SystemPart("routing"), wake: make(chan struct{}, 1), unwritten: make(chan struct{}, 1), news: map[string]conversation.State{}, again: map[string]bool{},
		q: queue.New(optionsOf(rules)), rules: rules, people: map[string]*person{}, items: map[string]*item{}, holds: map[string]*hold{}, accepted: map[string]bool{},
		presence: map[string]routing.Presence{}, handling: waits.NewHandling(360), patience: waits.NewPatience(1200),
	}
	s.sim = waits.NewSimulator(s.handling, s.patience, rand.New(rand.NewPCG(d.Seed, 1)))
	s.started = s.now()
	return s
}

func optionsOf(r routing.Rules) queue.Options {
	const second = 1_000_000
	return queue.Options{
		Ageing: int64(r.AgeingSeconds) * second, LastAgentWait: int64(r.LastAgentSeconds) * second, OfferFor: int64(r.OfferSeconds) * second,
		PassFor: int64(r.PassSeconds) * second, MaxUnanswered: r.Unanswered, Slots: map[string]int{"chat": r.ChatSlots},
	}
}

func (s *Service) now() int64 { return s.Clock().UnixMicro() }

// Committed hears of commits, in their order. It does not block.
func (s *Service) Committed(c event.Commit) {
	s.newsMu.Lock()
	for i := range c.Changed {
		state := &c.Changed[i].State
		if len(s.news) >= maxNews {
			s.doubt = true
			clear(s.news)
		}
		s.news[state.ID] = *state
	}
	for _, r := range c.Revoked {
		s.refresh = s.refresh || r.Kind == event.RevokedStaff
	}
	s.doubt = s.doubt || c.Unknown
	s.newsMu.Unlock()
	if len(c.Changed)+len(c.Revoked) > 0 || c.Unknown {
		s.nudge()
	}
}

func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run reads what there is, then follows what happens until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	var beside sync.WaitGroup
	beside.Go(func() { s.forecasts(ctx) })
	beside.Go(func() { s.writes(ctx) })
	s.newsMu.Lock()
	s.doubt, s.refresh = true, true
	s.newsMu.Unlock()
	s.restore(ctx)
	s.nudge()
	every := time.NewTicker(time.Second)
	defer every.Stop()
	due := time.NewTimer(time.Hour)
	defer due.Stop()
	for beat := 0; ; {
		due.Reset(s.untilDue())
		select {
		case <-ctx.Done():
			beside.Wait()
			s.lastWords(context.WithoutCancel(ctx))
			return nil
		case <-s.wake:
			s.step(ctx)
		case <-due.C:
			s.tick()
		case <-every.C:
			beat++
			s.step(ctx)
			s.tick()
			s.upkeep(ctx, beat)
		}
	}
}

func (s *Service) untilDue() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	due := s.q.Due()
	if due == 0 {
		return time.Hour
	}
	return max(0, time.Duration(due-s.now())*time.Microsecond)
}

// step takes in what commits changed.
func (s *Service) step(ctx context.Context) {
	s.newsMu.Lock()
	news, again, doubt, refresh := s.news, s.again, s.doubt, s.refresh
	s.news, s.again, s.doubt, s.refresh = map[string]conversation.State{}, map[string]bool{}, false, false
	s.newsMu.Unlock()
	if refresh {
		s.logged(ctx, "reading who works here", s.readPeople(ctx))
	}
	for id, state := range news { // who became free first: that needs no reading
		if !queues(waitingOf(&state)) {
			s.apply(ctx, state)
			delete(news, id)
		}
	}
	s.applyAll(ctx, slices.Collect(maps.Values(news)))
	asked := true
	for id := range again {
		if !asked { // the next beat asks: none of them waits for the others' time-outs
			s.lookAgain(id)
			continue
		}
		asked = s.recheck(ctx, id)
	}
	if doubt && !s.logged(ctx, "reading what waits", s.readAll(ctx)) {
		s.newsMu.Lock()
		s.doubt = true
		s.newsMu.Unlock()
	}
	select {
	case s.unwritten <- struct{}{}:
	default:
	}
}

// writes stores what is to be kept, beside the queue: no offer waits for a commit.
func (s *Service) writes(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.unwritten:
			s.write(ctx)
		}
	}
}

// logged logs an error, and tells whether there was none. That a server which is
// stopped reads no further is no error.
func (s *Service) logged(ctx context.Context, doing string, err error) bool {
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		s.Log.Error("routing failed at "+doing+"; it is tried again", "error", err)
	}
	return err == nil
}

func (s *Service) tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dispatch(s.q.Tick(s.now()))
}

// dispatch carries out what the queue says. The lock is held.
func (s *Service) dispatch(events []queue.Event) {
	for _, e := range events {
		switch e.Kind {
		case queue.Offered:
			s.Teller.Offer(e.Agent, s.offerOf(e.Item, e.Agent, e.Until))
		case queue.OfferOver:
			s.Teller.OfferOver(e.Agent, e.Item.ID, string(e.Reason))
		case queue.WentAway:
			if p := s.people[e.Agent]; p != nil {
				s.choose(p, routing.Presence{StaffID: e.Agent, State: routing.Away, Reason: routing.Unanswered})
			}
		}
	}
	s.dirty = s.dirty || len(events) > 0
}

func (s *Service) offerOf(i queue.Item, agent string, until int64) Offer {
	o := Offer{ConversationID: i.ID, Channel: i.Channel, Language: i.Language, TeamID: i.Team, Since: i.Since, Until: until, Known: i.LastAgent == agent}
	if it := s.items[i.ID]; it != nil {
		o.Priority = string(it.priority)
	}
	return o
}

// write stores what is to be kept. What cannot be stored now is tried again, within
// bounds.
func (s *Service) write(ctx context.Context) {
	s.mu.Lock()
	promises, presence := s.promises, s.presence
	s.promises, s.presence = nil, map[string]routing.Presence{}
	s.mu.Unlock()
	if len(promises) == 0 && len(presence) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	var failed error
	for _, p := range presence {
		if err := s.Store.SetPresence(ctx, s.self, p); err != nil {
			failed = err
			s.mu.Lock()
			if _, newer := s.presence[p.StaffID]; !newer {
				s.presence[p.StaffID] = p
			}
			s.mu.Unlock()
		}
	}
	for batch := range chunks(promises, 100) {
		if err := s.Store.KeepPromises(ctx, s.self, batch); err != nil {
			failed = err
			s.mu.Lock()
			if len(s.promises) < maxQueued {
				s.promises = append(batch, s.promises...)
			}
			s.mu.Unlock()
		}
	}
	s.logged(ctx, "writing", failed)
}

func chunks(all []routing.Promise, size int) func(func([]routing.Promise) bool) {
	return func(yield func([]routing.Promise) bool) {
		for len(all) > 0 {
			n := min(size, len(all))
			if !yield(all[:n:n]) {
				return
			}
			all = all[n:]
		}
	}
}
