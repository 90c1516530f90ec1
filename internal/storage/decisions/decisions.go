// Package decisions keeps what was decided of the rights of staff: counts by the hour,
// to be asked about for a month, and in the audit chain, for good, what was refused.
package decisions

import (
	"context"
	"database/sql"
	"fmt"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/restriction"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// Decisions is the part of the store that this package is.
type Decisions struct{ core *core.Core }

// New makes it.
func New(c *core.Core) *Decisions { return &Decisions{core: c} }

// NoteDecisions adds to the counts, and records what was refused. Errors: Forbidden;
// Unavailable.
func (s *Decisions) NoteDecisions(ctx context.Context, p identity.Principal, all []restriction.Decision) error {
	const op = "decisions.NoteDecisions"
	if !policy.Allow(p, policy.KeepDecisions, policy.Object{}) {
		return fault.New(fault.Forbidden, op, "%s may not keep decisions", p.Kind)
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		for _, d := range all {
			_, err := t.SQL.ExecContext(ctx, `INSERT INTO decision (hour, staff_id, role, action, need, restriction_id, rule, version, operation, object_id, last_at, times)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
				ON CONFLICT (hour, staff_id, role, action, need, restriction_id, version) DO UPDATE
				SET times = decision.times + excluded.times, last_at = excluded.last_at, operation = excluded.operation, object_id = excluded.object_id, rule = excluded.rule`,
				restriction.HourOf(d.At), d.Staff, string(d.Role), string(d.Action), string(d.Need), d.Restriction, d.Rule, d.Version, d.Operation, d.Object, d.At, d.Times)
			if err != nil {
				return engine.MapError(op, err)
			}
			if d.Refused() {
				who := identity.Principal{Kind: identity.Staff, ID: d.Staff, Role: d.Role, Session: d.Session}
				t.RecordFor(who, "policy.refuse", d.Operation, d.Object, "", fmt.Sprintf("%s need=%s restriction=%s policy=%s times=%d", d.Action, d.Need, d.Restriction, d.Version, d.Times))
			}
		}
		return nil
	})
}

// DecisionsOf gives those of one member of staff, or of all, the last first; a Limit of 0
// gives as many as a trial looks at. Errors: Forbidden.
func (s *Decisions) DecisionsOf(ctx context.Context, p identity.Principal, q restriction.Query) ([]restriction.Decision, error) {
	const op = "decisions.DecisionsOf"
	if !policy.Allow(p, policy.ReadDecisions, policy.Object{StaffID: q.Staff}) {
		return nil, fault.New(fault.Forbidden, op, "%s %s may not see what was decided of others", p.Kind, p.Role)
	}
	limit := min(q.Limit, restriction.MaxDecisions)
	if q.Limit == 0 {
		limit = maxTried
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, `SELECT d.staff_id, COALESCE(f.name, ''), d.role, d.action, d.need, d.restriction_id, d.rule, d.version, d.operation, d.object_id, d.last_at, d.times
		FROM decision d LEFT JOIN staff f ON f.id = d.staff_id
		WHERE d.last_at >= $1 AND ($2 = '' OR d.staff_id = $2) AND (NOT $3 OR d.need <> '') AND (NOT $4 OR d.need = '')
		ORDER BY d.last_at DESC LIMIT $5`, q.From, q.Staff, q.Refused, q.Allowed, limit)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	all := []restriction.Decision{}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var d restriction.Decision
		var role, action, need string
		err := r.Scan(&d.Staff, &d.Name, &role, &action, &need, &d.Restriction, &d.Rule, &d.Version, &d.Operation, &d.Object, &d.At, &d.Times)
		d.Role, d.Action, d.Need = identity.Role(role), policy.Action(action), restriction.Need(need)
		all = append(all, d)
		return err
	})
	return all, engine.MapError(op, err)
}

// maxTried is the most counts that a trial looks at: a month of sixty people.
const maxTried = 20_000

// ForgetDecisions deletes counts of long ago, at most limit. Errors: Forbidden.
func (s *Decisions) ForgetDecisions(ctx context.Context, p identity.Principal, limit int) error {
	const op = "decisions.ForgetDecisions"
	if !policy.Allow(p, policy.KeepDecisions, policy.Object{}) {
		return fault.New(fault.Forbidden, op, "%s may not forget decisions", p.Kind)
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		_, err := t.SQL.ExecContext(ctx, `DELETE FROM decision WHERE (hour, staff_id, role, action, need, restriction_id, version) IN
			(SELECT hour, staff_id, role, action, need, restriction_id, version FROM decision WHERE last_at < $1 ORDER BY last_at LIMIT $2)`,
			t.Now-restriction.KeptFor.Microseconds(), limit)
		return engine.MapError(op, err)
	})
}
