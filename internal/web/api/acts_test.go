package api_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/staff"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/acting"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/web/actionapi"
)

// doing is a wallet that does everything at once, and tells nothing else.
type doing struct {
	acting.Wallet
	now func() time.Time
}

func (d doing) Capabilities(context.Context) (wallet.Capabilities, error) {
	return wallet.Capabilities{Version: "1", Acts: wallet.Acts()}, nil
}

func (d doing) Do(_ context.Context, _ wallet.Actor, c wallet.Command) (wallet.Operation, error) {
	at := wallet.At(d.now())
	o := wallet.Operation{ID: "op-1", Key: c.Key, Act: c.Act, CustomerID: c.CustomerID, Target: c.Target, State: wallet.OpProposed, CreatedAt: at}
	if o.Summary = (&wallet.Summary{Amount: c.Amount, Effects: []string{"payments_stop"}, Reversible: true}); !c.DryRun {
		o.State, o.DoneAt = wallet.OpSucceeded, at
	}
	return o, nil
}

func (d doing) Transaction(_ context.Context, _ wallet.Actor, who, tx string) (wallet.Transaction, error) {
	if tx == "tx-none" {
		return wallet.Transaction{}, fault.New(fault.NotFound, "test", "no such payment")
	}
	if tx == "tx-held" {
		return wallet.Transaction{ID: tx, CustomerID: who, State: wallet.RiskHold}, nil
	}
	return wallet.Transaction{ID: tx, CustomerID: who, State: wallet.Posted}, nil
}

// sure proves whatever is asked for.
type sure struct{}

func (sure) Begin(context.Context, identity.Principal, action.Kept) (assurance.Standing, error) {
	return assurance.Standing{State: assurance.Pending, Link: "wallet://prove"}, nil
}

func (sure) Look(context.Context, identity.Principal, action.Kept) (assurance.Standing, error) {
	return assurance.Standing{State: assurance.Pending, Link: "wallet://prove"}, nil
}

func (sure) Proof(context.Context, identity.Principal, action.Kept) (assurance.Kept, error) {
	return assurance.Kept{}, fault.New(fault.NotFound, "test", "there is no proof")
}

func (w *world) connectActs() {
	two := action.Policy{Rules: []action.PolicyRule{
		{ID: "safe for two", Acts: []wallet.Act{wallet.BlockInstrument}, Allow: true, Level: 1, FourEyes: true},
		{ID: "safe", Acts: []wallet.Act{wallet.Freeze}, Allow: true, Level: 1},
		{ID: "money", Acts: []wallet.Act{wallet.RequestRefund, wallet.ReleaseHold}, Allow: true, Level: 2},
		{ID: "no", Acts: []wallet.Act{wallet.Recall}, Code: "closed"},
		{ID: "goodwill", Acts: []wallet.Act{wallet.GiveGoodwill}, Allow: true, Level: 1},
	}}
	w.acts = acting.New(acting.Deps{
		Wallet: doing{now: w.now}, Links: w.store, Store: w.store, Prover: sure{}, Approver: w.approvals, Policy: func() (action.Policy, int64) { return two, 1 },
		Zone: func() *time.Location { return time.UTC }, OnDuty: func() bool { return true }, Clean: w.intake.Clean, Clock: w.now,
	}, "wallet")
}

// given is a conversation with a customer of the wallet's that somebody has, if they
// could.
func (w *world) given(m staff.Member) string {
	w.t.Helper()
	conv, _ := w.signedIn("cust-anna")
	if p := principalOf(m); policy.Allow(p, policy.WorkConversation, policy.Object{}) {
		_, err := w.store.Execute(context.Background(), p, conv, conversation.Command{
			Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: m.ID, Name: m.Alias}},
		})
		check(w.t, err)
	}
	return conv
}

// proposed is an act that somebody proposed, or a supervisor in their place.
func (w *world) proposed(m staff.Member, conv string, act wallet.Act) acting.Seen {
	w.t.Helper()
	if !policy.Allow(principalOf(m), policy.ProposeAct, policy.Whosever(m.ID)) {
		m = w.member(identity.Supervisor)
	}
	wish := acting.Wish{Conversation: conv}
	wish.Act, wish.Target, wish.Reason = act, "card-"+id.New(), "lost"
	if act == wallet.Freeze {
		wish.Target = ""
	}
	seen, err := w.acts.AtDesk(context.Background(), principalOf(m), wish)
	check(w.t, err)
	return seen
}

