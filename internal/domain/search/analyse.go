package search

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// gap is what stands between a symbol and the one before it.
type gap uint8

const (
	gapNone  gap = iota // nothing
	gapJoin             // only characters that tie words together, as in e-mail
	gapBreak            // a space, punctuation, or the beginning of the text
)

// maxCuts is how many changes between letters and digits a word may have and
// still be divided there: iphone15pro is three words, a transaction hash one.
const maxCuts = 2

// symbol is a word, or one character of a script without spaces.
type symbol struct {
	start, end int32 // bytes of analysis.norm
	from, to   int32 // code points of the source
	glyph      bool
	gap        gap
}

// cut is a place inside a word where letters meet digits.
type cut struct{ at, from, to int32 }

// analysis is a text as a sequence of symbols. It is reused to save memory.
type analysis struct {
	norm    []byte // the normalised symbols, without what stood between them
	symbols []symbol

	scratch []byte
	prefix  []byte
	word    symbol // the word being read, when open
	open    bool
	last    class // of the last character of the open word: letter or digit
	cuts    [maxCuts]cut
	ncuts   int
	gap     gap
}

// read analyses at most limit code points of text.
func (a *analysis) read(text string, limit int) {
	*a = analysis{norm: a.norm[:0], symbols: a.symbols[:0], scratch: a.scratch, prefix: a.prefix, gap: gapBreak}
	for i, at := 0, 0; i < len(text) && at < limit; {
		if text[i] < utf8.RuneSelf && (i+1 == len(text) || alone(text[i+1:])) {
			a.ascii(text[i], text[i+1:], int32(at))
			i, at = i+1, at+1
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if i+size == len(text) || alone(text[i+size:]) {
			if r >= 0x4E00 && r <= 0x9FFF {
				a.glyph(text[i:i+size], int32(at), int32(at+1))
				i, at = i+size, at+1
				continue
			}
			if r >= fullWidthFirst && r <= fullWidthLast {
				a.ascii(byte(r-fullWidthFirst)+'!', "", int32(at))
				i, at = i+size, at+1
				continue
			}
		}
		size = max(norm.NFKC.NextBoundaryInString(text[i:], true), size)
		count := utf8.RuneCountInString(text[i : i+size])
		a.segment(text[i:i+size], int32(at), int32(at+count))
		i, at = i+size, at+count
	}
	a.closeWord()
}

// The full-width forms of the characters from ! to ~.
const (
	fullWidthFirst = 0xFF01
	fullWidthLast  = 0xFF5E
)

// alone tells whether the character that text begins with never combines with
// the one before it, for most of a Chinese or English text: ASCII, U+4000 to
// U+9FFF, and the punctuation of U+3000 to U+3029 and U+FF00 to U+FF3F.
func alone(text string) bool {
	switch first := text[0]; {
	case first < utf8.RuneSelf, first >= 0xE4 && first <= 0xE9:
		return true
	case first == 0xE3:
		return len(text) > 2 && text[1] == 0x80 && text[2] <= 0xA9
	case first == 0xEF:
		return len(text) > 1 && text[1] == 0xBC
	}
	return false
}

// ascii reads one character, which stands at code point at and before rest.
func (a *analysis) ascii(c byte, rest string, at int32) {
	kind := classOfASCII(c)
	if kind == classLetter || kind == classDigit {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		a.grow(kind, at, at+1)
		a.norm = append(a.norm, c)
		return
	}
	if c == ',' && a.open && a.last == classDigit && groupsThousands(rest) {
		return
	}
	a.between(kind)
}

// groupsThousands tells whether a comma followed by rest divides a number into
// groups of three digits, so that 1,250 is found as 1250.
func groupsThousands(rest string) bool {
	digits := 0
	for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
		digits++
	}
	return digits == 3
}

// segment reads source characters that normalise together: a letter with its
// accents, a ligature, a full-width form.
func (a *analysis) segment(source string, from, to int32) {
	if norm.NFKC.QuickSpanString(source) == len(source) {
		a.scratch = append(a.scratch[:0], source...)
	} else {
		a.scratch = norm.NFKC.AppendString(a.scratch[:0], source)
	}
	for i := 0; i < len(a.scratch); {
		r, size := utf8.DecodeRune(a.scratch[i:])
		switch kind := classOf(r); kind {
		case classLetter, classDigit:
			a.grow(kind, from, to)
			a.norm = appendFolded(a.norm, r)
		case classGlyph:
			a.glyph(string(a.scratch[i:i+size]), from, to)
		default:
			a.between(kind)
		}
		i += size
	}
}

