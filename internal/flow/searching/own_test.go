package searching_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/search"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/searching"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

func guest() identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: id.New(), Name: "Gil", Role: identity.OutsideAgent, Session: id.New()}
}

func (l *library) give(conv string, to identity.Principal) {
	l.t.Helper()
	l.do(agent(), conv, conversation.Assign, conversation.Content{Staff: &conversation.StaffRef{ID: to.ID, Name: to.Name}})
}

// answers is all that a search says, page after page, with nothing left out.
func (l *library) answers(p identity.Principal, r searching.Request) (pages []searching.Page) {
	l.t.Helper()
	for range 50 {
		page, err := l.searcher.Search(context.Background(), p, r)
		if err != nil {
			l.t.Fatalf("%q: %v", r.Text, err)
		}
		pages = append(pages, page)
		if page.Next == (searching.Cursor{}) {
			return pages
		}
		r.After = page.Next
	}
	l.t.Fatalf("%q never ends", r.Text)
	return nil
}

// An agent of a partner firm finds what they have, and an answer is the same to the
// last number whatever others have: neither hits nor counts nor how far was looked nor
// where to go on tells of it.
func TestAnOutsideAgentFindsWhatTheyHave(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		l := openOn(t, d)
		gil, mei := guest(), l.member("Mei")
		anna := visitor()
		own, second := l.begin(anna), l.begin(visitor())
		for i := range 5 {
			l.say(anna, own, fmt.Sprintf("marzipan of mine %d", i))
		}
		l.send(mei, intake.Message{ConversationID: own, Text: "a note on marzipan", Note: true})
		l.give(own, gil)
		l.do(mei, own, conversation.SetTags, conversation.Content{Tags: []string{"sweets"}})
		l.give(second, gil)
		l.say(gil, second, "marzipan, at your service")
		l.d.Clock.Move(over)
		l.fill()
		day := l.d.Clock.Now().UTC().Format(time.DateOnly)
		var requests []searching.Request
		for _, text := range []string{
			"marzipan", "marzipan from:customer", "marzipan from:me", "from:agent", "tag:sweets", "marzipan tag:sweets", "status:open,waiting,resolved", "marzi*", "is:note",
			"customer:" + anna.ID, "assignee:me", "assignee:nobody marzipan", "on:" + day + " marzipan", "before:" + day, "after:2020-01-01 marzipan", "quokka", "team:nobody marzipan", "channel:chat", "language:en",
		} {
			for _, sort := range []searching.Sort{searching.Newest, searching.Relevance} {
				for _, limit := range []int{2, 50} {
					requests = append(requests, searching.Request{Text: text, Sort: sort, Limit: limit, Counts: true})
				}
			}
		}
		var before [][]searching.Page
		found := 0
		for _, r := range requests {
			pages := l.answers(gil, r)
			before = append(before, pages)
			for _, page := range pages {
				found += len(page.Hits)
			}
		}
		if found == 0 {
			t.Fatal("nothing was found")
		}

		// Others say the same, more often, to the same customer and under the same tags.
		others := []string{l.begin(anna), l.begin(anna)}
		for i := range 150 {
			conv := others[i%2]
			l.say(anna, conv, "marzipan marzipan quokka")
			l.say(mei, conv, "marzipan of the house")
		}
		l.send(mei, intake.Message{ConversationID: others[0], Text: "a note on marzipan", Note: true})
		l.do(mei, others[0], conversation.SetTags, conversation.Content{Tags: []string{"sweets"}})
		l.give(others[1], mei)
		for range 2 {
			for i, r := range requests {
				if got := l.answers(gil, r); !reflect.DeepEqual(got, before[i]) {
					t.Errorf("%q by %s, %d at once:\n got %+v\nwant %+v", r.Text, r.Sort, r.Limit, got, before[i])
				}
			}
			l.d.Clock.Move(over) // what waits in memory, and what is in the index
			l.fill()
		}

		// A name that is a colleague's is told from one that is nobody's no more than that.
		var said []string
		for _, text := range []string{"from:Mei", "from:" + mei.ID, "from:Nobody-at-all", "assignee:Mei"} {
			_, err := l.searcher.Search(context.Background(), gil, searching.Request{Text: text, Limit: 5})
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", text, err)
			}
			said = append(said, fault.ReasonOf(err))
		}
		if len(slices.Compact(said)) != 1 {
			t.Errorf("they are told %v", said)
		}

		// The colleague finds all of it.
		if page := l.search(mei, searching.Request{Text: "marzipan"}); len(page.Hits) != 50 {
			t.Errorf("a colleague finds %d", len(page.Hits))
		}
		l.give(own, mei)
		for i, r := range requests {
			for _, page := range l.answers(gil, r) {
				for _, h := range page.Hits {
					if h.Entry.ConversationID != second {
						t.Errorf("%q finds in %s what was taken away: %v", r.Text, h.Entry.ConversationID, before[i])
					}
				}
			}
		}
	})
}

