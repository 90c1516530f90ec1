package reading

import (
	"sort"

	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/words"
)

// Link says how closely the text ties a number to the word that names it.
type Link uint8

const (
	LinkNone      Link = iota
	LinkLoose          // within reach
	LinkConnected      // "the code for the login is" ends in a connector
	LinkTight          // nothing but connecting words in between
)

const (
	Reach      = 40 // code points between a name and its number
	ReachAfter = 24 // the same for a name that follows
	Linking    = words.Is | words.Link | words.Filler | words.Adverb
)

// LinkBefore finds the nearest name of the wanted kinds before start.
func (s *Scan) LinkBefore(start int, wanted words.Kind) Link {
	if s.Kinds&wanted == 0 {
		return LinkNone
	}
	for k := s.FirstMark(start) - 1; k >= 0; k-- {
		m := s.Marks[k]
		if start-m.End > Reach {
			return LinkNone
		}
		if m.End > start || m.Word.Kind&wanted == 0 {
			continue
		}
		return s.LinkBetween(m.End, start, wanted)
	}
	return LinkNone
}

// LinkBetween is the link of a name of the wanted kinds that ends at from with
// the number that starts at start.
func (s *Scan) LinkBetween(from, start int, wanted words.Kind) Link {
	if s.Only(from, start, Linking|wanted|words.Card|words.Expiry|words.Code) {
		if s.newLine(from, start) {
			return LinkNone
		}
		return LinkTight
	}
	if s.claimed(from, start) && !s.Any(from, start, words.Card) {
		return LinkNone
	}
	if s.ConnectorEnds(start) {
		return LinkConnected
	}
	if s.SentenceEnds(from, start) || s.numberWithin(from, start) {
		return LinkNone
	}
	return LinkLoose
}

// claimed tells whether a range names the number as something harmless. A name
// behind a preposition, "on my phone is", does not.
func (s *Scan) claimed(from, start int) bool {
	if !s.Any(from, start, words.Claim) {
		return false
	}
	for k := s.FirstMark(from); k < len(s.Marks) && s.Marks[k].End <= start; k++ {
		if s.Marks[k].Word.Kind&words.Claim != 0 && !s.prepositional(k, start) {
			return true
		}
	}
	return false
}

// prepositional tells whether mark k stands behind a preposition and before "is".
func (s *Scan) prepositional(k, start int) bool {
	if k+1 >= len(s.Marks) || s.Marks[k+1].Word.Kind&words.Is == 0 || s.Marks[k+1].End > start {
		return false
	}
	for p := k - 1; p >= 0 && s.Only(s.Marks[p].End, s.Marks[p+1].Start, 0); p-- {
		if s.Marks[p].Word.Kind&(words.Near|words.Link) == words.Near {
			return true
		}
		if s.Marks[p].Word.Kind&words.Link == 0 {
			return false
		}
	}
	return false
}

// ConnectorEnds tells whether a connector stands directly before start.
func (s *Scan) ConnectorEnds(start int) bool {
	v, i := &s.View, start
	for i > 0 && (v.Class(i-1) == fold.Space || v.Class(i-1) == fold.Other && !ConnectorSign(v.Char[i-1])) {
		i--
	}
	if i == 0 || start-i > 4 {
		return false
	}
	if ConnectorSign(v.Char[i-1]) {
		return true
	}
	k := s.FirstMark(i) - 1
	if k > 0 && s.Marks[k].End == i && s.Marks[k].Word.Kind&words.Adverb != 0 {
		i, k = s.Marks[k].Start, k-1
	}
	return k >= 0 && i-s.Marks[k].End <= 1 && s.Marks[k].Word.Kind&words.Is != 0
}

// ConnectorSign tells signs between a name and its value.
func ConnectorSign(r rune) bool { return r == ':' || r == '=' || r == '→' || r == '>' }

// numberWithin tells whether another number of three or more digits stands in a range.
func (s *Scan) numberWithin(start, end int) bool {
	from := sort.Search(len(s.Clusters), func(i int) bool { return s.Clusters[i].Start >= start })
	for _, c := range s.Clusters[from:] {
		if c.Start >= end {
			return false
		}
		if c.Digits >= 3 {
			return true
		}
	}
	return false
}

// LinkAfter tells whether a name of the wanted kinds follows a number closely; on
// the next line only if the number has a line of its own.
func (s *Scan) LinkAfter(start, end int, wanted words.Kind) bool {
	for k := s.FirstMark(end); k < len(s.Marks) && s.Marks[k].Start-end <= ReachAfter; k++ {
		if s.Marks[k].Word.Kind&wanted == 0 {
			continue
		}
		at := s.Marks[k].Start
		said := s.Only(end, at, Linking|words.Card|words.Code) ||
			s.Only(end, at, words.Link|words.Near|words.Plain|words.Card|words.Code) && !s.Any(end, at, words.Filler) || s.saysIs(end) && !s.Any(end, at, words.Claim|words.Near|words.Unit)
		return said && !s.SentenceEnds(end, s.Marks[k].Start) && (s.Alone(start, end) || !s.LineEnds(end, s.Marks[k].Start))
	}
	return false
}

