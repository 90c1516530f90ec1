// Package waiting counts in the log what waits for an answer, where the state of a
// conversation cannot tell: for somebody who has not seen all of it, and when
// conversations that went on as one part again.
package waiting

import (
	"context"
	"database/sql"
	"slices"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/sla"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/reading"
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

// most bounds how much of a log is read for what waits in it. What lies further back
// is taken for answered.
const most = 1000

// In counts what waits in a conversation for its own sake, and for that of the
// others that still go on in it. Its own is what its log leaves unanswered without
// them.
func In(ctx context.Context, tx *sql.Tx, c *core.Core, id string) (conversation.Remains, error) {
	const op = "waiting.In"
	var r conversation.Remains
	row := tx.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM entry e WHERE e.conversation_id = c.id AND e.seq > c.agent_read AND e.kind = 'message' AND e.author_kind = 'customer'),
		(SELECT coalesce(sum(o.unread), 0) FROM conversation o WHERE o.customer_id = c.customer_id AND o.merged_into = c.id),
		(SELECT coalesce(min(o.waiting_since), 0) FROM conversation o WHERE o.customer_id = c.customer_id AND o.merged_into = c.id AND o.waiting_since > 0)
		FROM conversation c WHERE c.id = $1`, id)
	if err := row.Scan(&r.Own.Messages, &r.Others.Messages, &r.Others.Since); err != nil {
		return r, engine.MapError(op, err)
	}
	rows, err := tx.QueryContext(ctx, `SELECT e.seq, e.kind, e.author_kind, e.at, e.content, e.content_ref FROM entry e WHERE e.conversation_id = $1
		AND (e.kind IN ('human', 'status') OR (e.kind = 'message' AND e.author_kind IN ('customer', 'agent'))) ORDER BY e.seq DESC LIMIT $2`, id, most)
	if err != nil {
		return r, engine.MapError(op, err)
	}
	var log []conversation.Entry
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var e conversation.Entry
		var kind, by string
		var sealed []byte
		var ref int64
		err := r.Scan(&e.Seq, &kind, &by, &e.At, &sealed, &ref)
		if e.Kind, e.Author.Kind = conversation.EntryKind(kind), conversation.AuthorKind(by); err == nil {
			e.Content, err = reading.OpenContent(c, sealed, ref, reading.EntryAAD(id, e.Seq))
		}
		log = append(log, e)
		return err
	})
	if err != nil {
		return r, engine.MapError(op, err)
	}
	slices.Reverse(log)
	own := sla.Replay(sla.Subject{}, log, nil)
	r.Own.Since, r.Own.Seq = own.Waits, own.WaitsSeq
	return r, nil
}
