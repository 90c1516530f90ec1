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
	Score float64 // above 0; only to be compared with others of the same search
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
	scoring  scoring
	ids      []string
	analyser *analyser
	features map[string]int32 // each feature's number
	idf      []float32        // of each feature, with the weight of its kind
	postings [][]posting
	passages []int32   // of which document each passage is
	share    []float32 // how much a passage counts
	words    []string  // the words of letters as they are written, sorted
	stems    map[string]string
	slips    map[string][]string // a word with a letter left out, and the words that it may be
	pool     sync.Pool
}

// passage is a part of a document, before the index knows how rare its features are: their
// numbers, sorted, as often as they occur.
type passage struct {
	doc      int32
	share    float32
	features []int32
}

// Build makes an index. same are groups of words that mean the same; the first of each
// stands for all.
func Build(docs []Doc, same [][]string) *Index { return build(docs, same, chosen()) }

func build(docs []Doc, same [][]string, by scoring) *Index {
	x := &Index{scoring: by, analyser: newAnalyser(same), features: map[string]int32{}, stems: map[string]string{}, slips: map[string][]string{}}
	x.analyser.known = map[string]string{}
	all := make([]passage, 0, len(docs)*12)
	for i, d := range docs {
		x.ids = append(x.ids, d.ID)
		all = x.addPassages(all, int32(i), d)
	}
	x.analyser.known = nil
	x.weigh(all)
	x.spell()
	x.pool.New = func() any { return newScratch(len(x.passages), len(x.ids)) }
	return x
}

// scoring is how much parts and kinds of features count. It was chosen on questions of bank
// customers that are kept apart from those that the search is measured on.
type scoring struct {
	title, question, short, body float32 // parts of an article
	whole                        float32 // all of them in one: what is told in other words, a part here and a part there
	second                       float32 // the second best passage of an article, beside the best
	plain, pair                  float32 // kinds of features; words and two characters count one
	sound, glyph, head           float32
	rarity                       float64 // how far what is rare counts more: 1 is the logarithm itself
	length                       float64 // how far long passages are held down: 1 is the cosine
}

func chosen() scoring {
	return scoring{title: 1, question: 0.7, short: 0.8, body: 1.5, whole: 2.5, second: 1, plain: 0.6, pair: 0.4, sound: 0.2, glyph: 1, head: 0.1, rarity: 0.6, length: 0.7}
}

func (x *Index) addPassages(all []passage, doc int32, d Doc) []passage {
	all = append(all, x.passage(doc, x.scoring.title, d.Title))
	for _, q := range d.Questions {
		all = append(all, x.passage(doc, x.scoring.question, q))
	}
	all = append(all, x.passage(doc, x.scoring.short, d.Short))
	all = append(all, x.passage(doc, x.scoring.whole, strings.Join(append([]string{d.Title, d.Title, d.Short}, d.Questions...), "\n")))
	body := strings.Join(append(slices.Clone(d.Headings), d.Body), "\n")
	return append(all, x.passage(doc, x.scoring.body, d.Title+"\n"+body))
}

func (x *Index) passage(doc int32, share float32, text string) passage {
	p := passage{doc: doc, share: share}
	tokens := x.analyser.tokens(text)
	for _, t := range tokens {
		if !t.word.Glyph {
			x.stems[t.word.Text] = t.stem
		}
	}
	for _, f := range features(tokens) {
		n, ok := x.features[f]
		if !ok {
			n = int32(len(x.features))
			x.features[f] = n
			x.idf = append(x.idf, x.scoring.weight(f))
		}
		p.features = append(p.features, n)
	}
	slices.Sort(p.features)
	return p
}

// weigh counts in how many documents a feature is, and brings each passage to length one.
func (x *Index) weigh(all []passage) {
	last := make([]int32, len(x.idf)) // the document that a feature was counted of last, plus one
	count := make([]float64, len(x.idf))
	for _, p := range all {
		for _, f := range p.features {
			if last[f] != p.doc+1 {
				last[f] = p.doc + 1
				count[f]++
			}
		}
	}
	for f, c := range count {
		x.idf[f] *= float32(math.Pow(math.Log(1+float64(len(x.ids))/c), x.scoring.rarity))
	}
	x.postings = make([][]posting, len(x.idf))
	for _, p := range all {
		x.post(p)
	}
}

// post puts a passage under each of its features.
func (x *Index) post(p passage) {
	id := int32(len(x.passages))
	x.passages = append(x.passages, p.doc)
	x.share = append(x.share, p.share)
	type weighed struct {
		feature int32
		weight  float64
	}
	var all []weighed
	var norm float64
	for i := 0; i < len(p.features); {
		j := i
		for j < len(p.features) && p.features[j] == p.features[i] {
			j++
		}
		w := float64(x.idf[p.features[i]]) * (1 + math.Log(float64(j-i)))
		norm += w * w
		all = append(all, weighed{p.features[i], w})
		i = j
	}
	for _, w := range all {
		x.postings[w.feature] = append(x.postings[w.feature], posting{id, float32(w.weight / math.Pow(norm, x.scoring.length/2))})
	}
}

// rarity is how much a feature says, and whether any passage has it.
func (x *Index) rarity(feature string) (float32, bool) {
	n, ok := x.features[feature]
	if !ok {
		return 0, false
	}
	return x.idf[n], true
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
		for _, p := range x.postings[x.features[t.feature]] {
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
	hits := make([]Hit, 0, min(limit, MaxHits)+1)
	for _, d := range s.docs {
		if keep == nil || keep(int(d)) {
			hits = insert(hits, Hit{Doc: int(d), ID: x.ids[d], Score: float64(s.best[d] + x.scoring.second*s.second[d])}, min(limit, MaxHits))
		}
		s.best[d], s.second[d] = 0, 0
	}
	s.touched, s.docs = s.touched[:0], s.docs[:0]
	return worthwhile(hits)
}

// worthwhile leaves what is near the best: a list that ends is read, one that goes on with
// whatever has a word in common is not.
func worthwhile(hits []Hit) []Hit {
	const least, part = 0.08, 0.3
	for i, h := range hits {
		if h.Score < least || h.Score < part*hits[0].Score {
			return hits[:i]
		}
	}
	return hits
}

// insert puts a hit among the best, and keeps at most limit of them.
func insert(best []Hit, h Hit, limit int) []Hit {
	at, _ := slices.BinarySearchFunc(best, h, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
	})
	if at == limit {
		return best
	}
	best = slices.Insert(best, at, h)
	return best[:min(len(best), limit)]
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
