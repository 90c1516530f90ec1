package storage

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"slices"

	"kefu/internal/domain/job"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/engine"
)

func (t *Tx) enqueue(ctx context.Context, j job.New) error {
	jobID := id.New()
	if j.Dedup == "" {
		j.Dedup = jobID
	}
	if j.Payload == nil {
		j.Payload = []byte{}
	}
	_, err := t.sql.ExecContext(ctx, `INSERT INTO job (id, kind, dedup, payload, due_at, lease_until, epoch, attempts, last_error, failed_at)
		VALUES ($1, $2, $3, $4, $5, 0, 0, 0, '', 0) ON CONFLICT (kind, dedup) DO UPDATE
		SET payload = excluded.payload, due_at = excluded.due_at, attempts = 0, last_error = '', failed_at = 0 WHERE job.failed_at > 0`, jobID, j.Kind, j.Dedup, j.Payload, j.DueAt)
	t.commit.Jobs = true
	return engine.MapError("storage.enqueue", err)
}

// Enqueue adds a job. While one with the same Dedup waits or is being worked on,
// nothing is added; one that was set aside is tried anew.
func (s *Store) Enqueue(ctx context.Context, j job.New) error {
	return s.tx(ctx, func(ctx context.Context, t *Tx) error { return t.enqueue(ctx, j) })
}

// ClaimJobs leases due jobs, oldest first, until now + lease (microseconds). A
// job whose lease ran out is claimed again under a higher epoch, and set aside
// when that happened too often: it may be what ends the process each time.
func (s *Store) ClaimJobs(ctx context.Context, limit int, lease int64) ([]job.Job, error) {
	const op = "storage.ClaimJobs"
	due, err := s.jobsDue(ctx)
	if err != nil || !due {
		return nil, err
	}
	var jobs []job.Job
	err = s.tx(ctx, func(ctx context.Context, t *Tx) error {
		jobs = nil
		_, err := t.sql.ExecContext(ctx, "UPDATE job SET failed_at = $1, last_error = 'its lease ran out each time' WHERE failed_at = 0 AND due_at <= $1 AND lease_until <= $1 AND attempts >= $2", t.now, job.MaxAttempts)
		if err != nil {
			return engine.MapError(op, err)
		}
		rows, err := t.sql.QueryContext(ctx, `UPDATE job SET lease_until = $1, epoch = epoch + 1, attempts = attempts + 1
			WHERE id IN (SELECT id FROM job WHERE failed_at = 0 AND due_at <= $2 AND lease_until <= $2 ORDER BY due_at LIMIT $3)
			RETURNING id, kind, dedup, payload, due_at, epoch, attempts`, t.now+lease, t.now, limit)
		if err != nil {
			return engine.MapError(op, err)
		}
		return engine.MapError(op, engine.EachRow(rows, func(r *sql.Rows) error {
			var j job.Job
			err := r.Scan(&j.ID, &j.Kind, &j.Dedup, &j.Payload, &j.DueAt, &j.Epoch, &j.Attempts)
			jobs = append(jobs, j)
			return err
		}))
	})
	slices.SortFunc(jobs, func(a, b job.Job) int { return cmp.Compare(a.DueAt, b.DueAt) })
	return jobs, err
}

// jobsDue looks without writing, so that an idle system commits nothing.
func (s *Store) jobsDue(ctx context.Context) (bool, error) {
	now := s.now().UnixMicro()
	var found int
	err := s.db.Reader.QueryRowContext(ctx, "SELECT COUNT(*) FROM (SELECT id FROM job WHERE failed_at = 0 AND due_at <= $1 AND lease_until <= $1 LIMIT 1) j", now).Scan(&found)
	return found > 0, engine.MapError("storage.jobsDue", err)
}

// NextJobDue is when the next job is due or its lease ends, in microseconds; 0
// when there is none.
func (s *Store) NextJobDue(ctx context.Context) (int64, error) {
	var due sql.NullInt64
	err := s.db.Reader.QueryRowContext(ctx, "SELECT MIN(CASE WHEN due_at > lease_until THEN due_at ELSE lease_until END) FROM job WHERE failed_at = 0").Scan(&due)
	return due.Int64, engine.MapError("storage.NextJobDue", err)
}

// FinishJob removes a job that is done. Errors: Conflict when the lease was
// lost to somebody else, whose work counts then.
func (s *Store) FinishJob(ctx context.Context, j job.Job) error {
	return s.settleJob(ctx, j, "DELETE FROM job WHERE id = $1 AND epoch = $2")
}

// RetryJob gives a job back, to be tried at a later time; after MaxAttempts it
// is set aside. The reason must hold nothing personal.
func (s *Store) RetryJob(ctx context.Context, j job.Job, at int64, reason string) error {
	if j.Attempts >= job.MaxAttempts {
		return s.settleJob(ctx, j, "UPDATE job SET failed_at = $3, last_error = $4, lease_until = 0 WHERE id = $1 AND epoch = $2", at, reason)
	}
	return s.settleJob(ctx, j, "UPDATE job SET due_at = $3, last_error = $4, lease_until = 0 WHERE id = $1 AND epoch = $2", at, reason)
}

func (s *Store) settleJob(ctx context.Context, j job.Job, text string, more ...any) error {
	const op = "storage.settleJob"
	return s.tx(ctx, func(ctx context.Context, t *Tx) error {
		res, err := t.sql.ExecContext(ctx, text, append([]any{j.ID, j.Epoch}, more...)...)
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

func encodeRefs(refs []int64) []byte {
	out := make([]byte, 0, 8*len(refs))
	for _, r := range refs {
		out = binary.BigEndian.AppendUint64(out, uint64(r))
	}
	return out
}

// DecodeRefs reads the payload of a job.DestroyKeys job.
func DecodeRefs(payload []byte) []int64 {
	refs := make([]int64, 0, len(payload)/8)
	for ; len(payload) >= 8; payload = payload[8:] {
		refs = append(refs, int64(binary.BigEndian.Uint64(payload)))
	}
	return refs
}
