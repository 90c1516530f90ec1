package numbers

import (
	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/secret"
)

// detectRest looks behind the last number that was removed: the messages after
// it must be nothing but a few figures.
func (s *search) detectRest() {
	removed := s.Removed[len(s.Removed)-1]
	v, from := &s.View, removed.End+1
	if from >= len(v.Char) || v.Char[from-1] != '\n' || s.Taken(from, len(v.Char)) {
		return
	}
	digits, solid, group, fours := make([]byte, 0, restMost+1), 0, 0, true
	for i := from; i < len(v.Char) && solid <= restMost; i++ {
		switch c := v.Class(i); {
		case c == fold.Digit:
			digits = append(digits, byte(v.Char[i]))
			solid, group = solid+1, group+1
		case c == fold.Letter && v.Upper(i):
			solid, group = solid+1, group+1
		case c == fold.Space || reading.Dash(v.Char[i]):
			fours, group = fours && group == 4, 0
		default:
			return
		}
	}
	fours = fours && group <= 4
	if removed.Class == secret.PAN && len(digits) == solid && s.restOfCard(string(digits), removed.Last4) {
		s.Add(from, len(v.Char), secret.PAN, "") // it may be the beginning of another card
	}
	if removed.Class == secret.ID && fours && len(digits) > 0 && solid >= 4 && solid <= restMost {
		s.Add(from, len(v.Char), secret.ID, s.lastSolid(from, len(v.Char)))
	}
}

const restMost = 26 // letters and digits that can follow on eight

// restOfCard tells whether digits behind a card number are the end of a longer
// one: not its last four once more, no expiry date and no security code. Behind
// such an end, which has no last four, they always are.
func (s *search) restOfCard(digits, last4 string) bool {
	if len(digits) < 2 || len(digits) == 3 || len(digits) > panLongest-panShortest || digits == last4 {
		return false
	}
	if last4 == "" {
		return true
	}
	month := int(digits[0]-'0')*10 + int(digits[1]-'0')
	return !(len(digits) == 4 || len(digits) == 6) || month < 1 || month > 12 || digits[2] < '2' || digits[2] > '4'
}
