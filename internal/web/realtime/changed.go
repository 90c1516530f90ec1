package realtime

import "kefu/internal/web/realtime/lines"

// Changed tells desks that settings of some kinds changed, or, for lines.Approval,
// what waits for a second person.
func (s *Server) Changed(what ...string) {
	s.hub.each(func(p *peer) {
		if frame := lines.Changed(p.principal(), what, s.mayRead); frame != nil {
			p.push(frame)
		}
	})
}
