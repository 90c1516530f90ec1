package realtime

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/lxzan/gws"

	"kefu/internal/web/refusal"
)

const subprotocol = "kefu.v1"

// socket is the WebSocket side (RFC 6455). One upgrader serves all connections.
type socket struct {
	gws.BuiltinEventHandler
	server *Server
}

// holder is gws's place for what belongs to a connection: here one peer.
type holder struct{ peer *peer }

// Len implements gws.SessionStorage.
func (h *holder) Len() int { return 0 }

// Load implements gws.SessionStorage.
func (h *holder) Load(string) (any, bool) { return nil, false }

// Delete implements gws.SessionStorage.
func (h *holder) Delete(string) {}

// Store implements gws.SessionStorage.
func (h *holder) Store(string, any) {}

// Range implements gws.SessionStorage.
func (h *holder) Range(func(string, any) bool) {}

func peerOf(conn *gws.Conn) *peer { return conn.Session().(*holder).peer }

// WebSocket serves GET /rt.
func (s *Server) WebSocket() http.Handler {
	upgrader := gws.NewUpgrader(&socket{server: s}, &gws.ServerOption{
		ReadMaxPayloadSize: 2 * s.options.MaxFrameBytes, // up to here it is an error of the frame, not of the socket
		ReadBufferSize:     1024,
		CheckUtf8Enabled:   true,
		SubProtocols:       []string{subprotocol},
		HandshakeTimeout:   helloLimit,
		NewSession:         func() gws.SessionStorage { return &holder{} },
		Recovery:           s.recoverFrame,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hello, ok := s.admit(w, r)
		if !ok {
			return
		}
		conn, err := upgrader.Upgrade(w, r)
		if err != nil {
			s.gate.Leave()
			return // the upgrader has answered
		}
		p := &peer{server: s, pending: hello}
		p.out = &socketTransport{peer: p, conn: conn}
		p.seen.Store(s.now().UnixMicro())
		conn.Session().(*holder).peer = p
		if s.gate.Await(p) {
			s.sendHome(p)
		}
		_ = conn.SetReadDeadline(time.Now().Add(helloLimit))
		go conn.ReadLoop()
	})
}

// recoverFrame keeps a mistake in handling one frame from ending the server. The
// value of a panic may hold what somebody wrote and is not logged.
func (s *Server) recoverFrame(gws.Logger) {
	if recover() != nil {
		s.log.Error("handling a frame panicked", "stack", stack())
	}
}

// OnMessage implements gws.Event.
func (h *socket) OnMessage(conn *gws.Conn, message *gws.Message) {
	defer message.Close()
	p := peerOf(conn)
	if p.pending != nil {
		h.hello(conn, p, message)
		return
	}
	if message.Opcode != gws.OpcodeText {
		p.push(refusal.Encode(refusal.Because("bad_frame")))
		return
	}
	h.server.receive(p, message.Bytes())
}

// hello handles the first frame, which must be hello. It runs beside the
// goroutine that reads, whose stack would otherwise stay as large for as long as
// the connection is idle.
func (h *socket) hello(conn *gws.Conn, p *peer, message *gws.Message) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer h.server.recoverFrame(nil)
		h.open(conn, p, message)
	}()
	<-done
}

func (h *socket) open(conn *gws.Conn, p *peer, message *gws.Message) {
	s := h.server
	pending := p.pending
	p.pending = nil
	if message.Opcode != gws.OpcodeText {
		p.refuse(refusal.Because("bad_frame").Over("hello"))
		return
	}
	f, err := s.decodeFrame(message.Bytes())
	if err != nil || f.T != "hello" {
		p.refuse(refusal.Because(refusal.OfUnread(err)).Over("hello"))
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), helloLimit)
	defer cancel()
	welcome, err := s.hello(ctx, p, f, pending)
	if err != nil {
		s.logError("hello", err)
		p.refuse(refusal.Of(err).Over("hello"))
		return
	}
	_ = conn.SetReadDeadline(time.Time{}) // from here on the sweep ends silent connections
	p.greet(welcome)
	if s.gate.Heard(p) { // Close may have looked before it was in the hub
		s.sendHome(p)
		return
	}
	s.resume(ctx, p, f.Resume)
}

// refuse answers a hello that opens nothing and ends the connection. One that has
// ended meanwhile was told why.
func (p *peer) refuse(frame refusal.Frame) {
	p.mu.Lock()
	if p.ended {
		p.mu.Unlock()
		return
	}
	p.queue, p.queued, p.lagging = nil, 0, false
	p.enqueue(refusal.Encode(frame))
	p.ended, p.greeted = true, true
	wake := p.startSending()
	p.mu.Unlock()
	p.leave()
	p.out.hurry()
	if wake {
		p.out.wake()
	}
}

// OnPing implements gws.Event.
func (h *socket) OnPing(conn *gws.Conn, payload []byte) {
	p := peerOf(conn)
	if p.pending == nil {
		p.seen.Store(h.server.now().UnixMicro())
	}
	// Otherwise the deadline of some earlier write, long past, would end it.
	_ = conn.NetConn().SetWriteDeadline(time.Now().Add(hurryLimit))
	_ = conn.WritePong(payload)
}

// OnPong implements gws.Event.
func (h *socket) OnPong(conn *gws.Conn, _ []byte) {
	if p := peerOf(conn); p.pending == nil {
		p.seen.Store(h.server.now().UnixMicro())
	}
}

// OnClose implements gws.Event.
func (h *socket) OnClose(conn *gws.Conn, _ error) { peerOf(conn).drop() }

type socketTransport struct {
	peer    *peer
	conn    *gws.Conn
	hurried atomic.Bool
}

// wake implements transport.
func (t *socketTransport) wake() { go t.flush() }

// flush sends what waits until nothing does.
func (t *socketTransport) flush() {
	for {
		waiting, last := t.peer.take()
		if waiting == nil {
			if last {
				t.hurry()
				_ = t.conn.WriteClose(1000, nil) // it may be gone already
				t.peer.drop()
			}
			return
		}
		err := t.write(waiting.frames)
		t.peer.server.giveBuffer(waiting)
		if err != nil {
			t.peer.drop()
			return
		}
	}
}

func (t *socketTransport) write(frames []byte) error {
	if err := t.conn.NetConn().SetWriteDeadline(time.Now().Add(t.peer.server.slowLimit)); err != nil {
		return err
	}
	if t.hurried.Load() {
		t.hurry()
	}
	return t.conn.WriteMessage(gws.OpcodeText, frames)
}

// hurry implements transport.
func (t *socketTransport) hurry() {
	t.hurried.Store(true)
	_ = t.conn.NetConn().SetWriteDeadline(time.Now().Add(hurryLimit))
}

// cut implements transport.
func (t *socketTransport) cut() { _ = t.conn.NetConn().Close() }

// ask sends a WebSocket ping, which every client answers by itself.
func (t *socketTransport) ask() {
	go func() {
		_ = t.conn.NetConn().SetWriteDeadline(time.Now().Add(t.peer.server.slowLimit))
		_ = t.conn.WritePing(nil)
	}()
}
