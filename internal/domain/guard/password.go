package guard

import "strings"

// detectPasswords looks for what follows, or precedes, the word password.
func (s *scan) detectPasswords() {
	for _, m := range s.marks {
		if m.word.kind&kindPassWeak != 0 && s.signFollows(m.end) {
			s.passwordAfter(m)
		}
		if m.word.kind&(kindPass|kindPIN) == 0 || m.word.kind&kindOTP != 0 && m.word.kind&kindPass == 0 {
			continue
		}
		if s.passwordAfter(m) {
			continue
		}
		s.passwordBefore(m)
	}
	if s.expected&expectPassword != 0 && len(s.hits) == 0 {
		s.passwordAnswer()
	}
}

// passwordAfter looks behind the word, past up to five connecting words.
func (s *scan) passwordAfter(m mark) bool {
	at, l := s.valueStart(m)
	if l == linkNone || at >= len(s.view.char) {
		return false
	}
	end := s.valueEnd(at)
	if end == at || s.covered(at, end) {
		return end > at
	}
	if closing, ok := s.quotedPhrase(at); ok {
		s.add(at, closing, Password, "")
		return true
	}
	if !s.secretWord(at, end, l) {
		return s.passphrase(m, at, l)
	}
	s.add(at, s.secondPart(end, l), Password, "")
	return true
}

// signFollows tells whether a colon or equals sign follows, spaces aside.
func (s *scan) signFollows(i int) bool {
	v := &s.view
	for i < len(v.char) && v.char[i] == ' ' {
		i++
	}
	return i < len(v.char) && connectorSign(v.char[i])
}

// secondPart extends "jane" of "credentials: jane / hunter2" to the end.
func (s *scan) secondPart(end int, l link) int {
	v := &s.view
	i, slash := end, false
	for i < len(v.char) && i-end <= 3 && !v.solid(i) {
		slash = slash || v.char[i] == '/' || v.char[i] == '|'
		i++
	}
	if !slash || l < linkConnected {
		return end
	}
	if stop := s.valueEnd(i); s.codeLike(i, stop) {
		return stop
	}
	return end
}

// quotedPhrase finds several words in quotes that are not a message about the
// password.
func (s *scan) quotedPhrase(at int) (int, bool) {
	v := &s.view
	if at == 0 || !quote(v.char[at-1]) {
		return 0, false
	}
	end := at
	for end < len(v.char) && end-at <= 64 && !quote(v.char[end]) && v.char[end] != '\n' {
		end++
	}
	if end >= len(v.char) || !quote(v.char[end]) {
		return 0, false
	}
	words, plain := 0, 0
	for _, t := range s.tokens[s.firstToken(at):] {
		if t.end > end {
			break
		}
		words++
		if s.plain(t.start, t.end) {
			plain++
		}
	}
	return end, words >= 2 && words <= 8 && plain*2 <= words
}

// valueStart skips what stands between the word and its value. The link is
// tight after a colon or an equals sign, connected after "is", loose otherwise.
func (s *scan) valueStart(m mark) (int, link) {
	v := &s.view
	i, l, words := m.end, linkLoose, 0
	for i < len(v.char) && i-m.end <= reach {
		switch r, class := v.char[i], v.class(i); {
		case class == classSpace && r != '\n', quote(r), r == ')', r == ']', r == '*' && l == linkLoose && i == m.end:
			i++
		case r == '\n' && i == m.end, r == '\n' && l >= linkConnected:
			i++
		case connectorSign(r), r == '-' && i+1 < len(v.char) && (v.char[i+1] == ' ' || v.char[i+1] == '>'), r == '–', r == '—':
			i, l = i+1, linkTight
		case class == classOther && l == linkLoose && (r == ',' || r == '('):
			i++
		default:
			k := s.firstMark(i)
			known := k < len(s.marks) && s.marks[k].start == i
			switch {
			case known && l == linkConnected && s.marks[k].word.kind&kindAdverb != 0 && !s.codeLike(i, s.valueEnd(i)):
				i = s.marks[k].end
			case known && s.marks[k].word.kind&kindIs != 0 && l < linkTight && !s.codeLike(i, s.valueEnd(i)):
				i, l = s.marks[k].end, linkConnected
			case l == linkLoose && words < 5 && s.skippable(i, k, known):
				i = s.wordEndAt(i, k, known)
				words++
			default:
				return i, l
			}
		}
	}
	return i, linkNone
}

// skippable tells whether the word at i may stand between password and "is".
func (s *scan) skippable(i, k int, known bool) bool {
	if s.codeLike(i, s.valueEnd(i)) {
		return false
	}
	if known {
		return s.marks[k].word.kind&kindAsk == 0
	}
	return (s.view.class(i) == classLetter || s.view.class(i) == classHan) && s.connectorAhead(i)
}

