package input

import (
	"math/big"
	"strings"
)

// hanDigits are the Chinese digits, those of cheques among them.
func hanDigits() map[rune]int64 {
	return map[rune]int64{
		'零': 0, '〇': 0, '一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9,
		'壹': 1, '贰': 2, '叁': 3, '肆': 4, '伍': 5, '陆': 6, '柒': 7, '捌': 8, '玖': 9, '幺': 1, '俩': 2,
	}
}

// hanUnits are the units inside a group of four digits.
func hanUnits() map[rune]int64 {
	return map[rune]int64{'十': 10, '拾': 10, '百': 100, '佰': 100, '千': 1000, '仟': 1000}
}

// hanGroups are the groups of four digits.
func hanGroups() map[rune]int64 {
	return map[rune]int64{'万': 10_000, '萬': 10_000, '亿': 100_000_000, '億': 100_000_000}
}

// chinese reads a Chinese numeral: 三千零五, 两万三 (23,000: the last digit counts for
// the next unit below), 十五, 一点五, 三万点五 is none. Digits one after the other are
// read as figures: 二六八.
func chinese(text string) (*big.Rat, bool) {
	whole, fraction, point := strings.Cut(text, "点")
	units := int64(1)
	if point {
		if last := []rune(fraction); len(last) > 1 {
			if group, ok := hanGroups()[last[len(last)-1]]; ok { // 一点五万
				units, fraction = group, string(last[:len(last)-1])
			}
		}
	}
	n, ok := hanWhole(whole)
	if !ok {
		return nil, false
	}
	sum := new(big.Rat).SetInt64(n)
	if point {
		f, ok := hanFigures(fraction)
		if !ok {
			return nil, false
		}
		part, ok := new(big.Rat).SetString("0." + f)
		if !ok {
			return nil, false
		}
		sum.Add(sum, part)
	}
	return sum.Mul(sum, new(big.Rat).SetInt64(units)), true
}

// hanFigures reads digits one after the other, Chinese or not.
func hanFigures(text string) (string, bool) {
	var b strings.Builder
	for _, r := range text {
		d, ok := hanDigits()[r]
		switch {
		case ok:
			b.WriteByte(byte('0' + d))
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		default:
			return "", false
		}
	}
	return b.String(), b.Len() > 0 && b.Len() <= 18
}

// hanWhole reads a whole number.
func hanWhole(text string) (int64, bool) {
	if f, ok := hanFigures(text); ok && len([]rune(text)) != 1 {
		var n int64
		for _, c := range f {
			n = n*10 + int64(c-'0')
		}
		return n, true
	}
	var total, group, digit, last int64
	digit = -1
	zero := false // a zero was said: the digit after it counts for itself
	for _, r := range text {
		if d, ok := hanDigits()[r]; ok {
			if digit > 0 {
				return 0, false
			}
			zero = zero || d == 0
			digit = d
			continue
		}
		if u, ok := hanUnits()[r]; ok {
			if digit < 0 {
				digit = 1 // 十五
			}
			group, last, digit, zero = group+digit*u, u, -1, false
			continue
		}
		g, ok := hanGroups()[r]
		if !ok || (total > 0 && total < g) {
			return 0, false
		}
		if digit > 0 {
			group += digit
		}
		if group == 0 {
			return 0, false
		}
		total, group, digit, last, zero = total+group*g, 0, -1, g, false
	}
	if digit > 0 {
		if !zero && last >= 100 { // 两万三, 一百二
			digit *= last / 10
		}
		group += digit
	}
	return total + group, text != "" && (total+group > 0 || digit == 0)
}

