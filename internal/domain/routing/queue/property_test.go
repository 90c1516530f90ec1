package queue_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kefu/internal/domain/routing/queue"
)

// world is what a queue was told, kept by other means than the queue's own.
type world struct {
	o         queue.Options
	q         *queue.Queue
	now       int64
	waiting   map[string]queue.Item
	agents    map[string]queue.Agent
	holds     map[string]map[string]string // agent → conversation → channel
	overtaken map[string]bool              // agents who took more than they are offered
	offers    map[string]string
	until     map[string]int64
	passed    map[[2]string]int64
}

func (w *world) see(t *rapid.T, events []queue.Event) {
	for _, e := range events {
		switch e.Kind {
		case queue.Offered:
			w.offered(t, e)
		case queue.OfferOver:
			if w.offers[e.Item.ID] != e.Agent {
				t.Fatalf("an offer of %s to %s ended that nobody had made", e.Item.ID, e.Agent)
			}
			delete(w.offers, e.Item.ID)
			if e.Reason == queue.Declined || e.Reason == queue.Expired {
				w.passed[[2]string{e.Item.ID, e.Agent}] = w.now + w.o.PassFor
			}
		case queue.WentAway:
			a := w.agents[e.Agent]
			a.Available = false
			w.agents[e.Agent] = a
		}
	}
	w.check(t)
	w.checkOrder(t, events)
}

func (w *world) offered(t *rapid.T, e queue.Event) {
	if to, ok := w.offers[e.Item.ID]; ok {
		t.Fatalf("%s is offered to %s and to %s", e.Item.ID, to, e.Agent)
	}
	for item, to := range w.offers {
		if to == e.Agent {
			t.Fatalf("%s has offers of %s and %s", to, item, e.Item.ID)
		}
	}
	if _, ok := w.waiting[e.Item.ID]; !ok {
		t.Fatalf("%s is offered and does not wait", e.Item.ID)
	}
	a := w.agents[e.Agent]
	if !a.Available || !slices.Contains(w.eligible(e.Item), e.Agent) {
		t.Fatalf("%s is offered to %s, who is not eligible", e.Item.ID, e.Agent)
	}
	if !w.room(a, e.Item.Channel) {
		t.Fatalf("%s is offered to %s, who has no room", e.Item.ID, e.Agent)
	}
	if !w.offerable(e.Item, e.Agent) {
		t.Fatalf("%s is offered to %s, who passed it or is not the one it waits for", e.Item.ID, e.Agent)
	}
	w.offers[e.Item.ID], w.until[e.Item.ID] = e.Agent, e.Until
}

// slots is how many of a channel an agent has at once.
func (w *world) slots(a queue.Agent, channel string) int {
	if n, ok := a.Slots[channel]; ok {
		return n
	}
	return max(1, w.o.Slots[channel])
}

// room tells whether one more fits, in sixtieths.
func (w *world) room(a queue.Agent, channel string) bool {
	n := w.slots(a, channel)
	if n <= 0 {
		return false
	}
	used := 60 / n
	for _, c := range w.holds[a.ID] {
		if m := w.slots(a, c); m > 0 {
			used += 60 / m
		} else {
			used += 60
		}
	}
	return used <= 60
}

func short(tag string) string { return strings.ToLower(strings.SplitN(tag, "-", 2)[0]) }

func (w *world) eligible(item queue.Item) []string {
	var speaking, rest []string
	for id, a := range w.agents {
		able := a.Available && w.slots(a, item.Channel) > 0 && (item.Team == "" || slices.Contains(a.Teams, item.Team))
		for _, s := range item.Skills {
			able = able && slices.Contains(a.Skills, s)
		}
		speaks := item.Language == "" || len(a.Languages) == 0
		for _, l := range a.Languages {
			speaks = speaks || short(l) == short(item.Language)
		}
		switch {
		case able && speaks:
			speaking = append(speaking, id)
		case able:
			rest = append(rest, id)
		}
	}
	if len(speaking) > 0 {
		return speaking
	}
	return rest
}

