package guard

// form is how a digit is written; bits, so that a number can mix them.
type form uint8

const (
	formDigit   form = 1 << iota
	formSpelled      // a word or a Chinese numeral
	formLetter       // a letter that looks like a digit
)

// item is one digit of the text, however it is written.
type item struct {
	value      int8
	form       form
	start, end int
}

// group is a run of digits written without a gap.
type group struct {
	start, end  int // folded positions
	first, last int // items, half open
	forms       form
}

// cluster is a number as a person writes it: groups with small gaps.
type cluster struct {
	start, end  int
	first, last int // groups, half open
	digits      int
	forms       form
}

// buildGroups collects every digit in reading order.
func (s *scan) buildGroups() {
	t := 0
	for k := 0; k <= len(s.marks); k++ {
		until := len(s.view.char)
		if k < len(s.marks) {
			until = s.marks[k].start
		}
		for t < len(s.tokens) && s.tokens[t].start < until {
			s.addToken(s.tokens[t])
			t++
		}
		if k == len(s.marks) {
			return
		}
		s.addSpelled(k)
		for t < len(s.tokens) && s.tokens[t].start < s.marks[k].end && !s.besideDigit(s.marks[k]) {
			t++
		}
	}
}

// besideDigit tells a word without digits that touches a digit: its letters may
// stand for digits.
func (s *scan) besideDigit(m mark) bool {
	v := &s.view
	if m.word.kind&(kindDigit|kindTeen|kindTens) != 0 || m.end-m.start > 4 || v.class(m.start) != classLetter {
		return false
	}
	return m.start > 0 && v.class(m.start-1) == classDigit || m.end < len(v.char) && v.class(m.end) == classDigit
}

// addToken adds the digits of a token; look-alike letters beside digits count.
func (s *scan) addToken(t token) {
	v := &s.view
	switch t.class {
	case classDigit:
		for i := t.start; i < t.end; i++ {
			s.push(item{int8(v.char[i] - '0'), formDigit, i, i + 1})
		}
	case classLetter:
		if t.end-t.start > 6 || !s.lookAlike(t) {
			return
		}
		for i := t.start; i < t.end; i++ {
			value, _ := digitLetter(v.char[i])
			s.push(item{value, formLetter, i, i + 1})
		}
	}
}

// lookAlike tells whether all letters of a word may stand for digits, and
// whether it touches a digit or is as long as a group of a card number.
func (s *scan) lookAlike(t token) bool {
	v := &s.view
	for i := t.start; i < t.end; i++ {
		if _, ok := digitLetter(v.char[i]); !ok {
			return false
		}
	}
	if t.start > 0 && v.class(t.start-1) == classDigit || t.end < len(v.char) && v.class(t.end) == classDigit {
		return true
	}
	switch t.end - t.start {
	case 1:
		n := len(s.groups) - 1
		return v.char[t.start] != 'i' && n >= 0 && s.groups[n].last-s.groups[n].first == 1 && t.start-s.groups[n].end <= 2
	case 4:
		for i := t.start; i < t.end; i++ {
			if value, _ := digitLetter(v.char[i]); value > 1 {
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
	case 'o', 'о', 'ο', 'q', 'd':
		return 0, r != 'd' && r != 'q'
	case 'l', 'i', 'і', 'ӏ':
		return 1, true
	case 'z':
		return 2, true
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
func (s *scan) addSpelled(k int) {
	m := s.marks[k]
	switch w := m.word; {
	case w.kind&kindRepeat != 0:
		s.repeat = m
	case w.kind&kindDigit != 0:
		s.push(item{w.value, formSpelled, m.start, m.end})
	case w.kind&kindTeen != 0:
		s.push(item{w.value / 10, formSpelled, m.start, m.end})
		s.push(item{w.value % 10, formSpelled, m.start, m.end})
	case w.kind&kindTens != 0:
		s.push(item{w.value, formSpelled, m.start, m.end})
		if k+1 == len(s.marks) || s.marks[k+1].word.kind&kindDigit == 0 || s.marks[k+1].word.value == 0 ||
			s.marks[k+1].start > m.end+1 {
			s.push(item{0, formSpelled, m.start, m.end})
		}
	}
}

// push appends a digit, as often as a word before it says.
func (s *scan) push(it item) {
	times := int8(1)
	if r := s.repeat; r.word.value > 1 && it.start >= r.end && it.start-r.end <= 2 {
		it.start, times = r.start, r.word.value
	}
	s.repeat = mark{}
	for range times {
		s.pushOne(it)
	}
}

// pushOne appends one digit, to the last group when it touches it.
func (s *scan) pushOne(it item) {
	s.items = append(s.items, it)
	n := len(s.groups) - 1
	if n >= 0 && (s.groups[n].end == it.start || s.groups[n].end == it.end) {
		g := &s.groups[n]
		g.end, g.last = it.end, len(s.items)
		g.forms |= it.form
		return
	}
	s.groups = append(s.groups, group{it.start, it.end, len(s.items) - 1, len(s.items), it.form})
}

// addGlued marks digits spelled without spaces, "fouroneone".
func (s *scan) addGlued(start, end int) {
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
func (s *scan) digitPrefix(i, end int) int {
	for j := i + 3; j <= min(i+5, end); j++ {
		if node, w := s.prefixWord(i, j); node > 0 && w.kind&kindDigit != 0 && w.value >= 0 {
			return j
		}
	}
	return 0
}

// prefixWord looks up exactly the characters of a range.
func (s *scan) prefixWord(i, j int) (int32, word) {
	at := int32(0)
	for ; i < j; i++ {
		if at = s.d.words.follow(at, s.view.char[i]); at == 0 {
			return 0, word{}
		}
	}
	return at, s.d.words.words[at]
}

// buildClusters joins groups into numbers.
func (s *scan) buildClusters() {
	for i := 0; i < len(s.groups); {
		c := cluster{start: s.groups[i].start, first: i}
		j := i
		for {
			g := s.groups[j]
			c.digits += g.last - g.first
			c.forms |= g.forms
			c.end = g.end
			j++
			if j == len(s.groups) || !s.joined(s.groups[j-1], s.groups[j]) {
				break
			}
		}
		c.last = j
		s.clusters = append(s.clusters, c)
		i = j
	}
}

// joined tells whether two groups read as one number.
func (s *scan) joined(a, b group) bool {
	gap := b.start - a.end
	single := a.last-a.first == 1 && b.last-b.first == 1
	if b.forms == formSpelled && s.countedAt(b.end) {
		return false
	}
	if single && a.forms == formSpelled && b.forms == formSpelled && gap <= 10 && s.only(a.end, b.start, kindFiller|kindRepeat) {
		return true
	}
	if gap > 3 {
		return false
	}
	for i := a.end; i < b.start; i++ {
		if v := &s.view; v.solid(i) || v.class(i) == classOpaque {
			return false
		}
	}
	if single {
		return true
	}
	if a.forms&formSpelled != b.forms&formSpelled {
		return false
	}
	if gap == 1 {
		return numberGap(s.view.char[a.end])
	}
	return gap == 3 && s.view.char[a.end] == ' ' && dash(s.view.char[a.end+1]) && s.view.char[a.end+2] == ' '
}

func numberGap(r rune) bool {
	switch r {
	case ' ', '.', '_', '·', '~', '+', '*', '|', '•':
		return true
	}
	return dash(r)
}

func dash(r rune) bool {
	return r == '-' || r >= 0x2010 && r <= 0x2015 || r == 0x2212 || r == '—' || r == '﹣'
}
