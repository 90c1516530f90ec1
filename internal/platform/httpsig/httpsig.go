// Package httpsig signs HTTP requests and verifies such signatures by HTTP Message
// Signatures (RFC 9421), in one profile: HMAC-SHA-256 (section 3.3.3) with a shared
// secret, over the method, the authority, the path, the query, the digest of the
// body (RFC 9530) and named headers, with a time and a nonce. It opens no connection
// and reads no request: who does hands it the parts.
package httpsig

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"kefu/internal/platform/fault"
)

// MinSecret is the least length of a secret, in bytes.
const MinSecret = 32

// MaxAge is how far the time of a signature may be from the verifier's.
const MaxAge = 5 * time.Minute

const (
	label     = "kefu"
	algorithm = "hmac-sha256"
	nonceLen  = 22 // 128 bits in base64url
	maxHeader = 1024
)

// Request are the parts of a request that a signature covers.
type Request struct {
	Method    string
	Authority string // the host, with its port where it is not the scheme's own
	Path      string // as sent, escaped
	Query     string // without the question mark
	Body      []byte
	// Headers are further ones that are covered, by their lower-case names, in order.
	Headers []Header
}

// Header is one header field.
type Header struct{ Name, Value string }

// Key is a shared secret and the name by which both sides know it.
type Key struct {
	ID     string
	Secret []byte
}

// Signed are the headers that a signature adds to a request.
type Signed struct {
	ContentDigest  string
	SignatureInput string
	Signature      string
}

// Sign signs r at a time, with a nonce of its own.
func Sign(r Request, k Key, now time.Time) Signed {
	raw := make([]byte, 16)
	rand.Read(raw) // never fails: crypto/rand ends the process instead
	nonce := base64.RawURLEncoding.EncodeToString(raw)
	params := parameters(r, now.Unix(), k.ID, nonce)
	digest := Digest(r.Body)
	mac := sum(k.Secret, base(components(r, digest), params))
	return Signed{
		ContentDigest: digest, SignatureInput: label + "=" + params,
		Signature: label + "=:" + base64.StdEncoding.EncodeToString(mac) + ":",
	}
}

// Digest is the Content-Digest of a body (RFC 9530 section 2).
func Digest(body []byte) string {
	digest := sha256.Sum256(body)
	return "sha-256=:" + base64.StdEncoding.EncodeToString(digest[:]) + ":"
}

// components are what is covered, each with its value (RFC 9421 sections 2.1, 2.2).
func components(r Request, digest string) []Header {
	out := []Header{
		{"@method", r.Method}, {"@authority", strings.ToLower(r.Authority)}, {"@path", r.Path}, {"@query", "?" + r.Query}, {"content-digest", digest},
	}
	return append(out, r.Headers...)
}

// parameters is the value of Signature-Input (section 2.3).
func parameters(r Request, created int64, keyID, nonce string) string {
	var b strings.Builder
	b.WriteByte('(')
	for i, c := range components(r, "") {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(`"` + c.Name + `"`)
	}
	fmt.Fprintf(&b, `);created=%d;keyid="%s";alg="%s";nonce="%s"`, created, keyID, algorithm, nonce)
	return b.String()
}

// base is what is signed (section 2.5).
func base(covered []Header, params string) string {
	var b strings.Builder
	for _, c := range covered {
		b.WriteString(`"` + c.Name + `": ` + strings.TrimSpace(c.Value) + "\n")
	}
	b.WriteString(`"@signature-params": ` + params)
	return b.String()
}

