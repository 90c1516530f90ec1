package guard

import (
	"github.com/tyler-smith/go-bip39/wordlists"

	"kefu/internal/platform/fault"
)

// mnemonics are the word lists of BIP-39, by the hash of the folded word. The
// module carries all lists of the standard but the Portuguese one.
type mnemonics struct {
	lists       map[uint64]uint16 // which lists hold a word
	words       map[uint64]bool   // English words, for phrases without spaces
	simplified  map[rune]int
	traditional map[rune]int
	latin       uint16 // lists in Latin script
	common      map[rune]bool
}

// bitShort marks English words cut to their first four letters, which are
// enough to tell them apart.
const bitShort = 1 << 15

func newMnemonics(f *folding) (*mnemonics, error) {
	m := &mnemonics{
		lists: make(map[uint64]uint16, 1<<15), words: make(map[uint64]bool, 4096),
		simplified: map[rune]int{}, traditional: map[rune]int{}, common: map[rune]bool{},
	}
	for n, list := range [][]string{
		wordlists.English, wordlists.Spanish, wordlists.French, wordlists.Italian, wordlists.Czech, wordlists.Japanese, wordlists.Korean,
	} {
		if len(list) != 2048 {
			return nil, fault.New(fault.Internal, "guard.mnemonics", "word list %d has %d words, not 2048", n, len(list))
		}
		for _, word := range list {
			folded := f.text(word)
			m.lists[hashRunes(folded)] |= 1 << n
			if n == 0 {
				m.words[hashRunes(folded)] = true
				m.lists[hashRunes(folded[:min(4, len(folded))])] |= bitShort
			}
		}
	}
	m.latin = 1<<5 - 1
	m.addHan(f, wordlists.ChineseSimplified, m.simplified, bitSimplified)
	m.addHan(f, wordlists.ChineseTraditional, m.traditional, bitTraditional)
	for _, r := range commonHan {
		m.common[r] = true
	}
	return m, nil
}

func (m *mnemonics) addHan(f *folding, list []string, index map[rune]int, bit uint8) {
	for i, word := range list {
		for _, r := range word {
			index[r] = i
			f.class[r] |= bit
		}
	}
}

const (
	seedFewest  = 11 // words of one list in a row
	seedGap     = 24 // characters between two words
	seedTypos   = 4  // one misspelt word in so many
	seedDensity = 8  // list words around a misspelt one
)

// content is a word of the text as the seed detector sees it.
type content struct {
	token int
	lists uint16
	hits  int // list words up to here
}

// detectSeeds looks for recovery phrases.
func (s *scan) detectSeeds() {
	if len(s.tokens) >= seedFewest {
		s.seedRuns()
	}
	for _, t := range s.tokens {
		if t.end-t.start >= 33 && s.view.char[t.start] < 0x80 && t.class == classLetter {
			s.gluedSeed(t)
		}
	}
	if s.clauses || s.singles >= 2 || s.kinds&kindSeed != 0 {
		s.hanSeeds()
	}
}

// seedRuns finds runs of list words, numbering and fillers between them allowed.
func (s *scan) seedRuns() {
	words := s.contents()
	if len(words) < seedFewest || words[len(words)-1].hits < seedFewest-2 {
		return
	}
	for i := 0; i < len(words); {
		if words[i].lists == 0 {
			i++
			continue
		}
		end := s.seedRun(words, i)
		if end-i >= seedFewest && s.phraseLike(words[i:end]) {
			s.addSeed(words, i, end)
			i = end
			continue
		}
		i = max(i+1, s.restart(words, i, end))
	}
}

// phraseLike rejects runs that are digits spelled out, which are list words
// too, and ordinary sentences that are list words only by their first letters.
func (s *scan) phraseLike(words []content) bool {
	numbers, plain := 0, 0
	var lists uint16 = 0xFFFF
	for _, w := range words {
		t := s.tokens[w.token]
		if w.lists&lists != 0 {
			lists &= w.lists
		}
		k := s.firstMark(t.start)
		if k == len(s.marks) || s.marks[k].start != t.start {
			continue
		}
		switch kinds := s.marks[k].word.kind; {
		case kinds&kindDigit != 0:
			numbers++
		case kinds&(kindPlain|kindLink|kindNear) != 0:
			plain++
		}
	}
	if lists&^bitShort == 0 && (plain > 2 || len(words) < 12) {
		return false
	}
	return numbers*2 <= len(words) && plain*2 <= len(words)
}

// restart is where the next run can begin after a failed one: the run ended at
// a word of other lists, and words before it may belong to both.
func (s *scan) restart(words []content, i, end int) int {
	if end >= len(words) || words[end].lists == 0 {
		return end
	}
	k := end
	for k > i+1 && words[k-1].lists&words[end].lists != 0 {
		k--
	}
	return k
}

