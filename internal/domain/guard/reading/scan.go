// Package reading finds in a text what the guard's detectors look at: written
// words, phrases of the word lists, numbers in digits and in words, and how
// closely the text ties a number to the word that names it. It does not decide
// what is a secret; it keeps what the detectors found.
package reading

import (
	"kefu/internal/platform/fault"

	"sort"

	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/secret"
	"kefu/internal/domain/guard/words"
)

// Findings sorts, merges and maps the hits to the original text.
func (s *Scan) Findings() []secret.Finding {
	if len(s.Hits) == 0 {
		return nil
	}
	out := make([]secret.Finding, 0, len(s.Hits))
	for _, h := range s.Hits {
		from, to := s.View.Original(h.Start, h.End)
		out = append(out, secret.Finding{Start: int(from), End: int(to), Class: h.Class, Last4: h.Last4})
	}
	return secret.Merge(out)
}

// Expectation says which secrets the conversation has just asked for.
type Expectation uint16

const (
	ExpectNothing Expectation = 0
	ExpectOTP     Expectation = 1 << iota
	ExpectCVV
	ExpectPassword
	ExpectPIN
	ExpectID
	ExpectKey
	ExpectRest   // of a key whose beginning was removed
	ExpectHalves // a one-time code in two messages
	Joined       // the text is several messages, one behind the other; it is not looked at for phrases
)

// Mark is a listed phrase in the text.
type Mark struct {
	Start, End int
	Word       words.Word
}

// Token is a written word or a run of digits; hash identifies a word.
type Token struct {
	Start, End int
	Class      uint8
	Hash       uint64
}

// Hit is a finding in folded positions.
type Hit struct {
	Start, End int
	Class      secret.Class
	Last4      string
}

// Reader holds what every text is read with: the folding and the word lists. It
// is immutable.
type Reader struct {
	folding *fold.Folding
	words   *words.Lexicon
}

// New builds a reader. It takes some milliseconds and some megabytes.
func New() (*Reader, error) {
	folding := fold.New()
	lexicon, err := words.New(folding)
	if err != nil {
		return nil, fault.Wrap("reading.New", err)
	}
	return &Reader{folding, lexicon}, nil
}

// Folding is how the reader folds; detectors fold their own lists with it.
func (r *Reader) Folding() *fold.Folding { return r.folding }

// Scan is the working memory of one scan: what was read, and what was found so
// far. Positions in it count folded characters.
type Scan struct {
	*Reader
	View     fold.View
	Tokens   []Token
	Marks    []Mark
	Groups   []Group
	Items    []Item
	Clusters []Cluster
	Hits     []Hit
	Removed  []Hit      // card and account numbers that markers stand for
	Markers  int        // secrets of any class that markers stand for
	Kinds    words.Kind // of all marks together
	Digits   int        // digits, Chinese numerals and spelled digits
	Spelled  int        // spelled digits in a row, at most
	Longest  int        // longest run without white space and Chinese
	Singles  int        // Chinese characters that stand alone
	Han      int        // Chinese characters
	Clauses  bool       // some Chinese clause is as long as a recovery phrase
	Expected Expectation
	bare     int8 // 1 if the text is a bare answer, -1 if not, 0 before anybody asked
	row      int  // spelled digits in a row, up to the last mark
	repeat   Mark // a "double" that waits for its digit
}

// NewScan is an empty scan, to be used for one text after another.
func NewScan(r *Reader) *Scan { return &Scan{Reader: r} }

const maxPooled = 16 << 10 // characters

// Reset empties the scan. It tells whether the scan is small enough to be kept
// for another text.
func (s *Scan) Reset() bool {
	s.View.Reset()
	s.Tokens, s.Marks, s.Groups = s.Tokens[:0], s.Marks[:0], s.Groups[:0]
	s.Items, s.Clusters, s.Hits, s.Removed = s.Items[:0], s.Clusters[:0], s.Hits[:0], s.Removed[:0]
	s.Kinds, s.Digits, s.Longest, s.Singles, s.Han, s.Spelled, s.row, s.Markers = 0, 0, 0, 0, 0, 0, 0, 0
	s.Clauses, s.Expected, s.repeat, s.bare = false, 0, Mark{}, 0
	return cap(s.View.Char) <= maxPooled
}

