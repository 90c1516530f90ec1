// Package actionapi is the part of the desk's API about what is done in the wallet for
// customers: which acts there are and why one is not allowed, proposing one, what only
// makes safe, and the second person. It stands on package api, which admits the callers;
// customers say yes and prove themselves elsewhere, and no answer here holds anything by
// which somebody could.
package actionapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/action"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/acting"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/web/api"
)

// Acts has things done in the wallet.
type Acts interface {
	Offers(ctx context.Context, p identity.Principal) ([]wallet.Act, error)
	List(ctx context.Context, p identity.Principal, q action.Query) ([]acting.Seen, error)
	Get(ctx context.Context, p identity.Principal, id string) (acting.Seen, assurance.Standing, error)
	AtDesk(ctx context.Context, p identity.Principal, w acting.Wish) (acting.Seen, error)
	Confirm(ctx context.Context, p identity.Principal, id, hash string) (selfservice.ActFact, string, error)
	Prove(ctx context.Context, p identity.Principal, id string) (selfservice.ActFact, assurance.Standing, error)
	Execute(ctx context.Context, p identity.Principal, id string) (selfservice.ActFact, string, error)
	Cancel(ctx context.Context, p identity.Principal, id string) (selfservice.ActFact, error)
	Approve(ctx context.Context, p identity.Principal, id, hash string) error
	Reject(ctx context.Context, p identity.Principal, id, reason string) error
}

type offersInput struct{ api.Caller }

type offersOutput struct {
	Body struct {
		Acts []wallet.Act `json:"acts" nullable:"false" doc:"what the wallet can do; none: nothing is to be shown of acts"`
	}
}

type listInput struct {
	api.Caller
	Conversation string   `query:"conv" maxLength:"64"`
	Customer     string   `query:"customer" maxLength:"64" doc:"of whichever conversation: for who oversees acts"`
	States       []string `query:"state" maxItems:"12" enum:"proposed,confirmed,waiting,approved,planned,sent,succeeded,failed,unknown,rejected,cancelled,expired" doc:"needed where neither conversation nor customer is named"`
	Cursor       string   `query:"cursor" maxLength:"64" doc:"next of the page before"`
	Limit        int      `query:"limit" minimum:"1" maximum:"99" default:"50"`
}

type listOutput struct{ Body ActList }

type actInput struct {
	api.Caller
	ID string `path:"id" doc:"of the act"`
}

type actOutput struct{ Body Act }

type proposeActInput struct {
	api.Caller
	ID   string `path:"id" doc:"of the conversation"`
	Body struct {
		Act     string            `json:"act" enum:"freeze,unfreeze,refund,refund_cancel,dispute,dispute_evidence,provisional_credit,hold_release,recall,instrument_block,sessions_revoke,device_revoke,notify,inspect,instrument_default,instrument_remove,mandate_cancel,recovery_stop,retrieval,withdraw,closure,closure_cancel,points_claim,points_redeem,goodwill"`
		Target  string            `json:"target,omitempty" maxLength:"64" doc:"what it acts on: a payment, refund, dispute, card, device or restriction"`
		Also    []string          `json:"also,omitempty" nullable:"false" maxItems:"32" doc:"further payments of one dispute"`
		Amount  *ActSum           `json:"amount,omitempty" doc:"of acts that have one"`
		Reason  string            `json:"reason" minLength:"1" maxLength:"64" doc:"a code"`
		Details map[string]string `json:"details,omitempty" doc:"short answers that the act has use for"`
	}
}

type proposeOutput struct {
	Status int
	Body   Proposed
}

type actHashInput struct {
	api.Caller
	ID   string `path:"id" doc:"of the act"`
	Body struct {
		Hash string `json:"hash" minLength:"64" maxLength:"64" doc:"of what was seen"`
	}
}

type rejectActInput struct {
	api.Caller
	ID   string `path:"id" doc:"of the act"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"500"`
	}
}

type routes struct{ acts Acts }

// Routes gives the operations, for api.Deps.More.
func Routes(acts Acts) func(*api.API) {
	return func(a *api.API) {
		r, tags := &routes{acts}, []string{"acts"}
		const one = "/v1/acts/{id}"
		api.Add(a, huma.Operation{OperationID: "act-offers", Method: http.MethodGet, Path: "/v1/act-offers", Summary: "Tell what the wallet can do", Tags: tags}, r.offers)
		api.Add(a, huma.Operation{OperationID: "acts", Method: http.MethodGet, Path: "/v1/acts", Summary: "List what is done in the wallet", Tags: tags}, r.list)
		api.Add(a, huma.Operation{OperationID: "act", Method: http.MethodGet, Path: one, Summary: "Read one act, and how far its proof is", Tags: tags}, r.get)
		api.Add(a, huma.Operation{OperationID: "propose-act", Method: http.MethodPost, Path: "/v1/conversations/{id}/acts", Summary: "Propose an act, or hear why it is not allowed now", Tags: tags, DefaultStatus: http.StatusCreated}, r.propose)
		api.Add(a, huma.Operation{OperationID: "confirm-act", Method: http.MethodPost, Path: one + "/confirm", Summary: "Say yes in the customer's place, to what only makes safe", Tags: tags}, r.confirm)
		api.Add(a, huma.Operation{OperationID: "prove-act", Method: http.MethodPost, Path: one + "/proof", Summary: "Have the wallet ask the customer for the proof that an act needs", Tags: tags}, r.prove)
		api.Add(a, huma.Operation{OperationID: "start-act", Method: http.MethodPost, Path: one + "/start", Summary: "Have a confirmed act done", Tags: tags}, r.start)
		api.Add(a, huma.Operation{OperationID: "cancel-act", Method: http.MethodPost, Path: one + "/cancel", Summary: "Give up an act of one's own, before it has left", Tags: tags}, r.cancel)
		api.Add(a, huma.Operation{OperationID: "approve-act", Method: http.MethodPost, Path: one + "/approve", Summary: "Agree as the second person to exactly what was seen", Tags: tags}, r.approve)
		api.Add(a, huma.Operation{OperationID: "reject-act", Method: http.MethodPost, Path: one + "/reject", Summary: "Refuse as the second person", Tags: tags}, r.reject)
	}
}

