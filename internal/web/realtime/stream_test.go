package realtime_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"kefu/client"
	"kefu/internal/domain/identity"
	"kefu/internal/web/realtime"
)

// post sends a request with a session and gives the status and the answer.
func (h *house) request(method, path, session string, body []byte, header http.Header) (int, http.Header, string) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, h.url+path, bytes.NewReader(body))
	h.must(err)
	for name, values := range header {
		r.Header[name] = values
	}
	if session != "" {
		r.Header.Set("Authorization", "Bearer "+session)
	}
	response, err := http.DefaultClient.Do(r)
	h.must(err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	h.must(err)
	http.DefaultClient.CloseIdleConnections()
	return response.StatusCode, response.Header, string(text)
}

// openStream says hello by POST.
func (h *house) openStream(f frame) (welcome frame) {
	h.t.Helper()
	f["t"], f["v"] = "hello", 1
	body, err := json.Marshal(f)
	h.must(err)
	status, _, text := h.request("POST", "/rt/sessions", "", body, nil)
	if status != http.StatusOK {
		h.t.Fatalf("hello was answered %d %s", status, text)
	}
	h.must(json.Unmarshal([]byte(text), &welcome))
	return welcome
}

// stream is an attached response.
type stream struct {
	h      *house
	frames chan frame
	ended  chan struct{}
	stop   context.CancelFunc
}

func (h *house) attach(session string) *stream {
	h.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url+"/rt/stream", nil)
	h.must(err)
	r.Header.Set("Authorization", "Bearer "+session)
	transport := &http.Transport{}
	response, err := transport.RoundTrip(r)
	h.must(err)
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream" {
		h.t.Fatalf("the stream was answered %d", response.StatusCode)
	}
	s := &stream{h: h, frames: make(chan frame, 4096), ended: make(chan struct{}), stop: stop}
	go func() {
		defer close(s.ended)
		defer response.Body.Close()
		lines := bufio.NewScanner(response.Body)
		lines.Buffer(nil, 2<<20)
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var f frame
				if json.Unmarshal([]byte(data), &f) == nil {
					s.frames <- f
				}
			}
		}
	}()
	h.t.Cleanup(func() { stop(); <-s.ended; transport.CloseIdleConnections() })
	return s
}

func (s *stream) next(types ...string) frame {
	s.h.t.Helper()
	limit := time.After(patience)
	for {
		select {
		case f := <-s.frames:
			if slices.Contains(types, f.text("t")) {
				return f
			}
		case <-limit:
			s.h.t.Fatalf("%v never came", types)
		}
	}
}

func (s *stream) gone(reason string) {
	s.h.t.Helper()
	if got := s.next("closing"); got.text("reason") != reason {
		s.h.t.Errorf("closing because of %v, want %q", got, reason)
	}
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.h.t.Error("the stream goes on")
	}
}

func (h *house) frames(session string, frames ...frame) int {
	h.t.Helper()
	var body []byte
	for _, f := range frames {
		line, err := json.Marshal(f)
		h.must(err)
		body = append(append(body, line...), '\n')
	}
	status, _, _ := h.request("POST", "/rt/frames", session, body, nil)
	return status
}

func TestTheSameByStreamAndPost(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		h := open(t, choices{dsn: dsn})
		welcome := h.openStream(frame{"role": "window", "token": h.walletToken("ann")})
		session := welcome.text("session")
		down := h.attach(session)
		if status := h.frames(session, frame{"t": "start", "ref": uuid.NewString()}); status != http.StatusAccepted {
			t.Fatalf("posted with %d", status)
		}
		conv := down.next("started").text("conv")
		said := message(conv, "hello")
		h.frames(session, said, said, frame{"t": "teleport"}, frame{"t": "fetch", "conv": conv, "after_seq": 0})
		if a, b := down.next("stored"), down.next("stored"); a.number("seq") != 1 || b.number("seq") != 1 {
			t.Errorf("stored as %v and %v", a, b)
		}
		agent := h.deskOf(h.colleague(identity.Agent))
		agent.send(conv, "good day\nyou")
		if got := down.next("event"); got["payload"].(map[string]any)["text"] != "good day\nyou" {
			t.Errorf("told %v", got)
		}
		down.stop()
		<-down.ended
		next := h.attach(session)
		agent.send(conv, "are you there")
		next.next("event")
		back := h.openStream(frame{"role": "window", "visitor": welcome.text("visitor"), "resume": []frame{{"conv": conv, "last_seq": 1}}})
		if got := h.attach(back.text("session")).next("missed"); len(got.events()) == 0 {
			t.Errorf("resumed with %v", got)
		}
	})
}

