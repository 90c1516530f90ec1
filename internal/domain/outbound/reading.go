package outbound

import (
	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/words"
)

// mark is a listed phrase in the text, in folded positions.
type mark struct {
	start, end int
	kind       words.Kind
}

// clause is a part of a sentence that says one thing: what stands between commas,
// or behind a word such as "but" with which something new begins.
type clause struct {
	start, end  int
	first, last int // marks, half open
	sentence    int // its sentence, counted from 0
	kinds       words.Kind
	asks        bool // ends in a question mark
	leads       bool // ends in a colon
	alone       bool // nothing follows it in its line
}

// reading is one text with its listed phrases and clauses.
type reading struct {
	filter  *Filter
	view    fold.View
	marks   []mark
	clauses []clause
}

// mark finds the listed phrases, the longest at each place.
func (r *reading) mark() {
	v := &r.view
	for i := 0; i < len(v.Char); {
		class := v.Class(i)
		inside := i > 0 && class == fold.Letter && v.Class(i-1) == fold.Letter
		if inside || class == fold.Space {
			i++
			continue
		}
		end, word := r.filter.words.Match(v, i)
		if end <= i {
			i++
			continue
		}
		r.marks = append(r.marks, mark{i, end, word.Kind})
		i = end
	}
}

// split cuts the text into clauses.
func (r *reading) split() {
	v, from, sentence, next := &r.view, 0, 0, 0
	for i := 0; i < len(v.Char); i++ {
		for next < len(r.marks) && r.marks[next].end <= i {
			next++
		}
		if next < len(r.marks) && r.marks[next].start == i && r.marks[next].kind&breaks != 0 {
			r.add(from, i, sentence)
			from = i
		}
		if next < len(r.marks) && r.marks[next].start < i { // inside a phrase
			continue
		}
		switch ending(v, i) {
		case soft:
			r.add(from, i+1, sentence)
			from = i + 1
		case hard:
			r.add(from, i+1, sentence)
			from = i + 1
			sentence++
		}
	}
	r.add(from, len(v.Char), sentence)
}

// add keeps a clause if something is written in it.
func (r *reading) add(from, to, sentence int) {
	c := clause{start: from, end: to, sentence: sentence}
	for c.start < c.end && !r.view.Solid(c.start) {
		c.start++
	}
	if c.start == c.end {
		return
	}
	for i := c.end - 1; i > c.start && !r.view.Solid(i); i-- {
		switch r.view.Char[i] {
		case '?', '？':
			c.asks = true
		case ':', '：', '_':
			c.leads = true
		}
	}
	c.alone = true
	for i := c.end; i < len(r.view.Char) && r.view.Char[i] != '\n'; i++ {
		c.alone = c.alone && !r.view.Solid(i)
	}
	if n := len(r.clauses); n > 0 {
		c.first = r.clauses[n-1].last
	}
	for c.first < len(r.marks) && r.marks[c.first].start < c.start {
		c.first++
	}
	for c.last = c.first; c.last < len(r.marks) && r.marks[c.last].start < c.end; c.last++ {
		c.kinds |= r.marks[c.last].kind
	}
	r.clauses = append(r.clauses, c)
}

// How a character ends what stands before it.
type end int

const (
	none end = iota
	soft
	hard
)

func ending(v *fold.View, i int) end {
	switch v.Char[i] {
	case '\n', '!', '?', '。', '…':
		return hard
	case '.':
		if i+1 == len(v.Char) || v.Class(i+1) == fold.Space || v.Class(i+1) == fold.Han {
			return hard
		}
	case ',', '、', '(', ')', '—', ';', ':', '|', '•':
		return soft
	}
	return none
}

// has tells whether a clause has a phrase of all these kinds.
func (c clause) has(kinds words.Kind) bool { return c.kinds&kinds == kinds }

// any tells whether a clause has a phrase of one of these kinds.
func (c clause) any(kinds words.Kind) bool { return c.kinds&kinds != 0 }

// place is where the first phrase of these kinds begins, -1 without one.
func (r *reading) place(c clause, kinds words.Kind) int {
	for _, m := range r.marks[c.first:c.last] {
		if m.kind&kinds != 0 {
			return m.start
		}
	}
	return -1
}

// before tells whether a phrase of these kinds stands before a place.
func (r *reading) before(c clause, kinds words.Kind, place int) bool {
	at := r.place(c, kinds)
	return at >= 0 && (place < 0 || at < place)
}

// follows tells whether a phrase of the second kinds stands right behind one of the first.
func (r *reading) follows(c clause, first, second words.Kind) bool {
	for k := c.first + 1; k < c.last; k++ {
		if r.marks[k-1].kind&first != 0 && r.marks[k].kind&second != 0 {
			return true
		}
	}
	return false
}
