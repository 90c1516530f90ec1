package realtime

import (
	"kefu/internal/domain/sla"
	"kefu/internal/web/refusal"
)

// tellService tells windows when somebody begins or ceases to be there: a window
// stays open for longer than what its welcome said holds.
func (s *Server) tellService() {
	if s.service == nil {
		return
	}
	type serviceFrame struct {
		T       string      `json:"t"`
		Service sla.Service `json:"service"`
	}
	byLanguage := map[string]sla.Service{}
	s.hub.each(func(p *peer) {
		if p.kind != roleWindow {
			return
		}
		now, ok := byLanguage[p.lang]
		if !ok {
			now = s.service(p.lang)
			byLanguage[p.lang] = now
		}
		if p.newService(now) {
			p.push(refusal.Encode(serviceFrame{"service", now}))
		}
	})
}

// newService notes what a window is told of when somebody is there, and tells
// whether it is news. By when an answer comes moves with the clock: that alone is none.
func (p *peer) newService(now sla.Service) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	was := p.service
	p.service = now
	was.AnswerBy, now.AnswerBy = 0, 0
	return was != now
}
