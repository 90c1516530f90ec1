package api_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/id"
	"kefu/internal/web/api"
	"kefu/internal/web/searchapi"
)

func TestStaffSeeColleaguesAndOnlyManagersTheirAddresses(t *testing.T) {
	w := newWorld(t)
	mei := w.member(identity.Agent)
	gone := w.member(identity.Agent)
	admin := w.as(identity.Admin)
	w.must(204, call{method: "PATCH", path: "/v1/staff/" + gone.ID, bearer: admin, body: `{"disabled":true}`})
	for bearer, sees := range map[string]bool{w.session(mei): false, w.as(identity.Supervisor): false, admin: true, w.as(identity.Owner): true} {
		a := w.must(200, call{method: "GET", path: "/v1/staff", bearer: bearer})
		if strings.Contains(a.text, mei.Email) != sees {
			t.Errorf("e-mail addresses shown: %v, want %v", !sees, sees)
		}
		for _, word := range []string{"password", "totp", "argon", "none", "JBSWY3DP"} {
			if strings.Contains(a.text, word) {
				t.Errorf("the list holds %q", word)
			}
		}
		var list api.MemberList
		a.json(t, &list)
		found := map[string]api.Member{}
		for _, m := range list.Items {
			found[m.ID] = m
		}
		if found[mei.ID].Alias != mei.Alias || found[mei.ID].Disabled || !found[gone.ID].Disabled {
			t.Errorf("the list is %+v", list)
		}
	}
}

func TestTheListOfStaffComesInPages(t *testing.T) {
	w := newWorld(t)
	for range 4 {
		w.member(identity.Agent)
	}
	bearer := w.as(identity.Supervisor)
	var whole, page api.MemberList
	w.must(200, call{method: "GET", path: "/v1/staff", bearer: bearer}).json(t, &whole)
	if len(whole.Items) < 5 || whole.Next != "" {
		t.Fatalf("the list is %+v", whole)
	}
	var paged []api.Member
	for path := "/v1/staff?limit=2"; ; path = "/v1/staff?limit=2&cursor=" + page.Next {
		page = api.MemberList{}
		w.must(200, call{method: "GET", path: path, bearer: bearer}).json(t, &page)
		if paged = append(paged, page.Items...); page.Next == "" {
			break
		}
	}
	if !slices.Equal(paged, whole.Items) {
		t.Errorf("the pages are %+v\nthe list is %+v", paged, whole.Items)
	}
}

func TestANewMemberSignsInAndLeaves(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		owner := w.member(identity.Owner)
		bearer := w.session(owner)
		body := `{"email":"Lin@Example.org","name":"Lin","alias":"Lin","role":"agent","password":"quartz-violin-9-meadow"}`
		var lin api.Enrolled
		w.must(201, call{method: "POST", path: "/v1/staff", bearer: bearer, body: body}).json(t, &lin)
		if !strings.HasPrefix(lin.TOTPURL, "otpauth://totp/") || !strings.Contains(lin.TOTPURL, lin.TOTPSecret) {
			t.Errorf("enrolled: %+v", lin)
		}
		w.problem(409, "conflict", call{method: "POST", path: "/v1/staff", bearer: bearer, body: body})
		for field, body := range map[string]string{
			"password": strings.Replace(body, "quartz-violin-9-meadow", "password", 1),
			"role":     strings.Replace(body, `"agent"`, `"god"`, 1),
			"alias":    strings.Replace(body, `"alias":"Lin"`, `"alias":"Lin\u0007"`, 1),
			"email":    strings.Replace(body, "Lin@Example.org", "nowhere", 1),
		} {
			a := w.problem(422, "invalid", call{method: "POST", path: "/v1/staff", bearer: bearer, body: body})
			if !strings.Contains(a.text, fmt.Sprintf(`"field":%q`, field)) {
				t.Errorf("%s: %s", field, a.text)
			}
		}
		var view api.SessionView
		in := signIn(entry("lin@example.org", "quartz-violin-9-meadow", w.code(account{totp: lin.TOTPSecret})))
		w.must(200, in).json(t, &view)
		at := "/v1/staff/" + lin.ID
		w.problem(422, "invalid", call{method: "PATCH", path: at, bearer: bearer, body: `{}`})
		w.problem(404, "not_found", call{method: "PATCH", path: "/v1/staff/" + id.New(), bearer: bearer, body: `{"disabled":true}`})
		w.must(204, call{method: "PATCH", path: at, bearer: bearer, body: `{"disabled":true}`})
		w.problem(401, "unauthenticated", call{method: "GET", path: "/v1/session", bearer: view.Token})
		w.problem(409, "conflict", call{method: "PATCH", path: "/v1/staff/" + owner.ID, bearer: bearer, body: `{"role":"agent"}`})
	})
}

