package runs

import (
	"context"
	"encoding/json"

	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// Claim makes the runs that a visitor has just begun those of the customer whom they turn
// out to be, as far as nothing stands in them that may be another person's who used the
// same device: those that MayFollow, whose conversation has become the customer's or is
// not there yet. The others stay the visitor's, and nobody is shown them any more.
func Claim(ctx context.Context, c *core.Core, t *core.Tx, in customer.SignIn, customerID string) error {
	const op = "runs.Claim"
	r := &Runs{core: c}
	rows, err := t.SQL.QueryContext(ctx, "SELECT "+columns+" FROM flow_run WHERE customer_id = $1 AND over_at = 0 AND started_at >= $2 ORDER BY started_at, id LIMIT $3",
		in.Visitor, in.VisitorSince, selfservice.MaxOpen)
	if err != nil {
		return engine.MapError(op, err)
	}
	found, err := r.all(op, rows)
	if err != nil {
		return err
	}
	var open int
	if err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM flow_run WHERE customer_id = $1 AND over_at = 0", customerID).Scan(&open); err != nil {
		return engine.MapError(op, err)
	}
	for _, n := range found {
		if n.At(r.core.Now()).State.Over() || !n.MayFollow() || open >= selfservice.MaxOpen {
			continue
		}
		var owner string
		err := engine.MapError(op, t.SQL.QueryRowContext(ctx, "SELECT customer_id FROM conversation WHERE id = $1", n.ConversationID).Scan(&owner))
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if err == nil && owner != customerID {
			continue
		}
		if err := r.follow(ctx, t, n, customerID); err != nil {
			return err
		}
		open++
	}
	return nil
}

// follow keeps a visitor's run as a customer's.
func (r *Runs) follow(ctx context.Context, t *core.Tx, n selfservice.Record, customerID string) error {
	const op = "runs.follow"
	n = n.Followed(customerID)
	body, err := json.Marshal(n)
	if err != nil {
		return fault.Wrap(op, err)
	}
	var old int64
	if err := t.SQL.QueryRowContext(ctx, "SELECT body_ref FROM flow_run WHERE id = $1", n.ID).Scan(&old); err != nil {
		return engine.MapError(op, err)
	}
	sealed, ref, err := t.Seal(body, aad(n.ID))
	if err != nil {
		return err
	}
	_, err = t.SQL.ExecContext(ctx, "UPDATE flow_run SET customer_id = $1, revision = revision + 1, changed_at = $2, body = $3, body_ref = $4 WHERE id = $5", customerID, t.Now, sealed, ref, n.ID)
	if err != nil {
		return engine.MapError(op, err)
	}
	t.Record(identity.SystemPart("identity"), "run.identify", "run", n.ID, customerID)
	if err := tell(ctx, t, n, n.Revision+1); err != nil {
		return err
	}
	return t.DestroyKeys(ctx, []int64{old})
}
