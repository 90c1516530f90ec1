package recovery

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Hint hides an address or a number but for a little: the first letter of each part of an
// address and what it ends in, the last two digits of a number.
func Hint(kind, value string) string {
	value = strings.TrimSpace(value)
	if kind == SMS {
		digits := strings.Map(func(r rune) rune {
			if !unicode.IsDigit(r) {
				return -1
			}
			return r
		}, value)
		return "•••• " + digits[max(0, len(digits)-2):]
	}
	local, domain, _ := strings.Cut(value, "@")
	name, end := domain, ""
	if dot := strings.LastIndexByte(domain, '.'); dot >= 0 && len(domain)-dot <= 1+maxShown-2 {
		name, end = domain[:dot], domain[dot:]
	}
	return first(local) + "•••@" + first(name) + "•••" + end
}

func first(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 || r == utf8.RuneError {
		return ""
	}
	return string(unicode.ToLower(r))
}
