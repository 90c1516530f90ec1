// Package wallet is what Kefu knows of the operator's wallet: the words in which
// customers, accounts, balances and transactions are told, whichever wallet tells
// them, which state of a transaction may follow which, and what of it staff may
// see. Its JSON is the form that docs/wallet-api.md asks of a wallet. It asks
// nobody: the connectors do. Nothing of it is kept by Kefu, but for References.
package wallet

import (
	"encoding/json"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kefu/internal/platform/fault"
)

// Bounds of what a wallet may say.
const (
	MaxID       = 64  // bytes of an identifier of the wallet's
	MaxText     = 200 // characters of a name or a line of text
	MaxAccounts = 100 // accounts, balances and instruments of one customer
	MaxHistory  = 64  // states of one transaction
	MaxList     = 32  // fees, holds, handles and related transactions of one thing
	MaxPage     = 100 // transactions of one page
	MaxCursor   = 200 // bytes of a cursor
)

// Time is an instant in microseconds since 1970 in UTC; 0 is none. In JSON it is
// an RFC 3339 text, or null.
type Time int64

// At is t as Kefu keeps time.
func At(t time.Time) Time {
	if t.IsZero() {
		return 0
	}
	return Time(t.UnixMicro())
}

// Std is t as the standard library keeps time.
func (t Time) Std() time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(t)).UTC()
}

// MarshalJSON implements json.Marshaler.
func (t Time) MarshalJSON() ([]byte, error) {
	if t == 0 {
		return []byte("null"), nil
	}
	return json.Marshal(t.Std().Format(time.RFC3339Nano))
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *Time) UnmarshalJSON(data []byte) error {
	const op = "wallet.Time"
	if string(data) == "null" {
		*t = 0
		return nil
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fault.New(fault.Invalid, op, "an instant is no text")
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || at.Year() < 1971 || at.Year() > 9000 {
		return fault.New(fault.Invalid, op, "an instant is not one of RFC 3339")
	}
	*t = At(at)
	return nil
}

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

// checkID refuses an identifier of the wrong form.
func checkID(op, field, s string, needed bool) error {
	if (s == "" && !needed) || ValidID(s) {
		return nil
	}
	return fault.InvalidField(op, field, "is no identifier")
}

// checkText refuses a text that is long, or has characters that no one can see.
func checkText(op, field, s string) error {
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

// checkWord refuses a word that is not one of the closed set.
func checkWord[T ~string](op, field string, word T, known ...T) error {
	for _, k := range known {
		if word == k {
			return nil
		}
	}
	return fault.InvalidField(op, field, "is not a word of the contract")
}

// checkCode refuses what is no short word of lower-case letters and digits, such
// as a code of a rail or a category.
func checkCode(op, field, s string) error {
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

// firstOf gives the first error of several checks.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
