package intake

import (
	"context"
	"math"
	"slices"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Start begins a conversation. A language that is none is left out: it is the
// browser's, and must not keep anybody from asking.
func (s *Service) Start(ctx context.Context, p identity.Principal, start conversation.Start) (conversation.State, error) {
	limiter, name := s.limits.visitorStarts, "visitor_starts"
	if p.Kind == identity.Customer {
		limiter, name = s.limits.customerStarts, "customer_starts"
	}
	if err := s.take(limiter, name, p.ID, 1); err != nil {
		return conversation.State{}, err
	}
	start.Topic, _ = s.redact(start.Topic, conversation.MaxTopicChars)
	if conversation.CheckLanguage("lang", start.Language) != nil {
		start.Language = ""
	}
	state, err := s.store.StartConversation(ctx, p, start)
	if err == nil {
		s.heard(state)
	}
	return state, err
}

// heard notes the topic of a conversation that was begun: the customer may go on
// with it in the first message.
func (s *Service) heard(state conversation.State) {
	topic := topicOf(state, "")
	if topic == nil {
		return
	}
	t := s.hold(state.ID, s.now())
	defer s.release(t)
	if !t.unread && len(t.said) == 0 { // else it was begun before, or is read back
		t.said = append(t.said, topic)
	}
}

// forgetTopic is for one that somebody else has put in its place.
func (s *Service) forgetTopic(id string) {
	t := s.hold(id, s.now())
	defer s.release(t)
	t.keep(func(u *utterance) bool { return !u.topic || u.of != "" })
}

// Do applies a command that is not a message: every text in it passes the guard.
// Errors: those of conversation.State.Decide, and a *LimitedError.
func (s *Service) Do(ctx context.Context, p identity.Principal, conversationID string, c conversation.Command) (conversation.Result, error) {
	if err := s.allow(p, 1); err != nil {
		return conversation.Result{}, err
	}
	return s.do(ctx, p, conversationID, c)
}

func (s *Service) do(ctx context.Context, p identity.Principal, conversationID string, c conversation.Command) (conversation.Result, error) {
	const op = "intake.do"
	switch c.Kind {
	case conversation.Send, conversation.Note:
		return conversation.Result{}, fault.New(fault.Invalid, op, "a message is sent, not done")
	case conversation.Edit, conversation.Redact:
		return s.rewrite(ctx, p, conversationID, c)
	}
	c.Content.Text, c.Content.Classes = s.redact(c.Content.Text, conversation.MaxTextChars)
	c.Content.WrapUp, _ = s.redact(c.Content.WrapUp, conversation.MaxWrapUpChars)
	c.Content.Topic, _ = s.redact(c.Content.Topic, conversation.MaxTopicChars)
	tags := make([]string, len(c.Content.Tags)) // the caller's own list stays as it is
	for i, tag := range c.Content.Tags {
		tags[i], _ = s.redact(tag, conversation.MaxTagChars)
	}
	c.Content.Tags = tags
	skills := make([]string, len(c.Content.Skills))
	for i, skill := range c.Content.Skills {
		skills[i], _ = s.redact(skill, conversation.MaxTagChars)
	}
	c.Content.Skills = skills
	if s.codes != nil && (c.Kind == conversation.SetStatus || c.Kind == conversation.SetWrapUp) {
		c.WrapUps = s.codes()
	}
	r, err := s.store.Execute(ctx, p, conversationID, c)
	if err == nil && c.Kind == conversation.SetTopic {
		s.forgetTopic(conversationID)
	}
	return r, err
}

// Merge lets a conversation go on in another one of the same customer, where a
// secret that was begun in the first may be ended. What is said there waits until
// that is known, and so does Merge, past the end of ctx. Errors: those of the store.
func (s *Service) Merge(ctx context.Context, p identity.Principal, from, into string) error {
	if !id.Valid(into) {
		return fault.New(fault.NotFound, "intake.Merge", "no conversation has an id of that form")
	}
	return s.held(into, func() error { return s.store.Merge(context.WithoutCancel(ctx), p, from, into) })
}

// Unmerge takes a merge back. What is remembered of the other conversation is read
// back then, so that it holds no topic that has been set anew since. Errors: those
// of the store.
func (s *Service) Unmerge(ctx context.Context, p identity.Principal, conversationID string) error {
	if !id.Valid(conversationID) {
		return fault.New(fault.NotFound, "intake.Unmerge", "no conversation has an id of that form")
	}
	state, err := s.store.Conversation(ctx, p, conversationID)
	if err != nil {
		return err
	}
	if state.MergedInto == "" { // there is no other; the store says so
		return s.store.Unmerge(ctx, p, conversationID)
	}
	return s.held(state.MergedInto, func() error { return s.store.Unmerge(context.WithoutCancel(ctx), p, conversationID) })
}

// held lets nothing be said in a conversation while what belongs to it changes,
// and has it read back afterwards.
func (s *Service) held(conversationID string, change func() error) error {
	t := s.hold(conversationID, s.now())
	defer s.release(t)
	err := change()
	if err == nil || fault.Is(err, fault.Unavailable) { // which may have happened
		t.doubt = s.now()
	}
	return err
}

// rewrite edits or redacts. A new text is looked at where it stands: together
// with what was said before it and after it. What was redacted is forgotten here
// too, so that no later retraction brings a part of it back.
func (s *Service) rewrite(ctx context.Context, p identity.Principal, conversationID string, c conversation.Command) (conversation.Result, error) {
	const op = "intake.rewrite"
	if !id.Valid(conversationID) {
		return conversation.Result{}, fault.New(fault.NotFound, op, "no conversation has an id of that form")
	}
	if err := conversation.CheckText("text", c.Content.Text, conversation.MaxTextChars); err != nil {
		return conversation.Result{}, err
	}
	c.Content.Classes = nil
	c.Content.Reason, _ = s.redact(c.Content.Reason, conversation.MaxTagChars)
	answer := make(chan conversation.Result, 1)
	change := &conversation.Change{Principal: p, ConversationID: conversationID, Command: c}
	if err := s.submitRewrite(ctx, change, func(r conversation.Result) { answer <- r }); err != nil {
		return conversation.Result{}, err
	}
	select {
	case r := <-answer:
		return r, r.Err
	case <-ctx.Done():
		return conversation.Result{}, fault.New(fault.Unavailable, op, "gave up waiting for the commit")
	}
}

// maxVersions bounds the earlier texts of one message that the guard looks at.
const maxVersions = 5

func (s *Service) submitRewrite(ctx context.Context, c *conversation.Change, done func(conversation.Result)) error {
	t, err := s.talk(ctx, c.ConversationID)
	if err != nil {
		return err
	}
	defer s.release(t)
	u := t.bySeq(c.Command.Content.Of)
	known := u != nil
	if !known {
		u = &utterance{side: sideOf(c.Principal), seq: c.Command.Content.Of}
	}
	if err := s.toldInstead(ctx, c, t, u, known); err != nil {
		return err
	}
	a := t.begin(u)
	if c.Command.Kind == conversation.Edit {
		s.lookAround(t, c, a, known)
		if u.text != "" && len(u.before) < maxVersions {
			u.before = append(u.before, u.text)
		}
	}
	a.rewrite(u, c.Command.Content.Text)
	if c.Command.Kind == conversation.Edit && !known {
		u.at = s.now()
		t.said = append(t.said, u)
	}
	c.Done = func(r conversation.Result) {
		rewritten := r
		rewritten.Seq = c.Command.Content.Of // r.Seq is that of the entry that says so
		a.answered(rewritten)
		done(r)
	}
	return s.submit(ctx, c, a)
}

// lookAround looks at an edited text after what was said before it, and then
// with it in its place at the newest message of the same side.
func (s *Service) lookAround(t *talk, c *conversation.Change, a *attempt, known bool) {
	now, of, content := s.now(), sideOf(c.Principal), &c.Command.Content
	u := a.of
	if !known {
		s.look(c, a, t.before(s.guard, nil, of, now))
		return
	}
	s.look(c, a, t.before(s.guard, u, of, now))
	w := t.before(s.guard, nil, of, now)
	last, at := -1, -1
	for i, said := range w.said {
		if said.side == of {
			last = i
		}
		if said == u {
			at = i
			w.turns[i].Text = content.Text
		}
	}
	if at < 0 || at >= last {
		return
	}
	newest := w.said[last]
	found, earlier := s.guard.ScanWindow(w.turns[:last], newest.text)
	s.retract(c, a, w, last, found)
	for i, findings := range earlier {
		if i != at {
			s.retract(c, a, w, i, findings)
			continue
		}
		if left := guard.Fit(guard.Apply(content.Text, findings), conversation.MaxTextChars); left != content.Text {
			content.Text = left
			content.Classes = mergeClasses(content.Classes, s.classes(findings))
		}
	}
}

func mergeClasses(a, b []string) []string {
	merged := slices.Clone(a)
	for _, class := range b {
		if !slices.Contains(merged, class) {
			merged = append(merged, class)
		}
	}
	return merged
}

// Draft keeps an unfinished answer or note, without the secrets in it.
func (s *Service) Draft(ctx context.Context, p identity.Principal, conversationID string, d conversation.Draft) error {
	if err := s.allow(p, 1); err != nil {
		return err
	}
	if err := conversation.CheckText("text", d.Text, conversation.MaxTextChars); err != nil {
		return err
	}
	d.Text, _ = s.redact(d.Text, conversation.MaxTextChars)
	return s.store.SaveDraft(ctx, p, conversationID, d)
}

// Handle notes an address at which a customer is known. One that holds a secret
// is refused: without it, it would lead to nobody.
func (s *Service) Handle(ctx context.Context, p identity.Principal, customerID string, h customer.Handle) error {
	if err := s.allow(p, 1); err != nil {
		return err
	}
	if _, classes := s.redact(h.Value, customer.MaxHandle); len(classes) > 0 {
		return fault.InvalidField("intake.Handle", "value", "holds a secret")
	}
	return s.store.AddHandle(ctx, p, customerID, h)
}

// Clean takes the secrets out of a text of up to some megabytes. The only error
// is the end of ctx.
func (s *Service) Clean(ctx context.Context, text string) (string, error) {
	clean, found, err := s.guard.Redact(ctx, text)
	if err != nil {
		return "", fault.Wrap("intake.Clean", err)
	}
	s.classes(found)
	return clean, nil
}

// Name cleans a name that is stored beside conversations: a customer's, a file's.
func (s *Service) Name(name string) string {
	clean, _ := s.redact(name, math.MaxInt)
	return clean
}
