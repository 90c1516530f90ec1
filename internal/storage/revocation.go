package storage

import (
	"context"
	"database/sql"

	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/doubts"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/staffing"
)

// RevocationsSince reads what was revoked after a position, by any process, and
// the position to go on from.
func (s *Store) RevocationsSince(ctx context.Context, pos int64) ([]event.Revocation, int64, error) {
	const op = "storage.RevocationsSince"
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT pos, kind, subject FROM revocation WHERE pos > $1 ORDER BY pos LIMIT 1000", pos)
	if err != nil {
		return nil, pos, engine.MapError(op, err)
	}
	var found []event.Revocation
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var v event.Revocation
		err := r.Scan(&v.Pos, &v.Kind, &v.Subject)
		found = append(found, v)
		pos = max(pos, v.Pos)
		return err
	})
	return found, pos, engine.MapError(op, err)
}

// LastPosition is the newest position of the log.
func (s *Store) LastPosition(ctx context.Context) (int64, error) {
	var pos int64
	err := s.core.DB.Reader.QueryRowContext(ctx, "SELECT pos FROM log_head WHERE id = 1").Scan(&pos)
	return pos, engine.MapError("storage.LastPosition", err)
}

// RevokeCustomer ends every window of a customer.
func (s *Store) RevokeCustomer(ctx context.Context, p identity.Principal, customerID string) error {
	const op = "storage.RevokeCustomer"
	if !policy.Allow(p, policy.EndWindows, policy.Object{CustomerID: customerID}) {
		return fault.New(fault.Forbidden, op, "%s may not end a customer's windows", p.Kind)
	}
	return s.tx(ctx, func(ctx context.Context, t *Tx) error {
		if _, err := t.SQL.ExecContext(ctx, "UPDATE window_secret SET revoked_at = $1 WHERE customer_id = $2 AND revoked_at = 0", t.Now, customerID); err != nil {
			return engine.MapError(op, err)
		}
		t.Record(p, "customer.revoke", "customer", customerID, customerID)
		return t.Revoke(ctx, event.RevokedCustomer, customerID)
	})
}

// purgeRounds bounds the commits of one Purge.
const purgeRounds = 50

// Purge removes what has expired: used tokens, sessions and secrets long over; and
// marks the requests for approval that nobody decided in time.
// One commit removes at most limit rows of each kind; there are more commits while
// there is more, up to a bound. It returns how many rows went.
func (s *Store) Purge(ctx context.Context, limit int) (int64, error) {
	var total int64
	for range purgeRounds {
		n, more, err := s.purge(ctx, limit)
		total += n
		if err != nil || !more {
			return total, err
		}
	}
	return total, nil
}

type purgeStep struct {
	text   string
	before int64
}

func purgeSteps(now int64) []purgeStep {
	day := int64(86_400_000_000)
	return []purgeStep{
		{"DELETE FROM token_used WHERE (issuer, jti) IN (SELECT issuer, jti FROM token_used WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)", now},
		{"DELETE FROM staff_session WHERE digest IN (SELECT digest FROM staff_session WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)", now - day},
		{"DELETE FROM staff_used WHERE digest IN (SELECT digest FROM staff_used WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)", now},
		{"DELETE FROM staff_invitation WHERE id IN (SELECT id FROM staff_invitation WHERE created_at < $1 ORDER BY created_at LIMIT $2)", now - 30*day},
		{"DELETE FROM wallet_reveal WHERE id IN (SELECT id FROM wallet_reveal WHERE at < $1 ORDER BY at LIMIT $2)", now - 2*day},
		{"DELETE FROM window_secret WHERE digest IN (SELECT digest FROM window_secret WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)", now - 30*day},
		{"DELETE FROM staff_network WHERE (staff_id, network) IN (SELECT staff_id, network FROM staff_network WHERE signed_in_at < $1 ORDER BY signed_in_at LIMIT $2)", now - staffing.KnownFor},
		{"UPDATE approval SET state = 'expired', decided_at = expires_at WHERE id IN (SELECT id FROM approval WHERE state = 'pending' AND expires_at <= $1 ORDER BY expires_at LIMIT $2)", now},
		{"DELETE FROM failure_doubt WHERE (rail, code) IN (SELECT rail, code FROM failure_doubt WHERE last_at < $1 ORDER BY last_at LIMIT $2)", now - doubts.KeptFor},
		{"DELETE FROM revocation WHERE pos IN (SELECT pos FROM revocation WHERE at < $1 ORDER BY at LIMIT $2)", now - day},
	}
}

func (s *Store) purge(ctx context.Context, limit int) (total int64, more bool, err error) {
	const op = "storage.purge"
	var gone int64
	var full bool
	err = s.tx(ctx, func(ctx context.Context, t *Tx) error {
		gone, full = 0, false
		for _, step := range purgeSteps(t.Now) {
			res, err := t.SQL.ExecContext(ctx, step.text, step.before, limit)
			if err != nil {
				return engine.MapError(op, err)
			}
			n, err := res.RowsAffected()
			if err != nil {
				return engine.MapError(op, err)
			}
			gone += n
			full = full || n == int64(limit)
		}
		return nil
	})
	if err != nil { // after one who gave up the function may still run: see wait
		return 0, false, err
	}
	return gone, full, nil
}
