package identity

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/text/language"

	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// Limits of a token: its size in bytes, how long it may live, how far the
// issuer's clock may be ahead of ours, and its identifiers in bytes.
const (
	MaxTokenBytes    = 4 << 10
	MaxTokenLife     = 10 * time.Minute
	MaxClockSkew     = time.Minute
	MaxIdentifierLen = 128
	maxNameLen       = 100 // code points
	maxLanguageLen   = 35  // RFC 5646 section 4.4.1
)

// Issuer is a wallet that vouches for its customers.
type Issuer struct {
	Name     string // its `iss`
	Audience string // the `aud` that its tokens for this Kefu carry
	Keys     KeySet
}

// Claims is what a token says.
type Claims struct {
	Issuer    string
	Subject   string    // the wallet's id of the customer, unique within the issuer
	ID        string    // jti: the caller lets each (Issuer, ID) in once
	Name      string    // may be shown, not trusted; "" when the token has none
	Language  string    // BCP 47; "" when the token has none that is known
	Level     Level     // AL1 to AL3; AL1 when the token does not say
	ProvedAt  time.Time // when the customer proved it: auth_time (OpenID Connect Core section 2), or iat
	ExpiresAt time.Time
}

// Verifier verifies the tokens of a fixed set of issuers. It is safe for
// concurrent use.
//
// It has no memory: that a token is used once is enforced by its caller, who
// stores (Claims.Issuer, Claims.ID) under a unique key in the transaction that
// opens the session and keeps it until Claims.ExpiresAt. After that instant the
// token is refused here as expired, with no leeway, so the row may go.
type Verifier struct {
	now     clock.Clock
	issuers map[string]*issuer
}

// UnknownKeyError says that a token names a key that its issuer's set does not
// have: a forged one, or one that is newer than the set.
type UnknownKeyError struct{ Issuer string }

// Error implements error.
func (e *UnknownKeyError) Error() string { return "kid is not in the issuer's set" }

type issuer struct {
	name     string
	audience string
	keys     atomic.Pointer[KeySet]
}

// NewVerifier makes a Verifier.
//
// Errors: Invalid when an issuer lacks its name or audience or is there twice.
// One without keys is allowed: nothing of it is accepted until SetKeys.
func NewVerifier(issuers []Issuer, now clock.Clock) (*Verifier, error) {
	const op = "identity.NewVerifier"
	v := &Verifier{now: now, issuers: make(map[string]*issuer, len(issuers))}
	for _, in := range issuers {
		if in.Name == "" || in.Audience == "" {
			return nil, fault.New(fault.Invalid, op, "an issuer needs a name and an audience; %q has %q", in.Name, in.Audience)
		}
		if v.issuers[in.Name] != nil {
			return nil, fault.New(fault.Invalid, op, "the issuer %q is there twice", in.Name)
		}
		own := &issuer{name: in.Name, audience: in.Audience}
		own.keys.Store(&in.Keys)
		v.issuers[in.Name] = own
	}
	return v, nil
}

// SetKeys replaces the keys of an issuer: the next Verify sees all of the new
// set and none of the old.
//
// Errors: NotFound for an issuer that NewVerifier was not given.
func (v *Verifier) SetKeys(issuer string, ks KeySet) error {
	known := v.issuers[issuer]
	if known == nil {
		return fault.New(fault.NotFound, "identity.SetKeys", "there is no issuer %q", issuer)
	}
	known.keys.Store(&ks)
	return nil
}

// Keys gives the keys of an issuer, as they are now; none of one that is unknown.
func (v *Verifier) Keys(issuer string) KeySet {
	known := v.issuers[issuer]
	if known == nil {
		return KeySet{}
	}
	return *known.keys.Load()
}

// Verify tells whom a token speaks for (RFC 7519, with the practices of RFC
// 8725; docs/protocol.md section 4). A token may be presented again until it
// expires: see Verifier for who prevents that.
//
// Errors: Unauthenticated, always with the same message; the reason is the
// wrapped error, for the log. Neither holds any part of the token.
func (v *Verifier) Verify(token string) (Claims, error) {
	claims, err := v.verify(token)
	if err != nil {
		return Claims{}, &fault.Error{Code: fault.Unauthenticated, Op: "identity.Verify", Message: "the token is refused", Err: err}
	}
	return claims, nil
}

