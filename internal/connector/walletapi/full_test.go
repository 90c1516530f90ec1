package walletapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kefu/examples/wallet/memory"
	"kefu/internal/connector/walletapi"
	"kefu/internal/connector/walletserver"
	"kefu/internal/connector/wallettest"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/applink"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
	"kefu/internal/platform/id"
)

// known is a wallet in memory and a client of it.
func known(t *testing.T, delay time.Duration) (*memory.Wallet, *walletapi.Client) {
	t.Helper()
	w := memory.New(memory.Options{Delay: delay})
	server := httptest.NewServer(walletserver.New(walletserver.Options{Wallet: w, Verifier: httpsig.NewVerifier(10_000, key())}).Handler())
	t.Cleanup(server.Close)
	links, err := applink.Read([]string{"examplewallet:"})
	if err != nil {
		t.Fatal(err)
	}
	return w, client(t, server.URL, func(o *walletapi.Options) { o.Links = links })
}

func TestTheWalletInMemoryKeepsTheContract(t *testing.T) {
	wallettest.Run(t, func(t *testing.T) wallettest.Site {
		w, c := known(t, time.Hour)
		return wallettest.Site{Wallet: c, Customers: [2]string{memory.Anna, memory.Bo}, Add: func(t *testing.T) {
			if err := w.Pay(memory.Anna, "1.00"); err != nil {
				t.Fatal(err)
			}
		}}
	})
}

// same wants the client to tell what the wallet itself tells.
func same[T any](t *testing.T, name string, ask func(asked) (T, error), w *memory.Wallet, c *walletapi.Client) {
	t.Helper()
	want, err := ask(w)
	if err != nil {
		t.Fatal(name, err)
	}
	got, err := ask(c)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %+v %v, want %+v", name, got, err, want)
	}
}

// asked is what wallet and client have in common.
type asked interface {
	walletserver.Wallet
	walletserver.Timelines
	walletserver.Attempts
	walletserver.Refunds
	walletserver.Disputes
	walletserver.Devices
	walletserver.Sessions
	walletserver.Factors
	walletserver.Limits
	walletserver.Restrictions
	walletserver.Incidents
	walletserver.Matcher
	walletserver.Commands
	walletserver.StepUps
	walletserver.Notices
	Capabilities(ctx context.Context) (wallet.Capabilities, error)
}

func TestReadingsPassUnchanged(t *testing.T) {
	w, c := known(t, time.Hour)
	ctx, by, who := context.Background(), actor(), memory.Anna
	for range 3 {
		if err := w.Pay(who, "2.00"); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "timeline", func(x asked) ([]wallet.Trace, error) { return x.Timeline(ctx, by, who, who+":failed") }, w, c)
	same(t, "attempts", func(x asked) ([]wallet.Attempt, error) { return x.Attempts(ctx, by, who, "") }, w, c)
	same(t, "one attempt", func(x asked) ([]wallet.Attempt, error) { return x.Attempts(ctx, by, who, who+":trace") }, w, c)
	same(t, "refunds", func(x asked) ([]wallet.Refund, error) { return x.Refunds(ctx, by, who, "") }, w, c)
	same(t, "refunds of one", func(x asked) ([]wallet.Refund, error) { return x.Refunds(ctx, by, who, who+":lamp") }, w, c)
	same(t, "disputes", func(x asked) ([]wallet.Dispute, error) { return x.Disputes(ctx, by, who) }, w, c)
	same(t, "devices", func(x asked) ([]wallet.Device, error) { return x.Devices(ctx, by, who) }, w, c)
	same(t, "sessions", func(x asked) ([]wallet.Session, error) { return x.Sessions(ctx, by, who) }, w, c)
	same(t, "factors", func(x asked) ([]wallet.Factor, error) { return x.Factors(ctx, by, who) }, w, c)
	same(t, "limits", func(x asked) ([]wallet.Limit, error) { return x.Limits(ctx, by, who) }, w, c)
	same(t, "notices", func(x asked) (wallet.Notices, error) { return x.Notices(ctx, 1, 2) }, w, c)
	same(t, "match", func(x asked) (wallet.Matched, error) {
		return x.Match(ctx, by, wallet.Claimed{Email: "ANNA@example.com", Name: "anna schmidt", Last4: "0000"})
	}, w, c)
	if terms, err := c.Terms(ctx, by, who, who+":bistro"); err != nil || !terms.Eligible || terms.Left.Amount() != "45.00" {
		t.Errorf("%+v %v", terms, err)
	}
	if list, err := c.Incidents(ctx); err != nil || len(list) != 1 || list[0].Message["zh"] == "" {
		t.Errorf("%+v %v", list, err)
	}
	if list, err := c.Restrictions(ctx, by, who); err != nil || list == nil || len(list) != 0 {
		t.Errorf("%+v %v", list, err)
	}
	can, err := c.Capabilities(ctx)
	if err != nil || len(can.Acts) != len(wallet.Acts()) || len(can.Keys) == 0 {
		t.Errorf("%+v %v", can, err)
	}
	if _, err := c.Timeline(ctx, by, memory.Bo, who+":failed"); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else's timeline: %v", err)
	}
}

