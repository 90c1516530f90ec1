// Package walletapi asks an operator's wallet over HTTP, as docs/wallet-api.md says:
// requests are signed, and an answer is taken only when it is of the contract and
// about the customer, the act and the key that were asked for. A wallet that is slow,
// wrong or down is told as one that does not answer, and is left alone for a while when
// it goes on. A question may be asked twice, a command never is: who keeps it asks by
// its key what became of it. Nothing of what is told is kept, but for what the wallet
// can do and the keys it signs with.
package walletapi

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/applink"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/egress"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
	"kefu/internal/platform/strictjson"
)

// Options are what a Client is made with.
type Options struct {
	URL        string             // where the API begins, such as https://wallet.example/support/v1
	Key        httpsig.Key        // the secret shared with the wallet
	Signer     func() httpsig.Key // instead of Key, where it changes: asked for each request
	Timeout    time.Duration      // of one question, waiting for its turn included; default 4 s
	ActTimeout time.Duration      // of one command; default 10 s
	MaxBytes   int64              // of one answer; default 2 MiB
	Concurrent int                // questions at one time; default 16
	Links      applink.Places     // where links of the wallet's may lead; nowhere by default
	Private    bool               // whether the wallet may be inside the operator's own network
	Roots      *x509.CertPool
	Clock      clock.Clock
	Log        *slog.Logger
	// Saw is told of each payment that the wallet told of, and must not wait; may be nil.
	Saw func(wallet.Transaction)
}

// Client asks one wallet. It is safe for concurrent use.
type Client struct {
	base    *url.URL
	signer  func() httpsig.Key
	timeout time.Duration
	acting  time.Duration
	send    func(context.Context, egress.Request) (egress.Response, error)
	known   known
	asked   lane // questions and commands
	given   lane // files
	now     clock.Clock
	log     *slog.Logger
	saw     func(wallet.Transaction)
	links   applink.Places
	refused atomic.Pointer[string] // the last place to which a link was not shown
	unseen  atomic.Pointer[string] // the places of the wallet's screens that were not shown last
}

// New makes a Client. Errors: Invalid.
func New(o Options) (*Client, error) {
	const op = "walletapi.New"
	base, err := url.Parse(strings.TrimSuffix(o.URL, "/"))
	if err != nil || base.Host == "" || base.RawQuery != "" || base.Fragment != "" || base.User != nil {
		return nil, fault.InvalidField(op, "wallet.url", "is no address of an API")
	}
	if o.Signer == nil {
		o.Signer = func() httpsig.Key { return o.Key }
	}
	if key := o.Signer(); key.ID == "" || len(key.Secret) < httpsig.MinSecret {
		return nil, fault.InvalidField(op, "wallet.secret_file", "holds a secret of fewer than %d bytes, or the key has no name", httpsig.MinSecret)
	}
	if o.Timeout <= 0 {
		o.Timeout = 4 * time.Second
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 2 << 20
	}
	if o.Concurrent <= 0 {
		o.Concurrent = 16
	}
	if o.Clock == nil {
		o.Clock = clock.System
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Saw == nil {
		o.Saw = func(wallet.Transaction) {}
	}
	if o.ActTimeout <= 0 {
		o.ActTimeout = 10 * time.Second
	}
	asking := egress.New(egress.Options{Timeout: max(o.Timeout, o.ActTimeout, fileTime), MaxBytes: o.MaxBytes, Private: o.Private, Roots: o.Roots})
	return &Client{
		base: base, signer: o.Signer, timeout: o.Timeout, acting: o.ActTimeout, asked: newLane(o.Concurrent), given: newLane(filesAtOnce), now: o.Clock, log: o.Log,
		send: asking.Do, known: newKnown(), saw: o.Saw, links: o.Links,
	}, nil
}

// question is one request and how its answer is judged.
type question struct {
	name  string // for the log
	path  []string
	query url.Values
	ids   []string // identifiers beside those that are the parts of a question's path
	key   string   // of a command
	body  any      // of a command; nil: it is a question
	raw   []byte   // of a file, which may be given again as a question may be asked again
	kind  string   // its media type
	open  bool     // nothing is signed and nobody is named: a well-known document
	into  any
	check func() error
}

// pause is how long to wait before a question is asked once more, at most.
const pause = 200 * time.Millisecond

// ask asks the wallet and judges its answer.
func (c *Client) ask(ctx context.Context, by wallet.Actor, q question) error {
	const op = "walletapi.ask"
	ids := q.ids
	if q.body == nil && q.raw == nil {
		ids = append(ids, q.path...)
	}
	for _, part := range ids {
		if !wallet.ValidID(part) { // nothing that is no id can be there
			return unsent{fault.New(fault.NotFound, op, "a wallet has nothing of that name")}
		}
	}
	patience, on := c.timeout, &c.asked
	switch {
	case q.body != nil:
		patience = c.acting
	case q.raw != nil:
		patience, on = fileTime, &c.given
	}
	whole, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case on.turns <- struct{}{}:
		defer func() { <-on.turns }()
	case <-whole.Done():
		return unsent{fault.New(fault.Unavailable, op, "too much is asked of the wallet at once")}
	}
	if !on.breaker.admit(c.now()) {
		return unsent{fault.New(fault.Unavailable, op, "the wallet has not answered for a while, and is left alone")}
	}
	err := c.exchange(whole, by, q)
	if passing(err) && q.body == nil && rested(whole, patience) {
		err = c.exchange(whole, by, q)
	}
	switch {
	case err == nil || fault.Is(err, fault.NotFound) || fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict):
		on.breaker.done(true, c.now())
	case forgiven(ctx, q, err):
		on.breaker.forget()
	default:
		on.breaker.done(false, c.now())
		c.log.Error("the wallet does not answer", "question", q.name, "error", err)
	}
	return err
}

