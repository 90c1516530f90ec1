package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/id"
)

// found makes a finding about somebody, as the judging does, and gives its id.
func (w *world) found(about string, step insider.Step) string {
	w.t.Helper()
	ctx, part := context.Background(), identity.SystemPart("insiders")
	at, err := w.store.WatchStanding(ctx, part)
	check(w.t, err)
	made, err := w.store.KeepStep(ctx, part, insider.Stretch{From: at.Seq, To: at.Seq, Act: true, Alerts: []insider.Alert{{
		Staff: about, At: w.micros(), Day: w.micros() / 86_400_000_000, Rule: true, Step: step, Reasons: []insider.Reason{{Why: insider.RevealRate, Seen: 13, Usual: 12}},
	}}})
	check(w.t, err)
	return made[0].ID
}

// onFinding asks about a finding: about a colleague, or about the caller.
func onFinding(own bool, method, tail, body string) func(*world, staff.Member) (call, string) {
	return func(w *world, m staff.Member) (call, string) {
		about := w.member(identity.Agent).ID
		if own {
			about = m.ID
		}
		return call{method: method, path: "/v1/findings/" + w.found(about, insider.Review) + tail, body: body}, ""
	}
}

func insiderScenarios() []scenario {
	const explained = `{"verdict":"explained","reason":"they were asked to look into it"}`
	const decoy = `{"name":"Ann Lee","language":"en","words":["Where is my card?","It is on its way."],"days_ago":12}`
	return []scenario{
		{"findings", "", plain("GET", "/v1/findings", ""), [5]int{200, 403, 200, 403, 200}, noKeys()},
		{"findings", "from a cursor of nobody's", plain("GET", "/v1/findings?cursor=x", ""), [5]int{422, 422, 422, 422, 422}, noKeys()},
		{"finding", "about a colleague", onFinding(false, "GET", "", ""), [5]int{200, 403, 200, 403, 200}, noKeys()},
		{"finding", "about oneself", onFinding(true, "GET", "", ""), [5]int{404, 403, 404, 403, 404}, noKeys()},
		{"decide-finding", "about a colleague", onFinding(false, "POST", "/decisions", explained), [5]int{204, 403, 204, 403, 403}, noKeys()},
		{"decide-finding", "about oneself", onFinding(true, "POST", "/decisions", explained), [5]int{404, 403, 404, 403, 403}, noKeys()},
		{"decide-finding", "with two eyes where it needs four", onFinding(false, "POST", "/decisions", `{"verdict":"suspend","reason":"they copied what they saw"}`), [5]int{202, 403, 202, 403, 403}, noKeys()},
		{"decide-finding", "without a reason", onFinding(false, "POST", "/decisions", `{"verdict":"explained","reason":"no"}`), [5]int{422, 422, 422, 422, 422}, noKeys()},
		{"second-finding", "of nothing", plain("POST", "/v1/finding-requests/"+id.New(), `{"agree":true,"hash":"x"}`), [5]int{404, 404, 404, 404, 404}, noKeys()},
		{"decoys", "", plain("GET", "/v1/decoys", ""), [5]int{200, 200, 403, 403, 403}, noKeys()},
		{"make-decoy", "", plain("POST", "/v1/decoys", decoy), [5]int{201, 201, 403, 403, 403}, noKeys()},
		{"retire-decoy", "that is none", plain("DELETE", "/v1/decoys/"+id.New(), ""), [5]int{404, 404, 403, 403, 403}, noKeys()},
	}
}

