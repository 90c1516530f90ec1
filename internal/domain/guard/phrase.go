package guard

import (
	"strings"
	"unicode/utf8"

	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/recovery"
	"kefu/internal/domain/guard/secret"
	"kefu/internal/domain/guard/words"
)

// phraseCandidate is what may be a recovery phrase told over several messages: the
// pieces of the last ones, the newest first.
type phraseCandidate struct {
	pieces [maxPieces]piece
	n      int
	words  int32
	named  bool // one of the messages, or a question, names a recovery phrase
}

// piece is a part of a message, in code points.
type piece struct {
	turn     int // in the turns before; -1 is the current text
	from, to int32
	sum      uint64
}

// hidden tells whether a piece of the current text lies in one of its findings.
func (p *piece) hidden(now []Finding) bool {
	for _, f := range now {
		if p.turn < 0 && p.to >= 0 && f.Start <= int(p.from) && int(p.to) <= f.End {
			return true
		}
	}
	return false
}

const (
	maxPieces    = 12 // that are looked at
	maxUnrelated = 2  // words of a piece that may be no part of the phrase
	nameMost     = 2  // list words of a name
	fewestMore   = 4  // Chinese characters that go on with a phrase
	nameApart    = 30 // blank lines between a name and the pieces: it is near, and no part of them
)

func (c *phraseCandidate) add(p piece, words int32) {
	c.pieces[c.n] = p
	c.n++
	c.words += words
}

// has tells whether the same was said before: who says "one moment" six times
// tells no phrase of twelve words.
func (c *phraseCandidate) has(sum uint64) bool {
	for _, p := range c.pieces[:c.n] {
		if p.sum == sum {
			return true
		}
	}
	return false
}

// phrases finds a recovery phrase that the current text completes.
func (w *window) phrases() {
	if w.summary.kinds&words.Seed == 0 && w.part.Empty() {
		return
	}
	c := phraseCandidate{named: w.summary.kinds&words.Seed != 0}
	for i := range w.previous {
		c.named = c.named || w.previous[i].summary.kinds&words.Seed != 0
	}
	for least := int32(1); least <= maxUnrelated+1; least += maxUnrelated { // "wait" is a list word, too
		if !c.written(w, least) && (least > 1 || !c.characters(w)) {
			continue
		}
		known := c.n == 1 && c.pieces[0].hidden(w.now)
		if known || w.scanPhrase(&c) {
			break
		}
	}
	if c.continued(w) {
		w.addAll(&c)
	}
}

// written collects pieces of written words of one list. It tells whether they may
// be a phrase. Pieces of less than least words are left out.
func (c *phraseCandidate) written(w *window, least int32) bool {
	c.n, c.words = 0, 0
	head, ok := w.part.Piece()
	if !ok {
		head = w.part.Head
	}
	if head.Words == 0 && !c.named {
		return false
	}
	lists := ^uint16(0)
	if head.Words > 0 {
		c.add(piece{-1, head.From, head.To, w.part.Sum}, head.Words)
		lists = head.Lists
	}
	var begins phraseCandidate // as if the phrase began at the end of an ordinary sentence
	for i := len(w.previous) - 1; i >= 0 && c.n < maxPieces; i-- {
		p := &w.previous[i].part
		if !w.previous[i].Own || p.Han > 0 || c.has(p.Sum) {
			continue
		}
		if seedRemoved(&w.previous[i]) {
			break
		}
		s, ok := p.Piece()
		if p.Others > 0 && s.Words <= nameMost && w.previous[i].summary.kinds&words.Seed != 0 {
			continue // "my seed phrase:" is made of list words, too
		}
		if !ok {
			if s = p.Tail; s.Words > 0 && s.Lists&lists != 0 && c.words+s.Words >= recovery.Fewest {
				begins = *c
				begins.add(piece{i, s.From, s.To, p.Sum}, s.Words)
			}
			continue
		}
		if s.Lists&lists != 0 && s.Words >= least {
			c.add(piece{i, s.From, s.To, p.Sum}, s.Words)
			lists &= s.Lists
		}
	}
	if c.words < recovery.Fewest && begins.n > 0 || begins.words > c.words {
		*c = begins
	}
	return c.words >= recovery.Fewest && (c.n > 1 || c.named)
}

