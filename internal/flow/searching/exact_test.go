package searching_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/search"
	"kefu/internal/flow/searching"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
	"kefu/internal/storage/storagetest"
)

// manyFound is a Finder to whom conversations are never few, so that the index alone
// proposes.
type manyFound struct{ searching.Finder }

func (manyFound) FewConversations(context.Context, identity.Principal, *search.Filter) (search.Few, bool, error) {
	return search.Few{}, false, nil
}

// shelf is a store whose every message a test knows, and the ways to search it.
type shelf struct {
	*library
	mei       identity.Principal
	states    map[string]*conversation.State
	said      []conversation.Entry // in the order of the log
	searchers map[string]*searching.Searcher
}

func oddTags() []string {
	return []string{"vip", "VIP", "ſtocKs", "\u212aept", "kept", "退款", "Straße", "ÉTÉ", "été", "two words"}
}

// fullShelf imports conversations at random, and changes some of them afterwards.
func fullShelf(t *testing.T, d *storagetest.Deployment) *shelf {
	s := &shelf{library: openOn(t, d), states: map[string]*conversation.State{}}
	s.mei = s.member("Mei")
	bo := s.member("Bo")
	s.teams = []searching.Team{{ID: id.New(), Name: "Cards"}, {ID: id.New(), Name: "Fraud"}}
	r := rand.New(rand.NewPCG(7, 23))
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	var all []storage.Imported
	for c := range 80 {
		at := s.d.Clock.Now().UnixMicro() - int64(80-c)*60_000_000
		state := conversation.New(id.New(), id.New(), one("chat", "chat", "email"), "", one("", "en", "zh-Hant"), at)
		state.Status = conversation.Status(one("open", "waiting", "resolved", "resolved"))
		state.AssigneeID, state.TeamID = one("", s.mei.ID, bo.ID), one("", s.teams[0].ID, s.teams[1].ID)
		for range r.IntN(3) {
			if tag := one(oddTags()...); !slices.Contains(state.Tags, tag) {
				state.Tags = append(state.Tags, tag)
			}
		}
		talk := storage.Imported{State: state, StartRef: id.New()}
		for i := range 1 + r.IntN(9) {
			by := conversation.Author{Kind: conversation.ByCustomer, ID: state.CustomerID}
			if r.IntN(3) == 0 {
				by = conversation.Author{Kind: conversation.ByAgent, ID: one(s.mei.ID, bo.ID), Name: "Somebody"}
			}
			talk.Entries = append(talk.Entries, conversation.Entry{
				ConversationID: state.ID, Seq: int64(i + 1), Kind: conversation.EntryKind(one("message", "message", "note")), ClientID: id.New(), Author: by,
				At: at + int64(i), Content: conversation.Content{Text: strings.Join([]string{one("saffron", "card"), one("refund", "limit"), one("我要退款", "hello")}, " ")},
			})
		}
		talk.State.LastSeq = int64(len(talk.Entries))
		all = append(all, talk)
	}
	if err := s.p.Import(context.Background(), all); err != nil {
		t.Fatal(err)
	}
	for i := range all {
		state := all[i].State
		s.states[state.ID] = &state
		s.said = append(s.said, all[i].Entries...)
	}
	for i := range all { // what changes afterwards is looked at as it is then
		state := s.states[all[i].State.ID]
		if r.IntN(3) == 0 {
			state.Tags = []string{one(oddTags()...)}
			if r.IntN(4) == 0 {
				state.Tags = nil
			}
			s.do(s.mei, state.ID, conversation.SetTags, conversation.Content{Tags: state.Tags})
		}
	}
	s.stop()
	s.start()
	s.d.Clock.Move(over)
	s.fill()
	many := *s.searcher
	many.Finder = manyFound{many.Finder}
	s.searchers = map[string]*searching.Searcher{"few": s.searcher, "index": &many}
	return s
}

// wish is a search in words and as what it means.
type wish struct {
	text   string
	passes []func(*conversation.Entry, *conversation.State) bool
}

func (w *wish) add(text string, passes func(*conversation.Entry, *conversation.State) bool) {
	w.text, w.passes = strings.TrimSpace(w.text+" "+text), append(w.passes, passes)
}