// chineseSum reads a sum with the units of Chinese money: 三块五, 12元5角, 五毛, 一百二十块零五分.
func chineseSum(text string) (*big.Rat, money, bool) {
	cny := money{code: "CNY", scale: 2}
	text = strings.TrimSuffix(strings.TrimPrefix(strings.ReplaceAll(text, " ", ""), "人民币"), "钱")
	text = strings.TrimSuffix(strings.TrimSuffix(text, "整"), "正")
	unit := strings.IndexAny(text, "元块圆角毛分")
	if unit < 0 {
		return nil, cny, false
	}
	sum := new(big.Rat)
	worth := big.NewRat(1, 1)
	for _, part := range []struct {
		names []string
		worth *big.Rat
	}{{[]string{"元", "块", "圆"}, big.NewRat(1, 1)}, {[]string{"角", "毛"}, big.NewRat(1, 10)}, {[]string{"分"}, big.NewRat(1, 100)}} {
		for _, name := range part.names {
			before, after, ok := strings.Cut(text, name)
			if !ok {
				continue
			}
			n, good := number(strings.TrimPrefix(before, "零"))
			if !good {
				return nil, cny, false
			}
			sum.Add(sum, n.Mul(n, part.worth))
			text, worth = after, part.worth
			break
		}
	}
	if text == "" {
		return sum, cny, true
	}
	// What is left counts for the next unit below: 三块五 is 3.5, 三块二毛五 is 3.25.
	f, ok := hanFigures(strings.TrimPrefix(text, "零"))
	if !ok || len(f) > 1 {
		return nil, cny, false
	}
	rest, _ := new(big.Rat).SetString(f)
	worth = new(big.Rat).Mul(worth, big.NewRat(1, 10))
	if strings.HasPrefix(text, "零") {
		worth.Mul(worth, big.NewRat(1, 10))
	}
	return sum.Add(sum, rest.Mul(rest, worth)), cny, true
}

// number reads figures or a numeral.
func number(text string) (*big.Rat, bool) {
	if ns := figures(text); len(ns) == 1 {
		return ns[0], true
	}
	return chinese(text)
}

// englishNumbers are the words for numbers below a hundred.
func englishNumbers() map[string]int64 {
	small := strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
	words := map[string]int64{"a": 1, "an": 1}
	for i, w := range small {
		words[w] = int64(i)
	}
	for i, w := range strings.Fields("twenty thirty forty fifty sixty seventy eighty ninety") {
		words[w] = int64(20 + 10*i)
	}
	words["fourty"] = 40
	return words
}

// english reads a number in words: "two hundred and fifty", "a thousand", and with the
// currency between: "two pounds fifty", "ten dollars and five cents".
func english(text string) (*big.Rat, bool) {
	for _, m := range currencies() {
		for _, w := range m.words {
			at := stands(text, w)
			if at < 0 || len(w) < 4 {
				continue
			}
			whole, ok := englishWhole(text[:at])
			if !ok {
				return nil, false
			}
			rest := strings.TrimSpace(text[at+len(w):])
			for _, small := range []string{"cents", "cent", "pence", "penny", "p", "fen"} {
				rest = strings.TrimSpace(strings.TrimSuffix(rest, " "+small))
			}
			sum := new(big.Rat).SetInt64(whole)
			if rest == "" {
				return sum, true
			}
			part, ok := englishWhole(strings.TrimPrefix(rest, "and "))
			if !ok || part >= 100 {
				return nil, false
			}
			return sum.Add(sum, big.NewRat(part, 100)), true
		}
	}
	n, ok := englishWhole(text)
	return new(big.Rat).SetInt64(n), ok
}

// englishWhole reads a whole number below a billion in words.
func englishWhole(text string) (int64, bool) {
	var total, group int64
	words := strings.Fields(strings.NewReplacer("-", " ", ",", " ").Replace(text))
	small := englishNumbers()
	said := false
	for i, w := range words {
		n, isNumber := small[w]
		switch {
		case isNumber:
			if group%100 != 0 && !(group%10 == 0 && group%100 >= 20 && n < 10) {
				return 0, false
			}
			group += n
		case w == "hundred" && group > 0 && group < 100:
			group *= 100
		case w == "thousand" && group > 0 && group < 1000 && total%1_000_000 == 0:
			total, group = total+group*1000, 0
		case w == "million" && group > 0 && group < 1000 && total == 0:
			total, group = group*1_000_000, 0
		case w == "and" && i > 0 && i < len(words)-1:
			continue
		default:
			return 0, false
		}
		said = true
	}
	return total + group, said
}
