// Package insiderapi is the part of the API about how staff look at customers: findings,
// for who judges them; decoys, for who runs the house; and, in the window, who looked at
// a customer's own data. It stands on package api, which admits the callers.
package insiderapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/web/api"
)

// Store keeps findings.
type Store interface {
	Findings(ctx context.Context, p identity.Principal, open bool, before string, limit int) ([]insider.Line, error)
	Finding(ctx context.Context, p identity.Principal, id string) (insider.Case, approval.Request, error)
	Decide(ctx context.Context, p identity.Principal, finding string, v insider.Verdict, reason string) error
	Approve(ctx context.Context, p identity.Principal, id, hash string) (approval.Request, error)
	Reject(ctx context.Context, p identity.Principal, id, reason string) error
	Decoys(ctx context.Context, p identity.Principal) ([]insider.Canary, error)
	RetireDecoy(ctx context.Context, p identity.Principal, customer string) error
}

// Decoys makes them.
type Decoys interface {
	Add(ctx context.Context, p identity.Principal, n insider.NewCanary) (string, error)
}

// Deps are what the operations work with.
type Deps struct {
	Store  Store
	Decoys Decoys
	Clean  func(ctx context.Context, text string) (string, error) // takes secrets out of what somebody wrote
	Clock  clock.Clock
}

// FindingReason is one of the things that a finding rests on.
type FindingReason struct {
	Why    string  `json:"why" doc:"what it is about, such as without_contact"`
	Seen   float64 `json:"seen" doc:"how many, or which share"`
	Usual  float64 `json:"usual" doc:"what would be usual; of a rule, the most that may be"`
	Spread float64 `json:"spread,omitempty" doc:"by how many of its usual spreads it is more; none of a rule"`
}

// Finding is something that somebody has to judge about how a member of staff looked at
// customers.
type Finding struct {
	ID      string          `json:"id"`
	StaffID string          `json:"staff_id"`
	Name    string          `json:"name"`
	Role    string          `json:"role" doc:"program: it is about an API key, and staff_id is the key's"`
	At      int64           `json:"at" doc:"when what showed it happened; the end of the day of what a whole day shows"`
	Day     int64           `json:"day" doc:"the day it is about, counted from 1970-01-01 UTC"`
	ByRule  bool            `json:"by_rule" doc:"by a hard rule, and not by comparison"`
	Rank    int             `json:"rank" doc:"1 is to be looked at now, 3 within days"`
	State   string          `json:"state" enum:"open,explained,watch,acted"`
	Taken   string          `json:"taken,omitempty" enum:"throttle,suspend" doc:"what was done by itself"`
	Now     string          `json:"now,omitempty" enum:"throttle,suspend" doc:"what is taken from them at present"`
	MadeAt  int64           `json:"made_at"`
	About   string          `json:"emergency_id,omitempty" doc:"the emergency access that is looked at afterwards"`
	Reasons []FindingReason `json:"reasons" nullable:"false"`
}

// FindingList is a page of findings, the newest first.
type FindingList struct {
	Items []Finding `json:"items" nullable:"false"`
	Next  string    `json:"next,omitempty" doc:"the cursor of the next page, when there is one"`
}

// FindingEvidence is one doing that a finding rests on, as the audit chain tells it.
type FindingEvidence struct {
	Seq          int64  `json:"seq" doc:"of the record in the audit chain"`
	At           int64  `json:"at"`
	Action       string `json:"action"`
	CustomerID   string `json:"customer_id,omitempty"`
	Conversation string `json:"conversation_id,omitempty" doc:"that the record names, or by which they had to do with the customer"`
	Contact      bool   `json:"contact" doc:"whether they had to do with the customer"`
	Field        string `json:"field,omitempty" doc:"that was revealed"`
	Reason       string `json:"reason,omitempty" doc:"the code that was given for it"`
	Decoy        bool   `json:"decoy,omitempty"`
	NewDevice    bool   `json:"new_device,omitempty"`
	OffShift     bool   `json:"off_shift,omitempty"`
}

// FindingDay is what somebody did on one day.
type FindingDay struct {
	Day       int64 `json:"day" doc:"counted from 1970-01-01 UTC"`
	Customers int   `json:"customers"`
	Without   int   `json:"without_contact" doc:"of those"`
	Looks     int   `json:"looks"`
	Reveals   int   `json:"reveals"`
	Searches  int   `json:"searches"`
	Exports   int   `json:"exports"`
	Payments  int   `json:"payments"`
	Refused   int   `json:"refused"`
	Works     int   `json:"works" doc:"what looking is good for: answers, notes, decisions"`
	Off       int   `json:"off_shift" doc:"looks outside of their hours"`
}

