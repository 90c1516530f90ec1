package guard

import (
	"strings"
	"unicode/utf8"

	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/recovery"
	"kefu/internal/domain/guard/secret"
	"kefu/internal/domain/guard/words"
)

// told is a recovery phrase that is being told over several messages: the pieces
// of the last ones, the newest first.
type told struct {
	pieces [tellMost]piece
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
	tellMost   = 12 // pieces that are looked at
	aside      = 2  // words that may be no part of the phrase
	nameMost   = 2  // list words of a name
	fewestMore = 4  // Chinese characters that go on with a phrase
	nameApart  = 30 // blank lines between a name and the pieces: it is near, and no part of them
)

func (t *told) add(p piece, words int32) {
	t.pieces[t.n] = p
	t.n++
	t.words += words
}

// has tells whether the same was said before: who says "one moment" six times
// tells no phrase of twelve words.
func (t *told) has(sum uint64) bool {
	for _, p := range t.pieces[:t.n] {
		if p.sum == sum {
			return true
		}
	}
	return false
}

// phrases adds to the findings those of a recovery phrase that the current text,
// whose gist is g, completes.
func (d *Detector) phrases(previous []Turn, current string, g gist, part recovery.Part, now []Finding, earlier [][]Finding) ([]Finding, [][]Finding) {
	if g.kinds&words.Seed == 0 && part.Empty() {
		return now, earlier
	}
	t := told{named: g.kinds&words.Seed != 0}
	for i := range previous {
		t.named = t.named || previous[i].gist.kinds&words.Seed != 0
	}
	for least := int32(1); least <= aside+1; least += aside { // "wait" is a list word, too
		found := false
		if t.written(previous, part, least) || least == 1 && t.characters(previous, g, part) {
			if t.n == 1 && t.pieces[0].hidden(now) {
				break // all of it was found already
			}
			now, earlier, found = d.scanTold(&t, previous, current, now, earlier)
		}
		if found {
			break
		}
	}
	if t.continued(previous, part) {
		return t.all(previous, current, now, earlier)
	}
	return now, earlier
}

// written collects pieces of written words of one list. It tells whether they may
// be a phrase. Pieces of less than least words are left out.
func (t *told) written(previous []Turn, part recovery.Part, least int32) bool {
	t.n, t.words = 0, 0
	head, ok := part.Piece()
	if !ok {
		head = part.Head
	}
	if head.Words == 0 && !t.named {
		return false
	}
	lists := ^uint16(0)
	if head.Words > 0 {
		t.add(piece{-1, head.From, head.To, part.Sum}, head.Words)
		lists = head.Lists
	}
	var begins told // as if the phrase began at the end of an ordinary sentence
	for i := len(previous) - 1; i >= 0 && t.n < tellMost; i-- {
		p := &previous[i].part
		if !previous[i].Own || p.Han > 0 || t.has(p.Sum) {
			continue
		}
		if seedRemoved(&previous[i]) {
			break
		}
		s, ok := p.Piece()
		if p.Others > 0 && s.Words <= nameMost && previous[i].gist.kinds&words.Seed != 0 {
			continue // "my seed phrase:" is made of list words, too
		}
		if !ok {
			if s = p.Tail; s.Words > 0 && s.Lists&lists != 0 && t.words+s.Words >= recovery.Fewest {
				begins = *t
				begins.add(piece{i, s.From, s.To, p.Sum}, s.Words)
			}
			continue
		}
		if s.Lists&lists != 0 && s.Words >= least {
			t.add(piece{i, s.From, s.To, p.Sum}, s.Words)
			lists &= s.Lists
		}
	}
	if t.words < recovery.Fewest && begins.n > 0 || begins.words > t.words {
		*t = begins
	}
	return t.words >= recovery.Fewest && (t.n > 1 || t.named)
}

// characters collects pieces that are Chinese characters and nothing else.
func (t *told) characters(previous []Turn, g gist, part recovery.Part) bool {
	t.n, t.words = 0, 0
	if part.Han == 0 && !t.named || part.Spells && g.kinds&words.Seed == 0 {
		return false
	}
	if part.Han > 0 && g.kinds&words.Seed == 0 { // else it names what was told
		t.add(piece{-1, 0, -1, part.Sum}, part.Han)
	}
	for i := len(previous) - 1; i >= 0 && t.n < tellMost; i-- {
		p := &previous[i].part
		if previous[i].Own && seedRemoved(&previous[i]) {
			break
		}
		if previous[i].Own && p.Han > 0 && (!p.Spells || previous[i].gist.kinds&words.Seed != 0) && !t.has(p.Sum) {
			t.add(piece{i, 0, -1, p.Sum}, p.Han)
		}
	}
	return t.words >= recovery.Fewest && (t.n > 1 || t.named)
}

