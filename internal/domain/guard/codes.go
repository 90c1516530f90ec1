package guard

import "sort"

// link says how closely the text ties a number to the word that names it.
type link uint8

const (
	linkNone      link = iota
	linkLoose          // within reach
	linkConnected      // "the code for the login is" ends in a connector
	linkTight          // nothing but connecting words in between
)

const (
	reach      = 40 // code points between a name and its number
	reachAfter = 24 // the same for a name that follows
	linkWord   = kindIs | kindLink | kindFiller | kindAdverb
)

// linkBefore finds the nearest name of the wanted kinds before start.
func (s *scan) linkBefore(start int, wanted kind) link {
	if s.kinds&wanted == 0 {
		return linkNone
	}
	for k := s.firstMark(start) - 1; k >= 0; k-- {
		m := s.marks[k]
		if start-m.end > reach {
			return linkNone
		}
		if m.end > start || m.word.kind&wanted == 0 {
			continue
		}
		return s.linkBetween(m.end, start, wanted)
	}
	return linkNone
}

func (s *scan) linkBetween(from, start int, wanted kind) link {
	if s.only(from, start, linkWord|wanted|kindCard|kindExpiry|kindCode) {
		return linkTight
	}
	if s.claimed(from, start) && !s.any(from, start, kindCard) {
		return linkNone
	}
	if s.connectorEnds(start) {
		return linkConnected
	}
	if s.sentenceEnds(from, start) || s.numberWithin(from, start) {
		return linkNone
	}
	return linkLoose
}

// claimed tells whether a range names the number as something harmless. A name
// behind a preposition, "on my phone is", does not.
func (s *scan) claimed(from, start int) bool {
	if !s.any(from, start, kindClaim) {
		return false
	}
	for k := s.firstMark(from); k < len(s.marks) && s.marks[k].end <= start; k++ {
		if s.marks[k].word.kind&kindClaim != 0 && !s.prepositional(k, start) {
			return true
		}
	}
	return false
}

// prepositional tells whether mark k stands behind a preposition and before "is".
func (s *scan) prepositional(k, start int) bool {
	if k+1 >= len(s.marks) || s.marks[k+1].word.kind&kindIs == 0 || s.marks[k+1].end > start {
		return false
	}
	for p := k - 1; p >= 0 && s.only(s.marks[p].end, s.marks[p+1].start, 0); p-- {
		if s.marks[p].word.kind&(kindNear|kindLink) == kindNear {
			return true
		}
		if s.marks[p].word.kind&kindLink == 0 {
			return false
		}
	}
	return false
}

// connectorEnds tells whether a connector stands directly before start.
func (s *scan) connectorEnds(start int) bool {
	v, i := &s.view, start
	for i > 0 && (v.class(i-1) == classSpace || v.class(i-1) == classOther && !connectorSign(v.char[i-1])) {
		i--
	}
	if i == 0 || start-i > 4 {
		return false
	}
	if connectorSign(v.char[i-1]) {
		return true
	}
	k := s.firstMark(i) - 1
	if k > 0 && s.marks[k].end == i && s.marks[k].word.kind&kindAdverb != 0 {
		i, k = s.marks[k].start, k-1
	}
	return k >= 0 && i-s.marks[k].end <= 1 && s.marks[k].word.kind&kindIs != 0
}

func connectorSign(r rune) bool { return r == ':' || r == '=' || r == '→' || r == '>' }

// numberWithin tells whether another number of three or more digits stands in a range.
func (s *scan) numberWithin(start, end int) bool {
	from := sort.Search(len(s.clusters), func(i int) bool { return s.clusters[i].start >= start })
	for _, c := range s.clusters[from:] {
		if c.start >= end {
			return false
		}
		if c.digits >= 3 {
			return true
		}
	}
	return false
}

