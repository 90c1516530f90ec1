package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"kefu/examples/wallet/memory"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/httpsig"
)

// deliverer posts what changed to Kefu, at least once and in order. A wallet that keeps
// anything keeps how far it got, too.
type deliverer struct {
	own    *memory.Wallet
	url    string             // of Kefu's address for notices
	signer func() httpsig.Key // asked for each notice
	http   *http.Client
	log    *slog.Logger
}

const (
	lookEvery = 200 * time.Millisecond
	firstWait = time.Second // after a failure; doubles
	maxWait   = time.Minute
	atOnce    = 100
)

// run delivers until ctx ends.
func (d deliverer) run(ctx context.Context) {
	after, wait := int64(0), firstWait
	for ctx.Err() == nil {
		rest := lookEvery
		page, err := d.own.Notices(ctx, after, atOnce)
		for _, n := range page.Items {
			if err = d.post(ctx, n); err != nil {
				break
			}
			after = n.Position
		}
		if err != nil {
			d.log.Warn("a notice was not taken", "error", err, "again_in", wait)
			rest, wait = wait, min(2*wait, maxWait)
		} else {
			wait = firstWait
		}
		select {
		case <-ctx.Done():
		case <-time.After(rest):
		}
	}
}

// refused is an answer other than 2xx.
type refused string

func (r refused) Error() string { return "Kefu answered " + string(r) }

// post signs one notice over the bytes that are sent, and posts it.
func (d deliverer) post(ctx context.Context, n wallet.Notice) error {
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	to, err := url.Parse(d.url)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	signed := httpsig.Sign(httpsig.Request{Method: r.Method, Authority: to.Host, Path: to.EscapedPath(), Query: to.RawQuery, Body: body}, d.signer(), time.Now())
	r.Header = http.Header{
		"Content-Type": {"application/json"}, "Content-Digest": {signed.ContentDigest}, "Signature-Input": {signed.SignatureInput}, "Signature": {signed.Signature},
	}
	answer, err := d.http.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)); err != nil {
		return err
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return refused(answer.Status)
	}
	return nil
}
