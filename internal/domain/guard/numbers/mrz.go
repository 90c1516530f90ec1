package numbers

import (
	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/secret"
)

// detectMRZ masks the machine-readable zone of travel documents (ICAO 9303-4,
// -5, -6): lines of 30, 36 or 44 letters, digits and fillers.
func (s *search) detectMRZ() {
	v := &s.View
	for i := 0; i < len(v.Char); {
		if !mrzChar(v.Char[i]) {
			i++
			continue
		}
		j, fillers := i, 0
		for j < len(v.Char) && (mrzChar(v.Char[j]) || j+1 < len(v.Char) && v.Char[j] == ' ' && fillers > 0 && v.Char[j+1] == '<') {
			if v.Char[j] == '<' {
				fillers++
			}
			j++
		}
		if n := j - i; n >= 28 && n <= 92 && (fillers >= 2 || fillers >= 1 && s.mrzData(i)) {
			i, j = s.mrzLines(i, j)
			s.Add(i, j, secret.ID, "")
		}
		i = j
	}
}

// mrzLines joins the line before, if it was found and only a line break is
// between, so that the zone is one finding.
func (s *search) mrzLines(start, end int) (int, int) {
	n := len(s.Hits) - 1
	if n < 0 || s.Hits[n].Class != secret.ID || s.Hits[n].End > start || start-s.Hits[n].End > 3 {
		return start, end
	}
	for i := s.Hits[n].End; i < start; i++ {
		if s.View.Class(i) != fold.Space {
			return start, end
		}
	}
	return s.Hits[n].Start, end
}

func mrzChar(r rune) bool {
	return r == '<' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z'
}

// mrzData checks the document number of a second line: nine characters and
// their check digit, weights 7, 3, 1 (ICAO 9303-3, 4.9).
func (s *search) mrzData(start int) bool {
	v := &s.View
	weights, sum := [3]int{7, 3, 1}, 0
	for i := range 9 {
		switch r := v.Char[start+i]; {
		case r >= '0' && r <= '9':
			sum += weights[i%3] * int(r-'0')
		case r >= 'a' && r <= 'z':
			sum += weights[i%3] * int(r-'a'+10)
		}
	}
	return v.Char[start+9] == rune('0'+sum%10)
}
