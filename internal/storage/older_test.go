package storage_test

import (
	"context"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
)

// Page by page a customer's list goes back to their first conversation: each once, the
// newest first, also where several were last active at one time.
func TestACustomersListGoesBackToTheFirst(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p, other := visitor(), visitor()
		for i := range 11 {
			s.start(p)
			s.start(other)
			if i%3 == 0 {
				s.Clock.Move(time.Second)
			}
		}
		ctx := context.Background()
		page, err := s.ConversationsOf(ctx, p, 4)
		s.must(err)
		seen := map[string]bool{}
		var last int64
		for len(page) > 0 {
			for _, line := range page {
				if seen[line.State.ID] || (last != 0 && line.State.LastActivity > last) {
					t.Fatalf("%s comes twice, or after an older one", line.State.ID)
				}
				seen[line.State.ID], last = true, line.State.LastActivity
			}
			end := page[len(page)-1].State
			page, err = s.ConversationsBefore(ctx, p, conversation.Before{LastActivity: end.LastActivity, ID: end.ID}, 4)
			s.must(err)
		}
		if len(seen) != 11 {
			t.Errorf("%d conversations, want 11", len(seen))
		}
	})
}
