package storage

import (
	"context"

	"kefu/internal/domain/conversation"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/workset"
)

// loadUnseen counts what customers wrote after entries, for those who act and
// have seen no more: a few, since most have seen everything.
func (t *Tx) loadUnseen(ctx context.Context, w *workset.Set, after []workset.EntryKey) error {
	for _, key := range after {
		var u conversation.Unseen
		row := t.SQL.QueryRowContext(ctx, `SELECT count(CASE WHEN kind = 'message' THEN 1 END), coalesce(min(at), 0) FROM entry
			WHERE conversation_id = $1 AND seq > $2 AND author_kind = 'customer' AND kind IN ('message', 'human')`, key.Conversation, key.Seq)
		if err := row.Scan(&u.Messages, &u.Since); err != nil {
			return engine.MapError("storage.loadUnseen", err)
		}
		w.LoadUnseen(key, u)
	}
	return nil
}

// remains counts what waits in a conversation for its own sake, and for that of
// the others that still go on in it. Its own are what no agent has read, and what
// came after the last answer.
func (t *Tx) remains(ctx context.Context, id string) (conversation.Remains, error) {
	var r conversation.Remains
	row := t.SQL.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM entry e WHERE e.conversation_id = c.id AND e.seq > c.agent_read AND e.kind = 'message' AND e.author_kind = 'customer'),
		(SELECT coalesce(min(e.at), 0) FROM entry e WHERE e.conversation_id = c.id AND e.author_kind = 'customer' AND e.kind IN ('message', 'human')
			AND e.seq > (SELECT coalesce(max(a.seq), 0) FROM entry a WHERE a.conversation_id = c.id AND a.kind = 'message' AND a.author_kind <> 'customer')),
		(SELECT coalesce(sum(o.unread), 0) FROM conversation o WHERE o.customer_id = c.customer_id AND o.merged_into = c.id),
		(SELECT coalesce(min(o.waiting_since), 0) FROM conversation o WHERE o.customer_id = c.customer_id AND o.merged_into = c.id AND o.waiting_since > 0)
		FROM conversation c WHERE c.id = $1`, id)
	err := row.Scan(&r.Own.Messages, &r.Own.Since, &r.Others.Messages, &r.Others.Since)
	return r, engine.MapError("storage.remains", err)
}
