package actions

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/approval"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// decider is told what second persons decide.
type decider struct{ acts *Acts }

func mayDecide(p identity.Principal, a asked) bool {
	return policy.Allow(p, policy.ApproveAct, policy.Object{StaffID: a.Act}) && !slices.Contains(a.Not, p.ID)
}

// MayDecide implements approvals.Decider.
func (decider) MayDecide(p identity.Principal, payload []byte) bool {
	var a asked
	return strictjson.Decode(payload, &a) == nil && mayDecide(p, a)
}

// Approved implements approvals.Decider: the act may be sent now, and is looked at next.
func (d decider) Approved(ctx context.Context, t *core.Tx, by identity.Principal, payload []byte, under string) error {
	return d.decide(ctx, t, payload, func(a asked, k *action.Kept, now time.Time) error {
		if k.ApprovalID != under {
			return fault.New(fault.Conflict, "actions.Approved", "the act waits for another request")
		}
		if err := agrees(ctx, t, *k, by); err != nil {
			return err
		}
		next, err := k.Approve(by, a.Hash, now)
		k.Action, k.NextAt = next, now
		t.RecordUnder(by, under, "act.approve", "act", k.ID, k.CustomerID)
		return err
	})
}

// Rejected implements approvals.Decider.
func (d decider) Rejected(ctx context.Context, t *core.Tx, by identity.Principal, payload []byte) error {
	return d.decide(ctx, t, payload, func(_ asked, k *action.Kept, now time.Time) error {
		next, err := k.Reject(by, now)
		k.Action = next
		record(t, by, *k, "act.reject")
		return err
	})
}

func (d decider) decide(ctx context.Context, t *core.Tx, payload []byte, do func(asked, *action.Kept, time.Time) error) error {
	var a asked
	if err := strictjson.Decode(payload, &a); err != nil {
		return err
	}
	k, err := d.acts.scan(t.SQL.QueryRowContext(ctx, "SELECT "+columns+" WHERE a.id = $1", a.Act).Scan)
	if err != nil {
		return err
	}
	if err := do(a, &k, clock.FromMicros(t.Now)); err != nil {
		return err
	}
	return d.acts.save(ctx, t, &k)
}

// How long acts are kept that are over: what never left, and what did, which is
// evidence.
const (
	keepIdle = 30 * 24 * time.Hour
	keepDone = 800 * 24 * time.Hour
	purgeMax = 500
)

// PurgeActs removes the acts that are long over, with the keys of what they say.
func (a *Acts) PurgeActs(ctx context.Context) error {
	const op = "actions.PurgeActs"
	return a.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		if err := purgeGifts(ctx, t); err != nil {
			return err
		}
		rows, err := t.SQL.QueryContext(ctx, `DELETE FROM act WHERE id IN (SELECT id FROM act WHERE due_at = 0
				AND (changed_at < $1 OR (changed_at < $2 AND state IN ('rejected', 'cancelled', 'expired'))) ORDER BY changed_at LIMIT $3)
			RETURNING body_ref`, t.Now-keepDone.Microseconds(), t.Now-keepIdle.Microseconds(), purgeMax)
		if err != nil {
			return engine.MapError(op, err)
		}
		var refs []int64
		err = engine.EachRow(rows, func(r *sql.Rows) error {
			var ref int64
			err := r.Scan(&ref)
			refs = append(refs, ref)
			return err
		})
		if err != nil {
			return engine.MapError(op, err)
		}
		return t.DestroyKeys(ctx, refs)
	})
}

// CountUnsettledActs is how many acts may have left that nobody knows the end of, of how
// many of those somebody was told, and how many are not over and cannot be read.
func (a *Acts) CountUnsettledActs(ctx context.Context) (n action.Unsettled, err error) {
	err = a.core.DB.Reader.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN alarmed_at > 0 THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN lost_at > 0 THEN 1 ELSE 0 END), 0) FROM act
		WHERE due_at > 0 AND (state IN ('planned', 'sent', 'unknown') OR ask_since > 0 OR lost_at > 0)`).Scan(&n.Underway, &n.Alarmed, &n.Lost)
	return n, engine.MapError("actions.CountUnsettledActs", err)
}

// ActRequest is the request under which an act waits, or waited, for a second person.
// Errors: Forbidden for who does not oversee acts; NotFound.
func (a *Acts) ActRequest(ctx context.Context, p identity.Principal, id string) (approval.Request, error) {
	const op = "actions.ActRequest"
	if !policy.Allow(p, policy.OverseeActs, policy.Object{}) {
		return approval.Request{}, fault.New(fault.Forbidden, op, "%s %s decides over no acts", p.Kind, p.Role)
	}
	k, err := a.Act(ctx, p, id)
	if err != nil {
		return approval.Request{}, err
	}
	if k.ApprovalID == "" {
		return approval.Request{}, fault.New(fault.NotFound, op, "the act waits for nobody")
	}
	return a.gate.Request(ctx, k.ApprovalID)
}