// offerable tells whether a waiting conversation could be offered to an agent.
func (w *world) offerable(item queue.Item, who string) bool {
	eligible := w.eligible(item)
	if !slices.Contains(eligible, who) {
		return false
	}
	if item.LastAgent != "" && item.LastAgent != who && slices.Contains(eligible, item.LastAgent) && w.passed[[2]string{item.ID, item.LastAgent}] <= w.now && w.now < item.Since+w.o.LastAgentWait {
		return false
	}
	if w.passed[[2]string{item.ID, who}] <= w.now {
		return true
	}
	return !slices.ContainsFunc(eligible, func(other string) bool { return w.passed[[2]string{item.ID, other}] <= w.now })
}

// check: nothing that waits is forgotten, and nobody who could have it is idle.
func (w *world) check(t *rapid.T) {
	if w.q.Len() != len(w.waiting) {
		t.Fatalf("%d wait in the queue, %d were put and not taken", w.q.Len(), len(w.waiting))
	}
	busy := map[string]bool{}
	for _, to := range w.offers {
		busy[to] = true
	}
	for id, item := range w.waiting {
		if !w.q.Waits(id) {
			t.Fatalf("%s is forgotten", id)
		}
		if _, on := w.offers[id]; on {
			continue
		}
		for who, a := range w.agents {
			if a.Available && !busy[who] && w.room(a, item.Channel) && w.offerable(item, who) {
				t.Fatalf("%s waits while %s is free", id, who)
			}
		}
	}
	for _, d := range w.q.Desks() {
		if d.Load > queue.Whole && !w.overtaken[d.ID] {
			t.Fatalf("%s has more than fits: %d of %d", d.ID, d.Load, queue.Whole)
		}
	}
}

// checkOrder: of two that an agent could be offered, whatever they ask for, the one
// that they have not passed is, and else the one with the earlier key.
func (w *world) checkOrder(t *rapid.T, events []queue.Event) {
	key := func(i queue.Item, who string) (passed, key int64) {
		if w.passed[[2]string{i.ID, who}] > w.now {
			passed = 1
		}
		return passed, i.Since - int64(i.Priority)*w.o.Ageing
	}
	before := func(a, b queue.Item, who string) bool {
		pa, ka := key(a, who)
		pb, kb := key(b, who)
		return pa < pb || pa == pb && ka < kb
	}
	for _, e := range events {
		if e.Kind != queue.Offered {
			continue
		}
		for id, other := range w.waiting {
			if _, on := w.offers[id]; !on && before(other, e.Item, e.Agent) && w.offerable(other, e.Agent) && w.room(w.agents[e.Agent], other.Channel) {
				t.Fatalf("%s was offered to %s before %s", e.Item.ID, e.Agent, id)
			}
		}
	}
}

func drawItem(t *rapid.T, id string, now int64) queue.Item {
	return queue.Item{
		ID: id, Since: now - rapid.Int64Range(0, 400*second).Draw(t, "waited"),
		Channel:   rapid.SampledFrom([]string{"chat", "phone", "email"}).Draw(t, "channel"),
		Language:  rapid.SampledFrom([]string{"", "en", "zh-CN", "fr"}).Draw(t, "language"),
		Team:      rapid.SampledFrom([]string{"", "cards", "loans"}).Draw(t, "team"),
		Skills:    rapid.SampledFrom([][]string{nil, {"fraud"}, {"fraud", "tax"}}).Draw(t, "skills"),
		Priority:  rapid.IntRange(-1, 2).Draw(t, "priority"),
		LastAgent: rapid.SampledFrom([]string{"", "a0", "a1"}).Draw(t, "last"),
	}
}

func drawAgent(t *rapid.T, id string) queue.Agent {
	return queue.Agent{
		ID: id, Available: rapid.IntRange(0, 3).Draw(t, "there") > 0,
		Teams:     rapid.SampledFrom([][]string{nil, {"cards"}, {"cards", "loans"}}).Draw(t, "teams"),
		Skills:    rapid.SampledFrom([][]string{nil, {"fraud"}, {"tax", "fraud"}}).Draw(t, "skills"),
		Languages: rapid.SampledFrom([][]string{nil, {"en"}, {"zh"}, {"en", "zh"}}).Draw(t, "languages"),
		Slots:     rapid.SampledFrom([]map[string]int{nil, {"chat": 3}, {"phone": 0}, {"chat": 1, "email": 5}}).Draw(t, "slots"),
	}
}

