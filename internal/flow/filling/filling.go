// Package filling puts into articles what nobody writes into them by hand: the wallet's fees,
// the times that laws and the house set, the official channels, the plans. What it does not
// know is left out with whatever speaks of it; nothing is ever guessed.
package filling

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/knowledge"
	"kefu/internal/domain/official"
	"kefu/internal/domain/organisation"
	"kefu/internal/domain/product"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/sla"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/tariff"
	"kefu/internal/flow/selfservice/fees"
	"kefu/internal/platform/clock"
)

// Table is what a place that stands alone becomes.
type Table struct {
	Caption string
	Head    []string
	Rows    [][]string
	Note    string // below it: as of when, and where from
}

// Sources are where figures come from. Each may be missing.
type Sources struct {
	House    func() organisation.Organisation
	Channels func() *official.Book
	Laws     *jurisdiction.Book
	Fees     func(ctx context.Context) (tariff.Schedule, error)
	Service  func(lang string) sla.Service
	Wait     func(lang string) string // how long it takes now until somebody answers, in words; "": nobody can say
	Plans    func() []product.Plan
	Codes    func(lang string) [][2]string // why payments fail, and what that means
	Clock    clock.Clock
}

// Filling is what is known for readers of one language and country.
type Filling struct {
	sources Sources
	lang    string
	pack    string
	charged func() (tariff.Schedule, error)
}

// For is the filling for a language, and a pack of laws where the country is known.
func (s Sources) For(ctx context.Context, lang, pack string) *Filling {
	f := &Filling{sources: s, lang: lang, pack: pack}
	if s.Fees != nil {
		f.charged = sync.OnceValues(func() (tariff.Schedule, error) {
			asking, cancel := context.WithTimeout(ctx, feesPatience)
			defer cancel()
			return s.Fees(asking)
		})
	}
	return f
}

func (f *Filling) say(en, zh string) string {
	if strings.HasPrefix(f.lang, "zh") {
		return zh
	}
	return en
}

// Words are what a place in a sentence stands for; none when it is not known.
func (f *Filling) Words(place string) string {
	from, what, _ := strings.Cut(place, ".")
	switch from {
	case knowledge.OfHouse:
		return f.house(what)
	case knowledge.OfChannel:
		return f.channel(what)
	case knowledge.OfWait:
		if f.sources.Wait != nil && what == "chat" {
			return f.sources.Wait(f.lang)
		}
	case knowledge.OfAnswer:
		return f.answer()
	}
	return ""
}

func (f *Filling) house(what string) string {
	if what == "hours" {
		return f.hours()
	}
	if f.sources.House == nil {
		return ""
	}
	if name := f.sources.House().Name; name != "" {
		return name
	}
	return f.say("your wallet", "您的钱包")
}

// zone is where times are told in: that of the house.
func (f *Filling) zone() *time.Location {
	if f.sources.House == nil {
		return time.UTC
	}
	if zone, err := time.LoadLocation(f.sources.House().TimeZone); err == nil {
		return zone
	}
	return time.UTC
}

func (f *Filling) moment(us int64) string {
	at := clock.FromMicros(us).In(f.zone())
	return at.Format(f.say("Mon 2 Jan 15:04", "1月2日 15:04"))
}

// hours are whether people are at work by the house's hours, and until or from when.
func (f *Filling) hours() string {
	if f.sources.Service == nil {
		return ""
	}
	switch s := f.sources.Service(f.lang); {
	case s.Open && s.ClosesAt != 0:
		return f.say("open until ", "服务时间至 ") + f.moment(s.ClosesAt)
	case s.Open:
		return f.say("at any hour", "全天")
	case s.OpensAt != 0:
		return f.say("open again from ", "下次服务开始于 ") + f.moment(s.OpensAt)
	default:
		return ""
	}
}

func (f *Filling) answer() string {
	if f.sources.Service == nil {
		return ""
	}
	if by := f.sources.Service(f.lang).AnswerBy; by != 0 {
		return f.moment(by)
	}
	return ""
}

func (f *Filling) channel(what string) string {
	kinds := map[string]official.Kind{"phone": official.Phone, "mail": official.Mail, "site": official.Site, "app": official.App}
	kind, ok := kinds[what]
	if !ok || f.sources.Channels == nil {
		return ""
	}
	for _, c := range f.sources.Channels().Listed() {
		if c.Kind == kind {
			return c.Value
		}
	}
	return ""
}

// Table is what a place that stands alone becomes; not when nothing is known of it.
func (f *Filling) Table(place string) (Table, bool) {
	from, what, _ := strings.Cut(place, ".")
	var t Table
	switch from {
	case knowledge.OfFees:
		t = f.fees(tariff.Kind(what))
	case knowledge.OfDeadlines:
		t = f.deadlines(jurisdiction.Type(what))
	case knowledge.OfChannels:
		t = f.channels()
	case knowledge.OfPlans:
		t = f.plans()
	case knowledge.OfCodes:
		t = f.codes()
	}
	return t, len(t.Rows) > 0
}

