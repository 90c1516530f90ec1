package walletevents_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
	"kefu/internal/web/walletevents"
)

func key() httpsig.Key {
	return httpsig.Key{ID: "kefu-1", Secret: []byte("0123456789abcdef0123456789abcdef")}
}

const good = `{"event_id":"e-1","type":"refund.updated","customer_id":"c-1","object":"r-1","sequence":1,"position":7,"at":"2026-11-02T09:00:00Z"}`

// taker takes what the service would.
type taker struct {
	taken []wallet.Notice
	err   error
}

func (k *taker) Take(_ context.Context, n wallet.Notice) error {
	if err := n.Validate(); err != nil {
		return err
	}
	k.taken = append(k.taken, n)
	return k.err
}

type site struct {
	t      *testing.T
	taker  *taker
	server *httptest.Server
	log    *bytes.Buffer
}

func serve(t *testing.T) site {
	s := site{t: t, taker: &taker{}, log: &bytes.Buffer{}}
	mux := http.NewServeMux()
	walletevents.New(s.taker, httpsig.NewVerifier(1000, key()), time.Now, slog.New(slog.NewTextHandler(s.log, nil))).Mount(mux)
	s.server = httptest.NewServer(mux)
	t.Cleanup(s.server.Close)
	return s
}

// post signs a body and posts it, spoilt or not.
func (s site) request(body string, k httpsig.Key, at time.Time, spoil func(*http.Request)) *http.Request {
	r, err := http.NewRequest(http.MethodPost, s.server.URL+walletevents.Path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	signed := httpsig.Sign(httpsig.Request{Method: r.Method, Authority: r.URL.Host, Path: r.URL.Path, Body: []byte(body)}, k, at)
	r.Header = http.Header{"Content-Type": {"application/json"}, "Content-Digest": {signed.ContentDigest}, "Signature-Input": {signed.SignatureInput}, "Signature": {signed.Signature}}
	if spoil != nil {
		spoil(r)
	}
	return r
}

func (s site) send(r *http.Request) (int, string) {
	s.t.Helper()
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return got.StatusCode, string(text)
}

func TestWhoMustNot(t *testing.T) {
	s := serve(t)
	other, unknown := key(), key()
	other.Secret = []byte("another secret of thirty-two bytes")
	unknown.ID = "kefu-2"
	drop := func(names ...string) func(*http.Request) {
		return func(r *http.Request) {
			for _, n := range names {
				r.Header.Del(n)
			}
		}
	}
	now := time.Now()
	for name, r := range map[string]*http.Request{
		"unsigned":           s.request(good, key(), now, drop("Signature", "Signature-Input")),
		"no digest":          s.request(good, key(), now, drop("Content-Digest")),
		"another secret":     s.request(good, other, now, nil),
		"an unknown key":     s.request(good, unknown, now, nil),
		"of six minutes ago": s.request(good, key(), now.Add(-6*time.Minute), nil),
		"of the future":      s.request(good, key(), now.Add(6*time.Minute), nil),
		"another body": s.request(good, key(), now, func(r *http.Request) {
			body := strings.Replace(good, "c-1", "c-2", 1)
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		}),
		"a space more": s.request(good, key(), now, func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(good+" ")), int64(len(good)+1)
		}),
		"another query":         s.request(good, key(), now, func(r *http.Request) { r.URL.RawQuery = "a=b" }),
		"another host":          s.request(good, key(), now, func(r *http.Request) { r.Host = "elsewhere.example" }),
		"no JSON, and unsigned": s.request("nonsense", key(), now, drop("Signature")),
	} {
		if status, text := s.send(r); status != http.StatusUnauthorized || !strings.Contains(text, `"code":"signature"`) {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
	// What Kefu signs for the wallet is nothing that can be brought here.
	own := httpsig.Sign(httpsig.Request{
		Method: http.MethodPost, Authority: strings.TrimPrefix(s.server.URL, "http://"), Path: walletevents.Path, Body: []byte(good),
		Headers: []httpsig.Header{{Name: "kefu-actor", Value: "{}"}, {Name: "idempotency-key", Value: "k"}},
	}, key(), now)
	if status, _ := s.send(s.request(good, key(), now, func(r *http.Request) {
		r.Header.Set("Signature-Input", own.SignatureInput)
		r.Header.Set("Signature", own.Signature)
	})); status != http.StatusUnauthorized {
		t.Errorf("what Kefu signed: %d", status)
	}
	if len(s.taker.taken) != 0 {
		t.Errorf("taken: %+v", s.taker.taken)
	}
	first := s.request(good, key(), now, nil)
	again := first.Clone(context.Background())
	again.Body = io.NopCloser(strings.NewReader(good))
	if status, text := s.send(first); status != http.StatusNoContent || len(s.taker.taken) != 1 {
		t.Errorf("the first time: %d %s", status, text)
	}
	if status, _ := s.send(again); status != http.StatusUnauthorized || len(s.taker.taken) != 1 {
		t.Errorf("the same signature again: %d", status)
	}
}

func TestWhatIsNoNotice(t *testing.T) {
	s := serve(t)
	for name, c := range map[string]struct {
		body   string
		status int
	}{
		"no JSON": {"nonsense", 400}, "nothing": {"", 400}, "an unknown field": {strings.Replace(good, `"type"`, `"text":"x","type"`, 1), 400},
		"a key twice": {strings.Replace(good, `"type"`, `"object":"x","type"`, 1), 400}, "an unknown type": {strings.Replace(good, "refund.updated", "refund.paid", 1), 400},
		"too much": {good + strings.Repeat(" ", 9<<10), 413},
	} {
		if status, text := s.send(s.request(c.body, key(), time.Now(), nil)); status != c.status || len(s.taker.taken) != 0 {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
	if status, _ := s.send(s.request(good, key(), time.Now(), func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") })); status != 415 {
		t.Errorf("another form: %d", status)
	}
	for code, want := range map[fault.Code]int{fault.TooMany: 429, fault.Unavailable: 503, fault.Internal: 503} {
		s.taker.err = fault.New(code, "op", "Anna")
		if status, text := s.send(s.request(good, key(), time.Now(), nil)); status != want || strings.Contains(text, "Anna") {
			t.Errorf("%s: %d %s", code, status, text)
		}
	}
}
