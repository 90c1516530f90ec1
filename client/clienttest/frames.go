package clienttest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/lxzan/gws"
)

// received is every field that a client frame may have; others are refused.
type received struct {
	T       string `json:"t"`
	V       int    `json:"v"`
	Role    string `json:"role"`
	Token   string `json:"token"`
	Visitor string `json:"visitor"`
	Lang    string `json:"lang"`
	Resume  []struct {
		Conv    string `json:"conv"`
		LastSeq int64  `json:"last_seq"`
	} `json:"resume"`
	Ref   string `json:"ref"`
	Topic string `json:"topic"`
	Conv  string `json:"conv"`
	ID    string `json:"client_msg_id"`
	Body  struct {
		Type        string   `json:"type"`
		Text        string   `json:"text"`
		Attachments []string `json:"attachment_ids"`
	} `json:"body"`
	ReplyTo int64    `json:"reply_to"`
	Note    bool     `json:"note"`
	UpTo    int64    `json:"up_to_seq"`
	Seq     int64    `json:"seq"`
	On      bool     `json:"on"`
	After   int64    `json:"after_seq"`
	Before  int64    `json:"before_seq"`
	Limit   int      `json:"limit"`
	Inbox   bool     `json:"inbox"`
	Caps    []string `json:"caps"`
}

const fetchPage = 3 // entries in one `missed`, small so that `more` is exercised

func (p *peer) receive(raw []byte) {
	var f received
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil || decoder.More() {
		p.send([]byte(`{"t":"error","code":"bad_frame"}`))
		return
	}
	s := p.server
	if s.fault.TooMany != nil && s.fault.TooMany(f.T) {
		p.send([]byte(`{"t":"error","code":"rate_limited","retry_after_ms":30}`))
		return
	}
	if s.fault.Lose != nil && s.fault.Lose(f.T) {
		return
	}
	switch f.T {
	case "hello":
		p.hello(f)
	case "start":
		p.start(f)
	case "send":
		p.store(f)
	case "ack":
		s.acks[f.Conv] = max(s.acks[f.Conv], f.UpTo)
	case "fetch":
		p.missed(f.Conv, f.After)
	case "watch":
		p.inbox = p.inbox || f.Inbox
		p.watched[f.Conv] = true
	case "unwatch":
		delete(p.watched, f.Conv)
	case "ping":
		p.send([]byte(`{"t":"pong","server_time":1}`))
	case "read", "typing", "human":
	default:
		p.send([]byte(`{"t":"error","code":"unknown_type"}`))
	}
}

func (p *peer) hello(f received) {
	if s := p.server; s.fault.RefuseHello != nil {
		if code := s.fault.RefuseHello(); code != "" {
			p.send(encode(map[string]any{"t": "error", "code": code, "ref": "hello"}))
			return
		}
	}
	p.role, p.who = f.Role, subject(f.Token)
	if f.V != 1 || (f.Role != "window" && f.Role != "desk") || f.Token == "refuse-me" {
		p.send([]byte(`{"t":"error","code":"unauthenticated","ref":"hello"}`))
		return
	}
	p.send(p.welcome())
	if p.role == "window" {
		for ref, conv := range p.server.refs {
			if owner, _, _ := strings.Cut(ref, "|"); owner == p.who {
				p.mine[conv] = true
			}
		}
	}
	for _, r := range f.Resume {
		if int64(len(p.server.logs[r.Conv])) > r.LastSeq {
			p.missed(r.Conv, r.LastSeq)
		}
	}
}

// subject is the `sub` of a JWT, which nobody verifies here, or the token itself.
func subject(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return token
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Subject string `json:"sub"`
	}
	if err != nil || json.Unmarshal(raw, &claims) != nil {
		return token
	}
	return claims.Subject
}

func (p *peer) welcome() []byte {
	return encode(map[string]any{
		"t": "welcome", "session": p.session, "server_time": 1,
		"limits": map[string]any{"frame_bytes": 65536, "text_chars": 8000, "messages_per_10s": 40, "attachment_bytes": 1},
	})
}

func (p *peer) start(f received) {
	key := p.who + "|" + f.Ref
	conv := p.server.refs[key]
	if conv == "" {
		conv = newID()
		p.server.refs[key] = conv
		p.server.logs[conv] = nil
	}
	p.mine[conv] = true
	p.send(encode(map[string]any{"t": "started", "ref": f.Ref, "conv": conv, "at": 1}))
}

