// Package check judges the parts that everything is made of that a wallet says:
// identifiers, texts, words of closed sets, and codes. What they mean is the business of
// the forms that have them (wallet and its rooms).
package check

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"kefu/internal/platform/fault"
)

// Bounds of what a wallet may say.
const (
	MaxID   = 64   // bytes of an identifier of the wallet's
	MaxText = 200  // characters of a name or a line of text
	MaxList = 32   // things in a list inside of one thing
	MaxLink = 2048 // bytes of an address
)

// ValidID tells whether s has the form of an identifier of a wallet: up to MaxID
// letters, digits and marks that need no escape in an address.
func ValidID(s string) bool {
	if s == "" || len(s) > MaxID || s == "." || s == ".." {
		return false
	}
	for i := range len(s) {
		c := s[i]
		letter := (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
		if !letter && strings.IndexByte("-_.:~", c) < 0 {
			return false
		}
	}
	return true
}

// ID refuses an identifier of the wrong form. Errors: Invalid.
func ID(op, field, s string, needed bool) error {
	if (s == "" && !needed) || ValidID(s) {
		return nil
	}
	return fault.InvalidField(op, field, "is no identifier")
}

// Text refuses a text that is long, or has characters that no one can see. Errors:
// Invalid.
func Text(op, field, s string) error {
	if utf8.RuneCountInString(s) > MaxText {
		return fault.InvalidField(op, field, "has more than %d characters", MaxText)
	}
	for _, r := range s {
		if unicode.IsControl(r) || r == utf8.RuneError || (unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d') {
			return fault.InvalidField(op, field, "has a character that cannot be shown")
		}
	}
	return nil
}

// Word refuses a word that is not one of the closed set. Errors: Invalid.
func Word[T ~string](op, field string, word T, known ...T) error {
	for _, k := range known {
		if word == k {
			return nil
		}
	}
	return fault.InvalidField(op, field, "is not a word of the contract")
}

// Code refuses what is no short word of printable ASCII, such as a code of a rail or a
// category. Errors: Invalid.
func Code(op, field, s string) error {
	if len(s) > MaxID {
		return fault.InvalidField(op, field, "is longer than %d bytes", MaxID)
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' {
			return fault.InvalidField(op, field, "has a character that no code has")
		}
	}
	return nil
}

// Codes refuses a list that is long or holds what is no code. Errors: Invalid.
func Codes(op, field string, codes []string) error {
	if len(codes) > MaxList {
		return fault.InvalidField(op, field, "has more than %d entries", MaxList)
	}
	for _, c := range codes {
		if c == "" {
			return fault.InvalidField(op, field, "has an empty code")
		}
		if err := Code(op, field, c); err != nil {
			return err
		}
	}
	return nil
}

// First gives the first error of several checks.
func First(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