// FindingDecision is what was decided about a finding.
type FindingDecision struct {
	Verdict string `json:"verdict" enum:"explained,watch,throttle,suspend,lift"`
	Reason  string `json:"reason"`
	By      string `json:"by"`
	Second  string `json:"second,omitempty" doc:"who agreed as the second person"`
	Alone   bool   `json:"alone,omitempty" doc:"there was nobody to be the second person"`
	At      int64  `json:"at"`
	Finding string `json:"finding_id" doc:"about which finding of the same person"`
}

// FindingWaiting is what a second person has to agree to.
type FindingWaiting struct {
	ID        string `json:"id" doc:"of the request"`
	Hash      string `json:"hash" doc:"of what is asked for: to be named when agreeing"`
	Verdict   string `json:"verdict" enum:"throttle,suspend,lift"`
	Reason    string `json:"reason"`
	Finding   string `json:"finding_id" doc:"about which finding of the same person"`
	By        string `json:"by"`
	ExpiresAt int64  `json:"expires_at"`
	MayDecide bool   `json:"may_decide" doc:"whether the caller may be the second person"`
	MayTake   bool   `json:"may_withdraw" doc:"whether it is the caller's own, who may take it back as any request"`
}

// FindingCase is a finding with what it is judged by.
type FindingCase struct {
	Finding   Finding           `json:"finding"`
	Evidence  []FindingEvidence `json:"evidence" nullable:"false" doc:"at most 200, the newest first"`
	Days      []FindingDay      `json:"days" nullable:"false" doc:"the four weeks up to that day, the newest first; days on which they did nothing are left out"`
	Decisions []FindingDecision `json:"decisions" nullable:"false" doc:"what was decided about them, by this finding and by others, the newest first; at most 100"`
	Waiting   *FindingWaiting   `json:"waiting,omitempty"`
	MayDecide bool              `json:"may_decide" doc:"whether the caller may judge it"`
}

// FindingAsked says that a decision waits for a second person.
type FindingAsked struct {
	Approval string `json:"approval" doc:"the request under which it waits"`
}

type findingsInput struct {
	api.Caller
	All    bool   `query:"all" doc:"those that were judged, too"`
	Cursor string `query:"cursor" maxLength:"64" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"49" default:"25"`
}

type (
	listOutput   struct{ Body FindingList }
	findingInput struct {
		api.Caller
		ID string `path:"id" doc:"of the finding"`
	}
	oneOutput          struct{ Body FindingCase }
	decideFindingInput struct {
		api.Caller
		ID   string `path:"id" doc:"of the finding"`
		Body struct {
			Verdict string `json:"verdict" enum:"explained,watch,throttle,suspend,lift"`
			Reason  string `json:"reason" minLength:"10" maxLength:"500" doc:"why, for whoever looks at it later"`
		}
	}
	decideOutput struct {
		Status int
		Body   *FindingAsked
	}
	secondFindingInput struct {
		api.Caller
		ID   string `path:"id" doc:"of the request"`
		Body struct {
			Agree  bool   `json:"agree"`
			Hash   string `json:"hash,omitempty" maxLength:"64" doc:"of what was seen; needed to agree"`
			Reason string `json:"reason,omitempty" maxLength:"500" doc:"why not; needed to refuse"`
		}
	}
)

type routes struct{ Deps }

// Routes gives the operations, for api.Deps.More.
func Routes(d Deps) func(*api.API) {
	return func(a *api.API) {
		r, tags := &routes{d}, []string{"findings"}
		api.Add(a, huma.Operation{OperationID: "findings", Method: http.MethodGet, Path: "/v1/findings", Summary: "List what was found about how colleagues look at customers", Tags: tags}, r.list)
		api.Add(a, huma.Operation{OperationID: "finding", Method: http.MethodGet, Path: "/v1/findings/{id}", Summary: "Read one finding with its evidence", Tags: tags}, r.one)
		api.Add(a, huma.Operation{OperationID: "decide-finding", Method: http.MethodPost, Path: "/v1/findings/{id}/decisions", Summary: "Judge a finding", Tags: tags, DefaultStatus: http.StatusNoContent}, r.decide)
		api.Add(a, huma.Operation{OperationID: "second-finding", Method: http.MethodPost, Path: "/v1/finding-requests/{id}", Summary: "Agree to what a colleague decided, or refuse it, as the second person", Tags: tags, DefaultStatus: http.StatusNoContent}, r.second)
		api.Add(a, huma.Operation{OperationID: "decoys", Method: http.MethodGet, Path: "/v1/decoys", Summary: "List the customers who do not exist", Tags: tags}, r.decoys)
		api.Add(a, huma.Operation{OperationID: "make-decoy", Method: http.MethodPost, Path: "/v1/decoys", Summary: "Make a customer who does not exist", Tags: tags, DefaultStatus: http.StatusCreated}, r.make)
		api.Add(a, huma.Operation{OperationID: "retire-decoy", Method: http.MethodDelete, Path: "/v1/decoys/{id}", Summary: "Let touching one be of no consequence any more", Tags: tags}, r.retire)
	}
}

