package storage_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

func TestTheLifeOfAConversation(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p, mei := visitor(), agent()
		conv := s.start(p).ID
		status := func(want conversation.Status) conversation.State {
			t.Helper()
			state := s.state(conv)
			if state.Status != want {
				t.Fatalf("status %s, want %s", state.Status, want)
			}
			return state
		}
		first := s.say(p, conv, "my money is gone").At
		if st := status(conversation.Open); st.WaitingSince != first || st.Unread != 1 {
			t.Errorf("after the first message: %+v", st)
		}
		s.Clock.Move(time.Minute)
		s.say(p, conv, "hello?")
		if st := status(conversation.Open); st.WaitingSince != first || st.Unread != 2 {
			t.Errorf("waits since the second message: %+v", st)
		}
		s.say(mei, conv, "I am looking")
		if st := status(conversation.Waiting); st.WaitingSince != 0 || st.Unread != 0 || st.AgentRead != 2 {
			t.Errorf("after the answer: %+v", st)
		}
		until := s.Clock.Micros() + time.Hour.Microseconds()
		s.do(mei, conv, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Snoozed, Until: until}})
		if st := status(conversation.Snoozed); st.SnoozedUntil != until {
			t.Errorf("snoozed until %d, want %d", st.SnoozedUntil, until)
		}
		s.say(p, conv, "any news?")
		if st := status(conversation.Open); st.SnoozedUntil != 0 || st.Unread != 1 {
			t.Errorf("a customer's message ends a snooze: %+v", st)
		}
		s.do(mei, conv, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Resolved, WrapUp: "refunded"}})
		if st := status(conversation.Resolved); st.ResolvedAt == 0 || st.Unread != 0 || st.Reopened != 0 {
			t.Errorf("resolved: %+v", st)
		}
		s.say(p, conv, "not yet")
		if st := status(conversation.Open); st.Reopened != 1 || st.ResolvedAt != 0 {
			t.Errorf("reopened: %+v", st)
		}
		s.refused(fault.Invalid, mei, conv, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Snoozed, Until: s.Clock.Micros()}})
		s.refused(fault.Invalid, mei, conv, setting(conversation.Merged))
		s.refused(fault.Invalid, mei, conv, setting("gone"))
		want := "message my money is gone; message hello?; message I am looking; status; message any news?; status; status; message not yet; status"
		if got := s.log(mei, conv); got != want {
			t.Errorf("log:\n got %s\nwant %s", got, want)
		}
		for _, e := range s.entries(p, conv) {
			if e.Content.WrapUp != "" || (e.Author.Kind == conversation.ByAgent && e.Author.ID != "") {
				t.Errorf("the customer is shown %+v", e)
			}
		}
		checkConsistent(t, s.Deployment)
	})
}

