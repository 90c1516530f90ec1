package guard

import (
	"strings"
	"unicode/utf8"

	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/recovery"
	"kefu/internal/domain/guard/secret"
	"kefu/internal/domain/guard/words"
)

// Turn is a text written earlier in the conversation. Detector.Read makes one.
type Turn struct {
	Text string
	Own  bool // by the sender of the current text, so that it can be redacted

	gist gist
	part recovery.Part
	of   string // the text that both are of
}

// known tells whether the gist is there and of the text as it is now.
func (t *Turn) known() bool { return t.gist.read && t.of == t.Text }

// ScanWindow scans a text together with what was said just before. It returns
// the findings of the current text and, for each previous turn, those that only
// the joined text shows or that its own scan would find again; turns of others
// serve as context and have none. earlier is nil when no turn has any. In what
// is left of a text that has findings, a scan finds nothing more.
func (d *Detector) ScanWindow(previous []Turn, current string) (now []Finding, earlier [][]Finding) {
	now, earlier = d.scanWindow(previous, current)
	now = d.settled(current, now)
	for i := range earlier {
		earlier[i] = d.settled(previous[i].Text, earlier[i])
	}
	return now, earlier
}

// settled adds to the findings of a text those that it shows without them.
func (d *Detector) settled(text string, found []Finding) []Finding {
	if len(found) == 0 {
		return found
	}
	s := settling{text: text, found: found}
	for s.again(d) {
		continue
	}
	return s.found
}

func (d *Detector) scanWindow(previous []Turn, current string) (now []Finding, earlier [][]Finding) {
	for i := range previous {
		if !previous[i].known() {
			previous = d.readAll(previous)
			break
		}
	}
	expected := asked(previous)
	if endsInKey(previous) {
		expected |= reading.ExpectKey | reading.ExpectRest
	}
	now, g, part := d.scanRead(current, expected)
	before, aside := summed(previous)
	if before.read && (g.completes(before) || g.figures && before.figures && expected&(reading.ExpectOTP|reading.ExpectHalves) != 0) {
		now, earlier = d.scanJoined(previous, current, now, joinedExpecting(expected), saysSomething)
	}
	if g.bare && aside && earlier == nil {
		now, earlier = d.scanJoined(previous, current, now, joinedExpecting(expected), bareFigures)
	}
	now, earlier = d.gluedKeys(previous, current, g, now, earlier)
	return d.phrases(previous, current, g, part, now, earlier)
}

// summed is the gist of the own turns together. It tells whether between those
// that are bare figures others stand aside, like "the rest is".
func summed(previous []Turn) (before gist, aside bool) {
	bare, other := false, false
	for i := range previous {
		t := &previous[i]
		if !t.Own || !saysSomething(t, before.iban) {
			continue
		}
		before = before.with(t.gist)
		apart := !bareFigures(t, before.iban)
		bare, other = bare || !apart, other || apart
	}
	return before, bare && other
}

// saysSomething tells the turns that may hold a part of a secret; some only behind
// the beginning of a bank account number.
func saysSomething(t *Turn, iban bool) bool { return !t.gist.chatter() || t.gist.bank && iban }

func bareFigures(t *Turn, iban bool) bool {
	return t.gist.bare || t.gist.removed || t.gist.bank && iban
}

// endsInKey tells whether a key was removed from the end of an own turn, so that
// the rest of it may follow.
func endsInKey(previous []Turn) bool {
	for i := range previous {
		t := &previous[i]
		if t.Own && t.gist.removed && strings.HasSuffix(t.Text, secret.Marker(Finding{Class: Key})) {
			return true
		}
	}
	return false
}

// joinedExpecting is what to expect of several messages together where the last
// one is expected to hold something.
func joinedExpecting(expected reading.Expectation) reading.Expectation {
	if expected&(reading.ExpectOTP|reading.ExpectHalves) != 0 {
		return reading.Joined | reading.ExpectHalves
	}
	return reading.Joined
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
func (d *Detector) scanRead(text string, expected reading.Expectation) ([]Finding, gist, recovery.Part) {
	if len(text) > pieceLength {
		g, part := d.read(text)
		return d.scanPieces(text, expected), g, part
	}
	s := d.scans.Get().(*reading.Scan)
	defer d.release(s)
	s.Expected = expected
	s.Load(text)
	d.detect(s)
	return s.Findings(), d.gist(s), d.recovery.Part(s)
}

// scanJoined scans the current text behind the sender's earlier ones that are
// wanted; now is what was found in the current one alone.
func (d *Detector) scanJoined(previous []Turn, current string, now []Finding, expected reading.Expectation, wanted func(t *Turn, iban bool) bool) ([]Finding, [][]Finding) {
	var joined strings.Builder
	starts := make([]int, len(previous)) // code point at which a turn begins, -1 for those left out
	lengths := make([]int, len(previous))
	points, iban := 0, false
	for i := range previous {
		t := &previous[i]
		starts[i] = -1
		if !t.Own || !wanted(t, iban) {
			continue
		}
		iban = t.gist.iban
		starts[i], lengths[i] = points, utf8.RuneCountInString(t.Text)
		joined.WriteString(t.Text)
		joined.WriteByte('\n')
		points += lengths[i] + 1
	}
	joined.WriteString(current)
	length := utf8.RuneCountInString(current)
	found := d.scanExpecting(joined.String(), expected)
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
			if part, ok := clip(f, start, lengths[i]); ok {
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

// asked tells which secrets the other side asks for, and the own turns announce.
// A question stands until it is answered with figures, or another one that is
// not for a secret takes it back; "thanks" and "one moment" do neither, nor does
// "ready?" right behind it.
func asked(previous []Turn) reading.Expectation {
	expected := reading.ExpectNothing
	others, turned, half := false, false, false // turned: to something else
	for i := len(previous) - 1; i >= 0; i-- {
		t := &previous[i]
		switch {
		case t.Own && turned:
			return expected
		case t.Own && others && (t.gist.digits >= 3 || t.gist.removed):
			if half || t.gist.removed || t.gist.digits > 4 {
				return expected
			}
			half = true // of a one-time code; the rest may come
		case half && t.gist.asks&reading.ExpectOTP != 0 && (!t.Own || t.gist.announces):
			return expected | reading.ExpectHalves
		case half:
		case t.Own && t.gist.announces:
			expected |= t.gist.asks
		case !t.Own:
			others = true
			if t.gist.asks == 0 && t.gist.kinds&words.Claim != 0 {
				return expected
			}
			turned = turned || t.gist.asks == 0 && t.gist.question
			expected |= t.gist.asks
		}
	}
	return expected
}
