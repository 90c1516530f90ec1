package numbers

import (
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
		if class, l := s.codeClass(c); l != reading.LinkNone && !s.harmless(c, l) {
			s.Add(c.Start, c.End, class, "")
		}
	}
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
	if s.LinkAfter(c.End, words.OTP|words.Code) && c.Digits <= 8 {
		return secret.OTP, reading.LinkConnected
	}
	if s.LinkAfter(c.End, words.Pass|words.PIN) && s.possessed(c.End) {
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