func euros(t *testing.T, text string) wallet.Money {
	t.Helper()
	m, err := wallet.Parse(text, "EUR", 2)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// commands is one of every act that the wallet in memory takes.
func commands(t *testing.T) []wallet.Command {
	who := memory.Anna
	all := []wallet.Command{
		{Act: wallet.RequestRefund, Target: who + ":bistro", Amount: euros(t, "20.00"), Expect: "posted", Reason: "not_received"},
		{Act: wallet.CancelRefund, Target: who + ":refund", Expect: "requested"},
		{Act: wallet.OpenDispute, Target: who + ":kiosk", Also: []string{who + ":coffee00"}, Expect: "posted"},
		{Act: wallet.AddEvidence, Target: who + ":dispute", Details: map[string]string{"text": "a receipt"}},
		{Act: wallet.GrantCredit, Target: who + ":dispute", Amount: euros(t, "60.00"), Expect: "under_review", Approvals: []wallet.Approval{{ID: "sup-1", At: wallet.At(time.Now())}}},
		{Act: wallet.RequestInspection, Target: who + ":unknown"},
		{Act: wallet.ReleaseHold, Target: who + ":hold", Expect: "risk_hold", Approvals: []wallet.Approval{{ID: "sup-1", At: wallet.At(time.Now())}}},
		{Act: wallet.BlockInstrument, Target: who + ":card"},
		{Act: wallet.RevokeDevice, Target: who + ":tablet"},
		{Act: wallet.RevokeSessions},
		{Act: wallet.NotifyCustomer, Details: map[string]string{"text": "hello"}},
		{Act: wallet.Freeze, Target: who + ":main"},
	}
	for i := range all {
		all[i].Key, all[i].CustomerID = id.New(), who
		if all[i].Reason == "" {
			all[i].Reason = "asked"
		}
	}
	return all
}

func TestCommandsAreDoneOnce(t *testing.T) {
	w, c := known(t, time.Millisecond)
	ctx, by := context.Background(), actor()
	for _, command := range commands(t) {
		dry := command
		dry.DryRun = true
		if o, err := c.Do(ctx, by, dry); err != nil || o.State != wallet.OpProposed {
			t.Errorf("%s as a dry run: %+v %v", command.Act, o, err)
		}
		if _, err := c.OperationByKey(ctx, by, command.CustomerID, command.Key); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: the dry run was kept: %v", command.Act, err)
		}
		first, err := c.Do(ctx, by, command)
		if err != nil || (first.State != wallet.OpSucceeded && first.State != wallet.OpPending) {
			t.Errorf("%s: %+v %v", command.Act, first, err)
			continue
		}
		time.Sleep(2 * time.Millisecond)
		again, err := c.Do(ctx, by, command)
		if err != nil || again.ID != first.ID || again.State != wallet.OpSucceeded {
			t.Errorf("%s again: %+v %v", command.Act, again, err)
		}
		byID, err := c.Operation(ctx, by, command.CustomerID, first.ID)
		if err != nil || !reflect.DeepEqual(byID, again) {
			t.Errorf("%s by its id: %+v %v", command.Act, byID, err)
		}
		byKey, err := c.OperationByKey(ctx, by, command.CustomerID, command.Key)
		if err != nil || !reflect.DeepEqual(byKey, again) {
			t.Errorf("%s by its key: %+v %v", command.Act, byKey, err)
		}
		command.Reason = "another"
		if _, err := c.Do(ctx, by, command); !fault.Is(err, fault.Conflict) || fault.ReasonOf(err) != walletapi.Mismatch {
			t.Errorf("%s with another reason: %v", command.Act, err)
		}
	}
	if r, err := w.Restrictions(ctx, by, memory.Anna); err != nil || len(r) != 1 {
		t.Errorf("%+v %v", r, err)
	}
}

