package intake

import (
	"context"
	"sync"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
)

// What one request may do to many conversations at once: MaxMany is how many it
// names, atOnce how many of them are worked on at a time, and perMessage how many
// count as much as one message.
const (
	MaxMany    = 200
	atOnce     = 32
	perMessage = 10
)

// Work is what is to be done to one conversation, in that order.
type Work struct {
	ConversationID string
	Commands       []conversation.Command
}

// DoEach applies commands to many conversations. Each has an answer of its own: one
// that fails keeps no other from being done, and of one conversation the commands
// after the first that fails are left out. Errors: a *LimitedError, Invalid; then
// nothing was done. Forbidden for whoever works on none.
func (s *Service) DoEach(ctx context.Context, p identity.Principal, all []Work) ([]error, error) {
	if len(all) > MaxMany {
		return nil, fault.InvalidField("intake.DoEach", "changes", "are more than %d", MaxMany)
	}
	if !policy.Allow(p, policy.WorkConversation, policy.Whosever(p.ID)) { // of each it is asked again
		return nil, fault.New(fault.Forbidden, "intake.DoEach", "%s works on no conversation", p.Role)
	}
	if err := s.allow(p, 1+len(all)/perMessage); err != nil {
		return nil, err
	}
	answers := make([]error, len(all))
	places := make(chan struct{}, atOnce)
	var doing sync.WaitGroup
	for i := range all {
		places <- struct{}{}
		doing.Go(func() {
			defer func() { <-places }()
			for _, c := range all[i].Commands {
				if _, answers[i] = s.do(ctx, p, all[i].ConversationID, c); answers[i] != nil {
					return
				}
			}
		})
	}
	doing.Wait()
	return answers, nil
}
