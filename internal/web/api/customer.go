package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
)

// Handle is an address or id at which a customer is known, masked.
type Handle struct {
	ID       string `json:"id"`
	Kind     string `json:"kind"`
	Masked   string `json:"masked"`
	Evidence string `json:"evidence" enum:"verified,claimed,inferred"`
}

// CustomerView is a customer as staff may see one.
type CustomerView struct {
	CustomerLabel
	Handles       []Handle       `json:"handles" nullable:"false"`
	Conversations []Conversation `json:"conversations" nullable:"false" doc:"the 50 most recently active"`
	StillAt       int64          `json:"still_at,omitempty" doc:"since when what is kept of them is kept and used for nothing else, as they asked"`
}

// InCustomer names the customer that a request is about.
type InCustomer struct {
	Caller
	ID string `path:"id" doc:"of the customer"`
}

type handleInput struct {
	InCustomer
	Body struct {
		Kind     string `json:"kind" enum:"email,phone,device" doc:"wallet ids come from wallets alone"`
		Value    string `json:"value" minLength:"1" maxLength:"254"`
		Evidence string `json:"evidence" enum:"claimed,inferred" doc:"claimed: the customer said so; inferred: we conclude it"`
	}
}

type inHandle struct {
	InCustomer
	Handle string `path:"handle" minLength:"64" maxLength:"64" doc:"id of the handle"`
}

type findInput struct {
	Caller
	Body struct {
		Kind  string `json:"kind" enum:"wallet,email,phone,device"`
		Value string `json:"value" minLength:"1" maxLength:"254"`
	}
}

// FoundLabel is what a search shows of a customer.
type FoundLabel struct {
	ID        string `json:"id"`
	Name      string `json:"name,omitempty" doc:"masked: Anna S."`
	Evidence  string `json:"evidence" enum:"verified,claimed,inferred,anonymous" doc:"how we came to hold that it is this customer"`
	Anonymous bool   `json:"anonymous"`
}

// FoundCustomer is a customer whom a handle led to.
type FoundCustomer struct {
	FoundLabel
	HandleEvidence string `json:"handle_evidence" enum:"verified,claimed,inferred" doc:"how we came to hold that the handle is theirs"`
}

// FoundList is whom a handle led to, the best evidence first.
type FoundList struct {
	Items []FoundCustomer `json:"items" nullable:"false" doc:"at most 20"`
}

type findOutput struct{ Body FoundList }

type customerOutput struct{ Body CustomerView }

func (a *API) addCustomers() {
	tags := []string{"customers"}
	add(a, huma.Operation{OperationID: "customer", Method: http.MethodGet, Path: "/v1/customers/{id}", Summary: "Read a customer", Tags: tags}, a.customer)
	// The handle stands in the body: addresses of requests are logged by proxies.
	add(a, huma.Operation{
		OperationID: "find-customers", Method: http.MethodPost, Path: "/v1/customers/find",
		Summary: "Find the customers who have a handle", Tags: tags, Metadata: Reading(),
	}, a.findCustomers)
	add(a, huma.Operation{
		OperationID: "add-handle", Method: http.MethodPost, Path: "/v1/customers/{id}/handles",
		Summary: "Note an address or device of a customer", Tags: tags,
	}, a.addHandle)
	add(a, huma.Operation{
		OperationID: "forget-handle", Method: http.MethodDelete, Path: "/v1/customers/{id}/handles/{handle}",
		Summary: "Remove a handle for good", Tags: tags,
	}, a.forgetHandle)
	add(a, huma.Operation{
		OperationID: "revoke-customer", Method: http.MethodPost, Path: "/v1/customers/{id}/revoke",
		Summary: "End every window of a customer", Tags: tags,
	}, a.revokeCustomer)
}

func (a *API) customer(ctx context.Context, in *InCustomer) (*customerOutput, error) {
	c, states, err := a.Store.CustomerOf(ctx, in.who(), in.ID)
	if err != nil {
		return nil, err
	}
	view := CustomerView{
		CustomerLabel: LabelOf(c.ID, c.Name, c.Evidence),
		Handles:       make([]Handle, len(c.Handles)), Conversations: make([]Conversation, len(states)), StillAt: c.StillSince,
	}
	for i, h := range c.Handles {
		view.Handles[i] = Handle{ID: h.ID, Kind: h.Kind, Masked: h.Masked(), Evidence: h.Evidence}
	}
	label := conversation.CustomerLabel{Name: c.Name, Evidence: c.Evidence, Language: c.Language}
	for i := range states {
		view.Conversations[i] = conversationOf(&states[i], label, nil)
	}
	return &customerOutput{Body: view}, nil
}

func (a *API) revokeCustomer(ctx context.Context, in *InCustomer) (*Nothing, error) {
	return &Nothing{}, a.Store.RevokeCustomer(ctx, in.who(), in.ID)
}

func (a *API) findCustomers(ctx context.Context, in *findInput) (*findOutput, error) {
	found, err := a.Store.FindCustomers(ctx, in.who(), in.Body.Kind, in.Body.Value)
	if err != nil {
		return nil, err
	}
	out := &findOutput{Body: FoundList{Items: make([]FoundCustomer, len(found))}}
	for i, f := range found {
		out.Body.Items[i] = FoundCustomer{FoundLabel: FoundLabel(LabelOf(f.ID, f.Name, f.Evidence)), HandleEvidence: f.By}
	}
	return out, nil
}

func (a *API) addHandle(ctx context.Context, in *handleInput) (*Nothing, error) {
	h := customer.Handle{Kind: in.Body.Kind, Value: in.Body.Value, Evidence: in.Body.Evidence}
	return &Nothing{}, a.Intake.Handle(ctx, in.who(), in.ID, h)
}

func (a *API) forgetHandle(ctx context.Context, in *inHandle) (*Nothing, error) {
	return &Nothing{}, a.Store.ForgetHandle(ctx, in.who(), in.ID, in.Handle)
}
