// Package records has the reads about what happened to somebody's money: payments found by
// what is known of one, statements, what was spent on what, what stands behind a name on a
// statement, and where a payment may be that is missed.
package records

import (
	"context"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/internal/domain/form"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/statement"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// Part of the wallet.
type (
	customers interface {
		Customer(ctx context.Context, by wallet.Actor, id string) (wallet.Customer, error)
	}
	transactions interface {
		Transactions(ctx context.Context, by wallet.Actor, q wallet.Query) (wallet.Page, error)
	}
	papers interface {
		Statements(ctx context.Context, by wallet.Actor, customer string) ([]statement.Statement, error)
		Document(ctx context.Context, by wallet.Actor, customer, id, form string) (statement.Document, error)
	}
)

const (
	mostPages = 5
	offers    = 20
	lookBack  = 400 * 24 * time.Hour
)

// Reads are the reads of this package.
func Reads() []reads.Read {
	text := selfservice.Given{Type: selfservice.Text, Optional: true}
	found := map[string]sheet.Kind{"state": sheet.IsWord, "pending": sheet.IsYes, "incoming": sheet.IsYes}
	return []reads.Read{
		{Read: selfservice.Read{
			Name: "payments_found", List: true, Names: selfservice.Payment,
			With: map[string]selfservice.Given{
				"amount": {Type: selfservice.Amount, Optional: true}, "day": {Type: selfservice.Date, Optional: true}, "text": text,
				"which": {Type: selfservice.Choice, Optional: true}, "near": {Words: []string{"exact", "near"}},
			},
			Has: sheet.Declared{Facts: found, Figures: map[string]sheet.Named{"amount": {Shape: sheet.OfMoney, Always: true}}},
		}, Entries: paymentsFound},
		{Read: selfservice.Read{
			Name: "payment_told", With: map[string]selfservice.Given{"payment": {Type: selfservice.Entry}},
			Has: sheet.Declared{Facts: found, Figures: map[string]sheet.Named{"amount": {Shape: sheet.OfMoney, Always: true}}},
		}, Sheet: paymentTold},
		{Read: selfservice.Read{
			Name: "statement_list", List: true, With: map[string]selfservice.Given{},
			Has: sheet.Declared{Facts: map[string]sheet.Kind{"ready": sheet.IsYes, "kept": sheet.IsYes}},
		}, Entries: statementList},
		{Read: selfservice.Read{
			Name: "statement_told", With: map[string]selfservice.Given{"statement": {Type: selfservice.Entry}},
			Has: sheet.Declared{Facts: map[string]sheet.Kind{"ready": sheet.IsYes, "kept": sheet.IsYes, "quiet": sheet.IsYes}},
		}, Sheet: statementTold},
		{Read: selfservice.Read{
			Name: "spending", With: map[string]selfservice.Given{"month": {Words: []string{"this", "last"}}},
			Has: sheet.Declared{Facts: map[string]sheet.Kind{"spent": sheet.IsYes, "currencies": sheet.IsCount, "more": sheet.IsYes, "cut": sheet.IsYes}},
		}, Sheet: spending},
		{Read: selfservice.Read{
			Name: "descriptor", With: map[string]selfservice.Given{"text": {Type: selfservice.Text}},
			Has: sheet.Declared{Facts: map[string]sheet.Kind{"found": sheet.IsCount, "subscription": sheet.IsYes}, Figures: map[string]sheet.Named{"name": {Shape: sheet.OfText}}},
		}, Sheet: descriptor},
		{Read: selfservice.Read{
			Name: "missed", With: map[string]selfservice.Given{"amount": {Type: selfservice.Amount, Optional: true}},
			Has: sheet.Declared{Facts: map[string]sheet.Kind{"pending": sheet.IsCount, "accounts": sheet.IsCount, "failed": sheet.IsCount}, Figures: map[string]sheet.Named{"zone": {Shape: sheet.OfText, Always: true}}},
		}, Sheet: missed},
	}
}

// history is what a read looks through.
type history struct {
	all  []wallet.Transaction // as their customer may hear of them, the newest first
	zone *time.Location
	cut  bool // there is more than was looked through
}

// look reads a customer's transactions since a time.
func look(ctx context.Context, a reads.Asked, back time.Duration) (history, error) {
	h := history{zone: time.UTC}
	who, err := reads.Ask(ctx, a, wallet.ReadCustomer, customers.Customer)
	if err != nil {
		return h, err
	}
	if zone, err := time.LoadLocation(who.TimeZone); err == nil && who.TimeZone != "" {
		h.zone = zone
	}
	h.all, err = reads.Ask(ctx, a, wallet.ReadTransactions, func(w transactions, ctx context.Context, by wallet.Actor, customer string) ([]wallet.Transaction, error) {
		q := wallet.Query{CustomerID: customer, From: a.Now - wallet.Time(back.Microseconds()), Limit: wallet.MaxPage}
		var list []wallet.Transaction
		for range mostPages {
			page, err := w.Transactions(ctx, by, q)
			if err != nil {
				return nil, err
			}
			for _, t := range page.Items {
				list = append(list, t.ForCustomer())
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				return list, nil
			}
		}
		h.cut = true
		return list, nil
	})
	return h, err
}

// pending tells whether a payment is not over yet.
func pending(t wallet.Transaction) bool {
	return slices.Contains([]wallet.State{
		wallet.Initiated, wallet.RequiresAction, wallet.Authorised, wallet.Captured, wallet.PartiallyCaptured, wallet.Processing, wallet.Unknown, wallet.RefundPending,
		wallet.FailedAfterDebit, wallet.AutoReversal,
	}, t.State)
}

// wanted is what is known of a payment that is looked for.
type wanted struct {
	amount *wallet.Money
	day    wallet.Time
	text   string
	which  string
	near   bool // a day before or after, or a tenth of the sum more or less
}

func wantedOf(a reads.Asked) wanted {
	w := wanted{which: a.Args["which"].Text, near: a.Words["near"] == "near"}
	w.amount, w.day = a.Args["amount"].Money, a.Args["day"].At
	w.text = strings.ToLower(strings.TrimSpace(a.Args["text"].Text))
	return w
}

func (w wanted) fits(t wallet.Transaction, zone *time.Location) bool {
	if (w.which == "out" && t.Direction != wallet.Out) || (w.which == "in" && t.Direction != wallet.In) || (w.which == "pending" && !pending(t)) {
		return false
	}
	if w.text != "" && !named(t, w.text) {
		return false
	}
	if w.amount != nil {
		within := t.Amount.Cmp(*w.amount) == 0
		if w.near {
			most, least := tenth(*w.amount, 11), tenth(*w.amount, 9)
			within = t.Amount.Cmp(least) >= 0 && t.Amount.Cmp(most) <= 0
		}
		if !within || t.Amount.Currency() != w.amount.Currency() {
			return false
		}
	}
	if w.day != 0 {
		days := int(dayOf(t.CreatedAt, zone).Sub(w.day.Std()) / (24 * time.Hour))
		if days != 0 && !(w.near && days >= -2 && days <= 2) {
			return false
		}
	}
	return true
}

// tenth is so many tenths of a sum, cut off below the smallest unit.
func tenth(m wallet.Money, tenths int64) wallet.Money {
	units := m.Smallest()
	units.Mul(units, big.NewInt(tenths)).Quo(units, big.NewInt(10))
	part, err := wallet.Units(units, m.Currency(), m.Scale())
	if err != nil {
		return m
	}
	return part
}

// dayOf is the day of an instant where somebody is, as midnight in UTC: so dates are
// entered.
func dayOf(at wallet.Time, zone *time.Location) time.Time {
	t := at.Std().In(zone)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

func named(t wallet.Transaction, text string) bool {
	names := []string{t.Party()}
	if t.Merchant != nil {
		names = append(names, t.Merchant.Descriptor)
	}
	return strings.Contains(strings.ToLower(strings.Join(names, "\n")), text)
}

func paymentsFound(ctx context.Context, a reads.Asked) ([]sheet.Entry, error) {
	h, err := look(ctx, a, lookBack)
	if err != nil {
		return nil, err
	}
	w := wantedOf(a)
	list := []sheet.Entry{}
	for _, t := range h.all {
		if w.fits(t, h.zone) && len(list) < offers {
			list = append(list, entryOf(t))
		}
	}
	return list, nil
}

func entryOf(t wallet.Transaction) sheet.Entry {
	hint, amount := stands(t), t.Amount
	return sheet.Entry{
		ID: t.ID, Label: sheet.Say("{party}", "{party}").With("party", partyOf(t)), Hint: &hint, Amount: &amount, At: t.CreatedAt, State: string(t.State),
		Facts: factsOf(t), Named: map[string]sheet.Figure{"amount": sheet.Money(t.Amount)},
	}
}

func factsOf(t wallet.Transaction) map[string]sheet.Fact {
	return map[string]sheet.Fact{"state": sheet.Code(string(t.State)), "pending": sheet.Is(pending(t)), "incoming": sheet.Is(t.Direction == wallet.In)}
}

// partyOf is who is on the other side: a shop by its name, a person by theirs.
func partyOf(t wallet.Transaction) sheet.Figure {
	switch {
	case t.Merchant != nil && t.Merchant.Name != "":
		return sheet.Text(t.Merchant.Name)
	case t.Counterparty != nil && t.Counterparty.Name != "":
		return sheet.Person(t.Counterparty.Name)
	default:
		kind := kinds()[t.Kind]
		return sheet.Figure{Texts: kind.Text}
	}
}

// stands is how a payment stands, in a few words.
func stands(t wallet.Transaction) sheet.Sentence {
	in := t.Direction == wallet.In
	switch {
	case t.State == wallet.Unknown:
		return sheet.Say("Not confirmed yet", "结果待确认")
	case t.State == wallet.Authorised:
		return sheet.Say("Set aside, not taken yet", "已预授权，尚未扣款")
	case t.State == wallet.RefundPending:
		return sheet.Say("A refund is on its way", "退款处理中")
	case t.State == wallet.FailedAfterDebit || t.State == wallet.AutoReversal:
		return sheet.Say("Failed, the money comes back", "失败，款项退回中")
	case pending(t) && in:
		return sheet.Say("On its way to you", "入账处理中")
	case pending(t):
		return sheet.Say("On its way", "处理中")
	case t.State == wallet.Refunded || t.State == wallet.PartiallyRefunded:
		return sheet.Say("Given back, whole or in part", "已全部或部分退款")
	case t.State == wallet.Disputed || t.State == wallet.ProvisionalCredit:
		return sheet.Say("Disputed", "争议处理中")
	case t.State == wallet.Reversed:
		return sheet.Say("Came back", "已退回")
	case t.State.Failing():
		return sheet.Say("Not made, nothing was taken", "未完成，未扣款")
	case in:
		return sheet.Say("Received", "已入账")
	default:
		return sheet.Say("Paid", "已付款")
	}
}

func paymentTold(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	h, err := look(ctx, a, lookBack)
	if err != nil {
		return sheet.Sheet{}, err
	}
	id := a.Args["payment"].Ref()
	i := slices.IndexFunc(h.all, func(t wallet.Transaction) bool { return t.ID == id })
	if i < 0 {
		return sheet.Sheet{}, fault.New(fault.NotFound, "records.paymentTold", "there is no such payment")
	}
	t := h.all[i]
	heading := sheet.Say("{party}", "{party}").With("party", partyOf(t))
	s := sheet.Sheet{Heading: &heading, Facts: factsOf(t), Named: map[string]sheet.Figure{"amount": sheet.Money(t.Amount)}}
	rows := []sheet.Row{
		sheet.Line(sheet.Say("Amount", "金额"), sheet.Money(t.Amount).Cell()), sheet.Line(sheet.Say("Status", "状态"), stands(t).Status()),
		sheet.Line(sheet.Say("Kind", "类型"), kinds()[t.Kind].Cell()), sheet.Line(sheet.Say("When", "时间"), sheet.At(t.CreatedAt).Cell()),
	}
	for _, f := range t.Fees {
		rows = append(rows, sheet.Line(sheet.Say("Fee", "手续费"), sheet.Money(f.Amount).Cell()))
	}
	if x := t.Exchange; x != nil {
		rows = append(rows, sheet.Line(sheet.Say("Changed at", "汇率"), sheet.Text(x.Rate).Cell()))
	}
	if t.ExpectedBy != 0 && pending(t) {
		rows = append(rows, sheet.Line(sheet.Say("There by", "预计到账"), sheet.At(t.ExpectedBy).Cell()))
	}
	if m := t.Merchant; m != nil {
		if m.Descriptor != "" && m.Descriptor != m.Name {
			rows = append(rows, sheet.Line(sheet.Say("On statements as", "账单上显示为"), sheet.Text(m.Descriptor).Cell()))
		}
		rows = append(rows, sheet.Line(sheet.Say("Category", "分类"), categories()[statement.CategoryOf(t)].Cell()))
	}
	s.Add(nil, rows...)
	return s, nil
}

func descriptor(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	h, err := look(ctx, a, lookBack)
	if err != nil {
		return sheet.Sheet{}, err
	}
	text := simplified(a.Args["text"].Text)
	s := sheet.Sheet{Facts: map[string]sheet.Fact{"found": sheet.Many(0), "subscription": sheet.Is(false)}, Named: map[string]sheet.Figure{}}
	type shop struct {
		last  wallet.Transaction
		count int64
	}
	shops, order := map[string]*shop{}, []string{}
	for _, t := range h.all {
		m := t.Merchant
		if m == nil || text == "" || !(strings.Contains(simplified(m.Name), text) || strings.Contains(simplified(m.Descriptor), text) || (len([]rune(simplified(m.Descriptor))) > 3 && strings.Contains(text, simplified(m.Descriptor)))) {
			continue
		}
		if shops[m.Name] == nil {
			shops[m.Name] = &shop{last: t}
			order = append(order, m.Name)
		}
		shops[m.Name].count++
	}
	for _, name := range order[:min(len(order), 5)] {
		x := shops[name]
		heading := sheet.Say("{name}", "{name}").With("name", sheet.Text(name))
		rows := []sheet.Row{
			sheet.Line(sheet.Say("On statements as", "账单上显示为"), sheet.Text(firstOf(x.last.Merchant.Descriptor, name)).Cell()),
			sheet.Line(sheet.Say("Category", "分类"), categories()[statement.CategoryOf(x.last)].Cell()),
			sheet.Line(sheet.Say("Payments", "付款次数"), sheet.Number(x.count).Cell()), sheet.Line(sheet.Say("Last one", "最近一笔"), sheet.Money(x.last.Amount).Cell()),
			sheet.Line(sheet.Say("On", "时间"), sheet.At(x.last.CreatedAt).Cell()),
		}
		if statement.CategoryOf(x.last) == statement.Subscriptions {
			s.Facts["subscription"] = sheet.Is(true)
		}
		s.Add(&heading, rows...)
	}
	if len(order) > 0 {
		s.Facts["found"], s.Named["name"] = sheet.Many(int64(len(order))), sheet.Text(order[0])
	}
	return s, nil
}

// simplified is a name as people write it from a statement: without case, marks and
// spaces.
func simplified(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" *.-_/#,'\t\u00a0\u3000", r) {
			return -1
		}
		return r
	}, strings.ToLower(text))
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// missed says where a payment may be that is not where somebody looks: not settled yet,
// in another account, on another day where the shop is, or never made.
func missed(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	h, err := look(ctx, a, 45*24*time.Hour)
	if err != nil {
		return sheet.Sheet{}, err
	}
	want := a.Args["amount"].Money
	accounts := map[string]bool{}
	var waiting, failed []sheet.Row
	count := [2]int64{}
	for _, t := range h.all {
		accounts[t.AccountID] = true
		if want != nil && (t.Amount.Currency() != want.Currency() || t.Amount.Cmp(*want) != 0) {
			continue
		}
		row := sheet.Line(sheet.Say("{party}", "{party}").With("party", partyOf(t)), sheet.Money(t.Amount).Cell())
		note := sheet.Say("{how}, {at}", "{how}，{at}").With("at", sheet.At(t.CreatedAt)).With("how", sheet.Figure{Texts: stands(t).Text})
		row.Note = &note
		switch {
		case pending(t):
			if count[0]++; len(waiting) < 5 {
				waiting = append(waiting, row)
			}
		case t.State.Failing():
			if count[1]++; len(failed) < 5 {
				failed = append(failed, row)
			}
		}
	}
	s := sheet.Sheet{
		Facts: map[string]sheet.Fact{"pending": sheet.Many(count[0]), "failed": sheet.Many(count[1]), "accounts": sheet.Many(int64(len(accounts)))},
		Named: map[string]sheet.Figure{"zone": sheet.Text(h.zone.String())},
	}
	for _, part := range []struct {
		heading sheet.Sentence
		rows    []sheet.Row
	}{
		{sheet.Say("Not settled yet", "尚未结算"), waiting}, {sheet.Say("Not made", "未完成"), failed},
	} {
		s.Add(&part.heading, part.rows...)
	}
	return s, nil
}

