package app_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/examples/wallet/memory"
	"kefu/internal/app"
	"kefu/internal/connector/walletserver"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
	"kefu/internal/platform/sharedkeys"
)

// The secrets of a change.
const (
	oldSecret = "b25lb25lb25lb25lb25lb25lb25lb25lb25lb25lb25l"
	newSecret = "dHdvdHdvdHdvdHdvdHdvdHdvdHdvdHdvdHdvdHdvdHdv"
)

// gate holds requests back, before the wallet has judged them or with the answer in its
// hand: one for each hold that lies there.
type gate struct {
	next          http.Handler
	before, after chan hold
}

type hold struct{ arrived, goOn chan struct{} }

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	wait := func(at chan hold) {
		select {
		case h := <-at:
			close(h.arrived)
			<-h.goOn
		default:
		}
	}
	wait(g.before)
	answer := httptest.NewRecorder()
	g.next.ServeHTTP(answer, r)
	wait(g.after)
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // the client may be gone
}

// changing is a Kefu and a wallet, each with a file of its own.
type changing struct {
	*testing.T
	app          *app.App
	ours, theirs *sharedkeys.File
	paths        map[*sharedkeys.File]string
	gate         *gate
	host         string
	events       int
}

func startChange(t *testing.T) *changing {
	c := &changing{T: t, paths: map[*sharedkeys.File]string{}}
	theirs := filepath.Join(t.TempDir(), "keys")
	c.put(theirs, oldSecret)
	var err error
	if c.theirs, err = sharedkeys.Open(theirs, "kefu", slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	c.gate = &gate{next: walletserver.New(walletserver.Options{Wallet: memory.New(memory.Options{}), Verifier: httpsig.NewVerifierOf(1000, c.theirs.Keys)}).Handler()}
	server := httptest.NewServer(c.gate)
	t.Cleanup(server.Close)
	o := withKeys(t)
	o.Wallet.URL, o.Wallet.KeyID, o.Wallet.SecretFile, o.Wallet.Private = server.URL+"/v1", "kefu", filepath.Join(t.TempDir(), "secret"), true
	c.put(o.Wallet.SecretFile, oldSecret)
	c.app = build(t, o)
	c.ours = c.app.SharedKeys()
	c.paths[c.ours], c.paths[c.theirs] = o.Wallet.SecretFile, theirs
	c.host = strings.TrimPrefix(strings.TrimPrefix(o.PublicURL, "https://"), "http://")
	running, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.app.Store.Run(running) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, c.app.Close()); err != nil {
			t.Error(err)
		}
	})
	return c
}

func (c *changing) put(path, text string) {
	c.Helper()
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		c.Fatal(err)
	}
}

// set writes a side's file and lets it be read.
func (c *changing) set(side *sharedkeys.File, lines ...string) {
	c.Helper()
	c.put(c.paths[side], strings.Join(lines, "\n"))
	side.Look()
	side.Look()
}

// ask asks the wallet as Kefu does.
func (c *changing) ask() error {
	_, err := c.app.Wallet().Customer(c.Context(), wallet.Actor{Kind: "staff", ID: "s-1", Purpose: wallet.PurposeView}, memory.Anna)
	return err
}

// tell posts a notice as the wallet does, signed with a key.
func (c *changing) tell(k httpsig.Key) int {
	c.events++
	body := `{"event_id":"ev-` + strings.Repeat("x", c.events) + `","type":"account.frozen","customer_id":"c-anna","sequence":1,"position":99,"at":"2026-11-02T09:00:00Z"}`
	r := httptest.NewRequest(http.MethodPost, "/v1/wallet/events", strings.NewReader(body))
	r.Host = c.host
	signed := httpsig.Sign(httpsig.Request{Method: r.Method, Authority: r.Host, Path: r.URL.Path, Body: []byte(body)}, k, time.Now())
	r.Header = http.Header{"Content-Type": {"application/json"}, "Content-Digest": {signed.ContentDigest}, "Signature-Input": {signed.SignatureInput}, "Signature": {signed.Signature}}
	w := httptest.NewRecorder()
	c.app.Handler().ServeHTTP(w, r)
	_, _ = io.Copy(io.Discard, w.Body) // from memory
	return w.Code
}

