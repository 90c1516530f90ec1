package storage_test

import (
	"context"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// The committer remembers conversations that it wrote. These tests write to them
// behind its back in every way there is.
func TestWhatAnotherProcessWroteIsNotOverwritten(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		here := &site{T: t, Deployment: d, Process: d.Open(t)}
		there := &site{T: t, Deployment: d, Process: d.Open(t)}
		p, mei := visitor(), agent()
		conv, twin := here.start(p).ID, here.start(p).ID
		here.say(p, conv, "1")
		if r := there.say(p, conv, "2"); r.Seq != 2 {
			t.Fatalf("the second process gave number %d", r.Seq)
		}
		if r := here.say(p, conv, "3"); r.Seq != 3 || r.State.Unread != 3 {
			t.Errorf("the first process works on an old state: %+v", r.State)
		}
		// A mark adds no entry, a status moves the inbox, a merge ends the conversation.
		there.do(mei, conv, conversation.Command{Kind: conversation.Read, Seq: 3})
		if r := here.say(p, conv, "4"); r.State.Unread != 1 || r.State.AgentRead != 3 {
			t.Errorf("the mark of the other process is gone: %+v", r.State)
		}
		there.do(mei, conv, conversation.Command{Kind: conversation.SetTags, Content: conversation.Content{Tags: []string{"x"}}})
		there.do(mei, conv, setting(conversation.Resolved))
		if r := here.say(p, conv, "5"); r.State.Reopened != 1 || len(r.State.Tags) != 1 {
			t.Errorf("resolved by the other process: %+v", r.State)
		}
		here.say(p, twin, "in the twin")
		here.must(there.Merge(context.Background(), mei, conv, twin))
		here.refused(fault.Conflict, p, conv, sending("6"))
		if r := here.say(p, twin, "more"); r.State.Unread != 3 {
			t.Errorf("what the merge brought is gone: %+v", r.State)
		}
		checkConsistent(t, d)
	})
}

func TestARolledBackFunctionLeavesNothingBehind(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		p, mei := visitor(), agent()
		conv, into := s.start(p).ID, s.start(p).ID
		s.say(p, conv, "1")
		s.say(p, into, "1")
		s.must(s.Merge(ctx, mei, into, s.start(p).ID)) // so that entering it fails after leaving the other succeeded
		for range 3 {
			s.want(fault.Conflict, s.Merge(ctx, mei, conv, into))
			if r := s.say(p, conv, "more"); r.State.Status != conversation.Open || r.State.MergedInto != "" {
				t.Fatalf("the refused merge is remembered: %+v", r.State)
			}
		}
		// The same in one batch: changes before and after the function that fails.
		next := s.batch()
		first := next.submit(p, conv, sending("before"))
		failed := next.queue(func() error { return next.Merge(ctx, mei, conv, into) })
		second := next.submit(p, conv, sending("after"))
		next.Start()
		s.want(fault.Conflict, <-failed)
		if before, after := <-first, <-second; before.Err != nil || after.Err != nil || after.Seq != 6 {
			t.Errorf("around the failure: %+v, %+v", before, after)
		}
		if st := s.state(conv); st.LastSeq != 6 || st.Unread != 6 {
			t.Errorf("%+v", st)
		}
		checkConsistent(t, s.Deployment)
		verified(t, s, true)
	})
}

// A sign-in moves conversations within the order of requests: what waited before
// it is stored, what comes after it under the old name is not.
func TestFunctionsKeepTheirPlaceAmongChanges(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		p, mei := visitor(), agent()
		conv, into := s.start(p).ID, s.start(p).ID
		s.say(p, conv, "1")
		next := s.batch()
		before := next.submit(p, conv, sending("before"))
		merged := next.queue(func() error { return next.Merge(ctx, mei, conv, into) })
		after := next.submit(p, conv, sending("after"))
		inTwin := next.submit(p, into, sending("in the other"))
		next.Start()
		s.must(<-merged)
		if a, b := <-before, <-after; a.Err != nil || !fault.Is(b.Err, fault.Conflict) {
			t.Errorf("before the merge: %v; after it: %v", a.Err, b.Err)
		}
		if r := <-inTwin; r.Err != nil || r.State.Unread != 3 {
			t.Errorf("in the other: %+v", r)
		}
		checkConsistent(t, s.Deployment)
	})
}

