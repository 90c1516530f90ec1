// Package input reads what people type or say, in English and Chinese, as values: sums
// of money in figures, words and Chinese numerals, days, currencies, the last four
// digits of a card, telephone numbers and addresses. Where a text can be read in two
// ways, both readings come out and somebody is asked; nothing is guessed about money.
// It looks at one answer to one question; what a whole message wants is found out
// elsewhere.
package input

import (
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Context is what is known of whoever answers.
type Context struct {
	Language string         // BCP 47
	Zone     *time.Location // where they are; UTC when nil
	Now      time.Time
	Currency string // of what is talked about, "" when none is
	Scale    int    // decimals of that currency
}

// The problems that a text can have, as words for which every channel has a sentence.
const (
	Empty      = "empty"
	TooLong    = "too_long"
	NoNumber   = "no_number"
	Ambiguous  = "ambiguous"   // it can be read in two ways: see the readings
	TooPrecise = "too_precise" // more decimals than the currency has
	TooLarge   = "too_large"
	NotAbove   = "not_above_zero"
	NoCurrency = "no_currency" // which one it is was not said and is not known
	OtherMoney = "other_currency"
	NoDate     = "no_date"
	Future     = "in_the_future"
	NotFour    = "not_four_digits"
	NoPhone    = "no_phone"
	NoEmail    = "no_email"
	NoYesNo    = "neither_yes_nor_no"
)

// maxText bounds an answer, in characters.
const maxText = 200

// plain brings a text to one form: compatibility characters as their plain ones, so
// that full-width digits are digits, spaces as one space, lower case. Characters that
// nobody sees are dropped.
func plain(text string) (string, string) {
	if len(text) > 4*maxText {
		return "", TooLong
	}
	text = strings.ToLower(norm.NFKC.String(text))
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r) || unicode.IsControl(r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		default:
			return r
		}
	}, text)
	if text = strings.Join(strings.Fields(text), " "); text == "" {
		return "", Empty
	}
	return text, ""
}

func (c Context) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

// Last4 reads the last four digits of a card. More digits are no answer: whoever types
// a whole number must not be thanked for it.
func Last4(text string) (string, string) {
	folded, problem := plain(text)
	if problem != "" {
		return "", problem
	}
	digits := strings.Map(func(r rune) rune {
		if r == ' ' || r == '*' || r == '•' || r == 'x' || r == '-' || r == '·' {
			return -1
		}
		return r
	}, folded)
	if len(digits) != 4 || strings.Trim(digits, "0123456789") != "" {
		return "", NotFour
	}
	return digits, ""
}

// Phone reads a telephone number as E.164 has it: a plus and 8 to 15 digits. A number
// without a country's code is no answer to keep: nobody knows whose it is.
func Phone(text string) (string, string) {
	folded, problem := plain(text)
	if problem != "" {
		return "", problem
	}
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -().‐‑–/", r) {
			return -1
		}
		return r
	}, folded)
	if rest, international := strings.CutPrefix(digits, "00"); international {
		digits = "+" + rest
	}
	rest, plus := strings.CutPrefix(digits, "+")
	if !plus || len(rest) < 8 || len(rest) > 15 || rest[0] == '0' || strings.Trim(rest, "0123456789") != "" {
		return "", NoPhone
	}
	return "+" + rest, ""
}

// Email reads a mail address of the common form (RFC 5321 without quoted names,
// comments and addresses of hosts). Its domain is in lower case.
func Email(text string) (string, string) {
	text = strings.TrimSpace(norm.NFKC.String(text))
	local, domain, ok := strings.Cut(text, "@")
	switch {
	case text == "":
		return "", Empty
	case !ok || len(text) > 254 || len(local) > 64 || !address(local, "!#$%&'*+/=?^_`{|}~-.") || strings.Contains(local, "..") || strings.HasPrefix(local, ".") || strings.HasSuffix(local, "."):
		return "", NoEmail
	}
	domain = strings.ToLower(domain)
	labels := strings.Split(domain, ".")
	if len(labels) < 2 || len(labels[len(labels)-1]) < 2 {
		return "", NoEmail
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") || !address(label, "-") {
			return "", NoEmail
		}
	}
	return local + "@" + domain, ""
}

// address tells whether s has letters, digits and some marks alone. Letters of other
// scripts are letters (RFC 6531).
func address(s, marks string) bool {
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune(marks, r) {
			return false
		}
	}
	return s != ""
}

// YesNo reads a yes or a no.
func YesNo(text string) (bool, string) {
	folded, problem := plain(text)
	if problem != "" {
		return false, problem
	}
	folded = strings.Trim(folded, ".!。！~ ")
	for _, yes := range strings.Fields("yes y yeah yep yup sure ok okay correct right true 是 是的 对 对的 好 好的 嗯 可以 没错 确认 同意 要 行") {
		if folded == yes {
			return true, ""
		}
	}
	for _, no := range strings.Fields("no n nope nah wrong false 不 不是 不对 不行 不要 不用 没有 否 取消 不同意 错") {
		if folded == no {
			return false, ""
		}
	}
	return false, NoYesNo
}
