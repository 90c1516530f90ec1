package numbers

import (
	"sort"

	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/secret"
	"kefu/internal/domain/guard/words"
)

// detectCodes looks for one-time codes, and for passwords and PINs in digits.
func (s *search) detectCodes() {
	for _, c := range s.Clusters {
		if c.Digits < 4 || c.Digits > 12 {
			continue
		}
		if class, l := s.codeClass(c); l != reading.LinkNone && !s.harmless(c, l) && !s.expiryNamed(c) {
			s.Add(s.wholeStart(c), c.End, class, "")
		}
	}
	s.halves()
	s.toldAgain()
}

// halves finds a code whose second half has a line of its own, "code 482" and
// then "911".
func (s *search) halves() {
	for k := 0; k+1 < len(s.Clusters); k++ {
		a, b := s.Clusters[k], s.Clusters[k+1]
		if !halfCode(a) || !halfCode(b) || b.Start != a.End+1 || !s.Alone(b.Start, b.End) || s.Taken(a.Start, b.End) {
			continue
		}
		l := s.LinkBefore(a.Start, words.OTP|words.Code)
		if s.Expected&reading.ExpectHalves != 0 && b.End == len(s.View.Char) && s.Alone(a.Start, a.End) {
			l = reading.LinkConnected
		}
		if l >= reading.LinkConnected && !s.harmless(a, l) && !s.harmless(b, l) {
			s.Add(a.Start, b.End, secret.OTP, "")
		}
	}
}

func halfCode(c reading.Cluster) bool { return c.Digits >= 3 && c.Digits <= 4 }

// wholeStart takes in the digits before a comma, "44,8190": the cluster alone
// would leave half a code.
func (s *search) wholeStart(c reading.Cluster) int {
	start, v := c.Start, &s.View
	for k := c.First - 1; k >= 0; k-- {
		if g := s.Groups[k]; g.End != start-1 || v.Char[g.End] != ',' && v.Char[g.End] != '.' {
			break
		}
		start = s.Groups[k].Start
	}
	return start
}

// toldAgain finds a code that is told once more or corrected: "409, sorry, 490",
// "changed from 409 to 490". It has as many digits and little between.
func (s *search) toldAgain() {
	const between = 16
	for i := 0; i < len(s.Hits); i++ {
		h := s.Hits[i]
		if h.Class != secret.CVV && h.Class != secret.OTP && h.Class != secret.Password {
			continue
		}
		k := sort.Search(len(s.Clusters), func(k int) bool { return s.Clusters[k].Start >= h.End })
		if k == 0 || k == len(s.Clusters) || s.Clusters[k-1].End != h.End {
			continue
		}
		c := s.Clusters[k]
		if c.Digits != s.Clusters[k-1].Digits || c.Digits < 3 || c.Start-h.End > between || s.namedBetween(h.End, c.Start) {
			continue
		}
		if !s.harmless(c, reading.LinkConnected) {
			s.Add(c.Start, c.End, h.Class, "")
		}
	}
}

// namedBetween tells whether words in a range give the number behind it a
// meaning of its own. Small words like "to" do not, "paid" does.
func (s *search) namedBetween(start, end int) bool {
	for k := s.FirstMark(start); k < len(s.Marks) && s.Marks[k].End <= end; k++ {
		m := s.Marks[k]
		if m.Word.Kind&(words.Claim|words.Expiry|words.Card) != 0 || m.Word.Kind&words.Near != 0 && m.End-m.Start > 3 {
			return true
		}
	}
	return false
}

// codeClass is what the words around a number make of it.
func (s *search) codeClass(c reading.Cluster) (secret.Class, reading.Link) {
	if l := s.LinkBefore(c.Start, words.Pass|words.PIN); l >= reading.LinkConnected && c.Digits <= 12 {
		return secret.Password, l
	}
	if c.Digits > 10 {
		return "", reading.LinkNone
	}
	if l := s.LinkBefore(c.Start, words.OTP); l != reading.LinkNone && (c.Digits <= 8 || l >= reading.LinkConnected) {
		return secret.OTP, l
	}
	if l := s.LinkBefore(c.Start, words.Code); l >= reading.LinkConnected && c.Digits <= 8 {
		return secret.OTP, l
	}
	if s.ConnectorEnds(c.Start) && s.Any(c.End, min(c.End+reading.ReachAfter, len(s.View.Char)), words.OTP) && c.Digits <= 8 {
		return secret.OTP, reading.LinkConnected
	}
	if s.LinkAfter(c.Start, c.End, words.OTP|words.Code) && c.Digits <= 8 {
		return secret.OTP, reading.LinkConnected
	}
	if s.LinkAfter(c.Start, c.End, words.Pass|words.PIN) && s.possessed(c.End) {
		return secret.Password, reading.LinkConnected
	}
	if s.Expected&reading.ExpectOTP != 0 && c.Digits <= 8 && s.Bare() {
		return secret.OTP, reading.LinkConnected
	}
	if s.Expected&(reading.ExpectPIN|reading.ExpectPassword) != 0 && s.Bare() {
		return secret.Password, reading.LinkConnected
	}
	return "", reading.LinkNone
}

// possessed tells whether "is", "as my" or the like follows, so that the number
// is the password and not just beside the word.
func (s *search) possessed(end int) bool {
	k := s.FirstMark(end)
	return k < len(s.Marks) && s.Marks[k].Word.Kind&(words.Is|words.Link) != 0
}
