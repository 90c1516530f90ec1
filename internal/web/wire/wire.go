// Package wire writes the hot frames of docs/protocol.md, most of which carry entries of a
// conversation, for sockets and the REST API alike. It knows forms, not rules:
// who may see what was decided before.
package wire

import (
	"encoding/json"
	"strconv"

	"kefu/internal/domain/conversation"
	"kefu/internal/platform/strictjson"
)

// Author is who made an entry.
type Author struct {
	Kind string `json:"kind" enum:"customer,agent,assistant,system"`
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// Event is the `event` frame, as a Go type for those who decode or document it.
type Event struct {
	T           string               `json:"t" enum:"event"`
	Conv        string               `json:"conv"`
	Seq         int64                `json:"seq"`
	Kind        string               `json:"kind"`
	At          int64                `json:"at,omitempty" doc:"microseconds since 1970 UTC"`
	Author      *Author              `json:"author,omitempty"`
	ClientMsgID string               `json:"client_msg_id,omitempty"`
	Payload     conversation.Content `json:"payload"`
}

// FromEntry is the event of an entry that the reader may see as it is.
func FromEntry(e conversation.Entry) Event {
	out := Event{T: "event", Conv: e.ConversationID, Seq: e.Seq, Kind: string(e.Kind), At: e.At, ClientMsgID: e.ClientID, Payload: e.Content}
	if e.Author.Kind != "" {
		out.Author = &Author{Kind: string(e.Author.Kind), ID: e.Author.ID, Name: e.Author.Name}
	}
	return out
}

// AppendEvent appends the same event as JSON, without reflection for plain
// messages: it is written for every message that is delivered.
func AppendEvent(dst []byte, e conversation.Entry) []byte {
	dst = append(dst, `{"t":"event","conv":"`...)
	dst = append(dst, e.ConversationID...)
	dst = append(dst, `","seq":`...)
	dst = strconv.AppendInt(dst, e.Seq, 10)
	dst = append(dst, `,"kind":"`...)
	dst = append(dst, e.Kind...)
	dst = append(dst, '"')
	if e.At != 0 {
		dst = append(dst, `,"at":`...)
		dst = strconv.AppendInt(dst, e.At, 10)
	}
	if e.Author.Kind != "" {
		dst = appendAuthor(dst, e.Author)
	}
	if e.ClientID != "" {
		dst = append(dst, `,"client_msg_id":`...)
		dst = strictjson.AppendString(dst, e.ClientID)
	}
	dst = append(dst, `,"payload":`...)
	dst = AppendContent(dst, e.Content)
	return append(dst, '}')
}

func appendAuthor(dst []byte, a conversation.Author) []byte {
	dst = append(dst, `,"author":{"kind":"`...)
	dst = append(dst, a.Kind...)
	dst = append(dst, '"')
	if a.ID != "" {
		dst = append(dst, `,"id":`...)
		dst = strictjson.AppendString(dst, a.ID)
	}
	if a.Name != "" {
		dst = append(dst, `,"name":`...)
		dst = strictjson.AppendString(dst, a.Name)
	}
	return append(dst, '}')
}

// AppendContent appends a payload.
func AppendContent(dst []byte, c conversation.Content) []byte {
	if c.Text != "" && c.PlainText() {
		dst = append(dst, `{"text":`...)
		dst = strictjson.AppendString(dst, c.Text)
		return append(dst, '}')
	}
	encoded, err := json.Marshal(c)
	if err != nil { // strings and numbers always marshal
		return append(dst, `{}`...)
	}
	return append(dst, encoded...)
}
