package realtime

import (
	"encoding/json"
	"errors"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/outbound"
	"kefu/internal/domain/sla"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/web/frames"
	"kefu/internal/web/wire"
)

const maxResume = 50

func (s *Server) decodeFrame(data []byte) (*frames.Frame, error) {
	if len(data) > s.options.MaxFrameBytes {
		return nil, fault.New(fault.TooMany, "realtime.decodeFrame", "frame too large")
	}
	return frames.Decode(data)
}

// badFrameCode is the protocol's code for a frame that could not be read.
func badFrameCode(err error) string {
	if fault.Is(err, fault.TooMany) {
		return "too_large"
	}
	return "bad_frame"
}

// errorFrame is an `error` frame.
type errorFrame struct {
	T            string `json:"t"`
	Code         string `json:"code"`
	Ref          string `json:"ref,omitempty"`
	Conv         string `json:"conv,omitempty"`
	Field        string `json:"field,omitempty"`
	Reason       string `json:"reason,omitempty"`
	RetryAfterMS int64  `json:"retry_after_ms,omitempty"`
}

// errorOf gives an error the protocol's code. Its text stays here.
func errorOf(err error, ref string) errorFrame {
	frame := errorFrame{T: "error", Ref: ref}
	var merged *conversation.MergedError
	var limited *intake.LimitedError
	switch {
	case errors.As(err, &merged):
		frame.Code, frame.Conv = "merged", merged.Into
		return frame
	case errors.As(err, &limited):
		frame.Code, frame.RetryAfterMS = "rate_limited", waitMS(limited.RetryAfter)
		return frame
	}
	switch fault.CodeOf(err) {
	case fault.Invalid:
		frame.Code = "invalid"
		if reason := fault.ReasonOf(err); outbound.IsReason(reason) { // for the rest clients know the code alone
			frame.Reason = reason
		}
	case fault.Unauthenticated:
		frame.Code = "unauthenticated"
	case fault.Forbidden:
		frame.Code = "forbidden"
	case fault.NotFound:
		frame.Code = "not_found"
	case fault.Conflict:
		frame.Code, frame.Field = "conflict", fault.FieldOf(err)
	case fault.TooMany:
		frame.Code = "rate_limited"
	case fault.Unavailable:
		frame.Code = "unavailable"
	default:
		frame.Code = "internal"
	}
	return frame
}

func encode(frame any) []byte {
	out, err := json.Marshal(frame)
	if err != nil { // our frames hold strings and numbers only
		return []byte(`{"t":"error","code":"internal"}`)
	}
	return out
}

type welcomeLimits struct {
	FrameBytes      int      `json:"frame_bytes"`
	TextChars       int      `json:"text_chars"`
	MessagesPer10s  int      `json:"messages_per_10s"`
	AttachmentBytes int64    `json:"attachment_bytes"`
	AttachmentTypes []string `json:"attachment_types,omitempty"` // media types; judged by content
}

type welcomeStaff struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role string `json:"role"`
}

type welcomeFrame struct {
	T             string            `json:"t"`
	Session       string            `json:"session"`
	ServerTime    int64             `json:"server_time"`
	Limits        welcomeLimits     `json:"limits"`
	Customer      string            `json:"customer,omitempty"`
	Anonymous     *bool             `json:"anonymous,omitempty"`
	Visitor       string            `json:"visitor,omitempty"`
	Conversations []wire.WindowLine `json:"conversations,omitempty"`
	Staff         *welcomeStaff     `json:"staff,omitempty"`
	Service       *sla.Service      `json:"service,omitempty"`
}

type startedFrame struct {
	T    string `json:"t"`
	Ref  string `json:"ref"`
	Conv string `json:"conv"`
	At   int64  `json:"at"`
}
