package staffing

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	stored "kefu/internal/storage/routing"
)

const invitationColumns = "id, digest, kind, email, role, staff_id, invited_by, created_at, expires_at, duties"

func scanInvitation(scan func(...any) error) (staff.Invitation, error) {
	var i staff.Invitation
	var kind, role, duties string
	err := scan(&i.ID, &i.Digest, &kind, &i.Email, &role, &i.StaffID, &i.InvitedBy, &i.CreatedAt, &i.ExpiresAt, &duties)
	i.Kind, i.Role = staff.InvitationKind(kind), identity.Role(role)
	if err == nil && duties != "" {
		err = json.Unmarshal([]byte(duties), &i.Duties)
	}
	return i, err
}

// dutiesOf is what somebody who is invited will be routed by, under an id.
func dutiesOf(i staff.Invitation, staffID string) routing.Duties {
	return routing.Duties{StaffID: staffID, Teams: i.Duties.Teams, Skills: i.Duties.Skills, Languages: i.Duties.Languages}
}

// keepDuties is an invitation's duties as they are kept: "" when there are none.
// Errors: Forbidden for who may not set duties, Invalid.
func keepDuties(p identity.Principal, i staff.Invitation) (string, error) {
	const op = "staffing.keepDuties"
	d := dutiesOf(i, "")
	if d.Empty() {
		return "", nil
	}
	would := identity.Principal{Kind: identity.Staff, ID: i.ID, Role: i.Role}
	if i.Kind != staff.InviteMember || !policy.Allow(would, policy.SendMessage, policy.Whosever(i.ID)) {
		return "", fault.InvalidField(op, "teams", "are for who answers")
	}
	if !policy.Allow(p, policy.SetDuties, policy.Object{}) {
		return "", fault.New(fault.Forbidden, op, "%s %s may not set duties", p.Kind, p.Role)
	}
	if err := d.Validate(); err != nil {
		return "", err
	}
	d = d.Tidy()
	text, err := json.Marshal(staff.Duties{Teams: d.Teams, Skills: d.Skills, Languages: d.Languages})
	return string(text), fault.Wrap(op, err)
}

// Invite keeps an invitation. Another one of the same kind for the same person is
// revoked with it. Of a ResetMember only StaffID says whose it is. Errors:
// Forbidden, NotFound, Conflict when the e-mail is taken, when somebody is disabled,
// or, for a first owner, when somebody can sign in.
func (s *Staff) Invite(ctx context.Context, p identity.Principal, i staff.Invitation) error {
	const op = "staffing.Invite"
	if err := allowStaffChange(op, p, i.Role); err != nil {
		return err
	}
	duties, err := keepDuties(p, i)
	if err != nil {
		return err
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		if err := completeInvitation(ctx, t, p, &i); err != nil {
			return err
		}
		if _, err := t.SQL.ExecContext(ctx, "UPDATE staff_invitation SET revoked_at = $1 WHERE kind = $2 AND email = $3 AND used_at = 0 AND revoked_at = 0", t.Now, string(i.Kind), i.Email); err != nil {
			return engine.MapError(op, err)
		}
		_, err := t.SQL.ExecContext(ctx, "INSERT INTO staff_invitation ("+invitationColumns+", used_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0)",
			i.ID, i.Digest, string(i.Kind), i.Email, string(i.Role), i.StaffID, p.ID, t.Now, t.Now+i.Kind.Life().Microseconds(), duties)
		t.Record(p, "staff.invite_"+string(i.Kind), "invitation", i.ID, "")
		return engine.MapError(op, err)
	})
}

// completeInvitation checks whom an invitation is for.
func completeInvitation(ctx context.Context, t *core.Tx, p identity.Principal, i *staff.Invitation) error {
	const op = "staffing.completeInvitation"
	switch i.Kind {
	case staff.InviteMember:
		if i.Email = normalEmail(i.Email); i.Email == "" {
			return fault.InvalidField(op, "email", "is missing")
		}
		if !identity.ValidRole(i.Role) {
			return fault.InvalidField(op, "role", "is unknown")
		}
		var taken int
		if err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM staff WHERE email = $1", i.Email).Scan(&taken); err != nil || taken == 0 {
			return engine.MapError(op, err)
		}
		return fault.New(fault.Conflict, op, "somebody has that address already")
	case staff.ResetMember:
		var role string
		var disabledAt int64
		err := t.SQL.QueryRowContext(ctx, "SELECT email, role, disabled_at FROM staff WHERE id = $1", i.StaffID).Scan(&i.Email, &role, &disabledAt)
		if err != nil {
			return engine.MapError(op, err)
		}
		if disabledAt != 0 {
			return fault.New(fault.Conflict, op, "somebody who is disabled needs no way in")
		}
		i.Role = identity.Role(role)
		return allowStaffChange(op, p, i.Role) // who resets an owner could be one
	case staff.FirstOwner:
		i.Role = identity.Owner
		if err := allowStaffChange(op, p, i.Role); err != nil {
			return err
		}
		return nobodyYet(ctx, t)
	default:
		return fault.InvalidField(op, "kind", "is unknown")
	}
}

