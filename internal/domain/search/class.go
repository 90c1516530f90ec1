package search

import (
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// class says what a character does to the words around it.
type class uint8

const (
	classBreak  class = iota // ends a word: space, most punctuation, symbols
	classJoin                // ends a word, and ties it to the next: - . _ / : @ + & #
	classQuote               // an apostrophe: part of a word, or the end of an elided article
	classLetter              // part of a word
	classDigit               // part of a word, and a place where it can be divided
	classGlyph               // one character of a script written without spaces
	classSilent              // not there: zero-width, variation selectors, accents
)

// classOf classifies a character of normalised text.
func classOf(r rune) class {
	if r < 0x80 {
		return classOfASCII(byte(r))
	}
	switch {
	case r == '’' || r == 'ʼ' || r == '‘':
		return classQuote
	case silent(r):
		return classSilent
	case unspaced(r):
		return classGlyph
	case unicode.IsLetter(r), unicode.Is(unicode.M, r):
		return classLetter
	case unicode.IsNumber(r):
		return classDigit
	}
	return classBreak
}

func classOfASCII(c byte) class {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		return classLetter
	case c >= '0' && c <= '9':
		return classDigit
	}
	switch c {
	case '\'':
		return classQuote
	case '-', '.', '_', '/', ':', '@', '+', '&', '#':
		return classJoin
	}
	return classBreak
}

// silent tells characters that people neither see nor type in a search: format
// controls, variation selectors, accents that stand alone, the vowel points of
// Hebrew and Arabic, and the Arabic stretching stroke.
func silent(r rune) bool {
	switch {
	case r >= 0x0300 && r <= 0x036F, r >= 0xFE00 && r <= 0xFE0F, r >= 0xE0100 && r <= 0xE01EF:
		return true
	case r >= 0x0591 && r <= 0x05BD, r >= 0x064B && r <= 0x065F, r == 0x0670, r == 0x0640:
		return true
	}
	return unicode.Is(unicode.Cf, r)
}

// unspaced tells the characters of scripts that do not put spaces between
// words, and of Korean, whose words carry endings that nobody searches for.
func unspaced(r rune) bool {
	switch {
	case r >= 0x4E00 && r <= 0x9FFF:
		return true
	case r < 0x0E00:
		return false
	case r == 0x30FC:
		return true
	}
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
		unicode.Bopomofo, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) &&
		(unicode.IsLetter(r) || unicode.Is(unicode.M, r) || unicode.Is(unicode.Nl, r))
}

// appendFolded appends r in lower case, without accents where the script is
// alphabetic, and with the digits of other scripts as 0 to 9.
func appendFolded(dst []byte, r rune) []byte {
	r = unicode.ToLower(r)
	if spelled := spelledOut(r); spelled != "" {
		return append(dst, spelled...)
	}
	switch {
	case r >= 0x0660 && r <= 0x0669:
		return append(dst, byte(r-0x0660)+'0')
	case r >= 0x06F0 && r <= 0x06F9:
		return append(dst, byte(r-0x06F0)+'0')
	case r >= 0x0966 && r <= 0x096F:
		return append(dst, byte(r-0x0966)+'0')
	}
	if unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic) {
		var buf [4]byte
		plain := norm.NFD.Properties(append(buf[:0], string(r)...)).Decomposition()
		for _, base := range string(plain) {
			return append(dst, string(base)...)
		}
	}
	return append(dst, string(r)...)
}

// spelledOut gives the letters that Unicode does not decompose in the spelling
// of people who have no such key; "" for any other letter.
func spelledOut(r rune) string {
	switch r {
	case 'ß':
		return "ss"
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	case 'ø':
		return "o"
	case 'đ', 'ð':
		return "d"
	case 'ł':
		return "l"
	case 'ħ':
		return "h"
	case 'ı':
		return "i"
	case 'þ':
		return "th"
	case 'ς':
		return "σ"
	}
	return ""
}
