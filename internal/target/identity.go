package target

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"
)

const tokenLife = 5 * time.Minute // the protocol allows 10

// Staff is a member of staff of the demo.
type Staff struct {
	Role       string `json:"role"`
	Name       string `json:"name"`
	Email      string `json:"email"`
	Password   string `json:"password"`
	TOTPSecret string `json:"totp_secret"`
}

// Customer is a customer of the demo's wallet.
type Customer struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Language string `json:"language"`
}

// Issuer is the wallet that signs its customers' tokens.
type Issuer struct {
	KID        string          `json:"kid"`
	PrivateKey json.RawMessage `json:"private_key"` // PEM (PKCS #8 or SEC 1) in a string, or a JWK
	Name       string          `json:"iss"`
	Audience   string          `json:"aud"`
}

// Demo is what DIR/demo.json tells. It holds secrets of a demonstration.
type Demo struct {
	Staff     []Staff           `json:"staff"`
	Customers []Customer        `json:"customers"`
	Issuer    Issuer            `json:"issuer"`
	URLs      map[string]string `json:"urls"`

	key    crypto.Signer
	method jwt.SigningMethod
}

// Load reads the demo's identities. Where the file names no issuer or audience,
// those of fallback are used.
func Load(dir string, fallback Issuer) (*Demo, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "demo.json"))
	if err != nil {
		return nil, fmt.Errorf("target: reading the demo's identities: %w", err)
	}
	var demo Demo
	if err := json.Unmarshal(raw, &demo); err != nil {
		return nil, fmt.Errorf("target: demo.json: %w", err)
	}
	if demo.Issuer.Name == "" {
		demo.Issuer.Name = fallback.Name
	}
	if demo.Issuer.Audience == "" {
		demo.Issuer.Audience = fallback.Audience
	}
	if demo.key, err = parseKey(demo.Issuer.PrivateKey); err != nil {
		return nil, fmt.Errorf("target: demo.json: the issuer's key: %w", err)
	}
	switch demo.key.(type) {
	case ed25519.PrivateKey:
		demo.method = jwt.SigningMethodEdDSA
	case *ecdsa.PrivateKey:
		demo.method = jwt.SigningMethodES256
	default:
		return nil, errors.New("target: demo.json: the issuer's key is neither Ed25519 nor P-256")
	}
	return &demo, nil
}

// CustomerToken is a fresh token of the wallet for one of its customers.
func (d *Demo) CustomerToken(customer string) (string, error) {
	now := time.Now()
	token := jwt.NewWithClaims(d.method, jwt.MapClaims{
		"iss": d.Issuer.Name, "aud": d.Issuer.Audience, "sub": customer,
		"iat": now.Unix(), "exp": now.Add(tokenLife).Unix(), "jti": uuid.NewString(),
	})
	token.Header["kid"] = d.Issuer.KID
	signed, err := token.SignedString(d.key)
	if err != nil {
		return "", fmt.Errorf("target: signing a token: %w", err)
	}
	return signed, nil
}

// SignIn opens a session of the first member of staff with the role and gives
// its bearer token.
func (d *Demo) SignIn(ctx context.Context, api *API, role string) (string, error) {
	for _, staff := range d.Staff {
		if staff.Role == role {
			return d.SignInAs(ctx, api, staff)
		}
	}
	return "", fmt.Errorf("target: the demo has no staff with the role %q", role)
}

// SignInAs opens a session and gives its bearer token.
func (d *Demo) SignInAs(ctx context.Context, api *API, staff Staff) (string, error) {
	code, err := totp.GenerateCode(staff.TOTPSecret, time.Now())
	if err != nil {
		return "", fmt.Errorf("target: one-time code of %s: %w", staff.Email, err)
	}
	var answer struct {
		Token string `json:"token"`
	}
	body := map[string]string{"email": staff.Email, "password": staff.Password, "totp": code}
	if err := api.Post(ctx, "/v1/session", body, &answer); err != nil {
		return "", err
	}
	if answer.Token == "" {
		return "", errors.New("target: the session's answer holds no token")
	}
	return answer.Token, nil
}

func parseKey(raw json.RawMessage) (crypto.Signer, error) {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return parseJWK(raw)
	}
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		return parseJWK([]byte(text))
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("it is neither PEM nor JWK")
	}
	if block.Type == "EC PRIVATE KEY" {
		return x509.ParseECPrivateKey(block.Bytes)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("it does not sign")
	}
	return signer, nil
}

// parseJWK reads a private key as RFC 7518 section 6.2 and RFC 8037 write it.
func parseJWK(raw []byte) (crypto.Signer, error) {
	var key struct {
		Type  string `json:"kty"`
		Curve string `json:"crv"`
		D     string `json:"d"`
	}
	if err := json.Unmarshal(raw, &key); err != nil {
		return nil, err
	}
	d, err := base64.RawURLEncoding.DecodeString(key.D)
	if err != nil {
		return nil, err
	}
	switch {
	case key.Type == "OKP" && key.Curve == "Ed25519" && len(d) == ed25519.SeedSize:
		return ed25519.NewKeyFromSeed(d), nil
	case key.Type == "EC" && key.Curve == "P-256":
		return ecKey(d)
	default:
		return nil, fmt.Errorf("a key of type %q on curve %q cannot be used", key.Type, key.Curve)
	}
}

func ecKey(d []byte) (crypto.Signer, error) {
	const size = 32
	padded := new(big.Int).SetBytes(d).FillBytes(make([]byte, size))
	return ecdsa.ParseRawPrivateKey(elliptic.P256(), padded)
}
