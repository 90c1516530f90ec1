package api_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/web/approvalapi"
)

// asked is a request of a member of staff to make an agent an admin.
func (w *world) asked(maker staff.Member) approval.Request {
	w.t.Helper()
	admin := identity.Admin
	err := w.store.ChangeStaff(context.Background(), principalOf(maker), w.member(identity.Agent).ID, staff.Change{Role: &admin})
	var pending *approval.PendingError
	if !errors.As(err, &pending) {
		w.t.Fatalf("asking: %v", err)
	}
	r, err := w.store.Approval(context.Background(), principalOf(maker), pending.ID)
	check(w.t, err)
	return r
}

// onRequest asks for something about a colleague's request.
func onRequest(method, what, body string) func(*world, staff.Member) (call, string) {
	return func(w *world, _ staff.Member) (call, string) {
		w.member(identity.Owner)
		r := w.asked(w.member(identity.Owner))
		return call{method: method, path: "/v1/approvals/" + r.ID + what, body: strings.ReplaceAll(body, "$", r.Hash)}, ""
	}
}

// onOwnRequest asks for something about a request of the caller, or of a colleague
// where the caller could not have made one.
func onOwnRequest(method, what, body string) func(*world, staff.Member) (call, string) {
	return func(w *world, m staff.Member) (call, string) {
		w.member(identity.Owner)
		if m.Role != identity.Owner && m.Role != identity.Admin {
			m = w.member(identity.Owner)
		}
		r := w.asked(m)
		return call{method: method, path: "/v1/approvals/" + r.ID + what, body: strings.ReplaceAll(body, "$", r.Hash)}, ""
	}
}

func approvalScenarios() []scenario {
	return []scenario{
		{"approvals", "", plain("GET", "/v1/approvals", ""), [5]int{200, 200, 200, 403, 403}, noKeys()},
		{"approval", "", onRequest("GET", "", ""), [5]int{200, 200, 404, 403, 403}, noKeys()},
		{"approve", "a colleague's", onRequest("POST", "/approve", `{"hash":"$"}`), [5]int{204, 204, 403, 403, 403}, noKeys()},
		{"approve", "one's own", onOwnRequest("POST", "/approve", `{"hash":"$"}`), [5]int{403, 403, 403, 403, 403}, noKeys()},
		{"approve", "something else", onRequest("POST", "/approve", `{"hash":"`+strings.Repeat("0", 64)+`"}`), [5]int{409, 409, 403, 403, 403}, noKeys()},
		{"reject", "a colleague's", onRequest("POST", "/reject", `{"reason":"Not this month"}`), [5]int{204, 204, 403, 403, 403}, noKeys()},
		{"reject", "one's own", onOwnRequest("POST", "/reject", `{"reason":"Not this month"}`), [5]int{403, 403, 403, 403, 403}, noKeys()},
		{"withdraw", "one's own", onOwnRequest("DELETE", "", ""), [5]int{204, 204, 403, 403, 403}, noKeys()},
		{"withdraw", "a colleague's", onRequest("DELETE", "", ""), [5]int{403, 403, 403, 403, 403}, noKeys()},
	}
}

func TestASecondPersonSeesAndApprovesExactlyWhatWasAsked(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		maker, second, agent := w.member(identity.Owner), w.member(identity.Owner), w.member(identity.Agent)
		own := w.session(maker)
		a := w.must(202, call{method: "PATCH", path: "/v1/staff/" + agent.ID, body: `{"role":"owner"}`, bearer: own})
		path := a.header.Get("Location")
		w.problem(409, "conflict", call{method: "PATCH", path: "/v1/staff/" + agent.ID, body: `{"role":"admin"}`, bearer: w.session(second)})
		var mine, theirs approvalapi.Approval
		w.must(200, call{method: "GET", path: path, bearer: own}).json(t, &mine)
		w.must(200, call{method: "GET", path: path, bearer: w.session(second)}).json(t, &theirs)
		if mine.MayDecide || !mine.MayWithdraw || !theirs.MayDecide || theirs.MayWithdraw {
			t.Errorf("the maker sees %+v, the second person %+v", mine, theirs)
		}
		want := fmt.Sprintf(`{"id":%q,"name":%q,"was_role":"agent","was_disabled":false,"role":"owner"}`, agent.ID, agent.Name)
		if string(theirs.Payload) != want || theirs.State != "pending" || theirs.Maker.Name != maker.Name {
			t.Errorf("the request is %+v with %s", theirs, theirs.Payload)
		}
		// The same person in another session is the same person.
		w.problem(403, "forbidden", call{method: "POST", path: path + "/approve", body: fmt.Sprintf(`{"hash":%q}`, mine.Hash), bearer: w.session(maker)})
		approve := call{method: "POST", path: path + "/approve", body: fmt.Sprintf(`{"hash":%q}`, theirs.Hash), bearer: w.session(second)}
		w.must(204, approve)
		w.problem(409, "conflict", approve)
		var list approvalapi.ApprovalList
		w.must(200, call{method: "GET", path: "/v1/approvals?decided=true", bearer: own}).json(t, &list)
		if len(list.Items) != 1 || list.Items[0].State != "executed" || list.Items[0].Decider.Name != second.Name {
			t.Errorf("decided: %+v", list)
		}
		m, err := w.store.StaffByID(context.Background(), principalOf(maker), agent.ID)
		if err != nil || m.Role != identity.Owner {
			t.Errorf("%+v %v", m, err)
		}
	})
}
