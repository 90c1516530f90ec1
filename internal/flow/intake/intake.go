// Package intake takes in everything that people write: it limits how much one
// sender may do, lets the secret guard see each text, alone and together with
// what was said just before, and only then gives it to the store. Whatever the
// way a text comes, this is the only door.
package intake

import (
	"context"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/ratelimit"
)

// Store is what intake needs of the store.
type Store interface {
	Submit(ctx context.Context, c *conversation.Change) error
	Execute(ctx context.Context, p identity.Principal, conversationID string, c conversation.Command) (conversation.Result, error)
	StartConversation(ctx context.Context, p identity.Principal, start conversation.Start) (conversation.State, error)
	Entries(ctx context.Context, p identity.Principal, id string, r conversation.EntryRange) ([]conversation.Entry, bool, error)
	ClaimAttachments(ctx context.Context, p identity.Principal, conversationID string, internal bool, ids []string) ([]conversation.Attachment, error)
	SaveDraft(ctx context.Context, p identity.Principal, conversationID, text string) error
}

// Observer is told what the guard removed and which limits refused something.
type Observer interface {
	GuardFound(class string)
	Limited(limit string)
}

// Limits are how much one sender may write.
type Limits struct {
	Visitor, Customer, Staff      ratelimit.Limit // messages
	VisitorStarts, CustomerStarts ratelimit.Limit // conversations begun
	Senders                       int             // remembered at once
}

// DefaultLimits are those of docs/protocol.md, section 5.
func DefaultLimits() Limits {
	return Limits{
		Visitor:        ratelimit.Limit{Burst: 20, Per: 10 * time.Second},
		Customer:       ratelimit.Limit{Burst: 40, Per: 10 * time.Second},
		Staff:          ratelimit.Limit{Burst: 200, Per: 10 * time.Second},
		VisitorStarts:  ratelimit.Limit{Burst: 5, Per: time.Hour},
		CustomerStarts: ratelimit.Limit{Burst: 30, Per: time.Hour},
		Senders:        200_000,
	}
}

// Service is the door. It is safe for concurrent use.
type Service struct {
	store   Store
	guard   *guard.Detector
	now     clock.Clock
	observe Observer
	recent  *recent
	limits  struct{ visitor, customer, staff, visitorStarts, customerStarts *ratelimit.Limiter }
}

// New makes a Service.
func New(store Store, detector *guard.Detector, limits Limits, now clock.Clock, observe Observer) *Service {
	s := &Service{store: store, guard: detector, now: now, observe: observe, recent: newRecent(now())}
	s.limits.visitor = ratelimit.New(limits.Visitor, limits.Senders)
	s.limits.customer = ratelimit.New(limits.Customer, limits.Senders)
	s.limits.staff = ratelimit.New(limits.Staff, limits.Senders)
	s.limits.visitorStarts = ratelimit.New(limits.VisitorStarts, limits.Senders)
	s.limits.customerStarts = ratelimit.New(limits.CustomerStarts, limits.Senders)
	return s
}

// Message is something to be said in a conversation.
type Message struct {
	ConversationID string
	ClientID       string
	Text           string
	AttachmentIDs  []string
	ReplyTo        int64
	Note           bool // internal
	Origin         any  // the connection it came by
}

// Said is the answer to a message.
type Said struct {
	Err       error
	Seq       int64
	At        int64
	Duplicate bool
	Text      string   // what was stored, when Classes says that secrets were removed
	Classes   []string // of the secrets that were removed
}

// LimitedError says that a sender must wait.
type LimitedError struct{ RetryAfter time.Duration }

// Error implements error.
func (e *LimitedError) Error() string { return "intake: limit reached" }

// Unwrap makes a LimitedError a fault of code TooMany.
func (e *LimitedError) Unwrap() error {
	return &fault.Error{Code: fault.TooMany, Op: "intake", Message: "limit reached"}
}

