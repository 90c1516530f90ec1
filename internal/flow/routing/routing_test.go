package routing_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/staff"
	flow "kefu/internal/flow/routing"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
	"kefu/internal/storage/storagetest"
)

// house is the queue on the real store, with desks that only listen.
type house struct {
	*testing.T
	process *storagetest.Process
	store   *storage.Store
	fails   faults
	queue   *flow.Service
	rules   func() routing.Rules
	stop    func()

	mu    sync.Mutex
	told  []string
	heard chan struct{}
}

// faults is the store that fails when a test says so.
type faults struct {
	*storage.Store
	executes, reads atomic.Int64 // how many of the next ones fail
	lists           atomic.Bool  // fail to list what waits
}

// WaitingPage implements flow.Store.
func (f *faults) WaitingPage(ctx context.Context, p identity.Principal, after conversation.InboxKey, since int64, limit int) ([]routing.Waiting, conversation.InboxKey, error) {
	if f.lists.Load() {
		return nil, after, fault.New(fault.Unavailable, "faults.WaitingPage", "the database is away")
	}
	return f.Store.WaitingPage(ctx, p, after, since, limit)
}

// Execute implements flow.Store.
func (f *faults) Execute(ctx context.Context, p identity.Principal, conv string, c conversation.Command) (conversation.Result, error) {
	if f.executes.Add(-1) >= 0 {
		return conversation.Result{}, fault.New(fault.Unavailable, "faults.Execute", "the database is away")
	}
	return f.Store.Execute(ctx, p, conv, c)
}

// Conversation implements flow.Store.
func (f *faults) Conversation(ctx context.Context, p identity.Principal, conv string) (conversation.State, error) {
	if f.reads.Add(-1) >= 0 {
		return conversation.State{}, fault.New(fault.Unavailable, "faults.Conversation", "the database is away")
	}
	return f.Store.Conversation(ctx, p, conv)
}

func (h *house) note(format string, args ...any) {
	h.mu.Lock()
	h.told = append(h.told, fmt.Sprintf(format, args...))
	h.mu.Unlock()
	select {
	case h.heard <- struct{}{}:
	default:
	}
}

// Offer implements flow.Teller.
func (h *house) Offer(staffID string, o flow.Offer) { h.note("offer %s %s", o.ConversationID, staffID) }

// OfferOver implements flow.Teller.
func (h *house) OfferOver(staffID, conv, reason string) {
	h.note("over %s %s %s", conv, staffID, reason)
}

// Presence implements flow.Teller.
func (h *house) Presence(staffID string, s flow.Standing) {
	h.note("presence %s %s %s %d", staffID, s.State, s.Reason, s.Holds)
}

// Eta implements flow.Teller.
func (h *house) Eta(_ string, e flow.Eta) {
	h.note("eta %s %d %v %v", e.ConversationID, e.Position, e.P80 > 0, e.Nobody)
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// wait waits until something was told, and forgets what was told up to there.
func (h *house) wait(want string) {
	h.Helper()
	for deadline := time.After(20 * time.Second); ; {
		h.mu.Lock()
		for i, told := range h.told {
			if told == want {
				h.told = h.told[i+1:]
				h.mu.Unlock()
				return
			}
		}
		told := append([]string{}, h.told...)
		h.mu.Unlock()
		select {
		case <-h.heard:
		case <-deadline:
			h.Fatalf("%q was not told, but %q", want, told)
		}
	}
}

// never checks that something was not told so far.
func (h *house) never(what string) {
	h.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, told := range h.told {
		if told == what {
			h.Fatalf("%q was told", what)
		}
	}
}

func open(t *testing.T, d *storagetest.Deployment, rules routing.Rules) *house {
	h := &house{T: t, heard: make(chan struct{}, 1), rules: func() routing.Rules { return rules }}
	h.process = d.Open(t, func(o *storage.Options) { o.Clock = nil })
	h.store = h.process.Store
	h.fails.Store = h.store
	h.begin()
	t.Cleanup(func() { h.stop() })
	return h
}

// begin starts the queue, as a server does.
func (h *house) begin() {
	h.queue = flow.New(flow.Deps{Store: &h.fails, Teller: h, Rules: h.rules, Grace: time.Millisecond})
	h.store.Listen(h.queue.Committed)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.queue.Run(ctx) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		h.must(<-ended)
	})
}

func quick() routing.Rules {
	r := routing.DefaultRules()
	r.OfferSeconds = 1
	return r
}

func (h *house) hire(name string, role identity.Role) identity.Principal {
	h.Helper()
	m := staff.Member{ID: id.New(), Email: name + "@example.org", Name: name, Alias: name, Role: role}
	h.must(h.store.AddStaff(context.Background(), identity.SystemPart("test"), staff.New{Member: m}))
	return identity.Principal{Kind: identity.Staff, ID: m.ID, Name: name, Role: role}
}

