package input

import (
	"strings"

	"kefu/internal/domain/wallet"
)

// money is a currency as people write it.
type money struct {
	code  string
	scale int
	words []string // after folding; a word of letters stands alone, a sign anywhere
}

// currencies are those that people name. A currency that is not here can be named by
// its code.
func currencies() []money {
	return []money{
		{"CNY", 2, []string{"cny", "rmb", "cn¥", "人民币", "元", "块钱", "块", "圆", "yuan", "renminbi", "kuai"}},
		{"USD", 2, []string{"usd", "us$", "dollars", "dollar", "bucks", "美元", "美金", "刀"}},
		{"EUR", 2, []string{"eur", "€", "euros", "euro", "欧元"}},
		{"GBP", 2, []string{"gbp", "£", "pounds", "pound", "quid", "英镑"}},
		{"JPY", 0, []string{"jpy", "yen", "日元", "円"}},
		{"HKD", 2, []string{"hkd", "hk$", "港币", "港元"}},
		{"TWD", 2, []string{"twd", "nt$", "新台币", "台币"}},
		{"SGD", 2, []string{"sgd", "s$", "新币", "新加坡元"}},
		{"AED", 2, []string{"aed", "dirhams", "dirham", "迪拉姆"}},
		{"CHF", 2, []string{"chf", "francs", "franc", "瑞士法郎"}},
		{"INR", 2, []string{"inr", "₹", "rupees", "rupee", "卢比"}},
		{"KRW", 0, []string{"krw", "₩", "won", "韩元"}},
		{"BRL", 2, []string{"brl", "r$", "reais", "real"}},
		{"NGN", 2, []string{"ngn", "₦", "naira"}},
		{"KES", 2, []string{"kes", "ksh", "shillings", "shilling"}},
		{"KWD", 3, []string{"kwd", "dinars", "dinar"}},
		{"BTC", 8, []string{"btc", "₿", "bitcoins", "bitcoin", "比特币"}},
		{"ETH", 18, []string{"eth", "ether", "以太币", "以太坊"}},
		{"USDT", 6, []string{"usdt", "tether", "泰达币"}},
		{"USDC", 6, []string{"usdc"}},
	}
}

// shared are signs that several currencies have, and which one each means where no
// other is known.
func shared() map[string][]string {
	return map[string][]string{"¥": {"CNY", "JPY"}, "$": {"USD", "HKD", "TWD", "SGD"}}
}

// Currency reads the name, sign or code of a currency.
func Currency(text string, c Context) (string, string) {
	folded, problem := plain(text)
	if problem != "" {
		return "", problem
	}
	found, rest := takeCurrency(folded, c)
	if found.code == "" || strings.TrimSpace(rest) != "" {
		if code := strings.ToUpper(folded); wallet.ValidCurrency(code) && len(code) <= 5 && strings.ToUpper(c.Currency) == code {
			return code, ""
		}
		return "", NoCurrency
	}
	return found.code, ""
}

// takeCurrency finds the currency that a text names, and gives the text without it.
// The longest word wins, so that "hk$" is not "$".
func takeCurrency(text string, c Context) (money, string) {
	best, word, at := money{}, "", -1
	for _, m := range currencies() {
		for _, w := range m.words {
			if i := stands(text, w); i >= 0 && len(w) > len(word) {
				best, word, at = m, w, i
			}
		}
	}
	for sign, codes := range shared() {
		i := strings.Index(text, sign)
		if i < 0 || word != "" {
			continue
		}
		code := codes[0]
		for _, other := range codes {
			if other == c.Currency {
				code = other
			}
		}
		for _, m := range currencies() {
			if m.code == code {
				best, word, at = m, sign, i
			}
		}
	}
	if at < 0 {
		return money{}, text
	}
	return best, strings.TrimSpace(text[:at] + " " + text[at+len(word):])
}

// stands finds a word in a text: one of Latin letters only where no other letter
// touches it, anything else anywhere.
func stands(text, word string) int {
	latin := strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == ""
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return -1
		}
		i += from
		end := i + len(word)
		if !latin || ((i == 0 || !letter(text[i-1])) && (end == len(text) || !letter(text[end]))) {
			return i
		}
		from = i + 1
	}
}

func letter(b byte) bool { return b >= 'a' && b <= 'z' }
