package recovery

import (
	"crypto/sha256"
	"slices"

	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/secret"
	"kefu/internal/domain/guard/words"
)

// commonHan are the characters that carry ordinary Chinese sentences. All are
// in the BIP-39 lists or close to those that are; a phrase drawn at random has
// few of them, a sentence has many.
const commonHan = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年也能下过子说多得经之着等里如小都两去好还因然前天那你看么但没很什给吗呢吧您请问怎款钱账号卡付支行银收让想知道这這個為會說對時來們過還"

// glyph is a Chinese character of a list with its place.
type glyph struct {
	at   int
	glue int // characters between it and the one before
}

// hanSeeds looks for phrases of single Chinese characters. Ordinary sentences
// are made of the same characters, so how they are written, the checksum and
// the words around decide.
func (s *search) hanSeeds() {
	v := &s.View
	for _, bit := range []uint8{fold.Simplified, fold.Traditional} {
		run := s.glyphs[:0]
		last := -1
		for i := 0; i < len(v.Char); i++ {
			if v.Class(i) != fold.Han {
				continue
			}
			if v.Mark[i]&uint16(bit) == 0 || last >= 0 && !s.hanGap(last+1, i) || s.seedName(i) {
				s.hanRun(run, bit)
				run = run[:0]
				if v.Mark[i]&uint16(bit) == 0 || s.seedName(i) {
					last = -1
					continue
				}
			}
			glue := 0
			if len(run) > 0 {
				glue = i - last - 1
			}
			run = append(run, glyph{i, glue})
			last = i
		}
		s.hanRun(run, bit)
		s.glyphs = run
	}
}

// seedName tells whether position i is inside a word that names the phrase, or
// a connector.
func (s *search) seedName(i int) bool {
	if s.Kinds&(words.Seed|words.Wallet) == 0 {
		return false
	}
	k := s.FirstMark(i + 1)
	for k--; k >= 0 && i-s.Marks[k].Start < 12; k-- {
		if i < s.Marks[k].End && s.Marks[k].Word.Kind&(words.Seed|words.Wallet) != 0 {
			return true
		}
	}
	return false
}

// hanGap tells whether two characters may be neighbours in a phrase.
func (s *search) hanGap(from, to int) bool {
	if to-from > 5 {
		return false
	}
	for i := from; i < to; i++ {
		if c := s.View.Class(i); c == fold.Letter || c == fold.Loose || c == fold.Opaque {
			return false
		}
	}
	return true
}

// hanRun decides on a run of list characters: parts written apart, parts of one
// chunk, and stretches next to a word that names the phrase.
func (s *search) hanRun(run []glyph, bit uint8) {
	if len(run) < seedFewest {
		return
	}
	named := s.hanNamed(run)
	if s.hanSpaced(run, bit, named) {
		return
	}
	for i := 0; i < len(run); {
		j := i + 1
		for j < len(run) && run[j].glue == 0 {
			j++
		}
		if s.hanPhrase(run[i:j], bit, named) {
			s.addHan(run[i:j])
		}
		i = j
	}
	if len(run) <= 30 && s.hanPhrase(run, bit, named) {
		s.addHan(run)
		return
	}
	if named {
		s.hanPrefix(run, bit)
	}
}

// hanNamed tells whether the text near a run names a recovery phrase.
func (s *search) hanNamed(run []glyph) bool {
	start, end := run[0].at, run[len(run)-1].at+1
	return s.Any(max(0, start-60), min(len(s.View.Char), end+30), words.Seed)
}

// hanSpaced finds characters written one by one, or in equal small groups.
func (s *search) hanSpaced(run []glyph, bit uint8, named bool) bool {
	found := false
	for i := 0; i < len(run); {
		j := i + 1
		for j < len(run) && run[j].glue > 0 {
			j++
		}
		if j < len(run) && j-i >= seedFewest {
			j-- // the last one begins a word
		}
		part := run[i:j]
		for len(part) > 12 && s.connects(part[0].at) && s.hanBefore(part[0].at) {
			part = part[1:]
		}
		if len(part) >= seedFewest && (s.common(part)*4 <= len(part) || s.checksum(part, bit) || named) {
			s.addHan(part)
			found = true
		}
		i = j
	}
	return found
}

// hanPhrase decides on a stretch of exactly a phrase's length.
func (s *search) hanPhrase(part []glyph, bit uint8, named bool) bool {
	switch len(part) {
	case 12, 15, 18, 21, 24:
	default:
		return false
	}
	common, valid := s.common(part), s.checksum(part, bit)
	if named && s.told {
		return !s.spellsWords(part) && (valid && common*3 <= len(part) || common*6 <= len(part))
	}
	if named {
		return valid || common*6 <= len(part) || s.ConnectorEnds(part[0].at) && s.View.Char[part[0].at-1] == ':'
	}
	return valid && (common*8 <= len(part) && !s.spellsWords(part) || s.repeats(part))
}

