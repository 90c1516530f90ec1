package numbers

import (
	"strings"

	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/secret"
	"kefu/internal/domain/guard/words"
)

// iinRange is a range of issuer identification numbers with the lengths their
// cards have, as the schemes publish them. A loose range is shared with so many
// other numbers that the text around must speak of a card.
type iinRange struct {
	low, high int // first six digits
	lengths   uint32
	loose     bool
}

func lengths(ns ...int) uint32 {
	var set uint32
	for _, n := range ns {
		set |= 1 << n
	}
	return set
}

func iinRanges() []iinRange {
	long := lengths(16, 17, 18, 19)
	return []iinRange{
		{400000, 499999, lengths(13, 16, 18, 19), false},         // Visa
		{510000, 559999, lengths(16), false},                     // Mastercard
		{222100, 272099, lengths(16), false},                     // Mastercard, 2-series
		{340000, 349999, lengths(15), false},                     // American Express
		{370000, 379999, lengths(15), false},                     // American Express
		{300000, 305999, lengths(14, 16, 19), false},             // Diners Club
		{309500, 309599, lengths(14, 16, 19), false},             // Diners Club
		{360000, 369999, lengths(14, 15, 16, 17, 18, 19), false}, // Diners Club
		{380000, 399999, lengths(14, 16, 19), false},             // Diners Club
		{352800, 358999, long, false},                            // JCB
		{601100, 601199, long, false},                            // Discover
		{644000, 659999, long, false},                            // Discover
		{620000, 629999, long, false},                            // UnionPay
		{810000, 817199, long, false},                            // UnionPay
		{220000, 220499, long, false},                            // Mir
		{500000, 509999, long, false},                            // Maestro, Elo, Verve
		{560000, 589999, long, false},                            // Maestro
		{600000, 699999, long, false},                            // Maestro, RuPay, Hipercard, local debit
		{820000, 829999, lengths(16), false},                     // RuPay
		{860000, 860099, lengths(16), false},                     // Uzcard
		{986000, 986099, lengths(16), false},                     // Humo
		{979200, 979299, lengths(16), false},                     // Troy
		{955800, 955999, lengths(19), false},                     // Chinese debit cards before UnionPay
		{900000, 989999, long, true},                             // local debit cards
		{500000, 509999, lengths(12, 13, 14, 15), true},          // Maestro
		{560000, 699999, lengths(12, 13, 14, 15), true},          // Maestro
		{100000, 199999, lengths(15, 16), true},                  // UATP
	}
}

// issued tells whether digits of that length are of a known card range, and
// whether that range needs the word card near it.
func (f *Finder) issued(digits []int8) (known, loose bool) {
	iin := 0
	for _, x := range digits[:6] {
		iin = iin*10 + int(x)
	}
	for _, r := range f.iins {
		if iin >= r.low && iin <= r.high && r.lengths>>len(digits)&1 == 1 {
			return true, r.loose
		}
	}
	return false, false
}