func stepName(s insider.Step) string {
	switch s {
	case insider.Throttle:
		return "throttle"
	case insider.Suspend:
		return "suspend"
	default:
		return ""
	}
}

func findingOf(l *insider.Line) Finding {
	f := Finding{
		ID: l.ID, StaffID: l.Alert.Staff, Name: l.Name, Role: l.Role, At: l.Alert.At, Day: l.Alert.Day, ByRule: l.Alert.Rule, Rank: int(l.Rank),
		State: string(l.State), Taken: stepName(l.Taken), Now: stepName(l.Now), MadeAt: l.MadeAt, About: l.Alert.About, Reasons: []FindingReason{},
	}
	for _, r := range l.Alert.Reasons {
		f.Reasons = append(f.Reasons, FindingReason{Why: string(r.Why), Seen: r.Seen, Usual: r.Usual, Spread: r.Spread})
	}
	return f
}

func (r *routes) list(ctx context.Context, in *findingsInput) (*listOutput, error) {
	if in.Cursor != "" && !id.Valid(in.Cursor) {
		return nil, fault.InvalidField("insiderapi.list", "cursor", "was not given out by us")
	}
	all, err := r.Store.Findings(ctx, in.Who(), !in.All, in.Cursor, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &listOutput{Body: FindingList{Items: []Finding{}}}
	if len(all) > in.Limit {
		all = all[:in.Limit]
		out.Body.Next = all[in.Limit-1].ID
	}
	for i := range all {
		out.Body.Items = append(out.Body.Items, findingOf(&all[i]))
	}
	return out, nil
}

func (r *routes) one(ctx context.Context, in *findingInput) (*oneOutput, error) {
	c, waiting, err := r.Store.Finding(ctx, in.Who(), in.ID)
	if err != nil {
		return nil, err
	}
	out := FindingCase{Finding: findingOf(&c.Line), Evidence: []FindingEvidence{}, Days: []FindingDay{}, Decisions: []FindingDecision{}, MayDecide: c.MayDecide}
	for _, n := range c.Evidence {
		e := FindingEvidence{Seq: n.Seq, At: n.At, Action: n.Action, CustomerID: n.Customer, Conversation: n.Conversation, Contact: n.Contact != "", Field: n.Field, Reason: n.Reason, Decoy: n.Canary, NewDevice: n.NewDevice, OffShift: n.OffShift}
		if e.Conversation == "" {
			e.Conversation = n.Contact
		}
		out.Evidence = append(out.Evidence, e)
	}
	for _, d := range c.Days {
		out.Days = append(out.Days, FindingDay{d.Day, d.Customers, d.Without, d.Looks, d.Reveals, d.Searches, d.Exports, d.Payments, d.Refused, d.Works, d.Off})
	}
	for _, d := range c.Decisions {
		out.Decisions = append(out.Decisions, FindingDecision{Verdict: string(d.Verdict), Reason: d.Reason, By: d.By, Second: d.Second, Alone: d.Approval == approval.Alone, At: d.At, Finding: d.Finding})
	}
	if w := c.Waiting; w != nil {
		out.Waiting = &FindingWaiting{ID: waiting.ID, Hash: waiting.Hash, Verdict: string(w.Verdict), Reason: w.Reason, Finding: w.Finding, By: waiting.MakerName, ExpiresAt: waiting.ExpiresAt, MayDecide: w.MayDecide, MayTake: w.MayTake}
	}
	return &oneOutput{Body: out}, nil
}

func (r *routes) decide(ctx context.Context, in *decideFindingInput) (*decideOutput, error) {
	reason, err := r.Clean(ctx, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	err = r.Store.Decide(ctx, in.Who(), in.ID, insider.Verdict(in.Body.Verdict), reason)
	var pending *approval.PendingError
	if errors.As(err, &pending) {
		return &decideOutput{Status: http.StatusAccepted, Body: &FindingAsked{Approval: pending.ID}}, nil
	}
	return &decideOutput{Status: http.StatusNoContent}, err
}

func (r *routes) second(ctx context.Context, in *secondFindingInput) (*api.Nothing, error) {
	if in.Body.Agree {
		_, err := r.Store.Approve(ctx, in.Who(), in.ID, in.Body.Hash)
		return &api.Nothing{}, err
	}
	reason, err := r.Clean(ctx, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &api.Nothing{}, r.Store.Reject(ctx, in.Who(), in.ID, reason)
}
