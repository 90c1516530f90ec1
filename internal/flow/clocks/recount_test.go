package clocks_test

import (
	"context"
	"os"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/report"
	"kefu/internal/domain/sla"
	"kefu/internal/storage/storagetest"
)

// recounted is the report that follows from nothing but the logs: each conversation
// counts once, as the one that it goes on in, and each rating that was given counts.
func recounted(h *house, q report.Query, convs []string) report.Report {
	c := report.Collect(q)
	backlog := int64(0)
	for _, conv := range convs {
		merged := false
		ctx := context.Background()
		for after, more := int64(0), true; more; {
			var entries []conversation.Entry
			var err error
			entries, more, err = h.p.Entries(ctx, identity.SystemPart("test"), conv, conversation.EntryRange{After: after})
			must(h.t, err)
			for _, e := range entries {
				after = e.Seq
				switch {
				case e.Kind == conversation.KindMerged && e.Content.Into != "":
					merged = true
				case e.Kind == conversation.KindUnmerged && e.Content.From != "":
					merged = false
				}
			}
		}
		f := replayed(h, conv)
		of := report.Event{Channel: "chat", Language: "zh"}
		if began := of; !merged && f.Began > 0 {
			began.At, began.Agent, began.Seconds, began.State, began.Count = f.Began, f.AnsweredBy, f.FirstWorked, f.First, f.Reopened
			c.Count(report.PartBegan, began)
		}
		if solved := of; !merged && f.SolvedAt > 0 {
			solved.At, solved.Agent, solved.Seconds, solved.State = f.SolvedAt, f.Assignee, f.SolvedWork, f.Solved
			c.Count(report.PartResolved, solved)
		}
		if rated := of; f.RatedAt > 0 {
			rated.At, rated.Agent, rated.Count = f.RatedAt, f.Assignee, f.Score
			c.Count(report.PartRated, rated)
		}
		if f.Began > 0 && h.state(conv).Status != conversation.Resolved && !merged {
			backlog++
		}
	}
	c.Backlog(func(int64) int64 { return backlog })
	return c.Report()
}

// Figures agree with a recount of the logs, however conversations are joined and
// parted, packed or not.
func TestReportsAgreeWithARecount(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		h.aim(sla.Target{Name: "All", FirstResponse: 10, NextResponse: 7, Resolution: 100})
		lead := identity.Principal{Kind: identity.Staff, ID: "ada", Role: identity.Supervisor}
		ctx, from := context.Background(), d.Clock.Micros()-1
		var convs []string
		joined, parted := 0, 0
		rapid.Check(t, func(r *rapid.T) {
			if len(convs) < 30 {
				convs = append(convs, h.begin())
				must(t, h.do(h.who, convs[len(convs)-1], saying("hello")))
			}
			for range rapid.IntRange(1, 5).Draw(r, "n") {
				d.Clock.Move(time.Duration(rapid.IntRange(1, 1000).Draw(r, "seconds")) * time.Second)
				conv := rapid.SampledFrom(convs).Draw(r, "conv")
				switch rapid.IntRange(0, 7).Draw(r, "what") {
				case 0:
					_ = h.do(h.who, conv, saying("hello"))
				case 1:
					_ = h.do(mei(), conv, saying("answer"))
				case 2:
					_ = h.do(mei(), conv, becoming(conversation.Resolved))
				case 3:
					_ = h.do(h.who, conv, conversation.Command{Kind: conversation.Rate, Content: conversation.Content{Score: rapid.Int64Range(1, 5).Draw(r, "score")}})
				case 4, 5:
					if h.p.Merge(ctx, mei(), conv, rapid.SampledFrom(convs).Draw(r, "into")) == nil {
						joined++
					}
				case 6, 7:
					if h.p.Unmerge(ctx, mei(), conv) == nil {
						parted++
					}
				}
			}
			h.settle()
			if rapid.Bool().Draw(r, "packed") {
				for more := true; more; {
					var err error
					more, err = h.p.PackFacts(ctx, d.Clock.Micros()/report.HourMicros+1)
					must(t, err)
				}
			}
			q := report.Query{From: from, To: d.Clock.Micros() + 1, Zone: time.UTC}
			got, err := h.p.Report(ctx, lead, q)
			must(t, err)
			want := recounted(h, q, convs)
			for i := range got.Buckets { // of days that are over only the sums are kept
				got.Buckets[i].Backlog, want.Buckets[i].Backlog = nil, nil
			}
			if !reflect.DeepEqual(got, want) {
				r.Fatalf("the report\n%+v\nthe logs say\n%+v", got, want)
			}
			if *got.Total.Backlog != *want.Total.Backlog {
				r.Fatalf("%d in the backlog, the logs say %d", *got.Total.Backlog, *want.Total.Backlog)
			}
		})
		if joined == 0 || parted == 0 {
			t.Fatalf("%d were joined and %d parted", joined, parted)
		}
	})
}

// A conversation that goes on in another one counts as that one; parted again, both
// count.
func TestWhatWasJoinedCountsOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		lead := identity.Principal{Kind: identity.Staff, ID: "ada", Role: identity.Supervisor}
		from := d.Clock.Micros() - 1
		counts := func(when string, began, solved, backlog int) {
			t.Helper()
			h.settle()
			for _, packed := range []bool{false, true} {
				if packed {
					_, err := h.p.PackFacts(context.Background(), d.Clock.Micros()/report.HourMicros+1)
					must(t, err)
				}
				r, err := h.p.Report(context.Background(), lead, report.Query{From: from, To: d.Clock.Micros() + 1, Zone: time.UTC})
				must(t, err)
				if r.Total.Volume != began || r.Total.Solved.Count != solved || int(*r.Total.Backlog) != backlog || r.Total.Reopened != 0 {
					t.Errorf("%s: %d began, %d were resolved, %d are in the backlog, %d were reopened; want %d, %d, %d, 0", when, r.Total.Volume, r.Total.Solved.Count, *r.Total.Backlog, r.Total.Reopened, began, solved, backlog)
				}
			}
		}
		one, two, three := h.begin(), h.begin(), h.begin()
		for _, conv := range []string{one, two, three} {
			must(t, h.do(h.who, conv, saying("hello")))
			d.Clock.Move(time.Second)
		}
		must(t, h.do(mei(), one, becoming(conversation.Resolved)))
		counts("three", 3, 1, 2)
		h.merge(one, two)
		counts("a resolved one is joined", 2, 0, 2)
		h.merge(two, three)
		counts("and with it the next", 1, 0, 1)
		h.unmerge(two)
		counts("which is parted", 2, 0, 2)
		h.unmerge(one)
		counts("and so is the first", 3, 1, 2)

		// What was counted before it was known better is put right by a migration.
		h.merge(one, two)
		counts("once more", 2, 0, 2)
		h.stop()
		h.p.Stop()
		d.Exec(t, "UPDATE fact SET began = $1, solved_at = $1 WHERE began = 0", from+1)
		migration, err := os.ReadFile("../../storage/migrations/0026_merged_facts.sql")
		must(t, err)
		d.Exec(t, string(migration))
		h = open(t, d)
		counts("put right", 2, 0, 2)
		h.unmerge(one)
		counts("and parted", 3, 1, 2)
	})
}
