package routing

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/routing/queue"
	"kefu/internal/platform/fault"
)

// maxSteps is what the highest priority is worth.
const maxSteps = 2

// steps is what a priority is worth in the order.
func steps(p conversation.Priority) int {
	switch p {
	case conversation.Low:
		return -1
	case conversation.High:
		return 1
	case conversation.Urgent:
		return maxSteps
	default:
		return 0
	}
}

// waitingOf is a conversation as the queue needs to know it.
func waitingOf(st *conversation.State) routing.Waiting {
	return routing.Waiting{
		ConversationID: st.ID, CustomerID: st.CustomerID, Channel: st.Channel, Language: st.Language, Team: st.TeamID, Skills: st.Skills,
		Priority: string(st.Priority), AssigneeID: st.AssigneeID, Status: string(st.Status), Since: st.WaitingSince, LastActivity: st.LastActivity,
	}
}

// apply takes in how a conversation stands now.
func (s *Service) apply(ctx context.Context, st conversation.State) {
	w := waitingOf(&st)
	if !queues(w) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if w.AssigneeID != "" && (st.Status == conversation.Open || st.Status == conversation.Waiting) {
			s.taken(w, s.now())
		} else {
			s.over(w)
		}
		return
	}
	s.applyAll(ctx, []conversation.State{st})
}

// lookupsAtOnce bounds the readings for conversations that come at the same time.
const lookupsAtOnce = 8

// applyAll puts conversations that wait into the queue, those that wait longest
// first.
func (s *Service) applyAll(ctx context.Context, states []conversation.State) {
	slices.SortFunc(states, func(a, b conversation.State) int { return cmp.Compare(a.WaitingSince, b.WaitingSince) })
	all := make([]routing.Waiting, len(states))
	for i := range states {
		all[i] = waitingOf(&states[i])
	}
	s.putAll(ctx, all)
}

// putAtOnce is how many are put under one hold of the lock.
const putAtOnce = 256

// putAll puts conversations into the queue, in their order. What has to be read for
// those that are not in it yet is read for several at once.
func (s *Service) putAll(ctx context.Context, all []routing.Waiting) {
	for some := range slices.Chunk(all, putAtOnce) {
		last := s.lastAgents(ctx, some)
		s.mu.Lock()
		for i := range some {
			s.put(some[i], last[i])
		}
		s.mu.Unlock()
	}
}

// lastAgents looks who helped the customers last whose conversations are not in the
// queue.
func (s *Service) lastAgents(ctx context.Context, some []routing.Waiting) []string {
	last := make([]string, len(some))
	known := make([]bool, len(some))
	s.mu.Lock()
	for i := range some {
		known[i] = s.items[some[i].ConversationID] != nil
	}
	s.mu.Unlock()
	var reading sync.WaitGroup
	places := make(chan struct{}, lookupsAtOnce)
	for i := range some {
		if known[i] {
			continue
		}
		places <- struct{}{}
		reading.Go(func() {
			last[i] = s.lastAgent(ctx, some[i])
			<-places
		})
	}
	reading.Wait()
	return last
}

// queues tells whether a conversation belongs into the queue: the customer waits,
// and nobody has it.
func queues(w routing.Waiting) bool {
	return w.Status == string(conversation.Open) && w.AssigneeID == "" && w.Since > 0
}