func TestAStepUpAndWhatItIsGoodFor(t *testing.T) {
	_, c := known(t, time.Millisecond)
	ctx, by := context.Background(), actor()
	refund := wallet.Command{Key: "k-sofa", Act: wallet.RequestRefund, CustomerID: memory.Anna, Target: memory.Anna + ":sofa", Amount: euros(t, "240.00"), Expect: "posted", Reason: "not_received"}
	if o, err := c.Do(ctx, by, refund); err != nil || o.Refusal != wallet.StepUpRequired {
		t.Fatalf("%+v %v", o, err)
	}
	asked, err := c.Ask(ctx, by, wallet.Ask{
		Key: "k-ask", CustomerID: memory.Anna, Case: "conv-1", Act: refund.Act, Target: refund.Target, Amount: refund.Amount, Level: 2, Nonce: "nonce-1", Methods: []string{"app_push"},
	})
	if err != nil || asked.State != wallet.AskPending || asked.Link == "" {
		t.Fatalf("%+v %v", asked, err)
	}
	time.Sleep(2 * time.Millisecond)
	if asked, err = c.Asked(ctx, by, memory.Anna, asked.ID); err != nil || asked.State != wallet.AskApproved {
		t.Fatalf("%+v %v", asked, err)
	}
	keys, err := c.Keys(ctx)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := assurance.Verify(asked.Assertion, keys, assurance.Wanted{
		Issuer: "memory-wallet", Audience: "kefu", Subject: memory.Anna, Case: "conv-1", Act: refund.Act, Target: refund.Target, Amount: refund.Amount, Level: identity.AL2, Nonce: "nonce-1",
	}, time.Now())
	if err != nil || proof.Level != identity.AL2 {
		t.Errorf("%+v %v", proof, err)
	}
	refund.Key, refund.Assertion = "k-sofa-2", asked.Assertion
	if o, err := c.Do(ctx, by, refund); err != nil || o.State != wallet.OpPending {
		t.Errorf("%+v %v", o, err)
	}
	if _, err := c.Asked(ctx, by, memory.Bo, asked.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else's step-up: %v", err)
	}
}

// neverSent tells what acts ask of an error.
func neverSent(err error) bool {
	var told interface{ NeverSent() bool }
	return errors.As(err, &told) && told.NeverSent()
}