// The steps of docs/operations.md, in their order: at none of them is anything refused
// that either side signs, and at the end the old key opens nothing.
func TestSharedKeysAreChangedWhileBothSidesRun(t *testing.T) {
	c := startChange(t)
	if !slices.Contains(c.app.WorkerNames(), "shared keys") {
		t.Error("nobody looks at the file")
	}
	before, next := "kefu "+oldSecret, "kefu-2 "+newSecret
	old, late := httpsig.Key{ID: "kefu", Secret: []byte(oldSecret)}, httpsig.Key{ID: "kefu-2", Secret: []byte(newSecret)}
	both := func(when string) {
		t.Helper()
		if err := c.ask(); err != nil {
			t.Errorf("%s: the wallet refuses %s: %v", when, c.ours.Signer().ID, err)
		}
		if status := c.tell(c.theirs.Signer()); status != http.StatusNoContent {
			t.Errorf("%s: Kefu answers %s with %d", when, c.theirs.Signer().ID, status)
		}
	}
	both("before")
	if status := c.tell(late); status != http.StatusUnauthorized {
		t.Errorf("a key that is not in the file: %d", status)
	}
	for _, step := range []struct {
		when  string
		side  *sharedkeys.File
		lines []string
	}{
		{"the wallet takes both", c.theirs, []string{before, next}},
		{"Kefu takes both", c.ours, []string{oldSecret, next}}, // the old line as it was, without a name
		{"Kefu signs with the new one", c.ours, []string{next, before}},
		{"the wallet signs with the new one", c.theirs, []string{next, before}},
	} {
		c.set(step.side, step.lines...)
		both(step.when)
	}
	for _, k := range []httpsig.Key{old, late} {
		if status := c.tell(k); status != http.StatusNoContent {
			t.Errorf("during the change %s: %d", k.ID, status)
		}
	}
	c.set(c.ours, next)
	both("Kefu forgets the old one")
	c.set(c.theirs, next)
	both("the wallet forgets the old one")
	if status := c.tell(old); status != http.StatusUnauthorized {
		t.Errorf("after the change the old key: %d", status)
	}
	c.set(c.ours, before)
	if err := c.ask(); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "401") {
		t.Errorf("after the change the wallet takes the old key: %v", err)
	}
}

// What is on its way when keys change arrives, and what was let in is answered.
func TestWhatIsOnItsWayOutlivesAChange(t *testing.T) {
	c := startChange(t)
	before, next := "kefu "+oldSecret, "kefu-2 "+newSecret
	c.set(c.theirs, before, next)
	held := func(at *chan hold, meanwhile func()) {
		t.Helper()
		h := hold{make(chan struct{}), make(chan struct{})}
		*at = make(chan hold, 1)
		*at <- h
		answered := make(chan error, 1)
		go func() { answered <- c.ask() }()
		select {
		case <-h.arrived:
			meanwhile()
			close(h.goOn)
		case err := <-answered:
			t.Fatalf("nothing was held: %v", err)
		}
		if err := <-answered; err != nil {
			t.Error(err)
		}
		*at = nil
	}
	held(&c.gate.before, func() { c.set(c.ours, next) }) // signed with the old one, and judged when Kefu has forgotten it
	c.set(c.ours, before, next)
	held(&c.gate.after, func() { // let in with the old one, and answered when both have forgotten it
		c.set(c.ours, next)
		c.set(c.theirs, next)
	})
	if err := c.ask(); err != nil {
		t.Error(err)
	}
}

// A file that cannot be used changes nothing while the server runs.
func TestABadFileOfSharedKeysChangesNothing(t *testing.T) {
	c := startChange(t)
	for _, bad := range []string{"", "kefu short", "kefu " + oldSecret + "\nkefu " + newSecret} {
		c.set(c.ours, bad)
		if err := c.ask(); err != nil {
			t.Errorf("%q: %v", bad, err)
		}
		if status := c.tell(c.theirs.Signer()); status != http.StatusNoContent {
			t.Errorf("%q: %d", bad, status)
		}
	}
}

// The doctor, and the start, say what is wrong with the file, and never what is in it.
func TestTheDoctorReadsTheSharedKeys(t *testing.T) {
	c := withKeys(t)
	c.Listen = "localhost:0"
	if f := examined(t, c, "shared keys"); f.Fact != "no wallet is connected" || f.Wrong != "" {
		t.Errorf("%+v", f)
	}
	path := filepath.Join(t.TempDir(), "secret")
	c.Wallet.URL, c.Wallet.KeyID, c.Wallet.SecretFile = "https://wallet.example/v1", "kefu", path
	five := ""
	for _, name := range []string{"a ", "b ", "c ", "d ", "e "} {
		five += name + oldSecret + "\n"
	}
	for text, wrong := range map[string]string{
		"": "no key in it", "a short": "line 1 has 5 bytes", "a " + oldSecret + "\na " + newSecret: "lines 1 and 2 are of one name", five: "more than 4 keys",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f := examined(t, c, "shared keys")
		if !strings.Contains(f.Wrong, wrong) || !strings.Contains(f.Wrong, path) || strings.Contains(f.Wrong, oldSecret) {
			t.Errorf("%q: %+v", text, f)
		}
		_, err := app.Build(t.Context(), c, "test", slog.New(slog.DiscardHandler))
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), wrong) || !strings.Contains(err.Error(), "wallet.secret_file") {
			t.Errorf("%q: a start says %v", text, err)
		}
	}
	if err := os.WriteFile(path, []byte("kefu-2 "+newSecret+"\n"+oldSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if f := examined(t, c, "shared keys"); f.Wrong != "" || f.Fact != "kefu-2 signs; kefu-2, kefu verify" {
		t.Errorf("%+v", f)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if f := examined(t, c, "shared keys"); !strings.Contains(f.Wrong, "cannot be read") {
		t.Errorf("%+v", f)
	}
}
