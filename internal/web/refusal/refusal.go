// Package refusal is how the conversation protocol says no: the `error` frame, its
// codes, and the statuses that they have over HTTP (docs/protocol.md, 1.4 and 2.2).
package refusal

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/outbound"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/ratelimit"
)

// Frame is an `error` frame. Because, After and Of make one.
type Frame struct {
	T            string `json:"t"`
	Code         string `json:"code"`
	Ref          string `json:"ref,omitempty"`
	Conv         string `json:"conv,omitempty"`
	Field        string `json:"field,omitempty"`
	Reason       string `json:"reason,omitempty"`
	RetryAfterMS int64  `json:"retry_after_ms,omitempty"`
}

// Because gives the frame with one of the protocol's codes.
func Because(code string) Frame { return Frame{T: "error", Code: code} }

// After gives the frame with a code that passes, for somebody who may come back
// after that long. ratelimit.Never leaves the time out.
func After(code string, wait time.Duration) Frame {
	frame := Because(code)
	if wait != ratelimit.Never {
		frame.RetryAfterMS = wait.Milliseconds() + 1
	}
	return frame
}

// Over gives the frame and names what it answers.
func (f Frame) Over(ref string) Frame {
	f.Ref = ref
	return f
}

// Of gives an error the protocol's code. Its text stays here.
func Of(err error) Frame {
	var merged *conversation.MergedError
	var limited *intake.LimitedError
	switch {
	case errors.As(err, &merged):
		frame := Because("merged")
		frame.Conv = merged.Into
		return frame
	case errors.As(err, &limited):
		return After("rate_limited", limited.RetryAfter)
	}
	frame := Because(codeOf(fault.CodeOf(err)))
	switch frame.Code {
	case "invalid":
		if reason := fault.ReasonOf(err); outbound.IsReason(reason) { // for the rest clients know the code alone
			frame.Reason = reason
		}
	case "conflict":
		frame.Field = fault.FieldOf(err)
	}
	return frame
}

func codeOf(code fault.Code) string {
	switch code {
	case fault.Invalid:
		return "invalid"
	case fault.Unauthenticated:
		return "unauthenticated"
	case fault.Forbidden:
		return "forbidden"
	case fault.NotFound:
		return "not_found"
	case fault.Conflict:
		return "conflict"
	case fault.TooMany:
		return "rate_limited"
	case fault.Unavailable:
		return "unavailable"
	default:
		return "internal"
	}
}

// OfUnread gives the code of a frame or body that could not be read.
func OfUnread(err error) string {
	if fault.Is(err, fault.TooMany) {
		return "too_large"
	}
	return "bad_frame"
}

// Status gives a code of the protocol the HTTP status nearest to it.
func Status(code string) int {
	switch code {
	case "bad_frame", "unknown_type", "invalid":
		return http.StatusBadRequest
	case "too_large":
		return http.StatusRequestEntityTooLarge
	case "unauthenticated":
		return http.StatusUnauthorized
	case "forbidden":
		return http.StatusForbidden
	case "not_found":
		return http.StatusNotFound
	case "conflict", "merged":
		return http.StatusConflict
	case "rate_limited":
		return http.StatusTooManyRequests
	case "unavailable":
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// Write answers a request with the frame and the status of its code.
func (f Frame) Write(w http.ResponseWriter) { f.WriteAs(w, Status(f.Code)) }

// WriteAs answers a request with the frame and a status that says more than that of
// its code does.
func (f Frame) WriteAs(w http.ResponseWriter, status int) {
	if f.RetryAfterMS > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt((f.RetryAfterMS+999)/1000, 10))
	}
	write(w, status, f)
}

// Answer answers a request with what was asked for.
func Answer(w http.ResponseWriter, v any) { write(w, http.StatusOK, v) }

func write(w http.ResponseWriter, status int, v any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(Encode(v)) // whoever asked may be gone
}

// Encode writes a frame of the server's.
func Encode(frame any) []byte {
	out, err := json.Marshal(frame)
	if err != nil { // our frames hold strings and numbers only
		return []byte(`{"t":"error","code":"internal"}`)
	}
	return out
}
