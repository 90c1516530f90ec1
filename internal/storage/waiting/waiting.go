// Package waiting counts in the log what waits for an answer, where the state of a
// conversation cannot tell: for somebody who has not seen all of it, and when
// conversations that went on as one part again.
package waiting

import (
	"context"
	"database/sql"

	"kefu/internal/domain/conversation"
	"kefu/internal/storage/engine"
)

// After counts what a customer wrote after an entry of a conversation, and finds
// who answered.
func After(ctx context.Context, tx *sql.Tx, id string, seq int64) (conversation.Unseen, error) {
	var u conversation.Unseen
	row := tx.QueryRowContext(ctx, `SELECT count(CASE WHEN kind = 'message' AND author_kind = 'customer' THEN 1 END),
		coalesce(min(CASE WHEN author_kind = 'customer' THEN at END), 0), coalesce(min(CASE WHEN author_kind = 'customer' THEN seq END), 0),
		coalesce(min(CASE WHEN kind = 'message' AND author_kind = 'agent' THEN author_id END), ''),
		coalesce(max(CASE WHEN kind = 'message' AND author_kind = 'agent' THEN author_id END), '')
		FROM entry WHERE conversation_id = $1 AND seq > $2 AND author_kind IN ('customer', 'agent') AND kind IN ('message', 'human')`, id, seq)
	err := row.Scan(&u.Messages, &u.Since, &u.Seq, &u.FirstBy, &u.LastBy)
	return u, engine.MapError("waiting.After", err)
}

// In counts what waits in a conversation for its own sake, and for that of
// the others that still go on in it. Its own are what no agent has read, what came
// after the last answer, and the entry that it is known to wait for: an answer that
// crossed with that one has left it waiting, though it may have been read since.
func In(ctx context.Context, tx *sql.Tx, id string) (conversation.Remains, error) {
	var r conversation.Remains
	row := tx.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM entry e WHERE e.conversation_id = c.id AND e.seq > c.agent_read AND e.kind = 'message' AND e.author_kind = 'customer'),
		(SELECT coalesce(min(e.at), 0) FROM entry e WHERE e.conversation_id = c.id AND e.author_kind = 'customer' AND e.kind IN ('message', 'human')
			AND (e.seq > c.agent_read OR e.at = c.waiting_since
				OR e.seq > (SELECT coalesce(max(a.seq), 0) FROM entry a WHERE a.conversation_id = c.id AND a.kind = 'message' AND a.author_kind NOT IN ('customer', 'program')))),
		(SELECT coalesce(sum(o.unread), 0) FROM conversation o WHERE o.customer_id = c.customer_id AND o.merged_into = c.id),
		(SELECT coalesce(min(o.waiting_since), 0) FROM conversation o WHERE o.customer_id = c.customer_id AND o.merged_into = c.id AND o.waiting_since > 0)
		FROM conversation c WHERE c.id = $1`, id)
	err := row.Scan(&r.Own.Messages, &r.Own.Since, &r.Others.Messages, &r.Others.Since)
	return r, engine.MapError("waiting.In", err)
}
