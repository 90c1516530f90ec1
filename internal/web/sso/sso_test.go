package sso_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/pquerna/otp/totp"

	"kefu/internal/connector/directory"
	"kefu/internal/connector/directory/directorytest"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/config"
	"kefu/internal/platform/egress"
	"kefu/internal/platform/id"
	"kefu/internal/platform/password"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/platform/ticket"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
	"kefu/internal/web/session"
	"kefu/internal/web/sso"
)

const home = "https://desk.example.org"

// house is a desk with a directory beside it.
type house struct {
	t        *testing.T
	provider *directorytest.Provider
	p        *storagetest.Process
	desk     *signin.Desk
	handler  http.Handler
	now      func() time.Time
	clock    *storagetest.Clock
}

func open(t *testing.T, change func(*config.Directory)) *house {
	t.Helper()
	h := &house{t: t, provider: directorytest.New()}
	t.Cleanup(h.provider.Close)
	d := storagetest.New(t, engine.SQLite)
	h.p, h.now, h.clock = d.Open(t), d.Clock.Now, d.Clock
	h.provider.Now = h.now
	c := config.Directory{Issuer: h.provider.URL, ClientID: directorytest.ClientID, Label: "Acme ID", Scopes: []string{"profile", "email"}, Private: true}
	if change != nil {
		change(&c)
	}
	many := ratelimit.Limit{Burst: 10_000, Per: time.Second}
	h.desk = signin.NewDesk(h.p, password.NewHasher(1), signin.DeskLimits{Account: many, Address: many, Keys: 100}, h.now, slog.New(slog.DiscardHandler))
	tickets, err := ticket.New(bytes.Repeat([]byte{3}, ticket.KeySize))
	h.must(err)
	h.desk.Open(signin.Ways{
		House: signin.HouseOf(config.Default().Staff), Tickets: tickets, PublicURL: home, Clean: func(s string) string { return s },
		Directory: directory.New(directory.Options{
			Config: c, Secret: directorytest.ClientSecret, Callback: home + sso.Callback, Clock: h.now,
			Transport: egress.New(egress.Options{Private: true}),
		}),
	})
	carrier, err := session.New(session.Options{PublicURL: home})
	h.must(err)
	mux := http.NewServeMux()
	sso.New(h.desk, carrier, slog.New(slog.DiscardHandler)).Mount(mux)
	h.handler = mux
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) member(email string) staff.Member {
	h.t.Helper()
	m := staff.Member{ID: id.New(), Email: email, Name: "Mei Chen", Alias: "Mei", Role: identity.Agent}
	h.must(h.p.AddStaff(context.Background(), identity.SystemPart("test"), staff.New{Member: m}))
	return m
}

// browser keeps cookies as one does, and follows no redirect by itself.
type browser struct {
	h       *house
	cookies map[string]*http.Cookie
}

func (h *house) browser() *browser { return &browser{h, map[string]*http.Cookie{}} }

func (b *browser) get(path string) *http.Response {
	b.h.t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.h.handler.ServeHTTP(w, r)
	answer := w.Result()
	for _, c := range answer.Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c
		}
	}
	return answer
}

// away goes to the directory and gives the address that it sends back to.
func (b *browser) away() *url.URL {
	b.h.t.Helper()
	return b.awayFrom("/sso/start")
}

