package actions

import (
	"context"
	"database/sql"
	"errors"

	"kefu/internal/domain/action"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/privacy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/erased"
)

// ActCustomer is the customer whom an issuer knows by a name. Errors: Forbidden for all but
// the part of Kefu that carries acts out; NotFound.
func (a *Acts) ActCustomer(ctx context.Context, p identity.Principal, issuer, subject string) (string, error) {
	const op = "actions.ActCustomer"
	if !policy.Allow(p, policy.RunActs, policy.Object{}) {
		return "", fault.New(fault.Forbidden, op, "%s carries nothing out", p.Kind)
	}
	var id string
	err := a.core.DB.Reader.QueryRowContext(ctx, "SELECT id FROM customer WHERE issuer = $1 AND subject = $2", issuer, subject).Scan(&id)
	return id, engine.MapError(op, err)
}

// EraseActs forgets the acts of a customer from up to a time that certainly never left for
// the wallet, and destroys the keys of what they say. Those that left, or may have, are the evidence of what
// was done with money: they stay until PurgeActs, and it is told how many. Errors: Forbidden
// for all but parts of Kefu.
func (a *Acts) EraseActs(ctx context.Context, p identity.Principal, customerID string, before int64) (gone, kept int64, err error) {
	const op = "actions.EraseActs"
	if !policy.Allow(p, policy.RunActs, policy.Object{}) {
		return 0, 0, fault.New(fault.Forbidden, op, "%s erases nothing", p.Kind)
	}
	err = a.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		gone, kept = 0, 0
		var ids, requests []string
		var refs []int64
		rows, err := t.SQL.QueryContext(ctx, `DELETE FROM act WHERE customer_id IN `+erased.Whose+` AND created_at <= $2 AND ask_since = 0 AND lost_at = 0 AND state IN ($3, $4, $5, $6, $7, $8, $9) RETURNING id, approval_id, body_ref`,
			customerID, before, string(action.Proposed), string(action.Confirmed), string(action.Waiting), string(action.Approved), string(action.Cancelled), string(action.Rejected), string(action.Expired))
		if err != nil {
			return engine.MapError(op, err)
		}
		err = engine.EachRow(rows, func(r *sql.Rows) error {
			var id, request string
			var ref int64
			err := r.Scan(&id, &request, &ref)
			ids, refs = append(ids, id), append(refs, ref)
			if request != "" {
				requests = append(requests, request)
			}
			return err
		})
		if err != nil {
			return engine.MapError(op, err)
		}
		for _, request := range requests {
			if err := a.gate.Drop(ctx, t, request); err != nil {
				return err
			}
		}
		gone = int64(len(ids))
		if err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM act WHERE customer_id IN "+erased.Whose, customerID).Scan(&kept); err != nil {
			return engine.MapError(op, err)
		}
		if gone == 0 {
			return nil
		}
		t.Record(p, "act.erase", "customer", customerID, customerID)
		return errors.Join(erased.Note(ctx, t, customerID, privacy.Acts, ids), t.DestroyKeys(ctx, refs))
	})
	return gone, kept, err
}
