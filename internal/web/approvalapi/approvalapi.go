// Package approvalapi is the part of the desk's API about what waits for a second person. It
// stands on package api, which admits the callers, and decides nothing.
package approvalapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/identity"
	"kefu/internal/flow/approving"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/web/api"
)

// Approvals are changes that wait for a second person.
type Approvals interface {
	List(ctx context.Context, p identity.Principal, waiting bool, after string, limit int) ([]approving.Seen, error)
	Get(ctx context.Context, p identity.Principal, id string) (approving.Seen, error)
	Approve(ctx context.Context, p identity.Principal, id, hash string) error
	Reject(ctx context.Context, p identity.Principal, id, reason string) error
	Withdraw(ctx context.Context, p identity.Principal, id string) error
}

// Approval is a change that waits for a second person, or did.
type Approval struct {
	ID          string          `json:"id"`
	Kind        string          `json:"kind" enum:"setting.save,staff.change,key.make,customer.erase,emergency.open"`
	Subject     string          `json:"subject" doc:"what it changes: setting/KIND/ID, staff/ID, key/ID, customer/ID or emergency/ID of whom it is for"`
	Summary     string          `json:"summary,omitempty" doc:"its name"`
	Payload     json.RawMessage `json:"payload" doc:"exactly what will be done"`
	Hash        string          `json:"hash" doc:"of kind, subject and payload: to be named when approving"`
	Maker       api.Changer     `json:"maker"`
	CreatedAt   int64           `json:"created_at"`
	ExpiresAt   int64           `json:"expires_at"`
	State       string          `json:"state" enum:"pending,approved,executed,rejected,withdrawn,expired"`
	Decider     *api.Changer    `json:"decider,omitempty"`
	DecidedAt   int64           `json:"decided_at,omitempty"`
	Reason      string          `json:"reason,omitempty" doc:"why it was rejected; of expired: moved, when what it is about had changed"`
	MayDecide   bool            `json:"may_decide" doc:"whether the caller may approve or reject it now"`
	MayWithdraw bool            `json:"may_withdraw" doc:"whether the caller may take it back now"`
}

// ApprovalList is a page of requests, the newest first.
type ApprovalList struct {
	Items []Approval `json:"items" nullable:"false"`
	Next  string     `json:"next,omitempty" doc:"the cursor of the next page, when there is one"`
}

type approvalsInput struct {
	api.Caller
	Decided bool   `query:"decided" doc:"those that wait no more"`
	Cursor  string `query:"cursor" maxLength:"64" doc:"next of the page before"`
	Limit   int    `query:"limit" minimum:"1" maximum:"199" default:"50"`
}

type approvalsOutput struct{ Body ApprovalList }

type approvalInput struct {
	api.Caller
	ID string `path:"id" doc:"of the request"`
}

type approvalOutput struct{ Body Approval }

type approveInput struct {
	api.Caller
	ID   string `path:"id" doc:"of the request"`
	Body struct {
		Hash string `json:"hash" minLength:"64" maxLength:"64" doc:"of what was seen"`
	}
}

type rejectInput struct {
	api.Caller
	ID   string `path:"id" doc:"of the request"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"for its maker"`
	}
}

type routes struct{ kept Approvals }

// Routes gives the operations, for api.Deps.More.
func Routes(approvals Approvals) func(*api.API) {
	return func(a *api.API) { add(a, &routes{approvals}) }
}

func add(a *api.API, r *routes) {
	tags := []string{"approvals"}
	const one = "/v1/approvals/{id}"
	api.Add(a, huma.Operation{OperationID: "approvals", Method: http.MethodGet, Path: "/v1/approvals", Summary: "List what waits for a second person", Tags: tags}, r.approvals)
	api.Add(a, huma.Operation{OperationID: "approval", Method: http.MethodGet, Path: one, Summary: "Read one request", Tags: tags}, r.approval)
	api.Add(a, huma.Operation{OperationID: "approve", Method: http.MethodPost, Path: one + "/approve", Summary: "Carry out what a colleague asked for", Tags: tags}, r.approve)
	api.Add(a, huma.Operation{OperationID: "reject", Method: http.MethodPost, Path: one + "/reject", Summary: "Refuse what a colleague asked for", Tags: tags}, r.reject)
	api.Add(a, huma.Operation{OperationID: "withdraw", Method: http.MethodDelete, Path: one, Summary: "Take back one's own request", Tags: tags}, r.withdraw)
}

func approvalOf(r approving.Seen) Approval {
	out := Approval{
		ID: r.ID, Kind: r.Kind, Subject: r.Subject, Summary: r.Summary, Payload: r.Payload, Hash: r.Hash,
		Maker: api.Changer{ID: r.MakerID, Name: r.MakerName}, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt,
		State: string(r.State), DecidedAt: r.DecidedAt, Reason: r.Reason, MayDecide: r.MayDecide, MayWithdraw: r.MayWithdraw,
	}
	if r.DeciderID != "" {
		out.Decider = &api.Changer{ID: r.DeciderID, Name: r.Decider}
	}
	return out
}

func (r *routes) approvals(ctx context.Context, in *approvalsInput) (*approvalsOutput, error) {
	if in.Cursor != "" && !id.Valid(in.Cursor) {
		return nil, fault.InvalidField("approvalapi.approvals", "cursor", "was not given out by us")
	}
	all, err := r.kept.List(ctx, in.Who(), !in.Decided, in.Cursor, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &approvalsOutput{}
	if len(all) > in.Limit {
		all = all[:in.Limit]
		out.Body.Next = all[in.Limit-1].ID
	}
	out.Body.Items = make([]Approval, len(all))
	for i, r := range all {
		out.Body.Items[i] = approvalOf(r)
	}
	return out, nil
}

func (r *routes) approval(ctx context.Context, in *approvalInput) (*approvalOutput, error) {
	one, err := r.kept.Get(ctx, in.Who(), in.ID)
	return &approvalOutput{Body: approvalOf(one)}, err
}

func (r *routes) approve(ctx context.Context, in *approveInput) (*api.Nothing, error) {
	return &api.Nothing{}, r.kept.Approve(ctx, in.Who(), in.ID, in.Body.Hash)
}

func (r *routes) reject(ctx context.Context, in *rejectInput) (*api.Nothing, error) {
	return &api.Nothing{}, r.kept.Reject(ctx, in.Who(), in.ID, in.Body.Reason)
}

func (r *routes) withdraw(ctx context.Context, in *approvalInput) (*api.Nothing, error) {
	return &api.Nothing{}, r.kept.Withdraw(ctx, in.Who(), in.ID)
}
