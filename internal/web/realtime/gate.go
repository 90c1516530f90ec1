package realtime

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"kefu/internal/platform/ratelimit"
	"kefu/internal/web/session"
)

// gate counts the connections of this process and limits the new ones of each
// network address, before any work is done for them.
type gate struct {
	connections *ratelimit.Limiter // nil: no limit
	known       *ratelimit.Limiter // likewise, of each who has shown who they are
	visitors    *ratelimit.Limiter // nil: no limit
	most        int

	mu      sync.Mutex
	open    int
	waiting set // connections that have not said hello
	shut    bool
	leaving int           // connections when it was shut
	empty   chan struct{} // closed when the gate is shut and everybody has left
}

func newGate(o Options) *gate {
	g := &gate{most: o.MaxConnections, waiting: set{}, empty: make(chan struct{})}
	if o.Connections.Burst > 0 {
		g.connections = ratelimit.New(o.Connections, o.Addresses)
		g.known = ratelimit.New(o.Connections, o.Addresses)
	}
	if o.NewVisitors.Burst > 0 {
		g.visitors = ratelimit.New(o.NewVisitors, o.Addresses)
	}
	return g
}

func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut || g.open >= g.most {
		return false
	}
	g.open++
	return true
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open--; g.shut && g.open == 0 {
		close(g.empty)
	}
}

// crowd is how many connections there were when the gate was shut.
func (g *gate) crowd() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.leaving
}

// await notes a connection that has been let in and has not said hello. It tells
// whether the server stops, and did so before it knew of the connection.
func (g *gate) await(p *peer) (shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting.put(p)
	return g.shut
}

// heard notes that it has, or that it is gone, and tells whether the server
// stops.
func (g *gate) heard(p *peer) (shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.waiting, p)
	return g.shut
}

// close lets nobody in any more and gives those who have not said hello.
func (g *gate) close() []*peer {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.shut {
		if g.shut, g.leaving = true, g.open; g.open == 0 {
			close(g.empty)
		}
	}
	return slices.Collect(maps.Keys(g.waiting))
}

// fullRetry is when to come back to a server that is full.
const fullRetry = 5 * time.Second

// admit lets a new connection in or answers why not: 403 for a foreign page, 429
// for too many from one address, 503 when the server is full. Who was let in
// must leave the gate.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) (*handshake, bool) {
	if !s.originAllowed(r) {
		s.answer(w, http.StatusForbidden, errorFrame{T: "error", Code: "forbidden"})
		return nil, false
	}
	hello := &handshake{network: s.networkOf(r)}
	if wait := s.limited(s.gate.connections, "connections", hello.network); wait > 0 {
		s.answer(w, http.StatusTooManyRequests, errorFrame{T: "error", Code: "rate_limited", RetryAfterMS: waitMS(wait)})
		return nil, false
	}
	if !s.gate.enter() {
		s.answer(w, http.StatusServiceUnavailable, errorFrame{T: "error", Code: "unavailable", RetryAfterMS: fullRetry.Milliseconds()})
		return nil, false
	}
	hello.cookie = s.sessionCookie(r)
	return hello, true
}

// sessionCookie is the staff session of a browser, or "". The window's page is of
// the same site as the desk's, so that browsers send the cookie along with its
// connections too: for those it must not speak. A cookie that comes twice counts
// as none: one of them was planted.
func (s *Server) sessionCookie(r *http.Request) string {
	for _, origin := range r.Header.Values("Origin") {
		if origin != s.options.DeskOrigin {
			return ""
		}
	}
	if found := r.CookiesNamed(s.options.SessionCookie); len(found) == 1 {
		return found[0].Value
	}
	return ""
}

// networkOf names the network that limits count the client under.
func (s *Server) networkOf(r *http.Request) string {
	if s.options.Peer == nil {
		return ""
	}
	peer := s.options.Peer(r)
	if !peer.IsValid() {
		return ""
	}
	return session.Network(peer)
}

func (s *Server) limited(limiter *ratelimit.Limiter, name, network string) time.Duration {
	if limiter == nil || network == "" {
		return 0
	}
	wait := limiter.Allow(network, 1, s.now())
	if wait > 0 {
		s.observe.Limited(name)
	}
	return wait
}

// recognise gives a network back what a connection took of its limit, because
// whoever opened it has shown that they were here before, or are a customer of the
// wallet: many share an address, and do not count against one another. Who comes
// too often counts again.
func (s *Server) recognise(who, network string) {
	if s.gate.connections != nil && network != "" && s.gate.known.Allow(who, 1, s.now()) == 0 {
		s.gate.connections.Return(network, 1)
	}
}

// originAllowed refuses browsers on foreign pages. Programs send no Origin.
func (s *Server) originAllowed(r *http.Request) bool {
	for _, origin := range r.Header.Values("Origin") {
		if !slices.Contains(s.options.Origins, origin) {
			return false
		}
	}
	return true
}

// answer answers a request with an error frame.
func (s *Server) answer(w http.ResponseWriter, status int, frame errorFrame) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if frame.RetryAfterMS > 0 {
		h.Set("Retry-After", strconv.FormatInt((frame.RetryAfterMS+999)/1000, 10))
	}
	w.WriteHeader(status)
	_, _ = w.Write(encode(frame)) // whoever asked may be gone
}
