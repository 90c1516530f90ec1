// Package fold brings text to the plain form in which secrets are looked for:
// one kind of digits and letters, no marks, no invisible characters. It keeps
// where each character came from. It knows nothing of words or secrets.
package fold

import (
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Classes of folded characters, in the low bits of a mark.
const (
	Other  = iota // punctuation, symbols, emoji
	Space         // white space, line breaks included
	Digit         // decimal digits of any script, folded to 0-9
	Letter        // letters of scripts that put spaces between words
	Loose         // letters of scripts that do not: kana, Thai, Khmer …
	Han           // Chinese characters
	Opaque        // inside a marker of an earlier redaction
	Mask   = 7
)

// Further bits of a mark.
const (
	bitUpper    = 1 << 3 // was a capital letter
	Start       = 1 << 4 // a Chinese character that begins a listed word
	Simplified  = 1 << 5 // in the simplified BIP-39 list
	Traditional = 1 << 6 // in the traditional BIP-39 list
	Wide        = 1 << 7 // full-width or CJK punctuation
	Hit         = 1 << 8 // inside a finding; only in the marks of a view
)

const (
	foldDrop  = 0xFFFF // the character vanishes
	foldMulti = 0xFFFE // the character becomes several, see expansions
)

// Folding maps characters to the plain form in which secrets are looked for:
// NFKD (UAX #15) without marks and format characters, lower case, decimal
// digits of every script as ASCII. Offsets stay with the original characters.
type Folding struct {
	to         [1 << 16]uint16
	class      [1 << 16]uint8
	expansions map[rune][]rune
}

// New builds the tables; it takes some milliseconds.
func New() *Folding {
	f := &Folding{expansions: map[rune][]rune{}}
	for r := rune(0); r < 1<<16; r++ {
		f.put(r)
	}
	for _, span := range [][2]rune{{0x10000, 0x11FFF}, {0x1D400, 0x1D7FF}, {0x1F100, 0x1F1FF}, {0x1FBF0, 0x1FBF9}, {0x2F800, 0x2FA1D}} {
		for r := span[0]; r <= span[1]; r++ {
			f.putSupplementary(r)
		}
	}
	for _, r := range "\u2776\u2780\u278A\u24F5" {
		for i := rune(0); i < 10; i++ {
			f.expand(r+i, digitRunes(int(i)+1))
		}
	}
	f.expand('\u24FF', []rune{'0'})
	f.expand('\U0001F10B', []rune{'0'})
	f.expand('\U0001F10C', []rune{'0'})
	f.expand('\U0001F51F', []rune{'1', '0'})
	return f
}

func digitRunes(n int) []rune {
	if n == 10 {
		return []rune{'1', '0'}
	}
	return []rune{rune('0' + n)}
}

// put fills the tables for one character of the basic plane.
func (f *Folding) put(r rune) {
	switch {
	case r >= 0x4E00 && r <= 0x9FFF || r >= 0x3400 && r <= 0x4DBF:
		f.to[r], f.class[r] = uint16(r), Han
		return
	case r >= 0xAC00 && r <= 0xD7A3:
		f.to[r], f.class[r] = foldMulti, Letter
		return
	case r >= 0xD800 && r <= 0xF8FF:
		f.to[r], f.class[r] = uint16(r), Other
		return
	}
	f.set(r, foldRune(r))
}

// set records what r folds to and of which class it is.
func (f *Folding) set(r rune, out []rune) {
	switch {
	case len(out) == 0:
		f.to[r] = foldDrop
		return
	case len(out) == 1 && out[0] < foldMulti:
		f.to[r] = uint16(out[0])
	default:
		f.to[r] = foldMulti
		f.expansions[r] = out
	}
	f.class[r] = classOf(out[0])
	if unicode.IsUpper(plainRune(r)) {
		f.class[r] |= bitUpper
	}
	if r >= 0x3001 && r <= 0x303F || r >= 0xFF00 && f.class[r]&Mask == Other {
		f.class[r] |= Wide
	}
}

func (f *Folding) putSupplementary(r rune) {
	out := foldRune(r)
	if len(out) != 1 || out[0] != r {
		f.expansions[r] = out
	}
}

func (f *Folding) expand(r rune, out []rune) {
	f.expansions[r] = out
	if r < 1<<16 {
		f.to[r], f.class[r] = foldMulti, Digit
	}
}

// foldRune is what one character folds to; empty when it vanishes.
func foldRune(r rune) []rune {
	if ignorable(r) {
		return nil
	}
	if r == '\u2028' || r == '\u2029' || r == '\u0085' || r == '\v' || r == '\f' || r == '\r' {
		return []rune{'\n'}
	}
	if unicode.Is(unicode.Nd, r) {
		return []rune{decimalDigit(r)}
	}
	var out []rune
	for _, k := range norm.NFKD.String(string(r)) {
		switch {
		case ignorable(k):
		case unicode.Is(unicode.Nd, k):
			out = append(out, decimalDigit(k))
		default:
			out = append(out, unicode.ToLower(k))
		}
	}
	return out
}

// decimalDigit is the ASCII digit of any Nd character: their ranges are runs of
// ten that start at a zero (Unicode Standard, 4.6).
func decimalDigit(r rune) rune {
	zero := r
	for zero > 0 && unicode.Is(unicode.Nd, zero-1) {
		zero--
	}
	return '0' + (r-zero)%10
}

// plainRune is the first character of the compatibility decomposition.
func plainRune(r rune) rune {
	for _, k := range norm.NFKD.String(string(r)) {
		return k
	}
	return r
}

// ignorable tells which characters are dropped: format characters, combining
// marks, variation selectors, tags and blank fillers.
func ignorable(r rune) bool {
	if r < 0xAD {
		return false
	}
	switch r {
	case 0x115F, 0x1160, 0x3164, 0xFFA0, 0x034F, 0x17B4, 0x17B5:
		return true
	}
	return unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me)
}

func classOf(r rune) uint8 {
	switch {
	case r >= '0' && r <= '9':
		return Digit
	case unicode.IsSpace(r):
		return Space
	case unicode.Is(unicode.Han, r) && unicode.IsLetter(r) || r == '〇' || r >= 0x3021 && r <= 0x3029:
		return Han
	case unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) || r == 'ー':
		return Loose
	case unicode.IsLetter(r) || unicode.Is(unicode.Mc, r):
		return Letter
	}
	return Other
}

// Text folds a whole string; word lists are folded with it at start.
func (f *Folding) Text(s string) []rune {
	var v View
	v.Fill(f, s)
	return v.Char
}

// Tag sets bits on the class of a character of the basic plane, such as the
// lists that hold it. Not for use once texts are read.
func (f *Folding) Tag(r rune, bits uint8) {
	if r >= 0 && r < 1<<16 {
		f.class[r] |= bits
	}
}

// ClassOf is the class of a character of the basic plane, Other for the rest.
func (f *Folding) ClassOf(r rune) uint8 {
	if r < 0 || r >= 1<<16 {
		return Other
	}
	return f.class[r] & Mask
}
