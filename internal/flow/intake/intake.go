// Package intake takes in everything that people write: it limits how much one
// sender may do, lets the secret guard see each text, alone and together with
// what was said just before, and only then gives it to the store. Whatever the
// way a text comes, this is the only door.
package intake

import (
	"context"
	"crypto/sha256"
	"slices"
	"time"
	"unicode/utf8"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/form"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/outbound"
	"kefu/internal/domain/wrapup"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/ratelimit"
)

// Store is what intake needs of the store.
type Store interface {
	Submit(ctx context.Context, c *conversation.Change) error
	Execute(ctx context.Context, p identity.Principal, conversationID string, c conversation.Command) (conversation.Result, error)
	StartConversation(ctx context.Context, p identity.Principal, start conversation.Start) (conversation.State, error)
	Conversation(ctx context.Context, p identity.Principal, id string) (conversation.State, error)
	Entries(ctx context.Context, p identity.Principal, id string, r conversation.EntryRange) ([]conversation.Entry, bool, error)
	ClaimAttachments(ctx context.Context, p identity.Principal, conversationID string, internal bool, ids []string) ([]conversation.Attachment, error)
	SaveDraft(ctx context.Context, p identity.Principal, conversationID string, d conversation.Draft) error
	Merge(ctx context.Context, p identity.Principal, from, into string) error
	Unmerge(ctx context.Context, p identity.Principal, id string) error
	AddHandle(ctx context.Context, p identity.Principal, customerID string, h customer.Handle) error
}

// Forms checks what customers answered to a form.
type Forms interface {
	// Fill gives the answers in the form's order and what the form does to the
	// conversation. Errors: Invalid, with the path of the answer; NotFound; Conflict
	// when the form has changed so that the answers do not fit it any more.
	Fill(ctx context.Context, p identity.Principal, s form.Submission) (form.Filled, conversation.Route, error)
}

// Observer is told what the guard removed and which limits refused something.
type Observer interface {
	GuardFound(class string)
	// Stopped is told of a text that asked a customer for what is never asked for.
	Stopped(class string)
	Limited(limit string)
}

// Limits are how much one sender may write.
type Limits struct {
	Visitor, Customer, Staff      ratelimit.Limit // messages
	VisitorStarts, CustomerStarts ratelimit.Limit // conversations begun
	Senders                       int             // remembered at once
	Files                         int             // of one message, at most conversation.MaxAttachments, which 0 stands for
}

// LimitsOf are the limits as the settings say them.
func LimitsOf(l config.Limits, a config.Attachments) Limits {
	return Limits{
		Visitor: ratelimit.Of(l.AnonymousMessages), Customer: ratelimit.Of(l.CustomerMessages), Staff: ratelimit.Of(l.AgentMessages),
		VisitorStarts: ratelimit.Of(l.VisitorStarts), CustomerStarts: ratelimit.Of(l.CustomerStarts), Senders: l.Keys, Files: a.MaxPerMessage,
	}
}

// Service is the door. It is safe for concurrent use.
type Service struct {
	store   Store
	guard   *guard.Detector
	now     clock.Clock
	observe Observer
	recent  *recent
	files   int // of one message
	forms   Forms
	codes   func() *wrapup.Book
	wording *outbound.Filter
	dangers func(text string) string
	offered *ratelimit.Limiter // of one conversation and flow
	limits  struct{ visitor, customer, staff, visitorStarts, customerStarts *ratelimit.Limiter }
}

// New makes a Service.
func New(store Store, detector *guard.Detector, limits Limits, now clock.Clock, observe Observer) *Service {
	s := &Service{store: store, guard: detector, now: now, observe: observe, recent: newRecent(now()), files: conversation.MaxAttachments}
	if limits.Files > 0 {
		s.files = min(limits.Files, s.files)
	}
	s.offered = ratelimit.New(ratelimit.Limit{Burst: 1, Per: offerEvery}, limits.Senders)
	s.limits.visitor = ratelimit.New(limits.Visitor, limits.Senders)
	s.limits.customer = ratelimit.New(limits.Customer, limits.Senders)
	s.limits.staff = ratelimit.New(limits.Staff, limits.Senders)
	s.limits.visitorStarts = ratelimit.New(limits.VisitorStarts, limits.Senders)
	s.limits.customerStarts = ratelimit.New(limits.CustomerStarts, limits.Senders)
	return s
}

// UseForms lets customers send forms. Before anybody writes.
func (s *Service) UseForms(forms Forms) { s.forms = forms }

// UseWrapUps gives the codes that are in use. Before anybody writes.
func (s *Service) UseWrapUps(codes func() *wrapup.Book) { s.codes = codes }

// UseWording has what staff and programs say to customers read for what is never
// asked for. Before anybody writes.
func (s *Service) UseWording(filter *outbound.Filter) { s.wording = filter }

// UseDangers tells by which flow payments are stopped for whoever writes a text, "" for
// none: it is offered to them at once, in the commit of their message. Before anybody
// writes.
func (s *Service) UseDangers(find func(text string) string) { s.dangers = find }

