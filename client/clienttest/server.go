// Package clienttest is a small server that speaks the conversation protocol of
// docs/protocol.md from memory, for tests of programs built on package client.
// It misbehaves on demand: it cuts connections, repeats and drops events, and
// refuses messages. It authenticates nobody and limits nothing.
package clienttest

import (
	"encoding/base32"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"crypto/rand"

	"github.com/lxzan/gws"
)

// Faults is how a Server misbehaves. Each function may be nil.
type Faults struct {
	DropEvent   func(conv string, seq int64) bool // the event is stored and not sent
	RepeatEvent func(conv string, seq int64) bool // the event is sent twice
	DropStored  func(id string) bool              // stored, connection cut instead of the answer
	Refuse      func(id string) (code string, retryMS int64)
	Rewrite     func(text string) string // what the secret guard would leave
	StoreTwice  func(id string) bool     // two entries for one message
	Forget      func(id string) bool     // acknowledged and not stored
	TooMany     func(frame string) bool  // dropped, and told so without saying which
	Lose        func(frame string) bool  // dropped, and never answered
	NoSockets   bool                     // WebSocket handshakes are answered with 403
	Busy        func() bool              // new connections are answered with 503 and a Retry-After of 1 s
	RefuseHello func() (code string)     // instead of a welcome
}

// Entry is one entry of a log.
type Entry struct {
	Conv        string         `json:"conv"`
	Seq         int64          `json:"seq"`
	Kind        string         `json:"kind"`
	At          int64          `json:"at"`
	Author      map[string]any `json:"author,omitempty"`
	ClientMsgID string         `json:"client_msg_id,omitempty"`
	Payload     map[string]any `json:"payload"`
}

// Server is the server. Its methods may be called from any goroutine.
type Server struct {
	URL string

	http  *httptest.Server
	up    *gws.Upgrader
	mu    sync.Mutex
	fault Faults
	logs  map[string][]Entry
	ids   map[string]Entry // conv + client_msg_id
	refs  map[string]string
	peers map[*peer]bool
	sends []string // client_msg_ids in the order in which `send` frames came
	acks  map[string]int64
}

// peer is one connection of either transport.
type peer struct {
	server  *Server
	socket  *gws.Conn
	stream  chan []byte // of an SSE session
	session string
	role    string
	who     string // a window's customer: its token
	inbox   bool
	watched map[string]bool
	mine    map[string]bool
}

// New starts a server; Close ends it.
func New() *Server {
	s := &Server{
		logs: map[string][]Entry{}, ids: map[string]Entry{}, refs: map[string]string{},
		peers: map[*peer]bool{}, acks: map[string]int64{},
	}
	s.up = gws.NewUpgrader(s, &gws.ServerOption{SubProtocols: []string{"kefu.v1"}})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /rt", s.socket)
	mux.HandleFunc("POST /rt/sessions", s.openSession)
	mux.HandleFunc("GET /rt/stream", s.streamSession)
	mux.HandleFunc("POST /rt/frames", s.postFrames)
	mux.HandleFunc("POST /v1/session", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"token":"staff-token"}`)
	})
	mux.HandleFunc("GET /v1/conversations", s.list)
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	s.http = httptest.NewServer(mux)
	s.URL = s.http.URL
	return s
}

// Close ends every connection and the server.
func (s *Server) Close() {
	s.CutAll()
	s.http.CloseClientConnections()
	s.http.Close()
}

// Misbehave sets the faults from now on.
func (s *Server) Misbehave(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// CutAll drops every connection without a word, as a killed server would.
func (s *Server) CutAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.peers {
		p.cut()
	}
}

// Log is a copy of a conversation's log.
func (s *Server) Log(conv string) []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Entry(nil), s.logs[conv]...)
}

// Conversations are the ids of every conversation.
func (s *Server) Conversations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]string, 0, len(s.logs))
	for conv := range s.logs {
		all = append(all, conv)
	}
	return all
}

// Sends are the client_msg_ids of every `send` frame so far, repeats included.
func (s *Server) Sends() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.sends...)
}

// Acked is the highest `ack` for a conversation.
func (s *Server) Acked(conv string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acks[conv]
}

// Append adds an entry by nobody's message, as another device would.
func (s *Server) Append(conv, kind string, payload map[string]any) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.append(Entry{Conv: conv, Kind: kind, Payload: payload}).Seq
}

// Broadcast sends a raw frame to every connection.
func (s *Server) Broadcast(frame string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.peers {
		p.send([]byte(frame))
	}
}

func (s *Server) append(e Entry) Entry {
	e.Seq = int64(len(s.logs[e.Conv]) + 1)
	e.At = time.Now().UnixMicro()
	s.logs[e.Conv] = append(s.logs[e.Conv], e)
	frame := encode(struct {
		T string `json:"t"`
		Entry
	}{"event", e})
	if s.fault.RepeatEvent != nil && s.fault.RepeatEvent(e.Conv, e.Seq) {
		frame = append(append(frame, '\n'), frame...)
	}
	drop := s.fault.DropEvent != nil && s.fault.DropEvent(e.Conv, e.Seq)
	for p := range s.peers {
		if !drop && (p.watched[e.Conv] || p.mine[e.Conv]) {
			p.send(frame)
		}
		if p.inbox {
			p.send(fmt.Appendf(nil, `{"t":"inbox","conv":%q}`, e.Conv))
		}
	}
	return e
}

func (p *peer) send(frame []byte) {
	switch {
	case p.socket != nil:
		p.socket.WriteAsync(gws.OpcodeText, frame, nil)
	case p.stream != nil:
		for line := range strings.SplitSeq(string(frame), "\n") {
			select {
			case p.stream <- []byte(line):
			default:
			}
		}
	}
}

func (p *peer) cut() {
	delete(p.server.peers, p)
	if p.socket != nil {
		_ = p.socket.NetConn().Close()
	}
	if p.stream != nil {
		close(p.stream)
		p.stream = nil
	}
}

func (s *Server) list(w http.ResponseWriter, _ *http.Request) {
	type item struct {
		ID      string `json:"id"`
		LastSeq int    `json:"last_seq"`
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	items := make([]item, 0, len(s.logs))
	for conv, log := range s.logs {
		items = append(items, item{conv, len(log)})
	}
	_, _ = w.Write(encode(map[string]any{"items": items}))
}

func newID() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:])
	return base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding).EncodeToString(raw[:])
}

func encode(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // a test wrote something that is not JSON
	}
	return raw
}
