package input_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/domain/input"
	"kefu/internal/domain/wallet"
)

func in(language, currency string, scale int) input.Context {
	return input.Context{Language: language, Currency: currency, Scale: scale, Now: time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)} // a Friday
}

// amounts writes readings as one text.
func amounts(text string, c input.Context) string {
	found, problem := input.Amount(text, c)
	var list []string
	for _, m := range found {
		list = append(list, m.String())
	}
	return strings.TrimSpace(strings.Join(list, " | ") + " " + problem)
}

func TestSumsOfMoney(t *testing.T) {
	cny, eur, btc, jpy, none := in("zh-CN", "CNY", 2), in("de-DE", "EUR", 2), in("en", "BTC", 8), in("ja", "JPY", 0), in("en", "", 0)
	for _, c := range []struct {
		text string
		in   input.Context
		want string
	}{
		{"268", cny, "268.00 CNY"}, {"268.5", cny, "268.50 CNY"}, {"２６８．５０", cny, "268.50 CNY"}, {"¥268", cny, "268.00 CNY"}, {"1,234.56", cny, "1234.56 CNY"},
		{"二百六十八", cny, "268.00 CNY"}, {"二六八", cny, "268.00 CNY"}, {"两万三", cny, "23000.00 CNY"}, {"两万零三", cny, "20003.00 CNY"}, {"一百二", cny, "120.00 CNY"},
		{"一百零二", cny, "102.00 CNY"}, {"三千零五", cny, "3005.00 CNY"}, {"十五", cny, "15.00 CNY"}, {"一万五千", cny, "15000.00 CNY"}, {"1.5万", cny, "15000.00 CNY"},
		{"三块五", cny, "3.50 CNY"}, {"三块零五分", cny, "3.05 CNY"}, {"12块5", cny, "12.50 CNY"}, {"三块二毛五", cny, "3.25 CNY"}, {"五毛", cny, "0.50 CNY"}, {"12元5角", cny, "12.50 CNY"},
		{"壹仟贰佰元整", cny, "1200.00 CNY"}, {"人民币三百元", cny, "300.00 CNY"}, {"大概两百块钱", cny, "200.00 CNY"}, {"一点五万", cny, "15000.00 CNY"}, {"三亿", cny, "300000000.00 CNY"},
		{"1.234", eur, "1234.00 EUR"}, {"1.234,56", eur, "1234.56 EUR"}, {"1 234,56 €", eur, "1234.56 EUR"}, {"1'234.50", eur, "1234.50 EUR"}, {"12,5", eur, "12.50 EUR"}, {"€12", eur, "12.00 EUR"},
		{"1,00,000.50", in("en-IN", "INR", 2), "100000.50 INR"}, {"0.125", btc, "0.12500000 BTC"}, {"1.125", btc, "1125.00000000 BTC | 1.12500000 BTC ambiguous"},
		{"2 million", eur, "2000000.00 EUR"}, {"2.5k", eur, "2500.00 EUR"}, {"two hundred and fifty", eur, "250.00 EUR"}, {"two hundred fifty euros and thirty cents", eur, "250.30 EUR"},
		{"twenty-one", eur, "21.00 EUR"}, {"a thousand", eur, "1000.00 EUR"}, {"two pounds fifty", in("en-GB", "GBP", 2), "2.50 GBP"}, {"¥500", jpy, "500 JPY"},
		{"12 dollars", none, "12.00 USD"}, {"HK$ 50", none, "50.00 HKD"}, {"12", none, "no_currency"}, {"12 dollars", eur, "other_currency"},
		{"12.345,6", eur, "12345.60 EUR"}, {"1.2.3", eur, "no_number"}, {"12,34,56", eur, "no_number"}, {"lots", eur, "no_number"}, {"", eur, "empty"}, {"0", eur, "not_above_zero"},
		{"-5", eur, "not_above_zero"}, {"1.2345", eur, "too_precise"}, {"1.5", jpy, "too_precise"}, {strings.Repeat("9", 60), eur, "too_large"}, {strings.Repeat("9", 900), eur, "too_long"},
		{"二百五十万万万", cny, "no_number"}, {"my card is 4111", eur, "no_number"},
	} {
		if got := amounts(c.text, c.in); got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
}

// However a sum is written, in the ways in which people write sums, it is read as
// itself, or as itself and another reading to be asked about; never as another alone.
func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		cents := rapid.Int64Range(1, 99_999_999_99).Draw(r, "cents")
		whole, part := fmt.Sprint(cents/100), fmt.Sprintf("%02d", cents%100)
		group := func(mark string) string {
			text := whole
			for i := len(text) - 3; i > 0; i -= 3 {
				text = text[:i] + mark + text[i:]
			}
			return text
		}
		text := rapid.SampledFrom([]string{
			whole + "." + part, whole + "," + part, group(",") + "." + part, group(".") + "," + part, group(" ") + "," + part, group("'") + "." + part,
			"€" + group(",") + "." + part, group(".") + "," + part + " EUR", whole + "." + part + " euros",
		}).Draw(r, "text")
		found, problem := input.Amount(text, in("en", "EUR", 2))
		right := false
		for _, m := range found {
			right = right || m.Amount() == whole+"."+part
		}
		if !right || (len(found) > 1) != (problem == input.Ambiguous) {
			r.Errorf("%q: %v %s", text, found, problem)
		}
	})
}

