// Package emergencies keeps who has more rights than their role, why and until when. While
// one is open, the sessions of its holder have it, and what is recorded of them names it.
package emergencies

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/emergency"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/strictjson"
	"kefu/internal/storage/approvals"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/staffing"
)

// Emergencies is the part of the store that this package is.
type Emergencies struct {
	core *core.Core
	gate approvals.Gate
}

// New makes it.
func New(c *core.Core, gate approvals.Gate) *Emergencies {
	s := &Emergencies{c, gate}
	gate.Executes(approval.OpenEmergency, executor{})
	return s
}

const columns = `e.id, e.staff_id, COALESCE(f.name, ''), COALESCE(f.role, ''), e.reason, e.asked_by, COALESCE(a.name, ''), e.approval, e.began_at, e.until_at, e.ended_at, e.ended_by
	FROM emergency e LEFT JOIN staff f ON f.id = e.staff_id LEFT JOIN staff a ON a.id = e.asked_by`

func read(op string, rows *sql.Rows, err error) ([]emergency.Opening, error) {
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	all := []emergency.Opening{}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var o emergency.Opening
		err := r.Scan(&o.ID, &o.StaffID, &o.Name, &o.Role, &o.Reason, &o.AskedBy, &o.Asker, &o.Approval, &o.BeganAt, &o.UntilAt, &o.EndedAt, &o.EndedBy)
		all = append(all, o)
		return err
	})
	return all, engine.MapError(op, err)
}

// ListEmergencies lists them, the last first; only those that are open now, or all of which
// at most emergency.MaxListed are given. Errors: Forbidden.
func (s *Emergencies) ListEmergencies(ctx context.Context, p identity.Principal, open bool) ([]emergency.Opening, error) {
	const op = "emergencies.ListEmergencies"
	if !policy.Allow(p, policy.ReadEmergencies, policy.Object{}) {
		return nil, fault.New(fault.Forbidden, op, "%s %s may not see emergency access", p.Kind, p.Role)
	}
	// Every desk asks for the open ones, again and again, and no row is ever deleted.
	where := "e.ended_at = 0 AND e.until_at > $1"
	if !open {
		where = "e.began_at <= $1"
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+columns+" WHERE "+where+" ORDER BY e.began_at DESC, e.id DESC LIMIT $2", s.core.Now().UnixMicro(), emergency.MaxListed)
	return read(op, rows, err)
}

// OpenEmergency opens it for somebody: at once where an owner opens it for a colleague,
// else when a second person has agreed. Errors: Forbidden, also where there is no second
// person; Invalid; NotFound for whom nobody knows; Conflict with the reason open_already,
// too_many, restrained or waiting; an *approval.PendingError while it waits.
func (s *Emergencies) OpenEmergency(ctx context.Context, p identity.Principal, w emergency.Wish) error {
	const op = "emergencies.OpenEmergency"
	if err := w.Check(); err != nil {
		return err
	}
	if !policy.Allow(p, policy.OpenEmergency, policy.Object{StaffID: w.StaffID}) {
		return fault.New(fault.Forbidden, op, "%s %s may not open emergency access for them", p.Kind, p.Role)
	}
	var pending *approval.PendingError
	err := s.core.Do(ctx, func(ctx context.Context, t *core.Tx) (err error) {
		pending = nil
		if w.Name, err = ready(ctx, t, w); err != nil {
			return err
		}
		if w.StaffID != p.ID { // the table lets nobody but an owner open it for somebody else
			return begin(ctx, t, p, w, "")
		}
		payload, err := json.Marshal(w)
		if err != nil {
			return fault.Wrap(op, err)
		}
		var under string
		under, pending, err = s.gate.Ask(ctx, t, p, approval.New{Kind: approval.OpenEmergency, Subject: "emergency/" + w.StaffID, Summary: w.Name, Payload: payload, May: mayAgree})
		if err == nil && under != "" {
			return fault.New(fault.Forbidden, op, "there is no second person to agree")
		}
		return err
	})
	if err == nil && pending != nil {
		return pending
	}
	return err
}

