// Package wire asks a wallet over HTTP, signed as Kefu signs, or in just one thing not as it
// should be; and reads what comes as strictly as Kefu does. What is asked, and what is
// wrong with an answer, is the business of the checks.
package wire

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kefu/internal/platform/clock"
	"kefu/internal/platform/egress"
	"kefu/internal/platform/httpsig"
	"kefu/internal/platform/id"
	"kefu/internal/platform/strictjson"
)

// MaxAnswer is the longest answer that is read, in bytes.
const MaxAnswer = 2 << 20

// Client asks one wallet.
type Client struct {
	Base  *url.URL // where the API begins
	Key   httpsig.Key
	Clock clock.Clock
	HTTP  *egress.Client
}

// Call is one request, and in what it is not as it should be.
type Call struct {
	Method string
	Root   bool   // not below the API's address, but at the root of its host
	Path   string // with its query
	Body   []byte
	Actor  string
	Key    string // Idempotency-Key
	Header http.Header

	Secret []byte
	KeyID  string
	At     time.Time
	Nonce  string
	Label  string
	Alg    string
	Covers []string          // nil: what must be covered
	Claims map[string]string // what is signed in place of what is sent
	Bare   bool              // not signed
	Drop   []string          // headers that are left out
	After  func(http.Header) // changes what was signed
}

// Actor is who asks where a call names nobody.
const Actor = `{"kind":"staff","id":"kefu-verify","role":"agent","case":"verify","purpose":"view"}`

// Customer is who asks where nobody but the customer may.
const Customer = `{"kind":"customer","id":"kefu-verify","case":"verify","purpose":"own"}`

// Nobody is an id that no customer has.
const Nobody = "nobody-verify-0000000000"

// Get is a question as Kefu asks it.
func Get(path string) Call { return Call{Method: http.MethodGet, Path: path} }

// Post is a command as Kefu sends it, under a new key.
func Post(path string, body any) Call {
	text, ok := body.(string)
	if !ok {
		raw, err := json.Marshal(body)
		if err != nil {
			panic(err) // what is sent stands in this package
		}
		text = string(raw)
	}
	return Call{Method: http.MethodPost, Path: path, Body: []byte(text), Key: "verify-" + id.New()}
}

// Answer is what came.
type Answer struct {
	egress.Response
	Took time.Duration
	Err  error
}

// Send signs a call and sends it.
func (w Client) Send(ctx context.Context, c Call) Answer {
	address := *w.Base
	prefix := w.Base.EscapedPath()
	if c.Root {
		prefix = ""
	}
	path, query, _ := strings.Cut(c.Path, "?")
	address.Path, address.RawPath, address.RawQuery = "", "", ""
	target := address.String() + prefix + path
	if query != "" {
		target += "?" + query
	}
	header := w.sign(c, prefix+path, query)
	begun := time.Now()
	got, err := w.HTTP.Do(ctx, egress.Request{Method: c.Method, Address: target, Header: header, Body: c.Body})
	return Answer{got, time.Since(begun), err}
}

// sign makes the headers of a call.
func (w Client) sign(c Call, path, query string) http.Header {
	header := http.Header{"Accept": {"application/json"}}
	for name, values := range c.Header {
		header[name] = values
	}
	if c.Actor == "" {
		c.Actor = Actor
	}
	if c.Method == http.MethodPost && header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json")
	}
	if c.Bare {
		return header
	}
	digest := httpsig.Digest(c.Body)
	covered := map[string]string{
		"@method": c.Method, "@authority": strings.ToLower(w.Base.Host), "@path": path, "@query": "?" + query, "content-digest": digest,
		"kefu-actor": c.Actor, "idempotency-key": c.Key,
	}
	header.Set("Content-Digest", digest)
	header.Set("Kefu-Actor", c.Actor)
	if c.Covers == nil {
		c.Covers = []string{"@method", "@authority", "@path", "@query", "content-digest", "kefu-actor"}
		if c.Key != "" {
			c.Covers = append(c.Covers, "idempotency-key")
		}
	}
	if c.Key != "" {
		header.Set("Idempotency-Key", c.Key)
	}
	for name, value := range c.Claims {
		covered[name] = value
	}
	input, mac := w.mac(c, covered)
	header.Set("Signature-Input", input)
	header.Set("Signature", mac)
	for _, name := range c.Drop {
		header.Del(name)
	}
	if c.After != nil {
		c.After(header)
	}
	return header
}

// mac is the two headers of a signature (RFC 9421 sections 2.5, 3.3.3).
func (w Client) mac(c Call, covered map[string]string) (input, signature string) {
	if c.Secret == nil {
		c.Secret = w.Key.Secret
	}
	if c.KeyID == "" {
		c.KeyID = w.Key.ID
	}
	if c.At.IsZero() {
		c.At = w.Clock()
	}
	if c.Nonce == "" {
		c.Nonce = NewNonce()
	}
	if c.Label == "" {
		c.Label = "kefu"
	}
	if c.Alg == "" {
		c.Alg = "hmac-sha256"
	}
	var base, names strings.Builder
	for i, name := range c.Covers {
		fmt.Fprintf(&base, "%q: %s\n", name, covered[name])
		if i > 0 {
			names.WriteByte(' ')
		}
		fmt.Fprintf(&names, "%q", name)
	}
	params := fmt.Sprintf(`(%s);created=%d;keyid="%s";alg="%s";nonce="%s"`, names.String(), c.At.Unix(), c.KeyID, c.Alg, c.Nonce)
	base.WriteString(`"@signature-params": ` + params)
	sum := hmac.New(sha256.New, c.Secret)
	sum.Write([]byte(base.String()))
	return c.Label + "=" + params, c.Label + "=:" + base64.StdEncoding.EncodeToString(sum.Sum(nil)) + ":"
}

func NewNonce() string {
	raw := make([]byte, 16)
	rand.Read(raw) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Problem is the code of an error, or "".
func (a Answer) Problem() string {
	var told struct {
		Code string `json:"code"`
	}
	if a.Kind() != "application/problem+json" || json.Unmarshal(a.Body, &told) != nil {
		return ""
	}
	return told.Code
}

func (a Answer) Kind() string {
	kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	return kind
}

// String is what was seen, without what may be somebody's.
func (a Answer) String() string {
	if a.Err != nil {
		return "no answer: " + a.Err.Error()
	}
	if code := a.Problem(); code != "" {
		return fmt.Sprintf("%d %s", a.Status, code)
	}
	return fmt.Sprintf("%d of %s, %d bytes", a.Status, a.Kind(), len(a.Body))
}

// Refused wants an error of a status and a code.
func (a Answer) Refused(status int, codes ...string) error {
	if a.Err == nil && a.Status == status {
		for _, code := range codes {
			if a.Problem() == code {
				return nil
			}
		}
	}
	return fmt.Errorf("%s, where %d %s was to come", a, status, strings.Join(codes, " or "))
}

// Read reads a good answer strictly.
func (a Answer) Read(into any) error {
	if a.Err != nil || a.Status != http.StatusOK || a.Kind() != "application/json" {
		return fmt.Errorf("%s, where 200 and application/json was to come", a)
	}
	if err := strictjson.Decode(a.Body, into); err != nil {
		return fmt.Errorf("the answer is not of the contract: %w", err)
	}
	return nil
}
