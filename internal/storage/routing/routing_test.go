package routing_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

func system() identity.Principal { return identity.SystemPart("routing") }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestDutiesAndPresence(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx := d.Open(t).Store, context.Background()
		mei := id.New()
		must(t, s.AddStaff(ctx, system(), staff.New{Member: staff.Member{ID: mei, Email: "mei@example.org", Name: "Mei", Role: identity.Agent}}))
		want := routing.Duties{StaffID: mei, Teams: []string{"b", "a", "a"}, Languages: []string{"zh-CN"}, Slots: map[string]int{"chat": 3}}
		must(t, s.SetDuties(ctx, system(), want))
		all, err := s.AllDuties(ctx, system())
		must(t, err)
		if len(all) != 1 || !slices.Equal(all[0].Teams, []string{"a", "b"}) || all[0].Slots["chat"] != 3 || len(all[0].Skills) != 0 {
			t.Fatalf("duties %+v", all)
		}
		if one, err := s.DutiesOf(ctx, system(), mei); err != nil || one.Revision != 1 || !slices.Equal(one.Languages, []string{"zh-CN"}) {
			t.Errorf("duties of one: %+v %v", one, err)
		}
		bo := id.New()
		must(t, s.AddStaff(ctx, system(), staff.New{Member: staff.Member{ID: bo, Email: "bo@example.org", Name: "Bo", Role: identity.Agent}}))
		if none, err := s.DutiesOf(ctx, system(), bo); err != nil || none.Revision != 0 || !none.Empty() || none.StaffID != bo {
			t.Errorf("duties of who has none: %+v %v", none, err)
		}
		if _, err := s.DutiesOf(ctx, system(), id.New()); !fault.Is(err, fault.NotFound) {
			t.Errorf("duties of nobody: %v", err)
		}
		for _, stale := range []int64{0, 2} {
			if err := s.SetDuties(ctx, system(), routing.Duties{StaffID: mei, Revision: stale}); !fault.Is(err, fault.Conflict) {
				t.Errorf("over revision %d: %v", stale, err)
			}
		}
		must(t, s.SetDuties(ctx, system(), routing.Duties{StaffID: mei, Revision: 1, Languages: []string{"ZH-hant-tw"}}))
		if one, err := s.DutiesOf(ctx, system(), mei); err != nil || one.Revision != 2 || !slices.Equal(one.Languages, []string{"zh-Hant-TW"}) || len(one.Teams) != 0 {
			t.Errorf("after a change: %+v %v", one, err)
		}
		if err := s.SetDuties(ctx, system(), routing.Duties{StaffID: id.New()}); !fault.Is(err, fault.NotFound) {
			t.Errorf("duties of nobody: %v", err)
		}
		if err := s.SetDuties(ctx, system(), routing.Duties{StaffID: mei, Languages: []string{"?"}}); fault.FieldOf(err) != "languages" {
			t.Errorf("a language that is none: %v", err)
		}
		for _, p := range []routing.Presence{{State: routing.Available}, {State: routing.OnBreak, Reason: routing.BreakMeal}, {State: routing.OnBreak, Reason: routing.BreakMeal}, {State: routing.Offline}} {
			p.StaffID = mei
			must(t, s.SetPresence(ctx, system(), p))
		}
		now, chosen, err := s.Presences(ctx, system())
		must(t, err)
		if len(now) != 1 || now[0].State != routing.Offline || now[0].Until != 0 || len(chosen) != 1 || chosen[0].State != routing.OnBreak {
			t.Errorf("now %+v, chosen %+v", now, chosen)
		}
		history, err := s.PresenceBetween(ctx, system(), 0, now[0].Since+1, routing.Presence{}, 100)
		must(t, err)
		if len(history) != 3 || history[0].Until != history[1].Since || history[1].Until != history[2].Since {
			t.Errorf("history %+v", history)
		}
	})
}

// How people stand is looked at twice a minute: it must not read what they ever were.
func TestPresencesReadNoHistory(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx := d.Open(t).Store, context.Background()
		var people []string
		for i := range 3 {
			m := staff.Member{ID: id.New(), Email: fmt.Sprintf("p%d@example.org", i), Name: "P", Role: identity.Agent}
			must(t, s.AddStaff(ctx, system(), staff.New{Member: m}))
			people = append(people, m.ID)
			d.Exec(t, fmt.Sprintf(`INSERT INTO presence (staff_id, since, until_at, state, reason)
				WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
				SELECT '%s', i, i + 1, CASE WHEN i %% 2 = 0 THEN 'offline' ELSE 'available' END, '' FROM n`, m.ID))
		}
		d.Exec(t, "ANALYZE")
		began := time.Now()
		for range 10 {
			now, chosen, err := s.Presences(ctx, system())
			must(t, err)
			if len(now) != len(people) || len(chosen) != len(people) || now[0].Since != 40_000 || chosen[0].Since != 39_999 {
				t.Fatalf("now %+v, chosen %+v", now, chosen)
			}
		}
		if took := time.Since(began); took > time.Second { // a hundred times what it takes
			t.Errorf("ten looks took %v", took)
		}
	})
}

