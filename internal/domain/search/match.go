package search

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// maxHits bounds the places of one text that are looked at for a snippet.
const maxHits = 256

// Range is a stretch of text, in code points: [Start, End).
type Range struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// Snippet is the part of a text to show for a hit.
type Snippet struct {
	Text       string  `json:"text"`       // one line: line breaks and tabs are spaces
	Highlights []Range `json:"highlights"` // code points of Text, in order, apart from each other
	CutBefore  bool    `json:"cut_before"` // the text goes on before the snippet
	CutAfter   bool    `json:"cut_after"`  // and after it
}

// Matcher checks candidates against one query. It reuses memory and is not safe
// for concurrent use.
type Matcher struct {
	query Query
	text  analysis
	hits  []hit
}

// hit is an occurrence of a term, in code points of the text.
type hit struct {
	Range
	term int
}

// NewMatcher makes a Matcher for a query.
func NewMatcher(query Query) *Matcher { return &Matcher{query: query} }

// Match tells whether every term of the query occurs in the text. Beyond
// MaxTextRunes nothing is found.
func (m *Matcher) Match(text string) bool {
	m.text.read(text, MaxTextRunes)
	for i := range m.query.terms {
		if !m.occurs(&m.query.terms[i]) {
			return false
		}
	}
	return len(m.query.terms) > 0
}

// Beginning is the snippet of a text that was found by something else than words.
func Beginning(text string, width int) Snippet {
	runes := []rune(text)
	cut := min(width, len(runes))
	return Snippet{Text: oneLine(runes[:cut]), CutAfter: cut < len(runes)}
}

func (m *Matcher) occurs(t *term) bool {
	for at := 0; at+len(t.parts) <= len(m.text.symbols); at++ {
		if m.matchesAt(t, at) {
			return true
		}
	}
	return false
}

// matchesAt tells whether the parts of a term stand at symbol at and after it.
func (m *Matcher) matchesAt(t *term, at int) bool {
	for i := range t.parts {
		part := &t.parts[i]
		word := m.text.bytes(at + i)
		switch {
		case part.glyph != m.text.symbols[at+i].glyph:
			return false
		case part.paired && !m.text.paired(at+i):
			return false
		case string(word) == part.text:
		case part.begins && bytes.HasPrefix(word, []byte(part.text)):
		case part.glyph || t.exact || string(stem(word)) != part.stem:
			return false
		}
	}
	return true
}

// Score says how well a text matches, to order texts by: the more often its terms
// occur for its length, the more exactly, and the nearer to each other and to the
// beginning, the higher. It is at least 1; 0 for a text that does not match. It
// depends on the text and the query alone.
func (m *Matcher) Score(text string) int {
	if !m.Match(text) {
		return 0
	}
	m.findHits()
	score := 1000
	exact := 0
	for i := range m.query.terms {
		if m.occursExactly(&m.query.terms[i]) {
			exact++
		}
	}
	score += 400 * exact / len(m.query.terms)
	score += min(300, 600*len(m.hits)/(len(m.text.symbols)+3))
	score += max(0, 300-m.span())
	score += max(0, 100-m.hits[0].Start)
	return score
}

// span is over how many characters the nearest places of all terms spread, at most
// that much.
func (m *Matcher) span() int {
	const far = 300
	best := far
	last := make([]int, len(m.query.terms)) // where each term stood last, from 1
	for i := range m.hits {
		last[m.hits[i].term] = m.hits[i].Start + 1
		if first := slices.Min(last); first > 0 {
			best = min(best, m.hits[i].End-first+1)
		}
	}
	return best
}

func (m *Matcher) occursExactly(t *term) bool {
	exact := term{parts: t.parts, exact: true}
	return m.occurs(&exact)
}

// Snippet gives up to width code points of the text around the place where most
// terms of the query stand together, with every occurrence in it marked. It is
// false when the text does not match.
func (m *Matcher) Snippet(text string, width int) (Snippet, bool) {
	if !m.Match(text) {
		return Snippet{}, false
	}
	m.findHits()
	runes := []rune(text)
	width = min(max(width, 1), len(runes))
	from := m.windowStart(runes, width)
	to := min(from+width, len(runes))
	snippet := Snippet{CutBefore: from > 0, CutAfter: to < len(runes)}
	for _, hit := range m.hits {
		start, end := max(hit.Start, from)-from, min(hit.End, to)-from
		if start >= end {
			continue
		}
		if n := len(snippet.Highlights); n > 0 && start <= snippet.Highlights[n-1].End {
			snippet.Highlights[n-1].End = max(snippet.Highlights[n-1].End, end)
			continue
		}
		snippet.Highlights = append(snippet.Highlights, Range{Start: start, End: end})
	}
	snippet.Text = oneLine(runes[from:to])
	return snippet, true
}

// findHits collects the occurrences of all terms in the order of the text.
func (m *Matcher) findHits() {
	m.hits = m.hits[:0]
	for i := range m.query.terms {
		t, found := &m.query.terms[i], 0
		for at := 0; at+len(t.parts) <= len(m.text.symbols) && found < maxHits; at++ {
			if m.matchesAt(t, at) {
				first, last := m.text.symbols[at], m.text.symbols[at+len(t.parts)-1]
				m.hits = append(m.hits, hit{Range: Range{Start: int(first.from), End: int(last.to)}, term: i})
				found++
			}
		}
	}
	slices.SortFunc(m.hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
	})
}

// windowStart chooses where a snippet of width code points begins: so that it
// holds as many different terms as possible, a third of what is left over comes
// before the first of them, and no word is cut at the beginning.
func (m *Matcher) windowStart(runes []rune, width int) int {
	best, most := 0, 0
	counted := make([]int, len(m.query.terms))
	for i := range m.hits {
		terms := 0
		for _, later := range m.hits[i:] {
			if later.Start >= m.hits[i].Start+width {
				break
			}
			if later.End <= m.hits[i].Start+width && counted[later.term] != i+1 {
				counted[later.term] = i + 1
				terms++
			}
		}
		if terms > most {
			best, most = i, terms
		}
	}
	first, end := m.hits[best].Start, m.hits[best].End
	for _, later := range m.hits[best:] {
		if later.End <= first+width {
			end = max(end, later.End)
		}
	}
	from := max(0, first-max(0, width-(end-first))/3)
	from = min(from, len(runes)-width)
	for i := from; from > 0 && i < first && i < from+16; i++ {
		if unicode.IsSpace(runes[i-1]) {
			return i
		}
	}
	return from
}

func oneLine(runes []rune) string {
	var line strings.Builder
	for _, r := range runes {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			r = ' '
		}
		line.WriteRune(r)
	}
	return line.String()
}