func (s *Service) lastAgent(ctx context.Context, w routing.Waiting) string {
	s.mu.Lock()
	wait := s.rules.LastAgentSeconds
	s.mu.Unlock()
	if wait == 0 || s.now() > w.Since+int64(wait)*1e6 {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	last, err := s.Store.LastAgent(ctx, s.self, w.CustomerID, w.ConversationID, s.now()-routing.LastAgentWithin.Microseconds())
	s.logged(ctx, "looking for the last agent", err) // without it anybody is as good
	return last
}

// put lets a conversation wait. The lock is held.
func (s *Service) put(w routing.Waiting, last string) {
	if _, on := s.accepted[w.ConversationID]; on { // it stood so before, or does again: that is looked at afterwards
		s.accepted[w.ConversationID] = true
		return
	}
	now := s.now()
	priority := conversation.Priority(w.Priority)
	i := queue.Item{
		ID: w.ConversationID, Channel: w.Channel, Language: w.Language, Team: w.Team, Skills: w.Skills,
		Priority: steps(priority), Since: w.Since, LastAgent: last,
	}
	it := s.items[w.ConversationID]
	if it == nil {
		if s.q.Len() >= maxQueued && !s.makeRoom(i) {
			return
		}
		it = &item{queued: now}
		s.items[w.ConversationID] = it
	} else {
		i.LastAgent = s.q.LastAgent(w.ConversationID)
	}
	it.customerID, it.priority = w.CustomerID, priority
	if h := s.holds[w.ConversationID]; h != nil {
		s.free(w.ConversationID, h)
		delete(s.holds, w.ConversationID)
	}
	s.dispatch(s.q.Put(i, now))
	s.dirty = true
}

// makeRoom drops the hindmost for one that stands before it; it is read again when
// there is room.
func (s *Service) makeRoom(wanting queue.Item) bool {
	s.full = true
	last, ok := s.q.Hindmost()
	if !ok || s.q.Worse(wanting, last) {
		return false
	}
	delete(s.items, last.ID)
	s.dispatch(s.q.Remove(last.ID, s.now()))
	return true
}

// taken notes that somebody has a conversation. The lock is held.
func (s *Service) taken(w routing.Waiting, since int64) {
	now := s.now()
	s.ended(w.ConversationID, routing.Served)
	h := s.holds[w.ConversationID]
	if h == nil || h.agent != w.AssigneeID {
		h = &hold{agent: w.AssigneeID, channel: w.Channel, since: since}
		s.holds[w.ConversationID] = h
	}
	h.activity, h.waits = w.LastActivity, w.Since > 0 && w.Status == string(conversation.Open)
	counts := w.Status == string(conversation.Open) || now-h.activity < s.quiet()
	switch {
	case counts:
		if !h.counts {
			h.since = since
		}
		s.dispatch(s.q.Took(h.agent, w.ConversationID, w.Channel, h.since, now))
	case h.counts:
		s.free(w.ConversationID, h)
	}
	h.counts = counts
	s.dirty = true
	s.showLoad(h.agent)
}

func (s *Service) quiet() int64 { return int64(s.rules.QuietSeconds) * 1e6 }

// free ends what a conversation takes of its agent, and learns how long it took.
func (s *Service) free(id string, h *hold) {
	if h.counts {
		s.learn(lesson{channel: h.channel, seconds: float64(s.now()-h.since) / 1e6})
	}
	h.counts = false
	s.dispatch(s.q.Freed(id, s.now()))
	s.dirty = true
	s.showLoad(h.agent)
}

// over notes that a conversation needs nobody any more. The lock is held.
func (s *Service) over(w routing.Waiting) {
	outcome := routing.Left
	if w.AssigneeID != "" || w.Status == string(conversation.Waiting) || w.Status == string(conversation.Open) { // taken and ended at once, or answered from the list
		outcome = routing.Served
	}
	s.ended(w.ConversationID, outcome)
	s.dispatch(s.q.Remove(w.ConversationID, s.now()))
	if h := s.holds[w.ConversationID]; h != nil {
		s.free(w.ConversationID, h)
		delete(s.holds, w.ConversationID)
	} else if s.q.Holder(w.ConversationID) != "" { // accepted and ended before the first was told of
		s.dispatch(s.q.Freed(w.ConversationID, s.now()))
	}
}

// ended takes something from what waits, and keeps how its promise ended.
func (s *Service) ended(id, outcome string) {
	it := s.items[id]
	if it == nil {
		return
	}
	delete(s.items, id)
	s.dirty = true
	now := s.now()
	s.learn(lesson{seconds: float64(now-it.queued) / 1e6, gaveUp: outcome == routing.Left})
	if it.promise == nil {
		return
	}
	p := *it.promise
	p.EndedAt, p.Outcome = now, outcome
	if outcome == routing.Served {
		s.correct.Learn(rangeOf(p), float64(now-p.MadeAt)/1e6)
	}
	s.promises = append(s.promises, p)
}

// readWaiting reads what waits and gives the most urgent, the first first, and whether
// there are more. Of a long queue most is only looked at: what waits since a time by
// which nothing can be among the most urgent any more is not read.
func (s *Service) readWaiting(ctx context.Context, ageing int64) (all []routing.Waiting, full bool, err error) {
	key := func(w *routing.Waiting) int64 {
		return w.Since - int64(steps(conversation.Priority(w.Priority)))*ageing
	}
	sort := func() {
		slices.SortFunc(all, func(a, b routing.Waiting) int { return cmp.Compare(key(&a), key(&b)) })
	}
	var worst int64 // of the most urgent so far, when there are more
	for after := (conversation.InboxKey{}); ; {
		since := int64(0)
		if full {
			since = worst + maxSteps*ageing
		}
		page, next, err := s.Store.WaitingPage(ctx, s.self, after, since, 1000)
		if err != nil {
			return nil, false, err
		}
		for i := range page {
			if queues(page[i]) && (!full || key(&page[i]) < worst) {
				all = append(all, page[i])
			}
		}
		after = next
		done := next == (conversation.InboxKey{})
		if len(all) >= 2*maxQueued || (done && len(all) > maxQueued) {
			sort()
			all, full = all[:maxQueued], true
			worst = key(&all[maxQueued-1])
		}
		if done {
			sort()
			return all, full, nil
		}
	}
}

// readAll brings the queue to what the store says: after a start, and when commits
// may have been missed. It reads a page at a time and keeps the most urgent.
func (s *Service) readAll(ctx context.Context) error {
	const op = "routing.readAll"
	ctx, cancel := context.WithTimeout(ctx, 6*readTimeout)
	defer cancel()
	all, full, err := s.readWaiting(ctx, optionsOf(s.Rules()).Ageing)
	if err != nil {
		return fault.Wrap(op, err)
	}
	found := map[string]bool{}
	for i := range all {
		found[all[i].ConversationID] = true
	}
	s.putAll(ctx, all)
	s.mu.Lock()
	s.full = full
	var missing []string
	for id := range s.items {
		if !found[id] {
			missing = append(missing, id)
		}
	}
	s.mu.Unlock()
	if err := s.readHolds(ctx); err != nil {
		return fault.Wrap(op, err)
	}
	for _, id := range missing { // answered meanwhile, or new: the store says
		s.recheck(ctx, id)
	}
	return nil
}

// readHolds reads what everybody has.
func (s *Service) readHolds(ctx context.Context) error {
	s.mu.Lock()
	agents := make([]string, 0, len(s.people))
	for id := range s.people {
		agents = append(agents, id)
	}
	since := s.now() - s.quiet()
	s.mu.Unlock()
	for _, agent := range agents {
		held, err := s.Store.HeldBy(ctx, s.self, agent, since, maxHeldBy)
		if err != nil {
			return err
		}
		s.mu.Lock()
		for _, w := range held {
			s.taken(w, max(w.Since, s.now()-s.quiet()))
		}
		s.mu.Unlock()
	}
	return nil
}

// recheck looks how a conversation stands in the store. When the store does not say,
// which it tells, it is asked again with the next beat: nobody else remembers the
// conversation.
func (s *Service) recheck(ctx context.Context, id string) bool {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	st, err := s.Store.Conversation(ctx, s.self, id)
	if fault.Is(err, fault.NotFound) {
		st, err = conversation.State{ID: id, Status: conversation.Resolved}, nil
	}
	if !s.logged(ctx, "looking at a conversation", err) {
		s.lookAgain(id)
		return false
	}
	s.apply(ctx, st)
	return true
}

// Told is how long each of a customer's conversations still waits, as they were told last.
func (s *Service) Told(customerID string) []Eta {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Eta
	for _, it := range s.items {
		if it.customerID == customerID && it.toldAt != 0 {
			list = append(list, it.told)
		}
	}
	return list
}

// Last is how many wait, and what the one was told who still waits longest; a zero Eta
// where nobody has been told yet.
func (s *Service) Last() (waiting int, last Eta) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, it := range s.items {
		if it.toldAt != 0 && it.told.Position >= last.Position {
			last = it.told
		}
	}
	return len(s.items), last
}