func TestWhatCertainlyDidNotLeave(t *testing.T) {
	ctx, by := context.Background(), actor()
	command := wallet.Command{Key: "k-1", Act: wallet.Freeze, CustomerID: "c-1", Reason: "asked"}
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	c := client(t, gone.URL, nil)
	for range 8 { // refused connections, and then the breaker
		if _, err := c.Do(ctx, by, command); !fault.Is(err, fault.Unavailable) || !neverSent(err) {
			t.Errorf("a wallet that is not there: %v", err)
		}
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and no TLS
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	secure := client(t, "https://"+silent.Addr().String(), func(o *walletapi.Options) { o.ActTimeout = 200 * time.Millisecond })
	if _, err := secure.Do(ctx, by, command); !neverSent(err) {
		t.Errorf("no handshake: %v", err)
	}
	command.Reason = ""
	command.CustomerID = ""
	if _, err := c.Do(ctx, by, command); !neverSent(err) || !fault.Is(err, fault.Invalid) {
		t.Errorf("a command that lacks something: %v", err)
	}
	command.CustomerID, command.Reason = "c-1", "asked"
	for name, handler := range map[string]http.HandlerFunc{
		"silence": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		},
		"a failure":     replying(500, "text/plain", "down"),
		"a bad gateway": replying(502, "text/html", "bad"),
		"a broken line": func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) },
		"refused":       replying(401, "application/problem+json", `{"code":"signature"}`),
	} {
		var asked atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked.Add(1); handler(w, r) }))
		c := client(t, server.URL, func(o *walletapi.Options) { o.ActTimeout = 300 * time.Millisecond })
		if _, err := c.Do(ctx, by, command); !fault.Is(err, fault.Unavailable) || neverSent(err) {
			t.Errorf("%s: %v", name, err)
		}
		if n := asked.Load(); n != 1 {
			t.Errorf("%s: the command was posted %d times", name, n)
		}
		server.CloseClientConnections()
		server.Close()
	}
}

func TestQuestionsAreAskedOnceMore(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch asked.Add(1) {
		case 1:
			replying(503, "text/plain", "restarting")(w, r)
		case 2:
			replying(200, "application/json", goodCustomer)(w, r)
		case 3, 4:
			panic(http.ErrAbortHandler)
		}
	}))
	defer server.Close()
	c := client(t, server.URL, nil)
	if _, err := c.Customer(context.Background(), actor(), "c-1"); err != nil || asked.Load() != 2 {
		t.Errorf("%v after %d", err, asked.Load())
	}
	if _, err := c.Customer(context.Background(), actor(), "c-1"); !fault.Is(err, fault.Unavailable) || asked.Load() != 4 {
		t.Errorf("%v after %d", err, asked.Load())
	}
}

const goodOperation = `{"id":"op-1","key":"k-1","act":"refund","customer_id":"c-1","target":"tx-1","state":"pending",
	"summary":{"amount":{"amount":"10.00","currency":"EUR","scale":2},"arrives_by":null,"reversible":false},"created_at":"2026-11-01T00:00:00Z","expected_by":null,"done_at":null}`

