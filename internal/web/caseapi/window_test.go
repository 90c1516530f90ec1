package caseapi_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kefu/content"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/casework"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/storage/storagetest"
	"kefu/internal/web/caseapi"
)

// desk is a server's side of windows, and whoever asks.
type desk struct {
	*testing.T
	flow  *casework.Service
	boss  identity.Principal
	mux   *http.ServeMux
	who   identity.Principal
	other identity.Principal
	anna  identity.Principal
}

func open(t *testing.T, d *storagetest.Deployment) *desk {
	p := d.Open(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	detector, err := guard.New()
	must(err)
	wide := ratelimit.Limit{Burst: 1000, Per: time.Second}
	door := intake.New(p.Store, detector, intake.Limits{Visitor: wide, Customer: wide, Staff: wide, VisitorStarts: wide, CustomerStarts: wide, Senders: 100}, d.Clock.Now, nil)
	sub, err := fs.Sub(content.Jurisdictions, "jurisdictions")
	must(err)
	book, err := jurisdiction.Load(sub)
	must(err)
	x := &desk{T: t, mux: http.NewServeMux(), anna: p.SignIn("cust-anna"), other: p.SignIn("cust-ben")}
	x.flow, err = casework.New(casework.Deps{Store: p.Store, Intake: door, Book: book, Law: "eu", Clock: d.Clock.Now})
	must(err)
	who := id.New()
	must(p.AddStaff(context.Background(), identity.SystemPart("cli"), staff.New{Member: staff.Member{ID: who, Email: who, Name: "Who", Role: identity.Supervisor}}))
	x.boss = identity.Principal{Kind: identity.Staff, ID: who, Role: identity.Supervisor}
	caseapi.Mount(x.mux, x.flow, func(w http.ResponseWriter, r *http.Request, answer func(context.Context, identity.Principal) (any, error)) {
		body, err := answer(r.Context(), x.who)
		if err != nil {
			http.Error(w, string(fault.CodeOf(err))+" "+fault.FieldOf(err)+" "+fault.ReasonOf(err), http.StatusBadRequest)
			return
		}
		_ = json.NewEncoder(w).Encode(body)
	})
	return x
}

func (x *desk) ask(who identity.Principal, method, path, body string) string {
	x.Helper()
	x.who = who
	w := httptest.NewRecorder()
	x.mux.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return strings.TrimSpace(w.Body.String())
}

func (x *desk) lead(c string, revision int64, k cases.Kind, data cases.Data) int64 {
	x.Helper()
	s, err := x.flow.Lead(context.Background(), x.boss, c, casework.Change{Kind: k, Revision: revision, Data: data})
	if err != nil {
		x.Fatal(err)
	}
	return int64(len(s.Events))
}

type own struct {
	ID        string `json:"id"`
	Stage     string `json:"stage"`
	Next      string `json:"next"`
	By        int64  `json:"by"`
	Revision  int64  `json:"revision"`
	Conv      string `json:"conv"`
	MayAppeal bool   `json:"may_appeal"`
	Needs     []struct {
		ID string `json:"id"`
	} `json:"needs"`
}

func (x *desk) read(text string) (o own) {
	x.Helper()
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		x.Fatalf("%q: %v", text, err)
	}
	return o
}