// luhn is the check of ISO/IEC 7812-1, annex B.
func luhn(digits []int8) bool {
	sum := 0
	for i, x := range digits {
		n := int(x)
		if (len(digits)-i)%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}

const (
	panShortest = 12
	panLongest  = 19
	panGap      = 5  // characters between digits of one card number
	panFarGap   = 32 // the same where the text speaks of a card
)

// detectCards looks for card numbers in runs of digits: first with small gaps,
// then, where the text speaks of a card, with words between the groups.
func (s *search) detectCards() {
	if len(s.Items) < panShortest {
		return
	}
	s.far = false
	s.eachRun(s.cardsInRun)
	if s.Kinds&words.Card != 0 {
		s.far = true
		s.eachRun(s.cardsInRun)
	}
}

// eachRun calls visit for every run of items whose gaps can be bridged.
func (s *search) eachRun(visit func(first, last int)) {
	first := 0
	for i := 1; i <= len(s.Items); i++ {
		if i < len(s.Items) && s.bridged(i, s.far) {
			continue
		}
		if i-first >= panShortest {
			visit(first, i)
		}
		first = i
	}
}

// bridged tells whether items i-1 and i may belong to one card number.
func (s *search) bridged(i int, far bool) bool {
	from, to := s.Items[i-1].End, s.Items[i].Start
	if to <= from {
		return true
	}
	limit := panGap
	if far {
		limit = panFarGap
	} else if s.Kinds&(words.Filler|words.Repeat|words.Tail) != 0 {
		limit = panGap + 14
	}
	if to-from > limit {
		return false
	}
	others := 0
	for j := from; j < to; j++ {
		if s.View.Class(j) == fold.Opaque {
			return false
		}
		if !s.View.Solid(j) {
			others++
		}
	}
	if far {
		return !s.Any(from, to, words.Claim|words.Unit|words.Expiry|words.CVV)
	}
	return others <= panGap && (others == to-from || s.Only(from, to, words.Filler|words.Repeat|words.Tail))
}

// cardsInRun tries every stretch of 12 to 19 digits that begins and ends where
// the writing does, the longest first.
func (s *search) cardsInRun(first, last int) {
	var digits [panLongest]int8
	for i := first; i+panShortest <= last; i++ {
		if !s.boundary(i) {
			continue
		}
		n := 0
		for ; n < panLongest && i+n < last; n++ {
			digits[n] = s.Items[i+n].Value
		}
		for ; n >= panShortest; n-- {
			if (i+n == len(s.Items) || s.boundary(i+n)) && s.card(i, i+n, digits[:n]) {
				i += n - 1
				break
			}
		}
	}
}

// boundary tells whether a number can begin at item i: after a gap, or where
// digits turn into words or letters.
func (s *search) boundary(i int) bool {
	if i == 0 || i == len(s.Items) {
		return true
	}
	a, b := s.Items[i-1], s.Items[i]
	return a.End < b.Start || a.Form != b.Form || a.Form == reading.FormSpelled && a.End == b.Start
}

// card decides on one stretch and records it.
func (s *search) card(first, last int, digits []int8) bool {
	if !luhn(digits) {
		return false
	}
	known, loose := s.lists.issued(digits)
	if !known || uniform(digits) {
		return false
	}
	start, end := s.Items[first].Start, s.Items[last-1].End
	if s.Taken(start, end) || s.far && !s.inFours(first, last) {
		return false
	}
	spoken := s.Any(max(0, start-60), min(len(s.View.Char), end+40), words.Card|words.CVV)
	if loose && !spoken {
		return false
	}
	if s.namedOtherwise(start, end, len(digits)) && !s.asPrinted(first, last) || s.partOfCode(start, end) || s.inAddress(start) {
		return false
	}
	if !spoken && (s.international(start) || s.longNumber(first, last)) {
		return false
	}
	if s.Expected&reading.Joined != 0 && !s.acrossLines(first, last) {
		return false
	}
	s.Add(start, end, secret.PAN, lastDigits(digits))
	return true
}

// acrossLines tells whether a stretch on several lines reads as one number. Dates,
// versions and amounts in a row do not, nor do phones, ends of numbers, or what
// is counted.
func (s *search) acrossLines(first, last int) bool {
	v, lines, broken := &s.View, false, false
	for i := max(first, 1); i <= last && i < len(s.Items); i++ {
		from, to := s.Items[i-1].End, s.Items[i].Start
		inside := i > first && i < last
		switch {
		case s.LineEnds(from, to):
			lines = lines || inside
			if inside && (v.Char[to-1] == '+' || s.Any(from, to, words.Tail)) {
				return false
			}
		case to-from == 1 && strings.ContainsRune(".,/", v.Char[from]):
			broken = true
		}
	}
	start, end := s.Items[first].Start, s.Items[last-1].End
	return !lines || (!broken || s.inFours(first, last)) && !s.CountedAt(end) && !s.international(start)
}

// inFours tells whether all parts written without a gap have four digits or a
// multiple, as on the card. Only such parts are joined across words.
func (s *search) inFours(first, last int) bool {
	length := 0
	for i := first; i < last; i++ {
		if i > first && s.boundary(i) {
			if length%4 != 0 {
				return false
			}
			length = 0
		}
		length++
	}
	return length%4 == 0
}

// asPrinted tells sixteen digits in four groups, as they stand on a card. Whatever
// such a number is called, it was read from one.
func (s *search) asPrinted(first, last int) bool {
	if last-first != 16 || !s.inFours(first, last) {
		return false
	}
	for i := first + 4; i < last; i += 4 {
		if !s.boundary(i) {
			return false
		}
	}
	return true
}

// uniform tells numbers like 0000 0000 0000 0000, which fill forms.
func uniform(digits []int8) bool {
	for _, x := range digits {
		if x != digits[0] {
			return false
		}
	}
	return true
}

func lastDigits(digits []int8) string {
	out := make([]byte, 0, 4)
	for _, x := range digits[max(0, len(digits)-4):] {
		out = append(out, byte('0'+x))
	}
	return string(out)
}

// namedOtherwise tells whether the text calls the number an order, a phone, a
// tracking number … and not a card.
func (s *search) namedOtherwise(start, end, digits int) bool {
	if k, ok := s.namer(start, words.Claim|words.Card|words.CVV); ok && s.Marks[k].Word.Kind&(words.Card|words.CVV) == 0 {
		if digits < 14 || s.Marks[k].Word.Kind&words.Phone == 0 {
			return true // no phone has so many digits
		}
	}
	k := s.FirstMark(end)
	for ; k < len(s.Marks) && s.Marks[k].Start-end <= 24; k++ {
		m := s.Marks[k]
		if m.Word.Kind&words.Claim != 0 && m.Word.Kind&words.Card == 0 {
			return (s.Any(end, m.Start, words.Is) || s.View.Char[end] == '(') && !s.Any(m.End, min(m.End+12, len(s.View.Char)), words.Card)
		}
		if m.Word.Kind&(words.Is|words.Link) == 0 {
			return false
		}
	}
	return false
}

// namer is the nearest mark of the wanted kinds before start that the text links
// with what starts there.
func (s *search) namer(start int, wanted words.Kind) (int, bool) {
	for k := s.FirstMark(start) - 1; k >= 0 && start-s.Marks[k].End <= 30; k-- {
		m := s.Marks[k]
		if m.End > start {
			continue
		}
		if m.Word.Kind&wanted != 0 {
			return k, s.Only(m.End, start, words.Is|words.Link|words.Filler|words.Claim|words.Card) && !s.SentenceEnds(m.End, start)
		}
	}
	return 0, false
}

// partOfCode tells whether letters touch the number so that it is a piece of a
// longer code, like an order id, and not a word written too close.
func (s *search) partOfCode(start, end int) bool {
	v := &s.View
	if start > 0 && v.Class(start-1) == fold.Letter {
		k := s.FirstMark(start) - 1
		if k < 0 || s.Marks[k].End != start || s.Marks[k].Word.Kind&(words.Card|words.Is|words.Link|words.Expiry|words.Filler) == 0 {
			return !s.plainWordBefore(start)
		}
	}
	if start > 1 && (v.Char[start-1] == '-' || v.Char[start-1] == '_' || v.Char[start-1] == '#') && v.Class(start-2) == fold.Letter {
		k := s.FirstMark(start-1) - 1
		return k >= 0 && s.Marks[k].End == start-1 && s.Marks[k].Word.Kind&words.Claim != 0 || !s.plainWordBefore(start-1)
	}
	return end < len(v.Char) && v.Class(end) == fold.Letter && v.Upper(end) && end+1 < len(v.Char) && v.Class(end+1) == fold.Digit
}

// plainWordBefore tells whether the letters before i are a written word and not
// the prefix of a code: at least four of them, not all capitals.
func (s *search) plainWordBefore(i int) bool {
	v := &s.View
	j, capitals := i, 0
	for j > 0 && v.Class(j-1) == fold.Letter {
		j--
		if v.Upper(j) {
			capitals++
		}
	}
	if k := s.FirstMark(j); k < len(s.Marks) && s.Marks[k].Start == j && s.Marks[k].Word.Kind&words.Claim != 0 {
		return false
	}
	return i-j >= 2 && capitals < i-j
}

// inAddress tells whether the number is a piece of the path of a web address.
func (s *search) inAddress(start int) bool {
	v := &s.View
	if start == 0 || v.Char[start-1] != '/' {
		return false
	}
	for i := start - 1; i > 1 && start-i < 200 && v.Class(i) != fold.Space; i-- {
		if v.Char[i] == '/' && v.Char[i-1] == '/' && v.Char[i-2] == ':' {
			return true
		}
	}
	return false
}

// international tells whether a plus sign or 00 opens the number as a phone's.
func (s *search) international(start int) bool {
	return start > 0 && s.View.Char[start-1] == '+'
}

// longNumber tells whether the stretch is cut out of the middle of a longer
// number written in one style, like a tracking number in groups of four.
func (s *search) longNumber(first, last int) bool {
	v := &s.View
	if first == 0 || s.Items[first].Form != reading.FormDigit || s.Items[first].Start-s.Items[first-1].End != 1 {
		return false
	}
	gap := v.Char[s.Items[first].Start-1]
	for i := first + 1; i < last; i++ {
		if d := s.Items[i].Start - s.Items[i-1].End; d > 1 || d == 1 && v.Char[s.Items[i].Start-1] != gap {
			return false
		}
	}
	return s.Items[first-1].Form == reading.FormDigit
}