// connectorAhead tells whether a connector follows within the next words.
func (s *scan) connectorAhead(i int) bool {
	v := &s.view
	for j := i; j < len(v.char) && j-i < reach; j++ {
		switch {
		case connectorSign(v.char[j]):
			return true
		case v.char[j] == '\n' || v.char[j] == '.' || v.char[j] == ',' || v.char[j] == '?':
			return false
		}
		if k := s.firstMark(j); k < len(s.marks) && s.marks[k].start == j && s.marks[k].word.kind&kindIs != 0 && j > i && (!v.solid(j-1) || v.class(j) == classHan) {
			return true
		}
	}
	return false
}

func (s *scan) wordEndAt(i, k int, known bool) int {
	if known {
		return s.marks[k].end
	}
	if s.view.class(i) == classHan {
		return i + 1
	}
	for i < len(s.view.char) && s.view.solid(i) {
		i++
	}
	return i
}

// valueEnd is the end of what is written without a gap at i. Chinese text and
// full-width punctuation end a value; closing quotes and commas do not belong.
func (s *scan) valueEnd(i int) int {
	v := &s.view
	j := i
	for j < len(v.char) && j-i < 256 {
		class := v.class(j)
		if class == classSpace || class == classHan || class == classOpaque || v.mark[j]&bitWide != 0 && class == classOther || quote(v.char[j]) {
			break
		}
		if class == classLoose && j > i && v.class(j-1) != classLoose {
			break
		}
		j++
	}
	return j
}

func quote(r rune) bool {
	switch r {
	case '"', '\'', '`', '“', '”', '‘', '’', '«', '»', '「', '」', '『', '』', '【', '】', '《', '》':
		return true
	}
	return false
}

// codeLike tells whether a written word looks made up: digits among letters, or
// symbols inside.
func (s *scan) codeLike(start, end int) bool {
	v := &s.view
	var digits, letters, symbols int
	for i := start; i < end; i++ {
		switch class := v.class(i); {
		case class == classDigit:
			digits++
		case class == classLetter || class == classLoose:
			letters++
		case i+1 < end && strings.ContainsRune("@#$%^&*_+!~=?<>|\\", v.char[i]):
			symbols++
		case strings.ContainsRune("@#$%^&*_+~!", v.char[i]) && i+1 == end:
			symbols++
		}
	}
	if end-start < 4 {
		return false
	}
	trailing := v.char[end-1] == '!' && symbols == 1
	return digits > 0 && letters > 0 && end-start >= 5 || digits >= 4 && letters == 0 && symbols > 0 ||
		symbols > 0 && letters > 0 && !trailing
}

// secretWord decides whether a written word is a password.
func (s *scan) secretWord(start, end int, l link) bool {
	v := &s.view
	quoted := start > 0 && quote(v.char[start-1]) && end < len(v.char) && quote(v.char[end])
	word := end
	for word > start && v.class(word-1) == classOther {
		word--
	}
	if s.placeholder(start, end) {
		return false
	}
	if s.codeLike(start, end) {
		return l > linkLoose || s.codeLike(start, word)
	}
	if s.allDigits(start, word) {
		return word-start >= 4 && !s.countedAt(word) && (l > linkLoose || word-start >= 6 || s.lastInLine(word))
	}
	if l == linkLoose || word-start < 4 && !quoted || v.class(start) > classLoose || v.class(start) < classLetter {
		return false
	}
	if quoted {
		return true
	}
	return !s.plain(start, word) && s.stands(word, l)
}

func (s *scan) allDigits(start, end int) bool {
	for i := start; i < end; i++ {
		if c := s.view.class(i); c != classDigit {
			return false
		}
	}
	return end > start
}

func (s *scan) countedAt(end int) bool {
	k := s.firstMark(end)
	return k < len(s.marks) && s.marks[k].word.kind&kindUnit != 0 && s.marks[k].start-end <= 1
}

func (s *scan) lastInLine(i int) bool {
	v := &s.view
	for i < len(v.char) && v.class(i) != classDigit && !v.solid(i) {
		if v.char[i] == '\n' {
			return true
		}
		i++
	}
	return i >= len(v.char)
}

// placeholder tells rows of stars, x's or dots that hide a password.
func (s *scan) placeholder(start, end int) bool {
	v := &s.view
	for i := start; i < end; i++ {
		switch v.char[i] {
		case '*', 'x', '•', '.', '#', '_', '-', '?', ',', '!', '(', ')', '…', ';', '/':
		default:
			return false
		}
	}
	return true
}

