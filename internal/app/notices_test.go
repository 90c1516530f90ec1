package app_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kefu/examples/wallet/memory"
	"kefu/internal/connector/walletserver"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/httpsig"
)

// heard is a follower of the wallet's notices.
type heard chan wallet.Notice

func (h heard) Took(_ context.Context, n wallet.Notice) error { h <- n; return nil }

// What a wallet delivers to the public address is taken with its key alone, and those who
// follow hear of it; what it told of before is asked for.
func TestNoticesOfTheWallet(t *testing.T) {
	key := httpsig.Key{ID: "kefu", Secret: []byte("0123456789abcdef0123456789abcdef")}
	own := memory.New(memory.Options{})
	server := httptest.NewServer(walletserver.New(walletserver.Options{Wallet: own, Verifier: httpsig.NewVerifier(1000, key)}).Handler())
	defer server.Close()
	c := withKeys(t)
	c.Wallet.URL, c.Wallet.KeyID, c.Wallet.SecretFile, c.Wallet.Private = server.URL+"/v1", key.ID, filepath.Join(t.TempDir(), "secret"), true
	if err := os.WriteFile(c.Wallet.SecretFile, append(key.Secret, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	a := build(t, c)
	ears := make(heard, 10)
	a.Notices().Follow(ears)
	if err := own.Pay(memory.Anna, "3.00"); err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- a.Store.Run(running) }()
	go func() { ended <- a.Notices().Run(running) }()
	hear := func(kind wallet.NoticeType) {
		t.Helper()
		select {
		case n := <-ears:
			if n.Type != kind || n.CustomerID != memory.Anna {
				t.Errorf("heard %+v", n)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("nothing of %s was heard", kind)
		}
	}
	hear(wallet.TransactionUpdated)
	host := strings.TrimPrefix(strings.TrimPrefix(c.PublicURL, "https://"), "http://")
	post := func(k httpsig.Key, host string) int {
		body := `{"event_id":"own-1","type":"account.frozen","customer_id":"c-anna","sequence":1,"position":99,"at":"2026-11-02T09:00:00Z"}`
		r := httptest.NewRequest(http.MethodPost, "/v1/wallet/events", strings.NewReader(body))
		r.Host = host
		signed := httpsig.Sign(httpsig.Request{Method: r.Method, Authority: host, Path: r.URL.Path, Body: []byte(body)}, k, time.Now())
		r.Header = http.Header{"Content-Type": {"application/json"}, "Content-Digest": {signed.ContentDigest}, "Signature-Input": {signed.SignatureInput}, "Signature": {signed.Signature}}
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		return w.Code
	}
	other := httpsig.Key{ID: "kefu", Secret: []byte("another secret of thirty-two bytes")}
	if status := post(other, host); status != http.StatusUnauthorized {
		t.Errorf("with another secret: %d", status)
	}
	for _, elsewhere := range []string{"widget." + host, "files." + host} {
		if status := post(key, elsewhere); status == http.StatusNoContent {
			t.Errorf("taken at %s", elsewhere)
		}
	}
	if status := post(key, host); status != http.StatusNoContent {
		t.Errorf("with the wallet's: %d", status)
	}
	hear(wallet.AccountFrozen)
	stop()
	if err := errors.Join(<-ended, <-ended, a.Close()); err != nil {
		t.Error(err)
	}
}
