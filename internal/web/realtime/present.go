package realtime

import (
	"slices"
	"strings"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/policy"
	"kefu/internal/web/refusal"
)

// maxPresent bounds the members of staff whom a present frame names.
const maxPresent = 20

// presentFrame tells desks who looks at a conversation.
type presentFrame struct {
	T     string                  `json:"t"`
	Conv  string                  `json:"conv"`
	Staff []conversation.StaffRef `json:"staff"`
}

// tellPresent tells the desks that look at a conversation who looks at it, when
// somebody has come or gone. Who is alone, and was before, is told nothing. Only
// those are told, and named, who may list everybody's conversations.
func (s *Server) tellPresent(conv string, came bool) {
	s.hub.mu.RLock()
	looking := slices.Clone(s.hub.byWatch[conv])
	s.hub.mu.RUnlock()
	looking = slices.DeleteFunc(looking, func(p *peer) bool { return !policy.Allow(p.principal(), policy.ListInbox, policy.Object{}) })
	staff := make([]conversation.StaffRef, 0, len(looking))
	for _, p := range looking {
		who := p.principal()
		if !slices.ContainsFunc(staff, func(r conversation.StaffRef) bool { return r.ID == who.ID }) {
			staff = append(staff, conversation.StaffRef{ID: who.ID, Name: who.Name})
		}
	}
	if len(staff) == 0 || (came && len(staff) == 1) {
		return
	}
	slices.SortFunc(staff, func(a, b conversation.StaffRef) int { return strings.Compare(a.ID, b.ID) })
	frame := refusal.Encode(presentFrame{T: "present", Conv: conv, Staff: staff[:min(len(staff), maxPresent)]})
	for _, p := range looking {
		p.push(frame)
	}
}
