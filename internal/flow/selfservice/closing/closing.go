// Package closing has the reads about leaving the wallet: how far it has got, what is in
// the way of it and how each thing is settled, where money may be paid out to, what ends
// with the account, and what the law has kept. Why somebody is looked at is none of it.
package closing

import (
	"context"
	"slices"
	"strings"

	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// Deps are what the reads stand on beside the wallet.
type Deps struct {
	// Law is the pack of the house at a time in microseconds; nil where there is none.
	Law func(at int64) *jurisdiction.Pack
}

// Parts of the wallet.
type (
	leaving interface {
		Closure(ctx context.Context, by wallet.Actor, customer string) (closing.Standing, error)
	}
	held interface {
		Instruments(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Instrument, error)
	}
)

// Reads are the reads of this package.
func Reads(d Deps) []reads.Read {
	always := sheet.Named{Shape: sheet.OfText, Always: true}
	money := map[string]sheet.Named{"label": always}
	return []reads.Read{
		{Read: selfservice.Read{Name: "closing", Has: sheet.Declared{
			Facts: map[string]sheet.Kind{
				"state": sheet.IsWord, "ready": sheet.IsYes, "money": sheet.IsCount, "owed": sheet.IsYes, "pending": sheet.IsCount, "endable": sheet.IsCount, "shops": sheet.IsCount,
				"crypto": sheet.IsYes, "roles": sheet.IsYes, "frozen": sheet.IsYes, "review": sheet.IsYes, "dust": sheet.IsYes, "late": sheet.IsCount, "stopped": sheet.IsYes,
			},
			Figures: map[string]sheet.Named{"closes_at": {Shape: sheet.OfTime}, "closed_at": {Shape: sheet.OfTime}, "over_by": {Shape: sheet.OfTime}},
		}}, Sheet: standing},
		{Read: selfservice.Read{Name: "closing_money", List: true, Has: sheet.Declared{Figures: money}}, Entries: balances},
		{Read: selfservice.Read{Name: "closing_late", List: true, Has: sheet.Declared{Figures: money}}, Entries: late},
		{Read: selfservice.Read{Name: "closing_to", List: true, Has: sheet.Declared{Figures: money}}, Entries: destinations},
		{Read: selfservice.Read{Name: "closing_mandates", List: true, Has: sheet.Declared{Figures: money}}, Entries: mandates},
		{Read: selfservice.Read{Name: "closing_sum", With: map[string]selfservice.Given{"money": {Type: selfservice.Entry}}, Has: sheet.Declared{
			Figures: map[string]sheet.Named{"left": {Shape: sheet.OfMoney, Always: true}},
		}}, Sheet: sum},
		{Read: selfservice.Read{Name: "closing_ends", Has: sheet.Declared{
			Facts: map[string]sheet.Kind{"dust": sheet.IsYes, "comes_back": sheet.IsYes}, Figures: map[string]sheet.Named{"days": always},
		}}, Sheet: d.ends},
	}
}

func ask(ctx context.Context, a reads.Asked) (closing.Standing, error) {
	return reads.Ask(ctx, a, wallet.ReadClosure, leaving.Closure)
}

// standing is how far it has got, and what is in the way.
func standing(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	now, err := ask(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	count := map[closing.Fix]int64{}
	var overBy wallet.Time
	pending := int64(0)
	for _, i := range now.Items {
		if !i.Blocks {
			continue
		}
		count[i.Fix]++
		if i.Fix == closing.FixWait {
			pending++
			overBy = max(overBy, i.Until)
		}
	}
	waits := int64(0)
	for _, l := range now.Late {
		if l.PaidAt == 0 {
			waits++
		}
	}
	has := func(kinds ...closing.Kind) sheet.Fact { return sheet.Is(len(now.Of(kinds...)) > 0) }
	s := sheet.Sheet{Named: map[string]sheet.Figure{}, Facts: map[string]sheet.Fact{
		"state": sheet.Code(string(now.State)), "ready": sheet.Is(now.Ready()), "money": sheet.Many(count[closing.FixWithdraw]), "owed": has(closing.Negative), "pending": sheet.Many(pending),
		"endable": sheet.Many(count[closing.FixCancel]), "shops": sheet.Many(count[closing.FixShop]), "crypto": has(closing.Crypto), "roles": has(closing.Role), "frozen": has(closing.Freeze),
		"review": has(closing.Review), "dust": has(closing.Dust), "late": sheet.Many(waits), "stopped": sheet.Is(now.EndedBy == "wallet"),
	}}
	if overBy <= a.Now { // what is late has no time by which it is over
		overBy = 0
	}
	for name, at := range map[string]wallet.Time{"closes_at": now.ClosesAt, "closed_at": now.ClosedAt, "over_by": overBy} {
		if at != 0 {
			s.Named[name] = sheet.At(at)
		}
	}
	var rows []sheet.Row
	for _, i := range now.Items {
		if i.Blocks && len(rows) < 20 {
			rows = append(rows, rowOf(i, a.Now))
		}
	}
	if len(rows) > 0 {
		heading := sheet.Say("Still open", "还需处理")
		s.Add(&heading, rows...)
	}
	return s, nil
}

// rowOf is an item that is in the way, with how it is settled.
func rowOf(i closing.Item, now wallet.Time) sheet.Row {
	name := kindOf(i.Kind)
	if i.Name != "" && i.Kind != closing.Balance {
		name = sheet.Say("{name}: "+lower(name.Text["en"]), "{name}："+name.Text["zh"]).With("name", sheet.Text(i.Name))
	}
	row := sheet.Row{Name: name, Tone: sheet.Warning}
	if i.Amount.Sign() > 0 {
		row = sheet.Line(name, sheet.Money(i.Amount).Cell()).In(sheet.Warning)
	}
	note := fixOf(i, now)
	row.Note = &note
	return row
}

func lower(text string) string {
	if text == "" {
		return text
	}
	return strings.ToLower(text[:1]) + text[1:]
}

func kindOf(k closing.Kind) sheet.Sentence {
	switch k {
	case closing.Balance:
		return sheet.Say("Money in your wallet", "钱包余额")
	case closing.Negative:
		return sheet.Say("You owe", "欠款")
	case closing.Payment:
		return sheet.Say("A payment that is not over", "未完成的交易")
	case closing.Dispute:
		return sheet.Say("A dispute that is not decided", "未结束的争议")
	case closing.Refund:
		return sheet.Say("A refund that is on its way", "未到账的退款")
	case closing.Mandate:
		return sheet.Say("Charges by itself", "自动扣款")
	case closing.TopUp:
		return sheet.Say("Tops up by itself", "自动充值")
	case closing.Crypto:
		return sheet.Say("Crypto", "数字货币")
	case closing.Role:
		return sheet.Say("Your role in a business", "企业角色")
	case closing.Freeze:
		return sheet.Say("Payments are stopped", "付款已停用")
	default: // Review
		return sheet.Say("The wallet’s check before an account closes", "注销前的账户审核")
	}
}

func fixOf(i closing.Item, now wallet.Time) sheet.Sentence {
	switch i.Fix {
	case closing.FixWithdraw:
		return sheet.Say("Pay it out to your own card or bank account", "提现到您本人的银行卡或账户")
	case closing.FixPayIn:
		return sheet.Say("Pay it in first", "请先还清")
	case closing.FixCancel:
		return sheet.Say("You can end it here", "可在这里解除")
	case closing.FixShop:
		return sheet.Say("Only they can end it: ask them", "需联系对方解除")
	case closing.FixSend:
		return sheet.Say("Send it to another address in the wallet’s app", "请在钱包应用中转出")
	case closing.FixHandOn:
		return sheet.Say("Somebody else has to take it over", "需先转交他人")
	case closing.FixUnfreeze:
		return sheet.Say("You stopped them: let them go on first", "请先恢复付款")
	case closing.FixWait:
		switch {
		case i.Until != 0 && i.Until <= now:
			return sheet.Say("Late: it should have been over by {by}", "已超过预计时间 {by}，仍未完成").With("by", sheet.At(i.Until))
		case i.Until != 0:
			return sheet.Say("Should be over by {by}", "预计 {by} 前完成").With("by", sheet.At(i.Until))
		}
		return sheet.Say("Has to be over first", "需等待完成")
	default:
		return sheet.Say("A person helps you", "由客服协助")
	}
}

func entry(id, name string, m *wallet.Money) sheet.Entry {
	return sheet.Entry{ID: id, Label: sheet.Say("{name}", "{name}").With("name", sheet.Text(name)), Amount: m, Named: map[string]sheet.Figure{"label": sheet.Text(name)}}
}

// balances is the money that is paid out before.
func balances(ctx context.Context, a reads.Asked) ([]sheet.Entry, error) {
	now, err := ask(ctx, a)
	list := []sheet.Entry{}
	for _, i := range now.Of(closing.Balance) {
		if len(list) < selfservice.Offers {
			list = append(list, entry(i.Object, or(i.Name, i.Amount.Currency()), &i.Amount))
		}
	}
	return list, err
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// late is the money that came in when its customer was gone.
func late(ctx context.Context, a reads.Asked) ([]sheet.Entry, error) {
	now, err := ask(ctx, a)
	list := []sheet.Entry{}
	for _, l := range now.Late {
		if l.PaidAt == 0 && len(list) < selfservice.Offers {
			list = append(list, entry(l.ID, or(l.Name, l.Amount.Currency()), &l.Amount))
		}
	}
	return list, err
}

// destinations are the customer's own cards and accounts to which money may go.
func destinations(ctx context.Context, a reads.Asked) ([]sheet.Entry, error) {
	now, err := ask(ctx, a)
	if err != nil {
		return nil, err
	}
	all, err := reads.Ask(ctx, a, wallet.ReadInstruments, held.Instruments)
	if err != nil {
		return nil, err
	}
	list := []sheet.Entry{}
	for _, d := range now.Destinations {
		i := slices.IndexFunc(all, func(i wallet.Instrument) bool { return i.ID == d.InstrumentID })
		if d.Why != "" || i < 0 || len(list) == selfservice.Offers {
			continue
		}
		list = append(list, destination(all[i]))
	}
	return list, nil
}

// destination is a card or account by its brand, or by what it is where it has none, and
// its last digits.
func destination(i wallet.Instrument) sheet.Entry {
	name := sheet.Text(i.Brand + " •••• " + i.Last4)
	switch {
	case i.Brand == "" && i.Type == "bank":
		name = sheet.Word("Bank account •••• "+i.Last4, "银行账户 •••• "+i.Last4)
	case i.Brand == "":
		name = sheet.Text("•••• " + i.Last4)
	}
	return sheet.Entry{ID: i.ID, Label: sheet.Say("{name}", "{name}").With("name", name), Named: map[string]sheet.Figure{"label": name}}
}

// mandates are those that the customer can end here.
func mandates(ctx context.Context, a reads.Asked) ([]sheet.Entry, error) {
	now, err := ask(ctx, a)
	list := []sheet.Entry{}
	for _, i := range now.Of(closing.Mandate, closing.TopUp) {
		if i.Fix != closing.FixCancel || len(list) == selfservice.Offers {
			continue
		}
		e := entry(i.Object, or(i.Name, i.Object), nil)
		e.State = "active"
		if i.Amount.Sign() > 0 {
			e.Amount = &i.Amount
		}
		list = append(list, e)
	}
	return list, err
}

// sum is how much there is of some money now.
func sum(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	now, err := ask(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	id := a.Args["money"].Ref()
	var left wallet.Money
	for _, i := range now.Of(closing.Balance) {
		if i.Object == id {
			left = i.Amount
		}
	}
	for _, l := range now.Late {
		if l.ID == id && l.PaidAt == 0 {
			left = l.Amount
		}
	}
	if left.None() {
		return sheet.Sheet{}, fault.New(fault.NotFound, "closing.sum", "nothing of it is left")
	}
	return sheet.Sheet{Named: map[string]sheet.Figure{"left": sheet.Money(left)}}, nil
}

// ends is what ends with the account, what is deleted, and what is kept until when.
func (d Deps) ends(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	now, err := ask(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	s := sheet.Sheet{
		Facts: map[string]sheet.Fact{"dust": sheet.Is(len(now.Of(closing.Dust)) > 0), "comes_back": sheet.Is(now.Return.How != "none")},
		Named: map[string]sheet.Figure{"days": {Texts: map[string]string{"en": digits(now.Days), "zh": digits(now.Days)}}},
	}
	var lost []sheet.Row
	for _, i := range now.Of(closing.Points) {
		lost = append(lost, sheet.Line(sheet.Say("Points that are lost", "将清零的积分"), sheet.Number(i.Count).Cell()).In(sheet.Warning))
	}
	lost = append(lost, unposted(ctx, a)...)
	for _, i := range now.Of(closing.Dust) {
		lost = append(lost, sheet.Line(sheet.Say("Less than is paid out: lost", "低于提现下限，将放弃"), sheet.Money(i.Amount).Cell()).In(sheet.Warning))
	}
	if n := len(now.Of(closing.Card)); n > 0 {
		lost = append(lost, sheet.Line(sheet.Say("Cards and accounts that are unlinked", "将解绑的银行卡和账户"), sheet.Number(int64(n)).Cell()))
	}
	lost = append(lost, sheet.Row{Name: sheet.Say("You are signed out on every device", "所有设备退出登录")})
	heading := sheet.Say("Ends when the account closes", "注销后终止")
	s.Add(&heading, lost...)
	d.data(&s, now, a.Now)
	back := sheet.Say("Coming back", "以后再次使用")
	how := sheet.Say("You can open a new account at any time; points and history do not come back", "可随时重新开户，积分和历史记录不会恢复")
	switch now.Return.How {
	case "none":
		how = sheet.Say("This account cannot be opened again", "账户无法再次开通")
	case "same":
		how = sheet.Say("The same account can be opened again", "可重新开通原账户")
	}
	s.Add(&back, sheet.Row{Name: how})
	return s, nil
}

// data is what becomes of what the house and the wallet know of somebody.
func (d Deps) data(s *sheet.Sheet, now closing.Standing, at wallet.Time) {
	erased := sheet.Say("Your data", "您的个人信息")
	rows := []sheet.Row{{Name: sheet.Say("Deleted when it closes: settings, devices, saved cards and payees", "注销后删除：设置、设备、已保存的银行卡和收款人")}}
	gone := at + wallet.Time(int64(now.Days)*24*3600*1_000_000)
	if now.ClosesAt != 0 {
		gone = now.ClosesAt
	}
	var pack *jurisdiction.Pack
	if d.Law != nil {
		pack = d.Law(int64(at))
	}
	if pack == nil || len(pack.Records) == 0 {
		rows = append(rows, sheet.Row{Name: sheet.Say("Kept as long as the law asks, and used for nothing else: who you are, your payments", "按法律规定期限保存、不作他用：身份资料、交易记录")})
		s.Add(&erased, rows...)
		return
	}
	for _, r := range pack.Records {
		name := sheet.Sentence{Text: map[string]string{"en": r.Title["en"], "zh": r.Title["zh"]}}
		until := sheet.Say("kept as long as the law asks", "按法律规定期限保存").Cell()
		if to := r.Until(int64(gone)); to != 0 {
			until = sheet.Say("kept by law until {until}", "依法保存至 {until}").With("until", sheet.Day(wallet.Time(to))).Cell()
		}
		rows = append(rows, sheet.Line(name, until))
	}
	s.Add(&erased, rows...)
}

func digits(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return digits(n/10) + digits(n%10)
}
