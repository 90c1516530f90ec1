package search

import (
	"strconv"
	"unicode/utf8"

	"kefu/internal/platform/fault"
)

// The bounds of one query.
const (
	MaxQueryRunes = 200
	MaxQueryTerms = 16
	MaxQueryKeys  = 32 // words and pairs looked up; the Matcher checks the rest
)

// Query is what somebody searches for: terms that must all occur. A term is a
// word, words tied together as in e-mail, a run of characters as in 充值失败, the
// beginning of a word with a star, as in refund*, or a "quoted phrase", whose words
// stand in exactly this order and form.
type Query struct {
	terms []term
	keys  []string // what Blinder.Query makes tokens of
}

// term is a sequence of symbols that must occur next to each other.
type term struct {
	parts []part
	exact bool // quoted: the form of a word counts, not its stem
}

type part struct {
	text, stem string
	glyph      bool
	paired     bool // one run of characters with the part before
	begins     bool // a word that begins so, written with a star
}

// Parse reads a query. It returns Invalid, blaming the field "query", for one
// that is too long, holds nothing that could be searched for, or holds nothing
// but single characters of a script that is indexed in pairs.
func Parse(text string) (Query, error) {
	const op = "search.Parse"
	if n := utf8.RuneCountInString(text); n > MaxQueryRunes {
		return Query{}, fault.InvalidFor(op, "query", "too_long", "%d characters are more than %d", n, MaxQueryRunes)
	}
	var query Query
	for text != "" {
		plain, phrase, rest := cutPhrase(text)
		query.addWords(plain)
		query.addPhrase(phrase)
		text = rest
	}
	switch {
	case len(query.terms) == 0:
		return Query{}, fault.InvalidFor(op, "query", "empty", "there is no word to search for")
	case len(query.terms) > MaxQueryTerms:
		return Query{}, fault.InvalidFor(op, "query", "too_many", "%d words are more than %d", len(query.terms), MaxQueryTerms)
	case len(query.keys) == 0:
		return Query{}, fault.InvalidFor(op, "query", "too_short", "what is searched for is too short: type more of it")
	}
	return query, nil
}

// String hides the words, which may be personal data, from logs.
func (q Query) String() string {
	return "[query of " + strconv.Itoa(len(q.terms)) + " terms]"
}

// GoString hides the words as well.
func (q Query) GoString() string { return q.String() }

// cutPhrase splits text at its first pair of quotation marks. A mark without a
// partner is taken for a space.
func cutPhrase(text string) (plain, phrase, rest string) {
	for i, r := range text {
		closing := closingQuote(r)
		if closing == 0 {
			continue
		}
		from := i + utf8.RuneLen(r)
		for j, r := range text[from:] {
			if r == closing {
				return text[:i], text[from : from+j], text[from+j+utf8.RuneLen(r):]
			}
		}
		return text[:i], "", text[from:]
	}
	return text, "", ""
}

// closingQuote gives the partner of an opening quotation mark; 0 for others.
func closingQuote(r rune) rune {
	switch r {
	case '"', '＂':
		return r
	case '“', '„':
		return '”'
	case '「':
		return '」'
	case '『':
		return '』'
	case '«':
		return '»'
	}
	return 0
}

func (q *Query) addPhrase(text string) {
	var a analysis
	a.read(text, MaxQueryRunes)
	if len(a.symbols) > 0 {
		q.add(&a, 0, len(a.symbols), true)
	}
}

// addWords adds the terms of text outside quotation marks. Writing changes
// between scripts without a space, so iPhone15充值失败 is two terms; but a single
// character belongs to its neighbour, as in 100元 or T恤.
func (q *Query) addWords(text string) {
	var a analysis
	a.read(text, MaxQueryRunes)
	source := []rune(text)
	from := 0
	for i := 1; i <= len(a.symbols); i++ {
		if i == len(a.symbols) || a.symbols[i].gap == gapBreak || a.scriptsPart(i) {
			q.add(&a, from, i, false)
			if end := int(a.symbols[i-1].to); end < len(source) && isStar(source[end]) && !a.symbols[i-1].glyph {
				q.begins()
			}
			from = i
		}
	}
}

func isStar(r rune) bool { return r == '*' || r == '＊' }

// begins makes the last word the beginning of one.
func (q *Query) begins() {
	parts := q.terms[len(q.terms)-1].parts
	last := &parts[len(parts)-1]
	last.begins = true
	if n := len(q.keys) - 1; n >= 0 && q.keys[n] == last.stem {
		q.keys = q.keys[:n]
	}
	if key := appendPrefix(nil, []byte(last.text)); len(key) > 0 {
		q.addKey(string(key))
	}
}

// scriptsPart tells whether a run of at least two characters meets a word
// between symbol i-1 and symbol i.
func (a *analysis) scriptsPart(i int) bool {
	if a.symbols[i].glyph == a.symbols[i-1].glyph {
		return false
	}
	if a.symbols[i].glyph {
		return i+1 < len(a.symbols) && a.paired(i+1)
	}
	return a.paired(i - 1)
}

func (q *Query) add(a *analysis, from, to int, exact bool) {
	parts := make([]part, 0, to-from)
	for i := from; i < to; i++ {
		symbol := part{text: string(a.bytes(i)), glyph: a.symbols[i].glyph, paired: i > from && a.paired(i)}
		if !symbol.glyph {
			symbol.stem = string(stem(a.bytes(i)))
			q.addKey(symbol.stem)
		} else if symbol.paired {
			q.addKey(parts[len(parts)-1].text + symbol.text)
		}
		parts = append(parts, symbol)
	}
	q.terms = append(q.terms, term{parts: parts, exact: exact})
}

func (q *Query) addKey(key string) {
	if len(q.keys) < MaxQueryKeys {
		q.keys = append(q.keys, key)
	}
}
