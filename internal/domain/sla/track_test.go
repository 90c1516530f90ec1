package sla_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/sla"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

const minute = int64(time.Minute / time.Microsecond)

// begin is a Monday, 09:00 in Shanghai.
func begin() int64 { return time.Date(2026, 9, 28, 1, 0, 0, 0, time.UTC).UnixMicro() }

// talk is a log that is written line by line, with its times in minutes.
type talk struct{ entries []conversation.Entry }

func (l *talk) add(minutes int64, kind conversation.EntryKind, by conversation.AuthorKind, c conversation.Content) *talk {
	l.entries = append(l.entries, conversation.Entry{Seq: int64(len(l.entries) + 1), Kind: kind, At: begin() + minutes*minute, Author: conversation.Author{Kind: by}, Content: c})
	return l
}

func (l *talk) asks(m int64) *talk {
	return l.add(m, conversation.KindMessage, conversation.ByCustomer, conversation.Content{})
}

func (l *talk) answers(m int64) *talk {
	return l.add(m, conversation.KindMessage, conversation.ByAgent, conversation.Content{})
}

// crosses is an answer whose author had not seen what was asked from entry seq on, at
// some minute.
func (l *talk) crosses(m, seq, since int64) *talk {
	return l.add(m, conversation.KindMessage, conversation.ByAgent, conversation.Content{Owed: &conversation.Owed{Since: begin() + since*minute, Seq: seq}})
}

func (l *talk) turns(m int64, to, was conversation.Status) *talk {
	return l.add(m, conversation.KindStatus, conversation.ByAgent, conversation.Content{Status: to, Was: was})
}

func aims(t interface{ Fatal(...any) }, change ...func(*sla.Target)) sla.Aims {
	target := sla.Target{Name: "All", FirstResponse: 30, NextResponse: 60, Resolution: 600}
	for _, c := range change {
		c(&target)
	}
	return sla.Aims{{ID: "t1", Revision: 3, Target: target, Hours: compiled(t, office("Asia/Shanghai"))}}
}

// line is a clock in short: minutes since begin, -1 for none.
type line struct {
	kind       sla.ClockKind
	due, ended int64
	state      sla.ClockState
}

func lines(tr sla.Track) (all []line) {
	short := func(at int64) int64 {
		if at == 0 {
			return -1
		}
		return (at - begin()) / minute
	}
	for _, c := range tr.Clocks {
		all = append(all, line{c.Kind, short(c.Due), short(c.Ended), c.State})
	}
	return all
}

