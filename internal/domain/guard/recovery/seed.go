// Package recovery finds recovery phrases of wallets (BIP-39): runs of words of
// one list, also misspelt, numbered or without spaces, and phrases of Chinese
// characters, which only their checksum and how they are written tell from
// sentences.
package recovery

import (
	"github.com/tyler-smith/go-bip39/wordlists"
	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/secret"
	"kefu/internal/domain/guard/words"
	"kefu/internal/platform/fault"
)

// mnemonics are the word lists of BIP-39, by the hash of the folded word. The
// module carries all lists of the standard but the Portuguese one.
type mnemonics struct {
	lists       map[uint64]uint16      // which lists hold a word
	maybe       [maybeBits / 64]uint64 // by hash: most other words are told by one look
	english     map[uint64]int         // place in the English list
	simplified  map[rune]int
	traditional map[rune]int
	latin       uint16 // lists in Latin script
	common      map[rune]bool
}

// bitShort marks English words cut to their first four letters, which are
// enough to tell them apart.
const (
	bitEnglish = 1 << 0
	bitShort   = 1 << 15
)

func newMnemonics(f *fold.Folding) (*mnemonics, error) {
	m := &mnemonics{
		lists: make(map[uint64]uint16, 1<<15), english: make(map[uint64]int, 4096),
		simplified: map[rune]int{}, traditional: map[rune]int{}, common: map[rune]bool{},
	}
	for n, list := range [][]string{
		wordlists.English, wordlists.Spanish, wordlists.French, wordlists.Italian, wordlists.Czech, wordlists.Japanese, wordlists.Korean,
	} {
		if len(list) != 2048 {
			return nil, fault.New(fault.Internal, "recovery.lists", "word list %d has %d words, not 2048", n, len(list))
		}
		for i, word := range list {
			folded := f.Text(word)
			m.put(reading.HashRunes(folded), 1<<n)
			if n == 0 {
				m.english[reading.HashRunes(folded)] = i
				m.put(reading.HashRunes(folded[:min(4, len(folded))]), bitShort)
			}
		}
	}
	m.latin = 1<<5 - 1
	m.addHan(f, wordlists.ChineseSimplified, m.simplified, fold.Simplified)
	m.addHan(f, wordlists.ChineseTraditional, m.traditional, fold.Traditional)
	for _, r := range commonHan {
		m.common[r] = true
	}
	return m, nil
}

// maybeBits is the size of a table that is looked at before the map.
const maybeBits = 1 << 18

func maybeAt(hash uint64) (word int, bit uint64) {
	at := hash * 0x9E3779B97F4A7C15 >> (64 - 18)
	return int(at / 64), 1 << (at % 64)
}

func (m *mnemonics) put(hash uint64, lists uint16) {
	m.lists[hash] |= lists
	word, bit := maybeAt(hash)
	m.maybe[word] |= bit
}

// of are the lists that hold a word.
func (m *mnemonics) of(hash uint64) uint16 {
	if word, bit := maybeAt(hash); m.maybe[word]&bit == 0 {
		return 0
	}
	return m.lists[hash]
}

func (m *mnemonics) hasEnglish(hash uint64) bool {
	_, ok := m.english[hash]
	return ok
}

func (m *mnemonics) addHan(f *fold.Folding, list []string, index map[rune]int, bit uint8) {
	for i, word := range list {
		for _, r := range word {
			index[r] = i
			f.Tag(r, bit)
		}
	}
}

const (
	seedShortest = 12 // words of the shortest phrase
	seedFewest   = 11 // words of one list in a row
	nameAround   = 60 // characters between a phrase and a word that names it
	seedGap      = 24 // characters between two words
	seedTypos    = 4  // one misspelt word in so many
	seedStart    = 6  // as if so many had gone before: the first words may be misspelt
	seedDensity  = 8  // list words around a misspelt one
)

// content is a word of the text as the seed detector sees it.
type content struct {
	token int
	lists uint16
	hits  int // list words up to here
}

// detectSeeds looks for recovery phrases.
func (s *search) detectSeeds() {
	if len(s.Tokens) >= seedFewest {
		s.seedRuns()
	}
	for _, t := range s.Tokens {
		if t.End-t.Start >= 33 && s.View.Char[t.Start] < 0x80 && t.Class == fold.Letter {
			s.gluedSeed(t)
		}
	}
	if s.Clauses || s.Singles >= 2 || s.Kinds&words.Seed != 0 {
		s.hanSeeds()
	}
}