// newLine tells whether a number stands on another line than its name, together
// with more, and no connecting word or sign leads over to it.
func (s *Scan) newLine(from, start int) bool {
	if !s.LineEnds(from, start) || s.Any(from, start, words.Is) || s.ConnectorEnds(start) {
		return false
	}
	k := sort.Search(len(s.Clusters), func(k int) bool { return s.Clusters[k].Start >= start })
	return k < len(s.Clusters) && s.Clusters[k].Start == start && !s.Alone(start, s.Clusters[k].End)
}

// Alone tells whether a range is a line of its own.
func (s *Scan) Alone(start, end int) bool {
	v := &s.View
	return (start == 0 || v.Char[start-1] == '\n') && (end == len(v.Char) || v.Char[end] == '\n')
}

// saysIs tells whether a connector follows the number directly.
func (s *Scan) saysIs(end int) bool {
	k := s.FirstMark(end)
	return k < len(s.Marks) && s.Marks[k].Start-end <= 1 && s.Marks[k].Word.Kind&words.Is != 0
}

// LineEnds tells whether a line ends inside a range.
func (s *Scan) LineEnds(start, end int) bool {
	for i := start; i < end; i++ {
		if s.View.Char[i] == '\n' {
			return true
		}
	}
	return false
}

// Tail tells whether the digits are named as the end of a number.
func (s *Scan) Tail(start int) bool {
	if s.Kinds&words.Tail == 0 {
		return false
	}
	for k := s.FirstMark(start) - 1; k >= 0 && start-s.Marks[k].End <= 16; k-- {
		if s.Marks[k].Word.Kind&words.Tail != 0 && s.Marks[k].End <= start {
			return s.Only(s.Marks[k].End, start, Linking|words.Near|words.Card)
		}
	}
	return false
}

// theCode tells whether mark k is the code of "the code" or "my code", a name of
// its own.
func (s *Scan) theCode(k int) bool {
	return s.Marks[k].Word.Kind&words.Code != 0 && k > 0 && s.Marks[k].Start-s.Marks[k-1].End == 1 &&
		s.Marks[k-1].Word.Kind&(words.Link|words.Claim) == words.Link
}

// NamedBefore tells whether the number is named as something harmless.
func (s *Scan) NamedBefore(start int, l Link) bool {
	v := &s.View
	for k := s.FirstMark(start) - 1; k >= 0 && start-s.Marks[k].End <= 24; k-- {
		m := s.Marks[k]
		if m.End > start {
			continue
		}
		near := m.Word.Kind&words.Near != 0 && start-m.End <= 1 && l < LinkConnected
		if m.Word.Kind&words.Claim == 0 && !near {
			if m.Word.Kind&Linking == 0 || s.theCode(k) {
				return false
			}
			continue
		}
		return near || !s.prepositional(k, start) && m.Word.Kind&(words.OTP|words.CVV|words.Code|words.Card|words.Pass|words.PIN) == 0 && s.Only(m.End, start, Linking)
	}
	return start > 0 && v.Char[start-1] == '#' && l < LinkTight
}

// Bare tells whether the text is little more than an answer: few other words,
// and none that gives its number another meaning.
func (s *Scan) Bare() bool {
	if s.bare == 0 {
		s.bare = -1
		if s.fewWords() {
			s.bare = 1
		}
	}
	return s.bare > 0
}

func (s *Scan) fewWords() bool {
	const meaning = words.Claim | words.Unit
	const silent = Linking | words.Digit | words.Repeat | words.Tens | words.Teen
	others, han := 0, s.Han
	for _, m := range s.Marks {
		if m.Word.Kind&meaning != 0 && m.Word.Kind&silent == 0 {
			return false
		}
		if s.View.Class(m.Start) == fold.Han && m.Word.Kind&silent != 0 {
			han -= m.End - m.Start
		}
	}
	for _, t := range s.Tokens {
		if t.Class == fold.Digit {
			continue
		}
		if k := s.FirstMark(t.Start); k < len(s.Marks) && s.Marks[k].Start == t.Start && s.Marks[k].Word.Kind&silent != 0 {
			continue
		}
		others++
	}
	return others+han/2 <= 3
}

// Announces tells whether the text ends in a name of the wanted kinds, so that
// its value must follow: "my code is", "cvv".
func (s *Scan) Announces(wanted words.Kind) bool {
	n := len(s.View.Char)
	for k := len(s.Marks) - 1; k >= 0; k-- {
		m := s.Marks[k]
		if m.Word.Kind&wanted == 0 {
			continue
		}
		if !s.Only(m.End, n, Linking) || s.Any(0, m.Start, words.Ask) {
			return false
		}
		return s.Any(m.End, n, words.Is) || s.ConnectorEnds(n) || len(s.Tokens)+s.Han/2 <= 3
	}
	return false
}

// CountedAt tells whether a unit follows a number that ends at end.
func (s *Scan) CountedAt(end int) bool {
	k := s.FirstMark(end)
	return k < len(s.Marks) && s.Marks[k].Word.Kind&words.Unit != 0 && (s.Marks[k].Start == end || s.Marks[k].Start == end+1 && !s.View.Solid(end))
}

// SentenceEnds tells whether a sentence ends inside a range.
func (s *Scan) SentenceEnds(start, end int) bool {
	v := &s.View
	for i := start; i < end; i++ {
		switch v.Char[i] {
		case '。', '!', '?', ';':
			return true
		case '.':
			if i+1 < len(v.Char) && v.Class(i+1) == fold.Space && i > start {
				return true
			}
		}
	}
	return false
}