// Load folds the text and splits it into tokens and marks.
func (s *Scan) Load(text string) {
	s.View.Fill(s.folding, text)
	v := &s.View
	n, solidFrom, markUntil := len(v.Char), 0, 0
	for i := 0; i < n; {
		switch class := v.Class(i); class {
		case fold.Space:
			s.Longest = max(s.Longest, i-solidFrom)
			i++
			solidFrom = i
		case fold.Digit:
			j := i + 1
			for j < n && v.Class(j) == fold.Digit {
				j++
			}
			s.Digits += j - i
			s.Tokens = append(s.Tokens, Token{Start: i, End: j, Class: fold.Digit})
			if j-i <= 2 && i >= markUntil {
				if end, w := s.words.Match(v, i); w.Kind != 0 && end > j {
					s.addMark(i, end, w) // "2fa", "6 digit code"
					markUntil = end
				}
			}
			i = j
		case fold.Letter, fold.Loose:
			markUntil = s.loadWord(i, markUntil)
			i = s.Tokens[len(s.Tokens)-1].End
		case fold.Han:
			s.Longest = max(s.Longest, i-solidFrom)
			j, until := s.loadHan(i, markUntil)
			markUntil, i, solidFrom = until, j, j
		default:
			if v.Char[i] == secret.MarkerOpen {
				if j, class := markerEnd(v, i); j > i {
					s.addRemoved(i, j, class)
					for ; i < j; i++ {
						v.Mark[i] = fold.Opaque
					}
					continue
				}
			}
			i++
		}
	}
	s.Longest = max(s.Longest, n-solidFrom)
	s.settleMeanings()
}

// loadWord adds the word that starts at i, and the phrase that does.
func (s *Scan) loadWord(i, markUntil int) int {
	v := &s.View
	class, j, hash := v.Class(i), i, uint64(HashSeed)
	for j < len(v.Char) && v.Class(j) == class {
		hash = (hash ^ uint64(v.Char[j])) * HashPrime
		j++
	}
	s.Tokens = append(s.Tokens, Token{Start: i, End: j, Class: class, Hash: hash})
	if i >= markUntil {
		end, w := s.words.Match(v, i)
		if w.Kind != 0 {
			s.addMark(i, end, w)
			return end
		}
		if v.Char[i] < 0x80 {
			if end := s.loadDisguised(i, j); end > 0 {
				return end
			}
		}
	}
	if class == fold.Loose {
		s.loadLoose(i+1, j)
	}
	return markUntil
}

// loadDisguised adds what an unlisted Latin word stands for: digits written
// without spaces, or a word like password with a letter wrong.
func (s *Scan) loadDisguised(start, end int) int {
	v := &s.View
	if end-start >= 6 {
		s.addGlued(start, end)
	}
	if end-start == 1 {
		if stop, w := s.spacedOut(start); stop > 0 {
			s.addMark(start, stop, w)
			return stop
		}
	}
	if v.Char[start] != 'p' {
		return 0
	}
	if kind := words.Nearly(v.Char[start:end]); kind != 0 {
		s.addMark(start, end, words.Word{Kind: kind})
		return end
	}
	if stop := words.Disguised(v, start); stop > end {
		s.addMark(start, stop, words.Word{Kind: words.Pass})
		return stop
	}
	return 0
}

// spacedOut finds a name written letter by letter, "p.a.s.s.w.o.r.d".
func (s *Scan) spacedOut(i int) (int, words.Word) {
	const shortest = 4 // letters
	v, node, end := &s.View, int32(0), 0
	var found words.Word
	for n := 1; i < len(v.Char) && v.Class(i) == fold.Letter; n++ {
		if node = s.words.Follow(node, v.Char[i]); node == 0 {
			break
		}
		single := i+1 >= len(v.Char) || v.Class(i+1) != fold.Letter
		if !single {
			break
		}
		if w := s.words.At(node); n >= shortest && w.Kind&(words.Pass|words.PIN|words.OTP|words.CVV|words.Seed) != 0 {
			end, found = i+1, w
		}
		i += 2 // the letter and what parts it from the next
	}
	return end, found
}

// settleMeanings drops a meaning that the whole text rules out: a "pin code"
// beside places, where nothing speaks of cards, is a postal code.
func (s *Scan) settleMeanings() {
	const account = words.Card | words.Pass | words.Wallet | words.CVV | words.OTP
	if s.Kinds&words.PIN == 0 || s.Kinds&words.Place == 0 || s.Kinds&account != 0 {
		return
	}
	s.Kinds &^= words.PIN
	for i, m := range s.Marks {
		if m.Word.Kind&words.PIN == 0 {
			continue
		}
		if m.End-m.Start > len("pin") {
			s.Marks[i].Word.Kind &^= words.PIN
		} else {
			s.Kinds |= words.PIN
		}
	}
}

// loadLoose looks for phrases inside a run of letters without spaces.
func (s *Scan) loadLoose(i, end int) {
	for i < end {
		stop, w := s.words.Match(&s.View, i)
		if w.Kind&(words.OTP|words.Pass|words.CVV|words.Seed|words.Is|words.Card) != 0 && stop-i > 0 {
			s.addMark(i, stop, w)
			i = stop
			continue
		}
		i++
	}
}