// characters collects pieces that are Chinese characters and nothing else.
func (c *phraseCandidate) characters(w *window) bool {
	c.n, c.words = 0, 0
	part, named := &w.part, w.summary.kinds&words.Seed != 0
	if part.Han == 0 && !c.named || part.Spells && !named {
		return false
	}
	if part.Han > 0 && !named { // else it names what was told
		c.add(piece{-1, 0, -1, part.Sum}, part.Han)
	}
	for i := len(w.previous) - 1; i >= 0 && c.n < maxPieces; i-- {
		p := &w.previous[i].part
		if w.previous[i].Own && seedRemoved(&w.previous[i]) {
			break
		}
		if w.previous[i].Own && p.Han > 0 && (!p.Spells || w.previous[i].summary.kinds&words.Seed != 0) && !c.has(p.Sum) {
			c.add(piece{i, 0, -1, p.Sum}, p.Han)
		}
	}
	return c.words >= recovery.Fewest && (c.n > 1 || c.named)
}

// continued tells whether the text goes on with a recovery phrase of which so
// much was said that its beginning has been removed.
func (c *phraseCandidate) continued(w *window) bool {
	c.n, c.words = 0, 0
	rare, han := c.more(-1, &w.part), w.part.Han > 0
	if c.n == 0 {
		return false
	}
	for i := len(w.previous) - 1; i >= 0 && c.n < maxPieces; i-- {
		p := &w.previous[i].part
		switch {
		case !w.previous[i].Own:
		case seedRemoved(&w.previous[i]):
			if han {
				return c.words >= fewestMore && rare*3+1 >= c.words*2
			}
			return c.words > 1 && rare*4 >= c.words
		case p.Han > 0 == han && !c.has(p.Sum):
			rare += c.more(i, p)
		}
	}
	return false
}

// seedRemoved tells whether a recovery phrase was removed from the end of a text.
func seedRemoved(t *Turn) bool {
	return t.summary.removed && strings.HasSuffix(t.Text, secret.Marker(Finding{Class: Seed}))
}

// more takes in a text that is nothing but words or characters of a list. It
// gives how many of them ordinary sentences do not need.
func (c *phraseCandidate) more(turn int, p *recovery.Part) int32 {
	switch {
	case p.Han > 0 && !p.Spells:
		c.add(piece{turn, 0, -1, p.Sum}, p.Han)
		return p.Rare
	case p.Han == 0 && p.Others == 0 && p.Head.Words > 0:
		c.add(piece{turn, p.Head.From, p.Head.To, p.Sum}, p.Head.Words)
		return p.Head.Rare
	}
	return 0
}

// addAll makes findings of the pieces as they are.
func (w *window) addAll(c *phraseCandidate) {
	for i := range c.pieces[:c.n] {
		p := &c.pieces[i]
		w.text(p)
		w.add(p.turn, Finding{Start: int(p.from), End: int(p.to), Class: Seed})
	}
}

// scanPhrase reads the pieces in a row, behind what names them. It tells whether
// it found anything.
func (w *window) scanPhrase(c *phraseCandidate) bool {
	var joined strings.Builder
	if c.named {
		joined.WriteString(w.phraseName())
		joined.WriteString(strings.Repeat("\n", nameApart))
	}
	points := utf8.RuneCountInString(joined.String())
	var starts [maxPieces]int
	for i := c.n - 1; i >= 0; i-- {
		p := &c.pieces[i]
		text := w.text(p)
		starts[i] = points
		joined.WriteString(cut(text, int(p.from), int(p.to)))
		joined.WriteByte('\n')
		points += int(p.to-p.from) + 1
	}
	s := w.scans.Get().(*reading.Scan)
	defer w.release(s)
	s.Load(strings.TrimSuffix(joined.String(), "\n"))
	w.recovery.Told(s)
	found := s.Findings()
	for _, f := range found {
		for i, p := range c.pieces[:c.n] {
			if part, ok := clip(f, starts[i], int(p.to-p.from)); ok {
				part.Start, part.End = part.Start+int(p.from), part.End+int(p.from)
				w.add(p.turn, part)
			}
		}
	}
	return len(found) > 0
}

// text is the text that holds a piece; the end of a piece that goes to the end
// is settled.
func (w *window) text(p *piece) string {
	text := w.current
	if p.turn >= 0 {
		text = w.previous[p.turn].Text
	}
	if p.to < 0 {
		p.to = int32(utf8.RuneCountInString(text))
	}
	return text
}

// phraseName is a text that names a recovery phrase.
func (w *window) phraseName() string {
	for i := len(w.previous) - 1; i >= 0; i-- {
		if w.previous[i].summary.kinds&words.Seed != 0 {
			return w.previous[i].Text
		}
	}
	return w.current
}

// cut is a range of code points of a text; an invalid byte counts as one.
func cut(text string, from, to int) string {
	point, start, end := 0, len(text), len(text)
	for i := range text {
		if point == from {
			start = i
		}
		if point == to {
			end = i
			break
		}
		point++
	}
	return text[min(start, end):end]
}
