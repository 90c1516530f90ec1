// Package erasure erases what is kept of a customer, a bounded step in each transaction,
// and keeps the proof that it was done. Words go with their keys: what is sealed stays as
// it lies, so that the audit chain stays whole, and nobody reads it any more, in copies
// made before neither. What a law or an open case keeps stays, and is asked for again when
// its time comes. Which step comes when is flow/privacy's to say.
package erasure

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/job"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/privacy"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
	"kefu/internal/storage/approvals"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// Erasures is the part of the store that this package is.
type Erasures struct {
	core *core.Core
	gate approvals.Gate
}

// New makes it.
func New(c *core.Core, gate approvals.Gate) *Erasures {
	e := &Erasures{c, gate}
	gate.Executes(approval.EraseCustomer, executor{})
	return e
}

// chunk is how many entries one transaction erases: messages of others wait for it.
const chunk = 500

func allow(op string, p identity.Principal) error {
	if !policy.Allow(p, policy.RunPrivacy, policy.Object{}) {
		return fault.New(fault.Forbidden, op, "%s erases nothing", p.Kind)
	}
	return nil
}

func valid(op, id string) error {
	if !engine.ValidKey(id) {
		return fault.New(fault.NotFound, op, "nothing has an id of that form")
	}
	return nil
}

// BeginErasure notes that a customer is being erased, ends every window of theirs, and
// gives what was noted. From then on it goes on until it is done, whoever stops; begun
// again it goes on with what was kept before, and with what came since. Errors: Forbidden, NotFound.
func (e *Erasures) BeginErasure(ctx context.Context, p identity.Principal, x privacy.Erasure) (privacy.Erasure, error) {
	const op = "erasure.BeginErasure"
	if err := errors.Join(allow(op, p), valid(op, x.CustomerID)); err != nil {
		return x, err
	}
	begun := x
	err := e.core.Do(ctx, func(ctx context.Context, t *core.Tx) (err error) {
		begun, err = begin(ctx, t, p, x)
		return err
	})
	return begun, err
}

func begin(ctx context.Context, t *core.Tx, p identity.Principal, x privacy.Erasure) (privacy.Erasure, error) {
	const op = "erasure.begin"
	var one int
	if err := t.SQL.QueryRowContext(ctx, "SELECT 1 FROM customer WHERE id = $1", x.CustomerID).Scan(&one); err != nil {
		return x, engine.MapError(op, err)
	}
	before, err := find(ctx, t.SQL, x.CustomerID)
	if err == nil && before.State == privacy.Running {
		return further(ctx, t, p, before, x)
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return x, err
	}
	x.State, x.BegunAt, x.ChangedAt, x.NextAt = privacy.Running, t.Now, t.Now, t.Now
	x.Did, x.Pass, x.Failures = privacy.Plan{}, privacy.Plan{}, 0
	_, err = t.SQL.ExecContext(ctx, `INSERT INTO erasure (customer_id, case_id, approval, state, begun_at, changed_at, next_at, did, pass, failures, also) VALUES ($1, $2, $3, $4, $5, $5, $5, '[]', '[]', 0, '[]')
		ON CONFLICT (customer_id) DO UPDATE SET case_id = excluded.case_id, approval = excluded.approval, state = excluded.state, begun_at = excluded.begun_at, changed_at = excluded.changed_at,
		next_at = excluded.next_at, did = excluded.did, pass = excluded.pass, failures = 0, also = excluded.also`, x.CustomerID, x.CaseID, x.Approval, string(x.State), t.Now)
	if err != nil {
		return x, engine.MapError(op, err)
	}
	t.RecordUnder(p, x.Approval, "customer.erase_begin", "customer", x.CustomerID, x.CustomerID)
	return x, endWindows(ctx, t, x.CustomerID)
}

// further adds a request to an erasure that goes on: it goes on from where it is, up to
// now, and each of its requests is told of its end. Errors: Conflict for more than privacy.MaxAlso.
func further(ctx context.Context, t *core.Tx, p identity.Principal, before, x privacy.Erasure) (privacy.Erasure, error) {
	const op = "erasure.further"
	if x.CaseID == "" || x.CaseID == before.CaseID || slices.Contains(before.Also, x.CaseID) {
		return before, nil
	}
	if len(before.Also) >= privacy.MaxAlso {
		return before, &fault.Error{Code: fault.Conflict, Op: op, Reason: "running", Message: "it goes on for as many requests as there can be: this one begins once it is done"}
	}
	before.Also = append(before.Also, x.CaseID)
	also, err := json.Marshal(before.Also)
	if err != nil {
		return before, fault.Wrap(op, err)
	}
	before.BegunAt, before.ChangedAt, before.NextAt = t.Now, max(t.Now, before.ChangedAt+1), t.Now
	_, err = t.SQL.ExecContext(ctx, "UPDATE erasure SET also = $1, begun_at = $2, changed_at = $3, next_at = $2 WHERE customer_id = $4", string(also), before.BegunAt, before.ChangedAt, before.CustomerID)
	if err != nil {
		return before, engine.MapError(op, err)
	}
	t.RecordUnder(p, x.Approval, "customer.erase_further", "customer", x.CustomerID, x.CustomerID)
	return before, endWindows(ctx, t, x.CustomerID)
}

type row interface {
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}

const columns = "customer_id, case_id, approval, state, begun_at, changed_at, next_at, did, pass, failures, also FROM erasure"

func find(ctx context.Context, from row, customer string) (privacy.Erasure, error) {
	return scan(from.QueryRowContext(ctx, "SELECT "+columns+" WHERE customer_id = $1", customer).Scan)
}