// A wallet that says something else than it was asked is not believed.
func TestHostileAnswersToCommands(t *testing.T) {
	command := wallet.Command{Key: "k-1", Act: wallet.RequestRefund, CustomerID: "c-1", Target: "tx-1", Amount: euros(t, "10.00"), Expect: "posted", Reason: "asked"}
	change := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(goodOperation) }
	for name, body := range map[string]string{
		"somebody else":           change("c-1", "c-2"),
		"another key":             change("k-1", "k-2"),
		"another act":             change(`"refund"`, `"freeze"`),
		"another target":          change("tx-1", "tx-2"),
		"no target":               change(`"target":"tx-1",`, ""),
		"more than was asked":     change("10.00", "10.01"),
		"below nothing":           change("10.00", "-10.00"),
		"a number for a sum":      change(`"10.00"`, "10.00"),
		"a dry run":               change("pending", "proposed"),
		"an unknown state":        change("pending", "thinking"),
		"failed without a reason": change("pending", "failed", `"done_at":null`, `"done_at":"2026-11-01T00:00:00Z"`),
		"done without a time":     change("pending", "succeeded"),
		"a reason without failed": change(`"state"`, `"refusal":"blocked","state"`),
		"an unknown field":        change(`"state"`, `"iban":"DE","state"`),
		"a key twice":             change(`"state"`, `"customer_id":"c-1","state"`),
		"cut off":                 goodOperation[:len(goodOperation)-20],
		"nothing":                 "",
		"null":                    "null",
		"two":                     goodOperation + goodOperation,
		"a wrong id":              change("op-1", "../op"),
		"something of a failure":  change(`"pending"`, `"failed","refusal":"blocked","made":[{"kind":"refund","id":"r-1"}]`, `"done_at":null`, `"done_at":"2026-11-01T00:00:00Z"`),
	} {
		c := client(t, "https://wallet.example", nil)
		c.Answering(200, "application/json", []byte(body))
		if o, err := c.Do(context.Background(), actor(), command); !fault.Is(err, fault.Unavailable) || o.ID != "" || neverSent(err) {
			t.Errorf("%s: %+v %v", name, o, err)
		}
	}
	c := client(t, "https://wallet.example", nil)
	c.Answering(200, "application/json", []byte(goodOperation))
	if _, err := c.Do(context.Background(), actor(), command); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]struct {
		status int
		body   string
		code   fault.Code
		reason string
	}{
		"in progress":      {409, `{"code":"in_progress"}`, fault.Conflict, walletapi.InProgress},
		"mismatch":         {422, `{"code":"idempotency_mismatch"}`, fault.Conflict, walletapi.Mismatch},
		"another conflict": {409, `{"code":"taken"}`, fault.Unavailable, ""},
		"not there":        {404, `{"code":"not_found"}`, fault.NotFound, ""},
		"no such address":  {404, `{"code":"no_such_endpoint"}`, fault.Unavailable, ""},
		"no sense":         {400, `{"code":"invalid"}`, fault.Invalid, ""},
	} {
		c.Answering(want.status, "application/problem+json", []byte(want.body))
		if _, err := c.Do(context.Background(), actor(), command); !fault.Is(err, want.code) || fault.ReasonOf(err) != want.reason {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHostileAnswersToQuestions(t *testing.T) {
	ctx, by := context.Background(), actor()
	at := `"2026-11-01T00:00:00Z"`
	money := `{"amount":"10.00","currency":"EUR","scale":2}`
	refund := `{"id":"r-1","customer_id":"c-1","transaction_id":"tx-1","amount":` + money + `,"state":"requested","route":"original","requested_at":` + at + `,"expected_by":null,"done_at":null}`
	items := func(list ...string) string { return `{"items":[` + strings.Join(list, ",") + `]}` }
	notice := func(position int) string {
		return fmt.Sprintf(`{"event_id":"e-%d","type":"refund.updated","customer_id":"c-1","object":"r-1","sequence":1,"position":%d,"at":%s}`, position, position, at)
	}
	refunds := func(c *walletapi.Client) error { _, err := c.Refunds(ctx, by, "c-1", "tx-1"); return err }
	notices := func(c *walletapi.Client) error { _, err := c.Notices(ctx, 5, 2); return err }
	stepUp := func(c *walletapi.Client) error { _, err := c.Asked(ctx, by, "c-1", "s-1"); return err }
	byID := func(c *walletapi.Client) error { _, err := c.Operation(ctx, by, "c-1", "op-1"); return err }
	match := func(c *walletapi.Client) error {
		_, err := c.Match(ctx, by, wallet.Claimed{Email: "a@example.com"})
		return err
	}
	pending := `{"id":"s-1","state":"pending","link":"wallet://x","expires_at":` + at + `}`
	for name, x := range map[string]struct {
		ask  func(*walletapi.Client) error
		body string
		good bool
	}{
		"a refund":                 {refunds, items(refund), true},
		"somebody else's refund":   {refunds, items(refund, strings.Replace(refund, "c-1", "c-2", 1)), false},
		"another payment's":        {refunds, items(strings.Replace(refund, "tx-1", "tx-2", 1)), false},
		"a refund below nothing":   {refunds, items(strings.Replace(refund, "10.00", "-10.00", 1)), false},
		"too many refunds":         {refunds, items(strings.Split(strings.Repeat(refund+"\n", 101), "\n")[:101]...), false},
		"no list":                  {refunds, `{"items":null}`, false},
		"notices":                  {notices, `{"items":[` + notice(6) + `,` + notice(9) + `],"more":true}`, true},
		"old notices":              {notices, `{"items":[` + notice(5) + `],"more":false}`, false},
		"notices out of order":     {notices, `{"items":[` + notice(7) + `,` + notice(6) + `],"more":false}`, false},
		"more notices than wanted": {notices, `{"items":[` + notice(6) + `,` + notice(7) + `,` + notice(8) + `],"more":false}`, false},
		"none but more":            {notices, `{"items":[],"more":true}`, false},
		"a step-up":                {stepUp, pending, true},
		"another step-up":          {stepUp, strings.Replace(pending, "s-1", "s-2", 1), false},
		"a script for a link":      {stepUp, strings.Replace(pending, "wallet://x", "javascript:alert(1)", 1), false},
		"approved without a proof": {stepUp, strings.Replace(pending, "pending", "approved", 1), false},
		"a proof too early":        {stepUp, strings.Replace(pending, `"link"`, `"assertion":"x.y.z","link"`, 1), false},
		"an operation":             {byID, goodOperation, true},
		"another operation":        {byID, strings.Replace(goodOperation, "op-1", "op-2", 1), false},
		"a match":                  {match, `{"customer_id":"c-1","fields":["email"]}`, true},
		"what was not claimed":     {match, `{"customer_id":"c-1","fields":["email","phone"]}`, false},
		"a field twice":            {match, `{"customer_id":"c-1","fields":["email","email"]}`, false},
		"somebody for nothing":     {match, `{"customer_id":"c-1","fields":[]}`, false},
	} {
		c := client(t, "https://wallet.example", nil)
		c.Answering(200, "application/json", []byte(x.body))
		if err := x.ask(c); (err == nil) != x.good || (err != nil && !fault.Is(err, fault.Unavailable)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A link is shown only where it leads to a place that the operator named, and the
// operator is told once where it led instead, without what would open something.
func TestLinksLeadNowhereElse(t *testing.T) {
	at := `"` + time.Now().Add(time.Minute).UTC().Format(time.RFC3339Nano) + `"`
	for link, want := range map[string]bool{
		"https://wallet.example/ask?secret=1": true, "acmepay://ask/1": true, "https://wallet.example.evil.com/ask?secret=1": false, "otherapp://ask?secret=1": false,
		"https://wallet.example@evil.com/?secret=1": false,
	} {
		var log strings.Builder
		c := client(t, "https://wallet.example", func(o *walletapi.Options) {
			links, err := applink.Read([]string{"https://wallet.example", "acmepay:"})
			if err != nil {
				t.Fatal(err)
			}
			o.Links, o.Log = links, slog.New(slog.NewTextHandler(&log, nil))
		})
		for range 3 {
			c.Answering(200, "application/json", []byte(`{"id":"s-1","state":"pending","link":"`+link+`","expires_at":`+at+`}`))
			got, err := c.Asked(context.Background(), actor(), "c-1", "s-1")
			if unlike := strings.Contains(link, "@"); unlike != (err != nil) {
				t.Errorf("%s: %v", link, err)
			}
			if (got.Link == link) != want || (!want && got.Link != "") {
				t.Errorf("%s is shown as %q", link, got.Link)
			}
		}
		if told := strings.Count(log.String(), "wallet.link_origins"); !strings.Contains(link, "@") && (told == 1) == want {
			t.Errorf("%s: the operator is told %d times", link, told)
		}
		if strings.Contains(log.String(), "secret") {
			t.Errorf("%s: the log has what opens something: %s", link, log.String())
		}
	}
}

// The wallet's own screens are held to the same places as every link of it.
func TestScreensLieNowhereElse(t *testing.T) {
	now, keys := time.Now(), jwks(t, map[string]identity.Signer{"a": signer(t)})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/.well-known/jwks.json" {
			replying(200, "application/json", keys)(w, r)
			return
		}
		replying(200, "application/json", `{"version":"1","name":"w","readings":["customer","transactions","match"],"acts":["freeze"],"step_up":["app_push"],
			"links":{"limits":"https://wallet.example/limits","top_up":"https://evil.example/secret","cards":"https://wallet.example.evil.example/secret"}}`)(w, r)
	}))
	defer server.Close()
	var log strings.Builder
	c := client(t, server.URL, func(o *walletapi.Options) {
		links, err := applink.Read([]string{"https://wallet.example"})
		if err != nil {
			t.Fatal(err)
		}
		o.Links, o.Log, o.Clock = links, slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return now }
	})
	for range 3 {
		can, err := c.Capabilities(context.Background())
		if err != nil || len(can.Links) != 1 || can.Links["limits"] != "https://wallet.example/limits" {
			t.Errorf("%v %v", can.Links, err)
		}
		now = now.Add(time.Hour)
	}
	if told := strings.Count(log.String(), "wallet.link_origins"); told != 1 || strings.Contains(log.String(), "secret") {
		t.Errorf("the operator is told %d times: %s", told, log.String())
	}
}

