package guard

import (
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Classes of folded characters, in the low bits of a mark.
const (
	classOther  = iota // punctuation, symbols, emoji
	classSpace         // white space, line breaks included
	classDigit         // decimal digits of any script, folded to 0-9
	classLetter        // letters of scripts that put spaces between words
	classLoose         // letters of scripts that do not: kana, Thai, Khmer …
	classHan           // Chinese characters
	classOpaque        // inside a marker of an earlier redaction
	classMask   = 7
)

// Further bits of a mark.
const (
	bitUpper       = 1 << 3 // was a capital letter
	bitStart       = 1 << 4 // a Chinese character that begins a listed word
	bitSimplified  = 1 << 5 // in the simplified BIP-39 list
	bitTraditional = 1 << 6 // in the traditional BIP-39 list
	bitWide        = 1 << 7 // full-width or CJK punctuation
	bitHit         = 1 << 8 // inside a finding; only in the marks of a view
)

const (
	foldDrop  = 0xFFFF // the character vanishes
	foldMulti = 0xFFFE // the character becomes several, see expansions
)

// folding maps characters to the plain form in which secrets are looked for:
// NFKD (UAX #15) without marks and format characters, lower case, decimal
// digits of every script as ASCII. Offsets stay with the original characters.
type folding struct {
	to         [1 << 16]uint16
	class      [1 << 16]uint8
	expansions map[rune][]rune
}

func newFolding() *folding {
	f := &folding{expansions: map[rune][]rune{}}
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
func (f *folding) put(r rune) {
	switch {
	case r >= 0x4E00 && r <= 0x9FFF || r >= 0x3400 && r <= 0x4DBF:
		f.to[r], f.class[r] = uint16(r), classHan
		return
	case r >= 0xAC00 && r <= 0xD7A3:
		f.to[r], f.class[r] = foldMulti, classLetter
		return
	case r >= 0xD800 && r <= 0xF8FF:
		f.to[r], f.class[r] = uint16(r), classOther
		return
	}
	f.set(r, foldRune(r))
}

// set records what r folds to and of which class it is.
func (f *folding) set(r rune, out []rune) {
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
	if r >= 0x3001 && r <= 0x303F || r >= 0xFF00 && f.class[r]&classMask == classOther {
		f.class[r] |= bitWide
	}
}

func (f *folding) putSupplementary(r rune) {
	out := foldRune(r)
	if len(out) != 1 || out[0] != r {
		f.expansions[r] = out
	}
}

func (f *folding) expand(r rune, out []rune) {
	f.expansions[r] = out
	if r < 1<<16 {
		f.to[r], f.class[r] = foldMulti, classDigit
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
		return classDigit
	case unicode.IsSpace(r):
		return classSpace
	case unicode.Is(unicode.Han, r) && unicode.IsLetter(r) || r == '〇' || r >= 0x3021 && r <= 0x3029:
		return classHan
	case unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) || r == 'ー':
		return classLoose
	case unicode.IsLetter(r) || unicode.Is(unicode.Mc, r):
		return classLetter
	}
	return classOther
}

// text folds a whole string; word lists are folded with it at start.
func (f *folding) text(s string) []rune {
	var v view
	v.fill(f, s)
	return v.char
}
