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

// gluedKeys adds to the findings those of a key that the current text, whose gist
// is g, completes: it and the messages before are one run of characters each.
func (d *Detector) gluedKeys(previous []Turn, current string, g gist, now []Finding, earlier [][]Finding) ([]Finding, [][]Finding) {
	if !g.chunk() {
		return now, earlier
	}
	var t told
	t.add(piece{turn: -1, to: int32(g.length)}, int32(g.length))
	text := current
	for i := len(previous) - 1; i >= 0 && t.n < tellMost && len(text) < chunkMost; i-- {
		p := &previous[i]
		if !p.Own || p.gist.longest < chunkLeast {
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
		t.add(piece{turn: i, from: int32(start), to: int32(start + length)}, int32(length))
		text = p.Text[from:] + text
		if from > 0 {
			break
		}
	}
	if t.n < 2 || t.words < gluedLeast {
		return now, earlier
	}
	s := d.scans.Get().(*reading.Scan)
	defer d.release(s)
	s.Load(text)
	d.credentials.Keys(s)
	for _, f := range s.Findings() {
		at := 0
		for i := t.n - 1; i >= 0; i-- {
			p := t.pieces[i]
			length := int(p.to - p.from)
			if part, ok := clip(f, at, length); ok {
				part.Start, part.End = part.Start+int(p.from), part.End+int(p.from)
				now, earlier = add(now, earlier, previous, p.turn, part)
			}
			at += length
		}
	}
	return now, earlier
}

// chunk tells texts that are one run of characters, long but not too long.
func (g *gist) chunk() bool {
	return g.length >= chunkLeast && g.length <= chunkMost && g.longest == g.length
}