// loadHan goes through a run of Chinese characters.
func (s *Scan) loadHan(i, markUntil int) (next, until int) {
	v := &s.View
	j := i
	for j < len(v.Char) && v.Class(j) == fold.Han {
		if j >= markUntil && v.Mark[j]&fold.Start != 0 {
			if end, w := s.words.Match(v, j); w.Kind != 0 {
				s.addMark(j, end, w)
				markUntil = end
			}
		}
		j++
	}
	s.Han += j - i
	switch n := j - i; n {
	case 1:
		s.Singles++
	case 12, 15, 18, 21, 24:
		s.Clauses = true
	}
	if j-i < 5 {
		s.Singles++
	}
	return j, markUntil
}

// rowGap is how many characters may stand between spelled digits in a row.
const rowGap = 3

func (s *Scan) addMark(start, end int, w words.Word) {
	if w.Kind&(words.Digit|words.Tens|words.Teen) != 0 {
		s.Digits++
		if n := len(s.Marks); n == 0 || start-s.Marks[n-1].End > rowGap {
			s.row = 0
		}
		s.row++
		s.Spelled = max(s.Spelled, s.row)
	} else if w.Kind&words.Repeat != 0 {
		s.Digits += int(w.Value) - 1 // those that it adds
	} else if w.Kind&words.Filler == 0 {
		s.row = 0
	}
	s.Marks = append(s.Marks, Mark{start, end, w})
	s.Kinds |= w.Kind
}

const (
	HashSeed  = 14695981039346656037 // FNV-1a, 64 bit
	HashPrime = 1099511628211
)

// HashRunes is the hash of a written word, as in Token.
func HashRunes(runes []rune) uint64 {
	hash := uint64(HashSeed)
	for _, r := range runes {
		hash = (hash ^ uint64(r)) * HashPrime
	}
	return hash
}

// Add records a secret; what it covers is then taken.
func (s *Scan) Add(start, end int, class secret.Class, last4 string) {
	s.Hits = append(s.Hits, Hit{start, end, class, last4})
	for i := start; i < end; i++ {
		s.View.Mark[i] |= fold.Hit
	}
}

// Taken tells whether a stronger finding covers part of a range.
func (s *Scan) Taken(start, end int) bool {
	for i := start; i < end; i++ {
		if s.View.Mark[i]&fold.Hit != 0 {
			return true
		}
	}
	return false
}

// Covered tells whether findings cover the whole of a range.
func (s *Scan) Covered(start, end int) bool {
	for i := start; i < end; i++ {
		if s.View.Mark[i]&fold.Hit == 0 {
			return false
		}
	}
	return true
}

// FirstToken is the index of the first token that starts at or after i.
func (s *Scan) FirstToken(i int) int {
	return sort.Search(len(s.Tokens), func(k int) bool { return s.Tokens[k].Start >= i })
}

// FirstMark is the index of the first mark that starts at or after i.
func (s *Scan) FirstMark(i int) int {
	low, high := 0, len(s.Marks)
	for low < high {
		mid := (low + high) / 2
		if s.Marks[mid].Start < i {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// addRemoved notes the place of a secret that was removed before: the rest of a
// number, or the security code of a card, may follow.
func (s *Scan) addRemoved(start, end int, class secret.Class) {
	const bare = 2 // signs around a class
	s.Markers++
	if class != secret.PAN && class != secret.ID {
		return
	}
	h := Hit{Start: start, End: end, Class: class}
	if end-start > bare+len(class) { // else the marker tells no last four
		h.Last4 = s.View.Cased(end-5, end-1)
	}
	s.Removed = append(s.Removed, h)
	if class == secret.PAN {
		s.Kinds |= words.Card
	}
}

// Around is how many characters stand before the first and behind the last mark
// of the wanted kinds.
func (s *Scan) Around(wanted words.Kind) (before, after int) {
	before, after = len(s.View.Char), len(s.View.Char)
	for _, m := range s.Marks {
		if m.Word.Kind&wanted != 0 {
			before, after = min(before, m.Start), len(s.View.Char)-m.End
		}
	}
	return before, after
}

// Only tells whether a range holds nothing but separators and phrases of the
// wanted kinds.
func (s *Scan) Only(start, end int, wanted words.Kind) bool {
	k := s.FirstMark(start)
	for i := start; i < end; {
		for k < len(s.Marks) && s.Marks[k].Start < i {
			k++
		}
		if k < len(s.Marks) && s.Marks[k].Start == i {
			if s.Marks[k].Word.Kind&wanted == 0 {
				return false
			}
			i = s.Marks[k].End
			continue
		}
		if c := s.View.Class(i); c != fold.Other && c != fold.Space {
			return false
		}
		i++
	}
	return true
}

// Any tells whether a mark of the wanted kinds lies inside a range.
func (s *Scan) Any(start, end int, wanted words.Kind) bool {
	if s.Kinds&wanted == 0 {
		return false
	}
	for k := s.FirstMark(start); k < len(s.Marks) && s.Marks[k].End <= end; k++ {
		if s.Marks[k].Word.Kind&wanted != 0 {
			return true
		}
	}
	return false
}