// AskedEmergencies gives what somebody has asked for and waits for a second person.
// Errors: Forbidden.
func (s *Emergencies) AskedEmergencies(ctx context.Context, p identity.Principal) ([]emergency.Asked, error) {
	const op = "emergencies.AskedEmergencies"
	if !policy.Allow(p, policy.OpenEmergency, policy.Object{StaffID: p.ID}) && !policy.Allow(p, policy.ReadApprovals, policy.Object{}) {
		return nil, fault.New(fault.Forbidden, op, "%s %s asks for nothing", p.Kind, p.Role)
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, `SELECT id, payload, created_at, expires_at FROM approval
		WHERE maker = $1 AND kind = $2 AND state = 'pending' AND expires_at > $3 ORDER BY created_at DESC, id DESC LIMIT $4`,
		p.ID, approval.OpenEmergency, s.core.Now().UnixMicro(), emergency.MaxListed)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	all := []emergency.Asked{}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var a emergency.Asked
		var payload string
		if err := r.Scan(&a.ID, &payload, &a.CreatedAt, &a.ExpiresAt); err != nil {
			return err
		}
		all = append(all, a)
		return strictjson.Decode([]byte(payload), &all[len(all)-1].Wish)
	})
	return all, engine.MapError(op, err)
}

// mayAgree tells whether somebody may be the second person.
func mayAgree(p identity.Principal) bool {
	return policy.Allow(p, policy.DecideApproval, policy.Object{StaffID: "another"})
}

// ready tells whether it could be opened now, and the name of whom it is for.
func ready(ctx context.Context, t *core.Tx, w emergency.Wish) (name string, err error) {
	const op = "emergencies.ready"
	var role string
	var restrained bool
	err = t.SQL.QueryRowContext(ctx, `SELECT f.name, f.role, EXISTS (SELECT 1 FROM staff_restraint r WHERE r.staff_id = f.id AND r.lifted_at = 0)
		FROM staff f WHERE f.id = $1 AND f.disabled_at = 0`, w.StaffID).Scan(&name, &role, &restrained)
	if err != nil {
		return "", engine.MapError(op, err)
	}
	if identity.Role(role) == identity.OutsideAgent {
		return "", fault.InvalidFor(op, "staff_id", "outside", "works for a partner firm")
	}
	if restrained {
		return "", &fault.Error{Code: fault.Conflict, Op: op, Reason: "restrained", Message: "their rights were taken until a finding is judged"}
	}
	var open, own int
	err = t.SQL.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(SUM(CASE WHEN staff_id = $1 THEN 1 ELSE 0 END), 0) FROM emergency WHERE ended_at = 0 AND until_at > $2", w.StaffID, t.Now).Scan(&open, &own)
	switch {
	case err != nil:
		return "", engine.MapError(op, err)
	case own > 0:
		return "", &fault.Error{Code: fault.Conflict, Op: op, Reason: "open_already", Message: "they have it already"}
	case open >= emergency.MaxOpen:
		return "", &fault.Error{Code: fault.Conflict, Op: op, Reason: "too_many", Message: "it is open for as many as it can be"}
	default:
		return name, nil
	}
}

func begin(ctx context.Context, t *core.Tx, by identity.Principal, w emergency.Wish, under string) error {
	const op = "emergencies.begin"
	// One that is over, and that nothing has found yet.
	if err := end(ctx, t, identity.SystemPart("emergency"), "staff_id = $1", w.StaffID); err != nil {
		return err
	}
	made := id.New()
	_, err := t.SQL.ExecContext(ctx, "INSERT INTO emergency (id, staff_id, reason, asked_by, approval, began_at, until_at, ended_at, ended_by) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '')",
		made, w.StaffID, w.Reason, by.ID, under, t.Now, t.Now+int64(w.Minutes)*60_000_000)
	if err != nil {
		return engine.MapError(op, err)
	}
	t.RecordUnder(by, under, "emergency.open", "emergency", made, "")
	t.Commit.Approvals = true
	return staffing.Refresh(ctx, t, by, cmp.Or(under, made), "staff.refresh", w.StaffID)
}

