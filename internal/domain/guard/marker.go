package guard

import (
	"context"
	"unicode/utf8"

	"kefu/internal/domain/guard/secret"
	"kefu/internal/platform/fault"
)

// Marker is the text that replaces a finding.
func Marker(f Finding) string { return secret.Marker(f) }

// Apply puts markers where the findings are, which must be those of text.
func Apply(text string, found []Finding) string { return secret.Apply(text, found) }

// Fit cuts a text that its markers have made longer than so many characters, and
// leaves no half of a marker.
func Fit(text string, most int) string { return secret.Fit(text, most) }

// Redact replaces the secrets of a text with markers. The findings are those of
// the text as given. The only error is the end of ctx, which long texts may see.
func (d *Detector) Redact(ctx context.Context, text string) (string, []Finding, error) {
	const op = "guard.Redact"
	found := d.Scan(text)
	if len(found) == 0 {
		return text, nil, nil
	}
	s := settling{text: text, found: found}
	for s.again(d) {
		if err := ctx.Err(); err != nil {
			return "", nil, fault.Wrap(op, err)
		}
	}
	return s.redacted, s.found, nil
}

// settling is a text on its way to what is left when nothing more is found in it.
type settling struct {
	text     string
	found    []Finding // in text, so far
	redacted string
	rounds   int
	steps    int // findings looked at to find the places of others in text
}

// again redacts and scans once more, since what remains may read differently once
// the rest is gone. It tells whether that found something.
func (s *settling) again(d *Detector) bool {
	const rounds = 8
	s.redacted = Apply(s.text, s.found)
	if s.rounds == rounds {
		return false
	}
	s.rounds++
	more := d.Scan(s.redacted)
	if len(more) > 0 {
		s.found = secret.Merge(append(s.found, s.original(more)...))
	}
	return len(more) > 0
}

// original turns findings in the redacted text into findings of the text. Both
// lists are in order, so each is gone through once.
func (s *settling) original(more []Finding) []Finding {
	out := make([]Finding, 0, len(more))
	next, shift := 0, 0 // the first that does not lie before; text minus redacted, up to it
	at := func(redacted int) int {
		for ; next < len(s.found); next++ {
			s.steps++
			f := s.found[next]
			start, length := f.Start-shift, utf8.RuneCountInString(Marker(f))
			if redacted <= start {
				break
			}
			if redacted < start+length {
				return f.End
			}
			shift += f.End - f.Start - length
		}
		return redacted + shift
	}
	for _, m := range more {
		s.steps++
		m.Start, m.End = at(m.Start), at(m.End)
		if m.End > m.Start {
			out = append(out, m)
		}
	}
	return out
}
