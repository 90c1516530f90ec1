package hook_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kefu/internal/connector/hook"
	"kefu/internal/platform/egress"
	"kefu/internal/platform/fault"
)

func TestPost(t *testing.T) {
	var got http.Header
	var body string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		got, body = r.Header, r.Method+" "+string(text)
		switch r.URL.Path {
		case "/busy":
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusTooManyRequests)
		case "/later":
			w.Header().Set("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT")
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/moved":
			http.Redirect(w, r, "/", http.StatusPermanentRedirect)
		case "/long":
			_, _ = io.WriteString(w, strings.Repeat("x", 100<<10))
		case "/slow":
			select {
			case <-r.Context().Done():
			case <-time.After(10 * time.Second):
			}
		}
	}))
	t.Cleanup(s.Close)
	p := hook.New(egress.Options{Private: true, Timeout: time.Second})
	send := func(path string) (int, time.Duration, error) {
		a, err := p.Post(context.Background(), s.URL+path, map[string]string{"Webhook-Id": "evt_1", "Content-Type": "application/json"}, []byte(`{"a":1}`))
		return a.Status, a.RetryAfter, err
	}
	status, _, err := send("/")
	if err != nil || status != 200 || body != `POST {"a":1}` || got.Get("Webhook-Id") != "evt_1" || got.Get("Content-Type") != "application/json" {
		t.Errorf("%d %v, sent %s %v", status, err, body, got)
	}
	for path, want := range map[string]struct {
		status int
		after  time.Duration
	}{"/busy": {429, 2 * time.Minute}, "/later": {503, 0}, "/moved": {308, 0}} {
		if status, after, err := send(path); err != nil || status != want.status || after != want.after {
			t.Errorf("%s: %d after %v, %v", path, status, after, err)
		}
	}
	if status, _, err := send("/long"); err != nil || status != 200 {
		t.Errorf("a long answer: %d, %v; it would be sent again", status, err)
	}
	if _, _, err := send("/slow"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("no answer: %v", err)
	}
	outside := hook.New(egress.Options{})
	if _, err := outside.Post(context.Background(), s.URL, nil, nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("an address inside, over http: %v", err)
	}
}
