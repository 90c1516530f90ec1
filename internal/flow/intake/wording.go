package intake

import (
	"context"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/outbound"
	"kefu/internal/platform/fault"
)

// worded refuses a text for a customer that asks for what is never asked for. told
// is what our side has just said before it. What Kefu itself says was read when it
// was written; notes are not told to customers.
func (s *Service) worded(c *conversation.Change, told []string) error {
	ours := c.Principal.Kind == identity.Staff || c.Principal.Kind == identity.Program
	if s.wording == nil || !ours || c.Command.Kind == conversation.Note || c.Command.Content.Text == "" {
		return nil
	}
	found, err := s.wording.Check(c.Command.Content.Text, told...)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return nil
	}
	if s.observe != nil {
		s.observe.Stopped(string(found[0].Class))
	}
	return stopped("text", found[0].Class)
}

func stopped(field string, class outbound.Class) error {
	return fault.InvalidFor("intake.worded", field, class.Reason(), "asks a customer for what is never asked for: %s", class)
}

// Worded refuses a text that is to be kept and said to customers later.
// Errors: Invalid, with the reason of an outbound.Class and the field's path.
func (s *Service) Worded(path, text string) error {
	if s.wording == nil {
		return nil
	}
	found, err := s.wording.Check(text)
	if err != nil || len(found) == 0 {
		return err
	}
	return stopped(path, found[0].Class)
}

// told is what our side has said to the customer within the guard's window, before
// an utterance or, without one, until now.
func (t *talk) told(now time.Time, until *utterance) []string {
	var all []string
	for _, u := range t.said {
		if u == until && until != nil {
			break
		}
		if u.side == ours && !u.note && !u.topic && u.text != "" && now.Sub(u.at) <= WindowAge {
			all = append(all, u.text)
		}
	}
	return all
}

// toldInstead refuses the new text of a message as the message would have been
// refused. A message that is not remembered is looked up: it may be a note.
func (s *Service) toldInstead(ctx context.Context, c *conversation.Change, t *talk, u *utterance, known bool) error {
	if c.Command.Kind != conversation.Edit || c.Principal.IsCustomer() || known && u.note {
		return nil
	}
	if !known {
		of := c.Command.Content.Of
		found, _, err := s.store.Entries(ctx, c.Principal, c.ConversationID, conversation.EntryRange{After: of - 1, Limit: 1})
		if err != nil {
			return err
		}
		if len(found) == 1 && found[0].Seq == of && found[0].Internal() {
			return nil
		}
	}
	return s.worded(c, t.told(s.now(), u))
}
