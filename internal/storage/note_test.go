package storage_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
	"kefu/internal/storage"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// refuseCommits makes the database refuse every commit until the answer is called.
func refuseCommits(t *testing.T, d *storagetest.Deployment) (allow func()) {
	t.Helper()
	refuse, drop := "CREATE TRIGGER refusal BEFORE UPDATE ON log_head BEGIN SELECT RAISE(ABORT, 'no'); END", "DROP TRIGGER refusal"
	if d.Kind == engine.Postgres {
		refuse = `CREATE FUNCTION refusal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
			CREATE TRIGGER refusal BEFORE UPDATE ON log_head FOR EACH ROW EXECUTE FUNCTION refusal()`
		drop = "DROP TRIGGER refusal ON log_head; DROP FUNCTION refusal"
	}
	d.Exec(t, refuse)
	return func() { d.Exec(t, drop) }
}

// actions are what the audit chain tells of somebody.
func (s *site) actions(who identity.Principal) (actions []string) {
	s.Helper()
	for e, err := range s.AuditEntries(context.Background(), identity.SystemPart("test")) {
		s.must(err)
		if e.Actor.ID == who.ID {
			actions = append(actions, e.Action+" "+e.Object.ID)
		}
	}
	return actions
}

// What staff read while commits fail is noted later; when too much of it is owed
// they read nothing more.
func TestReadingsWhoseCommitFailsAreOwed(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s := &site{T: t, Deployment: d, Process: d.Open(t, func(o *storage.Options) { o.MaxUnnoted = 3 })}
		ctx := context.Background()
		p, mei := visitor(), agent()
		conv := s.start(p).ID
		allow := refuseCommits(t, d)
		for range 3 {
			_, err := s.Watch(ctx, mei, conv)
			s.must(err)
		}
		calls := map[string]func() error{
			"Watch":   func() error { _, err := s.Watch(ctx, mei, conv); return err },
			"Entries": func() error { _, _, err := s.Entries(ctx, mei, conv, conversation.EntryRange{}); return err },
			"Inbox": func() error {
				_, err := s.Inbox(ctx, mei, conversation.InboxQuery{Statuses: []conversation.Status{conversation.Open}, Limit: 1, Assignee: conversation.Assignee{Any: true}})
				return err
			},
			"InboxLineOf":   func() error { _, err := s.InboxLineOf(ctx, mei, conv); return err },
			"CustomerOf":    func() error { _, _, err := s.CustomerOf(ctx, mei, p.ID); return err },
			"FindCustomers": func() error { _, err := s.FindCustomers(ctx, mei, "email", "a@b.example"); return err },
			"EntriesAt":     func() error { _, err := s.EntriesAt(ctx, mei, []int64{1}); return err },
		}
		s.refused(fault.Internal, p, conv, sending("not now"))
		for name, call := range calls {
			if err := call(); name != "EntriesAt" && !fault.Is(err, fault.Unavailable) { // it has found nothing to note
				t.Errorf("%s: %v, want it refused", name, err)
			}
		}
		if got := s.log(p, conv); got != "" { // a customer reads on
			t.Errorf("log: %s", got)
		}
		d.Clock.Move(time.Hour)
		allow()
		s.say(p, conv, "all is well")
		s.must(calls["Watch"]())
		s.say(p, conv, "this one comes after the reading")
		if got, want := s.actions(mei), slices.Repeat([]string{"conversation.watch " + conv}, 4); !slices.Equal(got, want) {
			t.Errorf("the chain tells of %q, want %q", got, want)
		}
		verified(t, s, true)
	})
}

// Where commits are only slow, nothing that staff read is refused.
func TestReadingsThatWaitForASlowCommitAreNotRefused(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p, mei := visitor(), agent()
		conv := s.start(p).ID
		slow := &site{T: t, Deployment: s.Deployment, Process: s.OpenIdle(t, func(o *storage.Options) { o.MaxUnnoted = 2 })}
		for range 5 {
			_, err := slow.Watch(context.Background(), mei, conv)
			s.must(err)
		}
		slow.Start()
		slow.say(p, conv, "this one comes after the readings")
		if got := slow.actions(mei); len(got) != 5 {
			t.Errorf("the chain tells of %q", got)
		}
		verified(t, slow, true)
	})
}

