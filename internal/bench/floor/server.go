package floor

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"

	"github.com/lxzan/gws"

	"kefu/client"
	"kefu/internal/platform/id"
)

// server knows the connections and the conversations, in memory.
type server struct {
	commit *committer
	mu     sync.RWMutex
	convs  map[string]*conversation
}

type conversation struct {
	id      string
	last    int64 // guarded by the committer
	visitor *peer
	mu      sync.Mutex
	agent   *peer
}

// peer is one connection. conv is a visitor's conversation, written before any
// of its messages comes; out collects an agent's events of one commit.
type peer struct {
	server *server
	ws     *gws.Conn
	conv   *conversation
	out    []byte
}

func newServer() *server {
	s := &server{convs: map[string]*conversation{}, commit: newCommitter()}
	return s
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	mux.HandleFunc("GET /rt", func(w http.ResponseWriter, r *http.Request) {
		p := &peer{server: s}
		ws, err := gws.NewUpgrader(p, &gws.ServerOption{SubProtocols: []string{"kefu.v1"}}).Upgrade(w, r)
		if err != nil {
			return
		}
		p.ws = ws
		go ws.ReadLoop()
	})
	return mux
}

// OnOpen implements gws.Event.
func (p *peer) OnOpen(*gws.Conn) {}

// OnClose implements gws.Event.
func (p *peer) OnClose(*gws.Conn, error) {}

// OnPing implements gws.Event.
func (p *peer) OnPing(ws *gws.Conn, payload []byte) { _ = ws.WritePong(payload) }

// OnPong implements gws.Event.
func (p *peer) OnPong(*gws.Conn, []byte) {}

// OnMessage implements gws.Event.
func (p *peer) OnMessage(_ *gws.Conn, message *gws.Message) {
	p.receive(message.Bytes())
	_ = message.Close()
}

func (p *peer) receive(frame []byte) {
	var head client.Head
	if !client.Scan(frame, &head) {
		p.write([]byte(`{"t":"error","code":"bad_frame"}`))
		return
	}
	switch string(head.Type) {
	case "send":
		p.send(frame, &head)
	case "hello":
		p.write([]byte(`{"t":"welcome","session":"floor","server_time":0,"limits":{}}`))
	case "start":
		p.start(string(head.Ref))
	case "watch":
		p.watch(string(head.Conv))
	case "ping":
		p.write([]byte(`{"t":"pong","server_time":0}`))
	}
}

func (p *peer) write(frame []byte) { _ = p.ws.WriteMessage(gws.OpcodeText, frame) }

func (p *peer) start(ref string) {
	p.conv = &conversation{id: id.New(), visitor: p}
	p.server.mu.Lock()
	p.server.convs[p.conv.id] = p.conv
	p.server.mu.Unlock()
	p.write(fmt.Appendf(nil, `{"t":"started","ref":%q,"conv":%q,"at":0}`, ref, p.conv.id))
}

func (p *peer) watch(conv string) {
	p.server.mu.RLock()
	c := p.server.convs[conv]
	p.server.mu.RUnlock()
	if c == nil {
		return
	}
	c.mu.Lock()
	c.agent = p
	c.mu.Unlock()
}

func (p *peer) send(frame []byte, head *client.Head) {
	_, text, found := bytes.Cut(frame, []byte(`"text":`))
	if !found || p.conv == nil || len(head.ClientMsgID) != 36 || string(head.Conv) != p.conv.id {
		p.write([]byte(`{"t":"error","code":"invalid"}`))
		return
	}
	kept := make([]byte, 36+len(text)-len("}}"))
	copy(kept[copy(kept, head.ClientMsgID):], text)
	whole := string(kept)
	p.server.commit.add(row{conv: p.conv, id: whole[:36], text: whole[36:]})
}

// deliver acknowledges what is durable and passes it to the agents, while the
// committer writes the next rows.
func (s *server) deliver(ctx context.Context) {
	var ack []byte
	var agents []*peer
	for batch := range s.commit.done {
		if ctx.Err() != nil {
			return
		}
		for i := range batch {
			r := &batch[i]
			ack = appendStored(ack[:0], r)
			r.conv.visitor.write(ack)
			agents = queueEvent(agents, r)
		}
		for _, agent := range agents {
			agent.write(agent.out)
			agent.out = agent.out[:0]
		}
		agents = agents[:0]
		s.commit.recycle(batch)
	}
}

// queueEvent adds the row's event to what its agent gets of this commit.
func queueEvent(agents []*peer, r *row) []*peer {
	r.conv.mu.Lock()
	agent := r.conv.agent
	r.conv.mu.Unlock()
	if agent == nil {
		return agents
	}
	if len(agent.out) == 0 {
		agents = append(agents, agent)
	} else {
		agent.out = append(agent.out, '\n')
	}
	agent.out = appendEvent(agent.out, r)
	return agents
}

func appendStored(dst []byte, r *row) []byte {
	dst = append(dst, `{"t":"stored","client_msg_id":"`...)
	dst = append(dst, r.id...)
	dst = append(dst, `","conv":"`...)
	dst = append(dst, r.conv.id...)
	dst = append(dst, `","seq":`...)
	dst = strconv.AppendInt(dst, r.seq, 10)
	dst = append(dst, `,"at":`...)
	dst = strconv.AppendInt(dst, r.at, 10)
	return append(dst, '}')
}

func appendEvent(dst []byte, r *row) []byte {
	dst = append(dst, `{"t":"event","conv":"`...)
	dst = append(dst, r.conv.id...)
	dst = append(dst, `","seq":`...)
	dst = strconv.AppendInt(dst, r.seq, 10)
	dst = append(dst, `,"kind":"message","at":`...)
	dst = strconv.AppendInt(dst, r.at, 10)
	dst = append(dst, `,"author":{"kind":"customer"},"client_msg_id":"`...)
	dst = append(dst, r.id...)
	dst = append(dst, `","payload":{"text":`...)
	dst = append(dst, r.text...)
	return append(dst, "}}"...)
}
