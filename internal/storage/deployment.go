package storage

import (
	"context"
	"database/sql"
	"errors"

	"kefu/internal/platform/id"
	"kefu/internal/storage/engine"
)

// Deployment is the name of this database, given when it was made. Copies and
// backups of it have the same one, and no other database has.
func (s *Store) Deployment() string { return s.deployment }

// nameDeployment reads the database's name, or gives it one.
func nameDeployment(ctx context.Context, db *engine.DB) (name string, err error) {
	const op = "storage.nameDeployment"
	read := func() error {
		return db.Writer.QueryRowContext(ctx, "SELECT name FROM deployment WHERE id = 1").Scan(&name)
	}
	if err = read(); !errors.Is(err, sql.ErrNoRows) {
		return name, engine.MapError(op, err)
	}
	if _, err := db.Writer.ExecContext(ctx, "INSERT INTO deployment (id, name) VALUES (1, $1) ON CONFLICT DO NOTHING", id.New()); err != nil {
		return "", engine.MapError(op, err)
	}
	return name, engine.MapError(op, read()) // another process may have been faster
}
