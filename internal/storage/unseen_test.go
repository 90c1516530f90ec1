package storage_test

import (
	"context"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
)

// answering is an answer of somebody who has seen the log up to seq.
func answering(seq int64) conversation.Command {
	c := sending("an answer")
	c.Seq = seq
	return c
}

func TestAnAnswerLeavesWaitingWhatItsAuthorHasNotSeen(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p, mei := visitor(), agent()
		conv := s.start(p).ID
		s.say(p, conv, "one")
		s.Clock.Move(time.Minute)
		at := s.say(p, conv, "two").At
		s.Clock.Move(time.Minute)
		s.say(p, conv, "three")
		s.do(mei, conv, noting("odd"))
		s.do(mei, conv, answering(1))
		if st := s.state(conv); st.Status != conversation.Open || st.Unread != 2 || st.WaitingSince != at || st.AgentRead != 1 {
			t.Errorf("two and three go on waiting: %+v", st)
		}
		s.do(mei, conv, answering(4)) // the note was seen, the answer before was not
		if st := s.state(conv); st.Status != conversation.Waiting || st.Unread != 0 || st.WaitingSince != 0 || st.AgentRead != 4 {
			t.Errorf("all was seen and answered: %+v", st)
		}
		at = s.do(p, conv, conversation.Command{Kind: conversation.AskPerson}).At
		s.do(mei, conv, answering(6))
		if st := s.state(conv); st.Status != conversation.Open || st.WaitingSince != at {
			t.Errorf("a call for a person that was not seen: %+v", st)
		}
	})
}

// The message that crosses with an answer may come in the very same commit.
func TestWhatCrossesWithAnAnswerInOneCommit(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p, mei := visitor(), agent()
		conv := s.start(p).ID
		s.say(p, conv, "one")
		idle := s.batch()
		type step struct {
			by identity.Principal
			c  conversation.Command
		}
		var answers []<-chan conversation.Result
		for _, step := range []step{{p, sending("two")}, {mei, answering(1)}, {p, sending("four")}, {mei, answering(2)}} {
			answers = append(answers, idle.submit(step.by, conv, step.c))
		}
		idle.Start()
		for i, answer := range answers {
			if r := <-answer; r.Err != nil {
				t.Fatalf("change %d: %v", i, r.Err)
			}
		}
		if st := s.state(conv); st.Status != conversation.Open || st.Unread != 1 || st.WaitingSince == 0 || st.AgentRead != 2 {
			t.Errorf("four waits: %+v", st)
		}
	})
}

func TestNothingUnseenIsResolved(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p, mei := visitor(), agent()
		conv := s.start(p).ID
		s.say(p, conv, "one")
		s.do(mei, conv, noting("odd"))
		seen := func(status conversation.Status, seq int64) conversation.Command {
			c := setting(status)
			c.Seq, c.Content.Until = seq, s.Clock.Micros()+time.Hour.Microseconds()
			return c
		}
		s.do(mei, conv, seen(conversation.Snoozed, 1)) // the note is nobody's question
		s.say(p, conv, "it was stolen")                // opens it again: entries 4 and 5
		s.do(mei, conv, conversation.Command{Kind: conversation.Read, Seq: 5})
		s.refused(fault.Conflict, mei, conv, seen(conversation.Resolved, 3)) // a colleague has read it, this one has not
		s.refused(fault.Conflict, mei, conv, seen(conversation.Snoozed, 1))
		s.do(mei, conv, seen(conversation.Resolved, 4))
	})
}

