package fees_test

import (
	"context"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/tariff"
	"kefu/internal/flow/selfservice/fees"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// till is a wallet that charges a share of withdrawals, and a margin.
type till struct{ down bool }

func (w till) Of() any                                          { return w }
func (w till) Reads(_ context.Context, r wallet.Reading) bool   { return r != wallet.ReadAccounts }
func (w till) In(context.Context) (wallet.Actor, string, error) { return wallet.Actor{}, "c1", nil }
func (w till) Customer(context.Context, wallet.Actor, string) (wallet.Customer, error) {
	return wallet.Customer{ID: "c1", Kind: wallet.Person, Jurisdiction: "FR"}, nil
}

func (w till) Fees(context.Context) (tariff.Schedule, error) {
	if w.down {
		return tariff.Schedule{}, fault.New(fault.Unavailable, "test", "down")
	}
	return tariff.Schedule{Version: "1", PublishedAt: 1, Lines: []tariff.Line{
		{ID: "out", Kind: tariff.Withdrawal, Currency: "EUR", From: 1, Tiers: []tariff.Tier{{Percent: "0.75"}}},
		{ID: "fx", Kind: tariff.Exchange, Margin: "0.45", From: 1},
	}}, nil
}

func ask(t rapid.TB, w till, fee string, amount wallet.Money) (*sheet.Sheet, error) {
	t.Helper()
	all, err := reads.New(fees.Reads()...)
	if err != nil {
		t.Fatal(err)
	}
	v, err := all.Call(context.Background(), "fee_quote", reads.Asked{Now: 2, Wallet: w, Args: map[string]selfservice.Value{
		"fee": {Type: selfservice.Entry, Entry: &sheet.Entry{ID: fee}}, "amount": {Type: selfservice.Amount, Money: &amount},
	}})
	if err != nil {
		return nil, err
	}
	return v.Sheet, nil
}

// What is quoted is exact to half of the smallest unit, whatever the amount, and amount
// and fee are what they come to together.
func TestQuotesAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cents := rapid.Int64Range(1, 1_000_000_000_000).Draw(t, "cents")
		amount, err := wallet.Units(big.NewInt(cents), "EUR", 2)
		if err != nil {
			t.Fatal(err)
		}
		for fee, parts := range map[string]int64{"out": 75, "fx": 45} {
			s, err := ask(t, till{}, fee, amount)
			if err != nil {
				t.Fatal(err)
			}
			cost, total := s.Named["fee"].Money, s.Named["total"].Money
			exact := new(big.Rat).SetFrac64(cents*parts, 10_000)
			off := exact.Sub(exact, new(big.Rat).SetInt(cost.Smallest()))
			if off.Abs(off).Cmp(big.NewRat(1, 2)) > 0 {
				t.Errorf("%s of %s costs %s, %s units beside it", fee, amount, cost, off)
			}
			if sum, err := amount.Add(*cost); err != nil || sum.Cmp(*total) != 0 {
				t.Errorf("%s and %s are %s", amount, cost, total)
			}
		}
	})
}

// Nothing is quoted of a wallet that does not answer, nor of a fee that is none.
func TestNothingElseIsQuoted(t *testing.T) {
	amount, err := wallet.Parse("10.00", "EUR", 2)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := ask(t, till{down: true}, "out", amount); !fault.Is(err, fault.Unavailable) {
		t.Errorf("%v, %v", s, err)
	}
	if s, err := ask(t, till{}, "gone", amount); !fault.Is(err, fault.NotFound) {
		t.Errorf("%v, %v", s, err)
	}
	other, err := wallet.Parse("10.00", "USD", 2)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := ask(t, till{}, "out", other); err != nil || s.Named["fee"].Money != nil || !s.Facts["other_currency"].Yes {
		t.Errorf("another currency: %+v, %v", s, err)
	}
}
