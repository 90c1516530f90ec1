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
		{"queue", "", plain("GET", "/v1/queue", ""), [5]int{200, 403, 200, 200, 403}},
		{"board", "", plain("GET", "/v1/board", ""), [5]int{200, 403, 200, 403, 403}},
		{"promises", "", plain("GET", "/v1/promises?from=0&to=1", ""), [5]int{200, 403, 200, 403, 403}},
		{"presence", "", plain("GET", "/v1/presence", ""), [5]int{200, 403, 200, 200, 403}},
		{"set-presence", "", plain("PUT", "/v1/presence", `{"state":"break","reason":"meal"}`), [5]int{204, 403, 204, 204, 403}},
		{"set-presence-of", "", colleague("PUT", "/presence", `{"state":"away"}`), [5]int{204, 403, 204, 403, 403}},
		{"presence-spans", "", plain("GET", "/v1/presence/spans?from=0&to=1", ""), [5]int{200, 403, 200, 403, 403}},
		{"duties", "", plain("GET", "/v1/duties", ""), [5]int{200, 200, 200, 200, 200}},
		{"set-duties", "", colleague("PUT", "/duties", `{"teams":[],"skills":["fraud"],"languages":["zh-CN"],"slots":{"chat":3}}`), [5]int{204, 204, 204, 403, 403}},
		{"set-team", "", on("PUT", "/team", `{"team_id":null}`), [5]int{204, 404, 204, 204, 404}},
		{"set-skills", "", on("PUT", "/skills", `{"skills":["fraud"]}`), [5]int{204, 404, 204, 204, 404}},
		{"hand-over", "", func(w *world, m staff.Member) (call, string) {
			c, conv := on("POST", "/hand-over", `{"staff_id":"`+w.member(identity.Agent).ID+`","note":"knows the case"}`)(w, m)
			return c, conv
		}, [5]int{204, 404, 204, 204, 404}},
	}
}

func TestTheBoardShowsWhoWaitsAndWhoIsThere(t *testing.T) {
	w := newWorld(t)
	boss := w.as(identity.Supervisor)
	mei := w.member(identity.Agent)
	team := id.New()
	w.must(200, call{method: "PUT", path: "/v1/settings/team/" + team, body: `{"revision":0,"value":{"name":"Cards"}}`, bearer: boss})
	w.must(204, call{method: "PUT", path: "/v1/staff/" + mei.ID + "/duties", body: `{"teams":["` + team + `"],"skills":[],"languages":["en"]}`, bearer: boss})
	if got := w.do(call{method: "PUT", path: "/v1/staff/" + mei.ID + "/duties", body: `{"teams":["` + id.New() + `"],"skills":[],"languages":[]}`, bearer: boss}); got.status != 422 {
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
