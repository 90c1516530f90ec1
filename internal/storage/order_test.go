package storage_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
	"kefu/internal/storage/core"
	"kefu/internal/storage/storagetest"
)

func TestMessagesComeBackInOrder(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := visitor()
		conv := s.start(p)
		for i := range 5 {
			if r := s.say(p, conv.ID, fmt.Sprintf("message %d 你好", i)); r.Seq != int64(i+1) {
				t.Fatalf("message %d got seq %d", i, r.Seq)
			}
		}
		entries, more, err := s.Entries(context.Background(), p, conv.ID, conversation.EntryRange{Limit: 3})
		if err != nil || !more || len(entries) != 3 {
			t.Fatalf("entries = %d, more = %v, err = %v", len(entries), more, err)
		}
		for i, e := range entries {
			if want := fmt.Sprintf("message %d 你好", i); e.Content.Text != want || e.Seq != int64(i+1) {
				t.Errorf("entry %d = %d %q", i, e.Seq, e.Content.Text)
			}
		}
		last, more, err := s.Entries(context.Background(), p, conv.ID, conversation.EntryRange{Reverse: true, Before: 5, Limit: 2})
		if err != nil || !more || len(last) != 2 || last[0].Seq != 3 || last[1].Seq != 4 {
			t.Errorf("the two before 5 are %+v, more = %v, err = %v", last, more, err)
		}
		page, err := s.Inbox(context.Background(), agent(), conversation.InboxQuery{Statuses: []conversation.Status{conversation.Open}, Assignee: conversation.Assignee{Any: true}, Limit: 10})
		lines := page.Lines
		if err != nil || len(lines) != 1 || lines[0].Preview.Content.Text != "message 4 你好" || lines[0].State.Unread != 5 {
			t.Fatalf("inbox = %+v, err = %v", lines, err)
		}
	})
}

// processes opens as many processes as an engine allows on one database: SQLite
// takes writers in turn too, however many there are.
func processes(t *testing.T, d *storagetest.Deployment, n int) []*storagetest.Process {
	t.Helper()
	all := make([]*storagetest.Process, n)
	for i := range all {
		all[i] = d.Open(t)
	}
	return all
}

func TestSequencesHaveNoGapsUnderManyWritersAndProcesses(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		const writers, each, conversations = 12, 20, 3
		stores := processes(t, d, 3)
		p := visitor()
		convs := make([]string, conversations)
		for i := range convs {
			convs[i] = start(t, stores[i].Store, p).ID
		}
		acknowledged := make([]map[int64]string, conversations)
		var mu sync.Mutex
		for i := range acknowledged {
			acknowledged[i] = map[int64]string{}
		}
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					c := (w + i) % conversations
					text := fmt.Sprintf("writer %d message %d", w, i)
					r, err := stores[w%len(stores)].Execute(context.Background(), p, convs[c], sending(text))
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					if other, taken := acknowledged[c][r.Seq]; taken {
						t.Errorf("number %d was given to %q and to %q", r.Seq, other, text)
					}
					acknowledged[c][r.Seq] = text
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		total := 0
		for c, conv := range convs {
			entries, _, err := stores[0].Entries(context.Background(), p, conv, conversation.EntryRange{})
			if err != nil {
				t.Fatal(err)
			}
			total += len(entries)
			for i, e := range entries {
				if e.Seq != int64(i+1) || acknowledged[c][e.Seq] != e.Content.Text {
					t.Fatalf("entry %d has number %d and text %q, acknowledged was %q", i, e.Seq, e.Content.Text, acknowledged[c][e.Seq])
				}
			}
		}
		if total != writers*each {
			t.Errorf("%d messages are stored, %d were acknowledged", total, writers*each)
		}
		checkConsistent(t, d)
	})
}