// hanOf writes a number as a Chinese numeral.
func hanOf(n int) string {
	digits, units := []string{"零", "一", "二", "三", "四", "五", "六", "七", "八", "九"}, []string{"", "十", "百", "千"}
	four := func(n int) string {
		text, zero := "", false
		for i := 3; i >= 0; i-- {
			pow := 1
			for range i {
				pow *= 10
			}
			d := n / pow % 10
			if d == 0 {
				zero = text != ""
				continue
			}
			if zero {
				text += "零"
			}
			text += digits[d] + units[i]
			zero = false
		}
		return text
	}
	high, low := n/10000, n%10000
	text := four(low)
	if high > 0 {
		if low > 0 && low < 1000 {
			text = "零" + text
		}
		text = four(high) + "万" + text
	}
	return text
}

func TestChineseNumerals(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(1, 99_999_999).Draw(r, "n")
		if got := amounts(hanOf(n), in("zh", "CNY", 2)); got != fmt.Sprintf("%d.00 CNY", n) {
			r.Errorf("%s: %s, want %d", hanOf(n), got, n)
		}
	})
}

func days(text string, c input.Context) string {
	found, problem := input.Date(text, c)
	var list []string
	for _, d := range found {
		list = append(list, d.In(time.UTC).Format(time.DateOnly))
	}
	return strings.TrimSpace(strings.Join(list, " | ") + " " + problem)
}

