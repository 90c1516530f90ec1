package realtime

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"kefu/internal/platform/secret"
)

// The fallback of docs/protocol.md, section 1.2: frames go by POST and come by
// server-sent events (WHATWG HTML, section 9.2).

const (
	keepAwake     = 15 * time.Second
	noStreamLimit = 60 * time.Second
	maxPosted     = 32
	maxStreams    = 20_000
)

// stream is a connection without a socket of its own.
type stream struct {
	peer  *peer
	mu    sync.Mutex
	out   chan []byte   // of the attached response; nil without one
	done  chan struct{} // closed when the response must end
	since time.Time     // without a response
	ended bool
	wait  [][]byte // what comes before a response is attached, bounded by the peer
}

type streams struct {
	mu        sync.Mutex
	bySession map[string]*stream // by the hash of the session's secret
}

func newStreams() *streams { return &streams{bySession: map[string]*stream{}} }

func (s *streams) find(session string) *stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bySession[string(secret.HashToken(session))]
}

func (s *streams) expire(now time.Time) {
	s.mu.Lock()
	var over []*stream
	for key, st := range s.bySession {
		st.mu.Lock()
		if st.ended || (st.out == nil && now.Sub(st.since) > noStreamLimit) {
			over = append(over, st)
			delete(s.bySession, key)
		}
		st.mu.Unlock()
	}
	s.mu.Unlock()
	for _, st := range over {
		st.peer.drop()
	}
}

// write implements transport.
func (st *stream) write(frames []byte) error {
	st.mu.Lock()
	if st.ended {
		st.mu.Unlock()
		return io.ErrClosedPipe
	}
	out, done := st.out, st.done
	if out == nil {
		defer st.mu.Unlock()
		if len(st.wait) >= maxFrames {
			return errors.New("realtime: nobody reads the stream")
		}
		st.wait = append(st.wait, frames)
		return nil
	}
	st.mu.Unlock()
	timer := time.NewTimer(slowLimit)
	defer timer.Stop()
	select {
	case out <- frames:
		return nil
	case <-done:
		return nil // the client resumes on its next stream
	case <-timer.C:
		return errors.New("realtime: the stream is too slow")
	}
}

// end implements transport.
func (st *stream) end() {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.ended {
		return
	}
	st.ended = true
	if st.done != nil {
		close(st.done)
		st.done, st.out = nil, nil
	}
}

// attach makes a response the one that gets the frames, instead of any before.
func (st *stream) attach(now time.Time) (out chan []byte, done chan struct{}, waiting [][]byte, ok bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.ended {
		return nil, nil, nil, false
	}
	if st.done != nil {
		close(st.done)
	}
	st.out, st.done = make(chan []byte, 1), make(chan struct{})
	waiting, st.wait = st.wait, nil
	st.since = now
	return st.out, st.done, waiting, true
}

func (st *stream) detach(done chan struct{}, now time.Time) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.done == done {
		st.out, st.done, st.since = nil, nil, now
	}
}

// OpenSession serves POST /rt/sessions: hello without a socket.
func (s *Server) OpenSession(w http.ResponseWriter, r *http.Request) {
	if !s.originAllowed(r) {
		http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
		return
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFrameBytes))
	if err != nil {
		s.answer(w, http.StatusRequestEntityTooLarge, errorFrame{T: "error", Code: "too_large"})
		return
	}
	f, err := decodeFrame(data)
	if err != nil || f.T != "hello" {
		s.answer(w, http.StatusBadRequest, errorFrame{T: "error", Code: "bad_frame", Ref: "hello"})
		return
	}
	session := secret.Token()
	st := &stream{since: s.now()}
	st.peer = &peer{server: s, out: st, session: session}
	if !s.streams.put(session, st) {
		s.answer(w, http.StatusServiceUnavailable, errorFrame{T: "error", Code: "unavailable", RetryAfterMS: 5000})
		return
	}
	cookie := ""
	if c, err := r.Cookie(s.options.SessionCookie); err == nil {
		cookie = c.Value
	}
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	st.peer.mu.Lock()
	st.peer.flushing = true // the welcome is the answer to this request, not to a stream
	st.peer.mu.Unlock()
	if err := s.hello(ctx, st.peer, f, cookie); err != nil {
		s.logError("hello", err)
		st.peer.drop()
		s.answer(w, http.StatusUnauthorized, errorOf(err, "hello"))
		return
	}
	welcome, rest, _ := bytes.Cut(st.peer.takeQueue(), []byte{'\n'})
	if len(rest) > 0 {
		st.peer.push(rest)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(welcome)
}

