// Package walletapi asks an operator's wallet over HTTP, as docs/wallet-api.md says:
// requests are signed, and an answer is taken only when it is of the contract and
// about the customer who was asked for. A wallet that is slow, wrong or down is told
// as one that does not answer, and is left alone for a while when it goes on. It
// keeps nothing of what it is told.
package walletapi

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/egress"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
	"kefu/internal/platform/strictjson"
)

// Options are what a Client is made with.
type Options struct {
	URL        string        // where the API begins, such as https://wallet.example/support/v1
	Key        httpsig.Key   // the secret shared with the wallet
	Timeout    time.Duration // of one question, waiting for its turn included; default 4 s
	MaxBytes   int64         // of one answer; default 2 MiB
	Concurrent int           // questions at one time; default 16
	Private    bool          // whether the wallet may be inside the operator's own network
	Roots      *x509.CertPool
	Clock      clock.Clock
	Log        *slog.Logger
}

// Client asks one wallet. It is safe for concurrent use.
type Client struct {
	base    *url.URL
	key     httpsig.Key
	timeout time.Duration
	http    *egress.Client
	turns   chan struct{}
	breaker breaker
	now     clock.Clock
	log     *slog.Logger
}

// New makes a Client. Errors: Invalid.
func New(o Options) (*Client, error) {
	const op = "walletapi.New"
	base, err := url.Parse(strings.TrimSuffix(o.URL, "/"))
	if err != nil || base.Host == "" || base.RawQuery != "" || base.Fragment != "" || base.User != nil {
		return nil, fault.InvalidField(op, "wallet.url", "is no address of an API")
	}
	if o.Key.ID == "" || len(o.Key.Secret) < httpsig.MinSecret {
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
	return &Client{
		base: base, key: o.Key, timeout: o.Timeout, turns: make(chan struct{}, o.Concurrent), now: o.Clock, log: o.Log,
		http: egress.New(egress.Options{Timeout: o.Timeout, MaxBytes: o.MaxBytes, Private: o.Private, Roots: o.Roots}),
	}, nil
}

// Customer implements lookup.Wallet.
func (c *Client) Customer(ctx context.Context, by wallet.Actor, id string) (wallet.Customer, error) {
	var told wallet.Customer
	err := c.ask(ctx, by, question{name: "customer", path: []string{"customers", id}, into: &told, check: func() error {
		if told.ID != id {
			return foreign()
		}
		return told.Validate()
	}})
	if err != nil {
		return wallet.Customer{}, err
	}
	return told, nil
}

// Accounts implements lookup.Wallet.
func (c *Client) Accounts(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Account, error) {
	return several[wallet.Account](ctx, c, by, customer, "accounts")
}

// Balances implements lookup.Wallet.
func (c *Client) Balances(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Balance, error) {
	return several[wallet.Balance](ctx, c, by, customer, "balances")
}

// Instruments implements lookup.Wallet.
func (c *Client) Instruments(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Instrument, error) {
	return several[wallet.Instrument](ctx, c, by, customer, "instruments")
}

func several[T interface{ Validate() error }](ctx context.Context, c *Client, by wallet.Actor, customer, what string) ([]T, error) {
	var told struct {
		Items []T `json:"items"`
	}
	err := c.ask(ctx, by, question{name: what, path: []string{"customers", customer, what}, into: &told, check: func() error {
		if told.Items == nil || len(told.Items) > wallet.MaxAccounts {
			return fault.InvalidField("walletapi.several", "items", "are missing or too many")
		}
		for _, one := range told.Items {
			if err := one.Validate(); err != nil {
				return err
			}
		}
		return nil
	}})
	if err != nil {
		return nil, err
	}
	return told.Items, nil
}

// Transaction implements lookup.Wallet.
func (c *Client) Transaction(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Transaction, error) {
	var told wallet.Transaction
	query := url.Values{"customer": {customer}}
	err := c.ask(ctx, by, question{name: "transaction", path: []string{"transactions", id}, query: query, ids: []string{customer}, into: &told, check: func() error {
		if told.ID != id || told.CustomerID != customer {
			return foreign()
		}
		return told.Validate()
	}})
	if err != nil {
		return wallet.Transaction{}, err
	}
	return told, nil
}

// Transactions implements lookup.Wallet.
func (c *Client) Transactions(ctx context.Context, by wallet.Actor, q wallet.Query) (wallet.Page, error) {
	if err := q.Validate(); err != nil {
		return wallet.Page{}, err
	}
	var told wallet.Page
	err := c.ask(ctx, by, question{name: "transactions", path: []string{"transactions"}, query: values(q), into: &told, check: func() error { return checkPage(told, q) }})
	if err != nil {
		return wallet.Page{}, err
	}
	return told, nil
}

// values are the filters of a question, as docs/wallet-api.md names them.
func values(q wallet.Query) url.Values {
	v := url.Values{"customer": {q.CustomerID}, "limit": {strconv.Itoa(q.Limit)}}
	for _, s := range q.States {
		v.Add("state", string(s))
	}
	for _, k := range q.Kinds {
		v.Add("kind", string(k))
	}
	for name, at := range map[string]wallet.Time{"from": q.From, "to": q.To} {
		if at != 0 {
			v.Set(name, at.Std().Format(time.RFC3339Nano))
		}
	}
	for name, text := range map[string]string{"min": q.Min, "max": q.Max, "currency": q.Currency, "text": strings.TrimSpace(q.Text), "cursor": q.Cursor} {
		if text != "" {
			v.Set(name, text)
		}
	}
	return v
}

// checkPage refuses a page that is not what was asked for. How a wallet searches
// names is its own business.
func checkPage(p wallet.Page, q wallet.Query) error {
	const op = "walletapi.checkPage"
	if p.Items == nil || len(p.Items) > q.Limit || len(p.Next) > wallet.MaxCursor {
		return fault.InvalidField(op, "items", "are missing or too many, or the cursor is too long")
	}
	q.Text = ""
	for i, t := range p.Items {
		switch {
		case t.CustomerID != q.CustomerID:
			return foreign()
		case !q.Matches(t):
			return fault.InvalidField(op, "items", "hold one that was not asked for")
		case i > 0 && t.CreatedAt > p.Items[i-1].CreatedAt:
			return fault.InvalidField(op, "items", "are not the newest first")
		}
		if err := t.Validate(); err != nil {
			return err
		}
	}
	return nil
}

func foreign() error {
	return fault.InvalidField("walletapi.check", "customer_id", "is of somebody who was not asked for")
}

// question is one request and how its answer is judged.
type question struct {
	name  string // for the log
	path  []string
	query url.Values
	ids   []string // identifiers in the query, judged like those of the path
	into  any
	check func() error
}

// ask asks the wallet and judges its answer.
func (c *Client) ask(ctx context.Context, by wallet.Actor, q question) error {
	const op = "walletapi.ask"
	for _, part := range append(q.ids, q.path...) {
		if !wallet.ValidID(part) { // nothing that is no id can be there
			return fault.New(fault.NotFound, op, "a wallet has nothing of that name")
		}
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	select {
	case c.turns <- struct{}{}:
		defer func() { <-c.turns }()
	case <-ctx.Done():
		return fault.New(fault.Unavailable, op, "too much is asked of the wallet at once")
	}
	if !c.breaker.admit(c.now()) {
		return fault.New(fault.Unavailable, op, "the wallet has not answered for a while, and is left alone")
	}
	err := c.exchange(ctx, by, q)
	switch {
	case err == nil || fault.Is(err, fault.NotFound) || fault.Is(err, fault.Invalid):
		c.breaker.done(true, c.now())
	case context.Cause(ctx) == context.Canceled: // whoever asked is gone: that tells nothing of the wallet
		c.breaker.forget()
	default:
		c.breaker.done(false, c.now())
		c.log.Error("the wallet does not answer", "question", q.name, "error", err)
	}
	return err
}

func (c *Client) exchange(ctx context.Context, by wallet.Actor, q question) error {
	const op = "walletapi.exchange"
	address := c.base.JoinPath(q.path...)
	address.RawQuery = q.query.Encode()
	actor, err := json.Marshal(by)
	if err != nil {
		return fault.Wrap(op, err)
	}
	signed := httpsig.Sign(httpsig.Request{
		Method: http.MethodGet, Authority: address.Host, Path: address.EscapedPath(), Query: address.RawQuery,
		Headers: []httpsig.Header{{Name: "kefu-actor", Value: string(actor)}},
	}, c.key, c.now())
	answer, err := c.http.Do(ctx, egress.Request{Method: http.MethodGet, Address: address.String(), Header: http.Header{
		"Accept": {"application/json"}, "Kefu-Actor": {string(actor)}, "Content-Digest": {signed.ContentDigest},
		"Signature-Input": {signed.SignatureInput}, "Signature": {signed.Signature},
	}})
	if err != nil { // a wrong address and an answer that is too large are the wallet's failures too
		return &fault.Error{Code: fault.Unavailable, Op: op, Message: "the wallet could not be asked", Err: coded{err}}
	}
	return judge(answer, q)
}

// coded keeps the words of a cause and not its code.
type coded struct{ error }

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
	var problem struct {
		Code string `json:"code"`
	}
	if kind == "application/problem+json" && json.Unmarshal(answer.Body, &problem) == nil {
		switch {
		case answer.Status == http.StatusNotFound && problem.Code == "not_found":
			return fault.New(fault.NotFound, op, "the wallet has no such %s", q.name)
		case answer.Status == http.StatusBadRequest && problem.Code == "invalid":
			return fault.New(fault.Invalid, op, "the wallet does not understand the question for %s", q.name)
		}
	}
	return fault.New(fault.Unavailable, op, "the wallet answered %s with the status %d", q.name, answer.Status)
}
