package recovery

import (
	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/words"
)

// misspelt tells whether one letter added, dropped, changed or swapped makes a
// list word of w. Look-ups are limited per text.
func (s *search) misspelt(w content, lists uint16) bool {
	t := s.Tokens[w.token]
	if t.End-t.Start < 3 || t.End-t.Start > 12 || s.budget <= 0 || lists&s.lists.latin == 0 {
		return false
	}
	if k := s.FirstMark(t.Start); k < len(s.Marks) && s.Marks[k].Start == t.Start && s.Marks[k].Word.Kind&(words.Plain|reading.Linking|words.Near|words.Ask) != 0 {
		return false // a word of ordinary prose
	}
	s.budget--
	word := s.View.Char[t.Start:t.End]
	var room [16]rune
	return s.dropped(word, room[:0], lists) || s.changed(word, room[:0], lists) || s.inserted(word, room[:0], lists)
}

func (s *search) listed(word []rune, lists uint16) bool {
	return s.lists.of(reading.HashRunes(word))&lists&^bitShort != 0
}

// dropped tries the word without each letter, and with neighbours swapped.
func (s *search) dropped(word, room []rune, lists uint16) bool {
	for i := range word {
		if s.listed(append(append(room, word[:i]...), word[i+1:]...), lists) {
			return true
		}
		if i+1 < len(word) {
			swapped := append(room, word...)
			swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
			if s.listed(swapped, lists) {
				return true
			}
		}
	}
	return false
}

func (s *search) changed(word, room []rune, lists uint16) bool {
	candidate := append(room, word...)
	for i := range word {
		for r := 'a'; r <= 'z'; r++ {
			candidate[i] = r
			if s.listed(candidate, lists) {
				return true
			}
		}
		candidate[i] = word[i]
	}
	return false
}

func (s *search) inserted(word, room []rune, lists uint16) bool {
	for i := 0; i <= len(word); i++ {
		candidate := append(append(append(room, word[:i]...), 'a'), word[i:]...)
		for r := 'a'; r <= 'z'; r++ {
			candidate[i] = r
			if s.listed(candidate, lists) {
				return true
			}
		}
	}
	return false
}
