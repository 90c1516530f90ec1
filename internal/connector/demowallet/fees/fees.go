// Package fees is what the demo's wallet charges for. Its simulator takes these fees, and
// no others.
package fees

import (
	"context"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/tariff"
)

// Board tells what the wallet charges for.
type Board struct{}

// day is midnight of a day in UTC.
func day(year int, month time.Month, of int) wallet.Time {
	return wallet.At(time.Date(year, month, of, 0, 0, 0, 0, time.UTC))
}

// begun is since when the fees of today count, and changed from when the next ones do.
func begun() wallet.Time   { return day(2025, time.January, 1) }
func changed() wallet.Time { return day(2027, time.January, 15) }

// Fees gives the schedule. It never fails.
func (Board) Fees(context.Context) (tariff.Schedule, error) {
	s := tariff.Schedule{Version: "2026-11", PublishedAt: day(2026, time.November, 2)}
	for _, c := range []struct {
		currency                                            string
		least, most, cash, card, paper, idle, soon, transit string
	}{
		{"EUR", "1.00", "10.00", "2.00", "6.00", "2.50", "2.00", "1.50", "100.00"}, {"GBP", "1.00", "10.00", "1.75", "5.00", "2.50", "2.00", "1.50", "100.00"},
		{"CNY", "1.00", "50.00", "3.00", "20.00", "5.00", "5.00", "1.50", "500.00"}, {"AED", "4.00", "40.00", "7.00", "25.00", "10.00", "8.00", "6.00", "400.00"},
	} {
		sum := func(text string) wallet.Money { return money(text, c.currency) }
		id := func(name string) string { return name + "-" + c.currency }
		s.Lines = append(s.Lines,
			tariff.Line{ID: id("account"), Kind: tariff.Account, Currency: c.currency, Period: "month", From: begun(), Tiers: []tariff.Tier{{Fixed: sum("0.00")}}},
			tariff.Line{ID: id("transfer"), Kind: tariff.Transfer, Currency: c.currency, From: begun(), Tiers: []tariff.Tier{{Fixed: sum("0.00")}}},
			tariff.Line{ID: id("payment"), Kind: tariff.Payment, Currency: c.currency, From: begun(), Tiers: []tariff.Tier{{Fixed: sum("0.00")}}},
			tariff.Line{ID: id("top_up"), Kind: tariff.TopUp, Currency: c.currency, From: begun(), Tiers: []tariff.Tier{{Fixed: sum("0.00")}}},
			tariff.Line{
				ID: id("withdrawal"), Kind: tariff.Withdrawal, Currency: c.currency, From: begun(), Until: changed(), Min: sum(c.least), Max: sum(c.most),
				Tiers: []tariff.Tier{{UpTo: sum(c.transit), Percent: "1"}, {Percent: "0.75"}},
			},
			tariff.Line{
				ID: id("withdrawal-2027"), Kind: tariff.Withdrawal, Currency: c.currency, From: changed(), AnnouncedAt: day(2026, time.November, 2), Min: sum(c.soon), Max: sum(c.most),
				Tiers: []tariff.Tier{{UpTo: sum(c.transit), Percent: "1"}, {Percent: "0.8"}},
			},
			tariff.Line{ID: id("cash"), Kind: tariff.Cash, Currency: c.currency, From: begun(), Tiers: []tariff.Tier{{Fixed: sum(c.cash)}}},
			tariff.Line{ID: id("replacement"), Kind: tariff.Replacement, Currency: c.currency, From: begun(), Tiers: []tariff.Tier{{Fixed: sum(c.card)}}},
			tariff.Line{ID: id("paper"), Kind: tariff.Statement, Currency: c.currency, From: begun(), Tiers: []tariff.Tier{{Fixed: sum(c.paper)}}},
			tariff.Line{ID: id("inactivity"), Kind: tariff.Inactivity, Currency: c.currency, Period: "month", From: begun(), Tiers: []tariff.Tier{{Fixed: sum(c.idle)}}, Waived: []string{"used_within_a_year"}},
		)
	}
	s.Lines = append(s.Lines,
		// Customers in the European Union withdraw for nothing.
		tariff.Line{
			ID: "withdrawal-EU", Kind: tariff.Withdrawal, Currency: "EUR", Jurisdictions: []string{"DE", "FR", "NL", "AT", "BE", "ES", "IT", "PT", "IE", "FI"}, From: begun(),
			Tiers: []tariff.Tier{{Fixed: money("0.00", "EUR")}},
		},
		tariff.Line{ID: "exchange", Kind: tariff.Exchange, Margin: "0.45", Reference: "ecb", From: begun()},
		tariff.Line{ID: "network", Kind: tariff.Network, Rail: "chain", PassedOn: true, From: begun()},
	)
	return s, nil
}

func money(text, currency string) wallet.Money {
	m, err := wallet.Parse(text, currency, 2)
	if err != nil {
		panic(err) // a figure of this package's own is no figure
	}
	return m
}

// Of is what a payment of a kind costs a customer of a country beside its amount.
func Of(kind wallet.Kind, rail, country string, amount wallet.Money, at wallet.Time) []wallet.Fee {
	is, charged := map[wallet.Kind]tariff.Kind{wallet.KindWithdrawal: tariff.Withdrawal, wallet.KindTransfer: tariff.Transfer, wallet.KindPayment: tariff.Payment}[kind]
	s, err := Board{}.Fees(context.Background())
	if !charged || err != nil {
		return nil
	}
	line, found := tariff.Of(s.At(country, at), is, rail, amount.Currency())
	if !found {
		return nil
	}
	cost, err := line.Cost(amount)
	if err != nil || cost.Sign() <= 0 {
		return nil
	}
	return []wallet.Fee{{Kind: string(is), Amount: cost}}
}
