package guard

import "sort"

// expectation says which secrets the conversation has just asked for.
type expectation uint8

const (
	expectNothing expectation = 0
	expectOTP     expectation = 1 << iota
	expectCVV
	expectPassword
	expectPIN
)

// mark is a listed phrase in the text.
type mark struct {
	start, end int
	word       word
}

// token is a written word or a run of digits; hash identifies a word.
type token struct {
	start, end int
	class      uint8
	hash       uint64
}

// hit is a finding in folded positions.
type hit struct {
	start, end int
	class      Class
	last4      string
}

// scan is the working memory of one scan; it is pooled.
type scan struct {
	d        *Detector
	view     view
	tokens   []token
	marks    []mark
	groups   []group
	items    []item
	clusters []cluster
	hits     []hit
	glyphs   []glyph
	words    []content
	far      bool // card numbers may have words between their parts
	repeat   mark // a "double" that waits for its digit
	kinds    kind // of all marks together
	digits   int  // digits, Chinese numerals and spelled digits
	longest  int  // longest run without white space
	singles  int  // Chinese characters that stand alone
	clauses  bool // some Chinese clause is as long as a recovery phrase
	expected expectation
	budget   int // remaining costly look-ups of misspelt words
}

const maxPooled = 16 << 10

func (s *scan) release() {
	if cap(s.view.char) > maxPooled {
		return
	}
	s.view.reset()
	s.tokens, s.marks, s.groups = s.tokens[:0], s.marks[:0], s.groups[:0]
	s.items, s.clusters, s.hits = s.items[:0], s.clusters[:0], s.hits[:0]
	s.kinds, s.digits, s.longest, s.singles, s.clauses, s.expected = 0, 0, 0, 0, false, 0
	s.d.pool.Put(s)
}

// load folds the text and splits it into tokens and marks.
func (s *scan) load(text string) {
	s.view.fill(s.d.fold, text)
	s.budget = 64
	v := &s.view
	n, solidFrom, markUntil := len(v.char), 0, 0
	for i := 0; i < n; {
		switch class := v.class(i); class {
		case classSpace:
			s.longest = max(s.longest, i-solidFrom)
			i++
			solidFrom = i
		case classDigit:
			j := i + 1
			for j < n && v.class(j) == classDigit {
				j++
			}
			s.digits += j - i
			s.tokens = append(s.tokens, token{start: i, end: j, class: classDigit})
			if j-i <= 2 && i >= markUntil {
				if end, w := s.d.words.match(v, i); w.kind != 0 && end > j {
					s.addMark(i, end, w) // "2fa", "6 digit code"
					markUntil = end
				}
			}
			i = j
		case classLetter, classLoose:
			markUntil = s.loadWord(i, markUntil)
			i = s.tokens[len(s.tokens)-1].end
		case classHan:
			j, until := s.loadHan(i, markUntil)
			markUntil, i = until, j
		default:
			if v.char[i] == markerOpen {
				if j := markerEnd(v, i); j > i {
					for ; i < j; i++ {
						v.mark[i] = classOpaque
					}
					continue
				}
			}
			i++
		}
	}
	s.longest = max(s.longest, n-solidFrom)
}

// loadWord adds the word that starts at i, and the phrase that does.
func (s *scan) loadWord(i, markUntil int) int {
	v := &s.view
	class, j, hash := v.class(i), i, uint64(hashSeed)
	for j < len(v.char) && v.class(j) == class {
		hash = (hash ^ uint64(v.char[j])) * hashPrime
		j++
	}
	s.tokens = append(s.tokens, token{start: i, end: j, class: class, hash: hash})
	if i >= markUntil {
		end, w := s.d.words.match(v, i)
		if w.kind != 0 {
			s.addMark(i, end, w)
			return end
		}
		if j-i >= 6 && v.char[i] < 0x80 {
			s.addGlued(i, j)
		}
	}
	if class == classLoose {
		s.loadLoose(i+1, j)
	}
	return markUntil
}

// loadLoose looks for phrases inside a run of letters without spaces.
func (s *scan) loadLoose(i, end int) {
	for i < end {
		stop, w := s.d.words.match(&s.view, i)
		if w.kind&(kindOTP|kindPass|kindCVV|kindSeed|kindIs|kindCard) != 0 && stop-i > 0 {
			s.addMark(i, stop, w)
			i = stop
			continue
		}
		i++
	}
}