// Somebody is suspended by two, is out at once, and is let in again by two; whoever it is
// about sees none of it, and neither of the two can be both.
func TestTwoSuspendAndTwoLetInAgain(t *testing.T) {
	w := newWorld(t)
	bad, first, second := w.member(identity.Agent), w.member(identity.Supervisor), w.member(identity.Supervisor)
	session := w.session(bad)
	finding := w.found(bad.ID, insider.Review)
	path := "/v1/findings/" + finding
	for _, verdict := range []string{"suspend", "lift"} {
		a := w.do(call{method: "POST", path: path + "/decisions", body: `{"verdict":"` + verdict + `","reason":"because of what was seen"}`, bearer: w.session(first)})
		if a.status != http.StatusAccepted {
			t.Fatalf("%s: %d %s", verdict, a.status, a.text)
		}
		var seen struct {
			Waiting struct {
				ID, Hash, Verdict string
				MayDecide         bool `json:"may_decide"`
			}
		}
		look := w.do(call{method: "GET", path: path, bearer: w.session(second)})
		check(t, json.Unmarshal([]byte(look.text), &seen))
		if seen.Waiting.Verdict != verdict || !seen.Waiting.MayDecide {
			t.Fatalf("the second person sees %s", look.text)
		}
		yes := call{method: "POST", path: "/v1/finding-requests/" + seen.Waiting.ID, body: `{"agree":true,"hash":"` + seen.Waiting.Hash + `"}`}
		for who, m := range map[string]staff.Member{"the first": first, "an agent": w.member(identity.Agent), "an admin": w.member(identity.Admin)} {
			yes.bearer = w.session(m)
			if a := w.do(yes); a.status != http.StatusForbidden {
				t.Errorf("%s agreed: %d %s", who, a.status, a.text)
			}
		}
		other := call{method: "POST", path: yes.path, body: `{"agree":true,"hash":"` + strings.Repeat("0", 64) + `"}`, bearer: w.session(second)}
		if a := w.do(other); a.status != http.StatusConflict {
			t.Errorf("something else was agreed to: %d %s", a.status, a.text)
		}
		yes.bearer = w.session(second)
		if a := w.do(yes); a.status != http.StatusNoContent {
			t.Fatalf("the second: %d %s", a.status, a.text)
		}
		if a := w.do(yes); a.status != http.StatusConflict {
			t.Errorf("once more: %d %s", a.status, a.text)
		}
		out := w.do(call{method: "GET", path: "/v1/session", bearer: session})
		if out.status != http.StatusUnauthorized {
			t.Errorf("after %s the old session answers %d", verdict, out.status)
		}
		if verdict == "suspend" {
			enable := w.do(call{method: "PATCH", path: "/v1/staff/" + bad.ID, body: `{"disabled":false}`, bearer: w.session(w.member(identity.Admin))})
			if enable.status != http.StatusConflict {
				t.Errorf("an admin lets in who is suspended: %d %s", enable.status, enable.text)
			}
		}
	}
	if a := w.do(call{method: "GET", path: "/v1/session", bearer: w.session(bad)}); a.status != http.StatusOK {
		t.Errorf("let in again: %d %s", a.status, a.text)
	}
}

// Whoever a rule keeps out is still a second person who is waited for: nobody stands alone
// by having brought that about.
func TestARuleLeavesNobodyAlone(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		maker, other := w.member(identity.Owner), w.member(identity.Owner)
		finding := w.found(w.member(identity.Agent).ID, insider.Review)
		w.found(other.ID, insider.Suspend)
		bearer := w.session(maker)
		w.must(202, call{method: "PUT", path: "/v1/settings/restriction/" + id.New(), body: `{"revision":0,"value":{"name":"x","actions":["report.read"],"withhold":true}}`, bearer: bearer, header: fromPage()})
		w.must(202, call{method: "POST", path: "/v1/findings/" + finding + "/decisions", body: `{"verdict":"suspend","reason":"because of what was seen"}`, bearer: bearer})
	})
}

