package routing

import (
	"context"
	"reflect"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/routing/queue"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
)

// maxStaffPage is how many members of staff are read at once.
const maxStaffPage = 1000

// person is a member of staff who could answer.
type person struct {
	member routing.Duties
	name   string // as customers know them
	role   identity.Role
	able   bool // may answer, and is not disabled
	chosen routing.Presence
	is     routing.Presence
	desks  int   // connections
	goneAt int64 // when the last one ended; 0 while there is one
	told   Standing
}

// readPeople reads who works here, what they are routed by and what they last chose.
func (s *Service) readPeople(ctx context.Context) error {
	const op = "routing.readPeople"
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	duties, err := s.Store.AllDuties(ctx, s.self)
	if err != nil {
		return fault.Wrap(op, err)
	}
	noted, chosen, err := s.Store.Presences(ctx, s.self)
	if err != nil {
		return fault.Wrap(op, err)
	}
	for after, more := "", true; more; {
		page, err := s.Store.ListStaff(ctx, s.self, after, maxStaffPage)
		if err != nil {
			return fault.Wrap(op, err)
		}
		s.mu.Lock()
		for i := range page {
			s.meet(page[i])
			after = page[i].ID
		}
		s.mu.Unlock()
		more = len(page) == maxStaffPage
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range chosen {
		if p := s.people[c.StaffID]; p != nil && p.chosen.Since == 0 && p.desks == 0 {
			p.chosen = c
		}
	}
	for _, was := range noted { // of a server that has stopped, or was killed
		if p := s.people[was.StaffID]; p != nil && p.desks == 0 && p.is.State == routing.Offline && was.State != routing.Offline {
			s.presence[was.StaffID] = p.is
		}
	}
	for _, d := range duties {
		if p := s.people[d.StaffID]; p != nil {
			p.member = d
		}
	}
	for id := range s.people {
		s.enlist(id)
	}
	return nil
}

// meet notes a member of staff. Agents take offers as soon as they are there;
// supervisors and owners, who have other things to do, when they say so.
func (s *Service) meet(m staff.Member) {
	p := s.people[m.ID]
	if p == nil {
		p = &person{goneAt: s.started, is: routing.Presence{StaffID: m.ID, State: routing.Offline}}
		p.chosen = routing.Presence{StaffID: m.ID, State: routing.Away}
		switch m.Role {
		case identity.SecondLine, identity.Agent, identity.Fraud, identity.Disputes, identity.OutsideAgent:
			p.chosen.State = routing.Available
		}
		s.people[m.ID] = p
	}
	p.member.StaffID, p.name, p.role = m.ID, m.Alias, m.Role
	would := identity.Principal{Kind: identity.Staff, ID: m.ID, Role: m.Role}
	p.able = m.DisabledAt == 0 && policy.Allow(would, policy.SendMessage, policy.Whosever(m.ID)) && policy.Allow(would, policy.UsePresence, policy.Object{StaffID: m.ID})
}

// enlist tells the queue how somebody stands.
func (s *Service) enlist(id string) {
	p := s.people[id]
	is := queue.Agent{
		ID: id, Available: p.able && p.is.State == routing.Available, Teams: p.member.Teams, Skills: p.member.Skills,
		Languages: p.member.Languages, Slots: p.member.Slots,
	}
	if was, known := s.q.Agent(id); !known || !reflect.DeepEqual(was, is) {
		s.dispatch(s.q.SetAgent(is, s.now()))
		s.dirty = true
	}
	s.showLoad(id)
}

// turn makes somebody's presence what it is now, and keeps it. The lock is held.
func (s *Service) turn(p *person, to routing.PresenceState, reason string) {
	if p.is.State == to && p.is.Reason == reason {
		return
	}
	p.is = routing.Presence{StaffID: p.member.StaffID, State: to, Reason: reason, Since: s.now()}
	s.presence[p.member.StaffID] = p.is
	s.enlist(p.member.StaffID)
	s.nudge()
}

// choose is turn for what somebody chose, which counts while a desk of theirs is
// connected.
func (s *Service) choose(p *person, c routing.Presence) {
	c.Since = s.now()
	p.chosen = c
	if p.desks > 0 || p.is.State != routing.Offline {
		s.turn(p, c.State, c.Reason)
	}
}

// showLoad tells an agent's desks how they stand, when that changed.
func (s *Service) showLoad(id string) {
	p := s.people[id]
	if p == nil || p.desks == 0 {
		return
	}
	if now := s.standing(p); now != p.told {
		p.told = now
		s.Teller.Presence(id, now)
	}
}

func (s *Service) standing(p *person) Standing {
	load, holds := s.q.Load(p.member.StaffID)
	return Standing{State: p.is.State, Reason: p.is.Reason, Since: p.is.Since, Load: int(load * 100 / queue.Whole), Holds: holds}
}

// Connected notes that a desk which takes offers has been opened. It does not
// block.
func (s *Service) Connected(who identity.Principal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.people[who.ID]
	if p == nil { // new here: the rest is read soon
		s.meet(staff.Member{ID: who.ID, Alias: who.Name, Role: who.Role})
		p = s.people[who.ID]
		s.newsMu.Lock()
		s.refresh = true
		s.newsMu.Unlock()
		s.nudge()
	}
	p.desks++
	p.goneAt = 0
	if p.is.State == routing.Offline {
		s.turn(p, p.chosen.State, p.chosen.Reason)
	}
	p.told = s.standing(p)
	s.Teller.Presence(who.ID, p.told)
	if i, until, offered := s.q.OfferTo(who.ID); offered {
		s.Teller.Offer(who.ID, s.offerOf(i, who.ID, until))
	}
}

// Disconnected notes that such a desk is gone. The agent keeps the offer for a few
// seconds: a page that is loaded again is gone for a moment.
func (s *Service) Disconnected(staffID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.people[staffID]; p != nil && p.desks > 0 {
		if p.desks--; p.desks == 0 {
			p.goneAt = s.now()
		}
	}
}

// Choose sets whether somebody takes offers: who themselves, or a colleague of
// theirs who may. Errors: Forbidden, Invalid, NotFound.
func (s *Service) Choose(ctx context.Context, who identity.Principal, c routing.Presence) error {
	const op = "routing.Choose"
	if !policy.Allow(who, policy.UsePresence, policy.Object{StaffID: c.StaffID}) {
		return fault.New(fault.Forbidden, op, "%s may not say whether somebody takes offers", who.Role)
	}
	if err := c.CheckChoice(); err != nil {
		return err
	}
	p, there := s.find(c.StaffID)
	if p == nil { // perhaps new
		if err := s.readPeople(ctx); err != nil {
			return err
		}
		p, there = s.find(c.StaffID)
	}
	if p == nil {
		return fault.New(fault.NotFound, op, "nobody who answers has this id")
	}
	if there { // who is offline is so in the history until a desk is opened
		if err := s.Store.SetPresence(ctx, who, c); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.choose(p, c)
	if there && p.is.State == c.State && p.is.Reason == c.Reason {
		delete(s.presence, c.StaffID) // it is written
	}
	return nil
}

// find gives somebody who may answer, and tells whether a desk of theirs is there.
func (s *Service) find(staffID string) (p *person, there bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p = s.people[staffID]; p == nil || !p.able {
		return nil, false
	}
	return p, p.desks > 0
}

// StandingOf tells how somebody stands. Errors: Forbidden.
func (s *Service) StandingOf(who identity.Principal, staffID string) (Standing, error) {
	const op = "routing.StandingOf"
	if !policy.Allow(who, policy.UsePresence, policy.Object{StaffID: staffID}) {
		return Standing{}, fault.New(fault.Forbidden, op, "%s may not see it", who.Role)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.people[staffID]; p != nil && p.able {
		return s.standing(p), nil
	}
	return Standing{State: routing.Offline}, nil // new, or not there
}

// SetDuties replaces what a member of staff is routed by. Errors: those of the store.
func (s *Service) SetDuties(ctx context.Context, who identity.Principal, d routing.Duties) error {
	if err := s.Store.SetDuties(ctx, who, d); err != nil {
		return err
	}
	p, _ := s.find(d.StaffID)
	if p == nil { // new, or somebody who does not answer
		return s.readPeople(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d.Revision++
	p.member = d.Tidy()
	s.enlist(d.StaffID)
	return nil
}

// Brief tells an agent of the conversation that they are offered now. Errors:
// Forbidden, NotFound when there is no offer.
func (s *Service) Brief(ctx context.Context, who identity.Principal) (routing.Brief, error) {
	const op = "routing.Brief"
	if !policy.Allow(who, policy.ReadOffer, policy.Object{OfferedTo: who.ID}) {
		return routing.Brief{}, fault.New(fault.Forbidden, op, "%s is offered nothing", who.Role)
	}
	s.mu.Lock()
	offered, _, ok := s.q.OfferTo(who.ID)
	s.mu.Unlock()
	if !ok {
		return routing.Brief{}, fault.New(fault.NotFound, op, "there is no offer")
	}
	b, err := s.Store.OfferBrief(ctx, who, offered.ID, who.ID)
	return b, fault.Wrap(op, err)
}

// Accept gives an agent the conversation that they are offered. Errors: Conflict
// when the offer is over, because it was too late or somebody else has it.
func (s *Service) Accept(ctx context.Context, who identity.Principal, conversationID string) error {
	const op = "routing.Accept"
	s.mu.Lock()
	ok, events := s.q.Accept(who.ID, conversationID, s.now())
	s.dispatch(events)
	if ok {
		s.accepted[conversationID] = false
	}
	s.mu.Unlock()
	if !ok {
		return fault.New(fault.Conflict, op, "the offer is over")
	}
	_, err := s.Store.Execute(ctx, who, conversationID, conversation.Command{
		Kind: conversation.Assign, OfferedTo: who.ID, Content: conversation.Content{Staff: &conversation.StaffRef{ID: who.ID, Name: who.Name}},
	})
	s.mu.Lock()
	missed := s.accepted[conversationID]
	delete(s.accepted, conversationID)
	s.mu.Unlock()
	if err != nil || missed { // the store says how it stands: it must not be lost
		s.lookAgain(conversationID)
		s.nudge()
	}
	return fault.Wrap(op, err)
}

// Decline passes an offer on. Errors: Conflict when it is over.
func (s *Service) Decline(who identity.Principal, conversationID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ok, events := s.q.Decline(who.ID, conversationID, s.now())
	s.dispatch(events)
	if !ok {
		return fault.New(fault.Conflict, "routing.Decline", "the offer is over")
	}
	return nil
}

// upkeep is what is looked at each second: who is gone for good, what fell silent,
// what goes back to the queue.
func (s *Service) upkeep(ctx context.Context, beat int) {
	now := s.now()
	s.mu.Lock()
	if rules := s.Rules(); rules != s.rules {
		s.rules = rules
		s.dispatch(s.q.SetOptions(optionsOf(rules), now))
	}
	for _, p := range s.people {
		if p.desks == 0 && p.is.State != routing.Offline && now-p.goneAt >= s.Grace.Microseconds() {
			s.turn(p, routing.Offline, "")
		}
	}
	back := map[string]string{} // conversation → who has it
	for id, h := range s.holds {
		switch {
		case h.counts && !h.waits && now-h.activity >= s.quiet():
			s.free(id, h)
		case h.waits && s.absent(h.agent, now):
			back[id] = h.agent
		}
	}
	room := s.full && s.q.Len() < maxQueued/2
	s.mu.Unlock()
	for id, agent := range back {
		s.bringBack(ctx, id, agent)
	}
	s.newsMu.Lock()
	s.doubt = s.doubt || room || beat%recheckEvery == 10
	s.refresh = s.refresh || beat%30 == 0 // other programs change staff, too
	s.newsMu.Unlock()
}

// absent tells whether an agent has been offline for so long that their customers
// are given to others.
func (s *Service) absent(agent string, now int64) bool {
	after := int64(s.rules.ReturnSeconds) * 1e6
	p := s.people[agent]
	if after == 0 || (p != nil && (p.desks > 0 || p.goneAt == 0)) {
		return false
	}
	gone := s.started
	if p != nil {
		gone = p.goneAt
	}
	return now-gone >= after
}

// recheckEvery is how often, in seconds, everything is read again: what changed in
// the store without a commit of this program, such as an import, is seen by that.
const recheckEvery = 300

// ReasonOffline is why the queue took a conversation back: its agent went offline.
const ReasonOffline = "offline"

// bringBack takes a conversation from an agent who is not there, unless somebody
// else has it by now. The commit tells the queue of it.
func (s *Service) bringBack(ctx context.Context, id, agent string) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	_, err := s.Store.Execute(ctx, s.self, id, conversation.Command{Kind: conversation.Assign, TakenFrom: agent, Content: conversation.Content{Reason: ReasonOffline}})
	if err != nil && !fault.Is(err, fault.Unavailable) { // merged, gone, or a colleague's: the store says
		s.lookAgain(id)
	}
	if !fault.Is(err, fault.Conflict) {
		s.logged(ctx, "bringing a conversation back", err)
	}
}

// lookAgain has the store asked how a conversation stands.
func (s *Service) lookAgain(id string) {
	s.newsMu.Lock()
	defer s.newsMu.Unlock()
	s.again[id] = true
}