// linkAfter tells whether a name of the wanted kinds follows end closely.
func (s *scan) linkAfter(end int, wanted kind) bool {
	for k := s.firstMark(end); k < len(s.marks) && s.marks[k].start-end <= reachAfter; k++ {
		if s.marks[k].word.kind&wanted == 0 {
			continue
		}
		at := s.marks[k].start
		said := s.only(end, at, linkWord|kindCard|kindCode) ||
			s.only(end, at, kindLink|kindNear|kindPlain|kindCard|kindCode) && !s.any(end, at, kindFiller) || s.saysIs(end) && !s.any(end, at, kindClaim|kindNear|kindUnit)
		return said && !s.sentenceEnds(end, s.marks[k].start) && !s.lineEnds(end, s.marks[k].start)
	}
	return false
}

// saysIs tells whether a connector follows the number directly.
func (s *scan) saysIs(end int) bool {
	k := s.firstMark(end)
	return k < len(s.marks) && s.marks[k].start-end <= 1 && s.marks[k].word.kind&kindIs != 0
}

func (s *scan) lineEnds(start, end int) bool {
	for i := start; i < end; i++ {
		if s.view.char[i] == '\n' {
			return true
		}
	}
	return false
}

// harmless tells whether a number is plainly something else: an amount, a date,
// a time, a count, the end of a card number, an order. Even a tight link does
// not make a secret of it, except of a year.
func (s *scan) harmless(c cluster, l link) bool {
	switch {
	case s.taken(c.start, c.end), s.money(c), s.counted(c), s.dateOrTime(c):
		return true
	case s.tail(c.start), s.namedBefore(c.start, l), s.international(c.start):
		return true
	case c.forms&formLetter != 0 && l < linkTight:
		return true
	case c.forms&formSpelled != 0 && l < linkConnected && c.digits < 6:
		return true
	case s.gluedBefore(c.start) && l < linkTight:
		return true
	}
	return l < linkConnected && s.year(c)
}

// money tells whether a currency sign touches the number or it has decimals.
func (s *scan) money(c cluster) bool {
	v := &s.view
	for i := c.start - 1; i >= 0 && i >= c.start-2; i-- {
		switch v.char[i] {
		case '$', '€', '£', '¥', '₹', '₽', '₩', '₺', '¢', '฿', '₫':
			return true
		}
	}
	for i := c.end; i < len(v.char) && i < c.end+2; i++ {
		switch v.char[i] {
		case '%', '$', '€', '£', '¥', '₹', '‰', '℃', '°':
			return true
		}
	}
	if c.end+1 < len(v.char) && v.mark[c.end]&bitWide == 0 && (v.char[c.end] == ',' || v.char[c.end] == '.') && v.class(c.end+1) == classDigit {
		return c.forms&formSpelled == 0
	}
	if c.start > 1 && v.char[c.start-1] == ',' && v.mark[c.start-1]&bitWide == 0 && v.class(c.start-2) == classDigit && c.digits == 3 {
		return true
	}
	last := s.groups[c.last-1]
	return c.last-c.first == 2 && last.last-last.first <= 2 && v.char[last.start-1] == '.' && c.digits <= 6 && s.groups[c.first].last-s.groups[c.first].first > 2
}

// counted tells whether a unit follows the number.
func (s *scan) counted(c cluster) bool {
	k := s.firstMark(c.end)
	if k == len(s.marks) || s.marks[k].word.kind&kindUnit == 0 || s.marks[k].start-c.end > 2 {
		return false
	}
	return s.only(c.end, s.marks[k].start, 0) && !s.lineEnds(c.end, s.marks[k].start) && s.gapIsSpace(c.end, s.marks[k].start)
}

func (s *scan) gapIsSpace(start, end int) bool {
	for i := start; i < end; i++ {
		if c := s.view.char[i]; c != ' ' && c != '-' {
			return false
		}
	}
	return true
}

// dateOrTime tells whether the number is part of a date or a time of day.
func (s *scan) dateOrTime(c cluster) bool {
	v := &s.view
	if c.start > 1 && (v.char[c.start-1] == ':' || v.char[c.start-1] == '/') && v.class(c.start-2) == classDigit {
		return true
	}
	if c.end+1 < len(v.char) && (v.char[c.end] == ':' || v.char[c.end] == '/') && v.class(c.end+1) == classDigit {
		return true
	}
	if c.last-c.first == 3 && c.digits >= 6 && c.digits <= 8 && c.forms == formDigit {
		a, b := s.groups[c.first], s.groups[c.first+2]
		return s.yearGroup(a) || s.yearGroup(b)
	}
	return c.last-c.first == 2 && c.forms == formDigit && c.digits == 6 && s.yearGroup(s.groups[c.first]) && dash(v.char[s.groups[c.first].end])
}

