package walletapi_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kefu/content"
	"kefu/internal/connector/demowallet"
	"kefu/internal/connector/walletapi"
	"kefu/internal/connector/walletserver"
	"kefu/internal/connector/wallettest"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/lookup"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
	"kefu/internal/storage/storagetest"
)

func key() httpsig.Key {
	return httpsig.Key{ID: "kefu-1", Secret: []byte("0123456789abcdef0123456789abcdef")}
}

func client(t *testing.T, address string, change func(*walletapi.Options)) *walletapi.Client {
	t.Helper()
	o := walletapi.Options{URL: address + "/v1", Key: key(), Private: true, Timeout: 5 * time.Second}
	if change != nil {
		change(&o)
	}
	c, err := walletapi.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func failures(t *testing.T) fs.FS {
	t.Helper()
	files, err := fs.Sub(content.Failures, "failures")
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// site is a ledger with two of the demo's customers, and a wallet that is asked for
// them.
func site(t *testing.T, ask func(*demowallet.Wallet) lookup.Wallet) wallettest.Site {
	ledger, err := demowallet.Open(context.Background(), demowallet.Options{
		Books: demowallet.Over(storagetest.Books(t, clock.System)), Clock: clock.System, Failures: failures(t), Issuer: "wallet", Audience: "kefu",
	})
	if err != nil {
		t.Fatal(err)
	}
	people := []demowallet.Person{{ID: "cust-anna", Name: "Anna Schmidt", Language: "en"}, {ID: "cust-li", Name: "李静", Language: "zh"}}
	if err := ledger.Seed(context.Background(), people); err != nil {
		t.Fatal(err)
	}
	return wallettest.Site{Wallet: ask(ledger), Customers: [2]string{"cust-anna", "cust-li"}, Answer: func(t *testing.T, ask string) {
		if asked, err := ledger.Answer(context.Background(), "cust-anna", ask, true, ""); err != nil || asked.State != wallet.AskApproved {
			t.Fatalf("%+v %v", asked, err)
		}
	}, Add: func(t *testing.T) {
		amount, err := wallet.Parse("1.00", "EUR", 2)
		if err == nil {
			_, err = ledger.Pay(context.Background(), demowallet.Order{CustomerID: "cust-anna", Kind: wallet.KindTransfer, Rail: "wallet", Amount: amount})
		}
		if err != nil {
			t.Fatal(err)
		}
	}}
}

func TestTheLedgerKeepsTheContract(t *testing.T) {
	wallettest.Run(t, func(t *testing.T) wallettest.Site {
		s := site(t, func(l *demowallet.Wallet) lookup.Wallet { return l })
		s.Readings, s.Acts = s.Wallet.(wallettest.Readings), s.Wallet.(wallettest.Acts)
		return s
	})
}

func TestTheClientKeepsTheContract(t *testing.T) {
	wallettest.Run(t, func(t *testing.T) wallettest.Site {
		s := site(t, func(l *demowallet.Wallet) lookup.Wallet {
			server := httptest.NewServer(serving(l))
			t.Cleanup(server.Close)
			return client(t, server.URL, nil)
		})
		s.Readings, s.Acts = s.Wallet.(wallettest.Readings), s.Wallet.(wallettest.Acts)
		return s
	})
}

func serving(l *demowallet.Wallet) http.Handler {
	return walletserver.New(walletserver.Options{Wallet: l, Verifier: httpsig.NewVerifier(10_000, key())}).Handler()
}

func TestTheWalletRefusesWhatIsNotSigned(t *testing.T) {
	s := site(t, func(l *demowallet.Wallet) lookup.Wallet {
		server := httptest.NewServer(serving(l))
		t.Cleanup(server.Close)
		answer, err := http.Get(server.URL + "/v1/customers/cust-anna")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.Body.Close() != nil || answer.StatusCode == http.StatusOK || strings.Contains(string(body), "Anna") {
			t.Errorf("without a signature: %d %s %v", answer.StatusCode, body, err)
		}
		return client(t, server.URL, func(o *walletapi.Options) { o.Key.Secret = []byte("another secret of thirty-two bytes") })
	})
	if _, err := s.Wallet.Customer(context.Background(), actor(), "cust-anna"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("with another secret: %v", err)
	}
}

func actor() wallet.Actor {
	return wallet.Actor{Kind: "staff", ID: "agent-1", Role: "agent", Case: "conv-1", Purpose: wallet.PurposeView}
}

const goodCustomer = `{"id":"c-1","kind":"person","name":"Zelda Marker","created_at":"2026-01-01T00:00:00Z","kyc":{"status":"approved"},"handles":[]}`

func replying(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// All of these are wallets that do not answer, to whoever asked.
func TestWhatIsNoAnswer(t *testing.T) {
	huge := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for range 100 << 10 { // 100 MiB
			if _, err := w.Write(bytes.Repeat([]byte(" "), 1<<10)); err != nil {
				return
			}
		}
	}
	hanging := func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	trickling := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	for name, handler := range map[string]http.HandlerFunc{
		"a page":                      replying(200, "text/html", "<html>Zelda</html>"),
		"a page that says it is JSON": replying(200, "application/json", "<html>Zelda</html>"),
		"an error with a 200":         replying(200, "application/json", `{"error":"Zelda"}`),
		"JSON of another kind":        replying(200, "text/plain", goodCustomer),
		"somebody else":               replying(200, "application/json", strings.Replace(goodCustomer, "c-1", "c-2", 1)),
		"a field that is unknown":     replying(200, "application/json", strings.Replace(goodCustomer, `"kind"`, `"card_number":"4242424242424242","kind"`, 1)),
		"a field that comes twice":    replying(200, "application/json", strings.Replace(goodCustomer, `"kind"`, `"name":"Zelda","kind"`, 1)),
		"an unknown word":             replying(200, "application/json", strings.Replace(goodCustomer, "person", "robot", 1)),
		"two values":                  replying(200, "application/json", goodCustomer+goodCustomer),
		"nothing":                     replying(200, "application/json", ""),
		"null":                        replying(200, "application/json", "null"),
		"a list":                      replying(200, "application/json", "["+goodCustomer+"]"),
		"not UTF-8":                   replying(200, "application/json", strings.Replace(goodCustomer, "Marker", "\xff", 1)),
		"far too much":                huge,
		"silence":                     hanging,
		"a header and silence":        trickling,
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/v1/customers/c-1?again", http.StatusFound)
		},
		"a wrong signature":         replying(401, "application/problem+json", `{"code":"signature"}`),
		"a page that is not found":  replying(404, "text/html", "no such page"),
		"another kind of not found": replying(404, "application/problem+json", `{"code":"no_such_endpoint"}`),
		"too many":                  replying(429, "application/problem+json", `{"code":"too_many"}`),
		"a failure":                 replying(500, "application/problem+json", `{"code":"not_found"}`),
	} {
		server := httptest.NewServer(handler)
		var log bytes.Buffer
		c := client(t, server.URL, func(o *walletapi.Options) {
			o.Timeout, o.Log = 300*time.Millisecond, slog.New(slog.NewTextHandler(&log, nil))
		})
		got, err := c.Customer(context.Background(), actor(), "c-1")
		if !fault.Is(err, fault.Unavailable) || got.ID != "" {
			t.Errorf("%s: %+v %v", name, got, err)
		}
		if err != nil && (strings.Contains(err.Error()+log.String(), "Zelda") || !strings.Contains(log.String(), "does not answer")) {
			t.Errorf("%s: the log says %s", name, log.String())
		}
		server.CloseClientConnections()
		server.Close()
	}
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	if _, err := client(t, gone.URL, nil).Customer(context.Background(), actor(), "c-1"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a wallet that is not there: %v", err)
	}
}

func TestPagesThatWereNotAskedFor(t *testing.T) {
	tx := func(id, customer, state, at string) string {
		return fmt.Sprintf(`{"id":%q,"customer_id":%q,"account_id":"a","kind":"transfer","direction":"out","amount":{"amount":"1.00","currency":"EUR","scale":2},
			"state":%q,"final":false,"state_history":[{"state":%q,"at":%q}],"created_at":%q,"authorised_at":null,"posted_at":null,"value_date":null,"expected_by":null}`,
			id, customer, state, state, at, at)
	}
	page := func(items ...string) string { return `{"items":[` + strings.Join(items, ",") + `]}` }
	early, late := "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"
	for name, c := range map[string]struct {
		body string
		good bool
	}{
		"what was asked for":  {page(tx("t2", "c-1", "initiated", late), tx("t1", "c-1", "initiated", early)), true},
		"somebody else's":     {page(tx("t2", "c-1", "initiated", late), tx("t1", "c-2", "initiated", early)), false},
		"another state":       {page(tx("t1", "c-1", "posted", early)), false},
		"the oldest first":    {page(tx("t1", "c-1", "initiated", early), tx("t2", "c-1", "initiated", late)), false},
		"more than was asked": {page(tx("t3", "c-1", "initiated", late), tx("t2", "c-1", "initiated", late), tx("t1", "c-1", "initiated", late)), false},
		"no list":             {`{}`, false},
		"a long cursor":       {`{"items":[],"next":"` + strings.Repeat("x", 201) + `"}`, false},
	} {
		server := httptest.NewServer(replying(200, "application/json", c.body))
		got, err := client(t, server.URL, nil).Transactions(context.Background(), actor(), wallet.Query{CustomerID: "c-1", Limit: 2, States: []wallet.State{wallet.Initiated}})
		if (err == nil) != c.good || (err != nil && !fault.Is(err, fault.Unavailable)) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
		server.Close()
	}
}

func TestAWalletThatDoesNotAnswerIsLeftAlone(t *testing.T) {
	var asked, broken atomic.Int64
	broken.Store(1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if broken.Load() == 1 {
			replying(500, "text/plain", "down")(w, r)
			return
		}
		replying(200, "application/json", goodCustomer)(w, r)
	}))
	defer server.Close()
	var mu sync.Mutex
	now := time.Now()
	c := client(t, server.URL, func(o *walletapi.Options) {
		o.Clock = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	})
	pass := func(d time.Duration) { mu.Lock(); defer mu.Unlock(); now = now.Add(d) }
	ask := func() error { _, err := c.Customer(context.Background(), actor(), "c-1"); return err }
	for range 20 {
		if err := ask(); !fault.Is(err, fault.Unavailable) {
			t.Fatal(err)
		}
	}
	if n := asked.Load(); n != 5 {
		t.Errorf("a wallet that was down was asked %d times", n)
	}
	pass(11 * time.Second)
	for range 3 {
		_ = ask()
	}
	if n := asked.Load(); n != 6 {
		t.Errorf("after the rest it was asked %d times in all", n)
	}
	broken.Store(0)
	pass(11 * time.Second)
	for range 3 {
		if err := ask(); err != nil {
			t.Error(err)
		}
	}
	missing := httptest.NewServer(replying(404, "application/problem+json", `{"code":"not_found"}`))
	defer missing.Close()
	d := client(t, missing.URL, nil)
	for range 20 { // nobody of that name is an answer
		if _, err := d.Customer(context.Background(), actor(), "c-1"); !fault.Is(err, fault.NotFound) {
			t.Fatal(err)
		}
	}
}