// jwks is a set of keys by their ids.
func jwks(t *testing.T, ids map[string]identity.Signer) string {
	t.Helper()
	var all []json.RawMessage
	for kid, s := range ids {
		s.KeyID = kid
		var set struct{ Keys []json.RawMessage }
		if err := json.Unmarshal(s.KeySetJSON(), &set); err != nil {
			t.Fatal(err)
		}
		all = append(all, set.Keys...)
	}
	text, err := json.Marshal(map[string]any{"keys": all})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestKeysArePinnedAndRotated(t *testing.T) {
	one, two := signer(t), signer(t)
	var mu sync.Mutex
	now, keys, status := time.Now(), jwks(t, map[string]identity.Signer{"a": one}), 200
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path != "/.well-known/jwks.json" || r.Header.Get("Kefu-Actor") != "" {
			t.Errorf("%s with %v", r.URL.Path, r.Header)
		}
		replying(status, "application/json", keys)(w, r)
	}))
	defer server.Close()
	c := client(t, server.URL, func(o *walletapi.Options) {
		o.Clock = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	})
	ids := func(set map[string]identity.Signer, code int, after time.Duration) string {
		mu.Lock()
		now = now.Add(after)
		if status = code; set != nil {
			keys = jwks(t, set)
		}
		mu.Unlock()
		got, err := c.Keys(context.Background())
		if err != nil {
			return string(fault.CodeOf(err))
		}
		return strings.Join(got.IDs(), " ")
	}
	for i, step := range []struct {
		set    map[string]identity.Signer
		status int
		after  time.Duration
		want   string
	}{
		{nil, 200, 0, "a"},
		{map[string]identity.Signer{"b": two}, 200, time.Minute, "a"},                  // not asked yet
		{nil, 200, 10 * time.Minute, "a"},                                              // none of the old ones
		{map[string]identity.Signer{"a": two}, 200, 10 * time.Minute, "a"},             // changed under its id
		{map[string]identity.Signer{"a": one, "b": two}, 200, 10 * time.Minute, "a b"}, // beside it
		{map[string]identity.Signer{"b": two}, 200, 10 * time.Minute, "b"},             // rotated
		{nil, 500, 10 * time.Minute, "b"},                                              // does not answer
		{nil, 500, 25 * time.Hour, "unavailable"},
		{nil, 200, 11 * time.Second, "b"},
	} {
		if got := ids(step.set, step.status, step.after); got != step.want {
			t.Errorf("step %d: %s, want %s", i, got, step.want)
		}
	}
}

