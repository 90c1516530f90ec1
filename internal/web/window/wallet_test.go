package window_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/web/window"
)

type own struct{ asked wallet.Query }

func (o *own) Own(_ context.Context, p identity.Principal, q wallet.Query) (wallet.Page, error) {
	o.asked = q
	amount, err := wallet.Parse("850.00", "EUR", 2)
	at := wallet.At(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	return wallet.Page{Next: "more", Items: []wallet.Transaction{{
		ID: "tx-" + p.ID, Kind: wallet.KindTransfer, Direction: wallet.Out, Amount: amount, Counterparty: &wallet.Counterparty{Name: "Krüger", Account: "DE02"},
		State: wallet.Processing, CreatedAt: at, ExpectedBy: at + 1, RailRef: "E2E",
	}}}, err
}

func (o *own) OwnOne(ctx context.Context, p identity.Principal, id string) (wallet.Transaction, error) {
	if id != "tx-"+p.ID {
		return wallet.Transaction{}, fault.New(fault.NotFound, "test", "none")
	}
	page, err := o.Own(ctx, p, wallet.Query{})
	return page.Items[0], err
}

func TestOwnTransactions(t *testing.T) {
	o := &own{}
	var refused error
	mux := http.NewServeMux()
	window.Mount(mux, window.Deps{Forms: &forms{}, Wallet: o, Clock: time.Now, Ask: func(w http.ResponseWriter, r *http.Request, answer func(context.Context, identity.Principal) (any, error)) {
		var found any
		if found, refused = answer(r.Context(), identity.Principal{Kind: identity.Customer, ID: "c1"}); refused == nil {
			body, err := jsonOf(found)
			if err != nil {
				t.Error(err)
			}
			_, _ = w.Write(body)
		}
	}})
	get := func(query string) string {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/rt/wallet/transactions"+query, nil))
		return w.Body.String()
	}
	text := get("?limit=5&cursor=abc")
	if o.asked.Limit != 5 || o.asked.Cursor != "abc" || o.asked.CustomerID != "" {
		t.Errorf("asked for %+v", o.asked)
	}
	for _, want := range []string{`"id":"tx-c1"`, `"amount":"850.00"`, `"plain":{"key":"late","tone":"problem"}`, `"at":1795510800000000`, `"next":"more"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in %s", want, text)
		}
	}
	if strings.Contains(text, "DE02") || strings.Contains(text, "E2E") {
		t.Errorf("too much is told: %s", text)
	}
	if one := get("?id=tx-c1"); !strings.Contains(one, `"id":"tx-c1"`) || strings.Contains(one, "DE02") || strings.Contains(one, "next") {
		t.Errorf("by its id: %s", one)
	}
	if one := get("?id=tx-c2"); one != "" || !fault.Is(refused, fault.NotFound) {
		t.Errorf("another's: %s, %v", one, refused)
	}
	if get(""); o.asked.Limit != 20 {
		t.Errorf("asked for %+v", o.asked)
	}
	for _, query := range []string{"?limit=51", "?limit=x", "?limit=0", "?customer=c2", "?id=tx-c1&limit=5", "?id=a&id=b", "?cursor=a&cursor=b"} {
		if text := get(query); text != "" || !fault.Is(refused, fault.Invalid) {
			t.Errorf("%s: %q %v", query, text, refused)
		}
	}
}
