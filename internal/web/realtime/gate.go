package realtime

import (
	"net/http"
	"slices"
	"time"

	"kefu/internal/platform/ratelimit"
	"kefu/internal/web/refusal"
	"kefu/internal/web/session"
)

// fullRetry is when to come back to a server that is full.
const fullRetry = 5 * time.Second

// admit lets a new connection in or answers why not: 403 for a foreign page, 429
// for too many from one address, 503 when the server is full. Who was let in
// must leave the gate.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) (*handshake, bool) {
	if !s.originAllowed(r) {
		refusal.Because("forbidden").Write(w)
		return nil, false
	}
	hello := &handshake{network: s.networkOf(r)}
	if wait := s.limited(s.gate.Connections, "connections", hello.network); wait > 0 {
		refusal.After("rate_limited", wait).Write(w)
		return nil, false
	}
	if !s.gate.Enter() {
		full := refusal.Because("unavailable")
		full.RetryAfterMS = fullRetry.Milliseconds()
		full.Write(w)
		return nil, false
	}
	hello.cookie = session.CookieOf(r, s.options.SessionCookie, s.options.DeskOrigin)
	return hello, true
}

// networkOf names the network that limits count the client under.
func (s *Server) networkOf(r *http.Request) string { return session.NetworkOf(r, s.options.Peer) }

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
	if s.gate.Connections != nil && network != "" && s.gate.Known.Allow(who, 1, s.now()) == 0 {
		s.gate.Connections.Return(network, 1)
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