func (h *house) asks(who identity.Principal) string {
	h.Helper()
	state, err := h.store.StartConversation(context.Background(), who, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat"})
	h.must(err)
	h.says(who, state.ID)
	return state.ID
}

func (h *house) says(who identity.Principal, conv string) {
	h.Helper()
	_, err := h.store.Execute(context.Background(), who, conv, conversation.Command{Kind: conversation.Send, ClientID: id.New(), Content: conversation.Content{Text: "hello"}})
	h.must(err)
}

func visitor() identity.Principal { return identity.Principal{Kind: identity.Visitor, ID: id.New()} }

func (h *house) state(conv string) conversation.State {
	h.Helper()
	st, err := h.store.Conversation(context.Background(), identity.SystemPart("test"), conv)
	h.must(err)
	return st
}

func TestOfferIsMadeAndAccepted(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d, routing.DefaultRules()), context.Background()
		mei, ben := h.hire("mei", identity.Agent), h.hire("ben", identity.Agent)
		ann := visitor()
		conv := h.asks(ann)
		h.wait("eta " + conv + " 1 false true") // nobody is there, and it is said
		h.queue.Connected(mei)
		h.wait("offer " + conv + " " + mei.ID)
		h.queue.Connected(ben)
		if err := h.queue.Accept(ctx, ben, conv); !fault.Is(err, fault.Conflict) {
			t.Errorf("somebody else accepted: %v", err)
		}
		h.must(h.queue.Accept(ctx, mei, conv))
		h.wait("over " + conv + " " + mei.ID + " accepted")
		if st := h.state(conv); st.AssigneeID != mei.ID {
			t.Errorf("it is with %q", st.AssigneeID)
		}
		if err := h.queue.Accept(ctx, mei, conv); !fault.Is(err, fault.Conflict) {
			t.Errorf("accepted twice: %v", err)
		}
		// What one takes from the list ends the other's offer, and the race is told.
		second := h.asks(visitor())
		h.wait("offer " + second + " " + ben.ID)
		_, err := h.store.Execute(ctx, mei, second, conversation.Command{Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: mei.ID, Name: "mei"}}})
		h.must(err)
		h.wait("over " + second + " " + ben.ID + " taken")
		if err := h.queue.Accept(ctx, ben, second); !fault.Is(err, fault.Conflict) {
			t.Errorf("accepted what a colleague has: %v", err)
		}
		// Ann comes back within three days: mei is asked, although ben has less to do.
		_, err = h.store.Execute(ctx, mei, conv, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Resolved}})
		h.must(err)
		again := h.asks(ann)
		h.wait("offer " + again + " " + mei.ID)
		h.must(h.queue.Decline(mei, again))
		h.wait("offer " + again + " " + ben.ID)
	})
}

func TestAnAgentWhoIsGone(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		rules := routing.DefaultRules()
		rules.ReturnSeconds = 1
		h, ctx := open(t, d, rules), context.Background()
		mei, ben := h.hire("mei", identity.Agent), h.hire("ben", identity.Agent)
		h.queue.Connected(mei)
		h.queue.Connected(mei) // two tabs
		ann := visitor()
		conv := h.asks(ann)
		h.wait("offer " + conv + " " + mei.ID)
		h.must(h.queue.Accept(ctx, mei, conv))
		second := h.asks(visitor())
		h.wait("offer " + second + " " + mei.ID)
		h.queue.Connected(ben)
		h.queue.Disconnected(mei.ID)
		h.never("over " + second + " " + mei.ID + " left")
		h.queue.Disconnected(mei.ID)
		h.wait("over " + second + " " + mei.ID + " left")
		h.wait("offer " + second + " " + ben.ID)
		h.must(h.queue.Accept(ctx, ben, second))
		// What waits for her goes back to the queue, and the log says why.
		h.wait("offer " + conv + " " + ben.ID)
		entries, _, err := h.store.Entries(ctx, ben, conv, conversation.EntryRange{Limit: 50})
		h.must(err)
		last := entries[len(entries)-1]
		if last.Kind != conversation.KindAssigned || last.Content.Reason != flow.ReasonOffline || last.Author.Kind != conversation.BySystem {
			t.Errorf("the last entry is %+v", last)
		}
		h.must(h.queue.Accept(ctx, ben, conv))
		_, chosen, err := h.store.Presences(ctx, identity.SystemPart("test"))
		h.must(err)
		if len(chosen) != 2 {
			t.Errorf("presences %+v", chosen)
		}
	})
}

func TestPresenceIsChosenAndUnansweredOffersMakeAway(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		rules := quick()
		rules.Unanswered = 1
		h, ctx := open(t, d, rules), context.Background()
		mei, owner := h.hire("mei", identity.Agent), h.hire("owner", identity.Owner)
		h.queue.Connected(owner) // who is there to run the house, and takes none until they say so
		h.wait("presence " + owner.ID + " away  0")
		h.queue.Connected(mei)
		h.must(h.queue.Choose(ctx, mei, routing.Presence{StaffID: mei.ID, State: routing.OnBreak, Reason: routing.BreakMeal}))
		h.wait("presence " + mei.ID + " break meal 0")
		conv := h.asks(visitor())
		h.wait("eta " + conv + " 1 false true")
		for _, wrong := range []routing.Presence{{State: routing.Offline}, {State: routing.Available, Reason: "meal"}, {State: routing.OnBreak, Reason: "sleep"}} {
			wrong.StaffID = mei.ID
			if err := h.queue.Choose(ctx, mei, wrong); !fault.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", wrong, err)
			}
		}
		if err := h.queue.Choose(ctx, mei, routing.Presence{StaffID: owner.ID, State: routing.Available}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("for a colleague: %v", err)
		}
		h.must(h.queue.Choose(ctx, owner, routing.Presence{StaffID: mei.ID, State: routing.Available}))
		h.wait("offer " + conv + " " + mei.ID)
		h.wait("over " + conv + " " + mei.ID + " expired")
		h.wait("presence " + mei.ID + " away unanswered 0")
	})
}

