package casework

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/policy"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

const (
	sendTime = 10 * time.Second
	// mostMerges bounds how often a conversation was merged into another one that was
	// merged itself.
	mostMerges = 8
	// anyRevision is the store's word for whichever revision there is.
	anyRevision = -1
	// noConversation is the reason of a refusal where nobody can be written to.
	noConversation = "no_conversation"
	// sayPrefix begins the client's id of what is said or noted as an event of a case.
	sayPrefix = "case:"
)

// Write sends a letter in the case's newest conversation, and archives it: first it is
// said, then noted, so that no archive holds what nobody was sent. Said again under the
// same revision it is the same message. Errors: those of Draft; Forbidden for a
// colleague's case; Invalid with the figures that are missing; Conflict when the case has
// changed, or has no conversation.
func (s *Service) Write(ctx context.Context, p identity.Principal, caseID string, revision int64, l jurisdiction.Letter, lang string) (Seen, error) {
	const op = "casework.Write"
	c, err := s.Store.Case(ctx, p, caseID)
	if err != nil {
		return Seen{}, err
	}
	d, err := s.draft(s.seen(c), l, lang)
	switch {
	case err != nil:
		return Seen{}, err
	case len(d.Missing) > 0:
		return Seen{}, fault.InvalidFor(op, d.Missing[0], "missing", "the letter needs it")
	}
	e := cases.Event{Kind: cases.Written, Data: cases.Data{Letter: l, Title: d.Title, Text: d.Text, Language: language(lang)}}
	return s.say(ctx, p, c, revision, e)
}

// Resend sends a letter once more, word for word as it is archived, and notes that it was:
// no duty is met by that. Errors: NotFound for what is no letter; else as Write.
func (s *Service) Resend(ctx context.Context, p identity.Principal, caseID string, revision, letter int64) (Seen, error) {
	c, err := s.Store.Case(ctx, p, caseID)
	if err != nil {
		return Seen{}, err
	}
	at := slices.IndexFunc(c.Events, func(e cases.Event) bool { return e.Kind == cases.Written && e.Seq == letter })
	if at < 0 {
		return Seen{}, fault.InvalidFor("casework.Resend", "letter", "unknown", "is none that was sent")
	}
	sent := c.Events[at]
	return s.say(ctx, p, c, revision, cases.Event{Kind: cases.Resent, Data: cases.Data{Letter: sent.Letter, Title: sent.Title, Text: sent.Text, Language: sent.Language, Entry: 1}})
}

// Inform tells the customer how it stands, in words of whoever asks. Errors: as Write.
func (s *Service) Inform(ctx context.Context, p identity.Principal, caseID string, revision int64, text string) (Seen, error) {
	c, err := s.Store.Case(ctx, p, caseID)
	if err != nil {
		return Seen{}, err
	}
	if text, err = s.clean(ctx, text); err != nil {
		return Seen{}, err
	}
	return s.say(ctx, p, c, revision, cases.Event{Kind: cases.Informed, Data: cases.Data{Text: text}})
}

// lift tells a customer that what is kept of them is used again, from when on, and why.
func (s *Service) lift(ctx context.Context, p identity.Principal, caseID string, of Change) (Seen, error) {
	c, err := s.Store.Case(ctx, p, caseID)
	if err != nil {
		return Seen{}, err
	}
	text, err := s.clean(ctx, of.Text)
	if err != nil {
		return Seen{}, err
	}
	return s.say(ctx, p, c, of.Revision, cases.Event{Kind: cases.LiftTold, Data: cases.Data{Text: text, Until: of.Until}})
}

// say says what an event holds in the case's conversation and adds the event. Whether it
// may be added is found out before anything is said. What was said is kept, whatever the
// case has become meanwhile: nobody is to be sent it twice because it was not.
func (s *Service) say(ctx context.Context, p identity.Principal, c *cases.Case, revision int64, e cases.Event) (Seen, error) {
	if err := s.mayAdd(p, c, e); err != nil {
		return Seen{}, err
	}
	if revision != int64(len(c.Events)) {
		return Seen{}, &fault.Error{Code: fault.Conflict, Op: "casework.say", Field: "revision", Reason: "changed", Message: "it has changed meanwhile"}
	}
	conv, err := s.place(ctx, c)
	if err != nil {
		return Seen{}, err
	}
	head := ""
	if e.Title != "" {
		head = e.Title + "\n\n"
	}
	said, err := s.send(ctx, p, intake.Message{ConversationID: conv, ClientID: sayID(c.ID, revision, e, e.Text), Text: head + e.Text})
	if err != nil {
		return Seen{}, err
	}
	e.Conversation, e.Entry = conv, said.Seq
	switch {
	case len(said.Classes) > 0: // what was stored, and not what completes a secret
		e.Text = strings.TrimPrefix(said.Text, head)
	case said.Duplicate: // a letter that was tried again may be of another day by now
		entry, err := s.entry(ctx, conv, said.Seq)
		if err != nil {
			return Seen{}, err
		}
		if entry != nil && entry.Content.Text != "" {
			e.Text = strings.TrimPrefix(entry.Content.Text, head)
		}
	}
	return s.keep(ctx, p, c.ID, e)
}

