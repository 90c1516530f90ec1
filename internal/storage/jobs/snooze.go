package jobs

import (
	"context"
	"database/sql"

	"kefu/internal/domain/conversation"
	"kefu/internal/storage/engine"
)

// SnoozedUntil lists conversations whose snooze ends at or before now, in the
// order in which it does, behind a place in that order.
func (s *Jobs) SnoozedUntil(ctx context.Context, after conversation.Snooze, now int64, limit int) ([]conversation.Snooze, error) {
	const op = "jobs.SnoozedUntil"
	rows, err := s.core.DB.Reader.QueryContext(ctx, `SELECT id, snoozed_until FROM conversation
		WHERE snoozed_until > 0 AND snoozed_until <= $1 AND status = 'snoozed' AND (snoozed_until, id) > ($2, $3)
		ORDER BY snoozed_until, id LIMIT $4`, now, after.Until, after.ConversationID, limit)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var due []conversation.Snooze
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var one conversation.Snooze
		err := r.Scan(&one.ConversationID, &one.Until)
		due = append(due, one)
		return err
	})
	return due, engine.MapError(op, err)
}
