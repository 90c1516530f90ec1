package report

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"time"
)

// Sheet is a report as a table for spreadsheets.
type Sheet struct {
	Names func(part, key string) string // of agents, teams and codes, by their ids
	BOM   bool                          // for programs that else take it for another encoding than UTF-8
}

// Cell is a text that no spreadsheet takes for a formula: one that begins as a
// formula does gets an apostrophe before it, which spreadsheets hide or show as
// text (CWE-1236).
func Cell(text string) string {
	begin := strings.TrimLeft(text, " \u00a0\ufeff\u200b")
	if begin != "" && strings.ContainsRune("=+-@\t\r\n|\uff1d\uff0b\uff0d\uff20", []rune(begin)[0]) {
		return "'" + text
	}
	return text
}

// CSV writes a report (RFC 4180): a line for each day or week, then one for each
// group.
func (s Sheet) CSV(q Query, r *Report) ([]byte, error) {
	var out bytes.Buffer
	if s.BOM {
		out.WriteString("\ufeff")
	}
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	put := func(cells ...string) {
		for i := range cells {
			cells[i] = Cell(cells[i])
		}
		_ = w.Write(cells) // into memory; Error tells
	}
	put("part", "key", "conversations", "answered", "first_response_median_s", "first_response_p90_s", "first_response_aimed", "first_response_within",
		"resolved", "resolution_median_s", "resolution_p90_s", "resolution_aimed", "resolution_within", "reopened", "backlog", "rated", "score_1", "score_2", "score_3", "score_4", "score_5")
	for i := range r.Buckets {
		part := "day"
		if q.Weekly {
			part = "week"
		}
		put(line(part, time.UnixMicro(r.Buckets[i].At).In(q.Zone).Format(time.DateOnly), &r.Buckets[i])...)
	}
	put(line("total", "", &r.Total)...)
	for _, part := range []struct {
		name   string
		groups []Group
	}{{"channel", r.Channels}, {"language", r.Languages}, {"team", r.Teams}, {"topic", r.Topics}, {"tag", r.Tags}, {"wrap_up", r.Codes}, {"agent", r.Agents}} {
		for i := range part.groups {
			key := part.groups[i].Key
			if byID := part.name == "agent" || part.name == "team" || part.name == "wrap_up"; byID && key != "" && s.Names != nil {
				key = s.Names(part.name, key)
			}
			put(line(part.name, key, &part.groups[i].Bucket)...)
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

func line(part, key string, b *Bucket) []string {
	n := strconv.Itoa
	s := func(v int64) string { return strconv.FormatInt(v, 10) }
	cells := []string{part, key, n(b.Volume)}
	for _, d := range []*Durations{&b.First, &b.Solved} {
		median, p90 := "", ""
		if d.Count > 0 {
			median, p90 = s(d.Median), s(d.P90)
		}
		cells = append(cells, n(d.Count), median, p90, n(d.Aimed), n(d.Within))
	}
	backlog := ""
	if b.Backlog != nil {
		backlog = strconv.FormatInt(max(0, *b.Backlog), 10)
	}
	cells = append(cells, n(b.Reopened), backlog, n(b.Rated))
	for _, score := range b.Scores {
		cells = append(cells, n(score))
	}
	return cells
}
