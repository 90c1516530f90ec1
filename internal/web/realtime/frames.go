package realtime

import (
	"kefu/internal/domain/sla"
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