func (b *browser) awayFrom(path string) *url.URL {
	b.h.t.Helper()
	start := b.get(path)
	at := start.Header.Get("Location")
	if start.StatusCode != 303 || !strings.HasPrefix(at, b.h.provider.URL+"/authorize?") {
		b.h.t.Fatalf("%d to %s", start.StatusCode, at)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Get(at)
	b.h.must(err)
	defer answer.Body.Close()
	back, err := url.Parse(answer.Header.Get("Location"))
	b.h.must(err)
	if back.Scheme+"://"+back.Host+back.Path != home+sso.Callback {
		b.h.t.Fatalf("sent back to %s", back)
	}
	return back
}

// comes back, and says where it leads and as whom.
func (b *browser) back(to *url.URL) (leads string, p identity.Principal) {
	b.h.t.Helper()
	answer := b.get(to.RequestURI())
	leads = answer.Header.Get("Location")
	if c := b.cookies["__Host-kefu_session"]; c != nil {
		if c.SameSite != http.SameSiteStrictMode || !c.HttpOnly || !c.Secure {
			b.h.t.Errorf("the session's cookie is %v", c)
		}
		p, _, _ = b.h.desk.Resolve(context.Background(), c.Value)
	}
	return leads, p
}

func mei(more map[string]any) map[string]any {
	claims := map[string]any{"sub": "m-1", "email": "Mei@Acme.test", "email_verified": true, "name": "Mei Chen"}
	for k, v := range more {
		claims[k] = v
	}
	return claims
}

func TestAMemberComesByTheDirectory(t *testing.T) {
	h := open(t, nil)
	m := h.member("mei@acme.test")
	h.provider.SignedInAs(mei(nil))
	b := h.browser()
	leads, p := b.back(b.away())
	if leads != "/desk/" || p.ID != m.ID || p.Role != identity.Agent {
		t.Fatalf("%s as %+v", leads, p)
	}
	// Linked, they are known by who they are and no more by their address.
	h.provider.SignedInAs(mei(map[string]any{"email": "other@acme.test", "email_verified": false}))
	b = h.browser()
	if leads, p = b.back(b.away()); leads != "/desk/" || p.ID != m.ID {
		t.Errorf("linked: %s as %+v", leads, p)
	}
	// Whoever gets the address later is another person.
	h.provider.SignedInAs(mei(map[string]any{"sub": "m-2"}))
	b = h.browser()
	if leads, p = b.back(b.away()); leads != "/desk/#directory=refused" || p.ID != "" {
		t.Errorf("who has the address now: %s as %+v", leads, p)
	}
}

func TestSomebodyInvitedJoinsByTheDirectory(t *testing.T) {
	h := open(t, nil)
	h.provider.SignedInAs(mei(nil))
	b := h.browser()
	if leads, _ := b.back(b.away()); leads != "/desk/#directory=refused" {
		t.Errorf("nobody knows them, and they come to %s", leads)
	}
	_, err := h.desk.Invite(t.Context(), identity.SystemPart("test"), staff.Invitation{Email: "mei@acme.test", Role: identity.Supervisor})
	h.must(err)
	b = h.browser()
	leads, p := b.back(b.away())
	if leads != "/desk/" || p.Role != identity.Supervisor || p.Name != "Mei" {
		t.Errorf("%s as %+v", leads, p)
	}
	if open, err := h.p.Invitations(t.Context(), identity.SystemPart("test")); err != nil || len(open) != 0 {
		t.Errorf("the invitation is open still: %v %v", open, err)
	}
}

// Who is invited to run the house waits for a second person, whichever way they come.
func TestAnAdminWhoJoinsByTheDirectoryWaitsForASecondPerson(t *testing.T) {
	h := open(t, nil)
	ctx := context.Background()
	owner := func(email string) identity.Principal {
		m := staff.Member{ID: id.New(), Email: email, Name: email, Alias: email, Role: identity.Owner}
		h.must(h.p.AddStaff(ctx, identity.SystemPart("test"), staff.New{Member: m}))
		return identity.Principal{Kind: identity.Staff, ID: m.ID, Role: m.Role, Session: id.New()}
	}
	first, second := owner("olga@acme.example"), owner("omar@acme.example")
	h.must(h.p.Invite(ctx, first, staff.Invitation{ID: id.New(), Digest: id.New(), Kind: staff.InviteMember, Email: "bo@acme.example", Role: identity.Admin}))
	h.provider.SignedInAs(mei(map[string]any{"sub": "b-1", "email": "bo@acme.example"}))
	b := h.browser()
	if leads, p := b.back(b.away()); leads != "/desk/#directory=waits" || p.ID != "" {
		t.Fatalf("leads to %s as %+v", leads, p)
	}
	if leads, _ := b.back(b.away()); leads != "/desk/#directory=refused" {
		t.Errorf("once more, before anybody agreed: %s", leads)
	}
	waiting, err := h.p.ListApprovals(ctx, second, true, "", 10)
	if err != nil || len(waiting) != 1 {
		t.Fatalf("%+v %v", waiting, err)
	}
	_, err = h.p.Approve(ctx, second, waiting[0].ID, waiting[0].Hash)
	h.must(err)
	if leads, p := b.back(b.away()); leads != "/desk/" || p.Role != identity.Admin {
		t.Errorf("afterwards: %s as %+v", leads, p)
	}
}

func TestWhoIsNotLetInByTheDirectory(t *testing.T) {
	strange, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	forged := func(change func(jwt.MapClaims)) func(*directorytest.Provider) {
		return func(p *directorytest.Provider) { p.Forge = change }
	}
	for name, test := range map[string]struct {
		config  func(*config.Directory)
		claims  map[string]any
		provide func(*directorytest.Provider)
		answer  func(url.Values)
		why     string
	}{
		"an address that is not verified":   {claims: map[string]any{"email_verified": false}, why: "refused"},
		"an address verified by a word":     {claims: map[string]any{"email_verified": "true"}, why: "refused"},
		"no address":                        {claims: map[string]any{"email": ""}, why: "refused"},
		"nobody":                            {claims: map[string]any{"sub": ""}, why: "refused"},
		"another client's token":            {provide: forged(func(c jwt.MapClaims) { c["aud"] = "another" }), why: "refused"},
		"a token for several, not by us":    {provide: forged(func(c jwt.MapClaims) { c["aud"] = []string{"kefu", "another"} }), why: "refused"},
		"a token of another party":          {provide: forged(func(c jwt.MapClaims) { c["azp"] = "another" }), why: "refused"},
		"another issuer's token":            {provide: forged(func(c jwt.MapClaims) { c["iss"] = "https://evil.example" }), why: "refused"},
		"a token that is over":              {provide: forged(func(c jwt.MapClaims) { c["exp"] = 1 }), why: "refused"},
		"another nonce":                     {provide: forged(func(c jwt.MapClaims) { c["nonce"] = "other" }), why: "refused"},
		"no nonce":                          {provide: forged(func(c jwt.MapClaims) { delete(c, "nonce") }), why: "refused"},
		"another's signature":               {provide: func(p *directorytest.Provider) { p.SignBy = strange }, why: "refused"},
		"another state":                     {answer: func(q url.Values) { q.Set("state", "other") }, why: "refused"},
		"no state":                          {answer: func(q url.Values) { q.Del("state") }, why: "refused"},
		"two states":                        {answer: func(q url.Values) { q.Add("state", "other") }, why: "refused"},
		"no code":                           {answer: func(q url.Values) { q.Del("code") }, why: "refused"},
		"another code":                      {answer: func(q url.Values) { q.Set("code", "other") }, why: "refused"},
		"an endless code":                   {answer: func(q url.Values) { q.Set("code", strings.Repeat("x", 5000)) }, why: "refused"},
		"another provider's answer":         {answer: func(q url.Values) { q.Set("iss", "https://evil.example") }, why: "refused"},
		"an answer that hides whose it is":  {answer: func(q url.Values) { q.Del("iss") }, why: "refused"},
		"an error of the provider":          {answer: func(q url.Values) { q.Del("code"); q.Set("error", "access_denied") }, why: "refused"},
		"too weak a sign-in":                {config: func(c *config.Directory) { c.ACR = []string{"phr"} }, claims: map[string]any{"acr": "pwd"}, why: "refused"},
		"a sign-in of unknown strength":     {config: func(c *config.Directory) { c.ACR = []string{"phr"} }, why: "refused"},
		"a sign-in by a password alone":     {config: func(c *config.Directory) { c.AMR = []string{"hwk"} }, claims: map[string]any{"amr": []string{"pwd"}}, why: "refused"},
		"who is in no group that counts":    {config: groups, claims: map[string]any{"groups": []string{"sales"}}, why: "refused"},
		"who is in no group":                {config: groups, why: "refused"},
		"a provider that is down by now":    {provide: func(p *directorytest.Provider) { p.Down = true }, why: "unavailable"},
		"the right one, to see that it can": {},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, test.config)
			h.member("mei@acme.test")
			h.provider.SignedInAs(mei(test.claims))
			b := h.browser()
			to := b.away()
			if test.provide != nil {
				h.provider.Set(test.provide)
			}
			q := to.Query()
			if test.answer != nil {
				test.answer(q)
			}
			to.RawQuery = q.Encode()
			leads, p := b.back(to)
			if test.why == "" {
				if leads != "/desk/" || p.ID == "" {
					t.Errorf("%s as %+v", leads, p)
				}
				return
			}
			if leads != "/desk/#directory="+test.why || p.ID != "" {
				t.Errorf("%s as %+v", leads, p)
			}
		})
	}
}

