package app_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/id"
)

// jwk is a public key as a wallet publishes one.
func jwk(t *testing.T, kid string) string {
	t.Helper()
	public, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","kid":%q,"x":%q}`, kid, base64.RawURLEncoding.EncodeToString(public))
}

// Who signs and who may hold the window changes without a restart, and comes back
// after one.
func TestTrustIsSetWithoutARestart(t *testing.T) {
	c := withKeys(t)
	c.Origins.Embed = []string{"https://fixed.example"}
	a := build(t, c)
	running, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Store.Run(running) }()
	save := func(change settings.Change) {
		t.Helper()
		if _, err := a.Settings().Save(t.Context(), identity.SystemPart("test"), change); err != nil {
			t.Fatal(err)
		}
	}
	one, next := jwk(t, "one"), jwk(t, "next")
	issuer := func(revision int64, of string, keys ...string) settings.Change {
		quoted := make([]string, len(keys))
		for i, k := range keys {
			quoted[i] = fmt.Sprintf("%q", k)
		}
		return settings.Change{Kind: "issuer", ID: of, Revision: revision, Body: fmt.Appendf(nil, `{"issuer":"https://wallet.example","audience":"kefu","keys":[%s]}`, strings.Join(quoted, ","))}
	}
	of := id.New()
	for revision, keys := range [][]string{{one}, {one, next}, {next}} {
		save(issuer(int64(revision), of, keys...))
		var want []string
		for _, k := range []string{one, next} {
			for _, has := range keys {
				if k == has {
					want = append(want, map[string]string{one: "one", next: "next"}[k])
				}
			}
		}
		got := a.SignersKeys("https://wallet.example")
		if len(got) != len(want) || !strings.Contains(strings.Join(got, " "), want[0]) {
			t.Errorf("revision %d: the keys are %v, want %v", revision+1, got, want)
		}
	}
	policyOf := func() string {
		r := httptest.NewRequest(http.MethodGet, "/frame", nil)
		r.Host = "widget." + strings.TrimPrefix(strings.TrimPrefix(c.PublicURL, "https://"), "http://")
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		return w.Header().Get("Content-Security-Policy")
	}
	if got := policyOf(); !strings.HasSuffix(got, "frame-ancestors https://fixed.example") {
		t.Errorf("before: %q", got)
	}
	save(settings.Change{Kind: "embedding", ID: settings.SingletonID("embedding"), Body: []byte(`{"origins":["https://set.example"]}`)})
	if got := policyOf(); !strings.HasSuffix(got, "frame-ancestors https://fixed.example https://set.example") {
		t.Errorf("after: %q", got)
	}
	stop()
	if err := errors.Join(<-ended, a.Close()); err != nil {
		t.Fatal(err)
	}
	again := build(t, c)
	if got := again.SignersKeys("https://wallet.example"); len(got) != 1 || got[0] != "next" {
		t.Errorf("after a restart the keys are %v", got)
	}
}