// feesPatience is how long a page waits for the wallet: without its fees it is written all
// the same.
const feesPatience = 2 * time.Second

func (f *Filling) fees(kind tariff.Kind) (t Table) {
	if f.charged == nil {
		return t
	}
	s, err := f.charged()
	if err != nil {
		return t
	}
	now := wallet.At(f.sources.Clock())
	lines := slices.DeleteFunc(slices.Clone(s.Lines), func(l tariff.Line) bool {
		return l.Kind != kind || l.From > now || (l.Until != 0 && l.Until <= now)
	})
	t.Head = []string{f.say("For", "项目"), f.say("Charged", "收费")}
	for _, l := range lines {
		for _, r := range fees.Rows(l, len(lines) > 1) {
			t.Rows = append(t.Rows, []string{f.where(l) + f.row(r), f.value(r)})
		}
	}
	t.Caption = f.say(fees.Word(kind))
	t.Note = f.say("By the schedule of fees, version ", "依据收费标准，版本 ") + s.Version + f.say(", of ", "，发布日期 ") + s.PublishedAt.Std().In(f.zone()).Format(time.DateOnly)
	return t
}

func (f *Filling) where(l tariff.Line) string {
	if len(l.Jurisdictions) == 0 {
		return ""
	}
	const most = 4
	list := l.Jurisdictions
	if len(list) > most {
		list = append(slices.Clone(list[:most]), "…")
	}
	return strings.Join(list, f.say(", ", "、")) + f.say(": ", "：")
}

func (f *Filling) row(r sheet.Row) string {
	text := r.Name.Line(f.lang, false)
	if r.Note != nil {
		text += f.say(" (", "（") + r.Note.Line(f.lang, false) + f.say(")", "）")
	}
	return text
}

func (f *Filling) value(r sheet.Row) string {
	if r.Value == nil {
		return ""
	}
	return r.Value.Line(f.lang, false)
}

func (f *Filling) channels() (t Table) {
	if f.sources.Channels == nil {
		return t
	}
	names := map[official.Kind]string{
		official.Phone: f.say("Telephone", "电话"), official.Mail: f.say("E-mail", "邮箱"), official.MailDomain: f.say("E-mail addresses ending in", "邮箱后缀"),
		official.Site: f.say("Website", "网站"), official.Social: f.say("Account", "社交账号"), official.App: f.say("App", "应用"),
	}
	t.Caption, t.Head = f.say("Our official channels", "官方渠道"), []string{f.say("Way", "方式"), f.say("Ours", "官方"), f.say("For", "用途")}
	for _, c := range f.sources.Channels().Listed() {
		way := names[c.Kind]
		if c.Network != "" {
			way += " · " + c.Network
		}
		t.Rows = append(t.Rows, []string{way, c.Value, c.Name})
	}
	t.Note = f.say("Whatever does not stand here is not ours.", "未列出的都不是官方渠道。")
	return t
}

func (f *Filling) plans() (t Table) {
	if f.sources.Plans == nil {
		return t
	}
	t.Caption, t.Head = f.say("Our plans", "套餐"), []string{f.say("Plan", "套餐"), f.say("For", "适合")}
	for _, p := range f.sources.Plans() {
		t.Rows = append(t.Rows, []string{p.Name.In(f.lang), p.About.In(f.lang)})
	}
	return t
}

func (f *Filling) codes() (t Table) {
	if f.sources.Codes == nil {
		return t
	}
	t.Caption, t.Head = f.say("Why payments fail", "付款失败的原因"), []string{f.say("Reason", "原因"), f.say("What it means", "含义")}
	for _, c := range f.sources.Codes(f.lang) {
		t.Rows = append(t.Rows, []string{c[0], c[1]})
	}
	return t
}

// Sentence fills the places of a text without markup. A text of which one is not known is
// cut after the last sentence before it.
func (f *Filling) Sentence(text string) string {
	for {
		from := strings.IndexByte(text, '{')
		if from < 0 {
			return text
		}
		length := strings.IndexByte(text[from:], '}')
		if length < 0 {
			return text
		}
		words := f.Words(text[from+1 : from+length])
		if words == "" {
			end := strings.LastIndexAny(text[:from], ".。!?！？")
			if end < 0 {
				return ""
			}
			_, size := utf8.DecodeRuneInString(text[end:])
			return text[:end+size]
		}
		text = text[:from] + strings.NewReplacer("{", "", "}", "").Replace(words) + text[from+length+1:]
	}
}