// A store that was closed while commits failed writes what is owed, if it can.
func TestWhatIsOwedIsWrittenAtTheEnd(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s := &site{T: t, Deployment: d, Process: d.Open(t)}
		p, mei := visitor(), agent()
		conv := s.start(p).ID
		allow := refuseCommits(t, d)
		_, err := s.Watch(context.Background(), mei, conv)
		s.must(err)
		s.refused(fault.Internal, p, conv, sending("not now"))
		allow()
		s.Stop()
		after := &site{T: t, Deployment: d, Process: d.Open(t)}
		if got := after.actions(mei); len(got) != 1 {
			t.Errorf("the chain tells of %q", got)
		}
	})
}

// A reader who waits for room in the queue waits no longer than its request.
func TestAReaderWaitsNoLongerThanItsRequest(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := visitor()
		conv := s.start(p).ID
		idle := &site{T: t, Deployment: s.Deployment, Process: s.OpenIdle(t, func(o *storage.Options) { o.MaxQueue = 1 })}
		said := idle.submit(p, conv, sending("it fills the queue"))
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		defer cancel()
		_, err := idle.Watch(ctx, agent(), conv)
		s.want(fault.Unavailable, err)
		idle.Start()
		if r := <-said; r.Err != nil {
			t.Error(r.Err)
		}
	})
}

// The record of a page of the inbox names every conversation on it.
func TestAPageOfTheInboxIsNamedInTheChain(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		mei := agent()
		list := func(status conversation.Status) {
			_, err := s.Inbox(ctx, mei, conversation.InboxQuery{Statuses: []conversation.Status{status}, Limit: conversation.MaxPage, Assignee: conversation.Assignee{Any: true}})
			s.must(err)
		}
		p := visitor()
		var want []string
		for range 80 {
			want = append(want, s.start(p).ID)
		}
		list(conversation.Open)
		list(conversation.Snoozed)
		s.start(p)
		var named, empty []string
		for _, a := range s.actions(mei) {
			ids, _ := strings.CutPrefix(a, "inbox.list ")
			if ids == string(conversation.Snoozed) {
				empty = append(empty, ids)
				continue
			}
			named = append(named, strings.Fields(ids)...)
		}
		slices.Sort(named)
		slices.Sort(want)
		if !slices.Equal(named, want) || len(empty) != 1 {
			t.Errorf("%d conversations are named, want %d; %d empty pages", len(named), len(want), len(empty))
		}
		verified(t, s, true)
	})
}

// Who a customer is is told to nobody before the chain tells that they read it: not while
// nothing is committed, and not when the commit fails.
func TestACustomerIsReadOnceThatIsInTheChain(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s := &site{T: t, Deployment: d, Process: d.Open(t)}
		p, mei := visitor(), agent()
		conv := s.start(p).ID
		_, _, err := s.CustomerOf(context.Background(), mei, p.ID)
		s.must(err)
		if got := s.actions(mei); !slices.Equal(got, []string{"customer.read " + p.ID}) {
			t.Errorf("it was read, and the chain tells of %q", got)
		}
		allow := refuseCommits(t, d)
		if c, _, err := s.CustomerOf(context.Background(), mei, p.ID); !fault.Is(err, fault.Unavailable) || c.ID != "" {
			t.Errorf("commits fail, and it is told: %v", err)
		}
		allow()
		s.say(p, conv, "all is well")
	})
}

func TestACustomerIsNotReadWhileNothingIsCommitted(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p, mei := visitor(), agent()
		s.start(p)
		idle := s.OpenIdle(t)
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		defer cancel()
		if _, _, err := idle.CustomerOf(ctx, mei, p.ID); !fault.Is(err, fault.Unavailable) {
			t.Errorf("nothing is committed, and it is told: %v", err)
		}
		idle.Start()
	})
}

// How long it takes until an agent is shown who a customer is, with its record committed.
func BenchmarkACustomerIsRead(b *testing.B) {
	for _, kind := range []engine.Kind{engine.SQLite, engine.Postgres} {
		b.Run(string(kind), func(b *testing.B) {
			process := storagetest.New(b, kind).Open(b)
			p, mei := visitor(), agent()
			start(b, process.Store, p)
			for b.Loop() {
				if _, _, err := process.CustomerOf(context.Background(), mei, p.ID); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
