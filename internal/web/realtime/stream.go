package realtime

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"kefu/internal/platform/fault"
	"kefu/internal/web/frames"
	"kefu/internal/web/realtime/sse"
	"kefu/internal/web/refusal"
	"kefu/internal/web/wire"
)

// The fallback of docs/protocol.md, section 1.2: frames go by POST and come by
// server-sent events (WHATWG HTML, section 9.2).

const (
	keepAwake     = 15 * time.Second
	noStreamLimit = 60 * time.Second
	maxPosted     = 32
)

// stream is a connection without a socket of its own. What waits for its client
// stays in the peer's queue until a response is attached that takes it.
type stream struct {
	peer  *peer
	ready chan struct{} // something waits; of capacity 1

	mu       sync.Mutex
	done     chan struct{}            // of the attached response: closed when it must end
	response *http.ResponseController // the attached one
	since    time.Time                // without a response
	ended    bool
}

// wake implements transport.
func (st *stream) wake() {
	select {
	case st.ready <- struct{}{}:
	default:
	}
}

// hurry implements transport.
func (st *stream) hurry() {
	st.mu.Lock()
	attached := st.done != nil
	st.hasten()
	st.mu.Unlock()
	if !attached {
		st.peer.drop()
	}
}

// hasten leaves what the attached response is writing little time. st is locked.
func (st *stream) hasten() {
	if st.response != nil {
		_ = st.response.SetWriteDeadline(time.Now().Add(hurryLimit)) // not supported: the writes are not bounded at all
	}
}

// allow gives a response time for a write: little when it is not the attached one
// any more, or the connection ends.
func (st *stream) allow(done chan struct{}, response *http.ResponseController, limit time.Duration) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.done != done || st.peer.hasEnded() {
		limit = min(limit, hurryLimit)
	}
	return response.SetWriteDeadline(time.Now().Add(limit))
}

// cut implements transport.
func (st *stream) cut() {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.ended = true; st.done != nil {
		close(st.done)
		st.done, st.response = nil, nil
	}
}

// attach makes a response the one that gets the frames, instead of any before.
// Nobody knows what of it reached the client, which is told to read again.
func (st *stream) attach(response *http.ResponseController) (done chan struct{}, ok bool) {
	st.mu.Lock()
	if st.ended {
		st.mu.Unlock()
		return nil, false
	}
	replaced := st.done != nil
	if replaced {
		close(st.done)
		st.hasten()
	}
	done = make(chan struct{})
	st.done, st.response = done, response
	st.mu.Unlock()
	if replaced {
		st.peer.resync()
	}
	return done, true
}

// detach notes that a response is over. With the last one of a connection that
// ends, nobody is left to be told why.
func (st *stream) detach(done chan struct{}, now time.Time) {
	st.mu.Lock()
	last := st.done == done
	if last {
		st.done, st.response, st.since = nil, nil, now
	}
	st.mu.Unlock()
	if last && st.peer.hasEnded() {
		st.peer.drop()
		return
	}
	st.peer.resend()
}

// forsaken tells whether nobody has read the stream for too long.
func (st *stream) forsaken(now time.Time) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.done == nil && now.Sub(st.since) > noStreamLimit
}

// OpenSession serves POST /rt/sessions: hello without a socket.
func (s *Server) OpenSession(w http.ResponseWriter, r *http.Request) {
	hello, ok := s.admit(w, r)
	if !ok {
		return
	}
	st := &stream{ready: make(chan struct{}, 1), since: s.now()}
	st.peer = &peer{server: s, out: st}
	f, err := s.readHello(w, r)
	if err != nil {
		st.peer.drop()
		refusal.Because(refusal.OfUnread(err)).Over("hello").Write(w)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), helloLimit)
	defer cancel()
	welcome, err := s.hello(ctx, st.peer, f, hello)
	if err != nil {
		st.peer.drop()
		s.logError("hello", err)
		refusal.Of(err).Over("hello").Write(w)
		return
	}
	st.peer.greet(nil)
	if s.gate.Heard(st.peer) {
		s.sendHome(st.peer)
	}
	s.resume(ctx, st.peer, f.Resume)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(welcome) // whoever asked may be gone; the session ends by itself
}

