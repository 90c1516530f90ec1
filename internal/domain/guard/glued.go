package guard

import (
	"strings"
	"unicode/utf8"

	"kefu/internal/domain/guard/reading"
)

// Keys are cut anywhere, so their pieces are read without anything between.
const (
	chunkLeast = 8   // characters of a piece without white space
	chunkMost  = 256 // and at most
	gluedLeast = 40  // of the pieces together
)

// gluedKeys finds a key that the current text completes: it and the messages
// before are one run of characters each.
func (w *window) gluedKeys() {
	if !w.summary.chunk() {
		return
	}
	var c phraseCandidate
	c.add(piece{turn: -1, to: int32(w.summary.length)}, int32(w.summary.length))
	text := w.current
	for i := len(w.previous) - 1; i >= 0 && c.n < maxPieces && len(text) < chunkMost; i-- {
		p := &w.previous[i]
		if !p.Own || p.summary.longest < chunkLeast {
			continue
		}
		from := strings.LastIndexAny(p.Text, " \t\n:=") + 1
		if len(p.Text)-from < chunkLeast {
			continue
		}
		if len(p.Text)-from > chunkMost {
			break
		}
		start := utf8.RuneCountInString(p.Text[:from])
		length := utf8.RuneCountInString(p.Text[from:])
		c.add(piece{turn: i, from: int32(start), to: int32(start + length)}, int32(length))
		text = p.Text[from:] + text
		if from > 0 {
			break
		}
	}
	if c.n < 2 || c.words < gluedLeast {
		return
	}
	s := w.scans.Get().(*reading.Scan)
	defer w.release(s)
	s.Load(text)
	w.credentials.Keys(s)
	for _, f := range s.Findings() {
		at := 0
		for i := c.n - 1; i >= 0; i-- {
			p := c.pieces[i]
			length := int(p.to - p.from)
			if part, ok := clip(f, at, length); ok {
				part.Start, part.End = part.Start+int(p.from), part.End+int(p.from)
				w.add(p.turn, part)
			}
			at += length
		}
	}
}

// chunk tells texts that are one run of characters, long but not too long.
func (m *summary) chunk() bool {
	return m.length >= chunkLeast && m.length <= chunkMost && m.longest == m.length
}
