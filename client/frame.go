package client

import (
	"encoding/json"
	"fmt"
)

// Frame is a server frame that concerns the program: *Welcome, *Started,
// *Stored, *Event, *Receipt, *Typing, *Inbox, *ETA, *Offer, *OfferOver, *Presence, *Error, *Closing or *State.
// What only the connection needs (missed, resync, pong) is dealt with inside.
type Frame interface{ frame() }

// Limits are the server's limits, as `welcome` tells them.
type Limits struct {
	FrameBytes      int      `json:"frame_bytes"`
	TextChars       int      `json:"text_chars"` // code points
	MessagesPer10s  int      `json:"messages_per_10s"`
	AttachmentBytes int64    `json:"attachment_bytes"`
	AttachmentTypes []string `json:"attachment_types"` // media types that are taken
}

// Conversation is one line of the window's list in `welcome`.
type Conversation struct {
	Conv         string `json:"conv"`
	Status       string `json:"status"`
	LastSeq      int64  `json:"last_seq"`
	ReadSeq      int64  `json:"read_seq"`
	AgentReadSeq int64  `json:"agent_read_seq"` // how far an agent has read
	Unread       int64  `json:"unread"`         // messages of the other side after ReadSeq
	LastActivity int64  `json:"last_activity"`  // microseconds since 1970
}

// Staff is who a desk connection speaks as.
type Staff struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role string `json:"role"`
}

// Welcome opens a connection.
type Welcome struct {
	Session       string         `json:"session"`
	ServerTime    int64          `json:"server_time"` // microseconds since 1970
	Limits        Limits         `json:"limits"`
	Customer      string         `json:"customer"`
	Anonymous     bool           `json:"anonymous"`
	Visitor       string         `json:"visitor"` // a new visitor secret: keep it, never log it
	Conversations []Conversation `json:"conversations"`
	Staff         *Staff         `json:"staff"`
}

// Started answers Start.
type Started struct {
	Ref  string `json:"ref"`
	Conv string `json:"conv"`
	At   int64  `json:"at"`
}

// Stored says that a message is durable. With Classes, secrets were removed
// before storing: Text is what was stored and replaces what was typed.
type Stored struct {
	ClientMsgID string   `json:"client_msg_id"`
	Conv        string   `json:"conv"`
	Seq         int64    `json:"seq"`
	At          int64    `json:"at"`
	Classes     []string `json:"classes"`
	Text        string   `json:"text"`
}

// Author is who wrote an entry: Kind is customer, agent, assistant or system.
type Author struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Event is one entry of a conversation's log.
type Event struct {
	Conv        string          `json:"conv"`
	Seq         int64           `json:"seq"`
	Kind        string          `json:"kind"`
	At          int64           `json:"at"`
	Author      *Author         `json:"author"`
	ClientMsgID string          `json:"client_msg_id"`
	Payload     json.RawMessage `json:"payload"`
}

// Message is the payload of a `message` or a `note`.
type Message struct {
	Text        string       `json:"text"`
	Attachments []Attachment `json:"attachments"`
	ReplyTo     int64        `json:"reply_to"`
	Classes     []string     `json:"classes"`
}

// Attachment is a file that hangs on a message.
type Attachment struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"` // bytes
}

// Message reads the payload of a message or a note; ok is false for other kinds
// and for a payload that is not one.
func (e *Event) Message() (m Message, ok bool) {
	if e.Kind != "message" && e.Kind != "note" {
		return Message{}, false
	}
	return m, json.Unmarshal(e.Payload, &m) == nil
}

// Receipt says how far the other side has got.
type Receipt struct {
	Conv      string `json:"conv"`
	By        string `json:"by"`
	Delivered int64  `json:"delivered"`
	Read      int64  `json:"read"`
}

// Typing says that somebody types, or stopped.
type Typing struct {
	Conv string `json:"conv"`
	By   string `json:"by"`
	Name string `json:"name"`
	On   bool   `json:"on"`
}

// Inbox says that a conversation's line in the inbox changed.
type Inbox struct {
	Conv string `json:"conv"`
}

