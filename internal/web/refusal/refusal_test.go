package refusal_test

import (
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/web/refusal"
)

// What the protocol's page says of each: the frame, its status, and nothing of the
// error's own text.
func TestARefusalIsWrittenAsTheProtocolSays(t *testing.T) {
	secret := errors.New("dial tcp 10.0.0.7: refused")
	for name, c := range map[string]struct {
		frame  refusal.Frame
		status int
		body   string
		retry  string
	}{
		"invalid":             {refusal.Of(fault.InvalidField("op", "lang", "no language")), 400, `{"t":"error","code":"invalid"}`, ""},
		"unauthenticated":     {refusal.Of(fault.New(fault.Unauthenticated, "op", "x")), 401, `{"t":"error","code":"unauthenticated"}`, ""},
		"forbidden":           {refusal.Of(fault.New(fault.Forbidden, "op", "x")).Over("r-1"), 403, `{"t":"error","code":"forbidden","ref":"r-1"}`, ""},
		"not found":           {refusal.Of(fault.New(fault.NotFound, "op", "x")), 404, `{"t":"error","code":"not_found"}`, ""},
		"merged":              {refusal.Of(&conversation.MergedError{Into: "c-2"}), 409, `{"t":"error","code":"merged","conv":"c-2"}`, ""},
		"limited":             {refusal.Of(&intake.LimitedError{RetryAfter: 1500 * time.Millisecond}), 429, `{"t":"error","code":"rate_limited","retry_after_ms":1501}`, "2"},
		"limited for good":    {refusal.After("rate_limited", ratelimit.Never), 429, `{"t":"error","code":"rate_limited"}`, ""},
		"unavailable":         {refusal.Of(fault.New(fault.Unavailable, "op", "dial tcp 10.0.0.7: refused")), 503, `{"t":"error","code":"unavailable"}`, ""},
		"what nobody foresaw": {refusal.Of(secret), 500, `{"t":"error","code":"internal"}`, ""},
		"unread":              {refusal.Because(refusal.OfUnread(fault.New(fault.Invalid, "op", "x"))), 400, `{"t":"error","code":"bad_frame"}`, ""},
		"too large":           {refusal.Because(refusal.OfUnread(fault.New(fault.TooMany, "op", "x"))), 413, `{"t":"error","code":"too_large"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			c.frame.Write(w)
			if w.Code != c.status || w.Body.String() != c.body || w.Header().Get("Retry-After") != c.retry {
				t.Errorf("it was written as %d %s, to come back after %q", w.Code, w.Body, w.Header().Get("Retry-After"))
			}
			if w.Header().Get("Cache-Control") != "no-store" {
				t.Error("it may be kept")
			}
		})
	}
}
