package issuing_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kefu/internal/app/issuing"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/config"
	"kefu/internal/platform/egress"
	"kefu/internal/platform/fault"
)

func signer(t *testing.T, kid string) identity.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return identity.Signer{Issuer: "https://wallet.test", Audience: "kefu", KeyID: kid, Key: private}
}

func accepted(t *testing.T, s identity.Signer, verify func(context.Context, string) (identity.Claims, error)) bool {
	t.Helper()
	token, err := s.Sign(identity.Claims{Subject: "anna"}, clock.System())
	if err != nil {
		t.Fatal(err)
	}
	_, err = verify(t.Context(), token)
	if err != nil && !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("err = %v", err)
	}
	return err == nil
}

func TestKeysFromAnAddress(t *testing.T) {
	first, second := signer(t, "k1"), signer(t, "k2")
	serves := first
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=600")
		_, _ = w.Write(serves.KeySetJSON())
	}))
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	settings := config.Identity{Audience: "kefu", Issuers: []config.Issuer{{Issuer: first.Issuer, JWKSURL: server.URL, Algorithms: []string{"EdDSA"}}}}
	issuers, err := issuing.Open(t.Context(), settings, egress.New(egress.Options{Private: true, Roots: roots}), clock.System, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if !accepted(t, first, issuers.Verify) {
		t.Error("the first key is refused")
	}
	if accepted(t, second, issuers.Verify) {
		t.Error("a key that is not published is accepted")
	}
	// A server of the public internet must not lead inside.
	closed, err := issuing.Open(t.Context(), settings, egress.New(egress.Options{Roots: roots}), clock.System, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if accepted(t, first, closed.Verify) {
		t.Error("the keys were fetched from this machine")
	}
	if err := issuing.Check(t.Context(), settings, egress.New(egress.Options{Roots: roots})); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("err = %v", err)
	}
	serves = second
	if err := issuing.Check(t.Context(), settings, egress.New(egress.Options{Private: true, Roots: roots})); err != nil {
		t.Errorf("err = %v", err)
	}
}

// A wallet on this machine is asked when the operator says so, and only then.
func TestKeysFromThisMachine(t *testing.T) {
	first := signer(t, "k1")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(first.KeySetJSON()) }))
	defer server.Close()
	settings := config.Identity{Audience: "kefu", Issuers: []config.Issuer{{Issuer: first.Issuer, JWKSURL: server.URL, Algorithms: []string{"EdDSA"}}}}
	if err := issuing.Check(t.Context(), settings, issuing.Client(settings)); !fault.Is(err, fault.Invalid) {
		t.Errorf("asked although it is not allowed: %v", err)
	}
	settings.PrivateKeys = true
	if err := issuing.Check(t.Context(), settings, issuing.Client(settings)); err != nil {
		t.Errorf("allowed, and not asked: %v", err)
	}
}

func TestKeysFromAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	settings := config.Identity{Audience: "kefu", Issuers: []config.Issuer{{Issuer: "https://wallet.test", JWKSFile: path, Algorithms: []string{"EdDSA"}}}}
	first, second := signer(t, "k1"), signer(t, "k2")
	write := func(text []byte) {
		t.Helper()
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"none": "", "nonsense": "x", "too large": strings.Repeat(" ", identity.MaxKeySetBytes+1)} {
		if name != "none" {
			write([]byte(text))
		}
		_, err := issuing.Open(t.Context(), settings, nil, clock.System, slog.New(slog.DiscardHandler))
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: err = %v", name, err)
		}
	}
	write(first.KeySetJSON())
	issuers, err := issuing.Open(t.Context(), settings, nil, clock.System, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if !accepted(t, first, issuers.Verify) {
		t.Error("the first key is refused")
	}
	write(second.KeySetJSON())
	if !accepted(t, second, issuers.Verify) {
		t.Error("the key that the file has now is refused")
	}
	if accepted(t, first, issuers.Verify) {
		t.Error("the key that the file has no more is accepted")
	}
	settings.Issuers[0].Algorithms = []string{"ES256"}
	if err := issuing.Check(t.Context(), settings, nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("a file without a key for the accepted algorithms: err = %v", err)
	}
}
