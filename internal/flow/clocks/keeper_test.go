package clocks_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/report"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/sla"
	"kefu/internal/domain/wrapup"
	"kefu/internal/flow/clocks"
	"kefu/internal/flow/configuring"
	"kefu/internal/flow/following"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

// house is a deployment in which clocks are kept.
type house struct {
	t      testing.TB
	d      *storagetest.Deployment
	p      *storagetest.Process
	set    *configuring.Service
	keeper *clocks.Keeper
	f      *following.Follower
	told   sync.Map
	who    identity.Principal
	stop   func()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, d *storagetest.Deployment) *house {
	t.Helper()
	kinds, err := configuring.Kinds()
	must(t, err)
	h := &house{t: t, d: d, p: d.OpenIdle(t), who: identity.Principal{Kind: identity.Visitor, ID: id.New()}}
	h.set = configuring.New(configuring.Deps{Store: h.p.Store, Kinds: kinds, Clock: d.Clock.Now, Clean: func(_ context.Context, text string) (string, error) { return text, nil }})
	h.keeper = clocks.New(h.p.Store, h.set.Snapshot, d.Clock.Now, slog.New(slog.DiscardHandler), func(told []clocks.Told) {
		for _, one := range told {
			h.told.Store(one.ConversationID, one)
		}
	})
	h.f = following.New(h.p.Store, h.keeper, following.Options{Name: clocks.Name, Retry: time.Microsecond, Clock: d.Clock.Now})
	h.p.Listen(h.f.Committed)
	h.p.Start()
	must(t, h.set.Load(context.Background()))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.f.Run(ctx) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		must(t, <-ended)
	})
	t.Cleanup(h.stop)
	return h
}

// aim saves a target.
func (h *house) aim(target sla.Target) string {
	h.t.Helper()
	of := id.New()
	h.save("target", of, target)
	return of
}

func (h *house) save(kind, of string, value any) {
	h.t.Helper()
	body, err := json.Marshal(value)
	must(h.t, err)
	_, err = h.set.Save(context.Background(), identity.SystemPart("test"), settings.Change{Kind: kind, ID: of, Body: body})
	must(h.t, err)
	must(h.t, h.set.Load(context.Background()))
}

func (h *house) book() *wrapup.Book { return wrapup.BookOf(h.set.Snapshot()) }

func refunded() string { return id.From("refunded") }

func (h *house) begin() string {
	h.t.Helper()
	return h.p.Begin(h.who, "zh")
}

func mei() identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: "mei", Name: "Mei", Role: identity.Agent}
}

func (h *house) do(p identity.Principal, conv string, c conversation.Command) error {
	_, err := h.p.Execute(context.Background(), p, conv, c)
	return err
}

func saying(text string) conversation.Command {
	return conversation.Command{Kind: conversation.Send, ClientID: id.New(), Content: conversation.Content{Text: text}}
}

func (h *house) settle() {
	h.t.Helper()
	h.p.Settle(h.f)
}

func (h *house) alerts(conv string) map[sla.ClockKind]sla.Alert {
	h.t.Helper()
	h.settle()
	all, err := h.p.FollowedOf(context.Background(), []string{conv})
	must(h.t, err)
	return all[0].Alerts
}

func TestAClockRingsAndBreaks(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		h.aim(sla.Target{Name: "Fast", FirstResponse: 10, Resolution: 100, Tell: true})
		conv := h.begin()
		start := d.Clock.Micros()
		must(t, h.do(h.who, conv, saying("hello")))
		first := h.alerts(conv)[sla.FirstResponse]
		if first.State != sla.Running || first.Due != start+10*60_000_000 || first.Level != 0 || first.Next.Level != 50 {
			t.Fatalf("the clock is %+v", first)
		}
		told, _ := h.told.Load(conv)
		if told.(clocks.Told).AnswerBy != first.Due {
			t.Errorf("told is %+v", told)
		}
		var levels []int64
		for range 10 {
			d.Clock.Move(time.Minute)
			_, err := h.keeper.Ring(context.Background())
			must(t, err)
			levels = append(levels, h.alerts(conv)[sla.FirstResponse].Level)
		}
		if want := []int64{0, 0, 0, 0, 50, 50, 50, 75, 90, 100}; !slices.Equal(levels, want) {
			t.Errorf("levels %v, want %v", levels, want)
		}
		if got := h.alerts(conv)[sla.FirstResponse]; got.State != sla.Breached || got.Ended != 0 || got.Next.At != 0 {
			t.Errorf("after the promise broke: %+v", got)
		}
		d.Clock.Move(time.Second)
		must(t, h.do(mei(), conv, saying("sorry")))
		if got := h.alerts(conv)[sla.FirstResponse]; got.State != sla.Breached || got.Ended == 0 {
			t.Errorf("after the answer: %+v", got)
		}
	})
}

