package intake

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/form"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
)

// sendForm takes in a form. Each answer passes the guard by itself, so that what
// is removed is removed from it alone; then the whole is looked at as the text
// that it reads as.
func (s *Service) sendForm(ctx context.Context, p identity.Principal, m Message, done func(Said)) error {
	const op = "intake.sendForm"
	if m.Story != nil {
		m.Form = &form.Submission{}
	}
	switch {
	case (s.forms == nil && m.Story == nil) || !p.IsCustomer() || m.Note:
		return fault.InvalidField(op, "body", "forms are filled in by customers")
	case m.Text != "" || len(m.AttachmentIDs) > 0:
		return fault.InvalidField(op, "body", "a form holds its text and files in its answers")
	case repeats(m.Form.Files()):
		return fault.InvalidField(op, "answers", "name a file twice")
	case len(m.Form.Files()) > s.files:
		return fault.InvalidField(op, "answers", "hold more than %d files", s.files)
	}
	filled, route, err := s.filled(ctx, p, m)
	if err != nil {
		return err
	}
	content := conversation.Content{ReplyTo: m.ReplyTo, Form: &filled}
	ids := m.Form.Files()
	if m.Story != nil {
		ids = m.Story.Files()
	}
	if len(ids) > 0 {
		if content.Attachments, err = s.store.ClaimAttachments(ctx, p, m.ConversationID, false, ids); err != nil {
			if m.Story != nil && fault.Is(err, fault.NotFound) {
				return s.gone(ctx, p, m.ConversationID, ids, err)
			}
			return err
		}
		if m.Story == nil { // a story has named its files, also those that it cannot bring
			names := map[string]string{}
			for _, a := range content.Attachments {
				names[a.ID] = a.Name
			}
			filled.NameFiles(names)
		}
	}
	for i := range filled.Answers {
		var classes []string
		item := &filled.Answers[i]
		item.Value, classes = s.redact(item.Value, form.MaxLines)
		content.Classes = mergeClasses(content.Classes, classes)
	}
	for _, text := range filled.Diagnostics.Texts() {
		var classes []string
		*text, classes = s.redact(*text, form.MaxHelp)
		content.Classes = mergeClasses(content.Classes, classes)
	}
	if content.Text = filled.Text(); utf8.RuneCountInString(content.Text) > conversation.MaxTextChars {
		return fault.InvalidField(op, "answers", "are longer than %d characters together", conversation.MaxTextChars)
	}
	free := make([]string, 0, len(filled.Free()))
	for _, text := range filled.Free() {
		clean, _ := s.redact(text, form.MaxLines)
		free = append(free, clean)
	}
	command := conversation.Command{Kind: conversation.Send, ClientID: m.ClientID, Content: content, Route: &route}
	c := &conversation.Change{Principal: p, ConversationID: m.ConversationID, Command: command, Origin: m.Origin}
	return s.say(ctx, c, strings.Join(free, "\n"), done)
}

// gone tells which files cannot be sent, of some that cannot all be: why is what was said
// of them together. The others are claimed when it returns, as they are to be sent next.
func (s *Service) gone(ctx context.Context, p identity.Principal, conversationID string, ids []string, why error) error {
	lost := &GoneError{Err: why}
	for _, id := range ids {
		_, err := s.store.ClaimAttachments(ctx, p, conversationID, false, []string{id})
		if fault.Is(err, fault.NotFound) {
			lost.Files = append(lost.Files, id)
		} else if err != nil {
			return err
		}
	}
	if len(lost.Files) == 0 {
		return why
	}
	return lost
}

// filled is the form of a message with its answers.
func (s *Service) filled(ctx context.Context, p identity.Principal, m Message) (form.Filled, conversation.Route, error) {
	if m.Story == nil {
		return s.forms.Fill(ctx, p, *m.Form)
	}
	filled := m.Story.Filled
	filled.Answers = slices.Clone(filled.Answers) // the guard writes into them
	return filled, m.Story.Route, nil
}

// joined looks at what was written freely in a form as one text: the labels
// between must not hide a number that goes over two boxes. If it does, that text
// stands in the place of the form, and is then looked at as any other.
func (s *Service) joined(c *conversation.Change, free string, w window) {
	content := &c.Command.Content
	if content.Form == nil || free == "" {
		return
	}
	found, earlier := s.guard.ScanWindow(w.turns, free)
	secret := len(found) > 0
	for _, findings := range earlier {
		secret = secret || len(findings) > 0
	}
	if secret {
		content.Text, content.Form = free, nil // the topic tells the form's title
	}
}
