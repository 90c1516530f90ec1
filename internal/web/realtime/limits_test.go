package realtime_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/web/realtime"
)

func from(address string) http.Header { return http.Header{"X-Forwarded-For": {address}} }

func TestNewConnectionsOfOneAddressAreLimited(t *testing.T) {
	h := open(t, choices{options: func(o *realtime.Options) {
		o.Connections = ratelimit.Limit{Burst: 3, Per: time.Minute}
		o.Addresses = 100
	}})
	for range 3 {
		h.dial(from("192.0.2.1"))
	}
	for range 2 {
		_, response, err := h.tryDial(from("192.0.2.1"))
		if err == nil || response == nil || response.StatusCode != http.StatusTooManyRequests || response.Header.Get("Retry-After") == "" {
			t.Fatalf("the fourth was answered %v", response)
		}
	}
	status, header, text := h.request("POST", "/rt/sessions", "", []byte(`{"t":"hello","v":1,"role":"window"}`), from("192.0.2.1"))
	if status != http.StatusTooManyRequests || header.Get("Retry-After") == "" {
		t.Errorf("by POST it was answered %d %s", status, text)
	}
	// The last address before the proxy counts, whatever the client wrote before it.
	if _, response, err := h.tryDial(from("203.0.113.9, 192.0.2.1")); err == nil {
		t.Errorf("a forged header was answered %v", response)
	}
	h.dial(from("192.0.2.2"))
	for i := range 3 {
		h.dial(from(fmt.Sprintf("2001:db8::%d", i))) // one subscriber's network
	}
	if _, _, err := h.tryDial(from("2001:db8::ffff")); err == nil {
		t.Error("another address of the same network got in")
	}
	h.later(time.Minute)
	h.dial(from("192.0.2.1"))
}

func TestNewVisitorsOfOneAddressAreLimited(t *testing.T) {
	h := open(t, choices{options: func(o *realtime.Options) { o.NewVisitors = ratelimit.Limit{Burst: 2, Per: time.Minute} }})
	hello := func(extra frame) *wire {
		w := h.dial(from("192.0.2.1"))
		f := frame{"t": "hello", "v": 1, "role": "window"}
		for name, value := range extra {
			f[name] = value
		}
		w.say(f)
		return w
	}
	secret := hello(nil).next("welcome").text("visitor")
	hello(frame{"visitor": "a secret that nobody made"}).next("welcome")
	w := hello(nil)
	if got := w.next("error"); got.text("code") != "rate_limited" || got.number("retry_after_ms") < 1 || got.text("ref") != "hello" {
		t.Errorf("the third was answered %v", got)
	}
	w.gone("")
	status, header, _ := h.request("POST", "/rt/sessions", "", []byte(`{"t":"hello","v":1,"role":"window"}`), from("192.0.2.1"))
	if status != http.StatusTooManyRequests || header.Get("Retry-After") == "" {
		t.Errorf("by POST it was answered %d", status)
	}
	hello(frame{"visitor": secret}).next("welcome") // is no new one
	hello(frame{"token": h.walletToken("ann")}).next("welcome")
	h.dial(from("192.0.2.2")).hello(frame{"role": "window"})
}

func TestAFullServerSaysSo(t *testing.T) {
	h := open(t, choices{options: func(o *realtime.Options) { o.MaxConnections = 2 }})
	first, _ := h.window("")
	h.dial(nil) // says nothing, and holds a place all the same
	_, response, err := h.tryDial(nil)
	if err == nil || response == nil || response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
		t.Fatalf("a full server answered %v", response)
	}
	if status, _, _ := h.request("POST", "/rt/sessions", "", []byte(`{"t":"hello","v":1,"role":"window"}`), nil); status != http.StatusServiceUnavailable {
		t.Errorf("by POST it answered %d", status)
	}
	first.cut()
	eventually(t, "a place given back", func() bool { return h.server.Open() == 1 })
	h.window("")
	if status, _, _ := h.request("GET", "/rt", "", nil, nil); status != http.StatusServiceUnavailable {
		t.Errorf("a request that is no WebSocket was answered %d", status)
	}
}

func TestARefusedHandshakeHoldsNoPlace(t *testing.T) {
	h := open(t, choices{})
	h.request("GET", "/rt", "", nil, nil)
	h.request("GET", "/rt", "", nil, http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"eHh4eHh4eHh4eHh4eHh4eA=="}})
	h.request("POST", "/rt/sessions", "", []byte("nonsense"), nil)
	w := h.dial(nil)
	w.refused(frame{"t": "ping"}, "bad_frame")
	eventually(t, "no place held", func() bool { return h.server.Open() == 0 })
}

