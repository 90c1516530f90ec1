package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/id"
	"kefu/internal/web/api"
)

// A code is chosen when a conversation is resolved, changed afterwards, and asked
// for where the house says so: for one, and for many at once.
func TestConversationsAreWrappedUp(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		code := id.New()
		for kind, body := range map[string]string{"wrap_up_code": `{"name":"Refunded"}`, "wrap_up": `{"required":true}`} {
			of := code
			if kind == "wrap_up" {
				of = settings.SingletonID(kind)
			}
			_, err := w.settings.Save(context.Background(), identity.SystemPart("test"), settings.Change{Kind: kind, ID: of, Body: json.RawMessage(body)})
			check(t, err)
		}
		one, _ := w.talk("Where is my refund?")
		two, _ := w.talk("And mine?")
		bearer := w.as(identity.Agent)
		put := func(what, body string) call {
			return call{method: "PUT", path: "/v1/conversations/" + one + what, bearer: bearer, body: body}
		}
		for _, body := range []string{`{"status":"resolved"}`, `{"status":"resolved","code":"x"}`, fmt.Sprintf(`{"status":"resolved","code":%q}`, id.New()), fmt.Sprintf(`{"status":"waiting","code":%q}`, code)} {
			var p api.Problem
			if w.problem(422, "invalid", put("/status", body)).json(t, &p); p.Field != "code" {
				t.Errorf("%s: %+v", body, p)
			}
		}
		w.must(204, put("/status", fmt.Sprintf(`{"status":"resolved","code":%q,"wrap_up":"by card"}`, code)))
		if got := w.line(one, bearer); got.Code != code {
			t.Errorf("the line has the code %q", got.Code)
		}
		w.must(204, put("/wrap-up", fmt.Sprintf(`{"code":%q,"wrap_up":"by bank"}`, code)))
		w.must(204, put("/status", `{"status":"open","undo":true}`))
		if got := w.line(one, bearer); got.Reopened != 0 || got.Status != "open" {
			t.Errorf("taken back: %+v", got)
		}
		w.problem(409, "conflict", put("/wrap-up", fmt.Sprintf(`{"code":%q}`, code)))
		many := call{method: "POST", path: "/v1/conversations/changes", bearer: bearer, body: fmt.Sprintf(`{"changes":[{"id":%q,"status":"resolved"},{"id":%q,"status":"resolved","code":%q}]}`, one, two, code)}
		find := func(of string) (found []string) {
			var page api.ConversationPage
			w.must(200, call{method: "POST", path: "/v1/conversations/find", bearer: bearer, body: fmt.Sprintf(`{"list":{"status":["resolved"],"code":[%q]}}`, of)}).json(t, &page)
			for _, c := range page.Items {
				found = append(found, c.ID)
			}
			return found
		}
		var answers api.ManyResults
		w.must(200, many).json(t, &answers)
		if answers.Items[0].Field != "code" || answers.Items[1].Code != "" || w.line(two, bearer).Code != code {
			t.Errorf("many: %+v", answers)
		}
		if got := find(code); len(got) != 1 || got[0] != two {
			t.Errorf("found by their code: %v", got)
		}
		if got := find(id.New()); len(got) != 0 {
			t.Errorf("found by another code: %v", got)
		}
		skills := func(change string) {
			w.must(200, call{method: "POST", path: "/v1/conversations/changes", bearer: bearer, body: fmt.Sprintf(`{"changes":[{"id":%q,%s}]}`, one, change)})
		}
		skills(`"add_skills":["fraud","tax"]`)
		skills(`"add_skills":["cards"],"remove_skills":["tax"]`)
		if got := w.line(one, bearer); !slices.Equal(got.Skills, []string{"cards", "fraud"}) {
			t.Errorf("skills: %q", got.Skills)
		}
	})
}
