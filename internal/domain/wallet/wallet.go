// Package wallet is what Kefu knows of the operator's wallet: the words in which
// customers, accounts, balances and transactions are told, whichever wallet tells
// them, which state of a transaction may follow which, and what of it staff may
// see. Its JSON is the form that docs/wallet-api.md asks of a wallet. It asks
// nobody: the connectors do. Nothing of it is kept by Kefu, but for References.
package wallet

import (
	"encoding/json"
	"time"

	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// Bounds of what a wallet may say.
const (
	MaxID       = check.MaxID
	MaxText     = check.MaxText
	MaxAccounts = 100           // accounts, balances and instruments of one customer
	MaxHistory  = 64            // states of one transaction
	MaxList     = check.MaxList // fees, holds, handles and related transactions of one thing
	MaxPage     = 100           // transactions of one page
	MaxCursor   = 200           // bytes of a cursor
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

// ValidID tells whether s has the form of an identifier of a wallet.
func ValidID(s string) bool { return check.ValidID(s) }