func TestStreamsOfOneSession(t *testing.T) {
	h := open(t, choices{})
	session := h.openStream(frame{"role": "window"}).text("session")
	first := h.attach(session)
	second := h.attach(session)
	first.gone("replaced")
	h.frames(session, frame{"t": "ping"})
	second.next("pong")
	h.later(50 * time.Second)
	second.stop()
	<-second.ended
	eventually(t, "the session over", func() bool {
		h.later(30 * time.Second)
		return h.frames(session, frame{"t": "ping"}) == http.StatusUnauthorized
	})
	eventually(t, "the place given back", func() bool { return h.server.Open() == 0 })
}

// deaf asks for a stream and reads no more than the beginning of its answer.
func (h *house) deaf(session string) {
	h.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	h.must(err)
	h.t.Cleanup(func() { _ = conn.Close() })
	h.must(conn.(*net.TCPConn).SetReadBuffer(4096))
	_, err = fmt.Fprintf(conn, "GET /rt/stream HTTP/1.1\r\nHost: kefu.test\r\nAuthorization: Bearer %s\r\n\r\n", session)
	h.must(err)
	var begin [16]byte
	_, err = io.ReadFull(conn, begin[:])
	h.must(err)
}

// A client whose network changed asks for its stream again while the server still
// writes to the old response. The new one must not wait for that, and no frame
// may go to the old one.
func TestAReplacedStreamKeepsNothingFromTheNewOne(t *testing.T) {
	var responses atomic.Int64
	h := open(t, choices{web: func(s *http.Server) {
		serve := s.Handler
		s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/rt/stream" {
				responses.Add(1)
				defer responses.Add(-1)
			}
			serve.ServeHTTP(w, r)
		})
	}})
	session := h.openStream(frame{"role": "window", "token": h.walletToken("ann")}).text("session")
	first := h.attach(session)
	h.frames(session, frame{"t": "start", "ref": uuid.NewString()})
	conv := first.next("started").text("conv")
	first.stop()
	<-first.ended
	h.fill([]string{conv}, 30, strings.Repeat("x", 8000))
	h.deaf(session)
	for range 40 { // far more than the old response's buffers hold
		h.frames(session, frame{"t": "fetch", "conv": conv, "after_seq": 0})
	}
	second := h.attach(session)
	began := time.Now()
	second.next("resync")
	h.frames(session, frame{"t": "ping"})
	second.next("pong")
	if took := time.Since(began); took > 10*time.Second { // a write may take 30
		t.Errorf("the new stream waited %v for the old one", took)
	}
	eventually(t, "the end of the old response", func() bool { return responses.Load() == 1 })
	h.frames(session, message(conv, "hello"))
	second.next("stored")
}

