package walletserver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kefu/examples/wallet/memory"
	"kefu/internal/connector/walletserver"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
)

var _ walletserver.Full = (*memory.Wallet)(nil)

func key() httpsig.Key {
	return httpsig.Key{ID: "kefu-1", Secret: []byte("0123456789abcdef0123456789abcdef")}
}

const actor = `{"kind":"staff","id":"agent-1","role":"agent","case":"conv-1","purpose":"view"}`

// call is one request, and how it is spoilt.
type call struct {
	method, path, body string
	key                string // Idempotency-Key
	actor              string
	signer             httpsig.Key
	at                 time.Time
	after              func(*http.Request) // once it is signed
}

// site is a served wallet.
type site struct {
	t      *testing.T
	server *httptest.Server
}

func serve(t *testing.T, w walletserver.Wallet, change func(*walletserver.Options)) site {
	o := walletserver.Options{Wallet: w, Verifier: httpsig.NewVerifier(10_000, key())}
	if change != nil {
		change(&o)
	}
	s := httptest.NewServer(walletserver.New(o).Handler())
	t.Cleanup(s.Close)
	return site{t, s}
}

func fresh(t *testing.T) site {
	return serve(t, memory.New(memory.Options{Delay: time.Hour}), nil)
}

// prepare makes the request of a call.
func (s site) prepare(c call) *http.Request {
	s.t.Helper()
	if c.method == "" {
		c.method = http.MethodGet
	}
	if c.actor == "" {
		c.actor = actor
	}
	if c.signer.ID == "" {
		c.signer = key()
	}
	if c.at.IsZero() {
		c.at = time.Now()
	}
	r, err := http.NewRequest(c.method, s.server.URL+c.path, strings.NewReader(c.body))
	if err != nil {
		s.t.Fatal(err)
	}
	headers := []httpsig.Header{{Name: "kefu-actor", Value: c.actor}}
	r.Header.Set("Kefu-Actor", c.actor)
	if c.method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
		if c.key != "" {
			r.Header.Set("Idempotency-Key", c.key)
			headers = append(headers, httpsig.Header{Name: "idempotency-key", Value: c.key})
		}
	}
	signed := httpsig.Sign(httpsig.Request{Method: c.method, Authority: r.URL.Host, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Body: []byte(c.body), Headers: headers}, c.signer, c.at)
	r.Header.Set("Content-Digest", signed.ContentDigest)
	r.Header.Set("Signature-Input", signed.SignatureInput)
	r.Header.Set("Signature", signed.Signature)
	if c.after != nil {
		c.after(r)
	}
	return r
}

type answer struct {
	status int
	header http.Header
	text   string
	Code   string `json:"code"`
	Field  string `json:"field"`
}

func (s site) send(r *http.Request) answer {
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
	a := answer{status: got.StatusCode, header: got.Header, text: string(text)}
	if got.Header.Get("Content-Type") == "application/problem+json" {
		if err := json.Unmarshal(text, &a); err != nil {
			s.t.Fatal(err)
		}
	}
	return a
}

func (s site) do(c call) answer { s.t.Helper(); return s.send(s.prepare(c)) }

const freeze = `{"customer_id":"c-anna","amount":null,"reason":"lost_phone"}`

