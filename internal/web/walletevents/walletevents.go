// Package walletevents takes what the wallet tells Kefu by itself: signed notices on the
// public address. Whoever has not the wallet's key is told nothing but that.
package walletevents

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
	"kefu/internal/platform/strictjson"
)

// Path is where the wallet posts, below the public address.
const Path = "/v1/wallet/events"

const (
	maxBody = 8 << 10
	timeout = 10 * time.Second
)

// Taker takes notices. Errors: Invalid, TooMany, Unavailable.
type Taker interface {
	Take(ctx context.Context, n wallet.Notice) error
}

// Handler takes notices over HTTP.
type Handler struct {
	taker    Taker
	verifier *httpsig.Verifier
	now      clock.Clock
	log      *slog.Logger
}

// New makes a Handler. The verifier knows the secret that is shared with the wallet.
func New(taker Taker, verifier *httpsig.Verifier, now clock.Clock, log *slog.Logger) *Handler {
	return &Handler{taker: taker, verifier: verifier, now: now, log: log}
}

// Mount puts it into a server's mux.
func (h *Handler) Mount(mux *http.ServeMux) { mux.Handle("POST "+Path, h) }

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		problem(w, http.StatusRequestEntityTooLarge, "too_large")
		return
	}
	// The signature is over what was sent, and before anybody looks at what it says.
	err = h.verifier.Verify(httpsig.Request{Method: r.Method, Authority: r.Host, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Body: body}, httpsig.Signed{
		ContentDigest: r.Header.Get("Content-Digest"), SignatureInput: r.Header.Get("Signature-Input"), Signature: r.Header.Get("Signature"),
	}, h.now())
	if err == nil {
		if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
			problem(w, http.StatusUnsupportedMediaType, "media_type")
			return
		}
		err = h.take(r.Context(), body)
	}
	switch fault.CodeOf(err) {
	case "":
		w.WriteHeader(http.StatusNoContent)
	case fault.Unauthenticated:
		problem(w, http.StatusUnauthorized, "signature")
	case fault.Invalid:
		problem(w, http.StatusBadRequest, "invalid")
	case fault.TooMany:
		w.Header().Set("Retry-After", "10")
		problem(w, http.StatusTooManyRequests, "too_many")
	default:
		h.log.Error("a notice of the wallet's could not be taken", "error", err)
		w.Header().Set("Retry-After", "10")
		problem(w, http.StatusServiceUnavailable, "unavailable")
	}
}

func (h *Handler) take(ctx context.Context, body []byte) error {
	var n wallet.Notice
	if err := strictjson.Decode(body, &n); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return h.taker.Take(ctx, n)
}

// problem answers with a problem (RFC 9457).
func problem(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status, "code": code}) // the wallet may be gone
}
