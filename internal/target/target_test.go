package target_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/pquerna/otp/totp"
	"go.uber.org/goleak"

	"kefu/internal/target"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func demo(t *testing.T, key any) string {
	t.Helper()
	dir := t.TempDir()
	raw, err := json.Marshal(map[string]any{
		"staff":  []map[string]string{{"role": "agent", "email": "ada@example.org", "password": "p", "totp_secret": "JBSWY3DPEHPK3PXP"}},
		"issuer": map[string]any{"kid": "k1", "private_key": key},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "demo.json"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestCustomerTokensVerify(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	asPEM := func(key any) string {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	}
	scalar, err := curve.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	for _, test := range []struct {
		name        string
		key, public any
	}{
		{"Ed25519 PEM", asPEM(private), public},
		{"P-256 PEM", asPEM(curve), &curve.PublicKey},
		{"Ed25519 JWK", map[string]string{"kty": "OKP", "crv": "Ed25519", "d": b64(private.Seed())}, public},
		{"P-256 JWK in a string", `{"kty":"EC","crv":"P-256","d":"` + b64(scalar) + `"}`, &curve.PublicKey},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, err := target.Load(demo(t, test.key), target.Issuer{Name: "wallet", Audience: "kefu"})
			if err != nil {
				t.Fatal(err)
			}
			signed, err := d.CustomerToken("c-1")
			if err != nil {
				t.Fatal(err)
			}
			again, err := d.CustomerToken("c-1")
			if err != nil || again == signed {
				t.Errorf("two tokens are the same (%v)", err)
			}
			token, err := jwt.Parse(signed, func(*jwt.Token) (any, error) { return test.public, nil },
				jwt.WithAudience("kefu"), jwt.WithIssuer("wallet"), jwt.WithExpirationRequired())
			if err != nil || token.Header["kid"] != "k1" {
				t.Errorf("%v, %v", err, token)
			}
		})
	}
	if _, err := target.Load(demo(t, "no key"), target.Issuer{}); err == nil {
		t.Error("a key that is none was read")
	}
}

func TestSignInSendsACodeThatIsValidNow(t *testing.T) {
	_, private, _ := ed25519.GenerateKey(rand.Reader)
	d, err := target.Load(demo(t, map[string]string{
		"kty": "OKP", "crv": "Ed25519", "d": base64.RawURLEncoding.EncodeToString(private.Seed()),
	}), target.Issuer{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Email, Password, TOTP string }
		if json.NewDecoder(r.Body).Decode(&body) != nil || !totp.Validate(body.TOTP, "JBSWY3DPEHPK3PXP") {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`{"token":"s3"}`))
	}))
	defer server.Close()
	api := target.NewAPI(server.URL)
	defer api.Close()
	token, err := d.SignIn(context.Background(), api, "agent")
	if err != nil || token != "s3" {
		t.Errorf("%q, %v", token, err)
	}
	if _, err := d.SignIn(context.Background(), api, "nobody"); err == nil {
		t.Error("signed in with a role that nobody has")
	}
}

func TestStartTellsWhenTheChildEndsEarly(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := target.Start(ctx, target.Command{Argv: []string{"/bin/false"}, Health: "http://127.0.0.1:1/healthz"}, nil)
	if err == nil || ctx.Err() != nil {
		t.Errorf("Start() = %v", err)
	}
}

func TestCPUOfGrowsWithWork(t *testing.T) {
	before, err := target.CPUOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); n++ {
		if after, err := target.CPUOf(os.Getpid()); err != nil || after > before {
			return
		}
	}
	t.Errorf("no processor time passed in %d readings", n)
}
