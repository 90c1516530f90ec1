package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/conversation"
)

// Handle is an address or id at which a customer is known, masked.
type Handle struct {
	Kind     string `json:"kind"`
	Masked   string `json:"masked"`
	Evidence string `json:"evidence" enum:"verified,claimed,inferred"`
}

// CustomerView is a customer as staff may see one.
type CustomerView struct {
	CustomerLabel
	Handles       []Handle       `json:"handles" nullable:"false"`
	Conversations []Conversation `json:"conversations" nullable:"false" doc:"the 50 most recently active"`
}

type inCustomer struct {
	Caller
	ID string `path:"id" doc:"of the customer"`
}

type customerOutput struct{ Body CustomerView }

func (a *API) addCustomers() {
	tags := []string{"customers"}
	add(a, huma.Operation{OperationID: "customer", Method: http.MethodGet, Path: "/v1/customers/{id}", Summary: "Read a customer", Tags: tags}, a.customer)
	add(a, huma.Operation{
		OperationID: "revoke-customer", Method: http.MethodPost, Path: "/v1/customers/{id}/revoke",
		Summary: "End every window of a customer", Tags: tags,
	}, a.revokeCustomer)
}

func (a *API) customer(ctx context.Context, in *inCustomer) (*customerOutput, error) {
	c, states, err := a.Store.CustomerOf(ctx, in.who(), in.ID)
	if err != nil {
		return nil, err
	}
	view := CustomerView{
		CustomerLabel: labelOf(c.ID, c.Name, c.Evidence),
		Handles:       make([]Handle, len(c.Handles)), Conversations: make([]Conversation, len(states)),
	}
	for i, h := range c.Handles {
		view.Handles[i] = Handle{Kind: h.Kind, Masked: h.Masked(), Evidence: h.Evidence}
	}
	label := conversation.CustomerLabel{Name: c.Name, Evidence: c.Evidence, Language: c.Language}
	for i := range states {
		view.Conversations[i] = conversationOf(&states[i], label, nil)
	}
	return &customerOutput{Body: view}, nil
}

func (a *API) revokeCustomer(ctx context.Context, in *inCustomer) (*nothing, error) {
	return &nothing{}, a.Store.RevokeCustomer(ctx, in.who(), in.ID)
}
