package guard

// detectIdentity looks for identity numbers that are recognised by their form,
// and for any number that the text names as one.
func (s *scan) detectIdentity() {
	for i, g := range s.groups {
		s.residentID(i)
		if g.last-g.first == 3 {
			s.socialSecurity(i)
		}
	}
	s.ibanNumbers()
	if s.kinds&kindID != 0 {
		s.namedIdentity()
	}
}

// residentID finds the 18 characters of a Chinese resident identity number with
// the check character of GB 11643-1999, also with gaps and in any digits.
func (s *scan) residentID(g int) {
	v := &s.view
	first := s.groups[g].first
	last := first
	var digits [18]int8
	for last < len(s.items) && last-first < 18 && (last == first || s.bridged(last, false)) {
		digits[last-first] = s.items[last].value
		last++
	}
	n := last - first
	end := 0
	switch {
	case n == 18 && s.boundary(last):
		end = s.items[last-1].end
	case n == 17 || n == 18 && false:
		end = s.items[last-1].end
		for end < len(v.char) && !v.solid(end) && v.char[end] != '×' && end-s.items[last-1].end < 3 {
			end++
		}
		if end >= len(v.char) || v.char[end] != 'x' && v.char[end] != '×' && v.char[end] != 'х' {
			return
		}
		digits[17] = 10
		end++
	default:
		return
	}
	start := s.items[first].start
	if residentCheck(digits) && !s.taken(start, end) {
		s.add(start, end, ID, v.cased(max(start, end-4), end))
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
func (s *scan) socialSecurity(i int) {
	if i+2 >= len(s.groups) {
		return
	}
	a, b, c := s.groups[i], s.groups[i+1], s.groups[i+2]
	if b.last-b.first != 2 || c.last-c.first != 4 || b.start-a.end != 1 || c.start-b.end != 1 {
		return
	}
	v := &s.view
	sep := v.char[a.end]
	if sep != v.char[b.end] || !dash(sep) && sep != ' ' && sep != '.' && sep != '/' {
		return
	}
	if i > 0 && a.start-s.groups[i-1].end == 1 && v.char[a.start-1] == sep || i+3 < len(s.groups) && s.groups[i+3].start-c.end == 1 && dash(sep) && v.char[c.end] == sep {
		return
	}
	if !s.validSocial(a.first) || s.namedBefore(a.start, linkConnected) || s.international(a.start) || s.taken(a.start, c.end) {
		return
	}
	if !dash(sep) && !s.any(max(0, a.start-60), min(len(v.char), c.end+30), kindID) {
		return
	}
	s.add(a.start, c.end, ID, v.cased(c.end-4, c.end))
}

func (s *scan) validSocial(first int) bool {
	n := 0
	for _, it := range s.items[first : first+9] {
		n = n*10 + int(it.value)
	}
	area, middle, serial := n/1000000, n/10000%100, n%10000
	return area != 0 && area != 666 && area < 900 && middle != 0 && serial != 0
}

// namedIdentity masks the number or code that follows a word like passport.
func (s *scan) namedIdentity() {
	for _, m := range s.marks {
		if m.word.kind&kindID == 0 {
			continue
		}
		if start, end, ok := s.documentNumber(m.end); ok && !s.taken(start, end) {
			s.add(start, end, ID, s.lastSolid(start, end))
		} else if start, end, ok := s.documentBefore(m.start); ok && !s.taken(start, end) {
			s.add(start, end, ID, s.lastSolid(start, end))
		}
	}
}

// documentNumber finds at least six letters and digits, four of them digits,
// that begin behind at and are linked with it.
func (s *scan) documentNumber(at int) (start, end int, ok bool) {
	v := &s.view
	for i := at; i < len(v.char) && i-at <= reach; i++ {
		if !v.solid(i) || i > at && v.solid(i-1) && v.class(i-1) != classHan {
			continue
		}
		k := s.firstMark(i)
		numeral := k < len(s.marks) && s.marks[k].start == i && s.marks[k].word.kind&kindDigit != 0
		if v.class(i) != classDigit && v.class(i) != classLetter && !numeral {
			continue
		}
		stop, digits, letters := s.documentEnd(i)
		if digits < 5 || digits+letters < 6 || letters > 6 || digits+letters > 22 {
			continue
		}
		c := cluster{start: i, end: stop}
		if s.only(at, i, linkWord|kindID|kindCard|kindCode) || s.linkBetween(at, i, kindID) >= linkConnected {
			return i, stop, !s.countedAt(stop) && !s.tail(c.start) && !s.namedBefore(i, linkConnected)
		}
		return 0, 0, false
	}
	return 0, 0, false
}

// documentEnd is where the code at i ends, gaps of one included.
func (s *scan) documentEnd(i int) (end, digits, letters int) {
	v := &s.view
	end = i
	for j := i; j < len(v.char); j++ {
		switch class := v.class(j); {
		case class == classDigit:
			digits++
			end = j + 1
		case class == classHan && s.numeralAt(j):
			digits++
			end = j + 1
		case class == classLetter && s.codeWord(j):
			letters++
			end = j + 1
		case j+1 < len(v.char) && j > i && v.solid(j-1) && (v.char[j] == ' ' || v.char[j] == '.' || v.char[j] == '/' || dash(v.char[j]) || v.char[j] == '(') && (v.class(j+1) == classDigit || v.class(j+1) == classLetter && s.codeWord(j+1)):
		default:
			return end, digits, letters
		}
	}
	return end, digits, letters
}

func (s *scan) numeralAt(i int) bool {
	k := s.firstMark(i)
	return k < len(s.marks) && s.marks[k].start == i && s.marks[k].word.kind&kindDigit != 0
}

// codeWord tells whether the letter at j belongs to a code: its run of letters
// is short and touches a digit, or is in capitals.
func (s *scan) codeWord(j int) bool {
	v := &s.view
	from, to := j, j
	for from > 0 && v.class(from-1) == classLetter {
		from--
	}
	for to < len(v.char) && v.class(to) == classLetter {
		to++
	}
	if to-from > 6 || v.char[j] > 0x7F {
		return false
	}
	touches := from > 0 && v.class(from-1) == classDigit || to < len(v.char) && v.class(to) == classDigit
	return touches && to-from <= 6 || to-from <= 2 && v.upper(j)
}

// documentBefore finds "E12345678 is my passport number".
func (s *scan) documentBefore(at int) (start, end int, ok bool) {
	v := &s.view
	end = at
	for k := s.firstMark(at) - 1; k >= 0; k-- {
		p := s.marks[k]
		if p.end > end || end-p.end > 2 || p.word.kind&linkWord == 0 || v.class(p.start) == classDigit {
			break
		}
		end = p.start
	}
	linked := end < at
	for end > 0 && !v.solid(end-1) && at-end < reach {
		end--
	}
	start = end
	for start > 0 && end-start < 24 && v.class(start-1) != classHan && (v.solid(start-1) || start > 1 && (dash(v.char[start-1])) && v.solid(start-2)) {
		start--
	}
	if start == end {
		return 0, 0, false
	}
	stop, digits, letters := s.documentEnd(start)
	return start, end, linked && stop == end && digits >= 5 && digits+letters >= 6 && letters <= 6 && !s.namedBefore(start, linkConnected)
}

// lastSolid is the last four letters and digits of a range.
func (s *scan) lastSolid(start, end int) string {
	v := &s.view
	from, n := end, 0
	for from > start && n < 4 {
		from--
		if c := v.class(from); c == classDigit || c == classLetter {
			n++
		}
	}
	var out []byte
	for i := from; i < end; i++ {
		if c := v.class(i); (c == classDigit || c == classLetter) && v.char[i] < 0x80 {
			out = append(out, v.cased(i, i+1)...)
		}
	}
	return string(out)
}
