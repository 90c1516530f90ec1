package fold

import "slices"

// View is a text in folded form. The three slices run in parallel.
type View struct {
	Char   []rune   // the folded characters
	Mark   []uint16 // class and bits of each
	at     []int32  // code point of the original each came from
	points int32    // code points of the original
}

// Reset empties the view and keeps its room.
func (v *View) Reset() {
	v.Char, v.Mark, v.at, v.points = v.Char[:0], v.Mark[:0], v.at[:0], 0
}

// Fill folds text into v; letters of other scripts in a Latin word become the
// Latin ones they are mistaken for.
func (v *View) Fill(f *Folding, text string) {
	n := v.fillASCII(f, text)
	point, foreign := int32(n), false
	for _, r := range text[n:] {
		switch {
		case r < 0x80:
			v.push(rune(f.to[r]), uint16(f.class[r]), point)
		case r >= 0xAC00 && r <= 0xD7A3:
			v.pushHangul(r, point)
		case r < 1<<16:
			foreign = foreign || r >= 0x370 && r < 0x530
			switch to := f.to[r]; to {
			case foldDrop:
			case foldMulti:
				v.pushExpansion(f, f.expansions[r], point, uint16(f.class[r]&(bitUpper|Wide)))
			default:
				v.push(rune(to), uint16(f.class[r]), point)
			}
		default:
			v.fillSupplementary(f, r, point)
		}
		point++
	}
	v.points = point
	if foreign {
		v.unify()
	}
}

// fillASCII folds the plain beginning of a text and returns its length. Most
// texts are plain to the end.
func (v *View) fillASCII(f *Folding, text string) int {
	v.Char = slices.Grow(v.Char[:0], len(text))
	v.Mark = slices.Grow(v.Mark[:0], len(text))
	v.at = slices.Grow(v.at[:0], len(text))
	char, mark, at := v.Char[:len(text)], v.Mark[:len(text)], v.at[:len(text)]
	n := 0
	for ; n < len(text) && text[n] < 0x80; n++ {
		c := text[n]
		char[n], mark[n], at[n] = rune(f.to[c]), uint16(f.class[c]), int32(n)
	}
	v.Char, v.Mark, v.at = char[:n], mark[:n], at[:n]
	return n
}

func (v *View) push(r rune, mark uint16, point int32) {
	v.Char = append(v.Char, r)
	v.Mark = append(v.Mark, mark)
	v.at = append(v.at, point)
}

func (v *View) pushExpansion(f *Folding, out []rune, point int32, bits uint16) {
	for _, r := range out {
		class := uint16(Other)
		if r < 1<<16 {
			class = uint16(f.class[r])
		}
		v.push(r, class|bits, point)
	}
}

func (v *View) fillSupplementary(f *Folding, r rune, point int32) {
	if out, ok := f.expansions[r]; ok {
		bits := uint16(0)
		if upperStyled(r) {
			bits = bitUpper
		}
		v.pushExpansion(f, out, point, bits)
		return
	}
	if r >= 0xE0000 && r <= 0xE01EF {
		return
	}
	class := uint16(Other)
	if r >= 0x20000 && r <= 0x3FFFF {
		class = Han
	}
	v.push(r, class, point)
}

// upperStyled tells the capitals among mathematical and enclosed letters.
func upperStyled(r rune) bool {
	if r >= 0x1F100 && r <= 0x1F1FF {
		return true
	}
	if r >= 0x1D400 && r < 0x1D6A4 {
		return (r-0x1D400)%52 < 26
	}
	return false
}

// pushHangul decomposes a syllable into jamo (Unicode Standard, 3.12), so that
// composed and decomposed Korean look alike.
func (v *View) pushHangul(r rune, point int32) {
	index := r - 0xAC00
	v.push(0x1100+index/588, Letter, point)
	v.push(0x1161+index%588/28, Letter, point)
	if tail := index % 28; tail > 0 {
		v.push(0x11A7+tail, Letter, point)
	}
}

// Class is the class of the character at i.
func (v *View) Class(i int) uint8 { return uint8(v.Mark[i] & Mask) }

// Upper tells whether the character at i was a capital letter.
func (v *View) Upper(i int) bool { return v.Mark[i]&bitUpper != 0 }

// Solid tells whether the character at i is a letter or digit of any script.
func (v *View) Solid(i int) bool {
	c := v.Mark[i] & Mask
	return c >= Digit && c <= Han
}

// Cased is the text of a range with the capitals of ASCII letters restored.
func (v *View) Cased(start, end int) string {
	out := make([]byte, 0, end-start)
	for i := start; i < end; i++ {
		r := v.Char[i]
		if r >= 'a' && r <= 'z' && v.Upper(i) {
			r -= 'a' - 'A'
		}
		if r > 0x7F {
			r = 0x1A
		}
		out = append(out, byte(r))
	}
	return string(out)
}

// Original turns a folded range into code points of the original, including
// the dropped characters on both sides.
func (v *View) Original(start, end int) (from, to int32) {
	if start > 0 {
		from = min(v.at[start-1]+1, v.at[start])
	}
	to = v.points
	if end < len(v.at) {
		to = max(v.at[end], v.at[end-1]+1)
	}
	return from, to
}
