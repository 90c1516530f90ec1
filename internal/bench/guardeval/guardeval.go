// Package guardeval measures the secret guard on labelled lines: what it finds,
// what it alarms on without reason, and how long it takes. It judges; it does
// not tune, and nothing in the product depends on it.
package guardeval

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"kefu/internal/domain/guard"
	"kefu/internal/platform/fault"
)

// Line is one labelled text. Spans count Unicode code points, half open.
type Line struct {
	Text  string `json:"text"`
	Lang  string `json:"lang"`
	Spans []Span `json:"spans"`
}

// Span is where a secret of a class stands.
type Span struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Class string `json:"class"`
}

// Result is what an evaluation prints.
type Result struct {
	Recall         float64 `json:"recall"`           // share of lines with spans whose every span is wholly redacted
	FalseAlarmRate float64 `json:"false_alarm_rate"` // share of lines without spans in which anything is redacted
	P50Micros      float64 `json:"p50_us"`           // per line
	P99Micros      float64 `json:"p99_us"`           // per line
	Secret         int     `json:"lines_with_spans"`
	Plain          int     `json:"lines_without_spans"`
	Misses         []Miss  `json:"-"`
	Alarms         []Miss  `json:"-"`
}

// Miss is a line on which the guard and the labels differ.
type Miss struct {
	Line    Line
	Found   []guard.Finding
	Exposed int // code points of secrets left readable, 0 for a false alarm
}

const longestLine = 16 << 20 // bytes

// Run scans every line of r, JSON Lines as Line describes. A malformed line is
// an Invalid fault that names it.
func Run(ctx context.Context, d *guard.Detector, r io.Reader) (Result, error) {
	const op = "guardeval.Run"
	var result Result
	var times []time.Duration
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 0, 64<<10), longestLine)
	for n := 1; scanner.Scan(); n++ {
		if err := ctx.Err(); err != nil {
			return result, fault.Wrap(op, err)
		}
		if len(scanner.Bytes()) == 0 {
			continue
		}
		var line Line
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			return result, fault.InvalidField(op, "test", "line %d is not a labelled text: %v", n, err)
		}
		if err := line.check(); err != nil {
			return result, fault.InvalidField(op, "test", "line %d: %v", n, err)
		}
		began := time.Now()
		found, _ := d.ScanWindow(nil, line.Text) // as a message is
		times = append(times, time.Since(began))
		result.judge(line, found)
	}
	if err := scanner.Err(); err != nil {
		return result, fault.Wrap(op, err)
	}
	result.settle(times)
	return result, nil
}

func (l Line) check() error {
	length := len([]rune(l.Text))
	for _, s := range l.Spans {
		if s.Start < 0 || s.End <= s.Start || s.End > length {
			return fmt.Errorf("span %d to %d is outside a text of %d code points", s.Start, s.End, length)
		}
	}
	return nil
}

func (r *Result) judge(line Line, found []guard.Finding) {
	if len(line.Spans) == 0 {
		r.Plain++
		if len(found) > 0 {
			r.Alarms = append(r.Alarms, Miss{Line: line, Found: found})
		}
		return
	}
	r.Secret++
	exposed := 0
	for _, s := range line.Spans {
		exposed += s.End - s.Start - covered(s, found)
	}
	if exposed > 0 {
		r.Misses = append(r.Misses, Miss{Line: line, Found: found, Exposed: exposed})
	}
}

// covered counts the code points of a span that findings hide.
func covered(s Span, found []guard.Finding) int {
	n := 0
	for _, f := range found {
		n += max(0, min(s.End, f.End)-max(s.Start, f.Start))
	}
	return n
}

func (r *Result) settle(times []time.Duration) {
	if r.Secret > 0 {
		r.Recall = 1 - float64(len(r.Misses))/float64(r.Secret)
	}
	if r.Plain > 0 {
		r.FalseAlarmRate = float64(len(r.Alarms)) / float64(r.Plain)
	}
	if len(times) > 0 {
		slices.Sort(times)
		r.P50Micros = micros(times[len(times)/2])
		r.P99Micros = micros(times[min(len(times)-1, len(times)*99/100)])
	}
	slices.SortStableFunc(r.Misses, func(a, b Miss) int { return b.Exposed - a.Exposed })
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

// Report writes the worst misses and the false alarms, at most limit of each.
// It shows the texts as they are: labelled lines hold invented secrets only.
func (r *Result) Report(w io.Writer, limit int) error {
	for i, m := range r.Misses {
		if i == limit {
			break
		}
		if _, err := fmt.Fprintf(w, "missed %d of %s: %q found %v\n", m.Exposed, wanted(m.Line), m.Line.Text, shown(m.Found)); err != nil {
			return fault.Wrap("guardeval.Report", err)
		}
	}
	for i, m := range r.Alarms {
		if i == limit {
			break
		}
		if _, err := fmt.Fprintf(w, "alarm %v: %q\n", shown(m.Found), m.Line.Text); err != nil {
			return fault.Wrap("guardeval.Report", err)
		}
	}
	return nil
}

func wanted(l Line) string {
	out := ""
	points := []rune(l.Text)
	for _, s := range l.Spans {
		out += fmt.Sprintf("[%s %q]", s.Class, string(points[s.Start:s.End]))
	}
	return out
}

func shown(found []guard.Finding) []string {
	out := make([]string, 0, len(found))
	for _, f := range found {
		out = append(out, fmt.Sprintf("%s %d-%d", f.Class, f.Start, f.End))
	}
	return out
}