// detectTold looks for recovery phrases in the pieces of several messages.
func (s *search) detectTold() {
	s.told = true
	if len(s.Tokens) >= seedFewest {
		s.seedRuns()
	}
	if s.Han >= seedFewest {
		s.hanSeeds()
		s.hanLines()
	}
}

// seedRuns finds runs of list words, numbering and fillers between them allowed.
func (s *search) seedRuns() {
	row := s.contents()
	if len(row) < seedFewest || row[len(row)-1].hits < seedFewest-2 {
		return
	}
	for i := 0; i < len(row); {
		if row[i].lists == 0 {
			i++
			continue
		}
		end := s.seedRun(row, i)
		if end-i >= seedFewest && s.phraseLike(row[i:end]) {
			s.addSeed(row, i, end)
			i = end
			continue
		}
		i = max(i+1, s.restart(row, i, end))
	}
}

// phraseLike rejects runs that are digits spelled out, which are list words
// too, and ordinary sentences that are list words only by their first letters.
func (s *search) phraseLike(row []content) bool {
	numbers, plain := 0, 0
	var lists uint16 = 0xFFFF
	for _, w := range row {
		t := s.Tokens[w.token]
		if w.lists&lists != 0 {
			lists &= w.lists
		}
		k := s.FirstMark(t.Start)
		if k == len(s.Marks) || s.Marks[k].Start != t.Start {
			continue
		}
		switch kinds := s.Marks[k].Word.Kind; {
		case kinds&words.Digit != 0:
			numbers++
		case kinds&(words.Plain|words.Link|words.Near) != 0:
			plain++
		}
	}
	if lists&^bitShort == 0 && (plain > 2 || len(row) < 12) {
		return false
	}
	if numbers*2 > len(row) || plain*2 > len(row) {
		return false
	}
	for i := 0; i+seedFewest <= len(row); i++ {
		if part := row[i:min(i+seedShortest, len(row))]; s.varied(part) {
			return true
		}
	}
	from, to := s.Tokens[row[0].token].Start, s.Tokens[row[len(row)-1].token].End
	return !s.told && s.Any(max(0, from-nameAround), min(len(s.View.Char), to+nameAround), words.Seed) || s.validEnglish(row)
}

// varied tells whether at most a quarter of the words are those of ordinary
// sentences, and at most a quarter are said twice. Words drawn at random are so;
// orders like "turn the volume up, turn it down" are not. Pieces from several
// messages were looked at one by one before.
func (s *search) varied(row []content) bool {
	plain, twice := 0, 0
	for i, w := range row {
		t := s.Tokens[w.token]
		if prose(s.Scan, t) {
			plain++
		}
		for _, earlier := range row[:i] {
			if s.Tokens[earlier.token].Hash == t.Hash {
				twice++
				break
			}
		}
	}
	if s.told {
		return plain*3 <= len(row) && twice*4 <= len(row)
	}
	return plain*4 <= len(row) && twice*4 <= len(row)
}

// validEnglish tells whether some stretch of a run is a phrase of the English
// list with a valid checksum.
func (s *search) validEnglish(row []content) bool {
	const offsets = 64 // more words before a phrase are no run by chance
	var places [24]int
	for from := 0; from < min(len(row)-seedShortest+1, offsets); from++ {
		n := 0
		for ; n < min(len(row)-from, len(places)); n++ {
			place, ok := s.lists.english[s.Tokens[row[from+n].token].Hash]
			if !ok {
				break
			}
			places[n] = place
		}
		for n -= n % 3; n >= seedShortest; n -= 3 {
			if validPhrase(places[:n]) {
				return true
			}
		}
	}
	return false
}

// restart is where the next run can begin after a failed one. If the run ended at
// a word of other lists, words before it may belong to both; no run goes over what
// is too far apart, and a beginning before it would only fail again, word by word.
func (s *search) restart(row []content, i, end int) int {
	if end >= len(row) || row[end].lists == 0 || !s.seedGapOK(s.Tokens[row[end-1].token].End, s.Tokens[row[end].token].Start) {
		return end
	}
	k := end
	for k > i+1 && row[k-1].lists&row[end].lists != 0 {
		k--
	}
	return k
}

