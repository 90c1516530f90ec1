package api_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"kefu/internal/domain/identity"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/id"
	"kefu/internal/web/api"
)

const secretWords = "quartz-violin-9-meadow"

// account is somebody who can really sign in.
type account struct{ id, email, totp string }

func (w *world) account(role identity.Role) account {
	w.t.Helper()
	email := id.New() + "@example.org"
	enrolled, err := w.desk.Enrol(context.Background(), identity.SystemPart("test"), signin.NewMember{
		Email: email, Name: "Mei Lin", Alias: "Mei", Password: secretWords, Role: role,
	})
	check(w.t, err)
	return account{id: enrolled.ID, email: email, totp: enrolled.TOTP.Secret}
}

func (w *world) code(a account) string {
	w.t.Helper()
	code, err := totp.GenerateCode(a.totp, w.now())
	check(w.t, err)
	return code
}

func entry(email, password, code string) string {
	return fmt.Sprintf(`{"email":%q,"password":%q,"totp":%q}`, email, password, code)
}

func browser() map[string]string {
	return map[string]string{"Origin": origin, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
}

func signIn(body string) call { return call{method: "POST", path: "/v1/session", body: body} }

func cookieOf(t *testing.T, a answer) *http.Cookie {
	t.Helper()
	cookies := (&http.Response{Header: a.header}).Cookies()
	if len(cookies) != 1 {
		t.Fatalf("the answer sets %d cookies: %v", len(cookies), a.header)
	}
	return cookies[0]
}

func TestABrowserGetsACookieAndAProgramAToken(t *testing.T) {
	w := newWorld(t)
	mei := w.account(identity.Agent)

	c := signIn(entry(" "+strings.ToUpper(mei.email), secretWords, w.code(mei)))
	c.header = browser()
	a := w.must(200, c)
	cookie := cookieOf(t, a)
	if cookie.Name != "__Host-kefu_session" || !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteStrictMode ||
		cookie.Path != "/" || cookie.Domain != "" || len(cookie.Value) != 43 {
		t.Errorf("the cookie is %+v", cookie)
	}
	if left := cookie.Expires.Sub(w.now()); left > signin.SessionLife || left < signin.SessionLife-time.Minute {
		t.Errorf("the cookie lives for %v", left)
	}
	var view api.SessionView
	a.json(t, &view)
	if view.Staff != (api.Me{ID: mei.id, Name: "Mei", Role: identity.Agent}) || view.Token != "" || strings.Contains(a.text, cookie.Value) {
		t.Errorf("the answer is %s", a.text)
	}

	w.pass(time.Minute) // a code works once
	a = w.must(200, signIn(entry(mei.email, secretWords, w.code(mei))))
	a.json(t, &view)
	if len(a.header.Values("Set-Cookie")) > 0 || len(view.Token) != 43 {
		t.Errorf("a program got %v and %q", a.header, view.Token)
	}
	for _, who := range []call{{bearer: view.Token}, {cookies: []string{cookie.Name + "=" + cookie.Value}}} {
		who.method, who.path = "GET", "/v1/session"
		if a := w.must(200, who); !strings.Contains(a.text, mei.id) || strings.Contains(a.text, "token") {
			t.Errorf("the session is %s", a.text)
		}
	}
}

func TestSigningInGivesANewSession(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		mei := w.account(identity.Agent)
		planted := "__Host-kefu_session=" + strings.Repeat("A", 43)
		c := signIn(entry(mei.email, secretWords, w.code(mei)))
		c.header, c.cookies = browser(), []string{planted}
		first := cookieOf(t, w.must(200, c))
		w.problem(401, "unauthenticated", call{method: "GET", path: "/v1/session", cookies: []string{planted}})

		w.pass(time.Minute)
		c = signIn(entry(mei.email, secretWords, w.code(mei)))
		c.header, c.cookies = browser(), []string{first.Name + "=" + first.Value}
		second := cookieOf(t, w.must(200, c))
		if second.Value == first.Value {
			t.Error("the session stayed the same over a sign-in")
		}
		w.problem(401, "unauthenticated", call{method: "GET", path: "/v1/session", cookies: []string{first.Name + "=" + first.Value}})
		w.must(200, call{method: "GET", path: "/v1/session", cookies: []string{second.Name + "=" + second.Value}})
		w.problem(401, "unauthenticated", call{method: "GET", path: "/v1/session", cookies: []string{second.Name + "=" + second.Value, planted}})
		w.problem(401, "unauthenticated", call{method: "GET", path: "/v1/session", cookies: []string{"kefu_session=" + second.Value}})
	})
}

