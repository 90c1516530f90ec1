// Package fees is what flows may ask about fees: what the wallet charges this customer
// for, what changes and when, what one thing would cost, and why something was charged.
// Every figure comes from the wallet's schedule or its ledger, worked out exactly; nothing
// else is ever quoted.
package fees

import (
	"context"
	"slices"

	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/tariff"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// What is asked of a wallet.
type (
	charging interface {
		Fees(ctx context.Context) (tariff.Schedule, error)
	}
	knowing interface {
		Customer(ctx context.Context, by wallet.Actor, id string) (wallet.Customer, error)
	}
	holding interface {
		Balances(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Balance, error)
	}
	recording interface {
		Transaction(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Transaction, error)
	}
)

// most bounds the rows of what is charged.
const most = sheet.MaxRows - 10

// Reads gives the reads.
func Reads() []reads.Read {
	money, text := sheet.Named{Shape: sheet.OfMoney}, sheet.Named{Shape: sheet.OfText}
	return []reads.Read{
		{
			Read: selfservice.Read{Name: "fees", Has: sheet.Declared{
				Facts:   map[string]sheet.Kind{"many": sheet.IsCount, "changes": sheet.IsCount, "country": sheet.IsYes, "whole": sheet.IsYes},
				Figures: map[string]sheet.Named{"version": {Shape: sheet.OfText, Always: true}, "published": {Shape: sheet.OfText, Always: true}},
			}},
			Sheet: schedule,
		},
		{
			Read: selfservice.Read{Name: "fee_changes", Has: sheet.Declared{
				Facts: map[string]sheet.Kind{"many": sheet.IsCount}, Figures: map[string]sheet.Named{"first": text},
			}},
			Sheet: changes,
		},
		{
			Read:    selfservice.Read{Name: "chargeable", List: true, Has: sheet.Declared{Facts: map[string]sheet.Kind{"kind": sheet.IsWord, "known": sheet.IsYes}}},
			Entries: chargeable,
		},
		{
			Read: selfservice.Read{
				Name: "fee_quote", With: map[string]selfservice.Given{"fee": {Type: selfservice.Entry}, "amount": {Type: selfservice.Amount}},
				Has: sheet.Declared{
					Facts:   map[string]sheet.Kind{"free": sheet.IsYes, "known": sheet.IsYes, "other_currency": sheet.IsYes, "changes": sheet.IsYes, "exchange": sheet.IsYes},
					Figures: map[string]sheet.Named{"fee": money, "total": money, "currency": text, "changes_on": text},
				},
			},
			Sheet: quote,
		},
		{
			Read: selfservice.Read{
				Name: "why_charged", With: map[string]selfservice.Given{"payment": {Type: selfservice.Payment}},
				Has: sheet.Declared{
					Facts:   map[string]sheet.Kind{"many": sheet.IsCount, "explained": sheet.IsYes, "differs": sheet.IsYes, "exchange": sheet.IsYes, "unlisted": sheet.IsYes},
					Figures: map[string]sheet.Named{"total": money},
				},
			},
			Sheet: why,
		},
	}
}

// board is the schedule as it counts for one customer.
type board struct {
	tariff.Schedule
	country    string
	now        wallet.Time
	currencies []string // that the customer has; none: it is not known
}

// Schedule asks the wallet what it charges anybody. Errors: Unavailable.
func Schedule(ctx context.Context, a reads.Asked) (tariff.Schedule, error) {
	from, err := reads.Part[charging](ctx, a.Wallet, wallet.ReadFees)
	if err != nil {
		return tariff.Schedule{}, err
	}
	return from.Fees(ctx)
}

// read asks the wallet what it charges, and of whom. Errors: Unavailable.
func read(ctx context.Context, a reads.Asked) (board, error) {
	var b board
	var err error
	if b.Schedule, err = Schedule(ctx, a); err != nil {
		return b, err
	}
	c, err := reads.Ask(ctx, a, wallet.ReadCustomer, knowing.Customer)
	if err != nil {
		return b, err
	}
	b.country, b.now = c.Jurisdiction, a.Now
	if balances, err := reads.Ask(ctx, a, wallet.ReadAccounts, holding.Balances); err == nil { // else every currency is listed
		for _, x := range balances {
			if c := x.Total.Currency(); c != "" && !slices.Contains(b.currencies, c) {
				b.currencies = append(b.currencies, c)
			}
		}
	}
	return b, nil
}

// own leaves of some lines those that may concern the customer.
func (b board) own(lines []tariff.Line) []tariff.Line {
	return slices.DeleteFunc(slices.Clone(lines), func(l tariff.Line) bool {
		return l.Currency != "" && len(b.currencies) > 0 && !slices.Contains(b.currencies, l.Currency)
	})
}

// several tells whether lines are of more than one currency.
func several(lines []tariff.Line) bool {
	seen := ""
	for _, l := range lines {
		if l.Currency != "" && seen != "" && l.Currency != seen {
			return true
		}
		if l.Currency != "" {
			seen = l.Currency
		}
	}
	return false
}

// schedule is all that the customer may be charged for today.
func schedule(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	b, err := read(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	lines, next := b.own(b.At(b.country, a.Now)), b.own(b.Changes(b.country, a.Now))
	var s sheet.Sheet
	rows, whole, currency := 0, true, several(lines)
	for _, g := range groups() {
		var part []sheet.Row
		for _, l := range lines {
			if !slices.Contains(g.kinds, l.Kind) {
				continue
			}
			made := rowsOf(l, currency, changeOf(l, next))
			if whole = whole && rows+len(made) <= most; whole {
				part, rows = append(part, made...), rows+len(made)
			}
		}
		heading := g.heading
		s.Add(&heading, part...)
	}
	s.Facts = map[string]sheet.Fact{"many": sheet.Many(int64(rows)), "changes": sheet.Many(int64(len(next))), "whole": sheet.Is(whole), "country": sheet.Is(slices.ContainsFunc(lines, func(l tariff.Line) bool { return len(l.Jurisdictions) > 0 }))}
	s.Named = map[string]sheet.Figure{"version": sheet.Text(b.Version), "published": sheet.Date(b.PublishedAt)}
	return s, nil
}

// changeOf is what is announced in place of a line.
func changeOf(l tariff.Line, next []tariff.Line) *tariff.Line {
	for i := range next {
		if n := next[i]; n.Kind == l.Kind && n.Rail == l.Rail && n.Currency == l.Currency && n.Period == l.Period {
			return &next[i]
		}
	}
	return nil
}

// changes are the fees that were announced and do not count yet, beside those of today.
func changes(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	b, err := read(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	lines, next := b.own(b.At(b.country, a.Now)), b.own(b.Changes(b.country, a.Now))
	s := sheet.Sheet{Named: map[string]sheet.Figure{}, Facts: map[string]sheet.Fact{"many": sheet.Many(int64(len(next)))}}
	if len(next) > 0 {
		s.Named["first"] = sheet.Date(next[0].From)
	}
	for _, n := range next[:min(len(next), sheet.MaxParts-1)] {
		heading := nameOf(n, several(next))
		part := []sheet.Row{sheet.Line(sheet.Say("From", "生效日期"), sheet.Day(n.From).Cell())}
		if n.AnnouncedAt != 0 {
			part = append(part, sheet.Line(sheet.Say("Announced", "公告日期"), sheet.Day(n.AnnouncedAt).Cell()))
		}
		for _, l := range lines {
			if changeOf(l, []tariff.Line{n}) != nil {
				part = append(part, named(sheet.Say("Today", "目前"), l)...)
			}
		}
		s.Add(&heading, append(part, named(sheet.Say("Then", "届时"), n)...)...)
	}
	return s, nil
}

// chargeable are the fees of which somebody can ask what an amount costs.
func chargeable(ctx context.Context, a reads.Asked) ([]sheet.Entry, error) {
	b, err := read(ctx, a)
	if err != nil {
		return nil, err
	}
	lines := slices.DeleteFunc(b.own(b.At(b.country, a.Now)), func(l tariff.Line) bool {
		return !slices.Contains([]tariff.Kind{tariff.Transfer, tariff.Payment, tariff.TopUp, tariff.Withdrawal, tariff.Cash, tariff.Exchange, tariff.Network}, l.Kind)
	})
	currency := several(lines)
	var list []sheet.Entry
	for _, l := range lines {
		e := sheet.Entry{ID: l.ID, Label: nameOf(l, currency), Facts: map[string]sheet.Fact{"kind": sheet.Code(string(l.Kind)), "known": sheet.Is(!l.PassedOn)}}
		if unit, ok := unitOf(l); ok {
			e.Unit = &unit
		}
		list = append(list, e)
	}
	return list, nil
}

// unitOf is a sum of the currency of a line, from which it is known how many decimals
// there are.
func unitOf(l tariff.Line) (wallet.Money, bool) {
	sums := []wallet.Money{l.Min, l.Max}
	for _, t := range l.Tiers {
		sums = append(sums, t.Fixed, t.UpTo)
	}
	for _, m := range sums {
		if !m.None() {
			return m, true
		}
	}
	return wallet.Money{}, false
}

// find is a line that counts now. Errors: NotFound when it counts no more.
func (b board) find(id string, now wallet.Time) (tariff.Line, error) {
	for _, l := range b.At(b.country, now) {
		if l.ID == id {
			return l, nil
		}
	}
	return tariff.Line{}, fault.New(fault.NotFound, "fees.find", "there is no such fee at present")
}
