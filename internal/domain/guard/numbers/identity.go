package numbers

import (
	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/secret"
	"kefu/internal/domain/guard/words"
)

// detectIdentity looks for identity numbers that are recognised by their form,
// and for any number that the text names as one.
func (s *search) detectIdentity() {
	for i, g := range s.Groups {
		s.residentID(i)
		if g.Last-g.First == 3 {
			s.socialSecurity(i)
		}
	}
	s.ibanNumbers(false)
	if s.Kinds&words.ID != 0 {
		s.namedIdentity()
	}
	if s.Expected&reading.ExpectID != 0 && s.Bare() {
		if start, end, ok := s.documentNumber(0); ok && !s.Taken(start, end) {
			s.Add(start, end, secret.ID, s.lastSolid(start, end))
		}
	}
}

// residentID finds the 18 characters of a Chinese resident identity number with
// the check character of GB 11643-1999, also with gaps and in any digits.
func (s *search) residentID(g int) {
	v := &s.View
	first := s.Groups[g].First
	last := first
	var digits [18]int8
	for last < len(s.Items) && last-first < 18 && (last == first || s.bridged(last, false)) {
		digits[last-first] = s.Items[last].Value
		last++
	}
	n := last - first
	end := 0
	switch {
	case n == 18 && s.boundary(last):
		end = s.Items[last-1].End
	case n == 17:
		end = s.Items[last-1].End
		for end < len(v.Char) && !v.Solid(end) && v.Char[end] != '×' && end-s.Items[last-1].End < 3 {
			end++
		}
		if end >= len(v.Char) || v.Char[end] != 'x' && v.Char[end] != '×' && v.Char[end] != 'х' {
			return
		}
		digits[17] = 10
		end++
	default:
		return
	}
	start := s.Items[first].Start
	if residentCheck(digits) && !s.Taken(start, end) {
		s.Add(start, end, secret.ID, v.Cased(max(start, end-4), end))
	}
}

func residentCheck(digits [18]int8) bool {
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += w * int(digits[i])
	}
	number := func(from, to int) int {
		n := 0
		for _, d := range digits[from:to] {
			n = n*10 + int(d)
		}
		return n
	}
	year, month, day := number(6, 10), number(10, 12), number(12, 14)
	return (12-sum%11)%11 == int(digits[17]) && digits[0] != 0 &&
		year >= 1900 && year <= 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31
}

// socialSecurity finds a US number in its written form 3-2-4 (SSA, POMS RM 10201.030).
func (s *search) socialSecurity(i int) {
	if i+2 >= len(s.Groups) {
		return
	}
	a, b, c := s.Groups[i], s.Groups[i+1], s.Groups[i+2]
	if b.Last-b.First != 2 || c.Last-c.First != 4 || b.Start-a.End != 1 || c.Start-b.End != 1 {
		return
	}
	v := &s.View
	sep := v.Char[a.End]
	if sep != v.Char[b.End] || !reading.Dash(sep) && sep != ' ' && sep != '.' && sep != '/' {
		return
	}
	if i > 0 && a.Start-s.Groups[i-1].End == 1 && v.Char[a.Start-1] == sep || i+3 < len(s.Groups) && s.Groups[i+3].Start-c.End == 1 && reading.Dash(sep) && v.Char[c.End] == sep {
		return
	}
	if !s.validSocial(a.First) || s.NamedBefore(a.Start, reading.LinkConnected) || s.international(a.Start) || s.Taken(a.Start, c.End) {
		return
	}
	if !reading.Dash(sep) && !s.Any(max(0, a.Start-60), min(len(v.Char), c.End+30), words.ID) {
		return
	}
	s.Add(a.Start, c.End, secret.ID, v.Cased(c.End-4, c.End))
}

func (s *search) validSocial(first int) bool {
	n := 0
	for _, it := range s.Items[first : first+9] {
		n = n*10 + int(it.Value)
	}
	area, middle, serial := n/1000000, n/10000%100, n%10000
	return area != 0 && area != 666 && area < 900 && middle != 0 && serial != 0
}

// namedIdentity masks the number or code that follows a word like passport.
func (s *search) namedIdentity() {
	for _, m := range s.Marks {
		if m.Word.Kind&words.ID == 0 {
			continue
		}
		if start, end, ok := s.documentNumber(m.End); ok && !s.Taken(start, end) {
			s.Add(start, end, secret.ID, s.lastSolid(start, end))
		} else if start, end, ok := s.documentBefore(m.Start); ok && !s.Taken(start, end) {
			s.Add(start, end, secret.ID, s.lastSolid(start, end))
		}
	}
}