func groups(c *config.Directory) {
	c.RoleClaim = "groups"
	c.Roles = []config.GroupsRole{{Value: "support", Role: "agent"}, {Value: "leads", Role: "supervisor"}}
}

func TestAnAnswerIsTakenOnceAndByTheBrowserThatAsked(t *testing.T) {
	h := open(t, nil)
	h.member("mei@acme.test")
	h.provider.SignedInAs(mei(nil))
	b := h.browser()
	to := b.away()
	if leads, p := h.browser().back(to); leads != "/desk/#directory=over" || p.ID != "" {
		t.Errorf("another browser: %s as %+v", leads, p)
	}
	other := h.browser()
	other.away()
	if leads, p := other.back(to); leads != "/desk/#directory=refused" || p.ID != "" {
		t.Errorf("another browser that asked something else: %s as %+v", leads, p)
	}
	ticketCookie := b.cookies["__Host-kefu_session_sso"]
	if leads, _ := b.back(to); leads != "/desk/" {
		t.Fatalf("the first time: %s", leads)
	}
	again := h.browser()
	again.cookies[ticketCookie.Name] = ticketCookie
	if leads, p := again.back(to); leads != "/desk/#directory=refused" || p.ID != "" {
		t.Errorf("a code that is replayed: %s as %+v", leads, p)
	}
}

