package staffing

import (
	"context"
	"encoding/json"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// opensDoors tells the roles that need a second person to be given or taken away.
func opensDoors(role identity.Role) bool { return role == identity.Owner || role == identity.Admin }

// needsApproval tells whether a change gives such a role to somebody or takes it
// away, as disabling does.
func needsApproval(m staff.Member, c staff.Change) bool {
	before, after := roleInUse(m.Role, m.DisabledAt != 0), roleAfter(m, c)
	return before != after && (opensDoors(before) || opensDoors(after))
}

// roleAfter is the role that somebody could act in after a change.
func roleAfter(m staff.Member, c staff.Change) identity.Role {
	role, disabled := m.Role, m.DisabledAt != 0
	if c.Role != nil {
		role = *c.Role
	}
	if c.Disabled != nil {
		disabled = *c.Disabled
	}
	return roleInUse(role, disabled)
}

// roleInUse is the role that somebody can act in.
func roleInUse(role identity.Role, disabled bool) identity.Role {
	if disabled {
		return ""
	}
	return role
}

// asked is the payload of a request. It names the roles before, so that it is not
// carried out on somebody who has become another meanwhile.
type asked struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	WasRole     identity.Role  `json:"was_role"`
	WasDisabled bool           `json:"was_disabled"`
	Role        *identity.Role `json:"role,omitempty"`
	Disabled    *bool          `json:"disabled,omitempty"`
}

// roles are those that a request touches.
func (a asked) roles() []identity.Role {
	if a.Role == nil {
		return []identity.Role{a.WasRole}
	}
	return []identity.Role{a.WasRole, *a.Role}
}

// ask asks for a second person, where there is one.
func (s *Staff) ask(ctx context.Context, t *core.Tx, p identity.Principal, m staff.Member, c staff.Change) (string, *approval.PendingError, error) {
	const op = "staffing.ask"
	a := asked{ID: m.ID, Name: m.Name, WasRole: m.Role, WasDisabled: m.DisabledAt != 0, Role: c.Role, Disabled: c.Disabled}
	if err := allowStaffChange(op, p, a.roles()...); err != nil {
		return "", nil, err
	}
	if c.Role != nil && !identity.ValidRole(*c.Role) {
		return "", nil, fault.InvalidField(op, "role", "is unknown")
	}
	if roleInUse(m.Role, a.WasDisabled) == identity.Owner && roleAfter(m, c) != identity.Owner {
		if err := keepAnOwner(ctx, t, m.ID); err != nil {
			return "", nil, err
		}
	}
	if p.ID == m.ID && c.Role != nil && *c.Role != m.Role {
		return "", nil, fault.New(fault.Forbidden, op, "nobody gives themselves another role")
	}
	payload, err := json.Marshal(a)
	if err != nil {
		return "", nil, fault.Wrap(op, err)
	}
	return s.gate.Ask(ctx, t, p, approval.New{
		Kind: approval.ChangeStaff, Subject: "staff/" + m.ID, Summary: m.Name, Payload: payload,
		May: func(p identity.Principal) bool { return allowStaffChange(op, p, a.roles()...) == nil },
	})
}

// holdBack keeps an account that was just made for somebody who is to run the house
// disabled until a second person agrees, where there is one.
func (s *Staff) holdBack(ctx context.Context, t *core.Tx, p identity.Principal, n staff.New) error {
	enabled := false
	m := n.Member
	m.DisabledAt = t.Now
	_, pending, err := s.ask(ctx, t, p, m, staff.Change{Disabled: &enabled})
	if err != nil || pending == nil {
		return err
	}
	_, err = t.SQL.ExecContext(ctx, "UPDATE staff SET disabled_at = $1 WHERE id = $2", t.Now, n.ID)
	return engine.MapError("staffing.holdBack", err)
}

// executor carries out requests.
type executor struct{ staff *Staff }

// MayExecute implements approvals.Executor.
func (e executor) MayExecute(p identity.Principal, payload []byte) bool {
	var a asked
	return strictjson.Decode(payload, &a) == nil && allowStaffChange("staffing.MayExecute", p, a.roles()...) == nil
}

// Execute implements approvals.Executor.
func (e executor) Execute(ctx context.Context, t *core.Tx, maker identity.Principal, payload []byte, under string) error {
	const op = "staffing.Execute"
	var a asked
	if err := strictjson.Decode(payload, &a); err != nil {
		return err
	}
	m, err := scanMember(t.SQL.QueryRowContext(ctx, "SELECT "+memberColumns+" FROM staff WHERE id = $1", a.ID).Scan)
	if err != nil {
		return engine.MapError(op, err)
	}
	if m.Role != a.WasRole || (m.DisabledAt != 0) != a.WasDisabled {
		return fault.New(fault.Conflict, op, "their role has changed meanwhile")
	}
	return e.staff.change(ctx, t, maker, a.ID, staff.Change{Role: a.Role, Disabled: a.Disabled}, under)
}
