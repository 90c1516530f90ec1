// Package staffing keeps the people who work here: their accounts, what their
// sign-in is checked against, and their sessions.
package staffing

import (
	"context"
	"database/sql"
	"iter"
	"strings"
	"sync"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/ticket"
	"kefu/internal/storage/apikeys"
	"kefu/internal/storage/approvals"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// Staff is the part of the store that this package is.
type Staff struct {
	core   *core.Core
	gate   approvals.Gate
	places func() (*ticket.Office, error) // seals where sessions come from
}

// New makes it.
func New(c *core.Core, gate approvals.Gate) *Staff {
	s := &Staff{core: c, gate: gate, places: sync.OnceValues(func() (*ticket.Office, error) {
		return ticket.New(c.Ring.Subkey("places of staff sessions")[:ticket.KeySize])
	})}
	gate.Executes(approval.ChangeStaff, executor{s})
	return s
}

func totpAAD(id string) string { return "staff/" + id + "/totp" }

// AddStaff adds a member of staff. Errors: Forbidden, Conflict when the e-mail
// is taken, Invalid.
func (s *Staff) AddStaff(ctx context.Context, p identity.Principal, n staff.New) error {
	const op = "staffing.AddStaff"
	if err := allowStaffChange(op, p, n.Role); err != nil {
		return err
	}
	if n.Email = normalEmail(n.Email); n.Email == "" || n.ID == "" {
		return fault.InvalidField(op, "email", "is missing")
	}
	if !identity.ValidRole(n.Role) {
		return fault.InvalidField(op, "role", "is unknown")
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		sealed, ref, err := sealTOTP(t, n.ID, n.TOTPSecret)
		if err != nil {
			return err
		}
		_, err = t.SQL.ExecContext(ctx, `INSERT INTO staff (id, email, name, alias, role, password_hash, totp, totp_ref, totp_step, failures, locked_until, disabled_at, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0, 0, $9)`,
			n.ID, n.Email, n.Name, n.Alias, string(n.Role), n.PasswordHash, sealed, ref, t.Now)
		t.Record(p, "staff.add", "staff", n.ID, "")
		if err != nil || !opensDoors(n.Role) {
			return engine.MapError(op, err)
		}
		return s.holdBack(ctx, t, p, n)
	})
}

// normalEmail makes addresses that people take for the same one equal.
func normalEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func allowStaffChange(op string, p identity.Principal, roles ...identity.Role) error {
	if !policy.Allow(p, policy.ManageStaff, policy.Object{}) {
		return fault.New(fault.Forbidden, op, "%s may not manage staff", p.Role)
	}
	for _, role := range roles {
		if role == identity.Owner && !policy.Allow(p, policy.NameOwner, policy.Object{}) {
			return fault.New(fault.Forbidden, op, "only an owner names owners")
		}
	}
	return nil
}

// MaxStaffPage is the most that one ListStaff gives.
const MaxStaffPage = 2000

const memberColumns = "id, email, name, alias, role, disabled_at"

// scanMember reads memberColumns.
func scanMember(scan func(...any) error) (staff.Member, error) {
	var m staff.Member
	var role string
	err := scan(&m.ID, &m.Email, &m.Name, &m.Alias, &role, &m.DisabledAt)
	m.Role = identity.Role(role)
	return m, err
}

// CountAble counts who could sign in to a database, for whoever runs the machine.
func CountAble(ctx context.Context, db *sql.DB) (n int, err error) {
	err = db.QueryRowContext(ctx, "SELECT COUNT(*) FROM staff WHERE disabled_at = 0").Scan(&n)
	return n, engine.MapError("staffing.CountAble", err)
}

// ListStaff lists who works here by name, at most limit of them (1 to
// MaxStaffPage), behind the member whose ID is after; "" begins with the first.
// Behind somebody unknown there is nobody.
func (s *Staff) ListStaff(ctx context.Context, p identity.Principal, after string, limit int) ([]staff.Member, error) {
	const op = "staffing.ListStaff"
	if err := allowStaffList(op, p); err != nil {
		return nil, err
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+memberColumns+` FROM staff
		WHERE $1 = '' OR (name, id) > (SELECT name, id FROM staff WHERE id = $1) ORDER BY name, id LIMIT $2`, after, min(max(limit, 1), MaxStaffPage))
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var page []staff.Member
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		m, err := scanMember(r.Scan)
		page = append(page, m)
		return err
	})
	return page, engine.MapError(op, err)
}

