package queue

import (
	"cmp"
	"slices"
	"strings"
)

// class is all conversations that ask the same of an agent. Who is eligible is
// worked out once for all of them.
type class struct {
	name    string
	ask     Item // Channel, Language, Team and Skills
	entries []*entry
	agents  []*agent // available and eligible, as of version
	who     []uint64 // agents, as bits of their index
	version int
	relaxed bool // nobody there speaks the language: it is not asked for
}

func (q *Queue) classOf(item Item) *class {
	skills := slices.Clone(item.Skills)
	slices.Sort(skills)
	skills = slices.Compact(skills)
	ask := Item{Channel: item.Channel, Language: base(item.Language), Team: item.Team, Skills: skills}
	name := strings.Join(append([]string{ask.Channel, ask.Language, ask.Team}, skills...), "\x00")
	c := q.classes[name]
	if c == nil {
		c = &class{name: name, ask: ask, version: -1}
		q.classes[name] = c
	}
	return c
}

func (q *Queue) forgetEmpty(c *class) {
	if len(c.entries) == 0 {
		delete(q.classes, c.name)
	}
}

// base is the language of a tag without its region: zh-CN and zh-TW are both zh.
func base(tag string) string {
	lang, _, _ := strings.Cut(tag, "-")
	return strings.ToLower(lang)
}

func before(a, b *entry) int {
	return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.ID, b.ID))
}

func (c *class) add(e *entry) {
	at, _ := slices.BinarySearchFunc(c.entries, e, before)
	c.entries = slices.Insert(c.entries, at, e)
}

func (c *class) drop(e *entry) {
	if at, found := slices.BinarySearchFunc(c.entries, e, before); found {
		c.entries = slices.Delete(c.entries, at, at+1)
	}
}

// ahead counts the entries of a class before e.
func (c *class) ahead(e *entry) int {
	at, _ := slices.BinarySearchFunc(c.entries, e, before)
	return at
}

// eligible are the available agents who may be offered what is in a class, busy or
// not. A language that nobody of them speaks is not asked for: the customer would
// wait for ever. Team and skills are: they say who is allowed to.
func (q *Queue) eligible(c *class) []*agent {
	if c.version == q.version {
		return c.agents
	}
	c.version, c.agents, c.relaxed = q.version, c.agents[:0], false
	var others []*agent
	for _, a := range q.agents {
		switch {
		case !a.Available || q.weight(a, c.ask.Channel) > Whole || !a.may(c.ask):
		case a.speaks(c.ask.Language):
			c.agents = append(c.agents, a)
		default:
			others = append(others, a)
		}
	}
	if len(c.agents) == 0 && len(others) > 0 {
		c.agents, c.relaxed = others, true
	}
	c.who = make([]uint64, (len(q.agents)+63)/64)
	for _, a := range c.agents {
		c.who[a.index/64] |= 1 << (a.index % 64)
	}
	return c.agents
}

// renumber gives the agents the bits by which classes name them.
func (q *Queue) renumber() {
	q.version++
	i := 0
	for _, a := range q.agents {
		a.index = i
		i++
	}
}

func (a *agent) may(ask Item) bool {
	if ask.Team != "" && !slices.Contains(a.Teams, ask.Team) {
		return false
	}
	for _, skill := range ask.Skills {
		if !slices.Contains(a.Skills, skill) {
			return false
		}
	}
	return true
}

func (a *agent) speaks(language string) bool {
	if language == "" || len(a.Languages) == 0 {
		return true
	}
	return slices.ContainsFunc(a.Languages, func(tag string) bool { return base(tag) == language })
}

// weight is what one conversation of a channel takes of an agent: the whole
// divided by how many they can have at once. It is more than the whole for a
// channel they do not serve.
func (q *Queue) weight(a *agent, channel string) int64 {
	slots, own := a.Slots[channel]
	if !own {
		slots = q.options.Slots[channel]
		if slots == 0 {
			slots = 1
		}
	}
	if slots <= 0 {
		return Whole + 1
	}
	return Whole / int64(min(slots, MaxSlots))
}

