package guard

// detectMRZ masks the machine-readable zone of travel documents (ICAO 9303-4,
// -5, -6): lines of 30, 36 or 44 letters, digits and fillers.
func (s *scan) detectMRZ() {
	v := &s.view
	for i := 0; i < len(v.char); {
		if !mrzChar(v.char[i]) {
			i++
			continue
		}
		j, fillers := i, 0
		for j < len(v.char) && (mrzChar(v.char[j]) || j+1 < len(v.char) && v.char[j] == ' ' && fillers > 0 && v.char[j+1] == '<') {
			if v.char[j] == '<' {
				fillers++
			}
			j++
		}
		if n := j - i; n >= 28 && n <= 92 && (fillers >= 2 || fillers >= 1 && s.mrzData(i, j)) {
			i, j = s.mrzLines(i, j)
			s.add(i, j, ID, "")
		}
		i = j
	}
}

// mrzLines joins the line before, if it was found and only a line break is
// between, so that the zone is one finding.
func (s *scan) mrzLines(start, end int) (int, int) {
	n := len(s.hits) - 1
	if n < 0 || s.hits[n].class != ID || s.hits[n].end > start || start-s.hits[n].end > 3 {
		return start, end
	}
	for i := s.hits[n].end; i < start; i++ {
		if s.view.class(i) != classSpace {
			return start, end
		}
	}
	return s.hits[n].start, end
}

func mrzChar(r rune) bool {
	return r == '<' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z'
}

// mrzData checks the document number of a second line: nine characters and
// their check digit, weights 7, 3, 1 (ICAO 9303-3, 4.9).
func (s *scan) mrzData(start, end int) bool {
	v := &s.view
	weights, sum := [3]int{7, 3, 1}, 0
	for i := range 9 {
		switch r := v.char[start+i]; {
		case r >= '0' && r <= '9':
			sum += weights[i%3] * int(r-'0')
		case r >= 'a' && r <= 'z':
			sum += weights[i%3] * int(r-'a'+10)
		}
	}
	return end-start >= 28 && v.char[start+9] == rune('0'+sum%10)
}
