package search

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kefu/internal/platform/fault"
)

// The bounds of what is asked.
const (
	MaxAskRunes = 400
	MaxValues   = 10 // of one filter
)

// The filters, as they are written before the colon.
const (
	KeyFrom     = "from"     // customer, agent, program, me, or a member of staff
	KeyAssignee = "assignee" // me, nobody, or a member of staff
	KeyStatus   = "status"
	KeyTeam     = "team" // nobody, or its name
	KeyChannel  = "channel"
	KeyTag      = "tag"
	KeyLanguage = "language"
	KeyHas      = "has"      // file
	KeyIs       = "is"       // message, note
	KeyCustomer = "customer" // an id
	KeyAfter    = "after"    // a day: from its beginning
	KeyBefore   = "before"   // a day: until its beginning
	KeyOn       = "on"       // a day: all of it
)

// Keys are the filters in the order of the documentation.
func Keys() []string {
	return []string{KeyFrom, KeyAssignee, KeyStatus, KeyTeam, KeyChannel, KeyTag, KeyLanguage, KeyHas, KeyIs, KeyCustomer, KeyAfter, KeyBefore, KeyOn}
}

// Part is a filter as it was written: from:customer, tag:"two words". Start and End
// are code points of the text, [Start, End).
type Part struct {
	Start, End int
	Key        string
	Values     []string
}

// Ask is what somebody asks a search for: words, filters, or both. Of several values
// of one filter one must fit; every filter must.
type Ask struct {
	Query Query // of no terms when only filters were given
	Parts []Part
	From  int64 // microseconds: nothing before; 0 unasked
	Until int64 // nothing at or after; 0 unasked
}

// Values are those of all parts of one filter, each once.
func (a *Ask) Values(key string) []string {
	var all []string
	for _, p := range a.Parts {
		if p.Key == key {
			for _, v := range p.Values {
				if !slices.Contains(all, v) {
					all = append(all, v)
				}
			}
		}
	}
	return all
}

// Words tells whether there are words to look for.
func (a *Ask) Words() bool { return len(a.Query.terms) > 0 }

// ParseAsk reads what was asked, as in
//
//	refund from:customer status:open,waiting before:2026-11-01 "exact words"
//
// Days are those of zone; today, yesterday and 7d count from now. A key it does not
// know is a word, unless it is nearly one that it knows. Errors: Invalid, whose field
// is query.start.end with the code points of the part that is wrong, or query where
// the whole is; its reason is one of unknown_filter, missing, unknown, date, too_long,
// too_many, empty and too_short.
func ParseAsk(text string, now time.Time, zone *time.Location) (Ask, error) {
	var ask Ask
	if n := utf8.RuneCountInString(text); n > MaxAskRunes {
		return ask, fault.InvalidFor("search.ParseAsk", "query", "too_long", "%d characters are more than %d", n, MaxAskRunes)
	}
	runes := []rune(strings.ToValidUTF8(text, "\ufffd"))
	words := make([]rune, 0, len(runes))
	for at := 0; at < len(runes); {
		switch part, ok := partAt(runes, at); {
		case ok:
			if err := ask.add(part, now.In(zone), zone); err != nil {
				return Ask{}, err
			}
			words = append(words, ' ')
			at = part.End
		case closingQuote(runes[at]) != 0 && slices.Contains(runes[at+1:], closingQuote(runes[at])):
			end := at + 2 + slices.Index(runes[at+1:], closingQuote(runes[at])) // no filter begins inside of a phrase
			words = append(words, runes[at:end]...)
			at = end
		default:
			words = append(words, runes[at])
			at++
		}
	}
	if plain := string(words); strings.ContainsFunc(plain, func(r rune) bool { return !unicode.IsSpace(r) }) || len(ask.Parts) == 0 {
		var err error
		if ask.Query, err = Parse(plain); err != nil {
			return Ask{}, err
		}
	}
	return ask, nil
}