func TestNothingIsForgottenOverARestart(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d, routing.DefaultRules()), context.Background()
		mei := h.hire("mei", identity.Agent)
		convs := []string{h.asks(visitor()), h.asks(visitor()), h.asks(visitor())}
		h.wait("eta " + convs[2] + " 3 false true")
		h.stop()
		fourth := h.asks(visitor()) // while nobody listens
		h.begin()
		h.queue.Connected(mei)
		for _, conv := range append(convs, fourth) {
			h.wait("offer " + conv + " " + mei.ID)
			h.must(h.queue.Accept(ctx, mei, conv))
		}
		fifth := h.asks(visitor()) // she has as many as she can have
		h.wait("eta " + fifth + " 1 true false")
		_, err := h.store.Execute(ctx, mei, convs[0], conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Resolved}})
		h.must(err)
		h.wait("offer " + fifth + " " + mei.ID)
		h.must(h.queue.Accept(ctx, mei, fifth))
		h.stop()
		kept, err := h.store.PromisesKept(ctx, identity.SystemPart("test"), []routing.Day{{From: 0, To: time.Now().Add(time.Hour).UnixMicro()}})
		h.must(err)
		if len(kept) != 1 || kept[0].Promised != 1 {
			t.Errorf("promises kept: %+v", kept)
		}
		if body, err := h.store.Learned(ctx, identity.SystemPart("test")); err != nil || len(body) == 0 {
			t.Errorf("learned %s, %v", body, err)
		}
	})
}

// Who was there when the server ended, and does not come back, has not been there
// ever since.
func TestNobodyIsThereForEverAfterAnEnd(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d, routing.DefaultRules()), context.Background()
		mei := h.hire("mei", identity.Agent)
		h.queue.Connected(mei)
		h.wait("presence " + mei.ID + " available  0")
		h.stop()
		h.begin()
		h.wait("eta " + h.asks(visitor()) + " 1 false true") // who works here is known
		h.stop()
		now, _, err := h.store.Presences(ctx, identity.SystemPart("test"))
		h.must(err)
		if len(now) != 1 || now[0].State != routing.Offline {
			t.Errorf("after the end: %+v", now)
		}
	})
}

// A conversation whose assignment failed is offered again, even when the store could
// not say at first how it stands.
func TestAnOfferIsMadeAgainAfterAFailure(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d, routing.DefaultRules()), context.Background()
		mei := h.hire("mei", identity.Agent)
		h.queue.Connected(mei)
		conv := h.asks(visitor())
		h.wait("offer " + conv + " " + mei.ID)
		h.fails.lists.Store(true) // what is read anew after ten seconds would find it
		h.fails.executes.Store(1)
		h.fails.reads.Store(2)
		if err := h.queue.Accept(ctx, mei, conv); !fault.Is(err, fault.Unavailable) {
			t.Fatalf("accepting: %v", err)
		}
		h.wait("over " + conv + " " + mei.ID + " accepted")
		h.wait("offer " + conv + " " + mei.ID)
		h.must(h.queue.Accept(ctx, mei, conv))
	})
}

// TestTwoAgentsNeverGetOne lets everybody grab at once.
func TestTwoAgentsNeverGetOne(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d, routing.DefaultRules()), context.Background()
		var agents []identity.Principal
		for i := range 8 {
			agents = append(agents, h.hire(fmt.Sprintf("agent%d", i), identity.Agent))
			h.queue.Connected(agents[i])
		}
		for range 5 {
			conv := h.asks(visitor())
			var got, lost int
			var mu sync.Mutex
			var all sync.WaitGroup
			for i, a := range agents {
				all.Go(func() {
					err := h.queue.Accept(ctx, a, conv)
					if i%2 == 0 { // the others take it from the list
						_, err = h.store.Execute(ctx, a, conv, conversation.Command{Kind: conversation.Assign, OfferedTo: a.ID, Content: conversation.Content{Staff: &conversation.StaffRef{ID: a.ID, Name: a.Name}}})
					}
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err == nil:
						got++
					case fault.Is(err, fault.Conflict):
						lost++
					default:
						h.Error(errors.Unwrap(err))
					}
				})
			}
			all.Wait()
			if got != 1 || lost != len(agents)-1 || h.state(conv).AssigneeID == "" {
				t.Fatalf("%d got it and %d lost", got, lost)
			}
		}
	})
}