// forgiven tells whether what failed says nothing of the wallet: whoever asked is gone, or
// had less time for a file than it may take, or the wallet asks to be given fewer files.
func forgiven(asker context.Context, q question, err error) bool {
	if gone := context.Cause(asker); gone != nil && (gone == context.Canceled || q.raw != nil) {
		return true
	}
	return q.raw != nil && fault.ReasonOf(err) == tooMany
}

// rested waits a moment before a question is asked once more, and tells whether there
// is time enough left for it.
func rested(ctx context.Context, patience time.Duration) bool {
	until, ok := ctx.Deadline()
	if !ok || time.Until(until) < patience/2 {
		return false
	}
	timer := time.NewTimer(pause/2 + rand.N(pause/2))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// request builds what is sent.
func (c *Client) request(by wallet.Actor, q question) (egress.Request, error) {
	const op = "walletapi.request"
	header := http.Header{"Accept": {"application/json"}}
	if q.open {
		address := url.URL{Scheme: c.base.Scheme, Host: c.base.Host, Path: "/" + strings.Join(q.path, "/")}
		return egress.Request{Method: http.MethodGet, Address: address.String(), Header: header}, nil
	}
	address := c.base.JoinPath(q.path...)
	address.RawQuery = q.query.Encode()
	actor, err := json.Marshal(by)
	if err != nil {
		return egress.Request{}, fault.Wrap(op, err)
	}
	covered := httpsig.Request{
		Method: http.MethodGet, Authority: address.Host, Path: address.EscapedPath(), Query: address.RawQuery,
		Headers: []httpsig.Header{{Name: "kefu-actor", Value: string(actor)}},
	}
	if q.body != nil || q.raw != nil {
		if covered.Body = q.raw; q.raw == nil {
			if covered.Body, err = json.Marshal(q.body); err != nil {
				return egress.Request{}, fault.Wrap(op, err)
			}
		}
		covered.Method = http.MethodPost
		covered.Headers = append(covered.Headers, httpsig.Header{Name: "idempotency-key", Value: q.key})
		header["Content-Type"], header["Idempotency-Key"] = []string{cmp.Or(q.kind, "application/json")}, []string{q.key}
	}
	signed := httpsig.Sign(covered, c.signer(), c.now())
	header["Kefu-Actor"], header["Content-Digest"] = []string{string(actor)}, []string{signed.ContentDigest}
	header["Signature-Input"], header["Signature"] = []string{signed.SignatureInput}, []string{signed.Signature}
	return egress.Request{Method: covered.Method, Address: address.String(), Header: header, Body: covered.Body}, nil
}

func (c *Client) exchange(ctx context.Context, by wallet.Actor, q question) error {
	const op = "walletapi.exchange"
	request, err := c.request(by, q)
	if err != nil {
		return unsent{err}
	}
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	answer, err := c.send(traced, request)
	switch {
	case err != nil && !connected.Load(): // nothing is written before there is a connection
		return transient{unsent{&fault.Error{Code: fault.Unavailable, Op: op, Message: "the wallet could not be reached", Err: coded{err}}}}
	case err != nil: // an answer that is too large is the wallet's failure too
		return transient{&fault.Error{Code: fault.Unavailable, Op: op, Message: "the wallet could not be asked", Err: coded{err}}}
	}
	return judge(answer, q)
}

// judge takes an answer that is of the contract, and tells a refusal from a failure.
func judge(answer egress.Response, q question) error {
	const op = "walletapi.judge"
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if answer.Status == http.StatusOK && kind == "application/json" {
		if err := strictjson.Decode(answer.Body, q.into); err != nil { // its words may hold the wallet's
			return fault.New(fault.Unavailable, op, "the answer to %s cannot be read", q.name)
		}
		if err := q.check(); err != nil {
			return fault.New(fault.Unavailable, op, "the answer to %s is not of the contract: %s", q.name, fault.FieldOf(err))
		}
		return nil
	}
	if q.open && answer.Status == http.StatusNotFound {
		return fault.New(fault.NotFound, op, "the wallet has no document of its %s", q.name)
	}
	var problem struct {
		Code string `json:"code"`
	}
	if kind == "application/problem+json" && json.Unmarshal(answer.Body, &problem) == nil {
		switch why := refusedFile(answer.Status, problem.Code); {
		case q.raw != nil && why != "":
			return &fault.Error{Code: fault.Invalid, Op: op, Field: "file", Reason: why, Message: "the wallet does not take the file"}
		case answer.Status == http.StatusNotFound && problem.Code == "not_found":
			return fault.New(fault.NotFound, op, "the wallet has no such %s", q.name)
		case answer.Status == http.StatusBadRequest && problem.Code == "invalid":
			return fault.New(fault.Invalid, op, "the wallet does not understand the question for %s", q.name)
		case q.raw != nil && answer.Status == http.StatusTooManyRequests:
			return &fault.Error{Code: fault.Unavailable, Op: op, Reason: tooMany, Message: "the wallet takes no more files for now"}
		case (q.body != nil || q.raw != nil) && answer.Status == http.StatusConflict && problem.Code == InProgress,
			q.body != nil && answer.Status == http.StatusUnprocessableEntity && problem.Code == Mismatch:
			return &fault.Error{Code: fault.Conflict, Op: op, Reason: problem.Code, Message: "the wallet does not take the key of " + q.name}
		}
	}
	err := fault.New(fault.Unavailable, op, "the wallet answered %s with the status %d", q.name, answer.Status)
	if answer.Status == http.StatusBadGateway || answer.Status == http.StatusServiceUnavailable || answer.Status == http.StatusGatewayTimeout {
		return transient{err}
	}
	return err
}