func TestWhoGivesUpTellsNothingOfTheWallet(t *testing.T) {
	begun := make(chan struct{}, 100)
	var quick atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if quick.Load() {
			replying(200, "application/json", goodCustomer)(w, r)
			return
		}
		begun <- struct{}{}
		<-r.Context().Done()
	}))
	defer server.Close()
	c := client(t, server.URL, nil)
	for range 10 {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { _, err := c.Customer(ctx, actor(), "c-1"); done <- err }()
		<-begun
		cancel()
		if err := <-done; err == nil {
			t.Fatal("an answer came")
		}
	}
	quick.Store(true)
	if _, err := c.Customer(context.Background(), actor(), "c-1"); err != nil {
		t.Errorf("people who left had the wallet left alone: %v", err)
	}
}

func TestOnlySoManyQuestionsAtOnce(t *testing.T) {
	var at, most atomic.Int64
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := at.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		<-release
		at.Add(-1)
		replying(200, "application/json", goodCustomer)(w, r)
	}))
	defer server.Close()
	c := client(t, server.URL, func(o *walletapi.Options) { o.Concurrent = 3 })
	var waiting sync.WaitGroup
	for range 12 {
		waiting.Add(1)
		go func() {
			defer waiting.Done()
			if _, err := c.Customer(context.Background(), actor(), "c-1"); err != nil {
				t.Error(err)
			}
		}()
	}
	for range 12 {
		release <- struct{}{}
	}
	waiting.Wait()
	if most.Load() > 3 {
		t.Errorf("%d at once", most.Load())
	}
}

func TestWhatAClientIsMadeWith(t *testing.T) {
	good := walletapi.Options{URL: "https://wallet.example/v1", Key: key()}
	if _, err := walletapi.New(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*walletapi.Options){
		"no address": func(o *walletapi.Options) { o.URL = "" }, "a query": func(o *walletapi.Options) { o.URL += "?a=b" },
		"a short secret": func(o *walletapi.Options) { o.Key.Secret = []byte("short") }, "no name": func(o *walletapi.Options) { o.Key.ID = "" },
	} {
		o := good
		spoil(&o)
		if _, err := walletapi.New(o); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
