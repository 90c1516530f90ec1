// Package transfers has the reads about transfers over public networks: how far one has
// got, what is wrong with it and whether the wallet can bring it back, an address that was
// made to look like another, and what the exchange that received money has to be told. The
// only links are the wallet's; nothing that a customer pastes becomes one.
package transfers

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/onchain"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// chained is the part of the wallet that tells of transfers.
type chained interface {
	Transfers(ctx context.Context, by wallet.Actor, customer, txid string) ([]onchain.Transfer, error)
	Transfer(ctx context.Context, by wallet.Actor, customer, id string) (onchain.Transfer, error)
}

// Reads are the reads of this package.
func Reads() []reads.Read {
	entry := sheet.Declared{Facts: map[string]sheet.Kind{"problem": sheet.IsWord}, Figures: map[string]sheet.Named{"amount": {Shape: sheet.OfMoney, Always: true}}}
	return []reads.Read{
		{Read: selfservice.Read{Name: "chain_found", List: true, With: map[string]selfservice.Given{"txid": {Type: selfservice.Text, Optional: true}}, Has: entry}, Entries: found},
		{Read: selfservice.Read{
			Name: "chain_told", With: map[string]selfservice.Given{"payment": {Type: selfservice.Payment, Optional: true}, "transfer": {Type: selfservice.Entry, Optional: true}},
			Has: sheet.Declared{Facts: map[string]sheet.Kind{
				"incoming": sheet.IsYes, "state": sheet.IsWord, "problem": sheet.IsWord, "confirmations": sheet.IsCount, "needed": sheet.IsCount, "late": sheet.IsYes,
				"retrieval": sheet.IsWord, "why": sheet.IsWord, "asking": sheet.IsWord, "alike": sheet.IsYes, "left_wallet": sheet.IsYes,
			}, Figures: map[string]sheet.Named{
				"amount": {Shape: sheet.OfMoney, Always: true}, "network": {Shape: sheet.OfText, Always: true}, "so_far": {Shape: sheet.OfText, Always: true}, "sent_on": {Shape: sheet.OfText},
				"fee": {Shape: sheet.OfMoney}, "left": {Shape: sheet.OfMoney}, "takes": {Shape: sheet.OfText}, "ask_by": {Shape: sheet.OfTime}, "back_by": {Shape: sheet.OfTime},
				"asked_by": {Shape: sheet.OfTime}, "expected_by": {Shape: sheet.OfTime}, "spent": {Shape: sheet.OfMoney},
			}},
		}, Sheet: told},
		{Read: selfservice.Read{Name: "exchange_notice", With: map[string]selfservice.Given{"payment": {Type: selfservice.Payment}}}, Sheet: notice},
	}
}

func ask(ctx context.Context, a reads.Asked, txid string) ([]onchain.Transfer, error) {
	return reads.Ask(ctx, a, wallet.ReadOnchain, func(w chained, ctx context.Context, by wallet.Actor, customer string) ([]onchain.Transfer, error) {
		return w.Transfers(ctx, by, customer, txid)
	})
}

// txidIn finds the name of a transaction in what somebody pasted, which may be the address
// of a page: the longest run of letters and digits that is long enough for one; "" for none.
func txidIn(text string) (found string) {
	for _, run := range regexp.MustCompile(`[0-9A-Za-z]{32,128}`).FindAllString(text, -1) {
		if len(run) > len(found) {
			found = run
		}
	}
	return found
}

// found are the transfers of a transaction that the customer names; without one, those that
// reached the wallet and were credited to nobody.
func found(ctx context.Context, a reads.Asked) ([]sheet.Entry, error) {
	list := []sheet.Entry{}
	text, named := a.Args["txid"]
	txid := txidIn(text.Text)
	if named && txid == "" {
		return list, nil
	}
	all, err := ask(ctx, a, txid)
	for _, t := range all {
		if (!named && t.Problem == "") || len(list) == selfservice.Offers {
			continue
		}
		t = t.Told()
		hint := sheet.Say("{network}", "{network}").With("network", sheet.Text(t.Network))
		amount := t.Amount
		list = append(list, sheet.Entry{
			ID: t.ID, Label: way(t), Hint: &hint, Amount: &amount, At: t.SeenAt, State: string(t.State),
			Facts: map[string]sheet.Fact{"problem": sheet.Code(string(t.Problem))}, Named: map[string]sheet.Figure{"amount": sheet.Money(t.Amount)},
		})
	}
	return list, err
}

