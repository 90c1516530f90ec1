package staffing

import (
	"context"
	"database/sql"
	"errors"

	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/apikeys"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// Suspend keeps somebody out until Readmit, in the transaction in which it is decided:
// their sessions end, and their keys and links open nothing. It is false for whoever is
// out already, and for the last owner, without whom nobody could let anybody in again.
func Suspend(ctx context.Context, t *core.Tx, by identity.Principal, under, id string) (done bool, err error) {
	const op = "staffing.Suspend"
	m, err := scanMember(t.SQL.QueryRowContext(ctx, "SELECT "+memberColumns+" FROM staff WHERE id = $1", id).Scan)
	if err != nil {
		return false, engine.MapError(op, err)
	}
	if m.DisabledAt != 0 {
		return false, nil
	}
	if m.Role == identity.Owner {
		if err := keepAnOwner(ctx, t, id); fault.Is(err, fault.Conflict) {
			return false, nil
		} else if err != nil {
			return false, err
		}
	}
	return true, turnRound(ctx, t, by, under, "staff.suspend", m, t.Now)
}

// Readmit lets somebody in again whom Suspend keeps out.
func Readmit(ctx context.Context, t *core.Tx, by identity.Principal, under, id string) error {
	m, err := scanMember(t.SQL.QueryRowContext(ctx, "SELECT "+memberColumns+" FROM staff WHERE id = $1", id).Scan)
	if err != nil {
		return engine.MapError("staffing.Readmit", err)
	}
	return turnRound(ctx, t, by, under, "staff.readmit", m, 0)
}

func turnRound(ctx context.Context, t *core.Tx, by identity.Principal, under, action string, m staff.Member, disabledAt int64) error {
	before, after := roleInUse(m.Role, m.DisabledAt != 0), roleInUse(m.Role, disabledAt != 0)
	if _, err := t.SQL.ExecContext(ctx, "UPDATE staff SET disabled_at = $1 WHERE id = $2", disabledAt, m.ID); err != nil {
		return engine.MapError("staffing.turnRound", err)
	}
	if err := revokeLinks(ctx, t, identity.Principal{Kind: identity.Staff, ID: m.ID, Role: after}); err != nil {
		return err
	}
	if err := apikeys.MakerChanged(ctx, t, by, under, m.ID, before, after); err != nil {
		return err
	}
	return endSessions(ctx, t, by, under, action, m.ID)
}

// Refresh has every process look anew at what somebody may do: their connections end and
// come back with the rights of now.
func Refresh(ctx context.Context, t *core.Tx, by identity.Principal, under, action, id string) error {
	t.RecordUnder(by, under, action, "staff", id, "")
	return t.Revoke(ctx, event.RevokedStaff, id)
}

// CloseEmergencyOf ends what somebody was given for an emergency, if they were: it was
// given to who they were then.
func CloseEmergencyOf(ctx context.Context, t *core.Tx, by identity.Principal, under, id string) error {
	const op = "staffing.CloseEmergencyOf"
	var one string
	err := t.SQL.QueryRowContext(ctx, "UPDATE emergency SET ended_at = $1, ended_by = $2 WHERE staff_id = $3 AND ended_at = 0 AND until_at > $1 RETURNING id", t.Now, by.ID, id).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return engine.MapError(op, err)
	}
	t.RecordUnder(by, under, "emergency.close", "emergency", one, "")
	t.Commit.Approvals = true
	return nil
}

// restrained refuses to let somebody in who is suspended: that is decided where they are
// judged. Whoever runs the machine may, and lifts all that was taken from them.
// Errors: Conflict for everybody else.
func restrained(ctx context.Context, t *core.Tx, p identity.Principal, id string) error {
	const op = "staffing.restrained"
	if p.Kind == identity.System {
		res, err := t.SQL.ExecContext(ctx, "UPDATE staff_restraint SET lifted_at = $1, lifted_by = $2 WHERE staff_id = $3 AND lifted_at = 0", t.Now, p.ID, id)
		if err != nil {
			return engine.MapError(op, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return engine.MapError(op, err)
		}
		t.Record(p, "staff.unthrottle", "staff", id, "") // rules hold anew
		return nil
	}
	var n int
	if err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM staff_restraint WHERE staff_id = $1 AND lifted_at = 0 AND step = $2", id, int64(insider.Suspend)).Scan(&n); err != nil {
		return engine.MapError(op, err)
	}
	if n > 0 {
		return &fault.Error{Code: fault.Conflict, Op: op, Field: "disabled", Reason: "suspended", Message: "they are suspended: who judges the finding lets them in again"}
	}
	return nil
}

// unfamiliar tells whether a session comes from a network from which its holder was
// never seen, where they were seen from others.
func (s *Staff) unfamiliar(ctx context.Context, t *core.Tx, session staff.Session) (bool, error) {
	if session.Network == "" {
		return false, nil
	}
	var all, same int
	err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(SUM(CASE WHEN network = $2 THEN 1 ELSE 0 END), 0) FROM staff_network WHERE staff_id = $1",
		session.StaffID, s.networkDigest(session.StaffID, session.Network)).Scan(&all, &same)
	return all > 0 && same == 0, engine.MapError("staffing.unfamiliar", err)
}