func (s *Server) readHello(w http.ResponseWriter, r *http.Request) (*frames.Frame, error) {
	const op = "realtime.readHello"
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(s.options.MaxFrameBytes)))
	if err != nil {
		return nil, tooLarge(op, err)
	}
	f, err := s.decodeFrame(data)
	if err == nil && f.T != "hello" {
		err = fault.New(fault.Invalid, op, "the first frame is not hello")
	}
	return f, err
}

// tooLarge tells a body that is too long from one that could not be read.
func tooLarge(op string, err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return fault.New(fault.TooMany, op, "the body is too long")
	}
	return fault.New(fault.Invalid, op, "the body could not be read")
}

// peerOf gives the connection that a request names by its session secret, or
// answers that there is none.
func (s *Server) peerOf(w http.ResponseWriter, r *http.Request) *peer {
	if !s.originAllowed(r) {
		refusal.Because("forbidden").Write(w)
		return nil
	}
	if p := s.sessions.find(r); p != nil {
		return p
	}
	refusal.Because("unauthenticated").Write(w)
	return nil
}

// streamOf is peerOf for a connection that is a stream.
func (s *Server) streamOf(w http.ResponseWriter, r *http.Request) *stream {
	p := s.peerOf(w, r)
	if p == nil {
		return nil
	}
	st, ok := p.out.(*stream)
	if !ok {
		refusal.Because("unauthenticated").Write(w)
	}
	return st
}

// Stream serves GET /rt/stream.
func (s *Server) Stream(w http.ResponseWriter, r *http.Request) {
	st := s.streamOf(w, r)
	if st == nil {
		return
	}
	response := http.NewResponseController(w)
	done, ok := st.attach(response)
	if !ok {
		refusal.Because("unauthenticated").Write(w)
		return
	}
	defer func() { st.detach(done, s.now()) }()
	_ = response.SetReadDeadline(time.Time{}) // the server's own would end a stream, which reads nothing
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	writer := sse.Writer{To: w, Response: response, Allow: func() error { return st.allow(done, response, s.slowLimit) }}
	if writer.Comment() == nil {
		st.copy(r.Context(), writer, done)
	}
}

// copy sends what waits for the peer until the response must end.
func (st *stream) copy(ctx context.Context, writer sse.Writer, done chan struct{}) {
	awake := time.NewTicker(keepAwake)
	defer awake.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-done:
			if !st.peer.hasEnded() {
				_ = writer.Frames(wire.AppendClosing(nil, closingReplaced, 0)) // by a newer stream
			}
			return
		case <-st.ready:
			if st.drain(writer, done) != nil {
				return
			}
		case <-awake.C:
			if writer.Comment() != nil {
				return
			}
			st.peer.seen.Store(st.peer.server.now().UnixMicro()) // an attached stream is not silent
		}
	}
}

// drain writes what waits for as long as the response is the attached one.
func (st *stream) drain(writer sse.Writer, done chan struct{}) error {
	for {
		waiting, last, attached := st.takeFor(done)
		if !attached {
			return nil // done tells the rest
		}
		if waiting == nil {
			if last {
				st.peer.drop()
			}
			return nil
		}
		err := writer.Frames(waiting.frames)
		st.peer.server.giveBuffer(waiting)
		if err != nil {
			return err
		}
	}
}

// takeFor takes what waits for a response, unless another has taken its place:
// no frame must go to a response that nobody reads any more.
func (st *stream) takeFor(done chan struct{}) (waiting *buffer, last, attached bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.done != done {
		return nil, false, false
	}
	waiting, last = st.peer.take()
	return waiting, last, true
}

// Frames serves POST /rt/frames.
func (s *Server) Frames(w http.ResponseWriter, r *http.Request) {
	st := s.streamOf(w, r)
	if st == nil {
		return
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4*int64(s.options.MaxFrameBytes)))
	if err != nil {
		refusal.Because(refusal.OfUnread(tooLarge("realtime.Frames", err))).Write(w)
		return
	}
	frames := bytes.Split(bytes.TrimSpace(data), []byte{'\n'})
	if len(frames) > maxPosted {
		refusal.Because("too_large").Write(w)
		return
	}
	for _, frame := range frames {
		s.receive(st.peer, frame)
	}
	w.WriteHeader(http.StatusAccepted)
}