func TestACustomerIsShownMasked(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		bearer := w.as(identity.Agent)
		in := customer.SignIn{
			Issuer: "wallet", Subject: "wallet-account-778899", TokenID: id.New(), Name: "Wang Wei", Language: "zh", NewID: id.New(),
			Secret: customer.WindowSecret{Digest: id.New(), Verified: true, Level: identity.AL1},
		}
		signedIn, err := w.store.SignInCustomer(context.Background(), in)
		check(t, err)
		p := identity.Principal{Kind: identity.Customer, ID: signedIn.CustomerID, Session: id.New()}
		conv := w.talkOf(p, "我的钱包")
		a := w.must(200, call{method: "GET", path: "/v1/customers/" + p.ID, bearer: bearer})
		var view api.CustomerView
		a.json(t, &view)
		if view.ID != p.ID || view.Name != "Wang Wei" || view.Anonymous || view.Evidence != "verified" ||
			len(view.Handles) != 1 || view.Handles[0] != (api.Handle{ID: view.Handles[0].ID, Kind: "wallet", Masked: "••••8899", Evidence: "verified"}) ||
			len(view.Conversations) != 1 || view.Conversations[0].ID != conv {
			t.Errorf("the customer is %+v", view)
		}
		if strings.Contains(a.text, in.Subject) || strings.Contains(a.text, "778899") {
			t.Errorf("the wallet's id is shown: %s", a.text)
		}
		if c := w.line(conv, bearer); c.Customer.Name != "Wang Wei" || c.Customer.Evidence != "verified" || c.Language != "zh" {
			t.Errorf("the line is %+v", c)
		}
		w.problem(404, "not_found", call{method: "GET", path: "/v1/customers/" + id.New(), bearer: bearer})
	})
}

func TestHandlesAreNotedFoundAndForgotten(t *testing.T) {
	w := newWorld(t)
	bearer := w.as(identity.Agent)
	_, who := w.talk("call me")
	at := "/v1/customers/" + who.ID
	w.must(204, call{method: "POST", path: at + "/handles", bearer: bearer, body: `{"kind":"phone","value":"+49 170 1234567","evidence":"claimed"}`})
	for field, body := range map[string]string{
		"value":    `{"kind":"phone","value":"4111 1111 1111 1111","evidence":"claimed"}`,
		"evidence": `{"kind":"phone","value":"+49 170 1","evidence":"verified"}`,
		"kind":     `{"kind":"wallet","value":"w-1","evidence":"claimed"}`,
	} {
		if a := w.problem(422, "invalid", call{method: "POST", path: at + "/handles", bearer: bearer, body: body}); !strings.Contains(a.text, fmt.Sprintf(`"field":%q`, field)) {
			t.Errorf("%s: %s", field, a.text)
		}
	}
	a := w.must(200, call{method: "GET", path: at, bearer: bearer})
	var view api.CustomerView
	a.json(t, &view)
	if len(view.Handles) != 1 || view.Handles[0].Masked != "••••4567" || view.Handles[0].Evidence != "claimed" || strings.Contains(a.text, "1234567") {
		t.Fatalf("the customer is shown as %s", a.text)
	}
	find := func(value string) (list api.FoundList) {
		w.must(200, call{method: "POST", path: "/v1/customers/find", bearer: bearer, body: fmt.Sprintf(`{"kind":"phone","value":%q}`, value)}).json(t, &list)
		return list
	}
	if got := find("+49 170-1234567"); len(got.Items) != 1 || got.Items[0].ID != who.ID || !got.Items[0].Anonymous || got.Items[0].HandleEvidence != "claimed" {
		t.Errorf("found %+v", got)
	}
	// Who is found is named as far as is needed to tell one from another, and whoever looks on
	// reads them, which is recorded.
	signed := w.window()
	known, err := w.windows.Resolve(context.Background(), signed)
	check(t, err)
	w.must(204, call{method: "POST", path: "/v1/customers/" + known.Principal.ID + "/handles", bearer: bearer, body: `{"kind":"phone","value":"+49 30 7654321","evidence":"claimed"}`})
	if got := find("+49 30 7654321"); len(got.Items) != 1 || got.Items[0].Name != "Wang W." {
		t.Errorf("found %+v", got)
	}
	w.must(204, call{method: "DELETE", path: at + "/handles/" + view.Handles[0].ID, bearer: bearer})
	if got := find("+49 170 1234567"); got.Items == nil || len(got.Items) != 0 {
		t.Errorf("found %+v after it was forgotten", got)
	}
	w.problem(404, "not_found", call{method: "DELETE", path: at + "/handles/" + view.Handles[0].ID, bearer: bearer})
}

