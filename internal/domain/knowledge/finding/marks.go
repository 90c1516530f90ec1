package finding

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
			if idf, _ := x.rarity(wordMark + t.stem); !want[wordMark+t.stem] || idf < common {
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

// common is how little a word says that stands in most articles: to mark every "the" helps
// nobody.
const common = 1.0