// reweigh works out anew what an agent's conversations take of them.
func (q *Queue) reweigh(a *agent) {
	a.load = 0
	for item, h := range a.held {
		h.weight = min(q.weight(a, h.channel), Whole)
		a.held[item] = h
		a.load += h.weight
	}
}

// heldUntil is until when an entry waits for the agent who had it last, or 0: also
// when they have passed it.
func (q *Queue) heldUntil(e *entry, now int64) int64 {
	if e.LastAgent == "" || e.passed[e.LastAgent] > now {
		return 0
	}
	a := q.agents[e.LastAgent]
	if a == nil || !slices.Contains(q.eligible(e.class), a) {
		return 0
	}
	return e.Since + q.options.LastAgentWait
}

// free tells whether an agent can be offered something of a channel now.
func (q *Queue) free(a *agent, channel string) bool {
	return a.offered == nil && a.load+q.weight(a, channel) <= Whole
}

// mayOffer tells whether a waiting entry can be offered to an eligible agent now;
// again, whether one that they passed can.
func (q *Queue) mayOffer(e *entry, a *agent, again bool, now int64) bool {
	if q.heldUntil(e, now) > now && e.LastAgent != a.ID {
		return false
	}
	if passed := e.passed[a.ID] > now; passed != again {
		return false
	} else if !passed {
		return true
	}
	for _, other := range q.eligible(e.class) { // again, when nobody else is there
		if e.passed[other.ID] <= now {
			return false
		}
	}
	return true
}

// match makes offers until there is none to make: the first in the order that
// anybody can be offered, to the best of those. What somebody passed comes to them
// again only when nothing else waits that they could be offered: else whoever passes
// the first of a line would never see the second.
func (q *Queue) match(now int64) {
	for q.anybodyFree() {
		first, best := q.first(false, now)
		if first == nil {
			first, best = q.first(true, now)
		}
		if first == nil {
			return
		}
		first.offer = &offer{agent: best, until: now + q.options.OfferFor}
		best.offered = first
		q.wake(first.offer.until)
		q.out = append(q.out, Event{Kind: Offered, Item: first.Item, Agent: best.ID, Until: first.offer.until})
	}
}

// first is the first entry of all that can be offered, and the best agent for it.
func (q *Queue) first(again bool, now int64) (first *entry, best *agent) {
	for _, c := range q.classes {
		if e, a := q.firstOf(c, first, again, now); e != nil {
			first, best = e, a
		}
	}
	return first, best
}

// anybodyFree spares looking at what waits while everybody is busy.
func (q *Queue) anybodyFree() bool {
	for _, a := range q.agents {
		if a.Available && a.offered == nil && a.load < Whole {
			return true
		}
	}
	return false
}

// firstOf is the first entry of a class that can be offered, when it goes before
// another one, and the best agent for it.
func (q *Queue) firstOf(c *class, than *entry, again bool, now int64) (*entry, *agent) {
	var free []*agent
	for _, a := range q.eligible(c) {
		if q.free(a, c.ask.Channel) {
			free = append(free, a)
		}
	}
	if len(free) == 0 {
		return nil, nil
	}
	for _, e := range c.entries {
		if than != nil && before(than, e) < 0 {
			return nil, nil
		}
		if e.offer != nil || again && len(e.passed) == 0 {
			continue
		}
		var best *agent
		for _, a := range free {
			if q.mayOffer(e, a, again, now) && (best == nil || betterFor(e, a, best) < 0) {
				best = a
			}
		}
		if best != nil {
			return e, best
		}
	}
	return nil, nil
}

// betterFor orders agents for an entry: who had it last, then who has the least to
// do, then who has been idle longest.
func betterFor(e *entry, a, b *agent) int {
	switch e.LastAgent {
	case a.ID:
		return -1
	case b.ID:
		return 1
	}
	return cmp.Or(cmp.Compare(a.load, b.load), cmp.Compare(a.idleSince, b.idleSince), cmp.Compare(a.ID, b.ID))
}
