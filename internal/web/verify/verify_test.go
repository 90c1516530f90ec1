package verify_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/official"
	"kefu/internal/flow/takedown"
	"kefu/internal/platform/fault"
	"kefu/internal/web/verify"
)

type site struct {
	t       *testing.T
	mux     *http.ServeMux
	now     time.Time
	peer    string
	reports []takedown.Report
	fails   error
	limited []string
}

func newSite(t *testing.T) *site {
	s := &site{t: t, mux: http.NewServeMux(), now: time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC), peer: "192.0.2.1"}
	err := verify.Mount(s.mux, verify.Deps{
		Book: func() *official.Book {
			return official.NewBook(s.now,
				official.Channel{Kind: official.Site, Value: "lotuswallet.example", Name: "<b>Home</b>"},
				official.Channel{Kind: official.Phone, Value: "+86 400 123 4567"},
				official.Channel{Kind: official.Social, Network: "wechat", Value: "LotusWallet"})
		},
		House: func() string { return "Lotus" },
		Report: func(_ context.Context, r takedown.Report) error {
			if s.fails == nil {
				s.reports = append(s.reports, r)
			}
			return s.fails
		},
		Peer:   func(*http.Request) netip.Addr { return netip.MustParseAddr(s.peer) },
		Window: "https://widget.kefu.test/frame", Clock: func() time.Time { return s.now }, Log: slog.New(slog.DiscardHandler),
		Limited: func(limit string) { s.limited = append(s.limited, limit) }, Keys: 100,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) ask(method, path, body string, header ...string) *http.Response {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if strings.Contains(path, "json") {
		r.Header.Set("Content-Type", "application/json")
	} else {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, r)
	return w.Result()
}

func (s *site) text(r *http.Response) string {
	s.t.Helper()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

func (s *site) check(q, lang string) string {
	s.t.Helper()
	r := s.ask("POST", "/verify", url.Values{"q": {q}, "lang": {lang}}.Encode())
	if r.StatusCode != http.StatusOK {
		s.t.Fatalf("%q: %d", q, r.StatusCode)
	}
	return s.text(r)
}

func TestThePage(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/verify", "/verify.css", "/verify.json"} {
		r := s.ask("GET", path, "")
		body := s.text(r)
		if r.StatusCode != http.StatusOK || len(body) > 50_000 || strings.Contains(body, "<script") || strings.Contains(body, "style=") {
			t.Errorf("%s: %d, %d bytes", path, r.StatusCode, len(body))
		}
		h := r.Header
		if h.Get("Set-Cookie") != "" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Frame-Options") != "DENY" || h.Get("Referrer-Policy") != "no-referrer" ||
			!strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s: %v", path, h)
		}
	}
	for lang, want := range map[string]string{"en-GB": `<html lang="en"`, "zh-TW,zh": `<html lang="zh-CN"`} {
		if text := s.text(s.ask("GET", "/verify", "", "Accept-Language", lang)); !strings.Contains(text, want) || !strings.Contains(text, "Lotus") || !strings.Contains(text, "https://widget.kefu.test/frame") {
			t.Errorf("%s: %.300s", lang, text)
		}
	}
	if text := s.text(s.ask("GET", "/verify?lang=zh", "", "Accept-Language", "en")); !strings.Contains(text, "真的是Lotus吗？") {
		t.Errorf("%.300s", text)
	}
}

func TestWhatIsSaid(t *testing.T) {
	s := newSite(t)
	for q, want := range map[string][]string{
		"400 123 4567":                 {"This is ours", "a caller can make a false number appear"},
		"https://lоtuswallet.example/": {"This is not ours", "l<mark>", "<mark>о</mark>", "The marked letters are Cyrillic.", "xn--ltuswallet-evi.example", "Ours is", "&lt;b&gt;Home", "Do not call back"},
		"someone@else.test":            {"This page cannot tell", "We list no channel of this kind", `class="said open"`},
		"@LotusWallet":                 {"Ours only as an account on WeChat", "Is that what you see, and there?", "a name that is shown can be forged", `class="said open"`},
		"lotuswallet.example":          {"Ours only as a website", `class="said open"`},
		"wechat: LotusWallet":          {"This is ours", "a name that is shown can be forged"},
		"+49 30 901820":                {"This is not ours", "It is not in the register"},
		"?!":                           {"We cannot read this"},
	} {
		text := s.check(q, "en")
		for _, part := range want {
			if part == "l<mark>" {
				part = ">l</bdi>"
				continue
			}
			if !strings.Contains(text, part) {
				t.Errorf("%q lacks %q", q, part)
			}
		}
	}
	if text := s.check("400 123 4567", "zh"); !strings.Contains(text, "是我们的官方渠道") || !strings.Contains(text, "来电号码可以伪造") {
		t.Error(text)
	}
	if text := s.check("LotusWallet", "zh"); !strings.Contains(text, "只有微信账号才是我们") || !strings.Contains(text, "显示的名字可以伪造") {
		t.Error(text)
	}
	// What is typed is text.
	text := s.check(`"><script>alert(1)</script>`, "en")
	if strings.Contains(text, "<script") {
		t.Error(text)
	}
}

