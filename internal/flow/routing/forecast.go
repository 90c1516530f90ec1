package routing

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/routing/queue"
	"kefu/internal/domain/routing/waits"
	"kefu/internal/platform/fault"
)

// How often waits are forecast: at most once in forecastEvery, and for no more than
// one part in forecastShare of the time.
const (
	forecastEvery = time.Second
	forecastShare = 10
	maxForecast   = 1000 // who stands further behind is told the place alone
)

// forecasts works out the waits again and again while anybody waits. It runs beside
// the queue: no offer waits for it.
func (s *Service) forecasts(ctx context.Context) {
	pause := time.NewTimer(forecastEvery)
	defer pause.Stop()
	for last, beat := int64(0), 1; ; beat++ {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		begin := time.Now()
		s.mu.Lock()
		now := s.now()
		due := len(s.items) > 0 && (s.dirty || now-last > 10_000_000)
		s.mu.Unlock()
		s.takeIn()
		if due {
			last = now
			s.forecast()
		}
		if beat%60 == 0 {
			s.save(ctx)
		}
		pause.Reset(max(forecastEvery, forecastShare*time.Since(begin)))
	}
}

// takeIn learns what there is to learn.
func (s *Service) takeIn() {
	s.simulating.Lock()
	defer s.simulating.Unlock()
	s.mu.Lock()
	lessons := s.lessons
	s.lessons = nil
	s.mu.Unlock()
	for _, l := range lessons {
		if l.channel == "" {
			s.patience.Learn(l.seconds, l.gaveUp)
		} else {
			s.handling.Learn(l.channel, l.seconds)
		}
	}
	s.learned = s.learned || len(lessons) > 0
}

// forecast works out the waits of all who wait and tells them. What is learned
// meanwhile waits.
func (s *Service) forecast() {
	s.simulating.Lock()
	defer s.simulating.Unlock()
	s.mu.Lock()
	now := s.now()
	s.dirty = false
	line := s.q.Line(now)
	scene := s.q.Scene(line, maxForecast)
	s.mu.Unlock()
	raw := s.sim.All(scene, now)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, place := range line {
		it := s.items[place.ID]
		if it == nil {
			continue
		}
		shown := waits.Range{P50: math.Inf(1), P80: math.Inf(1)}
		if i < len(raw) {
			shown = s.correct.Shown(raw[i])
		}
		s.show(it, place, shown)
	}
	s.nudge()
}

// show keeps a promise, where it is the first, and tells the customer.
func (s *Service) show(it *item, place queue.Place, shown waits.Range) {
	now := s.now()
	it.shown = shown
	known := !math.IsInf(shown.P50, 1) && !math.IsInf(shown.P80, 1)
	e := Eta{ConversationID: place.ID, Position: place.Position, Nobody: place.Nobody}
	if known && place.OfferedTo == "" && !place.Nobody {
		e.P50, e.P80 = int(math.Ceil(shown.P50)), int(math.Ceil(shown.P80))
		if it.promise == nil {
			it.promise = &routing.Promise{
				ConversationID: place.ID, MadeAt: now, Channel: place.Channel, Team: place.Team, Place: place.Position,
				P50: int64(shown.P50 * 1e6), P80: int64(shown.P80 * 1e6),
			}
			s.promises = append(s.promises, *it.promise)
		}
	}
	if news(it.told, e) && (now-it.toldAt >= 3_000_000 || it.told.Nobody != e.Nobody || it.toldAt == 0) {
		it.told, it.toldAt = e, now
		s.Teller.Eta(it.customerID, e)
	}
}

// news tells whether an eta is worth being told after another one: a range that
// flickers calms nobody.
func news(was, is Eta) bool {
	if was.Position != is.Position || was.Nobody != is.Nobody || (was.P80 == 0) != (is.P80 == 0) {
		return true
	}
	apart := func(a, b int) bool { return math.Abs(float64(a-b)) > 5+0.15*float64(max(a, b)) }
	return apart(was.P50, is.P50) || apart(was.P80, is.P80)
}

// WindowOpened tells a customer who comes back how long it still takes. It does not
// block.
func (s *Service) WindowOpened(customerID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, it := range s.items {
		if it.customerID == customerID && it.toldAt != 0 {
			s.Teller.Eta(customerID, it.told)
		}
	}
}

func rangeOf(p routing.Promise) waits.Range {
	return waits.Range{P50: float64(p.P50) / 1e6, P80: float64(p.P80) / 1e6}
}

