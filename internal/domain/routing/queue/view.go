package queue

import (
	"cmp"
	"maps"
	"slices"
)

// Place is where a conversation stands in the queue.
type Place struct {
	Item
	Position  int    // 1 is next, among those that the same agents could be offered
	OfferedTo string // who has an offer of it, or ""
	Until     int64  // when that offer ends
	HeldFor   string // the agent who had it last and is waited for, or ""
	Nobody    bool   // nobody is there who could be offered it
	Unspoken  bool   // nobody who is there speaks its language
	class     *class
}

// Position is where a conversation stands among those that the same agents could
// be offered, from 1; 0 when it does not wait.
func (q *Queue) Position(item string) int {
	e := q.waiting[item]
	if e == nil {
		return 0
	}
	position := 1
	for _, c := range q.classes {
		if q.compete(e.class, c) {
			position += c.ahead(e)
		}
	}
	return position
}

// compete tells whether some agent could be offered what is in either class.
func (q *Queue) compete(a, b *class) bool {
	if a == b {
		return true
	}
	q.eligible(a)
	q.eligible(b)
	for i := range a.who {
		if a.who[i]&b.who[i] != 0 {
			return true
		}
	}
	return false
}

// Line is everything that waits, in its order.
func (q *Queue) Line(now int64) []Place {
	all := make([]*entry, 0, len(q.waiting))
	for _, e := range q.waiting {
		all = append(all, e)
	}
	slices.SortFunc(all, before)
	seen := map[*class]int{}
	rivals := map[*class][]*class{}
	for _, a := range q.classes {
		for _, b := range q.classes {
			if q.compete(a, b) {
				rivals[a] = append(rivals[a], b)
			}
		}
	}
	line := make([]Place, 0, len(all))
	for _, e := range all {
		there := q.eligible(e.class)
		p := Place{Item: e.Item, Position: 1, Nobody: len(there) == 0, Unspoken: e.class.relaxed, class: e.class}
		for _, c := range rivals[e.class] {
			p.Position += seen[c]
		}
		seen[e.class]++
		if e.offer != nil {
			p.OfferedTo, p.Until = e.offer.agent.ID, e.offer.until
		} else if q.heldUntil(e, now) > now {
			p.HeldFor = e.LastAgent
		}
		line = append(line, p)
	}
	return line
}

// Agent is what the queue was told of a member of staff.
func (q *Queue) Agent(id string) (Agent, bool) {
	a := q.agents[id]
	if a == nil {
		return Agent{}, false
	}
	return a.Agent, true
}

// Load is how much of an agent is taken, of Whole, and by how many conversations.
func (q *Queue) Load(agent string) (load int64, holds int) {
	if a := q.agents[agent]; a != nil {
		return a.load, len(a.held)
	}
	return 0, 0
}

// Desk is an agent with what they have to do.
type Desk struct {
	Agent
	Load      int64    // of Whole
	Holds     []string // the conversations they have
	OfferedID string   // what they are offered, or ""
	IdleSince int64
}

// Desks are all agents, by id.
func (q *Queue) Desks() []Desk {
	desks := make([]Desk, 0, len(q.agents))
	for _, a := range q.sorted() {
		d := Desk{Agent: a.Agent, Load: a.load, IdleSince: a.idleSince}
		for item := range a.held {
			d.Holds = append(d.Holds, item)
		}
		slices.Sort(d.Holds)
		if a.offered != nil {
			d.OfferedID = a.offered.ID
		}
		desks = append(desks, d)
	}
	return desks
}

func (q *Queue) sorted() []*agent {
	return slices.SortedFunc(maps.Values(q.agents), func(a, b *agent) int { return cmp.Compare(a.ID, b.ID) })
}

// Scene is what a forecast needs to know: who works on what since when, and who
// waits in which order for whom.
type Scene struct {
	Crew []Worker
	Line []Turn
}

// Worker is an available agent.
type Worker struct {
	Free  int64            // of Whole
	Takes map[string]int64 // channel → what one conversation of it takes
	Jobs  []Job
}

// Job is a conversation that an agent has.
type Job struct {
	Channel string
	Weight  int64
	Since   int64
}

// Turn is a conversation that waits.
type Turn struct {
	ID      string
	Channel string
	Since   int64
	For     []int // who could be offered it, as indexes of Scene.Crew; shared by all of its class
}

// Scene shows at most so many conversations, the first in the order of a line that
// Line gave at the same moment.
func (q *Queue) Scene(line []Place, most int) Scene {
	line = line[:min(len(line), most)]
	var s Scene
	channels := map[string]bool{}
	for _, p := range line {
		channels[p.Channel] = true
	}
	number := map[*agent]int{}
	for _, a := range q.sorted() {
		if !a.Available {
			continue
		}
		number[a] = len(s.Crew)
		w := Worker{Free: Whole - a.load, Takes: make(map[string]int64, len(channels))}
		for c := range channels {
			w.Takes[c] = q.weight(a, c)
		}
		for _, h := range a.held {
			w.Jobs = append(w.Jobs, Job{h.channel, h.weight, h.since})
		}
		slices.SortFunc(w.Jobs, func(a, b Job) int { return cmp.Or(cmp.Compare(a.Since, b.Since), cmp.Compare(a.Channel, b.Channel)) })
		s.Crew = append(s.Crew, w)
	}
	whom := map[*class][]int{}
	for _, p := range line {
		who, known := whom[p.class]
		if !known {
			who = []int{}
			for _, a := range q.eligible(p.class) {
				who = append(who, number[a])
			}
			slices.Sort(who)
			whom[p.class] = who
		}
		s.Line = append(s.Line, Turn{ID: p.ID, Channel: p.Channel, Since: p.Since, For: who})
	}
	return s
}
