// Package doubts keeps the codes of rails of which it is not certain what they stand
// for: each once, with how often it came and when, until nobody has met it for a while.
package doubts

import (
	"context"
	"database/sql"

	"kefu/internal/domain/failure"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// Doubts is the part of the store that this package is.
type Doubts struct{ core *core.Core }

// New makes it.
func New(c *core.Core) *Doubts { return &Doubts{core: c} }

// KeptFor is how long a code is listed after it came last, in microseconds.
const KeptFor = int64(90 * 24 * 3600 * 1_000_000)

// NoteDoubts adds what was met to what is known. Of codes that are not known yet only as
// many are taken as there is room for: left is how many were not. Fresh are those that
// were not there before. Errors: Forbidden; Unavailable.
func (d *Doubts) NoteDoubts(ctx context.Context, p identity.Principal, met []failure.Noted) (fresh []failure.Noted, left int, err error) {
	const op = "doubts.NoteDoubts"
	if !policy.Allow(p, policy.TakeNotices, policy.Object{}) {
		return nil, 0, fault.New(fault.Forbidden, op, "%s may not note what a wallet tells", p.Kind)
	}
	err = d.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		fresh, left = nil, 0
		var known int
		if err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM failure_doubt").Scan(&known); err != nil {
			return engine.MapError(op, err)
		}
		for _, n := range met {
			res, err := t.SQL.ExecContext(ctx, `UPDATE failure_doubt SET said = $1, mapped = $2, times = times + $3, last_at = CASE WHEN last_at > $4 THEN last_at ELSE $4 END, example = $5
				WHERE rail = $6 AND code = $7`, string(n.Said), string(n.Mapped), n.Times, int64(n.LastAt), n.Example, n.Rail, n.Code)
			if err != nil {
				return engine.MapError(op, err)
			}
			if changed, err := res.RowsAffected(); err != nil || changed > 0 {
				if err != nil {
					return engine.MapError(op, err)
				}
				continue
			}
			if known >= failure.MaxNoted {
				left++
				continue
			}
			_, err = t.SQL.ExecContext(ctx, `INSERT INTO failure_doubt (rail, code, said, mapped, times, first_at, last_at, example) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
				n.Rail, n.Code, string(n.Said), string(n.Mapped), n.Times, int64(n.FirstAt), int64(n.LastAt), n.Example)
			if err != nil {
				return engine.MapError(op, err)
			}
			known++
			fresh = append(fresh, n)
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	return fresh, left, nil
}

// DoubtsNoted lists them, the last met first. Errors: Forbidden; Unavailable.
func (d *Doubts) DoubtsNoted(ctx context.Context, p identity.Principal) ([]failure.Noted, error) {
	const op = "doubts.DoubtsNoted"
	if !policy.Allow(p, policy.ReadSetup, policy.Object{}) {
		return nil, fault.New(fault.Forbidden, op, "%s may not read what runs the house", p.Kind)
	}
	rows, err := d.core.DB.Reader.QueryContext(ctx, `SELECT rail, code, said, mapped, times, first_at, last_at, example FROM failure_doubt
		WHERE last_at >= $1 ORDER BY last_at DESC, rail, code LIMIT $2`, d.core.Now().UnixMicro()-KeptFor, failure.MaxNoted)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var list []failure.Noted
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var n failure.Noted
		var said, mapped string
		var first, last int64
		err := r.Scan(&n.Rail, &n.Code, &said, &mapped, &n.Times, &first, &last, &n.Example)
		n.Said, n.Mapped = wallet.FailureCode(said), wallet.FailureCode(mapped)
		n.FirstAt, n.LastAt = wallet.Time(first), wallet.Time(last)
		list = append(list, n)
		return err
	})
	return list, engine.MapError(op, err)
}