// A message is stored, and edited and redacted after a function, all in one
// transaction: the audit chain must know the last of it only.
func TestWhatIsWrittenTwiceInOneCommitVerifies(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p, mei := visitor(), agent()
		conv, a, b := s.start(p).ID, s.start(p).ID, s.start(p).ID
		next := s.batch()
		next.submit(p, conv, sending("one"))
		next.submit(p, conv, sending("two"))
		merged := next.queue(func() error { return next.Merge(context.Background(), mei, a, b) })
		edited := next.submit(p, conv, conversation.Command{Kind: conversation.Edit, Content: conversation.Content{Of: 1, Text: "one, edited"}})
		redacted := next.submit(mei, conv, conversation.Command{Kind: conversation.Redact, Content: conversation.Content{Of: 2}})
		next.Start()
		s.must(<-merged)
		if e, r := <-edited, <-redacted; e.Err != nil || r.Err != nil {
			t.Fatal(e.Err, r.Err)
		}
		if got := s.log(mei, conv); got != "message one, edited; message; edited one, edited; redacted" {
			t.Errorf("log: %s", got)
		}
		if n := s.destroyKeys(); n != 1 {
			t.Errorf("%d keys were destroyed, want that of the second message", n)
		}
		verified(t, s, true)
		checkConsistent(t, s.Deployment)
	})
}

// A visitor signs in while messages wait: what waited before is stored and moves,
// what the visitor says afterwards under the old name is not theirs to say.
func TestASignInKeepsItsPlaceAmongChanges(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := visitor()
		conv := s.start(p).ID
		next := s.batch()
		before := next.submit(p, conv, sending("before"))
		signed := next.queue(func() error {
			_, err := next.SignInCustomer(context.Background(), signIn("wang", p.ID, 0))
			return err
		})
		after := next.submit(p, conv, sending("after"))
		next.Start()
		s.must(<-signed)
		if a, b := <-before, <-after; a.Err != nil || !fault.Is(b.Err, fault.NotFound) {
			t.Errorf("before: %v; after: %v", a.Err, b.Err)
		}
		if got := s.log(agent(), conv); got != "message before; identified" {
			t.Errorf("log: %s", got)
		}
	})
}

func TestAFailedTransactionIsForgotten(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := visitor()
		conv := s.start(p).ID
		s.say(p, conv, "1")
		trigger := map[engine.Kind][2]string{
			engine.SQLite: {"CREATE TRIGGER broken BEFORE UPDATE ON log_head WHEN NEW.pos > OLD.pos BEGIN SELECT RAISE(ABORT, 'broken'); END", "DROP TRIGGER broken"},
			engine.Postgres: {`CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$;
				CREATE TRIGGER broken BEFORE UPDATE ON log_head FOR EACH ROW WHEN (NEW.pos > OLD.pos) EXECUTE FUNCTION broken()`, "DROP TRIGGER broken ON log_head"},
		}[s.Deployment.Kind]
		s.Deployment.Exec(t, trigger[0])
		command := sending("2")
		s.refused(fault.Internal, p, conv, command)
		s.Deployment.Exec(t, trigger[1])
		if r := s.do(p, conv, command); r.Seq != 2 || r.Duplicate || r.State.Unread != 2 {
			t.Errorf("after the failure: %+v", r)
		}
		checkConsistent(t, s.Deployment)
	})
}

func signIn(p string, visitor string, since int64) customer.SignIn {
	return customer.SignIn{
		Issuer: "wallet", Subject: p, TokenID: id.New(), TokenExpires: 1 << 60, Name: "王芳", NewID: id.New(),
		Secret: customer.WindowSecret{Digest: id.New(), Verified: true, ExpiresAt: 1 << 60}, Visitor: visitor, VisitorSince: since,
	}
}
