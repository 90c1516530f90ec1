package listing_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
	"kefu/internal/storage/storagetest"
)

// Whatever filters are combined, the pages of a list hold what looking at every
// conversation finds, in its order, each once.
func TestAFilteredListHoldsWhatLookingAtEverythingFinds(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx := d.Open(t).Store, context.Background()
		lin := identity.Principal{Kind: identity.Staff, ID: id.New(), Name: "Lin", Role: identity.Supervisor, Session: id.New()}
		r := rand.New(rand.NewPCG(3, 23))
		one := func(of ...string) string { return of[r.IntN(len(of))] }
		customers := []storage.ImportedCustomer{{ID: id.New(), Subject: "a"}, {ID: id.New(), Subject: "b"}}
		must(t, s.ImportCustomers(ctx, "wallet", "zh-Hant", customers))
		tags := []string{"vip", "VIP", "退款", "été", "ÉTÉ", "ſmall", "small"}
		var all []storage.Imported
		for n := range 120 {
			c := conversation.New(id.New(), customers[n%2].ID, one("chat", "chat", "email"), "", one("", "en", "zh"), int64(n+1)*1_000_000)
			c.Status, c.Priority, c.TeamID = conversation.Status(one("open", "open", "waiting")), conversation.Priority(one("normal", "normal", "high", "urgent")), one("", "cards")
			for range r.IntN(3) {
				if tag := one(tags...); !slices.Contains(c.Tags, tag) {
					c.Tags = append(c.Tags, tag)
				}
			}
			if c.Unread = r.IntN(2); r.IntN(2) == 0 {
				c.WaitingSince = c.CreatedAt
			}
			all = append(all, storage.Imported{State: c, StartRef: id.New()})
		}
		must(t, s.Import(ctx, all))
		slices.Reverse(all) // the newest first
		found := 0
		rapid.Check(t, func(r *rapid.T) {
			some := func(name string, of ...string) []string {
				return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 0, 2, rapid.ID[string]).Draw(r, name)
			}
			q := conversation.InboxQuery{Statuses: []conversation.Status{conversation.Open, conversation.Waiting}, Assignee: conversation.Assignee{Any: true}, Limit: rapid.IntRange(1, 130).Draw(r, "limit")}
			f := &q.Filter
			f.Tags, f.Channels, f.Languages, q.Teams = some("tags", append(tags, "none", "Vip")...), some("channels", "chat", "email"), some("languages", "en", "zh"), some("teams", "cards", "fraud")
			for _, p := range some("priorities", "normal", "high", "low") {
				f.Priorities = append(f.Priorities, conversation.Priority(p))
			}
			f.Unread, f.WaitsSince = rapid.Bool().Draw(r, "unread"), rapid.SampledFrom([]int64{0, 0, 60_000_000}).Draw(r, "waits")
			var want []string
			for i := range all {
				c := &all[i].State
				language := c.Language
				if language == "" {
					language = "zh"
				}
				among := func(wanted []string, value string) bool { return len(wanted) == 0 || slices.Contains(wanted, value) }
				if among(f.Channels, c.Channel) && among(f.Languages, language) && among(q.Teams, c.TeamID) && (len(f.Priorities) == 0 || slices.Contains(f.Priorities, c.Priority)) &&
					(len(f.Tags) == 0 || slices.ContainsFunc(c.Tags, func(tag string) bool { return slices.Contains(f.Tags, tag) })) &&
					(!f.Unread || c.Unread > 0) && (f.WaitsSince == 0 || (c.WaitingSince > 0 && c.WaitingSince <= f.WaitsSince)) {
					want = append(want, c.ID)
				}
			}
			found += len(want)
			var got []string
			for range 200 {
				page, err := s.Inbox(ctx, lin, q)
				if err != nil {
					r.Fatal(err)
				}
				for i := range page.Lines {
					got = append(got, page.Lines[i].State.ID)
				}
				if q.After = page.Next; q.After.ConversationID == "" {
					break
				}
			}
			if !slices.Equal(got, want) {
				r.Fatalf("%+v: the list is %s, want %s", q, strings.Join(got, " "), strings.Join(want, " "))
			}
		})
		if found == 0 {
			t.Error("nothing was ever found")
		}
	})
}