func TestClocks(t *testing.T) {
	first, next, solve := sla.FirstResponse, sla.NextResponse, sla.Resolution
	subject := sla.Subject{Channel: "chat", Priority: conversation.Normal}
	cases := []struct {
		name string
		log  *talk
		aims sla.Aims
		want []line
	}{
		{"nothing was said", &talk{}, aims(t), nil},
		{"asked", new(talk).asks(0), aims(t), []line{{first, 30, -1, sla.Running}, {solve, 1440 + 60 + 60, -1, sla.Running}}},
		{"asked again", new(talk).asks(0).asks(10), aims(t), []line{{first, 30, -1, sla.Running}, {solve, 1560, -1, sla.Running}}},
		{"asked for a person at night", new(talk).add(12*60, conversation.KindHuman, conversation.ByCustomer, conversation.Content{}), aims(t),
			[]line{{first, 1440 + 30, -1, sla.Running}, {solve, 2*1440 + 60 + 60, -1, sla.Running}}},
		{"answered in time; what is the customer's turn stands still", new(talk).asks(0).answers(30), aims(t),
			[]line{{first, 30, 30, sla.Met}, {solve, -1, -1, sla.Paused}}},
		{"answered late", new(talk).asks(0).answers(31), aims(t), []line{{first, 30, 31, sla.Breached}, {solve, -1, -1, sla.Paused}}},
		{"an answer after the first", new(talk).asks(0).answers(10).asks(20), aims(t),
			[]line{{first, 30, 10, sla.Met}, {solve, 1570, -1, sla.Running}, {next, 80, -1, sla.Running}}},
		{"the first answer crossed with another question", new(talk).asks(0).asks(5).crosses(10, 2, 5), aims(t),
			[]line{{first, 30, 10, sla.Met}, {solve, 1560, -1, sla.Running}, {next, 65, -1, sla.Running}}},
		{"a late answer crossed with another question", new(talk).asks(0).asks(40).crosses(45, 2, 40), aims(t),
			[]line{{first, 30, 45, sla.Breached}, {solve, 1560, -1, sla.Running}, {next, 100, -1, sla.Running}}},
		{"a later answer crossed with another question", new(talk).asks(0).answers(1).asks(10).asks(20).crosses(30, 4, 20), aims(t),
			[]line{{first, 30, 1, sla.Met}, {solve, 1569, -1, sla.Running}, {next, 80, -1, sla.Running}}},
		{"and is answered then", new(talk).asks(0).answers(1).asks(10).asks(20).crosses(30, 4, 20).answers(90), aims(t),
			[]line{{first, 30, 1, sla.Met}, {solve, -1, -1, sla.Paused}, {next, 80, 90, sla.Breached}}},
		{"nothing of what waits had been seen", new(talk).asks(0).answers(1).asks(10).crosses(30, 3, 10), aims(t),
			[]line{{first, 30, 1, sla.Met}, {solve, 1569, -1, sla.Running}, {next, 70, -1, sla.Running}}},
		{"nobody knows from which entry on", new(talk).asks(0).answers(1).asks(10).crosses(30, 0, 10), aims(t),
			[]line{{first, 30, 1, sla.Met}, {solve, 1569, -1, sla.Running}, {next, 70, -1, sla.Running}}},
		{"asked twice at one moment, of which the second was not seen", new(talk).asks(0).asks(0).crosses(30, 2, 0), aims(t),
			[]line{{first, 30, 30, sla.Met}, {solve, 1560, -1, sla.Running}, {next, 60, -1, sla.Running}}},
		{"the customer's time counts where the target says so", new(talk).asks(0).answers(10), aims(t, func(x *sla.Target) { x.RunsWaiting = true }),
			[]line{{first, 30, 10, sla.Met}, {solve, 1560, -1, sla.Running}}},
		{"resolved", new(talk).asks(0).answers(10).turns(20, conversation.Resolved, conversation.Waiting), aims(t),
			[]line{{first, 30, 10, sla.Met}, {solve, -1, 20, sla.Met}}},
		{"resolved late", new(talk).asks(0).turns(3000, conversation.Resolved, conversation.Open), aims(t),
			[]line{{first, 30, 3000, sla.Breached}, {solve, 1560, 3000, sla.Breached}}},
		{"resolved without an answer", new(talk).asks(0).turns(20, conversation.Resolved, conversation.Open), aims(t),
			[]line{{first, 30, 20, sla.Cancelled}, {solve, 1560, 20, sla.Met}}},
		{"reopened begins anew", new(talk).asks(0).answers(1).turns(2, conversation.Resolved, conversation.Waiting).asks(60).turns(60, conversation.Open, conversation.Resolved), aims(t),
			[]line{{first, 30, 1, sla.Met}, {solve, 1440 + 60 + 120, -1, sla.Running}, {next, 120, -1, sla.Running}}},
		{"put off", new(talk).asks(0).turns(10, conversation.Snoozed, conversation.Open), aims(t),
			[]line{{first, -1, -1, sla.Paused}, {solve, -1, -1, sla.Paused}}},
		{"and back", new(talk).asks(0).turns(10, conversation.Snoozed, conversation.Open).turns(100, conversation.Open, conversation.Snoozed), aims(t),
			[]line{{first, 120, -1, sla.Running}, {solve, 1440 + 180 + 60 + 30, -1, sla.Running}}}, // over noon
		{"joined with another one", new(talk).asks(0).add(5, conversation.KindMerged, conversation.ByAgent, conversation.Content{Into: "x"}), aims(t),
			[]line{{first, 30, 5, sla.Cancelled}, {solve, 1560, 5, sla.Cancelled}}},
		{"made urgent, for which there is another target", new(talk).asks(0).add(5, conversation.KindPriority, conversation.ByAgent, conversation.Content{Priority: conversation.Urgent}),
			append(aims(t, func(x *sla.Target) { x.When.Priorities = []string{"urgent"}; x.FirstResponse = 10; x.Resolution = 0 }), aims(t)...),
			[]line{{first, 10, -1, sla.Running}}},
		{"nothing is aimed for", new(talk).asks(0), aims(t, func(x *sla.Target) { x.When.Tags = []string{"vip"} }), nil},
		{"a note is no answer", new(talk).asks(0).add(3, conversation.KindNote, conversation.ByAgent, conversation.Content{}), aims(t),
			[]line{{first, 30, -1, sla.Running}, {solve, 1560, -1, sla.Running}}},
	}
	for _, x := range cases {
		if got := lines(sla.Replay(subject, x.log.entries, x.aims)); !reflect.DeepEqual(got, x.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", x.name, got, x.want)
		}
	}
}

