package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/staff"
	"kefu/internal/domain/webhook"
	"kefu/internal/platform/id"
	"kefu/internal/web/approvalapi"
	"kefu/internal/web/hookapi"
	"kefu/internal/web/ruleapi"
)

// endpoint is a webhook that is set up, with its secret.
func (w *world) endpoint() string {
	w.t.Helper()
	one := id.New()
	_, err := w.settings.Save(context.Background(), identity.SystemPart("test"), settings.Change{
		Kind: "webhook", ID: one, Body: []byte(`{"name":"CRM","url":"https://crm.example/hook","events":["message.sent"]}`),
	})
	check(w.t, err)
	_, err = w.webhooks.Secret(context.Background(), identity.SystemPart("test"), one)
	check(w.t, err)
	return one
}

// delivery is a delivery to an endpoint.
func (w *world) delivery(endpoint string) string {
	w.t.Helper()
	part := identity.SystemPart("test")
	check(w.t, w.webhooks.Ping(context.Background(), part, endpoint))
	all, err := w.webhooks.Deliveries(context.Background(), part, webhook.DeliveryQuery{Endpoint: endpoint, Limit: 1})
	check(w.t, err)
	return all[0].ID
}

func onWebhook(method, what string) func(*world, staff.Member) (call, string) {
	return func(w *world, _ staff.Member) (call, string) {
		return call{method: method, path: "/v1/webhooks/" + w.endpoint() + what}, ""
	}
}

func onDelivery(w *world, _ staff.Member) (call, string) {
	e := w.endpoint()
	return call{method: "POST", path: "/v1/webhooks/" + e + "/deliveries/" + w.delivery(e) + "/retry"}, ""
}

func onForeignDelivery(w *world, _ staff.Member) (call, string) {
	return call{method: "POST", path: "/v1/webhooks/" + w.endpoint() + "/deliveries/" + w.delivery(w.endpoint()) + "/retry"}, ""
}

const tryRule = `{"rule":{"name":"Refunds","when":["started"],"if":"message.text.mentions(['refund'])","then":[{"do":"add_tags","tags":["refund"]}]}}`

func TestDeliveriesArePaged(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		bearer := w.session(w.member(identity.Admin))
		e := w.endpoint()
		made := map[string]bool{}
		for range 5 {
			check(t, w.webhooks.Ping(context.Background(), identity.SystemPart("test"), e))
			w.pass(1000)
		}
		cursor := ""
		for range 3 {
			var page hookapi.DeliveryList
			w.must(200, call{method: "GET", path: fmt.Sprintf("/v1/webhooks/%s/deliveries?limit=2&state=pending&cursor=%s", e, cursor), bearer: bearer}).json(t, &page)
			for _, d := range page.Items {
				if made[d.ID] || d.Type != webhook.Ping || d.State != webhook.Pending || d.NextAt == 0 || !strings.HasPrefix(d.Event, "evt_") {
					t.Errorf("%+v", d)
				}
				made[d.ID] = true
			}
			cursor = page.Next
		}
		if len(made) != 5 || cursor != "" {
			t.Errorf("%d deliveries are listed, and then %q", len(made), cursor)
		}
		var none hookapi.DeliveryList
		w.must(200, call{method: "GET", path: "/v1/webhooks/" + e + "/deliveries?state=failed", bearer: bearer}).json(t, &none)
		if none.Items == nil || len(none.Items) != 0 {
			t.Errorf("failed ones: %+v", none)
		}
	})
}

// A secret is shown once; nothing else of the API holds it.
func TestASecretIsShownOnce(t *testing.T) {
	w := newWorld(t)
	bearer := w.session(w.member(identity.Owner))
	e := w.endpoint()
	var first, second hookapi.WebhookSecret
	w.must(200, call{method: "POST", path: "/v1/webhooks/" + e + "/secret", body: "", bearer: bearer}).json(t, &first)
	w.must(200, call{method: "POST", path: "/v1/webhooks/" + e + "/secret", body: "", bearer: bearer}).json(t, &second)
	if _, err := webhook.ParseSecret(first.Secret); err != nil || first.Secret == second.Secret {
		t.Errorf("%q, then %q: %v", first.Secret, second.Secret, err)
	}
	for _, path := range []string{"/v1/settings/webhook/" + e, "/v1/settings/webhook/" + e + "/history", "/v1/webhooks/" + e + "/deliveries"} {
		if text := w.must(200, call{method: "GET", path: path, bearer: bearer}).text; strings.Contains(text, first.Secret) || strings.Contains(text, second.Secret) || strings.Contains(text, "whsec") {
			t.Errorf("%s holds the secret", path)
		}
	}
	if logs := w.logs.String(); strings.Contains(logs, "whsec") {
		t.Error("the log holds the secret")
	}
}

func TestARuleIsTried(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		refund, _ := w.talk("where is my Refund?")
		w.talk("hello")
		supervisor, admin := w.session(w.member(identity.Supervisor)), w.session(w.member(identity.Admin))
		var seen ruleapi.Trial
		w.must(200, call{method: "POST", path: "/v1/rules/try", body: tryRule, bearer: supervisor}).json(t, &seen)
		w.problem(403, "forbidden", call{method: "POST", path: "/v1/rules/try", body: tryRule, bearer: admin}) // a count answers any question about words
		if seen.Problem != nil || !seen.Complete || seen.Looked != 2 || seen.Occasions != 2 || seen.Held != 1 || len(seen.Samples) != 1 || seen.Samples[0].Conversation != refund || seen.Samples[0].On != "started" {
			t.Errorf("a supervisor is told %+v", seen)
		}
		var wrong ruleapi.Trial
		w.must(200, call{method: "POST", path: "/v1/rules/try", body: `{"rule":{"name":"x","when":["started"],"if":"conversation.prio == 1","then":[{"do":"add_tags","tags":["a"]}]}}`, bearer: supervisor}).json(t, &wrong)
		if wrong.Problem == nil || wrong.Problem.Field != "if" || !strings.Contains(wrong.Problem.Message, "column 13") {
			t.Errorf("%+v", wrong.Problem)
		}
	})
}

// A webhook is where customers' events go: a second person agrees to its address.
func TestAWebhookWaitsForASecondPerson(t *testing.T) {
	w := newWorld(t)
	owner := w.member(identity.Owner)
	path := "/v1/settings/webhook/" + id.New()
	put := func(revision int, url string) call {
		return call{method: http.MethodPut, path: path, body: fmt.Sprintf(`{"revision":%d,"value":{"name":"CRM","url":%q,"events":["message.sent"]}}`, revision, url), bearer: w.session(owner)}
	}
	w.must(200, put(0, "https://crm.example/one")) // who is alone needs nobody
	w.member(identity.Admin)
	w.must(202, put(1, "https://crm.example/two"))
	it, err := w.settings.Get(context.Background(), identity.SystemPart("test"), "webhook", path[strings.LastIndex(path, "/")+1:])
	check(t, err)
	if it.Revision != 1 || !strings.Contains(string(it.Body), "/one") {
		t.Errorf("it has changed: %+v", it)
	}
	var pending *approval.PendingError
	_, err = w.settings.Save(context.Background(), principalOf(owner), settings.Change{Kind: "webhook", ID: id.New(), Body: it.Body})
	if !errors.As(err, &pending) {
		t.Errorf("a new one does not wait: %v", err)
	}
	var list approvalapi.ApprovalList
	w.must(200, call{method: "GET", path: "/v1/approvals", bearer: w.session(owner)}).json(t, &list)
	if len(list.Items) != 2 {
		t.Errorf("%d wait", len(list.Items))
	}
}
