package wallet_test

import (
	"encoding/json"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
)

func money(t interface {
	Helper()
	Fatalf(string, ...any)
}, text, currency string, scale int) wallet.Money {
	t.Helper()
	m, err := wallet.Parse(text, currency, scale)
	if err != nil {
		t.Fatalf("%s %s: %v", text, currency, err)
	}
	return m
}

func TestMoneyIsReadInOneWay(t *testing.T) {
	for _, c := range []struct {
		text  string
		scale int
		want  string // "" is a refusal
	}{
		{"12.34", 2, "12.34"}, {"12.340000", 2, "12.34"}, {"12", 2, "12.00"}, {"-0.5", 2, "-0.50"}, {"0", 0, "0"}, {"0.00", 2, "0.00"},
		{"0.000000000000000001", 18, "0.000000000000000001"}, {"1234567890123456789.123456789012345678", 18, "1234567890123456789.123456789012345678"},
		{"12.345", 2, ""}, {"", 2, ""}, {"-", 2, ""}, {".5", 2, ""}, {"5.", 2, ""}, {"+5", 2, ""}, {"1e3", 2, ""}, {"1,000.00", 2, ""},
		{"01", 2, ""}, {"-0", 2, ""}, {"-0.00", 2, ""}, {" 5", 2, ""}, {"5 ", 2, ""}, {"NaN", 2, ""}, {"--5", 2, ""}, {"1.2.3", 2, ""}, {"٥", 2, ""},
		{"5", 19, ""}, {"5", -1, ""}, {"100000000000000000000000000000000000000", 0, ""}, {"99999999999999999999999999999999999999", 0, "99999999999999999999999999999999999999"},
	} {
		m, err := wallet.Parse(c.text, "EUR", c.scale)
		if (err == nil) != (c.want != "") || (err == nil && m.Amount() != c.want) {
			t.Errorf("Parse(%q, %d) = %q %v, want %q", c.text, c.scale, m.Amount(), err, c.want)
		}
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("Parse(%q): %v", c.text, err)
		}
	}
	for _, currency := range []string{"", "E", "eur", "EU R", "€", "1AB", "ABCDEFGHIJKLM"} {
		if _, err := wallet.Parse("1", currency, 2); err == nil {
			t.Errorf("the currency %q was taken", currency)
		}
	}
}

func anyMoney(currency string, scale int) *rapid.Generator[wallet.Money] {
	return rapid.Custom(func(t *rapid.T) wallet.Money {
		units := new(big.Int).Mul(big.NewInt(rapid.Int64().Draw(t, "high")), big.NewInt(rapid.Int64Range(1, 1_000_000_000_000).Draw(t, "low")))
		m, err := wallet.Units(units, currency, scale)
		if err != nil {
			t.Fatalf("%v", err)
		}
		return m
	})
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scale := rapid.IntRange(0, wallet.MaxScale).Draw(t, "scale")
		m := anyMoney("TOKEN", scale).Draw(t, "m")
		again, err := wallet.Parse(m.Amount(), m.Currency(), m.Scale())
		if err != nil || again.Cmp(m) != 0 || again.Smallest().Cmp(m.Smallest()) != 0 {
			t.Fatalf("%s became %s: %v", m, again, err)
		}
		text, err := json.Marshal(m)
		var told wallet.Money
		if err != nil || strictjson.Decode(text, &told) != nil || !told.Like(m) || told.Cmp(m) != 0 {
			t.Fatalf("%s became %s in JSON %s: %v", m, told, text, err)
		}
	})
}

func TestAdditionIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scale := rapid.IntRange(0, wallet.MaxScale).Draw(t, "scale")
		a, b := anyMoney("EUR", scale).Draw(t, "a"), anyMoney("EUR", scale).Draw(t, "b")
		sum, err := a.Add(b)
		if err != nil {
			t.Fatalf("%v", err)
		}
		if back, err := sum.Add(b.Neg()); err != nil || back.Cmp(a) != 0 {
			t.Fatalf("%s + %s - %s = %s: %v", a, b, b, back, err)
		}
		if a.Abs().Sign() < 0 || a.Neg().Neg().Cmp(a) != 0 {
			t.Fatalf("signs of %s", a)
		}
	})
}

func TestOnlyLikeMoneyIsAdded(t *testing.T) {
	euro := money(t, "1.00", "EUR", 2)
	for _, other := range []wallet.Money{money(t, "1.00", "USD", 2), money(t, "1.000", "EUR", 3), {}} {
		if _, err := euro.Add(other); err == nil {
			t.Errorf("%s was added to %s", other, euro)
		}
	}
	if euro.Cmp(money(t, "1.000", "EUR", 3)) != 0 || euro.Cmp(money(t, "1.001", "EUR", 3)) >= 0 {
		t.Error("sums of two scales are not compared by what they are worth")
	}
	huge := money(t, "99999999999999999999999999999999999999", "XXX", 0)
	if _, err := huge.Add(huge); err == nil {
		t.Error("a sum of too many digits was made")
	}
}

func TestMoneyInJSON(t *testing.T) {
	for _, text := range []string{
		`{"amount":12.34,"currency":"USD","scale":2}`, `{"amount":"12.34","currency":"USD"}`, `{"amount":"12.34","scale":2}`, `"12.34"`, `[]`,
		`{"amount":"12.34","currency":"USD","scale":2,"float":12.34}`, `{"amount":"12.345","currency":"USD","scale":2}`, `{"amount":"1","currency":"USD","scale":-1}`,
		`{"amount":"1","currency":"USD","scale":300}`,
	} {
		var m wallet.Money
		if err := json.Unmarshal([]byte(text), &m); err == nil {
			t.Errorf("%s was read as %s", text, m)
		}
	}
	var none wallet.Money
	if err := json.Unmarshal([]byte("null"), &none); err != nil || !none.None() {
		t.Errorf("null is no money: %v", err)
	}
	if text, err := json.Marshal(none); err != nil || string(text) != "null" {
		t.Errorf("no money is written as %s: %v", text, err)
	}
}

func TestWritten(t *testing.T) {
	for _, c := range []struct {
		amount string
		scale  int
		want   string
	}{
		{"0.600000000000000000", 18, "0.60 ETH"}, {"-0.000000000000000001", 18, "-0.000000000000000001 ETH"}, {"1200.034500000000000000", 18, "1200.0345 ETH"}, {"3.00000", 5, "3.00 ETH"},
		{"268.00", 2, "268.00 ETH"}, {"268", 0, "268 ETH"}, {"1.5000", 4, "1.5000 ETH"}, {"100000", 0, "100000 ETH"},
	} {
		m, err := wallet.Parse(c.amount, "ETH", c.scale)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Written(); got != c.want {
			t.Errorf("%s is written as %q, want %q", c.amount, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"12.34", "-0.5", "0", "1e9", "00", "", "9.999999999999999999", "-"} {
		f.Add(seed, 2)
	}
	f.Fuzz(func(t *testing.T, text string, scale int) {
		m, err := wallet.Parse(text, "EUR", scale)
		if err != nil {
			return
		}
		again, err := wallet.Parse(m.Amount(), "EUR", scale)
		if err != nil || again.Cmp(m) != 0 {
			t.Fatalf("%q was read as %q and then as %q: %v", text, m.Amount(), again.Amount(), err)
		}
		// What was read is worth what a rational reads in the text.
		exact, ok := new(big.Rat).SetString(text)
		worth := new(big.Rat).SetFrac(m.Smallest(), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
		if !ok || exact.Cmp(worth) != 0 {
			t.Fatalf("%q was read as %s", text, worth)
		}
	})
}