// plain tells whether a word says something about a password and is none.
func (s *scan) plain(start, end int) bool {
	v := &s.view
	for i := start; i < end; i++ {
		if v.class(i) == classOther && v.char[i] != '-' && v.char[i] != '.' {
			return i-start >= 2 && s.plain(start, i)
		}
	}
	if k := s.firstMark(start); k < len(s.marks) && s.marks[k].start == start {
		if w := s.marks[k].word.kind; w&(kindPlain|kindAsk|kindUnit|kindDigit|kindPass|kindClaim) != 0 {
			return true
		}
	}
	word := v.cased(start, end)
	word = strings.ToLower(word)
	for _, suffix := range []string{"ed", "ing", "ly", "able", "ible", "ful", "less", "n't", "ive", "ous", "ment", "tion", "ado", "ada", "ido", "ida", "iert"} {
		if strings.HasSuffix(word, suffix) {
			return true
		}
	}
	return false
}

// stands tells whether a plain word stands alone, as a value does, and is not
// the beginning of a clause.
func (s *scan) stands(end int, l link) bool {
	v := &s.view
	i := end
	for i < len(v.char) && (v.class(i) == classSpace && v.char[i] != '\n' || quote(v.char[i])) {
		i++
	}
	if i >= len(v.char) || !v.solid(i) {
		return true
	}
	k := s.firstMark(i)
	if k < len(s.marks) && s.marks[k].start == i {
		return s.marks[k].word.kind&(kindLink|kindPlain|kindNear|kindAsk|kindPass|kindFiller) != 0 && l >= linkConnected
	}
	return l == linkTight && v.class(i) == classHan
}

// passphrase covers several plain words after "passphrase:" up to the line's end.
func (s *scan) passphrase(m mark, at int, l link) bool {
	if l != linkTight {
		return false
	}
	words, end := 0, at
	for _, t := range s.tokens[s.firstToken(at):] {
		if t.start > at && s.breaks(end, t.start) {
			break
		}
		if t.class != classLetter || t.end-t.start < 3 || s.plain(t.start, t.end) || words == 10 {
			return false
		}
		words, end = words+1, t.end
	}
	if words < 2 || words > 10 {
		return false
	}
	s.add(at, end, Password, "")
	return true
}

// breaks tells whether a phrase ends between two words.
func (s *scan) breaks(start, end int) bool {
	for i := start; i < end; i++ {
		switch s.view.char[i] {
		case '\n', '.', ',', ';', '(':
			return true
		}
	}
	return end-start > 3
}

// passwordBefore looks for "hunter2 is my password" and "abc123是我的密码".
func (s *scan) passwordBefore(m mark) {
	v := &s.view
	i, linked := m.start, false
	for k := s.firstMark(m.start) - 1; k >= 0; k-- {
		p := s.marks[k]
		if p.end > i || i-p.end > 2 || p.word.kind&(kindIs|kindLink|kindNear) == 0 || s.codeLike(s.chunkStart(p.end), p.end) {
			break
		}
		linked = linked || p.word.kind&kindIs != 0
		i = p.start
	}
	for i > 0 && (v.class(i-1) == classSpace || v.class(i-1) == classOther && (quote(v.char[i-1]) || v.char[i-1] == ',')) {
		i--
	}
	start := s.chunkStart(i)
	if linked && start < i && s.codeLike(start, i) && !s.covered(start, i) {
		s.add(start, i, Password, "")
	}
}

// chunkStart is the begin of what is written without a gap before i.
func (s *scan) chunkStart(i int) int {
	v := &s.view
	j := i
	for j > 0 && i-j < 128 {
		class := v.class(j - 1)
		if class == classSpace || class == classHan || class == classLoose || class == classOpaque || v.mark[j-1]&bitWide != 0 || quote(v.char[j-1]) {
			break
		}
		j--
	}
	return j
}

// passwordAnswer takes a bare word as the answer to a question for a password.
func (s *scan) passwordAnswer() {
	v := &s.view
	if !s.bare() || len(v.char) > 80 {
		return
	}
	for i := 0; i < len(v.char); {
		if v.class(i) == classSpace || v.class(i) == classHan || quote(v.char[i]) {
			i++
			continue
		}
		end := s.valueEnd(i)
		if end == i {
			i++
			continue
		}
		alone := s.lastInLine(end) && i == 0 && end-i >= 4 && !s.plain(i, end) && !s.placeholder(i, end) && v.class(i) == classLetter
		if s.codeLike(i, end) || s.allDigits(i, end) && end-i >= 4 || alone {
			s.add(i, end, Password, "")
		}
		i = end
	}
}