// FT31: the same message on two sockets at once.
func TestOneClientIDIsOneMessage(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		stores := processes(t, d, 2)
		p := visitor()
		conv := start(t, stores[0].Store, p).ID
		for range 10 {
			command := sending("once")
			results := make([]conversation.Result, 6)
			var wg sync.WaitGroup
			for i := range results {
				wg.Go(func() {
					var err error
					if results[i], err = stores[i%2].Execute(context.Background(), p, conv, command); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			first := 0
			for _, r := range results {
				if r.Seq != results[0].Seq || r.At != results[0].At {
					t.Errorf("two answers: %d and %d", r.Seq, results[0].Seq)
				}
				if !r.Duplicate {
					first++
				}
			}
			if first != 1 {
				t.Errorf("%d of the answers say that they stored it", first)
			}
		}
		if n := len(mustEntries(t, stores[0].Store, p, conv)); n != 10 {
			t.Errorf("%d messages are stored, want 10", n)
		}
	})
}

func mustEntries(t *testing.T, s *storage.Store, p identity.Principal, conv string) []conversation.Entry {
	t.Helper()
	entries, _, err := s.Entries(context.Background(), p, conv, conversation.EntryRange{})
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func TestAClientIDBelongsToItsConversationAndAuthor(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := visitor()
		one, other := s.start(p), s.start(p)
		command := sending("hello")
		s.do(p, one.ID, command)
		if r := s.do(p, other.ID, command); r.Duplicate {
			t.Error("the same id in another conversation is another message")
		}
		s.refused(fault.Conflict, agent(), one.ID, command)
		s.refused(fault.NotFound, visitor(), one.ID, command)
		if got := s.log(p, one.ID); got != "message hello" {
			t.Errorf("log: %s", got)
		}
		// What cannot be an id is refused before it reaches a statement that others share.
		for _, bad := range []string{"", "a\x00b", "\xff\xfe", "line\nbreak", string(make([]byte, 65))} {
			command.ClientID = bad
			s.refused(fault.Invalid, p, one.ID, command)
		}
	})
}

// watched counts commits.
type watched struct {
	mu       sync.Mutex
	commits  int
	failures int
}

// Committed implements storage.Observer.
func (w *watched) Committed(int, int, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.commits++
}

// CommitFailed implements storage.Observer.
func (w *watched) CommitFailed(error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures++
}

func (w *watched) counts() (commits, failures int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.commits, w.failures
}

func TestWhatFailsTakesNoOtherWithIt(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		w := &watched{}
		s := &site{T: t, Deployment: d, Process: d.Open(t, func(o *storage.Options) { o.Observer = w })}
		p, stranger := visitor(), visitor()
		conv := s.start(p).ID
		answers := make(chan conversation.Result, 64)
		submit := func(by identity.Principal, conv string, c conversation.Command) {
			t.Helper()
			s.must(s.Submit(context.Background(), &conversation.Change{Principal: by, ConversationID: conv, Command: c, Done: func(r conversation.Result) { answers <- r }}))
		}
		before, _ := w.counts()
		release := holdCommits(t, d)
		bad := sending("bad id")
		bad.ClientID = "a\x00b"
		for i := range 10 {
			submit(p, conv, sending(fmt.Sprint("good ", i)))
			submit(p, conv, bad)
			submit(stranger, conv, sending("not mine"))
			submit(p, id.New(), sending("no such conversation"))
			submit(p, conv, conversation.Command{Kind: conversation.Edit, Content: conversation.Content{Of: 999, Text: "x"}})
		}
		release()
		good := 0
		for range 50 {
			if r := <-answers; r.Err == nil {
				good++
			}
		}
		if entries := s.entries(p, conv); good != 10 || len(entries) != 10 {
			t.Errorf("%d were acknowledged and %d stored, want 10", good, len(entries))
		}
		if commits, failures := w.counts(); failures != 0 || commits-before > 4 {
			t.Errorf("%d commits and %d failures: a bad request made others be tried one by one", commits-before, failures)
		}
	})
}

