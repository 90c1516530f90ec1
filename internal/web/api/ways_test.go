package api_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"kefu/internal/domain/identity"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/passkey"
	"kefu/internal/platform/passkey/passkeytest"
	"kefu/internal/web/accessapi"
	"kefu/internal/web/api"
)

// fromPage is what our own page adds to its requests.
func fromPage() map[string]string {
	return map[string]string{"Origin": origin, "Sec-Fetch-Site": "same-origin", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
}

func text(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	check(t, err)
	return string(raw)
}

func asked(q accessapi.PasskeyQuestion) passkey.Question {
	return passkey.Question{Challenge: q.Challenge, Domain: q.Domain, Handle: q.UserHandle}
}

func made(a passkey.Answer) accessapi.NewPasskey {
	return accessapi.NewPasskey{ID: a.ID, ClientData: a.ClientData, Attestation: a.Attestation, Transports: a.Transports}
}

// From an invitation to a passkey that opens the next session, over HTTP alone.
func TestFromAnInvitationToAPasskey(t *testing.T) {
	w := newWorld(t)
	var link accessapi.InvitationLink
	w.must(201, call{method: "POST", path: "/v1/invitations", body: `{"email":"bo@example.org","role":"agent","skills":["Fraud"],"languages":["zh"]}`, bearer: w.as(identity.Owner)}).json(t, &link)
	_, token, _ := strings.Cut(link.URL, "#invitation=")
	var welcome accessapi.InvitationWelcome
	w.must(200, call{method: "POST", path: "/v1/invitation", body: text(t, map[string]string{"token": token}), header: fromPage()}).json(t, &welcome)
	device := passkeytest.New(origin)
	key := made(device.Register(asked(*welcome.Question)))
	joined := w.must(200, call{method: "POST", path: "/v1/invitation/join", header: fromPage(), body: text(t, map[string]any{
		"token": token, "ticket": welcome.Ticket, "name": "Bo Li", "alias": "Bo 4111 1111 1111 1111", "passkey": key, "passkey_name": "phone",
	})})
	var s api.SessionView
	joined.json(t, &s)
	if s.Staff.Role != identity.Agent || strings.Contains(s.Staff.Name, "1111 1111") || s.Token != "" || !strings.HasPrefix(joined.header.Get("Set-Cookie"), "__Host-kefu_session=") {
		t.Errorf("%s %v", joined.text, joined.header)
	}
	if got := w.must(200, call{method: "GET", path: "/v1/staff/" + s.Staff.ID + "/duties", bearer: w.as(identity.Owner)}); !strings.Contains(got.text, `"skills":["fraud"],"languages":["zh"]`) {
		t.Errorf("the duties of who was invited with some: %s", got.text)
	}
	w.problem(404, "not_found", call{method: "POST", path: "/v1/invitation", body: text(t, map[string]string{"token": token}), header: fromPage()})

	var q accessapi.PasskeyAsked
	w.must(200, call{method: "POST", path: "/v1/session/passkey/question", header: fromPage()}).json(t, &q)
	use := device.Sign(asked(q.Question), s.Staff.ID)
	body := text(t, accessapi.PasskeyUse{Ticket: q.Ticket, ID: use.ID, ClientData: use.ClientData, AuthenticatorData: use.AuthenticatorData, Signature: use.Signature, UserHandle: use.Handle})
	in := w.must(200, call{method: "POST", path: "/v1/session/passkey", body: body, header: fromPage()})
	w.problem(401, "unauthenticated", call{method: "POST", path: "/v1/session/passkey", body: body, header: fromPage()})
	cookie, _, _ := strings.Cut(in.header.Get("Set-Cookie"), ";")

	var account accessapi.AccountView
	w.must(200, call{method: "GET", path: "/v1/account", cookies: []string{cookie}}).json(t, &account)
	if len(account.Sessions) != 2 || account.Sessions[0].Device != "Firefox · Linux" || !account.Sessions[0].Current || account.Passkeys[0].Name != "phone" {
		t.Errorf("%+v", account)
	}
	w.problem(409, "conflict", call{method: "DELETE", path: "/v1/account/passkeys/" + account.Passkeys[0].ID, cookies: []string{cookie}, header: fromPage()})
	w.must(204, call{method: "DELETE", path: "/v1/account/sessions/" + account.Sessions[1].ID, cookies: []string{cookie}, header: fromPage()})
	w.problem(409, "conflict", call{method: "DELETE", path: "/v1/account/sessions/" + account.Sessions[0].ID, cookies: []string{cookie}, header: fromPage()})
}

// A scanner that opens every link in a mail finds a page, and uses nothing up.
func TestAnInvitationIsUsedUpByNoLook(t *testing.T) {
	w := newWorld(t)
	var link accessapi.InvitationLink
	w.must(201, call{method: "POST", path: "/v1/invitations", body: `{"email":"bo@example.org","role":"agent"}`, bearer: w.as(identity.Admin)}).json(t, &link)
	_, token, _ := strings.Cut(link.URL, "#invitation=")
	if strings.Contains(strings.TrimSuffix(link.URL, "#invitation="+token), token) {
		t.Errorf("the token goes to the server with %s", link.URL)
	}
	look := call{method: "POST", path: "/v1/invitation", body: text(t, map[string]string{"token": token})}
	var welcome accessapi.InvitationWelcome
	for range 3 {
		w.must(200, look).json(t, &welcome)
	}
	w.must(405, call{method: "GET", path: "/v1/invitation"})
	for name, header := range map[string]map[string]string{"another site": {"Origin": "https://evil.example"}, "no type": {"Content-Type": "text/plain"}} {
		look.header = header
		if a := w.do(look); a.status != 403 && a.status != 415 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	code, err := totp.GenerateCode(welcome.TOTPSecret, w.now())
	check(t, err)
	w.must(200, call{method: "POST", path: "/v1/invitation/join", body: text(t, map[string]any{
		"token": token, "ticket": welcome.Ticket, "name": "Bo", "alias": "Bo", "password": "quartz-violin-9-meadow", "totp": code,
	})})
}

// Whoever must use a passkey and has none is refused everything but to add one.
func TestWithoutTheirPasskeyStaffHaveNoRole(t *testing.T) {
	w := newWorld(t)
	w.open(func(ways *signin.Ways) { ways.House.PasskeyRoles = []identity.Role{identity.Owner} })
	bearer := w.as(identity.Owner)
	conv, _ := w.talk("hello")
	for _, c := range []call{
		{method: "GET", path: "/v1/conversations"}, {method: "GET", path: "/v1/staff"}, {method: "GET", path: "/v1/conversations/" + conv},
		{method: "GET", path: "/v1/search?q=hello"}, {method: "POST", path: "/v1/invitations", body: `{"email":"a@example.org","role":"agent"}`},
	} {
		c.bearer = bearer
		if a := w.do(c); a.status != 403 && a.status != 404 {
			t.Errorf("%s %s: %d", c.method, c.path, a.status)
		}
	}
	var q accessapi.PasskeyAsked
	w.must(200, call{method: "POST", path: "/v1/account/passkeys/question", bearer: bearer}).json(t, &q)
	key := made(passkeytest.New(origin).Register(asked(q.Question)))
	w.must(204, call{method: "POST", path: "/v1/account/passkeys", bearer: bearer, body: text(t, map[string]any{"ticket": q.Ticket, "name": "key", "passkey": key})})
	w.must(200, call{method: "GET", path: "/v1/conversations", bearer: bearer})
}

func TestHeadersNameNobody(t *testing.T) {
	w := newWorld(t)
	m := w.member(identity.Owner)
	for _, header := range []string{"X-Remote-User", "X-Forwarded-User", "Remote-User", "X-Auth-Request-Email", "CF-Access-Authenticated-User-Email"} {
		w.problem(401, "unauthenticated", call{method: "GET", path: "/v1/session", header: map[string]string{header: m.Email}})
	}
}

func TestWhatADeskLearnsOfTheHouse(t *testing.T) {
	w := newWorld(t)
	w.open(func(ways *signin.Ways) { ways.House.Idle = 7 * time.Minute })
	var s api.SessionView
	w.must(200, call{method: "GET", path: "/v1/session", bearer: w.as(identity.Agent)}).json(t, &s)
	if s.Idle != 420 {
		t.Errorf("%+v", s)
	}
	if got := w.must(200, call{method: "GET", path: "/v1/session/ways"}).text; !strings.Contains(got, `"passkeys":true,"passwords":true`) {
		t.Error(got)
	}
	for _, path := range []string{"/v1/session/ways?x=1"} {
		w.must(422, call{method: "GET", path: path})
	}
}
