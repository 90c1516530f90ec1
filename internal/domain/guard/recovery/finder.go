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
	budget int  // remaining costly look-ups of misspelt words
	told   bool // the text is made of pieces from several messages
}

const (
	lookUps   = 64       // of misspelt words in one text
	maxPooled = 16 << 10 // words
)

// prose tells list words that ordinary sentences are full of.
func prose(s *reading.Scan, t reading.Token) bool {
	k := s.FirstMark(t.Start)
	return k < len(s.Marks) && s.Marks[k].Start == t.Start &&
		s.Marks[k].Word.Kind&(words.Plain|words.Link|words.Near|words.Ask|words.Is) != 0
}

// Phrases finds recovery phrases in a text.
func (f *Finder) Phrases(scan *reading.Scan) { f.search(scan, (*search).detectSeeds) }

// Told finds recovery phrases in a text made of pieces from several messages,
// each on a line.
func (f *Finder) Told(scan *reading.Scan) { f.search(scan, (*search).detectTold) }

func (f *Finder) search(scan *reading.Scan, detect func(*search)) {
	s := f.searches.Get().(*search)
	s.Scan, s.budget, s.told = scan, lookUps, false
	detect(s)
	s.Scan, s.words, s.glyphs = nil, s.words[:0], s.glyphs[:0]
	if cap(s.words) <= maxPooled && cap(s.glyphs) <= maxPooled {
		f.searches.Put(s)
	}
}