func (s *scan) yearGroup(g group) bool {
	if g.last-g.first != 4 {
		return false
	}
	return s.items[g.first].value == 2 && s.items[g.first+1].value == 0 ||
		s.items[g.first].value == 1 && s.items[g.first+1].value == 9
}

// year tells whether the whole number reads as a year.
func (s *scan) year(c cluster) bool {
	return c.last-c.first == 1 && s.yearGroup(s.groups[c.first])
}

// tail tells whether the digits are named as the end of a number.
func (s *scan) tail(start int) bool {
	if s.kinds&kindTail == 0 {
		return false
	}
	for k := s.firstMark(start) - 1; k >= 0 && start-s.marks[k].end <= 16; k-- {
		if s.marks[k].word.kind&kindTail != 0 && s.marks[k].end <= start {
			return s.only(s.marks[k].end, start, linkWord|kindNear|kindCard)
		}
	}
	return false
}

// namedBefore tells whether the number is named as something harmless.
func (s *scan) namedBefore(start int, l link) bool {
	v := &s.view
	for k := s.firstMark(start) - 1; k >= 0 && start-s.marks[k].end <= 24; k-- {
		m := s.marks[k]
		if m.end > start {
			continue
		}
		near := m.word.kind&kindNear != 0 && start-m.end <= 1 && l < linkConnected
		if m.word.kind&kindClaim == 0 && !near {
			if m.word.kind&linkWord == 0 {
				return false
			}
			continue
		}
		return near || !s.prepositional(k, start) && m.word.kind&(kindOTP|kindCVV|kindCode|kindCard|kindPass|kindPIN) == 0 && s.only(m.end, start, linkWord)
	}
	return start > 0 && v.char[start-1] == '#' && l < linkTight
}

// gluedBefore tells whether Latin letters touch the number from the left.
func (s *scan) gluedBefore(start int) bool {
	v := &s.view
	return start > 0 && (v.class(start-1) == classLetter ||
		start > 1 && (v.char[start-1] == '-' || v.char[start-1] == '_') && v.class(start-2) == classLetter && l2digit(v, start))
}

func l2digit(v *view, start int) bool { return v.char[start-1] == '_' }

// detectCVV looks for card security codes: three or four digits near their
// name, or behind a card number.
func (s *scan) detectCVV() {
	for _, c := range s.clusters {
		if c.digits < 3 || c.digits > 4 {
			continue
		}
		l := s.linkBefore(c.start, kindCVV)
		if l == linkNone && s.linkAfter(c.end, kindCVV) {
			l = linkTight
		}
		if l == linkNone && s.expected&expectCVV != 0 && s.bare() {
			l = linkConnected
		}
		if l != linkNone && !s.harmless(c, l) {
			s.add(c.start, c.end, CVV, "")
		}
	}
	for _, h := range s.hits {
		if h.class == PAN {
			s.behindCard(h)
		}
	}
}

// behindCard looks for an expiry date and a security code behind a card number.
func (s *scan) behindCard(card hit) {
	g := sort.Search(len(s.groups), func(i int) bool { return s.groups[i].start >= card.end })
	from := card.end
	after := s.expiryAfter(g, from)
	if after > g {
		from = s.groups[after-1].end
	}
	if after >= len(s.groups) {
		return
	}
	end := after
	digits := 0
	for end < len(s.groups) && digits < 3 && (end == after || s.groups[end].start-s.groups[end-1].end <= 3) {
		digits += s.groups[end].last - s.groups[end].first
		end++
	}
	c := cluster{start: s.groups[after].start, end: s.groups[end-1].end, first: after, last: end, digits: digits, forms: s.groups[after].forms}
	if digits != 3 && (digits != 4 || after == g && card.last4 != "" && !s.shortCard(card)) || c.start-from > reach {
		return
	}
	if end-after != 1 && end-after != digits {
		return
	}
	allowed := linkWord | kindExpiry | kindCVV | kindCard | kindCode
	if !s.only(from, c.start, allowed) && (after == g || s.any(from, c.start, kindClaim|kindNear|kindUnit)) {
		return
	}
	if !s.money(c) && !s.counted(c) && !s.tail(c.start) && !s.taken(c.start, c.end) {
		s.add(c.start, c.end, CVV, "")
	}
}

