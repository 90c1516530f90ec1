// Package glance looks into a database from outside, for whoever runs the machine.
// It opens no store and changes nothing.
package glance

import (
	"context"
	"database/sql"

	"kefu/internal/domain/job"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/jobs"
	"kefu/internal/storage/staffing"
)

// Glance is what a look tells.
type Glance struct {
	AbleStaff int // who could sign in
	Jobs      job.Counts
}

// Look takes a Glance at the database of a setting. A database that no Kefu has
// started on is an error.
func Look(ctx context.Context, dsn, dir string) (g Glance, err error) {
	err = engine.Look(ctx, dsn, dir, func(ctx context.Context, db *sql.DB) (err error) {
		if g.AbleStaff, err = staffing.CountAble(ctx, db); err == nil {
			g.Jobs, err = jobs.Count(ctx, db)
		}
		return err
	})
	return g, err
}
