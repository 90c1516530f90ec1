package realtime_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/signin"
	"kefu/internal/web/realtime"
)

// within wants something to be over in the 5 s that the protocol promises.
func within(t *testing.T, what string, do func()) {
	t.Helper()
	began := time.Now()
	do()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("%s took %s", what, took)
	}
}

func TestWhoLosesAccessLosesTheConnection(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		h := open(t, choices{dsn: dsn})
		ctx, boss := context.Background(), identity.SystemPart("test")
		elsewhere := h.openStore() // the command line, in a process of its own
		running, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- elsewhere.Run(running) }()
		defer func() { stop(); h.must(<-ended); h.must(elsewhere.Close()) }()
		off := true
		for name, revoke := range map[string]func(customer string, c colleague) error{
			"a customer":                     func(customer string, _ colleague) error { return h.store.RevokeCustomer(ctx, boss, customer) },
			"a customer, by another process": func(customer string, _ colleague) error { return elsewhere.RevokeCustomer(ctx, boss, customer) },
			"a member of staff": func(_ string, c colleague) error {
				return h.store.ChangeStaff(ctx, boss, c.ID, staff.Change{Disabled: &off})
			},
			"a member of staff, by another process": func(_ string, c colleague) error {
				return elsewhere.ChangeStaff(ctx, boss, c.ID, staff.Change{Disabled: &off})
			},
			"a session that signs out": func(_ string, c colleague) error { return h.desk.SignOut(ctx, c.Principal, c.token) },
		} {
			t.Run(name, func(t *testing.T) {
				window, welcome := h.window("ann " + name)
				bystander, _ := h.window("bob " + name)
				mei := h.colleague(identity.Agent)
				desk, otherDesk := h.deskOf(mei), h.deskOf(h.colleague(identity.Agent))
				lost, kept := window, desk
				if !strings.Contains(name, "customer") {
					lost, kept = desk, window
				}
				within(t, name, func() {
					h.must(revoke(welcome.text("customer"), mei))
					lost.gone("revoked")
				})
				for _, w := range []*wire{kept, bystander, otherDesk} {
					w.rest()
				}
				back := h.dial(nil)
				if lost == desk {
					back.refused(frame{"t": "hello", "v": 1, "role": "desk", "token": mei.token}, "unauthenticated")
					return
				}
				if got := back.hello(frame{"role": "window", "visitor": welcome.text("visitor")}); got.text("customer") == welcome.text("customer") {
					t.Error("the customer's secret still opens a window")
				}
			})
		}
	})
}

// TestWhoLostAccessIsNotHeard wants a revoked client that does not read, and so
// cannot be told, to be cut off and to say nothing more.
func TestWhoLostAccessIsNotHeard(t *testing.T) {
	h := open(t, choices{})
	window, welcome := h.window("ann")
	conv := window.start()
	window.hold = make(chan struct{})
	agent := h.deskOf(h.colleague(identity.Agent))
	h.flood(conv)
	within(t, "cutting off a client that does not read", func() {
		h.must(h.store.RevokeCustomer(context.Background(), identity.SystemPart("test"), welcome.text("customer")))
		for range 100 { // these come after the revocation and before the end
			_ = window.conn.WriteString(`{"t":"human","conv":"` + conv + `"}`)
		}
		eventually(t, "the place given back", func() bool { return h.server.Open() == 1 })
	})
	close(window.hold)
	agent.say(frame{"t": "fetch", "conv": conv, "before_seq": 0, "limit": 1})
	if last := agent.next("missed").events()[0]; last.text("kind") != "message" {
		t.Errorf("the last entry is %v", last)
	}
	if all, indexed, sessions := h.server.Known(); all != 1 || indexed != 1 || sessions != 1 {
		t.Errorf("%d connections, %d of them found by something, %d sessions are left", all, indexed, sessions)
	}
}

// flood makes more events than sockets and queues hold.
func (h *house) flood(conv string) {
	h.t.Helper()
	h.fill([]string{conv}, 400, strings.Repeat("流", 8000))
}

func TestASlowReaderIsToldToReadTheLogAndHoldsUpNobody(t *testing.T) {
	h := open(t, choices{})
	window, welcome := h.window("ann")
	conv := window.start()
	quick := h.dial(nil)
	quick.hello(frame{"role": "window", "visitor": welcome.text("visitor")})
	window.hold = make(chan struct{})
	h.flood(conv)
	for seen := int64(0); seen < 400; {
		got := quick.next("event", "resync", "missed")
		switch got.text("t") {
		case "event":
			seen = got.number("seq")
		case "missed":
			seen = got.number("to")
		}
		if got.text("t") == "resync" || got["more"] == true {
			quick.say(frame{"t": "fetch", "conv": conv, "after_seq": seen})
		}
	}
	close(window.hold)
	window.next("resync")
	// What comes after resync is whole again.
	h.fill([]string{conv}, 1, "after")
	for window.next("event").number("seq") != 401 {
		continue
	}
}

