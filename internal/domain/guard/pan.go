package guard

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
func (d *Detector) issued(digits []int8) (known, loose bool) {
	iin := 0
	for _, x := range digits[:6] {
		iin = iin*10 + int(x)
	}
	for _, r := range d.iins {
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
func (s *scan) detectCards() {
	if len(s.items) < panShortest {
		return
	}
	s.far = false
	s.eachRun(s.cardsInRun)
	if s.kinds&kindCard != 0 {
		s.far = true
		s.eachRun(s.cardsInRun)
	}
}

// eachRun calls visit for every run of items whose gaps can be bridged.
func (s *scan) eachRun(visit func(first, last int)) {
	first := 0
	for i := 1; i <= len(s.items); i++ {
		if i < len(s.items) && s.bridged(i, s.far) {
			continue
		}
		if i-first >= panShortest {
			visit(first, i)
		}
		first = i
	}
}

// bridged tells whether items i-1 and i may belong to one card number.
func (s *scan) bridged(i int, far bool) bool {
	from, to := s.items[i-1].end, s.items[i].start
	if to <= from {
		return true
	}
	limit := panGap
	if far {
		limit = panFarGap
	} else if s.kinds&(kindFiller|kindRepeat) != 0 {
		limit = panGap + 12
	}
	if to-from > limit {
		return false
	}
	others := 0
	for j := from; j < to; j++ {
		if s.view.class(j) == classOpaque {
			return false
		}
		if !s.view.solid(j) {
			others++
		}
	}
	if far {
		return !s.any(from, to, kindClaim|kindUnit|kindExpiry|kindCVV)
	}
	return others <= panGap && (others == to-from || s.only(from, to, kindFiller|kindRepeat))
}

// cardsInRun tries every stretch of 12 to 19 digits that begins and ends where
// the writing does, the longest first.
func (s *scan) cardsInRun(first, last int) {
	var digits [panLongest]int8
	for i := first; i+panShortest <= last; i++ {
		if !s.boundary(i) {
			continue
		}
		n := 0
		for ; n < panLongest && i+n < last; n++ {
			digits[n] = s.items[i+n].value
		}
		for ; n >= panShortest; n-- {
			if (i+n == len(s.items) || s.boundary(i+n)) && s.card(i, i+n, digits[:n]) {
				i += n - 1
				break
			}
		}
	}
}

// boundary tells whether a number can begin at item i: after a gap, or where
// digits turn into words or letters.
func (s *scan) boundary(i int) bool {
	if i == 0 || i == len(s.items) {
		return true
	}
	a, b := s.items[i-1], s.items[i]
	return a.end < b.start || a.form != b.form || a.form == formSpelled && a.end == b.start
}

// card decides on one stretch and records it.
func (s *scan) card(first, last int, digits []int8) bool {
	if !luhn(digits) {
		return false
	}
	known, loose := s.d.issued(digits)
	if !known || uniform(digits) {
		return false
	}
	start, end := s.items[first].start, s.items[last-1].end
	if s.taken(start, end) || s.far && !s.inFours(first, last) {
		return false
	}
	spoken := s.any(max(0, start-60), min(len(s.view.char), end+40), kindCard|kindCVV)
	if loose && !spoken {
		return false
	}
	if s.namedOtherwise(start, end, len(digits)) || s.partOfCode(start, end) || s.inAddress(start) {
		return false
	}
	if !spoken && (s.international(start) || s.longNumber(first, last)) {
		return false
	}
	s.add(start, end, PAN, lastDigits(digits))
	return true
}

// inFours tells whether all parts written without a gap have four digits or a
// multiple, as on the card. Only such parts are joined across words.
func (s *scan) inFours(first, last int) bool {
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
func (s *scan) namedOtherwise(start, end, digits int) bool {
	if k, ok := s.namer(start, kindClaim|kindCard|kindCVV); ok && s.marks[k].word.kind&(kindCard|kindCVV) == 0 {
		if digits < 14 || s.marks[k].word.kind&kindPhone == 0 {
			return true // no phone has so many digits
		}
	}
	k := s.firstMark(end)
	for ; k < len(s.marks) && s.marks[k].start-end <= 24; k++ {
		m := s.marks[k]
		if m.word.kind&kindClaim != 0 && m.word.kind&kindCard == 0 {
			return (s.any(end, m.start, kindIs) || s.view.char[end] == '(') && !s.any(m.end, min(m.end+12, len(s.view.char)), kindCard)
		}
		if m.word.kind&(kindIs|kindLink) == 0 {
			return false
		}
	}
	return false
}

// namer is the nearest mark of the wanted kinds before start that the text links
// with what starts there.
func (s *scan) namer(start int, wanted kind) (int, bool) {
	for k := s.firstMark(start) - 1; k >= 0 && start-s.marks[k].end <= 30; k-- {
		m := s.marks[k]
		if m.end > start {
			continue
		}
		if m.word.kind&wanted != 0 {
			return k, s.only(m.end, start, kindIs|kindLink|kindFiller|kindClaim|kindCard) && !s.sentenceEnds(m.end, start)
		}
	}
	return 0, false
}

// sentenceEnds tells whether a sentence ends inside a range.
func (s *scan) sentenceEnds(start, end int) bool {
	v := &s.view
	for i := start; i < end; i++ {
		switch v.char[i] {
		case '。', '!', '?', ';':
			return true
		case '.':
			if i+1 < len(v.char) && v.class(i+1) == classSpace && i > start {
				return true
			}
		}
	}
	return false
}

// partOfCode tells whether letters touch the number so that it is a piece of a
// longer code, like an order id, and not a word written too close.
func (s *scan) partOfCode(start, end int) bool {
	v := &s.view
	if start > 0 && v.class(start-1) == classLetter {
		k := s.firstMark(start) - 1
		if k < 0 || s.marks[k].end != start || s.marks[k].word.kind&(kindCard|kindIs|kindLink|kindExpiry|kindFiller) == 0 {
			return !s.plainWordBefore(start)
		}
	}
	if start > 1 && (v.char[start-1] == '-' || v.char[start-1] == '_' || v.char[start-1] == '#') && v.class(start-2) == classLetter {
		k := s.firstMark(start-1) - 1
		return k >= 0 && s.marks[k].end == start-1 && s.marks[k].word.kind&kindClaim != 0 || !s.plainWordBefore(start-1)
	}
	return end < len(v.char) && v.class(end) == classLetter && v.upper(end) && end+1 < len(v.char) && v.class(end+1) == classDigit
}

// plainWordBefore tells whether the letters before i are a written word and not
// the prefix of a code: at least four of them, not all capitals.
func (s *scan) plainWordBefore(i int) bool {
	v := &s.view
	j, capitals := i, 0
	for j > 0 && v.class(j-1) == classLetter {
		j--
		if v.upper(j) {
			capitals++
		}
	}
	if k := s.firstMark(j); k < len(s.marks) && s.marks[k].start == j && s.marks[k].word.kind&kindClaim != 0 {
		return false
	}
	return i-j >= 2 && capitals < i-j
}

// inAddress tells whether the number is a piece of the path of a web address.
func (s *scan) inAddress(start int) bool {
	v := &s.view
	if start == 0 || v.char[start-1] != '/' {
		return false
	}
	for i := start - 1; i > 1 && start-i < 200 && v.class(i) != classSpace; i-- {
		if v.char[i] == '/' && v.char[i-1] == '/' && v.char[i-2] == ':' {
			return true
		}
	}
	return false
}

// international tells whether a plus sign or 00 opens the number as a phone's.
func (s *scan) international(start int) bool {
	return start > 0 && s.view.char[start-1] == '+'
}

// longNumber tells whether the stretch is cut out of the middle of a longer
// number written in one style, like a tracking number in groups of four.
func (s *scan) longNumber(first, last int) bool {
	v := &s.view
	if first == 0 || s.items[first].form != formDigit || s.items[first].start-s.items[first-1].end != 1 {
		return false
	}
	gap := v.char[s.items[first].start-1]
	for i := first + 1; i < last; i++ {
		if d := s.items[i].start - s.items[i-1].end; d > 1 || d == 1 && v.char[s.items[i].start-1] != gap {
			return false
		}
	}
	return s.items[first-1].form == formDigit
}
