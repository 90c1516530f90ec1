package guard

import (
	"bufio"
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"kefu/internal/domain/guard/reading"
)

// Whether the joined text is read is decided by the summaries alone. Secrets of the
// corpus, broken in two or three messages, show that this overlooks nothing
// that reading it always would have found.
func TestSummariesOverlookNothing(t *testing.T) {
	d, err := New()
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open("testdata/corpus.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	chance := rand.New(rand.NewPCG(7, 7))
	broken, joined := 0, 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var line struct {
			Text  string
			Spans []struct{ Start, End int }
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if len(line.Spans) == 0 {
			continue
		}
		parts := pieces(chance, []rune(line.Text), line.Spans[0].Start, line.Spans[0].End)
		last := len(parts) - 1
		var before []Turn
		for _, part := range parts[:last] {
			before = append(before, d.Read(part, true))
		}
		broken++
		always := window{Detector: d, previous: before, current: parts[last], now: d.Scan(parts[last])}
		always.scanJoined(reading.Joined, saysSomething)
		now, earlier := always.now, always.earlier
		got, gotEarlier := d.ScanWindow(before, parts[last])
		if gotEarlier != nil {
			joined++
		}
		if hidden(now) > hidden(got) || gotEarlier == nil && hiddenMore(d, before, earlier) {
			t.Errorf("%q: the window shows %v %v, the joined text %v %v", parts, got, gotEarlier, now, earlier)
		}
	}
	t.Logf("%d secrets broken, %d seen only together", broken, joined)
	if joined < broken/4 {
		t.Error("next to nothing was found in joined texts: the test has lost its sense")
	}
}

// pieces breaks a text inside a secret, at white space or between Chinese
// characters where there are any.
func pieces(chance *rand.Rand, text []rune, start, end int) []string {
	cut := start + 1 + chance.IntN(max(1, end-start-1))
	for i := cut; i < end; i++ {
		if text[i] == ' ' {
			cut = i
			break
		}
	}
	parts := []string{string(text[:cut]), string(text[cut:])}
	if rest := []rune(parts[1]); chance.IntN(3) == 0 && end-cut > 8 {
		half := (end - cut) / 2
		parts = []string{parts[0], string(rest[:half]), string(rest[half:])}
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

func hidden(found []Finding) int {
	n := 0
	for _, f := range found {
		n += f.End - f.Start
	}
	return n
}

// hiddenMore tells whether the findings of earlier turns go beyond what each
// shows alone.
func hiddenMore(d *Detector, turns []Turn, found [][]Finding) bool {
	for i := range found {
		if hidden(found[i]) > hidden(d.Scan(turns[i].Text)) {
			return true
		}
	}
	return false
}