// nobodyYet refuses a first owner where there is somebody. Errors: Conflict.
func nobodyYet(ctx context.Context, t *core.Tx) error {
	const op = "staffing.nobodyYet"
	var able int
	if err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM staff WHERE disabled_at = 0").Scan(&able); err != nil {
		return engine.MapError(op, err)
	}
	if able > 0 {
		return fault.New(fault.Conflict, op, "somebody works here already")
	}
	return nil
}

// maxInvitations is the most open invitations that a list shows.
const maxInvitations = 500

// Invitations lists the open ones, the newest first. Errors: Forbidden.
func (s *Staff) Invitations(ctx context.Context, p identity.Principal) ([]staff.Invitation, error) {
	const op = "staffing.Invitations"
	if err := allowStaffChange(op, p); err != nil {
		return nil, err
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+invitationColumns+` FROM staff_invitation
		WHERE used_at = 0 AND revoked_at = 0 AND expires_at > $1 ORDER BY created_at DESC, id LIMIT $2`, s.core.Now().UnixMicro(), maxInvitations)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var all []staff.Invitation
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		i, err := scanInvitation(r.Scan)
		i.Digest = ""
		all = append(all, i)
		return err
	})
	return all, engine.MapError(op, err)
}

// RevokeInvitation ends an open invitation. Errors: Forbidden, NotFound.
func (s *Staff) RevokeInvitation(ctx context.Context, p identity.Principal, id string) error {
	const op = "staffing.RevokeInvitation"
	if err := allowStaffChange(op, p); err != nil {
		return err
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		t.Record(p, "staff.revoke_invitation", "invitation", id, "")
		return one(op, "no open invitation")(t.SQL.ExecContext(ctx, "UPDATE staff_invitation SET revoked_at = $1 WHERE id = $2 AND used_at = 0 AND revoked_at = 0", t.Now, id))
	})
}

// InvitationBy finds an open invitation by the digest of its token. Looking uses
// nothing up: mail scanners look too. Errors: NotFound.
func (s *Staff) InvitationBy(ctx context.Context, digest string) (staff.Invitation, error) {
	const op = "staffing.InvitationBy"
	i, err := scanInvitation(s.core.DB.Reader.QueryRowContext(ctx, "SELECT "+invitationColumns+` FROM staff_invitation
		WHERE digest = $1 AND used_at = 0 AND revoked_at = 0 AND expires_at > $2`, digest, s.core.Now().UnixMicro()).Scan)
	if err != nil {
		return i, engine.MapError(op, err)
	}
	role := i.Role
	if i.Kind == staff.ResetMember {
		m, err := scanMember(s.core.DB.Reader.QueryRowContext(ctx, "SELECT "+memberColumns+" FROM staff WHERE id = $1 AND disabled_at = 0", i.StaffID).Scan)
		if err != nil {
			return i, engine.MapError(op, err)
		}
		i.Name, i.Alias, role = m.Name, m.Alias, m.Role
	}
	_, err = inviterOf(ctx, s.core.DB.Reader, i, role)
	return i, err
}

// Join makes somebody a member of staff, or gives them a way in again, by an
// invitation, and opens a session. It happens once. Whoever is to run the house may
// have to wait for a second person: they come back disabled. Errors: NotFound when the
// invitation is not open any more, Conflict when the e-mail is taken or, for a first
// owner, somebody works here already.
func (s *Staff) Join(ctx context.Context, digest string, j staff.Joining) (staff.Member, error) {
	const op = "staffing.Join"
	var member staff.Member
	err := s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		i, err := scanInvitation(t.SQL.QueryRowContext(ctx, "UPDATE staff_invitation SET used_at = $1 WHERE digest = $2 AND used_at = 0 AND revoked_at = 0 AND expires_at > $1 RETURNING "+invitationColumns, t.Now, digest).Scan)
		if err != nil {
			return engine.MapError(op, err)
		}
		if err := useUp(ctx, t, j.Session.Once); err != nil {
			return err
		}
		if i.Kind == staff.ResetMember {
			member, err = s.rejoin(ctx, t, i, j)
		} else {
			member, err = s.join(ctx, t, i, j)
		}
		if err != nil {
			return err
		}
		by := identity.Principal{Kind: identity.Staff, ID: member.ID, Session: j.Session.ID}
		if j.Passkey != nil {
			j.Passkey.StaffID = member.ID
			if err := insertPasskey(ctx, t, by, *j.Passkey); err != nil {
				return err
			}
		}
		if err := s.knowNetwork(ctx, t, member.ID, j.Session.Network); err != nil {
			return err
		}
		t.Record(by, "staff.join", "invitation", i.ID, "")
		j.Session.StaffID = member.ID
		return s.insertSession(ctx, t, j.Session)
	})
	return member, err
}