// partAt reads the filter that begins at a code point, if one does: a key after a
// space, its colon, and what follows. A nearly known key is one, too.
func partAt(runes []rune, at int) (Part, bool) {
	if at > 0 && !unicode.IsSpace(runes[at-1]) {
		return Part{}, false
	}
	colon := at
	for colon < len(runes) && (runes[colon] >= 'a' && runes[colon] <= 'z' || runes[colon] >= 'A' && runes[colon] <= 'Z') {
		colon++
	}
	if colon == at || colon == len(runes) || (runes[colon] != ':' && runes[colon] != '：') {
		return Part{}, false
	}
	part := Part{Start: at, Key: strings.ToLower(string(runes[at:colon]))}
	if part.Key == "lang" {
		part.Key = KeyLanguage
	}
	if !slices.Contains(Keys(), part.Key) && nearest(part.Key) == "" {
		return Part{}, false
	}
	part.Values, part.End = valuesAt(runes, colon+1)
	return part, true
}

// valuesAt reads the values of a filter, which commas divide, up to a space.
func valuesAt(runes []rune, at int) (values []string, end int) {
	var value []rune
	take := func() {
		if v := strings.TrimSpace(string(value)); v != "" {
			values = append(values, v)
		}
		value = value[:0]
	}
	for at < len(runes) && !unicode.IsSpace(runes[at]) {
		if closing := closingQuote(runes[at]); closing != 0 {
			if n := slices.Index(runes[at+1:], closing); n >= 0 {
				value = append(value, runes[at+1:at+1+n]...)
				at += n + 2
				continue
			}
		}
		if runes[at] == ',' || runes[at] == '，' {
			take()
		} else {
			value = append(value, runes[at])
		}
		at++
	}
	take()
	return values, at
}

// add takes a filter in, or says what is wrong with it.
func (a *Ask) add(part Part, now time.Time, zone *time.Location) error {
	wrong := func(reason, format string, args ...any) error { return a.Wrong(part, reason, format, args...) }
	switch {
	case !slices.Contains(Keys(), part.Key):
		return wrong("unknown_filter", "a filter that is nearly %s", nearest(part.Key))
	case len(part.Values) == 0:
		return wrong("missing", "%s: has no value", part.Key)
	case len(a.Values(part.Key))+len(part.Values) > MaxValues:
		return wrong("too_many", "%s: has more than %d values", part.Key, MaxValues)
	}
	if known := valuesOf(part.Key); known != nil {
		for i, v := range part.Values {
			part.Values[i] = strings.ToLower(v)
			if !slices.Contains(known, part.Values[i]) {
				return wrong("unknown", "%s: is not one of %v", part.Key, known)
			}
		}
	}
	if part.Key == KeyAfter || part.Key == KeyBefore || part.Key == KeyOn {
		if !a.limit(part, now, zone) {
			return wrong("date", "%s: is no day", part.Key)
		}
	}
	a.Parts = append(a.Parts, part)
	return nil
}

// Wrong is the error that points at a part.
func (a *Ask) Wrong(part Part, reason, format string, args ...any) error {
	return fault.InvalidFor("search.ParseAsk", fmt.Sprintf("query.%d.%d", part.Start, part.End), reason, format, args...)
}

// limit takes a day in. Of several the narrowest counts.
func (a *Ask) limit(part Part, now time.Time, zone *time.Location) bool {
	if len(part.Values) != 1 {
		return false
	}
	day, ok := dayOf(part.Values[0], now, zone)
	if !ok {
		return false
	}
	if part.Key != KeyBefore {
		a.From = max(a.From, day.UnixMicro())
	}
	if part.Key == KeyOn {
		year, month, d := day.Date()
		day = time.Date(year, month, d+1, 0, 0, 0, 0, zone)
	}
	if part.Key != KeyAfter && (a.Until == 0 || a.Until > day.UnixMicro()) {
		a.Until = day.UnixMicro()
	}
	return true
}

// valuesOf are the values that a filter takes; nil where they are not known here.
func valuesOf(key string) []string {
	switch key {
	case KeyStatus:
		return []string{"open", "waiting", "snoozed", "resolved", "merged"}
	case KeyHas:
		return []string{"file"}
	case KeyIs:
		return []string{"message", "note"}
	}
	return nil
}

// nearest is the key that a word nearly is: one letter is wrong, missing, too many,
// or changed places with its neighbour. "" when it is near none.
func nearest(word string) string {
	for _, key := range Keys() {
		if len(key) > 2 && len(word) > 2 && Near(word, key) {
			return key
		}
	}
	return ""
}

// Near tells whether two words differ by one letter too many, too few or wrong, or by two
// neighbours that changed places.
func Near(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	if i == len(a) || a[i+1:] == b[i+1:] {
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
