package staffing

import (
	"context"
	"database/sql"
	"strings"

	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// Account is what p sees of their own sign-in. idle is how long a session may go
// unused, in microseconds. Errors: Forbidden.
func (s *Staff) Account(ctx context.Context, p identity.Principal, idle int64) (staff.Account, error) {
	const op = "staffing.Account"
	var a staff.Account
	if err := own(op, p); err != nil {
		return a, err
	}
	var role, hash string
	var links int
	err := s.core.DB.Reader.QueryRowContext(ctx, `SELECT `+memberColumns+`, password_hash, passkey_only,
		(SELECT COUNT(*) FROM staff_directory d WHERE d.staff_id = staff.id) FROM staff WHERE id = $1`, p.ID).
		Scan(&a.ID, &a.Email, &a.Name, &a.Alias, &role, &a.DisabledAt, &hash, &a.PasskeyOnly, &links)
	if err != nil {
		return a, engine.MapError(op, err)
	}
	a.Role, a.HasPassword, a.Linked = identity.Role(role), hash != "", links > 0
	if a.Passkeys, err = s.passkeysOf(ctx, p.ID); err != nil {
		return a, err
	}
	a.Sessions, err = s.sessionsOf(ctx, p.ID, idle)
	return a, err
}

const passkeyColumns = "id, staff_id, credential, name, public_key, sign_count, backup_eligible, backed_up, model, transports, created_at, used_at"

func (s *Staff) passkeysOf(ctx context.Context, staffID string) ([]staff.Passkey, error) {
	const op = "staffing.passkeysOf"
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+passkeyColumns+" FROM staff_passkey WHERE staff_id = $1 ORDER BY created_at, id LIMIT $2", staffID, staff.MaxPasskeys)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var all []staff.Passkey
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var k staff.Passkey
		var transports string
		err := r.Scan(&k.ID, &k.StaffID, &k.Credential, &k.Name, &k.PublicKey, &k.SignCount, &k.BackupEligible, &k.BackedUp, &k.Model, &transports, &k.CreatedAt, &k.UsedAt)
		k.Transports = strings.Fields(transports)
		all = append(all, k)
		return err
	})
	return all, engine.MapError(op, err)
}

// AddPasskey gives p a further passkey, and uses up its challenge. Errors:
// Forbidden, Conflict for a key that is somebody's already or one too many,
// Unauthenticated for a challenge that was used.
func (s *Staff) AddPasskey(ctx context.Context, p identity.Principal, key staff.Passkey, once staff.Once) error {
	const op = "staffing.AddPasskey"
	if err := own(op, p); err != nil {
		return err
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		if err := useUp(ctx, t, once); err != nil {
			return err
		}
		key.StaffID = p.ID
		if err := insertPasskey(ctx, t, p, key); err != nil {
			return err
		}
		// Who has just proved a passkey has one in hand.
		_, err := t.SQL.ExecContext(ctx, "UPDATE staff_session SET method = 'passkey', proved_at = $1 WHERE id = $2 AND staff_id = $3", t.Now, p.Session, p.ID)
		return engine.MapError(op, err)
	})
}

func insertPasskey(ctx context.Context, t *core.Tx, p identity.Principal, k staff.Passkey) error {
	const op = "staffing.insertPasskey"
	var has int
	if err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM staff_passkey WHERE staff_id = $1", k.StaffID).Scan(&has); err != nil {
		return engine.MapError(op, err)
	}
	if has >= staff.MaxPasskeys {
		return fault.New(fault.Conflict, op, "nobody has more than %d passkeys", staff.MaxPasskeys)
	}
	_, err := t.SQL.ExecContext(ctx, "INSERT INTO staff_passkey ("+passkeyColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0)",
		k.ID, k.StaffID, k.Credential, k.Name, k.PublicKey, k.SignCount, k.BackupEligible, k.BackedUp, k.Model, strings.Join(k.Transports, " "), t.Now)
	t.Record(p, "staff.add_passkey", "passkey", k.ID, "")
	return engine.MapError(op, err)
}

// RenamePasskey names a passkey of p anew. Errors: Forbidden, NotFound.
func (s *Staff) RenamePasskey(ctx context.Context, p identity.Principal, id, name string) error {
	const op = "staffing.RenamePasskey"
	if err := own(op, p); err != nil {
		return err
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		t.Record(p, "staff.rename_passkey", "passkey", id, "")
		return one(op, "no such passkey")(t.SQL.ExecContext(ctx, "UPDATE staff_passkey SET name = $1 WHERE id = $2 AND staff_id = $3", name, id, p.ID))
	})
}

// RemovePasskey takes a passkey from p, and ends their other sessions: a lost key
// may have opened one. Errors: Forbidden, NotFound, Conflict for the last way in.
func (s *Staff) RemovePasskey(ctx context.Context, p identity.Principal, id string) error {
	const op = "staffing.RemovePasskey"
	if err := own(op, p); err != nil {
		return err
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		if err := one(op, "no such passkey")(t.SQL.ExecContext(ctx, "DELETE FROM staff_passkey WHERE id = $1 AND staff_id = $2", id, p.ID)); err != nil {
			return err
		}
		if err := keepAWayIn(ctx, t, p.ID); err != nil {
			return err
		}
		t.Record(p, "staff.remove_passkey", "passkey", id, "")
		return closeWhere(ctx, t, p, "staff.end_session", "id <> $3", p.Session)
	})
}

