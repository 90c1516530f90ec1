package insiders

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/strictjson"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

func subject(staffID string) string { return "restraint/" + staffID }

// asked is the payload of a request: what is decided, of which finding.
type asked struct {
	Finding string          `json:"finding"`
	Staff   string          `json:"staff"`
	Verdict insider.Verdict `json:"verdict"`
	Reason  string          `json:"reason"`
	Not     []string        `json:"not,omitempty"` // who took part in what it is about
}

// may tells whether somebody may decide about somebody else.
func (a asked) may(p identity.Principal) bool {
	return policy.Allow(p, policy.DecideFinding, policy.Object{StaffID: a.Staff}) && !slices.Contains(a.Not, p.ID)
}

// Decide judges a finding about somebody else. What takes rights away or gives them back
// waits for a second person, where there is one. Errors: Forbidden; NotFound, also for
// whom it is about; Invalid for the reason; Conflict when there is nothing to give back,
// or something about them waits already; an *approval.PendingError when it waits.
func (s *Insiders) Decide(ctx context.Context, p identity.Principal, finding string, v insider.Verdict, reason string) error {
	const op = "insiders.Decide"
	if !policy.Allow(p, policy.DecideFinding, somebodyElse()) {
		return fault.New(fault.Forbidden, op, "%s %s may not judge findings", p.Kind, p.Role)
	}
	l, err := s.line(ctx, p, finding)
	if err != nil {
		return err
	}
	a := asked{Finding: finding, Staff: l.Alert.Staff, Verdict: v, Reason: strings.TrimSpace(reason)}
	if a.Not, err = tookPart(ctx, s.core.DB.Reader, l.Alert); err != nil {
		return err
	}
	if err := insider.CheckVerdict(v, a.Reason); err != nil {
		return err
	}
	if !a.may(p) {
		return &fault.Error{Code: fault.Forbidden, Op: op, Field: "verdict", Reason: "took_part", Message: "they asked for what it is about, or agreed to it"}
	}
	var pending *approval.PendingError
	err = s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		pending = nil
		under := ""
		if v.FourEyes() {
			var err error
			if under, pending, err = s.second(ctx, t, p, a, l.Name); err != nil || pending != nil {
				return err
			}
		}
		return s.carryOut(ctx, t, p, a, under)
	})
	if err == nil && pending != nil {
		return pending
	}
	return err
}

// second asks for a second person, where there is one beside p and whom it is about. Whom
// a rule restrains counts as one who will be there again: else whoever brought that about
// would decide alone.
func (s *Insiders) second(ctx context.Context, t *core.Tx, p identity.Principal, a asked, name string) (string, *approval.PendingError, error) {
	const op = "insiders.second"
	var roles []string
	for _, r := range approval.Approvers(a.may) {
		roles = append(roles, "'"+string(r)+"'")
	}
	var others int
	err := t.SQL.QueryRowContext(ctx, `SELECT COUNT(*) FROM staff f WHERE f.id <> $1 AND f.id <> $2 AND f.role IN (`+strings.Join(roles, ", ")+`)`+unlike(a.Not)+`
		AND (EXISTS (SELECT 1 FROM staff_restraint r WHERE r.staff_id = f.id AND r.lifted_at = 0 AND r.made_by = '')
			OR f.disabled_at = 0 AND NOT EXISTS (SELECT 1 FROM staff_restraint r WHERE r.staff_id = f.id AND r.lifted_at = 0))`, p.ID, a.Staff).Scan(&others)
	if err != nil {
		return "", nil, engine.MapError(op, err)
	}
	if others == 0 {
		return approval.Alone, nil, nil
	}
	payload, err := json.Marshal(a)
	if err != nil {
		return "", nil, fault.Wrap(op, err)
	}
	return s.gate.Ask(ctx, t, p, approval.New{Kind: approval.Restrain, Subject: subject(a.Staff), Summary: name, Payload: payload, May: a.may})
}

// unlike leaves some members of staff out. Their ids are of the store.
func unlike(not []string) string {
	text := ""
	for _, one := range not {
		if engine.ValidKey(one) {
			text += " AND f.id <> '" + one + "'"
		}
	}
	return text
}

// carryOut does what was decided.
func (s *Insiders) carryOut(ctx context.Context, t *core.Tx, by identity.Principal, a asked, under string) error {
	const op = "insiders.carryOut"
	if step := a.Verdict.Step(); step > 0 {
		done, err := s.restrain(ctx, t, by, under, a.Finding, a.Staff, by.ID, step)
		if err != nil {
			return err
		}
		if done != step {
			return &fault.Error{Code: fault.Conflict, Op: op, Field: "verdict", Reason: "taken_already", Message: "that is taken already, or they are the last owner"}
		}
	}
	if a.Verdict == insider.Lift {
		if err := s.lift(ctx, t, by, under, a.Staff); err != nil {
			return err
		}
	}
	if state := a.Verdict.State(); state != "" {
		if _, err := t.SQL.ExecContext(ctx, "UPDATE staff_finding SET state = $1 WHERE id = $2", string(state), a.Finding); err != nil {
			return engine.MapError(op, err)
		}
	}
	_, err := t.SQL.ExecContext(ctx, "INSERT INTO staff_decision (id, finding_id, staff_id, verdict, reason, made_by, at, approval) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		id.New(), a.Finding, a.Staff, string(a.Verdict), a.Reason, by.ID, t.Now, under)
	t.Audit.RecordUnder(by, t.Now, under, "finding."+string(a.Verdict), "finding", a.Finding, "")
	t.Commit.Approvals = true
	return engine.MapError(op, err)
}

// executor carries out what a second person agreed to.
type executor struct{ s *Insiders }

// MayExecute implements approvals.Executor.
func (e executor) MayExecute(p identity.Principal, payload []byte) bool {
	var a asked
	return strictjson.Decode(payload, &a) == nil && a.may(p)
}

// Execute implements approvals.Executor.
func (e executor) Execute(ctx context.Context, t *core.Tx, maker identity.Principal, payload []byte, under string) error {
	var a asked
	if err := strictjson.Decode(payload, &a); err != nil {
		return err
	}
	return e.s.carryOut(ctx, t, maker, a, under)
}