// holdCommits keeps the head of the log locked, so that what is submitted
// meanwhile waits and becomes one batch. The function that it returns ends that.
func holdCommits(t *testing.T, d *storagetest.Deployment) (release func()) {
	t.Helper()
	db := d.SQL(t)
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("UPDATE log_head SET pos = pos WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	}
}

func TestAcknowledgedOnlyAfterTheCommit(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := visitor()
		conv := s.start(p).ID
		told := make(chan event.Commit, 16)
		s.Listen(func(c event.Commit) { told <- c })
		release := holdCommits(t, s.Deployment)
		answered := make(chan conversation.Result, 1)
		s.must(s.Submit(context.Background(), &conversation.Change{Principal: p, ConversationID: conv, Command: sending("wait"), Done: func(r conversation.Result) { answered <- r }}))
		select {
		case <-answered:
			t.Fatal("answered before the commit")
		case <-told:
			t.Fatal("told before the commit")
		default:
		}
		if n := len(s.entries(p, conv)); n != 0 {
			t.Fatal("visible before the commit")
		}
		release()
		if r := <-answered; r.Err != nil || r.Seq != 1 {
			t.Fatalf("%+v", r)
		}
		if c := <-told; len(c.Changed) != 1 || len(c.Changed[0].Entries) != 1 {
			t.Errorf("told %+v", c)
		}
		if n := len(s.entries(p, conv)); n != 1 {
			t.Error("acknowledged and not stored")
		}
	})
}

func TestACallerWhoGivesUpHarmsNobody(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := visitor()
		conv := s.start(p).ID
		release := holdCommits(t, s.Deployment)
		ctx, cancel := context.WithCancel(context.Background())
		gone := make(chan error, 2)
		command := sending("from one who left")
		go func() {
			_, err := s.Execute(ctx, p, conv, command)
			gone <- err
		}()
		stays := make(chan conversation.Result, 1)
		s.must(s.Submit(context.Background(), &conversation.Change{Principal: p, ConversationID: conv, Command: sending("from one who stays"), Done: func(r conversation.Result) { stays <- r }}))
		go func() {
			state, err := s.StartConversation(ctx, p, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat"})
			if state.ID != "" {
				t.Errorf("given up, and got %+v", state)
			}
			gone <- err
		}()
		cancel()
		s.want(fault.Unavailable, <-gone)
		s.want(fault.Unavailable, <-gone)
		release()
		if r := <-stays; r.Err != nil {
			t.Fatal(r.Err)
		}
		// Whether it was stored or not, asking again gives one message.
		s.do(p, conv, command)
		if n := len(s.entries(p, conv)); n != 2 {
			t.Errorf("%d messages, want 2", n)
		}
	})
}

// A function whose caller has gone is not run; one that was begun is waited for,
// for it writes to what is its caller's.
func TestWhatWasBegunIsWaitedFor(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx, cancel := context.WithCancel(context.Background())
		begun, release := make(chan struct{}), make(chan struct{})
		first, second := make(chan error, 1), make(chan error, 1)
		written := 0
		for _, name := range []string{"first", "second", "third"} {
			_, err := s.FollowerAt(context.Background(), name, false)
			s.must(err)
		}
		run := func(ctx context.Context, name string, fn func(context.Context, *core.Tx) error) error {
			return s.Follow(ctx, event.Step{Follower: name, To: 1}, fn)
		}
		go func() {
			err := run(ctx, "first", func(context.Context, *core.Tx) error {
				close(begun)
				<-release
				written++
				return nil
			})
			first <- err
		}()
		<-begun
		ran := false
		go func() {
			second <- run(ctx, "second", func(context.Context, *core.Tx) error {
				ran = true
				return nil
			})
		}()
		cancel()
		s.want(fault.Unavailable, <-second)
		select {
		case err := <-first:
			t.Errorf("the first is still being written, and its caller has %v", err)
		default:
		}
		close(release)
		s.must(<-first)
		s.must(run(context.Background(), "third", func(context.Context, *core.Tx) error { return nil }))
		if written != 1 || ran {
			t.Errorf("the first ran %d times; the second, given up: %v", written, ran)
		}
	})
}