func (p *peer) store(f received) {
	s := p.server
	s.sends = append(s.sends, f.ID)
	if s.fault.Refuse != nil {
		if code, after := s.fault.Refuse(f.ID); code != "" {
			p.send(encode(map[string]any{"t": "error", "code": code, "ref": f.ID, "retry_after_ms": after}))
			return
		}
	}
	entry, repeated := s.ids[f.Conv+f.ID]
	text := f.Body.Text
	if !repeated {
		kind := "message"
		if f.Note {
			kind = "note"
		}
		if s.fault.Rewrite != nil {
			text = s.fault.Rewrite(text)
		}
		author := map[string]any{"kind": "customer"}
		if p.role == "desk" {
			author = map[string]any{"kind": "agent", "name": "Ada"}
		}
		entry = Entry{Conv: f.Conv, Seq: int64(len(s.logs[f.Conv]) + 1), Kind: kind, ClientMsgID: f.ID, Author: author, Payload: map[string]any{"text": text}}
		if s.fault.Forget == nil || !s.fault.Forget(f.ID) {
			entry = s.append(entry)
		}
		if s.fault.StoreTwice != nil && s.fault.StoreTwice(f.ID) {
			s.append(entry)
		}
		s.ids[f.Conv+f.ID] = entry
	}
	if s.fault.DropStored != nil && s.fault.DropStored(f.ID) {
		p.cut()
		return
	}
	answer := map[string]any{"t": "stored", "client_msg_id": f.ID, "conv": f.Conv, "seq": entry.Seq, "at": entry.At}
	if stored := entry.Payload["text"]; stored != f.Body.Text {
		answer["classes"], answer["text"] = []string{"pan"}, stored
	}
	p.send(encode(answer))
}

func (p *peer) missed(conv string, after int64) {
	log := p.server.logs[conv]
	from := min(after, int64(len(log)))
	page := slices.Clone(log[from:min(from+fetchPage, int64(len(log)))])
	p.send(encode(map[string]any{
		"t": "missed", "conv": conv, "from": from + 1, "to": from + int64(len(page)),
		"events": page, "more": from+int64(len(page)) < int64(len(log)),
	}))
}

func (s *Server) add() *peer {
	p := &peer{server: s, session: newID(), watched: map[string]bool{}, mine: map[string]bool{}}
	s.peers[p] = true
	return p
}

func (s *Server) socket(w http.ResponseWriter, r *http.Request) {
	if s.busy(w) {
		return
	}
	s.mu.Lock()
	refuse := s.fault.NoSockets
	s.mu.Unlock()
	if refuse {
		http.Error(w, "a proxy in the way", http.StatusForbidden)
		return
	}
	conn, err := s.up.Upgrade(w, r)
	if err != nil {
		return
	}
	go conn.ReadLoop()
}

// OnOpen implements gws.Event.
func (s *Server) OnOpen(conn *gws.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.add()
	p.socket = conn
	conn.Session().Store("peer", p)
}

// OnClose implements gws.Event.
func (s *Server) OnClose(conn *gws.Conn, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := conn.Session().Load("peer"); ok {
		delete(s.peers, p.(*peer))
	}
}

// OnPing implements gws.Event.
func (s *Server) OnPing(conn *gws.Conn, payload []byte) { _ = conn.WritePong(payload) }

// OnPong implements gws.Event.
func (s *Server) OnPong(*gws.Conn, []byte) {}

// OnMessage implements gws.Event.
func (s *Server) OnMessage(conn *gws.Conn, message *gws.Message) {
	defer message.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	p, _ := conn.Session().Load("peer")
	if bytes.Contains(message.Bytes(), []byte("\n")) {
		p.(*peer).send([]byte(`{"t":"error","code":"bad_frame"}`))
		return
	}
	p.(*peer).receive(message.Bytes())
}

func (s *Server) busy(w http.ResponseWriter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault.Busy == nil || !s.fault.Busy() {
		return false
	}
	w.Header().Set("Retry-After", "1")
	http.Error(w, "", http.StatusServiceUnavailable)
	return true
}

func (s *Server) openSession(w http.ResponseWriter, r *http.Request) {
	if s.busy(w) {
		return
	}
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.add()
	p.stream = make(chan []byte, 256)
	p.receive(body)
	_, _ = w.Write(<-p.stream)
}

func (s *Server) bySession(r *http.Request) *peer {
	for p := range s.peers {
		if r.Header.Get("Authorization") == "Bearer "+p.session {
			return p
		}
	}
	return nil
}

func (s *Server) streamSession(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	p := s.bySession(r)
	var stream chan []byte
	if p != nil {
		stream = p.stream
	}
	s.mu.Unlock()
	if stream == nil {
		http.Error(w, "", http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = io.WriteString(w, ": open\n\n")
	w.(http.Flusher).Flush()
	for {
		select {
		case frame, open := <-stream:
			if !open {
				panic(http.ErrAbortHandler)
			}
			_, _ = w.Write(append(append([]byte("data: "), frame...), "\n\n"...))
			w.(http.Flusher).Flush()
		case <-r.Context().Done():
			return
		}
	}
}

func (s *Server) postFrames(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.bySession(r)
	if p == nil {
		http.Error(w, "", http.StatusUnauthorized)
		return
	}
	for frame := range bytes.SplitSeq(body, []byte("\n")) {
		p.receive(frame)
	}
	w.WriteHeader(http.StatusAccepted)
}
