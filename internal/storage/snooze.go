package storage

import (
	"context"
	"database/sql"
	"kefu/internal/storage/engine"
)

// SnoozedUntil lists conversations whose snooze ends at or before now.
func (s *Store) SnoozedUntil(ctx context.Context, now int64, limit int) ([]string, error) {
	const op = "storage.SnoozedUntil"
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT id FROM conversation WHERE snoozed_until > 0 AND snoozed_until <= $1 AND status = 'snoozed' ORDER BY snoozed_until LIMIT $2", now, limit)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var ids []string
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var id string
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, engine.MapError(op, err)
}
