// Package auditapi is the part of the desk's API that reads the audit chain. It
// stands on package api, which admits the callers.
package auditapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/auditing"
	"kefu/internal/web/api"
)

// Store reads the chain.
type Store interface {
	AuditPage(ctx context.Context, p identity.Principal, q audit.Query) (audit.Page, error)
}

// Prover proves it.
type Prover interface {
	Prove(ctx context.Context, who identity.Principal) (auditing.Proof, error)
}

// Deps are what the operations work with.
type Deps struct {
	Store  Store
	Prover Prover
}

// AuditRecord is one record of the chain, with its hashes in hexadecimal.
type AuditRecord struct {
	Seq        int64    `json:"seq"`
	At         int64    `json:"at"`
	ActorType  string   `json:"actor_type"`
	ActorID    string   `json:"actor_id"`
	Session    string   `json:"session,omitempty"`
	Action     string   `json:"action"`
	ObjectType string   `json:"object_type"`
	ObjectID   string   `json:"object_id" doc:"several with spaces between"`
	Subject    string   `json:"subject,omitempty" doc:"the customer concerned"`
	Purpose    string   `json:"purpose,omitempty" doc:"what it was done for"`
	Approvals  []string `json:"approvals,omitempty"`
	Result     string   `json:"result"`
	Previous   string   `json:"previous" doc:"hash of the record before"`
}

// AuditPage is a page of the chain, the newest first.
type AuditPage struct {
	Items []AuditRecord `json:"items" nullable:"false"`
	Next  int64         `json:"next,omitempty" doc:"to go on before; a page may be empty and have more before it"`
}

// AuditProof says whether the chain holds.
type AuditProof struct {
	OK       bool   `json:"ok"`
	Proven   int64  `json:"proven" doc:"the newest record that a signed head outside the database proves"`
	ProvenAt string `json:"proven_at" doc:"when that head was signed, RFC 3339"`
	Checked  int64  `json:"checked" doc:"the newest record that was looked at"`
	FirstBad int64  `json:"first_bad,omitempty" doc:"the first record that is wrong or missing"`
	Reason   string `json:"reason,omitempty"`
	At       int64  `json:"at" doc:"when it was looked"`
}

type pageInput struct {
	api.Caller
	Actor  string `query:"actor" maxLength:"64" doc:"id of who did it"`
	Action string `query:"action" maxLength:"64" doc:"or how it begins, such as conversation."`
	Object string `query:"object" maxLength:"64" doc:"id of what it was done to, or of the customer concerned"`
	From   int64  `query:"from" minimum:"0"`
	Until  int64  `query:"until" minimum:"0"`
	Before int64  `query:"before" minimum:"0" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type (
	pageOutput  struct{ Body AuditPage }
	proofInput  struct{ api.Caller }
	proofOutput struct{ Body AuditProof }
)

type routes struct{ Deps }

// Routes gives the operations, for api.Deps.More.
func Routes(d Deps) func(*api.API) {
	return func(a *api.API) {
		r := &routes{d}
		tags := []string{"audit"}
		api.Add(a, huma.Operation{OperationID: "audit", Method: http.MethodGet, Path: "/v1/audit", Summary: "Read the audit chain, which leaves a record", Tags: tags}, r.page)
		api.Add(a, huma.Operation{OperationID: "audit-proof", Method: http.MethodGet, Path: "/v1/audit/proof", Summary: "Tell whether the audit chain holds", Tags: tags}, r.proof)
	}
}

func (r *routes) page(ctx context.Context, in *pageInput) (*pageOutput, error) {
	found, err := r.Store.AuditPage(ctx, in.Who(), audit.Query{
		Actor: in.Actor, Action: in.Action, Object: in.Object, From: in.From, Until: in.Until, Before: in.Before, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := &pageOutput{Body: AuditPage{Items: make([]AuditRecord, len(found.Records)), Next: found.Next}}
	for i := range found.Records {
		f := &found.Records[i]
		out.Body.Items[i] = AuditRecord{
			Seq: f.Seq, At: f.At, ActorType: f.Actor.Type, ActorID: f.Actor.ID, Session: f.Actor.Session, Action: f.Action,
			ObjectType: f.Object.Type, ObjectID: f.Object.ID, Subject: f.Subject, Purpose: f.Purpose, Approvals: f.Approvals,
			Result: f.Result, Previous: f.Prev.String(),
		}
	}
	return out, nil
}

func (r *routes) proof(ctx context.Context, in *proofInput) (*proofOutput, error) {
	p, err := r.Prover.Prove(ctx, in.Who())
	if err != nil {
		return nil, err
	}
	return &proofOutput{Body: AuditProof{
		OK: p.OK, Proven: p.Proven, ProvenAt: p.ProvenAt, Checked: p.Checked, FirstBad: p.FirstBad, Reason: p.Reason, At: p.At,
	}}, nil
}
