// Package hook posts what other systems are told to their addresses. It knows
// nothing of what is in it.
package hook

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"kefu/internal/flow/notifying"
	"kefu/internal/platform/egress"
)

// Poster posts over HTTP. It implements notifying.Poster.
type Poster struct{ client *egress.Client }

// New makes a Poster. private lets receivers be inside the operator's network.
func New(o egress.Options) *Poster {
	o.Unread = true // the status says all: what was taken is not sent again because the receiver said much
	if o.Timeout <= 0 {
		o.Timeout = 15 * time.Second
	}
	return &Poster{client: egress.New(o)}
}

// Post implements notifying.Poster. Errors: Invalid for an address that must not be
// asked, Unavailable when there is no answer.
func (p *Poster) Post(ctx context.Context, address string, header map[string]string, body []byte) (notifying.Answer, error) {
	h := make(http.Header, len(header))
	for name, value := range header {
		h.Set(name, value)
	}
	answer, err := p.client.Do(ctx, egress.Request{Method: http.MethodPost, Address: address, Header: h, Body: body})
	if err != nil {
		return notifying.Answer{}, err
	}
	return notifying.Answer{Status: answer.Status, RetryAfter: retryAfter(answer.Header.Get("Retry-After"))}, nil
}

// retryAfter reads the form in seconds (RFC 9110, 10.2.3); a date is left out, since
// clocks differ.
func retryAfter(text string) time.Duration {
	seconds, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
