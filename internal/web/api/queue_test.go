package api_test

import (
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/routing"
	"kefu/internal/platform/id"
)

// silent tells nobody.
type silent struct{}

func (silent) Offer(string, routing.Offer)       {}
func (silent) OfferOver(string, string, string)  {}
func (silent) Presence(string, routing.Standing) {}
func (silent) Eta(string, routing.Eta)           {}

func queueScenarios() []scenario {
	colleague := func(method, what, body string) func(*world, staff.Member) (call, string) {
		return func(w *world, _ staff.Member) (call, string) {
			return call{method: method, path: "/v1/staff/" + w.member(identity.Agent).ID + what, body: body}, ""
		}
	}
	return []scenario{
		{"queue", "", plain("GET", "/v1/queue", ""), [5]int{200, 403, 200, 200, 403}, forKeys(200)},
		{"board", "", plain("GET", "/v1/board", ""), [5]int{200, 403, 200, 403, 403}, forKeys(200)},
		{"offer", "without one", plain("GET", "/v1/offer", ""), [5]int{404, 403, 404, 404, 403}, noKeys()},
		{"promises", "", plain("GET", "/v1/promises?from=0&to=1", ""), [5]int{200, 403, 200, 403, 403}, forKeys(200)},
		{"presence", "", plain("GET", "/v1/presence", ""), [5]int{200, 403, 200, 200, 403}, noKeys()},
		{"set-presence", "", plain("PUT", "/v1/presence", `{"state":"break","reason":"meal"}`), [5]int{204, 403, 204, 204, 403}, noKeys()},
		{"set-presence-of", "", colleague("PUT", "/presence", `{"state":"away"}`), [5]int{204, 403, 204, 403, 403}, noKeys()},
		{"presence-spans", "", plain("GET", "/v1/presence/spans?from=0&to=1", ""), [5]int{200, 403, 200, 403, 403}, noKeys()},
		{"duties", "", plain("GET", "/v1/duties", ""), [5]int{200, 200, 200, 200, 200}, noKeys()},
		{"duties-of", "", colleague("GET", "/duties", ""), [5]int{200, 200, 200, 200, 200}, noKeys()},
		{"duties-of", "oneself", func(_ *world, m staff.Member) (call, string) {
			return call{method: "GET", path: "/v1/staff/" + m.ID + "/duties"}, ""
		}, [5]int{200, 200, 200, 200, 200}, noKeys()},
		{"set-duties", "", colleague("PUT", "/duties", `{"revision":0,"teams":[],"skills":["fraud"],"languages":["zh-CN"],"slots":{"chat":3}}`), [5]int{200, 200, 200, 403, 403}, noKeys()},
		{"set-duties", "oneself", func(_ *world, m staff.Member) (call, string) {
			return call{method: "PUT", path: "/v1/staff/" + m.ID + "/duties", body: `{"revision":0,"teams":[],"skills":["everything"],"languages":[]}`}, ""
		}, [5]int{200, 200, 200, 403, 403}, noKeys()},
		{"skills", "", plain("GET", "/v1/skills", ""), [5]int{200, 200, 200, 200, 200}, noKeys()},
		{"set-team", "", on("PUT", "/team", `{"team_id":null}`), [5]int{204, 404, 204, 204, 404}, forKeys(204)},
		{"set-skills", "", on("PUT", "/skills", `{"skills":["fraud"]}`), [5]int{204, 404, 204, 204, 404}, forKeys(204)},
		{"hand-over", "", func(w *world, m staff.Member) (call, string) {
			c, conv := on("POST", "/hand-over", `{"staff_id":"`+w.member(identity.Agent).ID+`","note":"knows the case"}`)(w, m)
			return c, conv
		}, [5]int{204, 404, 204, 204, 404}, noKeys()},
	}
}

