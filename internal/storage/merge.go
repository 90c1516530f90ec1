package storage

import (
	"context"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
)

// Merge lets a conversation go on in another one of the same customer. Both logs
// stay whole; each gets an entry that says so. Errors: NotFound, Forbidden,
// Conflict when the customers differ.
func (s *Store) Merge(ctx context.Context, p identity.Principal, from, into string) error {
	const op = "storage.Merge"
	a, err := s.Conversation(ctx, p, from)
	if err != nil {
		return err
	}
	b, err := s.Conversation(ctx, p, into)
	if err != nil {
		return err
	}
	if a.CustomerID != b.CustomerID {
		return fault.New(fault.Conflict, op, "the conversations belong to different customers")
	}
	return s.tx(ctx, func(ctx context.Context, t *Tx) error {
		leave := &conversation.Change{Principal: p, ConversationID: from, Command: conversation.Command{Kind: conversation.MergeInto, Content: conversation.Content{Into: into}}}
		if err := t.change(ctx, leave); err != nil {
			return err
		}
		enter := &conversation.Change{Principal: p, ConversationID: into, Command: conversation.Command{Kind: conversation.TakeIn, Seq: int64(a.Unread), Content: conversation.Content{From: from}}}
		return t.change(ctx, enter)
	})
}

// Unmerge takes a merge back. Errors: NotFound, Forbidden, Conflict when the
// conversation is not merged.
func (s *Store) Unmerge(ctx context.Context, p identity.Principal, id string) error {
	state, err := s.Conversation(ctx, p, id)
	if err != nil {
		return err
	}
	return s.tx(ctx, func(ctx context.Context, t *Tx) error {
		back := &conversation.Change{Principal: p, ConversationID: id, Command: conversation.Command{Kind: conversation.Unmerge}}
		if err := t.change(ctx, back); err != nil || state.MergedInto == "" {
			return err
		}
		let := &conversation.Change{Principal: p, ConversationID: state.MergedInto, Command: conversation.Command{Kind: conversation.LetGo, Content: conversation.Content{Into: id}}}
		return t.change(ctx, let)
	})
}
