package storage

import (
	"context"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/waiting"
)

// Merge lets a conversation go on in another one of the same customer. Both logs
// stay whole; each gets an entry that says so. Errors: NotFound, Forbidden,
// Conflict when the customers differ or one of the two is merged already.
func (s *Store) Merge(ctx context.Context, p identity.Principal, from, into string) error {
	const op = "storage.Merge"
	if !engine.ValidKey(from) || !engine.ValidKey(into) {
		return fault.New(fault.NotFound, op, "no conversation has an id of that form")
	}
	return s.ordered(ctx, func(ctx context.Context, t *Tx) error {
		left, err := t.change(ctx, p, from, conversation.Command{Kind: conversation.MergeInto, Content: conversation.Content{Into: into}})
		if err != nil {
			return err
		}
		entered, err := t.change(ctx, p, into, conversation.Command{Kind: conversation.TakeIn, Joined: &left, Content: conversation.Content{From: from}})
		if err != nil {
			return err
		}
		if left.CustomerID != entered.CustomerID {
			return fault.New(fault.Conflict, op, "the conversations belong to different customers")
		}
		return nil
	})
}

// Unmerge takes a merge back. Errors: NotFound, Forbidden, Conflict when the
// conversation is not merged.
func (s *Store) Unmerge(ctx context.Context, p identity.Principal, id string) error {
	const op = "storage.Unmerge"
	if !engine.ValidKey(id) {
		return fault.New(fault.NotFound, op, "no conversation has an id of that form")
	}
	return s.ordered(ctx, func(ctx context.Context, t *Tx) error {
		var into string
		if err := t.SQL.QueryRowContext(ctx, "SELECT merged_into FROM conversation WHERE id = $1", id).Scan(&into); err != nil {
			return engine.MapError(op, err)
		}
		if _, err := t.change(ctx, p, id, conversation.Command{Kind: conversation.Unmerge}); err != nil {
			return err
		}
		remains, err := waiting.In(ctx, t.SQL, s.core, into)
		if err != nil {
			return err
		}
		_, err = t.change(ctx, p, into, conversation.Command{Kind: conversation.LetGo, Remains: &remains, Content: conversation.Content{Into: id}})
		return err
	})
}
