package walletevents_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kefu/internal/platform/httpsig"
	"kefu/internal/web/walletevents"
)

// Whatever the wallet posts is taken as a notice or refused, and never our fault.
func FuzzNotice(f *testing.F) {
	f.Add(good, "")
	f.Add(strings.Replace(good, `"sequence":1`, `"sequence":-1`, 1), "")
	f.Add(strings.Replace(good, "2026-11-02T09:00:00Z", "2026-11-02", 1), "kefu=:AAAA:")
	f.Fuzz(func(t *testing.T, body, signature string) {
		to := &taker{}
		mux := http.NewServeMux()
		walletevents.New(to, httpsig.NewVerifier(10, key()), time.Now, slog.New(slog.DiscardHandler)).Mount(mux)
		r := httptest.NewRequest(http.MethodPost, "http://kefu.example"+walletevents.Path, strings.NewReader(body))
		s := httpsig.Sign(httpsig.Request{Method: r.Method, Authority: r.Host, Path: r.URL.Path, Body: []byte(body)}, key(), time.Now())
		if signature != "" {
			s.Signature = signature
		}
		r.Header = http.Header{"Content-Type": {"application/json"}, "Content-Digest": {s.ContentDigest}, "Signature-Input": {s.SignatureInput}, "Signature": {s.Signature}}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		taken := w.Code == http.StatusNoContent
		switch {
		case w.Code >= 500:
			t.Errorf("%q is answered %d", body, w.Code)
		case taken != (len(to.taken) == 1):
			t.Errorf("%q is answered %d, and %d notices were taken", body, w.Code, len(to.taken))
		case taken && signature != "":
			t.Errorf("%q was taken with another signature", body)
		}
	})
}
