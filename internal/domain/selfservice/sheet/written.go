package sheet

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kefu/internal/domain/wallet/mask"
)

// Lines writes a sheet as plain text for who reads no cards: a story for a person, a test.
// Masked hides the names of people, as staff see them.
func (s Sheet) Lines(lang string, masked bool) []string {
	var list []string
	if s.Heading != nil {
		list = append(list, s.Heading.Line(lang, masked))
	}
	for _, p := range s.Parts {
		if p.Heading != nil {
			list = append(list, p.Heading.Line(lang, masked))
		}
		for _, r := range p.Rows {
			list = append(list, r.Line(lang, masked))
		}
	}
	return list
}

// Line is a row as plain text.
func (r Row) Line(lang string, masked bool) string {
	line := r.Name.Line(lang, masked)
	if r.Value != nil {
		line += colon(lang) + r.Value.Line(lang, masked)
	}
	if r.Note != nil {
		line += " (" + r.Note.Line(lang, masked) + ")"
	}
	return line
}

func chinese(lang string) bool { return strings.HasPrefix(strings.ToLower(lang), "zh") }

func colon(lang string) string {
	if chinese(lang) {
		return "："
	}
	return ": "
}

// Line is a cell as plain text.
func (c Cell) Line(lang string, masked bool) string {
	if c.Sentence != nil {
		return c.Sentence.Line(lang, masked)
	}
	return c.Figure.Line(lang, masked)
}

// Line is a sentence as plain text, with its figures in their places.
func (s Sentence) Line(lang string, masked bool) string {
	text := s.Text.In(lang)
	for _, name := range slices.Sorted(maps.Keys(s.Figures)) {
		text = strings.ReplaceAll(text, "{"+name+"}", s.Figures[name].Line(lang, masked))
	}
	return text
}

// Line is an entry as plain text.
func (e Entry) Line(lang string, masked bool) string {
	parts := []string{e.Label.Line(lang, masked)}
	if e.Amount != nil {
		parts = append(parts, e.Amount.Written())
	}
	if e.At != 0 {
		parts = append(parts, At(e.At).Line(lang, masked))
	}
	if e.Hint != nil {
		parts = append(parts, e.Hint.Line(lang, masked))
	}
	return strings.Join(parts, " · ")
}

// Line is a figure as plain text.
func (f Figure) Line(lang string, masked bool) string {
	switch {
	case f.Money != nil:
		return f.Money.Written()
	case f.At != 0 && f.Day:
		return f.At.Std().Format(time.DateOnly)
	case f.At != 0:
		return f.At.Std().Format("2006-01-02 15:04")
	case f.Count != nil:
		return fmt.Sprint(*f.Count)
	case f.Percent != "":
		return f.Percent + "%"
	case f.Seconds != 0:
		return span(f.Seconds, lang)
	case len(f.Texts) > 0:
		return f.Texts.In(lang)
	case masked:
		return f.Masked().Text
	default:
		return f.Text
	}
}

// Masked is f as staff see it: of a person's name the first letters.
func (f Figure) Masked() Figure {
	if f.Private {
		f.Text = mask.Name(f.Text)
	}
	return f
}

// Masked is s as staff see it.
func (s *Sentence) Masked() *Sentence {
	if s == nil {
		return nil
	}
	return &Sentence{Text: s.Text, Figures: maskedAll(s.Figures)}
}

func maskedAll(figures map[string]Figure) map[string]Figure {
	all := maps.Clone(figures)
	for name, f := range all {
		all[name] = f.Masked()
	}
	return all
}

// Masked is s as staff see it: without what only its customer may open.
func (s *Sheet) Masked() *Sheet {
	if s == nil {
		return nil
	}
	out := &Sheet{Heading: s.Heading.Masked(), Facts: s.Facts, Named: maskedAll(s.Named)}
	for _, p := range s.Parts {
		part := Part{Heading: p.Heading.Masked(), Rows: make([]Row, len(p.Rows))}
		for i, r := range p.Rows {
			r.Name, r.Note, r.Link = *r.Name.Masked(), r.Note.Masked(), ""
			if r.Value != nil {
				r.Value = &Cell{Figure: r.Value.Figure.Masked(), Sentence: r.Value.Sentence.Masked(), Status: r.Value.Status}
			}
			part.Rows[i] = r
		}
		out.Parts = append(out.Parts, part)
	}
	return out
}

// Masked is e as staff see it.
func (e *Entry) Masked() *Entry {
	if e == nil {
		return nil
	}
	out := *e
	out.Label, out.Hint, out.Named = *e.Label.Masked(), e.Hint.Masked(), maskedAll(e.Named)
	return &out
}

const (
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour
)

// span writes how long something takes, as roughly as one says it.
func span(seconds int64, lang string) string {
	n, en, zh := max((seconds+minute-1)/minute, 1), "min", "分钟"
	switch {
	case seconds >= 2*day:
		n, en, zh = (seconds+day/2)/day, "days", "天"
	case seconds >= 2*hour:
		n, en, zh = (seconds+hour/2)/hour, "h", "小时"
	}
	if chinese(lang) {
		return fmt.Sprintf("%d %s", n, zh)
	}
	return fmt.Sprintf("%d %s", n, en)
}