// After an outage the clocks ring once, as far as they have come.
func TestWhatRangWhileNobodyWasThere(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		h.aim(sla.Target{Name: "Fast", FirstResponse: 10})
		var convs []string
		for range 3 {
			convs = append(convs, h.begin())
			must(t, h.do(h.who, convs[len(convs)-1], saying("hello")))
			d.Clock.Move(time.Minute)
		}
		h.settle()
		d.Clock.Move(time.Hour)
		due, err := h.p.Ringing(context.Background(), d.Clock.Micros(), 100)
		must(t, err)
		var order []string
		for _, a := range due {
			order = append(order, a.ConversationID)
		}
		if !slices.Equal(order, convs) {
			t.Errorf("they ring in the order %v, want %v", order, convs)
		}
		n, err := h.keeper.Ring(context.Background())
		must(t, err)
		again, err := h.keeper.Ring(context.Background())
		must(t, err)
		if n != 3 || again != 0 {
			t.Errorf("%d rang, and again %d", n, again)
		}
		for _, conv := range convs {
			if a := h.alerts(conv)[sla.FirstResponse]; a.Level != 100 || a.State != sla.Breached {
				t.Errorf("%+v", a)
			}
		}
	})
}

// A target that is changed counts for what has not ended.
func TestTargetsAreChanged(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		conv, done := h.begin(), h.begin()
		must(t, h.do(h.who, conv, saying("hello")))
		must(t, h.do(h.who, done, saying("hello")))
		must(t, h.do(mei(), done, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Resolved}, Seq: 1}))
		if got := h.alerts(conv); len(got) != 0 {
			t.Fatalf("without a target: %+v", got)
		}
		h.aim(sla.Target{Name: "Late", FirstResponse: 5})
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- h.keeper.Run(ctx) }()
		h.keeper.Wake()
		deadline := time.Now().Add(20 * time.Second)
		for len(h.alerts(conv)) == 0 && time.Now().Before(deadline) {
			h.keeper.Wake()
		}
		cancel()
		must(t, <-ended)
		if got := h.alerts(conv); len(got) != 1 || got[sla.FirstResponse].Due == 0 {
			t.Errorf("with one: %+v", got)
		}
		if got := h.alerts(done); len(got) != 0 {
			t.Errorf("what was over has clocks: %+v", got)
		}
	})
}

// What is kept, over restarts and whatever happens, is what the log says.
func TestWhatIsKeptIsWhatTheLogSays(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		h.aim(sla.Target{Name: "Tagged", When: sla.Conditions{Tags: []string{"vip"}}, FirstResponse: 5, NextResponse: 7, Resolution: 50})
		h.save("wrap_up_code", refunded(), wrapup.WrapUpCode{Name: "Refunded"})
		h.aim(sla.Target{Name: "All", Order: 1, FirstResponse: 10, Resolution: 100})
		var convs []string
		for range 3 {
			convs = append(convs, h.begin())
		}
		rapid.Check(t, func(r *rapid.T) {
			for range rapid.IntRange(1, 8).Draw(r, "n") {
				d.Clock.Move(time.Duration(rapid.IntRange(0, 1000).Draw(r, "seconds")) * time.Second)
				conv := rapid.SampledFrom(convs).Draw(r, "conv")
				switch rapid.IntRange(0, 8).Draw(r, "what") {
				case 0, 1:
					must(t, h.do(h.who, conv, saying("hello")))
				case 2:
					must(t, h.do(mei(), conv, saying("answer")))
				case 3:
					to := rapid.SampledFrom([]conversation.Status{conversation.Open, conversation.Waiting, conversation.Resolved}).Draw(r, "to")
					_ = h.do(mei(), conv, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: to, Undo: rapid.Bool().Draw(r, "undo")}, Seq: 1 << 40})
				case 7:
					team := rapid.SampledFrom([]*conversation.TeamRef{{ID: id.From("cards"), Name: "Cards"}, nil}).Draw(r, "team")
					must(t, h.do(mei(), conv, conversation.Command{Kind: conversation.SetTeam, Content: conversation.Content{Team: team}}))
				case 8:
					_ = h.do(mei(), conv, conversation.Command{Kind: conversation.SetStatus, WrapUps: h.book(), Content: conversation.Content{Status: conversation.Resolved, Code: &wrapup.Ref{ID: refunded()}}, Seq: 1 << 40})
				case 4:
					_ = h.do(mei(), conv, conversation.Command{Kind: conversation.SetTags, Content: conversation.Content{Tags: rapid.SampledFrom([][]string{{"vip"}, {}}).Draw(r, "tags")}})
				case 5:
					_ = h.do(h.who, conv, conversation.Command{Kind: conversation.Rate, Content: conversation.Content{Score: rapid.Int64Range(1, 5).Draw(r, "score")}})
				case 6:
					staff := rapid.SampledFrom([]string{"mei", "ben", ""}).Draw(r, "to")
					must(t, h.do(mei(), conv, conversation.Command{Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: staff, Name: staff}}}))
				}
			}
			if rapid.Bool().Draw(r, "unknown") {
				h.f.Committed(event.Commit{Unknown: true})
			}
			h.settle()
			all, err := h.p.FollowedOf(context.Background(), convs)
			must(t, err)
			for _, f := range all {
				want := replayed(h, f.ID)
				if got := f.Fact; !reflect.DeepEqual(plain(t, got), plain(t, want)) {
					r.Fatalf("kept\n%s\nthe log says\n%s", plain(t, got), plain(t, want))
				}
			}
		})
	})
}