// ETA is the place in the queue and the wait in seconds as a range, 0 when it is
// not known. Nobody says that nobody is there who could help.
type ETA struct {
	Conv     string `json:"conv"`
	Position int    `json:"position"`
	P50      int    `json:"p50"`
	P80      int    `json:"p80"`
	Nobody   bool   `json:"nobody"`
}

// Offer is a waiting conversation that this agent may accept. Times are
// microseconds since 1970.
type Offer struct {
	Conv     string `json:"conv"`
	Channel  string `json:"channel"`
	Lang     string `json:"lang"`
	Team     string `json:"team"`
	Priority string `json:"priority"`
	Since    int64  `json:"since"` // since when the customer waits
	Until    int64  `json:"until"`
	LeftMS   int64  `json:"left_ms"` // how long the offer stood when it was sent
	Known    bool   `json:"known"`   // the agent helped this customer lately
}

// OfferOver says that an offer ended: accepted, declined, expired, gone, taken or
// left.
type OfferOver struct {
	Conv   string `json:"conv"`
	Reason string `json:"reason"`
}

// Presence is how the agent stands: whether they take offers, and their load.
type Presence struct {
	State  string `json:"state"`
	Reason string `json:"reason"`
	Since  int64  `json:"since"`
	Load   int    `json:"load"` // percent of the capacity
	Holds  int    `json:"holds"`
}

// Error is a refusal of something this client sent. Refusals that mend
// themselves by trying again (rate_limited, unavailable, merged) are retried
// inside and not handed on.
type Error struct {
	Code         string `json:"code"`
	Ref          string `json:"ref"`
	Conv         string `json:"conv"`
	RetryAfterMS int64  `json:"retry_after_ms"`
}

// Closing announces the end of the connection.
type Closing struct {
	Reason       string `json:"reason"`
	RetryAfterMS int64  `json:"retry_after_ms"`
}

// Resync says that the server dropped frames for this client. The client
// fetches every conversation it follows by itself; a desk reads its inbox list
// again when Conv is empty.
type Resync struct {
	Conv string `json:"conv"`
}

// State tells of the connection itself.
type State struct {
	Online    bool
	Transport Transport // of the connection that began or ended
	Cause     error     // why it ended
}

// Missed is a stretch of the log, ascending.
type missed struct {
	Conv   string  `json:"conv"`
	From   int64   `json:"from"`
	To     int64   `json:"to"`
	Events []Event `json:"events"`
	More   bool    `json:"more"`
}

func (*Welcome) frame() {}
func (*Started) frame() {}
func (*Stored) frame()  {}
func (*Event) frame()   {}
func (*Receipt) frame() {}
func (*Typing) frame()  {}
func (*Inbox) frame()   {}
func (*ETA) frame()     {}

func (*Offer) frame()     {}
func (*OfferOver) frame() {}
func (*Presence) frame()  {}

func (*Error) frame()   {}
func (*Closing) frame() {}
func (*Resync) frame()  {}
func (*State) frame()   {}
func (*missed) frame()  {}

// pong carries nothing that the program needs.
type pong struct{}

func (*pong) frame() {}

// Decode reads one server frame into its type. A type that this version does
// not know gives nil and no error, so that an older client survives a newer
// server.
func Decode(raw []byte) (Frame, error) {
	var head Head
	if !Scan(raw, &head) {
		return nil, fmt.Errorf("client: the server sent something that is not a frame (%d bytes)", len(raw))
	}
	into := blank(string(head.Type))
	if into == nil {
		return nil, nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return nil, fmt.Errorf("client: frame %q: %w", head.Type, err)
	}
	return into, nil
}

func blank(kind string) Frame {
	switch kind {
	case "welcome":
		return &Welcome{}
	case "started":
		return &Started{}
	case "stored":
		return &Stored{}
	case "event":
		return &Event{}
	case "missed":
		return &missed{}
	case "receipt":
		return &Receipt{}
	case "typing":
		return &Typing{}
	case "inbox":
		return &Inbox{}
	case "eta":
		return &ETA{}
	case "offer":
		return &Offer{}
	case "offer_over":
		return &OfferOver{}
	case "presence":
		return &Presence{}
	case "error":
		return &Error{}
	case "closing":
		return &Closing{}
	case "resync":
		return &Resync{}
	case "pong":
		return &pong{}
	default:
		return nil
	}
}