// Whoever has not the key, or brings something else than was signed, gets nothing, and
// nothing happens.
func TestWhoMustNot(t *testing.T) {
	s := fresh(t)
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	other := key()
	other.Secret = []byte("another secret of thirty-two bytes")
	unknown := key()
	unknown.ID = "kefu-2"
	body := func(text string) func(*http.Request) {
		return func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		}
	}
	for name, spoil := range map[string]func(*call){
		"unsigned": func(c *call) {
			c.after = func(r *http.Request) { r.Header.Del("Signature"); r.Header.Del("Signature-Input") }
		},
		"no actor":           func(c *call) { c.after = func(r *http.Request) { r.Header.Del("Kefu-Actor") } },
		"two actors":         func(c *call) { c.after = func(r *http.Request) { r.Header.Add("Kefu-Actor", actor) } },
		"another actor":      func(c *call) { c.after = set("Kefu-Actor", strings.Replace(actor, "agent-1", "agent-2", 1)) },
		"another secret":     func(c *call) { c.signer = other },
		"an unknown key":     func(c *call) { c.signer = unknown },
		"of six minutes ago": func(c *call) { c.at = time.Now().Add(-6 * time.Minute) },
		"of the future":      func(c *call) { c.at = time.Now().Add(6 * time.Minute) },
		"another body":       func(c *call) { c.after = body(strings.Replace(freeze, "lost", "list", 1)) },
		"another digest":     func(c *call) { c.after = set("Content-Digest", httpsig.Digest([]byte("x"))) },
		"another key":        func(c *call) { c.after = set("Idempotency-Key", "k-other") },
		"another address":    func(c *call) { c.after = func(r *http.Request) { r.URL.Path = "/v1/customers/c-bo:freeze" } },
		"another query":      func(c *call) { c.after = func(r *http.Request) { r.URL.RawQuery = "x=1" } },
		"another host":       func(c *call) { c.after = func(r *http.Request) { r.Host = "elsewhere.example" } },
		"another method": func(c *call) {
			c.after = func(r *http.Request) { r.Method, r.URL.Path = "GET", "/v1/customers/c-anna" }
		},
	} {
		c := call{method: http.MethodPost, path: "/v1/customers/c-anna:freeze", body: freeze, key: "k-1"}
		spoil(&c)
		if a := s.do(c); a.status != http.StatusUnauthorized || a.Code != "signature" || strings.Contains(a.text, "Anna") {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
	}
	if a := s.do(call{path: "/v1/customers/c-anna/operations?key=k-1"}); a.status != http.StatusNotFound {
		t.Errorf("something happened: %d %s", a.status, a.text)
	}
	request := s.prepare(call{path: "/v1/customers/c-anna"})
	if a := s.send(request.Clone(context.Background())); a.status != http.StatusOK {
		t.Fatalf("the first time: %d %s", a.status, a.text)
	}
	if a := s.send(request); a.status != http.StatusUnauthorized {
		t.Errorf("the same signature again: %d %s", a.status, a.text)
	}
}

func TestRequestsAreReadStrictly(t *testing.T) {
	s := fresh(t)
	post := func(body string) call {
		return call{method: http.MethodPost, path: "/v1/customers/c-anna:freeze", body: body, key: "k-1"}
	}
	keyless := post(freeze)
	keyless.key = ""
	long := post(freeze)
	long.key = strings.Repeat("k", 65)
	form := post(freeze)
	form.after = func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }
	for name, c := range map[string]struct {
		call   call
		status int
		code   string
	}{
		"no key":                   {keyless, 400, "invalid"},
		"a long key":               {long, 400, "invalid"},
		"another form":             {form, 415, "media_type"},
		"no JSON":                  {post("freeze"), 400, "invalid"},
		"nothing":                  {post(""), 400, "invalid"},
		"an unknown field":         {post(strings.Replace(freeze, `"amount"`, `"iban":"DE","amount"`, 1)), 400, "invalid"},
		"a key twice":              {post(strings.Replace(freeze, `"amount"`, `"customer_id":"c-bo","amount"`, 1)), 400, "invalid"},
		"a key in other case":      {post(strings.Replace(freeze, `"amount"`, `"Customer_ID":"c-bo","amount"`, 1)), 400, "invalid"},
		"deep":                     {post(`{"details":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}`), 400, "invalid"},
		"two values":               {post(freeze + freeze), 400, "invalid"},
		"too much":                 {post(strings.Repeat(" ", 70<<10) + freeze), 413, "too_large"},
		"somebody else in it":      {post(strings.Replace(freeze, "c-anna", "c-bo", 1)), 400, "invalid"},
		"a sum that has no place":  {post(strings.Replace(freeze, "null", `{"amount":"1.00","currency":"EUR","scale":2}`, 1)), 400, "invalid"},
		"nobody":                   {call{method: http.MethodPost, path: "/v1/customers/c-nobody:freeze", body: strings.Replace(freeze, "c-anna", "c-nobody", 1), key: "k-1"}, 404, "not_found"},
		"an unknown verb":          {call{method: http.MethodPost, path: "/v1/customers/c-anna:pay", body: freeze, key: "k-1"}, 404, "no_such_endpoint"},
		"no verb":                  {call{method: http.MethodPost, path: "/v1/customers/c-anna", body: freeze, key: "k-1"}, 404, "no_such_endpoint"},
		"a body with a question":   {call{path: "/v1/customers/c-anna", body: "{}"}, 400, "invalid"},
		"an unknown question":      {call{path: "/v1/customers/c-anna?with=all"}, 400, "invalid"},
		"one customer twice":       {call{path: "/v1/transactions/c-anna:bistro?customer=c-anna&customer=c-bo"}, 400, "invalid"},
		"no customer":              {call{path: "/v1/transactions/c-anna:bistro"}, 400, "invalid"},
		"somebody else's":          {call{path: "/v1/transactions/c-anna:bistro?customer=c-bo"}, 404, "not_found"},
		"a position that is none":  {call{path: "/v1/events?after=-1"}, 400, "invalid"},
		"an unknown kind of actor": {call{path: "/v1/customers/c-anna", actor: strings.Replace(actor, "staff", "robot", 1)}, 400, "invalid"},
		"an actor without purpose": {call{path: "/v1/customers/c-anna", actor: `{"kind":"staff","id":"a"}`}, 400, "invalid"},
		"an unknown actor's field": {call{path: "/v1/customers/c-anna", actor: strings.Replace(actor, `"role"`, `"rank"`, 1)}, 400, "invalid"},
		"nothing there":            {call{path: "/v1/payouts"}, 404, "no_such_endpoint"},
	} {
		if a := s.do(c.call); a.status != c.status || a.Code != c.code || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
	}
	if a := s.do(call{path: "/v1/customers/c-anna/restrictions"}); !strings.Contains(a.text, `"items":[]`) {
		t.Errorf("something happened: %s", a.text)
	}
}

