package walletcheck

import (
	"bytes"
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

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/egress"
	"kefu/internal/platform/httpsig"
	"kefu/internal/platform/id"
	"kefu/internal/platform/strictjson"
)

const maxAnswer = 2 << 20

// probe is one run of the checks, with what was found out.
type probe struct {
	ctx  context.Context
	o    Options
	base *url.URL
	http *egress.Client
	can  wallet.Capabilities
	told bool // the capability document was read

	before   []string         // freezes of the other customer, before there was ours
	frozen   wallet.Operation // of the real freeze
	frozenBy wallet.Command
	refunded wallet.Operation // of the real refund
	refund   wallet.Command
	asked    wallet.Asked
	ask      wallet.Ask
}

// call is one request, and in what it is not as it should be.
type call struct {
	method string
	root   bool   // not below the API's address, but at the root of its host
	path   string // with its query
	body   []byte
	actor  string
	key    string // Idempotency-Key
	header http.Header

	secret []byte
	keyID  string
	at     time.Time
	nonce  string
	label  string
	alg    string
	covers []string          // nil: what must be covered
	claims map[string]string // what is signed in place of what is sent
	bare   bool              // not signed
	drop   []string          // headers that are left out
	after  func(http.Header) // changes what was signed
}

const actor = `{"kind":"staff","id":"kefu-verify","role":"agent","case":"verify","purpose":"view"}`

// get is a question as Kefu asks it.
func get(path string) call { return call{method: http.MethodGet, path: path} }

// post is a command as Kefu sends it, under a new key.
func post(path string, body any) call {
	text, ok := body.(string)
	if !ok {
		raw, err := json.Marshal(body)
		if err != nil {
			panic(err) // what is sent stands in this package
		}
		text = string(raw)
	}
	return call{method: http.MethodPost, path: path, body: []byte(text), key: "verify-" + id.New()}
}

// answer is what came.
type answer struct {
	egress.Response
	took time.Duration
	err  error
}

// send signs a call and sends it.
func (p *probe) send(c call) answer {
	address := *p.base
	prefix := p.base.EscapedPath()
	if c.root {
		prefix = ""
	}
	path, query, _ := strings.Cut(c.path, "?")
	address.Path, address.RawPath, address.RawQuery = "", "", ""
	target := address.String() + prefix + path
	if query != "" {
		target += "?" + query
	}
	header := p.sign(c, prefix+path, query)
	begun := time.Now()
	got, err := p.http.Do(p.ctx, egress.Request{Method: c.method, Address: target, Header: header, Body: c.body})
	return answer{got, time.Since(begun), err}
}

// sign makes the headers of a call.
func (p *probe) sign(c call, path, query string) http.Header {
	header := http.Header{"Accept": {"application/json"}}
	for name, values := range c.header {
		header[name] = values
	}
	if c.actor == "" {
		c.actor = actor
	}
	if c.method == http.MethodPost && header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json")
	}
	if c.bare {
		return header
	}
	digest := httpsig.Digest(c.body)
	covered := map[string]string{
		"@method": c.method, "@authority": strings.ToLower(p.base.Host), "@path": path, "@query": "?" + query, "content-digest": digest,
		"kefu-actor": c.actor, "idempotency-key": c.key,
	}
	header.Set("Content-Digest", digest)
	header.Set("Kefu-Actor", c.actor)
	if c.covers == nil {
		c.covers = []string{"@method", "@authority", "@path", "@query", "content-digest", "kefu-actor"}
		if c.key != "" {
			c.covers = append(c.covers, "idempotency-key")
		}
	}
	if c.key != "" {
		header.Set("Idempotency-Key", c.key)
	}
	for name, value := range c.claims {
		covered[name] = value
	}
	input, mac := p.mac(c, covered)
	header.Set("Signature-Input", input)
	header.Set("Signature", mac)
	for _, name := range c.drop {
		header.Del(name)
	}
	if c.after != nil {
		c.after(header)
	}
	return header
}

// mac is the two headers of a signature (RFC 9421 sections 2.5, 3.3.3).
func (p *probe) mac(c call, covered map[string]string) (input, signature string) {
	if c.secret == nil {
		c.secret = p.o.Key.Secret
	}
	if c.keyID == "" {
		c.keyID = p.o.Key.ID
	}
	if c.at.IsZero() {
		c.at = p.o.Clock()
	}
	if c.nonce == "" {
		c.nonce = newNonce()
	}
	if c.label == "" {
		c.label = "kefu"
	}
	if c.alg == "" {
		c.alg = "hmac-sha256"
	}
	var base, names strings.Builder
	for i, name := range c.covers {
		fmt.Fprintf(&base, "%q: %s\n", name, covered[name])
		if i > 0 {
			names.WriteByte(' ')
		}
		fmt.Fprintf(&names, "%q", name)
	}
	params := fmt.Sprintf(`(%s);created=%d;keyid="%s";alg="%s";nonce="%s"`, names.String(), c.at.Unix(), c.keyID, c.alg, c.nonce)
	base.WriteString(`"@signature-params": ` + params)
	sum := hmac.New(sha256.New, c.secret)
	sum.Write([]byte(base.String()))
	return c.label + "=" + params, c.label + "=:" + base64.StdEncoding.EncodeToString(sum.Sum(nil)) + ":"
}

