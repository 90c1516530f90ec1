package realtime

import (
	"strconv"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/policy"
	"kefu/internal/web/wire"
)

// Committed tells the clients concerned what a commit did. It is called in the
// order of commits and does not block: every client has its own bounded queue.
func (s *Server) Committed(c event.Commit) {
	for _, r := range c.Revoked {
		s.revoke(r)
	}
	var touched []*peer
	var scratch []byte
	var peers []*peer
	s.hub.mu.RLock()
	for i := range c.Changed {
		touched, peers, scratch = s.deliver(&c.Changed[i], touched, peers, scratch)
	}
	anybody := len(s.hub.inbox) > 0
	s.hub.mu.RUnlock()
	if anybody {
		s.noteInbox(c.Changed)
	}
	for _, p := range touched {
		go p.flush()
	}
}

// deliver queues the entries of one conversation and gives back the connections
// that must be flushed. The hub is locked for reading.
func (s *Server) deliver(c *event.ConversationChange, touched, peers []*peer, frame []byte) (t, p []*peer, f []byte) {
	object := policy.Object{CustomerID: c.State.CustomerID}
	peers = s.hub.desksOf(peers[:0], c.State.ID, c.State.AssigneeID)
	windows := s.hub.byCustomer[c.State.CustomerID]
	if len(peers) == 0 && len(windows) == 0 {
		return touched, peers, frame
	}
	for i := range c.Entries {
		e := &c.Entries[i]
		origin := c.Origins[i]
		if len(peers) > 0 {
			frame = wire.AppendEvent(frame[:0], *e)
			for _, desk := range peers {
				if desk != origin && policy.Allow(desk.principal(), policy.ReadConversation, object) && desk.hold(frame) {
					touched = append(touched, desk)
				}
			}
		}
		encoded := false
		for window := range windows {
			if window == origin && e.Kind == conversation.KindMessage {
				continue
			}
			if !encoded {
				frame, encoded = wire.AppendEvent(frame[:0], e.ForCustomer()), true
			}
			if window.hold(frame) {
				touched = append(touched, window)
			}
		}
	}
	if c.Receipt {
		touched, frame = s.deliverReceipts(c, peers, touched, frame)
	}
	return touched, peers, frame
}

func (s *Server) deliverReceipts(c *event.ConversationChange, desks, touched []*peer, frame []byte) ([]*peer, []byte) {
	st := c.State
	frame = appendReceipt(frame[:0], st.ID, "customer", st.CustomerDelivered, st.CustomerRead)
	for _, desk := range desks {
		if desk.hold(frame) {
			touched = append(touched, desk)
		}
	}
	frame = appendReceipt(frame[:0], st.ID, "agent", st.LastSeq, st.AgentRead)
	for window := range s.hub.byCustomer[st.CustomerID] {
		if window.hold(frame) {
			touched = append(touched, window)
		}
	}
	return touched, frame
}

// noteInbox remembers whose inbox line changed; tellInbox tells it, coalesced.
func (s *Server) noteInbox(changed []event.ConversationChange) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for i := range changed {
		if len(s.hub.dirty) > maxInboxLines {
			return
		}
		s.hub.dirty[changed[i].State.ID] = struct{}{}
	}
}

func (s *Server) tellInbox() {
	s.hub.mu.Lock()
	dirty := s.hub.dirty
	if len(dirty) == 0 {
		s.hub.mu.Unlock()
		return
	}
	s.hub.dirty = map[string]struct{}{}
	desks := make([]*peer, 0, len(s.hub.inbox))
	for p := range s.hub.inbox {
		desks = append(desks, p)
	}
	s.hub.mu.Unlock()
	var frames []byte
	if len(dirty) > maxInboxLines {
		frames = append(frames, `{"t":"inbox"}`...)
	} else {
		for conv := range dirty {
			if len(frames) > 0 {
				frames = append(frames, '\n')
			}
			frames = append(frames, `{"t":"inbox","conv":"`...)
			frames = append(frames, conv...)
			frames = append(frames, `"}`...)
		}
	}
	for _, p := range desks {
		if policy.Allow(p.principal(), policy.ListInbox, policy.Object{}) {
			p.push(frames)
		}
	}
}

func appendReceipt(dst []byte, conv, by string, delivered, read int64) []byte {
	dst = append(dst, `{"t":"receipt","conv":"`...)
	dst = append(dst, conv...)
	dst = append(dst, `","by":"`...)
	dst = append(dst, by...)
	dst = append(dst, `","delivered":`...)
	dst = strconv.AppendInt(dst, delivered, 10)
	dst = append(dst, `,"read":`...)
	dst = strconv.AppendInt(dst, read, 10)
	return append(dst, '}')
}

func appendClosing(dst []byte, reason string, retryAfterMS int64) []byte {
	dst = append(dst, `{"t":"closing","reason":"`...)
	dst = append(dst, reason...)
	dst = append(dst, '"')
	if retryAfterMS > 0 {
		dst = append(dst, `,"retry_after_ms":`...)
		dst = strconv.AppendInt(dst, retryAfterMS, 10)
	}
	return append(dst, '}')
}
