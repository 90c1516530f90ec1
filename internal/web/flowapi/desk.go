package flowapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	flow "kefu/internal/flow/selfservice"
	"kefu/internal/web/api"
)

// FlowSeen is a run with what is to be seen of it.
type FlowSeen struct {
	Run   FlowRun    `json:"run"`
	Views []FlowView `json:"views" nullable:"false" doc:"one below the other, the last one is where the run stands; their form is in docs/flows.md"`
	Taken bool       `json:"taken" doc:"whether the answer was taken: another device may have been faster"`
}

type (
	// InLanguage is who asks, and in which language they are answered.
	InLanguage struct {
		api.Caller
		Lang string `query:"lang" maxLength:"35" pattern:"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$" default:"en" doc:"BCP 47, of all texts"`
	}
	// InConversation is about one conversation.
	InConversation struct {
		InLanguage
		ID string `path:"id" maxLength:"26" doc:"of the conversation"`
	}
	// OfRun is about one run.
	OfRun struct {
		InLanguage
		ID string `path:"id" maxLength:"26" doc:"of the run"`
	}
	flowsOutput struct {
		Body struct {
			Items []Flow `json:"items" nullable:"false"`
		}
	}
	runsOutput struct {
		Body struct {
			Items []FlowRun `json:"items" nullable:"false"`
		}
	}
	startInput struct {
		InConversation
		Body struct {
			Flow    string `json:"flow" maxLength:"8"`
			Payment string `json:"payment,omitempty" maxLength:"80" doc:"id of one of the customer's payments, which is not asked for then"`
		}
	}
	answerInput struct {
		OfRun
		Body struct {
			Op   string `json:"op" minLength:"1" maxLength:"64" pattern:"^[A-Za-z0-9-]+$" doc:"the same twice is one answer"`
			Do   string `json:"do" enum:"set,confirm,deny,skip,other,back,go_on,human,cannot,give,remove"`
			Step string `json:"step,omitempty" maxLength:"40" doc:"the step that is answered"`
			Text string `json:"text,omitempty" maxLength:"1000"`
			Hash string `json:"hash,omitempty" maxLength:"128" doc:"of what is agreed to"`
			File string `json:"file,omitempty" maxLength:"26" doc:"of give: the id of a file that was uploaded and sent nowhere; text says what it is"`
		}
	}
	seenOutput struct{ Body FlowSeen }
)

type desk struct{ runs Runs }

// Routes gives the desk's operations, for api.Deps.More.
func Routes(runs Runs) func(*api.API) {
	return func(a *api.API) {
		d := &desk{runs}
		tags := []string{"flows"}
		api.Add(a, huma.Operation{OperationID: "flows", Method: http.MethodGet, Path: "/v1/flows", Summary: "List what customers can do for themselves", Tags: tags}, d.flows)
		api.Add(a, huma.Operation{OperationID: "conversation-runs", Method: http.MethodGet, Path: "/v1/conversations/{id}/runs", Summary: "List the runs of a conversation that goes on, and to who sees everything those of its customer that are not over", Tags: tags}, d.list)
		api.Add(a, huma.Operation{OperationID: "start-run", Method: http.MethodPost, Path: "/v1/conversations/{id}/runs", Summary: "Begin a flow together with the customer", Tags: tags}, d.start)
		api.Add(a, huma.Operation{OperationID: "run", Method: http.MethodGet, Path: "/v1/runs/{id}", Summary: "See a run as it stands, which leaves a record", Tags: tags}, d.get)
		api.Add(a, huma.Operation{OperationID: "answer-run", Method: http.MethodPost, Path: "/v1/runs/{id}/answers", Summary: "Answer the present step; what only the customer may agree to is refused", Tags: tags}, d.answer)
	}
}

func (d *desk) flows(ctx context.Context, in *InLanguage) (*flowsOutput, error) {
	all, err := d.runs.Catalogue(ctx, in.Who())
	if err != nil {
		return nil, err
	}
	out := &flowsOutput{}
	out.Body.Items = flowsOf(all, in.Lang)
	return out, nil
}

func (d *desk) list(ctx context.Context, in *InConversation) (*runsOutput, error) {
	all, err := d.runs.ListOf(ctx, in.Who(), in.ID)
	if err != nil {
		return nil, err
	}
	out := &runsOutput{}
	out.Body.Items = make([]FlowRun, len(all))
	for i, one := range all {
		out.Body.Items[i] = runOf(one, in.Lang)
	}
	return out, nil
}

func (d *desk) start(ctx context.Context, in *startInput) (*seenOutput, error) {
	b := flow.Begin{Flow: in.Body.Flow, Conversation: in.ID, Language: in.Lang}
	if in.Body.Payment != "" {
		b.Given = map[string]string{"payment": in.Body.Payment}
	}
	seen, err := d.runs.Start(ctx, in.Who(), b)
	return answered(seen, err, in.InLanguage)
}

func (d *desk) get(ctx context.Context, in *OfRun) (*seenOutput, error) {
	seen, err := d.runs.Get(ctx, in.Who(), in.ID)
	return answered(seen, err, in.InLanguage)
}

func (d *desk) answer(ctx context.Context, in *answerInput) (*seenOutput, error) {
	seen, err := d.runs.Answer(ctx, in.Who(), in.ID, in.Body.Op, in.Body.Step, said(in.Body.Do, in.Body.Text, in.Body.Hash, in.Body.File))
	return answered(seen, err, in.InLanguage)
}

func answered(seen flow.Seen, err error, in InLanguage) (*seenOutput, error) {
	if err != nil {
		return nil, err
	}
	views, err := viewsOf(seen.Views, in.Lang, in.Who())
	if err != nil {
		return nil, err
	}
	return &seenOutput{Body: FlowSeen{Run: runOf(seen, in.Lang), Views: views, Taken: seen.Taken}}, nil
}
