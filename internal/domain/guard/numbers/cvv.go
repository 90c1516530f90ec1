package numbers

import (
	"sort"

	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/secret"
	"kefu/internal/domain/guard/words"
)

// detectCVV looks for card security codes: three or four digits near their
// name, or behind a card number.
func (s *search) detectCVV() {
	for _, c := range s.Clusters {
		if c.Digits < 3 || c.Digits > 4 {
			continue
		}
		l := s.LinkBefore(c.Start, words.CVV)
		if l == reading.LinkNone && s.LinkAfter(c.Start, c.End, words.CVV) {
			l = reading.LinkTight
		}
		if l == reading.LinkNone && s.Kinds&words.CVVWeak != 0 && s.Kinds&(words.CVV|words.Expiry|words.Card) != 0 && !s.counts(c.Start) {
			if weak := s.LinkBefore(c.Start, words.CVVWeak); weak >= reading.LinkConnected {
				l = weak
			}
		}
		if l == reading.LinkNone && s.Expected&reading.ExpectCVV != 0 && s.Bare() {
			l = reading.LinkConnected
		}
		if l != reading.LinkNone && !s.harmless(c, l) && !s.expiryNamed(c) {
			s.Add(c.Start, c.End, secret.CVV, "")
		}
	}
	for _, h := range s.Hits {
		if h.Class == secret.PAN {
			s.behindCard(h)
		}
	}
	for _, removed := range s.Removed {
		if removed.Class == secret.PAN {
			s.behindCard(removed)
		}
	}
}

// counts tells whether the last name before start counts something: "2 sec".
func (s *search) counts(start int) bool {
	k := s.FirstMark(start) - 1
	return k >= 0 && s.Marks[k].Word.Kind&words.Unit != 0 && s.Marks[k].Start > 1 && s.View.Class(s.Marks[k].Start-2) == fold.Digit
}

// expiryNamed tells whether four digits follow the word for an expiry date.
func (s *search) expiryNamed(c reading.Cluster) bool {
	k := s.FirstMark(c.Start) - 1
	return c.Digits == 4 && k >= 0 && s.Marks[k].Word.Kind&(words.Expiry|words.CVV) == words.Expiry && s.Only(s.Marks[k].End, c.Start, 0)
}

// behindCard looks for an expiry date and a security code behind a card number.
func (s *search) behindCard(card reading.Hit) {
	g := sort.Search(len(s.Groups), func(i int) bool { return s.Groups[i].Start >= card.End })
	from := card.End
	after := s.expiryAfter(g, from)
	if after > g {
		from = s.Groups[after-1].End
	}
	if after >= len(s.Groups) {
		return
	}
	end := after
	digits := 0
	for end < len(s.Groups) && digits < 3 && (end == after || s.Groups[end].Start-s.Groups[end-1].End <= 3) {
		digits += s.Groups[end].Last - s.Groups[end].First
		end++
	}
	c := reading.Cluster{Start: s.Groups[after].Start, End: s.Groups[end-1].End, First: after, Last: end, Digits: digits, Forms: s.Groups[after].Forms}
	if digits != 3 && (digits != 4 || after == g && !s.shortCard(card)) || c.Start-from > reading.Reach {
		return
	}
	if end-after != 1 && end-after != digits {
		return
	}
	allowed := reading.Linking | words.Expiry | words.CVV | words.Card | words.Code
	if !s.Only(from, c.Start, allowed) && (after == g || s.Any(from, c.Start, words.Claim|words.Near|words.Unit)) {
		return
	}
	if !s.money(c) && !s.counted(c) && !s.Tail(c.Start) && !s.Taken(c.Start, c.End) {
		s.Add(c.Start, c.End, secret.CVV, "")
	}
}

// shortCard tells whether a card has 15 digits, whose code has four.
func (s *search) shortCard(card reading.Hit) bool {
	from := sort.Search(len(s.Items), func(i int) bool { return s.Items[i].Start >= card.Start })
	to := sort.Search(len(s.Items), func(i int) bool { return s.Items[i].Start >= card.End })
	return to-from == 15
}

// expiryAfter skips the groups of an expiry date that follows a card number:
// 12/26, 12/2026, 1226, 12-26.
func (s *search) expiryAfter(g, from int) int {
	if g >= len(s.Groups) || s.Groups[g].Start-from > 30 {
		return g
	}
	number := func(g reading.Group) int {
		n := 0
		for _, it := range s.Items[g.First:min(g.Last, g.First+6)] {
			n = n*10 + int(it.Value)
		}
		return n
	}
	a := s.Groups[g]
	n := number(a)
	switch a.Last - a.First {
	case 1, 2:
		if n < 1 || n > 12 || g+1 >= len(s.Groups) || s.Groups[g+1].Start-a.End > 3 {
			return g
		}
		if b := s.Groups[g+1]; b.Last-b.First == 2 || b.Last-b.First == 4 && s.yearGroup(b) {
			return g + 2
		}
	case 4:
		if n/100 >= 1 && n/100 <= 12 && n%100 >= 20 && n%100 <= 45 {
			return g + 1
		}
	case 6:
		if n/10000 >= 1 && n/10000 <= 12 && n/100%100 == 20 {
			return g + 1
		}
	}
	return g
}
