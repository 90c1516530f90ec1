package staffing

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"strings"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/apikeys"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// DirectoryRefused records that somebody came from the directory and was not let
// in, as far as it is known who.
func (s *Staff) DirectoryRefused(ctx context.Context, staffID string) error {
	return s.core.Do(ctx, func(_ context.Context, t *core.Tx) error {
		t.Record(identity.SystemPart("session"), "staff.directory_refused", "staff", staffID, "")
		return nil
	})
}

// EnterByDirectory opens a session for a person of the operator's directory: the
// member of staff who is linked to them; or who has the address that the directory
// verified, and is linked from now on; or somebody who is invited under it, and
// joins. Errors: Unauthenticated, with the member where there is one; Conflict for an
// address whose member has another way in and has not asked for the link; Forbidden
// for who has joined and waits for a second person to agree.
func (s *Staff) EnterByDirectory(ctx context.Context, e staff.DirectoryEntry) (staff.Member, error) {
	const op = "staffing.EnterByDirectory"
	var member staff.Member
	var waits bool
	err := s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		var joined bool
		var err error
		if err := useUp(ctx, t, e.Session.Once); err != nil {
			return err
		}
		if member, joined, err = s.linked(ctx, t, e); err != nil {
			return err
		}
		if waits = joined && member.DisabledAt != 0; waits {
			return nil // it is the request for a second person that is kept
		}
		if member.DisabledAt != 0 {
			return fault.New(fault.Unauthenticated, op, "the account is disabled")
		}
		by := identity.Principal{Kind: identity.Staff, ID: member.ID, Session: e.Session.ID}
		// Owners name owners: no group makes one, and none takes it from one.
		if e.Role != "" && e.Role != member.Role && member.Role != identity.Owner {
			if _, err := t.SQL.ExecContext(ctx, "UPDATE staff SET role = $1 WHERE id = $2", string(e.Role), member.ID); err != nil {
				return engine.MapError(op, err)
			}
			if err := endSessions(ctx, t, identity.SystemPart("directory"), "", "staff.change", member.ID); err != nil {
				return err
			}
			if err := apikeys.MakerChanged(ctx, t, identity.SystemPart("directory"), "", member.ID, member.Role, e.Role); err != nil {
				return err
			}
			member.Role = e.Role
			if err := revokeLinks(ctx, t, identity.Principal{Kind: identity.Staff, ID: member.ID, Role: member.Role}); err != nil {
				return err
			}
		}
		e.Session.StaffID = member.ID
		if e.Session.Fresh, err = s.unfamiliar(ctx, t, e.Session); err != nil {
			return err
		}
		if err := s.knowNetwork(ctx, t, member.ID, e.Session.Network); err != nil {
			return err
		}
		if err := s.insertSession(ctx, t, e.Session); err != nil {
			return err
		}
		t.Record(by, signedIn(staff.ByDirectory), "staff", member.ID, "")
		return nil
	})
	if err == nil && waits {
		return member, fault.New(fault.Forbidden, op, "a second person has to agree first")
	}
	return member, err
}

// linked finds who somebody of the directory is, links them the first time, and tells
// whether they have joined by that.
func (s *Staff) linked(ctx context.Context, t *core.Tx, e staff.DirectoryEntry) (m staff.Member, joined bool, err error) {
	const op = "staffing.linked"
	const columns = "f.id, f.email, f.name, f.alias, f.role, f.disabled_at"
	m, err = scanMember(t.SQL.QueryRowContext(ctx, "SELECT "+columns+" FROM staff f JOIN staff_directory d ON d.staff_id = f.id WHERE d.issuer = $1 AND d.subject = $2", e.Issuer, e.Subject).Scan)
	if err == nil && e.Confirmed != "" && e.Confirmed != m.ID {
		return m, false, fault.New(fault.Unauthenticated, op, "the directory's person is another member")
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return m, false, engine.MapError(op, err)
	}
	email := normalEmail(e.Email)
	if email == "" {
		return m, false, fault.New(fault.Unauthenticated, op, "the directory has verified no address")
	}
	m, err = scanMember(t.SQL.QueryRowContext(ctx, "SELECT "+columns+" FROM staff f WHERE f.email = $1", email).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		joined = true
		m, err = s.joinFrom(ctx, t, email, e)
	}
	if err != nil {
		return m, false, engine.MapError(op, err)
	}
	// Whoever has the address now is not whoever had it: one address, one person.
	var other int
	if err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM staff_directory WHERE issuer = $1 AND staff_id = $2", e.Issuer, m.ID).Scan(&other); err != nil {
		return m, false, engine.MapError(op, err)
	}
	if other > 0 || (m.DisabledAt != 0 && !joined) {
		return m, false, fault.New(fault.Unauthenticated, op, "the account is another person's of the directory, or disabled")
	}
	if !joined && e.Confirmed != m.ID {
		// An address is the directory's word alone, and it may be given to another
		// person: it does not open what somebody else locks with a key of their own.
		switch err := keepAWayIn(ctx, t, m.ID); {
		case e.Confirmed != "":
			return m, false, fault.New(fault.Unauthenticated, op, "the directory's address is not that of who asked")
		case err == nil:
			return m, false, fault.New(fault.Conflict, op, "the account has another way in, by which its owner has to ask for the link")
		case !fault.Is(err, fault.Conflict):
			return m, false, err
		}
	}
	_, err = t.SQL.ExecContext(ctx, "INSERT INTO staff_directory (issuer, subject, staff_id, linked_at) VALUES ($1, $2, $3, $4)", e.Issuer, e.Subject, m.ID, t.Now)
	t.Record(identity.SystemPart("directory"), "staff.link", "staff", m.ID, "")
	return m, joined, engine.MapError(op, err)
}

// joinFrom takes up an open invitation under an address.
func (s *Staff) joinFrom(ctx context.Context, t *core.Tx, email string, e staff.DirectoryEntry) (staff.Member, error) {
	const op = "staffing.joinFrom"
	i, err := scanInvitation(t.SQL.QueryRowContext(ctx, `UPDATE staff_invitation SET used_at = $1 WHERE kind = 'member' AND email = $2 AND used_at = 0 AND revoked_at = 0 AND expires_at > $1
		RETURNING `+invitationColumns, t.Now, email).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return staff.Member{}, fault.New(fault.Unauthenticated, op, "nobody has that address here")
	}
	if err != nil {
		return staff.Member{}, engine.MapError(op, err)
	}
	local, _, _ := strings.Cut(email, "@")
	name := cmp.Or(strings.TrimSpace(e.Name), local)
	first, _, _ := strings.Cut(name, " ")
	t.Record(identity.Principal{Kind: identity.Staff, ID: e.NewID, Session: e.Session.ID}, "staff.join", "invitation", i.ID, "")
	return s.join(ctx, t, i, staff.Joining{Member: staff.Member{ID: e.NewID, Name: name, Alias: first}, Session: e.Session})
}
