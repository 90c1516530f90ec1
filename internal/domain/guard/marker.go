package guard

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A marker stands in the stored text where a secret was: ‹class› or
// ‹class ••••1111›, with the class in English so that every interface can show
// it in its own language. The detector reads markers as opaque.
const (
	markerOpen  = '‹'
	markerClose = '›'
	markerDots  = "••••"
)

// Marker is the text that replaces a finding.
func Marker(f Finding) string {
	if f.Last4 == "" {
		return string(markerOpen) + string(f.Class) + string(markerClose)
	}
	return string(markerOpen) + string(f.Class) + " " + markerDots + f.Last4 + string(markerClose)
}

// markerEnd is the end of the marker at i, or i when there is none.
func markerEnd(v *view, i int) int {
	j := i + 1
	for j < len(v.char) && j-i <= 8 && v.char[j] >= 'a' && v.char[j] <= 'z' {
		j++
	}
	name := v.cased(i+1, j)
	if !slices.Contains(classNames(), name) {
		return i
	}
	if (name == string(PAN) || name == string(ID)) && j+6 < len(v.char) && v.char[j] == ' ' {
		k := j + 1
		for k < len(v.char) && v.char[k] == '•' {
			k++
		}
		if k-j != 5 {
			return i
		}
		for j = k; j < len(v.char) && j-k < 4 && v.solid(j); j++ {
			continue
		}
	}
	if j < len(v.char) && v.char[j] == markerClose {
		return j + 1
	}
	return i
}

func classNames() []string {
	return []string{string(PAN), string(CVV), string(OTP), string(Seed), string(Key), string(Password), string(ID)}
}

// Redact replaces the secrets of a text with markers. The findings are those of
// the text as given.
func (d *Detector) Redact(text string) (string, []Finding) {
	found := d.Scan(text)
	if len(found) == 0 {
		return text, nil
	}
	return d.settle(text, found)
}

// RedactHinted is Redact with knowledge of the circumstances.
func (d *Detector) RedactHinted(text string, hints Hints) (string, []Finding) {
	found := d.ScanHinted(text, hints)
	if len(found) == 0 {
		return text, nil
	}
	return d.settle(text, found)
}

// settle redacts and scans again until nothing more is found, since what
// remains may read differently once the rest is gone.
func (d *Detector) settle(text string, found []Finding) (string, []Finding) {
	const rounds = 8
	redacted, origin := Apply(text, found), found
	for range rounds {
		more := d.Scan(redacted)
		if len(more) == 0 {
			break
		}
		origin = mergeFindings(append(origin, mapBack(origin, more)...))
		redacted = Apply(text, origin)
	}
	return redacted, origin
}

// mapBack turns findings in a redacted text into findings of the original.
func mapBack(applied, more []Finding) []Finding {
	out := make([]Finding, 0, len(more))
	for _, m := range more {
		m.Start, m.End = originalAt(applied, m.Start), originalAt(applied, m.End)
		if m.End > m.Start {
			out = append(out, m)
		}
	}
	return out
}

// originalAt is the position in the original of a position in the redacted text.
func originalAt(applied []Finding, at int) int {
	shift := 0 // original minus redacted
	for _, f := range applied {
		length := len([]rune(Marker(f)))
		start := f.Start - shift
		if at <= start {
			break
		}
		if at < start+length {
			return f.End
		}
		shift += f.End - f.Start - length
	}
	return at + shift
}

// Apply puts markers where the findings are, which must be those of text.
func Apply(text string, found []Finding) string {
	var b strings.Builder
	b.Grow(len(text))
	point, next := 0, 0
	for i := range text {
		if next < len(found) && point == found[next].End {
			next++
		}
		if next < len(found) && point >= found[next].Start {
			if point == found[next].Start {
				b.WriteString(Marker(found[next]))
			}
		} else {
			_, size := utf8.DecodeRuneInString(text[i:])
			b.WriteString(text[i : i+size])
		}
		point++
	}
	return b.String()
}

// findings sorts, merges and maps the hits to the original text.
func (s *scan) findings() []Finding {
	if len(s.hits) == 0 {
		return nil
	}
	out := make([]Finding, 0, len(s.hits))
	for _, h := range s.hits {
		from, to := s.view.original(h.start, h.end)
		out = append(out, Finding{Start: int(from), End: int(to), Class: h.class, Last4: h.last4})
	}
	return mergeFindings(out)
}

// mergeFindings sorts by position and joins what overlaps under the graver class.
func mergeFindings(all []Finding) []Finding {
	slices.SortFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End), cmp.Compare(gravity(a.Class), gravity(b.Class)))
	})
	out := all[:0]
	for _, f := range all {
		last := len(out) - 1
		if last < 0 || f.Start >= out[last].End {
			out = append(out, f)
			continue
		}
		if gravity(f.Class) < gravity(out[last].Class) {
			out[last].Class, out[last].Last4 = f.Class, f.Last4
		}
		out[last].End = max(out[last].End, f.End)
	}
	return out
}

// gravity orders the classes; the smallest names a joined finding.
func gravity(c Class) int {
	return slices.Index([]Class{Seed, Key, PAN, Password, ID, CVV, OTP}, c)
}