func (r *routes) offers(ctx context.Context, in *offersInput) (*offersOutput, error) {
	acts, err := r.acts.Offers(ctx, in.Who())
	out := &offersOutput{}
	out.Body.Acts = append([]wallet.Act{}, acts...)
	return out, err
}

func (r *routes) list(ctx context.Context, in *listInput) (*listOutput, error) {
	for field, text := range map[string]string{"cursor": in.Cursor, "conv": in.Conversation, "customer": in.Customer} {
		if text != "" && !id.Valid(text) {
			return nil, fault.InvalidField("actionapi.list", field, "was not given out by us")
		}
	}
	q := action.Query{CustomerID: in.Customer, ConversationID: in.Conversation, Before: in.Cursor, Limit: in.Limit + 1}
	for _, s := range in.States {
		q.States = append(q.States, action.State(s))
	}
	all, err := r.acts.List(ctx, in.Who(), q)
	if err != nil {
		return nil, err
	}
	out := &listOutput{}
	if len(all) > in.Limit {
		all = all[:in.Limit]
		out.Body.Next = all[in.Limit-1].ID
	}
	out.Body.Items = make([]Act, len(all))
	for i, s := range all {
		out.Body.Items[i] = actOf(s)
	}
	return out, nil
}

func (r *routes) get(ctx context.Context, in *actInput) (*actOutput, error) {
	return r.one(ctx, in.Who(), in.ID, nil)
}

// one gives an act as it is after something was done.
func (r *routes) one(ctx context.Context, p identity.Principal, id string, err error) (*actOutput, error) {
	if err != nil {
		return nil, err
	}
	seen, proof, err := r.acts.Get(ctx, p, id)
	if err != nil {
		return nil, err
	}
	out := &actOutput{Body: actOf(seen)}
	out.Body.Proof = proofOf(proof)
	return out, nil
}

// propose answers 201 with the act, and 200 with why it is not allowed now.
func (r *routes) propose(ctx context.Context, in *proposeActInput) (*proposeOutput, error) {
	w := acting.Wish{Conversation: in.ID, Also: in.Body.Also, Proposal: selfservice.Proposal{
		Act: wallet.Act(in.Body.Act), Target: in.Body.Target, Reason: in.Body.Reason, Details: in.Body.Details,
	}}
	if a := in.Body.Amount; a != nil {
		sum, err := wallet.Parse(a.Amount, a.Currency, a.Scale)
		if err != nil {
			return nil, err
		}
		w.Amount = sum
	}
	seen, err := r.acts.AtDesk(ctx, in.Who(), w)
	var no *acting.RefusedError
	if errors.As(err, &no) {
		return &proposeOutput{Status: http.StatusOK, Body: Proposed{Refused: no.Why}}, nil
	}
	if err != nil {
		return nil, err
	}
	act := actOf(seen)
	return &proposeOutput{Status: http.StatusCreated, Body: Proposed{Act: &act}}, nil
}

func (r *routes) confirm(ctx context.Context, in *actHashInput) (*actOutput, error) {
	_, outcome, err := r.acts.Confirm(ctx, in.Who(), in.ID, in.Body.Hash)
	if err == nil && outcome != "" {
		err = &fault.Error{Code: fault.Conflict, Op: "actionapi.confirm", Field: "hash", Message: "this is not what was shown, or its time is over"}
	}
	return r.one(ctx, in.Who(), in.ID, err)
}

func (r *routes) prove(ctx context.Context, in *actInput) (*actOutput, error) {
	_, _, err := r.acts.Prove(ctx, in.Who(), in.ID)
	return r.one(ctx, in.Who(), in.ID, err)
}

func (r *routes) start(ctx context.Context, in *actInput) (*actOutput, error) {
	_, _, err := r.acts.Execute(ctx, in.Who(), in.ID)
	return r.one(ctx, in.Who(), in.ID, err)
}

func (r *routes) cancel(ctx context.Context, in *actInput) (*actOutput, error) {
	_, err := r.acts.Cancel(ctx, in.Who(), in.ID)
	return r.one(ctx, in.Who(), in.ID, err)
}

func (r *routes) approve(ctx context.Context, in *actHashInput) (*actOutput, error) {
	return r.one(ctx, in.Who(), in.ID, r.acts.Approve(ctx, in.Who(), in.ID, in.Body.Hash))
}

func (r *routes) reject(ctx context.Context, in *rejectActInput) (*actOutput, error) {
	return r.one(ctx, in.Who(), in.ID, r.acts.Reject(ctx, in.Who(), in.ID, in.Body.Reason))
}
