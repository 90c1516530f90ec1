package identity

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Signer signs tokens as a wallet's server does: for the demo wallet, replay
// and tests. A real wallet has its own.
type Signer struct {
	Issuer   string
	Audience string
	KeyID    string
	Key      ed25519.PrivateKey
}

// defaultTokenLife is for claims that name no end: long enough for a slow page,
// short enough to be useless in a log.
const defaultTokenLife = 2 * time.Minute

// Format implements fmt.Formatter for every verb without telling the key.
func (s Signer) Format(w fmt.State, _ rune) {
	_, _ = io.WriteString(w, "signer "+s.Issuer+" "+s.KeyID)
}

// Sign makes a token (EdDSA, RFC 8037) that is issued now. Claims.Issuer is
// not used; an empty ID becomes a new one, a zero ExpiresAt is two minutes from
// now, and a zero ProvedAt is now.
//
// Errors: Invalid when a Verifier would refuse what was asked for.
func (s Signer) Sign(c Claims, now time.Time) (string, error) {
	const op = "identity.Sign"
	if len(s.Key) != ed25519.PrivateKeySize {
		return "", fault.New(fault.Invalid, op, "the signer has no key")
	}
	if c.ID == "" {
		c.ID = id.New()
	}
	if c.ExpiresAt.IsZero() {
		c.ExpiresAt = now.Add(defaultTokenLife)
	}
	claims := jwt.MapClaims{
		"iss": s.Issuer, "aud": s.Audience, "sub": c.Subject, "jti": c.ID,
		"iat": now.Unix(), "exp": c.ExpiresAt.Unix(),
	}
	if c.Name != "" {
		claims["name"] = c.Name
	}
	if c.Language != "" {
		claims["lang"] = c.Language
	}
	if !c.ProvedAt.IsZero() {
		claims["auth_time"] = c.ProvedAt.Unix()
	}
	if c.Level != AL0 {
		claims["aal"] = c.Level
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	token.Header["kid"] = s.KeyID
	signed, err := token.SignedString(s.Key)
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	if err := s.check(signed, now); err != nil {
		return "", fault.New(fault.Invalid, op, "no verifier would accept such a token: %v", err)
	}
	return signed, nil
}

// check verifies a token as its receiver will.
func (s Signer) check(token string, now time.Time) error {
	keys, err := ParseKeySet(s.KeySetJSON())
	if err != nil {
		return err
	}
	v, err := NewVerifier([]Issuer{{s.Issuer, s.Audience, keys}}, func() time.Time { return now })
	if err != nil {
		return err
	}
	_, err = v.verify(token)
	return err
}

// KeySetJSON is the JWK set with the public half of the key, for ParseKeySet
// and for an operator's settings.
func (s Signer) KeySetJSON() []byte {
	public := s.Key.Public().(ed25519.PublicKey)
	text, err := json.Marshal(map[string]any{"keys": []map[string]string{{
		"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": jwt.SigningMethodEdDSA.Alg(),
		"kid": s.KeyID, "x": base64.RawURLEncoding.EncodeToString(public),
	}}})
	if err != nil {
		panic(err) // a map of strings always encodes
	}
	return text
}