// Following the log in any pieces, over restarts and with repeats, gives the same
// clocks as replaying it.
func TestPiecesAreTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := &talk{}
		now := int64(0)
		statuses := []conversation.Status{conversation.Open, conversation.Waiting, conversation.Snoozed, conversation.Resolved}
		for range rapid.IntRange(0, 25).Draw(t, "length") {
			now += rapid.Int64Range(0, 700).Draw(t, "pause")
			switch rapid.IntRange(0, 6).Draw(t, "what") {
			case 0, 1:
				log.asks(now)
			case 2:
				log.answers(now)
			case 3:
				log.turns(now, rapid.SampledFrom(statuses).Draw(t, "to"), rapid.SampledFrom(statuses).Draw(t, "was"))
			case 4:
				log.add(now, conversation.KindTags, conversation.ByAgent, conversation.Content{Tags: []string{"vip"}})
			case 5:
				log.add(now, conversation.KindHuman, conversation.ByCustomer, conversation.Content{})
			case 6:
				log.add(now, conversation.KindMerged, conversation.ByAgent, conversation.Content{Into: "x"})
			}
		}
		goals := append(aims(t, func(x *sla.Target) { x.When.Tags = []string{"vip"}; x.RunsSnoozed = true }), aims(t)...)
		s := sla.Subject{Channel: "chat", Priority: conversation.Normal}
		whole := sla.Replay(s, log.entries, goals)
		pieces := sla.NewTrack(s)
		for i := range log.entries {
			pieces.Apply(&log.entries[i], goals)
			if rapid.Bool().Draw(t, "again") {
				pieces.Apply(&log.entries[i], goals)
			}
			if rapid.Bool().Draw(t, "stored") {
				body, err := json.Marshal(pieces)
				if err != nil {
					t.Fatal(err)
				}
				pieces = sla.Track{}
				if err := json.Unmarshal(body, &pieces); err != nil {
					t.Fatal(err)
				}
			}
		}
		if !reflect.DeepEqual(lines(whole), lines(pieces)) {
			t.Fatalf("\n%+v\n%+v", lines(whole), lines(pieces))
		}
		for _, c := range whole.Clocks {
			if c.Live() && c.State == sla.Running {
				ringsInOrder(t, goals.For(whole.Subject), c)
			}
		}
	})
}

// ringsInOrder wants the rings of a clock to come in order, the last at its due
// time.
func ringsInOrder(t *rapid.T, aim *sla.Aim, c sla.Clock) {
	last := sla.Ring{At: c.Start}
	for level := int64(0); level < 100; {
		ring := aim.Next(&c, level)
		if ring.Level <= level || ring.At < last.At || ring.At > c.Due {
			t.Fatalf("after %+v rings %+v, due %d", last, ring, c.Due)
		}
		last, level = ring, ring.Level
	}
	if last.At != c.Due {
		t.Fatalf("the last ring is at %d, due %d", last.At, c.Due)
	}
	if none := aim.Next(&c, 100); none != (sla.Ring{}) {
		t.Fatalf("after the breach rings %+v", none)
	}
}

