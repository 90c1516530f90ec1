package flowapi_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/form"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	flow "kefu/internal/flow/selfservice"
	"kefu/internal/flow/selfservice/proposing"
	"kefu/internal/platform/fault"
	"kefu/internal/web/flowapi"
)

// runs is one run of c1's.
type runs struct {
	asked selfservice.Input
	shows []selfservice.View // instead of the usual
}

func definition() *selfservice.Definition {
	return &selfservice.Definition{ID: "FL2", Title: form.Texts{"en": "Why?", "zh": "为什么？"}, About: form.Texts{"en": "See", "zh": "查看"}}
}

func (r *runs) seen() flow.Seen {
	amount, _ := wallet.Parse("12.50", "EUR", 2)
	payment := selfservice.Value{Type: selfservice.Payment, Payment: &selfservice.PaymentFact{ID: "tx-1", Kind: "transfer", Party: "Anna Schmidt", Amount: amount, There: true,
		Money: &selfservice.Sentence{Text: form.Texts{"en": "{amount} is on its way.", "zh": "{amount} 在途。"}, Figures: map[string]selfservice.Figure{"amount": {Money: &amount}}}}}
	cause := selfservice.Value{Type: selfservice.Cause, Cause: &selfservice.CauseFact{Code: "insufficient_funds", Next: []string{"top_up"}, Title: form.Texts{"en": "Not enough", "zh": "余额不足"},
		Steps: []selfservice.NextStep{{Key: "top_up", Where: "wallet", Link: "top_up", Label: form.Texts{"en": "Add money", "zh": "充值"}}}}}
	seen := flow.Seen{
		Run:  selfservice.Record{Revision: 3, Run: selfservice.Run{ID: "r-1", Flow: "FL2", Step: "pick", State: selfservice.Asking, ConversationID: "conv", ExpiresAt: time.UnixMicro(7)}},
		Flow: definition(), Taken: true,
		Views: []selfservice.View{
			{Step: "tell", Kind: selfservice.KindShow, Card: "cause", Value: &cause, Say: form.Texts{"en": "", "zh": ""}},
			{Step: "pick", Kind: selfservice.KindChoose, Say: form.Texts{"en": "Which one?", "zh": "哪一笔？"}, Items: []selfservice.Value{payment}, Options: []selfservice.Shown{{ID: "a", Label: form.Texts{"en": "A", "zh": "甲"}}}},
		},
	}
	if r.shows != nil {
		seen.Views = r.shows
	}
	return seen
}

func (r *runs) Catalogue(context.Context, identity.Principal) ([]*selfservice.Definition, error) {
	return []*selfservice.Definition{definition()}, nil
}

func (r *runs) Proposals(context.Context, identity.Principal) []proposing.Proposal {
	return []proposing.Proposal{{ID: "failed:tx-1", Flow: definition(), Title: form.Texts{"en": "It failed", "zh": "失败"}, Given: map[string]string{"payment": "tx-1"}}}
}

func (r *runs) List(context.Context, identity.Principal) ([]flow.Seen, error) {
	return []flow.Seen{r.seen()}, nil
}

func (r *runs) ListOf(context.Context, identity.Principal, string) ([]flow.Seen, error) {
	return nil, nil
}

func (r *runs) Get(_ context.Context, p identity.Principal, run string) (flow.Seen, error) {
	if p.ID != "c1" || run != "r-1" {
		return flow.Seen{}, fault.New(fault.NotFound, "test", "none")
	}
	return r.seen(), nil
}

func (r *runs) Start(_ context.Context, p identity.Principal, b flow.Begin) (flow.Seen, error) {
	if p.Kind != identity.Customer {
		return flow.Seen{}, fault.New(fault.Forbidden, "test", "no")
	}
	if b.Given["payment"] != "tx-1" || b.Language != "zh" {
		return flow.Seen{}, fault.New(fault.Internal, "test", "%+v", b)
	}
	return r.seen(), nil
}