// The store itself reads nothing for them of what others have, whoever asks it for what.
func TestTheStoreKeepsAnOutsideAgentToWhatTheyHave(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		l := openOn(t, d)
		gil, anna, ctx := guest(), visitor(), context.Background()
		foreign := l.begin(anna)
		l.say(anna, foreign, "marzipan")
		l.d.Clock.Move(time.Hour)
		own := l.begin(anna)
		l.say(anna, own, "marzipan")
		l.give(own, gil)
		l.d.Clock.Move(time.Hour)
		l.say(anna, foreign, "marzipan")
		all, err := l.p.WrittenBefore(ctx, agent(), 1<<62, 10)
		if err != nil || len(all) != 3 {
			t.Fatalf("all are %v, %v", all, err)
		}
		mine := all[1:2]
		for what, read := range map[string]func() ([]int64, error){
			"all":             func() ([]int64, error) { return l.p.WrittenBefore(ctx, gil, 1<<62, 10) },
			"of the customer": func() ([]int64, error) { return l.p.WrittenIn(ctx, gil, search.Few{Customer: anna.ID}, 1<<62, 10) },
			"of conversations": func() ([]int64, error) {
				return l.p.WrittenIn(ctx, gil, search.Few{Conversations: []string{foreign, own}}, 1<<62, 10)
			},
			"judged": func() (positions []int64, err error) {
				matches, err := l.p.JudgeMatches(ctx, gil, &search.Filter{}, all, func(string) int { return 1 })
				for _, m := range matches {
					positions = append(positions, m.Pos)
				}
				return positions, err
			},
			"read": func() (positions []int64, err error) {
				found, err := l.p.ReadFound(ctx, gil, all)
				for _, f := range found {
					positions = append(positions, f.Entry.Pos)
				}
				return positions, err
			},
		} {
			if got, err := read(); err != nil || !slices.Equal(got, mine) {
				t.Errorf("%s: %v, %v; want %v", what, got, err, mine)
			}
		}
		few, ok, err := l.p.FewConversations(ctx, gil, &search.Filter{Statuses: []conversation.Status{conversation.Open}})
		if err != nil || !ok || !slices.Equal(few.Conversations, []string{own}) {
			t.Errorf("few: %+v, %t, %v", few, ok, err)
		}
		few, ok, err = l.p.FewConversations(ctx, gil, &search.Filter{Assignees: []string{""}})
		if err != nil || !ok || len(few.Conversations) != 0 {
			t.Errorf("few of nobody's: %+v, %t, %v", few, ok, err)
		}
		for pos, want := range map[int64]bool{all[0]: false, all[1]: true, all[2]: false} {
			if at, err := l.p.WrittenAt(ctx, gil, pos); err != nil || (at != 0) != want {
				t.Errorf("%d was written at %d, %v", pos, at, err)
			}
		}
		for at, want := range map[int64]int64{1: mine[0], d.Clock.Micros(): mine[0] + 1} {
			if pos, err := l.p.PositionAt(ctx, gil, at); err != nil || pos != want {
				t.Errorf("at %d: %d, %v; want %d", at, pos, err, want)
			}
		}
		if pos, err := l.p.PositionAt(ctx, guest(), 1); err != nil || pos != 1 {
			t.Errorf("of who has nothing: %d, %v", pos, err)
		}
	})
}