// When a connection ends, a client that reads nothing does not hold it up.
func TestADeafStreamEndsSoon(t *testing.T) {
	h := open(t, choices{})
	session := h.openStream(frame{"role": "window", "token": h.walletToken("ann")}).text("session")
	first := h.attach(session)
	h.frames(session, frame{"t": "start", "ref": uuid.NewString()})
	conv := first.next("started").text("conv")
	first.stop()
	<-first.ended
	h.fill([]string{conv}, 30, strings.Repeat("x", 8000))
	h.deaf(session)
	for range 40 {
		h.frames(session, frame{"t": "fetch", "conv": conv, "after_seq": 0})
	}
	began := time.Now()
	h.server.Close()
	eventually(t, "the place given back", func() bool { return h.server.Open() == 0 })
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestAStreamOutlivesTheLimitsOfRequests opens a stream of a server that wants
// requests to be over soon.
func TestAStreamOutlivesTheLimitsOfRequests(t *testing.T) {
	h := open(t, choices{web: func(s *http.Server) { s.ReadTimeout, s.WriteTimeout = 500*time.Millisecond, 500*time.Millisecond }})
	session := h.openStream(frame{"role": "window"}).text("session")
	down := h.attach(session)
	select {
	case <-down.ended:
		t.Fatal("the stream ended")
	case <-time.After(1500 * time.Millisecond):
	}
	h.frames(session, frame{"t": "ping"})
	down.next("pong")
}

func TestAStreamEndsWithItsAccess(t *testing.T) {
	h := open(t, choices{})
	welcome := h.openStream(frame{"role": "window", "token": h.walletToken("ann")})
	down := h.attach(welcome.text("session"))
	bare := h.openStream(frame{"role": "window", "visitor": welcome.text("visitor")}) // without a stream so far
	within(t, "ending the stream", func() {
		h.must(h.store.RevokeCustomer(context.Background(), identity.SystemPart("test"), welcome.text("customer")))
		down.gone("revoked")
	})
	for _, session := range []string{welcome.text("session"), bare.text("session")} {
		if status := h.frames(session, frame{"t": "ping"}); status != http.StatusUnauthorized {
			t.Errorf("after the end a frame was answered %d", status)
		}
		if status, _, _ := h.request("GET", "/rt/stream", session, nil, nil); status != http.StatusUnauthorized {
			t.Errorf("after the end the stream was answered %d", status)
		}
	}
	visitor := h.openStream(frame{"role": "window"})
	last := h.attach(visitor.text("session"))
	h.server.Close()
	last.gone("shutdown")
	eventually(t, "the places given back", func() bool { return h.server.Open() == 0 })
}

func TestIdentifyOverAStreamChangesTheSession(t *testing.T) {
	h := open(t, choices{})
	before := h.openStream(frame{"role": "window"}).text("session")
	down := h.attach(before)
	h.frames(before, frame{"t": "start", "ref": uuid.NewString()})
	conv := down.next("started").text("conv")
	h.frames(before, frame{"t": "identify", "token": h.walletToken("ann")})
	after := down.next("welcome").text("session")
	if status := h.frames(before, frame{"t": "ping"}); after == before || status != http.StatusUnauthorized {
		t.Errorf("the visitor's session is answered %d", status)
	}
	h.frames(after, message(conv, "I am Ann"))
	down.next("stored")
}

func TestRequestsThatOpenNothing(t *testing.T) {
	h := open(t, choices{})
	hello := `{"t":"hello","v":1,"role":"window"}`
	foreign := http.Header{"Origin": {"https://evil.test"}}
	session := h.openStream(frame{"role": "window"}).text("session")
	_, socket := h.window("")
	for name, test := range map[string]struct {
		path, session, body string
		header              http.Header
		status              int
		code                string
	}{
		"from a foreign page":    {"/rt/sessions", "", hello, foreign, 403, "forbidden"},
		"not hello":              {"/rt/sessions", "", `{"t":"ping"}`, nil, 400, "bad_frame"},
		"no JSON":                {"/rt/sessions", "", `hello`, nil, 400, "bad_frame"},
		"invalid UTF-8":          {"/rt/sessions", "", "{\"t\":\"hello\",\"lang\":\"\xff\"}", nil, 400, "bad_frame"},
		"too large":              {"/rt/sessions", "", hello + strings.Repeat(" ", 64<<10), nil, 413, "too_large"},
		"another version":        {"/rt/sessions", "", `{"t":"hello","v":9,"role":"window"}`, nil, 400, "invalid"},
		"a bad token":            {"/rt/sessions", "", `{"t":"hello","v":1,"role":"window","token":"x"}`, nil, 401, "unauthenticated"},
		"a desk without session": {"/rt/sessions", "", `{"t":"hello","v":1,"role":"desk"}`, nil, 401, "unauthenticated"},
		"frames without session": {"/rt/frames", "", `{"t":"ping"}`, nil, 401, "unauthenticated"},
		"frames of no session":   {"/rt/frames", strings.Repeat("A", 43), `{"t":"ping"}`, nil, 401, "unauthenticated"},
		"a visitor's secret":     {"/rt/frames", socket.text("visitor"), `{"t":"ping"}`, nil, 401, "unauthenticated"},
		"a socket's session":     {"/rt/frames", socket.text("session"), `{"t":"ping"}`, nil, 401, "unauthenticated"},
		"frames of a page":       {"/rt/frames", session, `{"t":"ping"}`, foreign, 403, "forbidden"},
		"too many frames":        {"/rt/frames", session, strings.Repeat("{}\n", 33), nil, 413, "too_large"},
		"far too much":           {"/rt/frames", session, strings.Repeat("x", 300<<10), nil, 413, "too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			status, header, text := h.request("POST", test.path, test.session, []byte(test.body), test.header)
			if status != test.status || !strings.Contains(text, `"code":"`+test.code+`"`) || header.Get("Cache-Control") != "no-store" {
				t.Errorf("answered %d %s %v", status, text, header)
			}
		})
	}
	if status, _, _ := h.request("GET", "/rt/stream", "", nil, nil); status != 401 {
		t.Errorf("a stream without a session was answered %d", status)
	}
	if log := h.log.String(); log != "" {
		t.Errorf("the server logged %s", log)
	}
}