func way(t onchain.Transfer) sheet.Sentence {
	if t.Direction == wallet.In {
		return sheet.Say("Received", "收到的转账")
	}
	return sheet.Say("Sent", "转出的转账")
}

// pick finds the transfer that a run is about, and all others of its customer.
func pick(ctx context.Context, a reads.Asked) (t onchain.Transfer, all []onchain.Transfer, err error) {
	if all, err = ask(ctx, a, ""); err != nil {
		return t, nil, err
	}
	payment, transfer := a.Args["payment"], a.Args["transfer"]
	at := slices.IndexFunc(all, func(t onchain.Transfer) bool {
		return (payment.Ref() != "" && t.TransactionID == payment.Ref()) || (transfer.Ref() != "" && t.ID == transfer.Ref())
	})
	switch {
	case at >= 0:
		return all[at], all, nil
	case transfer.Ref() == "":
		return t, nil, fault.New(fault.NotFound, "transfers.pick", "no network knows this payment")
	}
	t, err = reads.Ask(ctx, a, wallet.ReadOnchain, func(w chained, ctx context.Context, by wallet.Actor, customer string) (onchain.Transfer, error) {
		return w.Transfer(ctx, by, customer, transfer.Ref())
	})
	return t, all, err
}

// model is the address, among those that the customer sent to before, after which that of
// a transfer may have been made; "" for none.
func model(t onchain.Transfer, all []onchain.Transfer) string {
	var used []string
	for _, o := range all {
		if o.Direction == wallet.Out && o.SeenAt < t.SeenAt && o.Address != "" {
			used = append(used, o.Address)
		}
	}
	slices.Reverse(used) // the one that was used first
	return onchain.Model(t.Address, used)
}

