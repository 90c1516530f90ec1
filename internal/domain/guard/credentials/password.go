package credentials

import (
	"slices"
	"strings"

	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/secret"
	"kefu/internal/domain/guard/words"
)

// detectPasswords looks for what follows, or precedes, the word password.
func (s *search) detectPasswords() {
	for _, m := range s.Marks {
		if m.Word.Kind&words.PassWeak != 0 && (s.signFollows(m.End) || s.madeUpFollows(m.End)) {
			s.passwordAfter(m)
		}
		if m.Word.Kind&(words.Pass|words.PIN) == 0 || m.Word.Kind&words.OTP != 0 && m.Word.Kind&words.Pass == 0 {
			continue
		}
		if s.passwordAfter(m) {
			continue
		}
		s.passwordBefore(m)
	}
	if s.Kinds&words.Pass != 0 && s.Digits > 0 {
		s.spokenValues()
		s.toldAgain()
	}
	if s.Expected&reading.ExpectPassword != 0 && len(s.Hits) == 0 {
		s.passwordAnswer()
	}
}

// passwordAfter looks behind the word, past up to five connecting words.
func (s *search) passwordAfter(m reading.Mark) bool {
	at, l := s.valueStart(m)
	if l == reading.LinkNone || at >= len(s.View.Char) {
		return false
	}
	end := s.valueEnd(at)
	if end == at || s.Covered(at, end) {
		return end > at
	}
	if closing, ok := s.quotedPhrase(at); ok {
		s.Add(at, closing, secret.Password, "")
		return true
	}
	if !s.secretWord(at, end, l) {
		return s.passphrase(m, at, l)
	}
	s.Add(at, s.secondPart(end, l), secret.Password, "")
	return true
}

// signFollows tells whether a colon or equals sign follows, spaces aside.
func (s *search) signFollows(i int) bool {
	v := &s.View
	for i < len(v.Char) && v.Char[i] == ' ' {
		i++
	}
	return i < len(v.Char) && reading.ConnectorSign(v.Char[i])
}

// madeUpFollows tells whether the next word has digits among letters, as in
// "user ann pass blue77".
func (s *search) madeUpFollows(i int) bool {
	return i+1 < len(s.View.Char) && s.View.Char[i] == ' ' && s.madeUp(i+1, s.valueEnd(i+1)) && !s.publicValue(i+1)
}

// secondPart extends "jane" of "credentials: jane / hunter2" to the end.
func (s *search) secondPart(end int, l reading.Link) int {
	v := &s.View
	i, slash := end, false
	for i < len(v.Char) && i-end <= 3 && !v.Solid(i) {
		slash = slash || v.Char[i] == '/' || v.Char[i] == '|'
		i++
	}
	if !slash || l < reading.LinkConnected {
		return end
	}
	if stop := s.valueEnd(i); s.codeLike(i, stop) {
		return stop
	}
	return end
}

// quotedPhrase finds several words in quotes that are not a message about the
// password.
func (s *search) quotedPhrase(at int) (int, bool) {
	v := &s.View
	if at == 0 || !quote(v.Char[at-1]) {
		return 0, false
	}
	end := at
	for end < len(v.Char) && end-at <= 64 && !quote(v.Char[end]) && v.Char[end] != '\n' {
		end++
	}
	if end >= len(v.Char) || !quote(v.Char[end]) {
		return 0, false
	}
	words, plain := 0, 0
	for _, t := range s.Tokens[s.FirstToken(at):] {
		if t.End > end {
			break
		}
		words++
		if s.plain(t.Start, t.End) {
			plain++
		}
	}
	return end, words >= 2 && words <= 8 && plain*2 <= words
}

