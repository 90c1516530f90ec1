// Package routing keeps what the queue works with and what it leaves behind: by
// what members of staff are routed and whether they take offers, what was promised
// to those who waited, and what was learned from it. Who is offered what is decided
// in domain/routing/queue.
package routing

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/routing"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// Routing is the part of the store that this package is.
type Routing struct{ core *core.Core }

// New makes it.
func New(c *core.Core) *Routing { return &Routing{core: c} }

func refuse(op string, p identity.Principal, a policy.Action, o policy.Object) error {
	if policy.Allow(p, a, o) {
		return nil
	}
	return fault.New(fault.Forbidden, op, "%s %s may not", p.Kind, p.Role)
}

// maxPeople bounds one reading of duties or presences.
const maxPeople = 5000

const dutyColumns = "staff_id, revision, teams, skills, languages, slots"

func scanDuties(scan func(...any) error) (routing.Duties, error) {
	d := routing.Duties{}
	var texts [4]string
	if err := scan(&d.StaffID, &d.Revision, &texts[0], &texts[1], &texts[2], &texts[3]); err != nil {
		return d, err
	}
	for i, into := range []any{&d.Teams, &d.Skills, &d.Languages, &d.Slots} {
		if err := json.Unmarshal([]byte(texts[i]), into); err != nil {
			return d, err
		}
	}
	return d, nil
}

// AllDuties gives what members of staff are routed by, as far as somebody said so.
// Errors: Forbidden.
func (s *Routing) AllDuties(ctx context.Context, p identity.Principal) ([]routing.Duties, error) {
	const op = "routing.AllDuties"
	if err := refuse(op, p, policy.ReadDuties, policy.Object{}); err != nil {
		return nil, err
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+dutyColumns+" FROM duty ORDER BY staff_id LIMIT $1", maxPeople)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	all := []routing.Duties{}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		d, err := scanDuties(r.Scan)
		all = append(all, d)
		return err
	})
	return all, engine.MapError(op, err)
}

// DutiesOf gives what one member of staff is routed by; of whom nobody said anything,
// empty ones of revision 0. Errors: Forbidden, NotFound when nobody has the id.
func (s *Routing) DutiesOf(ctx context.Context, p identity.Principal, staffID string) (routing.Duties, error) {
	const op = "routing.DutiesOf"
	if err := refuse(op, p, policy.ReadDuties, policy.Object{StaffID: staffID}); err != nil {
		return routing.Duties{}, err
	}
	if !engine.ValidKey(staffID) {
		return routing.Duties{}, fault.New(fault.NotFound, op, "nobody has an id of that form")
	}
	d, err := scanDuties(s.core.DB.Reader.QueryRowContext(ctx, `SELECT f.id, COALESCE(d.revision, 0), COALESCE(d.teams, '[]'), COALESCE(d.skills, '[]'),
		COALESCE(d.languages, '[]'), COALESCE(d.slots, '{}') FROM staff f LEFT JOIN duty d ON d.staff_id = f.id WHERE f.id = $1`, staffID).Scan)
	return d, engine.MapError(op, err)
}

// SetDuties replaces what a member of staff is routed by, where it is still of the
// revision that d names, and makes it the next one. Errors: Forbidden; Invalid;
// NotFound when nobody has the id; Conflict when somebody else has changed it.
func (s *Routing) SetDuties(ctx context.Context, p identity.Principal, d routing.Duties) error {
	const op = "routing.SetDuties"
	if err := refuse(op, p, policy.SetDuties, policy.Object{StaffID: d.StaffID}); err != nil {
		return err
	}
	if err := d.Validate(); err != nil {
		return err
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		var there int
		if err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM staff WHERE id = $1", d.StaffID).Scan(&there); err != nil || there == 0 {
			return cmp.Or(engine.MapError(op, err), fault.New(fault.NotFound, op, "nobody has this id"))
		}
		return WriteDuties(ctx, t, p, d)
	})
}

