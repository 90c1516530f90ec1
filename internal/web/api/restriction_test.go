package api_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/id"
	"kefu/internal/web/api"
	"kefu/internal/web/rightsapi"
)

// set saves a setting as a part of Kefu does, which needs no second person.
func (w *world) set(kind, of, body string) settings.Item {
	w.t.Helper()
	c := settings.Change{Kind: kind, ID: of, Body: []byte(body)}
	if was, err := w.settings.Get(context.Background(), identity.SystemPart("test"), kind, of); err == nil {
		c.Revision = was.Revision
	}
	it, err := w.settings.Save(context.Background(), identity.SystemPart("test"), c)
	check(w.t, err)
	check(w.t, w.settings.Load(context.Background()))
	return it
}

const yearOfReports = "/v1/reports?from=0&to=86400000000&time_zone=UTC"

// refused looks at what somebody is told of a restriction.
func (w *world) refusedFor(need, bearer string) api.Needs {
	w.t.Helper()
	var p api.Problem
	w.problem(403, "forbidden", call{method: "GET", path: yearOfReports, bearer: bearer}).json(w.t, &p)
	if p.Needs == nil || string(p.Needs.What) != need || p.Needs.Right != string(policy.ReadReports) {
		w.t.Fatalf("%+v, want %s", p, need)
	}
	return *p.Needs
}

// A right that needs a certificate opens when somebody else gives one, closes when it
// is over or taken back, in the session that is open, and nobody gives themselves one.
func TestACertificateOpensARight(t *testing.T) {
	w := newWorld(t)
	lead, other := w.member(identity.Supervisor), w.member(identity.Supervisor)
	bearer, others := w.session(lead), w.session(other)
	asked := call{method: "GET", path: yearOfReports, bearer: bearer}
	w.must(200, asked)
	course := id.New()
	w.set("training", course, `{"name":"Reading figures","valid_hours":2}`)
	w.set("restriction", id.New(), `{"name":"Figures","actions":["report.read"],"roles":["supervisor"],"training":"`+course+`","advice":"Ask Li"}`)
	if n := w.refusedFor("training", bearer); n.Training != "Reading figures" || n.Rule != "Figures" || n.Advice != "Ask Li" {
		t.Errorf("%+v", n)
	}
	w.must(200, call{method: "GET", path: yearOfReports, bearer: w.as(identity.Owner)})
	given := "/v1/settings/certificate/" + id.New()
	body := fmt.Sprintf(`{"revision":0,"value":{"training":"%s","staff":"%s"}}`, course, lead.ID)
	w.problem(403, "forbidden", call{method: "PUT", path: given, body: body, bearer: bearer, header: fromPage()})
	w.must(200, call{method: "PUT", path: given, body: body, bearer: others, header: fromPage()})
	check(t, w.settings.Load(context.Background()))
	w.must(200, asked)
	w.set("training", course, `{"name":"Reading figures","valid_hours":1}`) // what was given keeps what held then
	w.pass(90 * time.Minute)
	bearer = w.session(lead)
	asked.bearer = bearer
	w.must(200, asked)
	w.pass(30*time.Minute + time.Second)
	bearer = w.session(lead)
	asked.bearer = bearer
	w.refusedFor("training", bearer)
	w.problem(403, "forbidden", call{method: "PUT", path: given, body: strings.Replace(body, `"revision":0`, `"revision":1`, 1), bearer: bearer, header: fromPage()})
	others = w.session(other)
	w.set("training", course, `{"name":"Reading figures","valid_hours":2}`)
	w.must(200, call{method: "PUT", path: given, body: strings.Replace(body, `"revision":0`, `"revision":1`, 1), bearer: others, header: fromPage()})
	check(t, w.settings.Load(context.Background()))
	w.must(200, asked)
	w.must(200, call{method: "POST", path: given + "/archive", body: `{"revision":2}`, bearer: others, header: fromPage()})
	check(t, w.settings.Load(context.Background()))
	w.refusedFor("training", bearer)
	w.problem(403, "forbidden", call{method: "POST", path: given + "/restore", body: `{"revision":3,"from":2}`, bearer: bearer, header: fromPage()})
	w.problem(403, "forbidden", call{method: "PUT", path: given, body: strings.Replace(body, `"revision":0`, `"revision":3`, 1), bearer: bearer, header: fromPage()})
}

