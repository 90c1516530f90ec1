// Package logging sets up Kefu's log: slog as JSON or text, with types for
// values that must not be printed (Personal, Secret) and a net below them that
// drops attributes with telling names, refuses to print whole structures and
// encodes control characters, so that nobody can forge a line or colour a
// terminal. It decides nothing about what is worth logging.
package logging

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Formats of a log line.
const (
	JSON = "json"
	Text = "text"
)

// MaxValue is the number of bytes of a string that a log line keeps.
const MaxValue = 4096

// Options are the choices of New.
type Options struct {
	Format string       // JSON (also when empty) or Text
	Level  slog.Leveler // nil means slog.LevelInfo
}

// New makes a logger that writes to w, one line a record.
func New(w io.Writer, o Options) *slog.Logger {
	options := &slog.HandlerOptions{Level: o.Level, ReplaceAttr: newNet().replace}
	if o.Format == Text {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// net is what every attribute falls through before it is written.
type net struct {
	withheld map[string]bool
}

func newNet() net {
	words := []string{
		"token", "password", "passwd", "passphrase", "authorization", "cookie", "cookies",
		"body", "text", "secret", "secrets", "otp", "totp", "pin", "pan", "cvv", "seed",
		"mnemonic", "dsn", "apikey", "credential", "credentials", "draft", "note",
	}
	withheld := make(map[string]bool, len(words))
	for _, w := range words {
		withheld[w] = true
	}
	return net{withheld: withheld}
}

// replace implements slog.HandlerOptions.ReplaceAttr.
func (n net) replace(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && isBuiltIn(a) {
		return a
	}
	if n.names(a.Key) {
		return slog.Attr{}
	}
	for _, g := range groups {
		if n.names(g) {
			return slog.Attr{}
		}
	}
	return slog.Attr{Key: encode(a.Key), Value: plain(a.Value)}
}

// isBuiltIn tells the record's own time and level from attributes that borrow
// their names; the message is encoded like any other string.
func isBuiltIn(a slog.Attr) bool {
	switch a.Key {
	case slog.TimeKey:
		return a.Value.Kind() == slog.KindTime
	case slog.LevelKey:
		_, ok := a.Value.Any().(slog.Level)
		return ok
	default:
		return false
	}
}

// names tells whether one of the key's words is withheld: "access_token",
// "X-Auth-Token" and "sessionToken" all contain "token".
func (n net) names(key string) bool {
	for _, part := range strings.FieldsFunc(key, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if n.withheld[strings.ToLower(part)] {
			return true
		}
		start, previous := 0, rune(0)
		for i, r := range part {
			if unicode.IsUpper(r) && unicode.IsLower(previous) {
				if n.withheld[strings.ToLower(part[start:i])] {
					return true
				}
				start = i
			}
			previous = r
		}
		if n.withheld[strings.ToLower(part[start:])] {
			return true
		}
	}
	return false
}

// plain reduces a value to one that is safe to print. Structures are named and
// not opened: a field added to one later would reach the log unseen.
func plain(v slog.Value) slog.Value {
	switch v.Kind() {
	case slog.KindString:
		return slog.StringValue(encode(v.String()))
	case slog.KindAny:
		return plainAny(v.Any())
	default:
		return v
	}
}

func plainAny(v any) slog.Value {
	switch x := v.(type) {
	case nil:
		return slog.StringValue("<nil>")
	case error:
		return slog.StringValue(encode(x.Error()))
	case fmt.Stringer:
		return slog.StringValue(encode(x.String()))
	case []string:
		return slog.StringValue(encode(strings.Join(x, ", ")))
	default:
		return slog.StringValue(fmt.Sprintf("‹%T›", v))
	}
}

// encode makes control, format and line-separating characters visible and cuts
// what is too long. Format characters are among them because U+202E and its
// kin make a terminal show a line in another order than it has.
func encode(s string) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(cut(s), "\uFFFD") {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case isUnsafe(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	if len(s) > MaxValue {
		b.WriteString("…")
	}
	return b.String()
}

func isPlain(s string) bool {
	if len(s) > MaxValue {
		return false
	}
	for _, r := range s {
		if isUnsafe(r) {
			return false
		}
	}
	return utf8.ValidString(s)
}

func isUnsafe(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

// cut shortens s to MaxValue bytes without splitting a character.
func cut(s string) string {
	if len(s) <= MaxValue {
		return s
	}
	end := MaxValue
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}