// contents lists the words of the text with the BIP-39 lists that hold them.
func (s *search) contents() []content {
	out, hits, leads := s.words[:0], 0, s.leads()
	for n, t := range s.Tokens {
		if t.Class == fold.Digit {
			continue
		}
		if n+1 < len(s.Tokens) && s.Tokens[n+1].Class == fold.Digit && s.Tokens[n+1].Start == t.End {
			continue // numbering, "word1"
		}
		lists := s.lists.of(t.Hash)
		if (lists == 0 || leads[t.Hash] > 1 && s.leadsLine(t)) && filler(s.Scan, t) {
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

// leads counts the words by which messages go on, "then …" and "then …": they are
// list words, too, and no part of the phrase.
func (s *search) leads() map[uint64]int {
	if !s.told {
		return nil
	}
	counts := map[uint64]int{}
	for _, t := range s.Tokens {
		if s.leadsLine(t) {
			counts[t.Hash]++
		}
	}
	return counts
}

func (s *search) leadsLine(t reading.Token) bool {
	return t.Start == 0 || s.View.Char[t.Start-1] == '\n'
}

// seedRun extends a run from word i and returns its end.
func (s *search) seedRun(row []content, i int) int {
	lists, typos, k := row[i].lists, 0, i+1
	for ; k < len(row); k++ {
		if !s.seedGapOK(s.Tokens[row[k-1].token].End, s.Tokens[row[k].token].Start) {
			return k
		}
		if both := lists & row[k].lists; both != 0 {
			lists = both
			continue
		}
		if (typos+1)*seedTypos > k-i+seedStart || !s.dense(row, k) || !s.misspelt(row[k], lists) {
			break
		}
		typos++
	}
	for k > i && row[k-1].lists&lists == 0 {
		k-- // a run does not end in a misspelt word; addSeed looks again
	}
	return k
}

// dense tells whether most words around k are list words: half of them, as a
// misspelt phrase and the prose around it have.
func (s *search) dense(row []content, k int) bool {
	low, high := max(0, k-12), min(len(row)-1, k+11)
	before := 0
	if low > 0 {
		before = row[low-1].hits
	}
	hits := row[high].hits - before
	return hits >= seedDensity && hits*2 >= high-low+1
}

func (s *search) seedGapOK(from, to int) bool {
	if to-from > seedGap {
		return false
	}
	for i := from; i < to; i++ {
		if c := s.View.Class(i); c == fold.Opaque {
			return false
		}
	}
	return true
}

// addSeed records a run, with misspelt words at its ends and the numbering
// before it.
func (s *search) addSeed(row []content, i, end int) {
	var lists uint16 = 0xFFFF
	for _, w := range row[i:end] {
		if w.lists&lists != 0 {
			lists &= w.lists
		}
	}
	for i > 0 && s.seedGapOK(s.Tokens[row[i-1].token].End, s.Tokens[row[i].token].Start) && s.belongs(row[i-1], lists) {
		i--
	}
	for end < len(row) && s.seedGapOK(s.Tokens[row[end-1].token].End, s.Tokens[row[end].token].Start) && s.belongs(row[end], lists) {
		end++
	}
	start := s.Tokens[row[i].token].Start
	if n := row[i].token - 1; n >= 0 && s.Tokens[n].Class == fold.Digit && start-s.Tokens[n].End <= 3 && s.Tokens[n].End-s.Tokens[n].Start <= 2 {
		start = s.Tokens[n].Start
		for n > 0 && s.Tokens[n-1].End == start && s.View.Class(s.Tokens[n-1].Start) == fold.Letter {
			n--
			start = s.Tokens[n].Start
		}
	}
	for start > 0 && (s.View.Char[start-1] == '(' || s.View.Char[start-1] == '[' || s.View.Char[start-1] == '#') {
		start--
	}
	s.Add(start, s.Tokens[row[end-1].token].End, secret.Seed, "")
}

func (s *search) belongs(w content, lists uint16) bool {
	return w.lists&lists != 0 || s.misspelt(w, lists)
}

// gluedSeed finds a phrase written without spaces: the word must begin with as
// many list words as the shortest phrase has.
func (s *search) gluedSeed(t reading.Token) {
	v := &s.View
	n := t.End - t.Start
	parts := make([]int, n+1) // list words that make up the first so many letters
	for i := range parts {
		if parts[i] >= seedFewest {
			s.Add(t.Start, t.End, secret.Seed, "")
			return
		}
		if i > 0 && parts[i] == 0 {
			continue
		}
		hash := uint64(reading.HashSeed)
		for j := i; j < min(i+8, n); j++ {
			hash = (hash ^ uint64(v.Char[t.Start+j])) * reading.HashPrime
			if j-i >= 2 && s.lists.hasEnglish(hash) {
				parts[j+1] = max(parts[j+1], parts[i]+1)
			}
		}
	}
}
