package golden

import (
	"context"
	"strings"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/tariff"
)

type (
	// Fee is a line of what the wallet charges for.
	Fee struct {
		ID        string   `yaml:"id"`
		Kind      string   `yaml:"kind"`
		Rail      string   `yaml:"rail,omitempty"`
		Currency  string   `yaml:"currency,omitempty"`
		Countries []string `yaml:"countries,omitempty,flow"`
		From      string   `yaml:"from,omitempty"` // a year ago
		Until     string   `yaml:"until,omitempty"`
		Announced string   `yaml:"announced,omitempty"`
		Period    string   `yaml:"period,omitempty"`
		Tiers     []Tier   `yaml:"tiers,omitempty"`
		Min       string   `yaml:"min,omitempty"`
		Max       string   `yaml:"max,omitempty"`
		Margin    string   `yaml:"margin,omitempty"`
		Reference string   `yaml:"reference,omitempty"`
		PassedOn  bool     `yaml:"passed_on,omitempty"`
		Waived    []string `yaml:"waived,omitempty,flow"`
	}
	// Tier is what is charged up to an amount.
	Tier struct {
		UpTo    string `yaml:"up_to,omitempty"`
		Fixed   string `yaml:"fixed,omitempty"`
		Percent string `yaml:"percent,omitempty"`
	}
)

// sum is money, or none of it.
func (b *book) sum(text string) wallet.Money {
	if text == "" {
		return wallet.Money{}
	}
	return b.money(text)
}

// Fees is what the wallet charges for.
func (b *book) Fees(context.Context) (tariff.Schedule, error) {
	s := tariff.Schedule{Version: "2026-11", PublishedAt: b.back("600h"), Lines: []tariff.Line{}}
	for _, f := range b.world.Fees {
		l := tariff.Line{
			ID: f.ID, Kind: tariff.Kind(f.Kind), Rail: f.Rail, Currency: f.Currency, Jurisdictions: f.Countries, From: b.back(or[string](f.From, "8760h")), Until: b.back(f.Until),
			AnnouncedAt: b.back(f.Announced), Period: f.Period, Min: b.sum(f.Min), Max: b.sum(f.Max), Margin: f.Margin, Reference: f.Reference, PassedOn: f.PassedOn, Waived: f.Waived,
		}
		for _, t := range f.Tiers {
			l.Tiers = append(l.Tiers, tariff.Tier{UpTo: b.sum(t.UpTo), Fixed: b.sum(t.Fixed), Percent: t.Percent})
		}
		s.Lines = append(s.Lines, l)
	}
	if err := s.Validate(); err != nil && b.err == nil {
		b.err = err
	}
	return s, b.answers()
}

// Balances tells in which currencies a customer has money.
func (b *book) Balances(context.Context, wallet.Actor, string) ([]wallet.Balance, error) {
	var all []wallet.Balance
	for _, text := range b.world.Balances {
		all = append(all, wallet.Balance{AccountID: "acc-" + text, Total: b.money(text)})
	}
	return all, b.answers()
}

// charged are the fees of a payment: a word and a sum each.
func (b *book) charged(t Tx) (all []wallet.Fee) {
	for _, text := range t.Fees {
		kind, sum, _ := strings.Cut(text, " ")
		all = append(all, wallet.Fee{Kind: kind, Amount: b.money(sum)})
	}
	return all
}

// exchanged is at which rate a payment became another currency: 100.00 EUR > 108.20 USD @ 1.0820.
func (b *book) exchanged(t Tx) *wallet.Exchange {
	if t.Exchange == "" {
		return nil
	}
	sums, rate, _ := strings.Cut(t.Exchange, " @ ")
	from, to, _ := strings.Cut(sums, " > ")
	return &wallet.Exchange{Rate: rate, From: b.money(from), To: b.money(to), QuotedAt: b.back(t.Ago)}
}
