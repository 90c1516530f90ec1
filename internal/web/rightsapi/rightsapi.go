// Package rightsapi is the part of the desk's API about who may do what: the table as
// it is delivered, what was decided by it and by the house's restrictions, and what a
// restriction would have changed. The restrictions themselves are settings. It stands
// on package api, which admits the callers.
package rightsapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/restriction"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/strictjson"
	"kefu/internal/web/api"
)

// Restrictions are what the house takes from the rights of staff.
type Restrictions interface {
	Version() string
	DecisionsOf(ctx context.Context, p identity.Principal, q restriction.Query) ([]restriction.Decision, error)
	Try(ctx context.Context, p identity.Principal, r restriction.Restriction, days int) (restriction.Trial, error)
}

// Rights is who may do what.
type Rights struct {
	Version string   `json:"version" doc:"of the table and the restrictions: what decisions are recorded with"`
	Roles   []string `json:"roles" nullable:"false" doc:"the columns: who has rights of their own"`
	Rights  []Right  `json:"rights" nullable:"false"`
}

// Right is what each may do of one action.
type Right struct {
	Action     string   `json:"action"`
	Of         []string `json:"of" nullable:"false" doc:"by the columns: of which objects; - for none"`
	Key        string   `json:"key,omitempty" doc:"the scope that opens it to a program; any: every key"`
	Restricted bool     `json:"restrictable" doc:"a restriction of the house can take from it"`
}

// Decided is what was decided within an hour, and how often.
type Decided struct {
	At          int64  `json:"at" doc:"of the last"`
	Staff       string `json:"staff"`
	Name        string `json:"name,omitempty"`
	Role        string `json:"role"`
	Action      string `json:"action"`
	Operation   string `json:"operation"`
	Object      string `json:"object,omitempty" doc:"what the last was about"`
	Need        string `json:"need,omitempty" doc:"why it was refused: role, withheld, training, proof, hours or network; left out where it was allowed"`
	Restriction string `json:"restriction,omitempty" doc:"that refused it"`
	Rule        string `json:"rule,omitempty" doc:"its name then"`
	Version     string `json:"version" doc:"of the policy that it was decided by"`
	Times       int64  `json:"times"`
}

// Tried is what a restriction would have done to what was allowed.
type Tried struct {
	Problem *Wrong        `json:"problem,omitempty" doc:"what is wrong with it; then nothing was tried"`
	Looked  int64         `json:"looked" doc:"times that one of its rights was used"`
	Refused int64         `json:"refused" doc:"times that it would have been refused"`
	Unsure  int64         `json:"unsure" doc:"times of which it cannot be told, since it goes by a proof or a network"`
	People  []TriedPerson `json:"people" nullable:"false"`
}

// Wrong is what is wrong with a restriction that is being written.
type Wrong struct {
	Field  string `json:"field"`
	Reason string `json:"reason"`
}

// TriedPerson is one whom a restriction would have concerned.
type TriedPerson struct {
	Staff  string `json:"staff"`
	Name   string `json:"name,omitempty"`
	Role   string `json:"role"`
	Action string `json:"action"`
	Need   string `json:"need,omitempty" doc:"left out where it cannot be told"`
	Times  int64  `json:"times"`
}

type rightsOutput struct{ Body Rights }

type decisionsInput struct {
	api.Caller
	Staff   string `query:"staff" maxLength:"26" doc:"of whom; left out: of everybody"`
	Refused bool   `query:"refused" doc:"only what was refused"`
	Days    int    `query:"days" minimum:"1" maximum:"30" default:"7"`
}

type decisionsOutput struct {
	Body struct {
		Decisions []Decided `json:"decisions" nullable:"false" doc:"the last first, at most 500"`
	}
}

type tryInput struct {
	api.Caller
	Body struct {
		Restriction json.RawMessage `json:"restriction" doc:"as it would be saved"`
		Days        int             `json:"days,omitempty" minimum:"1" maximum:"30" doc:"how far to look back; 7 when it is left out"`
	}
}

type triedOutput struct{ Body Tried }

type routes struct {
	of    Restrictions
	clock clock.Clock
}

