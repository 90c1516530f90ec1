package finding_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/search"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
	"kefu/internal/storage/finding"
	"kefu/internal/storage/storagetest"
)

func agent() identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: id.New(), Name: "Mei", Role: identity.Agent, Session: id.New()}
}

// imported puts a conversation of so many messages into the store, one a minute, of
// which each third is an agent's.
func imported(t *testing.T, p *storagetest.Process, n int, change func(*conversation.State)) storage.Imported {
	t.Helper()
	begin := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	one := storage.Imported{State: conversation.New(id.New(), id.New(), "chat", "", "en", begin.UnixMicro()), StartRef: id.New()}
	for i := range n {
		author := conversation.Author{Kind: conversation.ByCustomer, ID: one.State.CustomerID}
		if i%3 == 2 {
			author = conversation.Author{Kind: conversation.ByAgent, ID: "mei", Name: "Mei"}
		}
		one.Entries = append(one.Entries, conversation.Entry{
			ConversationID: one.State.ID, Seq: int64(i + 1), Kind: conversation.KindMessage, ClientID: id.New(), Author: author,
			At: begin.Add(time.Duration(i) * time.Minute).UnixMicro(), Content: conversation.Content{Text: "saffron"},
		})
	}
	one.State.LastSeq = int64(n)
	change(&one.State)
	if err := p.Import(context.Background(), []storage.Imported{one}); err != nil {
		t.Fatal(err)
	}
	return one
}

func positionsOf(one storage.Imported) (positions []int64) {
	for i := range one.Entries {
		positions = append(positions, one.Entries[i].Pos)
	}
	slices.Reverse(positions)
	return positions
}

func TestPositionsOfFewConversations(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		p, ctx, mei := d.Open(t), context.Background(), agent()
		mine := imported(t, p, 5, func(s *conversation.State) { s.AssigneeID, s.Tags = mei.ID, []string{"viP"} })
		other := imported(t, p, 4, func(s *conversation.State) { s.Status = conversation.Resolved })
		for _, c := range []struct {
			want   search.Filter
			narrow bool
			found  []int64
		}{
			{search.Filter{Customer: mine.State.CustomerID}, true, positionsOf(mine)},
			{search.Filter{Customer: other.State.CustomerID}, true, positionsOf(other)},
			{search.Filter{Customer: id.New()}, true, nil},
			{search.Filter{Assignees: []string{mei.ID}}, true, positionsOf(mine)},
			{search.Filter{Assignees: []string{mei.ID}, Statuses: []conversation.Status{conversation.Resolved}}, true, nil},
			{search.Filter{Assignees: []string{""}}, true, positionsOf(other)},
			{search.Filter{Statuses: []conversation.Status{conversation.Open}}, true, positionsOf(mine)},
			{search.Filter{Statuses: []conversation.Status{conversation.Open}, Channels: []string{"email"}}, true, nil},
			{search.Filter{Teams: []string{""}}, false, nil},
			{search.Filter{Tags: []string{"VIP", "none"}}, true, positionsOf(mine)},
			{search.Filter{Tags: []string{"vip"}, Statuses: []conversation.Status{conversation.Resolved}}, true, nil},
			{search.Filter{Tags: []string{"été"}}, false, nil},
			{search.Filter{Channels: []string{"chat"}}, false, nil},
		} {
			few, narrow, err := p.FewConversations(ctx, mei, &c.want)
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			if narrow {
				got, err = p.WrittenIn(ctx, mei, few, 1<<62, 100)
			}
			if err != nil || narrow != c.narrow || !slices.Equal(got, c.found) {
				t.Errorf("%+v: %v, %t, %v; want %v, %t", c.want, got, narrow, err, c.found, c.narrow)
			}
		}
		all := append(positionsOf(other), positionsOf(mine)...)
		if got, err := p.WrittenBefore(ctx, mei, all[1], 3); err != nil || !slices.Equal(got, all[2:5]) {
			t.Errorf("written before: %v, %v; want %v", got, err, all[2:5])
		}
	})
}

