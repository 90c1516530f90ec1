package guard

import (
	"kefu/internal/domain/guard/secret"
)

// Marker is the text that replaces a finding.
func Marker(f Finding) string { return secret.Marker(f) }

// Apply puts markers where the findings are, which must be those of text.
func Apply(text string, found []Finding) string { return secret.Apply(text, found) }

// Redact replaces the secrets of a text with markers. The findings are those of
// the text as given.
func (d *Detector) Redact(text string) (string, []Finding) {
	found := d.Scan(text)
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
		origin = secret.Merge(append(origin, mapBack(origin, more)...))
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
