package input

import (
	"math/big"
	"strings"

	"kefu/internal/domain/wallet"
)

// Amount reads a sum of money. Where two readings are possible, as of "1.125" in a
// currency with three decimals or more, the problem is Ambiguous and both come out, the
// likelier first.
func Amount(text string, c Context) ([]wallet.Money, string) {
	folded, problem := plain(text)
	if problem != "" {
		return nil, problem
	}
	numbers, currency, problem := takeNumbers(folded, c)
	if problem != "" {
		return nil, problem
	}
	code, scale := currency.code, currency.scale
	switch {
	case code == "" && c.Currency == "":
		return nil, NoCurrency
	case code == "":
		code, scale = c.Currency, c.Scale
	case code == c.Currency:
		scale = c.Scale // as the wallet has it
	case c.Currency != "":
		return nil, OtherMoney
	}
	return sums(numbers, code, scale)
}

// sums makes money of the readings of a number.
func sums(numbers []*big.Rat, code string, scale int) ([]wallet.Money, string) {
	var found []wallet.Money
	problem := NoNumber
	factor := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
	for _, n := range numbers {
		units := new(big.Rat).Mul(n, factor)
		switch {
		case !units.IsInt():
			problem = TooPrecise
			continue
		case units.Sign() <= 0:
			problem = NotAbove
			continue
		}
		m, err := wallet.Units(units.Num(), code, scale)
		if err != nil {
			problem = TooLarge
			continue
		}
		if len(found) == 0 || found[0].Cmp(m) != 0 {
			found = append(found, m)
		}
	}
	switch len(found) {
	case 0:
		return nil, problem
	case 1:
		return found, ""
	default:
		return found, Ambiguous
	}
}

// takeNumbers reads what is left of a text without its currency: as figures, as
// Chinese numerals, as English words.
func takeNumbers(text string, c Context) ([]*big.Rat, money, string) {
	text = strings.Trim(text, " .。,，!！?？~≈")
	for _, lead := range []string{"about ", "around ", "roughly ", "exactly ", "大约", "大概", "一共", "总共", "共"} {
		text = strings.TrimPrefix(text, lead)
	}
	if n, currency, ok := chineseSum(text); ok { // before the currency is taken: 三块五 needs its 块
		return []*big.Rat{n}, currency, ""
	}
	currency, rest := takeCurrency(text, c)
	rest = strings.TrimSpace(rest)
	if strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "−") {
		return nil, currency, NotAbove
	}
	if ns := figures(rest); len(ns) > 0 {
		return ns, currency, ""
	}
	if n, ok := chinese(rest); ok {
		return []*big.Rat{n}, currency, ""
	}
	if n, ok := english(text); ok { // with its currency: "two pounds fifty"
		return []*big.Rat{n}, currency, ""
	}
	return nil, currency, NoNumber
}

// multiples are what may follow figures.
func multiples() map[string]int64 {
	return map[string]int64{
		"k": 1000, "thousand": 1000, "grand": 1000, "m": 1_000_000, "mio": 1_000_000, "million": 1_000_000, "bn": 1_000_000_000, "billion": 1_000_000_000,
		"百": 100, "千": 1000, "万": 10_000, "百万": 1_000_000, "千万": 10_000_000, "亿": 100_000_000,
	}
}

// figures reads a number in figures, in each way in which it can be read.
func figures(text string) []*big.Rat {
	end := 0
	for end < len(text) && strings.IndexByte("0123456789.,' ", text[end]) >= 0 {
		end++
	}
	number, unit := strings.TrimSpace(text[:end]), strings.TrimSpace(text[end:])
	times := int64(1)
	if unit != "" {
		if times = multiples()[unit]; times == 0 {
			return nil
		}
	}
	var list []*big.Rat
	for _, reading := range separated(number) {
		if n, ok := new(big.Rat).SetString(reading); ok {
			list = append(list, n.Mul(n, new(big.Rat).SetInt64(times)))
		}
	}
	return list
}

// separated gives a number without what groups its digits, and with a point before its
// decimals, in each way in which it can be read; the likelier first.
func separated(number string) []string {
	compact := strings.NewReplacer("'", "", " ", "").Replace(number)
	if compact == "" || (compact != number && !spaced(number)) {
		return nil
	}
	points, commas := strings.Count(compact, "."), strings.Count(compact, ",")
	switch {
	case points == 0 && commas == 0:
		return []string{compact}
	case points > 0 && commas > 0: // the last of them is the decimal mark
		decimal, group := ".", ","
		if strings.LastIndex(compact, ",") > strings.LastIndex(compact, ".") {
			decimal, group = ",", "."
		}
		whole, fraction, _ := strings.Cut(compact, decimal)
		if strings.Count(compact, decimal) != 1 || !grouped(strings.ReplaceAll(whole, group, ",")) || !digits(fraction) {
			return nil
		}
		return []string{strings.ReplaceAll(whole, group, "") + "." + fraction}
	case points+commas > 1:
		if !grouped(strings.ReplaceAll(compact, ".", ",")) {
			return nil
		}
		return []string{strings.NewReplacer(".", "", ",", "").Replace(compact)}
	}
	whole, fraction, _ := strings.Cut(strings.ReplaceAll(compact, ",", "."), ".")
	if (whole != "" && !digits(whole)) || (fraction != "" && !digits(fraction)) || whole+fraction == "" {
		return nil
	}
	decimal := zeroed(whole) + "." + zeroed(fraction)
	if len(fraction) == 3 && len(whole) >= 1 && len(whole) <= 3 && whole[0] != '0' {
		return []string{whole + fraction, decimal}
	}
	return []string{decimal}
}

// spaced tells whether spaces or apostrophes group the digits before the decimals, and
// nothing else does.
func spaced(number string) bool {
	whole, fraction := number, ""
	if i := strings.LastIndexAny(number, ".,"); i >= 0 {
		whole, fraction = number[:i], number[i+1:]
	}
	return !strings.ContainsAny(whole, ".,") && (fraction == "" || digits(fraction)) && grouped(strings.NewReplacer("'", ",", " ", ",").Replace(whole))
}

func zeroed(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// grouped tells whether commas stand where digits are grouped: by threes, or as in
// India by twos before the last three.
func grouped(s string) bool {
	whole, fraction, _ := strings.Cut(s, ".")
	if fraction != "" && !digits(fraction) {
		return false
	}
	parts := strings.Split(whole, ",")
	if len(parts) == 1 {
		return digits(parts[0])
	}
	last := parts[len(parts)-1]
	if !digits(parts[0]) || len(parts[0]) > 3 || len(last) != 3 || !digits(last) {
		return false
	}
	size := len(parts[len(parts)-2])
	for _, p := range parts[1 : len(parts)-1] {
		if !digits(p) || (size != 2 && size != 3) || len(p) != size {
			return false
		}
	}
	return true
}
