package staffing

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// placePurpose keeps what is sealed of a session apart from other things.
const placePurpose = "kefu/1 place of a session"

// own refuses who is no member of staff: what follows touches p's own things alone.
func own(op string, p identity.Principal) error {
	if p.Kind != identity.Staff || p.ID == "" {
		return fault.New(fault.Forbidden, op, "%s has no sign-in of staff", p.Kind)
	}
	return nil
}

// useUp refuses what was used before. Errors: Unauthenticated.
func useUp(ctx context.Context, t *core.Tx, once staff.Once) error {
	const op = "staffing.useUp"
	if once.Digest == "" {
		return nil
	}
	res, err := t.SQL.ExecContext(ctx, "INSERT INTO staff_used (digest, expires_at) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING", once.Digest, once.Until)
	if err != nil {
		return engine.MapError(op, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, fault.New(fault.Unauthenticated, op, "it was used before"))
	}
	return nil
}

// OpenSession stores a session and uses up what it was opened with, in one
// transaction: the time step of the code, or the challenge of the passkey. Errors:
// Unauthenticated when that was used meanwhile, the account is disabled, or, for
// what can be guessed, locked to the session's network.
func (s *Staff) OpenSession(ctx context.Context, session staff.Session, totpStep int64) error {
	const op = "staffing.OpenSession"
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		if err := useUp(ctx, t, session.Once); err != nil {
			return err
		}
		var err error
		if session.Fresh, err = s.unfamiliar(ctx, t, session); err != nil {
			return err
		}
		step := "UPDATE staff SET totp_step = totp_step WHERE id = $1 AND disabled_at = 0"
		args := []any{session.StaffID}
		if session.Method == "" || session.Method == staff.ByPassword {
			if err := s.passLock(ctx, t, session.StaffID, session.Network); err != nil {
				return err
			}
			// A password that was checked a moment ago may have been replaced meanwhile.
			step = "UPDATE staff SET totp_step = $2 WHERE id = $1 AND totp_step < $2 AND disabled_at = 0 AND ($3 = '' OR password_hash = $3)"
			args = append(args, totpStep, session.Against)
		} else if err := s.knowNetwork(ctx, t, session.StaffID, session.Network); err != nil {
			return err
		}
		res, err := t.SQL.ExecContext(ctx, step, args...)
		if err != nil {
			return engine.MapError(op, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return fault.New(fault.Unauthenticated, op, "the code was used before, the password replaced, or the account is disabled")
		}
		if err := usePasskey(ctx, t, session.Passkey); err != nil {
			return err
		}
		if err := s.insertSession(ctx, t, session); err != nil {
			return err
		}
		t.Record(identity.Principal{Kind: identity.Staff, ID: session.StaffID, Session: session.ID}, signedIn(session.Method), "staff", session.StaffID, "")
		return nil
	})
}

// signedIn is how the audit chain calls a sign-in.
func signedIn(by staff.Method) string {
	if by == "" || by == staff.ByPassword {
		return "staff.sign_in"
	}
	return "staff.sign_in_" + string(by)
}

func (s *Staff) insertSession(ctx context.Context, t *core.Tx, session staff.Session) error {
	const op = "staffing.insertSession"
	if session.Method == "" {
		session.Method = staff.ByPassword
	}
	place, err := json.Marshal(session.Place)
	if err != nil {
		return fault.Wrap(op, err)
	}
	office, err := s.places()
	if err != nil {
		return fault.Wrap(op, err)
	}
	_, err = t.SQL.ExecContext(ctx, `INSERT INTO staff_session (digest, id, staff_id, method, created_at, seen_at, proved_at, expires_at, revoked_at, place, fresh)
		VALUES ($1, $2, $3, $4, $5, $5, $5, $6, 0, $7, $8)`,
		session.Digest, session.ID, session.StaffID, string(session.Method), t.Now, session.ExpiresAt, office.Seal(placePurpose+session.ID, place), session.Fresh)
	return engine.MapError(op, err)
}

