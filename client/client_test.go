package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kefu/client"
	"kefu/client/clienttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder is a program built on the client: it notes what it is handed.
type recorder struct {
	mu     sync.Mutex
	events map[string][]int64
	stored []client.Stored
	errs   []client.Error
	states []client.State
	change chan struct{}
}

func newRecorder() *recorder {
	return &recorder{events: map[string][]int64{}, change: make(chan struct{}, 1)}
}

func (r *recorder) handle(f client.Frame) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch f := f.(type) {
	case *client.Event:
		r.events[f.Conv] = append(r.events[f.Conv], f.Seq)
	case *client.Stored:
		r.stored = append(r.stored, *f)
	case *client.Error:
		r.errs = append(r.errs, *f)
	case *client.State:
		r.states = append(r.states, *f)
	}
	select {
	case r.change <- struct{}{}:
	default:
	}
}

// until waits until condition holds of the recorder.
func (r *recorder) until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	limit := time.After(10 * time.Second)
	for {
		r.mu.Lock()
		holds := condition()
		r.mu.Unlock()
		if holds {
			return
		}
		select {
		case <-r.change:
		case <-limit:
			t.Fatalf("never happened: %s (%+v)", what, r)
		}
	}
}

func run(t *testing.T, config client.Config, r *recorder) *client.Client {
	t.Helper()
	config.Handle = r.handle
	config.Pause = func(int) time.Duration { return time.Millisecond }
	c, err := client.New(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return c
}

func start(t *testing.T, c *client.Client) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conv, err := c.Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return conv
}