// sayID is the client's id of what is said as an event of a case: the same one for the
// same event under the same revision.
func sayID(caseID string, revision int64, e cases.Event, text string) string {
	if e.Kind == cases.Written { // of the same letter the day in it may be another one
		text = ""
	}
	return sayPrefix + id.From(fmt.Sprintf("%s %d %s %s %s %s", caseID, revision, e.Kind, e.Letter, e.Language, text))
}

// keep adds an event of what was said already. Where it does not fit any more, as to a
// case that was closed or given to a colleague meanwhile, a note holds what the customer
// was sent, and the error says why.
func (s *Service) keep(ctx context.Context, p identity.Principal, caseID string, e cases.Event) (Seen, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTime)
	defer cancel()
	add := func(by identity.Principal, e cases.Event) (*cases.Case, error) {
		return s.Store.ChangeCase(ctx, by, caseID, anyRevision, s.Book, func(now *cases.Case, _ int64) ([]cases.Event, error) {
			same := func(there cases.Event) bool {
				return there.Kind == e.Kind && there.Conversation == e.Conversation && there.Entry == e.Entry
			}
			if slices.ContainsFunc(now.Events, same) { // asked for twice at once
				return nil, nil
			}
			return []cases.Event{e}, nil
		})
	}
	changed, err := add(p, e)
	if e.Text != "" && (fault.Is(err, fault.Conflict) || fault.Is(err, fault.Invalid) || fault.Is(err, fault.Forbidden)) {
		note := e
		note.Kind, note.Staff = cases.Noted, p.ID
		if _, failed := add(s.who, note); failed != nil {
			s.Log.Error("what a customer was sent is not kept in the case", "case", caseID, "conversation", e.Conversation, "entry", e.Entry, "error", failed)
		}
	}
	if err != nil {
		return Seen{}, err
	}
	s.Wake()
	return s.seen(changed), nil
}

// mayAdd tells whether somebody may add an event to a case, and whether it follows.
// Errors: Forbidden, and those of cases.Check and cases.Apply.
func (s *Service) mayAdd(p identity.Principal, c *cases.Case, e cases.Event) error {
	const op = "casework.mayAdd"
	action := policy.WorkCase
	if p.IsCustomer() {
		action = policy.AnswerCase
	}
	if !policy.Allow(p, action, c.Object()) {
		return fault.New(fault.Forbidden, op, "the case is a colleague's")
	}
	copied, err := cases.Fold(c.Head, c.Events)
	if err != nil {
		return err
	}
	e.At, e.By = max(s.Clock().UnixMicro(), c.ChangedAt), cases.ByOf(p)
	e.When = e.At
	if err := copied.Check(s.Book, e); err != nil {
		return err
	}
	return copied.Apply(e)
}

// place is where a case's customer is written to: the newest of its conversations that
// is still there, or the one in which that goes on. Errors: Conflict when there is none.
func (s *Service) place(ctx context.Context, c *cases.Case) (string, error) {
	for _, conv := range slices.Backward(c.Conversations) {
		found, err := s.goesOn(ctx, conv, c.CustomerID)
		if err == nil || !fault.Is(err, fault.NotFound) {
			return found, err
		}
	}
	return "", &fault.Error{Code: fault.Conflict, Op: "casework.place", Reason: noConversation, Message: "there is no conversation to write in"}
}

// goesOn is the conversation in which a customer's goes on: another one when it was
// merged. Errors: NotFound, also for another customer's.
func (s *Service) goesOn(ctx context.Context, conv, customer string) (string, error) {
	const op = "casework.goesOn"
	for range mostMerges {
		state, err := s.Store.Conversation(ctx, s.who, conv)
		switch {
		case err != nil:
			return "", err
		case state.CustomerID != customer:
			return "", fault.New(fault.NotFound, op, "the conversation is another customer's")
		case state.MergedInto == "":
			return state.ID, nil
		}
		conv = state.MergedInto
	}
	return "", fault.New(fault.NotFound, op, "the conversation was merged too often")
}

func (s *Service) send(ctx context.Context, p identity.Principal, m intake.Message) (intake.Said, error) {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	answer := make(chan intake.Said, 1)
	if err := s.Intake.Send(ctx, p, m, func(said intake.Said) { answer <- said }); err != nil {
		return intake.Said{}, err
	}
	select {
	case said := <-answer:
		return said, said.Err
	case <-ctx.Done():
		return intake.Said{}, fault.New(fault.Unavailable, "casework.send", "the message was not taken in time")
	}
}
