package api_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"kefu/content"
	"kefu/internal/domain/audit"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/casework"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/web/caseapi"
)

// cases leads cases under the law of the European Union.
func (w *world) cases() *casework.Service {
	w.t.Helper()
	if w.caseworker != nil {
		return w.caseworker
	}
	sub, err := fs.Sub(content.Jurisdictions, "jurisdictions")
	check(w.t, err)
	book, err := jurisdiction.Load(sub)
	check(w.t, err)
	signer, err := audit.NewSigner(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	check(w.t, err)
	w.caseworker, err = casework.New(casework.Deps{Store: w.store, Intake: w.intake, Book: book, Law: "eu", Clock: w.now, Signer: signer})
	check(w.t, err)
	return w.caseworker
}

// filed is a case of a conversation of anna's, opened by a supervisor; whose says who
// leads it, if they may.
func (w *world) filed(whose string) (caseID, conv string) {
	w.t.Helper()
	conv, who := w.signedIn("cust-" + id.New()[:8])
	w.say(who, conv, "that was not me")
	boss := principalOf(w.member(identity.Supervisor))
	c, err := w.cases().Open(context.Background(), boss, casework.Opening{Type: jurisdiction.Unauthorised, Conversation: conv})
	check(w.t, err)
	if whose != "" {
		_, err = w.cases().Lead(context.Background(), boss, c.ID, casework.Change{Kind: cases.Assigned, Revision: 1, Data: cases.Data{Staff: whose}})
		if fault.ReasonOf(err) != "cannot_lead" { // whoever may not is not told of it either
			check(w.t, err)
		}
	}
	return c.ID, conv
}

// onCase asks for something about a case: own says that it is the caller's.
func onCase(own bool, method, what, body string) func(*world, staff.Member) (call, string) {
	return func(w *world, m staff.Member) (call, string) {
		whose := m.ID
		if !own {
			whose = w.member(identity.Agent).ID
		}
		c, conv := w.filed(whose)
		return call{method: method, path: "/v1/cases/" + c + what, body: body}, conv
	}
}

func caseScenarios() []scenario {
	const confirm = `{"revision":2,"kind":"confirmed","type":"unauthorised","jurisdiction":"eu"}`
	const informed = `{"revision":2,"kind":"informed","text":"we wait for the shop"}`
	const added = `{"revision":2,"kind":"added","text":"the shop's answer"}`
	opening := func(body string) func(*world, staff.Member) (call, string) {
		return func(w *world, _ staff.Member) (call, string) {
			conv, who := w.signedIn("cust-" + id.New()[:8])
			w.say(who, conv, "that was not me")
			return call{method: "POST", path: "/v1/conversations/" + conv + "/cases", body: body}, conv
		}
	}
	reads, works := [5]int{200, 403, 200, 200, 403}, [5]int{200, 404, 200, 200, 404}
	return []scenario{
		{"cases", "of one's own", plain("GET", "/v1/cases", ""), reads, noKeys()},
		{"cases", "that are late", plain("GET", "/v1/cases?list=late", ""), reads, noKeys()},
		{"cases", "of everybody at once", plain("GET", "/v1/cases?list=all", ""), [5]int{422, 403, 422, 422, 403}, noKeys()},
		{"case-counts", "", plain("GET", "/v1/case-counts", ""), reads, noKeys()},
		{"jurisdictions", "", plain("GET", "/v1/jurisdictions", ""), reads, noKeys()},
		{"open-case", "", opening(`{"type":"unauthorised"}`), [5]int{201, 404, 201, 201, 404}, noKeys()},
		{"open-case", "of an entry that is not the customer's", opening(`{"type":"unauthorised","entry":99}`), [5]int{422, 404, 422, 422, 404}, noKeys()},
		{"case", "", onCase(true, "GET", "", ""), works, noKeys()},
		{"case", "of a colleague", onCase(false, "GET", "", ""), works, noKeys()},
		{"lead-case", "of one's own", onCase(true, "POST", "/events", confirm), works, noKeys()},
		{"lead-case", "of a colleague", onCase(false, "POST", "/events", confirm), [5]int{200, 404, 200, 403, 404}, noKeys()},
		{"lead-case", "as it was", onCase(true, "POST", "/events", strings.Replace(confirm, ":2", ":1", 1)), [5]int{409, 404, 409, 409, 404}, noKeys()},
		{"lead-case", "under a law that there is not", onCase(true, "POST", "/events", strings.Replace(confirm, `"eu"`, `"mars"`, 1)), [5]int{422, 404, 422, 422, 404}, noKeys()},
		{"case-letter", "", onCase(true, "GET", "/letters/acknowledgement?lang=zh", ""), works, noKeys()},
		{"write-case-letter", "of one's own", onCase(true, "POST", "/letters/acknowledgement", `{"revision":2,"lang":"en"}`), works, noKeys()},
		{"write-case-letter", "of a colleague", onCase(false, "POST", "/letters/acknowledgement", `{"revision":2,"lang":"en"}`), [5]int{200, 404, 200, 403, 404}, noKeys()},
		{"lead-case", "telling how one's own stands", onCase(true, "POST", "/events", informed), works, noKeys()},
		{"lead-case", "telling how a colleague's stands", onCase(false, "POST", "/events", informed), [5]int{200, 404, 200, 403, 404}, noKeys()},
		{"lead-case", "adding to one's own", onCase(true, "POST", "/events", added), works, noKeys()},
		{"lead-case", "adding to a colleague's", onCase(false, "POST", "/events", added), [5]int{200, 404, 200, 403, 404}, noKeys()},
		{"lead-case", "with a file of nobody's", onCase(true, "POST", "/events", strings.Replace(added, `"text":"the shop's answer"`, `"files":["`+id.New()+`"]`, 1)), [5]int{404, 404, 404, 404, 404}, noKeys()},
		{"lead-case", "sending again what was never sent", onCase(true, "POST", "/events", `{"revision":2,"kind":"resent","letter":1}`), [5]int{422, 404, 422, 422, 404}, noKeys()},
		{"case-liability", "of one's own", onCase(true, "GET", "/liability?learned=1", ""), works, noKeys()},
		{"case-liability", "of a colleague", onCase(false, "GET", "/liability", ""), works, noKeys()},
		{"case-evidence", "of one's own", onCase(true, "GET", "/evidence.zip", ""), [5]int{200, 404, 200, 403, 404}, noKeys()},
		{"case-evidence", "of a colleague", onCase(false, "GET", "/evidence.zip", ""), [5]int{200, 404, 200, 403, 404}, noKeys()},
		{"lead-case", "holding one's own", onCase(true, "POST", "/events", `{"revision":2,"kind":"held","reason":"a court asks"}`), [5]int{200, 404, 200, 403, 404}, noKeys()},
		{"cases", "by a reference that there is not", plain("GET", "/v1/cases?list=named&reference=K-NOBODYS", ""), reads, noKeys()},
		{"write-case-letter", "that nobody decided", onCase(true, "POST", "/letters/upheld", `{"revision":2,"lang":"en"}`), [5]int{422, 404, 422, 422, 404}, noKeys()},
		{"case-figures", "", plain("GET", "/v1/case-figures?year=2026", ""), [5]int{200, 403, 200, 403, 403}, noKeys()},
		{"case-figures", "of a zone that there is not", plain("GET", "/v1/case-figures?year=2026&time_zone=Moon", ""), [5]int{422, 403, 422, 403, 403}, noKeys()},
		{"export-case-figures", "", plain("GET", "/v1/case-figures.csv?year=2026", ""), [5]int{200, 403, 200, 403, 403}, noKeys()},
	}
}

func TestACaseAtTheDesk(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		m := w.member(identity.Agent)
		token := w.session(m)
		caseID, _ := w.filed("")
		path := "/v1/cases/" + caseID
		revision := int64(1)
		lead := func(body string) (c caseapi.CaseFile) {
			t.Helper()
			w.must(200, call{method: "POST", path: path + "/events", body: fmt.Sprintf(body, revision), bearer: token}).json(t, &c)
			revision = c.Revision
			return c
		}
		c := lead(`{"revision":%d,"kind":"assigned","staff":"me"}`)
		if c.Assignee != m.ID || c.Stage != "reported" || c.Outlook.Next != "confirm" {
			t.Errorf("%+v", c)
		}
		c = lead(`{"revision":%d,"kind":"confirmed","type":"unauthorised","jurisdiction":"eu"}`)
		if c.Stage != "investigating" || len(c.Clocks) != 3 || c.Clocks[0].Source == "" || c.DueAt != c.Clocks[0].DueAt {
			t.Errorf("%+v", c.Clocks)
		}
		w.problem(409, "conflict", call{method: "POST", path: path + "/events", body: fmt.Sprintf(`{"revision":%d,"kind":"decided","outcome":"refused","reason":"no"}`, revision), bearer: token})
		c = lead(`{"revision":%d,"kind":"asked","items":["police_report"]}`)
		if c.Stage != "waiting" || len(c.Outlook.Needs) != 1 {
			t.Errorf("%+v", c.Outlook)
		}
		c = lead(`{"revision":%d,"kind":"dropped","items":["account","sign_in","police_report"],"reason":"not to be had"}`)
		c = lead(`{"revision":%d,"kind":"found","fact":"strong_auth","holds":true}`)
		c = lead(`{"revision":%d,"kind":"found","fact":"grossly_negligent"}`)
		if len(c.Lacks) != 0 {
			t.Errorf("lacks %v", c.Lacks)
		}
		c = lead(`{"revision":%d,"kind":"decided","outcome":"refused","reason":"approved with two factors"}`)
		var d caseapi.CaseLetter
		w.must(200, call{method: "GET", path: path + "/letters/refused?lang=en", bearer: token}).json(t, &d)
		if !strings.Contains(d.Text, "approved with two factors") || len(d.Missing) != 0 {
			t.Errorf("%+v", d)
		}
		w.must(200, call{method: "POST", path: path + "/letters/refused", body: fmt.Sprintf(`{"revision":%d,"lang":"en"}`, revision), bearer: token}).json(t, &c)
		if c.Stage != "answered" || c.Events[len(c.Events)-1].Text != d.Text {
			t.Errorf("%s", c.Stage)
		}
		revision = c.Revision
		if c = lead(`{"revision":%d,"kind":"closed"}`); c.Stage != "closed" || c.OverAt == 0 || c.Outcome != "refused" {
			t.Errorf("%+v", c.CaseLine)
		}
		text := w.must(200, call{method: "GET", path: fmt.Sprintf("/v1/case-figures.csv?year=%d", w.now().Year()), bearer: w.as(identity.Supervisor)})
		if !strings.Contains(text.text, "unauthorised") || !strings.Contains(text.text, "eu") {
			t.Errorf("%s", text.text)
		}
	})
}