func TestFieldsAndTheInbox(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p, mei, bo := visitor(), agent(), agent()
		conv := s.start(p).ID
		s.say(p, conv, "hi")
		commands := []conversation.Command{
			{Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: mei.ID, Name: "Mei"}}},
			{Kind: conversation.SetPriority, Content: conversation.Content{Priority: conversation.Urgent}},
			{Kind: conversation.SetTags, Content: conversation.Content{Tags: []string{"退款", "card \"lost\"", "退款"}}},
			{Kind: conversation.SetTopic, Content: conversation.Content{Topic: "Ünknown \\ transfer"}},
			{Kind: conversation.SetLanguage, Content: conversation.Content{Language: "zh-Hans"}},
		}
		for _, c := range commands {
			s.do(mei, conv, c)
			if r := s.do(mei, conv, c); r.Seq != 0 {
				t.Errorf("%s a second time made entry %d", c.Kind, r.Seq)
			}
		}
		state := s.state(conv)
		if state.AssigneeID != mei.ID || state.AssigneeName != "Mei" || state.Priority != conversation.Urgent ||
			!slices.Equal(state.Tags, []string{"card \"lost\"", "退款"}) || state.Topic != "Ünknown \\ transfer" || state.Language != "zh-Hans" || state.LastSeq != 6 {
			t.Errorf("%+v", state)
		}
		inbox := func(status conversation.Status, who conversation.Assignee) int {
			t.Helper()
			page, err := s.Inbox(context.Background(), mei, conversation.InboxQuery{Statuses: []conversation.Status{status}, Assignee: who, Limit: 10})
			s.must(err)
			return len(page.Lines)
		}
		anyone := conversation.Assignee{Any: true}
		if inbox(conversation.Open, conversation.Assignee{ID: mei.ID}) != 1 || inbox(conversation.Open, conversation.Assignee{}) != 0 || inbox(conversation.Open, anyone) != 1 {
			t.Error("the inbox does not follow the assignment")
		}
		s.do(bo, conv, conversation.Command{Kind: conversation.Assign})
		s.do(bo, conv, setting(conversation.Resolved))
		if inbox(conversation.Open, anyone) != 0 || inbox(conversation.Resolved, conversation.Assignee{}) != 1 {
			t.Error("the inbox does not follow the status")
		}
		for kind, c := range map[conversation.CommandKind]conversation.Content{
			conversation.SetPriority: {Priority: "most"}, conversation.SetTopic: {Topic: strings.Repeat("x", 121)},
			conversation.SetTags: {Tags: []string{""}}, conversation.SetLanguage: {Language: "a\nb"},
			conversation.Assign: {Staff: &conversation.StaffRef{ID: "x", Name: "a\x00"}},
		} {
			s.refused(fault.Invalid, mei, conv, conversation.Command{Kind: kind, Content: c})
		}
		for _, e := range s.entries(p, conv)[2:6] {
			if e.Kind != conversation.KindHidden || e.Author != (conversation.Author{}) {
				t.Errorf("the customer is shown %+v", e)
			}
		}
		checkConsistent(t, s.Deployment)
	})
}

func TestPagesOfTheInboxMeetWithoutGapOrRepeat(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		const n = 25
		want := map[string]bool{}
		for i := range n {
			p := visitor()
			conv := s.start(p).ID
			s.say(p, conv, "hi")
			want[conv] = true
			if i%3 == 0 {
				s.Clock.Move(time.Second) // the others share their instant
			}
		}
		q := conversation.InboxQuery{Statuses: []conversation.Status{conversation.Open}, Assignee: conversation.Assignee{Any: true}, Limit: 7}
		for page := 0; ; page++ {
			found, err := s.Inbox(context.Background(), agent(), q)
			s.must(err)
			lines := found.Lines
			for _, l := range lines {
				if !want[l.State.ID] {
					t.Errorf("page %d: %s is there twice", page, l.State.ID)
				}
				delete(want, l.State.ID)
				if q.After.ConversationID != "" && l.Key.Activity > q.After.Activity {
					t.Errorf("page %d: not in order", page)
				}
				q.After = l.Key
			}
			if len(lines) < q.Limit {
				break
			}
		}
		if len(want) != 0 {
			t.Errorf("%d conversations are on no page", len(want))
		}
	})
}

func TestEditsKeepTheirHistory(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p, mei := visitor(), agent()
		conv := s.start(p).ID
		seq := s.say(p, conv, "frist").Seq
		edit := func(by identity.Principal, text string) conversation.Command {
			return conversation.Command{Kind: conversation.Edit, Content: conversation.Content{Of: seq, Text: text}}
		}
		s.do(p, conv, edit(p, "first"))
		s.do(p, conv, edit(p, "first!"))
		versions := func() []string {
			t.Helper()
			all, err := s.Versions(context.Background(), mei, conv, seq)
			s.must(err)
			var texts []string
			for _, v := range all {
				texts = append(texts, v.Text)
			}
			return texts
		}
		if got := versions(); !slices.Equal(got, []string{"frist", "first"}) {
			t.Errorf("versions %q", got)
		}
		// An 'edited' entry always says what the message says now.
		if got := s.log(p, conv); got != "message first!; edited first!; edited first!" {
			t.Errorf("log: %s", got)
		}
		s.refused(fault.Forbidden, mei, conv, edit(mei, "not mine"))
		s.refused(fault.NotFound, visitor(), conv, edit(p, "no"))
		s.refused(fault.Invalid, p, conv, edit(p, ""))
		s.refused(fault.NotFound, p, conv, conversation.Command{Kind: conversation.Edit, Content: conversation.Content{Of: 2, Text: "an edit"}})
		s.refused(fault.NotFound, p, conv, conversation.Command{Kind: conversation.Edit, Content: conversation.Content{Of: 77, Text: "nothing"}})

		s.refused(fault.Invalid, mei, conv, conversation.Command{Kind: conversation.Redact, Content: conversation.Content{Of: seq, Text: "words in another's mouth"}})
		guard := identity.SystemPart("guard")
		s.do(guard, conv, conversation.Command{Kind: conversation.Redact, Content: conversation.Content{Of: seq, Text: "[card]", Classes: []string{"card"}}})
		if got := versions(); len(got) != 0 {
			t.Errorf("versions after the redaction: %q", got)
		}
		if got := s.log(p, conv); got != "message [card]; edited [card]; edited [card]; redacted [card]" {
			t.Errorf("log: %s", got)
		}
		s.refused(fault.Conflict, p, conv, edit(p, "again"))
		checkConsistent(t, s.Deployment)
	})
}