func TestEveryRefusedSignInLooksTheSame(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		mei, gone := w.account(identity.Agent), w.account(identity.Agent)
		w.must(204, call{method: "PATCH", path: "/v1/staff/" + gone.id, bearer: w.as(identity.Owner), body: `{"disabled":true}`})
		used := w.code(mei)
		w.must(200, signIn(entry(mei.email, secretWords, used)))
		var want answer
		for i, body := range []string{
			entry("nobody@example.org", secretWords, "123456"),
			entry(mei.email, "wrong", w.code(mei)),
			entry(mei.email, secretWords, "000000"),
			entry(mei.email, secretWords, used),
			entry(mei.email, strings.Repeat("x", 1000), "000000"),
			entry(gone.email, secretWords, w.code(gone)),
			entry("' OR 1=1 --", "' OR '1'='1", "' OR 1=1"),
			entry("\x00", "\x00", "\x00"),
		} {
			body = strings.ReplaceAll(body, `\x00`, `\u0000`)
			got := w.problem(401, "unauthenticated", signIn(body))
			if i == 0 {
				want = got
			}
			if got.text != want.text || fmt.Sprint(got.header) != fmt.Sprint(want.header) {
				t.Errorf("%s: %v %s, for an unknown e-mail %v %s", body, got.header, got.text, want.header, want.text)
			}
		}
	})
}

func TestGuessingIsLimited(t *testing.T) {
	w := newWorld(t)
	mei := w.account(identity.Agent)
	from := func(last int, c call) call { c.remote = fmt.Sprintf("198.51.100.%d:1000", last); return c }
	w.must(200, from(1, signIn(entry(mei.email, secretWords, w.code(mei)))))
	var mu sync.Mutex
	count := map[int]int{}
	var group sync.WaitGroup
	for range 40 {
		group.Go(func() {
			a := w.do(from(2, signIn(entry(mei.email, "guess", "000000"))))
			if a.status == 429 && a.header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			mu.Lock()
			count[a.status]++
			mu.Unlock()
		})
	}
	group.Wait()
	if count[401] > 10 || count[401]+count[429] != 40 {
		t.Errorf("statuses of 40 guesses at once: %v", count)
	}
	// From elsewhere the account is locked, even for who knows everything; where
	// Mei works it is not.
	w.offset.Add(int64(time.Minute))
	w.problem(401, "unauthenticated", from(3, signIn(entry(mei.email, secretWords, w.code(mei)))))
	w.must(200, from(1, signIn(entry(mei.email, secretWords, w.code(mei)))))
	w.pass(11 * time.Minute) // the limit is over, the lock of the account is not
	w.problem(401, "unauthenticated", signIn(entry(mei.email, secretWords, w.code(mei))))
	w.pass(5 * time.Minute)
	w.must(200, signIn(entry(mei.email, secretWords, w.code(mei))))
}

func TestOneNetworkCannotTryManyAccounts(t *testing.T) {
	w := newWorld(t)
	w.stand()
	refused := 0
	for i := range 70 {
		c := signIn(entry(fmt.Sprintf("no-%d@example.org", i), "guess", "000000"))
		c.remote = fmt.Sprintf("[2001:db8:1:2::%x]:1000", i+1)
		c.header = map[string]string{"X-Forwarded-For": fmt.Sprintf("203.0.113.%d", i+1), "X-Real-IP": fmt.Sprint(i), "Forwarded": fmt.Sprintf("for=203.0.113.%d", i+1)}
		if w.do(c).status == 429 {
			refused++
		}
	}
	if refused != 10 {
		t.Errorf("%d of 70 tries from one network were refused, want those beyond 60", refused)
	}
	c := signIn(entry("other@example.org", "guess", "000000"))
	c.remote = "[2001:db8:1:3::1]:1000"
	w.problem(401, "unauthenticated", c)
}

