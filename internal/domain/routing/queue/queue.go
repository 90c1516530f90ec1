// Package queue decides who is offered which waiting conversation, and in which
// order. It is pure: what happens is told to a Queue with its time, and what
// follows comes back as Events. It keeps no clock, stores nothing and reaches
// nobody; flow/routing feeds it and carries out what it says.
//
// The order is by a key that time does not change: since when a conversation
// waits, less a head start for each step of priority. A conversation that waits
// longer than the head start goes before later ones of any higher priority, so
// that nobody starves, and nothing is ever sorted again.
//
// After every method, no conversation waits that an agent could be offered who is
// eligible, free and not passed over (see Options.PassFor).
package queue

import (
	"cmp"
	"container/heap"
	"slices"
)

// Whole is the load of an agent with no room left. It can be divided by each number
// of conversations at once up to MaxSlots.
const (
	Whole    = 232_792_560
	MaxSlots = 20
)

// Options are what a house chooses. Times are microseconds.
type Options struct {
	Ageing        int64          // the head start of one step of priority
	LastAgentWait int64          // how long a conversation waits for the agent who had it last
	OfferFor      int64          // how long an offer stands
	PassFor       int64          // how long an agent who passed a conversation is not offered it again
	MaxUnanswered int            // this many unanswered offers in a row, and the agent is away; 0: never
	Slots         map[string]int // conversations of a channel at once, of agents who have no number of their own; missing: 1
}

// DefaultOptions are those of a house that has chosen none.
func DefaultOptions() Options {
	const second = 1_000_000
	return Options{
		Ageing: 300 * second, LastAgentWait: 60 * second, OfferFor: 20 * second, PassFor: 120 * second,
		MaxUnanswered: 3, Slots: map[string]int{"chat": 4},
	}
}

// Item is a conversation that waits.
type Item struct {
	ID        string
	Channel   string
	Language  string   // BCP 47, or "" for any
	Team      string   // the team it is for, or "" for anybody
	Skills    []string // all of which an agent must have
	Priority  int      // steps above normal, or below
	Since     int64    // since when the customer waits
	LastAgent string   // who had it lately, or ""
}

// Agent is a member of staff as far as routing goes.
type Agent struct {
	ID        string
	Available bool
	Teams     []string
	Skills    []string
	Languages []string       // none: every language
	Slots     map[string]int // how many conversations of a channel at once; missing: Options.Slots
}

// EventKind is what follows from what happened.
type EventKind uint8

// The kinds of events.
const (
	Offered   EventKind = iota + 1 // Agent is offered Item until Until
	OfferOver                      // the offer of Item to Agent ended, for Reason
	WentAway                       // Agent let too many offers pass and gets none any more
)

// Reason is why an offer ended.
type Reason string

// The reasons.
const (
	Accepted Reason = "accepted"
	Declined Reason = "declined"
	Expired  Reason = "expired"
	Gone     Reason = "gone"  // it waits no more, or for others
	Taken    Reason = "taken" // somebody took it from the list
	Left     Reason = "left"  // the agent is available no more
)

// Event is one thing that follows.
type Event struct {
	Kind   EventKind
	Item   Item
	Agent  string
	Until  int64
	Reason Reason
}

// Queue is what waits and who is there. It is not safe for concurrent use.
type Queue struct {
	options Options
	waiting map[string]*entry
	agents  map[string]*agent
	classes map[string]*class
	holders map[string]string // conversation → the agent who has it
	version int               // counts changes of agents
	wakes   wakes
	out     []Event
}

// entry is a conversation in the queue.
type entry struct {
	Item
	key    int64
	class  *class
	offer  *offer
	passed map[string]int64 // agent → until when it is not offered to them again
}

type offer struct {
	agent *agent
	until int64
}

// agent is a member of staff with what they hold.
type agent struct {
	Agent
	held       map[string]hold
	load       int64
	offered    *entry
	idleSince  int64
	unanswered int
	index      int // its bit in class.who
}

// hold is a conversation that an agent has.
type hold struct {
	channel string
	weight  int64
	since   int64
}

// New is an empty queue.
func New(o Options) *Queue {
	return &Queue{options: o, waiting: map[string]*entry{}, agents: map[string]*agent{}, classes: map[string]*class{}, holders: map[string]string{}}
}

// SetOptions is for a house that chooses anew. Offers that stand keep their end.
func (q *Queue) SetOptions(o Options, now int64) []Event {
	q.options = o
	for _, a := range q.agents {
		q.reweigh(a)
	}
	q.version++
	for _, c := range q.classes {
		for _, e := range c.entries {
			e.key = q.key(e.Item)
		}
		slices.SortFunc(c.entries, before)
	}
	q.match(now)
	return q.flush()
}

