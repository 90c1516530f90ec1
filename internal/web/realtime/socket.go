package realtime

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/lxzan/gws"
)

const (
	subprotocol = "kefu.v1"
	peerKey     = "peer"
	cookieKey   = "cookie"
)

// socket is the WebSocket side (RFC 6455). One upgrader serves all connections.
type socket struct {
	gws.BuiltinEventHandler
	server *Server
}

// WebSocket serves GET /rt.
func (s *Server) WebSocket(ctx context.Context) http.Handler {
	upgrader := gws.NewUpgrader(&socket{server: s}, &gws.ServerOption{
		ReadMaxPayloadSize: maxFrameBytes,
		ReadBufferSize:     1024,
		CheckUtf8Enabled:   true,
		SubProtocols:       []string{subprotocol},
		HandshakeTimeout:   helloLimit,
		Recovery:           gws.Recovery,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.originAllowed(r) {
			http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
			return
		}
		conn, err := upgrader.Upgrade(w, r)
		if err != nil {
			return // the upgrader has answered
		}
		p := &peer{server: s, out: &socketTransport{conn}}
		conn.Session().Store(peerKey, p)
		if cookie, err := r.Cookie(s.options.SessionCookie); err == nil {
			conn.Session().Store(cookieKey, cookie.Value)
		}
		_ = conn.SetReadDeadline(time.Now().Add(helloLimit))
		go conn.ReadLoop()
	})
}

// originAllowed refuses browsers on foreign pages. Programs send no Origin.
func (s *Server) originAllowed(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return origin == "" || slices.Contains(s.options.Origins, origin)
}

// OnMessage implements gws.Event.
func (h *socket) OnMessage(conn *gws.Conn, message *gws.Message) {
	defer message.Close()
	value, ok := conn.Session().Load(peerKey)
	if !ok {
		return
	}
	p := value.(*peer)
	if message.Opcode != gws.OpcodeText {
		p.push(encode(errorFrame{T: "error", Code: "bad_frame"}))
		return
	}
	if p.kind == "" {
		h.hello(conn, p, message.Bytes())
		return
	}
	h.server.receive(context.Background(), p, message.Bytes())
}

func (h *socket) hello(conn *gws.Conn, p *peer, data []byte) {
	s := h.server
	f, err := decodeFrame(data)
	if err != nil || f.T != "hello" {
		p.push(encode(errorFrame{T: "error", Code: "bad_frame", Ref: "hello"}))
		return
	}
	cookie := ""
	if value, ok := conn.Session().Load(cookieKey); ok {
		cookie = value.(string)
		conn.Session().Delete(cookieKey)
	}
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	if err := s.hello(ctx, p, f, cookie); err != nil {
		s.logError("hello", err)
		p.refuse(errorOf(err, "hello"))
		return
	}
	_ = conn.SetReadDeadline(time.Time{}) // from here on the sweep ends silent connections
}

// refuse answers a hello that opens nothing and ends the connection.
func (p *peer) refuse(frame errorFrame) {
	_ = p.out.write(encode(frame))
	p.drop()
}

// OnPing implements gws.Event.
func (h *socket) OnPing(conn *gws.Conn, payload []byte) {
	if value, ok := conn.Session().Load(peerKey); ok {
		value.(*peer).seen.Store(h.server.now().UnixMicro())
	}
	_ = conn.WritePong(payload)
}

// OnClose implements gws.Event.
func (h *socket) OnClose(conn *gws.Conn, _ error) {
	if value, ok := conn.Session().Load(peerKey); ok {
		value.(*peer).drop()
	}
}

type socketTransport struct{ conn *gws.Conn }

func (t *socketTransport) write(frames []byte) error {
	if err := t.conn.SetWriteDeadline(time.Now().Add(slowLimit)); err != nil {
		return err
	}
	return t.conn.WriteMessage(gws.OpcodeText, frames)
}

func (t *socketTransport) end() { _ = t.conn.NetConn().Close() }