func TestWhoWaitsAndWhoHasWhat(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx := d.Open(t).Store, context.Background()
		supervisor := identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Supervisor}
		ann := identity.Principal{Kind: identity.Visitor, ID: id.New()}
		begin := func() string {
			t.Helper()
			state, err := s.StartConversation(ctx, ann, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat", Language: "en"})
			must(t, err)
			_, err = s.Execute(ctx, ann, state.ID, conversation.Command{Kind: conversation.Send, ClientID: id.New(), Content: conversation.Content{Text: "hello"}})
			must(t, err)
			return state.ID
		}
		first, second, third := begin(), begin(), begin()
		for _, c := range []conversation.Command{
			{Kind: conversation.SetTeam, Content: conversation.Content{Team: &conversation.TeamRef{ID: "cards", Name: "Cards"}}},
			{Kind: conversation.SetSkills, Content: conversation.Content{Skills: []string{"tax", "fraud"}}},
		} {
			_, err := s.Execute(ctx, supervisor, second, c)
			must(t, err)
		}
		_, err := s.Execute(ctx, supervisor, third, conversation.Command{Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: "mei", Name: "Mei"}}})
		must(t, err)
		found := map[string]routing.Waiting{}
		after := conversation.InboxKey{}
		for range 5 {
			page, next, err := s.WaitingPage(ctx, system(), after, 0, 1)
			must(t, err)
			for _, w := range page {
				found[w.ConversationID] = w
			}
			if after = next; next == (conversation.InboxKey{}) {
				break
			}
		}
		if len(found) != 2 || found[first].Since == 0 || found[second].Team != "cards" || !slices.Equal(found[second].Skills, []string{"fraud", "tax"}) {
			t.Errorf("waiting %+v", found)
		}
		for since, want := range map[int64]int{found[first].Since: 0, found[first].Since + 1: 2} {
			if page, next, err := s.WaitingPage(ctx, system(), conversation.InboxKey{}, since, 10); err != nil || len(page) != want || next != (conversation.InboxKey{}) {
				t.Errorf("waiting since before %d: %+v, %v, %v", since, page, next, err)
			}
		}
		if page, next, err := s.WaitingPage(ctx, system(), conversation.InboxKey{}, 1, 1); err != nil || len(page) != 0 || next == (conversation.InboxKey{}) {
			t.Errorf("a page of which nothing is given: %+v, %v, %v", page, next, err)
		}
		held, err := s.HeldBy(ctx, system(), "mei", 0, 10)
		must(t, err)
		if len(held) != 1 || held[0].ConversationID != third {
			t.Errorf("held %+v", held)
		}
		last, err := s.LastAgent(ctx, system(), ann.ID, first, 0)
		must(t, err)
		if last != "mei" {
			t.Errorf("the last agent is %q", last)
		}
		// Handing over is one step: the note, the team and nobody.
		r, err := s.Execute(ctx, supervisor, third, conversation.Command{Kind: conversation.HandOver, Content: conversation.Content{Text: "knows the case", Team: &conversation.TeamRef{ID: "loans", Name: "Loans"}}})
		must(t, err)
		if r.State.TeamID != "loans" || r.State.AssigneeID != "" || r.State.LastSeq != r.Seq+2 {
			t.Errorf("after handing over: %+v", r)
		}
		if _, err := s.Execute(ctx, supervisor, third, conversation.Command{Kind: conversation.HandOver}); !fault.Is(err, fault.Invalid) {
			t.Errorf("handing over to nobody: %v", err)
		}
	})
}

func TestPromisesAreKeptWithHowTheyEnded(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx := d.Open(t).Store, context.Background()
		const minute = 60_000_000
		made := []routing.Promise{
			{ConversationID: "a", MadeAt: 1, Channel: "chat", Place: 1, P50: minute, P80: 2 * minute},
			{ConversationID: "b", MadeAt: 1, Channel: "chat", Place: 2, P50: minute, P80: 2 * minute},
			{ConversationID: "c", MadeAt: 1, Channel: "chat", Place: 3, P50: minute, P80: 2 * minute},
			{ConversationID: "d", MadeAt: 1, Channel: "chat", Place: 4, P50: minute, P80: 2 * minute},
		}
		must(t, s.KeepPromises(ctx, system(), made))
		ended := slices.Clone(made[:3])
		for i, after := range []int64{minute / 2, 3 * minute / 2, minute} {
			ended[i].EndedAt, ended[i].Outcome = 1+after, routing.Served
		}
		ended[2].Outcome = routing.Left
		must(t, s.KeepPromises(ctx, system(), ended))
		ended[0].EndedAt = 99 * minute
		must(t, s.KeepPromises(ctx, system(), ended[:1])) // what has ended does not end again
		open, err := s.OpenPromises(ctx, system(), 10)
		must(t, err)
		if len(open) != 1 || open[0].ConversationID != "d" || open[0].Place != 4 {
			t.Errorf("open %+v", open)
		}
		kept, err := s.PromisesKept(ctx, system(), []routing.Day{{From: 0, To: 10 * minute}, {From: 10 * minute, To: 20 * minute}})
		must(t, err)
		want := routing.Kept{Promised: 2, WithinP50: 1, WithinP80: 2, Left: 1, Waited: 2 * minute}
		if len(kept) != 1 || kept[0] != want {
			t.Errorf("kept %+v, want %+v", kept, want)
		}
		must(t, s.SaveLearned(ctx, system(), []byte(`{"a":1}`)))
		must(t, s.SaveLearned(ctx, system(), []byte(`{"a":2}`)))
		if body, err := s.Learned(ctx, system()); err != nil || string(body) != `{"a":2}` {
			t.Errorf("learned %s, %v", body, err)
		}
	})
}