// documentNumber finds at least six letters and digits, four of them digits,
// that begin behind at and are linked with it.
func (s *search) documentNumber(at int) (start, end int, ok bool) {
	v := &s.View
	for i := at; i < len(v.Char) && i-at <= reading.Reach; i++ {
		if !v.Solid(i) || i > at && v.Solid(i-1) && v.Class(i-1) != fold.Han {
			continue
		}
		k := s.FirstMark(i)
		numeral := k < len(s.Marks) && s.Marks[k].Start == i && s.Marks[k].Word.Kind&words.Digit != 0
		if v.Class(i) != fold.Digit && v.Class(i) != fold.Letter && !numeral {
			continue
		}
		stop, digits, letters := s.documentEnd(i)
		if digits < 5 || digits+letters < 6 || letters > max(6, digits+3) || digits+letters > 22 {
			continue
		}
		c := reading.Cluster{Start: i, End: stop}
		if s.Only(at, i, reading.Linking|words.ID|words.Card|words.Code) || s.LinkBetween(at, i, words.ID) >= reading.LinkConnected {
			return i, stop, !s.CountedAt(stop) && !s.Tail(c.Start) && !s.NamedBefore(i, reading.LinkConnected)
		}
		return 0, 0, false
	}
	return 0, 0, false
}

// documentEnd is where the code at i ends, gaps of one included.
func (s *search) documentEnd(i int) (end, digits, letters int) {
	v := &s.View
	end = i
	for j := i; j < len(v.Char); j++ {
		switch class := v.Class(j); {
		case class == fold.Digit:
			digits++
			end = j + 1
		case class == fold.Han && s.NumeralAt(j):
			digits++
			end = j + 1
		case class == fold.Letter && s.codeWord(j):
			letters++
			end = j + 1
		case j+1 < len(v.Char) && j > i && v.Solid(j-1) && (v.Char[j] == ' ' || v.Char[j] == '.' || v.Char[j] == '/' || reading.Dash(v.Char[j]) || v.Char[j] == '(') && (v.Class(j+1) == fold.Digit || v.Class(j+1) == fold.Letter && s.codeWord(j+1)):
		default:
			return end, digits, letters
		}
	}
	return end, digits, letters
}

// codeWord tells whether the letter at j belongs to a code: its run of letters
// is short and touches a digit, or is in capitals.
func (s *search) codeWord(j int) bool {
	v := &s.View
	from, to := j, j
	for from > 0 && v.Class(from-1) == fold.Letter {
		from--
	}
	for to < len(v.Char) && v.Class(to) == fold.Letter {
		to++
	}
	if to-from > 6 || v.Char[j] > 0x7F {
		return false
	}
	touches := from > 0 && v.Class(from-1) == fold.Digit || to < len(v.Char) && v.Class(to) == fold.Digit
	return touches && to-from <= 6 || to-from <= 2 && v.Upper(j)
}

// documentBefore finds "E12345678 is my passport number".
func (s *search) documentBefore(at int) (start, end int, ok bool) {
	v := &s.View
	end = at
	for k := s.FirstMark(at) - 1; k >= 0; k-- {
		p := s.Marks[k]
		if p.End > end || end-p.End > 2 || p.Word.Kind&reading.Linking == 0 || v.Class(p.Start) == fold.Digit {
			break
		}
		end = p.Start
	}
	linked := end < at
	for end > 0 && !v.Solid(end-1) && at-end < reading.Reach {
		end--
	}
	start = end
	for start > 0 && end-start < 24 && v.Class(start-1) != fold.Han && (v.Solid(start-1) || start > 1 && (reading.Dash(v.Char[start-1])) && v.Solid(start-2)) {
		start--
	}
	if start == end {
		return 0, 0, false
	}
	stop, digits, letters := s.documentEnd(start)
	return start, end, linked && stop == end && digits >= 5 && digits+letters >= 6 && letters <= 6 && !s.NamedBefore(start, reading.LinkConnected)
}

// lastSolid is the last four letters and digits of a range.
func (s *search) lastSolid(start, end int) string {
	v := &s.View
	from, n := end, 0
	for from > start && n < 4 {
		from--
		if c := v.Class(from); c == fold.Digit || c == fold.Letter {
			n++
		}
	}
	var out []byte
	for i := from; i < end; i++ {
		if c := v.Class(i); (c == fold.Digit || c == fold.Letter) && v.Char[i] < 0x80 {
			out = append(out, v.Cased(i, i+1)...)
		}
	}
	return string(out)
}