func (s *streams) put(session string, st *stream) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.bySession) >= maxStreams {
		return false
	}
	s.bySession[string(secret.HashToken(session))] = st
	return true
}

// takeQueue takes what was queued while nothing could be sent.
func (p *peer) takeQueue() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	queue := p.queue
	p.queue, p.queued, p.flushing, p.lagging = nil, 0, false, false
	return queue
}

func (s *Server) answer(w http.ResponseWriter, status int, frame errorFrame) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(encode(frame))
}

func (s *Server) streamOf(w http.ResponseWriter, r *http.Request) *stream {
	session, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if ok && s.originAllowed(r) {
		if st := s.streams.find(session); st != nil {
			return st
		}
	}
	s.answer(w, http.StatusUnauthorized, errorFrame{T: "error", Code: "unauthenticated"})
	return nil
}

// Stream serves GET /rt/stream.
func (s *Server) Stream(w http.ResponseWriter, r *http.Request) {
	st := s.streamOf(w, r)
	if st == nil {
		return
	}
	out, done, waiting, ok := st.attach(s.now())
	if !ok {
		s.answer(w, http.StatusUnauthorized, errorFrame{T: "error", Code: "unauthenticated"})
		return
	}
	defer func() { st.detach(done, s.now()) }()
	response := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	writer := eventWriter{w: w, response: response}
	if writer.comment() != nil {
		return
	}
	for _, frames := range waiting {
		if writer.events(frames) != nil {
			return
		}
	}
	s.copyStream(r.Context(), st.peer, writer, out, done)
}

func (s *Server) copyStream(ctx context.Context, p *peer, writer eventWriter, out chan []byte, done chan struct{}) {
	awake := time.NewTicker(keepAwake)
	defer awake.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-done:
			return
		case frames := <-out:
			err = writer.events(frames)
		case <-awake.C:
			p.seen.Store(s.now().UnixMicro()) // an attached stream is not silent
			err = writer.comment()
		}
		if err != nil {
			return
		}
	}
}

// Frames serves POST /rt/frames.
func (s *Server) Frames(w http.ResponseWriter, r *http.Request) {
	st := s.streamOf(w, r)
	if st == nil {
		return
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4*maxFrameBytes))
	if err != nil {
		s.answer(w, http.StatusRequestEntityTooLarge, errorFrame{T: "error", Code: "too_large"})
		return
	}
	frames := bytes.Split(bytes.TrimSpace(data), []byte{'\n'})
	if len(frames) > maxPosted {
		s.answer(w, http.StatusRequestEntityTooLarge, errorFrame{T: "error", Code: "too_large"})
		return
	}
	for _, frame := range frames {
		s.receive(context.WithoutCancel(r.Context()), st.peer, frame)
	}
	w.WriteHeader(http.StatusAccepted)
}

// eventWriter writes server-sent events.
type eventWriter struct {
	w        http.ResponseWriter
	response *http.ResponseController
}

func (e eventWriter) events(frames []byte) error {
	var out bytes.Buffer
	for _, frame := range bytes.Split(frames, []byte{'\n'}) {
		out.WriteString("data: ")
		out.Write(frame)
		out.WriteString("\n\n")
	}
	return e.send(out.Bytes())
}

func (e eventWriter) comment() error { return e.send([]byte(":\n\n")) }

func (e eventWriter) send(data []byte) error {
	if err := e.response.SetWriteDeadline(time.Now().Add(slowLimit)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := e.w.Write(data); err != nil {
		return err
	}
	return e.response.Flush()
}

// Mount puts the protocol's routes on a mux.
func (s *Server) Mount(ctx context.Context, mux *http.ServeMux) {
	mux.Handle("GET /rt", s.WebSocket(ctx))
	mux.HandleFunc("POST /rt/sessions", s.OpenSession)
	mux.HandleFunc("GET /rt/stream", s.Stream)
	mux.HandleFunc("POST /rt/frames", s.Frames)
}
