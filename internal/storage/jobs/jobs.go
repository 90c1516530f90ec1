// Package jobs keeps the work that commits leave behind: who may do it until when,
// and what becomes of it. Jobs are added in the transaction that causes them, see
// core.Tx; doing them is flow/upkeep's.
package jobs

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/job"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// Jobs is the part of the store that this package is.
type Jobs struct{ core *core.Core }

// New makes it.
func New(c *core.Core) *Jobs { return &Jobs{core: c} }

// ClaimJobs leases due jobs, oldest first, until now + lease (microseconds). A
// job whose lease ran out is claimed again under a higher epoch, and set aside
// when that happened too often, unless its kind is persistent: it may be what
// ends the process each time.
func (s *Jobs) ClaimJobs(ctx context.Context, limit int, lease int64) ([]job.Job, error) {
	const op = "jobs.ClaimJobs"
	due, err := s.jobsDue(ctx)
	if err != nil || !due {
		return nil, err
	}
	var jobs []job.Job
	err = s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		jobs = nil
		_, err := t.SQL.ExecContext(ctx, "UPDATE job SET failed_at = $1, last_error = 'its lease ran out each time' WHERE failed_at = 0 AND due_at <= $1 AND lease_until <= $1 AND attempts >= $2 AND kind <> $3", t.Now, job.MaxAttempts, job.DestroyKeys)
		if err != nil {
			return engine.MapError(op, err)
		}
		rows, err := t.SQL.QueryContext(ctx, `UPDATE job SET lease_until = $1, epoch = epoch + 1, attempts = attempts + 1
			WHERE id IN (SELECT id FROM job WHERE failed_at = 0 AND due_at <= $2 AND lease_until <= $2 ORDER BY due_at LIMIT $3)
			RETURNING id, kind, payload, due_at, epoch, attempts`, t.Now+lease, t.Now, limit)
		if err != nil {
			return engine.MapError(op, err)
		}
		return engine.MapError(op, engine.EachRow(rows, func(r *sql.Rows) error {
			var j job.Job
			err := r.Scan(&j.ID, &j.Kind, &j.Payload, &j.DueAt, &j.Epoch, &j.Attempts)
			jobs = append(jobs, j)
			return err
		}))
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(jobs, func(a, b job.Job) int { return cmp.Compare(a.DueAt, b.DueAt) })
	return jobs, nil
}

// jobsDue looks without writing, so that an idle system commits nothing.
func (s *Jobs) jobsDue(ctx context.Context) (bool, error) {
	now := s.core.Now().UnixMicro()
	var found int
	err := s.core.DB.Reader.QueryRowContext(ctx, "SELECT COUNT(*) FROM (SELECT id FROM job WHERE failed_at = 0 AND due_at <= $1 AND lease_until <= $1 LIMIT 1) j", now).Scan(&found)
	return found > 0, engine.MapError("jobs.jobsDue", err)
}

// NextJobDue is when the next job is due or its lease ends, in microseconds; 0
// when there is none.
func (s *Jobs) NextJobDue(ctx context.Context) (int64, error) {
	var due sql.NullInt64
	err := s.core.DB.Reader.QueryRowContext(ctx, "SELECT MIN(CASE WHEN due_at > lease_until THEN due_at ELSE lease_until END) FROM job WHERE failed_at = 0").Scan(&due)
	return due.Int64, engine.MapError("jobs.NextJobDue", err)
}

// CountJobs counts the jobs.
func (s *Jobs) CountJobs(ctx context.Context) (job.Counts, error) {
	return Count(ctx, s.core.DB.Reader.DB)
}

// Count counts the jobs of a database.
func Count(ctx context.Context, db *sql.DB) (n job.Counts, err error) {
	err = db.QueryRowContext(ctx, `SELECT COUNT(CASE WHEN failed_at = 0 THEN 1 END), COUNT(CASE WHEN failed_at = 0 AND attempts >= $1 THEN 1 END),
		COUNT(CASE WHEN failed_at > 0 THEN 1 END) FROM job`, job.StuckAfter).Scan(&n.Waiting, &n.Stuck, &n.SetAside)
	return n, engine.MapError("jobs.Count", err)
}

// RearmJobs lets the jobs that were set aside, and those that wait after a
// failure, be tried at once and as often as new ones, and tells how many they
// are. Errors: Forbidden for all but the system itself.
func (s *Jobs) RearmJobs(ctx context.Context, p identity.Principal) (armed int64, err error) {
	const op = "jobs.RearmJobs"
	if p.Kind != identity.System {
		return 0, fault.New(fault.Forbidden, op, "%s may not have jobs tried again", p.Kind)
	}
	err = s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		res, err := t.SQL.ExecContext(ctx, "UPDATE job SET failed_at = 0, attempts = 0, due_at = $1 WHERE failed_at > 0 OR (attempts > 0 AND lease_until <= $1 AND due_at > $1)", t.Now)
		if err != nil {
			return engine.MapError(op, err)
		}
		t.Commit.Jobs = true
		armed, err = res.RowsAffected()
		return engine.MapError(op, err)
	})
	return armed, err
}

// FinishJob removes a job that is done. Errors: Conflict when the lease was
// lost to somebody else, whose work counts then.
func (s *Jobs) FinishJob(ctx context.Context, j job.Job) error {
	return s.settleJob(ctx, j, "DELETE FROM job WHERE id = $1 AND epoch = $2")
}

// RetryJob gives a job back, to be tried at a later time; after MaxAttempts it
// is set aside, unless its kind is persistent. The reason must hold nothing
// personal.
func (s *Jobs) RetryJob(ctx context.Context, j job.Job, at int64, reason string) error {
	if j.Attempts >= job.MaxAttempts && j.Kind != job.DestroyKeys {
		return s.settleJob(ctx, j, "UPDATE job SET failed_at = $3, last_error = $4, lease_until = 0 WHERE id = $1 AND epoch = $2", at, reason)
	}
	return s.settleJob(ctx, j, "UPDATE job SET due_at = $3, last_error = $4, lease_until = 0 WHERE id = $1 AND epoch = $2", at, reason)
}

func (s *Jobs) settleJob(ctx context.Context, j job.Job, text string, more ...any) error {
	const op = "jobs.settleJob"
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		res, err := t.SQL.ExecContext(ctx, text, append([]any{j.ID, j.Epoch}, more...)...)
		if err != nil {
			return engine.MapError(op, err)
		}
		n, err := res.RowsAffected()
		if err != nil {
			return engine.MapError(op, err)
		}
		if n == 0 {
			return fault.New(fault.Conflict, op, "the lease of job %s was lost", j.ID)
		}
		return nil
	})
}