func TestASocketThatTakesNothingIsClosed(t *testing.T) {
	h := open(t, choices{})
	h.server.SetSlowLimit(time.Second)
	window, _ := h.window("ann")
	conv := window.start()
	other, _ := h.window("bob")
	window.hold = make(chan struct{})
	defer close(window.hold)
	h.flood(conv)
	eventually(t, "the end of the slow one", func() bool { return h.server.Open() == 1 })
	other.say(frame{"t": "ping"})
	other.next("pong")
}

func TestSilentConnectionsEnd(t *testing.T) {
	h := open(t, choices{options: func(o *realtime.Options) { o.DeadAfter = 90 * time.Second }})
	silent, _ := h.window("ann")
	lively, _ := h.window("bob")
	h.later(60 * time.Second)
	lively.rest()
	h.later(40 * time.Second)
	silent.gone("idle")
	lively.rest()
}

func TestQuietSocketsAreAskedWhetherTheyAreThere(t *testing.T) {
	h := open(t, choices{options: func(o *realtime.Options) { o.Heartbeat = 25 * time.Second }})
	there, _ := h.window("ann")
	for range 5 {
		h.later(30 * time.Second)
		there.asked()
	}
	there.rest()
	mute, _ := h.window("bob")
	mute.mute.Store(true)
	h.later(30 * time.Second)
	h.later(31 * time.Second)
	mute.gone("idle")
}

// asked waits until the server has asked, and the answer has come there.
func (w *wire) asked() {
	w.h.t.Helper()
	select {
	case <-w.pinged:
	case <-time.After(patience):
		w.h.t.Fatal("the server never asked")
	}
	w.rest()
}

func TestSessionsEndWithTheirTime(t *testing.T) {
	h := open(t, choices{options: func(o *realtime.Options) { o.DeadAfter = 1000 * time.Hour }})
	customer, _ := h.window("ann")
	visitor, _ := h.window("")
	desk := h.deskOf(h.colleague(identity.Agent))
	h.later(13 * time.Hour) // staff and signed-in windows live for twelve
	customer.gone("expired")
	desk.gone("expired")
	visitor.rest()
	h.later(30 * 24 * time.Hour)
	visitor.gone("expired")
}

func TestSecretsAreLookedAtAgain(t *testing.T) {
	h := open(t, choices{options: func(o *realtime.Options) { o.RecheckEvery, o.DeadAfter = 10*time.Second, time.Hour }})
	mei := h.colleague(identity.Agent)
	desk := h.deskOf(mei)
	window, _ := h.window("ann")
	h.later(11 * time.Second)
	desk.rest()
	h.later(31 * time.Minute) // an unused session of staff ends after thirty minutes
	desk.gone("revoked")
	window.rest()
}

const atOnce = 8 // secrets that are looked at again

// slowWindows hold everybody who asks for a secret until they are let go.
type slowWindows struct {
	realtime.Windows
	asking, asked, tooMany atomic.Int64
	letGo                  chan struct{}
}

func (w *slowWindows) Resolve(ctx context.Context, bearer string) (signin.Opened, error) {
	if w.asking.Add(1) > atOnce {
		w.tooMany.Add(1)
	}
	defer w.asking.Add(-1)
	defer w.asked.Add(1)
	<-w.letGo
	return w.Windows.Resolve(ctx, bearer)
}

// Clients that came together are due together. The database must not be asked for
// all of them at once.
func TestSecretsAreLookedAtAFewAtATime(t *testing.T) {
	const crowd = 20
	slow := &slowWindows{letGo: make(chan struct{})}
	h := open(t, choices{
		options: func(o *realtime.Options) { o.RecheckEvery, o.DeadAfter = 10*time.Second, time.Hour },
		deps:    func(d *realtime.Deps) { slow.Windows, d.Windows = d.Windows, slow },
	})
	for i := range crowd {
		h.window(fmt.Sprint("ann ", i))
	}
	h.later(11 * time.Second)
	eventually(t, "some looked at", func() bool { return slow.asking.Load() == atOnce })
	close(slow.letGo)
	eventually(t, "all looked at", func() bool { return slow.asked.Load() == crowd })
	if n := slow.tooMany.Load(); n > 0 {
		t.Errorf("%d were looked at beside %d others or more", n, atOnce)
	}
}