func TestProgramsAsk(t *testing.T) {
	s := newSite(t)
	var list struct{ Channels []official.Channel }
	if err := json.Unmarshal([]byte(s.text(s.ask("GET", "/verify.json", ""))), &list); err != nil || len(list.Channels) != 3 {
		t.Errorf("%+v %v", list, err)
	}
	var v official.Verdict
	r := s.ask("POST", "/verify.json", `{"text":"@lotus_wallet"}`)
	if err := json.Unmarshal([]byte(s.text(r)), &v); err != nil || v.State != official.Lookalike || r.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%+v %v", v, err)
	}
	for _, body := range []string{"", "{}x", `{"text":1}`, `{"text":"a","text":"b"}`, `{"who":"a"}`, `{"text":"` + strings.Repeat("a", 20_000) + `"}`} {
		if r := s.ask("POST", "/verify.json", body); r.StatusCode != http.StatusBadRequest {
			t.Errorf("%.40s: %d", body, r.StatusCode)
		}
	}
}

func TestAskingIsLimitedByNetwork(t *testing.T) {
	s := newSite(t)
	for range 30 {
		s.check("95188", "en")
	}
	r := s.ask("POST", "/verify", "q=95188")
	if r.StatusCode != http.StatusTooManyRequests || r.Header.Get("Retry-After") == "" || strings.Contains(s.text(r), "This is") || len(s.limited) != 1 {
		t.Errorf("%d %v", r.StatusCode, s.limited)
	}
	if r := s.ask("POST", "/verify.json", `{"text":"1"}`); r.StatusCode != http.StatusTooManyRequests {
		t.Errorf("programs: %d", r.StatusCode)
	}
	s.peer = "192.0.2.2"
	s.check("95188", "en")
	s.peer, s.now = "192.0.2.1", s.now.Add(time.Minute)
	s.check("95188", "en")
}

func TestAReport(t *testing.T) {
	s := newSite(t)
	form := url.Values{"about": {"+1 202 555 0143"}, "happened": {"They asked for my code"}, "where": {"https://evil.test/x"}, "reach": {"me@else.test"}, "lang": {"zh"}}
	r := s.ask("POST", "/verify/report", form.Encode())
	if text := s.text(r); r.StatusCode != http.StatusCreated || !strings.Contains(text, "举报已收到") || strings.Contains(text, "They asked") {
		t.Errorf("%d %s", r.StatusCode, text)
	}
	if len(s.reports) != 1 || s.reports[0] != (takedown.Report{About: "+1 202 555 0143", Happened: "They asked for my code", Where: "https://evil.test/x", Reach: "me@else.test", Language: "zh"}) {
		t.Errorf("%+v", s.reports)
	}
	// What was written is not lost.
	s.fails = fault.InvalidFor("test", "happened", "too_long", "is too long")
	if r = s.ask("POST", "/verify/report", form.Encode()); r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(s.text(r), "They asked for my code") {
		t.Errorf("%d", r.StatusCode)
	}
	s.fails = fault.New(fault.Unavailable, "test", "the disk is full")
	if r = s.ask("POST", "/verify/report", form.Encode()); r.StatusCode != http.StatusServiceUnavailable || !strings.Contains(s.text(r), "They asked for my code") {
		t.Errorf("%d", r.StatusCode)
	}
	s.fails = nil
	if r = s.ask("POST", "/verify/report", form.Encode()); r.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a fourth: %d", r.StatusCode)
	}
	if r = s.ask("POST", "/verify/report", "about="+strings.Repeat("a", 20_000)); r.StatusCode != http.StatusBadRequest {
		t.Errorf("too much: %d", r.StatusCode)
	}
	for i := range 70 {
		s.peer = netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}).String()
		r = s.ask("POST", "/verify/report", form.Encode())
	}
	if r.StatusCode != http.StatusTooManyRequests || len(s.reports) > 61 {
		t.Errorf("of all networks together: %d, %d", r.StatusCode, len(s.reports))
	}
}

func FuzzPage(f *testing.F) {
	f.Add("q=1&lang=en")
	f.Add("q=%ff%fe<script>&lang=xx")
	f.Fuzz(func(t *testing.T, body string) {
		s := newSite(t)
		for _, path := range []string{"/verify", "/verify/report", "/verify.json"} {
			r := s.ask("POST", path, body)
			if text := s.text(r); r.StatusCode >= 500 || strings.Contains(text, "<script") || len(text) > 50_000 {
				t.Errorf("%s %q: %d, %d bytes", path, body, r.StatusCode, len(text))
			}
		}
	})
}
