// Package takedown takes in what people who are not signed in report of those who pass
// themselves off as us. A report is a conversation with a tag, for the team that the
// house has named: it passes the guard, stands in the queue and is worked on like any
// other. It judges nothing: what the register says stands beside what was told.
package takedown

import (
	"context"
	"strings"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/form"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/official"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/settings"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Intake is the door for what people write.
type Intake interface {
	Start(ctx context.Context, p identity.Principal, start conversation.Start) (conversation.State, error)
	Send(ctx context.Context, p identity.Principal, m intake.Message, done func(intake.Said)) error
	Do(ctx context.Context, p identity.Principal, conversationID string, c conversation.Command) (conversation.Result, error)
}

// Service takes reports in.
type Service struct {
	intake   Intake
	book     func() *official.Book
	settings func() *settings.Snapshot
	who      identity.Principal
}

// New makes a Service.
func New(in Intake, book func() *official.Book, now func() *settings.Snapshot) *Service {
	return &Service{intake: in, book: book, settings: now, who: identity.SystemPart("takedown")}
}

// Bounds of a report, in characters.
const (
	MaxAbout    = 200
	MaxHappened = 2000
	MaxWhere    = 500
	MaxReach    = 200
)

// Report is what somebody tells of an impostor.
type Report struct {
	About    string // the number, address, account or link that it came by
	Happened string // what was said, asked for, sent
	Where    string // where it can be seen; may be empty
	Reach    string // how whoever tells can be reached; may be empty
	Language string // "en" or "zh"
}

// Report keeps a report. Nobody can come back to its conversation: it has no secret.
// Errors: Invalid, with the field; those of the intake.
func (s *Service) Report(ctx context.Context, r Report) error {
	const op = "takedown.Report"
	for _, text := range []*string{&r.About, &r.Where, &r.Reach} {
		*text = strings.Join(strings.Fields(*text), " ")
	}
	r.Happened = strings.TrimSpace(strings.ReplaceAll(r.Happened, "\r\n", "\n"))
	if r.About == "" {
		return fault.InvalidFor(op, "about", settings.Missing, "is missing")
	}
	for field, text := range map[string]struct {
		text string
		most int
	}{"about": {r.About, MaxAbout}, "happened": {r.Happened, MaxHappened}, "where": {r.Where, MaxWhere}, "reach": {r.Reach, MaxReach}} {
		if err := settings.CheckText(field, text.text, text.most); err != nil {
			return err
		}
	}
	p := identity.Principal{Kind: identity.Visitor, ID: id.New(), Session: id.New()}
	state, err := s.intake.Start(ctx, p, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat", Language: r.Language})
	if err != nil {
		return err
	}
	answer := make(chan error, 1)
	err = s.intake.Send(ctx, p, intake.Message{ConversationID: state.ID, ClientID: id.New(), Story: s.story(r)}, func(said intake.Said) { answer <- said.Err })
	if err == nil {
		select {
		case err = <-answer:
		case <-ctx.Done():
			err = fault.New(fault.Unavailable, op, "nobody knows whether it was stored")
		}
	}
	if err != nil {
		return err
	}
	return s.give(ctx, state.ID)
}

// give sends it to the team that is set, if one is.
func (s *Service) give(ctx context.Context, conv string) error {
	now := s.settings()
	team, ok := settings.Find[routing.Team](now, settings.One[official.Reports](now).Team)
	if !ok {
		return nil
	}
	_, err := s.intake.Do(ctx, s.who, conv, conversation.Command{Kind: conversation.SetTeam, Content: conversation.Content{Team: &conversation.TeamRef{ID: team.ID, Name: team.Value.Name}}})
	return err
}

func (s *Service) story(r Report) *intake.Story {
	said := func(en, zh string) string {
		if r.Language == "zh" {
			return zh
		}
		return en
	}
	v := s.book().Check(r.About)
	verdict := map[official.State]string{
		official.Ours: said("It is in our register", "在官方名录中"), official.OursAs: said("In our register, and perhaps not where it was seen", "名录中有，但不一定是对方看到的那个"),
		official.Formerly:  said("It was in our register and is not any more", "曾在官方名录中，现已停用"),
		official.Lookalike: said("Not ours, and looks like ours", "不是官方渠道，但很像"), official.NotOurs: said("Not in our register", "不在官方名录中"),
		official.Unlisted:   said("We list nothing of this kind", "名录中没有这类渠道"),
		official.Unreadable: said("It cannot be read as a number, address, account or link", "无法识别为号码、地址、账号或链接"),
	}[v.State]
	if v.State == official.Lookalike {
		verdict += said(": ", "：") + v.Channel.Value
	}
	items := []form.Item{{Field: "about", Kind: form.Line, Label: said("Came by", "对方的号码、地址、账号或链接"), Value: r.About}}
	for _, one := range []form.Item{
		{Field: "verdict", Kind: form.Line, Label: said("Our register", "官方名录"), Value: verdict},
		{Field: "happened", Kind: form.Lines, Label: said("What happened", "经过"), Value: r.Happened},
		{Field: "where", Kind: form.Line, Label: said("Where it can be seen", "可以看到的地方"), Value: r.Where},
		{Field: "reach", Kind: form.Contact, Label: said("To be reached at", "联系方式"), Value: r.Reach},
		{Field: "answers", Kind: form.Line, Label: said("Answers", "回复"), Value: said("It came by the public page: an answer here reaches nobody", "来自公开核实页面，在此回复对方收不到")},
	} {
		if one.Value != "" {
			items = append(items, one)
		}
	}
	title := said("Somebody pretends to be us", "有人冒充我们")
	return &intake.Story{
		Filled: form.Filled{Form: "impostor", Revision: 1, Title: title, Answers: items},
		Route:  conversation.Route{Topic: title, Tags: []string{official.ReportTag}, Priority: conversation.High, Person: true},
	}
}