// What is sent, edited and redacted within one transaction leaves the same as in
// three.
func TestEditsAndRedactionsWithinOneCommit(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p, mei, guard := visitor(), agent(), identity.SystemPart("guard")
		conv := s.start(p).ID
		old := s.say(p, conv, "old secret").Seq
		release := holdCommits(t, s.Deployment)
		answers := make(chan conversation.Result, 16)
		submit := func(by identity.Principal, c conversation.Command) {
			t.Helper()
			s.must(s.Submit(context.Background(), &conversation.Change{Principal: by, ConversationID: conv, Command: c, Done: func(r conversation.Result) { answers <- r }}))
		}
		rewrite := func(kind conversation.CommandKind, of int64, text string) conversation.Command {
			return conversation.Command{Kind: kind, Content: conversation.Content{Of: of, Text: text}}
		}
		submit(p, noting("refused: no customer writes notes"))
		submit(p, sending("new secret"))                                // 2
		submit(p, rewrite(conversation.Edit, 2, "new secret, edited"))  // 3
		submit(p, rewrite(conversation.Edit, old, "old secret, again")) // 4
		submit(mei, rewrite(conversation.Redact, 2, ""))                // 5
		submit(guard, rewrite(conversation.Redact, old, "[gone]"))      // 6
		submit(p, sending("kept"))                                      // 7
		submit(p, rewrite(conversation.Edit, 7, "kept and edited"))     // 8
		release()
		refused := 0
		for range 8 {
			if r := <-answers; r.Err != nil {
				refused++
			}
		}
		if refused != 1 {
			t.Errorf("%d were refused, want the note", refused)
		}
		want := "message [gone]; message; edited; edited [gone]; redacted; redacted [gone]; message kept and edited; edited kept and edited"
		if got := s.log(p, conv); got != want {
			t.Errorf("log:\n got %s\nwant %s", got, want)
		}
		for seq, want := range map[int64]int{old: 0, 2: 0, 7: 1} {
			versions, err := s.Versions(context.Background(), mei, conv, seq)
			if err != nil || len(versions) != want {
				t.Errorf("entry %d has versions %+v, %v, want %d", seq, versions, err, want)
			}
		}
		checkConsistent(t, s.Deployment)
		verified(t, s, true)
	})
}

func TestMarksOnlyMoveForward(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p, mei := visitor(), agent()
		conv := s.start(p).ID
		for range 4 {
			s.say(mei, conv, "answer")
		}
		mark := func(by identity.Principal, kind conversation.CommandKind, seq int64) {
			t.Helper()
			s.do(by, conv, conversation.Command{Kind: kind, Seq: seq})
		}
		mark(p, conversation.Delivered, 3)
		mark(p, conversation.Delivered, 1)
		mark(p, conversation.Read, 2)
		if st := s.state(conv); st.CustomerDelivered != 3 || st.CustomerRead != 2 {
			t.Errorf("%+v", st)
		}
		mark(p, conversation.Read, 99)
		if st := s.state(conv); st.CustomerRead != 4 || st.CustomerDelivered != 4 {
			t.Errorf("a mark beyond the end: %+v", st)
		}
		s.say(p, conv, "question")
		mark(mei, conversation.Read, 4)
		if st := s.state(conv); st.Unread != 1 {
			t.Errorf("read before the question: unread %d", st.Unread)
		}
		mark(mei, conversation.Read, 5)
		if st := s.state(conv); st.Unread != 0 || st.AgentRead != 5 || st.LastSeq != 5 {
			t.Errorf("read: %+v", st)
		}
	})
}

