package guard

import (
	"strings"
	"unicode/utf8"

	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/secret"
	"kefu/internal/domain/guard/words"
)

// Turn is a text written earlier in the conversation.
type Turn struct {
	Text string
	Own  bool // by the sender of the current text, so that it can be redacted
}

// ScanWindow scans a text together with what was said just before. It returns
// the findings of the current text and, for each previous turn, those that only
// the joined text shows or that its own scan would find again; turns of others
// serve as context and have none.
func (d *Detector) ScanWindow(previous []Turn, current string, hints Hints) (now []Finding, earlier [][]Finding) {
	earlier = make([][]Finding, len(previous))
	expected := d.asked(previous)
	if hints.ExpectOTP {
		expected |= reading.ExpectOTP
	}
	now = d.scanExpecting(current, expected)
	var joined strings.Builder
	var starts, turns []int
	points := 0
	for i, t := range previous {
		if !t.Own || t.Text == "" {
			continue
		}
		starts, turns = append(starts, points), append(turns, i)
		joined.WriteString(t.Text)
		joined.WriteByte('\n')
		points += utf8.RuneCountInString(t.Text) + 1
	}
	if len(turns) == 0 {
		return now, earlier
	}
	joined.WriteString(current)
	length := utf8.RuneCountInString(current)
	for _, f := range d.scanExpecting(joined.String(), reading.ExpectNothing) {
		if part, ok := clip(f, points, length); ok {
			now = append(now, part)
		}
		for k, turn := range turns {
			if part, ok := clip(f, starts[k], utf8.RuneCountInString(previous[turn].Text)); ok {
				earlier[turn] = append(earlier[turn], part)
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

// asked tells which secrets the last turn of another, and the own turns since,
// lead one to expect.
func (d *Detector) asked(previous []Turn) reading.Expectation {
	expected := reading.ExpectNothing
	for i := len(previous) - 1; i >= 0; i-- {
		expected |= d.mentions(previous[i].Text)
		if !previous[i].Own {
			break
		}
	}
	return expected
}

// mentions is what a text asks for or announces.
func (d *Detector) mentions(text string) reading.Expectation {
	if len(text) > pieceLength {
		return reading.ExpectNothing
	}
	s := d.scans.Get().(*reading.Scan)
	defer d.release(s)
	s.Load(text)
	expected := reading.ExpectNothing
	for _, pair := range []struct {
		kind     words.Kind
		expected reading.Expectation
	}{{words.CVV, reading.ExpectCVV}, {words.OTP | words.Code, reading.ExpectOTP}, {words.Pass, reading.ExpectPassword}, {words.PIN, reading.ExpectPIN}} {
		if s.Kinds&pair.kind != 0 {
			expected |= pair.expected
		}
	}
	return expected
}
