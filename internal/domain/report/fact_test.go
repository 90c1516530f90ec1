package report_test

import (
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/report"
	"kefu/internal/domain/sla"
)

// What nobody aimed for is neither met nor missed, whatever was aimed for before.
func TestAResolutionWithoutATargetIsCountedByNone(t *testing.T) {
	aims := sla.Aims{{ID: "vip", Target: sla.Target{Resolution: 10, When: sla.Conditions{Tags: []string{"vip"}}}, Hours: &sla.Hours{}}}
	f := report.NewFact(sla.Subject{Channel: "chat"})
	seq, minute := int64(0), int64(60_000_000)
	add := func(kind conversation.EntryKind, by conversation.AuthorKind, c conversation.Content) {
		seq++
		f.Apply(&conversation.Entry{Seq: seq, At: seq * minute, Kind: kind, Author: conversation.Author{Kind: by, ID: string(by)}, Content: c}, aims)
	}
	resolve := conversation.Content{Status: conversation.Resolved, Was: conversation.Open}
	add(conversation.KindMessage, conversation.ByCustomer, conversation.Content{Text: "help"})
	add(conversation.KindTags, conversation.ByAgent, conversation.Content{Tags: []string{"vip"}})
	add(conversation.KindStatus, conversation.ByAgent, resolve)
	if f.Solved != sla.Met || f.SolvedWall != 120 {
		t.Fatalf("resolved in two minutes: %s after %d s", f.Solved, f.SolvedWall)
	}
	add(conversation.KindTags, conversation.ByAgent, conversation.Content{})
	add(conversation.KindMessage, conversation.ByCustomer, conversation.Content{Text: "again"})
	for range 30 {
		add(conversation.KindMessage, conversation.ByCustomer, conversation.Content{Text: "hello?"})
	}
	add(conversation.KindStatus, conversation.ByAgent, resolve)
	if f.Solved != "" || f.SolvedWall != 31*60 {
		t.Errorf("resolved in half an hour, for which nobody aimed: %q after %d s", f.Solved, f.SolvedWall)
	}
}
