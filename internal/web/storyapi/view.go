package storyapi

import (
	"strings"
	"time"

	"kefu/internal/domain/failure"
	"kefu/internal/domain/form"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/lookup"
	"kefu/internal/web/walletview"
)

// Story is what happened to a payment.
type Story struct {
	Transaction walletview.Transaction `json:"transaction"`
	Case        string                 `json:"case" doc:"the conversation for which it is told"`
	Assurance   int                    `json:"assurance" doc:"how sure Kefu is at present of who the customer is"`
	Money       StorySentence          `json:"money" doc:"where the money is, in the reader's language"`
	Cause       *StoryCause            `json:"cause,omitempty" doc:"why it failed; absent when it has not, or when it is withheld"`
	Withheld    bool                   `json:"withheld" doc:"there is a cause that the customer must not hear, and the caller may not see it either"`
	Say         StorySay               `json:"say"`
	Timeline    StoryTimeline          `json:"timeline"`
	Refunds     StoryRefunds           `json:"refunds"`
	Disputes    StoryDisputes          `json:"disputes"`
}

// StorySentence is a sentence whose figures its reader writes in their own way.
type StorySentence struct {
	Key     string                 `json:"key"`
	Text    string                 `json:"text" doc:"with places in braces"`
	Figures map[string]StoryFigure `json:"figures,omitempty"`
}

// StoryFigure stands in a place of a sentence.
type StoryFigure struct {
	Money *walletview.Sum `json:"money,omitempty"`
	At    string          `json:"at,omitempty" format:"date-time"`
}

// StoryCause is why a payment failed, for staff.
type StoryCause struct {
	Code    string `json:"code" doc:"that Kefu goes by: of two that disagree the one that says less"`
	Said    string `json:"said,omitempty" doc:"the wallet's own word"`
	Source  string `json:"source,omitempty" doc:"who refused"`
	Rail    string `json:"rail,omitempty" doc:"whose vocabulary the raw code is of"`
	RawCode string `json:"raw_code,omitempty"`
	RawText string `json:"raw_text,omitempty"`
	Mapped  string `json:"mapped,omitempty" doc:"what the raw code stands for"`
	Known   bool   `json:"known" doc:"whether the rail's table has the raw code"`
	Agrees  bool   `json:"agrees" doc:"whether the wallet's word is what the raw code stands for"`
	Title   string `json:"title,omitempty" doc:"in the reader's language; absent where the customer must never hear it"`
	Text    string `json:"text,omitempty"`
	Untold  string `json:"untold,omitempty" enum:"fraud,law,unmapped,unproven" doc:"why the customer must not hear it now; absent where they may"`
}

// StorySay is what the customer may be told.
type StorySay struct {
	Language string        `json:"language" doc:"of the texts"`
	Wanted   string        `json:"wanted" doc:"the conversation's language; the texts are in another where there is none in it"`
	Money    StorySentence `json:"money"`
	Title    string        `json:"title,omitempty"`
	Text     string        `json:"text,omitempty"`
	Retry    string        `json:"retry,omitempty"`
	Next     []string      `json:"next" nullable:"false" doc:"what they can do"`
	Version  string        `json:"version"`
}

// StoryTimeline is everything that happened, the oldest first.
type StoryTimeline struct {
	From  string       `json:"from" enum:"wallet,history,silent" doc:"history: the wallet keeps none, and these are the states; silent: it did not answer, and these are the states"`
	Items []StoryEvent `json:"items" nullable:"false"`
	Left  int          `json:"left" doc:"events that the caller may not see"`
}

// StoryEvent is one thing that happened.
type StoryEvent struct {
	At       int64  `json:"at"`
	Source   string `json:"source" doc:"wallet, provider, risk, notification, device; run and act are Kefu's own"`
	Event    string `json:"event"`
	State    string `json:"state,omitempty" doc:"that the payment reached with it"`
	RawCode  string `json:"raw_code,omitempty"`
	RawText  string `json:"raw_text,omitempty"`
	Tellable bool   `json:"tellable" doc:"whether the customer may hear of it"`
	Ref      string `json:"ref,omitempty" doc:"of a run or an act: its id"`
	By       string `json:"by,omitempty"`
}

// StoryRefunds are the refunds of a payment, and whether there may be one.
type StoryRefunds struct {
	Are   string        `json:"are" enum:"told,not_offered,silent"`
	Items []StoryRefund `json:"items" nullable:"false"`
	Terms *StoryTerms   `json:"terms,omitempty"`
}

// StoryRefund is money on its way back.
type StoryRefund struct {
	ID         string         `json:"id"`
	State      string         `json:"state"`
	Route      string         `json:"route"`
	Amount     walletview.Sum `json:"amount"`
	ExpectedBy string         `json:"expected_by,omitempty" format:"date-time"`
	Reference  string         `json:"reference,omitempty"`
	Late       bool           `json:"late"`
}

// StoryTerms are whether and how a payment can be given back.
type StoryTerms struct {
	Eligible    bool            `json:"eligible"`
	Decides     string          `json:"decides"`
	Route       string          `json:"route"`
	Why         []string        `json:"why,omitempty" nullable:"false"`
	Needs       []string        `json:"needs,omitempty" nullable:"false"`
	Left        *walletview.Sum `json:"left,omitempty"`
	Until       string          `json:"until,omitempty" format:"date-time"`
	AnswersBy   string          `json:"answers_by,omitempty" format:"date-time"`
	FeeRefunded bool            `json:"fee_refunded"`
}

