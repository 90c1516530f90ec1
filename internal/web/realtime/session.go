package realtime

import (
	"crypto/sha256"
	"net/http"
	"sync"

	"kefu/internal/platform/secret"
	"kefu/internal/web/refusal"
	"kefu/internal/web/session"
)

// sessionKey is the hash of a connection's session secret. The secret itself is
// known to its client alone.
type sessionKey [sha256.Size]byte

// sessions finds connections by the secrets that welcome gave out. A secret
// lives exactly as long as its connection, in memory only.
type sessions struct {
	mu    sync.RWMutex
	peers map[sessionKey]*peer
}

func newSessions() *sessions { return &sessions{peers: map[sessionKey]*peer{}} }

func keyOf(token string) sessionKey { return sha256.Sum256([]byte(token)) }

// open gives a connection a new secret in place of the one it has.
func (s *sessions) open(p *peer) (token string) {
	token = secret.Token()
	s.mu.Lock()
	defer s.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(s.peers, p.session)
	if !p.ended {
		p.session = keyOf(token)
		s.peers[p.session] = p
	}
	return token
}

func (s *sessions) end(p *peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.peers[p.session] == p {
		delete(s.peers, p.session)
	}
}

// find gives the connection of a request, or nil.
func (s *sessions) find(r *http.Request) *peer {
	token := session.Bearer(r)
	if len(token) != secret.TokenLen {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.peers[keyOf(token)]
}

// SignOut serves POST /rt/signout: the window's secret that the request bears is
// worth nothing from now on. It answers the same whether it ever was.
func (s *Server) SignOut(w http.ResponseWriter, r *http.Request) {
	if !s.originAllowed(r) {
		refusal.Because("forbidden").Write(w)
		return
	}
	if wait := s.limited(s.gate.Connections, "connections", s.networkOf(r)); wait > 0 {
		refusal.After("rate_limited", wait).Write(w)
		return
	}
	if bearer := session.Bearer(r); bearer != "" {
		if err := s.windows.End(r.Context(), bearer); err != nil {
			s.logError("signout", err)
			refusal.Of(err).Write(w)
			return
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
}