func newNonce() string {
	raw := make([]byte, 16)
	rand.Read(raw) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(raw)
}

// problem is the code of an error, or "".
func (a answer) problem() string {
	var told struct {
		Code string `json:"code"`
	}
	if a.kind() != "application/problem+json" || json.Unmarshal(a.Body, &told) != nil {
		return ""
	}
	return told.Code
}

func (a answer) kind() string {
	kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	return kind
}

// String is what was seen, without what may be somebody's.
func (a answer) String() string {
	if a.err != nil {
		return "no answer: " + a.err.Error()
	}
	if code := a.problem(); code != "" {
		return fmt.Sprintf("%d %s", a.Status, code)
	}
	return fmt.Sprintf("%d of %s, %d bytes", a.Status, a.kind(), len(a.Body))
}

// refused wants an error of a status and a code.
func (a answer) refused(status int, codes ...string) error {
	if a.err == nil && a.Status == status {
		for _, code := range codes {
			if a.problem() == code {
				return nil
			}
		}
	}
	return fmt.Errorf("%s, where %d %s was to come", a, status, strings.Join(codes, " or "))
}

// read reads a good answer strictly.
func (a answer) read(into any) error {
	if a.err != nil || a.Status != http.StatusOK || a.kind() != "application/json" {
		return fmt.Errorf("%s, where 200 and application/json was to come", a)
	}
	if err := strictjson.Decode(a.Body, into); err != nil {
		return fmt.Errorf("the answer is not of the contract: %w", err)
	}
	return nil
}

// validated is what can be judged by itself.
type validated interface{ Validate() error }

// one asks for one thing and judges it.
func one[T validated](p *probe, c call) (T, error) {
	var told T
	if err := p.send(c).read(&told); err != nil {
		return told, err
	}
	return told, told.Validate()
}

// many asks for a list and judges it.
func many[T validated](p *probe, c call) ([]T, error) {
	var told struct {
		Items []T `json:"items"`
	}
	if err := p.send(c).read(&told); err != nil {
		return nil, err
	}
	if told.Items == nil {
		return nil, fmt.Errorf("items is missing or null")
	}
	if len(told.Items) > 200 {
		return nil, fmt.Errorf("there are %d items", len(told.Items))
	}
	for _, x := range told.Items {
		if err := x.Validate(); err != nil {
			return nil, err
		}
	}
	return told.Items, nil
}

// mine is the address of something of the customer's.
func (p *probe) mine(rest string) string { return "/customers/" + p.o.Customer + rest }

func (p *probe) others(rest string) string { return "/customers/" + p.o.Other + rest }

// nobody is an id that no customer has.
const nobody = "nobody-verify-0000000000"

// page asks for transactions.
func (p *probe) page(customer, rest string) (wallet.Page, error) {
	var told wallet.Page
	if err := p.send(get("/transactions?customer=" + customer + rest)).read(&told); err != nil {
		return told, err
	}
	if told.Items == nil {
		return told, fmt.Errorf("items is missing or null")
	}
	for _, t := range told.Items {
		if err := t.Validate(); err != nil {
			return told, err
		}
		if t.CustomerID != customer {
			return told, fmt.Errorf("a transaction of somebody else is among them")
		}
	}
	return told, nil
}

// all reads all pages, at most of 2,000 transactions.
func (p *probe) all(customer, rest string, limit int) ([]wallet.Transaction, error) {
	var list []wallet.Transaction
	cursor := ""
	for range 2000 / limit {
		page, err := p.page(customer, fmt.Sprintf("%s&limit=%d%s", rest, limit, cursor))
		if err != nil {
			return nil, err
		}
		if len(page.Items) > limit {
			return nil, fmt.Errorf("a page of %d has %d", limit, len(page.Items))
		}
		list = append(list, page.Items...)
		if page.Next == "" {
			return list, nil
		}
		cursor = "&cursor=" + url.QueryEscape(page.Next)
	}
	return list, nil
}

// reads skips a check of a reading that the wallet does not offer.
func (p *probe) reads(r wallet.Reading) error {
	if p.told && !p.can.Reads(r) {
		return skip("the wallet does not answer " + string(r))
	}
	return nil
}

// does skips a check of an act that the wallet does not take.
func (p *probe) does(a wallet.Act) error {
	if !p.can.Does(a) {
		return skip("the wallet does not take " + string(a))
	}
	return nil
}

// writes skips a check that would change something.
func (p *probe) writes(a wallet.Act) error {
	if !p.o.Write {
		return skip("nothing may be changed in this wallet")
	}
	return p.does(a)
}

// equalJSON tells whether two answers say the same.
func equalJSON(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
