package listing_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/listing"
	"kefu/internal/storage/storagetest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, s *storage.Store, p identity.Principal, q conversation.InboxQuery) (ids []string) {
	t.Helper()
	q.Limit = 50
	if len(q.Statuses) == 0 {
		q.Statuses = []conversation.Status{conversation.Open}
	}
	page, err := s.Inbox(context.Background(), p, q)
	must(t, err)
	for i := range page.Lines {
		ids = append(ids, page.Lines[i].State.ID)
	}
	slices.Sort(ids)
	return ids
}

// What a team has is found by its name, wherever it stands and whoever has it, and
// leaves the list with the team.
func TestConversationsOfTeams(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx := d.Open(t).Store, context.Background()
		mei := identity.Principal{Kind: identity.Staff, ID: id.New(), Name: "Mei", Role: identity.Supervisor}
		must(t, s.AddStaff(ctx, identity.SystemPart("test"), staff.New{Member: staff.Member{ID: mei.ID, Email: "mei@example.org", Name: "Mei", Role: mei.Role}}))
		cards, loans := id.New(), id.New()
		do := func(conv string, c conversation.Command) {
			t.Helper()
			_, err := s.Execute(ctx, mei, conv, c)
			must(t, err)
		}
		var convs []string
		for _, team := range []string{cards, cards, loans, ""} {
			visitor := identity.Principal{Kind: identity.Visitor, ID: id.New()}
			state, err := s.StartConversation(ctx, visitor, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat"})
			must(t, err)
			if team != "" {
				do(state.ID, conversation.Command{Kind: conversation.SetTeam, Content: conversation.Content{Team: &conversation.TeamRef{ID: team, Name: "Team"}}})
			}
			convs = append(convs, state.ID)
		}
		do(convs[1], conversation.Command{Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: mei.ID, Name: "Mei"}}})
		anybody := conversation.Assignee{Any: true}
		of := func(want []string, q conversation.InboxQuery) {
			t.Helper()
			want = slices.Sorted(slices.Values(want))
			if got := list(t, s, mei, q); !slices.Equal(got, want) {
				t.Errorf("%+v: %v, want %v", q, got, want)
			}
		}
		of(convs[:2], conversation.InboxQuery{Assignee: anybody, Teams: []string{cards}})
		of(convs[:3], conversation.InboxQuery{Assignee: anybody, Teams: []string{cards, loans, cards}})
		of(convs[1:2], conversation.InboxQuery{Assignee: conversation.Assignee{ID: mei.ID}, Teams: []string{cards}})
		of(convs[:1], conversation.InboxQuery{Teams: []string{cards}}) // nobody's
		of(nil, conversation.InboxQuery{Assignee: anybody, OwnTeams: true})
		must(t, s.SetDuties(ctx, mei, routing.Duties{StaffID: mei.ID, Teams: []string{loans}}))
		of(convs[2:3], conversation.InboxQuery{Assignee: anybody, OwnTeams: true})
		of(nil, conversation.InboxQuery{Assignee: anybody, OwnTeams: true, Teams: []string{cards}})

		counts, err := s.Counts(ctx, mei, []conversation.InboxQuery{{Statuses: []conversation.Status{conversation.Open}, Assignee: anybody, OwnTeams: true}})
		if must(t, err); counts[0].N != 1 {
			t.Errorf("counted %+v", counts)
		}
		do(convs[0], conversation.Command{Kind: conversation.SetTeam, Content: conversation.Content{Team: &conversation.TeamRef{ID: loans, Name: "Loans"}}})
		do(convs[1], conversation.Command{Kind: conversation.SetTeam, Content: conversation.Content{}})
		of(nil, conversation.InboxQuery{Assignee: anybody, Teams: []string{cards}})
		of([]string{convs[0], convs[2]}, conversation.InboxQuery{Assignee: anybody, Teams: []string{loans}})
		do(convs[0], conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Resolved}})
		of(convs[:1], conversation.InboxQuery{Statuses: []conversation.Status{conversation.Resolved}, Assignee: anybody, Teams: []string{loans}})
	})
}

// The list of a team is read from the index of teams, in its order: of no more lines
// than a page has, however many there are.
func TestTheListOfATeamIsReadInOrder(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		d.Open(t)
		q := conversation.InboxQuery{
			Statuses: []conversation.Status{conversation.Open}, Assignee: conversation.Assignee{Any: true}, Teams: []string{id.New()}, Limit: 51,
			After: conversation.InboxKey{Activity: 5, ConversationID: id.New()},
		}
		text, args := listing.SourceOf(identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Supervisor}, &q)
		plan := explain(t, d, text, args)
		t.Log(plan)
		if !strings.Contains(plan, "inbox_team") || strings.Contains(plan, "Seq Scan") {
			t.Errorf("the index of teams is not used:\n%s", plan)
		}
		// Of the page itself, which is short: below it nothing is put in order.
		if inner := plan[:strings.Index(plan, "inbox_team")]; d.Kind == engine.Postgres && strings.Count(inner, "Sort") > 1 {
			t.Errorf("lines are sorted that no page has:\n%s", plan)
		}
	})
}

func explain(t *testing.T, d *storagetest.Deployment, text string, args []any) string {
	t.Helper()
	ctx := context.Background()
	conn, err := d.SQL(t).Conn(ctx)
	must(t, err)
	defer conn.Close()
	word := "EXPLAIN QUERY PLAN "
	if d.Kind == engine.Postgres {
		word = "EXPLAIN "
		_, err := conn.ExecContext(ctx, "SET enable_seqscan = off; SET enable_bitmapscan = off")
		must(t, err)
	}
	rows, err := conn.QueryContext(ctx, word+text, args...)
	must(t, err)
	var lines []string
	must(t, engine.EachRow(rows, func(r *sql.Rows) error {
		names, err := r.Columns()
		if err != nil {
			return err
		}
		values := make([]any, len(names))
		for i := range values {
			values[i] = new(any)
		}
		err = r.Scan(values...)
		lines = append(lines, fmt.Sprint(*values[len(values)-1].(*any)))
		return err
	}))
	return strings.Join(lines, "\n")
}