func (q *Queue) key(item Item) int64 {
	return item.Since - int64(item.Priority)*q.options.Ageing
}

// Worse tells whether a conversation would stand behind another one.
func (q *Queue) Worse(item, than Item) bool { return q.key(item) > q.key(than) }

// Hindmost is the last of all that wait and are not on offer. It is false when there
// is none.
func (q *Queue) Hindmost() (Item, bool) {
	var last *entry
	for _, c := range q.classes {
		for _, e := range slices.Backward(c.entries) {
			if e.offer == nil {
				if last == nil || before(e, last) > 0 {
					last = e
				}
				break
			}
		}
	}
	if last == nil {
		return Item{}, false
	}
	return last.Item, true
}

// LastAgent is the agent whom a waiting conversation waits for, or "".
func (q *Queue) LastAgent(item string) string {
	if e := q.waiting[item]; e != nil {
		return e.LastAgent
	}
	return ""
}

// OfferTo is what an agent is offered, and until when. It is false for nothing.
func (q *Queue) OfferTo(agent string) (Item, int64, bool) {
	a := q.agents[agent]
	if a == nil || a.offered == nil {
		return Item{}, 0, false
	}
	return a.offered.Item, a.offered.offer.until, true
}

// Len is how many conversations wait, those on offer included.
func (q *Queue) Len() int { return len(q.waiting) }

// Holder tells who has a conversation, as far as the queue was told.
func (q *Queue) Holder(item string) string { return q.holders[item] }

// Waits tells whether a conversation is in the queue.
func (q *Queue) Waits(item string) bool { return q.waiting[item] != nil }

func (q *Queue) flush() []Event {
	out := q.out
	q.out = nil
	return out
}

// Put makes a conversation wait, or changes one that waits. An offer of it
// stands as long as the agent is still eligible.
func (q *Queue) Put(item Item, now int64) []Event {
	q.release(item.ID, now)
	e := q.waiting[item.ID]
	if e == nil {
		e = &entry{Item: item}
		q.waiting[item.ID] = e
	} else {
		e.class.drop(e)
		q.forgetEmpty(e.class)
		e.Item = item
	}
	e.key = q.key(item)
	e.class = q.classOf(item)
	e.class.add(e)
	if e.offer != nil && !slices.Contains(q.eligible(e.class), e.offer.agent) {
		q.endOffer(e, Gone)
	}
	if until := q.heldUntil(e, now); until > now {
		q.wake(until)
	}
	q.match(now)
	return q.flush()
}

// Remove takes a conversation out of the queue: it was answered, resolved, joined
// with another one. Removing one that does not wait does nothing.
func (q *Queue) Remove(item string, now int64) []Event {
	if e := q.waiting[item]; e != nil {
		q.drop(e, Gone)
		q.match(now)
	}
	return q.flush()
}

// drop takes an entry out and ends its offer.
func (q *Queue) drop(e *entry, why Reason) {
	if e.offer != nil {
		q.endOffer(e, why)
	}
	e.class.drop(e)
	q.forgetEmpty(e.class)
	delete(q.waiting, e.ID)
}

func (q *Queue) endOffer(e *entry, why Reason) {
	a := e.offer.agent
	a.offered, e.offer = nil, nil
	q.out = append(q.out, Event{Kind: OfferOver, Item: e.Item, Agent: a.ID, Reason: why})
}

// SetAgent adds a member of staff, or changes what they are routed by. One who
// becomes unavailable loses the offer, and keeps what they hold.
func (q *Queue) SetAgent(is Agent, now int64) []Event {
	a := q.agentOf(is.ID)
	if is.Available && !a.Available {
		a.idleSince, a.unanswered = now, 0
	}
	a.Agent = is
	q.reweigh(a)
	q.version++
	if e := a.offered; e != nil && !slices.Contains(q.eligible(e.class), a) {
		q.endOffer(e, Left)
	}
	q.match(now)
	return q.flush()
}

// Leave makes a member of staff unavailable, whatever else they are.
func (q *Queue) Leave(agent string, now int64) []Event {
	a := q.agents[agent]
	if a == nil {
		return nil
	}
	is := a.Agent
	is.Available = false
	return q.SetAgent(is, now)
}

// Forget removes a member of staff with everything they hold.
func (q *Queue) Forget(agent string, now int64) []Event {
	a := q.agents[agent]
	if a == nil {
		return nil
	}
	if a.offered != nil {
		q.endOffer(a.offered, Left)
	}
	for item := range a.held {
		delete(q.holders, item)
	}
	delete(q.agents, agent)
	q.renumber()
	q.match(now)
	return q.flush()
}