func (v *Verifier) verify(token string) (Claims, error) {
	if len(token) > MaxTokenBytes {
		return Claims{}, fmt.Errorf("it is longer than %d bytes", MaxTokenBytes)
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return Claims{}, errors.New("it has not three parts")
	}
	head, err := segment("header", parts[0])
	if err != nil {
		return Claims{}, err
	}
	kid, alg, err := readHeader(head, "JWT")
	if err != nil {
		return Claims{}, err
	}
	body, err := segment("claims", parts[1])
	if err != nil {
		return Claims{}, err
	}
	// Until the signature is verified, iss only chooses whose keys to try: a key
	// of one issuer never counts for another.
	name, err := body.identifier("iss", MaxTokenBytes)
	if err != nil {
		return Claims{}, err
	}
	from := v.issuers[name]
	if from == nil {
		return Claims{}, errors.New("iss is unknown")
	}
	if err := from.verifySignature(parts, kid, alg); err != nil {
		return Claims{}, err
	}
	return from.readClaims(name, body, v.now())
}

func (i *issuer) verifySignature(parts []string, kid, alg string) error {
	return i.keys.Load().verify(i.name, parts, kid, alg)
}

// verify judges the signature of a token by the key that it names.
func (ks KeySet) verify(issuer string, parts []string, kid, alg string) error {
	key, known := ks.keys[kid]
	if !known {
		return &UnknownKeyError{Issuer: issuer}
	}
	if key.method.Alg() != alg {
		return errors.New("alg is not the algorithm of the key")
	}
	signature, err := decode(parts[2])
	if err != nil {
		return errors.New("the signature is not in base64url")
	}
	if key.method.Verify(parts[0]+"."+parts[1], signature, key.public) != nil {
		return errors.New("the signature is wrong")
	}
	return nil
}

// Open verifies the signature of a JWS in compact form (RFC 7515) whose header has
// this typ, and gives what it holds, a JSON object that says nothing twice. What is in
// it is for the caller to judge: none of the rules for Claims were applied.
//
// Errors: Unauthenticated, with no part of the token.
func (ks KeySet) Open(token, typ string) ([]byte, error) {
	payload, err := ks.open(token, typ)
	if err != nil {
		return nil, &fault.Error{Code: fault.Unauthenticated, Op: "identity.Open", Message: "the signed object is refused", Err: err}
	}
	return payload, nil
}

func (ks KeySet) open(token, typ string) ([]byte, error) {
	parts := strings.Split(token, ".")
	if len(token) > MaxTokenBytes || len(parts) != 3 {
		return nil, fmt.Errorf("it is longer than %d bytes or has not three parts", MaxTokenBytes)
	}
	head, err := segment("header", parts[0])
	if err != nil {
		return nil, err
	}
	kid, alg, err := readHeader(head, typ)
	if err != nil {
		return nil, err
	}
	if err := ks.verify("", parts, kid, alg); err != nil {
		return nil, err
	}
	if _, err := segment("payload", parts[1]); err != nil {
		return nil, err
	}
	return decode(parts[1])
}

func segment(name, text string) (object, error) {
	raw, err := decode(text)
	if err != nil {
		return nil, fmt.Errorf("the %s is not in base64url", name)
	}
	o, err := readObject(raw)
	if err != nil {
		return nil, fmt.Errorf("the %s %w", name, err)
	}
	return o, nil
}

// decode reads base64url without padding (RFC 7515 section 2). The standard
// decoder passes over line ends even when strict, which would give one token
// many spellings.
func decode(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, errors.New("line end")
	}
	return base64.RawURLEncoding.Strict().DecodeString(text)
}

// readHeader accepts alg, kid and typ and refuses every other parameter, which
// takes in those that bring or point to a key of the sender's choice (jwk, jku,
// x5c, x5u) and crit (RFC 7515 section 4.1).
func readHeader(head object, wanted string) (kid, alg string, err error) {
	for name := range head {
		switch name {
		case "alg", "kid", "typ":
		case "jwk", "jku", "x5c", "x5u", "x5t", "x5t#S256", "crit":
			return "", "", fmt.Errorf("the header has %s", name)
		default:
			return "", "", errors.New("the header has an unknown parameter")
		}
	}
	if alg, err = head.text("alg"); err != nil {
		return "", "", err
	}
	allowed := []string{jwt.SigningMethodEdDSA.Alg(), jwt.SigningMethodES256.Alg()}
	if !slices.Contains(allowed, alg) {
		return "", "", errors.New("alg is neither EdDSA nor ES256")
	}
	typ, err := head.text("typ")
	// Tokens of customers are as a rule JWTs without a typ of their own; anything else
	// must say what it is, so that one is never taken for the other (RFC 8725 section 3.11).
	if _, there := head["typ"]; err != nil || (there && !strings.EqualFold(typ, wanted)) || (!there && wanted != "JWT") {
		return "", "", fmt.Errorf("typ is not %s", wanted)
	}
	kid, err = head.identifier("kid", MaxKeyIDLen)
	return kid, alg, err
}