func TestManyConversationsAreNotFew(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		p, mei := d.Open(t), agent()
		var many []storage.Imported
		for i := range finding.MaxNamed + 1 {
			many = append(many, storage.Imported{State: conversation.New(id.New(), id.New(), "chat", "", "", 1), StartRef: id.New()})
			one := &many[i].State
			one.Status = conversation.Waiting
			if one.Tags = []string{"all"}; i <= finding.Few {
				one.Tags, one.TeamID = []string{"all", "some"}, "cards"
			}
			if i < finding.Few {
				one.AssigneeID = mei.ID
			}
		}
		if err := p.Import(context.Background(), many); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			want search.Filter
			few  bool
		}{
			{search.Filter{Assignees: []string{mei.ID}}, true},
			{search.Filter{Teams: []string{"cards"}}, false},
			{search.Filter{Tags: []string{"some"}}, false},
			{search.Filter{Tags: []string{"all"}}, false},
			{search.Filter{Tags: []string{"some"}, Assignees: []string{mei.ID}}, true},
			{search.Filter{Tags: []string{"all"}, Assignees: []string{mei.ID}}, true},
			{search.Filter{Teams: []string{"cards"}, Assignees: []string{""}}, true},
			{search.Filter{Statuses: []conversation.Status{conversation.Waiting}, Teams: []string{"cards"}}, false},
			{search.Filter{Statuses: []conversation.Status{conversation.Waiting}}, false},
			{search.Filter{Statuses: []conversation.Status{conversation.Open}, Channels: []string{"chat"}}, true},
		} {
			if few, ok, err := p.FewConversations(context.Background(), mei, &c.want); err != nil || ok != c.few || (ok && len(few.Conversations) > finding.Few) {
				t.Errorf("%+v: few %t (%d), %v", c.want, ok, len(few.Conversations), err)
			}
		}
	})
}

func TestPositionsOfInstants(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		p, ctx, mei := d.Open(t), context.Background(), agent()
		if pos, err := p.PositionAt(ctx, mei, 5); err != nil || pos != 1 {
			t.Errorf("of an empty log: %d, %v", pos, err)
		}
		one := imported(t, p, 30, func(*conversation.State) {})
		last := one.Entries[29]
		for i, e := range one.Entries {
			at, err := p.PositionAt(ctx, mei, e.At)
			if err != nil || at != e.Pos {
				t.Errorf("message %d: %d, %v; want %d", i, at, err, e.Pos)
			}
			if after, err := p.PositionAt(ctx, mei, e.At+1); err != nil || after != e.Pos+1 {
				t.Errorf("after message %d: %d, %v; want %d", i, after, err, e.Pos+1)
			}
		}
		if when, err := p.WrittenAt(ctx, mei, last.Pos); err != nil || when != last.At {
			t.Errorf("the last was written at %d, %v; want %d", when, err, last.At)
		}
	})
}

func TestWhatIsJudgedPassesAndIsInOrder(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		p, ctx, mei := d.Open(t), context.Background(), agent()
		one := imported(t, p, 9, func(s *conversation.State) { s.Tags = []string{"vip"}; s.Status = conversation.Waiting })
		other := imported(t, p, 2, func(*conversation.State) {})
		all := append(positionsOf(other), positionsOf(one)...)
		want := search.Filter{Writers: []search.Writer{search.Agent}, Statuses: []conversation.Status{conversation.Waiting}, Tags: []string{"VIP"}}
		matches, err := p.JudgeMatches(ctx, mei, &want, all, func(text string) int { return len(text) })
		if err != nil || len(matches) != 3 {
			t.Fatalf("%d matches, %v", len(matches), err)
		}
		for i, m := range matches {
			if m.Pos != one.Entries[8-3*i].Pos || m.Score != len("saffron") || m.AuthorName != "Mei" || m.Status != conversation.Waiting || !slices.Equal(m.Tags, []string{"vip"}) {
				t.Errorf("match %d is %+v", i, m)
			}
		}
		found, err := p.ReadFound(ctx, mei, []int64{matches[2].Pos, matches[0].Pos})
		if err != nil || len(found) != 2 || found[0].Entry.Pos != matches[0].Pos || found[0].Entry.Content.Text != "saffron" || found[0].State.ID != one.State.ID {
			t.Errorf("found %+v, %v", found, err)
		}
		many := make([]int64, finding.MaxPositions+1)
		if _, err := p.JudgeMatches(ctx, mei, &want, many, func(string) int { return 1 }); !fault.Is(err, fault.Invalid) {
			t.Errorf("too many positions: %v", err)
		}
		if _, err := p.ReadFound(ctx, mei, many); !fault.Is(err, fault.Invalid) {
			t.Errorf("too many to read: %v", err)
		}
	})
}
