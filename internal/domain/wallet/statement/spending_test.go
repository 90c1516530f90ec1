package statement_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/statement"
)

func sum(t interface{ Fatal(...any) }, text, currency string) wallet.Money {
	m, err := wallet.Parse(text, currency, 2)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSpendingIsNettedByMonthAndCurrency(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	day := func(month time.Month, day, hour int) wallet.Time {
		return wallet.At(time.Date(2026, month, day, hour, 0, 0, 0, zone))
	}
	tx := func(id string, at wallet.Time, amount, currency, code string, state wallet.State) wallet.Transaction {
		return wallet.Transaction{ID: id, Kind: wallet.KindPayment, Direction: wallet.Out, Amount: sum(t, amount, currency), State: state, CreatedAt: at, Merchant: &wallet.Merchant{Name: id, Category: code}}
	}
	refund := tx("r1", day(11, 5, 9), "30.00", "CNY", "5812", wallet.Posted)
	refund.Kind, refund.Direction, refund.Related = wallet.KindRefund, wallet.In, []wallet.Relation{{Kind: "refund_of", ID: "food-oct"}}
	stray := tx("r2", day(11, 6, 9), "5.00", "CNY", "5411", wallet.Posted)
	stray.Kind, stray.Direction, stray.Related = wallet.KindRefund, wallet.In, []wallet.Relation{{Kind: "refund_of", ID: "long-ago"}}
	topUp := tx("top", day(11, 7, 9), "500.00", "CNY", "", wallet.Posted)
	topUp.Kind = wallet.KindTopUp
	sent := tx("rent", day(11, 8, 9), "1000.00", "CNY", "", wallet.Processing)
	sent.Kind, sent.Merchant, sent.Fees = wallet.KindTransfer, nil, []wallet.Fee{{Kind: "transfer", Amount: sum(t, "1.50", "CNY")}}
	all := []wallet.Transaction{
		tx("food-oct", day(10, 31, 23), "80.00", "CNY", "5812", wallet.PartiallyRefunded), tx("food-nov", day(11, 1, 0), "20.10", "CNY", "5812", wallet.Posted), refund, stray, topUp, sent,
		tx("shop-nov", day(11, 2, 9), "40.20", "CNY", "5411", wallet.Posted), tx("usd", day(11, 3, 9), "12.00", "USD", "5411", wallet.Posted),
		tx("failed", day(11, 3, 9), "99.00", "CNY", "5411", wallet.Failed), tx("reserved", day(11, 3, 9), "98.00", "CNY", "5411", wallet.Authorised), tx("back", day(11, 3, 9), "97.00", "CNY", "5411", wallet.Reversed),
		tx("old", day(9, 30, 23), "500.00", "CNY", "5812", wallet.Posted),
	}
	now := day(11, 27, 12)
	got := statement.Compare(all, statement.Month(now, zone, 0), statement.Month(now, zone, 1))
	if len(got) != 2 || got[0].Currency != "CNY" || got[1].Currency != "USD" {
		t.Fatalf("%+v", got)
	}
	want := map[statement.Category][2]string{"people": {"1000.00", "0.00"}, "groceries": {"35.20", "0.00"}, "eating_out": {"20.10", "50.00"}, "fees": {"1.50", "0.00"}}
	for _, s := range got[0].Of {
		if w := want[s.Category]; s.Now.Amount() != w[0] || s.Before.Amount() != w[1] {
			t.Errorf("%s: %s and %s, want %v", s.Category, s.Now, s.Before, w)
		}
	}
	if got[0].Now.Amount() != "1056.80" || got[0].Before.Amount() != "50.00" || got[1].Now.Amount() != "12.00" || len(got[0].Of) != len(want) {
		t.Errorf("%+v", got)
	}
}

// The whole is the sum of its parts, whatever there is.
func TestTheWholeIsTheSumOfItsParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []wallet.Transaction
		start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
		for range rapid.IntRange(0, 40).Draw(t, "count") {
			m, err := wallet.Parse(decimal(rapid.Int64Range(0, 100_000).Draw(t, "cents")), rapid.SampledFrom([]string{"EUR", "CNY"}).Draw(t, "currency"), 2)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, wallet.Transaction{
				ID: "t", Amount: m, Kind: rapid.SampledFrom(wallet.Kinds()).Draw(t, "kind"), Direction: rapid.SampledFrom([]wallet.Direction{wallet.In, wallet.Out}).Draw(t, "direction"),
				State: rapid.SampledFrom(wallet.States()).Draw(t, "state"), CreatedAt: wallet.At(start.Add(time.Duration(rapid.IntRange(-900, 900).Draw(t, "hours")) * time.Hour)),
				Merchant: &wallet.Merchant{Name: "m", Category: rapid.SampledFrom([]string{"5411", "5812", "", "9999"}).Draw(t, "code")},
			})
		}
		at := wallet.At(start.Add(time.Hour))
		for _, s := range statement.Compare(all, statement.Month(at, time.UTC, 0), statement.Month(at, time.UTC, 1)) {
			now, before := sum(t, "0.00", s.Currency), sum(t, "0.00", s.Currency)
			for _, c := range s.Of {
				var err error
				if now, err = now.Add(c.Now); err != nil {
					t.Fatal(err)
				}
				if before, err = before.Add(c.Before); err != nil {
					t.Fatal(err)
				}
			}
			if now.Cmp(s.Now) != 0 || before.Cmp(s.Before) != 0 {
				t.Fatalf("%+v", s)
			}
		}
	})
}

func decimal(cents int64) string {
	m, err := wallet.Parse("0", "EUR", 2)
	if err != nil {
		return ""
	}
	m, err = wallet.Units(m.Smallest().SetInt64(cents), "EUR", 2)
	if err != nil {
		return ""
	}
	return m.Amount()
}
