// Package erased is what the steps of an erasure share, in whichever part of the store they
// delete: whose rows they take, and the count of what they took, which is the proof.
package erased

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"kefu/internal/domain/customer"
	"kefu/internal/domain/privacy"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// Whose are the ids of a customer, who is $1, and of the visitors that they were before they
// signed in.
const Whose = "(SELECT id FROM customer WHERE id = $1 UNION ALL SELECT id FROM customer WHERE became = $1)"

// OrTalk is the rest of a condition that begins with "customer_id IN " + Whose, for tables
// whose rows keep the visitor's id when their conversation has become the customer's.
const OrTalk = " OR (conversation_id <> '' AND conversation_id IN (SELECT id FROM conversation WHERE customer_id IN " + Whose + "))"

// Became notes whom a visitor became who has walked flows and said nothing else: what they
// gave there is the customer's, to be erased with theirs.
func Became(ctx context.Context, t *core.Tx, in customer.SignIn, customerID string) error {
	_, err := t.SQL.ExecContext(ctx, `INSERT INTO customer (id, language, evidence, created_at, became) SELECT $1, '', '', $3, $2
		WHERE EXISTS (SELECT 1 FROM flow_run WHERE customer_id = $1 AND started_at >= $4)`, in.Visitor, customerID, t.Now, in.VisitorSince)
	return engine.MapError("erased.Became", err)
}

// Note counts rows of a category that this transaction deletes towards the erasure of their
// customer that goes on. Without one, as where rows are deleted for their age, it does nothing.
func Note(ctx context.Context, t *core.Tx, customer string, of privacy.Category, ids []string) error {
	const op = "erased.Note"
	if len(ids) == 0 {
		return nil
	}
	var text string
	err := t.SQL.QueryRowContext(ctx, "SELECT pass FROM erasure WHERE customer_id = $1", customer).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return engine.MapError(op, err)
	}
	var pass privacy.Plan
	if err := strictjson.Decode([]byte(text), &pass); err != nil {
		return fault.Wrap(op, err)
	}
	took, err := json.Marshal(pass.Took(of, ids))
	if err != nil {
		return fault.Wrap(op, err)
	}
	_, err = t.SQL.ExecContext(ctx, "UPDATE erasure SET pass = $1 WHERE customer_id = $2", string(took), customer)
	return engine.MapError(op, err)
}

// Rows reads what a statement gives: in each row an id and two references of keys, of which
// those that are none are left out.
func Rows(ctx context.Context, t *core.Tx, text string, args ...any) (ids []string, refs []int64, err error) {
	rows, err := t.SQL.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, nil, engine.MapError("erased.Rows", err)
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var id string
		var of [2]sql.NullInt64
		err := r.Scan(&id, &of[0], &of[1])
		ids = append(ids, id)
		for _, ref := range of {
			if ref.Int64 != 0 {
				refs = append(refs, ref.Int64)
			}
		}
		return err
	})
	return ids, refs, engine.MapError("erased.Rows", err)
}
