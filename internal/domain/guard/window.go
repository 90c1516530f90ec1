package guard

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
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
		expected |= expectOTP
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
	for _, f := range d.scanExpecting(joined.String(), expectNothing) {
		if part, ok := clip(f, points, length); ok {
			now = append(now, part)
		}
		for k, turn := range turns {
			if part, ok := clip(f, starts[k], utf8.RuneCountInString(previous[turn].Text)); ok {
				earlier[turn] = append(earlier[turn], part)
			}
		}
	}
	return mergeFindings(now), earlier
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
func (d *Detector) asked(previous []Turn) expectation {
	expected := expectNothing
	for i := len(previous) - 1; i >= 0; i-- {
		expected |= d.mentions(previous[i].Text)
		if !previous[i].Own {
			break
		}
	}
	return expected
}

// mentions is what a text asks for or announces.
func (d *Detector) mentions(text string) expectation {
	if len(text) > pieceLength {
		return expectNothing
	}
	s := d.pool.Get().(*scan)
	defer s.release()
	s.load(text)
	expected := expectNothing
	for _, pair := range []struct {
		kind kind
		expectation
	}{{kindCVV, expectCVV}, {kindOTP | kindCode, expectOTP}, {kindPass, expectPassword}, {kindPIN, expectPIN}} {
		if s.kinds&pair.kind != 0 {
			expected |= pair.expectation
		}
	}
	return expected
}

const (
	windowTurns   = 5                // own texts that are looked at together
	windowAge     = 60 * time.Second // how old the oldest may be
	windowContext = 10 * time.Minute // how long a question of the other side counts
)

// Window remembers the last turns between one sender and the others in a
// conversation. It holds plain text in memory only and is not safe for
// concurrent use; its owner drops it when the conversation is idle.
type Window struct {
	turns []windowTurn
}

type windowTurn struct {
	Turn
	at time.Time
}

// Add remembers a text; own is true for the sender whose window this is.
func (w *Window) Add(at time.Time, text string, own bool) {
	w.drop(at)
	limit, same := 1, 0
	if own {
		limit = windowTurns
	}
	w.turns = append(w.turns, windowTurn{Turn{text, own}, at})
	for i := len(w.turns) - 1; i >= 0; i-- {
		if w.turns[i].Own != own {
			continue
		}
		if same++; same > limit {
			w.turns = slices.Delete(w.turns, i, i+1)
		}
	}
}

// Previous are the turns that count at a moment, oldest first.
func (w *Window) Previous(at time.Time) []Turn {
	w.drop(at)
	turns := make([]Turn, 0, len(w.turns))
	for _, t := range w.turns {
		turns = append(turns, t.Turn)
	}
	return turns
}

// Empty tells whether nothing is remembered at a moment.
func (w *Window) Empty(at time.Time) bool {
	w.drop(at)
	return len(w.turns) == 0
}

func (w *Window) drop(at time.Time) {
	kept := w.turns[:0]
	for _, t := range w.turns {
		limit := windowAge
		if !t.Own {
			limit = windowContext
		}
		if at.Sub(t.at) <= limit {
			kept = append(kept, t)
		}
	}
	clear(w.turns[len(kept):])
	w.turns = kept
}
