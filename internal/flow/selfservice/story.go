package selfservice

import (
	"context"
	"errors"
	"strings"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/form"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/selfservice/story"
	"kefu/internal/platform/fault"
)

const (
	channel  = "chat"
	sendTime = 5 * time.Second
)

// finish ends a run: with nothing more to do, or by putting a person in front of it.
func (s *Service) finish(ctx context.Context, _ identity.Principal, d *selfservice.Definition, rec selfservice.Record) (selfservice.Record, error) {
	if x := rec.Effect; x.Kind == selfservice.KindHandOver {
		if err := s.handOver(ctx, d, rec, x.Hand, ""); err != nil {
			return rec, err
		}
	}
	rec.Effect, rec.Proposed = nil, nil
	return rec, nil
}

// handOver puts the run's story into its conversation, which begins with it where it
// is not there yet. Done again it changes nothing: the conversation and the message
// have ids that follow from the run, and from the step where the run itself goes on.
func (s *Service) handOver(ctx context.Context, d *selfservice.Definition, rec selfservice.Record, h selfservice.HandOver, step string) error {
	const op = "selfservice.handOver"
	who := customerIn(rec)
	conv, err := s.conversationOf(ctx, who, rec.ConversationID)
	if fault.Is(err, fault.NotFound) {
		var state conversation.State
		state, err = s.Intake.Start(ctx, who, conversation.Start{Ref: "run:" + rec.ID, NewID: rec.ConversationID, Channel: channel, Language: rec.Language})
		conv = state.ID
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	answer := make(chan error, 1)
	send := func(told *intake.Story) error {
		return s.Intake.Send(ctx, who, intake.Message{ConversationID: conv, ClientID: "run:" + rec.ID + step, Story: told}, func(said intake.Said) { answer <- said.Err })
	}
	err = send(s.storyOf(ctx, d, rec, h, nil))
	if lost := (*intake.GoneError)(nil); errors.As(err, &lost) { // the rest of the story is told, with its files
		s.Log.Warn("files of a run are not there to be handed over", "run", rec.ID, "files", len(lost.Files))
		err = send(s.storyOf(ctx, d, rec, h, lost.Files))
	}
	if err != nil {
		return err
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return fault.New(fault.Unavailable, op, "the story was not taken in time")
	}
}

// meanwhile puts a person in front of a run that goes on waiting.
func (s *Service) meanwhile(ctx context.Context, d *selfservice.Definition, rec selfservice.Record, x *selfservice.Effect) error {
	if x.Hand.Reason == "" || rec.State == selfservice.Waiting {
		return nil
	}
	rec.Outcome = x.Hand.Reason
	return s.handOver(ctx, d, rec, x.Hand, ":"+x.Step)
}

// storyOf is what a person reads who takes a run over: what was chosen, entered and
// found out, and how it came to this. The files of which gone are the ids are named, and
// said not to be there.
func (s *Service) storyOf(ctx context.Context, d *selfservice.Definition, rec selfservice.Record, h selfservice.HandOver, gone []string) *intake.Story {
	lang := rec.Language
	filled := form.Filled{Form: strings.ToLower(d.ID), Revision: int64(d.Version), Title: s.matter(ctx, d, rec).In(lang)}
	filled.Answers = s.before(ctx, rec, lang, gone)
	filled.Answers = append(filled.Answers, story.Answers(d, selfservice.Carried(d, rec.Run), lang, filled.Answers, gone)...)
	if why, told := story.Why(rec.Outcome, lang); told {
		filled.Answers = append(filled.Answers, why)
	}
	return &intake.Story{Filled: filled, Route: conversation.Route{
		Topic: h.Topic.In(lang), Skills: h.Skills, Priority: conversation.Priority(h.Priority), Tags: []string{"self-service"}, Person: true,
	}}
}

// matter is what a run is about to its customer: where a flow only adds to what another did,
// the title of that one.
func (s *Service) matter(ctx context.Context, d *selfservice.Definition, rec selfservice.Record) form.Texts {
	if !d.Adds || len(rec.Legs) == 0 {
		return d.Title
	}
	leg := rec.Legs[len(rec.Legs)-1]
	from, err := s.definition(ctx, leg.Flow, leg.Digest)
	if err != nil { // before says so in the log
		return d.Title
	}
	return from.Title
}

// before is what was found out in the flows that a run went through before.
func (s *Service) before(ctx context.Context, rec selfservice.Record, lang string, gone []string) []form.Item {
	var list []form.Item
	for _, leg := range rec.Legs {
		d, err := s.definition(ctx, leg.Flow, leg.Digest)
		if err != nil { // the rest of the story is told all the same
			s.Log.Warn("a flow that a run went through cannot be read", "run", rec.ID, "flow", leg.Flow, "error", err)
			continue
		}
		for _, item := range story.Answers(d, selfservice.CarriedBefore(d, leg), lang, list, gone) {
			item.Field = strings.ToLower(leg.Flow) + "_" + item.Field
			list = append(list, item)
		}
	}
	return list
}