func sum(secret []byte, text string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// Verifier checks signatures of known keys, each nonce once. It is safe for
// concurrent use.
type Verifier struct {
	keys   func() []Key
	limit  int
	mu     sync.Mutex
	nonces map[string]int64 // until when each is remembered, in Unix seconds
}

// NewVerifier makes a Verifier that remembers at most limit nonces.
func NewVerifier(limit int, keys ...Key) *Verifier {
	return NewVerifierOf(limit, func() []Key { return keys })
}

// NewVerifierOf makes a Verifier of keys that change: each signature is judged by those
// that there are when it comes. What was used stays used, whatever becomes of its key.
func NewVerifierOf(limit int, keys func() []Key) *Verifier {
	return &Verifier{keys: keys, limit: max(limit, 1), nonces: map[string]int64{}}
}

// secret is that of a key; nil where it is unknown.
func (v *Verifier) secret(id string) []byte {
	for _, k := range v.keys() {
		if k.ID == id {
			return k.Secret
		}
	}
	return nil
}

// Verify checks the headers of a signature against the request that they came with.
// Every refusal is the same to who asks. Errors: Unauthenticated; TooMany when no
// further nonce can be remembered.
func (v *Verifier) Verify(r Request, s Signed, now time.Time) error {
	const op = "httpsig.Verify"
	if s.ContentDigest != Digest(r.Body) {
		return fault.New(fault.Unauthenticated, op, "the body has another digest")
	}
	nonce, created, err := v.signed(r, s, now)
	if err != nil {
		return err
	}
	return v.spend(nonce, created, now)
}

// Foresee checks all of a signature that can be checked before the body is there, so that
// nobody without the key has a large one read: r has none yet. Nothing is used up by it,
// and it stands for no Verify. Errors: Unauthenticated.
func (v *Verifier) Foresee(r Request, s Signed, now time.Time) error {
	_, _, err := v.signed(r, s, now)
	return err
}

// signed checks that a known key signed what is covered, the digest that the body must
// have among it, and when. It gives the nonce, by its key.
func (v *Verifier) signed(r Request, s Signed, now time.Time) (nonce string, created int64, err error) {
	const op = "httpsig.Verify"
	refused := func(why string) (string, int64, error) { return "", 0, fault.New(fault.Unauthenticated, op, "%s", why) }
	if len(s.SignatureInput) > maxHeader || len(s.Signature) > maxHeader || len(s.ContentDigest) > maxHeader {
		return refused("a header is too long")
	}
	params, ok := strings.CutPrefix(s.SignatureInput, label+"=")
	created, keyID, nonce, read := readParameters(params)
	if !ok || !read || params != parameters(r, created, keyID, nonce) {
		return refused("the signature covers something else than it must")
	}
	secret := v.secret(keyID)
	if len(secret) < MinSecret {
		return refused("the key is unknown")
	}
	encoded, okFront := strings.CutPrefix(s.Signature, label+"=:")
	encoded, okBack := strings.CutSuffix(encoded, ":")
	mac, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if !okFront || !okBack || err != nil {
		return refused("the signature cannot be read")
	}
	if !hmac.Equal(mac, sum(secret, base(components(r, s.ContentDigest), params))) {
		return refused("the signature is wrong")
	}
	if age := now.Sub(time.Unix(created, 0)); age > MaxAge || age < -MaxAge {
		return refused("the signature is of another time")
	}
	return keyID + " " + nonce, created, nil
}

// spend uses up a nonce, last of all, so that nobody without the key fills the
// memory.
func (v *Verifier) spend(nonce string, created int64, now time.Time) error {
	const op = "httpsig.Verify"
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, used := v.nonces[nonce]; used {
		return fault.New(fault.Unauthenticated, op, "the signature was used before")
	}
	if len(v.nonces) >= v.limit {
		for n, until := range v.nonces {
			if until < now.Unix() {
				delete(v.nonces, n)
			}
		}
		if len(v.nonces) >= v.limit {
			return fault.New(fault.TooMany, op, "too many signatures in a short time")
		}
	}
	v.nonces[nonce] = created + int64(2*MaxAge/time.Second)
	return nil
}

// readParameters finds the three values that a signer chooses. That the rest is
// what it must be is seen by writing it anew.
func readParameters(params string) (created int64, keyID, nonce string, ok bool) {
	_, rest, ok := strings.Cut(params, ");created=")
	if !ok {
		return 0, "", "", false
	}
	number, rest, ok := strings.Cut(rest, `;keyid="`)
	if !ok {
		return 0, "", "", false
	}
	created, err := strconv.ParseInt(number, 10, 64)
	keyID, rest, found := strings.Cut(rest, `";alg="`+algorithm+`";nonce="`)
	nonce, closed := strings.CutSuffix(rest, `"`)
	return created, keyID, nonce, err == nil && found && closed && len(nonce) == nonceLen && plain(nonce) && plain(keyID)
}

// plain tells a text that stands in quotes as it is.
func plain(s string) bool { return s != "" && len(s) <= 64 && !strings.ContainsAny(s, "\"\\\n\r") }
