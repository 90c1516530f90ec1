package storage_test

import (
	"context"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/job"
)

// part is a change that says a part of a secret; the last one retracts the
// others.
func part(p identity.Principal, conv, text string, answers chan<- conversation.Result, retract ...conversation.Retraction) *conversation.Change {
	return &conversation.Change{Principal: p, ConversationID: conv, Command: sending(text), Retract: retract, Done: func(r conversation.Result) { answers <- r }}
}

func retraction(earlier *conversation.Change) conversation.Retraction {
	return conversation.Retraction{Earlier: earlier, Text: "[card]", Classes: []string{"card"}}
}

// A secret is complete with the third message: what was stored before is
// retracted in the transaction that stores the third.
func TestASecretInPartsIsRetracted(t *testing.T) {
	ctx := context.Background()
	each(t, func(t *testing.T, s *site) {
		p := visitor()
		conv := s.start(p).ID
		answers := make(chan conversation.Result, 8)
		first, second := part(p, conv, "4929 1234", answers), part(p, conv, "5678", answers)
		for _, c := range []*conversation.Change{first, second} {
			s.must(s.Submit(ctx, c))
			<-answers
		}
		byNumber := conversation.Retraction{Seq: 2, Text: "[card]", Classes: []string{"card"}}
		s.must(s.Submit(ctx, part(p, conv, "[card]", answers, retraction(first), byNumber)))
		if r := <-answers; r.Err != nil || r.Seq != 3 {
			t.Fatalf("%+v", r)
		}
		if got := s.log(p, conv); got != "message [card]; message [card]; message [card]; redacted [card]; redacted [card]" {
			t.Errorf("log: %s", got)
		}
		if n := s.destroyKeys(); n != 2 {
			t.Errorf("%d keys were destroyed, want 2", n)
		}
		again := s.do(p, conv, first.Command) // the client did not see the answer
		if !again.Duplicate || again.Content == nil || again.Content.Text != "[card]" {
			t.Errorf("sent again: %+v", again)
		}
		verified(t, s, true)
	})
}

// All parts wait for the same commit: the first ones never reach the disk, and
// their senders are told what was stored instead.
func TestASecretInPartsOfOneCommitIsNeverStored(t *testing.T) {
	ctx := context.Background()
	each(t, func(t *testing.T, s *site) {
		p := visitor()
		conv := s.start(p).ID
		next := s.batch()
		answers, refused := make(chan conversation.Result, 8), make(chan conversation.Result, 1)
		bad := part(p, conv, "4929", refused)
		bad.Command.Content.ReplyTo = 99 // is refused: there is nothing to retract
		first := part(p, conv, "4929 1234", answers)
		last := part(p, conv, "[card]", answers, retraction(bad), retraction(first))
		for _, c := range []*conversation.Change{bad, first, last} {
			s.must(next.Submit(ctx, c))
		}
		next.Start()
		if r := <-refused; r.Err == nil {
			t.Errorf("%+v", r)
		}
		told, stored := <-answers, <-answers
		if told.Content == nil || told.Content.Text != "[card]" || stored.Err != nil || stored.Content != nil {
			t.Errorf("told %+v and %+v", told, stored)
		}
		if got := s.log(p, conv); got != "message [card]; message [card]; redacted [card]" {
			t.Errorf("log: %s", got)
		}
		for _, j := range s.claim() {
			if j.Kind == job.DestroyKeys {
				t.Errorf("something was stored first: %+v", j)
			}
		}
		verified(t, s, true)
	})
}