func (s *Staff) join(ctx context.Context, t *core.Tx, i staff.Invitation, j staff.Joining) (staff.Member, error) {
	const op = "staffing.join"
	m := j.Member
	m.Role = i.Role
	inviter, err := inviterOf(ctx, t.SQL, i, m.Role)
	if err != nil {
		return m, err
	}
	if i.Kind == staff.FirstOwner {
		if err := nobodyYet(ctx, t); err != nil {
			return m, err
		}
		i.Email = normalEmail(j.Email)
	}
	m.Email = i.Email
	sealed, ref, err := sealTOTP(t, m.ID, j.TOTPSecret)
	if err != nil {
		return m, err
	}
	_, err = t.SQL.ExecContext(ctx, `INSERT INTO staff (id, email, name, alias, role, password_hash, totp, totp_ref, totp_step, failures, locked_until, disabled_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, $10)`,
		m.ID, m.Email, m.Name, m.Alias, string(m.Role), j.PasswordHash, sealed, ref, j.TOTPStep, t.Now)
	t.Record(identity.Principal{Kind: identity.Staff, ID: m.ID, Session: j.Session.ID}, "staff.add", "staff", m.ID, "")
	if d := dutiesOf(i, m.ID); err == nil && !d.Empty() {
		by := identity.Principal{Kind: identity.Staff, ID: m.ID, Session: j.Session.ID}
		if err := stored.WriteDuties(ctx, t, by, d); err != nil {
			return m, err
		}
	}
	if err != nil || i.Kind == staff.FirstOwner || !opensDoors(m.Role) {
		return m, engine.MapError(op, err)
	}
	if err := s.holdBack(ctx, t, inviter, staff.New{Member: m}); err != nil {
		return m, err
	}
	err = t.SQL.QueryRowContext(ctx, "SELECT disabled_at FROM staff WHERE id = $1", m.ID).Scan(&m.DisabledAt)
	return m, engine.MapError(op, err)
}

// inviterOf is who asks for what an invitation gives, with the rights that they
// have now: a link says no more than whoever made it could say today. Errors:
// NotFound when they work here no more, or may not manage somebody of that role.
func inviterOf(ctx context.Context, db rowQuerier, i staff.Invitation, role identity.Role) (identity.Principal, error) {
	const op = "staffing.inviterOf"
	inviter := identity.SystemPart(i.InvitedBy) // the command line
	m, err := scanMember(db.QueryRowContext(ctx, "SELECT "+memberColumns+" FROM staff WHERE id = $1", i.InvitedBy).Scan)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return inviter, engine.MapError(op, err)
	default:
		inviter = identity.Principal{Kind: identity.Staff, ID: m.ID, Name: m.Alias, Role: m.Role}
	}
	if m.DisabledAt != 0 || allowStaffChange(op, inviter, role) != nil {
		return inviter, fault.New(fault.NotFound, op, "who gave this away may do so no more")
	}
	return inviter, nil
}

// rowQuerier is a database or a transaction of it.
type rowQuerier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// revokeLinks ends the open links that a change of somebody's role or being there
// takes the ground from: those that they made and could not make any more, and those
// by which they themselves would come back.
func revokeLinks(ctx context.Context, t *core.Tx, m identity.Principal) error {
	const op = "staffing.revokeLinks"
	_, err := t.SQL.ExecContext(ctx, `UPDATE staff_invitation SET revoked_at = $1 WHERE used_at = 0 AND revoked_at = 0
		AND ((kind = $2 AND staff_id = $3) OR (invited_by = $3 AND ($4 OR ($5 AND role = $6))))`,
		t.Now, string(staff.ResetMember), m.ID, allowStaffChange(op, m) != nil, allowStaffChange(op, m, identity.Owner) != nil, string(identity.Owner))
	return engine.MapError(op, err)
}

// rejoin replaces every way in of somebody by the new one.
func (s *Staff) rejoin(ctx context.Context, t *core.Tx, i staff.Invitation, j staff.Joining) (staff.Member, error) {
	const op = "staffing.rejoin"
	m, err := scanMember(t.SQL.QueryRowContext(ctx, "SELECT "+memberColumns+" FROM staff WHERE id = $1 AND disabled_at = 0", i.StaffID).Scan)
	if err != nil {
		return m, engine.MapError(op, err)
	}
	if _, err := inviterOf(ctx, t.SQL, i, m.Role); err != nil { // they may have become somebody's superior since
		return m, err
	}
	if err := replaceTOTP(ctx, t, m.ID, j.TOTPSecret, j.TOTPStep); err != nil {
		return m, err
	}
	for _, text := range []string{
		"DELETE FROM staff_passkey WHERE staff_id = $1", "DELETE FROM staff_network WHERE staff_id = $1", "DELETE FROM staff_directory WHERE staff_id = $1",
		"UPDATE staff SET passkey_only = FALSE, failures = 0, locked_until = 0 WHERE id = $1",
	} {
		if _, err := t.SQL.ExecContext(ctx, text, m.ID); err != nil {
			return m, engine.MapError(op, err)
		}
	}
	if _, err := t.SQL.ExecContext(ctx, "UPDATE staff SET password_hash = $1 WHERE id = $2", j.PasswordHash, m.ID); err != nil {
		return m, engine.MapError(op, err)
	}
	t.Record(identity.Principal{Kind: identity.Staff, ID: m.ID, Session: j.Session.ID}, "staff.reset", "staff", m.ID, "")
	return m, endEverything(ctx, t, m.ID)
}