func TestSessionsEnd(t *testing.T) {
	w := newWorld(t)
	w.member(identity.Owner)
	mei := w.member(identity.Agent)
	here := call{method: "GET", path: "/v1/session"}

	here.bearer = w.session(mei)
	other := w.session(mei)
	w.must(204, call{method: "DELETE", path: "/v1/session", bearer: here.bearer})
	w.problem(401, "unauthenticated", here)
	here.bearer = other
	w.must(200, here) // one session ends alone

	c := call{method: "DELETE", path: "/v1/session", cookies: []string{"__Host-kefu_session=" + w.session(mei)}, header: browser()}
	if gone := cookieOf(t, w.must(204, c)); gone.MaxAge >= 0 || gone.Value != "" || gone.Name != "__Host-kefu_session" {
		t.Errorf("signing out sets %+v", gone)
	}

	w.must(204, call{method: "PATCH", path: "/v1/staff/" + mei.ID, bearer: w.as(identity.Admin), body: `{"role":"supervisor"}`})
	w.problem(401, "unauthenticated", here)

	here.bearer = w.session(mei)
	w.pass(signin.SessionIdle + time.Second)
	w.problem(401, "unauthenticated", here)
	here.bearer = w.session(mei)
	for range 71 { // in use, it ends all the same after 12 hours
		w.pass(10 * time.Minute)
		w.must(200, here)
		w.member(identity.Agent) // a commit, which the note of the use goes with
	}
	w.pass(10 * time.Minute)
	w.problem(401, "unauthenticated", here)
}

// TestForeignPagesCannotAct asks for every operation that changes something as a
// page of another site would make a browser do it.
func TestForeignPagesCannotAct(t *testing.T) {
	w := newWorld(t)
	all, _ := operations(t, w)
	cookie := []string{"__Host-kefu_session=" + w.as(identity.Owner)}
	with := func(more map[string]string) map[string]string {
		h := map[string]string{"Content-Type": "application/json"}
		for name, value := range more {
			h[name] = value
		}
		return h
	}
	for _, o := range all {
		if o.method == "GET" {
			continue
		}
		path := w.target(o.path)
		for name, header := range map[string]map[string]string{
			"no origin":            with(nil),
			"another origin":       with(map[string]string{"Origin": "https://evil.example"}),
			"a sandboxed page":     with(map[string]string{"Origin": "null"}),
			"the same name, http":  with(map[string]string{"Origin": "http://desk.example.org"}),
			"another port":         with(map[string]string{"Origin": origin + ":8443"}),
			"a name that contains": with(map[string]string{"Origin": origin + ".evil.example"}),
			"another site":         with(map[string]string{"Origin": origin, "Sec-Fetch-Site": "cross-site"}),
			"a sister domain":      with(map[string]string{"Origin": origin, "Sec-Fetch-Site": "same-site"}),
			"a form":               {"Origin": origin, "Content-Type": "text/plain"},
			"another form":         {"Origin": origin, "Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
			"no type":              {"Origin": origin, "Content-Type": ""},
		} {
			w.problem(403, "forbidden", call{method: o.method, path: path, body: `{"planted":1}`, cookies: cookie, header: header})
			if o.OperationID == "sign-in" && strings.Contains(name, "an") && header["Origin"] != "" && header["Origin"] != origin {
				w.problem(403, "forbidden", call{method: o.method, path: path, body: `{}`, header: header})
			}
		}
	}
	conv, _ := w.talk("hello")
	w.must(204, call{method: "PUT", path: "/v1/conversations/" + conv + "/topic", body: `{"topic":"ours"}`, cookies: cookie, header: browser()})
}

func TestALimitedNetworkUsesUpNobodysTries(t *testing.T) {
	w := newWorld(t)
	mei := w.account(identity.Agent)
	w.stand()
	const there, here = "198.51.100.9:1000", "203.0.113.9:1000"
	from := func(c call) int { c.remote = there; return w.do(c).status }
	tries := 0
	for tries < 70 && from(signIn(entry(fmt.Sprintf("no-%d@example.org", tries), "guess", "000000"))) == 401 {
		tries++
	}
	if tries != 60 {
		t.Errorf("%d tries of one network are let through, want 60", tries)
	}
	for range 20 {
		if status := from(signIn(entry(mei.email, "guess", "000000"))); status != 429 {
			t.Fatalf("one more has status %d", status)
		}
	}
	c := signIn(entry(mei.email, secretWords, w.code(mei)))
	c.remote = here
	w.must(200, c)
}
