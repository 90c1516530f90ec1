package listing

import (
	"context"
	"database/sql"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/reading"
)

// Mention notes that a note names somebody. It belongs to the commit of the note:
// a note that is stored is found by those it names.
func Mention(ctx context.Context, tx *sql.Tx, staff []string, conversationID string, seq, at int64) error {
	for _, id := range staff {
		_, err := tx.ExecContext(ctx, `INSERT INTO mention (staff_id, at, conversation_id, seq, seen_at) VALUES ($1, $2, $3, $4, 0)
			ON CONFLICT (staff_id, conversation_id) DO UPDATE SET at = excluded.at, seq = excluded.seq, seen_at = 0`, id, at, conversationID, seq)
		if err != nil {
			return engine.MapError("listing.Mention", err)
		}
	}
	return nil
}

// SeeMention notes that p has seen where they were named. Errors: Forbidden, NotFound.
func (l *Lists) SeeMention(ctx context.Context, p identity.Principal, conversationID string) error {
	const op = "listing.SeeMention"
	if !policy.Allow(p, policy.ListInbox, policy.Whosever(p.ID)) {
		return fault.New(fault.Forbidden, op, "%s is named in no note", p.Kind)
	}
	if !engine.ValidKey(conversationID) {
		return fault.New(fault.NotFound, op, "no conversation has an id of that form")
	}
	state, _, err := reading.ScanState(l.core, l.core.DB.Reader.QueryRowContext(ctx, "SELECT "+reading.StateColumns+" FROM conversation c WHERE c.id = $1", conversationID))
	if err != nil {
		return engine.MapError(op, err)
	}
	if !policy.Allow(p, policy.ListInbox, state.Object()) {
		return fault.New(fault.NotFound, op, "conversation %s is not %s's to see", conversationID, p.Role)
	}
	return l.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		r, err := t.SQL.ExecContext(ctx, "UPDATE mention SET seen_at = $1 WHERE staff_id = $2 AND conversation_id = $3 AND seen_at = 0", t.Now, p.ID, conversationID)
		if err != nil {
			return engine.MapError(op, err)
		}
		if n, err := r.RowsAffected(); err == nil && n > 0 {
			t.Record(p, "mention.see", "conversation", conversationID, "")
		}
		return nil
	})
}

// UnseenMentions gives the conversations in which a note names p that p has not
// seen, at most maxCounted. Errors: Forbidden.
func (l *Lists) UnseenMentions(ctx context.Context, p identity.Principal) ([]string, error) {
	const op = "listing.UnseenMentions"
	if !policy.Allow(p, policy.ListInbox, policy.Whosever(p.ID)) {
		return nil, fault.New(fault.Forbidden, op, "%s is named in no note", p.Kind)
	}
	rows, err := l.core.DB.Reader.QueryContext(ctx, "SELECT conversation_id FROM mention WHERE staff_id = $1 AND seen_at = 0 ORDER BY at DESC LIMIT $2", p.ID, maxCounted)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	ids := []string{}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var id string
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, engine.MapError(op, err)
}
