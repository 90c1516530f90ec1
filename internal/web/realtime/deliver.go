package realtime

import (
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/policy"
	"kefu/internal/web/realtime/lines"
	"kefu/internal/web/wire"
)

// Committed tells the clients concerned what a commit did. It is called in the
// order of commits and does not block: every client has its own bounded queue.
func (s *Server) Committed(c event.Commit) {
	s.revoke(c.Revoked)
	var d delivery
	s.hub.mu.RLock()
	for i := range c.Changed {
		d.deliver(s.hub, &c.Changed[i])
	}
	for i := range c.Runs {
		d.run(s.hub, &c.Runs[i])
	}
	for i := range c.Acts {
		d.act(s.hub, &c.Acts[i])
	}
	for i := range c.Contacts {
		d.contact(s.hub, &c.Contacts[i])
	}
	for _, customer := range c.Cases {
		d.cases(s.hub, customer)
	}
	anybody := len(s.hub.inbox) > 0
	s.hub.mu.RUnlock()
	if anybody {
		for i := range c.Changed {
			s.hub.dirty.Note(&c.Changed[i])
		}
	}
	for _, p := range d.touched {
		p.out.wake()
	}
	if c.Approvals {
		s.Changed(lines.Approval)
	}
	if c.Unknown {
		s.lookAgain()
	}
}

// lookAgain makes every client read what it has missed: nobody knows whom a
// commit of unknown outcome concerned.
func (s *Server) lookAgain() {
	s.hub.each(func(p *peer) { p.push([]byte(`{"t":"resync"}`)) })
	s.hub.dirty.All()
}

// delivery is what one commit brings to clients. Each entry is encoded once for
// all desks and once for all windows; each client is woken once.
type delivery struct {
	touched []*peer // whose transport must be woken
	desks   []*peer // of the present conversation
	frame   []byte
}

// deliver queues what happened in one conversation. The hub is locked for
// reading.
func (d *delivery) deliver(h *hub, c *event.ConversationChange) {
	d.desks = h.desksOf(d.desks[:0], c.State.Object(), c.State.ID, c.State.AssigneeID, c.WasWith)
	windows := h.byCustomer[c.State.CustomerID]
	if len(d.desks) == 0 && len(windows) == 0 {
		return
	}
	for i := range c.Entries {
		e := &c.Entries[i]
		if len(d.desks) > 0 {
			d.frame = wire.AppendEvent(d.frame[:0], *e)
			for _, desk := range d.desks {
				d.give(desk, c.Origins[i], e.Kind)
			}
		}
		if len(windows) > 0 {
			d.frame = wire.AppendEvent(d.frame[:0], e.ForCustomer())
			for _, window := range windows {
				d.give(window, c.Origins[i], e.Kind)
			}
		}
	}
	if c.Receipt {
		d.receipts(c, windows)
	}
}

// give queues the frame for one client. Its own message waits for the stored
// frame that follows, so that both leave in one write.
func (d *delivery) give(p *peer, origin any, kind conversation.EntryKind) {
	if p == origin && (kind == conversation.KindMessage || kind == conversation.KindNote) {
		if !p.noEcho {
			p.stow(d.frame)
		}
		return
	}
	d.hold(p)
}

func (d *delivery) hold(p *peer) {
	if p.hold(d.frame) {
		d.touched = append(d.touched, p)
	}
}

func (d *delivery) receipts(c *event.ConversationChange, windows []*peer) {
	st := &c.State
	d.frame = wire.AppendReceipt(d.frame[:0], st.ID, "customer", st.CustomerDelivered, st.CustomerRead)
	for _, desk := range d.desks {
		d.hold(desk)
	}
	d.frame = wire.AppendReceipt(d.frame[:0], st.ID, "agent", st.LastSeq, st.AgentRead)
	for _, window := range windows {
		d.hold(window)
	}
}

// tellInbox tells desks which lines of the inbox changed, all at once.
func (s *Server) tellInbox() {
	changed, everything := s.hub.dirty.Take()
	if len(changed) == 0 && !everything {
		return
	}
	s.hub.mu.RLock()
	desks := make([]*peer, 0, len(s.hub.inbox))
	for p := range s.hub.inbox {
		desks = append(desks, p)
	}
	s.hub.mu.RUnlock()
	frames := []byte(`{"t":"inbox"}`)
	if !everything {
		frames = lines.Frames(changed, nil)
	}
	for _, p := range desks {
		switch who := p.principal(); {
		case policy.Allow(who, policy.ListInbox, policy.Object{}):
			p.push(frames)
		case !policy.Allow(who, policy.ListInbox, policy.Whosever(who.ID)):
		case everything:
			p.push(frames)
		default:
			if own := lines.Frames(changed, &who); len(own) > 0 {
				p.push(own)
			}
		}
	}
}