func TestAFrameLimitHidesNothing(t *testing.T) {
	server := clienttest.New()
	defer server.Close()
	r, watcher := newRecorder(), newRecorder()
	server.Misbehave(clienttest.Faults{TooMany: func() func(string) bool {
		seen := map[string]int{}
		return func(t string) bool { seen[t]++; return t != "hello" && seen[t] == 1 }
	}()})
	c := run(t, client.Config{Target: client.Target{URL: server.URL}, Role: "window", Token: token("ann")}, r)
	conv := start(t, c)
	desk := run(t, client.Config{Target: client.Target{URL: server.URL}, Role: "desk", Token: token("desk")}, watcher)
	desk.WatchInbox()
	desk.Watch(conv, 0)
	for i := range 5 {
		if _, err := c.Send(client.Outgoing{Conv: conv, Text: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, side := range []*recorder{r, watcher} {
		side.until(t, "everything delivered", func() bool { return slices.Equal(side.events[conv], counting(5)) })
	}
}

func TestAGapSeenWhileTheClientKeepsSilentIsFetchedAfterwards(t *testing.T) {
	server := clienttest.New()
	defer server.Close()
	r, limited := newRecorder(), make(chan struct{})
	c := run(t, client.Config{Target: client.Target{URL: server.URL}, Transport: client.WebSocket, Role: "window", Token: token("ann")}, r)
	conv := start(t, c)
	server.Misbehave(clienttest.Faults{
		TooMany:   func(t string) bool { close(limited); return t == "ping" },
		DropEvent: func(_ string, seq int64) bool { return seq == 1 },
	})
	if !c.Tell(client.AppendPing(nil)) {
		t.Fatal("no connection")
	}
	<-limited
	server.Append(conv, "status", map[string]any{"status": "waiting"}) // these come after the answer that silences the client
	server.Misbehave(clienttest.Faults{})
	server.Append(conv, "status", map[string]any{"status": "resolved"})
	r.until(t, "both entries", func() bool { return slices.Equal(r.events[conv], counting(2)) })
}

// What a desk left and the server let drop is left once more afterwards: the server
// would count it for ever among what may be watched at once.
func TestALimitForgetsNoUnwatch(t *testing.T) {
	server := clienttest.New()
	defer server.Close()
	r := newRecorder()
	unwatched := make(chan struct{}, 10)
	desk := run(t, client.Config{Target: client.Target{URL: server.URL}, Transport: client.WebSocket, Role: "desk", Token: token("desk")}, r)
	r.until(t, "online", func() bool { return len(r.states) > 0 })
	desk.Watch("left", 0)
	server.Misbehave(clienttest.Faults{TooMany: func(frame string) bool {
		if frame == "unwatch" {
			unwatched <- struct{}{}
		}
		return frame == "unwatch" && len(unwatched) == 1
	}})
	desk.Unwatch("left")
	for late := time.Now().Add(5 * time.Second); len(unwatched) < 2; {
		if time.Sleep(time.Millisecond); time.Now().After(late) {
			t.Fatal("what the server let drop is still watched")
		}
	}
}

func TestWhatALaterWelcomeKnowsIsFetched(t *testing.T) {
	server := clienttest.New()
	defer server.Close()
	r := newRecorder()
	c := run(t, client.Config{Target: client.Target{URL: server.URL}, Transport: client.WebSocket, Role: "window", Token: token("ann")}, r)
	conv := start(t, c)
	server.Misbehave(clienttest.Faults{DropEvent: func(string, int64) bool { return true }})
	server.Append(conv, "status", map[string]any{"status": "resolved"})
	server.Broadcast(`{"t":"welcome","session":"s","conversations":[{"conv":"` + conv + `","last_seq":1}]}`)
	r.until(t, "the entry", func() bool { return slices.Equal(r.events[conv], counting(1)) })
}

func TestABusyServerIsLeftAloneForAsLongAsItSays(t *testing.T) {
	server := clienttest.New()
	defer server.Close()
	var tries []time.Time
	server.Misbehave(clienttest.Faults{Busy: func() bool {
		tries = append(tries, time.Now())
		return len(tries) == 1
	}})
	r := newRecorder()
	run(t, client.Config{Target: client.Target{URL: server.URL}, Role: "window", Token: token("ann")}, r)
	r.until(t, "connected", func() bool { return len(r.states) == 1 })
	server.Misbehave(clienttest.Faults{})
	if len(tries) != 2 || tries[1].Sub(tries[0]) < time.Second {
		t.Errorf("tried at %v", tries)
	}
}

func TestARefusalThatPassesIsNotTheEnd(t *testing.T) {
	server := clienttest.New()
	defer server.Close()
	refusals := 0
	server.Misbehave(clienttest.Faults{RefuseHello: func() string {
		if refusals++; refusals <= 5 {
			return "unavailable"
		}
		return ""
	}})
	r := newRecorder()
	run(t, client.Config{Target: client.Target{URL: server.URL}, Transport: client.WebSocket, Role: "window", Token: token("ann")}, r)
	r.until(t, "connected", func() bool { return len(r.states) == 1 })
}

func token(s string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return s, nil }
}

func counting(n int) []int64 {
	all := make([]int64, n)
	for i := range all {
		all[i] = int64(i + 1)
	}
	return all
}

func TestEveryMessageIsStoredOnceAndEveryEntryComesOnceInOrder(t *testing.T) {
	unlucky := func(share float64) func(string, int64) bool {
		return func(string, int64) bool { return rand.Float64() < share }
	}
	for _, test := range []struct {
		name      string
		transport client.Transport
		faults    clienttest.Faults
	}{
		{"calm socket", client.WebSocket, clienttest.Faults{}},
		{"calm stream", client.Stream, clienttest.Faults{}},
		{"lost acknowledgements", client.WebSocket, clienttest.Faults{DropStored: func(string) bool { return rand.Float64() < 0.3 }}},
		{"gaps", client.WebSocket, clienttest.Faults{DropEvent: unlucky(0.4)}},
		{"repeats", client.WebSocket, clienttest.Faults{RepeatEvent: unlucky(0.5)}},
		{"frames dropped by a limit", client.WebSocket, clienttest.Faults{
			TooMany: func(t string) bool { return t != "hello" && rand.Float64() < 0.1 }, DropEvent: unlucky(0.2),
		}},
		{"all at once by stream", client.Stream, clienttest.Faults{
			DropEvent: unlucky(0.3), RepeatEvent: unlucky(0.3), DropStored: func(string) bool { return rand.Float64() < 0.2 },
		}},
		{"all at once by socket", client.WebSocket, clienttest.Faults{
			DropEvent: unlucky(0.3), RepeatEvent: unlucky(0.3), DropStored: func(string) bool { return rand.Float64() < 0.2 },
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := clienttest.New()
			defer server.Close()
			r, watcher := newRecorder(), newRecorder()
			c := run(t, client.Config{Target: client.Target{URL: server.URL}, Transport: test.transport, Role: "window", Token: token("ann")}, r)
			conv := start(t, c)
			desk := run(t, client.Config{Target: client.Target{URL: server.URL}, Transport: test.transport, Role: "desk", Token: token("desk")}, watcher)
			desk.Watch(conv, 0)

			server.Misbehave(test.faults)
			const n = 40
			for i := range n {
				if _, err := c.Send(client.Outgoing{Conv: conv, Text: fmt.Sprint(i)}); err != nil {
					t.Fatal(err)
				}
			}
			r.until(t, "everything stored", func() bool { return len(r.stored) == n })
			server.Misbehave(clienttest.Faults{})
			last := int(server.Append(conv, "status", map[string]any{"status": "resolved"}))
			if last != n+1 {
				t.Errorf("the log has %d entries, want %d", last, n+1)
			}
			for _, side := range []*recorder{r, watcher} {
				side.until(t, "everything delivered", func() bool { return len(side.events[conv]) >= last })
				if !slices.Equal(side.events[conv], counting(last)) {
					t.Errorf("entries came as %v", side.events[conv])
				}
			}
			for i, e := range server.Log(conv)[:n] {
				if e.Payload["text"] != fmt.Sprint(i) {
					t.Errorf("entry %d holds %v: out of order", e.Seq, e.Payload["text"])
				}
			}
		})
	}
}

func TestFallsBackToTheStreamWhereSocketsAreRefused(t *testing.T) {
	server := clienttest.New()
	defer server.Close()
	server.Misbehave(clienttest.Faults{NoSockets: true})
	r := newRecorder()
	c := run(t, client.Config{Target: client.Target{URL: server.URL}, Role: "window", Token: token("ann")}, r)
	conv := start(t, c)
	if _, err := c.Send(client.Outgoing{Conv: conv, Text: "hello"}); err != nil {
		t.Fatal(err)
	}
	r.until(t, "stored", func() bool { return len(r.stored) == 1 })
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.states[0].Transport != client.Stream {
		t.Errorf("connected by %q", r.states[0].Transport)
	}
}

func TestUnacknowledgedMessagesAreRepeatedOldestFirstAfterReconnecting(t *testing.T) {
	server := clienttest.New()
	defer server.Close()
	r := newRecorder()
	c := run(t, client.Config{Target: client.Target{URL: server.URL}, Role: "window", Token: token("ann")}, r)
	convs := []string{start(t, c), start(t, c), start(t, c)}
	server.Misbehave(clienttest.Faults{Refuse: func(string) (string, int64) { return "unavailable", 60_000 }})
	var ids []string
	for _, conv := range convs {
		id, err := c.Send(client.Outgoing{Conv: conv, Text: "x"})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	limit := time.Now().Add(5 * time.Second)
	for len(server.Sends()) < 3 && time.Now().Before(limit) {
		time.Sleep(time.Millisecond)
	}
	server.Misbehave(clienttest.Faults{})
	server.CutAll()
	r.until(t, "stored after reconnecting", func() bool { return len(r.stored) == 3 })
	if sends := server.Sends(); !slices.Equal(sends[len(sends)-3:], ids) {
		t.Errorf("repeated as %v, want %v", sends[len(sends)-3:], ids)
	}
}

func TestARefusedMessageIsNotOvertaken(t *testing.T) {
	server := clienttest.New()
	defer server.Close()
	r := newRecorder()
	c := run(t, client.Config{Target: client.Target{URL: server.URL}, Role: "window", Token: token("ann")}, r)
	conv := start(t, c)
	refusals := 2
	server.Misbehave(clienttest.Faults{Refuse: func(string) (string, int64) {
		if refusals--; refusals >= 0 {
			return "rate_limited", 20
		}
		return "", 0
	}})
	for _, text := range []string{"first", "second"} {
		if _, err := c.Send(client.Outgoing{Conv: conv, Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	r.until(t, "stored", func() bool { return len(r.stored) == 2 })
	if log := server.Log(conv); log[0].Payload["text"] != "first" {
		t.Errorf("the log begins with %v", log[0].Payload["text"])
	}
}

// box is an outbox in memory.
type box struct {
	mu      sync.Mutex
	kept    []client.Outgoing
	done    int
	dropped []string
}

func (b *box) Keep(m client.Outgoing) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept = append(b.kept, m)
	return nil
}

func (b *box) Done(client.Stored) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done++
	return nil
}

func (b *box) Drop(id, code string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dropped = append(b.dropped, id+" "+code)
	return nil
}

func TestOutboxCarriesMessagesIntoALaterLife(t *testing.T) {
	server := clienttest.New()
	defer server.Close()
	r, outbox := newRecorder(), &box{}
	config := client.Config{Target: client.Target{URL: server.URL}, Role: "window", Token: token("ann"), Outbox: outbox}
	c := run(t, config, r)
	conv := start(t, c)

	unborn := config
	unborn.Target.URL = "http://127.0.0.1:1"
	lost, err := client.New(unborn)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := lost.Send(client.Outgoing{Conv: conv, Text: "before the crash"}); err != nil {
			t.Fatal(err)
		}
	}
	config.Unsent = outbox.kept
	again := newRecorder()
	run(t, config, again)
	again.until(t, "stored", func() bool { return len(again.stored) == 3 && outbox.done == 3 })
	if got := len(server.Log(conv)); got != 3 {
		t.Errorf("%d entries, want 3", got)
	}
}

func TestAFinalRefusalIsTold(t *testing.T) {
	server := clienttest.New()
	defer server.Close()
	r, outbox := newRecorder(), &box{}
	c := run(t, client.Config{Target: client.Target{URL: server.URL}, Role: "window", Token: token("ann"), Outbox: outbox}, r)
	conv := start(t, c)
	server.Misbehave(clienttest.Faults{Refuse: func(string) (string, int64) { return "invalid", 0 }})
	id, err := c.Send(client.Outgoing{Conv: conv, Text: "x"})
	if err != nil {
		t.Fatal(err)
	}
	r.until(t, "an error", func() bool { return len(r.errs) == 1 && r.errs[0].Ref == id })
	if c.Waiting() != 0 || len(outbox.dropped) != 1 {
		t.Errorf("waiting %d, dropped %v", c.Waiting(), outbox.dropped)
	}
}

func TestRunEndsWhenRefusedForGood(t *testing.T) {
	server := clienttest.New()
	defer server.Close()
	for _, test := range []struct {
		name, token, broadcast string
	}{{"token", "refuse-me", ""}, {"revoked", "ann", `{"t":"closing","reason":"revoked"}`}} {
		t.Run(test.name, func(t *testing.T) {
			online := make(chan struct{}, 1)
			c, err := client.New(client.Config{
				Target: client.Target{URL: server.URL}, Role: "window", Token: token(test.token),
				Pause: func(int) time.Duration { return time.Millisecond },
				Handle: func(f client.Frame) {
					if s, ok := f.(*client.State); ok && s.Online {
						online <- struct{}{}
					}
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			if test.broadcast != "" {
				go func() { <-online; server.Broadcast(test.broadcast) }()
			}
			if err := c.Run(ctx); err == nil || errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Run() = %v", err)
			}
		})
	}
}

func TestEntriesAreAcknowledged(t *testing.T) {
	server := clienttest.New()
	defer server.Close()
	r := newRecorder()
	c := run(t, client.Config{Target: client.Target{URL: server.URL}, Role: "window", Token: token("ann")}, r)
	conv := start(t, c)
	for range 5 {
		server.Append(conv, "message", map[string]any{"text": "hi"})
	}
	limit := time.Now().Add(5 * time.Second)
	for server.Acked(conv) != 5 && time.Now().Before(limit) {
		time.Sleep(time.Millisecond)
	}
	if server.Acked(conv) != 5 {
		t.Errorf("acknowledged up to %d", server.Acked(conv))
	}
}

// A program that writes down its positions and ends before it was done with an
// entry must be given that entry again.
func TestPositionsLeaveOutWhatIsBeingHandled(t *testing.T) {
	server := clienttest.New()
	defer server.Close()
	r := newRecorder()
	conv := start(t, run(t, client.Config{Target: client.Target{URL: server.URL}, Role: "window", Token: token("ann")}, r))
	var c *client.Client
	during := make(chan []client.Position, 1)
	c, err := client.New(client.Config{
		Target: client.Target{URL: server.URL}, Role: "desk", Token: token("desk"),
		Handle: func(f client.Frame) {
			if _, ok := f.(*client.Event); ok {
				during <- c.Positions()
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	c.Watch(conv, 0)
	for seq := range int64(2) {
		server.Append(conv, "status", map[string]any{"status": "waiting"})
		if got := <-during; len(got) != 1 || got[0].LastSeq != seq {
			t.Errorf("during entry %d the positions are %v", seq+1, got)
		}
	}
	cancel()
	<-ended
	if got := c.Positions(); len(got) != 1 || got[0].LastSeq != 2 {
		t.Errorf("in the end the positions are %v", got)
	}
}

// A desk that leaves conversations while they are read must go on reading others.
func TestUnwatchMakesRoomForOtherReads(t *testing.T) {
	server := clienttest.New()
	defer server.Close()
	r := newRecorder()
	conv := start(t, run(t, client.Config{Target: client.Target{URL: server.URL}, Role: "window", Token: token("ann")}, newRecorder()))
	server.Append(conv, "status", map[string]any{"status": "waiting"})
	lost := make(chan struct{}, 100)
	server.Misbehave(clienttest.Faults{Lose: func(frame string) bool {
		if frame == "fetch" {
			lost <- struct{}{}
		}
		return frame == "fetch"
	}})
	desk := run(t, client.Config{Target: client.Target{URL: server.URL}, Transport: client.WebSocket, Role: "desk", Token: token("desk")}, r)
	r.until(t, "online", func() bool { return len(r.states) > 0 })
	for i := range 16 { // as many as may be read at once
		desk.Watch(fmt.Sprint("left-", i), 0)
	}
	for range 16 {
		<-lost
	}
	desk.Watch(conv, 0) // waits until there is room
	server.Misbehave(clienttest.Faults{})
	for i := range 16 {
		desk.Unwatch(fmt.Sprint("left-", i))
	}
	r.until(t, "the log was read", func() bool { return slices.Equal(r.events[conv], counting(1)) })
}

// overlap is an outbox that tells when it is called while it keeps the second message.
type overlap struct {
	kept    int
	entered chan struct{}
	done    chan struct{}
	overlap bool
}

func (o *overlap) Keep(client.Outgoing) error {
	if o.kept++; o.kept < 2 {
		return nil
	}
	close(o.entered)
	select {
	case <-o.done:
		o.overlap = true
	case <-time.After(100 * time.Millisecond): // nobody came in
	}
	return nil
}

func (o *overlap) Done(client.Stored) error {
	o.done <- struct{}{}
	return nil
}

func (o *overlap) Drop(string, string) error { return nil }

func TestAnOutboxIsCalledByOneAtATime(t *testing.T) {
	server := clienttest.New()
	defer server.Close()
	outbox := &overlap{entered: make(chan struct{}), done: make(chan struct{}, 2)}
	c := run(t, client.Config{Target: client.Target{URL: server.URL}, Role: "window", Token: token("ann"), Outbox: outbox}, newRecorder())
	conv := start(t, c)
	server.Misbehave(clienttest.Faults{Rewrite: func(text string) string { <-outbox.entered; return text }})
	for range 2 {
		if _, err := c.Send(client.Outgoing{Conv: conv, Text: "hello"}); err != nil {
			t.Fatal(err)
		}
	}
	if outbox.overlap {
		t.Error("Done was called while Keep was at work")
	}
}

func TestScanFindsTheHead(t *testing.T) {
	for _, test := range []struct {
		frame, kind, id string
		seq             int64
		ok              bool
	}{
		{`{"t":"stored","client_msg_id":"a-b","conv":"c","seq":12,"at":5}`, "stored", "a-b", 12, true},
		{`{ "payload": {"text":"a \"}\" b","seq":9,"x":[1,{"y":2}]} , "seq" : 7, "t":"event"}`, "event", "", 7, true},
		{`{}`, "", "", 0, true},
		{`{"t":"x"`, "x", "", 0, false},
		{`[1]`, "", "", 0, false},
		{`{"t":}`, "", "", 0, false},
		{``, "", "", 0, false},
	} {
		var head client.Head
		ok := client.Scan([]byte(test.frame), &head)
		if ok != test.ok || (ok && (string(head.Type) != test.kind || string(head.ClientMsgID) != test.id || head.Seq != test.seq)) {
			t.Errorf("Scan(%s) = %v, %+v", test.frame, ok, head)
		}
	}
}

func TestMessageIDsCarryTheirParts(t *testing.T) {
	for range 1000 {
		ms, fine, rest := rand.Int64N(1<<48), uint16(rand.N(1<<12)), rand.Uint64()&(1<<62-1)
		id := client.AppendMessageID(nil, ms, fine, rest)
		gotMS, gotFine, gotRest, ok := client.MessageIDParts(id)
		if !ok || gotMS != ms || gotFine != fine || gotRest != rest || id[14] != '7' {
			t.Fatalf("%s: %d %d %d %v, want %d %d %d", id, gotMS, gotFine, gotRest, ok, ms, fine, rest)
		}
	}
}

func FuzzScan(f *testing.F) {
	f.Add([]byte(`{"t":"event","conv":"c","seq":1,"payload":{"text":"\"\\"}}`))
	f.Add([]byte(`{"t":"error","code":"x","ref":"y","retry_after_ms":-5}`))
	f.Fuzz(func(t *testing.T, frame []byte) {
		var head client.Head
		scanned := client.Scan(frame, &head)
		var plain map[string]json.RawMessage
		if json.Unmarshal(frame, &plain) != nil || slices.Contains(frame, '\n') {
			return
		}
		if !scanned {
			t.Fatalf("Scan refuses %q, which is an object", frame)
		}
	})
}

func FuzzAppendString(f *testing.F) {
	f.Add("plain")
	f.Add("a\"\\\x00\x1f\n退款\xff")
	f.Fuzz(func(t *testing.T, s string) {
		var back string
		if err := json.Unmarshal(client.AppendString(nil, s), &back); err != nil {
			t.Fatal(err)
		}
		if want := string([]rune(s)); back != want {
			t.Fatalf("%q came back as %q", want, back)
		}
	})
}
