package api_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/emergency"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/web/approvalapi"
)

// opened is emergency access that an owner opened for a new member of staff.
func (w *world) opened(role identity.Role) (staff.Member, string) {
	w.t.Helper()
	owner, m := principalOf(w.member(identity.Owner)), w.member(role)
	check(w.t, w.store.OpenEmergency(context.Background(), owner, emergency.Wish{StaffID: m.ID, Minutes: 30, Reason: "payments stand still"}))
	all, err := w.store.ListEmergencies(context.Background(), owner, true)
	check(w.t, err)
	return m, all[0].ID
}

func emergencyScenarios() []scenario {
	opening := func(of func(w *world, m staff.Member) string) func(*world, staff.Member) (call, string) {
		return func(w *world, m staff.Member) (call, string) {
			w.closeAll()
			return call{method: "POST", path: "/v1/emergencies", body: fmt.Sprintf(`{"staff_id":%q,"minutes":30,"reason":"payments stand still"}`, of(w, m))}, ""
		}
	}
	return []scenario{
		{"emergencies", "", plain("GET", "/v1/emergencies?open=true", ""), [5]int{200, 200, 200, 200, 200}, noKeys()},
		{"asked-emergencies", "", plain("GET", "/v1/emergencies/asked", ""), [5]int{200, 200, 200, 403, 403}, noKeys()},
		{"open-emergency", "for oneself", opening(func(_ *world, m staff.Member) string { return m.ID }), [5]int{403, 202, 202, 403, 403}, noKeys()},
		{"open-emergency", "for a colleague", opening(func(w *world, _ staff.Member) string { return w.member(identity.Admin).ID }), [5]int{204, 403, 403, 403, 403}, noKeys()},
		{"open-emergency", "without a reason", plain("POST", "/v1/emergencies", `{"staff_id":"00000000000000000000000000","minutes":30,"reason":""}`), [5]int{422, 422, 422, 422, 422}, noKeys()},
		{"close-emergency", "", func(w *world, _ staff.Member) (call, string) {
			w.closeAll()
			_, one := w.opened(identity.Agent)
			return call{method: "DELETE", path: "/v1/emergencies/" + one}, ""
		}, [5]int{204, 204, 403, 403, 403}, noKeys()},
		{"close-emergency", "that is not open", plain("DELETE", "/v1/emergencies/"+strings.Repeat("0", 26), ""), [5]int{404, 404, 403, 403, 403}, noKeys()},
	}
}

// closeAll makes room, of which there is little.
func (w *world) closeAll() {
	w.t.Helper()
	part := identity.SystemPart("test")
	all, err := w.store.ListEmergencies(context.Background(), principalOf(w.member(identity.Owner)), true)
	check(w.t, err)
	for _, o := range all {
		check(w.t, w.store.CloseEmergency(context.Background(), part, o.ID))
	}
}

// An owner opens it alone, and so not with a session that may have been stolen.
func TestWhoOpensItForAnotherProvesThemselves(t *testing.T) {
	w := newWorld(t)
	owner, m := w.member(identity.Owner), w.member(identity.Agent)
	desk := w.session(owner)
	w.pass(11 * time.Minute)
	open := call{method: "POST", path: "/v1/emergencies", body: fmt.Sprintf(`{"staff_id":%q,"minutes":30,"reason":"payments stand still"}`, m.ID), bearer: desk}
	if got := w.problem(403, "forbidden", open); !strings.Contains(got.text, `"field":"proof"`) {
		t.Errorf("with an old proof: %s", got.text)
	}
	open.bearer = w.session(owner)
	w.must(204, open)
}

