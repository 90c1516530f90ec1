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

	summary summary
	part    recovery.Part
	of      string // the text that both are of
}

// known tells whether the summary is there and of the text as it is now.
func (t *Turn) known() bool { return t.summary.read && t.of == t.Text }

// ScanWindow scans a text together with what was said just before. It returns
// the findings of the current text and, for each previous turn, those that only
// the joined text shows or that its own scan would find again; turns of others
// serve as context and have none. earlier is nil when no turn has any. In what
// is left of a text that has findings, a scan finds nothing more.
func (d *Detector) ScanWindow(previous []Turn, current string) (now []Finding, earlier [][]Finding) {
	w := window{Detector: d, previous: previous, current: current}
	w.scan()
	for i := range w.earlier {
		w.earlier[i] = d.settled(previous[i].Text, w.earlier[i])
	}
	return d.settled(current, w.now), w.earlier
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

// window is a text behind the turns before it, with what was found in them.
type window struct {
	*Detector
	previous []Turn
	current  string
	summary  summary       // of the current text
	part     recovery.Part // of the current text
	now      []Finding     // in the current text
	earlier  [][]Finding   // in the turns before; nil when none has any
}

// add puts a finding into those of a turn; -1 is the current text.
func (w *window) add(turn int, f Finding) {
	if turn < 0 {
		w.now = secret.Merge(append(w.now, f))
		return
	}
	if w.earlier == nil {
		w.earlier = make([][]Finding, len(w.previous))
	}
	w.earlier[turn] = secret.Merge(append(w.earlier[turn], f))
}

// scan looks at the current text alone, and then in each of the ways in which it
// may complete a secret.
func (w *window) scan() {
	for i := range w.previous {
		if !w.previous[i].known() {
			w.previous = w.readAll(w.previous)
			break
		}
	}
	expected := asked(w.previous)
	if endsInKey(w.previous) {
		expected |= reading.ExpectKey | reading.ExpectRest
	}
	w.now, w.summary, w.part = w.scanRead(w.current, expected)
	before, apart := summed(w.previous)
	if before.read && (w.summary.completes(before) || w.summary.figures && before.figures && expected&(reading.ExpectOTP|reading.ExpectHalves) != 0) {
		w.scanJoined(joinedExpecting(expected), saysSomething)
	}
	if w.summary.bare && apart && w.earlier == nil {
		w.scanJoined(joinedExpecting(expected), bareFigures)
	}
	w.gluedKeys()
	w.phrases()
}

// summed is the summary of the own turns together. It tells whether between those
// that are bare figures others stand apart, like "the rest is".
func summed(previous []Turn) (before summary, apart bool) {
	bare, other := false, false
	for i := range previous {
		t := &previous[i]
		if !t.Own || !saysSomething(t, before.iban) {
			continue
		}
		before = before.with(t.summary)
		if bareFigures(t, before.iban) {
			bare = true
		} else {
			other = true
		}
	}
	return before, bare && other
}

// saysSomething tells the turns that may hold a part of a secret; some only behind
// the beginning of a bank account number.
func saysSomething(t *Turn, iban bool) bool { return !t.summary.chatter() || t.summary.bank && iban }

func bareFigures(t *Turn, iban bool) bool {
	return t.summary.bare || t.summary.removed || t.summary.bank && iban
}

// endsInKey tells whether a key was removed from the end of an own turn, so that
// the rest of it may follow.
func endsInKey(previous []Turn) bool {
	for i := range previous {
		t := &previous[i]
		if t.Own && t.summary.removed && strings.HasSuffix(t.Text, secret.Marker(Finding{Class: Key})) {
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

// readAll is a copy of the turns with their summaries.
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
func (d *Detector) scanRead(text string, expected reading.Expectation) ([]Finding, summary, recovery.Part) {
	if len(text) > pieceLength {
		sum, part := d.read(text)
		return d.scanPieces(text, expected), sum, part
	}
	s := d.scans.Get().(*reading.Scan)
	defer d.release(s)
	s.Expected = expected
	s.Load(text)
	d.detect(s)
	return s.Findings(), d.summary(s), d.recovery.Part(s)
}

// scanJoined scans the current text behind the sender's earlier ones that are
// wanted.
func (w *window) scanJoined(expected reading.Expectation, wanted func(t *Turn, iban bool) bool) {
	var joined strings.Builder
	starts := make([]int, len(w.previous)) // code point at which a turn begins, -1 for those left out
	lengths := make([]int, len(w.previous))
	points, iban := 0, false
	for i := range w.previous {
		t := &w.previous[i]
		starts[i] = -1
		if !t.Own || !wanted(t, iban) {
			continue
		}
		iban = t.summary.iban
		starts[i], lengths[i] = points, utf8.RuneCountInString(t.Text)
		joined.WriteString(t.Text)
		joined.WriteByte('\n')
		points += lengths[i] + 1
	}
	joined.WriteString(w.current)
	length := utf8.RuneCountInString(w.current)
	found := w.scanExpecting(joined.String(), expected)
	if len(found) == 0 {
		return
	}
	w.earlier = make([][]Finding, len(w.previous))
	for _, f := range found {
		if part, ok := clip(f, points, length); ok {
			w.now = append(w.now, part)
		}
		for i, start := range starts {
			if start < 0 {
				continue
			}
			if part, ok := clip(f, start, lengths[i]); ok {
				w.earlier[i] = append(w.earlier[i], part)
			}
		}
	}
	w.now = secret.Merge(w.now)
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
	var a asking
	for i := len(previous) - 1; i >= 0; i-- {
		t := &previous[i]
		if t.Own && a.own(&t.summary) || !t.Own && a.other(&t.summary) {
			break
		}
	}
	return a.expected
}

// asking is what is known of the questions while the turns are gone through, the
// newest first.
type asking struct {
	expected reading.Expectation
	others   bool // the other side has spoken
	turned   bool // it has turned to something else
	half     bool // half of a one-time code was told; the question for it is looked for
}

// own takes in a turn of the sender. It tells whether those before it do not count.
func (a *asking) own(t *summary) (done bool) {
	tells := a.others && (t.digits >= 3 || t.removed)
	switch {
	case a.turned:
		return true
	case tells:
		whole := t.removed || t.digits > 4
		done, a.half = whole || a.half, true
		return done
	case !t.announces:
		return false
	case a.half:
		return a.halved(t)
	}
	a.expected |= t.asks
	return false
}

// other takes in a turn of the other side. It tells whether those before it do not
// count.
func (a *asking) other(t *summary) (done bool) {
	if a.half {
		return a.halved(t)
	}
	a.others = true
	if t.asks == 0 && t.kinds&words.Claim != 0 {
		return true
	}
	a.turned = a.turned || t.asks == 0 && t.question
	a.expected |= t.asks
	return false
}

// halved expects the other half of a one-time code when a turn asks for one.
func (a *asking) halved(t *summary) (asks bool) {
	if asks = t.asks&reading.ExpectOTP != 0; asks {
		a.expected |= reading.ExpectHalves
	}
	return asks
}