// continued tells whether the text goes on with a recovery phrase of which so
// much was said that its beginning has been removed.
func (t *told) continued(previous []Turn, part recovery.Part) bool {
	t.n, t.words = 0, 0
	rare, han := t.more(-1, &part), part.Han > 0
	if t.n == 0 {
		return false
	}
	for i := len(previous) - 1; i >= 0 && t.n < tellMost; i-- {
		p := &previous[i].part
		switch {
		case !previous[i].Own:
		case seedRemoved(&previous[i]):
			if han {
				return t.words >= fewestMore && rare*3+1 >= t.words*2
			}
			return t.words > 1 && rare*4 >= t.words
		case p.Han > 0 == han && !t.has(p.Sum):
			rare += t.more(i, p)
		}
	}
	return false
}

// seedRemoved tells whether a recovery phrase was removed from the end of a text.
func seedRemoved(t *Turn) bool {
	return t.gist.removed && strings.HasSuffix(t.Text, secret.Marker(Finding{Class: Seed}))
}

// more takes in a text that is nothing but words or characters of a list. It
// gives how many of them ordinary sentences do not need.
func (t *told) more(turn int, p *recovery.Part) int32 {
	switch {
	case p.Han > 0 && !p.Spells:
		t.add(piece{turn, 0, -1, p.Sum}, p.Han)
		return p.Rare
	case p.Han == 0 && p.Others == 0 && p.Head.Words > 0:
		t.add(piece{turn, p.Head.From, p.Head.To, p.Sum}, p.Head.Words)
		return p.Head.Rare
	}
	return 0
}

// all makes findings of the pieces as they are.
func (t *told) all(previous []Turn, current string, now []Finding, earlier [][]Finding) ([]Finding, [][]Finding) {
	for i := range t.pieces[:t.n] {
		p := &t.pieces[i]
		t.text(p, previous, current)
		now, earlier = add(now, earlier, previous, p.turn, Finding{Start: int(p.from), End: int(p.to), Class: Seed})
	}
	return now, earlier
}

// add puts a finding into those of a turn.
func add(now []Finding, earlier [][]Finding, previous []Turn, turn int, f Finding) ([]Finding, [][]Finding) {
	if turn < 0 {
		return secret.Merge(append(now, f)), earlier
	}
	if earlier == nil {
		earlier = make([][]Finding, len(previous))
	}
	earlier[turn] = secret.Merge(append(earlier[turn], f))
	return now, earlier
}

// scanTold reads the pieces in a row, behind what names them. It tells whether it
// found anything.
func (d *Detector) scanTold(t *told, previous []Turn, current string, now []Finding, earlier [][]Finding) ([]Finding, [][]Finding, bool) {
	var joined strings.Builder
	if t.named {
		joined.WriteString(t.name(previous, current))
		joined.WriteString(strings.Repeat("\n", nameApart))
	}
	points := utf8.RuneCountInString(joined.String())
	var starts [tellMost]int
	for i := t.n - 1; i >= 0; i-- {
		p := &t.pieces[i]
		text := t.text(p, previous, current)
		starts[i] = points
		joined.WriteString(cut(text, int(p.from), int(p.to)))
		joined.WriteByte('\n')
		points += int(p.to-p.from) + 1
	}
	s := d.scans.Get().(*reading.Scan)
	defer d.release(s)
	s.Load(strings.TrimSuffix(joined.String(), "\n"))
	d.recovery.Told(s)
	found := s.Findings()
	for _, f := range found {
		for i, p := range t.pieces[:t.n] {
			if part, ok := clip(f, starts[i], int(p.to-p.from)); ok {
				part.Start, part.End = part.Start+int(p.from), part.End+int(p.from)
				now, earlier = add(now, earlier, previous, p.turn, part)
			}
		}
	}
	return now, earlier, len(found) > 0
}

// text is the text that holds a piece; the end of a piece that goes to the end
// is settled.
func (t *told) text(p *piece, previous []Turn, current string) string {
	text := current
	if p.turn >= 0 {
		text = previous[p.turn].Text
	}
	if p.to < 0 {
		p.to = int32(utf8.RuneCountInString(text))
	}
	return text
}

// name is a text that names a recovery phrase.
func (t *told) name(previous []Turn, current string) string {
	for i := len(previous) - 1; i >= 0; i-- {
		if previous[i].gist.kinds&words.Seed != 0 {
			return previous[i].Text
		}
	}
	return current
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