func TestTheQueueIsBounded(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := visitor()
		conv := s.start(p).ID
		next := &site{T: t, Deployment: s.Deployment, Process: s.OpenIdle(t, func(o *storage.Options) { o.MaxQueue, o.MaxBatch = 4, 3 })}
		var answers []<-chan conversation.Result
		for range 4 {
			answers = append(answers, next.submit(p, conv, sending("x")))
		}
		gone, cancel := context.WithCancel(context.Background())
		cancel()
		s.want(fault.Unavailable, next.Submit(gone, &conversation.Change{Principal: p, ConversationID: conv, Command: sending("too many")}))
		late := make(chan error, 1)
		go func() {
			_, err := next.Execute(context.Background(), p, conv, sending("waits for a place"))
			late <- err
		}()
		next.Start()
		for _, answer := range answers {
			if r := <-answer; r.Err != nil {
				t.Error(r.Err)
			}
		}
		s.must(<-late)
		if n := len(s.entries(p, conv)); n != 5 {
			t.Errorf("%d are stored, want 5", n)
		}
	})
}

func TestWhatWasAcceptedIsAnsweredWhenTheStoreStops(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := visitor()
		conv := s.start(p).ID
		var mu sync.Mutex
		stored, refused := 0, 0
		var wg sync.WaitGroup
		ready := make(chan struct{}, 8)
		for range 8 {
			wg.Go(func() {
				for i := 0; ; i++ {
					_, err := s.Execute(context.Background(), p, conv, sending("x"))
					if i == 0 {
						ready <- struct{}{}
					}
					mu.Lock()
					if err == nil {
						stored++
					} else {
						refused++
					}
					mu.Unlock()
					if err != nil {
						s.want(fault.Unavailable, err)
						return
					}
				}
			})
		}
		for range 8 {
			<-ready
		}
		s.Stop()
		wg.Wait()
		var count int
		s.Scan(t, "SELECT COUNT(*) FROM entry", &count)
		if count != stored || refused != 8 {
			t.Errorf("%d stored, %d acknowledged, %d refused", count, stored, refused)
		}
	})
}

func TestAPanicInARequestOrAListenerStopsNobody(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := visitor()
		conv := s.start(p).ID
		calls := 0
		s.Listen(func(event.Commit) {
			calls++
			panic("a listener's mistake")
		})
		s.must(s.Submit(context.Background(), &conversation.Change{Principal: p, ConversationID: conv, Command: sending("one"), Done: func(conversation.Result) { panic("a caller's mistake") }}))
		s.say(p, conv, "two")
		if got := s.log(p, conv); got != "message one; message two" || calls == 0 {
			t.Errorf("log: %s, %d calls", got, calls)
		}
	})
}

// checkConsistent compares what is derived with what it is derived from.
func checkConsistent(t *testing.T, d *storagetest.Deployment) {
	t.Helper()
	for what, text := range map[string]string{
		"last_seq is the greatest number, without gaps": `SELECT COUNT(*) FROM conversation c WHERE c.last_seq <> (SELECT COUNT(*) FROM entry e WHERE e.conversation_id = c.id)
			OR c.last_seq <> (SELECT COALESCE(MAX(e.seq), 0) FROM entry e WHERE e.conversation_id = c.id)`,
		"preview_seq is the newest message or note": `SELECT COUNT(*) FROM conversation c WHERE c.preview_seq <>
			(SELECT COALESCE(MAX(e.seq), 0) FROM entry e WHERE e.conversation_id = c.id AND e.kind IN ('message', 'note'))`,
		"each conversation is in the inbox once, at its place": `SELECT COUNT(*) FROM conversation c WHERE 1 <> (SELECT COUNT(*) FROM inbox i WHERE i.conversation_id = c.id)
			OR NOT EXISTS (SELECT 1 FROM inbox i WHERE i.conversation_id = c.id AND i.status = c.status AND i.assignee_id = c.assignee_id AND i.activity = c.inbox_activity)`,
		"no position lies beyond the head":                  `SELECT COUNT(*) FROM entry WHERE pos > (SELECT pos FROM log_head)`,
		"positions grow with the numbers of a conversation": `SELECT COUNT(*) FROM entry a JOIN entry b ON a.conversation_id = b.conversation_id AND a.seq < b.seq AND a.pos >= b.pos`,
	} {
		var wrong int
		d.Scan(t, text, &wrong)
		if wrong != 0 {
			t.Errorf("%s: %d rows disagree", what, wrong)
		}
	}
}
