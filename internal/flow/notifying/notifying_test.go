package notifying_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kefu/internal/connector/hook"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/webhook"
	"kefu/internal/flow/following"
	"kefu/internal/flow/notifying"
	"kefu/internal/platform/egress"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

// receiver is a real server that checks signatures as the specification says.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	secret  webhook.Secret
	status  int
	after   string
	taken   []taken
	invalid int
	came    chan struct{}
}

type taken struct {
	id   string
	kind string
	data webhook.Data
	text string
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{status: http.StatusNoContent, came: make(chan struct{}, 1000)}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// ServeHTTP implements http.Handler.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() { r.came <- struct{}{} }()
	at := req.Header.Get(webhook.HeaderTimestamp)
	stamp, _ := json.Number(at).Int64()
	if !webhook.Verify(r.secret, req.Header.Get(webhook.HeaderID), at, req.Header.Get(webhook.HeaderSignature), body, time.Unix(stamp, 0)) {
		r.invalid++
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var what struct {
		Type string       `json:"type"`
		Data webhook.Data `json:"data"`
	}
	_ = json.Unmarshal(body, &what)
	r.taken = append(r.taken, taken{req.Header.Get(webhook.HeaderID), what.Type, what.Data, string(body)})
	if r.after != "" {
		w.Header().Set("Retry-After", r.after)
	}
	w.WriteHeader(r.status)
}

func (r *receiver) answer(status int, after string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status, r.after = status, after
}

func (r *receiver) kinds() (all []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range r.taken {
		all = append(all, one.kind)
	}
	slices.Sort(all)
	return all
}

// house is a store, a follower that plans and a sender that sends, in one process.
type house struct {
	t         *testing.T
	d         *storagetest.Deployment
	s         *storagetest.Process
	follower  *following.Follower
	planner   *notifying.Planner
	desk      *notifying.Desk
	endpoints []notifying.Endpoint
	wake      func() // the clock stands until it is moved; the sender must be told
	mu        sync.Mutex
}

func (h *house) all() []notifying.Endpoint {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.endpoints)
}

func open(t *testing.T, d *storagetest.Deployment) *house {
	h := &house{t: t, d: d, s: d.Open(t)}
	quiet := slog.New(slog.DiscardHandler)
	sender := notifying.NewSender(h.s.Store, h.all, hook.New(egress.Options{Private: true, Timeout: 5 * time.Second}), d.Clock.Now, quiet)
	h.desk = notifying.NewDesk(h.s.Store, h.all, sender.Wake, d.Clock.Now)
	h.planner = notifying.NewPlanner(h.s.Store, sender.Wake)
	h.follower = h.s.RunFollower(h.planner, following.Options{Name: notifying.Follower, AtEnd: true, Clock: d.Clock.Now})
	ctx, cancel := context.WithCancel(context.Background())
	var sending sync.WaitGroup
	sending.Go(func() { _ = sender.Run(ctx) })
	t.Cleanup(func() { cancel(); sending.Wait() })
	h.wake = sender.Wake
	h.settled() // it begins at the end of the log, as it is now
	return h
}

func (h *house) endpoint(r *receiver, events ...webhook.Type) string {
	h.t.Helper()
	e := notifying.Endpoint{ID: id.New(), Endpoint: webhook.Endpoint{Name: "test", URL: r.URL, Events: events}}
	h.mu.Lock()
	h.endpoints = append(h.endpoints, e)
	h.mu.Unlock()
	h.planner.Use(h.all())
	secret, err := h.desk.Secret(context.Background(), identity.SystemPart("test"), e.ID)
	must(h.t, err)
	r.mu.Lock()
	r.secret = secret
	r.mu.Unlock()
	return e.ID
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// customer begins a conversation as somebody whom the wallet knows.
func (h *house) customer(subject string) (identity.Principal, string) {
	h.t.Helper()
	p := h.s.SignIn(subject)
	return p, h.s.Begin(p, "en")
}

func (h *house) do(p identity.Principal, conv string, kind conversation.CommandKind, c conversation.Content) conversation.Result {
	h.t.Helper()
	command := conversation.Command{Kind: kind, Content: c}
	if kind == conversation.Send {
		command.ClientID = id.New()
	}
	r, err := h.s.Execute(context.Background(), p, conv, command)
	must(h.t, err)
	return r
}

func agent() identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Agent}
}

func (h *house) settled() {
	h.t.Helper()
	h.s.Settle(h.follower)
}

