// Package articleeval measures whether people's own questions find the right article: on a
// file of questions, and labels that were given before anything was searched for.
package articleeval

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/internal/flow/publishing"
)

// Label is which articles answer a question: any of them is right; none when there is none.
type Label struct {
	Row      int // of the file of questions, from 0, the head not counted
	Articles []string
}

// Labels reads a line for each question: the row, and the ids of articles that are right.
// Errors: what is wrong, with the line.
func Labels(from io.Reader) (out []Label, err error) {
	lines := bufio.NewScanner(from)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		row, err := strconv.Atoi(fields[0])
		if err != nil {
			return nil, fmt.Errorf("labels: line %d does not begin with a row", n)
		}
		out = append(out, Label{Row: row, Articles: fields[1:]})
	}
	return out, lines.Err()
}

// Questions reads a column of a file of comma-separated values. Errors: as encoding/csv has
// them, and a column that there is not.
func Questions(from io.Reader, column string) (out []string, err error) {
	r := csv.NewReader(from)
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("questions: %w", err)
	}
	at := slices.Index(head, column)
	if at < 0 {
		return nil, fmt.Errorf("questions: there is no column %q", column)
	}
	for {
		row, err := r.Read()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("questions: %w", err)
		}
		out = append(out, row[at])
	}
}

// Result is what was measured.
type Result struct {
	Language  string   `json:"language"`
	Asked     int      `json:"asked"`
	Answered  int      `json:"have_an_article"` // of those that were asked
	First     float64  `json:"right_first"`     // share of those that have one
	Three     float64  `json:"right_in_three"`
	P50Millis float64  `json:"p50_ms"`
	Missed    []Missed `json:"missed"`
}

// Missed is a question whose article was not among the first three.
type Missed struct {
	Row   int      `json:"row"`
	Want  []string `json:"want"`
	Found []string `json:"found"`
}

// Run searches for each labelled question.
// Errors: a label of a row that there is not, or of an article that there is not.
func Run(shelf *publishing.Shelf, lang string, questions []string, labels []Label) (Result, error) {
	out := Result{Language: lang, Missed: []Missed{}}
	first, three := 0, 0
	var took []time.Duration
	for _, l := range labels {
		if l.Row < 0 || l.Row >= len(questions) {
			return out, fmt.Errorf("labels: there is no row %d", l.Row)
		}
		for _, id := range l.Articles {
			if _, ok := shelf.Get(id, publishing.Reader{}); !ok {
				return out, fmt.Errorf("labels: row %d: there is no article %s", l.Row, id)
			}
		}
		begun := time.Now()
		found := shelf.Find(questions[l.Row], lang, publishing.Reader{}, 3, false)
		took = append(took, time.Since(begun))
		out.Asked++
		if len(l.Articles) == 0 {
			continue
		}
		out.Answered++
		var ids []string
		for _, f := range found {
			ids = append(ids, f.Article.ID)
		}
		at := slices.IndexFunc(ids, func(id string) bool { return slices.Contains(l.Articles, id) })
		if at == 0 {
			first++
		}
		if at >= 0 {
			three++
		} else {
			out.Missed = append(out.Missed, Missed{Row: l.Row, Want: l.Articles, Found: ids})
		}
	}
	if out.Answered > 0 {
		out.First, out.Three = float64(first)/float64(out.Answered), float64(three)/float64(out.Answered)
	}
	slices.Sort(took)
	if len(took) > 0 {
		out.P50Millis = float64(took[len(took)/2].Microseconds()) / 1000
	}
	return out, nil
}
