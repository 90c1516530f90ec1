// Package house is what flows may ask about the house itself: what does not work or will be
// worked on, as the wallet tells it, and the official ways by which the house is reached. It
// invents no news: what nobody tells is not told.
package house

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"kefu/internal/domain/form"
	"kefu/internal/domain/official"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/selfservice/contacts"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// troubling is the part of a wallet that knows what does not work.
type troubling interface {
	Incidents(ctx context.Context) ([]wallet.Incident, error)
}

// Deps are what the reads stand on beside the wallet.
type Deps struct {
	Book func() *official.Book // the register of official ways, now; nil: there is none
	// Present tells whether anybody takes conversations now, whatever the hours say; nil:
	// nobody knows.
	Present func() bool
}

// most bounds what is listed of either.
const most = 25

// Reads gives the reads.
func Reads(d Deps) []reads.Read {
	return []reads.Read{
		{
			Read:  selfservice.Read{Name: "disturbances", Has: sheet.Declared{Facts: map[string]sheet.Kind{"now": sheet.IsCount, "planned": sheet.IsCount}}},
			Sheet: disturbances,
		},
		{
			Read:  selfservice.Read{Name: "ways_to_us", Has: sheet.Declared{Facts: map[string]sheet.Kind{"many": sheet.IsCount}}},
			Sheet: d.ways,
		},
		{
			Read:  selfservice.Read{Name: "somebody_there", Has: sheet.Declared{Facts: map[string]sheet.Kind{"present": sheet.IsYes}}},
			Sheet: d.present,
		},
	}
}

// present is whether anybody is at work now. Hours say when somebody should be.
func (d Deps) present(context.Context, reads.Asked) (sheet.Sheet, error) {
	if d.Present == nil {
		return sheet.Sheet{}, fault.New(fault.Unavailable, "house.present", "nobody knows who is there")
	}
	return sheet.Sheet{Facts: map[string]sheet.Fact{"present": sheet.Is(d.Present())}}, nil
}

// disturbances are what does not work now, and what is announced, the soonest first.
func disturbances(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	from, err := reads.Part[troubling](ctx, a.Wallet, wallet.ReadIncidents)
	if err != nil {
		return sheet.Sheet{}, err
	}
	all, err := from.Incidents(ctx)
	if err != nil {
		return sheet.Sheet{}, err
	}
	all = slices.DeleteFunc(slices.Clone(all), func(i wallet.Incident) bool { return i.EndsAt != 0 && i.EndsAt <= a.Now })
	slices.SortStableFunc(all, func(x, y wallet.Incident) int { return cmp.Compare(x.BeginsAt, y.BeginsAt) })
	var now, later []sheet.Row
	for _, i := range all[:min(len(all), most)] {
		if i.BeginsAt > a.Now {
			later = append(later, rowOf(i, sheet.Say("From {at}", "{at} 起").With("at", sheet.At(i.BeginsAt))))
			continue
		}
		until := sheet.Say("Nobody knows until when", "何时恢复尚不清楚")
		if i.EndsAt != 0 {
			until = sheet.Say("Until {at}, as far as is known", "预计 {at} 恢复").With("at", sheet.At(i.EndsAt))
		}
		now = append(now, rowOf(i, until).In(sheet.Warning))
	}
	s := sheet.Sheet{Facts: map[string]sheet.Fact{"now": sheet.Many(int64(len(now))), "planned": sheet.Many(int64(len(later)))}}
	today, announced := sheet.Say("Does not work as usual", "目前异常"), sheet.Say("Announced maintenance", "已公告的维护")
	s.Add(&today, now...)
	s.Add(&announced, later...)
	return s, nil
}

// rowOf is one of them: what it is about, until or from when, and the wallet's own words.
func rowOf(i wallet.Incident, when sheet.Sentence) sheet.Row {
	name := sheet.Say("Everything", "全部服务")
	if len(i.Rails) > 0 {
		en, zh := make([]string, len(i.Rails)), make([]string, len(i.Rails))
		for n, rail := range i.Rails {
			en[n], zh[n] = called(rail)
		}
		name = sheet.Say("{rails}", "{rails}").With("rails", sheet.Word(strings.Join(en, ", "), strings.Join(zh, "、")))
	}
	row := sheet.Line(name, when.Cell())
	en, zh := i.Message["en"], i.Message["zh"]
	if either := cmp.Or(en, zh); either != "" {
		row = row.Noted(sheet.Say("{message}", "{message}").With("message", sheet.Figure{Texts: form.Texts{"en": cmp.Or(en, either), "zh": cmp.Or(zh, either)}}))
	}
	return row
}

// ways are the official ways by which the house is reached, this window before all others.
func (d Deps) ways(context.Context, reads.Asked) (sheet.Sheet, error) {
	if d.Book == nil {
		return sheet.Sheet{}, fault.New(fault.Unavailable, "house.ways", "there is no register")
	}
	listed := d.Book().Listed()
	s := sheet.Sheet{Facts: map[string]sheet.Fact{"many": sheet.Many(int64(len(listed)))}}
	kinds := map[official.Kind]sheet.Sentence{
		official.Phone: sheet.Say("Telephone", "电话"), official.Mail: sheet.Say("E-mail", "邮箱"), official.MailDomain: sheet.Say("E-mail addresses ending in", "以此结尾的邮箱"),
		official.Site: sheet.Say("Website", "网站"), official.Social: sheet.Say("Account", "账号"), official.App: sheet.Say("App", "App"),
	}
	var rows []sheet.Row
	for _, c := range listed[:min(len(listed), most)] {
		value := sheet.Text(c.Value)
		if on, there := contacts.Networks()[c.Network]; there {
			value = sheet.Word(c.Value+" ("+on[0]+")", c.Value+"（"+on[1]+"）")
		}
		row := sheet.Line(kinds[c.Kind], value.Cell())
		if c.Name != "" {
			row = row.Noted(sheet.Say("{name}", "{name}").With("name", sheet.Text(c.Name)))
		}
		rows = append(rows, row)
	}
	if len(listed) > most {
		rows = append(rows, sheet.Row{Name: sheet.Say("More stand on our public page", "其余见我们的公开核实页面")})
	}
	heading := sheet.Say("Our official channels", "我们的官方渠道")
	s.Add(&heading, rows...)
	return s, nil
}

// called is a rail in words; one of which there are none is called as the wallet does.
func called(rail string) (en, zh string) {
	names := map[string][2]string{
		"card": {"Card payments", "银行卡支付"}, "sepa": {"SEPA transfers", "SEPA 转账"}, "sepa_instant": {"Instant SEPA transfers", "SEPA 即时转账"}, "sct_inst": {"Instant SEPA transfers", "SEPA 即时转账"},
		"fps": {"Faster Payments", "Faster Payments"}, "swift": {"SWIFT transfers", "SWIFT 转账"}, "wallet": {"Payments within the wallet", "钱包内转账"}, "chain": {"Transfers on a chain", "链上转账"},
		"bank": {"Bank transfers", "银行转账"}, "mobile_money": {"Mobile money", "移动支付"},
	}
	if n, known := names[rail]; known {
		return n[0], n[1]
	}
	return strings.ReplaceAll(rail, "_", " "), strings.ReplaceAll(rail, "_", " ")
}
