package fold

// unify replaces Greek and Cyrillic letters in words that also hold plain Latin
// letters: nobody writes such a word but to look like another.
func (v *View) unify() {
	for i := 0; i < len(v.Char); {
		if v.Class(i) != Letter {
			i++
			continue
		}
		j, latin, foreign := i, false, false
		for ; j < len(v.Char) && v.Class(j) == Letter; j++ {
			latin = latin || v.Char[j] < 0x80
			foreign = foreign || v.Char[j] >= 0x370
		}
		for ; latin && foreign && i < j; i++ {
			v.Char[i] = lookAlike(v.Char[i])
		}
		i = j
	}
}

// lookAlike is the Latin letter that a folded Greek or Cyrillic one looks like
// (Unicode Technical Standard 39, confusables).
func lookAlike(r rune) rune {
	switch r {
	case 'а', 'α':
		return 'a'
	case 'в', 'β':
		return 'b'
	case 'с', 'ϲ':
		return 'c'
	case 'ԁ':
		return 'd'
	case 'е', 'ε':
		return 'e'
	case 'н', 'һ':
		return 'h'
	case 'і', 'ι':
		return 'i'
	case 'ј':
		return 'j'
	case 'к', 'κ':
		return 'k'
	case 'ӏ':
		return 'l'
	case 'м':
		return 'm'
	case 'о', 'ο':
		return 'o'
	case 'р', 'ρ':
		return 'p'
	case 'ԛ':
		return 'q'
	case 'ѕ':
		return 's'
	case 'т', 'τ':
		return 't'
	case 'υ':
		return 'u'
	case 'ν', 'ѵ':
		return 'v'
	case 'ԝ', 'ω':
		return 'w'
	case 'х', 'χ':
		return 'x'
	case 'у':
		return 'y'
	}
	return r
}
