package fees

import (
	"context"
	"math/big"

	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/tariff"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// quote is what one thing costs: worked out exactly from the line of the schedule that
// counts now, with what it would cost after an announced change. Errors: NotFound when the
// fee counts no more.
func quote(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	b, err := read(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	line, err := b.find(a.Args["fee"].Ref(), a.Now)
	if err != nil {
		return sheet.Sheet{}, err
	}
	if a.Args["amount"].Money == nil {
		return sheet.Sheet{}, fault.New(fault.Internal, "fees.quote", "there is no amount")
	}
	amount, name := *a.Args["amount"].Money, nameOf(line, true)
	s := sheet.Sheet{
		Heading: &name, Named: map[string]sheet.Figure{}, Facts: map[string]sheet.Fact{"exchange": sheet.Is(line.Margin != ""), "known": sheet.Is(!line.PassedOn), "other_currency": sheet.Is(false)},
	}
	if line.Currency != "" {
		s.Named["currency"] = sheet.Text(line.Currency)
	}
	rule := sheet.Say("How it is worked out", "计算方式")
	switch {
	case line.Currency != "" && line.Currency != amount.Currency():
		s.Facts["other_currency"], s.Facts["known"] = sheet.Is(true), sheet.Is(false)
		s.Add(&rule, named(nameOf(line, true), line)...)
		return s, nil
	case line.PassedOn:
		s.Add(nil, sumRow("Amount", "金额", amount), sheet.Line(sheet.Say("Fee", "手续费"), chargeOf(line)))
		return s, nil
	}
	cost, err := costOf(line, amount)
	if err != nil {
		return s, err
	}
	total, err := amount.Add(cost)
	if err != nil {
		return s, err
	}
	s.Facts["free"] = sheet.Is(cost.Sign() == 0)
	s.Named["fee"], s.Named["total"] = sheet.Money(cost), sheet.Money(total)
	fee := sheet.Line(sheet.Say("Fee", "手续费"), sheet.Money(cost).Cell())
	if cost.Sign() == 0 {
		fee = sheet.Line(sheet.Say("Fee", "手续费"), sheet.Say("Free", "免费").Cell()).In(sheet.Good)
	}
	rows := []sheet.Row{sumRow("Amount", "金额", amount), fee, sumRow("Together", "合计", total)}
	if line.Margin != "" { // it is part of the rate, and nothing on top of it
		rows = []sheet.Row{sumRow("Amount", "金额", amount), sumRow("Of it our margin, about", "其中换汇加点约", cost)}
	}
	s.Add(nil, rows...)
	s.Add(&rule, named(nameOf(line, false), line)...)
	b.later(&s, line, amount)
	return s, nil
}

// later adds what the same costs after a change that was announced.
func (b board) later(s *sheet.Sheet, line tariff.Line, amount wallet.Money) {
	next := changeOf(line, b.Changes(b.country, b.now))
	if next == nil {
		return
	}
	s.Facts["changes"], s.Named["changes_on"] = sheet.Is(true), sheet.Date(next.From)
	heading := sheet.Say("From {day}", "{day} 起").With("day", sheet.Day(next.From))
	rows := named(nameOf(*next, false), *next)
	if cost, err := costOf(*next, amount); err == nil {
		rows = append([]sheet.Row{sumRow("Fee for the same amount", "相同金额的手续费", cost)}, rows...)
	}
	s.Add(&heading, rows...)
}

// costOf is what a line charges for an amount; of an exchange the margin's share of it,
// rounded half up to the smallest unit.
func costOf(l tariff.Line, amount wallet.Money) (wallet.Money, error) {
	if l.Margin == "" {
		return l.Cost(amount)
	}
	margin, ok := new(big.Rat).SetString(l.Margin)
	if !ok {
		return wallet.Money{}, fault.New(fault.Unavailable, "fees.costOf", "a margin is no number")
	}
	part := margin.Mul(margin, new(big.Rat).SetFrac(amount.Smallest(), big.NewInt(100)))
	twice := new(big.Int).Mul(part.Num(), big.NewInt(2))
	units := twice.Add(twice, part.Denom()).Quo(twice, new(big.Int).Mul(part.Denom(), big.NewInt(2)))
	return wallet.Units(units, amount.Currency(), amount.Scale())
}

// why is what was charged for one payment, fee by fee as the ledger has it, with the rule
// of the schedule that counted then. Errors: NotFound.
func why(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	b, err := read(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	t, err := reads.Ask(ctx, a, wallet.ReadTransactions, func(from recording, ctx context.Context, by wallet.Actor, customer string) (wallet.Transaction, error) {
		return from.Transaction(ctx, by, customer, a.Args["payment"].Ref())
	})
	if err != nil {
		return sheet.Sheet{}, err
	}
	charged := t.Fees
	if t.Kind == wallet.KindFee && len(charged) == 0 { // it is a fee of its own
		charged = []wallet.Fee{{Kind: t.Note, Amount: t.Amount}}
	}
	s := sheet.Sheet{Named: map[string]sheet.Figure{}}
	explained, differs, unlisted := len(charged) > 0, false, false
	total := wallet.Money{}
	for _, f := range charged {
		if total, err = plus(total, f.Amount); err != nil {
			return s, fault.New(fault.Unavailable, "fees.why", "the fees of a payment are of two currencies")
		}
		rows, as := b.because(t, f)
		explained, differs, unlisted = explained && as == asListed, differs || as == otherwise, unlisted || as == notListed
		en, zh := Word(tariff.Kind(f.Kind))
		heading := sheet.Say(en, zh)
		s.Add(&heading, rows...)
	}
	if x := t.Exchange; x != nil {
		heading := sheet.Say("Exchange", "换汇")
		rows := []sheet.Row{sumRow("From", "换出", x.From), sumRow("To", "换入", x.To), sheet.Line(sheet.Say("Rate", "汇率"), sheet.Text(x.Rate).Cell())}
		if l, ok := tariff.Of(b.At(b.country, t.CreatedAt), tariff.Exchange, t.Rail, x.From.Currency()); ok {
			rows = append(rows, sheet.Line(sheet.Say("In this rate", "其中"), chargeOf(l)))
		}
		s.Add(&heading, rows...)
	}
	if !total.None() {
		s.Named["total"] = sheet.Money(total)
	}
	s.Facts = map[string]sheet.Fact{
		"many": sheet.Many(int64(len(charged))), "explained": sheet.Is(explained), "differs": sheet.Is(differs), "unlisted": sheet.Is(unlisted), "exchange": sheet.Is(t.Exchange != nil),
	}
	return s, nil
}

func plus(sum, more wallet.Money) (wallet.Money, error) {
	if sum.None() {
		return more, nil
	}
	return sum.Add(more)
}

// How a fee that was charged stands to the schedule.
const (
	asListed  = "as_listed"
	otherwise = "otherwise"
	notListed = "not_listed"
	passedOn  = "passed_on"
)

// because is why a fee was charged: the rule that counted when the payment was made, and
// whether it comes to that.
func (b board) because(t wallet.Transaction, f wallet.Fee) ([]sheet.Row, string) {
	charged := sumRow("Charged", "已收取", f.Amount)
	line, ok := tariff.Of(b.At(b.country, t.CreatedAt), tariff.Kind(f.Kind), t.Rail, f.Amount.Currency())
	if !ok {
		return []sheet.Row{charged, sheet.Line(sheet.Say("In the list of fees", "收费标准"), sheet.Say("There is none of this name", "没有此项收费").Cell()).In(sheet.Warning)}, notListed
	}
	rows := append([]sheet.Row{charged}, named(sheet.Say("The rule", "收费规则"), line)...)
	if line.PassedOn || line.Margin != "" {
		return rows, passedOn
	}
	of := t.Amount
	if t.Kind == wallet.KindFee { // it is charged for a time, not for an amount
		of, _ = wallet.Units(new(big.Int), f.Amount.Currency(), f.Amount.Scale())
	}
	cost, err := line.Cost(of)
	switch {
	case err != nil: // the amount is of another currency than the fee
		return rows, passedOn
	case cost.Cmp(f.Amount) == 0:
		return append(rows, sheet.Line(sheet.Say("For this amount that is", "按此金额为"), sheet.Money(cost).Cell()).In(sheet.Good)), asListed
	default:
		return append(rows, sheet.Line(sheet.Say("For this amount that is", "按此金额为"), sheet.Money(cost).Cell()).In(sheet.Warning)), otherwise
	}
}
