package storage

import (
	"context"
	"database/sql"
	"math"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/engine"
)

// maxCounted bounds the newest entries of a conversation among which a window's
// unread ones are counted.
const maxCounted = 200

// ConversationsOf lists the conversations of the customer p, newest first, at
// most conversation.MaxPage, with how many messages p has not read, of the newest
// 200 entries of each.
func (s *Store) ConversationsOf(ctx context.Context, p identity.Principal, limit int) ([]conversation.WindowLine, error) {
	return s.ConversationsBefore(ctx, p, conversation.Before{LastActivity: math.MaxInt64}, limit)
}

// ConversationsBefore is ConversationsOf for the page that follows a conversation.
// Errors: Forbidden.
func (s *Store) ConversationsBefore(ctx context.Context, p identity.Principal, before conversation.Before, limit int) ([]conversation.WindowLine, error) {
	const op = "storage.ConversationsBefore"
	if !policy.Allow(p, policy.ReadConversation, policy.Object{CustomerID: p.ID}) || !p.IsCustomer() {
		return nil, fault.New(fault.Forbidden, op, "%s has no conversations of its own", p.Kind)
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+stateColumns+`, (SELECT count(*) FROM entry e
			WHERE e.conversation_id = c.id AND e.seq > c.customer_read AND e.seq > c.last_seq - $3 AND e.kind = 'message' AND e.author_kind <> 'customer')
		FROM conversation c WHERE c.customer_id = $1 AND (c.last_activity, c.id) < ($4, $5)
		ORDER BY c.last_activity DESC, c.id DESC LIMIT $2`, p.ID, max(0, min(limit, conversation.MaxPage)), maxCounted, before.LastActivity, before.ID)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var lines []conversation.WindowLine
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var line conversation.WindowLine
		state, _, err := s.scanState(r, &line.Unread)
		line.State = state
		lines = append(lines, line)
		return err
	})
	return lines, engine.MapError(op, err)
}
