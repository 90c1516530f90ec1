package numbers

import (
	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/words"
)

// harmless tells whether a number is plainly something else: an amount, a date,
// a time, a count, the end of a card number, an order. Even a tight link does
// not make a secret of it, except of a year.
func (s *search) harmless(c reading.Cluster, l reading.Link) bool {
	switch {
	case s.Taken(c.Start, c.End), s.money(c), s.counted(c), s.dateOrTime(c):
		return true
	case s.Tail(c.Start), s.NamedBefore(c.Start, l), s.international(c.Start):
		return true
	case c.Forms&reading.FormLetter != 0 && l < reading.LinkTight:
		return true
	case c.Forms&reading.FormSpelled != 0 && l < reading.LinkConnected && c.Digits < 6:
		return true
	case s.gluedBefore(c.Start) && l < reading.LinkTight:
		return true
	}
	return l < reading.LinkConnected && s.year(c)
}

// money tells whether a currency sign touches the number or it has decimals.
func (s *search) money(c reading.Cluster) bool {
	v := &s.View
	for i := c.Start - 1; i >= 0 && i >= c.Start-2; i-- {
		switch v.Char[i] {
		case '$', '€', '£', '¥', '₹', '₽', '₩', '₺', '¢', '฿', '₫':
			return true
		}
	}
	for i := c.End; i < len(v.Char) && i < c.End+2; i++ {
		switch v.Char[i] {
		case '%', '$', '€', '£', '¥', '₹', '‰', '℃', '°':
			return true
		}
	}
	if c.End+1 < len(v.Char) && v.Mark[c.End]&fold.Wide == 0 && (v.Char[c.End] == ',' || v.Char[c.End] == '.') && v.Class(c.End+1) == fold.Digit {
		return c.Forms&reading.FormSpelled == 0
	}
	if c.Start > 1 && v.Char[c.Start-1] == ',' && v.Mark[c.Start-1]&fold.Wide == 0 && v.Class(c.Start-2) == fold.Digit && c.Digits == 3 {
		return true
	}
	last := s.Groups[c.Last-1]
	return c.Last-c.First == 2 && last.Last-last.First <= 2 && v.Char[last.Start-1] == '.' && c.Digits <= 6 && s.Groups[c.First].Last-s.Groups[c.First].First > 2
}

// counted tells whether a unit follows the number.
func (s *search) counted(c reading.Cluster) bool {
	k := s.FirstMark(c.End)
	if k == len(s.Marks) || s.Marks[k].Word.Kind&words.Unit == 0 || s.Marks[k].Start-c.End > 2 {
		return false
	}
	return s.Only(c.End, s.Marks[k].Start, 0) && !s.LineEnds(c.End, s.Marks[k].Start) && s.gapIsSpace(c.End, s.Marks[k].Start)
}

func (s *search) gapIsSpace(start, end int) bool {
	for i := start; i < end; i++ {
		if c := s.View.Char[i]; c != ' ' && c != '-' {
			return false
		}
	}
	return true
}

// dateOrTime tells whether the number is part of a date or a time of day.
func (s *search) dateOrTime(c reading.Cluster) bool {
	v := &s.View
	if c.Start > 1 && (v.Char[c.Start-1] == ':' || v.Char[c.Start-1] == '/') && v.Class(c.Start-2) == fold.Digit && !s.nameEnds(c.Start-1) {
		return true
	}
	if c.End+1 < len(v.Char) && (v.Char[c.End] == ':' || v.Char[c.End] == '/') && v.Class(c.End+1) == fold.Digit {
		return true
	}
	if c.Last-c.First == 3 && c.Digits >= 6 && c.Digits <= 8 && c.Forms == reading.FormDigit {
		a, b := s.Groups[c.First], s.Groups[c.First+2]
		return s.yearGroup(a) || s.yearGroup(b)
	}
	return c.Last-c.First == 2 && c.Forms == reading.FormDigit && c.Digits == 6 && s.yearGroup(s.Groups[c.First]) && reading.Dash(v.Char[s.Groups[c.First].End])
}

// nameEnds tells whether a name of a secret, such as "CVV2", ends at i.
func (s *search) nameEnds(i int) bool {
	k := s.FirstMark(i) - 1
	return k >= 0 && s.Marks[k].End == i && s.Marks[k].Word.Kind&(words.CVV|words.OTP|words.Pass|words.PIN) != 0
}

func (s *search) yearGroup(g reading.Group) bool {
	if g.Last-g.First != 4 {
		return false
	}
	return s.Items[g.First].Value == 2 && s.Items[g.First+1].Value == 0 ||
		s.Items[g.First].Value == 1 && s.Items[g.First+1].Value == 9
}

// year tells whether the whole number reads as a year.
func (s *search) year(c reading.Cluster) bool {
	return c.Last-c.First == 1 && s.yearGroup(s.Groups[c.First])
}

// gluedBefore tells whether Latin letters touch the number from the left.
func (s *search) gluedBefore(start int) bool {
	v := &s.View
	return start > 0 && (v.Class(start-1) == fold.Letter ||
		start > 1 && (v.Char[start-1] == '-' || v.Char[start-1] == '_') && v.Class(start-2) == fold.Letter && l2digit(v, start))
}

func l2digit(v *fold.View, start int) bool { return v.Char[start-1] == '_' }
