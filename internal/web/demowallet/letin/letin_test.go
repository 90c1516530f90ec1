package letin_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"kefu/internal/domain/wallet/recovering"
	"kefu/internal/platform/fault"
	"kefu/internal/web/demowallet/letin"
)

// desk notes what is done, and stands at what it is told.
type desk struct {
	stage string
	given []recovering.Given
	stops int
}

func (d *desk) Opened(_ context.Context, id, token, _ string) (recovering.Page, error) {
	if id != "r-1" && token != "t-1" {
		return recovering.Page{}, fault.New(fault.NotFound, "test", "none")
	}
	return recovering.Page{ID: "r-1", Stage: d.stage}, nil
}

func (d *desk) Give(_ context.Context, g recovering.Given) (recovering.Page, error) {
	d.given = append(d.given, g)
	return recovering.Page{ID: "r-1", Stage: "password"}, nil
}

func (d *desk) Stop(context.Context, string) (bool, error) {
	d.stops++
	return d.stops == 1, nil
}

func (d *desk) Letters(_ context.Context, customer string) ([]letin.Letter, error) {
	return []letin.Letter{{Kind: "email", To: "<a@example.com>", What: "link", Code: "123456", Link: "/recover?t=t-1"}}, nil
}

func (d *desk) Holds(context.Context, string) (string, []string, error) {
	return "654321", []string{"abcde-fghij"}, nil
}

func TestOpeningDoesNothingAndPressingDoes(t *testing.T) {
	d := &desk{stage: "confirm"}
	h, err := letin.Handler(d, func(r *http.Request) bool { return r.Header.Get("Origin") != "https://attacker.example" })
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, target, origin string, form url.Values, cookies ...*http.Cookie) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "http://wallet.example"+target, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", origin)
		for _, c := range cookies {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for _, target := range []string{"/recover?t=t-1", "/recover?r=r-1", "/recover?stop=s-1", "/recover/mail?as=c", "/recover?t=unknown", "/recover"} {
		for _, method := range []string{"GET", "HEAD"} {
			if w := ask(method, target, "", nil); w.Code != 200 || len(d.given) != 0 || d.stops != 0 || w.Header().Get("Set-Cookie") != "" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("%s %s: %d, %v, %d", method, target, w.Code, d.given, d.stops)
			}
		}
	}
	if w := ask("POST", "/recover", "https://attacker.example", url.Values{"t": {"t-1"}}); w.Code != 403 || len(d.given) != 0 {
		t.Errorf("from another page: %d", w.Code)
	}
	w := ask("POST", "/recover?lang=zh", "", url.Values{"t": {"t-1"}})
	cookies := w.Result().Cookies()
	if w.Code != 200 || len(d.given) != 1 || d.given[0].Token != "t-1" || len(cookies) != 1 || !cookies[0].HttpOnly || d.given[0].Browser != cookies[0].Value || !strings.Contains(w.Body.String(), "新密码") {
		t.Fatalf("%d %+v %v", w.Code, d.given, cookies)
	}
	ask("POST", "/recover", "", url.Values{"r": {"r-1"}, "password": {"p"}}, cookies[0])
	if len(d.given) != 2 || d.given[1].Browser != cookies[0].Value || d.given[1].Password != "p" {
		t.Errorf("the browser is another one: %+v", d.given)
	}
	for i, want := range []string{"Stopped.", "It was over already."} {
		if w := ask("POST", "/recover", "", url.Values{"stop": {"s"}}); !strings.Contains(w.Body.String(), want) {
			t.Errorf("stop %d: %s", i, w.Body)
		}
	}
	if w := ask("GET", "/recover/mail?as=c", "", nil); !strings.Contains(w.Body.String(), "&lt;a@example.com&gt;") || !strings.Contains(w.Body.String(), "654321") || !strings.Contains(w.Body.String(), "abcde-fghij") {
		t.Error(w.Body)
	}
}
