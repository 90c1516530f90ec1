package realtime

import (
	"maps"
	"slices"
	"sync"

	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/web/realtime/lines"
)

type set map[*peer]struct{}

func (m set) put(p *peer) { m[p] = struct{}{} }

// index finds the few connections of one customer, colleague or conversation.
type index map[string][]*peer

func (x index) put(key string, p *peer) {
	if !slices.Contains(x[key], p) {
		x[key] = append(x[key], p)
	}
}

func (x index) take(key string, p *peer) {
	peers := x[key]
	at := slices.Index(peers, p)
	if at < 0 {
		return
	}
	if peers = slices.Delete(peers, at, at+1); len(peers) == 0 {
		delete(x, key)
		return
	}
	x[key] = peers
}

// hub finds the connections that a commit concerns.
type hub struct {
	mu         sync.RWMutex
	all        set
	byCustomer index
	byStaff    index
	byWatch    index // conversation → desks that look at it
	inbox      set
	dirty      lines.Lines
}

func newHub() *hub {
	return &hub{all: set{}, byCustomer: index{}, byStaff: index{}, byWatch: index{}, inbox: set{}}
}

// add enters a connection under its principal, instead of the one before.
func (h *hub) add(p *peer, who identity.Principal) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.leave(p)
	p.who.Store(&who)
	if p.hasEnded() {
		return
	}
	h.all.put(p)
	if who.IsCustomer() {
		h.byCustomer.put(who.ID, p)
	} else {
		h.byStaff.put(who.ID, p)
	}
}

func (h *hub) leave(p *peer) {
	who := p.principal()
	h.byCustomer.take(who.ID, p)
	h.byStaff.take(who.ID, p)
}

// remove forgets a connection, and gives the conversations that it looked at.
func (h *hub) remove(p *peer) (left map[string]struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.leave(p)
	delete(h.all, p)
	delete(h.inbox, p)
	p.mu.Lock()
	watching := p.watching
	p.watching = nil
	p.mu.Unlock()
	for conv := range watching {
		h.byWatch.take(conv, p)
	}
	return watching
}

// concerned gives the connections that a revocation may be about.
func (h *hub) concerned(r event.Revocation) []*peer {
	h.mu.RLock()
	defer h.mu.RUnlock()
	switch r.Kind {
	case event.RevokedCustomer:
		return slices.Clone(h.byCustomer[r.Subject])
	case event.RevokedStaff:
		return slices.Clone(h.byStaff[r.Subject])
	default:
		return slices.Collect(maps.Keys(h.all))
	}
}

// maxWatched bounds the conversations one desk looks at.
const maxWatched = 200

// watch enters a desk for a conversation. It is false when it watches too many.
func (h *hub) watch(p *peer, conv string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return true
	}
	if p.watching == nil {
		p.watching = map[string]struct{}{}
	}
	if _, ok := p.watching[conv]; !ok && len(p.watching) >= maxWatched {
		return false
	}
	p.watching[conv] = struct{}{}
	h.byWatch.put(conv, p)
	return true
}

func (h *hub) unwatch(p *peer, conv string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p.mu.Lock()
	delete(p.watching, conv)
	p.mu.Unlock()
	h.byWatch.take(conv, p)
}

func (h *hub) watchInbox(p *peer, on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if on && !p.hasEnded() {
		h.inbox.put(p)
	} else {
		delete(h.inbox, p)
	}
}

// each calls do for every connection, outside the lock.
func (h *hub) each(do func(*peer)) {
	h.mu.RLock()
	peers := slices.Collect(maps.Keys(h.all))
	h.mu.RUnlock()
	for _, p := range peers {
		do(p)
	}
}

// desksOf appends the desks that are told of a conversation: those that watch
// it, and those of its assignees, now and before, as far as they may read it.
func (h *hub) desksOf(dst []*peer, object policy.Object, conv string, assignees ...string) []*peer {
	for _, p := range h.byWatch[conv] {
		if policy.Allow(p.principal(), policy.ReadConversation, object) {
			dst = append(dst, p)
		}
	}
	for _, staff := range assignees {
		if staff == "" {
			continue
		}
		for _, p := range h.byStaff[staff] {
			if !p.watches(conv) && policy.Allow(p.principal(), policy.ReadConversation, object) {
				dst = append(dst, p)
			}
		}
	}
	return dst
}