// What a customer sees of a case: what is next, by when and what is needed; and nothing
// that was written for staff or that no letter has told them yet.
func TestACustomersOwnCases(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		x := open(t, d)
		if got := x.ask(x.anna, "GET", "/rt/cases", ""); got != `{"cases":[]}` {
			t.Errorf("%s", got)
		}
		c := x.read(x.ask(x.anna, "POST", "/rt/cases", `{"text":"nobody answers","lang":"en"}`))
		if c.Stage != "reported" || c.Next != "confirm" || c.By == 0 || c.Conv == "" {
			t.Errorf("%+v", c)
		}
		if got := x.ask(x.other, "GET", "/rt/cases/"+c.ID, ""); !strings.HasPrefix(got, "not_found") {
			t.Errorf("another customer: %s", got)
		}
		if got := x.ask(x.other, "GET", "/rt/cases", ""); got != `{"cases":[]}` {
			t.Errorf("another customer's list: %s", got)
		}
		revision := x.lead(c.ID, 1, cases.Confirmed, cases.Data{Type: jurisdiction.Unauthorised, Jurisdiction: "eu", Reason: "secret-type"})
		revision = x.lead(c.ID, revision, cases.Noted, cases.Data{Text: "secret-note"})
		revision = x.lead(c.ID, revision, cases.Found, cases.Data{Fact: jurisdiction.Negligent, Holds: true})
		revision = x.lead(c.ID, revision, cases.Found, cases.Data{Fact: jurisdiction.StrongAuth})
		x.lead(c.ID, revision, cases.Asked, cases.Data{Items: []string{"police_report"}})
		if c = x.read(x.ask(x.anna, "GET", "/rt/cases/"+c.ID, "")); c.Next != "your_turn" || len(c.Needs) != 1 {
			t.Errorf("%+v", c)
		}
		if got := x.ask(x.anna, "POST", "/rt/cases/"+c.ID+"/answers", `{"kind":"decided","revision":6,"text":"","items":[]}`); !strings.Contains(got, "kind unknown") {
			t.Errorf("a customer decides: %s", got)
		}
		if got := x.ask(x.other, "POST", "/rt/cases/"+c.ID+"/answers", `{"kind":"withdrawn","revision":6,"text":"","items":[]}`); !strings.HasPrefix(got, "not_found") {
			t.Errorf("another customer ends it: %s", got)
		}
		c = x.read(x.ask(x.anna, "POST", "/rt/cases/"+c.ID+"/answers", `{"kind":"received","revision":6,"text":"","items":["police_report"]}`))
		revision = x.lead(c.ID, c.Revision, cases.Dropped, cases.Data{Items: []string{"account", "sign_in"}, Reason: "secret-reason"})
		revision = x.lead(c.ID, revision, cases.Decided, cases.Data{Outcome: cases.Refused, Reason: "the-reason"})
		text := x.ask(x.anna, "GET", "/rt/cases/"+c.ID, "")
		for _, hidden := range []string{"secret-", "the-reason", "refused", "negligent"} {
			if strings.Contains(text, hidden) {
				t.Errorf("before the letter a customer reads %q: %s", hidden, text)
			}
		}
		if list := x.ask(x.anna, "GET", "/rt/cases", ""); strings.Contains(list, "refused") {
			t.Errorf("and in the list: %s", list)
		}
		if _, err := x.flow.Write(context.Background(), x.boss, c.ID, revision, jurisdiction.Refusal, "en"); err != nil {
			t.Fatal(err)
		}
		text = x.ask(x.anna, "GET", "/rt/cases/"+c.ID, "")
		if c = x.read(text); !c.MayAppeal || !strings.Contains(text, "the-reason") || strings.Contains(text, "secret-") || !strings.Contains(text, "out-of-court body") {
			t.Errorf("after the letter: %s", text)
		}
		if got := x.ask(x.anna, "POST", "/rt/cases/"+c.ID+"/answers", `{"kind":"appealed","revision":`+jsonOf(c.Revision)+`,"text":"unfair","items":[]}`); x.read(got).Next != "investigate" {
			t.Errorf("an appeal: %s", got)
		}
		c = x.read(x.ask(x.anna, "GET", "/rt/cases/"+c.ID, ""))
		added := x.ask(x.anna, "POST", "/rt/cases/"+c.ID+"/answers", `{"kind":"added","revision":`+jsonOf(c.Revision)+`,"text":"it happened again","items":[],"files":[]}`)
		if got := x.read(added); got.Revision != c.Revision+1 || !strings.Contains(added, "it happened again") {
			t.Errorf("what they add: %s", added)
		}
		for who, body := range map[string]string{
			"nothing is no addition":         `{"kind":"added","revision":` + jsonOf(c.Revision+1) + `,"text":" ","items":[],"files":[]}`,
			"a file goes with no withdrawal": `{"kind":"withdrawn","revision":` + jsonOf(c.Revision+1) + `,"text":"","items":[],"files":["` + id.New() + `"]}`,
		} {
			if got := x.ask(x.anna, "POST", "/rt/cases/"+c.ID+"/answers", body); !strings.HasPrefix(got, "invalid") {
				t.Errorf("%s: %s", who, got)
			}
		}
		if got := x.ask(x.anna, "POST", "/rt/cases/"+c.ID+"/answers", `{"kind":"added","revision":`+jsonOf(c.Revision+1)+`,"text":"","items":[],"files":["`+id.New()+`"]}`); !strings.HasPrefix(got, "not_found") {
			t.Errorf("a file that there is not: %s", got)
		}
		const lost = `{"text":"still nobody","lang":"en","op":"w-1"}`
		if once, again := x.read(x.ask(x.anna, "POST", "/rt/cases", lost)), x.read(x.ask(x.anna, "POST", "/rt/cases", lost)); once.ID == "" || once.ID != again.ID || once.ID == c.ID {
			t.Errorf("sent again: %s and %s", once.ID, again.ID)
		}
		if other := x.read(x.ask(x.other, "POST", "/rt/cases", lost)); other.ID == x.read(x.ask(x.anna, "POST", "/rt/cases", lost)).ID {
			t.Errorf("another customer's with the same op: %s", other.ID)
		}
		for _, body := range []string{"", "[]", `{"text":"x","text":"y"}`, `{"text":"x","op":"` + strings.Repeat("x", 65) + `"}`, `{"text":"x","more":1}`, `{"text":"  "}`} {
			if got := x.ask(x.anna, "POST", "/rt/cases", body); !strings.HasPrefix(got, "invalid") {
				t.Errorf("%q: %s", body, got)
			}
		}
		if got := x.ask(identity.Principal{Kind: identity.Visitor, ID: "v"}, "POST", "/rt/cases", `{"text":"x"}`); !strings.HasPrefix(got, "forbidden") {
			t.Errorf("a visitor: %s", got)
		}
	})
}