func TestGroupsGiveRoles(t *testing.T) {
	h := open(t, groups)
	m := h.member("mei@acme.test")
	as := func(groups ...string) identity.Role {
		h.provider.SignedInAs(mei(map[string]any{"groups": groups}))
		b := h.browser()
		_, p := b.back(b.away())
		return p.Role
	}
	for _, test := range []struct {
		groups []string
		want   identity.Role
	}{{[]string{"leads", "support"}, identity.Supervisor}, {[]string{"support"}, identity.Agent}, {[]string{"sales"}, ""}} {
		if got := as(test.groups...); got != test.want {
			t.Errorf("%v: %s, want %s", test.groups, got, test.want)
		}
	}
	owner := identity.Owner
	h.must(h.p.ChangeStaff(t.Context(), identity.SystemPart("test"), m.ID, staff.Change{Role: &owner}))
	if got := as("support"); got != identity.Owner {
		t.Errorf("a group has made an owner %s", got)
	}
}

func TestTheDirectoryIsDownAndPasswordsGoOn(t *testing.T) {
	h := open(t, nil)
	h.provider.Set(func(p *directorytest.Provider) { p.Down = true })
	if leads := h.browser().get("/sso/start").Header.Get("Location"); leads != "/desk/#directory=unavailable" {
		t.Errorf("%s", leads)
	}
	if ways := h.desk.WaysIn(); !ways.Passwords || ways.Directory != "Acme ID" {
		t.Errorf("%+v", ways)
	}
	h.provider.Set(func(p *directorytest.Provider) { p.Down = false })
	h.provider.SignedInAs(mei(nil))
	h.member("mei@acme.test")
	b := h.browser()
	if leads, _ := b.back(b.away()); leads != "/desk/" {
		t.Errorf("once it is there again: %s", leads)
	}
}

