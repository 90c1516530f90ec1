package finding

import "math"

// Marks are where words of a query stand in a text, in code points, half open and apart: by
// their stems, and of Chinese where two characters stand side by side as they were asked.
func (x *Index) Marks(query, text string) (out [][2]int) {
	want := map[string]bool{}
	for _, f := range features(x.analyser.tokens(query)) {
		if kind := f[:1]; kind == wordMark || kind == twoMark {
			want[f] = true
		}
	}
	tokens := x.analyser.tokens(text)
	for i, t := range tokens {
		from := t.from
		switch {
		case !t.word.Glyph:
			if !want[wordMark+t.stem] || x.everywhere(wordMark+t.stem) {
				continue
			}
		case i > 0 && t.word.Joined && want[twoMark+tokens[i-1].word.Text+t.word.Text]:
			from = tokens[i-1].from
		default:
			continue
		}
		if n := len(out); n > 0 && from <= out[n-1][1] {
			out[n-1][1] = t.to
		} else {
			out = append(out, [2]int{from, t.to})
		}
	}
	return out
}

// everywhere tells whether a word stands in so many articles that to mark it helps nobody,
// such as "the".
func (x *Index) everywhere(feature string) bool {
	const few, most = 20, 0.4
	idf, _ := x.rarity(feature)
	return len(x.ids) >= few && float64(idf) < math.Log(1+1/most)
}
