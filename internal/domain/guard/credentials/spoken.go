package credentials

import (
	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/secret"
	"kefu/internal/domain/guard/words"
)

const (
	madeUpShortest = 6   // characters of a password that only its form gives away
	namedWithin    = 60  // characters between such a password and the word for it
	addressLongest = 128 // characters of an e-mail or web address that are looked at
)

// spokenValues finds passwords that stand away from the word: "I forgot the
// password, I think it's blue77". They have digits among letters, and a
// connecting word or a comma before them.
func (s *search) spokenValues() {
	end := 0
	for _, t := range s.Tokens {
		if t.Class != fold.Digit || t.Start < end {
			continue
		}
		start := s.chunkStart(t.Start)
		end = s.valueEnd(start)
		if !s.madeUp(start, end) || s.Covered(start, end) || s.publicValue(start) {
			continue
		}
		if stop := s.trimmed(start, end); s.spoken(start, stop) {
			s.Add(start, stop, secret.Password, "")
		}
	}
}

// toldAgain finds a second password behind one that was found: "hunter2 and
// hunter22", "from hunter2 to hunter3".
func (s *search) toldAgain() {
	const between = 8
	for i := 0; i < len(s.Hits); i++ {
		h := s.Hits[i]
		if h.Class != secret.Password {
			continue
		}
		start := h.End
		for start < len(s.View.Char) && start-h.End < between && !s.View.Solid(start) {
			start++
		}
		if k := s.FirstMark(start); k < len(s.Marks) && s.Marks[k].Start == start && s.Marks[k].Word.Kind&(words.Filler|words.Near|words.Link) != 0 {
			start = s.Marks[k].End + 1
		}
		if start >= len(s.View.Char) || start-h.End > between || !s.madeUpFollows(start-1) {
			continue
		}
		if end := s.trimmed(start, s.valueEnd(start)); !s.Covered(start, end) {
			s.Add(start, end, secret.Password, "")
		}
	}
}

// madeUp is codeLike for a word that has nothing else to show for it.
func (s *search) madeUp(start, end int) bool {
	return end-start >= madeUpShortest && s.codeLike(start, end) && s.letters(start, end) >= 2
}

func (s *search) letters(start, end int) int {
	n := 0
	for i := start; i < end; i++ {
		if s.View.Class(i) == fold.Letter {
			n++
		}
	}
	return n
}

// trimmed is the end of a value without the punctuation of the sentence.
func (s *search) trimmed(start, end int) int {
	for end > start && (s.View.Char[end-1] == ',' || s.View.Char[end-1] == '.' || s.View.Char[end-1] == '?' || s.View.Char[end-1] == ';') {
		end--
	}
	return end
}

// publicValue tells whether the word begins like something that is no secret,
// such as "iphone15", or is an e-mail or web address.
func (s *search) publicValue(start int) bool {
	if k := s.FirstMark(start); k < len(s.Marks) && s.Marks[k].Start == start && s.Marks[k].End-start >= 3 &&
		s.Marks[k].Word.Kind&(words.Public|words.Claim|words.Unit|words.Token) != 0 {
		return true
	}
	at := false
	for i := start; i < len(s.View.Char) && i-start < addressLongest && s.View.Class(i) != fold.Space; i++ {
		switch r := s.View.Char[i]; {
		case r == '@':
			at = true
		case r == '.' && at, r == '/' && i > start && s.View.Char[i-1] == '/':
			return true
		}
	}
	return false
}