// Send takes in a message. done is called once, after the commit or a refusal by
// the store, and must not block; an error returned here is the answer itself.
// Messages of one conversation are stored in the order in which Send was called.
func (s *Service) Send(ctx context.Context, p identity.Principal, m Message, done func(Said)) error {
	if err := s.allow(p, 1); err != nil {
		return err
	}
	command := conversation.Command{Kind: conversation.Send, ClientID: m.ClientID, Content: conversation.Content{Text: m.Text, ReplyTo: m.ReplyTo}}
	if m.Note {
		command.Kind = conversation.Note
	}
	if err := conversation.CheckText("text", m.Text, conversation.MaxTextChars); err != nil {
		return err
	}
	if len(m.AttachmentIDs) > 0 {
		files, err := s.store.ClaimAttachments(ctx, p, m.ConversationID, m.Note, m.AttachmentIDs)
		if err != nil {
			return err
		}
		command.Content.Attachments = files
	}
	change := &conversation.Change{Principal: p, ConversationID: m.ConversationID, Command: command, Origin: m.Origin}
	change.Done = func(r conversation.Result) { done(said(change, r)) }
	return s.submit(ctx, change)
}

// said is the answer to a change. When a secret was removed from the text, now
// or by a message after it, the client is told what remains.
func said(c *conversation.Change, r conversation.Result) Said {
	out := Said{Err: r.Err, Seq: r.Seq, At: r.At, Duplicate: r.Duplicate}
	content := c.Command.Content
	if r.Content != nil {
		content = *r.Content
	}
	if len(content.Classes) > 0 {
		out.Text, out.Classes = content.Text, content.Classes
	}
	return out
}

// submit lets the guard see the text in the light of what was said before. The
// conversation is held until the change is queued, so that the order the guard
// saw is the order that is stored.
func (s *Service) submit(ctx context.Context, c *conversation.Change) error {
	talk, err := s.talk(ctx, c.ConversationID)
	if err != nil {
		return err
	}
	defer talk.mu.Unlock()
	now := s.now()
	side := sideOf(c.Principal)
	text := c.Command.Content.Text
	previous := talk.previous(side, now)
	found, earlier := s.guard.ScanWindow(previous.turns, text, guard.Hints{})
	if len(found) > 0 {
		c.Command.Content.Text = guard.Apply(text, found)
		c.Command.Content.Classes = s.classes(found)
	}
	for i, findings := range earlier {
		if len(findings) == 0 || previous.turns[i].Text == "" {
			continue
		}
		left := guard.Apply(previous.turns[i].Text, findings)
		if left == previous.turns[i].Text {
			continue
		}
		c.Withdraw = append(c.Withdraw, conversation.Withdrawal{
			Earlier: previous.said[i].change, Seq: previous.said[i].seq, Text: left, Classes: s.classes(findings),
		})
		previous.said[i].text = left
	}
	talk.add(utterance{at: now, side: side, text: c.Command.Content.Text, change: c})
	if err := s.store.Submit(ctx, c); err != nil {
		talk.drop(c)
		return err
	}
	return nil
}

func (s *Service) classes(found []guard.Finding) []string {
	var classes []string
	for _, f := range found {
		name := string(f.Class)
		if s.observe != nil {
			s.observe.GuardFound(name)
		}
		known := false
		for _, c := range classes {
			known = known || c == name
		}
		if !known {
			classes = append(classes, name)
		}
	}
	return classes
}

// redact lets the guard see a text that stands alone.
func (s *Service) redact(text string) (string, []string) {
	if text == "" {
		return "", nil
	}
	clean, found := s.guard.Redact(text)
	return clean, s.classes(found)
}

func (s *Service) allow(p identity.Principal, cost int) error {
	limiter, name := s.limits.visitor, "visitor_messages"
	switch p.Kind {
	case identity.Customer:
		limiter, name = s.limits.customer, "customer_messages"
	case identity.Staff:
		limiter, name = s.limits.staff, "staff_messages"
	case identity.System:
		return nil
	}
	return s.take(limiter, name, p.ID, cost)
}

func (s *Service) take(limiter *ratelimit.Limiter, name, key string, cost int) error {
	wait := limiter.Allow(key, cost, s.now())
	if wait == 0 {
		return nil
	}
	if s.observe != nil {
		s.observe.Limited(name)
	}
	return &LimitedError{RetryAfter: wait}
}