func TestWhatElseARestrictionAsksFor(t *testing.T) {
	w := newWorld(t)
	lead := w.member(identity.Supervisor)
	bearer, of := w.session(lead), id.New()
	asked := call{method: "GET", path: yearOfReports, bearer: bearer}
	w.set("restriction", of, `{"name":"Figures","actions":["report.read"],"networks":["198.51.100.0/24"]}`)
	w.refusedFor("network", bearer)
	asked.remote = "198.51.100.9:4000"
	w.must(200, asked)
	w.set("restriction", of, `{"name":"Figures","actions":["report.read"],"proof_minutes":5}`)
	w.must(200, asked)
	w.pass(6 * time.Minute)
	var p api.Problem
	w.problem(403, "forbidden", asked).json(t, &p)
	if p.Field != "proof" || p.Needs == nil || p.Needs.What != "proof" {
		t.Errorf("%+v", p)
	}
	w.set("restriction", of, `{"name":"Figures","actions":["report.read"],"people":["`+lead.ID+`"],"withhold":true}`)
	w.refusedFor("withheld", bearer)
	w.must(200, call{method: "GET", path: yearOfReports, bearer: w.as(identity.Supervisor)})
	w.deployment.Exec(t, "UPDATE setting SET body = $1 WHERE id = $2", `{"name":"Figures","actions":["wallet.reveal"],"withhold":true,"of_a_newer_program":1}`, of)
	w.set("training", id.New(), `{"name":"So that the settings are read anew"}`)
	w.refusedFor("withheld", w.as(identity.Owner)) // what is not understood closes, whatever it was about
	w.must(200, call{method: "GET", path: "/v1/conversations?view=all", bearer: w.as(identity.Owner)})
}

// What a restriction keeps from somebody says what it needs, also where another right
// would have done as well.
func TestACustomerThatIsKeptFromOneSaysSo(t *testing.T) {
	w := newWorld(t)
	lead := w.member(identity.Supervisor)
	_, who := w.talk("hello")
	asked := call{method: "GET", path: "/v1/customers/" + who.ID, bearer: w.session(lead)}
	w.must(200, asked)
	w.set("restriction", id.New(), `{"name":"Customers","actions":["customer.read"],"withhold":true,"advice":"Ask Li"}`)
	var p api.Problem
	w.problem(403, "forbidden", asked).json(t, &p)
	if p.Needs == nil || p.Needs.What != "withheld" || p.Needs.Right != "customer.read" || p.Needs.Advice != "Ask Li" {
		t.Errorf("%+v", p.Needs)
	}
}

// By what a restriction opens a right is changed as the restriction is: by two, and not by
// whoever has the right by it.
func TestWhatARestrictionLeansOnIsChangedByTwo(t *testing.T) {
	w := newWorld(t)
	lead, owner := w.member(identity.Supervisor), w.member(identity.Owner)
	course, free, office := id.New(), id.New(), id.New()
	w.set("training", course, `{"name":"Reading figures","valid_hours":2}`)
	w.set("training", free, `{"name":"Of nobody's use"}`)
	week := `"time_zone":"UTC","week":[[{"from":"08:00","to":"10:00"}],[],[],[],[],[],[]]`
	w.set("calendar", office, `{"name":"Office",`+week+`}`)
	put := func(kind, of, value, bearer string) call {
		return call{method: "PUT", path: "/v1/settings/" + kind + "/" + of, body: `{"revision":1,"value":` + value + `}`, bearer: bearer, header: fromPage()}
	}
	for name, asks := range map[string]string{"Figures": `"training":"` + course + `"`, "Hours": `"calendar":"` + office + `"`} {
		w.set("restriction", id.New(), `{"name":"`+name+`","actions":["report.read"],"roles":["agent"],`+asks+`}`)
	}
	w.must(202, put("training", course, `{"name":"Reading figures","valid_hours":80000}`, w.session(lead)))
	w.must(202, put("calendar", office, `{"name":"Office","time_zone":"UTC","week":[[{"from":"00:00","to":"24:00"}],[],[],[],[],[],[]]}`, w.session(lead)))
	w.must(200, put("training", free, `{"name":"Still of nobody's use"}`, w.session(lead)))
	if it, err := w.settings.Get(context.Background(), identity.SystemPart("test"), "training", course); err != nil || strings.Contains(string(it.Body), "80000") {
		t.Errorf("%s, %v: it was changed by one", it.Body, err)
	}
	w.set("certificate", id.New(), `{"training":"`+free+`","staff":"`+owner.ID+`"}`)
	w.problem(403, "forbidden", call{method: "PUT", path: "/v1/settings/training/" + free, body: `{"revision":2,"value":{"name":"x"}}`, bearer: w.session(owner), header: fromPage()})
}

// A restriction is made by two people, and takes from nobody the rights by which it is
// changed.
func TestARestrictionWaitsForASecondPerson(t *testing.T) {
	w := newWorld(t)
	owner, of := w.session(w.member(identity.Owner)), id.New()
	w.member(identity.Owner)
	put := func(value string) call {
		return call{method: "PUT", path: "/v1/settings/restriction/" + of, body: `{"revision":0,"value":` + value + `}`, bearer: owner, header: fromPage()}
	}
	w.must(202, put(`{"name":"Figures","actions":["report.read"],"withhold":true}`))
	check(t, w.settings.Load(context.Background()))
	w.must(200, call{method: "GET", path: yearOfReports, bearer: owner})
	for _, a := range []policy.Action{policy.ChangeSetup, policy.ReadSetup, policy.DecideApproval, policy.ReadApprovals, policy.DecideFinding, policy.ReadFindings} {
		w.problem(422, "invalid", put(`{"name":"Figures","actions":["`+string(a)+`"],"withhold":true}`))
	}
}

