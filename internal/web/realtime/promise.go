package realtime

import "kefu/internal/web/refusal"

// Moved tells desks that the line of a conversation in the inbox changed without an
// entry, as when a clock was set or rang.
func (s *Server) Moved(conv, assignee string) {
	s.hub.dirty.Moved(conv, assignee)
}

// Promised tells the windows of a customer by when they are answered.
func (s *Server) Promised(customer, conv string, by int64) {
	frame := refusal.Encode(struct {
		T    string `json:"t"`
		Conv string `json:"conv"`
		By   int64  `json:"by"`
	}{"promise", conv, by})
	s.hub.mu.RLock()
	windows := append([]*peer(nil), s.hub.byCustomer[customer]...)
	s.hub.mu.RUnlock()
	for _, p := range windows {
		p.push(frame)
	}
}
