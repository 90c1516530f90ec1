package api_test

import (
	"context"
	"strings"
	"testing"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/casework"
	"kefu/internal/platform/id"
	"kefu/internal/web/privacyapi"
)

// requested is a request of a customer's about their data, decided for them or not.
func (w *world) requested(decided bool) string {
	w.t.Helper()
	conv, who := w.signedIn("cust-" + id.New()[:8])
	w.say(who, conv, "erase me")
	boss := principalOf(w.member(identity.Supervisor))
	c, err := w.cases().Open(context.Background(), boss, casework.Opening{Type: jurisdiction.DataRequest, Conversation: conv})
	check(w.t, err)
	lead := func(kind cases.Kind, d cases.Data) {
		w.t.Helper()
		c, err = w.cases().Lead(context.Background(), boss, c.ID, casework.Change{Kind: kind, Revision: int64(len(c.Events)), Data: d})
		check(w.t, err)
	}
	lead(cases.Confirmed, cases.Data{Type: jurisdiction.DataRequest, Request: cases.Erasing, Jurisdiction: "eu"})
	if decided {
		proven := who
		proven.Level = identity.AL2
		c, err = w.cases().Lead(context.Background(), proven, c.ID, casework.Change{Kind: cases.Identified, Revision: int64(len(c.Events))})
		check(w.t, err)
		lead(cases.Decided, cases.Data{Outcome: cases.Upheld, Reason: "you asked for it"})
	}
	return c.ID
}

func privacyScenarios() []scenario {
	of := func(method string, decided bool) func(*world, staff.Member) (call, string) {
		return func(w *world, _ staff.Member) (call, string) {
			return call{method: method, path: "/v1/cases/" + w.requested(decided) + "/erasure"}, ""
		}
	}
	leading := func(body string) func(*world, staff.Member) (call, string) {
		return func(w *world, _ staff.Member) (call, string) {
			return call{method: "POST", path: "/v1/cases/" + w.requested(false) + "/events", body: body}, ""
		}
	}
	reading := func(what string) func(*world, staff.Member) (call, string) {
		return func(w *world, _ staff.Member) (call, string) {
			return call{method: "GET", path: "/v1/cases/" + w.requested(false) + what}, ""
		}
	}
	writing := func(w *world, _ staff.Member) (call, string) {
		return call{method: "POST", path: "/v1/cases/" + w.requested(false) + "/letters/upheld", body: `{"revision":2,"lang":"en"}`}, ""
	}
	const confirm = `{"revision":2,"kind":"confirmed","type":"data_request","request":"erase","jurisdiction":"eu"}`
	works := [5]int{200, 404, 200, 200, 404}
	const vouched = `{"revision":2,"kind":"vouched","reason":"the passport was shown on a video call"}`
	return []scenario{
		{"lead-case", "vouching for who asks", leading(vouched), [5]int{200, 404, 200, 403, 404}, noKeys()},
		{"lead-case", "vouching for who asks, without a ground", leading(`{"revision":2,"kind":"vouched","reason":"I know them"}`), [5]int{422, 404, 422, 403, 404}, noKeys()},
		{"lead-case", "telling of the end of what never stood still", leading(`{"revision":2,"kind":"lift_told","text":"from now on","until":9000000000000000}`), [5]int{409, 404, 409, 409, 404}, noKeys()},
		{"lead-case", "ending what never stood still", leading(`{"revision":2,"kind":"lifted"}`), [5]int{409, 404, 409, 403, 404}, noKeys()},
		{"case", "that is a request about data", reading(""), works, noKeys()},
		{"case-letter", "of a request about data", reading("/letters/acknowledgement?lang=zh"), works, noKeys()},
		{"case-liability", "of a request about data", reading("/liability"), works, noKeys()},
		{"write-case-letter", "of a request about data that nobody decided", writing, [5]int{422, 404, 422, 422, 404}, noKeys()},
		{"lead-case", "telling how a request about data stands", leading(`{"revision":2,"kind":"informed","text":"we look for all of it"}`), works, noKeys()},
		{"lead-case", "of a request about data as it was", leading(strings.Replace(confirm, ":2", ":1", 1)), [5]int{409, 404, 409, 409, 404}, noKeys()},
		{"lead-case", "of a request about data under a law that there is not", leading(strings.Replace(confirm, `"eu"`, `"mars"`, 1)), [5]int{422, 404, 422, 422, 404}, noKeys()},
		{"lead-case", "of a request about data sending again what was never sent", leading(`{"revision":2,"kind":"resent","letter":1}`), [5]int{422, 404, 422, 422, 404}, noKeys()},
		{"lead-case", "deciding a request about data", leading(`{"revision":2,"kind":"decided","outcome":"refused","reason":"a law has it kept"}`), [5]int{200, 404, 200, 403, 404}, noKeys()},
		{"case-erasure", "", of("GET", false), [5]int{200, 404, 200, 403, 404}, noKeys()},
		{"case-erasure", "of a case that is no request about data", onCase(true, "GET", "/erasure", ""), [5]int{404, 404, 404, 403, 404}, noKeys()},
		{"erase-customer", "that nobody decided", of("POST", false), [5]int{409, 404, 409, 403, 404}, noKeys()},
		{"erase-customer", "", of("POST", true), [5]int{202, 404, 202, 403, 404}, noKeys()},
		{"erase-customer", "of a case that is no request about data", onCase(true, "POST", "/erasure", ""), [5]int{404, 404, 404, 403, 404}, noKeys()},
	}
}

// The second person is another one who could have asked too and decides requests: an owner, as
// delivered. Until they agree nothing is begun, and what was taken back meanwhile is never.
func TestAnErasureNeedsASecondPerson(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		boss, owner := w.session(w.member(identity.Supervisor)), w.session(w.member(identity.Owner))
		request := w.requested(true)
		path := "/v1/cases/" + request + "/erasure"
		look := func() (out privacyapi.CaseErasure) {
			w.must(200, call{method: "GET", path: path, bearer: boss}).json(t, &out)
			return out
		}
		if now := look(); now.State != "none" || len(now.Parts) != 1 || now.Parts[0].Erased != 3 {
			t.Errorf("before: %+v", now)
		}
		waits := w.must(202, call{method: "POST", path: path, bearer: boss}).header.Get("Location")
		w.must(409, call{method: "POST", path: path, bearer: boss}) // it waits already
		if now := look(); now.State != "none" {
			t.Errorf("while it waits: %+v", now)
		}
		var a struct {
			Kind, Hash string
			MayDecide  bool `json:"may_decide"`
		}
		w.must(200, call{method: "GET", path: waits, bearer: boss}).json(t, &a) // who asked sees it, and no more
		if a.MayDecide {
			t.Error("who asked may decide it")
		}
		w.must(403, call{method: "POST", path: waits + "/approve", body: `{"hash":"` + a.Hash + `"}`, bearer: boss})
		w.must(404, call{method: "GET", path: waits, bearer: w.session(w.member(identity.Supervisor))})
		w.must(200, call{method: "GET", path: waits, bearer: owner}).json(t, &a)
		if a.Kind != "customer.erase" || !a.MayDecide {
			t.Errorf("what the owner sees: %+v", a)
		}
		w.must(204, call{method: "POST", path: waits + "/approve", body: `{"hash":"` + a.Hash + `"}`, bearer: owner})
		if now := look(); now.State != "running" || now.BegunAt == 0 {
			t.Errorf("afterwards: %+v", now)
		}
		w.must(409, call{method: "POST", path: path, bearer: boss}) // it was begun already
	})
}