// restore goes on with what was learned and promised before.
func (s *Service) restore(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	body, err := s.Store.Learned(ctx, s.self)
	if s.logged(ctx, "reading what was learned", err) && len(body) > 0 {
		var l waits.Learned
		if s.logged(ctx, "understanding what was learned", json.Unmarshal(body, &l)) {
			s.simulating.Lock()
			s.sim.Restore(l)
			s.simulating.Unlock()
			s.mu.Lock()
			s.correct = l.Correction
			s.mu.Unlock()
		}
	}
	open, err := s.Store.OpenPromises(ctx, s.self, maxQueued)
	if !s.logged(ctx, "reading what was promised", err) {
		return
	}
	for part := range slices.Chunk(open, restoredAtOnce) {
		ids := make([]string, len(part))
		for i := range part {
			ids[i] = part[i].ConversationID
		}
		found, err := s.Store.WaitingOf(ctx, s.self, ids)
		if !s.logged(ctx, "reading what was promised to whom", err) {
			return
		}
		s.mu.Lock()
		s.goOn(part, found)
		s.mu.Unlock()
	}
}

// restoredAtOnce bounds one reading.
const restoredAtOnce = 1000

// goOn goes on with promises to conversations that are found still waiting, and ends
// the others.
func (s *Service) goOn(open []routing.Promise, found []routing.Waiting) {
	at := make(map[string]routing.Waiting, len(found))
	for _, w := range found {
		at[w.ConversationID] = w
	}
	for _, p := range open {
		w, there := at[p.ConversationID]
		if !there || !queues(w) {
			s.forget(p, w.LastActivity)
			continue
		}
		s.put(w, "")
		if it := s.items[p.ConversationID]; it != nil && it.promise == nil {
			it.promise = &p
		}
	}
}

// forget ends a promise whose end nobody saw: when it was kept is not known.
func (s *Service) forget(p routing.Promise, lastActivity int64) {
	p.EndedAt, p.Outcome = max(lastActivity, p.MadeAt), "unseen"
	s.promises = append(s.promises, p)
}

// save keeps what was learned.
func (s *Service) save(ctx context.Context) {
	s.simulating.Lock()
	if !s.learned {
		s.simulating.Unlock()
		return
	}
	s.learned = false
	s.mu.Lock()
	correct := s.correct
	s.mu.Unlock()
	l := s.sim.Learned(correct)
	s.simulating.Unlock()
	body, err := json.Marshal(l)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, readTimeout)
		defer cancel()
		err = s.Store.SaveLearned(ctx, s.self, body)
	}
	s.logged(ctx, "keeping what was learned", err)
}

// lastWords are what is kept when the server stops.
func (s *Service) lastWords(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	s.write(ctx)
	s.takeIn()
	s.save(ctx)
}

// Place is where a conversation stands, with what its customer was told.
type Place struct {
	queue.Place
	CustomerID string
	Priority   conversation.Priority
	P50, P80   int              // seconds, 0 unknown
	Promise    *routing.Promise // the first that was shown
}

// Desk is an agent as the board shows them.
type Desk struct {
	queue.Desk
	Name      string
	Role      identity.Role
	Standing  Standing
	Connected bool
}

// Queue is all that waits, in its order. Errors: Forbidden.
func (s *Service) Queue(who identity.Principal) ([]Place, error) {
	if !policy.Allow(who, policy.ReadQueue, policy.Object{}) {
		return nil, fault.New(fault.Forbidden, "routing.Queue", "%s may not see the queue", who.Role)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.places(), nil
}

func (s *Service) places() []Place {
	line := s.q.Line(s.now())
	out := make([]Place, 0, len(line))
	for _, p := range line {
		place := Place{Place: p}
		if it := s.items[p.ID]; it != nil {
			place.CustomerID, place.Priority, place.P50, place.P80 = it.customerID, it.priority, it.told.P50, it.told.P80
			if it.promise != nil {
				made := *it.promise
				place.Promise = &made
			}
		}
		out = append(out, place)
	}
	return out
}

// Board is what waits and who is there, at one moment. Errors: Forbidden.
func (s *Service) Board(who identity.Principal) ([]Place, []Desk, error) {
	if !policy.Allow(who, policy.ReadBoard, policy.Object{}) {
		return nil, nil, fault.New(fault.Forbidden, "routing.Board", "%s may not see the board", who.Role)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var desks []Desk
	for _, d := range s.q.Desks() {
		if p := s.people[d.ID]; p != nil && p.able {
			desks = append(desks, Desk{Desk: d, Name: p.name, Role: p.role, Standing: s.standing(p), Connected: p.desks > 0})
		}
	}
	return s.places(), desks, nil
}