func TestDays(t *testing.T) {
	en, us, de, zh := in("en-GB", "", 0), in("en-US", "", 0), in("de", "", 0), in("zh-CN", "", 0)
	for _, c := range []struct {
		text string
		in   input.Context
		want string
	}{
		{"today", en, "2026-11-27"}, {"Yesterday", en, "2026-11-26"}, {"the day before yesterday", en, "2026-11-25"}, {"3 days ago", en, "2026-11-24"}, {"three days ago", en, "2026-11-24"},
		{"a week ago", en, "2026-11-20"}, {"Friday", en, "2026-11-27"}, {"last Friday", en, "2026-11-20"}, {"last Monday", en, "2026-11-23"}, {"tue", en, "2026-11-24"},
		{"今天", zh, "2026-11-27"}, {"昨天", zh, "2026-11-26"}, {"前天", zh, "2026-11-25"}, {"三天前", zh, "2026-11-24"}, {"两周前", zh, "2026-11-13"}, {"周一", zh, "2026-11-23"},
		{"上周五", zh, "2026-11-20"}, {"上周一", zh, "2026-11-16"}, {"上星期天", zh, "2026-11-22"}, {"礼拜三", zh, "2026-11-25"},
		{"2026-11-24", en, "2026-11-24"}, {"24.11.2026", de, "2026-11-24"}, {"24.11.", de, "2026-11-24"}, {"3.4.26", de, "2026-04-03"}, {"24/11", en, "2026-11-24"}, {"11/24", us, "2026-11-24"},
		{"3/4", en, "2026-04-03 | 2026-03-04 ambiguous"}, {"3/4", us, "2026-03-04 | 2026-04-03 ambiguous"}, {"3/4", zh, "2026-03-04"}, {"5/5", en, "2026-05-05"}, {"12/11", en, "2026-11-12 | 2025-12-11 ambiguous"},
		{"24 November", en, "2026-11-24"}, {"Nov 24th, 2025", en, "2025-11-24"}, {"on the 3rd of march", en, "2026-03-03"}, {"December 24", en, "2025-12-24"}, {"29 February", en, "2024-02-29"},
		{"11月24日", zh, "2026-11-24"}, {"2025年12月3号", zh, "2025-12-03"}, {"十一月二十四号", zh, "2026-11-24"}, {"去年12月1日", zh, "2025-12-01"}, {"24号", zh, "2026-11-24"}, {"28号", zh, "2026-10-28"},
		{"31号", zh, "2026-10-31"}, {"上个月5号", zh, "2026-10-05"}, {"１１月２４日", zh, "2026-11-24"},
		{"tomorrow", en, "no_date"}, {"2027-01-01", en, "in_the_future"}, {"31.2.2026", de, "no_date"}, {"99/99", en, "no_date"}, {"", en, "empty"}, {"soon", en, "no_date"}, {"13月1日", zh, "no_date"},
	} {
		if got := days(c.text, c.in); got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	late := in("zh", "", 0)
	late.Zone, late.Now = shanghai, time.Date(2026, 11, 27, 17, 0, 0, 0, time.UTC)
	if got := days("今天", late); got != "2026-11-28" {
		t.Errorf("after midnight where the customer is: %s", got)
	}
}

func TestWhatElsePeopleEnter(t *testing.T) {
	for text, want := range map[string]string{
		"1234": "1234", "•••• 1234": "1234", "１２３４": "1234", "4111 1111 1111 1111": input.NotFour, "123": input.NotFour, "12a4": input.NotFour,
	} {
		if got, problem := input.Last4(text); got+problem != want {
			t.Errorf("%q: %s %s", text, got, problem)
		}
	}
	for text, want := range map[string]string{
		"+49 170 555 01 42": "+491705550142", "0049 (170) 5550142": "+491705550142", "＋８６ 138-0055-2716": "+8613800552716", "0170 5550142": input.NoPhone, "+1234": input.NoPhone,
		"+0491705550142": input.NoPhone, "+49 170 ext 5": input.NoPhone,
	} {
		if got, problem := input.Phone(text); got+problem != want {
			t.Errorf("%q: %s %s", text, got, problem)
		}
	}
	for text, want := range map[string]string{
		" Anna.S@Example.ORG ": "Anna.S@example.org", "李@例子.cn": "李@例子.cn", "a@b": input.NoEmail, "a..b@c.de": input.NoEmail, "a b@c.de": input.NoEmail, "a@-c.de": input.NoEmail,
		"a@b@c.de": input.NoEmail, "": input.Empty,
	} {
		if got, problem := input.Email(text); got+problem != want {
			t.Errorf("%q: %s %s", text, got, problem)
		}
	}
	for text, want := range map[string]string{"Yes!": "true", "对": "true", "不是": "false", "nope": "false", "maybe": "false" + input.NoYesNo} {
		if got, problem := input.YesNo(text); fmt.Sprint(got)+problem != want {
			t.Errorf("%q: %v %s", text, got, problem)
		}
	}
	for text, want := range map[string]string{"euros": "EUR", "人民币": "CNY", "$": "USD", "hk$": "HKD", "CNY": "CNY", "gold": input.NoCurrency} {
		if got, problem := input.Currency(text, in("en", "", 0)); got+problem != want {
			t.Errorf("%q: %s %s", text, got, problem)
		}
	}
}

// Nothing that somebody types makes a sum out of nothing, or takes long.
func FuzzInput(f *testing.F) {
	for _, text := range []string{"三块五", "1.234,56 €", "two hundred", "24/11", "上周五", "+49 1", "a@b.c"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, c := range []input.Context{in("zh-CN", "CNY", 2), in("en-US", "", 0), in("de", "ETH", 18)} {
			found, problem := input.Amount(text, c)
			if (len(found) == 0) != (problem != "" && problem != input.Ambiguous) {
				t.Errorf("%q: %v %s", text, found, problem)
			}
			for _, m := range found {
				if m.Sign() <= 0 || m == (wallet.Money{}) {
					t.Errorf("%q: %s", text, m)
				}
			}
			input.Date(text, c)
			input.Currency(text, c)
		}
		input.Last4(text)
		input.Phone(text)
		input.Email(text)
		input.YesNo(text)
	})
}
