package api_test

import (
	"context"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/content"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	domain "kefu/internal/domain/selfservice"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/selfservice"
	"kefu/internal/flow/selfservice/subjects"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/web/flowapi"
)

// runs walks customers through the flows that Kefu comes with, in the demo's wallet.
func (w *world) runs() *selfservice.Service {
	w.t.Helper()
	if w.walker != nil {
		return w.walker
	}
	sub := func(of fs.FS, name string) fs.FS {
		found, err := fs.Sub(of, name)
		check(w.t, err)
		return found
	}
	asked, err := subjects.All(subjects.Deps{})
	check(w.t, err)
	flows, table, err := selfservice.LoadFlows(sub(content.Flows, "flows"), sub(content.Failures, "failures"), asked.Declared())
	check(w.t, err)
	s := selfservice.New(selfservice.Deps{
		Store: w.store, Intake: w.intake, Wallet: w.lookup.Wallet, Failures: table, Flows: flows, Reads: asked, Clock: w.now, Log: slog.New(slog.DiscardHandler),
	}, selfservice.Options{Issuer: "wallet", Answers: ratelimit.Limit{Burst: 10_000, Per: time.Second}})
	check(w.t, s.KeepFlows(context.Background()))
	w.walker = s
	return s
}

// walking asks for something about runs in a conversation of anna's that is the
// caller's own, as far as that may be. With a run there is one, and RUN in path stands
// for it.
func walking(method, path, body string, run bool) func(*world, staff.Member) (call, string) {
	return func(w *world, m staff.Member) (call, string) {
		conv, who := w.signedIn("cust-anna")
		check(w.t, w.store.EraseFlowRuns(context.Background(), identity.SystemPart("test"), who.ID, 1<<60))
		if p := principalOf(m); policy.Allow(p, policy.WorkConversation, policy.Object{}) {
			_, err := w.store.Execute(context.Background(), p, conv, conversation.Command{
				Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: m.ID, Name: m.Alias}},
			})
			check(w.t, err)
		}
		if run {
			seen, err := w.runs().Start(context.Background(), who, selfservice.Begin{Flow: "FL6", Conversation: conv, Language: "en"})
			check(w.t, err)
			return call{method: method, path: strings.NewReplacer("RUN", seen.Run.ID, "CONV", conv).Replace(path), body: body}, conv
		}
		return call{method: method, path: strings.ReplaceAll(path, "CONV", conv), body: body}, conv
	}
}

func runScenarios() []scenario {
	return []scenario{
		{"flows", "", plain("GET", "/v1/flows", ""), [5]int{200, 403, 200, 200, 403}, noKeys()},
		{"conversation-runs", "", walking("GET", "/v1/conversations/CONV/runs", "", true), [5]int{200, 404, 200, 200, 404}, noKeys()},
		{"start-run", "", walking("POST", "/v1/conversations/CONV/runs", `{"flow":"FL6"}`, false), [5]int{200, 404, 200, 200, 404}, noKeys()},
		{"start-run", "of no flow", walking("POST", "/v1/conversations/CONV/runs", `{"flow":"FL99"}`, false), [5]int{404, 404, 404, 404, 404}, noKeys()},
		{"run", "", walking("GET", "/v1/runs/RUN", "", true), [5]int{200, 404, 200, 200, 404}, noKeys()},
		{"answer-run", "", walking("POST", "/v1/runs/RUN/answers", `{"op":"a-1","do":"other","step":"pick"}`, true), [5]int{200, 404, 200, 200, 404}, noKeys()},
		{"answer-run", "to another step", walking("POST", "/v1/runs/RUN/answers", `{"op":"a-1","do":"other","step":"what"}`, true), [5]int{200, 404, 200, 200, 404}, noKeys()},
	}
}

// An agent and the customer walk one run: each sees what the other did, and the other
// person's name is masked for the agent alone.
func TestAnAgentWalksARunWithTheCustomer(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	conv, who := w.signedIn("cust-anna")
	m := w.member(identity.Agent)
	_, err := w.store.Execute(ctx, principalOf(m), conv, conversation.Command{Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: m.ID, Name: m.Alias}}})
	check(t, err)
	agent := w.session(m)
	var seen flowapi.FlowSeen
	w.must(200, call{method: "POST", path: "/v1/conversations/" + conv + "/runs", body: `{"flow":"FL6"}`, bearer: agent}).json(t, &seen)
	if seen.Run.Step != "pick" || seen.Run.State != "asking" || len(seen.Views) != 1 || seen.Run.Conv != conv {
		t.Fatalf("%+v", seen)
	}
	text := w.must(200, call{method: "GET", path: "/v1/runs/" + seen.Run.ID, bearer: agent}).text
	if strings.Contains(text, "Krüger") || !strings.Contains(text, "850.00") {
		t.Errorf("the agent sees %s", text)
	}
	mine, err := w.runs().Get(ctx, who, seen.Run.ID)
	check(t, err)
	if len(mine.Views) != 1 || !slices.ContainsFunc(mine.Views[0].Items, func(v domain.Value) bool { return strings.Contains(v.Payment.Party, "Krüger") }) {
		t.Errorf("the customer sees %+v", mine.Views)
	}
	w.must(200, call{method: "POST", path: "/v1/runs/" + seen.Run.ID + "/answers", body: `{"op":"a-1","do":"other","step":"pick"}`, bearer: agent}).json(t, &seen)
	if mine, err = w.runs().Get(ctx, who, seen.Run.ID); err != nil || mine.Run.Step != "not_listed" || !seen.Taken {
		t.Errorf("after the agent's answer: %+v, %v", mine.Run, err)
	}
	w.must(200, call{method: "POST", path: "/v1/runs/" + seen.Run.ID + "/answers", body: `{"op":"a-2","do":"set","step":"pick","text":"x"}`, bearer: agent}).json(t, &seen)
	if seen.Taken || seen.Run.Step != "not_listed" {
		t.Errorf("an answer to a step that is over: %+v", seen.Run)
	}
	colleague := w.as(identity.Agent)
	w.must(200, call{method: "GET", path: "/v1/runs/" + seen.Run.ID, bearer: colleague})
	w.must(403, call{method: "POST", path: "/v1/runs/" + seen.Run.ID + "/answers", body: `{"op":"a-3","do":"human"}`, bearer: colleague})
}