// grow makes room for one more letter or digit in the open word, or opens one.
func (a *analysis) grow(kind class, from, to int32) {
	at := int32(len(a.norm))
	if !a.open {
		a.open, a.ncuts = true, 0
		a.word = symbol{start: at, from: from, gap: a.gap}
	} else if kind != a.last {
		if a.ncuts < maxCuts {
			a.cuts[a.ncuts] = cut{at: at, from: from, to: a.word.to}
		}
		a.ncuts++
	}
	a.word.to, a.last = to, kind
}

// between reads a character that is no part of a symbol.
func (a *analysis) between(kind class) {
	switch kind {
	case classSilent:
		return
	case classQuote:
		if a.open && !a.elided() {
			return
		}
		kind = classJoin
	}
	a.closeWord()
	if kind == classJoin && a.gap == gapNone {
		a.gap = gapJoin
	} else if kind != classJoin {
		a.gap = gapBreak
	}
}

// elided tells whether the open word is an article or pronoun that French and
// Italian write together with the next word: l'argent is found as argent.
func (a *analysis) elided() bool {
	switch string(a.norm[a.word.start:]) {
	case "l", "d", "j", "m", "t", "s", "n", "c", "qu", "un", "dell", "all", "dall", "nell", "sull":
		return true
	}
	return false
}

// closeWord ends the open word, divided where letters meet digits.
func (a *analysis) closeWord() {
	if !a.open {
		return
	}
	a.open = false
	end, to := int32(len(a.norm)), a.word.to
	if a.ncuts > maxCuts {
		a.ncuts = 0
	}
	for _, cut := range a.cuts[:a.ncuts] {
		a.word.end, a.word.to = cut.at, cut.to
		a.symbols = append(a.symbols, a.word)
		a.word = symbol{start: cut.at, from: cut.from}
	}
	a.word.end, a.word.to = end, to
	a.symbols = append(a.symbols, a.word)
	a.gap = gapNone
}

func (a *analysis) glyph(text string, from, to int32) {
	a.closeWord()
	start := int32(len(a.norm))
	a.norm = append(a.norm, text...)
	a.symbols = append(a.symbols, symbol{
		start: start, end: int32(len(a.norm)), from: from, to: to, glyph: true, gap: a.gap,
	})
	a.gap = gapNone
}

// bytes gives the normalised symbol i.
func (a *analysis) bytes(i int) []byte {
	return a.norm[a.symbols[i].start:a.symbols[i].end]
}

// paired tells whether symbol i and the one before it are characters of one run.
func (a *analysis) paired(i int) bool {
	return i > 0 && a.symbols[i].glyph && a.symbols[i-1].glyph && a.symbols[i].gap == gapNone
}

// term gives what symbol i puts into an index: the stem of a word, or a
// character with the one before it; nil for the first character of a run.
func (a *analysis) term(i int) []byte {
	if !a.symbols[i].glyph {
		return stem(a.bytes(i))
	}
	if a.paired(i) {
		return a.norm[a.symbols[i-1].start:a.symbols[i].end]
	}
	return nil
}

// prefixChars is how many characters of a word's beginning an index knows. A
// longer prefix is found by these and checked on the text.
const prefixChars = 3

// beginning gives what symbol i puts into an index for searches by the beginning
// of a word; nil for one that is too short, or of a script in pairs. The mark in
// front is in no word.
func (a *analysis) beginning(i int) []byte {
	if a.symbols[i].glyph {
		return nil
	}
	a.prefix = appendPrefix(a.prefix[:0], a.bytes(i))
	if len(a.prefix) == 0 {
		return nil
	}
	return a.prefix
}

// appendPrefix appends the key of a word's first characters; nothing when there are
// too few.
func appendPrefix(dst, word []byte) []byte {
	n := 0
	for at := range string(word) {
		if n == prefixChars {
			word = word[:at]
			break
		}
		n++
	}
	if n < prefixChars {
		return dst
	}
	return append(append(dst, prefixMark), word...)
}

// What no word holds, because it is no letter and no digit, begins the keys of
// what is no whole word.
const (
	prefixMark = 1
	traitMark  = 2
)
