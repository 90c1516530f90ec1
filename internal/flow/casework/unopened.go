package casework

import (
	"context"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
)

// unopened tells staff and the customer, in the conversation, that no case was opened for
// what was handed over there: a flow says that one is being opened, and a log is read by
// neither. Told again it is told once. Errors: those after which it is tried again.
func (s *Service) unopened(ctx context.Context, e *conversation.Entry, why error) error {
	err := s.tellUnopened(ctx, e, fault.Is(why, fault.TooMany))
	if err == nil || ctx.Err() != nil || fault.Is(err, fault.Unavailable) || fault.Is(err, fault.TooMany) {
		return err
	}
	s.Log.Error("nobody could be told that no case was opened", "conversation", e.ConversationID, "entry", e.Seq, "error", err)
	return nil
}

func (s *Service) tellUnopened(ctx context.Context, e *conversation.Entry, full bool) error {
	state, err := s.Store.Conversation(ctx, s.who, e.ConversationID)
	if err != nil {
		return err
	}
	if state.MergedInto != "" {
		conv, err := s.goesOn(ctx, e.ConversationID, state.CustomerID)
		if err != nil {
			return err
		}
		if state, err = s.Store.Conversation(ctx, s.who, conv); err != nil {
			return err
		}
	}
	if state.Priority != conversation.Urgent {
		urgent := conversation.Command{Kind: conversation.SetPriority, Content: conversation.Content{Priority: conversation.Urgent}}
		if _, err := s.Intake.Do(ctx, s.who, state.ID, urgent); err != nil {
			return err
		}
	}
	staff, customer := s.Book.Unopened(language(state.Language), full)
	note := intake.Message{ConversationID: state.ID, ClientID: "unopened-note:" + e.ClientID, Text: staff, Note: true}
	if state.AssigneeID != "" {
		note.Mentions = []string{state.AssigneeID}
	}
	if _, err := s.send(ctx, s.who, note); err != nil {
		return err
	}
	// Automatic, so that it is no person's answer and stops no clock.
	us := identity.Principal{Kind: identity.Program, ID: s.who.ID, Scopes: identity.ScopesOf(identity.SendMessages)}
	_, err = s.send(ctx, us, intake.Message{ConversationID: state.ID, ClientID: "unopened:" + e.ClientID, Text: customer})
	return err
}
