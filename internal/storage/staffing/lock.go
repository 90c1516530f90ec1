package staffing

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"

	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// An account has a lock for strangers, and one for each network from which
// somebody has signed in to it: who guesses from elsewhere locks out strangers,
// and nobody who is known. All in microseconds.
const (
	lockAfter = 10 // wrong sign-ins in a row
	lockFor   = 15 * 60 * 1_000_000
	// KnownFor is how long a network is known after a right sign-in.
	KnownFor = 30 * 86_400 * 1_000_000
)

// failed counts a wrong sign-in. When a lock has run out the count begins anew;
// while it lasts nothing prolongs it.
const failed = ` SET
	failures = CASE WHEN locked_until > $1 THEN failures WHEN locked_until > 0 THEN 1 ELSE failures + 1 END,
	locked_until = CASE WHEN locked_until > $1 THEN locked_until WHEN locked_until = 0 AND failures + 1 >= $2 THEN $3 ELSE 0 END
	WHERE `

// SignInFailed counts a wrong sign-in from a network and locks the account after
// too many: to this network when it is known, and otherwise to all that are not.
func (s *Staff) SignInFailed(ctx context.Context, staffID, network string) error {
	const op = "staffing.SignInFailed"
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		t.Record(identity.SystemPart("session"), "staff.sign_in_failed", "staff", staffID, "")
		res, err := t.SQL.ExecContext(ctx, "UPDATE staff_network"+failed+"staff_id = $4 AND network = $5 AND signed_in_at > $6",
			t.Now, lockAfter, t.Now+lockFor, staffID, s.networkDigest(staffID, network), t.Now-KnownFor)
		if err != nil {
			return engine.MapError(op, err)
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return engine.MapError(op, err)
		}
		_, err = t.SQL.ExecContext(ctx, "UPDATE staff"+failed+"id = $4", t.Now, lockAfter, t.Now+lockFor, staffID)
		return engine.MapError(op, err)
	})
}

// passLock lets a right sign-in through the lock that is for its network, makes
// the network a known one and begins its count anew. Errors: Unauthenticated.
func (s *Staff) passLock(ctx context.Context, t *core.Tx, staffID, network string) error {
	const op = "staffing.passLock"
	digest := s.networkDigest(staffID, network)
	var lockedUntil int64
	err := t.SQL.QueryRowContext(ctx, "SELECT locked_until FROM staff_network WHERE staff_id = $1 AND network = $2 AND signed_in_at > $3",
		staffID, digest, t.Now-KnownFor).Scan(&lockedUntil)
	stranger := errors.Is(err, sql.ErrNoRows)
	if stranger {
		err = t.SQL.QueryRowContext(ctx, "SELECT locked_until FROM staff WHERE id = $1", staffID).Scan(&lockedUntil)
	}
	if err != nil {
		return engine.MapError(op, err)
	}
	if lockedUntil >= t.Now {
		return fault.New(fault.Unauthenticated, op, "the account is locked")
	}
	if stranger {
		if _, err := t.SQL.ExecContext(ctx, "UPDATE staff SET failures = 0, locked_until = 0 WHERE id = $1", staffID); err != nil {
			return engine.MapError(op, err)
		}
	}
	return s.knowNetwork(ctx, t, staffID, network)
}

// knowNetwork makes a network a known one, and begins its count anew.
func (s *Staff) knowNetwork(ctx context.Context, t *core.Tx, staffID, network string) error {
	if network == "" {
		return nil
	}
	_, err := t.SQL.ExecContext(ctx, `INSERT INTO staff_network (staff_id, network, signed_in_at, failures, locked_until) VALUES ($1, $2, $3, 0, 0)
		ON CONFLICT (staff_id, network) DO UPDATE SET signed_in_at = excluded.signed_in_at, failures = 0, locked_until = 0`, staffID, s.networkDigest(staffID, network), t.Now)
	return engine.MapError("staffing.knowNetwork", err)
}

// networkDigest finds a network of a member of staff without telling, from the
// database alone, where they work.
func (s *Staff) networkDigest(staffID, network string) string {
	mac := hmac.New(sha256.New, s.core.Ring.Subkey("staff networks"))
	mac.Write([]byte(staffID + "\x00" + network))
	return hex.EncodeToString(mac.Sum(nil))
}

// RenewHash puts another hash of the same password in the place of one, unless
// the password was changed meanwhile.
func (s *Staff) RenewHash(ctx context.Context, staffID, was, hash string) error {
	const op = "staffing.RenewHash"
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		_, err := t.SQL.ExecContext(ctx, "UPDATE staff SET password_hash = $1 WHERE id = $2 AND password_hash = $3", hash, staffID, was)
		return engine.MapError(op, err)
	})
}