func drawWish(r *rapid.T, s *shelf) *wish {
	w := &wish{}
	yes := func(of string) bool { return rapid.IntRange(0, 2).Draw(r, of) == 0 }
	pick := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(r, name) }
	if yes("words") {
		word := pick("word", "saffron", "refund", "退款", "absent")
		w.add(word, func(e *conversation.Entry, _ *conversation.State) bool { return strings.Contains(e.Content.Text, word) })
	}
	if yes("writers") {
		side := pick("writer", "customer", "agent")
		w.add("from:"+side, func(e *conversation.Entry, _ *conversation.State) bool { return string(e.Author.Kind) == side })
	}
	if yes("statuses") {
		statuses := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"open", "waiting", "resolved"}), 1, 3, rapid.ID[string]).Draw(r, "status")
		w.add("status:"+strings.Join(statuses, ","), func(_ *conversation.Entry, c *conversation.State) bool {
			return slices.Contains(statuses, string(c.Status))
		})
	}
	if yes("tags") {
		tags := rapid.SliceOfNDistinct(rapid.SampledFrom(append(oddTags(), "none", "VIp", "STOCKS")), 1, 2, rapid.ID[string]).Draw(r, "tag")
		w.add(`tag:"`+strings.Join(tags, `","`)+`"`, func(_ *conversation.Entry, c *conversation.State) bool {
			for _, has := range c.Tags {
				for _, tag := range tags {
					if strings.EqualFold(has, tag) {
						return true
					}
				}
			}
			return false
		})
	}
	if yes("teams") {
		team := pick("team", "Cards", "fraud", "nobody")
		w.add("team:"+team, func(_ *conversation.Entry, c *conversation.State) bool {
			return (team == "nobody" && c.TeamID == "") || (team == "Cards" && c.TeamID == s.teams[0].ID) || (team == "fraud" && c.TeamID == s.teams[1].ID)
		})
	}
	if yes("assignees") {
		mine := pick("assignee", "me", "nobody")
		w.add("assignee:"+mine, func(_ *conversation.Entry, c *conversation.State) bool {
			return (mine == "nobody" && c.AssigneeID == "") || (mine == "me" && c.AssigneeID == s.mei.ID)
		})
	}
	if yes("channels") {
		channel := pick("channel", "chat", "email")
		w.add("channel:"+channel, func(_ *conversation.Entry, c *conversation.State) bool { return c.Channel == channel })
	}
	if yes("languages") {
		language := pick("language", "en", "zh")
		w.add("language:"+language, func(_ *conversation.Entry, c *conversation.State) bool {
			return strings.HasPrefix(c.Language, language)
		})
	}
	if yes("kinds") || w.text == "" {
		kind := pick("kind", "note", "message")
		w.add("is:"+kind, func(e *conversation.Entry, _ *conversation.State) bool { return string(e.Kind) == kind })
	}
	return w
}

// Whatever filters are combined, the pages of a search hold what looking at every
// single message finds, in its order, each message once.
func TestASearchFindsWhatLookingAtEverythingFinds(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s := fullShelf(t, d)
		found := 0
		rapid.Check(t, func(r *rapid.T) {
			w := drawWish(r, s)
			var want []int64
			for i := len(s.said) - 1; i >= 0; i-- {
				e := &s.said[i]
				if !slices.ContainsFunc(w.passes, func(passes func(*conversation.Entry, *conversation.State) bool) bool {
					return !passes(e, s.states[e.ConversationID])
				}) {
					want = append(want, e.Pos)
				}
			}
			found += len(want)
			limit := rapid.IntRange(1, 60).Draw(r, "limit")
			for name, searcher := range s.searchers {
				if got, err := everyPage(searcher, s.mei, w.text, limit); err != nil || !slices.Equal(got, want) {
					r.Fatalf("%s: %q in pages of %d finds %v, %v; want %v", name, w.text, limit, got, err, want)
				}
			}
		})
		if found == 0 {
			t.Error("nothing was ever found")
		}
	})
}

func everyPage(searcher *searching.Searcher, p identity.Principal, text string, limit int) (positions []int64, err error) {
	request := searching.Request{Text: text, Limit: limit}
	for range 1000 {
		page, err := searcher.Search(context.Background(), p, request)
		if err != nil {
			return nil, err
		}
		for _, h := range page.Hits {
			positions = append(positions, h.Entry.Pos)
		}
		if request.After = page.Next; request.After == (searching.Cursor{}) {
			return positions, nil
		}
	}
	return nil, fmt.Errorf("%q has no last page", text)
}