func TestTargetsThatAreRefused(t *testing.T) {
	good := sla.Target{Name: "All", FirstResponse: 30, Calendar: id.New(), When: sla.Conditions{Priorities: []string{"high"}, Languages: []string{"zh"}}}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for field, change := range map[string]func(*sla.Target){
		"name":              func(x *sla.Target) { x.Name = "a\nb" },
		"first_response":    func(x *sla.Target) { x.FirstResponse = 0 },
		"resolution":        func(x *sla.Target) { x.Resolution = -1 },
		"next_response":     func(x *sla.Target) { x.NextResponse = sla.MaxMinutes + 1 },
		"calendar":          func(x *sla.Target) { x.Calendar = "office" },
		"order":             func(x *sla.Target) { x.Order = 1001 },
		"when.priorities.0": func(x *sla.Target) { x.When.Priorities = []string{"asap"} },
		"when.tags.1":       func(x *sla.Target) { x.When.Tags = []string{"a", ""} },
		"when.channels":     func(x *sla.Target) { x.When.Channels = make([]string, sla.MaxTerms+1) },
	} {
		x := good
		change(&x)
		if err := x.Validate(); fault.FieldOf(err) != field || !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestConditions(t *testing.T) {
	s := sla.Subject{Channel: "chat", Priority: conversation.High, Language: "zh-TW", Topic: "Refund", Tags: []string{"VIP"}}
	for _, x := range []struct {
		c    sla.Conditions
		want bool
	}{
		{sla.Conditions{}, true},
		{sla.Conditions{Channels: []string{"chat", "mail"}, Languages: []string{"zh"}, Tags: []string{"vip"}, Topics: []string{"refund"}}, true},
		{sla.Conditions{Languages: []string{"zh-Hans"}}, false},
		{sla.Conditions{Languages: []string{"z"}}, false},
		{sla.Conditions{Priorities: []string{"urgent"}}, false},
		{sla.Conditions{Tags: []string{"vip"}, Channels: []string{"mail"}}, false},
	} {
		if got := x.c.Match(s); got != x.want {
			t.Errorf("%+v: %v", x.c, got)
		}
	}
}

// A resolution that is taken back leaves the clocks as if it had not been.
func TestAResolutionIsTakenBack(t *testing.T) {
	all := aims(t)
	begun := func() *talk { return new(talk).asks(0).answers(10).asks(20) }
	want := lines(sla.Replay(sla.Subject{}, begun().entries, all))
	undone := begun().turns(30, conversation.Resolved, conversation.Open).
		add(30, conversation.KindStatus, conversation.ByAgent, conversation.Content{Status: conversation.Open, Was: conversation.Resolved, Undo: true})
	if got := lines(sla.Replay(sla.Subject{}, undone.entries, all)); !reflect.DeepEqual(got, want) {
		t.Errorf("the clocks are %+v, want %+v", got, want)
	}
	reopened := begun().turns(30, conversation.Resolved, conversation.Open).turns(31, conversation.Open, conversation.Resolved)
	if got := lines(sla.Replay(sla.Subject{}, reopened.entries, all)); reflect.DeepEqual(got, want) {
		t.Errorf("one that is opened again goes on: %+v", got)
	}
}

// A target is for the conversations of its teams, from when they become theirs.
func TestATargetOfATeam(t *testing.T) {
	cards := id.New()
	all := aims(t, func(target *sla.Target) { target.When.Teams = []string{cards} })
	l := new(talk).asks(0)
	if got := sla.Replay(sla.Subject{}, l.entries, all); len(got.Clocks) != 0 {
		t.Errorf("it counts for nobody's: %+v", got.Clocks)
	}
	l.add(5, conversation.KindTeam, conversation.ByAgent, conversation.Content{Team: &conversation.TeamRef{ID: cards, Name: "Cards"}})
	if got := lines(sla.Replay(sla.Subject{}, l.entries, all)); len(got) != 2 || got[0].due != 30 {
		t.Errorf("of the team: %+v", got)
	}
	l.add(6, conversation.KindTeam, conversation.ByAgent, conversation.Content{})
	if got := sla.Replay(sla.Subject{}, l.entries, all); len(got.Clocks) != 0 || got.Subject.Team != "" {
		t.Errorf("it goes on counting for everybody's: %+v", got)
	}
	if err := (sla.Target{Name: "n", FirstResponse: 1, When: sla.Conditions{Teams: []string{"Cards"}}}).Validate(); fault.FieldOf(err) != "when.teams.0" {
		t.Errorf("a team by its name: %v", err)
	}
}

func TestTheSoonestClock(t *testing.T) {
	of := func(kind sla.ClockKind, due, ended int64) sla.Alert {
		return sla.Alert{Kind: kind, Due: due, Ended: ended}
	}
	if got := sla.Soonest(map[sla.ClockKind]sla.Alert{sla.FirstResponse: of(sla.FirstResponse, 5, 4), sla.NextResponse: of(sla.NextResponse, 9, 0), sla.Resolution: of(sla.Resolution, 7, 0)}); got != sla.Resolution {
		t.Errorf("the soonest is %q", got)
	}
	if got := sla.Soonest(map[sla.ClockKind]sla.Alert{sla.Resolution: of(sla.Resolution, 0, 0)}); got != "" {
		t.Errorf("one that stands still is due: %q", got)
	}
}