// spoken tells whether the text gives the word as the value of a password.
func (s *search) spoken(start, end int) bool {
	connected, comma := s.connectedAt(start)
	if !connected && !comma {
		return false
	}
	const naming = words.Pass | words.Claim | words.Public | words.Token | words.Wallet | words.ID | words.Card | words.OTP | words.Place
	for k := s.FirstMark(start) - 1; k >= 0 && start-s.Marks[k].End <= namedWithin; k-- {
		if kind := s.Marks[k].Word.Kind; kind&naming != 0 {
			return kind&words.Pass != 0 && (connected || s.lastInLine(end))
		}
	}
	for k := s.FirstMark(end); connected && k < len(s.Marks) && s.Marks[k].Start-end <= reading.Reach; k++ {
		if kind := s.Marks[k].Word.Kind; kind&naming != 0 {
			return kind&words.Pass != 0 && !s.SentenceEnds(end, s.Marks[k].Start)
		}
	}
	return false
}

// connectedAt tells whether a connecting word, or a comma, ends before start.
func (s *search) connectedAt(start int) (connected, comma bool) {
	v, i := &s.View, start
	for i > 0 && start-i <= 3 && !v.Solid(i-1) {
		i--
		comma = comma || v.Char[i] == ',' || v.Char[i] == '、'
	}
	k := s.FirstMark(i) - 1
	if k < 0 || s.Marks[k].End != i {
		return false, comma
	}
	return s.Marks[k].Word.Kind&(words.Is|words.Adverb) != 0, comma
}

// loginPairs finds the password of "ann:blue77!" and "ann@example.com / blue77".
func (s *search) loginPairs() {
	end := 0
	for _, t := range s.Tokens {
		if t.Class != fold.Digit || t.Start < end {
			continue
		}
		start := s.chunkStart(t.Start)
		end = s.valueEnd(start)
		if end-start < madeUpShortest {
			continue
		}
		if at, ok := s.pairValue(start, end); ok && s.madeUp(at, end) && !s.Covered(at, end) {
			s.Add(at, s.trimmed(at, end), secret.Password, "")
		}
	}
}

// pairValue is where the password of a pair begins: behind the colon or bar of
// the word, or at its start when an e-mail address and a separator come before.
func (s *search) pairValue(start, end int) (int, bool) {
	v := &s.View
	if s.addressBefore(start) {
		return start, true
	}
	for i := start + 2; i < end-madeUpShortest+1; i++ {
		switch r := v.Char[i]; {
		case r != ':' && r != '|' && r != ';':
		case v.Char[i+1] == '/' || v.Class(start) != fold.Letter || s.knownAt(start):
			return 0, false
		case s.address(start, i):
			return i + 1, true
		default:
			return i + 1, r == ':' && s.loginNear(start, end)
		}
	}
	return 0, false
}

func (s *search) knownAt(i int) bool {
	k := s.FirstMark(i)
	return k < len(s.Marks) && s.Marks[k].Start == i && s.Marks[k].Word.Kind&words.Pass == 0
}

// loginNear tells whether a pair is spoken of as a login, or passed to curl.
func (s *search) loginNear(start, end int) bool {
	const around = 24
	if s.Any(max(0, start-around), min(len(s.View.Char), end+around), words.Public|words.Pass|words.PassWeak) {
		return true
	}
	return start >= 3 && s.literal(start-3, "-u ")
}

// address tells whether a range is an e-mail address.
func (s *search) address(start, end int) bool {
	at := false
	for i := start; i < end; i++ {
		switch r := s.View.Char[i]; {
		case r == '@':
			at = true
		case r == '.' && at:
			return true
		}
	}
	return false
}

// addressBefore tells whether an e-mail address and a slash, bar or row of
// dashes stand before start.
func (s *search) addressBefore(start int) bool {
	v, i, parted := &s.View, start, false
	for i > 0 && start-i <= 6 && !v.Solid(i-1) {
		i--
		parted = parted || v.Char[i] == '/' || v.Char[i] == '|' || v.Char[i] == ';' || v.Char[i] == '-'
	}
	if !parted {
		return false
	}
	dot := false
	for ; i > 0 && start-i < addressLongest && v.Class(i-1) != fold.Space; i-- {
		switch v.Char[i-1] {
		case '.':
			dot = true
		case '@':
			return dot
		}
	}
	return false
}
