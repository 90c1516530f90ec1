package intake

import (
	"context"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
)

// Start begins a conversation.
func (s *Service) Start(ctx context.Context, p identity.Principal, start conversation.Start) (conversation.State, error) {
	limiter, name := s.limits.visitorStarts, "visitor_starts"
	if p.Kind == identity.Customer {
		limiter, name = s.limits.customerStarts, "customer_starts"
	}
	if err := s.take(limiter, name, p.ID, 1); err != nil {
		return conversation.State{}, err
	}
	start.Topic, _ = s.redact(start.Topic)
	return s.store.StartConversation(ctx, p, start)
}

// Do applies a command that is not a message: every text in it passes the guard.
func (s *Service) Do(ctx context.Context, p identity.Principal, conversationID string, c conversation.Command) (conversation.Result, error) {
	if err := s.allow(p, 1); err != nil {
		return conversation.Result{}, err
	}
	var classes []string
	c.Content.Text, classes = s.redact(c.Content.Text)
	if len(classes) > 0 {
		c.Content.Classes = classes
	}
	c.Content.WrapUp, _ = s.redact(c.Content.WrapUp)
	c.Content.Topic, _ = s.redact(c.Content.Topic)
	for i, tag := range c.Content.Tags {
		c.Content.Tags[i], _ = s.redact(tag)
	}
	return s.store.Execute(ctx, p, conversationID, c)
}

// Draft keeps an unfinished answer, without the secrets in it.
func (s *Service) Draft(ctx context.Context, p identity.Principal, conversationID, text string) error {
	if err := s.allow(p, 1); err != nil {
		return err
	}
	clean, _ := s.redact(text)
	return s.store.SaveDraft(ctx, p, conversationID, clean)
}

// Name cleans a name that is stored beside conversations: a customer's, a file's.
func (s *Service) Name(name string) string {
	clean, _ := s.redact(name)
	return clean
}