func TestAStopIsAnnounced(t *testing.T) {
	h := open(t, choices{})
	window, _ := h.window("ann")
	desk := h.deskOf(h.colleague(identity.Agent))
	mute := h.dial(nil) // has not said hello
	eventually(t, "all three in", func() bool { return h.server.Open() == 3 })
	h.server.Close()
	for _, w := range []*wire{window, desk, mute} {
		if got := w.next("closing"); got.text("reason") != "shutdown" || got.number("retry_after_ms") < 1 {
			t.Errorf("told %v", got)
		}
		w.gone("")
	}
	if _, response, err := h.tryDial(nil); err == nil || response == nil || response.StatusCode != 503 || response.Header.Get("Retry-After") == "" {
		t.Errorf("a server that stops answered %v", response)
	}
	eventually(t, "everybody gone", func() bool { return h.server.Open() == 0 })
	if all, indexed, sessions := h.server.Known(); all+indexed+sessions != 0 {
		t.Errorf("%d connections, %d indexed, %d sessions are left", all, indexed, sessions)
	}
}

// Whoever is sent home comes back when told, so that all must be told otherwise.
func TestNotEverybodyComesBackAtOnce(t *testing.T) {
	const crowd = 40
	h := open(t, choices{})
	all := make([]*wire, crowd)
	for i := range all {
		all[i], _ = h.window(fmt.Sprint("ann ", i))
	}
	h.server.Close()
	times := map[int64]int{}
	for _, w := range all {
		at := w.next("closing").number("retry_after_ms")
		if at < 1000 || at > 1000+crowd {
			t.Errorf("one of %d is told to come back after %d ms", crowd, at)
		}
		times[at]++
	}
	for at, n := range times {
		if n > crowd/2 {
			t.Errorf("%d of %d are told to come back after %d ms", n, crowd, at)
		}
	}
}

// TestRevocationsMeetHello revokes customers at the moment they come: whichever
// is first, no connection may outlive it.
func TestRevocationsMeetHello(t *testing.T) {
	h := open(t, choices{})
	ctx := context.Background()
	for i := range 30 {
		_, welcome := h.window(fmt.Sprint("ann", i))
		revoked := make(chan error, 1)
		go func() {
			revoked <- h.store.RevokeCustomer(ctx, identity.SystemPart("test"), welcome.text("customer"))
		}()
		second := h.dial(nil)
		second.say(frame{"t": "hello", "v": 1, "role": "window", "visitor": welcome.text("visitor")})
		got := second.next("welcome", "error", "closing")
		h.must(<-revoked)
		if got.text("t") == "welcome" && got.text("customer") == welcome.text("customer") {
			second.gone("revoked")
		}
	}
}

// TestAStopMeetsHello stops the server while windows open: none may be left.
func TestAStopMeetsHello(t *testing.T) {
	for range 10 {
		h := open(t, choices{})
		var sockets []*wire
		for range 10 {
			sockets = append(sockets, h.dial(nil))
		}
		for _, w := range sockets {
			w.say(frame{"t": "hello", "v": 1, "role": "window"})
		}
		h.server.Close()
		for _, w := range sockets {
			w.gone("shutdown")
		}
		eventually(t, "everybody gone", func() bool { return h.server.Open() == 0 })
	}
}

// TestEventsMeetHello writes while a window opens: what it resumes and what it is
// told then must add up to the whole log.
func TestEventsMeetHello(t *testing.T) {
	h := open(t, choices{})
	window, welcome := h.window("ann")
	conv := window.start()
	written := make(chan struct{})
	go func() {
		defer close(written)
		h.fill([]string{conv}, 300, "x")
	}()
	for done := false; !done; {
		select {
		case <-written:
			done = true
		default:
		}
		w := h.dial(nil)
		w.hello(frame{"role": "window", "visitor": welcome.text("visitor"), "resume": []frame{{"conv": conv, "last_seq": 0}}})
		have := map[int64]bool{}
		var top int64
		for _, f := range w.rest() {
			for _, e := range append(f.events(), f) {
				if seq := e.number("seq"); seq > 0 {
					have[seq], top = true, max(top, seq)
				}
			}
		}
		for seq := int64(1); seq <= min(top, conversation.MaxPage); seq++ {
			if !have[seq] {
				t.Fatalf("entry %d of %d never came", seq, top)
			}
		}
		w.cut()
	}
}

// Nobody knows whom a commit of unknown outcome concerned: everybody looks again.
func TestACommitOfUnknownOutcome(t *testing.T) {
	h := open(t, choices{})
	window, _ := h.window("ann")
	visitor, _ := h.window("")
	desk := h.deskOf(h.colleague(identity.Agent))
	desk.say(frame{"t": "watch", "inbox": true})
	desk.rest()
	h.server.Committed(event.Commit{Unknown: true})
	for _, w := range []*wire{window, visitor, desk} {
		if got := w.next("resync"); got["conv"] != nil {
			t.Errorf("resync is about %v alone", got["conv"])
		}
	}
	if got := desk.next("inbox"); got["conv"] != nil {
		t.Errorf("the inbox changed in %v alone", got["conv"])
	}
}
