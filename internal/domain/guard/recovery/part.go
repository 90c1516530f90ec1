package recovery

import (
	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/words"
)

// Fewest is how many words of one list in a row are a recovery phrase.
const Fewest = seedFewest

// Stretch is a row of list words at an end of a text, some of them misspelt.
// From and To count code points of the text as given, half open. Lists are the
// bits of the lists that have all of the words.
type Stretch struct {
	From, To int32
	Words    int32
	Rare     int32 // of them, those that prose does not need
	Lists    uint16
}

// Part is how much of a text may be a piece of a recovery phrase.
type Part struct {
	Head, Tail Stretch // at the beginning and at the end; the same if Others is 0
	Others     int32   // written words outside the longer of them
	Han        int32   // list characters, when the text has nothing else
	Rare       int32   // of them, those that are not in every sentence
	Spells     bool    // they make listed words, as those of a sentence do
	Sum        uint64  // the same for the same words
}

// Empty tells texts that are no piece of a recovery phrase.
func (p *Part) Empty() bool { return p.Head.Words == 0 && p.Tail.Words == 0 && p.Han == 0 }

// Piece is the stretch that the text is made of, if there is not much else: it
// may stand between other pieces.
func (p *Part) Piece() (Stretch, bool) {
	const aside = 3 // words, and half as many as are in it
	longer := p.Head
	if p.Tail.Words > p.Head.Words {
		longer = p.Tail
	}
	return longer, p.Others == 0 && longer.Words+longer.Rare > 1 ||
		p.Others <= aside && p.Others*2 <= longer.Words && longer.Rare*2 >= longer.Words && longer.Rare > 0
}

// Part sums up a text that was read.
func (f *Finder) Part(s *reading.Scan) Part {
	var p Part
	if len(s.Tokens) == 0 {
		f.han(s, &p)
		return p
	}
	p.Head = f.stretch(s, 0, 1)
	p.Tail = p.Head
	if int(p.Head.To) < len(s.View.Char) || p.Head.Words == 0 {
		p.Tail = f.stretch(s, len(s.Tokens)-1, -1)
	}
	if p.Head.Words == 0 && p.Tail.Words == 0 {
		return p
	}
	p.Others = int32(s.Han) - max(p.Head.Words, p.Tail.Words)
	for _, t := range s.Tokens {
		if t.Class == fold.Digit {
			continue
		}
		p.Sum = p.Sum*31 + t.Hash
		if f.lists.of(t.Hash) != 0 || !filler(s, t) {
			p.Others++
		}
	}
	f.settle(s, &p.Head)
	f.settle(s, &p.Tail)
	return p
}

// settle turns folded positions into those of the text.
func (f *Finder) settle(s *reading.Scan, p *Stretch) {
	if p.Words > 0 {
		p.From, p.To = s.View.Original(int(p.From), int(p.To))
	}
}

// stretch goes from an end of the text over list words, and over single others
// that may be misspelt ones.
func (f *Finder) stretch(s *reading.Scan, from, step int) Stretch {
	var p Stretch
	var listed, missing, pending int32
	last, i, all := from, from, uint16(0xFFFF)
	for ; i >= 0 && i < len(s.Tokens); i += step {
		t := s.Tokens[i]
		if t.Class == fold.Digit {
			continue
		}
		if inFiller(s, t) {
			continue
		}
		lists := f.lists.of(t.Hash)
		if lists&bitShort != 0 {
			lists = lists&^bitShort | bitEnglish
		}
		switch {
		case lists&all != 0:
			all &= lists
			if listed++; !prose(s, t) {
				p.Rare++
			}
			last, pending = i, 0
			continue
		case filler(s, t):
			continue
		}
		if pending > 0 || (missing+1)*seedTypos > listed+seedStart || !misspellable(s, t) {
			break
		}
		missing, pending = missing+1, 1
	}
	if listed == 0 {
		return Stretch{}
	}
	whole := i < 0 || i >= len(s.Tokens)
	if !whole {
		missing -= pending
	}
	p.Words, p.Lists = listed+missing, all
	switch {
	case whole:
		p.From, p.To = 0, int32(len(s.View.Char))
	case step > 0:
		p.From, p.To = 0, int32(s.Tokens[last].End)
	default:
		p.From, p.To = int32(s.Tokens[last].Start), int32(len(s.View.Char))
	}
	return p
}

// misspellable tells words that may stand for a list word: not short, and none
// of the phrases that give texts a meaning.
func misspellable(s *reading.Scan, t reading.Token) bool {
	n := t.End - t.Start
	k := s.FirstMark(t.Start)
	return n >= 3 && n <= 12 && (k == len(s.Marks) || s.Marks[k].Start != t.Start)
}

// inFiller tells words inside a phrase like "and then".
func inFiller(s *reading.Scan, t reading.Token) bool {
	k := s.FirstMark(t.Start) - 1
	return k >= 0 && s.Marks[k].End >= t.End && s.Marks[k].Word.Kind&words.Filler != 0
}

// filler tells words that may stand between the words of a phrase.
func filler(s *reading.Scan, t reading.Token) bool {
	if t.End-t.Start <= 2 && t.Start > 0 && s.View.Class(t.Start-1) == fold.Digit {
		return true // 1st, 2nd
	}
	k := s.FirstMark(t.Start)
	return k < len(s.Marks) && s.Marks[k].Start == t.Start && s.Marks[k].Word.Kind&(words.Filler|words.Digit|words.Teen) != 0
}

// han counts the characters of a text that has nothing but list characters.
func (f *Finder) han(s *reading.Scan, p *Part) {
	const longest = 24
	if s.Han == 0 || s.Han > longest {
		return
	}
	v := &s.View
	for i := range v.Char {
		if v.Class(i) != fold.Han {
			continue
		}
		if v.Mark[i]&uint16(fold.Simplified|fold.Traditional) == 0 {
			*p = Part{}
			return
		}
		p.Sum = p.Sum*31 + uint64(v.Char[i])
		p.Han++
		if !f.lists.common[v.Char[i]] {
			p.Rare++
		}
	}
	if s.Singles == 2*s.Han && s.Han > 1 {
		p.Rare = p.Han // nobody writes sentences with a space behind each character
	}
	for _, m := range s.Marks {
		p.Spells = p.Spells || m.End-m.Start >= 2
	}
}
