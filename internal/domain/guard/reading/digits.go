package reading

import (
	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/words"
)

// form is how a digit is written; bits, so that a number can mix them.
type form uint8

const (
	FormDigit   form = 1 << iota
	FormSpelled      // a word or a Chinese numeral
	FormLetter       // a letter that looks like a digit
)

// Item is one digit of the text, however it is written.
type Item struct {
	Value      int8
	Form       form
	Start, End int
}

// Group is a run of digits written without a gap.
type Group struct {
	Start, End  int // folded positions
	First, Last int // items, half open
	Forms       form
}

// Cluster is a number as a person writes it: groups with small gaps.
type Cluster struct {
	Start, End  int
	First, Last int // groups, half open
	Digits      int
	Forms       form
}

// BuildGroups collects every digit in reading order.
func (s *Scan) BuildGroups() {
	t := 0
	for k := 0; k <= len(s.Marks); k++ {
		until := len(s.View.Char)
		if k < len(s.Marks) {
			until = s.Marks[k].Start
		}
		for t < len(s.Tokens) && s.Tokens[t].Start < until {
			s.addToken(s.Tokens[t])
			t++
		}
		if k == len(s.Marks) {
			return
		}
		s.addSpelled(k)
		for t < len(s.Tokens) && s.Tokens[t].Start < s.Marks[k].End && !s.besideDigit(s.Marks[k]) {
			t++
		}
	}
}

// besideDigit tells a word without digits that touches a digit: its letters may
// stand for digits.
func (s *Scan) besideDigit(m Mark) bool {
	v := &s.View
	if m.Word.Kind&(words.Digit|words.Teen|words.Tens) != 0 || m.End-m.Start > 4 || v.Class(m.Start) != fold.Letter {
		return false
	}
	return m.Start > 0 && v.Class(m.Start-1) == fold.Digit || m.End < len(v.Char) && v.Class(m.End) == fold.Digit
}

// addToken adds the digits of a token; look-alike letters beside digits count.
func (s *Scan) addToken(t Token) {
	v := &s.View
	switch t.Class {
	case fold.Digit:
		for i := t.Start; i < t.End; i++ {
			s.push(Item{int8(v.Char[i] - '0'), FormDigit, i, i + 1})
		}
	case fold.Letter:
		if t.End-t.Start > 6 || !s.lookAlike(t) {
			return
		}
		for i := t.Start; i < t.End; i++ {
			value, _ := digitLetter(v.Char[i])
			s.push(Item{value, FormLetter, i, i + 1})
		}
	}
}

// lookAlike tells whether all letters of a word may stand for digits, and
// whether it touches a digit or is as long as a group of a card number.
func (s *Scan) lookAlike(t Token) bool {
	v := &s.View
	for i := t.Start; i < t.End; i++ {
		if _, ok := digitLetter(v.Char[i]); !ok {
			return false
		}
	}
	if t.Start > 0 && v.Class(t.Start-1) == fold.Digit || t.End < len(v.Char) && v.Class(t.End) == fold.Digit {
		return true
	}
	switch t.End - t.Start {
	case 1:
		n := len(s.Groups) - 1
		return v.Char[t.Start] != 'i' && n >= 0 && s.Groups[n].Last-s.Groups[n].First == 1 && t.Start-s.Groups[n].End <= 2
	case 4:
		for i := t.Start; i < t.End; i++ {
			if value, _ := digitLetter(v.Char[i]); value > 1 {
				return false
			}
		}
		return true
	}
	return false
}

// digitLetter is the digit a Latin letter is mistaken for.
func digitLetter(r rune) (int8, bool) {
	switch r {
	case 'o', 'о', 'ο':
		return 0, true
	case 'l', 'i', 'і', 'ӏ':
		return 1, true
	case 'z':
		return 2, true
	case 'з':
		return 3, true
	case 'ч':
		return 4, true
	case 'б':
		return 6, true
	case 's', 'ѕ':
		return 5, true
	case 'b':
		return 8, true
	case 'g':
		return 9, true
	}
	return 0, false
}

// addSpelled adds the digits of a mark, or notes that the next one repeats.
func (s *Scan) addSpelled(k int) {
	m := s.Marks[k]
	switch w := m.Word; {
	case w.Kind&words.Repeat != 0:
		s.repeat = m
	case w.Kind&words.Digit != 0:
		s.push(Item{w.Value, FormSpelled, m.Start, m.End})
	case w.Kind&words.Teen != 0:
		s.push(Item{w.Value / 10, FormSpelled, m.Start, m.End})
		s.push(Item{w.Value % 10, FormSpelled, m.Start, m.End})
	case w.Kind&words.Tens != 0:
		s.push(Item{w.Value, FormSpelled, m.Start, m.End})
		if k+1 == len(s.Marks) || s.Marks[k+1].Word.Kind&words.Digit == 0 || s.Marks[k+1].Word.Value == 0 ||
			s.Marks[k+1].Start > m.End+1 {
			s.push(Item{0, FormSpelled, m.Start, m.End})
		}
	}
}