func TestCapabilitiesAreRemembered(t *testing.T) {
	w := memory.New(memory.Options{})
	var mu sync.Mutex
	now, down, asked := time.Now(), false, 0
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	handler := walletserver.New(walletserver.Options{Wallet: w, Verifier: httpsig.NewVerifier(10_000, key()), Clock: clock}).Handler()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked++
		broken := down
		mu.Unlock()
		if broken {
			replying(500, "text/plain", "down")(rw, r)
			return
		}
		handler.ServeHTTP(rw, r)
	}))
	defer server.Close()
	c := client(t, server.URL, func(o *walletapi.Options) { o.Clock = clock })
	look := func(after time.Duration, broken bool) error {
		mu.Lock()
		now, down = now.Add(after), broken
		mu.Unlock()
		can, err := c.Capabilities(context.Background())
		if err == nil && !can.Does(wallet.Freeze) {
			t.Errorf("%+v", can)
		}
		return err
	}
	for range 5 {
		if err := look(time.Second, false); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 2 { // the document and the keys
		t.Errorf("asked %d times", asked)
	}
	if err := look(time.Hour, true); err != nil {
		t.Errorf("a wallet that does not answer for an hour: %v", err)
	}
	if err := look(25*time.Hour, true); !fault.Is(err, fault.Unavailable) {
		t.Errorf("for more than a day: %v", err)
	}
	old := httptest.NewServer(http.NotFoundHandler()) // of the first version
	defer old.Close()
	can, err := client(t, old.URL, nil).Capabilities(context.Background())
	if err != nil || !can.Reads(wallet.ReadTransactions) || can.Reads(wallet.ReadMatch) || can.Acts != nil {
		t.Errorf("%+v %v", can, err)
	}
	for name, body := range map[string]string{
		"another version": `{"version":"2","name":"w","readings":["customer","transactions","match"],"acts":["freeze"],"step_up":["app_push"]}`,
		"less than zero":  `{"version":"1","name":"w","readings":["customer"],"acts":["freeze"],"step_up":["app_push"]}`,
		"unknown acts":    `{"version":"1","name":"w","readings":["customer","transactions","match"],"acts":["freeze","pay_out"],"step_up":["app_push"]}`,
		"nothing":         `{}`,
	} {
		c := client(t, "https://wallet.example", nil)
		c.Answering(200, "application/json", []byte(body))
		if can, err := c.Capabilities(context.Background()); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %+v %v", name, can, err)
		}
	}
}

