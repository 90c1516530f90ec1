package client

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/lxzan/gws"
)

const (
	subprotocol      = "kefu.v1"
	maxServerMessage = 4 << 20 // bytes; several frames travel in one message
	dialTimeout      = 10 * time.Second
)

// Target is where and how to connect.
type Target struct {
	URL    string      // http://, https://, ws:// or wss://, host and port; the path is the protocol's
	Header http.Header // sent with the handshake, for instance Origin
	TLS    *tls.Config // nil: the system's roots
}

// Hello is the first frame of a connection.
type Hello struct {
	Role    string // "window" or "desk"
	Token   string // secret
	Visitor string // secret
	Lang    string
	Resume  []Position
	Caps    []string // "no_echo": no event for what this connection sent itself
}

// Position is how much of a conversation a client has.
type Position struct {
	Conv    string `json:"conv"`
	LastSeq int64  `json:"last_seq"`
}

// Frame is the hello as it goes over the wire.
func (h Hello) Frame() []byte {
	raw, _ := json.Marshal(struct { // strings and integers always marshal
		T       string     `json:"t"`
		V       int        `json:"v"`
		Role    string     `json:"role"`
		Token   string     `json:"token,omitempty"`
		Visitor string     `json:"visitor,omitempty"`
		Lang    string     `json:"lang,omitempty"`
		Resume  []Position `json:"resume,omitempty"`
		Caps    []string   `json:"caps,omitempty"`
	}{"hello", 1, h.Role, h.Token, h.Visitor, h.Lang, h.Resume, h.Caps})
	return raw
}

// Conn is one bare WebSocket connection: no reconnecting, no memory, no
// goroutine of its own. Write may be called from any goroutine.
type Conn struct {
	ws     *gws.Conn
	handle func(frame []byte)
	ended  error
}

// Dial opens a connection and says hello on it. The answer arrives in Run. The
// error of a handshake that the server answered with a status is a *Rejected.
func Dial(ctx context.Context, target Target, hello []byte) (*Conn, error) {
	address, err := socketURL(target.URL)
	if err != nil {
		return nil, err
	}
	header := http.Header{"Sec-WebSocket-Protocol": {subprotocol}}
	for name, values := range target.Header {
		header[name] = values
	}
	conn := &Conn{}
	ws, response, err := gws.NewClient(conn, &gws.ClientOption{
		Addr:               address,
		RequestHeader:      header,
		TlsConfig:          target.TLS,
		HandshakeTimeout:   dialTimeout,
		ReadMaxPayloadSize: maxServerMessage,
		NewDialer:          func() (gws.Dialer, error) { return loopback{ctx}, nil },
	})
	if err != nil {
		if response != nil {
			return nil, &Rejected{Status: response.StatusCode, RetryAfter: retryAfter(response.Header), Err: err}
		}
		return nil, fmt.Errorf("client: connecting: %w", err)
	}
	conn.ws = ws
	if err := conn.Write(hello); err != nil {
		conn.Close()
		return nil, fmt.Errorf("client: saying hello: %w", err)
	}
	return conn, nil
}

// Rejected is the error of a handshake that the server answered with a status
// other than 101.
type Rejected struct {
	Status     int
	RetryAfter time.Duration // 0 when the server does not say
	Err        error
}

// retryAfter reads the number of seconds of a Retry-After (RFC 9110 section
// 10.2.3); this server sends no dates.
func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds < 0 || seconds > 3600 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// busy tells a server that wants to be left alone for now from one that cannot
// be reached in this way.
func busy(err error) bool {
	var rejected *Rejected
	return errors.As(err, &rejected) && (rejected.Status == http.StatusTooManyRequests || rejected.Status == http.StatusServiceUnavailable)
}

// Error implements error.
func (r *Rejected) Error() string {
	return fmt.Sprintf("client: the server answered the handshake with status %d: %v", r.Status, r.Err)
}

// Unwrap gives the cause.
func (r *Rejected) Unwrap() error { return r.Err }

// Run reads until the connection ends and calls handle for every frame, in
// order, on the calling goroutine. The frame is only valid during the call.
func (c *Conn) Run(handle func(frame []byte)) error {
	c.handle = handle
	c.ws.ReadLoop()
	return c.ended
}

// Write sends one client frame.
func (c *Conn) Write(frame []byte) error { return c.ws.WriteMessage(gws.OpcodeText, frame) }

// Close ends the connection at once; Run returns soon after.
func (c *Conn) Close() { _ = c.ws.NetConn().Close() }

// SetReadDeadline makes Run end with a timeout at t unless it is moved.
func (c *Conn) SetReadDeadline(t time.Time) { _ = c.ws.SetReadDeadline(t) }

// OnOpen implements gws.Event.
func (c *Conn) OnOpen(*gws.Conn) {}

// OnClose implements gws.Event.
func (c *Conn) OnClose(_ *gws.Conn, err error) {
	if c.ended = err; err == nil {
		c.ended = errors.New("client: the connection was closed")
	}
}

// OnPing implements gws.Event.
func (c *Conn) OnPing(ws *gws.Conn, payload []byte) { _ = ws.WritePong(payload) }

// OnPong implements gws.Event.
func (c *Conn) OnPong(*gws.Conn, []byte) {}

// OnMessage implements gws.Event.
func (c *Conn) OnMessage(_ *gws.Conn, message *gws.Message) {
	Frames(message.Bytes(), c.handle)
	_ = message.Close()
}

// loopback dials names below localhost without asking a resolver (RFC 6761
// section 6.3), so that widget.localhost works wherever localhost does.
type loopback struct{ ctx context.Context }

// Dial implements gws.Dialer.
func (l loopback) Dial(network, address string) (net.Conn, error) {
	return dialLocal(l.ctx, network, address)
}

func dialLocal(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err == nil && strings.HasSuffix(host, ".localhost") {
		address = net.JoinHostPort("localhost", port)
	}
	dialer := net.Dialer{Timeout: dialTimeout}
	return dialer.DialContext(ctx, network, address)
}

func baseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("client: %q is not the address of a server", raw)
	}
	switch u.Scheme {
	case "ws":
		u.Scheme = "http"
	case "wss":
		u.Scheme = "https"
	case "http", "https":
	default:
		return nil, fmt.Errorf("client: %q: the scheme must be http, https, ws or wss", raw)
	}
	u.Path, u.RawQuery, u.Fragment = "", "", ""
	return u, nil
}

func socketURL(raw string) (string, error) {
	u, err := baseURL(raw)
	if err != nil {
		return "", err
	}
	return "ws" + strings.TrimPrefix(u.Scheme, "http") + "://" + u.Host + "/rt", nil
}
