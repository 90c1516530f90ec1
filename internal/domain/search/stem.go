package search

// stem takes the English plural off a normalised word, so that refunds, queries
// and addresses are found by refund, query and address. It is weaker than the
// S-stemmer of Harman (1991) on purpose: a name must not turn into another. The
// result may share the word's memory. Verb endings stay.
func stem(word []byte) []byte {
	if !latinLetters(word) {
		return word
	}
	n := len(word)
	if n >= 4 && word[n-1] == 's' && word[n-2] != 's' && word[n-2] != 'u' && word[n-2] != 'i' {
		word, n = word[:n-1], n-1
	}
	switch {
	case n >= 4 && word[n-1] == 'e' && hisses(word[:n-1]), n >= 4 && word[n-2] == 'i' && word[n-1] == 'e':
		return word[:n-1]
	case n >= 3 && word[n-1] == 'y' && !vowel(word[n-2]):
		return append(append(make([]byte, 0, n), word[:n-1]...), 'i')
	}
	return word
}

func latinLetters(word []byte) bool {
	for _, c := range word {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	return len(word) > 0
}

// hisses tells the endings after which English writes -es for the plural.
func hisses(word []byte) bool {
	n := len(word)
	switch word[n-1] {
	case 's', 'x', 'z':
		return true
	case 'h':
		return word[n-2] == 'c' || word[n-2] == 's'
	}
	return false
}

func vowel(c byte) bool {
	return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u'
}