// shortCard tells whether a card has 15 digits, whose code has four.
func (s *scan) shortCard(card hit) bool {
	from := sort.Search(len(s.items), func(i int) bool { return s.items[i].start >= card.start })
	to := sort.Search(len(s.items), func(i int) bool { return s.items[i].start >= card.end })
	return to-from == 15
}

// expiryAfter skips the groups of an expiry date that follows a card number:
// 12/26, 12/2026, 1226, 12-26.
func (s *scan) expiryAfter(g, from int) int {
	if g >= len(s.groups) || s.groups[g].start-from > 30 {
		return g
	}
	number := func(g group) int {
		n := 0
		for _, it := range s.items[g.first:min(g.last, g.first+6)] {
			n = n*10 + int(it.value)
		}
		return n
	}
	a := s.groups[g]
	n := number(a)
	switch a.last - a.first {
	case 1, 2:
		if n < 1 || n > 12 || g+1 >= len(s.groups) || s.groups[g+1].start-a.end > 3 {
			return g
		}
		if b := s.groups[g+1]; b.last-b.first == 2 || b.last-b.first == 4 && s.yearGroup(b) {
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

// bare tells whether the text is little more than an answer: few other words.
func (s *scan) bare() bool {
	words := 0
	for _, t := range s.tokens {
		if t.class == classDigit {
			continue
		}
		if k := s.firstMark(t.start); k < len(s.marks) && s.marks[k].start == t.start && s.marks[k].word.kind&(linkWord|kindDigit|kindRepeat|kindTens|kindTeen) != 0 {
			continue
		}
		words++
	}
	return words <= 3
}

// detectCodes looks for one-time codes, and for passwords and PINs in digits.
func (s *scan) detectCodes() {
	for _, c := range s.clusters {
		if c.digits < 4 || c.digits > 12 {
			continue
		}
		if class, l := s.codeClass(c); l != linkNone && !s.harmless(c, l) {
			s.add(c.start, c.end, class, "")
		}
	}
}

// codeClass is what the words around a number make of it.
func (s *scan) codeClass(c cluster) (Class, link) {
	if l := s.linkBefore(c.start, kindPass|kindPIN); l >= linkConnected && c.digits <= 12 {
		return Password, l
	}
	if c.digits > 10 {
		return "", linkNone
	}
	if l := s.linkBefore(c.start, kindOTP); l != linkNone && (c.digits <= 8 || l >= linkConnected) {
		return OTP, l
	}
	if l := s.linkBefore(c.start, kindCode); l >= linkConnected && c.digits <= 8 {
		return OTP, l
	}
	if s.connectorEnds(c.start) && s.any(c.end, min(c.end+reachAfter, len(s.view.char)), kindOTP) && c.digits <= 8 {
		return OTP, linkConnected
	}
	if s.linkAfter(c.end, kindOTP|kindCode) && c.digits <= 8 {
		return OTP, linkConnected
	}
	if s.linkAfter(c.end, kindPass|kindPIN) && s.possessed(c.end) {
		return Password, linkConnected
	}
	if s.expected&expectOTP != 0 && c.digits <= 8 && s.bare() {
		return OTP, linkConnected
	}
	if s.expected&(expectPIN|expectPassword) != 0 && s.bare() {
		return Password, linkConnected
	}
	return "", linkNone
}

// possessed tells whether "is", "as my" or the like follows, so that the number
// is the password and not just beside the word.
func (s *scan) possessed(end int) bool {
	k := s.firstMark(end)
	return k < len(s.marks) && s.marks[k].word.kind&(kindIs|kindLink) != 0
}