func TestAnUnmergeTakesBackWhatTheMergeCarriedOver(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		p, mei := visitor(), agent()
		a, b, c := s.start(p).ID, s.start(p).ID, s.start(p).ID
		s.say(p, a, "in a")
		s.Clock.Move(time.Minute)
		s.say(p, b, "in b")
		s.say(p, c, "in c")
		s.do(mei, c, conversation.Command{Kind: conversation.Read, Seq: 1})
		s.do(mei, c, setting(conversation.Resolved))
		s.must(s.Merge(ctx, mei, a, c))
		s.must(s.Merge(ctx, mei, b, c))
		if st := s.state(c); st.Status != conversation.Open || st.Unread != 2 {
			t.Fatalf("both wait in c: %+v", st)
		}
		s.must(s.Unmerge(ctx, mei, a))
		if st := s.state(c); st.Status != conversation.Open || st.Unread != 1 || st.WaitingSince != s.state(b).WaitingSince {
			t.Errorf("b still waits in c: %+v", st)
		}
		s.must(s.Unmerge(ctx, mei, b))
		if st := s.state(c); st.Status != conversation.Resolved || st.Unread != 0 || st.WaitingSince != 0 || st.Reopened != 0 || st.StatusBefore != "" {
			t.Errorf("nothing waits in c: %+v", st)
		}
		if got := s.log(mei, c); got != "message in c; status; merged; status; merged; unmerged; unmerged; status" {
			t.Errorf("c's log: %s", got)
		}
		at := s.say(p, c, "once more").At
		s.must(s.Merge(ctx, mei, a, c))
		s.must(s.Unmerge(ctx, mei, a))
		if st := s.state(c); st.Status != conversation.Open || st.Unread != 1 || st.WaitingSince != at {
			t.Errorf("c waits for itself: %+v", st)
		}
		checkConsistent(t, s.Deployment)
	})
}

// An answer that crosses with a message leaves it waiting, though the message
// stands before the answer; so does an unmerge of another conversation.
func TestAnUnmergeLeavesWaitingWhatCrossedWithAnAnswer(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		p, mei := visitor(), agent()
		for name, read := range map[string]bool{"nobody has read it": false, "somebody has read it": true} {
			earlier, joined, conv := s.start(p).ID, s.start(p).ID, s.start(p).ID
			s.say(p, earlier, "before that")
			s.Clock.Move(time.Minute)
			s.say(p, conv, "one")
			s.Clock.Move(time.Minute)
			at := s.say(p, conv, "two").At
			s.do(mei, conv, answering(1))
			unread := 1
			if read {
				s.do(mei, conv, conversation.Command{Kind: conversation.Read, Seq: 3})
				unread = 0
			}
			s.Clock.Move(time.Minute)
			s.say(p, joined, "in another")
			s.must(s.Merge(ctx, mei, joined, conv))
			s.must(s.Unmerge(ctx, mei, joined))
			s.must(s.Merge(ctx, mei, earlier, conv)) // since it waits even longer
			s.must(s.Unmerge(ctx, mei, earlier))
			if st := s.state(conv); st.Status != conversation.Open || st.Unread != unread || st.WaitingSince != at {
				t.Errorf("%s: two waits no longer: %+v", name, st)
			}
			seen := setting(conversation.Resolved)
			seen.Seq = 1
			s.refused(fault.Conflict, mei, conv, seen)
		}
	})
}

// What a window calls unread are messages of the other side: not its own, and not
// what only staff may see.
func TestUnreadIsCountedForTheCustomer(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p, mei := visitor(), agent()
		conv := s.start(p).ID
		unread := func() int {
			t.Helper()
			lines, err := s.ConversationsOf(context.Background(), p, 10)
			s.must(err)
			return lines[0].Unread
		}
		s.say(p, conv, "one")
		s.do(mei, conv, noting("odd"))
		s.do(mei, conv, conversation.Command{Kind: conversation.SetPriority, Content: conversation.Content{Priority: conversation.High}})
		if n := unread(); n != 0 {
			t.Errorf("%d unread where nobody has answered", n)
		}
		s.say(mei, conv, "an answer")
		s.say(mei, conv, "another")
		if n := unread(); n != 2 {
			t.Errorf("%d unread after two answers", n)
		}
		s.do(p, conv, conversation.Command{Kind: conversation.Read, Seq: 4})
		if n := unread(); n != 1 {
			t.Errorf("%d unread after one was read", n)
		}
	})
}
