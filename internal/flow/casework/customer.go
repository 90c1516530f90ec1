package casework

import (
	"context"
	"slices"
	"strings"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/policy"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Complain opens a case of what a customer writes now. It is said in a conversation too,
// a new one unless they name one, so that a person reads it like everything else; the
// case holds where it stands there and no words of its own, so that what is withdrawn
// there, as the half of a number, is withdrawn here. Errors: as Open, TooMany before
// anything is said, and those of the intake.
func (s *Service) Complain(ctx context.Context, p identity.Principal, o Opening) (Seen, error) {
	const op = "casework.Complain"
	switch {
	case !policy.Allow(p, policy.OpenCase, policy.Object{CustomerID: p.ID}) || !p.IsCustomer():
		return Seen{}, fault.New(fault.Forbidden, op, "%s may not complain here", p.Kind)
	case strings.TrimSpace(o.Text) == "":
		return Seen{}, fault.InvalidFor(op, "text", "missing", "is missing")
	case !slices.Contains(jurisdiction.Types(), o.Type):
		return Seen{}, fault.InvalidFor(op, "type", "unknown", "is none")
	case o.Op != "" && !conversation.ValidClientID(o.Op):
		return Seen{}, fault.InvalidField(op, "op", "must have 1 to %d printable characters", conversation.MaxClientID)
	}
	if err := conversation.CheckText("text", o.Text, conversation.MaxTextChars); err != nil {
		return Seen{}, err
	}
	if o.Op == "" {
		o.Op = id.New()
	}
	h := head(p.ID)
	h.ID = id.From("complaint " + p.ID + " " + o.Op)
	there, err := s.Get(ctx, p, h.ID)
	if err == nil || !fault.Is(err, fault.NotFound) {
		return there, err
	}
	if err := s.mayOpen(ctx, p); err != nil {
		return Seen{}, err
	}
	if o.Conversation == "" {
		state, err := s.Intake.Start(ctx, p, conversation.Start{
			Ref: h.ID, NewID: id.New(), Channel: "chat", Language: o.Language, Topic: s.Book.TypeTitle(o.Type, language(o.Language)),
		})
		if err != nil {
			return Seen{}, err
		}
		o.Conversation = state.ID
	}
	if o.Conversation, err = s.goesOn(ctx, o.Conversation, p.ID); err != nil {
		return Seen{}, err
	}
	said, err := s.send(ctx, p, intake.Message{ConversationID: o.Conversation, ClientID: "case:" + h.ID, Text: o.Text})
	if err != nil {
		return Seen{}, err
	}
	opened, err := s.add(ctx, p, h, "op:"+h.ID, cases.Event{Kind: cases.Opened, When: said.At, Data: cases.Data{
		Type: o.Type, Channel: "chat", Conversation: o.Conversation, Entry: said.Seq, Language: language(o.Language), Jurisdiction: s.law(),
	}})
	if err != nil {
		return Seen{}, err
	}
	return s.words(ctx, opened)
}

// mayOpen refuses a customer of whom as many cases are open as there may be. Errors:
// TooMany.
func (s *Service) mayOpen(ctx context.Context, p identity.Principal) error {
	rows, err := s.Store.ListCases(ctx, p, cases.Query{List: cases.All, Limit: cases.MaxPage})
	if err != nil {
		return err
	}
	open := 0
	for _, r := range rows {
		if !r.Stage.Over() {
			open++
		}
	}
	if open >= cases.MaxOpen {
		return fault.New(fault.TooMany, "casework.mayOpen", "the customer has %d cases open", open)
	}
	return nil
}

// answer says what a customer adds in the case's conversation, or in a new one where none
// is left, and adds that they did.
func (s *Service) answer(ctx context.Context, p identity.Principal, caseID string, c Change) (Seen, error) {
	const op = "casework.answer"
	now, err := s.Store.Case(ctx, p, caseID)
	if err != nil {
		return Seen{}, err
	}
	if strings.TrimSpace(c.Text) == "" && len(c.Files) == 0 {
		return Seen{}, fault.InvalidFor(op, "text", "missing", "is missing, and there is no file")
	}
	e := cases.Event{Kind: c.Kind, Data: cases.Data{Items: c.Items, Entry: 1}} // which one is not known yet
	if err := s.mayAdd(p, now, e); err != nil {
		return Seen{}, err
	}
	if c.Revision != int64(len(now.Events)) {
		return Seen{}, &fault.Error{Code: fault.Conflict, Op: op, Field: "revision", Reason: "changed", Message: "it has changed meanwhile"}
	}
	if err := conversation.CheckText("text", c.Text, conversation.MaxTextChars); err != nil {
		return Seen{}, err
	}
	key := sayID(caseID, c.Revision, e, c.Text+strings.Join(c.Files, " "))
	conv, err := s.place(ctx, now)
	if fault.ReasonOf(err) == noConversation {
		var state conversation.State
		state, err = s.Intake.Start(ctx, p, conversation.Start{Ref: key, NewID: id.New(), Channel: "chat", Language: now.Language, Topic: now.Reference})
		conv = state.ID
	}
	if err != nil {
		return Seen{}, err
	}
	said, err := s.send(ctx, p, intake.Message{ConversationID: conv, ClientID: key, Text: c.Text, AttachmentIDs: c.Files})
	if err != nil {
		return Seen{}, err
	}
	e.Conversation, e.Entry = conv, said.Seq
	kept, err := s.keep(ctx, p, caseID, e)
	if err != nil {
		return Seen{}, err
	}
	return s.words(ctx, kept)
}

// mostWords bounds how many messages are read for one case.
const mostWords = 100

// words puts what the customer said to where a case says that it stands: as it stands
// there now, whatever was withdrawn or redacted since. It is read as the house, and not as
// whoever asks: so nothing is but what was said of the case in a conversation of its customer.
func (s *Service) words(ctx context.Context, c Seen) (Seen, error) {
	left, theirs := mostWords, map[string]bool{}
	for i := range slices.Backward(c.Events) {
		e := &c.Events[i]
		brought := e.Kind == cases.Received || e.Kind == cases.Added
		if e.Text != "" || e.Entry == 0 || e.Conversation == "" || (!e.By.Kind.CustomerSide() && !brought) {
			continue
		}
		if left--; left < 0 {
			break
		}
		own, known := theirs[e.Conversation]
		if !known {
			_, err := s.goesOn(ctx, e.Conversation, c.CustomerID)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return Seen{}, err
			}
			own = err == nil
			theirs[e.Conversation] = own
		}
		if !own {
			continue
		}
		entry, err := s.entry(ctx, e.Conversation, e.Entry)
		if err != nil {
			return Seen{}, err
		}
		if entry == nil || !saidFor(entry, e) {
			continue
		}
		e.Text = entry.Content.Text
		for _, a := range entry.Content.Attachments {
			e.Files = append(e.Files, cases.File{ID: a.ID, Name: a.Name, Type: a.Type, Size: a.Size})
		}
	}
	return c, nil
}

// saidFor tells whether an entry is what an event is of: a message of the customer's, or
// the note as which a case keeps what its author brought, and no other note.
func saidFor(entry *conversation.Entry, e *cases.Event) bool {
	if e.By.Kind.CustomerSide() {
		return entry.Author.Kind == conversation.ByCustomer && entry.Kind != conversation.KindNote
	}
	return entry.Kind == conversation.KindNote && entry.Author.ID == e.By.ID && strings.HasPrefix(entry.ClientID, sayPrefix)
}

// entry is what stands in a conversation at a place; nil when it was erased.
func (s *Service) entry(ctx context.Context, conv string, seq int64) (*conversation.Entry, error) {
	entries, _, err := s.Store.Entries(ctx, s.who, conv, conversation.EntryRange{After: seq - 1, Limit: 1})
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	if len(entries) != 1 || entries[0].Seq != seq {
		return nil, nil
	}
	return &entries[0], nil
}