// usePasskey notes the use of a key, and its count.
func usePasskey(ctx context.Context, t *core.Tx, key *staff.Passkey) error {
	const op = "staffing.usePasskey"
	if key == nil {
		return nil
	}
	// A count that is not above the stored one, where there is one, was used meanwhile.
	res, err := t.SQL.ExecContext(ctx, `UPDATE staff_passkey SET sign_count = $1, backed_up = $2, used_at = $3
		WHERE id = $4 AND staff_id = $5 AND (sign_count = 0 OR sign_count < $1)`, key.SignCount, key.BackedUp, t.Now, key.ID, key.StaffID)
	if err != nil {
		return engine.MapError(op, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, fault.New(fault.Unauthenticated, op, "the passkey was removed, or its count used meanwhile"))
	}
	return nil
}

// PasskeyRefused records that somebody could not sign in with a passkey, as far as
// it is known whose it was to be. Nothing is counted: a signature is not guessed.
func (s *Staff) PasskeyRefused(ctx context.Context, staffID string) error {
	return s.core.Do(ctx, func(_ context.Context, t *core.Tx) error {
		t.Record(identity.SystemPart("session"), "staff.passkey_refused", "staff", staffID, "")
		return nil
	})
}

// StaffBySession finds who a session token belongs to. idle is how long a session
// may go unused, in microseconds. Errors: Unauthenticated.
func (s *Staff) StaffBySession(ctx context.Context, digest string, idle int64) (identity.Principal, staff.Session, error) {
	const op = "staffing.StaffBySession"
	var session staff.Session
	var revokedAt, disabledAt int64
	var alias, role, method, emergency string
	var restrained bool
	err := s.core.DB.Reader.QueryRowContext(ctx, `SELECT s.id, s.staff_id, s.method, s.created_at, s.seen_at, s.proved_at, s.expires_at, s.revoked_at, f.alias, f.role, f.disabled_at,
		EXISTS (SELECT 1 FROM staff_restraint r WHERE r.staff_id = s.staff_id AND r.lifted_at = 0),
		COALESCE((SELECT e.id FROM emergency e WHERE e.staff_id = s.staff_id AND e.ended_at = 0 AND e.until_at > $2), '')
		FROM staff_session s JOIN staff f ON f.id = s.staff_id WHERE s.digest = $1`, digest, s.core.Now().UnixMicro()).
		Scan(&session.ID, &session.StaffID, &method, &session.CreatedAt, &session.SeenAt, &session.ProvedAt, &session.ExpiresAt, &revokedAt, &alias, &role, &disabledAt, &restrained, &emergency)
	if err != nil {
		if mapped := engine.MapError(op, err); !fault.Is(mapped, fault.NotFound) {
			return identity.Principal{}, session, mapped
		}
		return identity.Principal{}, session, fault.New(fault.Unauthenticated, op, "no such session")
	}
	now := s.core.Now().UnixMicro()
	if revokedAt != 0 || disabledAt != 0 || session.ExpiresAt <= now || session.SeenAt+idle <= now {
		return identity.Principal{}, session, fault.New(fault.Unauthenticated, op, "the session has ended")
	}
	session.Digest, session.Method = digest, staff.Method(method)
	if now-session.SeenAt > 60_000_000 {
		s.touchSession(digest)
	}
	return identity.Principal{Kind: identity.Staff, ID: session.StaffID, Name: alias, Role: identity.Role(role), Session: session.ID, Restrained: restrained, Emergency: emergency}, session, nil
}

// touchSession notes that a session is in use, at most once a minute and
// without anybody waiting for it.
func (s *Staff) touchSession(digest string) {
	s.core.Touch(func(ctx context.Context, t *core.Tx) error {
		_, err := t.SQL.ExecContext(ctx, "UPDATE staff_session SET seen_at = $1 WHERE digest = $2", t.Now, digest)
		return engine.MapError("staffing.touchSession", err)
	})
}

// ProveSession notes that the holder of a session of p has proved once more who
// they are, and uses up what they did it with. Errors: as OpenSession.
func (s *Staff) ProveSession(ctx context.Context, p identity.Principal, by staff.Session, totpStep int64) error {
	const op = "staffing.ProveSession"
	if err := own(op, p); err != nil {
		return err
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		if err := useUp(ctx, t, by.Once); err != nil {
			return err
		}
		if by.Method == staff.ByPassword {
			if err := s.passLock(ctx, t, p.ID, by.Network); err != nil {
				return err
			}
			res, err := t.SQL.ExecContext(ctx, "UPDATE staff SET totp_step = $1 WHERE id = $2 AND totp_step < $1 AND disabled_at = 0 AND ($3 = '' OR password_hash = $3)", totpStep, p.ID, by.Against)
			if err != nil {
				return engine.MapError(op, err)
			}
			if n, err := res.RowsAffected(); err != nil || n == 0 {
				return errors.Join(err, fault.New(fault.Unauthenticated, op, "the code was used before, or the account is disabled"))
			}
		}
		if err := usePasskey(ctx, t, by.Passkey); err != nil {
			return err
		}
		_, err := t.SQL.ExecContext(ctx, "UPDATE staff_session SET proved_at = $1, method = CASE WHEN $2 = 'passkey' THEN 'passkey' ELSE method END WHERE id = $3 AND staff_id = $4 AND revoked_at = 0",
			t.Now, string(by.Method), p.Session, p.ID)
		t.Record(p, "staff.prove_session", "session", p.Session, "")
		return engine.MapError(op, err)
	})
}

