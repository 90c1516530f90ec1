package client

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Outgoing is a message on its way.
type Outgoing struct {
	ID          string   // client_msg_id, a UUID of version 7
	Conv        string   // changes when the conversation was merged into another
	Text        string   // ≤ 8,000 code points
	Attachments []string // attachment ids
	ReplyTo     int64
	Note        bool // desk: internal
	// Seen is the newest entry that a desk's author had on screen, 0 where that is
	// not known. What the customer wrote after it goes on waiting for an answer. It
	// is sent again as it is, however late; a message that moves to another
	// conversation loses it, since it counted in the first one.
	Seen int64
}

// Outbox makes outgoing messages outlive the program. Keep must have made the
// message durable when it returns: only then is it sent. Done and Drop are told
// of its end. All are called one after the other; Keep on the caller's
// goroutine of Send, the others on Run's. None may call Send.
type Outbox interface {
	Keep(Outgoing) error
	Done(Stored) error
	Drop(id, code string) error
}

// ErrFull is the error of Send when too many messages wait.
const ErrFull = refusal("client: too many messages wait to be stored")

type refusal string

// Error implements error.
func (r refusal) Error() string { return string(r) }

// NewMessageID makes a client_msg_id.
func NewMessageID() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("client: making a message id: %w", err)
	}
	return id.String(), nil
}

type waiting struct {
	Outgoing
	order    uint64
	notUntil time.Time // after a rate limit
	sent     time.Time
}

// outgoing holds what is not stored yet: one first-in-first-out queue a
// conversation, of which only the head is in flight, so that a refused message
// is never overtaken by a later one of the same conversation.
type outgoing struct {
	queues map[string][]*waiting
	byID   map[string]*waiting
	next   uint64
}

func newOutgoing() *outgoing {
	return &outgoing{queues: map[string][]*waiting{}, byID: map[string]*waiting{}}
}

// add appends m and tells whether it became the head of its conversation.
func (o *outgoing) add(m Outgoing) (*waiting, bool) {
	o.next++
	w := &waiting{Outgoing: m, order: o.next}
	o.byID[m.ID] = w
	o.queues[m.Conv] = append(o.queues[m.Conv], w)
	return w, len(o.queues[m.Conv]) == 1
}

// remove takes w out and gives the new head of its conversation if w was it.
func (o *outgoing) remove(w *waiting) *waiting {
	delete(o.byID, w.ID)
	queue := o.queues[w.Conv]
	at := slices.Index(queue, w)
	if at < 0 {
		return nil
	}
	queue = slices.Delete(queue, at, at+1)
	if len(queue) == 0 {
		delete(o.queues, w.Conv)
		return nil
	}
	o.queues[w.Conv] = queue
	if at == 0 {
		return queue[0]
	}
	return nil
}

// move readdresses everything that waits for one conversation to another.
func (o *outgoing) move(from, to string) {
	moved := o.queues[from]
	delete(o.queues, from)
	for _, w := range moved {
		w.Conv, w.Seen = to, 0
	}
	o.queues[to] = append(o.queues[to], moved...)
	slices.SortFunc(o.queues[to], byOrder)
}

// heads are the messages to send now, oldest first.
func (o *outgoing) heads() []*waiting {
	heads := make([]*waiting, 0, len(o.queues))
	for _, queue := range o.queues {
		heads = append(heads, queue[0])
	}
	slices.SortFunc(heads, byOrder)
	return heads
}

func byOrder(a, b *waiting) int { return cmp.Compare(a.order, b.order) }

// frame is the `send` of an outgoing message.
func (m *Outgoing) frame() []byte {
	type body struct {
		Type        string   `json:"type"`
		Text        string   `json:"text,omitempty"`
		Attachments []string `json:"attachment_ids,omitempty"`
	}
	content := body{Type: "text", Text: m.Text}
	if len(m.Attachments) > 0 {
		content = body{Type: "attachments", Text: m.Text, Attachments: m.Attachments}
	}
	raw, _ := json.Marshal(struct { // strings, integers and booleans always marshal
		T       string `json:"t"`
		Conv    string `json:"conv"`
		ID      string `json:"client_msg_id"`
		Body    body   `json:"body"`
		ReplyTo int64  `json:"reply_to,omitempty"`
		Note    bool   `json:"note,omitempty"`
		Seen    int64  `json:"seen,omitempty"`
	}{"send", m.Conv, m.ID, content, m.ReplyTo, m.Note, m.Seen})
	return raw
}

// Send queues a message, keeps it in the outbox and sends it as soon as
// possible, again after every interruption, until the server has stored or
// refused it. It returns when the message is kept, not when it is stored. An
// empty ID is replaced by a fresh one; the ID is returned.
func (c *Client) Send(m Outgoing) (string, error) {
	if m.Conv == "" || (m.Text == "" && len(m.Attachments) == 0) {
		return "", errors.New("client: a message needs a conversation and a text or an attachment")
	}
	if m.ID == "" {
		id, err := NewMessageID()
		if err != nil {
			return "", err
		}
		m.ID = id
	}
	c.sending.Lock()
	defer c.sending.Unlock()
	if c.waiting() >= c.config.QueueLimit {
		return "", ErrFull
	}
	if err := c.noted(func(o Outbox) error { return o.Keep(m) }); err != nil {
		return "", fmt.Errorf("client: keeping an outgoing message: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if w, head := c.out.add(m); head {
		c.transmit(w)
	}
	return m.ID, nil
}

// noted calls the outbox, if there is one, and nobody else meanwhile.
func (c *Client) noted(call func(Outbox) error) error {
	if c.config.Outbox == nil {
		return nil
	}
	c.keeping.Lock()
	defer c.keeping.Unlock()
	return call(c.config.Outbox)
}

// Waiting is the number of messages that are not stored yet.
func (c *Client) Waiting() int { return c.waiting() }

func (c *Client) waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.out.byID)
}

// transmit sends the head of a queue if the connection is open; c.mu is held.
func (c *Client) transmit(w *waiting) {
	if w == nil || !c.welcomed {
		return
	}
	if delay := time.Until(w.notUntil); delay > 0 {
		c.wakeIn(delay)
		return
	}
	w.sent = time.Now()
	c.write(w.frame())
}

// transmitAll sends every head, oldest first; c.mu is held.
func (c *Client) transmitAll() {
	for _, w := range c.out.heads() {
		c.transmit(w)
	}
}
