// Package secret says what a finding of the guard is: its class, its place in
// the text, the marker that takes its place, and how findings that overlap
// become one. It does not look for any.
package secret

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Class is the kind of a secret.
type Class string

// The closed set of classes.
const (
	PAN      Class = "pan"      // number of a payment card, ISO/IEC 7812-1
	CVV      Class = "cvv"      // card security code
	OTP      Class = "otp"      // one-time code, also of remote-access tools
	Seed     Class = "seed"     // recovery phrase of a wallet, BIP-39
	Key      Class = "key"      // private key, API key, token, cookie, Authorization header
	Password Class = "password" // password, passphrase or PIN
	ID       Class = "id"       // identity document or bank account number; masked, not removed
)

// Finding is one secret in a text. Start and End count Unicode code points of
// the text as given, half open; an invalid UTF-8 byte counts as one. Last4
// holds up to four last characters of a pan or an id, and nothing otherwise.
type Finding struct {
	Start int
	End   int
	Class Class
	Last4 string
}

// A marker stands in the stored text where a secret was: ‹class› or
// ‹class ••••1111›, with the class in English so that every interface can show
// it in its own language. The detector reads markers as opaque.
const (
	MarkerOpen  = '‹'
	MarkerClose = '›'
	markerDots  = "••••"
)

// Marker is the text that replaces a finding.
func Marker(f Finding) string {
	if f.Last4 == "" {
		return string(MarkerOpen) + string(f.Class) + string(MarkerClose)
	}
	return string(MarkerOpen) + string(f.Class) + " " + markerDots + f.Last4 + string(MarkerClose)
}

// ClassNames are the classes as they are written in markers.
func ClassNames() []string {
	return []string{string(PAN), string(CVV), string(OTP), string(Seed), string(Key), string(Password), string(ID)}
}

// Apply puts markers where the findings are, which must be those of text.
func Apply(text string, found []Finding) string {
	var b strings.Builder
	b.Grow(len(text))
	point, next := 0, 0
	for i := range text {
		if next < len(found) && point == found[next].End {
			next++
		}
		if next < len(found) && point >= found[next].Start {
			if point == found[next].Start {
				b.WriteString(Marker(found[next]))
			}
		} else {
			_, size := utf8.DecodeRuneInString(text[i:])
			b.WriteString(text[i : i+size])
		}
		point++
	}
	return b.String()
}

// Fit cuts a text that its markers have made longer than so many code points, and
// leaves no half of a marker.
func Fit(text string, most int) string {
	if len(text) <= most || utf8.RuneCountInString(text) <= most {
		return text
	}
	text = string([]rune(text)[:most])
	if open := strings.LastIndex(text, string(MarkerOpen)); open > strings.LastIndex(text, string(MarkerClose)) {
		text = text[:open]
	}
	return text
}

// Merge sorts by position and joins what overlaps under the graver class.
func Merge(all []Finding) []Finding {
	slices.SortFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End), cmp.Compare(gravity(a.Class), gravity(b.Class)))
	})
	out := all[:0]
	for _, f := range all {
		last := len(out) - 1
		if last < 0 || f.Start >= out[last].End {
			out = append(out, f)
			continue
		}
		if gravity(f.Class) < gravity(out[last].Class) {
			out[last].Class, out[last].Last4 = f.Class, f.Last4
		}
		out[last].End = max(out[last].End, f.End)
	}
	return out
}

// gravity orders the classes; the smallest names a joined finding.
func gravity(c Class) int {
	return slices.Index([]Class{Seed, Key, PAN, Password, ID, CVV, OTP}, c)
}