// valueStart skips what stands between the word and its value. The link is
// tight after a colon or an equals sign, connected after "is", loose otherwise.
func (s *search) valueStart(m reading.Mark) (int, reading.Link) {
	v := &s.View
	i, l, skipped := m.End, reading.LinkLoose, 0
	for i < len(v.Char) && i-m.End <= reading.Reach {
		switch r, class := v.Char[i], v.Class(i); {
		case class == fold.Space && r != '\n', quote(r), r == ')', r == ']', r == '*' && l == reading.LinkLoose && i == m.End:
			i++
		case r == '\n' && i == m.End, r == '\n' && l >= reading.LinkConnected:
			i++
		case reading.ConnectorSign(r), r == '-' && i+1 < len(v.Char) && (v.Char[i+1] == ' ' || v.Char[i+1] == '>'), r == '–', r == '—':
			i, l = i+1, reading.LinkTight
		case class == fold.Other && l == reading.LinkLoose && (r == ',' || r == '('):
			i++
		default:
			k := s.FirstMark(i)
			known := k < len(s.Marks) && s.Marks[k].Start == i
			switch {
			case known && l == reading.LinkConnected && s.Marks[k].Word.Kind&words.Adverb != 0 && !s.codeLike(i, s.valueEnd(i)):
				i = s.Marks[k].End
			case known && s.Marks[k].Word.Kind&words.Is != 0 && l < reading.LinkTight && !s.codeLike(i, s.valueEnd(i)):
				i, l = s.Marks[k].End, reading.LinkConnected
			case l == reading.LinkLoose && skipped < 5 && s.skippable(m, i, k, known):
				i = s.wordEndAt(i, k, known)
				skipped++
			default:
				return i, l
			}
		}
	}
	return i, reading.LinkNone
}

// skippable tells whether the word at i may stand between password and "is".
func (s *search) skippable(m reading.Mark, i, k int, known bool) bool {
	if s.codeLike(i, s.valueEnd(i)) {
		return false
	}
	if known && s.Marks[k].Word.Kind&^(words.Public|words.Place|words.CVVWeak) != 0 {
		return s.Marks[k].Word.Kind&words.Ask == 0 && !s.otherName(m, k)
	}
	return (s.View.Class(i) == fold.Letter || s.View.Class(i) == fold.Han) && s.connectorAhead(i)
}

// otherName tells whether mark k names the value behind it as harmless: the
// phone number of "forgot the password, phone number is …", but not the phone
// of "the password on my phone is …".
func (s *search) otherName(m reading.Mark, k int) bool {
	if s.Marks[k].Word.Kind&words.Claim == 0 {
		return false
	}
	before := s.Marks[k-1]
	return before.Start <= m.Start || s.Marks[k].Start-before.End > 1 || before.Word.Kind&(words.Near|words.Link) == 0
}

// connectorAhead tells whether a connector follows within the next words.
func (s *search) connectorAhead(i int) bool {
	v := &s.View
	for j := i; j < len(v.Char) && j-i < reading.Reach; j++ {
		switch {
		case reading.ConnectorSign(v.Char[j]):
			return true
		case v.Char[j] == '\n' || v.Char[j] == '.' || v.Char[j] == ',' || v.Char[j] == '?':
			return false
		}
		if k := s.FirstMark(j); k < len(s.Marks) && s.Marks[k].Start == j && s.Marks[k].Word.Kind&words.Is != 0 && j > i && (!v.Solid(j-1) || v.Class(j) == fold.Han) {
			return true
		}
	}
	return false
}

func (s *search) wordEndAt(i, k int, known bool) int {
	if known {
		return s.Marks[k].End
	}
	if s.View.Class(i) == fold.Han {
		return i + 1
	}
	for i < len(s.View.Char) && s.View.Solid(i) {
		i++
	}
	return i
}