// told is a transfer as its customer may hear of it.
func told(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	t, all, err := pick(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	t = t.Told()
	like := model(t, all)
	soFar := fmt.Sprint(t.Confirmations)
	s := sheet.Sheet{
		Facts: map[string]sheet.Fact{
			"incoming": sheet.Is(t.Direction == wallet.In), "state": sheet.Code(string(t.State)), "problem": sheet.Code(string(t.Problem)), "alike": sheet.Is(like != ""),
			"confirmations": sheet.Many(int64(t.Confirmations)), "needed": sheet.Many(int64(t.Needed)), "late": sheet.Is(t.ExpectedBy != 0 && a.Now > t.ExpectedBy), "left_wallet": sheet.Is(t.TxID != ""),
		},
		Named: map[string]sheet.Figure{
			"amount": sheet.Money(t.Amount), "network": sheet.Text(t.Network), "so_far": sheet.Word(soFar+" of "+fmt.Sprint(t.Needed), soFar+"/"+fmt.Sprint(t.Needed)),
		},
	}
	if t.SentOn != "" {
		s.Named["sent_on"] = sheet.Text(t.SentOn)
	}
	if t.ExpectedBy != 0 {
		s.Named["expected_by"] = sheet.At(t.ExpectedBy)
	}
	if !t.FeeSpent.None() {
		s.Named["spent"] = sheet.Money(t.FeeSpent)
	}
	s.Add(nil, rows(t, like != "")...)
	s.Add(nil, sideBySide(like, t.Address)...)
	bringBack(&s, t.Retrieval)
	byLaw(&s, t.Asking)
	if t.Explorer != "" {
		s.Add(nil, sheet.Row{Name: sheet.Say("Look at it in the network's explorer", "在区块浏览器中查看"), Link: t.Explorer})
	}
	return s, nil
}

// short is the name of a transaction or an address as far as one looks at it.
func short(s string) string {
	if len(s) <= 20 {
		return s
	}
	return s[:10] + "…" + s[len(s)-8:]
}

func rows(t onchain.Transfer, alike bool) []sheet.Row {
	list := []sheet.Row{
		sheet.Line(way(t), sheet.Money(t.Amount).Cell()), sheet.Line(sheet.Say("Network", "网络"), sheet.Text(t.Network).Cell()), sheet.Line(sheet.Say("State", "状态"), state(t).Status()),
	}
	if t.SentOn != "" {
		list = append(list, sheet.Line(sheet.Say("Sent on", "实际使用的网络"), sheet.Text(t.SentOn).Cell()).In(sheet.Warning))
	}
	if t.State == onchain.Pending || t.State == onchain.Confirmed {
		of := sheet.Say("{n} of {needed}", "{n} / {needed}").With("n", sheet.Number(int64(min(t.Confirmations, t.Needed)))).With("needed", sheet.Number(int64(t.Needed)))
		list = append(list, sheet.Line(sheet.Say("Confirmations", "网络确认数"), of.Cell()))
	}
	if t.TxID != "" {
		// In whole below, for the other side or an exchange can only be asked with it.
		list = append(list, sheet.Line(sheet.Say("Transaction id", "交易哈希"), sheet.Text(short(t.TxID)).Cell()).Noted(sheet.Say("{id}", "{id}").With("id", sheet.Text(t.TxID))))
	}
	if t.ReplacedBy != "" {
		list = append(list, sheet.Line(sheet.Say("In its place", "替代交易"), sheet.Text(short(t.ReplacedBy)).Cell()))
	}
	if t.Address != "" && !alike {
		list = append(list, sheet.Line(sheet.Say("Other address", "对方地址"), sheet.Text(short(t.Address)).Cell()))
	}
	return append(list, sheet.Line(sheet.Say("Seen", "时间"), sheet.At(t.SeenAt).Cell()))
}

func state(t onchain.Transfer) sheet.Sentence {
	switch t.State {
	case onchain.Pending:
		if t.TxID == "" {
			return sheet.Say("Not sent yet", "尚未发出")
		}
		return sheet.Say("Being confirmed", "确认中")
	case onchain.Confirmed:
		return sheet.Say("Confirmed, not credited", "已确认，未入账")
	case onchain.Arrived:
		if t.Direction == wallet.In {
			return sheet.Say("Credited", "已入账")
		}
		return sheet.Say("Arrived", "已到达对方地址")
	case onchain.Dropped:
		return sheet.Say("Dropped by the network", "已被网络丢弃")
	case onchain.Replaced:
		return sheet.Say("Replaced", "已被替代")
	case onchain.Failed:
		return sheet.Say("Failed", "执行失败")
	case onchain.Returned:
		return sheet.Say("Returned", "已退回")
	default:
		return sheet.Say("Held", "暂缓处理")
	}
}

// sideBySide compares the look-alike with the address that the customer uses. It never
// stands there as a whole, so that nobody copies it.
func sideBySide(yours, other string) []sheet.Row {
	var list []sheet.Row
	if yours == "" {
		return nil
	}
	for _, p := range onchain.Compare(yours, other) {
		name := sheet.Say("Characters {from} to {to}", "第 {from}–{to} 位").With("from", sheet.Number(int64(p.From))).With("to", sheet.Number(int64(p.To)))
		if p.Same {
			list = append(list, sheet.Line(name, sheet.Say("the same: {part}", "相同：{part}").With("part", sheet.Text(p.Yours)).Cell()))
			continue
		}
		list = append(list, sheet.Line(name, sheet.Say("yours {yours}, this one {other}", "您的 {yours}，这个 {other}").With("yours", sheet.Text(p.Yours)).With("other", sheet.Text(p.Other)).Cell()).In(sheet.Warning))
	}
	return list
}

// bringBack is whether the wallet can bring a transfer back, what that costs and how long
// it takes.
func bringBack(s *sheet.Sheet, r *onchain.Retrieval) {
	if r == nil {
		return
	}
	s.Facts["retrieval"], s.Facts["why"] = sheet.Code(string(r.Chance)), sheet.Code(r.Why)
	var list []sheet.Row
	if !r.Fee.None() && r.Chance != onchain.Impossible {
		s.Named["fee"], s.Named["left"] = sheet.Money(r.Fee), sheet.Money(r.Left)
		list = append(list, sheet.Line(sheet.Say("Costs", "费用"), sheet.Money(r.Fee).Cell()), sheet.Line(sheet.Say("You get", "您将收到"), sheet.Money(r.Left).Cell()))
	}
	if r.Hours[1] > 0 && r.Chance == onchain.Possible {
		least, most := sheet.Seconds(int64(r.Hours[0])*3600), sheet.Seconds(int64(r.Hours[1])*3600)
		takes := sheet.Say("{least} to {most}", "{least}至 {most}").With("least", least).With("most", most)
		s.Named["takes"] = sheet.Word(least.Line("en", false)+" to "+most.Line("en", false), least.Line("zh", false)+"至 "+most.Line("zh", false))
		if r.Hours[0] == 0 {
			takes = sheet.Say("at most {most}", "最多 {most}").With("most", most)
			s.Named["takes"] = sheet.Word("at most "+most.Line("en", false), "最多 "+most.Line("zh", false))
		}
		list = append(list, sheet.Line(sheet.Say("Takes", "需要"), takes.Cell()))
	}
	if r.AskBy != 0 {
		s.Named["ask_by"] = sheet.At(r.AskBy)
	}
	if r.ExpectedBy != 0 {
		s.Named["back_by"] = sheet.At(r.ExpectedBy)
	}
	heading := sheet.Say("Bringing it back", "找回")
	s.Add(&heading, list...)
}

// byLaw is what has to be told of a transfer, and where.
func byLaw(s *sheet.Sheet, a *onchain.Asking) {
	if a == nil {
		return
	}
	s.Facts["asking"], s.Named["asked_by"] = sheet.Code(a.State), sheet.At(a.DueAt)
	if a.State != onchain.Open {
		return
	}
	words := map[string]sheet.Sentence{
		"originator_name": sheet.Say("Who sent it", "付款人是谁"), "beneficiary_name": sheet.Say("Who receives it", "收款人是谁"), "own_address": sheet.Say("Whether the other address is your own", "对方地址是否属于您本人"),
		"exchange": sheet.Say("At which exchange the other side is", "对方使用哪家交易平台"), "purpose": sheet.Say("What it is for", "转账用途"), "source_of_funds": sheet.Say("Where the money comes from", "资金来源"),
	}
	var list []sheet.Row
	for _, code := range a.What {
		if w, known := words[code]; known {
			list = append(list, sheet.Row{Name: w})
		}
	}
	if len(list) < len(a.What) {
		list = append(list, sheet.Row{Name: sheet.Say("What else the form asks for", "表单中的其他问题")})
	}
	if a.Link != "" {
		list = append(list, sheet.Row{Name: sheet.Say("Answer in the wallet's own form", "在钱包自己的表单中填写"), Link: a.Link})
	}
	heading := sheet.Say("What is asked", "需要说明")
	s.Add(&heading, list...)
}

// notice is what the exchange that received money is to be told, ready for whoever of the
// house sends it. Whether anybody there can still stop it, nobody knows before.
func notice(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	t, _, err := pick(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	if t.Direction != wallet.Out || t.TxID == "" {
		return sheet.Sheet{}, fault.New(fault.NotFound, "transfers.notice", "nothing left for another address")
	}
	heading := sheet.Say("Notice to the receiving exchange", "致收款交易平台的通知")
	s := sheet.Sheet{Heading: &heading}
	s.Add(nil,
		sheet.Row{Name: sheet.Say(
			"To the compliance department: our customer reports that the following transfer was obtained by fraud. Please hold what is left of it, keep the records of the receiving account, and tell us to whom the police may turn. This claims nothing about the holder of that account.",
			"致合规部门：我们的客户报告，下列转账系因受骗转出。请暂停处理剩余资金，保存收款账户的记录，并告知警方可联系的部门。本通知不对该账户持有人作任何判断。",
		)},
		sheet.Line(sheet.Say("Network", "网络"), sheet.Text(t.Network).Cell()), sheet.Line(sheet.Say("Transaction id", "交易哈希"), sheet.Text(t.TxID).Cell()),
		sheet.Line(sheet.Say("Sent to", "收款地址"), sheet.Text(t.Address).Cell()), sheet.Line(sheet.Say("Amount", "金额"), sheet.Money(t.Amount).Cell()),
		sheet.Line(sheet.Say("Seen", "时间"), sheet.At(t.SeenAt).Cell()), sheet.Line(sheet.Say("Confirmations", "网络确认数"), sheet.Number(int64(t.Confirmations)).Cell()),
	)
	return s, nil
}
