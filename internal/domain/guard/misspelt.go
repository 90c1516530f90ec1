package guard

// misspelt tells whether one letter added, dropped, changed or swapped makes a
// list word of w. Look-ups are limited per text.
func (s *scan) misspelt(w content, lists uint16) bool {
	t := s.tokens[w.token]
	if t.end-t.start < 3 || t.end-t.start > 12 || s.budget <= 0 || lists&s.d.seeds.latin == 0 {
		return false
	}
	if k := s.firstMark(t.start); k < len(s.marks) && s.marks[k].start == t.start && s.marks[k].word.kind&(kindPlain|linkWord|kindNear|kindAsk) != 0 {
		return false // a word of ordinary prose
	}
	s.budget--
	word := s.view.char[t.start:t.end]
	var room [16]rune
	return s.dropped(word, room[:0], lists) || s.changed(word, room[:0], lists) || s.inserted(word, room[:0], lists)
}

func (s *scan) listed(word []rune, lists uint16) bool {
	return s.d.seeds.lists[hashRunes(word)]&lists&^bitShort != 0
}

// dropped tries the word without each letter, and with neighbours swapped.
func (s *scan) dropped(word, room []rune, lists uint16) bool {
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

func (s *scan) changed(word, room []rune, lists uint16) bool {
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

func (s *scan) inserted(word, room []rune, lists uint16) bool {
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