// KindIn is what a kind of payment is called, by which one is named that went to nobody,
// such as an exchange; "" for a kind that is not known.
func KindIn(k wallet.Kind, lang string) string { return kinds()[k].Text.In(lang) }

func kinds() map[wallet.Kind]sheet.Sentence {
	return map[wallet.Kind]sheet.Sentence{
		wallet.KindPayment: sheet.Say("Payment online", "线上付款"), wallet.KindInStore: sheet.Say("Payment in a shop", "线下付款"), wallet.KindTransfer: sheet.Say("Transfer", "转账"),
		wallet.KindTopUp: sheet.Say("Top-up", "充值"), wallet.KindWithdrawal: sheet.Say("Withdrawal", "提现"), wallet.KindBill: sheet.Say("Bill", "缴费"),
		wallet.KindExchange: sheet.Say("Exchange", "兑换"), wallet.KindCrypto: sheet.Say("Crypto transfer", "加密货币转账"), wallet.KindRefund: sheet.Say("Refund", "退款"),
		wallet.KindReversal: sheet.Say("Taken back", "撤销"), wallet.KindFee: sheet.Say("Fee", "费用"), wallet.KindAdjustment: sheet.Say("Adjustment", "调整"),
		wallet.KindGoodwill: sheet.Say("Goodwill from us", "我们赠予的补偿"),
	}
}

func categories() map[statement.Category]sheet.Sentence {
	return map[statement.Category]sheet.Sentence{
		statement.Groceries: sheet.Say("Groceries", "日用食品"), statement.EatingOut: sheet.Say("Eating out", "餐饮"), statement.Shopping: sheet.Say("Shopping", "购物"),
		statement.Transport: sheet.Say("Getting around", "交通出行"), statement.Travel: sheet.Say("Travel", "旅行"), statement.Health: sheet.Say("Health", "医疗健康"),
		statement.Subscriptions: sheet.Say("Subscriptions", "订阅会员"), statement.Bills: sheet.Say("Bills", "生活缴费"), statement.People: sheet.Say("To people", "转给他人"),
		statement.Fees: sheet.Say("Fees", "手续费"), statement.Other: sheet.Say("Other", "其他"),
	}
}

// monthName is a month in both languages.
func monthName(at wallet.Time, zone *time.Location) form.Texts {
	t := at.Std().In(zone)
	return form.Texts{"en": t.Format("January 2006"), "zh": strconv.Itoa(t.Year()) + "年" + strconv.Itoa(int(t.Month())) + "月"}
}
