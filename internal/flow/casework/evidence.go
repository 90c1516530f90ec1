package casework

import (
	"context"
	"slices"
	"strings"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
)

// ask asks the customer for pieces of evidence, in the case's conversation and in their
// language, and notes that they were asked. Where no conversation is left it is noted
// alone: the window's page of the case says it all the same.
func (s *Service) ask(ctx context.Context, p identity.Principal, caseID string, c Change) (Seen, error) {
	now, err := s.Store.Case(ctx, p, caseID)
	if err != nil {
		return Seen{}, err
	}
	e := cases.Event{Kind: cases.Asked, Data: cases.Data{Items: c.Items}}
	var needs []string
	if pack, ok := s.Book.Find(now.Jurisdiction, now.Version); ok {
		for _, item := range pack.Types[now.Type].Evidence {
			if item.Customer && slices.Contains(c.Items, item.ID) {
				needs = append(needs, item.Title.In(now.Language))
			}
		}
	}
	if len(needs) > 0 {
		e.Text = s.Book.Asking(now.Language, map[string]string{"reference": now.Reference, "needed": joined(needs, now.Language)})
		seen, err := s.say(ctx, p, now, c.Revision, e)
		if fault.ReasonOf(err) != noConversation {
			return seen, err
		}
		e.Text = ""
	}
	changed, err := s.Store.ChangeCase(ctx, p, caseID, c.Revision, s.Book, func(*cases.Case, int64) ([]cases.Event, error) { return []cases.Event{e}, nil })
	if err != nil {
		return Seen{}, err
	}
	s.Wake()
	return s.words(ctx, s.seen(changed))
}

// speaking is the flow in which customers give what speaks for them in a dispute.
const speaking = "FL22"

// gave notes as received what the customer gave in the run that opened a case, as far as
// the law's list names it: nobody asks for it again. It came with the entry.
func (s *Service) gave(ctx context.Context, c Seen, run selfservice.Record, e *conversation.Entry) error {
	slots, _ := in(run, speaking)
	if c.Pack == nil {
		return nil
	}
	var items []string
	for _, f := range slots["evidence"].Files {
		for _, item := range c.Pack.Types[c.Type].Evidence {
			if item.ID == f.Want && item.Customer && !c.Items[item.ID].Settled() && !slices.Contains(items, item.ID) {
				items = append(items, item.ID)
			}
		}
	}
	if len(items) == 0 {
		return nil
	}
	_, err := s.keep(ctx, s.who, c.ID, cases.Event{Kind: cases.Received, Data: cases.Data{Items: items, Conversation: e.ConversationID, Entry: e.Seq}})
	return err
}

// file puts what a member of staff brings into a case: as a note in its conversation, so
// that the file is guarded, kept and erased like every other one, and no customer sees it.
func (s *Service) file(ctx context.Context, p identity.Principal, caseID string, c Change) (Seen, error) {
	const op = "casework.file"
	now, err := s.Store.Case(ctx, p, caseID)
	if err != nil {
		return Seen{}, err
	}
	if strings.TrimSpace(c.Text) == "" && len(c.Files) == 0 {
		return Seen{}, fault.InvalidFor(op, "text", "missing", "is missing, and there is no file")
	}
	if err := conversation.CheckText("text", c.Text, cases.MaxText); err != nil {
		return Seen{}, err
	}
	e := cases.Event{Kind: c.Kind, Data: cases.Data{Items: c.Items, Entry: 1}} // which one is not known yet
	if err := s.mayAdd(p, now, e); err != nil {
		return Seen{}, err
	}
	if c.Revision != int64(len(now.Events)) {
		return Seen{}, &fault.Error{Code: fault.Conflict, Op: op, Field: "revision", Reason: "changed", Message: "it has changed meanwhile"}
	}
	conv, err := s.place(ctx, now)
	if err != nil {
		return Seen{}, err
	}
	key := sayID(caseID, c.Revision, e, c.Text+strings.Join(c.Files, " "))
	said, err := s.send(ctx, p, intake.Message{ConversationID: conv, ClientID: key, Text: c.Text, AttachmentIDs: c.Files, Note: true})
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