// contents lists the words of the text with the BIP-39 lists that hold them.
func (s *scan) contents() []content {
	out, hits := s.words[:0], 0
	for n, t := range s.tokens {
		if t.class == classDigit {
			continue
		}
		if n+1 < len(s.tokens) && s.tokens[n+1].class == classDigit && s.tokens[n+1].start == t.end {
			continue // numbering, "word1"
		}
		lists := s.d.seeds.lists[t.hash]
		if lists == 0 && s.seedFiller(t) {
			continue
		}
		if lists != 0 {
			hits++
		}
		out = append(out, content{n, lists, hits})
	}
	s.words = out
	return out
}

// seedFiller tells words that may stand between the words of a phrase.
func (s *scan) seedFiller(t token) bool {
	if t.end-t.start <= 2 && t.start > 0 && s.view.class(t.start-1) == classDigit {
		return true // 1st, 2nd
	}
	k := s.firstMark(t.start)
	return k < len(s.marks) && s.marks[k].start == t.start && s.marks[k].word.kind&(kindFiller|kindDigit|kindTeen) != 0
}

// seedRun extends a run from word i and returns its end.
func (s *scan) seedRun(words []content, i int) int {
	lists, typos, k := words[i].lists, 0, i+1
	for ; k < len(words); k++ {
		if !s.seedGapOK(s.tokens[words[k-1].token].end, s.tokens[words[k].token].start) {
			return k
		}
		if both := lists & words[k].lists; both != 0 {
			lists = both
			continue
		}
		if (typos+1)*seedTypos > k-i+seedTypos || !s.dense(words, k) || !s.misspelt(words[k], lists) {
			break
		}
		typos++
	}
	for k > i && words[k-1].lists&lists == 0 {
		k-- // a run does not end in a misspelt word; addSeed looks again
	}
	return k
}

// dense tells whether most words around k are list words.
func (s *scan) dense(words []content, k int) bool {
	low, high := max(0, k-12), min(len(words)-1, k+11)
	before := 0
	if low > 0 {
		before = words[low-1].hits
	}
	return words[high].hits-before >= seedDensity
}

func (s *scan) seedGapOK(from, to int) bool {
	if to-from > seedGap {
		return false
	}
	for i := from; i < to; i++ {
		if c := s.view.class(i); c == classOpaque {
			return false
		}
	}
	return true
}

// addSeed records a run, with misspelt words at its ends and the numbering
// before it.
func (s *scan) addSeed(words []content, i, end int) {
	var lists uint16 = 0xFFFF
	for _, w := range words[i:end] {
		if w.lists&lists != 0 {
			lists &= w.lists
		}
	}
	for i > 0 && s.seedGapOK(s.tokens[words[i-1].token].end, s.tokens[words[i].token].start) && s.belongs(words[i-1], lists) {
		i--
	}
	for end < len(words) && s.seedGapOK(s.tokens[words[end-1].token].end, s.tokens[words[end].token].start) && s.belongs(words[end], lists) {
		end++
	}
	start := s.tokens[words[i].token].start
	if n := words[i].token - 1; n >= 0 && s.tokens[n].class == classDigit && start-s.tokens[n].end <= 3 && s.tokens[n].end-s.tokens[n].start <= 2 {
		start = s.tokens[n].start
		for n > 0 && s.tokens[n-1].end == start && s.view.class(s.tokens[n-1].start) == classLetter {
			n--
			start = s.tokens[n].start
		}
	}
	for start > 0 && (s.view.char[start-1] == '(' || s.view.char[start-1] == '[' || s.view.char[start-1] == '#') {
		start--
	}
	s.add(start, s.tokens[words[end-1].token].end, Seed, "")
}

func (s *scan) belongs(w content, lists uint16) bool {
	return w.lists&lists != 0 || s.misspelt(w, lists)
}

// gluedSeed finds a phrase written without spaces: the word must be made of
// list words only.
func (s *scan) gluedSeed(t token) {
	v := &s.view
	n := t.end - t.start
	words := make([]int, n+1) // list words that make up the first so many letters
	for i := 0; i < n; i++ {
		if i > 0 && words[i] == 0 {
			continue
		}
		hash := uint64(hashSeed)
		for j := i; j < min(i+8, n); j++ {
			hash = (hash ^ uint64(v.char[t.start+j])) * hashPrime
			if j-i >= 2 && s.d.seeds.words[hash] {
				words[j+1] = max(words[j+1], words[i]+1)
			}
		}
	}
	best := 0
	for i := n; i > 0 && best == 0; i-- {
		if words[i] >= seedFewest {
			best = i
		}
	}
	if best > 0 {
		s.add(t.start, t.end, Seed, "")
	}
}