// push appends a digit, as often as a word before it says.
func (s *Scan) push(it Item) {
	times := int8(1)
	if r := s.repeat; r.Word.Value > 1 && it.Start >= r.End && it.Start-r.End <= 2 {
		it.Start, times = r.Start, r.Word.Value
	}
	s.repeat = Mark{}
	for range times {
		s.pushOne(it)
	}
}

// pushOne appends one digit, to the last group when it touches it.
func (s *Scan) pushOne(it Item) {
	s.Items = append(s.Items, it)
	n := len(s.Groups) - 1
	if n >= 0 && (s.Groups[n].End == it.Start || s.Groups[n].End == it.End) {
		g := &s.Groups[n]
		g.End, g.Last = it.End, len(s.Items)
		g.Forms |= it.Form
		return
	}
	s.Groups = append(s.Groups, Group{it.Start, it.End, len(s.Items) - 1, len(s.Items), it.Form})
}

// addGlued marks digits spelled without spaces, "fouroneone".
func (s *Scan) addGlued(start, end int) {
	count, at := 0, start
	for at < end {
		stop := s.digitPrefix(at, end)
		if stop == 0 {
			return
		}
		at = stop
		count++
	}
	if count < 2 {
		return
	}
	for at = start; at < end; {
		stop := s.digitPrefix(at, end)
		_, w := s.prefixWord(at, stop)
		s.addMark(at, stop, w)
		at = stop
	}
}

// digitPrefix is the end of the English digit word at i, or 0.
func (s *Scan) digitPrefix(i, end int) int {
	for j := i + 3; j <= min(i+5, end); j++ {
		if node, w := s.prefixWord(i, j); node > 0 && w.Kind&words.Digit != 0 && w.Value >= 0 {
			return j
		}
	}
	return 0
}

// prefixWord looks up exactly the characters of a range.
func (s *Scan) prefixWord(i, j int) (int32, words.Word) {
	at := int32(0)
	for ; i < j; i++ {
		if at = s.words.Follow(at, s.View.Char[i]); at == 0 {
			return 0, words.Word{}
		}
	}
	return at, s.words.At(at)
}

// BuildClusters joins groups into numbers.
func (s *Scan) BuildClusters() {
	for i := 0; i < len(s.Groups); {
		c := Cluster{Start: s.Groups[i].Start, First: i}
		j := i
		for {
			g := s.Groups[j]
			c.Digits += g.Last - g.First
			c.Forms |= g.Forms
			c.End = g.End
			j++
			if j == len(s.Groups) || !s.joined(s.Groups[j-1], s.Groups[j]) {
				break
			}
		}
		c.Last = j
		s.Clusters = append(s.Clusters, c)
		i = j
	}
}

// joined tells whether two groups read as one number.
func (s *Scan) joined(a, b Group) bool {
	gap := b.Start - a.End
	single := s.oneWord(a) && s.oneWord(b)
	if b.Forms == FormSpelled && s.CountedAt(b.End) {
		return false
	}
	if single && a.Forms == FormSpelled && b.Forms == FormSpelled && gap <= 10 && s.Only(a.End, b.Start, words.Filler|words.Repeat) {
		return true
	}
	if gap > 3 {
		return false
	}
	for i := a.End; i < b.Start; i++ {
		if v := &s.View; v.Solid(i) || v.Class(i) == fold.Opaque {
			return false
		}
	}
	if single {
		return true
	}
	if a.Forms&FormSpelled != b.Forms&FormSpelled {
		return false
	}
	if gap == 1 {
		return numberGap(s.View.Char[a.End])
	}
	return gap == 3 && s.View.Char[a.End] == ' ' && Dash(s.View.Char[a.End+1]) && s.View.Char[a.End+2] == ' '
}

// oneWord tells whether a group is one figure or one word, "double nine" included.
func (s *Scan) oneWord(g Group) bool {
	return g.Last-g.First == 1 || g.Forms == FormSpelled && s.Items[g.First].Start == s.Items[g.Last-1].Start
}

func numberGap(r rune) bool {
	switch r {
	case ' ', '.', '_', '·', '~', '+', '*', '|', '•':
		return true
	}
	return Dash(r)
}

// Dash tells hyphens, dashes and the minus sign.
func Dash(r rune) bool {
	return r == '-' || r >= 0x2010 && r <= 0x2015 || r == 0x2212 || r == '—' || r == '﹣'
}

// NumeralAt tells whether a spelled digit begins at i.
func (s *Scan) NumeralAt(i int) bool {
	k := s.FirstMark(i)
	return k < len(s.Marks) && s.Marks[k].Start == i && s.Marks[k].Word.Kind&words.Digit != 0
}
