package search

// Word is one word of a text, or one character of a script that is written without spaces.
type Word struct {
	Text     string // normalised: small letters, without accents, half width
	Glyph    bool   // it is such a character
	Joined   bool   // it follows the character before it without anything between
	From, To int    // code points of the source, half open
}

// Words reads the words of at most limit code points of a text, for other indexes than that
// of conversations: articles are read in the same way as messages.
func Words(text string, limit int) []Word {
	var a analysis
	a.read(text, limit)
	out := make([]Word, 0, len(a.symbols))
	for i, s := range a.symbols {
		out = append(out, Word{Text: string(a.bytes(i)), Glyph: s.glyph, Joined: a.paired(i), From: int(s.from), To: int(s.to)})
	}
	return out
}
