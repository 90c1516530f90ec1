// Package insiders keeps what is judged of how staff look at customers: what they did,
// read from the audit chain with whose contact it was; how far that is judged; findings
// and what was decided about them; what somebody may not do until then; decoys; and what
// a customer is told of who looked at their data. What is judged, and how, is
// domain/insider's.
package insiders

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/approvals"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/staffing"
)

// Insiders is the part of the store that this package is.
type Insiders struct {
	core *core.Core
	gate approvals.Gate
}

// New makes it.
func New(c *core.Core, gate approvals.Gate) *Insiders {
	s := &Insiders{core: c, gate: gate}
	gate.Executes(approval.Restrain, executor{s})
	return s
}

func runs(op string, p identity.Principal) error {
	if !policy.Allow(p, policy.RunInsiders, policy.Object{}) {
		return fault.New(fault.Forbidden, op, "%s %s judges nobody by themselves", p.Kind, p.Role)
	}
	return nil
}

// WatchStanding is how far the chain is judged, which begins when it is asked first.
// Errors: Forbidden.
func (s *Insiders) WatchStanding(ctx context.Context, p identity.Principal) (at insider.Standing, err error) {
	const op = "insiders.WatchStanding"
	if err := runs(op, p); err != nil {
		return at, err
	}
	const read = "SELECT begun_at, seq, saved_seq, body FROM staff_watch WHERE id = 1"
	err = s.core.DB.Reader.QueryRowContext(ctx, read).Scan(&at.BegunAt, &at.Seq, &at.Saved, &at.Body)
	if !errors.Is(err, sql.ErrNoRows) {
		return at, engine.MapError(op, err)
	}
	err = s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		_, err := t.SQL.ExecContext(ctx, "INSERT INTO staff_watch (id, begun_at, seq, saved_seq, body) VALUES (1, $1, 0, 0, $2) ON CONFLICT (id) DO NOTHING", t.Now, []byte{})
		if err == nil {
			err = t.SQL.QueryRowContext(ctx, read).Scan(&at.BegunAt, &at.Seq, &at.Saved, &at.Body)
		}
		return engine.MapError(op, err)
	})
	return at, err
}

// KeepStep writes what a stretch of the chain comes to, in one transaction with how far it
// is judged: once, however often it is tried. It gives the findings that were made.
// Errors: Forbidden; Conflict when somebody else has judged it.
func (s *Insiders) KeepStep(ctx context.Context, p identity.Principal, step insider.Stretch) (made []insider.Finding, err error) {
	const op = "insiders.KeepStep"
	if err := runs(op, p); err != nil {
		return nil, err
	}
	err = s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		made = nil
		res, err := t.SQL.ExecContext(ctx, "UPDATE staff_watch SET seq = $1 WHERE id = 1 AND seq = $2 AND seq <= $1", step.To, step.From)
		if err != nil {
			return engine.MapError(op, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fault.New(fault.Conflict, op, "it is judged already"))
		}
		if len(step.State) > 0 {
			if _, err := t.SQL.ExecContext(ctx, "UPDATE staff_watch SET saved_seq = seq, body = $1 WHERE id = 1", step.State); err != nil {
				return engine.MapError(op, err)
			}
		}
		if err := s.keepDoings(ctx, t, step.Noted); err != nil {
			return err
		}
		for _, a := range step.Alerts {
			f, err := s.find(ctx, t, p, a, step.Act)
			if err != nil {
				return err
			}
			made = append(made, f)
		}
		return nil
	})
	return made, err
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (s *Insiders) keepDoings(ctx context.Context, t *core.Tx, all []insider.Noted) error {
	if len(all) == 0 {
		return nil
	}
	l := s.core.DB.Kind.Layout("seq:int nth:int at:int staff_id role peers kind:int action object customer_id conversation_id contact field reason high:int decoy:int new_device:int off_shift:int unjudged:int destination approver")
	rows := l.Rowset()
	for i := range all {
		n := &all[i]
		rows.Int(n.Seq).Int(n.Nth).Int(n.At).Text(n.Staff).Text(n.Role).Text(n.Group).Int(int64(n.Kind)).Text(n.Action).Text(n.Object).Text(n.Customer).Text(n.Conversation).Text(n.Contact).Text(n.Field).Text(n.Reason).
			Int(flag(n.High)).Int(flag(n.Canary)).Int(flag(n.NewDevice)).Int(flag(n.OffShift)).Int(flag(n.Unjudged)).Text(n.To).Text(n.Approver).EndRow()
	}
	_, err := t.SQL.ExecContext(ctx, "INSERT INTO staff_doing ("+doingColumns+") SELECT "+doingColumns+" FROM "+l.From(), rows.Args()...)
	return engine.MapError("insiders.keepDoings", err)
}