// Who asked for a second person takes it back.
func TestARequestAboutAFindingIsTakenBack(t *testing.T) {
	w := newWorld(t)
	first, second := w.member(identity.Supervisor), w.member(identity.Supervisor)
	about := w.member(identity.Agent).ID
	before := w.found(about, insider.Review)
	w.must(204, call{method: "POST", path: "/v1/findings/" + before + "/decisions", body: `{"verdict":"watch","reason":"because of what was seen"}`, bearer: w.session(second)})
	path := "/v1/findings/" + w.found(about, insider.Review)
	ask := call{method: "POST", path: path + "/decisions", body: `{"verdict":"suspend","reason":"because of what was seen"}`, bearer: w.session(first)}
	w.must(202, ask)
	var seen struct {
		Waiting *struct {
			ID      string
			MayTake bool `json:"may_withdraw"`
		}
		Decisions []struct {
			Verdict string
			Finding string `json:"finding_id"`
		}
	}
	w.must(200, call{method: "GET", path: path, bearer: w.session(second)}).json(t, &seen)
	if seen.Waiting == nil || seen.Waiting.MayTake {
		t.Errorf("%+v is taken back by whoever it is not of", seen.Waiting)
	}
	w.must(200, call{method: "GET", path: path, bearer: w.session(first)}).json(t, &seen)
	if !seen.Waiting.MayTake || len(seen.Decisions) != 1 || seen.Decisions[0].Finding != before || seen.Decisions[0].Verdict != "watch" {
		t.Errorf("%+v: what was decided before is shown while something waits", seen)
	}
	w.problem(403, "forbidden", call{method: "DELETE", path: "/v1/approvals/" + seen.Waiting.ID, bearer: w.session(second), header: fromPage()})
	w.must(204, call{method: "DELETE", path: "/v1/approvals/" + seen.Waiting.ID, bearer: w.session(first), header: fromPage()})
	seen.Waiting = nil
	w.must(200, call{method: "GET", path: path, bearer: w.session(first)}).json(t, &seen)
	if seen.Waiting != nil {
		t.Errorf("%+v waits still", seen.Waiting)
	}
}

// Who is throttled goes on with what they have, and searches and opens nothing else.
func TestThrottledIsAtOnce(t *testing.T) {
	w := newWorld(t)
	m := w.member(identity.Agent)
	session := w.session(m)
	mine, _ := w.talk("mine")
	other, who := w.talk("not mine")
	w.assign(mine, m)
	get := func(path string) int { return w.do(call{method: "GET", path: path, bearer: session}).status }
	if a, b := get("/v1/conversations/"+other), get("/v1/customers/"+who.ID); a != 200 || b != 200 {
		t.Fatal(a, b)
	}
	finding := w.found(m.ID, insider.Throttle)
	for path, want := range map[string]int{
		"/v1/conversations/" + mine: 200, "/v1/conversations/" + other: 404, "/v1/customers/" + who.ID: 403, "/v1/conversations": 200, "/v1/findings": 403, "/v1/findings/" + finding: 403,
	} {
		if got := get(path); got != want {
			t.Errorf("throttled, %s: %d, want %d", path, got, want)
		}
	}
	a := w.do(call{method: "GET", path: "/v1/search?q=mine", bearer: session})
	if a.status != http.StatusForbidden {
		t.Errorf("throttled, a search: %d, want 403", a.status)
	}
}

// What is written at a decision passes the secret guard.
func TestNoSecretStaysInADecision(t *testing.T) {
	w := newWorld(t)
	finding := w.found(w.member(identity.Agent).ID, insider.Review)
	owner := w.session(w.member(identity.Owner))
	a := w.do(call{method: "POST", path: "/v1/findings/" + finding + "/decisions", body: `{"verdict":"watch","reason":"the card 4111 1111 1111 1111 was read aloud"}`, bearer: owner})
	if a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.text)
	}
	if seen := w.do(call{method: "GET", path: "/v1/findings/" + finding, bearer: owner}); strings.Contains(seen.text, "4111 1111") || !strings.Contains(seen.text, "read aloud") {
		t.Errorf("%s", seen.text)
	}
}