func TestADisabledMemberComesInByNoWay(t *testing.T) {
	h := open(t, nil)
	m := h.member("mei@acme.test")
	yes := true
	h.must(h.p.ChangeStaff(t.Context(), identity.SystemPart("test"), m.ID, staff.Change{Disabled: &yes}))
	h.provider.SignedInAs(mei(nil))
	b := h.browser()
	if leads, p := b.back(b.away()); leads != "/desk/#directory=refused" || p.ID != "" {
		t.Errorf("%s as %+v", leads, p)
	}
}

// Where there is no directory, its addresses lead to the sign-in page.
func TestWithoutADirectory(t *testing.T) {
	h := open(t, nil)
	ways := h.desk.Ways
	ways.Directory = nil
	h.desk.Open(ways)
	for _, path := range []string{"/sso/start", "/sso/callback?code=x&state=y"} {
		if leads := h.browser().get(path).Header.Get("Location"); leads != "/desk/#directory=over" {
			t.Errorf("%s leads to %s", path, leads)
		}
	}
}

// An address is the directory's word alone: an account with a way in of its own is
// linked by who comes in that way, once.
func TestAnAccountWithAnotherWayInIsLinkedByItsOwner(t *testing.T) {
	h := open(t, nil)
	const plain = "meadow-9-violin-quartz"
	enrolled, err := h.desk.Enrol(t.Context(), identity.SystemPart("test"), signin.NewMember{Email: "mei@acme.test", Name: "Mei Chen", Alias: "Mei", Password: plain, Role: identity.Agent})
	h.must(err)
	h.provider.SignedInAs(mei(nil))
	b := h.browser()
	if leads, p := b.back(b.away()); leads != "/desk/#directory=confirm" || p.ID != "" {
		t.Fatalf("by the address alone: %s as %+v", leads, p)
	}
	if leads := b.get("/sso/link").Header.Get("Location"); leads != "/desk/#directory=over" {
		t.Errorf("to link without a session: %s", leads)
	}
	code, err := totp.GenerateCode(enrolled.TOTP.Secret, h.now())
	h.must(err)
	opened, err := h.desk.SignIn(t.Context(), signin.Entry{Email: "mei@acme.test", Password: plain, Code: code})
	h.must(err)
	signedIn := func() *browser {
		b := h.browser()
		b.cookies["__Host-kefu_session"] = &http.Cookie{Name: "__Host-kefu_session", Value: opened.Token, SameSite: http.SameSiteStrictMode, HttpOnly: true, Secure: true}
		return b
	}
	// Whom the directory knows under another address is somebody else.
	h.provider.SignedInAs(mei(map[string]any{"sub": "m-9", "email": "eve@acme.test"}))
	b = signedIn()
	if leads, _ := b.back(b.awayFrom("/sso/link")); leads != "/desk/#directory=refused" {
		t.Errorf("under another address: %s", leads)
	}
	h.provider.SignedInAs(mei(nil))
	b = signedIn()
	if leads, p := b.back(b.awayFrom("/sso/link")); leads != "/desk/" || p.ID != enrolled.ID {
		t.Fatalf("asked for by its owner: %s as %+v", leads, p)
	}
	b = h.browser()
	if leads, p := b.back(b.away()); leads != "/desk/" || p.ID != enrolled.ID {
		t.Errorf("linked: %s as %+v", leads, p)
	}
	h.clock.Move(signin.ProofLife)
	if leads := signedIn().get("/sso/link").Header.Get("Location"); leads != "/desk/#directory=over" {
		t.Errorf("to link after a proof that is old: %s", leads)
	}
}
