package consentapi_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/acting"
	"kefu/internal/platform/fault"
	"kefu/internal/web/consentapi"
)

// consents is one refund that c1 is asked for.
type consents struct{ did []string }

func (c *consents) one(p identity.Principal, conv, act, what string) (acting.Consent, error) {
	if p.Kind != identity.Customer || p.ID != "c1" || conv != "conv" || act != "a-1" {
		return acting.Consent{}, fault.New(fault.NotFound, "test", "none")
	}
	c.did = append(c.did, what)
	sum, err := wallet.Parse("12.50", "EUR", 2)
	k := action.Kept{MakerName: "Mei", Destination: "Visa ••••1111", About: action.About{Party: "Lotus Market", Amount: sum, At: time.UnixMicro(7)}}
	k.ID, k.State, k.Hash, k.Refusal, k.ExpiresAt = "a-1", action.Confirmed, strings.Repeat("5", 64), "watchlist", time.UnixMicro(99)
	k.Command = wallet.Command{Act: wallet.RequestRefund, CustomerID: "cust-anna", Target: "tx-secret", Key: "key", Assertion: "signed"}
	k.Summary = wallet.Summary{Amount: sum, Fees: []wallet.Fee{{Kind: "late", Amount: sum}}, Effects: []string{"points_lost"}}
	k.Verdict = action.Verdict{Level: identity.AL2, FourEyes: true, Code: "rule of the house"}
	return acting.Consent{Kept: k, Proof: assurance.Standing{State: assurance.Pending, Link: "wallet://prove"}}, err
}

func (c *consents) Consent(_ context.Context, p identity.Principal, conv, act string) (acting.Consent, error) {
	return c.one(p, conv, act, "look")
}

func (c *consents) Agree(_ context.Context, p identity.Principal, conv, act, hash string) (acting.Consent, error) {
	return c.one(p, conv, act, "agree "+hash)
}

func (c *consents) ProveAgain(_ context.Context, p identity.Principal, conv, act string) (acting.Consent, error) {
	return c.one(p, conv, act, "prove")
}

func (c *consents) Decline(_ context.Context, p identity.Principal, conv, act string) (acting.Consent, error) {
	return c.one(p, conv, act, "decline")
}

// serve asks as p; ended says that the session of the window is over.
func serve(c *consents, p identity.Principal, ended bool) func(method, path, body string) (string, error) {
	mux := http.NewServeMux()
	var refused error
	consentapi.Mount(mux, c, func() time.Time { return time.UnixMicro(50) }, func(w http.ResponseWriter, r *http.Request, answer func(context.Context, identity.Principal) (any, error)) {
		if refused = fault.New(fault.Unauthenticated, "test", "no session"); ended {
			return
		}
		var found any
		if found, refused = answer(r.Context(), p); refused == nil {
			_ = json.NewEncoder(w).Encode(found)
		}
	})
	return func(method, path, body string) (string, error) {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		text, _ := io.ReadAll(w.Body)
		return string(text), refused
	}
}

func customer(id string) identity.Principal {
	return identity.Principal{Kind: identity.Customer, ID: id, Level: identity.AL1}
}

const at = "/rt/conversations/conv/acts/a-1"

func yes() string { return `{"hash":"` + strings.Repeat("5", 64) + `"}` }

func TestTheCardAndTheAnswers(t *testing.T) {
	c := &consents{}
	ask := serve(c, customer("c1"), false)
	for _, one := range [][3]string{{"GET", at, ""}, {"POST", at + "/confirm", yes()}, {"POST", at + "/proof", ""}, {"POST", at + "/decline", ""}} {
		text, err := ask(one[0], one[1], one[2])
		if err != nil {
			t.Errorf("%s: %v", one[1], err)
		}
		for _, want := range []string{
			`"by":"Mei"`, `"amount":"12.50"`, `"destination":"Visa ••••1111"`, `"party":"Lotus Market"`, `"fees":[{"kind":"late"`, `"effects":["points_lost"]`, `"reversible":false`,
			`"four_eyes":true`, `"expires_at":99`, `"now":50`, `"state":"pending","link":"wallet://prove"`, `"refusal":"blocked"`,
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %s: %s", one[1], want, text)
			}
		}
		for _, never := range []string{"watchlist", "rule of the house", "tx-secret", "cust-anna", "signed", `"key"`} {
			if strings.Contains(text, never) {
				t.Errorf("%s tells %s: %s", one[1], never, text)
			}
		}
	}
	if got := strings.Join(c.did, ", "); got != "look, agree "+strings.Repeat("5", 64)+", prove, decline" {
		t.Error(got)
	}
}

func TestWhoIsRefused(t *testing.T) {
	asks := []struct{ what, path, body string }{{"GET", at, ""}, {"POST", at + "/confirm", yes()}, {"POST", at + "/proof", ""}, {"POST", at + "/decline", ""}}
	for name, who := range map[string]struct {
		p     identity.Principal
		ended bool
		want  fault.Code
	}{
		"another customer": {customer("c2"), false, fault.NotFound},
		"a visitor":        {identity.Principal{Kind: identity.Visitor, ID: "c1"}, false, fault.NotFound},
		"an agent":         {identity.Principal{Kind: identity.Staff, ID: "c1", Role: identity.Agent}, false, fault.NotFound},
		"an owner":         {identity.Principal{Kind: identity.Staff, ID: "c1", Role: identity.Owner}, false, fault.NotFound},
		"a key":            {identity.Principal{Kind: identity.Program, ID: "c1"}, false, fault.NotFound},
		"an ended session": {customer("c1"), true, fault.Unauthenticated},
	} {
		c := &consents{}
		for _, one := range asks {
			if text, err := serve(c, who.p, who.ended)(one.what, one.path, one.body); !fault.Is(err, who.want) || text != "" {
				t.Errorf("%s %s: %q %v", name, one.path, text, err)
			}
		}
		if len(c.did) > 0 {
			t.Errorf("%s: %v", name, c.did)
		}
	}
	for name, one := range map[string]struct {
		path, body string
		want       fault.Code
	}{
		"no hash":                    {at + "/confirm", `{}`, fault.Invalid},
		"half a hash":                {at + "/confirm", `{"hash":"5"}`, fault.Invalid},
		"an unknown field":           {at + "/confirm", `{"hash":"` + strings.Repeat("5", 64) + `","code":"123456"}`, fault.Invalid},
		"twice":                      {at + "/confirm", `{"hash":"a","hash":"b"}`, fault.Invalid},
		"no JSON":                    {at + "/confirm", `yes`, fault.Invalid},
		"too much":                   {at + "/confirm", `{"hash":"` + strings.Repeat("5", 5<<10) + `"}`, fault.Invalid},
		"a strange parameter":        {at + "/confirm?customer=c1", yes(), fault.Invalid},
		"an act of another talk":     {"/rt/conversations/other/acts/a-1/confirm", yes(), fault.NotFound},
		"another act":                {"/rt/conversations/conv/acts/a-2/confirm", yes(), fault.NotFound},
		"a no to an act of another":  {"/rt/conversations/other/acts/a-1/decline", "", fault.NotFound},
		"a proof of an act of other": {"/rt/conversations/other/acts/a-1/proof", "", fault.NotFound},
	} {
		if text, err := serve(&consents{}, customer("c1"), false)("POST", one.path, one.body); !fault.Is(err, one.want) || text != "" {
			t.Errorf("%s: %q %v", name, text, err)
		}
	}
}