func (q *Queue) agentOf(id string) *agent {
	a := q.agents[id]
	if a == nil {
		a = &agent{Agent: Agent{ID: id}, held: map[string]hold{}}
		q.agents[id] = a
		q.renumber()
	}
	return a
}

// Accept gives the conversation to the agent it is offered to. It is false when
// the offer is over: somebody else has it, or it waits no more.
func (q *Queue) Accept(agent, item string, now int64) (bool, []Event) {
	e := q.waiting[item]
	if e == nil || e.offer == nil || e.offer.agent.ID != agent {
		return false, nil
	}
	a := e.offer.agent
	a.unanswered = 0
	q.drop(e, Accepted)
	q.hold(a, item, hold{e.Channel, q.weight(a, e.Channel), now}, now)
	q.match(now)
	return true, q.flush()
}

// Decline passes an offer on to somebody else. It is false when there is no such
// offer.
func (q *Queue) Decline(agent, item string, now int64) (bool, []Event) {
	e := q.waiting[item]
	if e == nil || e.offer == nil || e.offer.agent.ID != agent {
		return false, nil
	}
	e.offer.agent.unanswered = 0
	q.pass(e, Declined, now)
	q.match(now)
	return true, q.flush()
}

// pass ends an offer that its agent did not take.
func (q *Queue) pass(e *entry, why Reason, now int64) {
	a := e.offer.agent
	if e.passed == nil {
		e.passed = map[string]int64{}
	}
	e.passed[a.ID] = now + q.options.PassFor
	a.idleSince = now
	q.wake(e.passed[a.ID])
	q.endOffer(e, why)
}

// Took notes that an agent has a conversation since a time, however they came by
// it: taken from the list, handed to them, or found so at the start. It waits no
// more. More than there is room for is taken note of all the same.
func (q *Queue) Took(agent, item, channel string, since, now int64) []Event {
	if e := q.waiting[item]; e != nil {
		why := Taken
		if e.offer != nil && e.offer.agent.ID == agent {
			why = Accepted
		}
		q.drop(e, why)
	}
	if q.holders[item] != agent {
		q.release(item, now)
		a := q.agentOf(agent)
		q.hold(a, item, hold{channel, min(q.weight(a, channel), Whole), since}, now)
	}
	q.match(now)
	return q.flush()
}

// Freed notes that nobody has a conversation any more, or that it is no work for
// the moment.
func (q *Queue) Freed(item string, now int64) []Event {
	q.release(item, now)
	q.match(now)
	return q.flush()
}

func (q *Queue) hold(a *agent, item string, h hold, now int64) {
	a.held[item] = h
	a.load += h.weight
	a.idleSince = now
	q.holders[item] = a.ID
}

func (q *Queue) release(item string, now int64) {
	holder, ok := q.holders[item]
	if !ok {
		return
	}
	delete(q.holders, item)
	a := q.agents[holder]
	a.load -= a.held[item].weight
	a.idleSince = now
	delete(a.held, item)
}

// Tick lets offers expire and waiting for particular agents end. It is to be
// called when Due has come, and may be called at any time.
func (q *Queue) Tick(now int64) []Event {
	for len(q.wakes) > 0 && q.wakes[0] <= now {
		heap.Pop(&q.wakes)
	}
	var over []*agent
	for _, a := range q.agents {
		if a.offered != nil && a.offered.offer.until <= now {
			over = append(over, a)
		}
	}
	slices.SortFunc(over, func(a, b *agent) int { return cmp.Compare(a.ID, b.ID) })
	for _, a := range over {
		q.pass(a.offered, Expired, now)
		if a.unanswered++; q.options.MaxUnanswered > 0 && a.unanswered >= q.options.MaxUnanswered {
			a.Available = false
			q.version++
			q.out = append(q.out, Event{Kind: WentAway, Agent: a.ID})
		}
	}
	q.match(now)
	return q.flush()
}

// Due is when Tick has something to do next, or 0.
func (q *Queue) Due() int64 {
	if len(q.wakes) == 0 {
		return 0
	}
	return q.wakes[0]
}

func (q *Queue) wake(at int64) { heap.Push(&q.wakes, at) }

// wakes is a heap of times.
type wakes []int64

// Len implements heap.Interface.
func (w wakes) Len() int { return len(w) }

// Less implements heap.Interface.
func (w wakes) Less(i, j int) bool { return w[i] < w[j] }

// Swap implements heap.Interface.
func (w wakes) Swap(i, j int) { w[i], w[j] = w[j], w[i] }

// Push implements heap.Interface.
func (w *wakes) Push(x any) {
	if at, ok := x.(int64); ok {
		*w = append(*w, at)
	}
}

// Pop implements heap.Interface.
func (w *wakes) Pop() any {
	last := len(*w) - 1
	at := (*w)[last]
	*w = (*w)[:last]
	return at
}