func plain(t testing.TB, f report.Fact) string {
	body, err := json.Marshal(f)
	must(t, err)
	return string(body)
}

// replayed folds a whole log at once.
func replayed(h *house, conv string) report.Fact {
	f := report.NewFact(sla.Subject{Channel: "chat", Priority: conversation.Normal, Language: "zh"})
	for after, more := int64(0), true; more; {
		var entries []conversation.Entry
		var err error
		entries, more, err = h.p.Entries(context.Background(), identity.SystemPart("test"), conv, conversation.EntryRange{After: after})
		must(h.t, err)
		for i := range entries {
			f.Apply(&entries[i], h.keeper.Aims())
			after = entries[i].Seq
		}
	}
	return f
}

// What reports are made by follows from the log, also when it has to be folded
// anew from its beginning.
func TestReportsByTeamTagAndCode(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		cards := id.New()
		h.save("wrap_up_code", refunded(), wrapup.WrapUpCode{Name: "Refunded"})
		from := d.Clock.Micros() - 1
		for i := range 3 {
			conv := h.begin()
			must(t, h.do(h.who, conv, saying("hello")))
			must(t, h.do(mei(), conv, conversation.Command{Kind: conversation.SetTags, Content: conversation.Content{Tags: []string{"card", strings.Repeat("标", 40)}}}))
			must(t, h.do(mei(), conv, conversation.Command{Kind: conversation.SetTeam, Content: conversation.Content{Team: &conversation.TeamRef{ID: cards, Name: "Cards"}}}))
			must(t, h.do(mei(), conv, saying("done")))
			if i > 0 {
				must(t, h.do(mei(), conv, conversation.Command{Kind: conversation.SetStatus, WrapUps: h.book(), Content: conversation.Content{Status: conversation.Resolved, Code: &wrapup.Ref{ID: refunded()}}, Seq: 99}))
			}
			if i > 1 {
				must(t, h.do(mei(), conv, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Waiting, Undo: true}, Seq: 99}))
			}
			d.Clock.Move(time.Second)
		}
		must(t, h.do(h.who, h.begin(), saying("hello")))
		lead := identity.Principal{Kind: identity.Staff, ID: "ada", Role: identity.Supervisor}
		volume := func(groups []report.Group, key string) int {
			for _, g := range groups {
				if g.Key == key {
					return g.Volume
				}
			}
			return 0
		}
		check := func(when string) {
			t.Helper()
			h.settle()
			for _, c := range []struct {
				q     report.Query
				begun int
			}{{report.Query{}, 4}, {report.Query{Team: cards}, 3}, {report.Query{Tag: "card"}, 3}, {report.Query{Tag: "x"}, 0}, {report.Query{Code: refunded()}, 1}} {
				c.q.From, c.q.To, c.q.Zone = from, d.Clock.Micros()+1, time.UTC
				r, err := h.p.Report(context.Background(), lead, c.q)
				must(t, err)
				solved := min(c.begun, 1)
				if r.Total.Volume != c.begun || r.Total.Solved.Count != solved || r.Total.Reopened != 0 || volume(r.Teams, cards) != min(c.begun, 3) ||
					volume(r.Tags, "card") != min(c.begun, 3) || volume(r.Codes, refunded()) != solved {
					t.Errorf("%s, %+v: %+v", when, c.q, r)
				}
			}
		}
		check("as it happened")
		h.stop()
		h.p.Stop()
		for _, text := range []string{"DELETE FROM fact", "DELETE FROM backlog", "DELETE FROM clock", "DELETE FROM follower WHERE name = 'clocks'"} {
			d.Exec(t, text)
		}
		h = open(t, d)
		check("folded anew")
	})
}

