// Package cards has the reads about what somebody pays with: what rests on a card, who
// may charge it again and again, and the wallet's own form in which a new one is added. No
// number of a card is asked for or told here.
package cards

import (
	"context"
	"slices"
	"strings"
	"time"

	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/instrument"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// Parts of the wallet.
type (
	held interface {
		Instruments(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Instrument, error)
	}
	used interface {
		Uses(ctx context.Context, by wallet.Actor, customer, id string) (instrument.Uses, error)
	}
	permitted interface {
		Mandates(ctx context.Context, by wallet.Actor, customer string) ([]instrument.Mandate, error)
	}
	adding interface {
		Link(ctx context.Context, by wallet.Actor, a instrument.Adding) (instrument.Link, error)
	}
)

// Reads are the reads of this package.
func Reads() []reads.Read {
	card := selfservice.Given{Type: selfservice.Instrument}
	return []reads.Read{
		{Read: selfservice.Read{
			Name: "card_told", With: map[string]selfservice.Given{"card": card},
			Has: sheet.Declared{Facts: map[string]sheet.Kind{
				"status": sheet.IsWord, "default": sheet.IsYes, "business": sheet.IsYes, "renewed": sheet.IsYes, "verification": sheet.IsWord, "name_match": sheet.IsWord,
				"others": sheet.IsCount, "removed": sheet.IsYes,
			}, Figures: map[string]sheet.Named{"label": {Shape: sheet.OfText, Always: true}, "renewed_at": {Shape: sheet.OfTime}}},
		}, Sheet: cardTold},
		{Read: selfservice.Read{
			Name: "card_uses", With: map[string]selfservice.Given{"card": card},
			Has: sheet.Declared{Facts: map[string]sheet.Kind{
				"removable": sheet.IsYes, "payments": sheet.IsCount, "refunds": sheet.IsCount, "mandates": sheet.IsCount, "endable": sheet.IsCount, "last": sheet.IsYes, "default": sheet.IsYes,
				"else": sheet.IsYes,
			}},
		}, Sheet: cardUses},
		{Read: selfservice.Read{
			Name: "card_mandates", List: true, With: map[string]selfservice.Given{"card": card},
			Has: sheet.Declared{Facts: map[string]sheet.Kind{"cancellable": sheet.IsYes}, Figures: map[string]sheet.Named{"merchant": {Shape: sheet.OfText, Always: true}}},
		}, Entries: cardMandates},
		{Read: selfservice.Read{
			Name: "card_form", With: map[string]selfservice.Given{"try": {Words: []string{"first", "second"}}},
			Has: sheet.Declared{Facts: map[string]sheet.Kind{"state": sheet.IsWord, "why": sheet.IsWord, "tries": sheet.IsCount}, Figures: map[string]sheet.Named{"until": {Shape: sheet.OfTime, Always: true}}},
		}, Sheet: cardForm},
	}
}

func instruments(ctx context.Context, a reads.Asked) ([]wallet.Instrument, error) {
	return reads.Ask(ctx, a, wallet.ReadInstruments, held.Instruments)
}

func labelOf(i wallet.Instrument) string {
	return strings.TrimSpace(i.Brand + " •••• " + i.Last4)
}

// cardTold is a card as its customer may see it.
func cardTold(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	all, err := instruments(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	id := a.Args["card"].Ref()
	at := slices.IndexFunc(all, func(i wallet.Instrument) bool { return i.ID == id })
	if at < 0 {
		return sheet.Sheet{}, fault.New(fault.NotFound, "cards.cardTold", "there is no such card")
	}
	i, others := all[at], int64(0)
	for _, o := range all {
		if o.ID != i.ID && o.Status == "active" {
			others++
		}
	}
	heading := sheet.Say("{label}", "{label}").With("label", sheet.Text(labelOf(i)))
	s := sheet.Sheet{Heading: &heading, Named: map[string]sheet.Figure{"label": sheet.Text(labelOf(i))}, Facts: map[string]sheet.Fact{
		"status": sheet.Code(i.Status), "default": sheet.Is(i.Default), "business": sheet.Is(i.Holder == wallet.Business), "renewed": sheet.Is(i.RenewedAt != 0),
		"verification": sheet.Code(i.Verification), "name_match": sheet.Code(i.NameMatch), "others": sheet.Many(others), "removed": sheet.Is(i.Status == "removed"),
	}}
	if i.RenewedAt != 0 {
		s.Named["renewed_at"] = sheet.At(i.RenewedAt)
	}
	rows := []sheet.Row{sheet.Line(sheet.Say("Status", "状态"), statusOf(i).Status())}
	if i.Status != "active" {
		rows[0] = rows[0].In(sheet.Warning)
	}
	if i.Expiry != "" {
		rows = append(rows, sheet.Line(sheet.Say("Valid until", "有效期至"), expiryOf(i.Expiry).Cell()))
	}
	if i.Default {
		rows = append(rows, sheet.Row{Name: sheet.Say("Paid with where you choose nothing else", "默认付款方式")})
	}
	if i.Holder == wallet.Business {
		rows = append(rows, sheet.Row{Name: sheet.Say("A business card", "商务卡")})
	}
	if i.RenewedAt != 0 {
		rows = append(rows, sheet.Line(sheet.Say("Renewed by its bank", "发卡行已自动更新"), sheet.Day(i.RenewedAt).Cell()))
	}
	s.Add(nil, rows...)
	return s, nil
}

// expiryOf is the month until which a card is valid as it stands on cards, or as the wallet
// wrote it, where that is no month.
func expiryOf(written string) sheet.Figure {
	at, err := time.Parse("2006-01", written)
	if err != nil {
		return sheet.Text(written)
	}
	return sheet.Word(at.Format("01/06"), at.Format("2006年1月"))
}

func statusOf(i wallet.Instrument) sheet.Sentence {
	switch {
	case i.Status == "expired":
		return sheet.Say("Expired", "已过期")
	case i.Status == "blocked":
		return sheet.Say("Blocked", "已停用")
	case i.Status == "removed":
		return sheet.Say("Removed", "已移除")
	case i.Verification == "pending":
		return sheet.Say("Being verified", "验证中")
	case i.Verification == "failed" || i.Verification == "exhausted":
		return sheet.Say("Not verified", "未通过验证")
	default:
		return sheet.Say("In use", "正常")
	}
}

// cardUses is what rests on a card.
func cardUses(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	id := a.Args["card"].Ref()
	u, err := reads.Ask(ctx, a, wallet.ReadUses, func(w used, ctx context.Context, by wallet.Actor, customer string) (instrument.Uses, error) {
		return w.Uses(ctx, by, customer, id)
	})
	if err != nil {
		return sheet.Sheet{}, err
	}
	endable := 0
	for _, m := range u.Mandates {
		if m.Cancellable {
			endable++
		}
	}
	rests := len(u.Payments)+len(u.Refunds)+len(u.Mandates) > 0
	s := sheet.Sheet{Facts: map[string]sheet.Fact{
		"removable": sheet.Is(u.Removable), "payments": sheet.Many(int64(len(u.Payments))), "refunds": sheet.Many(int64(len(u.Refunds))), "mandates": sheet.Many(int64(len(u.Mandates))),
		"endable": sheet.Many(int64(endable)), "last": sheet.Is(u.Last), "default": sheet.Is(u.Default), "else": sheet.Is(!u.Removable && !rests),
	}}
	var rows []sheet.Row
	if n := len(u.Payments); n > 0 {
		rows = append(rows, sheet.Line(sheet.Say("Payments that are not over", "未完成的付款"), sheet.Number(int64(n)).Cell()).In(sheet.Warning))
	}
	if n := len(u.Refunds); n > 0 {
		rows = append(rows, sheet.Line(sheet.Say("Refunds that come back to it", "将退回此卡的退款"), sheet.Number(int64(n)).Cell()).In(sheet.Warning))
	}
	for _, m := range u.Mandates[:min(len(u.Mandates), 10)] {
		row := sheet.Line(sheet.Say("{merchant}", "{merchant}").With("merchant", sheet.Text(m.Merchant)), amountOf(m)).In(sheet.Warning)
		if m.NextAt != 0 {
			note := sheet.Say("Charges next on {next}", "下次扣款 {next}").With("next", sheet.Day(m.NextAt))
			row.Note = &note
		}
		rows = append(rows, row)
	}
	if !rests {
		rows = append(rows, sheet.Row{Name: sheet.Say("Nothing rests on it", "没有未完成的付款、退款或自动扣款"), Tone: sheet.Good})
	}
	s.Add(nil, rows...)
	return s, nil
}

func amountOf(m instrument.Mandate) sheet.Cell {
	if m.Amount.None() {
		return sheet.Say("another sum each time", "金额不固定").Cell()
	}
	return sheet.Money(m.Amount).Cell()
}

// cardMandates are the mandates of a card that can be ended here.
func cardMandates(ctx context.Context, a reads.Asked) ([]sheet.Entry, error) {
	all, err := reads.Ask(ctx, a, wallet.ReadMandates, permitted.Mandates)
	if err != nil {
		return nil, err
	}
	id, list := a.Args["card"].Ref(), []sheet.Entry{}
	for _, m := range all {
		if m.InstrumentID != id || !m.Cancellable || len(list) == selfservice.Offers {
			continue
		}
		e := sheet.Entry{
			ID: m.ID, Label: sheet.Say("{merchant}", "{merchant}").With("merchant", sheet.Text(m.Merchant)), State: m.State, Facts: map[string]sheet.Fact{"cancellable": sheet.Is(true)},
			Named: map[string]sheet.Figure{"merchant": sheet.Text(m.Merchant)},
		}
		if !m.Amount.None() {
			e.Amount = &m.Amount
		}
		if m.NextAt != 0 {
			hint := sheet.Say("Charges next on {next}", "下次扣款 {next}").With("next", sheet.Day(m.NextAt))
			e.Hint = &hint
		}
		list = append(list, e)
	}
	return list, nil
}

// cardForm opens the wallet's form for adding a card, once for each run and try, and tells
// what became of it.
func cardForm(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	l, err := reads.Ask(ctx, a, wallet.ReadLinks, func(w adding, ctx context.Context, by wallet.Actor, customer string) (instrument.Link, error) {
		return w.Link(ctx, by, instrument.Adding{Key: "form-" + a.Run + "-" + a.Words["try"], CustomerID: customer, Type: "card"})
	})
	if err != nil {
		return sheet.Sheet{}, err
	}
	s := sheet.Sheet{
		Facts: map[string]sheet.Fact{"state": sheet.Code(string(l.State)), "why": sheet.Code(l.Why), "tries": sheet.Many(int64(l.TriesLeft))},
		Named: map[string]sheet.Figure{"until": sheet.At(l.ExpiresAt)},
	}
	if l.State == instrument.Pending && l.Address != "" {
		s.Add(nil, sheet.Row{Name: sheet.Say("Open the wallet's form", "打开钱包的添加页面"), Link: l.Address})
	}
	return s, nil
}