// TestTheGoClientByBothTransports runs package client, which is written from
// docs/protocol.md alone, against the server.
func TestTheGoClientByBothTransports(t *testing.T) {
	for _, transport := range []client.Transport{client.WebSocket, client.Stream} {
		t.Run(string(transport), func(t *testing.T) {
			h := open(t, choices{options: func(o *realtime.Options) { o.FramesPer10s = 2000 }})
			agent := h.colleague(identity.Agent)
			window := h.program(client.Config{Role: "window", Transport: transport, Token: func(context.Context) (string, error) { return h.walletToken("ann"), nil }})
			desk := h.program(client.Config{Role: "desk", Transport: transport, Token: func(context.Context) (string, error) { return agent.token, nil }})
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			conv, err := window.Start(ctx)
			h.must(err)
			desk.Watch(conv, 0)
			const n = 30
			for i := range n {
				_, err := window.Send(client.Outgoing{Conv: conv, Text: fmt.Sprint("w", i)})
				h.must(err)
				_, err = desk.Send(client.Outgoing{Conv: conv, Text: fmt.Sprint("d", i)})
				h.must(err)
				if i%10 == 5 {
					window.Drop()
					desk.Drop()
				}
			}
			for name, p := range map[string]*program{"window": window, "desk": desk} {
				for want := int64(1); want <= 2*n; want++ {
					select {
					case got := <-p.events:
						if got != want {
							t.Fatalf("the %s was handed entry %d, want %d", name, got, want)
						}
					case <-time.After(patience):
						t.Fatalf("the %s was never handed entry %d", name, want)
					}
				}
			}
		})
	}
}

// program is a program built on package client.
type program struct {
	*client.Client
	events chan int64
}

func (h *house) program(c client.Config) *program {
	h.t.Helper()
	p := &program{events: make(chan int64, 1000)}
	c.Target = client.Target{URL: h.url}
	c.Pause = func(int) time.Duration { return time.Millisecond }
	c.Handle = func(f client.Frame) {
		if e, ok := f.(*client.Event); ok {
			p.events <- e.Seq
		}
	}
	var err error
	p.Client, err = client.New(c)
	h.must(err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = p.Run(ctx) }()
	h.t.Cleanup(func() { stop(); <-ended })
	return p
}
