// Package ease measures how easy a text is to read for somebody who is afraid and in a
// hurry. For English it is Flesch's reading ease (R. Flesch, "A new readability yardstick",
// Journal of Applied Psychology 32, 1948), with syllables counted from spelling; for Chinese,
// which that formula does not fit, the length of sentences and of what stands between two
// marks. Both also bound the longest sentence: one that runs on loses people whatever the
// average is.
package ease

import (
	"strings"
	"unicode"
)

// Level is for whom a text is.
type Level string

// The levels.
const (
	Customer Level = "customer"
	Staff    Level = "staff"
)

// Measure is what was measured of a text.
type Measure struct {
	Sentences int
	Words     int     // of English; of Chinese: characters
	Flesch    float64 // of English: about 0 (hard) to 100 (easy); of Chinese 0
	Mean      float64 // words or characters of a sentence
	Longest   int     // the same of the longest
	Where     string  // how the longest begins
}

// Of measures plain text (without markup) in a language: what begins with "zh" by
// characters, all else by words.
func Of(lang, text string) Measure {
	if strings.HasPrefix(lang, "zh") {
		return chinese(text)
	}
	return english(text)
}

// Bounds of a language and level: the least ease, the longest mean and sentence.
type Bounds struct {
	Flesch  float64
	Mean    float64
	Longest int
}

// BoundsOf are those of a language and level.
func BoundsOf(lang string, l Level) Bounds {
	switch zh := strings.HasPrefix(lang, "zh"); {
	case zh && l == Customer:
		return Bounds{Mean: 28, Longest: 60}
	case zh:
		return Bounds{Mean: 34, Longest: 80}
	case l == Customer:
		return Bounds{Flesch: 60, Mean: 16, Longest: 30}
	default:
		return Bounds{Flesch: 50, Mean: 20, Longest: 38}
	}
}

// Problem says why a text is not easy enough, or nothing.
func (m Measure) Problem(b Bounds) string {
	switch {
	case m.Sentences == 0:
		return ""
	case m.Longest > b.Longest:
		return "a sentence is too long: " + m.Where
	case m.Mean > b.Mean:
		return "the sentences are too long on the average"
	case m.Flesch < b.Flesch:
		return "the words are too hard"
	default:
		return ""
	}
}

const ends = ".!?。！？;；\n"

// sentences cuts a text where sentences and lines end. A full stop inside a number or an
// abbreviation ends nothing.
func sentences(text string) (out []string) {
	runes := []rune(text)
	from := 0
	for i, r := range runes {
		if !strings.ContainsRune(ends, r) {
			continue
		}
		if r == '.' && i+1 < len(runes) && !unicode.IsSpace(runes[i+1]) {
			continue
		}
		if s := strings.TrimSpace(string(runes[from:i])); s != "" {
			out = append(out, s)
		}
		from = i + 1
	}
	if s := strings.TrimSpace(string(runes[from:])); s != "" {
		out = append(out, s)
	}
	return out
}

func english(text string) (m Measure) {
	syllables := 0
	for _, s := range sentences(text) {
		n := 0
		for _, w := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '’' }) {
			n++
			syllables += syllablesOf(strings.ToLower(w))
		}
		m.add(s, n)
	}
	if m.Words > 0 {
		m.Flesch = 206.835 - 1.015*m.Mean - 84.6*float64(syllables)/float64(m.Words)
	}
	return m
}

func (m *Measure) add(s string, n int) {
	if n == 0 {
		return
	}
	m.Sentences++
	m.Words += n
	m.Mean = float64(m.Words) / float64(m.Sentences)
	if n > m.Longest {
		m.Longest = n
		m.Where = beginning(s)
	}
}

func beginning(s string) string {
	r := []rune(s)
	if len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// syllablesOf counts the groups of vowels of an English word: one less for a silent e.
func syllablesOf(word string) int {
	n, before := 0, false
	for _, r := range word {
		vowel := strings.ContainsRune("aeiouy", r)
		if vowel && !before {
			n++
		}
		before = vowel
	}
	silent := strings.HasSuffix(word, "e") && !strings.HasSuffix(word, "le") ||
		(strings.HasSuffix(word, "ed") && !strings.HasSuffix(word, "ted") && !strings.HasSuffix(word, "ded")) ||
		(strings.HasSuffix(word, "es") && !strings.HasSuffix(word, "ses") && !strings.HasSuffix(word, "ces") && !strings.HasSuffix(word, "ges") && !strings.HasSuffix(word, "ches") && !strings.HasSuffix(word, "shes"))
	if silent && n > 1 {
		n--
	}
	return max(n, 1)
}

func chinese(text string) (m Measure) {
	for _, s := range sentences(text) {
		n, latin := 0, false
		for _, r := range s {
			switch {
			case unicode.Is(unicode.Han, r):
				n++
				latin = false
			case unicode.IsLetter(r) || unicode.IsDigit(r): // a word of another script is read as one
				if !latin {
					n++
				}
				latin = true
			default:
				latin = false
			}
		}
		m.add(s, n)
	}
	return m
}