// await waits until an endpoint's deliveries stand as they should.
func (h *house) await(endpoint string, want map[webhook.State]int) []webhook.Delivery {
	h.t.Helper()
	var all []webhook.Delivery
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		var err error
		all, err = h.s.Deliveries(context.Background(), identity.SystemPart("test"), webhook.DeliveryQuery{Endpoint: endpoint, Limit: 200})
		must(h.t, err)
		got := map[webhook.State]int{}
		for _, d := range all {
			got[d.State]++
		}
		if maps.Equal(got, want) {
			return all
		}
	}
	h.t.Fatalf("the deliveries never stood as %v: %+v", want, all)
	return nil
}

func TestWhatHappensIsTold(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, r := open(t, d), newReceiver(t)
		me, conv := h.customer("anna")
		h.do(me, conv, conversation.Send, conversation.Content{Text: "before anybody listened"})
		h.settled()
		e := h.endpoint(r, webhook.Types()...)
		h.do(me, conv, conversation.Send, conversation.Content{Text: "my very own words"})
		mei := agent()
		h.do(mei, conv, conversation.Assign, conversation.Content{Staff: &conversation.StaffRef{ID: mei.ID, Name: "Mei"}})
		answered := h.do(mei, conv, conversation.Send, conversation.Content{Text: "an answer in words"})
		h.do(me, conv, conversation.AskPerson, conversation.Content{})
		h.do(mei, conv, conversation.SetStatus, conversation.Content{Status: conversation.Resolved, WrapUp: "a wrap-up"})
		h.do(me, conv, conversation.Send, conversation.Content{Text: "not yet"})
		h.settled()
		h.await(e, map[webhook.State]int{webhook.Delivered: 7, webhook.Pending: 1})
		want := []string{"conversation.assigned", "conversation.reopened", "conversation.resolved", "message.received", "message.received", "message.sent", "person.asked_for"}
		if got := r.kinds(); !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
		d.Clock.Move(webhook.UnreachedAfter + time.Second)
		h.wake()
		h.await(e, map[webhook.State]int{webhook.Delivered: 8})
		for _, one := range r.taken {
			if c := one.data.Customer; c == nil || c.ID != me.ID || c.Issuer != "wallet" || c.Subject != "anna" || one.data.Conversation != conv {
				t.Errorf("%s is about %+v", one.kind, one.data)
			}
			for _, words := range []string{"own words", "in words", "wrap-up", "Mei", "not yet"} {
				if strings.Contains(one.text, words) {
					t.Errorf("%s tells what people wrote: %s", one.kind, one.text)
				}
			}
			if one.kind == "customer.unreached" && (one.data.Unread != 1 || one.data.Seq != answered.Seq) {
				t.Errorf("unreached: %+v", one.data)
			}
		}
		if r.invalid != 0 {
			t.Errorf("%d signatures were wrong", r.invalid)
		}
	})
}

// Who has the answer on their screen needs no push, and a visitor has no wallet.
func TestWhoWasReachedIsNotPushed(t *testing.T) {
	h, r := open(t, storagetest.New(t, "sqlite")), newReceiver(t)
	e := h.endpoint(r, webhook.CustomerUnreached)
	mei := agent()
	me, reached := h.customer("anna")
	h.do(me, reached, conversation.Send, conversation.Content{Text: "hello"})
	answer := h.do(mei, reached, conversation.Send, conversation.Content{Text: "hello Anna"})
	_, err := h.s.Execute(context.Background(), me, reached, conversation.Command{Kind: conversation.Delivered, Seq: answer.Seq})
	must(t, err)
	stranger := identity.Principal{Kind: identity.Visitor, ID: id.New()}
	asked := h.s.Begin(stranger, "en")
	h.do(stranger, asked, conversation.Send, conversation.Content{Text: "hello"})
	h.do(mei, asked, conversation.Send, conversation.Content{Text: "hello you"})
	h.settled()
	h.d.Clock.Move(webhook.UnreachedAfter + time.Second)
	h.wake()
	h.await(e, map[webhook.State]int{webhook.Skipped: 2})
	if got := r.kinds(); len(got) != 0 {
		t.Errorf("told %v", got)
	}
}

