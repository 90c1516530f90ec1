// Package agreements has the reads about what a customer agreed to: every consent that the
// wallet keeps, one of them with its text, its history, and the proof of a change. Keys of the
// contract have words of Kefu's, others the wallet's own; the text of a consent is always the
// wallet's. Nothing of it is kept here.
package agreements

import (
	"cmp"
	"context"
	"slices"

	"kefu/internal/domain/form"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/consent"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// Asks is the part of the wallet that tells of consents.
type Asks interface {
	Consents(ctx context.Context, by wallet.Actor, customer string) (consent.Standing, error)
}

// Reading is the question.
const Reading = wallet.ReadConsents

// Reads are the reads of this package.
func Reads() []reads.Read {
	always, text, at := sheet.Named{Shape: sheet.OfText, Always: true}, sheet.Named{Shape: sheet.OfText}, sheet.Named{Shape: sheet.OfTime}
	entry := map[string]selfservice.Given{"of": {Type: selfservice.Entry}}
	return []reads.Read{
		{Read: selfservice.Read{Name: "consents", Has: sheet.Declared{Facts: map[string]sheet.Kind{
			"given": sheet.IsCount, "again": sheet.IsCount, "changes": sheet.IsCount, "items": sheet.IsCount,
		}}}, Sheet: overview},
		{Read: selfservice.Read{Name: "consent_items", List: true, Has: sheet.Declared{Figures: map[string]sheet.Named{"label": always}}}, Entries: items},
		{Read: selfservice.Read{Name: "consent", With: entry, Has: sheet.Declared{
			Facts: map[string]sheet.Kind{
				"basis": sheet.IsWord, "state": sheet.IsWord, "again": sheet.IsWord, "counts": sheet.IsYes, "give": sheet.IsYes, "withdraw": sheet.IsYes,
			},
			Figures: map[string]sheet.Named{"name": always, "text": always, "version": always, "without": text, "at": at},
		}}, Sheet: one},
		{Read: selfservice.Read{Name: "consent_proof", With: entry, Has: sheet.Declared{
			Facts: map[string]sheet.Kind{"state": sheet.IsWord, "counts": sheet.IsYes}, Figures: map[string]sheet.Named{"name": always, "number": always, "version": always, "at": {Shape: sheet.OfTime, Always: true}},
		}}, Sheet: proof},
		{Read: selfservice.Read{Name: "consent_history", Has: sheet.Declared{Facts: map[string]sheet.Kind{"changes": sheet.IsCount}}}, Sheet: history},
	}
}

func ask(ctx context.Context, a reads.Asked) (consent.Standing, error) {
	return reads.Ask(ctx, a, Reading, Asks.Consents)
}

// names are what the keys of the contract are called.
func names() map[string]form.Texts {
	return map[string]form.Texts{
		consent.Location:        {"en": "Where your phone is", "zh": "位置信息"},
		consent.Shopping:        {"en": "What you bought", "zh": "购物记录"},
		consent.Personalisation: {"en": "Help and offers that fit you", "zh": "个性化帮助与优惠"},
		consent.MarketingEmail:  {"en": "Offers by e-mail", "zh": "邮件优惠信息"},
		consent.MarketingSMS:    {"en": "Offers by text message", "zh": "短信优惠信息"},
		consent.MarketingPush:   {"en": "Offers as notifications", "zh": "应用通知优惠信息"},
		consent.MarketingCall:   {"en": "Offers by telephone", "zh": "电话优惠信息"},
		consent.Recording:       {"en": "Recording of calls", "zh": "通话录音"},
		consent.Assistant:       {"en": "Answers by a program", "zh": "程序辅助答复"},
		consent.Partners:        {"en": "Data that goes to partners", "zh": "向合作方提供信息"},
	}
}

// Name is what a consent is called.
func Name(i consent.Item) form.Texts {
	if known, ok := names()[i.Key]; ok {
		return known
	}
	return said(i.Name)
}

// said are words of the wallet's: where it has none in Chinese, those in English.
func said(w consent.Words) form.Texts {
	if w["en"] == "" {
		return nil
	}
	return form.Texts{"en": w["en"], "zh": cmp.Or(w["zh"], w["zh-CN"], w["zh-Hans"], w["en"])}
}

func named(i consent.Item) sheet.Figure { return sheet.Figure{Texts: Name(i)} }

func sentence(t form.Texts) sheet.Sentence { return sheet.Sentence{Text: t} }

// stands is how a consent stands, in a word or two.
func stands(i consent.Item) (sheet.Sentence, sheet.Tone) {
	switch {
	case i.Again != "":
		return sheet.Say("To be asked again", "需重新确认"), sheet.Warning
	case i.State == consent.Given:
		return sheet.Say("Agreed", "已同意"), sheet.Good
	case i.State == consent.Withdrawn:
		return sheet.Say("Taken back", "已撤回"), sheet.Plain
	case i.State == consent.Never:
		return sheet.Say("Not agreed", "未同意"), sheet.Plain
	default:
		return sheet.Say("Required", "必需"), sheet.Plain
	}
}

// overview is how many there are of each sort.
func overview(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	now, err := ask(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	count := map[string]int64{}
	for _, i := range now.Items {
		if i.Again != "" {
			count["again"]++
		} else {
			count[string(i.State)]++
		}
	}
	s := sheet.Sheet{Facts: map[string]sheet.Fact{
		"given": sheet.Many(count["given"]), "again": sheet.Many(count["again"]), "changes": sheet.Many(int64(len(now.Changes))), "items": sheet.Many(int64(len(now.Items))),
	}}
	var rows []sheet.Row
	for _, r := range []struct {
		key  string
		name sheet.Sentence
		tone sheet.Tone
	}{
		{"given", sheet.Say("You agreed", "您已同意"), sheet.Plain},
		{"again", sheet.Say("You agreed once, and have to be asked again", "曾同意，需重新确认"), sheet.Warning},
		{"withdrawn", sheet.Say("You took back", "您已撤回"), sheet.Plain},
		{"never", sheet.Say("You did not agree", "未同意"), sheet.Plain},
		{"required", sheet.Say("Required by your contract or by a law", "合同或法律要求"), sheet.Plain},
	} {
		if n := count[r.key]; n > 0 {
			rows = append(rows, sheet.Line(r.name, sheet.Number(n).Cell()).In(r.tone))
		}
	}
	s.Add(nil, rows...)
	return s, nil
}

// items are all of them: what has to be asked again first, what cannot be changed last.
func items(ctx context.Context, a reads.Asked) ([]sheet.Entry, error) {
	now, err := ask(ctx, a)
	rank := func(i consent.Item) int {
		if i.Again != "" {
			return -1
		}
		return slices.Index([]consent.Stance{consent.Given, consent.Withdrawn, consent.Never, consent.Required}, i.State)
	}
	slices.SortStableFunc(now.Items, func(a, b consent.Item) int { return rank(a) - rank(b) })
	list := []sheet.Entry{}
	for _, i := range now.Items[:min(len(now.Items), selfservice.Offers)] {
		state, _ := stands(i)
		list = append(list, sheet.Entry{ID: i.Key, Label: sheet.Say("{name}", "{name}").With("name", named(i)), Hint: &state, State: string(i.State), Named: map[string]sheet.Figure{"label": named(i)}})
	}
	return list, err
}

func find(now consent.Standing, a reads.Asked) (consent.Item, error) {
	i, ok := now.Item(a.Args["of"].Ref())
	if !ok {
		return i, fault.New(fault.NotFound, "agreements.find", "there is no such consent of this customer")
	}
	return i, nil
}

// one is a consent as it stands, with its text.
func one(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	now, err := ask(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	i, err := find(now, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	s := sheet.Sheet{
		Named: map[string]sheet.Figure{"name": named(i), "text": {Texts: said(i.Text)}, "version": sheet.Text(i.Version)},
		Facts: map[string]sheet.Fact{
			"basis": sheet.Code(string(i.Basis)), "state": sheet.Code(string(i.State)), "again": sheet.Code(string(i.Again)), "counts": sheet.Is(i.Counts()), "give": sheet.Is(i.Give), "withdraw": sheet.Is(i.Withdraw),
		},
	}
	state, tone := stands(i)
	heading := sheet.Say("{name}", "{name}").With("name", named(i))
	rows := []sheet.Row{
		sheet.Line(sheet.Say("How it stands", "状态"), state.Status()).In(tone),
		sheet.Row{Name: sheet.Say("What it is about", "内容")}.Noted(sentence(said(i.Text))),
	}
	if i.At != 0 {
		s.Named["at"] = sheet.At(i.At)
		since := sheet.Say("Since", "起始时间")
		if i.Again != "" { // what it is to be, it has not been since then
			since = sheet.Say("You agreed", "同意时间")
		}
		rows = append(rows, sheet.Line(since, sheet.At(i.At).Cell()), sheet.Line(sheet.Say("How", "途径"), way(i.Way).Cell()))
	}
	if i.State == consent.Given {
		rows = append(rows, sheet.Line(sheet.Say("The text that you agreed to", "您同意的版本"), version(i.Agreed).Cell()))
	}
	if i.State != consent.Given || i.Agreed != i.Version {
		rows = append(rows, sheet.Line(sheet.Say("The text above", "以上内容的版本"), version(i.Version).Cell()))
	}
	if i.Until != 0 {
		rows = append(rows, sheet.Line(sheet.Say("Counts until", "有效期至"), sheet.Day(i.Until).Cell()))
	}
	if w := said(i.Without); w != nil {
		s.Named["without"] = sheet.Figure{Texts: w}
		rows = append(rows, sheet.Row{Name: sheet.Say("Without it", "不同意的影响")}.Noted(sentence(w)))
	}
	if i.Key == consent.Personalisation || i.Key == consent.Shopping {
		rows = append(rows, sheet.Row{Name: sheet.Say("In this window", "在本窗口中")}.Noted(sheet.Say("Once you take it back, no help is proposed to you from your payments here either.", "撤回后，这里也不会再根据您的付款向您推荐帮助。")))
	}
	s.Add(&heading, rows...)
	return s, nil
}

func version(v string) sheet.Sentence {
	return sheet.Say("version {v}", "第 {v} 版").With("v", sheet.Text(v))
}

// way is by which way something came to be so.
func way(of string) sheet.Sentence {
	switch of {
	case "app":
		return sheet.Say("in the wallet’s app", "钱包应用")
	case "web":
		return sheet.Say("on the wallet’s site", "钱包网站")
	case "support":
		return sheet.Say("here, in customer service", "客服窗口")
	case "phone":
		return sheet.Say("on the telephone", "电话")
	case "paper":
		return sheet.Say("on paper", "纸质文件")
	default:
		return sheet.Say("by the wallet", "由钱包操作")
	}
}

// proof is the latest change of one consent.
func proof(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	now, err := ask(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	i, err := find(now, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	of := now.Of(i.Key)
	if len(of) == 0 {
		return sheet.Sheet{}, fault.New(fault.NotFound, "agreements.proof", "nobody changed it")
	}
	c := of[0]
	s := sheet.Sheet{
		Named: map[string]sheet.Figure{"name": named(i), "number": sheet.Text(c.ID), "version": sheet.Text(c.Version), "at": sheet.At(c.At)},
		Facts: map[string]sheet.Fact{"state": sheet.Code(string(i.State)), "counts": sheet.Is(i.Counts())},
	}
	heading := sheet.Say("{name}", "{name}").With("name", named(i))
	state, tone := stands(i)
	s.Add(&heading,
		sheet.Line(sheet.Say("How it stands", "状态"), state.Status()).In(tone), sheet.Line(sheet.Say("Since", "起始时间"), sheet.At(c.At).Cell()), sheet.Line(sheet.Say("How", "途径"), way(c.Way).Cell()),
		sheet.Line(sheet.Say("Text", "内容版本"), version(c.Version).Cell()), sheet.Line(sheet.Say("Number", "编号"), sheet.Text(c.ID).Cell()))
	return s, nil
}

// mostTold is how many changes are shown.
const mostTold = 50

// history is every change, the latest first.
func history(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	now, err := ask(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	s := sheet.Sheet{Facts: map[string]sheet.Fact{"changes": sheet.Many(int64(len(now.Changes)))}}
	var rows []sheet.Row
	for _, c := range now.Changes[:min(len(now.Changes), mostTold)] {
		i, ok := now.Item(c.Key)
		if !ok {
			i = consent.Item{Key: c.Key, Name: consent.Words{"en": "No longer asked for", "zh": "已不再询问的授权"}}
		}
		did := sheet.Say("Agreed", "同意")
		if c.State == consent.Withdrawn {
			did = sheet.Say("Taken back", "撤回")
		}
		rows = append(rows, sheet.Line(sheet.Say("{name}", "{name}").With("name", named(i)), did.Cell()).Noted(by(c)))
	}
	heading := sheet.Say("Every change, the latest first", "全部变更，最近的在前")
	s.Add(&heading, rows...)
	return s, nil
}

// by says when a change was, by whom and to which text.
func by(c consent.Change) sheet.Sentence {
	told := sheet.Say("{at}, by you: {way}; text {version}; number {id}", "{at}，您本人，途径：{way}；第 {version} 版；编号 {id}")
	if c.By == "wallet" {
		told = sheet.Say("{at}, by the wallet: {way}; text {version}; number {id}", "{at}，由钱包操作，途径：{way}；第 {version} 版；编号 {id}")
	}
	return told.With("at", sheet.At(c.At)).With("way", sheet.Figure{Texts: way(c.Way).Text}).With("version", sheet.Text(c.Version)).With("id", sheet.Text(c.ID))
}

// Governs tells what consents say of looking at somebody's payments to propose help: whether one
// of them forbids it, and whether they said that they want it.
func Governs(s consent.Standing) (forbids, wants bool) {
	for _, key := range []string{consent.Personalisation, consent.Shopping} {
		if i, ok := s.Item(key); ok && i.Basis == consent.Agreed {
			forbids = forbids || i.State == consent.Withdrawn || i.Again != ""
			wants = wants || (key == consent.Personalisation && i.Counts())
		}
	}
	return forbids, wants
}
