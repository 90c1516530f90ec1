// Package story writes down what a run found out for the person who takes it over: lines
// with words instead of codes, names of others masked. How it comes to a hand-over, and
// where the story goes, is not its business.
package story

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kefu/internal/domain/form"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/mask"
)

const (
	maxValue = 600  // characters of one answer
	maxSheet = 2000 // of a sheet: a notice of which the end is missing, nobody can send
	maxLabel = 200
)

// Why is the line that says why a run came to a person; there is none where the flow's
// title says it.
func Why(outcome, lang string) (line form.Item, told bool) {
	why := reason(outcome, lang)
	return form.Item{Field: "why", Kind: form.Line, Label: words(lang, "Why a person", "转人工的原因"), Value: short(why, maxLabel)}, why != ""
}

// Answers are lines of a story: what was found out in one flow, without what stands there
// already in the very words. The files of which gone are the ids are said not to be there.
func Answers(d *selfservice.Definition, all []selfservice.Carry, lang string, there []form.Item, gone []string) []form.Item {
	var list []form.Item
	for _, c := range all {
		list = append(list, papers(d, c.Slot, c.Value.Files, lang, gone)...)
		value := written(d, c.Slot, c.Value, lang)
		if value == "" || slices.ContainsFunc(there, func(i form.Item) bool {
			return i.Value == short(value, maxValue) && (c.Value.Act != nil || c.Value.Payment != nil || c.Value.Dispute != nil)
		}) {
			continue
		}
		most := maxValue
		if c.Value.Sheet != nil {
			most = maxSheet
		}
		item := form.Item{Field: c.Slot, Kind: form.Lines, Label: label(c, lang), Value: short(value, most)}
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
			return short(line, maxLabel)
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
		r.Party = mask.Name(p.Party)
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
		return v.Money.Written()
	case v.Type == selfservice.Date:
		return moment(v.At.Std().UTC())
	case v.Type == selfservice.YesNo && v.Yes:
		return words(lang, "Yes", "是")
	case v.Type == selfservice.YesNo:
		return words(lang, "No", "否")
	case v.Payment != nil && v.Payment.There:
		r := reference(v.Payment)
		return join(r.Amount.Written(), r.Party, v.Payment.Begun.Std().UTC().Format("2006-01-02 15:04 UTC"), whereWord(v.Payment, lang))
	case v.Cause != nil:
		return join(v.Cause.Title.In(lang), word(wheres(), v.Cause.Where, lang))
	case v.Terms != nil && v.Terms.Eligible:
		return join(words(lang, "can be refunded", "可以退款"), v.Terms.Left.Written(), everyWord(termsWords(), v.Terms.Needs, lang))
	case v.Terms != nil:
		return join(words(lang, "cannot be refunded", "不能退款"), everyWord(termsWords(), v.Terms.Why, lang))
	case v.Act != nil:
		return told(v.Act, lang)
	case v.Refund != nil && v.Refund.There:
		return join(v.Refund.Amount.Written(), word(refundStates(), v.Refund.State, lang), v.Refund.Reference)
	case v.Dispute != nil && v.Dispute.There:
		return join(v.Dispute.Amount.Written(), word(disputeStates(), v.Dispute.State, lang), word(claims(), v.Dispute.Claim, lang))
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

// moment is a day that was chosen, or an instant that was known, with its hour.
func moment(at time.Time) string {
	if at.Equal(at.Truncate(24 * time.Hour)) {
		return at.Format(time.DateOnly)
	}
	return at.Format("2006-01-02 15:04 UTC")
}

func money(m wallet.Money) string {
	if m.None() {
		return ""
	}
	return m.Written()
}

// papers are the files of a slot for a person, by what each is. One that is gone is named
// all the same: whoever reads the story has to know that it was given.
func papers(d *selfservice.Definition, slot string, all []selfservice.FileFact, lang string, gone []string) []form.Item {
	labels := map[string]form.Texts{}
	for _, s := range d.Steps {
		if s.Files != nil && s.Files.Into == slot {
			for _, w := range s.Files.Wants {
				labels[w.ID] = w.Label
			}
		}
	}
	var items []form.Item
	at := map[string]int{}
	for _, f := range all {
		i, there := at[f.Want]
		if !there {
			i = len(items)
			at[f.Want] = i
			items = append(items, form.Item{Field: short(slot+"_"+f.Want, 40), Kind: form.File, Label: short(labels[f.Want].In(lang), maxLabel)})
		}
		name := f.Name
		if slices.Contains(gone, f.ID) {
			name += words(lang, " (no longer there)", "（文件已不在）")
		} else {
			items[i].Files = append(items[i].Files, f.ID)
		}
		items[i].Value = strings.TrimPrefix(items[i].Value+", "+name, ", ")
	}
	return items
}
