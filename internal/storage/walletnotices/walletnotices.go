// Package walletnotices keeps what the wallet told of by itself: each notice once, until
// everybody in Kefu who cares was told, and up to which position nothing is missing.
package walletnotices

import (
	"context"
	"database/sql"
	"errors"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// Notices is the part of the store that this package is.
type Notices struct{ core *core.Core }

// New makes it.
func New(c *core.Core) *Notices { return &Notices{core: c} }

// MaxWaiting is how many notices may wait to be told of. Beyond it the wallet is asked
// to come again later.
const MaxWaiting = 10_000

const (
	name     = "wallet"
	keepFor  = int64(30 * 24 * 3600 * 1_000_000)
	purgeMax = 1000
)

func allow(op string, p identity.Principal) error {
	if !policy.Allow(p, policy.TakeNotices, policy.Object{}) {
		return fault.New(fault.Forbidden, op, "%s may not take the wallet's notices", p.Kind)
	}
	return nil
}

// NoticePosition is up to where nothing is missing; 0 before the first notice. Errors:
// Forbidden, Unavailable.
func (n *Notices) NoticePosition(ctx context.Context, p identity.Principal) (int64, error) {
	const op = "walletnotices.NoticePosition"
	if err := allow(op, p); err != nil {
		return 0, err
	}
	return position(ctx, op, n.core.DB.Reader)
}

type queryer interface {
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}

func position(ctx context.Context, op string, db queryer) (at int64, err error) {
	err = db.QueryRowContext(ctx, "SELECT position FROM wallet_position WHERE name = $1", name).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return at, engine.MapError(op, err)
}

// TakeNotices keeps those that are not known yet; they wait to be told of from the same
// commit on. UpTo is the position up to which the wallet was asked and nothing is missing,
// or 0 where it told by itself: then gap tells whether something lies between what is
// known and the first of them. Errors: Forbidden; TooMany; Unavailable.
func (n *Notices) TakeNotices(ctx context.Context, p identity.Principal, list []wallet.Notice, upTo int64) (fresh int, gap bool, err error) {
	const op = "walletnotices.TakeNotices"
	if err := allow(op, p); err != nil {
		return 0, false, err
	}
	err = n.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		fresh, gap = 0, false
		var waiting int
		err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM (SELECT event_id FROM wallet_notice WHERE told_at = 0 LIMIT $1) w", MaxWaiting).Scan(&waiting)
		if err != nil {
			return engine.MapError(op, err)
		}
		if waiting+len(list) > MaxWaiting {
			return fault.New(fault.TooMany, op, "too many notices wait")
		}
		known, err := position(ctx, op, t.SQL)
		if err != nil {
			return err
		}
		before := known
		for _, one := range list {
			res, err := t.SQL.ExecContext(ctx, `INSERT INTO wallet_notice (event_id, type, customer_id, object, sequence, position, at, taken_at, attempts, next_at, told_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $8, 0) ON CONFLICT (event_id) DO NOTHING`,
				one.ID, string(one.Type), one.CustomerID, one.Object, one.Sequence, one.Position, int64(one.At), t.Now)
			if err != nil {
				return engine.MapError(op, err)
			}
			added, err := res.RowsAffected()
			if err != nil {
				return engine.MapError(op, err)
			}
			fresh += int(added)
			if upTo == 0 && one.Position == known+1 {
				known++
			}
			gap = gap || (upTo == 0 && one.Position > known)
		}
		if known = max(known, upTo); known == before {
			return nil
		}
		_, err = t.SQL.ExecContext(ctx, "INSERT INTO wallet_position (name, position) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET position = excluded.position", name, known)
		return engine.MapError(op, err)
	})
	if err != nil {
		return 0, false, err
	}
	return fresh, gap, nil
}

// DueNotices are those that are due, by their positions, at most limit of them. What a
// later notice of the same object and type has overtaken is told of no more. Next is when
// the first of all that wait is due, in microseconds; 0 when none waits. Errors:
// Forbidden, Unavailable.
func (n *Notices) DueNotices(ctx context.Context, p identity.Principal, limit int) (due []wallet.Due, next int64, err error) {
	const op = "walletnotices.DueNotices"
	if err := allow(op, p); err != nil {
		return nil, 0, err
	}
	var first sql.NullInt64
	if err := n.core.DB.Reader.QueryRowContext(ctx, "SELECT MIN(next_at) FROM wallet_notice WHERE told_at = 0").Scan(&first); err != nil {
		return nil, 0, engine.MapError(op, err)
	}
	rows, err := n.core.DB.Reader.QueryContext(ctx, `SELECT event_id, type, customer_id, object, sequence, position, at, attempts, taken_at,
			EXISTS (SELECT 1 FROM wallet_notice l WHERE l.object = n.object AND l.type = n.type AND l.sequence > n.sequence AND n.object <> '') AS overtaken
		FROM wallet_notice n WHERE told_at = 0 AND next_at <= $1 ORDER BY position, event_id LIMIT $2`, n.core.Now().UnixMicro(), limit)
	if err != nil {
		return nil, 0, engine.MapError(op, err)
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var d wallet.Due
		var kind string
		var at int64
		err := r.Scan(&d.ID, &kind, &d.CustomerID, &d.Object, &d.Sequence, &d.Position, &at, &d.Attempts, &d.TakenAt, &d.Overtaken)
		d.Type, d.At = wallet.NoticeType(kind), wallet.Time(at)
		due = append(due, d)
		return err
	})
	return due, first.Int64, engine.MapError(op, err)
}

// SettleNotice notes that everybody was told, from when on nobody needs to know whose it was, or, with a time, that it is due again then.
// Errors: Forbidden, Unavailable.
func (n *Notices) SettleNotice(ctx context.Context, p identity.Principal, eventID string, again int64) error {
	const op = "walletnotices.SettleNotice"
	if err := allow(op, p); err != nil {
		return err
	}
	return n.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		told, forgets := t.Now, ", customer_id = ''"
		if again > 0 {
			told, forgets = 0, ""
		}
		_, err := t.SQL.ExecContext(ctx, "UPDATE wallet_notice SET told_at = $1, next_at = $2, attempts = attempts + 1"+forgets+" WHERE event_id = $3 AND told_at = 0", told, again, eventID)
		return engine.MapError(op, err)
	})
}

// PurgeNotices removes what was taken a month ago. Errors: Forbidden, Unavailable.
func (n *Notices) PurgeNotices(ctx context.Context, p identity.Principal) error {
	const op = "walletnotices.PurgeNotices"
	if err := allow(op, p); err != nil {
		return err
	}
	return n.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		_, err := t.SQL.ExecContext(ctx, "DELETE FROM wallet_notice WHERE event_id IN (SELECT event_id FROM wallet_notice WHERE taken_at < $1 ORDER BY taken_at LIMIT $2)", t.Now-keepFor, purgeMax)
		return engine.MapError(op, err)
	})
}