// spellsWords tells whether characters side by side make listed words, as in a
// sentence. Characters drawn at random hardly ever do.
func (s *search) spellsWords(part []glyph) bool {
	end := part[len(part)-1].at + 1
	for k := s.FirstMark(part[0].at); k < len(s.Marks) && s.Marks[k].End <= end; k++ {
		if s.Marks[k].End-s.Marks[k].Start >= 2 {
			return true
		}
	}
	return false
}

// hanLines finds a phrase whose characters are those of whole lines at the end of
// the text. That it ends where lines do makes the checksum surer than inside a
// sentence; characters of ordinary answers are common ones and make words.
func (s *search) hanLines() {
	v := &s.View
	for _, bit := range []uint8{fold.Simplified, fold.Traditional} {
		row, lines, whole := s.glyphs[:0], 0, 0
		for i := len(v.Char) - 1; i >= -1; i-- {
			if i < 0 || v.Char[i] == '\n' {
				lines++
				slices.Reverse(row)
				if lines > 1 && (whole > 0 && s.hanOlder(row[:len(row)-whole]) || s.hanLine(row, bit)) {
					whole = len(row)
				}
				slices.Reverse(row)
				continue
			}
			if v.Class(i) != fold.Han {
				continue
			}
			if v.Mark[i]&uint16(bit) == 0 || len(row) == 24 {
				break
			}
			row = append(row, glyph{at: i})
		}
		s.glyphs = row
		if whole > 0 {
			slices.Reverse(row)
			s.addHan(row[len(row)-whole:])
			return
		}
	}
}

// hanOlder tells whether lines before a phrase belong to it: a part of a longer one
// passes the check by chance.
func (s *search) hanOlder(row []glyph) bool {
	return len(row) > 1 && s.common(row)*3 <= len(row) && !s.spellsWords(row)
}

// hanLine decides on the characters of whole lines.
func (s *search) hanLine(row []glyph, bit uint8) bool {
	return len(row) >= seedFewest && s.common(row)*3 <= len(row) && s.checksum(row, bit) && !s.spellsWords(row)
}

// hanPrefix tries the lengths of a phrase at both ends of a longer run.
func (s *search) hanPrefix(run []glyph, bit uint8) {
	start := 0
	for start < len(run) && s.connects(run[start].at) {
		start++
	}
	run = run[start:]
	for _, n := range []int{24, 21, 18, 15, 12} {
		if n <= len(run) && s.checksum(run[:n], bit) && s.common(run[:n])*4 <= n {
			s.addHan(run[:n])
			return
		}
	}
	for _, n := range []int{24, 21, 18, 15, 12} {
		if part := run[max(0, len(run)-n):]; len(part) == n && s.checksum(part, bit) && s.common(part)*4 <= n {
			s.addHan(part)
			return
		}
	}
}

// connects tells whether a connector covers position i.
func (s *search) connects(i int) bool {
	k := s.FirstMark(i+1) - 1
	return k >= 0 && i < s.Marks[k].End && s.Marks[k].Word.Kind&reading.Linking != 0
}

func (s *search) hanBefore(i int) bool { return i > 0 && s.View.Class(i-1) == fold.Han }

func (s *search) common(part []glyph) int {
	n := 0
	for _, g := range part {
		if s.lists.common[s.View.Char[g.at]] {
			n++
		}
	}
	return n
}

// repeats tells phrases of one or two characters over and over, as in examples.
func (s *search) repeats(part []glyph) bool {
	same := 0
	for _, g := range part {
		if s.View.Char[g.at] == s.View.Char[part[0].at] {
			same++
		}
	}
	return same >= len(part)-2
}

func (s *search) addHan(part []glyph) {
	start, numbers := part[0].at, 0
	for _, g := range part {
		if s.NumeralAt(g.at) {
			numbers++
		}
	}
	if numbers*2 > len(part) {
		return // a number spelled out
	}
	for i := start - 1; i >= 0 && start-i <= 5 && !(s.View.Solid(i) && s.View.Class(i) != fold.Digit); i-- {
		if s.View.Class(i) == fold.Digit && (i == 0 || s.View.Class(i-1) != fold.Digit) {
			start = i
			break
		}
	}
	s.Add(start, part[len(part)-1].at+1, secret.Seed, "")
}

// checksum verifies a phrase of list characters.
func (s *search) checksum(part []glyph, bit uint8) bool {
	index := s.lists.simplified
	if bit == fold.Traditional {
		index = s.lists.traditional
	}
	if len(part)%3 != 0 || len(part) < 12 || len(part) > 24 {
		return false
	}
	var places [24]int
	for i, g := range part {
		places[i] = index[s.View.Char[g.at]]
	}
	return validPhrase(places[:len(part)])
}

// validPhrase verifies the checksum of a phrase of 12 to 24 words, given by their
// places in the list (BIP-39, "Generating the mnemonic").
func validPhrase(places []int) bool {
	var bits [33]byte
	for i, n := range places {
		for b := range 11 {
			if n>>(10-b)&1 == 1 {
				at := i*11 + b
				bits[at/8] |= 0x80 >> (at % 8)
			}
		}
	}
	entropy := len(places) * 4 / 3
	sum := sha256.Sum256(bits[:entropy])
	width := uint(len(places) / 3)
	return bits[entropy]>>(8-width) == sum[0]>>(8-width)
}