// find makes a finding of an alert, and does at once what a rule asks for.
func (s *Insiders) find(ctx context.Context, t *core.Tx, p identity.Principal, a insider.Alert, act bool) (insider.Finding, error) {
	const op = "insiders.find"
	f := insider.Finding{ID: id.New(), Alert: a, Rank: insider.RankOf(a), State: insider.Open, MadeAt: t.Now}
	if err := t.SQL.QueryRowContext(ctx, "SELECT peers FROM staff_doing WHERE staff_id = $1 ORDER BY at DESC LIMIT 1", a.Staff).Scan(&f.Group); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return f, engine.MapError(op, err)
	}
	if a.Rule && act && a.Step >= insider.Throttle {
		var err error
		if f.Taken, err = s.restrain(ctx, t, p, "", f.ID, a.Staff, "", a.Step); err != nil {
			return f, err
		}
	}
	reasons, err := json.Marshal(a.Reasons)
	if err != nil {
		return f, fault.Wrap(op, err)
	}
	_, err = t.SQL.ExecContext(ctx, `INSERT INTO staff_finding (id, staff_id, peers, at, day, by_rule, step, grade, reasons, state, taken, made_at, about)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		f.ID, a.Staff, f.Group, a.At, a.Day, a.Rule, int64(a.Step), int64(f.Rank), string(reasons), string(f.State), int64(f.Taken), f.MadeAt, a.About)
	t.RecordFor(p, "finding.make", "finding", f.ID, "", string(a.Reasons[0].Why))
	t.Commit.Approvals = true // whoever judges hears that there is something to judge
	return f, engine.MapError(op, err)
}

// restrain takes rights away, as far as they are not taken yet, and tells what it did.
// Whoever cannot be kept out, for they are the last owner, is throttled.
func (s *Insiders) restrain(ctx context.Context, t *core.Tx, by identity.Principal, under, finding, staffID, maker string, step insider.Step) (insider.Step, error) {
	const op = "insiders.restrain"
	var has int64
	if err := t.SQL.QueryRowContext(ctx, "SELECT COALESCE(MAX(step), 0) FROM staff_restraint WHERE staff_id = $1 AND lifted_at = 0", staffID).Scan(&has); err != nil {
		return 0, engine.MapError(op, err)
	}
	if insider.Step(has) >= step {
		return 0, nil
	}
	program, err := isProgram(ctx, t, staffID)
	if err != nil {
		return 0, err
	}
	switch {
	case program && step == insider.Suspend:
		t.RecordUnder(by, under, "key.suspend", "key", staffID, "")
		if err := t.Revoke(ctx, event.RevokedSession, staffID); err != nil { // links to files that it made, too
			return 0, err
		}
	case program:
		t.RecordUnder(by, under, "key.throttle", "key", staffID, "")
	case step == insider.Suspend:
		done, err := staffing.Suspend(ctx, t, by, under, staffID)
		if fault.Is(err, fault.NotFound) { // of a test, or gone
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		if !done {
			if step = insider.Throttle; insider.Step(has) >= step {
				return 0, nil
			}
		}
	}
	if step == insider.Throttle && !program {
		if err := staffing.CloseEmergencyOf(ctx, t, by, under, staffID); err != nil {
			return 0, err
		}
		if err := staffing.Refresh(ctx, t, by, under, "staff.throttle", staffID); err != nil {
			return 0, err
		}
	}
	_, err = t.SQL.ExecContext(ctx, `INSERT INTO staff_restraint (id, staff_id, step, finding_id, since, made_by, lifted_at, lifted_by, freed_at)
		VALUES ($1, $2, $3, $4, $5, $6, 0, '', 0)`, id.New(), staffID, int64(step), finding, t.Now, maker)
	return step, engine.MapError(op, err)
}

// isProgram tells whether an id is that of a program's key.
func isProgram(ctx context.Context, t *core.Tx, id string) (bool, error) {
	var n int
	err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM api_key WHERE id = $1", id).Scan(&n)
	return n > 0, engine.MapError("insiders.isProgram", err)
}

// lift gives back what was taken.
func (s *Insiders) lift(ctx context.Context, t *core.Tx, by identity.Principal, under, staffID string) error {
	const op = "insiders.lift"
	var has int64
	if err := t.SQL.QueryRowContext(ctx, "SELECT COALESCE(MAX(step), 0) FROM staff_restraint WHERE staff_id = $1 AND lifted_at = 0", staffID).Scan(&has); err != nil {
		return engine.MapError(op, err)
	}
	if has == 0 {
		return &fault.Error{Code: fault.Conflict, Op: op, Field: "verdict", Reason: "nothing_taken", Message: "nothing was taken from them"}
	}
	if _, err := t.SQL.ExecContext(ctx, "UPDATE staff_restraint SET lifted_at = $1, lifted_by = $2 WHERE staff_id = $3 AND lifted_at = 0", t.Now, by.ID, staffID); err != nil {
		return engine.MapError(op, err)
	}
	switch program, err := isProgram(ctx, t, staffID); {
	case err != nil:
		return err
	case program:
		t.RecordUnder(by, under, "key.readmit", "key", staffID, "")
		return nil
	}
	if insider.Step(has) == insider.Suspend {
		return staffing.Readmit(ctx, t, by, under, staffID)
	}
	return staffing.Refresh(ctx, t, by, under, "staff.unthrottle", staffID)
}

// ToFree are those who were suspended and whose conversations are not with others yet.
// Errors: Forbidden.
func (s *Insiders) ToFree(ctx context.Context, p identity.Principal) (staff []string, err error) {
	const op = "insiders.ToFree"
	if err := runs(op, p); err != nil {
		return nil, err
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT DISTINCT staff_id FROM staff_restraint WHERE lifted_at = 0 AND freed_at = 0 AND step = $1 ORDER BY staff_id LIMIT 100", int64(insider.Suspend))
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		staff = append(staff, "")
		return r.Scan(&staff[len(staff)-1])
	})
	return staff, engine.MapError(op, err)
}

// Freed notes that somebody's conversations are with others. Errors: Forbidden.
func (s *Insiders) Freed(ctx context.Context, p identity.Principal, staffID string) error {
	const op = "insiders.Freed"
	if err := runs(op, p); err != nil {
		return err
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		_, err := t.SQL.ExecContext(ctx, "UPDATE staff_restraint SET freed_at = $1 WHERE staff_id = $2 AND lifted_at = 0 AND freed_at = 0", t.Now, staffID)
		return engine.MapError(op, err)
	})
}

// ForgetDoings deletes what is kept no longer, at most limit rows, and tells how many.
// Errors: Forbidden.
func (s *Insiders) ForgetDoings(ctx context.Context, p identity.Principal, limit int) (n int64, err error) {
	const op = "insiders.ForgetDoings"
	if err := runs(op, p); err != nil {
		return 0, err
	}
	err = s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		res, err := t.SQL.ExecContext(ctx, "DELETE FROM staff_doing WHERE (seq, nth) IN (SELECT seq, nth FROM staff_doing WHERE at < $1 ORDER BY at LIMIT $2)", t.Now-insider.KeptFor, limit)
		if err == nil {
			n, err = res.RowsAffected()
		}
		return engine.MapError(op, err)
	})
	return n, err
}