// What was refused is in the chain with the policy that it was decided by, once for many
// that are equal, and can be asked about with what was allowed.
func TestDecisionsAreKept(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		lead, agent := w.member(identity.Supervisor), w.member(identity.Agent)
		bearer, theirs := w.session(lead), w.session(agent)
		w.must(200, call{method: "GET", path: yearOfReports, bearer: bearer})
		w.set("restriction", id.New(), `{"name":"Figures","actions":["report.read"],"people":["`+lead.ID+`"],"withhold":true}`)
		for range 3 {
			w.refusedFor("withheld", bearer)
			w.problem(403, "forbidden", call{method: "GET", path: yearOfReports, bearer: theirs})
		}
		check(t, w.restricting.Keep(context.Background()))
		for range 4 {
			w.refusedFor("withheld", bearer)
		}
		check(t, w.restricting.Keep(context.Background())) // not yet: they are counted
		of := func(query string) map[string]int64 {
			t.Helper()
			var answer struct{ Decisions []rightsapi.Decided }
			w.must(200, call{method: "GET", path: "/v1/decisions?" + query, bearer: bearer}).json(t, &answer)
			found := map[string]int64{}
			for _, d := range answer.Decisions {
				if d.Version != w.restricting.Version() && d.Need != "" {
					t.Errorf("decided by %s, not %s", d.Version, w.restricting.Version())
				}
				found[d.Staff+" "+d.Action+" "+d.Need] += d.Times
			}
			return found
		}
		if all := of("refused=true"); all[lead.ID+" report.read withheld"] != 3 || all[agent.ID+" report.read role"] != 3 || len(all) != 2 {
			t.Errorf("%v", all)
		}
		if own := of("staff=" + lead.ID); own[lead.ID+" report.read "] != 1 {
			t.Errorf("what was allowed: %v", own)
		}
		w.pass(11 * time.Minute)
		check(t, w.restricting.Keep(context.Background()))
		bearer = w.session(lead)
		if all := of("refused=true"); all[lead.ID+" report.read withheld"] != 7 {
			t.Errorf("%v", all)
		}
		var times []string
		for e, err := range w.store.AuditEntries(context.Background(), identity.SystemPart("test")) {
			check(t, err)
			if e.Action != "policy.refuse" {
				continue
			}
			said := strings.Fields(e.Purpose)
			times = append(times, said[1]+" "+said[len(said)-1])
			if said[0] != "report.read" || said[len(said)-2] != "policy="+w.restricting.Version() || e.Object.Type != "report" || e.Actor.ID != lead.ID && e.Actor.ID != agent.ID {
				t.Errorf("%+v", e)
			}
		}
		slices.Sort(times)
		if !slices.Equal(times, []string{"need=role times=3", "need=withheld times=3", "need=withheld times=4"}) {
			t.Errorf("in the chain: %v", times)
		}
		var tried rightsapi.Tried
		w.must(200, call{method: "POST", path: "/v1/restrictions/try", body: `{"restriction":{"name":"x","actions":["report.read"],"roles":["supervisor"],"withhold":true}}`, bearer: bearer, header: fromPage()}).json(t, &tried)
		if tried.Refused != 1 || len(tried.People) != 1 || tried.People[0].Staff != lead.ID {
			t.Errorf("%+v", tried)
		}
		w.must(200, call{method: "POST", path: "/v1/restrictions/try", body: `{"restriction":{"name":"x","actions":["report.read"]}}`, bearer: bearer, header: fromPage()}).json(t, &tried)
		if tried.Problem == nil || tried.Problem.Field != "withhold" {
			t.Errorf("%+v", tried)
		}
	})
}

func TestWhoMayDoWhatIsShownAsItIs(t *testing.T) {
	w := newWorld(t)
	var shown rightsapi.Rights
	w.must(200, call{method: "GET", path: "/v1/rights", bearer: w.as(identity.Auditor)}).json(t, &shown)
	if len(shown.Rights) != len(policy.Actions()) || shown.Version != w.restricting.Version() {
		t.Fatalf("%d rights, version %s", len(shown.Rights), shown.Version)
	}
	for i, row := range policy.Table() {
		for j, cell := range row.Cells {
			if shown.Rights[i].Of[j] != cell.String() {
				t.Errorf("%s: %s is shown as %s", row.Action, cell, shown.Rights[i].Of[j])
			}
		}
	}
}