// WriteDuties is SetDuties in a transaction that has judged p and d already.
func WriteDuties(ctx context.Context, t *core.Tx, p identity.Principal, d routing.Duties) error {
	const op = "routing.WriteDuties"
	d = d.Tidy()
	var texts [4]string
	for i, list := range []any{d.Teams, d.Skills, d.Languages, d.Slots} {
		text, err := json.Marshal(list)
		if err != nil {
			return fault.Wrap(op, err)
		}
		texts[i] = string(text)
	}
	text, args := `UPDATE duty SET teams = $2, skills = $3, languages = $4, slots = $5, changed_at = $6, revision = revision + 1 WHERE staff_id = $1 AND revision = $7`,
		[]any{d.StaffID, texts[0], texts[1], texts[2], texts[3], t.Now, d.Revision}
	if d.Revision == 0 {
		text, args = `INSERT INTO duty (staff_id, teams, skills, languages, slots, changed_at, revision) VALUES ($1, $2, $3, $4, $5, $6, 1) ON CONFLICT DO NOTHING`, args[:6]
	}
	res, err := t.SQL.ExecContext(ctx, text, args...)
	if err != nil {
		return engine.MapError(op, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return cmp.Or(engine.MapError(op, err), fault.New(fault.Conflict, op, "somebody else has changed it"))
	}
	t.Record(p, "routing.set_duties", "staff", d.StaffID, "")
	return nil
}

// Presences gives how things stand: the newest presence of everybody, and beside it
// the newest that they chose themselves, where that is an earlier one. Errors:
// Forbidden.
func (s *Routing) Presences(ctx context.Context, p identity.Principal) (now, chosen []routing.Presence, err error) {
	const op = "routing.Presences"
	if err := refuse(op, p, policy.ReadBoard, policy.Object{}); err != nil {
		return nil, nil, err
	}
	// By staff, of whom each has a history that grows: one step in the index for each.
	const newest = `SELECT p.staff_id, p.state, p.reason, p.since, p.until_at FROM staff s JOIN presence p ON p.staff_id = s.id
		AND p.since = (SELECT n.since FROM presence n WHERE n.staff_id = s.id AND n.state <> $1 ORDER BY n.since DESC LIMIT 1)
		ORDER BY p.staff_id LIMIT $2`
	if now, err = s.presences(ctx, op, newest, "", maxPeople); err != nil {
		return nil, nil, err
	}
	chosen, err = s.presences(ctx, op, newest, string(routing.Offline), maxPeople)
	return now, chosen, err
}

// PresenceBetween gives everybody's presences that began in a stretch of time, or
// were still so at its beginning, in the order in which they began, at most limit
// (1 to 5000) behind one of after. Errors: Forbidden.
func (s *Routing) PresenceBetween(ctx context.Context, p identity.Principal, from, to int64, after routing.Presence, limit int) ([]routing.Presence, error) {
	const op = "routing.PresenceBetween"
	if err := refuse(op, p, policy.ReadBoard, policy.Object{}); err != nil {
		return nil, err
	}
	return s.presences(ctx, op, `SELECT staff_id, state, reason, since, until_at FROM presence
		WHERE since < $1 AND (until_at = 0 OR until_at > $2) AND (since, staff_id) > ($3, $4) ORDER BY since, staff_id LIMIT $5`,
		to, from, after.Since, after.StaffID, min(max(limit, 1), maxPeople))
}

func (s *Routing) presences(ctx context.Context, op, query string, args ...any) ([]routing.Presence, error) {
	rows, err := s.core.DB.Reader.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	all := []routing.Presence{}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var p routing.Presence
		var state string
		err := r.Scan(&p.StaffID, &state, &p.Reason, &p.Since, &p.Until)
		p.State = routing.PresenceState(state)
		all = append(all, p)
		return err
	})
	return all, engine.MapError(op, err)
}

// SetPresence ends what somebody was and begins what they are from now on. Saying
// it once more changes nothing. Errors: Forbidden.
func (s *Routing) SetPresence(ctx context.Context, p identity.Principal, to routing.Presence) error {
	const op = "routing.SetPresence"
	if err := refuse(op, p, policy.UsePresence, policy.Object{StaffID: to.StaffID}); err != nil {
		return err
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		var was routing.Presence
		var state string
		err := t.SQL.QueryRowContext(ctx, "SELECT state, reason, since FROM presence WHERE staff_id = $1 AND until_at = 0", to.StaffID).Scan(&state, &was.Reason, &was.Since)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return engine.MapError(op, err)
		}
		if err == nil && state == string(to.State) && was.Reason == to.Reason {
			return nil
		}
		at := max(t.Now, was.Since+1) // two in one moment are two
		if _, err := t.SQL.ExecContext(ctx, "UPDATE presence SET until_at = $1 WHERE staff_id = $2 AND until_at = 0", at, to.StaffID); err != nil {
			return engine.MapError(op, err)
		}
		_, err = t.SQL.ExecContext(ctx, "INSERT INTO presence (staff_id, since, until_at, state, reason) VALUES ($1, $2, 0, $3, $4)", to.StaffID, at, string(to.State), to.Reason)
		t.Record(p, "routing.presence", "staff", to.StaffID, "")
		return engine.MapError(op, err)
	})
}
