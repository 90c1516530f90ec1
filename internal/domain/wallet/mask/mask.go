// Package mask hides most of a text that says who somebody is, and leaves what is enough to
// tell one from another: names, addresses, telephone numbers, account numbers. Which field is
// masked in which form stands in domain/field.
package mask

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"kefu/internal/domain/field"
)

const (
	dots         = "••••"
	maxFirstName = 24 // characters; more are no first name
)

// Name leaves what is enough to tell one from another and not enough to find
// them: the first word of a name and the initial of the last, "Anna S.". Of a name
// in Chinese, Japanese or Korean letters the family name, "李••". A single word
// keeps its first letter.
func Name(name string) string {
	words := strings.Fields(name)
	if len(words) == 0 {
		return ""
	}
	first, size := utf8.DecodeRuneInString(words[0])
	if len(words) == 1 {
		if unicode.In(first, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) {
			return string(first) + "••"
		}
		return words[0][:size] + dots
	}
	last, _ := utf8.DecodeRuneInString(words[len(words)-1])
	switch n := utf8.RuneCountInString(words[0]); {
	case n == 1: // an initial: the rest says all the more
		return words[0] + " " + dots
	case n > maxFirstName:
		return string(first) + dots
	}
	return words[0] + " " + string(unicode.ToUpper(last)) + "."
}

// Email leaves the first letter and the domain.
func Email(address string) string {
	local, domain, ok := strings.Cut(address, "@")
	if !ok || local == "" {
		return End(address, 0)
	}
	_, size := utf8.DecodeRuneInString(local)
	if size == len(local) { // its first letter is all of it
		size = 0
	}
	return local[:size] + dots + "@" + domain
}

// Phone leaves the country's code, where one stands in front, and the last two
// digits.
func Phone(number string) string {
	plain := strings.Map(func(r rune) rune {
		if (r >= '0' && r <= '9') || r == '+' {
			return r
		}
		return -1
	}, number)
	if len(plain) < 8 {
		return End(plain, 0)
	}
	front := ""
	if plain[0] == '+' {
		front = plain[:3] + " "
	}
	return front + dots + plain[len(plain)-2:]
}

// End leaves the last n characters, at most a third.
func End(text string, n int) string {
	if text == "" {
		return ""
	}
	chars := []rune(text)
	return dots + string(chars[len(chars)-min(n, len(chars)/3):])
}

// Of masks a value as its field is masked wherever staff see it.
func Of(n field.Name, value string) string {
	switch n.Form() {
	case field.Person:
		return Name(value)
	case field.Mail:
		return Email(value)
	case field.Phone:
		return Phone(value)
	case field.End3:
		return End(value, 3)
	case field.End4:
		return End(value, 4)
	default:
		return End(value, 0)
	}
}
