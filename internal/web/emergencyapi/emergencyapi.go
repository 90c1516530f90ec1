// Package emergencyapi is the part of the desk's API about who has more rights than their
// role, for a short time. Everybody who works here sees it. It stands on package api,
// which admits the callers, and decides nothing.
package emergencyapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/emergency"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/web/api"
)

// Store keeps them.
type Store interface {
	ListEmergencies(ctx context.Context, p identity.Principal, open bool) ([]emergency.Opening, error)
	AskedEmergencies(ctx context.Context, p identity.Principal) ([]emergency.Asked, error)
	OpenEmergency(ctx context.Context, p identity.Principal, w emergency.Wish) error
	CloseEmergency(ctx context.Context, p identity.Principal, one string) error
}

// Deps are what the operations work with.
type Deps struct {
	Store Store
	Clean func(ctx context.Context, text string) (string, error) // takes secrets out of what somebody wrote
	Fresh func(ctx context.Context, token string) error          // refuses a session whose last proof is long ago: Forbidden
}

// Emergency is one time that somebody had more rights than their role.
type Emergency struct {
	ID       string `json:"id"`
	StaffID  string `json:"staff_id"`
	Name     string `json:"name"`
	Role     string `json:"role" doc:"their own"`
	Reason   string `json:"reason"`
	AskedBy  string `json:"asked_by" doc:"the name of who asked: themselves, or the owner who opened it"`
	Approval string `json:"approval,omitempty" doc:"the request that a second person agreed to; left out where an owner opened it"`
	BeganAt  int64  `json:"began_at"`
	UntilAt  int64  `json:"until_at" doc:"when it closes by itself"`
	EndedAt  int64  `json:"ended_at,omitempty" doc:"left out while it is open"`
	ByItself bool   `json:"by_itself,omitempty" doc:"nobody closed it before its time"`
}

// Asked is what the caller has asked for and waits for a second person.
type Asked struct {
	ID        string `json:"id" doc:"of the request: DELETE /v1/approvals/{id} takes it back"`
	Minutes   int    `json:"minutes"`
	Reason    string `json:"reason"`
	CreatedAt int64  `json:"created_at"`
	ExpiresAt int64  `json:"expires_at" doc:"after which nobody can agree any more"`
}

type (
	askedOutput struct {
		Body struct {
			Items []Asked `json:"items" nullable:"false" doc:"the last first"`
		}
	}
	emergenciesInput struct {
		api.Caller
		Open bool `query:"open" doc:"only those that are open now"`
	}
	emergenciesOutput struct {
		Body struct {
			Items []Emergency `json:"items" nullable:"false" doc:"the last first, at most 100"`
		}
	}
	emergencyInput struct {
		api.Caller
		Body struct {
			StaffID string `json:"staff_id" minLength:"26" maxLength:"26" doc:"for whom: oneself, or, of an owner, a colleague"`
			Minutes int    `json:"minutes" minimum:"5" maximum:"240"`
			Reason  string `json:"reason" minLength:"10" maxLength:"500" doc:"what happened, for everybody who sees it and whoever looks at it later"`
		}
	}
	emergencyOutput struct {
		Status   int
		Location string `header:"Location" doc:"of 202: the request under which it waits for a second person"`
	}
	closeEmergencyInput struct {
		api.Caller
		ID string `path:"id"`
	}
)

type routes struct{ Deps }

// Routes gives the operations, for api.Deps.More.
func Routes(d Deps) func(*api.API) {
	return func(a *api.API) {
		r, tags := &routes{d}, []string{"rights"}
		api.Add(a, huma.Operation{OperationID: "emergencies", Method: http.MethodGet, Path: "/v1/emergencies", Summary: "Tell who has more rights than their role, and who had", Tags: tags}, r.list)
		api.Add(a, huma.Operation{OperationID: "asked-emergencies", Method: http.MethodGet, Path: "/v1/emergencies/asked", Summary: "Tell what the caller has asked for and waits for a second person", Tags: tags}, r.asked)
		api.Add(a, huma.Operation{OperationID: "open-emergency", Method: http.MethodPost, Path: "/v1/emergencies", Summary: "Give somebody more rights than their role for a short time, or ask for it", Tags: tags, DefaultStatus: http.StatusNoContent}, r.open)
		api.Add(a, huma.Operation{OperationID: "close-emergency", Method: http.MethodDelete, Path: "/v1/emergencies/{id}", Summary: "Take them back before the time is over", Tags: tags, DefaultStatus: http.StatusNoContent}, r.close)
	}
}

func (r *routes) list(ctx context.Context, in *emergenciesInput) (*emergenciesOutput, error) {
	all, err := r.Store.ListEmergencies(ctx, in.Who(), in.Open)
	out := &emergenciesOutput{}
	out.Body.Items = []Emergency{}
	for _, o := range all {
		out.Body.Items = append(out.Body.Items, Emergency{
			ID: o.ID, StaffID: o.StaffID, Name: o.Name, Role: o.Role, Reason: o.Reason, AskedBy: o.Asker, Approval: o.Approval,
			BeganAt: o.BeganAt, UntilAt: o.UntilAt, EndedAt: o.EndedAt, ByItself: o.EndedAt != 0 && o.EndedBy == "",
		})
	}
	return out, err
}

func (r *routes) asked(ctx context.Context, in *struct{ api.Caller }) (*askedOutput, error) {
	all, err := r.Store.AskedEmergencies(ctx, in.Who())
	out := &askedOutput{}
	out.Body.Items = []Asked{}
	for _, one := range all {
		out.Body.Items = append(out.Body.Items, Asked{ID: one.ID, Minutes: one.Minutes, Reason: one.Reason, CreatedAt: one.CreatedAt, ExpiresAt: one.ExpiresAt})
	}
	return out, err
}

func (r *routes) open(ctx context.Context, in *emergencyInput) (*emergencyOutput, error) {
	const op = "emergencyapi.open"
	b := in.Body
	if !id.Valid(b.StaffID) {
		return nil, fault.InvalidField(op, "staff_id", "is no id")
	}
	reason, err := r.Clean(ctx, b.Reason)
	if err != nil {
		return nil, err
	}
	// What an owner opens for somebody else needs no second person: a session that was stolen
	// must not be enough for it.
	if b.StaffID != in.Who().ID && policy.Allow(in.Who(), policy.OpenEmergency, policy.Object{StaffID: b.StaffID}) {
		if err := r.Fresh(ctx, in.Token()); fault.Is(err, fault.Forbidden) {
			return nil, &fault.Error{Code: fault.Forbidden, Op: op, Field: "proof", Reason: "missing", Message: "the last proof of who they are is too old", Err: err}
		} else if err != nil {
			return nil, err
		}
	}
	err = r.Store.OpenEmergency(ctx, in.Who(), emergency.Wish{StaffID: b.StaffID, Minutes: b.Minutes, Reason: reason})
	var pending *approval.PendingError
	if errors.As(err, &pending) {
		return &emergencyOutput{Status: http.StatusAccepted, Location: "/v1/approvals/" + pending.ID}, nil
	}
	return &emergencyOutput{Status: http.StatusNoContent}, err
}

func (r *routes) close(ctx context.Context, in *closeEmergencyInput) (*api.Nothing, error) {
	return &api.Nothing{}, r.Store.CloseEmergency(ctx, in.Who(), in.ID)
}
