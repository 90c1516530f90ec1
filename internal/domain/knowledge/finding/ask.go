package finding

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"kefu/internal/domain/search"
)

// How much a word counts that is not quite what was typed.
const (
	slipWeight   = 0.75
	prefixWeight = 0.85
)

// term is a feature of what was typed, and how much it says.
type term struct {
	feature string
	weight  float32
}

// ask turns what was typed into features with their weights, brought to length one. They
// are in a fixed order, so that the same words always give the same sums.
func (x *Index) ask(query string, typing bool) []term {
	if utf8.RuneCountInString(query) > MaxQuery {
		query = string([]rune(query)[:MaxQuery])
	}
	tokens := x.analyser.tokens(query)
	out := map[string]float32{}
	for _, f := range features(tokens) {
		if idf, ok := x.rarity(f); ok {
			out[f] += idf
		}
	}
	open := typing && len(tokens) > 0 && !strings.HasSuffix(query, " ") && endsInLetter(query)
	for i, t := range tokens {
		if t.word.Glyph {
			continue
		}
		if open && i == len(tokens)-1 {
			x.beginning(t, out)
		}
		if _, known := x.rarity(wordMark + t.stem); !known && !plain(t.word.Text) {
			x.guess(t, out)
		}
	}
	return unit(out)
}

// passedOver is what part of what was asked may be passed over to save time: the words that
// stand nearly everywhere say nearly nothing, and take the longest.
const passedOver = 0.01

// unit brings weights to length one, the heaviest first.
func unit(weights map[string]float32) []term {
	out := make([]term, 0, len(weights))
	for f, w := range weights {
		out = append(out, term{f, w})
	}
	slices.SortFunc(out, func(a, b term) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), strings.Compare(a.feature, b.feature))
	})
	var norm float64
	for _, t := range out {
		norm += float64(t.weight) * float64(t.weight)
	}
	if norm == 0 {
		return nil
	}
	left := norm * passedOver
	for len(out) > 1 {
		w := float64(out[len(out)-1].weight)
		if left -= w * w; left < 0 {
			break
		}
		out = out[:len(out)-1]
	}
	for i := range out {
		out[i].weight /= float32(math.Sqrt(norm))
	}
	return out
}

func endsInLetter(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return unicode.IsLetter(r)
}

// beginning adds the words that a word may become.
func (x *Index) beginning(t token, out map[string]float32) {
	word := t.word.Text
	if len(word) < 2 {
		return
	}
	added := 0
	for i := sort.SearchStrings(x.words, word); i < len(x.words) && strings.HasPrefix(x.words[i], word) && added < maxPrefix; i++ {
		f := wordMark + x.stems[x.words[i]]
		if _, there := out[f]; !there {
			idf, _ := x.rarity(f)
			out[f] = idf * prefixWeight
			added++
		}
	}
}

// guess adds what a word that nobody wrote may mean: another with a slip, two written as one,
// or Chinese in letters.
func (x *Index) guess(t token, out map[string]float32) {
	word := t.word.Text
	found := false
	for _, near := range x.near(word) {
		f := wordMark + x.stems[near]
		idf, _ := x.rarity(f)
		out[f] = max(out[f], idf*slipWeight)
		found = true
	}
	if !found {
		x.split(word, out)
	}
	x.inLetters(word, out)
}

// near lists known words that differ by one letter, or by two that changed places.
func (x *Index) near(word string) (out []string) {
	const most = 4
	seen := map[string]bool{}
	for _, d := range deletes(word) {
		for _, w := range x.slips[d] {
			if !seen[w] && w[0] == word[0] && search.Near(w, word) && len(out) < most {
				out = append(out, w)
			}
			seen[w] = true
		}
	}
	return out
}

// split takes two words that were written as one: topup.
func (x *Index) split(word string, out map[string]float32) {
	for i := 2; i+2 <= len(word); i++ {
		left, right := x.stems[word[:i]], x.stems[word[i:]]
		if left == "" || right == "" {
			continue
		}
		pair := pairMark + left + " " + right
		if _, ok := x.rarity(pair); !ok {
			continue
		}
		for _, f := range []string{pair, wordMark + left, wordMark + right} {
			out[f], _ = x.rarity(f)
		}
		return
	}
}

// inLetters reads a word of letters as Chinese: whole sounds, or their first letters.
func (x *Index) inLetters(word string, out map[string]float32) {
	if len(word) < 2 || len(word) > 24 || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") != "" {
		return
	}
	for _, sounds := range x.analyser.cut(word) {
		for i := 1; i < len(sounds); i++ {
			f := soundMark + sounds[i-1] + " " + sounds[i]
			if idf, ok := x.rarity(f); ok {
				out[f] = max(out[f], idf)
			}
		}
	}
	if len(word) <= 6 {
		for i := 1; i < len(word); i++ {
			f := headMark + word[i-1:i+1]
			if idf, ok := x.rarity(f); ok {
				out[f] = max(out[f], idf)
			}
		}
	}
}