// loadHan goes through a run of Chinese characters.
func (s *scan) loadHan(i, markUntil int) (next, until int) {
	v := &s.view
	j := i
	for j < len(v.char) && v.class(j) == classHan {
		if j >= markUntil && v.mark[j]&bitStart != 0 {
			if end, w := s.d.words.match(v, j); w.kind != 0 {
				s.addMark(j, end, w)
				markUntil = end
			}
		}
		j++
	}
	switch n := j - i; n {
	case 1:
		s.singles++
	case 12, 15, 18, 21, 24:
		s.clauses = true
	}
	if j-i < 5 {
		s.singles++
	}
	return j, markUntil
}

func (s *scan) addMark(start, end int, w word) {
	s.marks = append(s.marks, mark{start, end, w})
	s.kinds |= w.kind
	if w.kind&(kindDigit|kindTens|kindTeen) != 0 {
		s.digits++
	}
}

const (
	hashSeed  = 14695981039346656037 // FNV-1a, 64 bit
	hashPrime = 1099511628211
)

func hashRunes(runes []rune) uint64 {
	hash := uint64(hashSeed)
	for _, r := range runes {
		hash = (hash ^ uint64(r)) * hashPrime
	}
	return hash
}

// detect runs the detectors that have something to look at.
func (s *scan) detect() {
	if s.digits >= 3 {
		s.buildGroups()
		s.buildClusters()
	}
	if s.longest >= 16 || s.kinds&(kindToken|kindWallet) != 0 {
		s.detectKeys()
	}
	s.detectSeeds()
	if s.digits >= 3 {
		s.detectCards()
		s.detectIdentity()
		s.detectCVV()
		s.detectCodes()
	}
	if s.kinds&(kindPass|kindPIN|kindPassWeak) != 0 || s.expected&expectPassword != 0 {
		s.detectPasswords()
	}
	if s.longest >= 30 {
		s.detectMRZ()
	}
}

func (s *scan) add(start, end int, class Class, last4 string) {
	s.hits = append(s.hits, hit{start, end, class, last4})
	for i := start; i < end; i++ {
		s.view.mark[i] |= bitHit
	}
}

// taken tells whether a stronger finding covers part of a range.
func (s *scan) taken(start, end int) bool {
	for i := start; i < end; i++ {
		if s.view.mark[i]&bitHit != 0 {
			return true
		}
	}
	return false
}

// covered tells whether findings cover the whole of a range.
func (s *scan) covered(start, end int) bool {
	for i := start; i < end; i++ {
		if s.view.mark[i]&bitHit == 0 {
			return false
		}
	}
	return true
}

// firstToken is the index of the first token that starts at or after i.
func (s *scan) firstToken(i int) int {
	return sort.Search(len(s.tokens), func(k int) bool { return s.tokens[k].start >= i })
}

// firstMark is the index of the first mark that starts at or after i.
func (s *scan) firstMark(i int) int {
	low, high := 0, len(s.marks)
	for low < high {
		mid := (low + high) / 2
		if s.marks[mid].start < i {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// only tells whether a range holds nothing but separators and phrases of the
// wanted kinds.
func (s *scan) only(start, end int, wanted kind) bool {
	k := s.firstMark(start)
	for i := start; i < end; {
		for k < len(s.marks) && s.marks[k].start < i {
			k++
		}
		if k < len(s.marks) && s.marks[k].start == i {
			if s.marks[k].word.kind&wanted == 0 {
				return false
			}
			i = s.marks[k].end
			continue
		}
		if c := s.view.class(i); c != classOther && c != classSpace {
			return false
		}
		i++
	}
	return true
}

// any tells whether a mark of the wanted kinds lies inside a range.
func (s *scan) any(start, end int, wanted kind) bool {
	if s.kinds&wanted == 0 {
		return false
	}
	for k := s.firstMark(start); k < len(s.marks) && s.marks[k].end <= end; k++ {
		if s.marks[k].word.kind&wanted != 0 {
			return true
		}
	}
	return false
}