func (r *runs) Answer(ctx context.Context, p identity.Principal, run, _, _ string, in selfservice.Input) (flow.Seen, error) {
	r.asked = in
	return r.Get(ctx, p, run)
}

func serve(r *runs, p identity.Principal) func(method, path, body string) (string, error) {
	mux := http.NewServeMux()
	var refused error
	flowapi.Mount(mux, r, func(w http.ResponseWriter, req *http.Request, answer func(context.Context, identity.Principal) (any, error)) {
		var found any
		if found, refused = answer(req.Context(), p); refused == nil {
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

func customer() identity.Principal {
	return identity.Principal{Kind: identity.Customer, ID: "c1", Level: identity.AL1}
}

func TestTheWindowsForm(t *testing.T) {
	r := &runs{}
	ask := serve(r, customer())
	for _, c := range []struct {
		method, path, body string
		want, never        []string
	}{
		{"GET", "/rt/flows?lang=zh", "", []string{`"title":"为什么？"`, `"title":"失败"`, `"given":{"payment":"tx-1"}`, `"open":[{"id":"r-1"`}, []string{"Why?", "conv"}},
		{"GET", "/rt/runs", "", []string{`"runs":[{"id":"r-1"`, `"revision":3`, `"expires_at":7`}, nil},
		{
			"GET", "/rt/runs/r-1?lang=zh-CN", "",
			[]string{`"say":"哪一笔？"`, `"label":"甲"`, `"next":[{"key":"top_up","label":"充值","link":"top_up","where":"wallet"}]`, `"text":"{amount} 在途。"`, `"amount":"12.50"`, "Anna Schmidt", `"title":"余额不足"`},
			[]string{"Which one?", "steps", `"en"`, `"say":""`},
		},
		{"POST", "/rt/runs?lang=en", `{"flow":"FL2","given":{"payment":"tx-1"},"lang":"zh"}`, []string{`"run":{"id":"r-1"`}, nil},
		{"POST", "/rt/runs/r-1/answers", `{"op":"o","do":"set","step":"pick","text":"tx-1"}`, []string{`"taken":true`, `"say":"Which one?"`}, nil},
	} {
		text, err := ask(c.method, c.path, c.body)
		if err != nil {
			t.Errorf("%s %s: %v", c.method, c.path, err)
		}
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s %s lacks %s: %s", c.method, c.path, want, text)
			}
		}
		for _, never := range c.never {
			if strings.Contains(text, never) {
				t.Errorf("%s %s tells %s: %s", c.method, c.path, never, text)
			}
		}
	}
	if r.asked.Do != selfservice.Set || r.asked.Text != "tx-1" {
		t.Errorf("asked %+v", r.asked)
	}
}

// A payment that went to nobody, such as an exchange, is called by what it is: the window
// would offer a button without words.
func TestAPaymentToNobodyIsCalledByItsKind(t *testing.T) {
	amount, _ := wallet.Parse("190.00", "EUR", 2)
	exchange := selfservice.Value{Type: selfservice.Payment, Payment: &selfservice.PaymentFact{ID: "tx-9", Kind: string(wallet.KindExchange), Amount: amount, There: true}}
	shown := exchange
	r := &runs{shows: []selfservice.View{
		{Step: "pick", Kind: selfservice.KindChoose, Items: []selfservice.Value{exchange}},
		{Step: "tell", Kind: selfservice.KindShow, Card: "payment", Value: &shown},
	}}
	for lang, want := range map[string]string{"en": `"party":"Exchange"`, "zh": `"party":"兑换"`} {
		for _, who := range []identity.Principal{customer(), {Kind: identity.Staff, ID: "c1"}} {
			text, err := serve(r, who)("GET", "/rt/runs/r-1?lang="+lang, "")
			if err != nil || strings.Count(text, want) != 2 {
				t.Errorf("%s: %s is not told twice to %s (%v): %s", lang, want, who.Kind, err, text)
			}
		}
	}
}

// Points of an act are counted, and no currency.
func TestPointsOfAnActAreCounted(t *testing.T) {
	amount, _ := wallet.Parse("500", "PTS", 0)
	act := selfservice.Value{Type: selfservice.Act, Act: &selfservice.ActFact{ID: "a-1", Act: string(wallet.RedeemPoints), Amount: amount}}
	r := &runs{shows: []selfservice.View{{Step: "agree", Kind: selfservice.KindConfirm, Value: &act}}}
	for lang, want := range map[string]string{"en": `"currency":"points"`, "zh-CN": `"currency":"积分"`} {
		text, err := serve(r, customer())("GET", "/rt/runs/r-1?lang="+lang, "")
		if err != nil || !strings.Contains(text, want) || strings.Contains(text, "PTS") {
			t.Errorf("%s: %s is not told (%v): %s", lang, want, err, text)
		}
	}
}

// Until when something can be added to a dispute is told as long as it can.
func TestUntilWhenADisputeTakesEvidence(t *testing.T) {
	amount, _ := wallet.Parse("298.00", "CNY", 2)
	for name, c := range map[string]struct {
		open, late, told bool
	}{"open": {true, false, true}, "too late": {true, true, false}, "decided": {false, false, false}} {
		v := selfservice.Value{Type: selfservice.Dispute, Dispute: &selfservice.DisputeFact{ID: "dp-1", State: "open", Amount: amount, EvidenceBy: wallet.Time(1e15), Open: c.open, Late: c.late, There: true}}
		text, err := serve(&runs{shows: []selfservice.View{{Step: "tell", Kind: selfservice.KindShow, Card: "dispute", Value: &v}}}, customer())("GET", "/rt/runs/r-1?lang=en", "")
		if err != nil || strings.Contains(text, "evidence_by") != c.told {
			t.Errorf("%s: %v %s", name, err, text)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		p                  identity.Principal
		method, path, body string
		want               fault.Code
	}{
		"another customer":       {identity.Principal{Kind: identity.Customer, ID: "c2"}, "GET", "/rt/runs/r-1", "", fault.NotFound},
		"another one answers":    {identity.Principal{Kind: identity.Customer, ID: "c2"}, "POST", "/rt/runs/r-1/answers", `{"op":"o","do":"human"}`, fault.NotFound},
		"a visitor begins":       {identity.Principal{Kind: identity.Visitor, ID: "c1"}, "POST", "/rt/runs", `{"flow":"FL2"}`, fault.Forbidden},
		"an unknown field":       {customer(), "POST", "/rt/runs", `{"flow":"FL2","mood":"good"}`, fault.Invalid},
		"a field twice":          {customer(), "POST", "/rt/runs/r-1/answers", `{"op":"o","op":"p","do":"human"}`, fault.Invalid},
		"no JSON":                {customer(), "POST", "/rt/runs/r-1/answers", `op`, fault.Invalid},
		"too much":               {customer(), "POST", "/rt/runs/r-1/answers", `{"op":"o","do":"set","text":"` + strings.Repeat("x", 17<<10) + `"}`, fault.Invalid},
		"a strange conversation": {customer(), "POST", "/rt/runs", `{"flow":"FL2","conv":"../x"}`, fault.NotFound},
		"a strange parameter":    {customer(), "GET", "/rt/runs?customer=c2", "", fault.Invalid},
		"a language twice":       {customer(), "GET", "/rt/flows?lang=en&lang=zh", "", fault.Invalid},
	} {
		if text, err := serve(&runs{}, c.p)(c.method, c.path, c.body); !fault.Is(err, c.want) || text != "" {
			t.Errorf("%s: %v, %s", name, err, text)
		}
	}
	if text, err := serve(&runs{}, identity.Principal{Kind: identity.Visitor, ID: "v"})("GET", "/rt/flows", ""); err != nil || !strings.Contains(text, `"proposals":[]`) || !strings.Contains(text, `"open":[{"id":"r-1"`) {
		t.Errorf("a visitor sees %s, %v", text, err)
	}
}