func TestACommandIsDoneOncePerKey(t *testing.T) {
	s := fresh(t)
	c := call{method: http.MethodPost, path: "/v1/customers/c-anna:freeze", body: freeze, key: "k-1"}
	dry := c
	dry.body = strings.Replace(freeze, `"amount"`, `"dry_run":true,"amount"`, 1)
	if a := s.do(dry); a.status != 200 || !strings.Contains(a.text, `"state":"proposed"`) {
		t.Fatalf("a dry run: %d %s", a.status, a.text)
	}
	if a := s.do(call{path: "/v1/customers/c-anna/operations?key=k-1"}); a.status != 404 {
		t.Errorf("a dry run was kept: %d %s", a.status, a.text)
	}
	first := s.do(c)
	again := s.do(c)
	if first.status != 200 || again.status != 200 || first.text != again.text || !strings.Contains(first.text, `"state":"succeeded"`) {
		t.Errorf("first %d %s, then %d %s", first.status, first.text, again.status, again.text)
	}
	for name, change := range map[string]func(*call){
		"another reason": func(c *call) { c.body = strings.Replace(freeze, "lost_phone", "asked", 1) },
		"another act":    func(c *call) { c.path = "/v1/customers/c-anna:notify" },
		"another target": func(c *call) { c.path = "/v1/customers/c-anna/devices/c-anna:phone:revoke" },
	} {
		other := c
		change(&other)
		if a := s.do(other); a.status != 422 || a.Code != "idempotency_mismatch" {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
	}
	second := c
	second.key = "k-2"
	if a := s.do(second); a.status != 200 || !strings.Contains(a.text, `"refusal":"already_done"`) {
		t.Errorf("a second freeze: %d %s", a.status, a.text)
	}
	if a := s.do(call{path: "/v1/customers/c-anna/operations?key=k-1"}); a.text != first.text {
		t.Errorf("by its key it is %s", a.text)
	}
	if a := s.do(call{path: "/v1/customers/c-bo/operations?key=k-1"}); a.status != 404 {
		t.Errorf("somebody else sees %s", a.text)
	}
}

// half is a wallet with little, some of which fails or takes long.
type half struct {
	*memory.Wallet
	hold chan struct{}
}

type readings interface {
	walletserver.Wallet
}

func (h half) Do(ctx context.Context, by wallet.Actor, c wallet.Command) (wallet.Operation, error) {
	<-h.hold
	return h.Wallet.Do(ctx, by, c)
}

func TestTheSameKeyTwiceAtOnce(t *testing.T) {
	h := half{memory.New(memory.Options{}), make(chan struct{})}
	s := serve(t, h, nil)
	c := call{method: http.MethodPost, path: "/v1/customers/c-anna:freeze", body: freeze, key: "k-1"}
	var statuses []int
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 5 {
		r := s.prepare(c)
		all.Go(func() {
			a := s.send(r)
			mu.Lock()
			defer mu.Unlock()
			if statuses = append(statuses, a.status); a.status == 409 && (a.Code != "in_progress" || a.header.Get("Retry-After") == "") {
				t.Errorf("%s", a.text)
			}
			if len(statuses) == 4 {
				close(h.hold)
			}
		})
	}
	all.Wait()
	slices.Sort(statuses)
	if !slices.Equal(statuses, []int{200, 409, 409, 409, 409}) {
		t.Errorf("%v", statuses)
	}
}

func TestWhatAWalletHasNotIsNotServed(t *testing.T) {
	s := serve(t, struct{ readings }{memory.New(memory.Options{})}, nil)
	a := s.send(s.prepare(call{path: "/.well-known/wallet-support", after: func(r *http.Request) { r.Header = http.Header{} }}))
	var can wallet.Capabilities
	if err := json.Unmarshal([]byte(a.text), &can); err != nil || !slices.Equal(can.Readings, []wallet.Reading{wallet.ReadCustomer, wallet.ReadTransactions}) || len(can.Acts) != 0 || can.StepUp != nil {
		t.Errorf("%s %v", a.text, err)
	}
	for _, path := range []string{"/.well-known/jwks.json", "/v1/incidents", "/v1/customers/c-anna/devices", "/v1/customers/c-anna/operations?key=k"} {
		if a := s.do(call{path: path}); a.status != 404 || a.Code != "no_such_endpoint" {
			t.Errorf("%s: %d %s", path, a.status, a.text)
		}
	}
	if a := s.do(call{method: http.MethodPost, path: "/v1/customers/c-anna:freeze", body: freeze, key: "k-1"}); a.status != 404 {
		t.Errorf("%d %s", a.status, a.text)
	}
	full := fresh(t)
	a = full.do(call{path: "/.well-known/wallet-support"})
	can = wallet.Capabilities{}
	if err := json.Unmarshal([]byte(a.text), &can); err != nil || can.Validate() != nil || len(can.Readings) != len(wallet.Readings()) || len(can.Acts) != len(wallet.Acts()) {
		t.Errorf("%s %v", a.text, err)
	}
}

func TestRequestsAreCounted(t *testing.T) {
	now := time.Now()
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	s := serve(t, memory.New(memory.Options{}), func(o *walletserver.Options) { o.Requests, o.Clock = 3, clock })
	for i := range 5 {
		s.do(call{path: "/v1/customers/c-anna", at: clock(), after: func(r *http.Request) { r.Header.Del("Signature") }}) // what is not signed counts nothing
		a := s.do(call{path: "/v1/customers/c-anna", at: clock()})
		left := max(0, 2-i)
		if a.header.Get("RateLimit") == "" || !strings.Contains(a.header.Get("RateLimit"), fmt.Sprintf("r=%d;", left)) || a.header.Get("RateLimit-Policy") != `"all";q=3;w=60` {
			t.Errorf("%d: %v", i, a.header)
		}
		if (a.status == 200) != (i < 3) || (i >= 3 && (a.status != 429 || a.Code != "too_many" || a.header.Get("Retry-After") == "")) {
			t.Errorf("%d: %d %s", i, a.status, a.text)
		}
	}
	mu.Lock()
	now = now.Add(time.Minute)
	mu.Unlock()
	if a := s.do(call{path: "/v1/customers/c-anna", at: clock()}); a.status != 200 {
		t.Errorf("a minute later: %d", a.status)
	}
}

// failing is a wallet that fails in one way.
type failing struct {
	*memory.Wallet
	err error
}

func (f failing) Customer(context.Context, wallet.Actor, string) (wallet.Customer, error) {
	return wallet.Customer{}, f.err
}

func TestErrorsAndTheirCodes(t *testing.T) {
	for code, want := range map[fault.Code]int{
		fault.NotFound: 404, fault.Invalid: 400, fault.Forbidden: 403, fault.TooMany: 429, fault.Unavailable: 503, fault.Internal: 500, fault.Conflict: 409,
	} {
		var log bytes.Buffer
		s := serve(t, failing{memory.New(memory.Options{}), fault.New(code, "op", "Anna's secret")}, func(o *walletserver.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		if a := s.do(call{path: "/v1/customers/c-anna"}); a.status != want || strings.Contains(a.text, "Anna") {
			t.Errorf("%s: %d %s", code, a.status, a.text)
		}
	}
	s := serve(t, failing{memory.New(memory.Options{}), errors.New("a pipe broke")}, nil)
	if a := s.do(call{path: "/v1/customers/c-anna"}); a.status != 500 || a.Code != "internal" || strings.Contains(a.text, "pipe") {
		t.Errorf("%d %s", a.status, a.text)
	}
}
