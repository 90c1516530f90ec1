package recovery

import (
	"sync"

	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/words"
	"kefu/internal/platform/fault"
)

// Finder finds recovery phrases. It is immutable and safe for concurrent use.
type Finder struct {
	lists    *mnemonics
	searches *sync.Pool // of *search
}

// New builds a finder; the characters of the Chinese lists are tagged in f.
func New(f *fold.Folding) (*Finder, error) {
	lists, err := newMnemonics(f)
	if err != nil {
		return nil, fault.Wrap("recovery.New", err)
	}
	return &Finder{lists, &sync.Pool{New: func() any { return &search{lists: lists} }}}, nil
}

// search is the look at one text, with room that is used again.
type search struct {
	*reading.Scan
	lists  *mnemonics
	words  []content
	glyphs []glyph
	budget int // remaining costly look-ups of misspelt words
}

const (
	lookUps   = 64       // of misspelt words in one text
	maxPooled = 16 << 10 // words
)

// Edge is how far an end of a text looks like a piece of a recovery phrase.
type Edge uint8

// From not at all to surely. One list word is little: prose is full of them.
const (
	EdgeNone  Edge = iota
	EdgeWeak       // a list word among three
	EdgeFair       // two list words among three that prose does not need
	EdgeClear      // most of six are list words, half of them such
)

// Edges tells how the beginning and the end of a text look.
func (f *Finder) Edges(s *reading.Scan) (head, tail Edge) {
	return f.edge(s, 0, 1), f.edge(s, len(s.Tokens)-1, -1)
}

func (f *Finder) edge(s *reading.Scan, from, step int) Edge {
	const near, far = 3, 6
	edge, seen, listed, rare := EdgeNone, 0, 0, 0 // rare: not in prose
	for i := from; i >= 0 && i < len(s.Tokens) && seen < far; i += step {
		t := s.Tokens[i]
		if t.Class == fold.Digit || t.End-t.Start < 3 {
			continue
		}
		seen++
		if f.lists.of(t.Hash) == 0 {
			continue
		}
		listed++
		if !prose(s, t) {
			rare++
		}
		if seen <= near {
			edge = max(edge, EdgeWeak)
			if rare*2 > near {
				edge = EdgeFair
			}
		}
	}
	switch {
	case seen >= far-1 && listed >= far-1 && rare*2 >= seen:
		return EdgeClear
	case seen < near && seen > 0 && rare == seen:
		return EdgeFair
	}
	return edge
}

// prose tells list words that ordinary sentences are full of.
func prose(s *reading.Scan, t reading.Token) bool {
	k := s.FirstMark(t.Start)
	return k < len(s.Marks) && s.Marks[k].Start == t.Start &&
		s.Marks[k].Word.Kind&(words.Plain|words.Link|words.Near|words.Ask|words.Is) != 0
}

// Phrases finds recovery phrases.
func (f *Finder) Phrases(scan *reading.Scan) {
	s := f.searches.Get().(*search)
	s.Scan, s.budget = scan, lookUps
	s.detectSeeds()
	s.Scan, s.words, s.glyphs = nil, s.words[:0], s.glyphs[:0]
	if cap(s.words) <= maxPooled && cap(s.glyphs) <= maxPooled {
		f.searches.Put(s)
	}
}
