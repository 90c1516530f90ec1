// Package frames reads what clients of the conversation protocol send: strictly,
// and the frames that come with every message without reflection.
package frames

import (
	"encoding/json"
	"slices"

	"kefu/internal/domain/form"
	"kefu/internal/platform/strictjson"
)

// Frame is any frame of a client; docs/protocol.md, section 2.1, says which
// fields belong to which type.
type Frame struct {
	T           string        `json:"t"`
	V           int           `json:"v"`
	Role        string        `json:"role"`
	Token       string        `json:"token"`
	Visitor     string        `json:"visitor"`
	Lang        string        `json:"lang"`
	Caps        []string      `json:"caps"`
	Resume      []ResumePoint `json:"resume"`
	Ref         string        `json:"ref"`
	Topic       string        `json:"topic"`
	Conv        string        `json:"conv"`
	ClientMsgID string        `json:"client_msg_id"`
	Body        *Body         `json:"body"`
	ReplyTo     int64         `json:"reply_to"`
	Note        bool          `json:"note"`
	Seen        int64         `json:"seen"`
	Unless      bool          `json:"unless_answered"`
	Mentions    []string      `json:"mentions"`
	UpToSeq     int64         `json:"up_to_seq"`
	Seq         int64         `json:"seq"`
	On          bool          `json:"on"`
	AfterSeq    *int64        `json:"after_seq"`
	BeforeSeq   *int64        `json:"before_seq"`
	Limit       int           `json:"limit"`
	Ahead       bool          `json:"ahead"`
	Inbox       bool          `json:"inbox"`
	Score       int64         `json:"score"`
	Text        string        `json:"text"`
	State       string        `json:"state"`
	Reason      string        `json:"reason"`
	// Of the flow frame, which this version answers with not_supported.
	FlowID string          `json:"flow_id"`
	Step   string          `json:"step"`
	Input  json.RawMessage `json:"input"`
	OpID   string          `json:"op_id"`
}

// Can tells whether a client has said that it can do something.
func Can(f *Frame, what string) bool { return slices.Contains(f.Caps, what) }

// ResumePoint is what a client has of a conversation.
type ResumePoint struct {
	Conv    string `json:"conv"`
	LastSeq int64  `json:"last_seq"`
}

// Body is what a message says.
type Body struct {
	Type          string   `json:"type"`
	Text          string   `json:"text"`
	AttachmentIDs []string `json:"attachment_ids"`
	// Of a form.
	Form        string                 `json:"form"`
	Revision    int64                  `json:"revision"`
	Lang        string                 `json:"lang"`
	Answers     map[string]form.Answer `json:"answers"`
	Diagnostics *form.Diagnostics      `json:"diagnostics"`
}

// Whole tells whether the body has the parts of its type and no others.
func (b *Body) Whole() bool {
	form := b.Form != "" || b.Revision != 0 || b.Lang != "" || b.Answers != nil || b.Diagnostics != nil
	switch b.Type {
	case "text":
		return len(b.AttachmentIDs) == 0 && !form
	case "attachments":
		return len(b.AttachmentIDs) > 0 && !form
	case "form":
		return b.Form != "" && b.Revision > 0 && len(b.AttachmentIDs) == 0 && b.Text == ""
	default:
		return false
	}
}

// Submission is the form that a body holds, or nil.
func (b *Body) Submission() *form.Submission {
	if b.Type != "form" {
		return nil
	}
	return &form.Submission{Form: b.Form, Revision: b.Revision, Language: b.Lang, Answers: b.Answers, Diagnostics: b.Diagnostics}
}

// Decode reads one frame. Unknown fields, wrong types and duplicate keys are
// errors.
func Decode(data []byte) (*Frame, error) {
	f := &Frame{}
	return f, strictjson.Decode(data, f)
}
