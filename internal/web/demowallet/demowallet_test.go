package demowallet_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kefu/internal/platform/fault"
	"kefu/internal/web/demowallet"
	"kefu/internal/web/walletview"
)

const host = "127.0.0.1:8081"

func wallet() http.Handler {
	return demowallet.Handler(demowallet.Options{
		Host:      host,
		Customers: []demowallet.Customer{{ID: "cust-anna", Name: "Anna", Language: "en"}},
		Page:      http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "page") }),
		API:       http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "api") }),
		Account: func(_ context.Context, customer, cursor string) (demowallet.Account, error) {
			if customer != "cust-anna" || cursor == "rubbish" {
				return demowallet.Account{}, fault.New(fault.NotFound, "test", "nobody")
			}
			return demowallet.Account{Balances: []demowallet.Balance{{Available: walletview.Sum{Amount: "1.00", Currency: "EUR", Scale: 2}}}}, nil
		},
		Sign: func(customer, name, language string, proven bool) (string, error) {
			return fmt.Sprint(customer, ".", name, ".", language, ".", proven), nil
		},
	})
}

func TestTokensAreForItsOwnPageAndCustomers(t *testing.T) {
	cases := []struct {
		name, at, origin, body string
		status                 int
	}{
		{"its page", host, "http://" + host, `{"customer":"cust-anna"}`, 200},
		{"its page, right after a proof", host, "http://" + host, `{"customer":"cust-anna","proven":true}`, 200},
		{"a program", host, "", `{"customer":"cust-anna"}`, 200},
		{"another page", host, "https://attacker.example", `{"customer":"cust-anna"}`, 403},
		{"another name for this address", "rebound.example:8081", "http://rebound.example:8081", `{"customer":"cust-anna"}`, 421},
		{"a stranger", host, "", `{"customer":"cust-eve"}`, 404},
		{"no JSON", host, "", `customer=cust-anna`, 400},
		{"far too much", host, "", `{"customer":"` + strings.Repeat("x", 2000) + `"}`, 400},
	}
	for _, c := range cases {
		r := httptest.NewRequest(http.MethodPost, "http://"+c.at+"/demo/token", strings.NewReader(c.body))
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		w := httptest.NewRecorder()
		wallet().ServeHTTP(w, r)
		if w.Code != c.status || strings.Contains(w.Body.String(), "cust-anna.Anna.en") != (c.status == 200) {
			t.Errorf("%s: %d %q, want %d", c.name, w.Code, w.Body, c.status)
		}
	}
}

func TestItsPageAndCustomers(t *testing.T) {
	for path, want := range map[string]string{
		"/": "page", "/demo/customers": `"name":"Anna"`, "/v1/customers/x": "api", "/demo/account?customer=cust-anna": `"amount":"1.00"`,
	} {
		w := httptest.NewRecorder()
		wallet().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://"+host+path, nil))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %q", path, w.Code, w.Body)
		}
	}
}

func TestAccountsOfStrangers(t *testing.T) {
	for _, query := range []string{"", "?customer=cust-eve", "?customer=cust-anna&cursor=rubbish"} {
		w := httptest.NewRecorder()
		wallet().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://"+host+"/demo/account"+query, nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("%q: %d %q", query, w.Code, w.Body)
		}
	}
}