// AllStaff gives everybody who works here by name, a page at a time.
func (s *Staff) AllStaff(ctx context.Context, p identity.Principal) iter.Seq2[staff.Member, error] {
	return func(yield func(staff.Member, error) bool) {
		for after, more := "", true; more; {
			page, err := s.ListStaff(ctx, p, after, MaxStaffPage)
			if err != nil {
				yield(staff.Member{}, err)
				return
			}
			for _, m := range page {
				if after = m.ID; !yield(m, nil) {
					return
				}
			}
			more = len(page) == MaxStaffPage
		}
	}
}

// StaffByID finds a member of staff, to assign a conversation to. Errors:
// Forbidden, NotFound.
func (s *Staff) StaffByID(ctx context.Context, p identity.Principal, id string) (staff.Member, error) {
	return s.findStaff(ctx, "staffing.StaffByID", p, "id = $1", id)
}

// StaffByEmail finds a member of staff by the address that they sign in with.
// Errors: Forbidden, NotFound.
func (s *Staff) StaffByEmail(ctx context.Context, p identity.Principal, email string) (staff.Member, error) {
	return s.findStaff(ctx, "staffing.StaffByEmail", p, "email = $1", normalEmail(email))
}

func (s *Staff) findStaff(ctx context.Context, op string, p identity.Principal, where, value string) (staff.Member, error) {
	if err := allowStaffList(op, p); err != nil {
		return staff.Member{}, err
	}
	m, err := scanMember(s.core.DB.Reader.QueryRowContext(ctx, "SELECT "+memberColumns+" FROM staff WHERE "+where, value).Scan)
	return m, engine.MapError(op, err)
}

func allowStaffList(op string, p identity.Principal) error {
	if !policy.Allow(p, policy.ListStaff, policy.Object{}) {
		return fault.New(fault.Forbidden, op, "%s may not list staff", p.Kind)
	}
	return nil
}

// ChangeStaff changes a role or disables somebody, and ends their sessions
// within seconds. Nobody gives themselves another role: who manages staff and may
// see no customer would otherwise let themselves in. Errors: Forbidden, NotFound,
// Conflict for the last owner; an *approval.PendingError when a second person has to
// agree, as to whoever runs the house.
func (s *Staff) ChangeStaff(ctx context.Context, p identity.Principal, id string, c staff.Change) error {
	const op = "staffing.ChangeStaff"
	if err := allowStaffChange(op, p); err != nil {
		return err
	}
	var pending *approval.PendingError
	err := s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		m, err := scanMember(t.SQL.QueryRowContext(ctx, "SELECT "+memberColumns+" FROM staff WHERE id = $1", id).Scan)
		if err != nil {
			return engine.MapError(op, err)
		}
		under := ""
		if needsApproval(m, c) {
			if under, pending, err = s.ask(ctx, t, p, m, c); err != nil || pending != nil {
				return err
			}
		}
		return s.change(ctx, t, p, id, c, under)
	})
	if err == nil && pending != nil {
		return pending
	}
	return err
}

// change is ChangeStaff inside a transaction, under an approval if there is one.
func (s *Staff) change(ctx context.Context, t *core.Tx, p identity.Principal, id string, c staff.Change, under string) error {
	const op = "staffing.change"
	var role string
	var disabledAt int64
	err := t.SQL.QueryRowContext(ctx, "SELECT role, disabled_at FROM staff WHERE id = $1", id).Scan(&role, &disabledAt)
	if err != nil {
		return engine.MapError(op, err)
	}
	next, wasOwner := identity.Role(role), identity.Role(role) == identity.Owner && disabledAt == 0
	before := roleInUse(next, disabledAt != 0)
	if c.Role != nil {
		next = *c.Role
	}
	if !identity.ValidRole(next) {
		return fault.InvalidField(op, "role", "is unknown")
	}
	if err := allowStaffChange(op, p, identity.Role(role), next); err != nil {
		return err
	}
	if c.Disabled != nil && !*c.Disabled {
		if err := restrained(ctx, t, p, id); err != nil {
			return err
		}
	}
	if c.Disabled != nil && *c.Disabled != (disabledAt != 0) {
		disabledAt = 0
		if *c.Disabled {
			disabledAt = t.Now
		}
	}
	if wasOwner && (next != identity.Owner || disabledAt != 0) {
		if err := keepAnOwner(ctx, t, id); err != nil {
			return err
		}
	}
	if p.ID == id && next != identity.Role(role) {
		return fault.New(fault.Forbidden, op, "nobody gives themselves another role")
	}
	if _, err := t.SQL.ExecContext(ctx, "UPDATE staff SET role = $1, disabled_at = $2 WHERE id = $3", string(next), disabledAt, id); err != nil {
		return engine.MapError(op, err)
	}
	after := roleInUse(next, disabledAt != 0)
	if err := revokeLinks(ctx, t, identity.Principal{Kind: identity.Staff, ID: id, Role: after}); err != nil {
		return err
	}
	if err := apikeys.MakerChanged(ctx, t, p, under, id, before, after); err != nil {
		return err
	}
	return endSessions(ctx, t, p, under, "staff.change", id)
}