func TestNobodyIsForgottenAndNobodyOfferedTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := options()
		o.MaxUnanswered = rapid.IntRange(0, 3).Draw(t, "unanswered")
		w := &world{
			o: o, q: queue.New(o), now: 1000 * second, waiting: map[string]queue.Item{}, agents: map[string]queue.Agent{}, holds: map[string]map[string]string{},
			overtaken: map[string]bool{}, offers: map[string]string{}, until: map[string]int64{}, passed: map[[2]string]int64{},
		}
		n := 0
		pick := func(t *rapid.T, from map[string]string) string {
			keys := slices.Sorted(maps.Keys(from))
			if len(keys) == 0 {
				t.Skip("nothing to choose from")
			}
			return rapid.SampledFrom(keys).Draw(t, "which")
		}
		idOf := func(t *rapid.T) string { return fmt.Sprintf("a%d", rapid.IntRange(0, 4).Draw(t, "agent")) }
		t.Repeat(map[string]func(*rapid.T){
			"arrive": func(t *rapid.T) {
				n++
				item := drawItem(t, fmt.Sprintf("c%d", n), w.now)
				w.waiting[item.ID] = item
				w.see(t, w.q.Put(item, w.now))
			},
			"change": func(t *rapid.T) {
				id := pick(t, names(w.waiting))
				item := drawItem(t, id, w.now)
				w.waiting[id] = item
				w.see(t, w.q.Put(item, w.now))
			},
			"give up": func(t *rapid.T) {
				id := pick(t, names(w.waiting))
				delete(w.waiting, id)
				w.see(t, w.q.Remove(id, w.now))
			},
			"come or change": func(t *rapid.T) {
				a := drawAgent(t, idOf(t))
				w.agents[a.ID] = a
				w.overtaken[a.ID] = true // fewer slots than they hold
				w.see(t, w.q.SetAgent(a, w.now))
			},
			"go": func(t *rapid.T) {
				id := idOf(t)
				if a, ok := w.agents[id]; ok {
					a.Available = false
					w.agents[id] = a
				}
				w.see(t, w.q.Leave(id, w.now))
			},
			"accept": func(t *rapid.T) {
				id := pick(t, w.offers)
				to := w.offers[id]
				ok, events := w.q.Accept(to, id, w.now)
				if !ok {
					t.Fatalf("%s could not accept %s", to, id)
				}
				w.take(to, id)
				w.see(t, events)
			},
			"decline": func(t *rapid.T) {
				id := pick(t, w.offers)
				ok, events := w.q.Decline(w.offers[id], id, w.now)
				if !ok {
					t.Fatalf("an offer of %s could not be declined", id)
				}
				w.see(t, events)
			},
			"take from the list": func(t *rapid.T) {
				id, who := pick(t, names(w.waiting)), idOf(t)
				channel := w.waiting[id].Channel
				w.take(who, id)
				w.overtaken[who] = true
				w.see(t, w.q.Took(who, id, channel, w.now, w.now))
			},
			"finish": func(t *rapid.T) {
				who := idOf(t)
				id := pick(t, w.holds[who])
				delete(w.holds[who], id)
				w.see(t, w.q.Freed(id, w.now))
			},
			"time": func(t *rapid.T) {
				w.now += rapid.Int64Range(1, 90*second).Draw(t, "passed")
				if due := w.q.Due(); due > 0 && rapid.Bool().Draw(t, "exactly") {
					w.now = max(w.now, due)
				}
				w.see(t, w.q.Tick(w.now))
				if due := w.q.Due(); due != 0 && due <= w.now {
					t.Fatal("what was due is due again")
				}
			},
		})
	})
}

func (w *world) take(who, id string) {
	if w.holds[who] == nil {
		w.holds[who] = map[string]string{}
	}
	w.holds[who][id] = w.waiting[id].Channel
	delete(w.waiting, id)
}

func names(items map[string]queue.Item) map[string]string {
	out := map[string]string{}
	for id := range items {
		out[id] = id
	}
	return out
}