// Two people open it, everybody sees it, what is done stands under it, and it closes by
// itself.
func TestTwoPeopleBreakTheGlass(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		admin, second := w.member(identity.Admin), w.member(identity.Owner)
		bearer := w.session(admin)
		conv, _ := w.talk("a customer's words")
		read := call{method: "GET", path: "/v1/conversations/" + conv, bearer: bearer}
		w.problem(403, "forbidden", read)
		ask := call{method: "POST", path: "/v1/emergencies", body: fmt.Sprintf(`{"staff_id":%q,"minutes":30,"reason":"payments stand still"}`, admin.ID), bearer: bearer}
		asked := w.must(202, ask)
		w.problem(409, "conflict", ask)
		path := asked.header.Get("Location")
		var request approvalapi.Approval
		w.must(200, call{method: "GET", path: path, bearer: w.session(second)}).json(t, &request)
		w.problem(403, "forbidden", call{method: "POST", path: path + "/approve", body: `{"hash":"` + request.Hash + `"}`, bearer: bearer})
		w.problem(403, "forbidden", read)
		w.must(204, call{method: "POST", path: path + "/approve", body: `{"hash":"` + request.Hash + `"}`, bearer: w.session(second)})
		w.must(200, read)
		if a := w.must(200, call{method: "GET", path: "/v1/session", bearer: bearer}); !strings.Contains(a.text, `"emergency":true`) {
			t.Errorf("the session says %s", a.text)
		}
		var list struct {
			Items []struct {
				ID, Reason, Name, Approval string
				UntilAt                    int64 `json:"until_at"`
			}
		}
		w.must(200, call{method: "GET", path: "/v1/emergencies?open=true", bearer: w.as(identity.Agent)}).json(t, &list)
		if len(list.Items) != 1 || list.Items[0].Reason != "payments stand still" || list.Items[0].Name != admin.Name || !strings.HasSuffix(path, list.Items[0].Approval) {
			t.Fatalf("a colleague sees %+v", list.Items)
		}
		marked := 0
		for e, err := range w.store.AuditEntries(context.Background(), identity.SystemPart("test")) {
			check(t, err)
			if e.Actor.ID == admin.ID && len(e.Approvals) > 0 && e.Approvals[len(e.Approvals)-1] == list.Items[0].ID && e.Action == "conversation.read" {
				marked++
			}
		}
		if marked != 1 {
			t.Errorf("%d of one look are marked", marked)
		}
		// What was behind the glass decides nothing, and is over when its time is.
		w.problem(403, "forbidden", call{method: "GET", path: "/v1/audit", bearer: bearer})
		w.offset.Add(int64(30 * time.Minute))
		w.must(200, call{method: "GET", path: "/v1/emergencies?open=true", bearer: w.as(identity.Agent)}).json(t, &list)
		if len(list.Items) != 0 {
			t.Errorf("it is open after its time: %+v", list.Items)
		}
	})
}

// Who asks, and may decide nothing, sees what waits and takes it back; nobody else sees it.
func TestWhoAskedForEmergencyAccessTakesItBack(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		w.member(identity.Owner)
		supervisor := w.member(identity.Supervisor)
		bearer, other := w.session(supervisor), w.as(identity.Supervisor)
		ask := call{method: "POST", path: "/v1/emergencies", body: fmt.Sprintf(`{"staff_id":%q,"minutes":30,"reason":"payments stand still"}`, supervisor.ID), bearer: bearer}
		path := w.must(202, ask).header.Get("Location")
		waits := func(bearer string) (items []struct {
			ID, Reason string
			Minutes    int
		}) {
			var body struct{ Items any }
			body.Items = &items
			w.must(200, call{method: "GET", path: "/v1/emergencies/asked", bearer: bearer}).json(t, &body)
			return items
		}
		if all := waits(bearer); len(all) != 1 || !strings.HasSuffix(path, all[0].ID) || all[0].Minutes != 30 || all[0].Reason != "payments stand still" {
			t.Fatalf("who asked sees %+v", all)
		}
		if all := waits(other); len(all) != 0 {
			t.Errorf("a colleague sees %+v", all)
		}
		w.problem(403, "forbidden", call{method: "DELETE", path: path, bearer: other})
		w.must(204, call{method: "DELETE", path: path, bearer: bearer})
		if all := waits(bearer); len(all) != 0 {
			t.Errorf("it waits after it was taken back: %+v", all)
		}
		w.must(202, ask)
	})
}
