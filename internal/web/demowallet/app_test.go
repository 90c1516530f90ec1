package demowallet_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/passkey"
	"kefu/internal/web/demowallet"
)

// phone is an app that notes what it is asked to do.
type phone struct{ did []string }

func (p *phone) Rails() []demowallet.Rail {
	return []demowallet.Rail{{Name: "card", Codes: map[string]string{"51": "insufficient_funds"}}}
}

func (p *phone) know(customer string) error {
	if customer != "cust-anna" {
		return fault.New(fault.NotFound, "test", "nobody")
	}
	return nil
}

func (p *phone) Shown(_ context.Context, customer string) (demowallet.Shown, error) {
	return demowallet.Shown{Asks: []demowallet.Ask{{ID: "ask-1", Act: "refund"}}}, p.know(customer)
}

func (p *phone) Fate(_ context.Context, f demowallet.Fate) error {
	p.did = append(p.did, "fate "+f.Of+" "+f.Kind+" "+f.Raw)
	return p.know(f.Customer)
}

func (p *phone) Pay(_ context.Context, x demowallet.Payment) (demowallet.Paid, error) {
	p.did = append(p.did, "pay "+x.Amount+" by "+x.Rail)
	return demowallet.Paid{Trace: "LM-1", State: "initiated"}, p.know(x.Customer)
}

func (p *phone) Stranger(_ context.Context, customer string) error {
	p.did = append(p.did, "stranger")
	return p.know(customer)
}

func (p *phone) Hasten(_ context.Context, customer string) error {
	p.did = append(p.did, "hasten")
	return p.know(customer)
}

func (p *phone) ArriveLate(_ context.Context, customer string) error {
	p.did = append(p.did, "late")
	return p.know(customer)
}

func (p *phone) Confirm(_ context.Context, customer, transaction string, yes bool) error {
	p.did = append(p.did, "confirm "+transaction)
	return p.know(customer)
}

func (p *phone) Declare(_ context.Context, customer, transaction, sender string, own bool) error {
	p.did = append(p.did, "declare "+transaction+" "+sender)
	return p.know(customer)
}

func (p *phone) AddCard(_ context.Context, customer, form string, c demowallet.Card) error {
	p.did = append(p.did, "card "+form+" "+c.Last4+" "+c.Expiry+" "+c.Says)
	return p.know(customer)
}

func (p *phone) Answer(_ context.Context, customer, ask string, yes bool, code string) (string, error) {
	p.did = append(p.did, "answer "+ask+" "+code)
	return "approved", p.know(customer)
}

func (p *phone) OwnPasskeys(_ context.Context, customer string) (demowallet.OwnPasskeys, error) {
	return demowallet.OwnPasskeys{Home: "http://" + named + "/", Items: []demowallet.OwnPasskey{{ID: "key-1", Name: "Laptop"}}}, p.know(customer)
}

func (p *phone) AskChange(_ context.Context, customer, name, remove string) (string, error) {
	p.did = append(p.did, "change "+name+remove)
	return "own-1", p.know(customer)
}

func (p *phone) AskNewPasskey(_ context.Context, customer, name, agreed string) (passkey.Question, error) {
	p.did = append(p.did, "new passkey "+name+" "+agreed)
	if agreed == "" {
		return passkey.Question{}, fault.New(fault.Forbidden, "test", "nobody agreed")
	}
	return passkey.Question{Challenge: "abc"}, p.know(customer)
}

func (p *phone) AddPasskey(_ context.Context, customer, name, agreed string, a passkey.Answer) error {
	p.did = append(p.did, "passkey "+name+" "+agreed+" "+a.ID+" "+a.Attestation)
	return p.know(customer)
}

func (p *phone) RemovePasskey(_ context.Context, customer, id, agreed string) error {
	p.did = append(p.did, "without "+id+" "+agreed)
	return p.know(customer)
}

func (p *phone) AskPasskey(_ context.Context, customer, ask string) (passkey.Question, error) {
	p.did = append(p.did, "passkey for "+ask)
	return passkey.Question{Challenge: "abc", Allow: []string{"k"}}, p.know(customer)
}

func (p *phone) AnswerByPasskey(_ context.Context, customer, ask string, a passkey.Answer) (string, error) {
	p.did = append(p.did, "proof "+ask+" "+a.Signature+" "+a.Handle)
	return "approved", p.know(customer)
}

func (p *phone) File(_ context.Context, customer, digest string) (string, []byte, error) {
	if digest != "d1" {
		return "", nil, fault.New(fault.NotFound, "test", "no such file")
	}
	return "application/pdf", []byte("%PDF-1.7"), p.know(customer)
}

