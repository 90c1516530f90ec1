package clocks_test

import (
	"context"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/report"
	"kefu/internal/domain/sla"
	"kefu/internal/storage/storagetest"
)

// having is an answer by somebody who has seen the log up to seq.
func having(seq int64, text string) conversation.Command {
	c := saying(text)
	c.Seq = seq
	return c
}

func (h *house) state(conv string) conversation.State {
	h.t.Helper()
	s, err := h.p.Conversation(context.Background(), identity.SystemPart("test"), conv)
	must(h.t, err)
	return s
}

// An answer that crossed with a question answers what was there before, and the
// question goes on waiting under a clock of its own, also when the answer is edited
// later and the log is folded anew.
func TestAnAnswerThatCrossedWithAQuestion(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		h.aim(sla.Target{Name: "All", FirstResponse: 10, NextResponse: 5, Resolution: 100})
		from, conv := d.Clock.Micros()-1, h.begin()
		must(t, h.do(h.who, conv, saying("hello")))
		d.Clock.Move(time.Minute)
		must(t, h.do(h.who, conv, saying("it was stolen")))
		asked := d.Clock.Micros()
		d.Clock.Move(time.Minute)
		must(t, h.do(mei(), conv, having(1, "good morning")))
		check := func(when string) {
			t.Helper()
			clocks := h.alerts(conv)
			if first := clocks[sla.FirstResponse]; first.State != sla.Met || first.Ended != asked+60_000_000 {
				t.Errorf("%s, the first answer: %+v", when, first)
			}
			if next := clocks[sla.NextResponse]; next.State != sla.Running || next.Start != asked || next.Seq != 2 || next.Due != asked+5*60_000_000 {
				t.Errorf("%s, the next one: %+v", when, next)
			}
			if solve := clocks[sla.Resolution]; solve.State != sla.Running {
				t.Errorf("%s, the whole: %+v", when, solve)
			}
			if s := h.state(conv); s.WaitingSince != asked || s.Status != conversation.Open {
				t.Errorf("%s it waits since %d: %+v", when, s.WaitingSince, s)
			}
		}
		check("crossed")
		must(t, h.do(mei(), conv, having(1, "can I help?"))) // written by somebody who has still not looked
		check("crossed once more")
		must(t, h.do(mei(), conv, conversation.Command{Kind: conversation.Edit, Content: conversation.Content{Of: 3, Text: "good evening"}}))
		check("edited")
		h.stop()
		h.p.Stop()
		for _, text := range []string{"DELETE FROM fact", "DELETE FROM backlog", "DELETE FROM clock", "DELETE FROM follower WHERE name = 'clocks'"} {
			d.Exec(t, text)
		}
		h = open(t, d)
		check("folded anew")
		lead := identity.Principal{Kind: identity.Staff, ID: "ada", Role: identity.Supervisor}
		r, err := h.p.Report(context.Background(), lead, report.Query{From: from, To: d.Clock.Micros() + 1, Zone: time.UTC, Wall: true})
		must(t, err)
		if r.Total.First.Count != 1 || r.Total.First.Within != 1 || r.Total.First.Median != 120 {
			t.Errorf("the report says %+v", r.Total.First)
		}
		d.Clock.Move(10 * time.Minute)
		must(t, h.do(mei(), conv, saying("blocked"))) // who says nothing has seen everything
		if next := h.alerts(conv)[sla.NextResponse]; next.State != sla.Breached || next.Ended == 0 {
			t.Errorf("answered late: %+v", next)
		}
		if s := h.state(conv); s.WaitingSince != 0 || s.Status != conversation.Waiting {
			t.Errorf("answered, it waits since %d: %+v", s.WaitingSince, s)
		}
	})
}
