package cases

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"slices"
	"strconv"

	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/report"
	"kefu/internal/platform/fault"
)

// Counted is a case as the yearly figures count it. Times are microseconds.
type Counted struct {
	Type         jurisdiction.Type
	Jurisdiction string
	Outcome      Outcome
	NoticedAt    int64
	AnsweredAt   int64 // 0: not yet
	Broken       bool  // a duty was, or is
}

// Line is what a year had of one type under one law.
type Line struct {
	Jurisdiction string
	Type         jurisdiction.Type
	Count        int
	Share        float64 // of all cases of the year, in percent
	Answered     int
	Upheld       int
	Partly       int
	Refused      int
	Broken       int
	MedianDays   float64 // from the first notice to the answer
	NinetyDays   float64 // within which nine of ten were answered
}

// Year sums up cases of a year, the most frequent first.
func Year(all []Counted) []Line {
	type key struct {
		j string
		t jurisdiction.Type
	}
	by := map[key]*Line{}
	took := map[key][]int64{}
	for _, c := range all {
		k := key{c.Jurisdiction, c.Type}
		l := by[k]
		if l == nil {
			l = &Line{Jurisdiction: k.j, Type: k.t}
			by[k] = l
		}
		l.Count++
		if c.Broken {
			l.Broken++
		}
		switch c.Outcome {
		case Upheld:
			l.Upheld++
		case PartlyUpheld:
			l.Partly++
		case Refused:
			l.Refused++
		}
		if c.AnsweredAt != 0 {
			l.Answered++
			took[k] = append(took[k], max(0, c.AnsweredAt-c.NoticedAt))
		}
	}
	var lines []Line
	for k, l := range by {
		slices.Sort(took[k])
		l.Share = 100 * float64(l.Count) / float64(len(all))
		l.MedianDays, l.NinetyDays = days(took[k], 50), days(took[k], 90)
		lines = append(lines, *l)
	}
	slices.SortFunc(lines, func(x, y Line) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Jurisdiction, y.Jurisdiction), cmp.Compare(x.Type, y.Type))
	})
	return lines
}

// days is the value that so many percent do not exceed: the nearest rank.
func days(sorted []int64, percent int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	rank := (len(sorted)*percent + 99) / 100
	return float64(sorted[max(rank, 1)-1]) / (24 * 3600 * 1_000_000)
}

// CSV writes the figures of a year (RFC 4180), with a text in no cell that a
// spreadsheet takes for a formula.
func CSV(year int, lines []Line) ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	rows := [][]string{{"year", "jurisdiction", "type", "count", "share_percent", "answered", "upheld", "partly_upheld", "refused", "deadline_broken", "median_days", "p90_days"}}
	num := func(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }
	for _, l := range lines {
		rows = append(rows, []string{
			strconv.Itoa(year), l.Jurisdiction, string(l.Type), strconv.Itoa(l.Count), num(l.Share), strconv.Itoa(l.Answered), strconv.Itoa(l.Upheld), strconv.Itoa(l.Partly),
			strconv.Itoa(l.Refused), strconv.Itoa(l.Broken), num(l.MedianDays), num(l.NinetyDays),
		})
	}
	for _, row := range rows {
		for i, cell := range row {
			row[i] = report.Cell(cell)
		}
		if err := w.Write(row); err != nil {
			return nil, fault.Wrap("cases.CSV", err)
		}
	}
	w.Flush()
	return out.Bytes(), fault.Wrap("cases.CSV", w.Error())
}