// What customers gave the wallet is shown to them, and does nothing on the wallet's page.
func TestAFileIsShown(t *testing.T) {
	handler := demowallet.Handler(demowallet.Options{Host: host, Page: http.NotFoundHandler(), API: http.NotFoundHandler(), App: &phone{}})
	get := func(query string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/demo/file?"+query, nil)
		r.Host = host
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	w := get("customer=cust-anna&sha256=d1")
	if w.Code != http.StatusOK || w.Body.String() != "%PDF-1.7" || w.Header().Get("Content-Type") != "application/pdf" {
		t.Errorf("the file is answered by %d, %q as %s", w.Code, w.Body, w.Header().Get("Content-Type"))
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Content-Disposition": "attachment", "Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "no-store"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, none := range []string{"customer=cust-anna&sha256=d2", "customer=nobody&sha256=d1"} {
		if w := get(none); w.Code != http.StatusNotFound || w.Body.String() == "%PDF-1.7" {
			t.Errorf("%s is answered by %d", none, w.Code)
		}
	}
}

const named = "wallet.localhost:8081"

func TestTheAppIsForItsOwnPage(t *testing.T) {
	p := &phone{}
	handler := demowallet.Handler(demowallet.Options{Host: host, Named: named, Page: http.NotFoundHandler(), API: http.NotFoundHandler(), App: p})
	at := host
	ask := func(method, path, origin, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "http://"+at+path, strings.NewReader(body))
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	own := "http://" + host
	for path, c := range map[string]struct{ body, did string }{
		"/demo/fate":           {`{"customer":"cust-anna","of":"payment","kind":"refused","raw":"51"}`, "fate payment refused 51"},
		"/demo/pay":            {`{"customer":"cust-anna","amount":"12.50","rail":"card","to":"Shop"}`, "pay 12.50 by card"},
		"/demo/stranger":       {`{"customer":"cust-anna"}`, "stranger"},
		"/demo/hasten":         {`{"customer":"cust-anna"}`, "hasten"},
		"/demo/late":           {`{"customer":"cust-anna"}`, "late"},
		"/demo/confirm":        {`{"customer":"cust-anna","transaction":"tx-1","yes":true}`, "confirm tx-1"},
		"/demo/declare":        {`{"customer":"cust-anna","transaction":"tx-1","sender":"Ada","own":true}`, "declare tx-1 Ada"},
		"/demo/card":           {`{"customer":"cust-anna","form":"fm-1","last4":"4242","expiry":"2039-05","says":"again"}`, "card fm-1 4242 2039-05 again"},
		"/demo/passkey/new":    {`{"customer":"cust-anna","name":"Laptop","agreed":"own-1"}`, "new passkey Laptop own-1"},
		"/demo/passkey/change": {`{"customer":"cust-anna","id":"key-1"}`, "change key-1"},
		"/demo/passkey/add":    {`{"customer":"cust-anna","name":"Laptop","agreed":"own-1","id":"k","attestation":"a"}`, "passkey Laptop own-1 k a"},
		"/demo/passkey/remove": {`{"customer":"cust-anna","id":"key-1","agreed":"own-1"}`, "without key-1 own-1"},
		"/demo/passkey/ask":    {`{"customer":"cust-anna","id":"ask-1"}`, "passkey for ask-1"},
		"/demo/passkey/answer": {`{"customer":"cust-anna","ask":"ask-1","signature":"s","user_handle":"h"}`, "proof ask-1 s h"},
		"/demo/answer":         {`{"customer":"cust-anna","id":"ask-1","yes":true,"code":"123456"}`, "answer ask-1 123456"},
	} {
		p.did = nil
		if w := ask("POST", path, "https://attacker.example", c.body); w.Code != 403 || len(p.did) != 0 {
			t.Errorf("%s from another page: %d %v", path, w.Code, p.did)
		}
		if w := ask("POST", path, own, c.body); w.Code != 200 || strings.Join(p.did, ";") != c.did {
			t.Errorf("%s: %d %q %v", path, w.Code, w.Body, p.did)
		}
		if w := ask("POST", path, own, strings.Replace(c.body, "cust-anna", "cust-eve", 1)); w.Code != 404 {
			t.Errorf("%s of a stranger: %d", path, w.Code)
		}
		p.did, at = nil, named
		if w := ask("POST", path, own, c.body); w.Code != 403 || len(p.did) != 0 {
			t.Errorf("%s under one name from a page under the other: %d %v", path, w.Code, p.did)
		}
		if w := ask("POST", path, "http://"+named, c.body); w.Code != 200 {
			t.Errorf("%s under its name: %d", path, w.Code)
		}
		at = "evil.localhost:8081"
		if w := ask("POST", path, "http://"+at, c.body); w.Code != 421 {
			t.Errorf("%s under a name that is not ours: %d", path, w.Code)
		}
		at = host
		if w := ask("POST", path, own, "rubbish"); w.Code != 400 {
			t.Errorf("%s with rubbish: %d", path, w.Code)
		}
	}
	if w := ask("POST", "/demo/passkey/new", own, `{"customer":"cust-anna","name":"Laptop"}`); w.Code != 403 {
		t.Errorf("a passkey that nobody agreed to: %d", w.Code)
	}
	if w := ask("GET", "/demo/app?customer=cust-anna", "", ""); w.Code != 200 || !strings.Contains(w.Body.String(), "ask-1") {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	if w := ask("GET", "/demo/app?customer=cust-eve", "", ""); w.Code != 404 {
		t.Errorf("of a stranger: %d", w.Code)
	}
	if w := ask("GET", "/demo/passkeys?customer=cust-anna", "", ""); w.Code != 200 || !strings.Contains(w.Body.String(), "Laptop") {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	if w := ask("GET", "/demo/rails", "", ""); w.Code != 200 || !strings.Contains(w.Body.String(), "insufficient_funds") {
		t.Errorf("%d %q", w.Code, w.Body)
	}
}
