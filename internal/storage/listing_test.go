package storage_test

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
)

func everybodys(statuses ...conversation.Status) conversation.InboxQuery {
	return conversation.InboxQuery{Statuses: statuses, Assignee: conversation.Assignee{Any: true}, Limit: 50}
}

func (s *site) inbox(p identity.Principal, q conversation.InboxQuery) conversation.InboxPage {
	s.Helper()
	page, err := s.Inbox(context.Background(), p, q)
	s.must(err)
	return page
}

func idsOf(lines []conversation.InboxLine) []string {
	ids := make([]string, len(lines))
	for i := range lines {
		ids[i] = lines[i].State.ID
	}
	return ids
}

// Whatever the filter and the size of the pages: read forward or backward, the
// pages together are the conversations that pass, in order, each once.
func TestFilteredPagesMeetBothWays(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		mei := agent()
		var all []string // newest first
		priorities := []conversation.Priority{conversation.Low, conversation.Normal, conversation.High, conversation.Urgent}
		for i := range 40 {
			conv := s.start(visitor()).ID
			s.do(mei, conv, conversation.Command{Kind: conversation.SetPriority, Content: conversation.Content{Priority: priorities[i%4]}})
			s.do(mei, conv, conversation.Command{Kind: conversation.SetTags, Content: conversation.Content{Tags: []string{"t" + strconv.Itoa(i%3)}}})
			if i%5 == 0 {
				s.do(mei, conv, setting(conversation.Resolved))
			}
			s.Clock.Move(2 * time.Second)
			all = append([]string{conv}, all...)
		}
		states := map[string]conversation.State{}
		for _, conv := range all {
			state, err := s.Conversation(context.Background(), mei, conv)
			s.must(err)
			states[conv] = state
		}
		rapid.Check(t, func(r *rapid.T) {
			q := everybodys(rapid.SampledFrom([][]conversation.Status{{conversation.Open}, {conversation.Resolved}, {conversation.Resolved, conversation.Open}}).Draw(r, "statuses")...)
			q.Limit = rapid.IntRange(1, 45).Draw(r, "limit")
			q.Filter.Priorities = rapid.SampledFrom([][]conversation.Priority{nil, {conversation.Urgent}, {conversation.Low, conversation.High}}).Draw(r, "priorities")
			q.Filter.Tags = rapid.SampledFrom([][]string{nil, {"t1"}, {"t0", "t2"}, {"none"}}).Draw(r, "tags")
			var want []string
			for _, conv := range all {
				if state := states[conv]; slices.Contains(q.Statuses, state.Status) && q.Filter.Passes(&state, "") {
					want = append(want, conv)
				}
			}
			var got []string
			first := conversation.InboxKey{}
			for pages := 0; ; pages++ {
				page := s.inbox(mei, q)
				got = append(got, idsOf(page.Lines)...)
				if len(page.Lines) > 0 {
					first = page.Lines[len(page.Lines)-1].Key
				}
				if q.After = page.Next; q.After.ConversationID == "" || pages > 50 {
					break
				}
			}
			if !slices.Equal(got, want) {
				r.Fatalf("forward: %v, want %v", got, want)
			}
			if len(want) == 0 {
				return
			}
			q.After, q.Before, got = conversation.InboxKey{}, first, nil
			for pages := 0; ; pages++ {
				page := s.inbox(mei, q)
				got = append(idsOf(page.Lines), got...)
				if q.Before = page.Next; q.Before.ConversationID == "" || pages > 50 {
					break
				}
			}
			if !slices.Equal(got, want[:len(want)-1]) {
				r.Fatalf("backward: %v, want %v", got, want[:len(want)-1])
			}
		})
		counts, err := s.Counts(context.Background(), mei, []conversation.InboxQuery{everybodys(conversation.Open), everybodys(conversation.Resolved), everybodys(conversation.Snoozed)})
		s.must(err)
		if want := []conversation.Count{{N: 32}, {N: 8}, {}}; !slices.Equal(counts, want) {
			t.Errorf("counts = %v, want %v", counts, want)
		}
	})
}

func TestWhoIsNamedInANoteFindsIt(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		mei, bo := agent(), agent()
		conv, other := s.start(visitor()).ID, s.start(visitor()).ID
		name := noting("look at this")
		name.Content.Mentions = []string{bo.ID}
		s.do(mei, conv, name)
		s.Clock.Move(time.Minute)
		s.do(mei, other, conversation.Command{Kind: conversation.Note, ClientID: "a", Content: conversation.Content{Text: "nobody's"}})
		q := everybodys(conversation.Open)
		q.Mentioned = true
		if got := idsOf(s.inbox(bo, q).Lines); !slices.Equal(got, []string{conv}) {
			t.Errorf("named in %v", got)
		}
		if got := s.inbox(mei, q).Lines; len(got) != 0 {
			t.Errorf("the author is named in %v", idsOf(got))
		}
		unseen := func() []string {
			ids, err := s.UnseenMentions(context.Background(), bo)
			s.must(err)
			return ids
		}
		if got := unseen(); !slices.Equal(got, []string{conv}) {
			t.Errorf("unseen = %v", got)
		}
		s.must(s.SeeMention(context.Background(), bo, conv))
		if got := unseen(); len(got) != 0 {
			t.Errorf("seen, and still unseen: %v", got)
		}
		again := noting("and this")
		again.ClientID, again.Content.Mentions = "again", []string{bo.ID}
		s.do(mei, conv, again)
		if got := unseen(); len(got) != 1 {
			t.Errorf("named again: %v", got)
		}
		s.do(mei, conv, setting(conversation.Resolved))
		if got := s.inbox(bo, q).Lines; len(got) != 0 {
			t.Errorf("open mentions: %v", idsOf(got))
		}
		spoken := conversation.Command{Kind: conversation.Send, ClientID: "m", Content: conversation.Content{Text: "hello", Mentions: []string{bo.ID}}}
		s.do(mei, other, spoken) // customers read it: nobody is named
		if got := s.inbox(bo, q).Lines; len(got) != 0 {
			t.Errorf("named in a message: %v", idsOf(got))
		}
		checkConsistent(t, s.Deployment)
	})
}

func TestAnAnswerIsRefusedWhenAColleagueHasAnswered(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p, mei, bo := visitor(), agent(), agent()
		conv := s.start(p).ID
		asked := s.say(p, conv, "hi").Seq
		answer := func(client string, seen int64) conversation.Command {
			return conversation.Command{Kind: conversation.Send, ClientID: client, Seq: seen, UnlessAnswered: true, Content: conversation.Content{Text: "hello"}}
		}
		s.do(mei, conv, noting("a note is no answer"))
		first := s.do(mei, conv, answer("1", asked))
		s.do(mei, conv, answer("2", asked)) // one's own answer is no colleague's
		s.refused(fault.Conflict, bo, conv, answer("3", asked))
		if r := s.do(mei, conv, answer("1", asked)); !r.Duplicate || r.Seq != first.Seq {
			t.Errorf("a repeat is answered %+v", r)
		}
		s.do(bo, conv, answer("4", first.Seq+1))
		anyway := answer("5", asked)
		anyway.UnlessAnswered = false
		s.do(mei, conv, anyway)
		checkConsistent(t, s.Deployment)
	})
}
