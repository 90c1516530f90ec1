package finding

import (
	"strings"

	"github.com/kljensen/snowball/english"
	"github.com/mozillazg/go-pinyin"

	"kefu/internal/domain/search"
)

// maxText is how many code points of a text are read.
const maxText = 20_000

// A feature is what texts are compared by. Its first letter says what it is.
const (
	wordMark  = "w" // the stem of a word
	plainMark = "f" // a word that only holds a sentence together
	pairMark  = "b" // two stems side by side
	glyphMark = "g" // one Chinese character
	twoMark   = "h" // two characters side by side
	soundMark = "p" // how two characters side by side sound, without tones
	headMark  = "i" // with which letters those sounds begin
)

// weight is how much a feature of a kind says beside how rare it is.
func (s scoring) weight(feature string) float32 {
	switch feature[:1] {
	case wordMark, twoMark:
		return 1
	case plainMark:
		return s.plain
	case pairMark:
		return s.pair
	case soundMark:
		return s.sound
	case glyphMark:
		return s.glyph
	default: // headMark: many words begin alike
		return s.head
	}
}

// token is a word with what it is compared by.
type token struct {
	word     search.Word
	stem     string // of a word of letters
	sound    string // of a Chinese character
	from, to int
}

// analyser turns texts into tokens and features. It is immutable once known is gone.
type analyser struct {
	known     map[string]string // stems, while an index is built
	sounds    pinyin.Args
	syllables map[string]struct{}
	same      map[string]string // a stem, or two with a space, and the one that stands for all of its kind
}

func newAnalyser(same [][]string) *analyser {
	a := &analyser{sounds: pinyin.NewArgs(), same: map[string]string{}}
	a.syllables = syllables(a.sounds)
	for _, group := range same {
		keys := make([]string, 0, len(group))
		for _, text := range group {
			keys = append(keys, a.key(text))
		}
		for _, k := range keys[1:] {
			a.same[k] = keys[0]
		}
	}
	return a
}

// key is a word or a few as their stems with spaces; of Chinese, the characters.
func (a *analyser) key(text string) string {
	var b strings.Builder
	for _, w := range search.Words(text, maxText) {
		if w.Glyph {
			b.WriteString(w.Text)
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(stemOf(w.Text))
	}
	return b.String()
}

// stem is stemOf, which an index that is being built asks for the same words again and again.
func (a *analyser) stem(word string) string {
	if s, ok := a.known[word]; ok {
		return s
	}
	s := stemOf(word)
	if a.known != nil {
		a.known[word] = s
	}
	return s
}

func stemOf(word string) string {
	if strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") != "" {
		return word
	}
	return english.Stem(word, false)
}

// tokens reads a text, and puts one word for what has several names.
func (a *analyser) tokens(text string) []token {
	words := search.Words(text, maxText)
	out := make([]token, 0, len(words))
	for i := 0; i < len(words); i++ {
		w := words[i]
		if w.Glyph {
			out = append(out, token{word: w, sound: a.soundOf(w.Text), from: w.From, to: w.To})
			continue
		}
		stem := a.stem(w.Text)
		if i+1 < len(words) && !words[i+1].Glyph {
			if one, ok := a.same[stem+" "+a.stem(words[i+1].Text)]; ok {
				out = append(out, token{word: w, stem: one, from: w.From, to: words[i+1].To})
				i++
				continue
			}
		}
		if one, ok := a.same[stem]; ok {
			stem = one
		}
		out = append(out, token{word: w, stem: stem, from: w.From, to: w.To})
	}
	return out
}

func (a *analyser) soundOf(glyph string) string {
	for _, r := range glyph {
		if s := pinyin.SinglePinyin(r, a.sounds); len(s) > 0 {
			return s[0]
		}
	}
	return ""
}

// plain tells the words that hold a sentence together and say nothing of what it is about.
func plain(word string) bool {
	switch word {
	case "i", "my", "me", "mine", "we", "our", "us", "you", "your", "he", "she", "it", "its", "they", "them", "their", "this", "that", "these", "those", "there", "here",
		"a", "an", "the", "to", "of", "in", "on", "at", "for", "from", "with", "by", "as", "into", "about", "and", "or", "but", "so", "if", "then", "than",
		"is", "am", "are", "was", "were", "be", "been", "being", "do", "does", "did", "done", "have", "has", "had", "having", "will", "would", "can", "could", "should", "may", "might", "must", "shall",
		"what", "which", "who", "how", "why", "when", "please", "pls", "hi", "hello", "hey", "thanks", "just", "some", "any", "im", "ive", "id", "dont", "cant", "get", "got", "want", "need", "know", "tell", "help", "ok":
		return true
	}
	return false
}

// features lists what tokens are compared by, with repeats.
func features(tokens []token) []string {
	out := make([]string, 0, len(tokens)*3)
	for i, t := range tokens {
		if !t.word.Glyph {
			if plain(t.word.Text) {
				out = append(out, plainMark+t.stem)
			} else {
				out = append(out, wordMark+t.stem)
			}
			if i > 0 && !tokens[i-1].word.Glyph && !(plain(t.word.Text) && plain(tokens[i-1].word.Text)) {
				out = append(out, pairMark+tokens[i-1].stem+" "+t.stem)
			}
			continue
		}
		out = append(out, glyphMark+t.word.Text)
		if i == 0 || !t.word.Joined || !tokens[i-1].word.Glyph {
			continue
		}
		before := tokens[i-1]
		out = append(out, twoMark+before.word.Text+t.word.Text)
		if before.sound != "" && t.sound != "" {
			out = append(out, soundMark+before.sound+" "+t.sound, headMark+before.sound[:1]+t.sound[:1])
		}
	}
	return out
}