func proposing(own bool, body string) func(*world, staff.Member) (call, string) {
	return func(w *world, m staff.Member) (call, string) {
		conv := ""
		if own {
			conv = w.given(m)
		} else {
			conv, _ = w.signedIn("cust-anna")
		}
		return call{method: "POST", path: "/v1/conversations/" + conv + "/acts", body: body}, conv
	}
}

// onAct asks for something about an act that the caller proposed, or a supervisor.
func onAct(method, what, body string) func(*world, staff.Member) (call, string) {
	return func(w *world, m staff.Member) (call, string) {
		conv := w.given(m)
		a := w.proposed(m, conv, wallet.Freeze)
		if body == "$" {
			body := fmt.Sprintf(`{"hash":%q}`, a.Hash)
			return call{method: method, path: "/v1/acts/" + a.ID + what, body: body}, conv
		}
		return call{method: method, path: "/v1/acts/" + a.ID + what, body: body}, conv
	}
}

// onWaiting asks for something about an act that waits for a second person: the
// caller's own, or a colleague's.
func onWaiting(own bool, what string) func(*world, staff.Member) (call, string) {
	return func(w *world, m staff.Member) (call, string) {
		maker := m
		if !own || !policy.Allow(principalOf(m), policy.OverseeActs, policy.Object{}) {
			maker = w.member(identity.Supervisor)
		}
		w.member(identity.Supervisor)
		a := w.waitingAct(maker)
		body := fmt.Sprintf(`{"hash":%q}`, a.Hash)
		if what == "/reject" {
			body = `{"reason":"not this one"}`
		}
		return call{method: "POST", path: "/v1/acts/" + a.ID + what, body: body}, a.ConversationID
	}
}

func (w *world) waitingAct(maker staff.Member) acting.Seen {
	w.t.Helper()
	ctx, p := context.Background(), principalOf(maker)
	a := w.proposed(maker, w.given(maker), wallet.BlockInstrument)
	_, _, err := w.acts.Confirm(ctx, p, a.ID, a.Hash)
	check(w.t, err)
	_, outcome, err := w.acts.Execute(ctx, p, a.ID)
	check(w.t, err)
	if outcome != "waiting" {
		w.t.Fatalf("it is %q", outcome)
	}
	return a
}