// ResetStaff gives somebody a new password and a new authenticator secret, takes
// their passkeys, lifts every lock, and ends their sessions within seconds. Whether they are
// disabled stays as it is. Errors: Forbidden, NotFound.
func (s *Staff) ResetStaff(ctx context.Context, p identity.Principal, id string, r staff.Reset) error {
	const op = "staffing.ResetStaff"
	if err := allowStaffChange(op, p); err != nil {
		return err
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		var role string
		if err := t.SQL.QueryRowContext(ctx, "SELECT role FROM staff WHERE id = $1", id).Scan(&role); err != nil {
			return engine.MapError(op, err)
		}
		if err := allowStaffChange(op, p, identity.Role(role)); err != nil { // who resets an owner could be one
			return err
		}
		// The step of the last used code stays: one that was seen works no more.
		if err := replaceTOTP(ctx, t, id, r.TOTPSecret, 0); err != nil {
			return err
		}
		_, err := t.SQL.ExecContext(ctx, "UPDATE staff SET password_hash = $1, passkey_only = FALSE, failures = 0, locked_until = 0 WHERE id = $2", r.PasswordHash, id)
		if err != nil {
			return engine.MapError(op, err)
		}
		if _, err := t.SQL.ExecContext(ctx, "DELETE FROM staff_passkey WHERE staff_id = $1", id); err != nil {
			return engine.MapError(op, err)
		}
		if _, err := t.SQL.ExecContext(ctx, "DELETE FROM staff_network WHERE staff_id = $1", id); err != nil {
			return engine.MapError(op, err)
		}
		return endSessions(ctx, t, p, "", "staff.reset", id)
	})
}

// endSessions ends all sessions of somebody, and with them what they were given for an
// emergency, and records why.
func endSessions(ctx context.Context, t *core.Tx, p identity.Principal, under, action, id string) error {
	if err := CloseEmergencyOf(ctx, t, p, under, id); err != nil {
		return err
	}
	if _, err := t.SQL.ExecContext(ctx, "UPDATE staff_session SET revoked_at = $1 WHERE staff_id = $2 AND revoked_at = 0", t.Now, id); err != nil {
		return engine.MapError("staffing.endSessions", err)
	}
	t.RecordUnder(p, under, action, "staff", id, "")
	return t.Revoke(ctx, event.RevokedStaff, id)
}

func keepAnOwner(ctx context.Context, t *core.Tx, id string) error {
	const op = "staffing.keepAnOwner"
	var others int
	err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM staff WHERE role = 'owner' AND disabled_at = 0 AND id <> $1", id).Scan(&others)
	if err != nil {
		return engine.MapError(op, err)
	}
	if others == 0 {
		return fault.New(fault.Conflict, op, "somebody must stay owner")
	}
	return nil
}

// CredentialsOf finds what a sign-in is checked against. Errors: NotFound.
func (s *Staff) CredentialsOf(ctx context.Context, email string) (staff.Credentials, error) {
	return s.credentials(ctx, "staffing.CredentialsOf", "email = $1", normalEmail(email))
}

func (s *Staff) credentials(ctx context.Context, op, where, value string) (staff.Credentials, error) {
	var c staff.Credentials
	var role string
	var sealed []byte
	var ref int64
	err := s.core.DB.Reader.QueryRowContext(ctx, `SELECT id, email, name, alias, role, disabled_at, password_hash, totp, totp_ref, totp_step, failures, locked_until, passkey_only
		FROM staff WHERE `+where, value).
		Scan(&c.ID, &c.Email, &c.Name, &c.Alias, &role, &c.DisabledAt, &c.PasswordHash, &sealed, &ref, &c.TOTPStep, &c.Failures, &c.LockedUntil, &c.PasskeyOnly)
	if err != nil {
		return c, engine.MapError(op, err)
	}
	c.Role = identity.Role(role)
	secret, err := s.core.Open(sealed, ref, totpAAD(c.ID))
	if err != nil {
		return c, err
	}
	c.TOTPSecret = string(secret)
	c.Passkeys, err = s.passkeysOf(ctx, c.ID)
	return c, err
}