func TestLongIdentifiersAreNoneTooLong(t *testing.T) {
	var path string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path = r.URL.Path
		replying(404, "application/problem+json", `{"code":"not_found"}`)(w, r)
	}))
	defer server.Close()
	long := strings.Repeat("c", 64)
	_, err := client(t, server.URL, nil).Do(context.Background(), actor(), wallet.Command{Key: "k", Act: wallet.Freeze, CustomerID: long, Reason: "asked"})
	if !fault.Is(err, fault.NotFound) || neverSent(err) || path != "/v1/customers/"+long+":freeze" {
		t.Errorf("%s %v", path, err)
	}
}

// What somebody pastes as the name of a transaction may be a private key: it stands in no
// address, no log and no error.
func TestWhatIsPastedIsInNoAddress(t *testing.T) {
	const pasted = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
	for _, status := range []int{200, 500} {
		var log strings.Builder
		var asked, body string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			text, _ := io.ReadAll(r.Body)
			asked, body = r.Method+" "+r.URL.String(), string(text)
			replying(status, "application/json", `{"items":[]}`)(w, r)
		}))
		c := client(t, server.URL, func(o *walletapi.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		_, err := c.Transfers(context.Background(), actor(), "c-1", pasted)
		server.Close()
		if (err == nil) != (status == 200) || asked != "POST /v1/customers/c-1/onchain:find" || !strings.Contains(body, pasted) {
			t.Errorf("%d: %v %s %s", status, err, asked, body)
		}
		if strings.Contains(fmt.Sprint(err)+log.String(), pasted) {
			t.Errorf("%d: %v; %s", status, err, log.String())
		}
	}
}