// offerEvery is how often the same is offered in one conversation.
const offerEvery = 30 * time.Minute

// offers tells what is offered because of what a customer writes.
func (s *Service) offers(c *conversation.Change) string {
	m := &c.Command
	if s.dangers == nil || !c.Principal.IsCustomer() || m.Kind != conversation.Send || m.Content.Form != nil || m.Route != nil {
		return ""
	}
	if flow := s.dangers(m.Content.Text); flow != "" && s.offered.Allow(c.ConversationID+" "+flow, 1, s.now()) == 0 {
		return flow
	}
	return ""
}

// Message is something to be said in a conversation.
type Message struct {
	ConversationID string
	ClientID       string
	Text           string
	AttachmentIDs  []string
	ReplyTo        int64
	Note           bool  // internal
	Seen           int64 // of an agent's: the newest entry its author had seen; 0 unsaid
	// UnlessAnswered refuses an agent's answer when a colleague has answered after Seen.
	UnlessAnswered bool
	Mentions       []string // of a note: the members of staff whom it names
	Origin         any      // the connection it came by
	// Form is in the place of a text: a form that a customer has filled in.
	Form *form.Submission
	// Story is in the place of a text: what a customer did for themselves, put together
	// by Kefu in the body of a form.
	Story *Story
}

// Story is what was found out before a person reads it, and what follows for the
// conversation.
type Story struct {
	Filled form.Filled
	Route  conversation.Route
}

