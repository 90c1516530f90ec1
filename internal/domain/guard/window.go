package guard

import (
	"strings"
	"unicode/utf8"

	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/secret"
	"kefu/internal/domain/guard/words"
)

// Turn is a text written earlier in the conversation. Detector.Read makes one.
type Turn struct {
	Text string
	Own  bool // by the sender of the current text, so that it can be redacted

	gist gist
	of   string // the text that the gist is of
}

// known tells whether the gist is there and of the text as it is now.
func (t *Turn) known() bool { return t.gist.read && t.of == t.Text }

// ScanWindow scans a text together with what was said just before. It returns
// the findings of the current text and, for each previous turn, those that only
// the joined text shows or that its own scan would find again; turns of others
// serve as context and have none. earlier is nil when no turn has any.
func (d *Detector) ScanWindow(previous []Turn, current string, hints Hints) (now []Finding, earlier [][]Finding) {
	for i := range previous {
		if !previous[i].known() {
			previous = d.readAll(previous)
			break
		}
	}
	expected := asked(previous)
	if hints.ExpectOTP {
		expected |= reading.ExpectOTP
	}
	now, g := d.scanRead(current, expected)
	before := gist{}
	for i := range previous {
		if t := &previous[i]; t.Own && !t.gist.chatter(g.figures) {
			before = before.with(t.gist)
		}
	}
	if !before.read || !g.completes(before) {
		return now, nil
	}
	return d.scanJoined(previous, current, g, now)
}

// readAll is a copy of the turns with their gists.
func (d *Detector) readAll(turns []Turn) []Turn {
	all := make([]Turn, len(turns))
	for i, t := range turns {
		if !t.known() {
			t = d.Read(t.Text, t.Own)
		}
		all[i] = t
	}
	return all
}

// scanRead scans a text and sums it up.
func (d *Detector) scanRead(text string, expected reading.Expectation) ([]Finding, gist) {
	if len(text) > pieceLength {
		return d.scanPieces(text, expected), d.read(text)
	}
	s := d.scans.Get().(*reading.Scan)
	defer d.release(s)
	s.Expected = expected
	s.Load(text)
	d.detect(s)
	return s.Findings(), d.gist(s)
}

// scanJoined scans the current text, whose gist is g, behind the sender's earlier
// ones; now is what was found in the current one alone.
func (d *Detector) scanJoined(previous []Turn, current string, g gist, now []Finding) ([]Finding, [][]Finding) {
	var joined strings.Builder
	starts := make([]int, len(previous)) // code point at which a turn begins, -1 for those left out
	points := 0
	for i, t := range previous {
		starts[i] = -1
		if !t.Own || t.gist.chatter(g.figures) {
			continue
		}
		starts[i] = points
		joined.WriteString(t.Text)
		joined.WriteByte('\n')
		points += utf8.RuneCountInString(t.Text) + 1
	}
	joined.WriteString(current)
	length := utf8.RuneCountInString(current)
	found := d.scanExpecting(joined.String(), reading.ExpectNothing)
	if len(found) == 0 {
		return now, nil
	}
	earlier := make([][]Finding, len(previous))
	for _, f := range found {
		if part, ok := clip(f, points, length); ok {
			now = append(now, part)
		}
		for i, start := range starts {
			if start < 0 {
				continue
			}
			if part, ok := clip(f, start, utf8.RuneCountInString(previous[i].Text)); ok {
				earlier[i] = append(earlier[i], part)
			}
		}
	}
	return secret.Merge(now), earlier
}

// clip is the part of a finding of the joined text that lies in one text.
func clip(f Finding, start, length int) (Finding, bool) {
	from, to := max(f.Start, start), min(f.End, start+length)
	if from >= to {
		return Finding{}, false
	}
	f.Start, f.End = from-start, to-start
	return f, true
}

// asked tells which secrets the last turns of another ask for, and the own turns
// since announce. A question for something else takes back those before it.
func asked(previous []Turn) reading.Expectation {
	expected, others := reading.ExpectNothing, false
	for i := len(previous) - 1; i >= 0; i-- {
		switch t := &previous[i]; {
		case t.Own && others:
			return expected
		case t.Own && t.gist.announces:
			expected |= t.gist.asks
		case !t.Own:
			others = true
			if t.gist.asks == 0 && t.gist.kinds&words.Claim != 0 {
				return expected
			}
			expected |= t.gist.asks
		}
	}
	return expected
}
