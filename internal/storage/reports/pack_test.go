package reports_test

import (
	"context"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/report"
	"kefu/internal/domain/sla"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

// desk is a store with facts that a test knows all of.
type desk struct {
	t          *testing.T
	deployment *storagetest.Deployment
	p          *storagetest.Process
	r          *rand.Rand
	begin      int64
	facts      map[string]report.Fact
}

func (d *desk) some(of ...string) string { return of[d.r.IntN(len(of))] }

func (d *desk) invent() report.Fact {
	f := report.NewFact(sla.Subject{Channel: d.some("chat", "email"), Language: d.some("en", "zh"), Team: d.some("", "cards")})
	f.Began, f.Assignee, f.AnsweredBy, f.Topic = d.begin+d.r.Int64N(30*report.HourMicros), d.some("", "mei", "ben"), d.some("", "mei"), d.some("", "Cards")
	if d.r.IntN(3) == 0 {
		f.Track.Subject.Tags = []string{d.some("vip", "退款"), "all"}
	}
	if d.r.IntN(2) == 0 {
		f.FirstWall, f.FirstWorked, f.First = d.r.Int64N(5000), d.r.Int64N(3000), sla.Met
	}
	if d.r.IntN(2) == 0 {
		f.SolvedAt, f.SolvedWall, f.SolvedWork, f.Solved, f.Code = f.Began+d.r.Int64N(9*report.HourMicros), d.r.Int64N(9000), d.r.Int64N(9000), sla.Breached, d.some("", "refunded")
		f.RatedAt, f.Score = f.SolvedAt+d.r.Int64N(report.HourMicros), 1+d.r.Int64N(5)
	}
	f.Reopened = d.r.Int64N(2)
	return f
}

func (d *desk) save(facts map[string]report.Fact) {
	d.t.Helper()
	var all []report.Followed
	for of, f := range facts {
		d.facts[of] = f
		all = append(all, report.Followed{ID: of, Fact: f})
	}
	if err := d.p.SaveFollowed(context.Background(), event.Step{}, all, nil); err != nil {
		d.t.Fatal(err)
	}
}

// wanted counts every fact by itself.
func (d *desk) wanted(q report.Query) report.Report {
	c := report.Collect(q)
	count := func(part report.Part, e report.Event) {
		if len(e.Tags) > 0 {
			c.Count(part, e)
		}
		if e.Tags = nil; q.Tag == "" {
			c.Count(part, e)
		}
	}
	for _, f := range d.facts {
		s := f.Track.Subject
		e := report.Event{Channel: s.Channel, Language: s.Language, Team: s.Team, Topic: f.Topic, Code: f.Code, Tags: s.Tags}
		began, solved, rated := e, e, e
		began.At, began.Agent, began.Seconds, began.State, began.Count = f.Began, f.AnsweredBy, f.FirstWorked, f.First, f.Reopened
		solved.At, solved.Agent, solved.Seconds, solved.State = f.SolvedAt, f.Assignee, f.SolvedWork, f.Solved
		if rated.At, rated.Agent, rated.Count = f.RatedAt, f.Assignee, f.Score; q.Wall {
			began.Seconds, solved.Seconds = f.FirstWall, f.SolvedWall
		}
		count(report.PartBegan, began)
		if f.SolvedAt > 0 {
			count(report.PartResolved, solved)
		}
		if f.RatedAt > 0 {
			count(report.PartRated, rated)
		}
	}
	return c.Report()
}

func (d *desk) compare(when string) {
	d.t.Helper()
	boss := identity.Principal{Kind: identity.Staff, ID: id.New(), Name: "Lin", Role: identity.Supervisor, Session: id.New()}
	quarter := int64(report.HourMicros / 4)
	for _, q := range []report.Query{
		{}, {Wall: true}, {Channel: "chat"}, {Agent: "mei", Wall: true}, {Team: "cards"}, {Topic: "Cards"}, {Tag: "vip"}, {Code: "refunded"}, {Language: "zh", Tag: "all"},
		{From: d.begin + 3*quarter, To: d.begin + 70*quarter},
	} {
		if q.Zone = time.UTC; q.To == 0 {
			q.From, q.To = d.begin, d.begin+48*report.HourMicros
		}
		got, err := d.p.Report(context.Background(), boss, q)
		if err != nil {
			d.t.Fatal(err)
		}
		for i := range got.Buckets { // which is another table's
			got.Buckets[i].Backlog = nil
		}
		if got.Total.Backlog = nil; !reflect.DeepEqual(got, d.wanted(q)) {
			d.t.Errorf("%s: %+v:\n got  %+v\n want %+v", when, q, got, d.wanted(q))
		}
	}
}

func (d *desk) number(query string) (n int) {
	d.t.Helper()
	d.deployment.Scan(d.t, query, &n)
	return n
}

func (d *desk) pack(hours int64) {
	d.t.Helper()
	for more := true; more; {
		var err error
		if more, err = d.p.PackFacts(context.Background(), d.begin/report.HourMicros+hours); err != nil {
			d.t.Fatal(err)
		}
	}
}

// Packed or loose, changed since or not: a report says what its facts say.
func TestAReportIsTheSameFromPacksAndFromFacts(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, deployment *storagetest.Deployment) {
		d := &desk{t: t, deployment: deployment, p: deployment.Open(t), r: rand.New(rand.NewPCG(1, 23)), facts: map[string]report.Fact{}}
		d.begin = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
		facts := map[string]report.Fact{}
		for range 300 {
			facts[id.New()] = d.invent()
		}
		d.save(facts)
		d.compare("before anything is packed")
		d.pack(20)
		d.compare("packed in part")
		n := d.number("SELECT COUNT(*) FROM fact_pack")
		if loose := d.number("SELECT COUNT(*) FROM fact_loose"); n == 0 || loose == 0 {
			t.Errorf("%d hours are packed and %d loose", n, loose)
		}
		d.pack(100)
		d.compare("all packed")
		if loose := d.number("SELECT COUNT(*) FROM fact_loose"); loose != 0 {
			t.Errorf("%d hours are loose", loose)
		}
		changed := map[string]report.Fact{}
		for of := range d.facts {
			if len(changed) == 40 {
				break
			}
			changed[of] = d.invent() // some begin at another time, and some are not resolved any more
		}
		d.save(changed)
		d.compare("changed since")
		d.pack(100)
		d.compare("packed again")
	})
}

// Of a fact much changes that no report tells.
func TestWhatNoReportTellsLoosensNothing(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, deployment *storagetest.Deployment) {
		d := &desk{t: t, deployment: deployment, p: deployment.Open(t), r: rand.New(rand.NewPCG(1, 23)), facts: map[string]report.Fact{}}
		one, f := id.New(), d.invent()
		d.save(map[string]report.Fact{one: f})
		d.pack(100)
		f.Customer, f.Agents, f.HandOvers = 9, 8, 7
		d.save(map[string]report.Fact{one: f})
		if loose := d.number("SELECT COUNT(*) FROM fact_loose"); loose != 0 {
			t.Errorf("%d hours are loose", loose)
		}
		f.Reopened++
		d.save(map[string]report.Fact{one: f})
		if loose := d.number("SELECT COUNT(*) FROM fact_loose"); loose == 0 {
			t.Error("no hour is loose")
		}
	})
}