// valueEnd is the end of what is written without a gap at i. Chinese text and
// full-width punctuation end a value; closing quotes and commas do not belong.
func (s *search) valueEnd(i int) int {
	v := &s.View
	j := i
	for j < len(v.Char) && j-i < 256 {
		class := v.Class(j)
		if class == fold.Space || class == fold.Han || class == fold.Opaque || v.Mark[j]&fold.Wide != 0 && class == fold.Other || quote(v.Char[j]) {
			break
		}
		if class == fold.Loose && j > i && v.Class(j-1) != fold.Loose {
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
func (s *search) codeLike(start, end int) bool {
	v := &s.View
	var digits, letters, symbols int
	for i := start; i < end; i++ {
		switch class := v.Class(i); {
		case class == fold.Digit:
			digits++
		case class == fold.Letter || class == fold.Loose:
			letters++
		case i+1 < end && strings.ContainsRune("@#$%^&*_+!~=?<>|\\", v.Char[i]):
			symbols++
		case strings.ContainsRune("@#$%^&*_+~!", v.Char[i]) && i+1 == end:
			symbols++
		}
	}
	if end-start < 4 {
		return false
	}
	trailing := v.Char[end-1] == '!' && symbols == 1
	return digits > 0 && letters > 0 && end-start >= 5 || digits >= 4 && letters == 0 && symbols > 0 ||
		symbols > 0 && letters > 0 && !trailing
}

// secretWord decides whether a written word is a password.
func (s *search) secretWord(start, end int, l reading.Link) bool {
	v := &s.View
	quoted := start > 0 && quote(v.Char[start-1]) && end < len(v.Char) && quote(v.Char[end])
	word := end
	for word > start && v.Class(word-1) == fold.Other {
		word--
	}
	if s.placeholder(start, end) {
		return false
	}
	if s.codeLike(start, end) {
		return l > reading.LinkLoose || s.codeLike(start, word)
	}
	if s.allDigits(start, word) {
		return word-start >= 4 && !s.CountedAt(word) && (l > reading.LinkLoose || word-start >= 6 || s.lastInLine(word))
	}
	if l == reading.LinkLoose || word-start < 4 && !quoted || v.Class(start) > fold.Loose || v.Class(start) < fold.Letter {
		return false
	}
	if quoted {
		return true
	}
	return !s.plainBefore(start, word, l) && s.stands(word, l)
}

func (s *search) allDigits(start, end int) bool {
	for i := start; i < end; i++ {
		if c := s.View.Class(i); c != fold.Digit {
			return false
		}
	}
	return end > start
}

func (s *search) lastInLine(i int) bool {
	v := &s.View
	for i < len(v.Char) && v.Class(i) != fold.Digit && !v.Solid(i) {
		if v.Char[i] == '\n' {
			return true
		}
		i++
	}
	return i >= len(v.Char)
}

// placeholder tells rows of stars, x's or dots that hide a password.
func (s *search) placeholder(start, end int) bool {
	v := &s.View
	for i := start; i < end; i++ {
		switch v.Char[i] {
		case '*', 'x', '•', '.', '#', '_', '-', '?', ',', '!', '(', ')', '…', ';', '/':
		default:
			return false
		}
	}
	return true
}

// plainBefore is plain for a word behind a link. Behind a colon only few endings
// make an ordinary word: "password: dragonfly" tells one.
func (s *search) plainBefore(start, end int, l reading.Link) bool {
	if l != reading.LinkTight || s.knownPlain(start) {
		return s.plain(start, end)
	}
	word := strings.ToLower(s.View.Cased(start, end))
	return slices.ContainsFunc([]string{"ed", "ing", "less", "able", "ible", "n't"}, func(suffix string) bool { return strings.HasSuffix(word, suffix) })
}

// plain tells whether a word says something about a password and is none.
func (s *search) plain(start, end int) bool {
	v := &s.View
	for i := start; i < end; i++ {
		if v.Class(i) == fold.Other && v.Char[i] != '-' && v.Char[i] != '.' {
			return i-start >= 2 && s.plain(start, i)
		}
	}
	if s.knownPlain(start) {
		return true
	}
	word := v.Cased(start, end)
	word = strings.ToLower(word)
	for _, suffix := range []string{"ed", "ing", "ly", "able", "ible", "ful", "less", "n't", "ive", "ous", "ment", "tion", "ado", "ada", "ido", "ida", "iert"} {
		if strings.HasSuffix(word, suffix) {
			return true
		}
	}
	return false
}

func (s *search) knownPlain(start int) bool {
	k := s.FirstMark(start)
	return k < len(s.Marks) && s.Marks[k].Start == start &&
		s.Marks[k].Word.Kind&(words.Plain|words.Ask|words.Unit|words.Digit|words.Pass|words.Claim) != 0
}

// stands tells whether a plain word stands alone, as a value does, and is not
// the beginning of a clause.
func (s *search) stands(end int, l reading.Link) bool {
	v := &s.View
	i := end
	for i < len(v.Char) && (v.Class(i) == fold.Space && v.Char[i] != '\n' || quote(v.Char[i])) {
		i++
	}
	if i >= len(v.Char) || !v.Solid(i) {
		return true
	}
	k := s.FirstMark(i)
	if k < len(s.Marks) && s.Marks[k].Start == i {
		return s.Marks[k].Word.Kind&(words.Link|words.Plain|words.Near|words.Ask|words.Pass|words.Filler) != 0 && l >= reading.LinkConnected
	}
	return l == reading.LinkTight && v.Class(i) == fold.Han
}

// passphrase covers several plain words after "passphrase:" up to the line's end.
func (s *search) passphrase(m reading.Mark, at int, l reading.Link) bool {
	if l != reading.LinkTight {
		return false
	}
	words, end := 0, at
	for _, t := range s.Tokens[s.FirstToken(at):] {
		if t.Start > at && s.breaks(end, t.Start) {
			break
		}
		if t.Class != fold.Letter || t.End-t.Start < 3 || s.plain(t.Start, t.End) || words == 10 {
			return false
		}
		words, end = words+1, t.End
	}
	if words < 2 || words > 10 {
		return false
	}
	s.Add(at, end, secret.Password, "")
	return true
}

// breaks tells whether a phrase ends between two words.
func (s *search) breaks(start, end int) bool {
	for i := start; i < end; i++ {
		switch s.View.Char[i] {
		case '\n', '.', ',', ';', '(':
			return true
		}
	}
	return end-start > 3
}

// passwordBefore looks for "hunter2 is my password" and "abc123是我的密码".
func (s *search) passwordBefore(m reading.Mark) {
	v := &s.View
	i, linked := m.Start, false
	for k := s.FirstMark(m.Start) - 1; k >= 0; k-- {
		p := s.Marks[k]
		if p.End > i || i-p.End > 2 || p.Word.Kind&(words.Is|words.Link|words.Near) == 0 || s.codeLike(s.chunkStart(p.End), p.End) {
			break
		}
		linked = linked || p.Word.Kind&words.Is != 0
		i = p.Start
	}
	for i > 0 && (v.Class(i-1) == fold.Space || v.Class(i-1) == fold.Other && (quote(v.Char[i-1]) || v.Char[i-1] == ',')) {
		i--
	}
	start := s.chunkStart(i)
	if linked && start < i && s.codeLike(start, i) && !s.Covered(start, i) {
		s.Add(start, i, secret.Password, "")
	}
}

// chunkStart is the begin of what is written without a gap before i.
func (s *search) chunkStart(i int) int {
	v := &s.View
	j := i
	for j > 0 && i-j < 128 {
		class := v.Class(j - 1)
		if class == fold.Space || class == fold.Han || class == fold.Loose || class == fold.Opaque || v.Mark[j-1]&fold.Wide != 0 || quote(v.Char[j-1]) {
			break
		}
		j--
	}
	return j
}

// passwordAnswer takes a bare word as the answer to a question for a password.
func (s *search) passwordAnswer() {
	v := &s.View
	if !s.Bare() || len(v.Char) > 80 {
		return
	}
	for i := 0; i < len(v.Char); {
		if v.Class(i) == fold.Space || v.Class(i) == fold.Han || quote(v.Char[i]) {
			i++
			continue
		}
		end := s.valueEnd(i)
		if end == i {
			i++
			continue
		}
		alone := s.lastInLine(end) && i == 0 && end-i >= 4 && !s.plain(i, end) && !s.placeholder(i, end) && v.Class(i) == fold.Letter
		if s.codeLike(i, end) || s.allDigits(i, end) && end-i >= 4 || alone {
			s.Add(i, end, secret.Password, "")
		}
		i = end
	}
}
