package erasure

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/privacy"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// asked is the payload of a request to erase a customer. It names nobody but by ids.
type asked struct {
	Customer string `json:"customer"`
	Case     string `json:"case"`
}

// mayDecide tells whether somebody could have it done or agree to it, as another one asks.
func mayDecide(p identity.Principal) bool {
	return policy.Allow(p, policy.LeadPrivacy, policy.Object{}) && policy.Allow(p, policy.DecideApproval, policy.Object{StaffID: "another"})
}

// AskErasure has a customer erased who asked for it by a case that was decided for them,
// once a second person has agreed: where there is none it is refused, unlike other changes.
// It is begun in the transaction of that; the server does it. Errors: Forbidden; NotFound for
// what is no such request; Conflict while it is not decided for the customer, nobody has
// proven who asks, it was taken back, or waits already, and with the reason no_second where
// nobody could agree; else an approval.PendingError, as a second person has to.
func (e *Erasures) AskErasure(ctx context.Context, p identity.Principal, caseID string) error {
	const op = "erasure.AskErasure"
	if err := valid(op, caseID); err != nil {
		return err
	}
	if !policy.Allow(p, policy.LeadPrivacy, policy.Object{}) {
		return fault.New(fault.Forbidden, op, "%s %s may not have a customer erased", p.Kind, p.Role)
	}
	var pending *approval.PendingError
	err := e.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		pending = nil
		a := asked{Case: caseID}
		var reference string
		if err := t.SQL.QueryRowContext(ctx, "SELECT customer_id, reference FROM case_file WHERE id = $1 AND type = 'data_request'", caseID).Scan(&a.Customer, &reference); err != nil {
			return engine.MapError(op, err)
		}
		if err := ready(ctx, t, a); err != nil {
			return err
		}
		payload, err := json.Marshal(a)
		if err != nil {
			return fault.Wrap(op, err)
		}
		under := ""
		if under, pending, err = e.gate.Ask(ctx, t, p, approval.New{Kind: approval.EraseCustomer, Subject: "customer/" + a.Customer, Summary: reference, Payload: payload, May: mayDecide}); err != nil || pending != nil {
			return err
		}
		if under == approval.Alone { // what cannot be brought back is nobody's own decision
			return &fault.Error{Code: fault.Conflict, Op: op, Reason: "no_second", Message: "there is no second person who could agree"}
		}
		_, err = begin(ctx, t, p, privacy.Erasure{CustomerID: a.Customer, CaseID: a.Case, Approval: under})
		return err
	})
	if err != nil {
		return err
	}
	if pending != nil {
		return pending
	}
	return nil
}

// ready tells whether a request is decided for its customer, of whom it is known who they
// are, and was not taken back.
func ready(ctx context.Context, t *core.Tx, a asked) error {
	const op = "erasure.ready"
	var outcome, stage string
	var proven int64
	err := t.SQL.QueryRowContext(ctx, "SELECT outcome, stage, proven_at FROM case_file WHERE id = $1 AND customer_id = $2", a.Case, a.Customer).Scan(&outcome, &stage, &proven)
	if err != nil {
		return engine.MapError(op, err)
	}
	if stage == "withdrawn" || (outcome != "upheld" && outcome != "partly_upheld") {
		return &fault.Error{Code: fault.Conflict, Op: op, Reason: "not_decided", Message: "it is not decided for the customer, or was taken back"}
	}
	if proven == 0 {
		return &fault.Error{Code: fault.Conflict, Op: op, Reason: "not_identified", Message: "nobody has proven who asks"}
	}
	x, err := find(ctx, t.SQL, a.Customer)
	if err == nil && (x.CaseID == a.Case || slices.Contains(x.Also, a.Case)) {
		return &fault.Error{Code: fault.Conflict, Op: op, Reason: "begun", Message: "it was begun already"}
	}
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// executor begins an erasure that a second person agreed to.
type executor struct{}

// MayExecute implements approvals.Executor.
func (executor) MayExecute(p identity.Principal, payload []byte) bool {
	var a asked
	return strictjson.Decode(payload, &a) == nil && policy.Allow(p, policy.LeadPrivacy, policy.Object{})
}

// Execute implements approvals.Executor.
func (executor) Execute(ctx context.Context, t *core.Tx, maker identity.Principal, payload []byte, under string) error {
	const op = "erasure.Execute"
	var a asked
	if err := strictjson.Decode(payload, &a); err != nil {
		return err
	}
	if err := errors.Join(valid(op, a.Customer), valid(op, a.Case)); err != nil {
		return err
	}
	if err := ready(ctx, t, a); err != nil {
		return err
	}
	_, err := begin(ctx, t, maker, privacy.Erasure{CustomerID: a.Customer, CaseID: a.Case, Approval: under})
	return err
}
