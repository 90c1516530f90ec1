package report_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/report"
	"kefu/internal/domain/sla"
	"kefu/internal/domain/wrapup"
)

// told folds entries, a minute apart.
func told(entries ...conversation.Entry) report.Fact {
	f := report.NewFact(sla.Subject{Channel: "chat"})
	for i := range entries {
		entries[i].Seq, entries[i].At = int64(i+1), int64(i+1)*60_000_000
		if entries[i].Author.Kind == "" {
			entries[i].Author = conversation.Author{Kind: conversation.ByAgent, ID: "mei"}
		}
		f.Apply(&entries[i], nil)
	}
	return f
}

func turned(to, was conversation.Status, code string, undo bool) conversation.Entry {
	c := conversation.Content{Status: to, Was: was, Undo: undo}
	if code != "" {
		c.Code = &wrapup.Ref{ID: code, Name: code}
	}
	return conversation.Entry{Kind: conversation.KindStatus, Content: c}
}

func asked() conversation.Entry {
	return conversation.Entry{Kind: conversation.KindMessage, Author: conversation.Author{Kind: conversation.ByCustomer, ID: "anna"}}
}

func TestAFactHasTheCodeOfItsNewestResolution(t *testing.T) {
	f := told(asked(), turned(conversation.Resolved, conversation.Open, "refunded", false))
	if f.Code != "refunded" || f.SolvedAt != 120_000_000 || f.SolvedWall != 60 {
		t.Errorf("%+v", f)
	}
	f = told(asked(), turned(conversation.Resolved, conversation.Open, "refunded", false),
		conversation.Entry{Kind: conversation.KindWrapUp, Content: conversation.Content{Code: &wrapup.Ref{ID: "explained"}}})
	if f.Code != "explained" || f.SolvedAt != 120_000_000 {
		t.Errorf("changed afterwards: %+v", f)
	}
}

func TestAResolutionThatIsTakenBackIsNoneInTheReport(t *testing.T) {
	undo := turned(conversation.Open, conversation.Resolved, "", true)
	f := told(asked(), turned(conversation.Resolved, conversation.Open, "refunded", false), undo)
	if f.Reopened != 0 || f.SolvedAt != 0 || f.SolvedWall != -1 || f.Code != "" || !f.InBacklog {
		t.Errorf("%+v", f)
	}
	twice := told(asked(), turned(conversation.Resolved, conversation.Open, "first", false), turned(conversation.Open, conversation.Resolved, "", false),
		turned(conversation.Resolved, conversation.Open, "second", false), undo)
	if twice.Reopened != 1 || twice.SolvedAt != 120_000_000 || twice.Code != "first" {
		t.Errorf("the one before it: %+v", twice)
	}
}

func TestATopicIsToldWhenAFormGaveIt(t *testing.T) {
	topic := conversation.Entry{Kind: conversation.KindTopic, Author: conversation.Author{Kind: conversation.BySystem, ID: conversation.FormAuthor}, Content: conversation.Content{Topic: "Card"}}
	if f := told(asked(), topic); f.Topic != "Card" {
		t.Errorf("the topic is %q", f.Topic)
	}
	words := conversation.Entry{Kind: conversation.KindTopic, Content: conversation.Content{Topic: "Anna's card"}}
	if f := told(asked(), topic, words); f.Topic != "" {
		t.Errorf("a person's words are kept: %q", f.Topic)
	}
}

// Two hundred tags, some of which look like formulas.
func TestAReportOfVeryManyTags(t *testing.T) {
	q := report.Query{From: 0, To: 1_000_000, Zone: time.UTC}
	c := report.Collect(q)
	for i := range 300 {
		e := report.Event{At: 5, Channel: "chat", Team: "t1", Code: "c1", Seconds: -1, Topic: "=cmd()"}
		c.Count(report.PartBegan, e)
		e.Tags = []string{fmt.Sprintf("=tag %03d", i), "all"}
		c.Count(report.PartBegan, e)
	}
	r := c.Report()
	if r.Total.Volume != 300 || r.Teams[0].Volume != 300 || r.Codes[0].Volume != 300 || len(r.Tags) != 200 || r.Tags[0].Key != "all" || r.Tags[0].Volume != 300 {
		t.Errorf("total %d, %d tags, the first %+v", r.Total.Volume, len(r.Tags), r.Tags[0])
	}
	sheet := report.Sheet{Names: func(part, key string) string { return part + " -> " + key }}
	body, err := sheet.CSV(q, &r)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(strings.NewReader(string(body))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]int{}
	for _, line := range lines {
		keys[line[0]+" "+line[1]]++
		if strings.HasPrefix(line[1], "=") {
			t.Errorf("a formula: %q", line)
		}
	}
	for _, want := range []string{"team team -> t1", "wrap_up wrap_up -> c1", "tag '=tag 000", "topic '=cmd()"} {
		if keys[want] != 1 {
			t.Errorf("no line %q", want)
		}
	}
	q.Tag = "=tag 007"
	one := report.Collect(q)
	for i := range 300 {
		one.Count(report.PartBegan, report.Event{At: 5, Channel: "chat", Seconds: -1, Tags: []string{fmt.Sprintf("=tag %03d", i), "all"}})
	}
	if got := one.Report(); got.Total.Volume != 1 || len(got.Tags) != 2 || got.Channels[0].Volume != 1 {
		t.Errorf("of one tag: %+v", got)
	}
}
