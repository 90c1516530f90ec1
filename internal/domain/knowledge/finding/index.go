// Package finding finds the articles that answer what somebody typed: a word, half a word, a
// sentence, with slips of the finger, in English, and in Chinese by characters, by how they
// sound (a wrong character that sounds the same) and by letters (tuikuan, tk).
//
// It compares with passages and not with whole articles: the title, the answer in a
// sentence, and each way in which people ask for it. Somebody's sentence resembles one of
// those closely or none; joined into one text they would drown each other. The body counts a
// little beside, for words that stand nowhere else. Passages are compared by the cosine of
// their features weighed by rarity (G. Salton and C. Buckley, "Term-weighting approaches in
// automatic text retrieval", Information Processing & Management 24, 1988).
package finding

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"
	"sync"
)

// Doc is an article as it is found.
type Doc struct {
	ID        string
	Title     string
	Short     string
	Questions []string
	Headings  []string
	Body      string // plain text
}

// Hit is an article that was found.
type Hit struct {
	Doc   int // its place in what the index was built of
	ID    string
	Score float64 // 0 to about 1.5; above 1 it resembles one of its passages nearly word for word
}

// Bounds.
const (
	MaxQuery  = 300 // code points that are read of what somebody typed
	MaxHits   = 50
	maxPrefix = 24 // words that the beginning of one may stand for
)

// posting is that a feature is in a passage, and how much it says there.
type posting struct {
	passage int32
	weight  float32
}

// Index finds among the documents that it was built of. It is immutable.
type Index struct {
	ids      []string
	analyser *analyser
	idf      map[string]float32
	postings map[string][]posting
	passages []int32   // of which document each passage is
	share    []float32 // how much a passage counts
	words    []string  // the words of letters as they are written, sorted
	stems    map[string]string
	slips    map[string][]string // a word with a letter left out, and the words that it may be
	pool     sync.Pool
}

// passage is a part of a document, before the index knows how rare its features are.
type passage struct {
	doc      int32
	share    float32
	features map[string]float32
}

// Build makes an index. same are groups of words that mean the same; the first of each
// stands for all.
func Build(docs []Doc, same [][]string) *Index {
	x := &Index{analyser: newAnalyser(same), idf: map[string]float32{}, postings: map[string][]posting{}, stems: map[string]string{}, slips: map[string][]string{}}
	var all []passage
	for i, d := range docs {
		x.ids = append(x.ids, d.ID)
		all = append(all, x.passagesOf(int32(i), d)...)
	}
	x.weigh(all)
	x.spell()
	x.pool.New = func() any { return newScratch(len(x.passages), len(x.ids)) }
	return x
}

// Shares of the parts of an article.
const (
	titleShare    = 1.0
	questionShare = 1.0
	shortShare    = 0.8
	bodyShare     = 0.6
)

func (x *Index) passagesOf(doc int32, d Doc) []passage {
	out := []passage{x.passage(doc, titleShare, d.Title)}
	for _, q := range d.Questions {
		out = append(out, x.passage(doc, questionShare, q))
	}
	out = append(out, x.passage(doc, shortShare, d.Short))
	body := strings.Join(append(slices.Clone(d.Headings), d.Body), "\n")
	return append(out, x.passage(doc, bodyShare, d.Title+"\n"+body))
}

func (x *Index) passage(doc int32, share float32, text string) passage {
	p := passage{doc: doc, share: share, features: map[string]float32{}}
	tokens := x.analyser.tokens(text)
	for _, t := range tokens {
		if !t.word.Glyph {
			x.stems[t.word.Text] = t.stem
		}
	}
	for _, f := range features(tokens) {
		p.features[f]++
	}
	return p
}

// weigh counts in how many documents a feature is, and brings each passage to length one.
func (x *Index) weigh(all []passage) {
	in := map[string]int32{} // the last document that a feature was counted of, plus one
	count := map[string]float64{}
	for _, p := range all {
		for f := range p.features {
			if in[f] != p.doc+1 {
				in[f] = p.doc + 1
				count[f]++
			}
		}
	}
	n := float64(len(x.ids))
	for f, c := range count {
		x.idf[f] = float32(math.Log(1+n/c)) * weight(f)
	}
	for _, p := range all {
		id := int32(len(x.passages))
		x.passages = append(x.passages, p.doc)
		x.share = append(x.share, p.share)
		var norm float64
		names := slices.Sorted(maps.Keys(p.features)) // in one order, so that the same articles give the same sums
		for _, f := range names {
			w := float64(x.idf[f]) * (1 + math.Log(float64(p.features[f])))
			norm += w * w
		}
		if norm == 0 {
			continue
		}
		for _, f := range names {
			w := float64(x.idf[f]) * (1 + math.Log(float64(p.features[f]))) / math.Sqrt(norm)
			x.postings[f] = append(x.postings[f], posting{id, float32(w)})
		}
	}
}

// spell notes each word under what is left of it when a letter is missing, so that a word
// with one slip is found by two look-ups (W. Garbe's symmetric delete).
func (x *Index) spell() {
	for w := range x.stems {
		x.words = append(x.words, w)
	}
	sort.Strings(x.words)
	for _, w := range x.words {
		for _, d := range deletes(w) {
			x.slips[d] = append(x.slips[d], w)
		}
	}
}

// deletes are a word of at least four letters with each of its letters left out, and itself.
func deletes(word string) []string {
	if len(word) < 4 || len(word) > 24 {
		return nil
	}
	out := []string{word}
	for i := range len(word) {
		out = append(out, word[:i]+word[i+1:])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// scratch is what one search writes into; it is used again.
type scratch struct {
	sum     []float32 // of each passage
	touched []int32
	best    []float32 // of each document
	second  []float32
	docs    []int32
}

func newScratch(passages, docs int) *scratch {
	return &scratch{sum: make([]float32, passages), best: make([]float32, docs), second: make([]float32, docs)}
}

// Find lists the articles that answer what somebody typed, the best first: at most limit,
// and of those that keep leaves. typing says that the last word may not be finished.
func (x *Index) Find(query string, limit int, typing bool, keep func(doc int) bool) []Hit {
	asked := x.ask(query, typing)
	if len(asked) == 0 || limit <= 0 {
		return nil
	}
	s := x.pool.Get().(*scratch)
	defer x.pool.Put(s)
	for _, t := range asked {
		for _, p := range x.postings[t.feature] {
			if s.sum[p.passage] == 0 {
				s.touched = append(s.touched, p.passage)
			}
			s.sum[p.passage] += t.weight * p.weight
		}
	}
	for _, p := range s.touched {
		s.note(x.passages[p], s.sum[p]*x.share[p])
		s.sum[p] = 0
	}
	hits := make([]Hit, 0, len(s.docs))
	for _, d := range s.docs {
		if keep == nil || keep(int(d)) {
			hits = append(hits, Hit{Doc: int(d), ID: x.ids[d], Score: float64(s.best[d] + 0.3*s.second[d])})
		}
		s.best[d], s.second[d] = 0, 0
	}
	s.touched, s.docs = s.touched[:0], s.docs[:0]
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
	})
	return hits[:min(len(hits), limit, MaxHits)]
}

// note takes the score of a passage: the two best of an article count.
func (s *scratch) note(doc int32, score float32) {
	if s.best[doc] == 0 {
		s.docs = append(s.docs, doc)
	}
	if score > s.best[doc] {
		s.best[doc], s.second[doc] = score, s.best[doc]
	} else {
		s.second[doc] = max(s.second[doc], score)
	}
}