func scan(read func(...any) error) (privacy.Erasure, error) {
	const op = "erasure.scan"
	var x privacy.Erasure
	var state, did, pass, also string
	if err := read(&x.CustomerID, &x.CaseID, &x.Approval, &state, &x.BegunAt, &x.ChangedAt, &x.NextAt, &did, &pass, &x.Failures, &also); err != nil {
		return x, engine.MapError(op, err)
	}
	x.State = privacy.State(state)
	return x, fault.Wrap(op, errors.Join(strictjson.Decode([]byte(did), &x.Did), strictjson.Decode([]byte(pass), &x.Pass), strictjson.Decode([]byte(also), &x.Also)))
}

// Erasure is how far the erasure of a customer is. That staff look is recorded. Errors:
// Forbidden; NotFound where none was begun.
func (e *Erasures) Erasure(ctx context.Context, p identity.Principal, customer string) (privacy.Erasure, error) {
	const op = "erasure.Erasure"
	if err := valid(op, customer); err != nil {
		return privacy.Erasure{}, err
	}
	if !policy.Allow(p, policy.LeadPrivacy, policy.Object{CustomerID: customer}) && !policy.Allow(p, policy.RunPrivacy, policy.Object{}) {
		return privacy.Erasure{}, fault.New(fault.Forbidden, op, "%s %s may not see what was erased", p.Kind, p.Role)
	}
	x, err := find(ctx, e.core.DB.Reader, customer)
	if err == nil && p.Kind.Recorded() {
		err = e.core.RecordRead(ctx, p, core.Read{Action: "customer.read_erasure", ObjectType: "customer", ObjectID: customer, Subject: customer})
	}
	return x, err
}

// DueErasures are those that go on now, or that have something to look at again, at most
// limit of them, the longest due first. Errors: Forbidden.
func (e *Erasures) DueErasures(ctx context.Context, p identity.Principal, limit int) ([]privacy.Erasure, error) {
	const op = "erasure.DueErasures"
	if err := allow(op, p); err != nil {
		return nil, err
	}
	rows, err := e.core.DB.Reader.QueryContext(ctx, "SELECT "+columns+" WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at, customer_id LIMIT $2", e.core.Now().UnixMicro(), limit)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var due []privacy.Erasure
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		x, err := scan(r.Scan)
		due = append(due, x)
		return err
	})
	return due, engine.MapError(op, err)
}

// KeepErasure ends a pass of an erasure: it notes what was done so far and when it is looked
// at again, and what the pass deleted goes into the audit chain as its proof. stays is what
// there is still. Errors: Forbidden; Conflict when another process has deleted something
// since x was read, or ended the pass.
func (e *Erasures) KeepErasure(ctx context.Context, p identity.Principal, x privacy.Erasure, stays privacy.Plan) error {
	const op = "erasure.KeepErasure"
	if err := allow(op, p); err != nil {
		return err
	}
	did, err := json.Marshal(x.Did.And(x.Pass).Staying(stays))
	if err != nil {
		return fault.Wrap(op, err)
	}
	return e.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		now, err := find(ctx, t.SQL, x.CustomerID)
		switch {
		case fault.Is(err, fault.NotFound):
			return fault.New(fault.Conflict, op, "no erasure of theirs was begun")
		case err != nil:
			return err
		case now.BegunAt != x.BegunAt || now.ChangedAt != x.ChangedAt || now.Pass.Proof() != x.Pass.Proof():
			return fault.New(fault.Conflict, op, "somebody else goes on with it")
		}
		if now.State != x.State || len(x.Pass) > 0 {
			t.Audit.RecordProof(p, t.Now, x.Approval, "customer.erase", "customer", x.CustomerID, x.CustomerID, x.Pass.Staying(stays).Proof())
		}
		_, err = t.SQL.ExecContext(ctx, "UPDATE erasure SET state = $1, changed_at = $2, next_at = $3, did = $4, pass = '[]', failures = 0 WHERE customer_id = $5",
			string(x.State), max(t.Now, now.ChangedAt+1), x.NextAt, string(did), x.CustomerID)
		return engine.MapError(op, err)
	})
}

// DelayErasure notes that a pass of an erasure did not get to its end, when it is tried
// again, and what was to go and is there still, as far as that was counted. Errors: Forbidden.
func (e *Erasures) DelayErasure(ctx context.Context, p identity.Principal, x privacy.Erasure, next int64, stays privacy.Plan) error {
	const op = "erasure.DelayErasure"
	if err := allow(op, p); err != nil {
		return err
	}
	if len(stays) > 0 {
		x.Did = x.Did.Staying(stays)
	}
	did, err := json.Marshal(x.Did)
	if err != nil {
		return fault.Wrap(op, err)
	}
	return e.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		_, err := t.SQL.ExecContext(ctx, "UPDATE erasure SET next_at = $1, did = $2, failures = failures + 1 WHERE customer_id = $3 AND begun_at = $4 AND changed_at = $5",
			next, string(did), x.CustomerID, x.BegunAt, x.ChangedAt)
		return engine.MapError(op, err)
	})
}

// forgetTexts leaves it to the search index to forget entries, by their positions.
func forgetTexts(ctx context.Context, t *core.Tx, positions []int64) error {
	if len(positions) == 0 {
		return nil
	}
	return t.Enqueue(ctx, job.New{Kind: job.ForgetTexts, Payload: job.EncodeRefs(positions), DueAt: t.Now})
}