func TestMergeAndUnmerge(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		p, mei := visitor(), agent()
		a, b, c := s.start(p).ID, s.start(p).ID, s.start(p).ID
		s.say(p, a, "in a")
		s.say(p, b, "in b")
		s.do(mei, b, setting(conversation.Resolved))
		waits := s.state(a).WaitingSince
		s.Clock.Move(time.Minute)

		s.must(s.Merge(ctx, mei, a, b))
		left, entered := s.state(a), s.state(b)
		if left.Status != conversation.Merged || left.MergedInto != b || left.StatusBefore != conversation.Open {
			t.Errorf("a: %+v", left)
		}
		if entered.Status != conversation.Open || entered.Unread != 1 || entered.WaitingSince != waits || entered.Reopened != 1 {
			t.Errorf("b must wait for an agent as a did: %+v", entered)
		}
		var merged *conversation.MergedError
		if _, err := s.Execute(ctx, p, a, sending("more")); !errors.As(err, &merged) || merged.Into != b {
			t.Errorf("a message to a: %v", err)
		}
		if got := s.log(mei, a); got != "message in a; merged" {
			t.Errorf("a's log: %s", got)
		}
		s.want(fault.Conflict, s.Merge(ctx, mei, a, c)) // is merged already
		s.want(fault.Conflict, s.Merge(ctx, mei, b, a)) // would be a circle
		if st := s.state(b); st.Status != conversation.Open || st.MergedInto != "" {
			t.Errorf("a refused merge left %+v", st)
		}

		s.must(s.Merge(ctx, mei, b, c)) // a chain: a → b → c
		if _, err := s.Execute(ctx, p, b, sending("more")); !errors.As(err, &merged) || merged.Into != c {
			t.Errorf("a message to b: %v", err)
		}
		if st := s.state(c); st.Unread != 1 || st.Status != conversation.Open {
			t.Errorf("c: %+v", st)
		}
		s.must(s.Unmerge(ctx, mei, a)) // its other half is merged itself
		if st := s.state(a); st.Status != conversation.Open || st.MergedInto != "" {
			t.Errorf("a after the unmerge: %+v", st)
		}
		s.want(fault.Conflict, s.Unmerge(ctx, mei, a))
		s.must(s.Unmerge(ctx, mei, b))
		s.say(p, a, "on it goes")
		s.say(p, b, "here too")
		if got := s.log(mei, c); got != "merged; unmerged" {
			t.Errorf("c's log: %s", got)
		}
		checkConsistent(t, s.Deployment)
	})
}

func TestMergesThatAreRefused(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		p, other, mei := visitor(), visitor(), agent()
		a, b := s.start(p).ID, s.start(other).ID
		s.say(p, a, "mine")
		s.say(other, b, "not yours")
		s.want(fault.Conflict, s.Merge(ctx, mei, a, b))
		s.want(fault.Invalid, s.Merge(ctx, mei, a, a))
		s.want(fault.NotFound, s.Merge(ctx, mei, a, id.New()))
		s.want(fault.NotFound, s.Merge(ctx, mei, "a\x00", b))
		s.want(fault.NotFound, s.Unmerge(ctx, mei, id.New()))
		s.want(fault.Forbidden, s.Merge(ctx, p, a, s.start(p).ID))
		for _, kind := range []conversation.CommandKind{conversation.MergeInto, conversation.TakeIn, conversation.Unmerge, conversation.LetGo, conversation.Identify} {
			s.refused(fault.Invalid, mei, a, conversation.Command{Kind: kind, Customer: other.ID, Content: conversation.Content{Into: b, From: b}})
		}
		for _, conv := range []string{a, b} {
			if st := s.state(conv); st.LastSeq != 1 || st.Status != conversation.Open {
				t.Errorf("a refused merge left %+v", st)
			}
		}
		checkConsistent(t, s.Deployment)
	})
}