// StoryDisputes are the disputes of a payment.
type StoryDisputes struct {
	Are   string         `json:"are" enum:"told,not_offered,silent"`
	Items []StoryDispute `json:"items" nullable:"false"`
}

// StoryDispute is a payment that its customer does not accept.
type StoryDispute struct {
	ID         string         `json:"id"`
	State      string         `json:"state"`
	Claim      string         `json:"claim"`
	Amount     walletview.Sum `json:"amount"`
	Credited   bool           `json:"credited"`
	DecisionBy string         `json:"decision_by,omitempty" format:"date-time"`
	EvidenceBy string         `json:"evidence_by,omitempty" format:"date-time" doc:"until when something can be added; absent once that is over, and where the wallet names no time"`
}

func instant(t wallet.Time) string {
	if t == 0 {
		return ""
	}
	return t.Std().UTC().Format(time.RFC3339)
}

func sentenceOf(s failure.Sentence, lang string) StorySentence {
	out := StorySentence{Key: s.Key, Text: s.Text.In(lang), Figures: map[string]StoryFigure{}}
	if !s.Amount.None() {
		sum := walletview.OfSum(s.Amount)
		out.Figures["amount"] = StoryFigure{Money: &sum}
	}
	if s.At != 0 {
		at := StoryFigure{At: instant(s.At)}
		out.Figures["until"], out.Figures["by"] = at, at
	}
	return out
}

func causeOf(s lookup.Story, lang string) *StoryCause {
	x := s.Cause
	if x == nil {
		return nil
	}
	return &StoryCause{
		Code: string(x.Cause), Said: string(x.Said), Source: x.Source, Rail: x.Raw.Rail, RawCode: x.Raw.Code, RawText: x.Words, Mapped: string(x.Mapped),
		Known: x.Known, Agrees: x.Agrees, Title: x.Title.In(lang), Text: x.Text.In(lang), Untold: untold(x, s.Say.Disclosed),
	}
}

// untold is why the customer must not hear a cause now.
func untold(x *failure.Inside, disclosed bool) string {
	switch {
	case disclosed:
		return ""
	case x.Tell != failure.Never:
		return "unproven"
	case x.Cause == wallet.ComplianceHold:
		return "law"
	case x.Cause == wallet.Unmapped:
		return "unmapped"
	default:
		return "fraud"
	}
}

// textsIn is the language in which texts come when one is wanted.
func textsIn(t form.Texts, wanted string) string {
	base, _, _ := strings.Cut(strings.ToLower(wanted), "-")
	for _, tag := range []string{wanted, base} {
		if t[tag] != "" {
			return tag
		}
	}
	return "en"
}

func sayOf(s lookup.Story, reader string) StorySay {
	x, wanted := s.Say, s.Language
	if wanted == "" {
		wanted = reader
	}
	lang := textsIn(x.Money.Text, wanted)
	out := StorySay{
		Language: lang, Wanted: wanted, Money: sentenceOf(x.Money, lang), Title: x.Title.In(lang), Text: x.Text.In(lang), Retry: x.RetryText.In(lang),
		Next: []string{}, Version: x.Version,
	}
	if x.Told == "" && (x.Money.Key == "arrived" || x.Money.Key == "came_back") { // nothing is left to wait for
		out.Retry = ""
	}
	for _, step := range x.Next {
		if step.Where != "person" { // who is there already
			out.Next = append(out.Next, step.Label.In(lang))
		}
	}
	return out
}

func timelineFrom(a lookup.Answered) string {
	switch a {
	case lookup.Told:
		return "wallet"
	case lookup.Silent:
		return "silent"
	default:
		return "history"
	}
}

func eventsOf(events []lookup.Event) []StoryEvent {
	out := make([]StoryEvent, len(events))
	for i, e := range events {
		out[i] = StoryEvent{
			At: int64(e.At), Source: e.Source, Event: e.Event, State: string(e.State), RawCode: e.RawCode, RawText: e.RawText, Tellable: e.Tellable, Ref: e.Ref, By: e.By,
		}
	}
	return out
}

func refundsOf(refunds []wallet.Refund, now wallet.Time) []StoryRefund {
	out := make([]StoryRefund, len(refunds))
	for i, r := range refunds {
		out[i] = StoryRefund{
			ID: r.ID, State: string(r.State), Route: r.Route, Amount: walletview.OfSum(r.Amount), ExpectedBy: instant(r.ExpectedBy), Reference: r.Reference,
			Late: r.State.Open() && r.ExpectedBy != 0 && now > r.ExpectedBy,
		}
	}
	return out
}

func termsOf(t *wallet.Terms) *StoryTerms {
	if t == nil {
		return nil
	}
	out := &StoryTerms{
		Eligible: t.Eligible, Decides: t.Decides, Route: t.Route, Why: t.Why, Needs: t.Needs, Until: instant(t.Until), AnswersBy: instant(t.AnswersBy), FeeRefunded: t.FeeRefunded,
	}
	if !t.Left.None() {
		left := walletview.OfSum(t.Left)
		out.Left = &left
	}
	return out
}

func disputesOf(disputes []wallet.Dispute, now wallet.Time) []StoryDispute {
	out := make([]StoryDispute, len(disputes))
	for i, d := range disputes {
		out[i] = StoryDispute{
			ID: d.ID, State: string(d.State), Claim: string(d.Claim), Amount: walletview.OfSum(d.Amount), Credited: !d.Credit.None(), DecisionBy: instant(d.Deadline("decision")),
		}
		if until := d.Deadline("evidence"); !d.State.Over() && until > now {
			out[i].EvidenceBy = instant(until)
		}
	}
	return out
}