func actScenarios() []scenario {
	const freeze, refund = `{"act":"freeze","reason":"lost"}`, `{"act":"refund","target":"tx-1","amount":{"amount":"5.00","currency":"EUR","scale":2},"reason":"late"}`
	return []scenario{
		{"act-offers", "", plain("GET", "/v1/act-offers", ""), [5]int{200, 403, 200, 200, 403}, noKeys()},
		{"giving", "", func(w *world, m staff.Member) (call, string) {
			conv := w.given(m)
			return call{method: "GET", path: "/v1/conversations/" + conv + "/giving"}, conv
		}, [5]int{200, 404, 200, 403, 404}, noKeys()},
		{"goodwill-book", "", plain("GET", "/v1/goodwill", ""), [5]int{200, 403, 200, 403, 403}, noKeys()},
		{"propose-act", "of goodwill", proposing(true, `{"act":"goodwill","amount":{"amount":"5.00","currency":"EUR","scale":2},"reason":"outage"}`), [5]int{201, 404, 201, 403, 404}, noKeys()},
		{"propose-act", "of goodwill for no reason", proposing(true, `{"act":"goodwill","amount":{"amount":"5.00","currency":"EUR","scale":2},"reason":"because"}`), [5]int{200, 404, 200, 403, 404}, noKeys()},
		{"acts", "of a conversation", func(w *world, m staff.Member) (call, string) {
			conv := w.given(m)
			return call{method: "GET", path: "/v1/acts?conv=" + conv}, conv
		}, [5]int{200, 403, 200, 200, 403}, noKeys()},
		{"acts", "that wait", plain("GET", "/v1/acts?state=waiting", ""), [5]int{200, 403, 200, 403, 403}, noKeys()},
		{"acts", "of everybody", plain("GET", "/v1/acts", ""), [5]int{422, 403, 422, 403, 403}, noKeys()},
		{"act", "", onAct("GET", "", ""), [5]int{200, 404, 200, 200, 404}, noKeys()},
		{"propose-act", "in one's own", proposing(true, freeze), [5]int{201, 404, 201, 201, 404}, noKeys()},
		{"propose-act", "in nobody's", proposing(false, freeze), [5]int{201, 404, 201, 403, 404}, noKeys()},
		{"propose-act", "that is not allowed", proposing(true, `{"act":"recall","target":"tx-1","reason":"late"}`), [5]int{200, 404, 200, 200, 404}, noKeys()},
		{"propose-act", "of money", proposing(true, refund), [5]int{201, 404, 201, 201, 404}, noKeys()},
		{"propose-act", "of a payment that is not theirs", proposing(true, `{"act":"recall","target":"tx-none","reason":"late"}`), [5]int{404, 404, 404, 404, 404}, noKeys()},
		{"propose-act", "that makes no sense", proposing(true, `{"act":"refund","target":"tx-1","reason":"late"}`), [5]int{422, 404, 422, 422, 404}, noKeys()},
		{"confirm-act", "that makes safe", onAct("POST", "/confirm", "$"), [5]int{200, 403, 200, 200, 403}, noKeys()},
		{"prove-act", "", onAct("POST", "/proof", ""), [5]int{200, 404, 200, 200, 404}, noKeys()},
		{"start-act", "that nobody confirmed", onAct("POST", "/start", ""), [5]int{409, 404, 409, 409, 404}, noKeys()},
		{"cancel-act", "of one's own", onAct("POST", "/cancel", ""), [5]int{200, 403, 200, 200, 403}, noKeys()},
		{"approve-act", "a colleague's", onWaiting(false, "/approve"), [5]int{200, 403, 200, 403, 403}, noKeys()},
		{"approve-act", "one's own", onWaiting(true, "/approve"), [5]int{403, 403, 403, 403, 403}, noKeys()},
		{"reject-act", "a colleague's", onWaiting(false, "/reject"), [5]int{200, 403, 200, 403, 403}, noKeys()},
		{"reject-act", "one's own", onWaiting(true, "/reject"), [5]int{403, 403, 403, 403, 403}, noKeys()},
	}
}

func TestAnActAtTheDesk(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		m, boss := w.member(identity.Agent), w.member(identity.Supervisor)
		w.member(identity.Supervisor)
		conv := w.given(m)
		own, other := w.session(m), w.session(boss)
		post := func(status int, token, path, body string) actionapi.Act {
			t.Helper()
			var a actionapi.Act
			w.must(status, call{method: http.MethodPost, path: path, body: body, bearer: token}).json(t, &a)
			return a
		}
		var made actionapi.Proposed
		w.must(201, call{method: "POST", path: "/v1/conversations/" + conv + "/acts", body: `{"act":"instrument_block","target":"card-1","reason":"lost"}`, bearer: own}).json(t, &made)
		a := *made.Act
		if !a.FourEyes || !a.MayConfirm || a.MayDecide || a.Does.Effects[0] != "payments_stop" || a.Rule != "safe for two" || a.Maker.ID != m.ID {
			t.Errorf("%+v", a)
		}
		w.problem(409, "conflict", call{method: "POST", path: "/v1/acts/" + a.ID + "/confirm", body: `{"hash":"` + a.Hash[1:] + `0"}`, bearer: own})
		if a = post(200, own, "/v1/acts/"+a.ID+"/confirm", fmt.Sprintf(`{"hash":%q}`, a.Hash)); a.State != "confirmed" || !a.MayStart {
			t.Errorf("%+v", a)
		}
		if a = post(200, own, "/v1/acts/"+a.ID+"/start", ""); a.State != "waiting" || a.MayDecide {
			t.Errorf("%+v", a)
		}
		var list actionapi.ActList
		w.must(200, call{method: "GET", path: "/v1/acts?state=waiting", bearer: other}).json(t, &list)
		if len(list.Items) != 1 || !list.Items[0].MayDecide || list.Items[0].Hash != a.Hash {
			t.Errorf("%+v", list)
		}
		if a = post(200, other, "/v1/acts/"+a.ID+"/approve", fmt.Sprintf(`{"hash":%q}`, a.Hash)); a.State != "approved" || len(a.Approvers) != 1 {
			t.Errorf("%+v", a)
		}
		check(t, w.acts.Reconcile(context.Background()))
		w.must(200, call{method: "GET", path: "/v1/acts/" + a.ID, bearer: own}).json(t, &a)
		if a.State != "approved" { // the prover of this test says that the customer is being asked
			t.Errorf("%+v", a)
		}
		if a.Proof == nil || a.Proof.State != "not_needed" {
			t.Errorf("%+v", a.Proof)
		}
	})
}