func TestACustomersWindowsAreEnded(t *testing.T) {
	w := newWorld(t)
	token := w.window()
	opened, err := w.windows.Resolve(context.Background(), token)
	check(t, err)
	w.must(204, call{method: "POST", path: "/v1/customers/" + opened.Principal.ID + "/revoke", bearer: w.as(identity.Admin)})
	if _, err := w.windows.Resolve(context.Background(), token); err == nil {
		t.Error("the window still opens")
	}
}

func TestSearchFindsWhatIsThere(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		bearer := w.as(identity.Agent)
		conv, who := w.talk("the marzipan transfer failed")
		for i := range 4 {
			w.say(who, conv, fmt.Sprintf("marzipan again, %d, 我要退款", i))
		}
		mei := w.member(identity.Agent)
		w.say(principalOf(mei), conv, "which marzipan?")
		w.find(who, conv)
		search := func(query string) (page searchapi.HitPage) {
			w.must(200, call{method: "GET", path: "/v1/search?" + query, bearer: bearer}).json(t, &page)
			return page
		}
		first := search("q=marzipan&limit=4")
		if len(first.Items) != 4 || first.Next == "" || first.Items[0].Author != mei.Alias || first.Items[1].Author != "customer" ||
			first.Items[0].Conv != conv || first.Items[0].Seq != 6 || first.Items[0].Kind != "message" || first.Items[0].Snippet != "which marzipan?" {
			t.Errorf("the first page is %+v", first)
		}
		second := search("q=marzipan&limit=4&cursor=" + first.Next)
		if len(second.Items) != 2 || second.Next != "" || second.Items[1].Seq != 1 {
			t.Errorf("the second page is %+v", second)
		}
		if hits := search("q=" + url.QueryEscape("退款")); len(hits.Items) != 4 {
			t.Errorf("退款: %+v", hits)
		}
		known, err := w.windows.Resolve(context.Background(), w.window())
		check(t, err)
		w.find(known.Principal, w.talkOf(known.Principal, "a pomegranate"))
		if hits := search("q=pomegranate"); len(hits.Items) != 1 || hits.Items[0].Customer.Name != "Wang W." || hits.Items[0].Customer.Anonymous {
			t.Errorf("found by %+v", hits)
		}
		if hits := search("q=nowhere"); hits.Items == nil || len(hits.Items) != 0 {
			t.Errorf("nowhere: %+v", hits)
		}
		for _, q := range []string{"", "q=", "q=%20", "q=!!!", "q=" + strings.Repeat("a", 201)} {
			w.problem(422, "invalid", call{method: "GET", path: "/v1/search?" + q, bearer: bearer})
		}
	})
}