// Many are handed to a team at once: each with the note, and free for the team to take.
func TestManyAreHandedToATeam(t *testing.T) {
	w := newWorld(t)
	boss := w.as(identity.Supervisor)
	mei := w.member(identity.Agent)
	team := id.New()
	w.must(200, call{method: "PUT", path: "/v1/settings/team/" + team, body: `{"revision":0,"value":{"name":"Cards"}}`, bearer: boss})
	one, _ := w.talk("hello")
	two, _ := w.talk("hello too")
	w.must(204, call{method: "PUT", path: "/v1/conversations/" + one + "/assignee", body: `{"staff_id":"` + mei.ID + `"}`, bearer: boss})
	hand := func(conv, to string) string { return `{"id":"` + conv + `","hand_over":{` + to + `}}` }
	w.must(200, call{method: "POST", path: "/v1/conversations/changes", bearer: boss, body: `{"changes":[` +
		hand(one, `"team_id":"`+team+`","note":"her card 4111 1111 1111 1111 was stolen"`) + `,` + hand(two, `"team_id":"`+team+`"`) + `]}`})
	found := w.must(200, call{method: "POST", path: "/v1/conversations/find", bearer: boss, body: `{"list":{"view":"all","team":["` + team + `"]}}`})
	if !strings.Contains(found.text, one) || !strings.Contains(found.text, two) || strings.Contains(found.text, `"assignee"`) {
		t.Errorf("the team has %s", found.text)
	}
	if entries := w.must(200, call{method: "GET", path: "/v1/conversations/" + one + "/entries", bearer: boss}); !strings.Contains(entries.text, "was stolen") || strings.Contains(entries.text, "4111 1111") {
		t.Errorf("the note: %s", entries.text)
	}
	w.must(200, call{method: "POST", path: "/v1/conversations/changes", bearer: boss, body: `{"changes":[{"id":"` + two + `","team":""}]}`})
	if found := w.must(200, call{method: "POST", path: "/v1/conversations/find", bearer: boss, body: `{"list":{"view":"all","team":["` + team + `"]}}`}); strings.Contains(found.text, two) {
		t.Errorf("a team that was taken away has it still: %s", found.text)
	}
	for name, to := range map[string]string{"a team that is none": `"team_id":"` + id.New() + `"`, "who is nobody": `"staff_id":"` + id.New() + `"`} {
		if got := w.do(call{method: "POST", path: "/v1/conversations/changes", bearer: boss, body: `{"changes":[` + hand(one, to) + `]}`}); got.status != 422 {
			t.Errorf("%s: %d %s", name, got.status, got.text)
		}
	}
	if got := w.must(200, call{method: "POST", path: "/v1/conversations/changes", bearer: boss, body: `{"changes":[` + hand(one, `"note":"to nobody"`) + `]}`}); !strings.Contains(got.text, `"code":"invalid"`) {
		t.Errorf("to nobody: %s", got.text)
	}
}

func TestTheBoardShowsWhoWaitsAndWhoIsThere(t *testing.T) {
	w := newWorld(t)
	boss := w.as(identity.Supervisor)
	mei := w.member(identity.Agent)
	team := id.New()
	w.must(200, call{method: "PUT", path: "/v1/settings/team/" + team, body: `{"revision":0,"value":{"name":"Cards"}}`, bearer: boss})
	saved := w.must(200, call{method: "PUT", path: "/v1/staff/" + mei.ID + "/duties", body: `{"revision":0,"teams":["` + team + `"],"skills":[" ReFunds  of Cards"],"languages":["en"]}`, bearer: boss})
	if !strings.Contains(saved.text, `"revision":1`) || !strings.Contains(saved.text, `"refunds of cards"`) {
		t.Errorf("saved duties: %s", saved.text)
	}
	w.problem(409, "conflict", call{method: "PUT", path: "/v1/staff/" + mei.ID + "/duties", body: `{"revision":0,"teams":[],"skills":[],"languages":[]}`, bearer: boss})
	if got := w.must(200, call{method: "GET", path: "/v1/skills", bearer: boss}); !strings.Contains(got.text, `{"skill":"refunds of cards","people":1}`) {
		t.Errorf("skills: %s", got.text)
	}
	if got := w.do(call{method: "PUT", path: "/v1/staff/" + mei.ID + "/duties", body: `{"revision":1,"teams":["` + id.New() + `"],"skills":[],"languages":[]}`, bearer: boss}); got.status != 422 {
		t.Errorf("a team that is none: %d %s", got.status, got.text)
	}
	conv, _ := w.talk("hello")
	w.must(204, call{method: "PUT", path: "/v1/conversations/" + conv + "/team", body: `{"team_id":"` + team + `"}`, bearer: boss})
	w.must(204, call{method: "POST", path: "/v1/conversations/" + conv + "/hand-over", body: `{"team_id":"` + team + `","note":"4111 1111 1111 1111"}`, bearer: boss})
	if got := w.do(call{method: "POST", path: "/v1/conversations/" + conv + "/hand-over", body: `{"note":"to nobody"}`, bearer: boss}); got.status != 422 {
		t.Errorf("handing over to nobody: %d %s", got.status, got.text)
	}
	entries := w.must(200, call{method: "GET", path: "/v1/conversations/" + conv + "/entries", bearer: boss})
	if strings.Contains(entries.text, "4111 1111") {
		t.Error("the note did not pass the guard")
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		got := w.must(200, call{method: "GET", path: "/v1/board", bearer: boss}).text
		if strings.Contains(got, `"conversation":"`+conv+`"`) && strings.Contains(got, `{"team":"`+team+`","waiting":1`) && strings.Contains(got, `"id":"`+mei.ID+`"`) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the board is %s", got)
		}
	}
}