func jsonOf(n int64) string {
	text, _ := json.Marshal(n)
	return string(text)
}

// Who sees and does what with a case, whoever asks by whichever way: nobody but the
// customer whose it is, and never more than what is told to them.
func TestWhoFollowsACase(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		x := open(t, d)
		c := x.read(x.ask(x.anna, "POST", "/rt/cases", `{"text":"nobody answers","lang":"en"}`))
		weak := x.anna
		weak.Level = identity.AL0
		visitor := identity.Principal{Kind: identity.Visitor, ID: x.anna.ID, Level: identity.AL3}
		for name, who := range map[string]struct {
			p     identity.Principal
			reads string // how the answer begins
			lists bool   // the case stands in their list
		}{
			"the customer":                      {x.anna, `{"id":"` + c.ID, true},
			"another customer":                  {x.other, "not_found", false},
			"the customer, vouched for by none": {weak, "not_found", false},
			"a visitor under the same id":       {visitor, "not_found", false},
			"a visitor":                         {identity.Principal{Kind: identity.Visitor, ID: id.New()}, "not_found", false},
			"nobody":                            {identity.Principal{}, "not_found", false},
		} {
			if got := x.ask(who.p, "GET", "/rt/cases/"+c.ID, ""); !strings.HasPrefix(got, who.reads) {
				t.Errorf("%s reads %s", name, got)
			}
			if got := x.ask(who.p, "GET", "/rt/cases", ""); strings.Contains(got, c.ID) != who.lists {
				t.Errorf("%s lists %s", name, got)
			}
			if who.lists {
				continue
			}
			for _, kind := range []string{"added", "received", "appealed", "withdrawn"} {
				got := x.ask(who.p, "POST", "/rt/cases/"+c.ID+"/answers", `{"kind":"`+kind+`","revision":1,"text":"x","items":["account"],"files":[]}`)
				if !strings.HasPrefix(got, "not_found") && !strings.HasPrefix(got, "forbidden") {
					t.Errorf("%s: %s gives %s", name, kind, got)
				}
			}
		}
		if after := x.read(x.ask(x.anna, "GET", "/rt/cases/"+c.ID, "")); after.Revision != 1 {
			t.Errorf("somebody added to it: %d", after.Revision)
		}
	})
}
