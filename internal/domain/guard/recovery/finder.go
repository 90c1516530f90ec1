package recovery

import (
	"sync"

	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/reading"
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
