package clocks_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/sla"
	"kefu/internal/storage/storagetest"
)

func becoming(s conversation.Status) conversation.Command {
	return conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: s}, Seq: 1 << 40}
}

func (h *house) merge(from, into string) {
	must(h.t, h.p.Merge(context.Background(), mei(), from, into))
}

func (h *house) unmerge(of string) { must(h.t, h.p.Unmerge(context.Background(), mei(), of)) }

// live are the clocks of a conversation that have not ended, in short.
func (h *house) live(conv string) string {
	h.t.Helper()
	var all []string
	for kind, a := range h.alerts(conv) {
		if a.Ended == 0 {
			all = append(all, fmt.Sprint(kind, " since ", a.Start, " due ", a.Due, " ", a.State))
		}
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

// What was joined and parted has the clocks and the waiting again that its own
// messages call for, at once and not with the next message; while it is joined, what
// waited in the one is due in the other.
func TestTheClocksOfWhatWasJoinedAndParted(t *testing.T) {
	type step struct {
		customer bool
		command  func() conversation.Command
	}
	asks := step{true, func() conversation.Command { return saying("hello") }}
	answers := step{false, func() conversation.Command { return saying("an answer") }}
	turns := func(s conversation.Status) step {
		return step{false, func() conversation.Command { return becoming(s) }}
	}
	snoozes := step{false, func() conversation.Command {
		return conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Snoozed, Until: 1 << 60}, Seq: 1 << 40}
	}}
	crosses := step{false, func() conversation.Command { return having(1, "an answer") }}
	resolves := turns(conversation.Resolved)
	for name, x := range map[string]struct {
		joined, other []step
		carried       bool // what waits in joined is due in the other meanwhile
	}{
		"both wait": {joined: []step{asks}, other: []step{asks}, carried: true},
		"the joined one waits, the other one is answered": {joined: []step{asks}, other: []step{asks, answers}, carried: true},
		"the joined one waits, the other one is resolved": {joined: []step{asks}, other: []step{asks, answers, resolves}, carried: true},
		"only the other one waits":                        {joined: []step{asks, answers}, other: []step{asks}},
		"the joined one waits for a second answer":        {joined: []step{asks, answers, asks}, other: []step{asks, answers, asks}, carried: true},
		"the other one was crossed":                       {joined: []step{asks}, other: []step{asks, asks, crosses}, carried: true},
		"the joined one was crossed":                      {joined: []step{asks, asks, crosses}, other: []step{asks}, carried: true},
		"the joined one is resolved":                      {joined: []step{asks, resolves}, other: []step{asks}},
		"the joined one sleeps":                           {joined: []step{asks, snoozes}, other: []step{asks, answers}, carried: true},
	} {
		t.Run(name, func(t *testing.T) {
			storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
				h := open(t, d)
				h.aim(sla.Target{Name: "All", FirstResponse: 100, NextResponse: 50, Resolution: 1000})
				joined, other := h.begin(), h.begin()
				for i, steps := range [][]step{x.joined, x.other} {
					for _, s := range steps {
						who := mei()
						if s.customer {
							who = h.who
						}
						must(t, h.do(who, []string{joined, other}[i], s.command()))
						d.Clock.Move(time.Minute)
					}
				}
				before := map[string]string{joined: h.live(joined), other: h.live(other)}
				states := map[string]conversation.State{joined: h.state(joined), other: h.state(other)}
				h.merge(joined, other)
				if got := h.live(joined); got != "" {
					t.Errorf("while it goes on elsewhere: %s", got)
				}
				if s := h.state(other); x.carried && !strings.Contains(h.live(other), fmt.Sprint("response since ", s.WaitingSince)) {
					t.Errorf("since %d waits what was joined: %s", s.WaitingSince, h.live(other))
				}
				d.Clock.Move(time.Minute)
				h.unmerge(joined)
				for name, conv := range map[string]string{"joined": joined, "other": other} {
					if got := h.live(conv); got != before[conv] {
						t.Errorf("%s: %s, want %s", name, got, before[conv])
					}
					if s, was := h.state(conv), states[conv]; s.WaitingSince != was.WaitingSince || s.Status != was.Status || s.Unread != was.Unread || s.Reopened != was.Reopened {
						t.Errorf("%s: %+v, want %+v", name, s, was)
					}
				}
			})
		})
	}
}

// However conversations are joined and parted, what waits by their states waits by
// their clocks.
func TestStatesAndClocksAgreeOnWhatWaits(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		h.aim(sla.Target{Name: "All", FirstResponse: 10, NextResponse: 7, Resolution: 100})
		convs := []string{h.begin(), h.begin(), h.begin()}
		ctx := context.Background()
		rapid.Check(t, func(r *rapid.T) {
			for range rapid.IntRange(1, 12).Draw(r, "n") {
				d.Clock.Move(time.Duration(rapid.IntRange(1, 1000).Draw(r, "seconds")) * time.Second)
				conv := rapid.SampledFrom(convs).Draw(r, "conv")
				switch rapid.IntRange(0, 7).Draw(r, "what") {
				case 0, 1:
					_ = h.do(h.who, conv, saying("hello"))
				case 2:
					_ = h.do(mei(), conv, saying("answer"))
				case 3, 4:
					last := h.state(conv).LastSeq
					_ = h.do(mei(), conv, having(max(1, last-rapid.Int64Range(0, 4).Draw(r, "behind")), "answer"))
				case 5:
					_ = h.do(mei(), conv, becoming(conversation.Resolved))
				case 6:
					_ = h.p.Merge(ctx, mei(), conv, rapid.SampledFrom(convs).Draw(r, "into"))
				case 7:
					_ = h.p.Unmerge(ctx, mei(), conv)
				}
			}
			h.settle()
			all, err := h.p.FollowedOf(ctx, convs)
			must(t, err)
			for _, f := range all {
				s, track := h.state(f.ID), &f.Fact.Track
				since := s.WaitingSince
				if s.Status == conversation.Merged {
					since = 0
				}
				if track.Waits != since || track.Status != s.Status {
					r.Fatalf("%s waits since %d and is %s; its state says %d, %s", f.ID, track.Waits, track.Status, since, s.Status)
				}
				if int(f.Fact.Reopened) != s.Reopened {
					r.Fatalf("%s was reopened %d times; its state says %d", f.ID, f.Fact.Reopened, s.Reopened)
				}
				running := 0
				for _, a := range f.Alerts {
					if a.Ended == 0 && a.Kind != sla.Resolution {
						running++
						if a.Start != since {
							r.Fatalf("%s has a clock since %d, and waits since %d", f.ID, a.Start, since)
						}
					}
				}
				if (running == 1) != (since != 0) {
					r.Fatalf("%s waits since %d, and has %d clocks for that", f.ID, since, running)
				}
				if got, want := plain(t, f.Fact), plain(t, replayed(h, f.ID)); got != want {
					r.Fatalf("kept\n%s\nthe log says\n%s", got, want)
				}
			}
		})
	})
}
