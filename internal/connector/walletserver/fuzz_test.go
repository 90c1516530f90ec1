package walletserver_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kefu/examples/wallet/memory"
	"kefu/internal/connector/walletserver"
	"kefu/internal/platform/httpsig"
)

// Whatever is asked, well signed or not, is answered with JSON, and never as our fault;
// nothing is done without a signature.
func FuzzRequest(f *testing.F) {
	for _, c := range [][4]string{
		{"GET", "/v1/customers/c-anna", "", ""},
		{"GET", "/v1/transactions?customer=c-anna&state=posted&from=2026-11-02T09%3A00%3A00Z&limit=5&cursor=x", "", ""},
		{"GET", "/v1/events?after=0&limit=3", "", ""},
		{"POST", "/v1/customers/c-anna:freeze", "k-1", `{"customer_id":"c-anna","reason":"asked","amount":null}`},
		{"POST", "/v1/customers/c-anna/refunds", "k-2", `{"customer_id":"c-anna","target":"c-anna:bistro","expect":"posted","amount":{"amount":"5.00","currency":"EUR","scale":2},"dry_run":true}`},
		{"POST", "/v1/customers/c-anna/stepups", "k-3", `{"customer_id":"c-anna","case":"c-1","act":"refund","level":2,"nonce":"n-1","amount":null}`},
		{"POST", "/v1/customers:match", "k-4", `{"email":"anna@example.com"}`},
	} {
		f.Add(c[0], c[1], c[2], c[3], actor, "", true)
	}
	f.Fuzz(func(t *testing.T, method, target, idempotency, body, by, spoilt string, signed bool) {
		if !strings.HasPrefix(target, "/") || len(body) > 64<<10 {
			return
		}
		r, err := http.NewRequest(method, "http://wallet.example"+target, strings.NewReader(body))
		if err != nil {
			return
		}
		own := memory.New(memory.Options{Delay: time.Hour})
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Kefu-Actor", by)
		headers := []httpsig.Header{{Name: "kefu-actor", Value: by}}
		if method == http.MethodPost {
			r.Header.Set("Idempotency-Key", idempotency)
			headers = append(headers, httpsig.Header{Name: "idempotency-key", Value: idempotency})
		}
		s := httpsig.Sign(httpsig.Request{Method: method, Authority: r.Host, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Body: []byte(body), Headers: headers}, key(), time.Now())
		if !signed { // what somebody writes in place of a signature
			s.Signature = spoilt
		}
		r.Header.Set("Content-Digest", s.ContentDigest)
		r.Header.Set("Signature-Input", s.SignatureInput)
		r.Header.Set("Signature", s.Signature)
		w := httptest.NewRecorder()
		walletserver.New(walletserver.Options{Wallet: own, Verifier: httpsig.NewVerifier(10, key())}).Handler().ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s %s is answered %d: %s", method, target, w.Code, w.Body)
		}
		if w.Code == http.StatusOK && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s is answered with what is no JSON: %s", method, target, w.Body)
		}
		if !signed && w.Code == http.StatusOK && method == http.MethodPost {
			t.Errorf("%s %s was done without a signature", method, target)
		}
	})
}