func TestTheOperatorChoosesFramesAndBuffers(t *testing.T) {
	h := open(t, choices{options: func(o *realtime.Options) { o.MaxFrameBytes, o.BufferBytes = 1000, 8000 }})
	window, welcome := h.window("ann")
	if got := frame(welcome["limits"].(map[string]any)).number("frame_bytes"); got != 1000 {
		t.Errorf("welcome tells of %d bytes", got)
	}
	conv := window.start()
	window.refused(message(conv, strings.Repeat("x", 1000)), "too_large")
	h.fill([]string{conv}, 20, "a sentence of some length, so that few of them fill what may wait")
	window.say(frame{"t": "fetch", "conv": conv, "after_seq": 0})
	if got := window.next("missed"); got["more"] != true || len(got.events()) == 0 {
		t.Errorf("fetched %d entries, more %v", len(got.events()), got["more"])
	}
}

// A page of a log is work: a window may not ask for as many as for other frames.
func TestAWindowsFetchesAreLimitedByWhatTheyAskFor(t *testing.T) {
	h := open(t, choices{options: func(o *realtime.Options) { o.FramesPer10s = 105 }})
	w, _ := h.window("ann")
	conv := w.start()
	desk := h.deskOf(h.colleague(identity.Agent))
	const span = 10 * time.Second
	h.later(span - time.Duration(h.now().UnixNano())%span) // to the beginning of one
	fetches := func(w *wire, times, limit int) (answered int) {
		for range times {
			w.say(frame{"t": "fetch", "conv": conv, "after_seq": 0, "limit": limit})
			got := w.next("missed", "error")
			if got.text("t") == "missed" {
				answered++
			} else if got.text("code") != "rate_limited" || got.text("ref") != "fetch" || got.text("conv") != conv || got.number("retry_after_ms") < 1 {
				t.Errorf("refused with %v", got)
			}
		}
		return answered
	}
	if n := fetches(w, 12, 200); n < 5 || n > 9 {
		t.Errorf("%d of 12 large pages were given", n)
	}
	if n := fetches(w, 3, 10); n != 3 {
		t.Errorf("%d of 3 small pages were given after them", n)
	}
	if n := fetches(desk, 12, 200); n != 12 {
		t.Errorf("%d of 12 pages were given to a desk", n)
	}
	h.later(span)
	if n := fetches(w, 5, 0); n != 5 {
		t.Errorf("%d of 5 pages were given later", n)
	}
}

// A mobile carrier puts thousands behind one address: who shows that they were
// there before takes no place from the others, until they come far too often.
func TestWhoIsKnownTakesNobodysPlace(t *testing.T) {
	h := open(t, choices{options: func(o *realtime.Options) {
		o.Connections = ratelimit.Limit{Burst: 5, Per: time.Hour}
		o.NewVisitors = ratelimit.Limit{Burst: 100, Per: time.Hour}
	}})
	one := from("192.0.2.1")
	w := h.dial(nil)
	visitor := w.hello(frame{"role": "window"}).text("visitor")
	w.start()
	for _, hello := range []func() frame{
		func() frame { return frame{"role": "window", "token": h.walletToken("ann")} },
		func() frame { return frame{"role": "window", "visitor": visitor} },
		func() frame { return frame{"role": "desk", "token": h.colleague(identity.Agent).token} },
	} {
		for range 4 {
			h.dial(one).hello(hello())
		}
	}
	posted, err := json.Marshal(frame{"t": "hello", "v": 1, "role": "window", "token": h.walletToken("bob")})
	h.must(err)
	for range 2 {
		if status, _, text := h.request("POST", "/rt/sessions", "", posted, one); status != http.StatusOK && status != http.StatusUnauthorized {
			t.Fatalf("by POST it was answered %d %s", status, text)
		}
	}
	// The token that was used before, and those who show nothing, count.
	for range 3 {
		h.dial(one).hello(frame{"role": "window"})
	}
	h.dial(one).refused(frame{"t": "hello", "v": 1, "role": "window", "token": "a.b.c"}, "unauthenticated")
	if _, response, err := h.tryDial(one); err == nil || response == nil || response.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the sixth was answered %v", response)
	}
}

func TestWhoIsKnownComesNotWithoutEnd(t *testing.T) {
	h := open(t, choices{options: func(o *realtime.Options) { o.Connections = ratelimit.Limit{Burst: 3, Per: time.Hour} }})
	_, welcome := h.window("ann")
	for range 5 { // two more of hers, after the one elsewhere, and three of the address
		h.dial(from("192.0.2.1")).hello(frame{"role": "window", "visitor": welcome.text("visitor")})
	}
	if _, response, err := h.tryDial(from("192.0.2.1")); err == nil || response == nil || response.StatusCode != http.StatusTooManyRequests {
		t.Errorf("one customer who came seven times was answered %v", response)
	}
}
