package realtime_test

import (
	"context"
	"sync"
	"testing"

	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/routing"
	"kefu/internal/web/realtime"
)

// late is a server that is built after the queue which tells it.
type late struct{ *realtime.Server }

func (h *house) deskWithOffers(c colleague) *wire {
	h.t.Helper()
	w := h.dial(nil)
	w.hello(frame{"role": "desk", "token": c.token, "caps": []string{"offers"}})
	return w
}

func withQueue(t *testing.T) *house {
	var to late
	var queue *routing.Service
	h := open(t, choices{deps: func(d *realtime.Deps) {
		queue = routing.New(routing.Deps{Store: d.Store.(routing.Store), Teller: &to, Clock: d.Clock})
		d.Queue = queue
	}})
	to.Server = h.server
	h.store.Listen(func(c event.Commit) {
		h.server.Committed(c)
		queue.Committed(c)
	})
	h.run(queue.Run, func() {})
	return h
}

func TestOffersOverSockets(t *testing.T) {
	h := withQueue(t)
	mei, ben := h.colleague(identity.Agent), h.colleague(identity.OutsideAgent)
	plain := h.deskOf(mei) // takes none
	first, second := h.deskWithOffers(mei), h.deskWithOffers(mei)
	if f := first.next("presence"); f.text("state") != "available" {
		t.Fatalf("presence %v", f)
	}
	customer, _ := h.window("ann")
	conv := customer.start()
	customer.send(conv, "hello")
	for _, w := range []*wire{first, second} {
		if f := w.next("offer"); f.text("conv") != conv || f.number("left_ms") < 15_000 || f.text("priority") != "normal" {
			t.Errorf("offer %v", f)
		}
	}
	if f := customer.next("eta"); f.text("conv") != conv || f.number("position") != 1 {
		t.Errorf("eta %v", f)
	}
	second.say(frame{"t": "accept", "conv": conv})
	for _, w := range []*wire{first, second} {
		if f := w.next("offer_over"); f.text("reason") != "accepted" {
			t.Errorf("over %v", f)
		}
	}
	if f := customer.next("event"); f.text("kind") != "assigned" {
		t.Errorf("the customer is told %v", f)
	}
	first.refused(frame{"t": "accept", "conv": conv}, "conflict")
	plain.refused(frame{"t": "accept", "conv": conv}, "forbidden")
	first.refused(frame{"t": "presence", "state": "offline"}, "invalid")

	// Who declines is not asked again while somebody else is there: a partner's
	// agent, who may read what is offered once it is theirs.
	guest := h.deskWithOffers(ben)
	customer2, _ := h.window("bob")
	other := customer2.start()
	customer2.send(other, "hello")
	guest.next("offer")
	guest.refused(frame{"t": "fetch", "conv": other, "after_seq": 0}, "not_found")
	guest.say(frame{"t": "decline", "conv": other})
	guest.next("offer_over")
	first.next("offer")
	first.say(frame{"t": "presence", "state": "break", "reason": "meal"})
	if f := first.next("offer_over"); f.text("reason") != "left" {
		t.Errorf("over %v", f)
	}
	guest.next("offer")
	guest.say(frame{"t": "accept", "conv": other})
	guest.next("offer_over")
	guest.say(frame{"t": "fetch", "conv": other, "after_seq": 0})
	if f := guest.next("missed", "error"); f.text("t") != "missed" {
		t.Errorf("what they have they may not read: %v", f)
	}
	if st, err := h.store.Conversation(context.Background(), mei.Principal, other); err != nil || st.AssigneeID != ben.ID {
		t.Errorf("it is with %q, %v", st.AssigneeID, err)
	}
	again, _ := h.window("ann")
	for _, f := range again.rest() {
		if f.text("t") == "eta" {
			t.Errorf("who waits no more is told %v", f)
		}
	}
}

// counter counts desks as the queue does. Everybody who connects is revoked at that
// moment.
type counter struct {
	realtime.Queue
	house *house

	mu    sync.Mutex
	desks int
	left  chan int // how many there are without the one that left
}

// Connected implements realtime.Queue.
func (c *counter) Connected(who identity.Principal) {
	c.house.server.Committed(event.Commit{Revoked: []event.Revocation{{Kind: event.RevokedStaff, Subject: who.ID}}})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.desks++
}

// Disconnected implements realtime.Queue.
func (c *counter) Disconnected(string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.desks--
	c.left <- c.desks
}

// A desk that ends while the queue is told of it is not counted for ever: its agent
// would be offered conversations that nobody sees.
func TestADeskThatEndsWhileItComesIsNotCounted(t *testing.T) {
	c := &counter{left: make(chan int, 10)}
	c.house = open(t, choices{deps: func(d *realtime.Deps) { d.Queue = c }})
	w := c.house.dial(nil)
	w.say(frame{"t": "hello", "v": 1, "role": "desk", "token": c.house.colleague(identity.Agent).token, "caps": []string{"offers"}})
	w.next("closing")
	if desks := <-c.left; desks != 0 {
		t.Errorf("it left before it was counted: %d", desks)
	}
}