// What is due first stands first, page after page in both directions; whoever asks
// for theirs is given theirs.
func TestWhatIsDueSoonest(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		h.aim(sla.Target{Name: "Urgent", When: sla.Conditions{Priorities: []string{"urgent"}}, FirstResponse: 2, Resolution: 90})
		h.aim(sla.Target{Name: "All", Order: 1, FirstResponse: 30, Resolution: 60})
		var want, mine []string
		for i := range 7 {
			conv := h.begin()
			must(t, h.do(h.who, conv, saying("hello")))
			switch {
			case i == 6: // the newest is due first
				must(t, h.do(mei(), conv, conversation.Command{Kind: conversation.SetPriority, Content: conversation.Content{Priority: conversation.Urgent}}))
				want = append([]string{conv}, want...)
			case i == 2: // nothing is due of it
				must(t, h.do(mei(), conv, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Resolved}, Seq: 1}))
			default:
				want = append(want, conv)
			}
			if i%3 == 0 {
				must(t, h.do(mei(), conv, conversation.Command{Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: "mei", Name: "Mei"}}}))
				mine = append(mine, conv)
			}
			d.Clock.Move(time.Second)
		}
		h.settle()
		lead := identity.Principal{Kind: identity.Staff, ID: "ada", Role: identity.Supervisor}
		pages := func(who identity.Principal, of conversation.Assignee) (ids []string) {
			q := conversation.InboxQuery{Statuses: []conversation.Status{conversation.Open, conversation.Waiting}, Assignee: of, Due: true, Limit: 2}
			var first conversation.InboxKey
			for range 10 {
				page, err := h.p.Inbox(context.Background(), who, q)
				must(t, err)
				for _, line := range page.Lines {
					ids = append(ids, line.State.ID)
					first = line.Key
				}
				if q.After = page.Next; q.After.ConversationID == "" {
					break
				}
			}
			q.After, q.Before, q.Limit = conversation.InboxKey{}, first, len(ids)
			back, err := h.p.Inbox(context.Background(), who, q)
			must(t, err)
			for i, line := range back.Lines {
				if line.State.ID != ids[i] {
					t.Errorf("read backward, line %d is %s, want %s", i, line.State.ID, ids[i])
				}
			}
			if len(back.Lines) != len(ids)-1 {
				t.Errorf("read backward: %d lines of %d", len(back.Lines), len(ids)-1)
			}
			return ids
		}
		if got := pages(lead, conversation.Assignee{Any: true}); !slices.Equal(got, want) {
			t.Errorf("due soonest: %v, want %v", got, want)
		}
		slices.SortFunc(mine, func(a, b string) int { return slices.Index(want, a) - slices.Index(want, b) })
		if got := pages(mei(), conversation.Assignee{ID: "mei"}); !slices.Equal(got, mine) {
			t.Errorf("mine: %v, want %v", got, mine)
		}
		d.Clock.Move(5 * time.Minute)
		late, err := h.p.DueClocks(context.Background(), lead, conversation.Assignee{Any: true}, true, 50)
		must(t, err)
		if len(late) != 1 || late[0].ConversationID != want[0] || late[0].Priority != conversation.Urgent || late[0].Channel != "chat" {
			t.Errorf("late: %+v", late)
		}
	})
}

// The clock of a conversation that is no more, as after a repair by hand, rings once
// at most and holds up nobody else's.
func TestTheClockOfNothingRingsNoMore(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		d.Exec(t, `INSERT INTO clock (conversation_id, kind, seq, target_id, target_revision, started_at, due_at, ended_at, state, level, next_at, next_level, assignee_id)
			VALUES ($1, 'first_response', 1, 't', 1, 1, 2, 0, 'running', 0, 2, 50, '')`, id.New())
		if _, err := h.keeper.Ring(context.Background()); err != nil {
			t.Fatal(err)
		}
		if again, err := h.keeper.Ring(context.Background()); err != nil || again != 0 {
			t.Errorf("it rings again: %d, %v", again, err)
		}
	})
}