// end closes those of a condition, and has the sessions of their holders look anew.
func end(ctx context.Context, t *core.Tx, by identity.Principal, where string, args ...any) error {
	const op = "emergencies.end"
	rows, err := t.SQL.QueryContext(ctx, "SELECT "+columns+" WHERE e.ended_at = 0 AND e."+where, args...)
	all, err := read(op, rows, err)
	if err != nil {
		return err
	}
	for _, o := range all {
		at, who := t.Now, by.ID
		if o.UntilAt <= t.Now { // it was over before anybody came
			at, who = o.UntilAt, ""
		}
		if _, err := t.SQL.ExecContext(ctx, "UPDATE emergency SET ended_at = $1, ended_by = $2 WHERE id = $3 AND ended_at = 0", at, who, o.ID); err != nil {
			return engine.MapError(op, err)
		}
		t.RecordUnder(by, o.ID, "emergency.close", "emergency", o.ID, "")
		t.Commit.Approvals = true
		if err := staffing.Refresh(ctx, t, by, o.ID, "staff.refresh", o.StaffID); err != nil {
			return err
		}
	}
	return nil
}

// CloseEmergency closes one before its time. Errors: Forbidden; NotFound for one that is
// not open.
func (s *Emergencies) CloseEmergency(ctx context.Context, p identity.Principal, one string) error {
	const op = "emergencies.CloseEmergency"
	if !engine.ValidKey(one) {
		return fault.New(fault.NotFound, op, "nothing has an id of that form")
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		var of string
		err := t.SQL.QueryRowContext(ctx, "SELECT staff_id FROM emergency WHERE id = $1 AND ended_at = 0", one).Scan(&of)
		if mapped := engine.MapError(op, err); mapped != nil && !fault.Is(mapped, fault.NotFound) {
			return mapped
		}
		if !policy.Allow(p, policy.CloseEmergency, policy.Object{StaffID: of}) {
			return fault.New(fault.Forbidden, op, "%s %s may not close it", p.Kind, p.Role)
		}
		if of == "" {
			return fault.New(fault.NotFound, op, "it is not open")
		}
		return end(ctx, t, p, "id = $1", one)
	})
}

// EndEmergencies closes those whose time is over, and gives those that are open and those
// that were closed within emergency.Heard: what was open for a moment is heard of, too.
// Errors: Forbidden.
func (s *Emergencies) EndEmergencies(ctx context.Context, p identity.Principal) ([]emergency.Opening, error) {
	const op = "emergencies.EndEmergencies"
	if !policy.Allow(p, policy.RunEmergencies, policy.Object{}) {
		return nil, fault.New(fault.Forbidden, op, "%s ends nothing", p.Kind)
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+columns+" WHERE e.ended_at = 0 OR e.ended_at > $2 ORDER BY e.began_at, e.id LIMIT $1", emergency.MaxListed, s.core.Now().UnixMicro()-emergency.Heard)
	all, err := read(op, rows, err)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	now := s.core.Now().UnixMicro()
	over := func(o emergency.Opening) bool { return o.EndedAt == 0 && !o.OpenAt(now) }
	if !slices.ContainsFunc(all, over) {
		return all, nil
	}
	for i := range all {
		if over(all[i]) {
			all[i].EndedAt = all[i].UntilAt
		}
	}
	return all, s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		return end(ctx, t, p, "until_at <= $1", t.Now)
	})
}

// executor opens what a second person agreed to.
type executor struct{}

// MayExecute implements approvals.Executor.
func (executor) MayExecute(p identity.Principal, payload []byte) bool {
	var w emergency.Wish
	return strictjson.Decode(payload, &w) == nil && (mayAgree(p) || policy.Allow(p, policy.OpenEmergency, policy.Object{StaffID: w.StaffID}))
}

// Execute implements approvals.Executor.
func (executor) Execute(ctx context.Context, t *core.Tx, maker identity.Principal, payload []byte, under string) error {
	const op = "emergencies.Execute"
	var w emergency.Wish
	if err := strictjson.Decode(payload, &w); err != nil {
		return err
	}
	if !policy.Allow(maker, policy.OpenEmergency, policy.Object{StaffID: w.StaffID}) {
		return fault.New(fault.Conflict, op, "who asked may not any more")
	}
	if _, err := ready(ctx, t, w); err != nil {
		return err
	}
	return begin(ctx, t, maker, w, under)
}