// CloseSession ends a session of p and its sockets. Ending one that has ended, or
// is another's, does nothing. Errors: Forbidden.
func (s *Staff) CloseSession(ctx context.Context, p identity.Principal, digest string) error {
	const op = "staffing.CloseSession"
	if err := own(op, p); err != nil {
		return err
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		return closeWhere(ctx, t, p, "staff.sign_out", "digest = $3", digest)
	})
}

// EndSession ends a session of p by its id, and its sockets. Ending one that has
// ended does nothing. Errors: Forbidden, NotFound for one that is not p's.
func (s *Staff) EndSession(ctx context.Context, p identity.Principal, id string) error {
	const op = "staffing.EndSession"
	if err := own(op, p); err != nil {
		return err
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		var found int
		if err := t.SQL.QueryRowContext(ctx, "SELECT 1 FROM staff_session WHERE id = $1 AND staff_id = $2", id, p.ID).Scan(&found); err != nil {
			return engine.MapError(op, err)
		}
		return closeWhere(ctx, t, p, "staff.end_session", "id = $3", id)
	})
}

// EndOtherSessions ends every session of p but the one that p acts in.
func (s *Staff) EndOtherSessions(ctx context.Context, p identity.Principal) error {
	const op = "staffing.EndOtherSessions"
	if err := own(op, p); err != nil {
		return err
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		return closeWhere(ctx, t, p, "staff.end_session", "id <> $3", p.Session)
	})
}

// closeWhere ends open sessions of p that a condition on $3 names.
func closeWhere(ctx context.Context, t *core.Tx, p identity.Principal, action, where string, arg any) error {
	const op = "staffing.closeWhere"
	rows, err := t.SQL.QueryContext(ctx, "UPDATE staff_session SET revoked_at = $1 WHERE staff_id = $2 AND revoked_at = 0 AND "+where+" RETURNING id", t.Now, p.ID, arg)
	if err != nil {
		return engine.MapError(op, err)
	}
	var ended []string
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var id string
		err := r.Scan(&id)
		ended = append(ended, id)
		return err
	})
	if err != nil {
		return engine.MapError(op, err)
	}
	for _, id := range ended {
		t.Record(p, action, "session", id, "")
		if err := t.Revoke(ctx, event.RevokedSession, id); err != nil {
			return err
		}
	}
	return nil
}

// sessionsOf are somebody's open sessions, the newest first.
func (s *Staff) sessionsOf(ctx context.Context, staffID string, idle int64) ([]staff.Session, error) {
	const op = "staffing.sessionsOf"
	office, err := s.places()
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	now := s.core.Now().UnixMicro()
	rows, err := s.core.DB.Reader.QueryContext(ctx, `SELECT id, method, created_at, seen_at, proved_at, expires_at, place FROM staff_session
		WHERE staff_id = $1 AND revoked_at = 0 AND expires_at > $2 AND seen_at > $3 ORDER BY created_at DESC LIMIT $4`, staffID, now, now-idle, staff.MaxSessionsSeen)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var all []staff.Session
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		session := staff.Session{StaffID: staffID}
		var method string
		var place []byte
		if err := r.Scan(&session.ID, &method, &session.CreatedAt, &session.SeenAt, &session.ProvedAt, &session.ExpiresAt, &place); err != nil {
			return err
		}
		session.Method = staff.Method(method)
		if plain, err := office.Open(placePurpose+session.ID, place); err == nil { // of a session from before there were places
			if err := json.Unmarshal(plain, &session.Place); err != nil {
				return err
			}
		}
		all = append(all, session)
		return nil
	})
	return all, engine.MapError(op, err)
}
