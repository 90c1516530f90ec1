package password

import (
	_ "embed"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The rule for choosing a password, after NIST SP 800-63B section 5.1.1.2:
// length counts, nothing need be mixed in, and what everybody chooses is
// refused.
const (
	MinRunes = 12
	MaxRunes = 256
	maxBytes = 4 * MaxRunes
)

// minOwn is how many characters must be left after everything that anyone would
// guess is taken out.
const minOwn = 4

// common.txt lists words and patterns from the top of published lists of leaked
// passwords, in lower case, one a line.
//
//go:embed common.txt
var commonText string

// Weakness says why a password is refused; it is a message key. The empty
// Weakness means that it is not.
type Weakness string

// The reasons.
const (
	TooShort Weakness = "too_short" // fewer than MinRunes characters
	TooLong  Weakness = "too_long"  // more than MaxRunes characters
	Common   Weakness = "common"    // made of what people and programs guess first
)

// Policy judges passwords as they are chosen.
type Policy struct {
	words []string // longest first
}

// NewPolicy makes a policy that knows the common passwords and the given words,
// such as the names of the product and of the operator.
func NewPolicy(words ...string) *Policy {
	p := &Policy{}
	for _, w := range append(strings.Fields(commonText), words...) {
		if w = plain(w); utf8.RuneCountInString(w) >= 3 {
			p.words = append(p.words, w)
		}
	}
	longestFirst(p.words)
	p.words = slices.Compact(p.words)
	return p
}

// Check judges a password. The context is what an attacker knows of its owner,
// such as name and e-mail address.
func (p *Policy) Check(password string, context ...string) Weakness {
	count := utf8.RuneCountInString(norm.NFKC.String(password))
	switch {
	case count < MinRunes:
		return TooShort
	case count > MaxRunes || len(password) > maxBytes:
		return TooLong
	}
	var known []string
	for _, c := range context {
		known = append(known, strings.FieldsFunc(plain(c), func(r rune) bool { return strings.ContainsRune(" @._-+", r) })...)
	}
	known = slices.DeleteFunc(known, func(w string) bool { return utf8.RuneCountInString(w) < 3 })
	longestFirst(known)
	typed := []byte(plain(password))
	for _, words := range [][]string{known, p.words} {
		takeOut(typed, words)
	}
	if own(string(typed)) < minOwn {
		return Common
	}
	return ""
}

// takeOut blanks words in typed, written as they are or with digits and signs
// for letters. What was on both sides of a word is not joined.
func takeOut(typed []byte, words []string) {
	for _, w := range words {
		for _, as := range []func(byte) byte{asIs, unleet} {
			read := string(transform(typed, as))
			for at := 0; ; at += len(w) {
				next := strings.Index(read[at:], w)
				if next < 0 {
					break
				}
				at += next
				copy(typed[at:], strings.Repeat(" ", len(w)))
			}
		}
	}
}

func transform(b []byte, as func(byte) byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = as(c)
	}
	return out
}

// own counts the characters left when runs (aaaa, 1234, abcd), short numbers
// and signs are taken out.
func own(s string) int {
	left, run := 0, []rune{}
	flush := func() {
		if len(run) > 0 && len(run) < 3 {
			left += len(run)
		}
		run = run[:0]
	}
	step := rune(99)
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" !@#$%^&*()-_=+.,?", r) }) {
		if shortNumber(part) {
			continue
		}
		for _, r := range part {
			if n := len(run); n > 0 && (r-run[n-1] > 1 || r-run[n-1] < -1 || n > 1 && r-run[n-1] != step) {
				flush()
			}
			if n := len(run); n > 0 {
				step = r - run[n-1]
			}
			run = append(run, r)
		}
		flush()
	}
	return left
}

// shortNumber tells years, dates and the like from numbers with more in them.
func shortNumber(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return len(s) <= 8
}

func plain(s string) string { return strings.ToLower(norm.NFKC.String(s)) }

func asIs(c byte) byte { return c }

func unleet(c byte) byte {
	switch c {
	case '@', '4':
		return 'a'
	case '3':
		return 'e'
	case '0':
		return 'o'
	case '1', '!':
		return 'i'
	case '$', '5':
		return 's'
	case '7':
		return 't'
	default:
		return c
	}
}

func longestFirst(words []string) {
	slices.SortFunc(words, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
}
