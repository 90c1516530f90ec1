package selfservice

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/form"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
)

const (
	channel    = "chat"
	storyValue = 600 // characters of one answer
	storyLabel = 200
	sendTime   = 5 * time.Second
)

// finish ends a run: with nothing more to do, or by putting a person in front of it.
func (s *Service) finish(ctx context.Context, _ identity.Principal, d *selfservice.Definition, rec selfservice.Record) (selfservice.Record, error) {
	if x := rec.Effect; x.Kind == selfservice.KindHandOver {
		if err := s.handOver(ctx, d, rec, x.Hand); err != nil {
			return rec, err
		}
	}
	rec.Effect, rec.Proposed = nil, nil
	return rec, nil
}

// handOver puts the run's story into its conversation, which begins with it where it
// is not there yet. Done again it changes nothing: the conversation and the message
// have ids that follow from the run.
func (s *Service) handOver(ctx context.Context, d *selfservice.Definition, rec selfservice.Record, h selfservice.HandOver) error {
	const op = "selfservice.handOver"
	who := identity.Principal{Kind: identity.Customer, ID: rec.CustomerID, Level: identity.AL1}
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
	send := func(story *intake.Story) error {
		return s.Intake.Send(ctx, who, intake.Message{ConversationID: conv, ClientID: "run:" + rec.ID, Story: story}, func(said intake.Said) { answer <- said.Err })
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

// storyOf is what a person reads who takes a run over: what was chosen, entered and
// found out, and how it came to this. The files of which gone are the ids are named, and
// said not to be there.
func (s *Service) storyOf(ctx context.Context, d *selfservice.Definition, rec selfservice.Record, h selfservice.HandOver, gone []string) *intake.Story {
	lang := rec.Language
	filled := form.Filled{Form: strings.ToLower(d.ID), Revision: int64(d.Version), Title: d.Title.In(lang)}
	filled.Answers = s.before(ctx, rec, lang, gone)
	filled.Answers = append(filled.Answers, answers(d, selfservice.Carried(d, rec.Run), lang, filled.Answers, gone)...)
	if why := reason(rec.Outcome, lang); why != "" {
		filled.Answers = append(filled.Answers, form.Item{Field: "why", Kind: form.Line, Label: words(lang, "Why a person", "转人工的原因"), Value: short(why, storyLabel)})
	}
	return &intake.Story{Filled: filled, Route: conversation.Route{
		Topic: h.Topic.In(lang), Skills: h.Skills, Priority: conversation.Priority(h.Priority), Tags: []string{"self-service"}, Person: true,
	}}
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
		for _, item := range answers(d, selfservice.CarriedBefore(d, leg), lang, list, gone) {
			item.Field = strings.ToLower(leg.Flow) + "_" + item.Field
			list = append(list, item)
		}
	}
	return list
}

// answers are lines of a story: what was found out in one flow, without what stands there
// already in the very words.
func answers(d *selfservice.Definition, all []selfservice.Carry, lang string, there []form.Item, gone []string) []form.Item {
	var list []form.Item
	for _, c := range all {
		list = append(list, papers(d, c.Slot, c.Value.Files, lang, gone)...)
		value := written(d, c.Slot, c.Value, lang)
		if value == "" || slices.ContainsFunc(there, func(i form.Item) bool {
			return i.Value == short(value, storyValue) && (c.Value.Act != nil || c.Value.Payment != nil)
		}) {
			continue
		}
		item := form.Item{Field: c.Slot, Kind: form.Lines, Label: label(c, lang), Value: short(value, storyValue)}
		if p := c.Value.Payment; p != nil {
			if r := reference(p); r.Validate() == nil {
				item.Kind, item.Transaction = form.Transaction, &r
			}
		}
		list = append(list, item)
	}
	return list
}

func words(lang, en, zh string) string {
	if strings.HasPrefix(lang, "zh") {
		return zh
	}
	return en
}

func short(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}

// label is the question as it was asked, or what the value is.
func label(c selfservice.Carry, lang string) string {
	for line := range strings.SplitSeq(c.Asked.In(lang), "\n") {
		if line = strings.TrimSpace(line); line != "" && len(selfservice.Names(line)) == 0 {
			return short(line, storyLabel)
		}
	}
	if t := c.Value.Type; len(c.Asked) == 0 && (t == selfservice.Choice || t == selfservice.Date) {
		return words(lang, "Known when it began", "开始时已知")
	}
	switch c.Value.Type {
	case selfservice.Payment:
		return words(lang, "Payment", "付款")
	case selfservice.Cause:
		return words(lang, "What was told", "已告知的情况")
	case selfservice.Terms:
		return words(lang, "Refund terms", "退款条件")
	case selfservice.Act:
		return words(lang, "Asked of the wallet", "向钱包提交的操作")
	case selfservice.Refund:
		return words(lang, "Refund", "退款")
	case selfservice.Dispute:
		return words(lang, "Dispute", "争议")
	case selfservice.Incident:
		return words(lang, "Incident", "系统故障")
	case selfservice.Stops:
		return words(lang, "What is stopped", "受限情况")
	case selfservice.Safety:
		return words(lang, "Sign-ins and devices", "登录与设备")
	case selfservice.Sheet:
		return words(lang, "What was shown", "已展示的内容")
	default:
		return strings.ReplaceAll(c.Slot, "_", " ")
	}
}

// reference names a payment as conversations do. The other person's name is masked, as
// staff see it everywhere.
func reference(p *selfservice.PaymentFact) wallet.Reference {
	r := wallet.Reference{ID: p.ID, Amount: p.Amount, Direction: wallet.Direction(p.Direction), Kind: wallet.Kind(p.Kind), At: int64(p.Begun), Party: p.Party, State: wallet.State(p.State)}
	if Private(p) {
		r.Party = wallet.MaskName(p.Party)
	}
	return r
}

// Private tells whether the other side of a payment is a person, whose name staff see
// masked.
func Private(p *selfservice.PaymentFact) bool {
	switch wallet.Kind(p.Kind) {
	case wallet.KindTransfer, wallet.KindWithdrawal, wallet.KindTopUp, wallet.KindCrypto:
		return true
	default:
		return false
	}
}

// written is a value as a line for a person.
func written(d *selfservice.Definition, slot string, v selfservice.Value, lang string) string {
	join := func(parts ...string) string {
		kept := parts[:0]
		for _, p := range parts {
			if p != "" {
				kept = append(kept, p)
			}
		}
		return strings.Join(kept, " · ")
	}
	switch {
	case v.Type == selfservice.Choice:
		for _, o := range d.Slots[slot].Options {
			if o.ID == v.Text {
				return o.Label.In(lang)
			}
		}
		return v.Text
	case v.Money != nil:
		return v.Money.String()
	case v.Type == selfservice.Date:
		return v.At.Std().Format(time.DateOnly)
	case v.Type == selfservice.YesNo && v.Yes:
		return words(lang, "Yes", "是")
	case v.Type == selfservice.YesNo:
		return words(lang, "No", "否")
	case v.Payment != nil && v.Payment.There:
		r := reference(v.Payment)
		return join(r.Amount.String(), r.Party, v.Payment.Begun.Std().UTC().Format("2006-01-02 15:04 UTC"), whereWord(v.Payment, lang))
	case v.Cause != nil:
		return join(v.Cause.Title.In(lang), word(wheres(), v.Cause.Where, lang))
	case v.Terms != nil && v.Terms.Eligible:
		return join(words(lang, "can be refunded", "可以退款"), v.Terms.Left.String(), everyWord(termsWords(), v.Terms.Needs, lang))
	case v.Terms != nil:
		return join(words(lang, "cannot be refunded", "不能退款"), everyWord(termsWords(), v.Terms.Why, lang))
	case v.Act != nil:
		return told(v.Act, lang)
	case v.Refund != nil && v.Refund.There:
		return join(v.Refund.Amount.String(), word(refundStates(), v.Refund.State, lang), v.Refund.Reference)
	case v.Dispute != nil && v.Dispute.There:
		return join(v.Dispute.Amount.String(), word(disputeStates(), v.Dispute.State, lang), word(claims(), v.Dispute.Claim, lang))
	case v.Incident != nil && v.Incident.There:
		return v.Incident.Message
	case v.Instrument != nil && v.Instrument.There:
		return join(v.Instrument.Label, word(holdings(), v.Instrument.Status, lang))
	case v.Stops != nil:
		return stopsSaid(v.Stops, lang)
	case v.Safety != nil:
		return safetySaid(v.Safety, lang)
	case v.Stop != nil:
		return stopSaid(*v.Stop, lang)
	case v.Sheet != nil:
		return strings.Join(v.Sheet.Lines(lang, true), "\n")
	case v.Entry != nil:
		return v.Entry.Line(lang, true)
	case v.Device != nil:
		return join(v.Device.Label, word(holdings(), v.Device.Trust, lang))
	default:
		return v.Text
	}
}

func money(m wallet.Money) string {
	if m.None() {
		return ""
	}
	return m.String()
}
