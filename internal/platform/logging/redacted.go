package logging

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// Redacted carries a string that must not be printed: no fmt verb, encoder or
// log handler shows its content. The content sits behind a pointer, so that
// fmt, which cannot call methods on unexported fields, shows an address there.
// The zero value is empty.
type Redacted struct {
	label   string
	content *string
}

// Personal wraps what belongs to a person: a name, an address, a number.
func Personal(s string) Redacted { return Redacted{label: "personal", content: &s} }

// Secret wraps what grants access: a password, a token, a key, a DSN.
func Secret(s string) Redacted { return Redacted{label: "secret", content: &s} }

// Reveal gives the content back to code that needs it. Its result is an
// ordinary string again: do not log it.
func (r Redacted) Reveal() string {
	if r.content == nil {
		return ""
	}
	return *r.content
}

// String says that something is hidden here, never what or how long it is.
func (r Redacted) String() string {
	switch {
	case r.Reveal() == "":
		return "‹empty›"
	case r.label == "":
		return "‹hidden›"
	default:
		return "‹" + r.label + "›"
	}
}

// Format implements fmt.Formatter for every verb and flag.
func (r Redacted) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

// LogValue implements slog.LogValuer.
func (r Redacted) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalJSON implements json.Marshaler.
func (r Redacted) MarshalJSON() ([]byte, error) { return json.Marshal(r.String()) }

// MarshalText implements encoding.TextMarshaler, which XML and YAML encoders
// and the keys of JSON maps use.
func (r Redacted) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
