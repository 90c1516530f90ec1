// Package ruleapi is the part of the desk's API about rules that is not a setting
// like any other: what a rule would have done. It stands on package api, which admits
// the callers.
package ruleapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/rule"
	"kefu/internal/flow/ruling"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
	"kefu/internal/web/api"
)

// Rules tells what a rule would have done.
type Rules interface {
	Try(ctx context.Context, p identity.Principal, r rule.Rule, conversations int) (ruling.Trial, error)
}

// Trial is what a rule would have done with past conversations, by itself.
type Trial struct {
	Problem   *RuleProblem  `json:"problem,omitempty" doc:"what is wrong with the rule; then nothing was tried"`
	Looked    int           `json:"looked" doc:"conversations that were looked at, the newest ones"`
	Complete  bool          `json:"complete" doc:"false when the time was over before all of them were"`
	Occasions int           `json:"occasions" doc:"how often the rule was asked"`
	Held      int           `json:"held" doc:"how often its condition held"`
	Failed    int           `json:"failed" doc:"how often the condition could not be worked out: then the rule does nothing"`
	Samples   []TrialSample `json:"samples" nullable:"false" doc:"the newest conversations for which it held"`
}

// RuleProblem is what is wrong with a rule that is being written.
type RuleProblem struct {
	Field   string `json:"field" doc:"its path, such as then.0.tags"`
	Reason  string `json:"reason"`
	Message string `json:"message" doc:"for a condition: where and why, in English, as the language of conditions says it"`
}

// TrialSample is a conversation for which a rule would have held.
type TrialSample struct {
	Conversation string        `json:"conv"`
	Seq          int64         `json:"seq"`
	At           int64         `json:"at"`
	On           rule.Occasion `json:"on"`
}

type tryRuleInput struct {
	api.Caller
	Body struct {
		Rule          json.RawMessage `json:"rule" doc:"as it would be saved"`
		Conversations int             `json:"conversations,omitempty" minimum:"1" maximum:"1000" doc:"how many to look at; 200 when it is left out"`
	}
}

type trialOutput struct{ Body Trial }

type routes struct{ rules Rules }

// Routes gives the operations, for api.Deps.More.
func Routes(rules Rules) func(*api.API) {
	return func(a *api.API) {
		api.Add(a, huma.Operation{
			OperationID: "try-rule", Method: http.MethodPost, Path: "/v1/rules/try",
			Summary: "Tell what a rule would have done with past conversations", Tags: []string{"rules"}, Metadata: api.Reading(),
		}, (&routes{rules}).tryRule)
	}
}

const defaultTrial = 200

func (r *routes) tryRule(ctx context.Context, in *tryRuleInput) (*trialOutput, error) {
	var tried rule.Rule
	if bytes.Equal(bytes.TrimSpace(in.Body.Rule), []byte("null")) {
		return nil, fault.InvalidField("ruleapi.tryRule", "rule", "is none")
	}
	err := strictjson.Decode(in.Body.Rule, &tried)
	if err == nil {
		n := in.Body.Conversations
		if n == 0 {
			n = defaultTrial
		}
		var t ruling.Trial
		if t, err = r.rules.Try(ctx, in.Who(), tried, n); err == nil {
			return &trialOutput{Body: trialOf(t)}, nil
		}
	}
	var problem *fault.Error
	if !errors.As(err, &problem) || problem.Code != fault.Invalid || problem.Reason == "" {
		return nil, err
	}
	return &trialOutput{Body: Trial{Samples: []TrialSample{}, Problem: &RuleProblem{Field: problem.Field, Reason: problem.Reason, Message: problem.Message}}}, nil
}

func trialOf(t ruling.Trial) Trial {
	out := Trial{Looked: t.Looked, Complete: t.Complete, Occasions: t.Occasions, Held: t.Held, Failed: t.Failed, Samples: make([]TrialSample, len(t.Samples))}
	for i, s := range t.Samples {
		out.Samples[i] = TrialSample{Conversation: s.ConversationID, Seq: s.Seq, At: s.At, On: s.On}
	}
	return out
}