func (i *issuer) readClaims(name string, body object, now time.Time) (Claims, error) {
	c := Claims{Issuer: name}
	if !audienceHas(body["aud"], i.audience) {
		return Claims{}, errors.New("aud is another")
	}
	var err error
	if c.ProvedAt, c.ExpiresAt, err = lifetime(body, now); err != nil {
		return Claims{}, err
	}
	if c.Subject, err = body.identifier("sub", MaxIdentifierLen); err != nil {
		return Claims{}, err
	}
	if c.ID, err = body.identifier("jti", MaxIdentifierLen); err != nil {
		return Claims{}, err
	}
	if c.Level, err = level(body["aal"]); err != nil {
		return Claims{}, err
	}
	if c.Name, err = body.text("name"); err != nil {
		return Claims{}, err
	}
	c.Name = showable(c.Name)
	lang, err := body.text("lang")
	if err != nil {
		return Claims{}, err
	}
	if len(lang) <= maxLanguageLen {
		if tag, err := language.Parse(lang); err == nil {
			c.Language = tag.String()
		}
	}
	return c, nil
}

// audienceHas tells whether aud, a string or a list of strings (RFC 7519
// section 4.1.3), names us.
func audienceHas(aud json.RawMessage, us string) bool {
	var one string
	if json.Unmarshal(aud, &one) == nil {
		return one == us
	}
	var many []string
	return json.Unmarshal(aud, &many) == nil && slices.Contains(many, us)
}

// lifetime judges exp, iat and nbf and gives exp, and when the customer proved who
// they are. A clock that is ahead of ours is forgiven up to MaxClockSkew in iat and
// nbf; what has expired is expired.
func lifetime(body object, now time.Time) (proved, exp time.Time, err error) {
	none := time.Time{}
	if exp, err = body.instant("exp"); err != nil {
		return none, none, err
	}
	iat, err := body.instant("iat")
	if err != nil {
		return none, none, err
	}
	nbf := iat
	if _, there := body["nbf"]; there {
		if nbf, err = body.instant("nbf"); err != nil {
			return none, none, err
		}
	}
	proved = iat
	if _, there := body["auth_time"]; there {
		at, err := body.instant("auth_time")
		if err != nil {
			return none, none, err
		}
		if at.Before(iat) {
			proved = at
		}
	}
	latest := now.Add(MaxClockSkew)
	switch {
	case !now.Before(exp):
		return none, none, errors.New("it has expired")
	case iat.After(latest):
		return none, none, errors.New("iat is in the future")
	case nbf.After(latest):
		return none, none, errors.New("it is not valid yet")
	case !exp.After(iat), exp.Sub(iat) > MaxTokenLife:
		return none, none, fmt.Errorf("exp is not within %s after iat", MaxTokenLife)
	}
	return proved, exp, nil
}

// instant gives a NumericDate (RFC 7519 section 2): seconds since 1970, which
// may have a fraction, here up to the year 9999.
func (o object) instant(name string) (time.Time, error) {
	raw, there := o[name]
	if !there {
		return time.Time{}, fmt.Errorf("%s is missing", name)
	}
	var seconds *float64
	if err := json.Unmarshal(raw, &seconds); err != nil || seconds == nil || *seconds < 0 || *seconds > 253402300799 {
		return time.Time{}, fmt.Errorf("%s is not a time", name)
	}
	return time.UnixMicro(int64(*seconds * 1e6)).UTC(), nil
}

func level(aal json.RawMessage) (Level, error) {
	if aal == nil {
		return AL1, nil
	}
	var n *uint8
	if err := json.Unmarshal(aal, &n); err != nil || n == nil || *n < uint8(AL1) || *n > uint8(AL3) {
		return AL0, errors.New("aal is not 1, 2 or 3")
	}
	return Level(*n), nil
}

// showable drops what could disguise a name and cuts it to maxNameLen: a
// customer chose it, and a strange one must not keep them out.
func showable(name string) string {
	clean := strings.TrimSpace(strings.Map(func(r rune) rune {
		if unseen(r) {
			return -1
		}
		return r
	}, name))
	if utf8.RuneCountInString(clean) > maxNameLen {
		clean = strings.TrimSpace(string([]rune(clean)[:maxNameLen]))
	}
	return clean
}