// What customers follow to prove themselves is never shown to staff.
func TestStaffSeeAStateAndNoLink(t *testing.T) {
	w := newWorld(t)
	m := w.member(identity.Agent)
	conv, token := w.given(m), w.session(m)
	var made actionapi.Proposed
	w.must(201, call{method: "POST", path: "/v1/conversations/" + conv + "/acts", body: `{"act":"refund","target":"tx-1","amount":{"amount":"5.00","currency":"EUR","scale":2},"reason":"late"}`, bearer: token}).json(t, &made)
	a := w.must(200, call{method: "GET", path: "/v1/acts/" + made.Act.ID, bearer: token})
	var act actionapi.Act
	a.json(t, &act)
	if act.Proof == nil || act.Proof.State != "pending" || strings.Contains(a.text, "wallet://") {
		t.Errorf("%s", a.text)
	}
	w.problem(403, "forbidden", call{method: "POST", path: "/v1/acts/" + act.ID + "/confirm", body: fmt.Sprintf(`{"hash":%q}`, act.Hash), bearer: token})
}

// That a payment is held is told to whoever has the conversation and to supervisors; acts
// say nothing of it to colleagues (ADR 29).
func TestColleaguesHearOfNoHold(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		m := w.member(identity.Agent)
		conv, own, colleague, boss := w.given(m), w.session(m), w.session(w.member(identity.Agent)), w.session(w.member(identity.Supervisor))
		made := map[string]string{}
		for act, target := range map[string]string{"refund": "tx-held", "hold_release": "tx-held", "freeze": ""} {
			var p actionapi.Proposed
			body := fmt.Sprintf(`{"act":%q,"target":%q,"reason":"late"}`, act, target)
			if act == "refund" {
				body = fmt.Sprintf(`{"act":%q,"target":%q,"amount":{"amount":"5.00","currency":"EUR","scale":2},"reason":"late"}`, act, target)
			}
			w.must(201, call{method: "POST", path: "/v1/conversations/" + conv + "/acts", body: body, bearer: own}).json(t, &p)
			made[act] = p.Act.ID
		}
		for token, hears := range map[string]bool{own: true, boss: true, colleague: false} {
			answer := w.must(200, call{method: "GET", path: "/v1/acts?conv=" + conv, bearer: token})
			var list actionapi.ActList
			answer.json(t, &list)
			if strings.Contains(answer.text, string(wallet.RiskHold)) != hears || strings.Contains(answer.text, "hold_release") != hears || len(list.Items) != len(made)-map[bool]int{false: 1}[hears] {
				t.Errorf("who hears of it (%v): %s", hears, answer.text)
			}
			for _, a := range list.Items {
				if (a.Hash != "") != hears {
					t.Errorf("the hash of %s tells who hears (%v) of the state: %q", a.Act, hears, a.Hash)
				}
			}
			one := w.must(200, call{method: "GET", path: "/v1/acts/" + made["refund"], bearer: token})
			if strings.Contains(one.text, string(wallet.RiskHold)) != hears {
				t.Errorf("who hears of it (%v): %s", hears, one.text)
			}
			status := map[bool]int{true: 200, false: 404}[hears]
			w.must(status, call{method: "GET", path: "/v1/acts/" + made["hold_release"], bearer: token})
		}
		var page, rest actionapi.ActList
		w.must(200, call{method: "GET", path: "/v1/acts?limit=1&conv=" + conv, bearer: colleague}).json(t, &page)
		w.must(200, call{method: "GET", path: "/v1/acts?limit=1&cursor=" + page.Next + "&conv=" + conv, bearer: colleague}).json(t, &rest)
		if len(rest.Items) != 1 || rest.Next != "" {
			t.Errorf("the second of two pages: %+v", rest)
		}
	})
}