// Routes gives the operations, for api.Deps.More.
func Routes(of Restrictions, now clock.Clock) func(*api.API) {
	r := &routes{of, now}
	return func(a *api.API) {
		api.Add(a, huma.Operation{
			OperationID: "rights", Method: http.MethodGet, Path: "/v1/rights",
			Summary: "Tell who may do what", Tags: []string{"rights"},
		}, r.rights)
		api.Add(a, huma.Operation{
			OperationID: "decisions", Method: http.MethodGet, Path: "/v1/decisions",
			Summary: "Tell what was decided of the rights of staff, and why", Tags: []string{"rights"},
		}, r.decisions)
		api.Add(a, huma.Operation{
			OperationID: "try-restriction", Method: http.MethodPost, Path: "/v1/restrictions/try",
			Summary: "Tell what a restriction would have refused in the last days", Tags: []string{"rights"}, Metadata: api.Reading(),
		}, r.try)
	}
}

func (r *routes) rights(_ context.Context, in *struct{ api.Caller }) (*rightsOutput, error) {
	if !policy.Allow(in.Who(), policy.ReadDecisions, policy.Object{}) {
		return nil, fault.New(fault.Forbidden, "rightsapi.rights", "%s may not see who may do what", in.Who().Role)
	}
	out := Rights{Version: r.of.Version(), Roles: []string{}, Rights: []Right{}}
	for _, c := range policy.Columns() {
		out.Roles = append(out.Roles, c.String())
	}
	can := map[policy.Action]bool{}
	for _, a := range restriction.Restrictable() {
		can[a] = true
	}
	for _, row := range policy.Table() {
		right := Right{Action: string(row.Action), Of: []string{}, Key: string(row.Key), Restricted: can[row.Action]}
		for _, cell := range row.Cells {
			right.Of = append(right.Of, cell.String())
		}
		out.Rights = append(out.Rights, right)
	}
	return &rightsOutput{Body: out}, nil
}

func (r *routes) decisions(ctx context.Context, in *decisionsInput) (*decisionsOutput, error) {
	if in.Staff != "" && !id.Valid(in.Staff) {
		return nil, fault.InvalidField("rightsapi.decisions", "staff", "is no id")
	}
	from := r.clock().Add(-time.Duration(in.Days) * 24 * time.Hour).UnixMicro()
	all, err := r.of.DecisionsOf(ctx, in.Who(), restriction.Query{Staff: in.Staff, From: from, Refused: in.Refused, Limit: restriction.MaxDecisions})
	if err != nil {
		return nil, err
	}
	out := &decisionsOutput{}
	out.Body.Decisions = make([]Decided, len(all))
	for i, d := range all {
		out.Body.Decisions[i] = Decided{
			At: d.At, Staff: d.Staff, Name: d.Name, Role: string(d.Role), Action: string(d.Action), Operation: d.Operation, Object: d.Object,
			Need: string(d.Need), Restriction: d.Restriction, Rule: d.Rule, Version: d.Version, Times: d.Times,
		}
	}
	return out, nil
}

const defaultDays = 7

func (r *routes) try(ctx context.Context, in *tryInput) (*triedOutput, error) {
	if bytes.Equal(bytes.TrimSpace(in.Body.Restriction), []byte("null")) {
		return nil, fault.InvalidField("rightsapi.try", "restriction", "is none")
	}
	var tried restriction.Restriction
	err := strictjson.Decode(in.Body.Restriction, &tried)
	if err == nil {
		days := in.Body.Days
		if days == 0 {
			days = defaultDays
		}
		var t restriction.Trial
		if t, err = r.of.Try(ctx, in.Who(), tried, days); err == nil {
			return &triedOutput{Body: triedOf(t)}, nil
		}
	}
	var wrong *fault.Error
	if !errors.As(err, &wrong) || wrong.Code != fault.Invalid || wrong.Reason == "" {
		return nil, err
	}
	return &triedOutput{Body: Tried{People: []TriedPerson{}, Problem: &Wrong{Field: wrong.Field, Reason: wrong.Reason}}}, nil
}

func triedOf(t restriction.Trial) Tried {
	out := Tried{Looked: t.Looked, Refused: t.Refused, Unsure: t.Unsure, People: make([]TriedPerson, len(t.People))}
	for i, p := range t.People {
		out.People[i] = TriedPerson{Staff: p.Staff, Name: p.Name, Role: string(p.Role), Action: string(p.Action), Need: string(p.Need), Times: p.Times}
	}
	return out
}
