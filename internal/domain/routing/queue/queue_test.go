package queue_test

import (
	"slices"
	"testing"

	"kefu/internal/domain/routing/queue"
)

const second = 1_000_000

func options() queue.Options {
	o := queue.DefaultOptions()
	o.Slots = map[string]int{"chat": 2, "phone": 1}
	return o
}

func agent(id string) queue.Agent { return queue.Agent{ID: id, Available: true} }

func chat(id string, since int64) queue.Item {
	return queue.Item{ID: id, Channel: "chat", Since: since}
}

// told gives the events of one kind as "item→agent".
func told(events []queue.Event, kind queue.EventKind) []string {
	var out []string
	for _, e := range events {
		if e.Kind == kind {
			out = append(out, e.Item.ID+"→"+e.Agent)
		}
	}
	return out
}

func expect(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func TestOfferGoesToWhoHasLeastToDo(t *testing.T) {
	q := queue.New(options())
	q.SetAgent(agent("busy"), 1)
	q.SetAgent(agent("idle"), 2)
	q.Took("busy", "other", "chat", 3, 3)
	expect(t, "offer", told(q.Put(chat("c", 4), 4), queue.Offered), "c→idle")
	ok, _ := q.Accept("idle", "c", 5)
	if !ok || q.Holder("c") != "idle" || q.Waits("c") {
		t.Fatal("accepting did not give it to the agent")
	}
	// Both have one now: the one who has been idle longer is next.
	expect(t, "offer", told(q.Put(chat("d", 6), 6), queue.Offered), "d→busy")
}

func TestPriorityIsAHeadStartThatWaitingOvertakes(t *testing.T) {
	q := queue.New(options())
	old := chat("old", 0)
	urgent := chat("urgent", 599*second)
	urgent.Priority = 2
	later := chat("later", 601*second)
	later.Priority = 2
	for _, item := range []queue.Item{later, old, urgent} {
		q.Put(item, item.Since)
	}
	var order []string
	for _, p := range q.Line(700 * second) {
		order = append(order, p.ID)
	}
	expect(t, "order", order, "urgent", "old", "later")
	if got := q.Position("later"); got != 3 {
		t.Errorf("position %d, want 3", got)
	}
}

func TestLastAgentIsWaitedForWhileThere(t *testing.T) {
	q := queue.New(options())
	q.SetAgent(agent("other"), 0)
	q.SetAgent(agent("known"), 0)
	q.Took("known", "a", "chat", 0, 0)
	q.Took("known", "b", "chat", 0, 0)
	item := chat("c", 10)
	item.LastAgent = "known"
	expect(t, "while known is busy", told(q.Put(item, 10), queue.Offered))
	if line := q.Line(10); line[0].HeldFor != "known" {
		t.Errorf("held for %q", line[0].HeldFor)
	}
	expect(t, "once known is free", told(q.Freed("a", 20), queue.Offered), "c→known")

	_, events := q.Accept("known", "c", 21)
	expect(t, "nothing else", told(events, queue.Offered))
	item = chat("d", 30)
	item.LastAgent = "known"
	q.Put(item, 30)
	expect(t, "before the time is over", told(q.Tick(q.Due()-1), queue.Offered))
	expect(t, "after it", told(q.Tick(30+60*second), queue.Offered), "d→other")

	item = chat("e", 40)
	item.LastAgent = "known"
	q.Put(item, 40)
	q.Accept("other", "d", 41)
	expect(t, "when known leaves", told(q.Leave("known", 50), queue.Offered), "e→other")
}

func TestUnansweredOfferGoesOnAndItsAgentAway(t *testing.T) {
	o := options()
	o.MaxUnanswered = 2
	q := queue.New(o)
	q.SetAgent(agent("first"), 0)
	q.SetAgent(agent("second"), 1)
	expect(t, "offer", told(q.Put(chat("c", 2), 2), queue.Offered), "c→first")
	events := q.Tick(2 + o.OfferFor)
	expect(t, "over", told(events, queue.OfferOver), "c→first")
	expect(t, "next", told(events, queue.Offered), "c→second")
	if ok, _ := q.Accept("first", "c", 3+o.OfferFor); ok {
		t.Fatal("an offer was accepted after it was over")
	}
	_, events = q.Decline("second", "c", 4+o.OfferFor)
	// Both have passed it and nobody else is there: whoever has been idle longest again.
	expect(t, "again", told(events, queue.Offered), "c→first")
	events = q.Tick(4 + 2*o.OfferFor)
	expect(t, "away", told(events, queue.WentAway), "→first")
	expect(t, "on", told(events, queue.Offered), "c→second")
	if ok, _ := q.Accept("second", "c", 5+2*o.OfferFor); !ok {
		t.Fatal("the last offer could not be accepted")
	}
}

// Whoever alone speaks a language passes the first of a line: the second is theirs,
// and not the first for ever.
func TestWhoPassesTheFirstIsOfferedTheSecond(t *testing.T) {
	q := queue.New(options())
	q.SetAgent(agent("only"), 0)
	expect(t, "offer", told(q.Put(chat("first", 1), 1), queue.Offered), "first→only")
	q.Put(chat("second", 2), 2)
	q.Put(chat("third", 3), 3)
	for at, next := range []string{"second", "third", "first"} {
		was := []string{"first", "second", "third"}[at]
		_, events := q.Decline("only", was, 4+int64(at))
		expect(t, "after "+was, told(events, queue.Offered), next+"→only")
	}
}

func TestTeamAndSkillsAreNeverWaived(t *testing.T) {
	q := queue.New(options())
	plain := agent("plain")
	q.SetAgent(plain, 0)
	item := chat("c", 1)
	item.Team, item.Skills = "cards", []string{"disputes"}
	expect(t, "nobody may", told(q.Put(item, 1), queue.Offered))
	if line := q.Line(1); !line[0].Nobody {
		t.Error("the line does not say that nobody is there for it")
	}
	able := agent("able")
	able.Teams, able.Skills = []string{"cards"}, []string{"disputes", "fraud"}
	expect(t, "able", told(q.SetAgent(able, 2), queue.Offered), "c→able")
	able.Skills = nil
	events := q.SetAgent(able, 3)
	expect(t, "skill lost", told(events, queue.OfferOver), "c→able")
	expect(t, "nobody again", told(events, queue.Offered))
}

func TestLanguageIsAskedForWhileSomebodySpeaksIt(t *testing.T) {
	q := queue.New(options())
	english := agent("english")
	english.Languages = []string{"en"}
	chinese := agent("chinese")
	chinese.Languages = []string{"zh-CN"}
	q.SetAgent(english, 0)
	q.SetAgent(chinese, 1)
	item := chat("c", 2)
	item.Language = "zh-TW"
	expect(t, "spoken", told(q.Put(item, 2), queue.Offered), "c→chinese")
	item = chat("d", 3)
	item.Language = "fr"
	expect(t, "unspoken", told(q.Put(item, 3), queue.Offered), "d→english")
	if line := q.Line(3); !line[1].Unspoken {
		t.Error("the line does not say that nobody speaks it")
	}
}

func TestSlotsOfChannelsShareOneCapacity(t *testing.T) {
	q := queue.New(options())
	q.SetAgent(agent("a"), 0)
	q.Took("a", "one", "chat", 0, 0)
	call := queue.Item{ID: "call", Channel: "phone", Since: 1}
	expect(t, "no call beside a chat", told(q.Put(call, 1), queue.Offered))
	expect(t, "a call alone", told(q.Freed("one", 2), queue.Offered), "call→a")
	q.Accept("a", "call", 3)
	expect(t, "no chat beside a call", told(q.Put(chat("two", 4), 4), queue.Offered))
	mail := queue.Item{ID: "mail", Channel: "email", Since: 5}
	none := agent("b")
	none.Slots = map[string]int{"chat": 0, "email": 1}
	expect(t, "only what they serve", told(append(q.SetAgent(none, 5), q.Put(mail, 5)...), queue.Offered), "mail→b")
}

func TestTakenFromTheListEndsTheOffer(t *testing.T) {
	q := queue.New(options())
	q.SetAgent(agent("a"), 0)
	q.Put(chat("c", 1), 1)
	events := q.Took("b", "c", "chat", 2, 2)
	if len(events) != 1 || events[0].Kind != queue.OfferOver || events[0].Reason != queue.Taken {
		t.Fatalf("events %+v", events)
	}
	if q.Holder("c") != "b" {
		t.Error("it is not with who took it")
	}
	events = q.Put(chat("c", 3), 3)
	expect(t, "handed back", told(events, queue.Offered), "c→a")
	if q.Holder("c") != "" {
		t.Error("what waits is with nobody")
	}
	events = q.Remove("c", 4)
	if len(events) != 1 || events[0].Reason != queue.Gone {
		t.Fatalf("events %+v", events)
	}
}