// What was queued before somebody's data stood still goes out to nobody but their own wallet.
func TestWhatWasQueuedBeforeAStandstillStays(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, r := open(t, d), newReceiver(t)
		r.answer(http.StatusServiceUnavailable, "")
		e := h.endpoint(r, webhook.MessageReceived, webhook.CustomerUnreached)
		anna, conv := h.customer("anna")
		mei := agent()
		h.do(anna, conv, conversation.Send, conversation.Content{Text: "hello"})
		h.do(mei, conv, conversation.Send, conversation.Content{Text: "hello Anna"})
		h.settled()
		<-r.came // and was refused, so that it waits
		h.await(e, map[webhook.State]int{webhook.Pending: 2})
		d.StandStill(t, anna.ID)
		r.answer(http.StatusNoContent, "")
		d.Clock.Move(time.Hour)
		h.wake()
		all := h.await(e, map[webhook.State]int{webhook.Skipped: 1, webhook.Delivered: 1})
		for _, one := range all {
			if one.State == webhook.Skipped && (one.Event.Type != webhook.MessageReceived || one.LastError != "standstill") {
				t.Errorf("not sent: %+v", one)
			}
		}
		d.Lift(t)
		for _, one := range all {
			if one.State == webhook.Skipped {
				must(t, h.desk.Retry(context.Background(), identity.SystemPart("test"), e, one.ID))
			}
		}
		h.wake()
		h.await(e, map[webhook.State]int{webhook.Delivered: 2}) // a hand sends it, once it may be
	})
}

func TestWhatIsRefusedIsTriedAgain(t *testing.T) {
	h, r := open(t, storagetest.New(t, "sqlite")), newReceiver(t)
	e := h.endpoint(r, webhook.MessageReceived)
	r.answer(http.StatusInternalServerError, "")
	me, conv := h.customer("anna")
	h.do(me, conv, conversation.Send, conversation.Content{Text: "hello"})
	h.settled()
	failing := func(attempts int) webhook.Delivery {
		t.Helper()
		for {
			d := h.await(e, map[webhook.State]int{webhook.Pending: 1})[0]
			if d.Attempts == attempts && d.LastStatus != 0 && d.NextAt > h.d.Clock.Micros() && d.NextAt-h.d.Clock.Micros() != 90_000_000 {
				return d
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	first := failing(1)
	if pause := time.Duration(first.NextAt-h.d.Clock.Micros()) * time.Microsecond; pause < 5*time.Second || pause > 6*time.Second || first.LastError != "refused" || first.LastStatus != 500 {
		t.Errorf("after %v: %+v", pause, first)
	}
	r.answer(http.StatusTooManyRequests, "1800")
	h.d.Clock.Move(7 * time.Second)
	h.wake()
	if pause := time.Duration(failing(2).NextAt-h.d.Clock.Micros()) * time.Microsecond; pause != 30*time.Minute {
		t.Errorf("the receiver asked for half an hour and gets %v", pause)
	}
	r.answer(http.StatusOK, "")
	h.d.Clock.Move(31 * time.Minute)
	h.wake()
	done := h.await(e, map[webhook.State]int{webhook.Delivered: 1})[0]
	ids := map[string]bool{}
	for _, one := range r.taken {
		ids[one.id] = true
	}
	if done.Attempts != 3 || len(r.taken) != 3 || len(ids) != 1 {
		t.Errorf("%d tries under the ids %v: %+v", len(r.taken), ids, done)
	}
	r.answer(http.StatusGone, "")
	h.do(me, conv, conversation.Send, conversation.Content{Text: "again"})
	h.settled()
	h.await(e, map[webhook.State]int{webhook.Delivered: 1, webhook.Failed: 1})
}

// One endpoint that does not answer holds up no other.
func TestASlowEndpointHoldsUpNoOther(t *testing.T) {
	h, quick := open(t, storagetest.New(t, "sqlite")), newReceiver(t)
	hang := make(chan struct{})
	slow := newReceiver(t)
	slow.Config.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang })
	t.Cleanup(func() { close(hang) })
	h.endpoint(slow, webhook.MessageReceived)
	e := h.endpoint(quick, webhook.MessageReceived)
	me, conv := h.customer("anna")
	for range 20 {
		h.do(me, conv, conversation.Send, conversation.Content{Text: "hello"})
	}
	h.settled()
	h.await(e, map[webhook.State]int{webhook.Delivered: 20})
}

// What was to be told when a process ended is told by the next one, once.
func TestWhatIsLeftIsToldAfterARestart(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		r := newReceiver(t)
		var e string
		t.Run("before", func(t *testing.T) {
			h := open(t, d)
			e = h.endpoint(r, webhook.MessageReceived)
			r.answer(http.StatusServiceUnavailable, "")
			me, conv := h.customer("anna")
			h.do(me, conv, conversation.Send, conversation.Content{Text: "hello"})
			h.settled()
			<-r.came
		})
		r.answer(http.StatusOK, "")
		d.Clock.Move(3 * time.Minute)
		h := open(t, d)
		h.mu.Lock()
		h.endpoints = []notifying.Endpoint{{ID: e, Endpoint: webhook.Endpoint{Name: "test", URL: r.URL, Events: []webhook.Type{webhook.MessageReceived}}}}
		h.mu.Unlock()
		h.wake()
		h.await(e, map[webhook.State]int{webhook.Delivered: 1})
	})
}