// keepAWayIn refuses what would leave somebody without a way to sign in. The
// operator's directory does not count: it may be gone tomorrow.
func keepAWayIn(ctx context.Context, t *core.Tx, staffID string) error {
	const op = "staffing.keepAWayIn"
	var keys int
	var hash string
	var only bool
	err := t.SQL.QueryRowContext(ctx, "SELECT password_hash, passkey_only, (SELECT COUNT(*) FROM staff_passkey k WHERE k.staff_id = staff.id) FROM staff WHERE id = $1", staffID).Scan(&hash, &only, &keys)
	if err != nil {
		return engine.MapError(op, err)
	}
	if keys == 0 && (hash == "" || only) {
		return fault.New(fault.Conflict, op, "it would be the last way in")
	}
	return nil
}

// SetPasskeyOnly says whether p signs in with passkeys alone. Errors: Forbidden,
// Conflict for who has no passkey.
func (s *Staff) SetPasskeyOnly(ctx context.Context, p identity.Principal, only bool) error {
	const op = "staffing.SetPasskeyOnly"
	if err := own(op, p); err != nil {
		return err
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		if err := one(op, "nobody")(t.SQL.ExecContext(ctx, "UPDATE staff SET passkey_only = $1 WHERE id = $2", only, p.ID)); err != nil {
			return err
		}
		if err := keepAWayIn(ctx, t, p.ID); err != nil {
			return err
		}
		t.Record(p, "staff.set_passkey_only", "staff", p.ID, "")
		return nil
	})
}

// ChangePassword gives p another password, another authenticator secret, or both:
// what is empty stays. The step is that of the code that proved the secret. Every
// other session of p ends. Errors: Forbidden.
func (s *Staff) ChangePassword(ctx context.Context, p identity.Principal, r staff.Reset, totpStep int64) error {
	const op = "staffing.ChangePassword"
	if err := own(op, p); err != nil {
		return err
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		if r.PasswordHash != "" {
			if _, err := t.SQL.ExecContext(ctx, "UPDATE staff SET password_hash = $1 WHERE id = $2", r.PasswordHash, p.ID); err != nil {
				return engine.MapError(op, err)
			}
			t.Record(p, "staff.change_password", "staff", p.ID, "")
		}
		if r.TOTPSecret != "" {
			if err := replaceTOTP(ctx, t, p.ID, r.TOTPSecret, totpStep); err != nil {
				return err
			}
			t.Record(p, "staff.change_code", "staff", p.ID, "")
		}
		return closeWhere(ctx, t, p, "staff.end_session", "id <> $3", p.Session)
	})
}

// replaceTOTP seals another secret in the place of one, whose key is destroyed.
func replaceTOTP(ctx context.Context, t *core.Tx, staffID, secret string, step int64) error {
	const op = "staffing.replaceTOTP"
	var old int64
	if err := t.SQL.QueryRowContext(ctx, "SELECT totp_ref FROM staff WHERE id = $1", staffID).Scan(&old); err != nil {
		return engine.MapError(op, err)
	}
	sealed, ref, err := sealTOTP(t, staffID, secret)
	if err != nil {
		return err
	}
	// The step only grows: a code that was seen works no more.
	_, err = t.SQL.ExecContext(ctx, "UPDATE staff SET totp = $1, totp_ref = $2, totp_step = CASE WHEN totp_step < $3 THEN $3 ELSE totp_step END WHERE id = $4", sealed, ref, step, staffID)
	if err != nil || old == 0 {
		return engine.MapError(op, err)
	}
	return t.DestroyKeys(ctx, []int64{old})
}

// sealTOTP seals a secret; an empty one stays empty, under no key.
func sealTOTP(t *core.Tx, staffID, secret string) ([]byte, int64, error) {
	if secret == "" {
		return []byte{}, 0, nil
	}
	return t.Seal([]byte(secret), totpAAD(staffID))
}

// one is for statements that change exactly one row. Errors: NotFound.
func one(op, what string) func(sql.Result, error) error {
	return func(res sql.Result, err error) error {
		if err != nil {
			return engine.MapError(op, err)
		}
		n, err := res.RowsAffected()
		if err == nil && n != 1 {
			return fault.New(fault.NotFound, op, "%s", what)
		}
		return engine.MapError(op, err)
	}
}

// PasskeyOwner finds whose a passkey is to be, by the handle that it carries, with
// all that a sign-in is checked against. Errors: NotFound.
func (s *Staff) PasskeyOwner(ctx context.Context, staffID string) (staff.Credentials, error) {
	return s.credentials(ctx, "staffing.PasskeyOwner", "id = $1", staffID)
}

// endEverything is the end of all sessions of somebody who has got another way in.
func endEverything(ctx context.Context, t *core.Tx, staffID string) error {
	if _, err := t.SQL.ExecContext(ctx, "UPDATE staff_session SET revoked_at = $1 WHERE staff_id = $2 AND revoked_at = 0", t.Now, staffID); err != nil {
		return engine.MapError("staffing.endEverything", err)
	}
	return t.Revoke(ctx, event.RevokedStaff, staffID)
}