// Files are those that a story brings along, in the order of its answers.
func (s Story) Files() []string {
	var ids []string
	for _, item := range s.Filled.Answers {
		ids = append(ids, item.Files...)
	}
	return ids
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

// GoneError says which files of a story cannot be sent: they are gone, were sent elsewhere,
// or are not the sender's.
type GoneError struct {
	Files []string // ids
	Err   error
}

// Error implements error.
func (e *GoneError) Error() string { return "intake: files of a story are gone" }

// Unwrap makes a GoneError what the store said.
func (e *GoneError) Unwrap() error { return e.Err }

// Send takes in a message. done is called once, after the commit or a refusal by
// the store, and must not block; an error returned here is the answer itself.
// Messages of one conversation are stored in the order in which Send was called.
// Errors: a *LimitedError, Invalid, NotFound (a *GoneError for files of a story),
// Forbidden, Unavailable. Invalid with the reason of an outbound.Class is for what staff must not ask customers for.
func (s *Service) Send(ctx context.Context, p identity.Principal, m Message, done func(Said)) error {
	const op = "intake.Send"
	if err := s.allow(p, 1); err != nil {
		return err
	}
	switch {
	case !id.Valid(m.ConversationID):
		return fault.New(fault.NotFound, op, "no conversation has an id of that form")
	case !conversation.ValidClientID(m.ClientID):
		return fault.InvalidField(op, "client_msg_id", "must have 1 to %d printable characters", conversation.MaxClientID)
	case !m.Note && len(m.Mentions) > 0:
		return fault.InvalidField(op, "mentions", "belong to a note")
	case repeats(m.AttachmentIDs):
		return fault.InvalidField(op, "attachment_ids", "name a file twice")
	case m.Form != nil || m.Story != nil:
		return s.sendForm(ctx, p, m, done)
	case len(m.AttachmentIDs) > s.files:
		return fault.InvalidField(op, "attachment_ids", "are more than %d", s.files)
	}
	command := conversation.Command{Kind: conversation.Send, ClientID: m.ClientID, Seq: m.Seen, UnlessAnswered: m.UnlessAnswered,
		Content: conversation.Content{Text: m.Text, ReplyTo: m.ReplyTo, Mentions: m.Mentions}}
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
	return s.say(ctx, &conversation.Change{Principal: p, ConversationID: m.ConversationID, Command: command, Origin: m.Origin}, "", done)
}

// repeats tells whether an id stands twice: clients tell the files of a message apart by it.
func repeats(ids []string) bool {
	sorted := slices.Sorted(slices.Values(ids))
	return len(slices.Compact(sorted)) < len(ids)
}

// said is the answer to a change. When a secret was removed from the text, now
// or by a message after it, the client is told what remains. A repeat is told
// what was stored the first time, whatever the guard thinks of it now.
func said(c *conversation.Change, r conversation.Result) Said {
	out := Said{Err: r.Err, Seq: r.Seq, At: r.At, Duplicate: r.Duplicate}
	var content conversation.Content
	switch {
	case r.Content != nil:
		content = *r.Content
	case !r.Duplicate:
		content = c.Command.Content
	}
	if len(content.Classes) > 0 {
		out.Text, out.Classes = content.Text, content.Classes
	}
	return out
}

// say lets the guard see the text in the light of what was said before. The
// conversation is held until the change is queued, so that the order the guard
// saw is the order that is stored. free is what was written freely in a form.
func (s *Service) say(ctx context.Context, c *conversation.Change, free string, done func(Said)) error {
	t, err := s.talk(ctx, c.ConversationID)
	if err != nil {
		return err
	}
	defer s.release(t)
	now, of, content := s.now(), sideOf(c.Principal), &c.Command.Content
	raw := sha256.Sum256([]byte(content.Text))
	again := t.repeated(c.Command.ClientID, of, raw)
	u := again
	if again == nil { // what was said already is answered by what was stored, whatever followed it
		if err := s.worded(c, t.told(now, nil)); err != nil {
			return err
		}
		u = &utterance{at: now, side: of, note: c.Command.Kind == conversation.Note, client: c.Command.ClientID, raw: raw}
	}
	t.reconsider(again)
	a := t.begin(u)
	before := t.before(s.guard, again, of, now)
	s.joined(c, free, before)
	s.look(c, a, before)
	if again == nil {
		u.offer = s.offers(c)
		u.text = content.Text
		t.said = append(t.said, u)
	}
	c.Command.Offer = u.offer
	if u.seq == 0 { // the first attempt may yet be refused
		u.change = c
	}
	c.Done = func(r conversation.Result) {
		a.answered(r)
		done(said(c, r))
	}
	return s.submit(ctx, c, a)
}

func (s *Service) submit(ctx context.Context, c *conversation.Change, a *attempt) error {
	err := s.store.Submit(ctx, c)
	if err != nil {
		a.answer.Store(refused)
	}
	return err
}

// look takes the secrets out of a change's text and lists the earlier messages
// in which it completes one.
func (s *Service) look(c *conversation.Change, a *attempt, w window) {
	content := &c.Command.Content
	found, earlier := s.guard.ScanWindow(w.turns, content.Text)
	if len(found) > 0 {
		content.Text = guard.Fit(guard.Apply(content.Text, found), conversation.MaxTextChars)
		content.Classes = mergeClasses(content.Classes, s.classes(found))
		content.Form = nil // its answers still hold what only together is a secret
	}
	for i, findings := range earlier {
		s.retract(c, a, w, i, findings)
	}
	s.lookAtVersions(c, a, w)
}

// lookAtVersions looks at a text after messages as they read before they were
// edited. A version that is part of a secret goes: its message is redacted and
// keeps its present words.
func (s *Service) lookAtVersions(c *conversation.Change, a *attempt, w window) {
	content := &c.Command.Content
	for i, u := range w.said {
		for _, was := range u.before {
			turns := slices.Clone(w.turns)
			turns[i] = guard.Turn{Text: was, Own: w.turns[i].Own}
			found, earlier := s.guard.ScanWindow(turns, content.Text)
			if i >= len(earlier) || len(earlier[i]) == 0 {
				continue
			}
			content.Text = guard.Fit(guard.Apply(content.Text, found), conversation.MaxTextChars)
			content.Classes = mergeClasses(content.Classes, s.classes(found))
			content.Form = nil
			for j, findings := range earlier {
				if j != i {
					s.retract(c, a, w, j, findings)
				}
			}
			c.Retract = append(c.Retract, conversation.Retraction{Earlier: u.change, Seq: u.seq, ConversationID: u.of, Text: u.text, Classes: s.classes(earlier[i])})
		}
	}
}

// retract takes findings out of an earlier message, and out of the window, so
// that the next look at it finds its places right.
func (s *Service) retract(c *conversation.Change, a *attempt, w window, i int, findings []guard.Finding) {
	u, most := w.said[i], conversation.MaxTextChars
	if u.topic {
		most = conversation.MaxTopicChars
	}
	left := guard.Fit(guard.Apply(u.text, findings), most)
	if len(findings) == 0 || left == u.text {
		return
	}
	w.turns[i] = s.guard.Read(left, w.turns[i].Own)
	c.Retract = append(c.Retract, conversation.Retraction{Earlier: u.change, Seq: u.seq, Topic: u.topic, ConversationID: u.of, Text: left, Classes: s.classes(findings)})
	a.rewrite(u, left)
}

func (s *Service) classes(found []guard.Finding) []string {
	var classes []string
	for _, f := range found {
		name := string(f.Class)
		if s.observe != nil {
			s.observe.GuardFound(name)
		}
		if !slices.Contains(classes, name) {
			classes = append(classes, name)
		}
	}
	return classes
}

// redact lets the guard see a text that stands alone and has a room of so many
// characters, which markers may not outgrow.
func (s *Service) redact(text string, most int) (string, []string) {
	if text == "" {
		return "", nil
	}
	// No end is set: what stands alone is short, and a text that was not looked
	// through must not be stored.
	clean, found, _ := s.guard.Redact(context.Background(), text)
	if len(found) > 0 && utf8.RuneCountInString(text) <= most {
		clean = guard.Fit(clean, most)
	}
	return clean, s.classes(found)
}

func (s *Service) allow(p identity.Principal, cost int) error {
	limiter, name := s.limits.visitor, "visitor_messages"
	switch p.Kind {
	case identity.Customer:
		limiter, name = s.limits.customer, "customer_messages"
	case identity.Staff:
		limiter, name = s.limits.staff, "staff_messages"
	case identity.Program:
		limiter, name = s.limits.staff, "program_messages"
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
