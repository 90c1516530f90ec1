package listing_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/staff"
	"kefu/internal/domain/wrapup"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/listing"
	"kefu/internal/storage/storagetest"
)

func bookOf(t *testing.T, codes ...string) *wrapup.Book {
	t.Helper()
	kinds, err := settings.NewRegistry(wrapup.Kind(), wrapup.CodeKind())
	must(t, err)
	var items []settings.Item
	for _, code := range codes {
		items = append(items, settings.Item{Kind: "wrap_up_code", ID: code, Revision: 1, Body: json.RawMessage(`{"name":"` + code + `"}`)})
	}
	all, problems := settings.NewSnapshot(kinds, 1, items)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return wrapup.BookOf(all)
}

// What ended with a code is found by it, page by page and both ways, whoever has it;
// it leaves the list when another code is said.
func TestConversationsByWrapUpCode(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx := d.Open(t).Store, context.Background()
		mei := identity.Principal{Kind: identity.Staff, ID: id.New(), Name: "Mei", Role: identity.Supervisor}
		must(t, s.AddStaff(ctx, identity.SystemPart("test"), staff.New{Member: staff.Member{ID: mei.ID, Email: "mei@example.org", Name: "Mei", Role: mei.Role}}))
		refunded, explained, team := id.New(), id.New(), id.New()
		book := bookOf(t, refunded, explained)
		do := func(conv string, c conversation.Command) {
			t.Helper()
			c.WrapUps = book
			_, err := s.Execute(ctx, mei, conv, c)
			must(t, err)
		}
		var convs []string // the oldest first
		for _, code := range []string{refunded, refunded, explained, "", refunded} {
			state, err := s.StartConversation(ctx, identity.Principal{Kind: identity.Visitor, ID: id.New()}, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat"})
			must(t, err)
			d.Clock.Move(10 * time.Second)
			content := conversation.Content{Status: conversation.Resolved}
			if code != "" {
				content.Code = &wrapup.Ref{ID: code}
			}
			do(state.ID, conversation.Command{Kind: conversation.SetStatus, Content: content})
			convs = append(convs, state.ID)
		}
		do(convs[1], conversation.Command{Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: mei.ID, Name: "Mei"}}})
		do(convs[1], conversation.Command{Kind: conversation.SetTeam, Content: conversation.Content{Team: &conversation.TeamRef{ID: team, Name: "Team"}}})
		resolved, anybody := []conversation.Status{conversation.Resolved}, conversation.Assignee{Any: true}
		of := func(want []string, q conversation.InboxQuery) {
			t.Helper()
			if q.Statuses == nil {
				q.Statuses = resolved
			}
			want = slices.Sorted(slices.Values(want))
			if got := list(t, s, mei, q); !slices.Equal(got, want) {
				t.Errorf("%+v: %v, want %v", q, got, want)
			}
		}
		of([]string{convs[0], convs[1], convs[4]}, conversation.InboxQuery{Assignee: anybody, Codes: []string{refunded}})
		of([]string{convs[0], convs[1], convs[2], convs[4]}, conversation.InboxQuery{Assignee: anybody, Codes: []string{explained, refunded, explained}})
		of(convs[1:2], conversation.InboxQuery{Assignee: conversation.Assignee{ID: mei.ID}, Codes: []string{refunded}})
		of(nil, conversation.InboxQuery{Assignee: conversation.Assignee{ID: mei.ID}, Codes: []string{explained}})
		of([]string{convs[0], convs[4]}, conversation.InboxQuery{Codes: []string{refunded}}) // nobody's
		of(convs[1:2], conversation.InboxQuery{Assignee: anybody, Codes: []string{refunded}, Teams: []string{team}})
		of(nil, conversation.InboxQuery{Assignee: anybody, Codes: []string{id.New()}})
		of(nil, conversation.InboxQuery{Assignee: anybody, Statuses: []conversation.Status{conversation.Open}, Codes: []string{refunded}})

		var forward, backward []string
		var last conversation.InboxKey
		q := conversation.InboxQuery{Statuses: resolved, Assignee: anybody, Codes: []string{refunded, explained}, Limit: 1}
		for range 10 {
			page, err := s.Inbox(ctx, mei, q)
			must(t, err)
			for i := range page.Lines {
				forward = append(forward, page.Lines[i].State.ID)
				last = page.Lines[i].Key
			}
			if q.After = page.Next; q.After.ConversationID == "" {
				break
			}
		}
		q.After, q.Before = conversation.InboxKey{}, last
		for range 10 {
			page, err := s.Inbox(ctx, mei, q)
			must(t, err)
			if len(page.Lines) == 0 {
				break
			}
			q.Before = page.Lines[0].Key
			backward = append(backward, page.Lines[0].State.ID)
		}
		if len(forward) != 4 || len(backward) != 3 || !slices.Equal(backward, []string{forward[2], forward[1], forward[0]}) {
			t.Errorf("forward %v, backward %v", forward, backward)
		}

		do(convs[0], conversation.Command{Kind: conversation.SetWrapUp, Content: conversation.Content{Code: &wrapup.Ref{ID: explained}}})
		of([]string{convs[1], convs[4]}, conversation.InboxQuery{Assignee: anybody, Codes: []string{refunded}})
		of([]string{convs[0], convs[2]}, conversation.InboxQuery{Assignee: anybody, Codes: []string{explained}})
		counts, err := s.Counts(ctx, mei, []conversation.InboxQuery{{Statuses: resolved, Assignee: anybody, Codes: []string{explained}}})
		if must(t, err); counts[0].N != 2 {
			t.Errorf("counted %+v", counts)
		}
		if _, err := s.Inbox(ctx, mei, conversation.InboxQuery{Statuses: resolved, Assignee: anybody, Codes: make([]string, 11), Limit: 1}); fault.FieldOf(err) != "code" {
			t.Errorf("eleven codes: %v", err)
		}
	})
}

// The list of a code is read from the index of codes, in its order.
func TestTheListOfACodeIsReadInOrder(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		d.Open(t)
		q := conversation.InboxQuery{
			Statuses: []conversation.Status{conversation.Resolved}, Assignee: conversation.Assignee{Any: true}, Codes: []string{id.New()}, Limit: 51,
			After: conversation.InboxKey{Activity: 5, ConversationID: id.New()},
		}
		text, args := listing.SourceOf(identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Supervisor}, &q)
		plan := explain(t, d, text, args)
		if !strings.Contains(plan, "inbox_code") || strings.Contains(plan, "Seq Scan") {
			t.Fatalf("the index of codes is not used:\n%s", plan)
		}
		if inner := plan[:strings.Index(plan, "inbox_code")]; d.Kind == engine.Postgres && strings.Count(inner, "Sort") > 1 {
			t.Errorf("lines are sorted that no page has:\n%s", plan)
		}
	})
}
