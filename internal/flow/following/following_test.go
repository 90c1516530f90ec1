package following_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/following"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
	"kefu/internal/storage/core"
	"kefu/internal/storage/storagetest"
)

// copier writes down every message that it is handed, in a table of its own.
type copier struct {
	*storage.Store
	wants func(*conversation.Entry) bool

	mu    sync.Mutex
	fail  []error // of the next Takes, before they write
	lose  []error // of the next Takes, after they have written
	hold  chan struct{}
	takes atomic.Int64
}

func isMessage(e *conversation.Entry) bool { return e.Kind == conversation.KindMessage }

// Wants implements following.Consumer.
func (c *copier) Wants(e *conversation.Entry) bool { return c.wants(e) }

func pop(list *[]error) error {
	if len(*list) == 0 {
		return nil
	}
	err := (*list)[0]
	*list = (*list)[1:]
	return err
}

// Take implements following.Consumer.
func (c *copier) Take(ctx context.Context, entries []conversation.Entry, s event.Step) error {
	c.takes.Add(1)
	if c.hold != nil {
		select {
		case <-c.hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	c.mu.Lock()
	before, after := pop(&c.fail), pop(&c.lose)
	c.mu.Unlock()
	if before != nil {
		return before
	}
	err := c.Follow(ctx, s, func(ctx context.Context, t *core.Tx) error {
		for _, e := range entries {
			if _, err := t.SQL.ExecContext(ctx, "INSERT INTO copied (pos, text) VALUES ($1, $2)", e.Pos, e.Content.Text); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, after)
}

// world is a deployment with a process and a follower of its log.
type world struct {
	t     testing.TB
	d     *storagetest.Deployment
	p     *storagetest.Process
	to    *copier
	f     *following.Follower
	tell  atomic.Pointer[following.Follower]
	deaf  atomic.Bool // commits are not told of
	stop  context.CancelFunc
	ended chan error
	conv  string
	who   identity.Principal
}

func newWorld(t testing.TB, d *storagetest.Deployment, o following.Options) *world {
	t.Helper()
	w := &world{t: t, d: d, p: d.OpenIdle(t), who: identity.Principal{Kind: identity.Visitor, ID: id.New()}}
	w.to = &copier{Store: w.p.Store, wants: isMessage}
	w.p.Listen(func(c event.Commit) {
		if f := w.tell.Load(); f != nil && !w.deaf.Load() {
			f.Committed(c)
		}
	})
	w.p.Start()
	d.Exec(t, "CREATE TABLE IF NOT EXISTS copied (pos BIGINT NOT NULL, text TEXT NOT NULL)")
	w.conv = w.p.Begin(w.who, "")
	w.start(o)
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start begins a follower, as a process does that was just started.
func (w *world) start(o following.Options) {
	o.Name, o.Retry = "copier", time.Microsecond
	f := following.New(w.p.Store, w.to, o)
	w.f = f
	w.tell.Store(f)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	w.stop, w.ended = cancel, ended
	go func() { ended <- f.Run(ctx) }()
}

// end stops the follower.
func (w *world) end() {
	w.stop()
	must(w.t, <-w.ended)
}

func (w *world) say(text string) {
	w.t.Helper()
	w.do(conversation.Command{Kind: conversation.Send, ClientID: id.New(), Content: conversation.Content{Text: text}})
}

func (w *world) do(c conversation.Command) {
	w.t.Helper()
	_, err := w.p.Execute(context.Background(), w.who, w.conv, c)
	must(w.t, err)
}

func (w *world) settle() {
	w.t.Helper()
	w.p.Settle(w.f)
}

// copied is what the follower has written, in the order it was written.
func (w *world) copied() (texts []string) {
	w.t.Helper()
	rows, err := w.d.SQL(w.t).Query("SELECT text FROM copied ORDER BY pos")
	must(w.t, err)
	defer rows.Close()
	for rows.Next() {
		var text string
		must(w.t, rows.Scan(&text))
		texts = append(texts, text)
	}
	must(w.t, rows.Err())
	return texts
}

func (w *world) wants(said []string) {
	w.t.Helper()
	w.settle()
	if got := w.copied(); !slices.Equal(got, said) {
		w.t.Fatalf("the follower has %d entries, and %d were said:\n%v\n%v", len(got), len(said), got, said)
	}
}

func TestEveryEntryOnceWhateverHappens(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		w := newWorld(t, d, following.Options{})
		var said []string
		n := 0
		rapid.Check(t, func(r *rapid.T) {
			steps := rapid.SliceOfN(rapid.SampledFrom([]string{
				"say", "say", "say", "read", "human", "fail before", "fail after", "conflict", "unknown", "deaf", "restart", "crash",
			}), 1, 12).Draw(r, "steps")
			for _, step := range steps {
				switch step {
				case "say":
					n++
					text := strconv.Itoa(n)
					w.say(text)
					said = append(said, text)
				case "read": // takes a position that is no entry's
					w.do(conversation.Command{Kind: conversation.Read, Seq: 1 << 40})
				case "human": // an entry that is not wanted
					w.do(conversation.Command{Kind: conversation.AskPerson})
				case "fail before":
					w.to.mu.Lock()
					w.to.fail = append(w.to.fail, fault.New(fault.Unavailable, "test", "busy"))
					w.to.mu.Unlock()
				case "fail after": // the answer to a commit is lost
					w.to.mu.Lock()
					w.to.lose = append(w.to.lose, fault.New(fault.Unavailable, "test", "lost"))
					w.to.mu.Unlock()
				case "conflict":
					w.to.mu.Lock()
					w.to.fail = append(w.to.fail, fault.New(fault.Conflict, "test", "elsewhere"))
					w.to.mu.Unlock()
				case "deaf": // a commit of which nothing is told, and the word that there was one
					w.deaf.Store(true)
					n++
					text := strconv.Itoa(n)
					w.say(text)
					said = append(said, text)
					w.deaf.Store(false)
					w.f.Committed(event.Commit{Unknown: true})
				case "unknown":
					w.f.Committed(event.Commit{Unknown: true})
				case "restart":
					w.end()
					w.start(following.Options{Room: rapid.IntRange(1, 5).Draw(r, "room"), Page: rapid.IntRange(1, 5).Draw(r, "page")})
				case "crash": // and what it was doing goes on without it
					w.stop()
					ended := w.ended
					w.start(following.Options{})
					must(t, <-ended)
				}
			}
			w.wants(said)
		})
		w.end()
	})
}

// A follower that is slower than the commits is given what it missed from the
// log, and what waits for it in memory has a bound.
func TestASlowFollowerMissesNothing(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		w := newWorld(t, d, following.Options{Room: 8, Page: 16})
		w.settle()
		w.to.hold = make(chan struct{})
		var said []string
		for i := range 100 {
			said = append(said, strconv.Itoa(i))
			w.say(said[i])
		}
		if _, reading := w.f.Lag(); !reading {
			t.Error("100 entries wait in a room for 8")
		}
		close(w.to.hold)
		w.wants(said)
		w.end()
	})
}

// Gather lets many entries share a transaction.
func TestEntriesAreGathered(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		w := newWorld(t, d, following.Options{})
		w.settle()
		hold := make(chan struct{})
		w.to.hold = hold
		before := w.to.takes.Load()
		var said []string
		for i := range 50 {
			said = append(said, strconv.Itoa(i))
			w.say(said[i])
		}
		close(hold)
		w.wants(said)
		if took := w.to.takes.Load() - before; took > 3 {
			t.Errorf("50 entries that came during one Take took %d", took)
		}
		w.end()
	})
}

// What does not matter costs no transaction, and an idle follower does nothing.
func TestWhatDoesNotMatterIsPassedOver(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		w := newWorld(t, d, following.Options{})
		w.settle()
		for range 20 {
			w.do(conversation.Command{Kind: conversation.AskPerson})
		}
		w.settle()
		var pos int64
		d.Scan(t, "SELECT pos FROM follower WHERE name = 'copier'", &pos)
		if took := w.to.takes.Load(); took != 0 || pos != 0 {
			t.Errorf("entries that do not matter: %d Takes, cursor at %d", took, pos)
		}
		w.end() // saves where it was
		d.Scan(t, "SELECT pos FROM follower WHERE name = 'copier'", &pos)
		if pos == 0 {
			t.Error("a follower that stops does not save how far it got")
		}
	})
}

func TestBeginningAtTheEnd(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		w := newWorld(t, d, following.Options{})
		w.say("before")
		w.settle()
		w.end()
		d.Exec(t, "DELETE FROM copied")
		d.Exec(t, "DELETE FROM follower")
		w.start(following.Options{AtEnd: true})
		w.settle()
		w.say("after")
		w.wants([]string{"after"})
		w.end()
		w.say("while it was away")
		w.start(following.Options{AtEnd: true})
		w.wants([]string{"after", "while it was away"})
		w.end()
	})
}

// A step whose cursor is elsewhere writes nothing.
func TestAConflictWritesNothing(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		w := newWorld(t, d, following.Options{})
		w.say("one")
		w.settle()
		w.end()
		ctx := context.Background()
		at, err := w.p.FollowerAt(ctx, "copier", false)
		must(t, err)
		for _, s := range []event.Step{
			{Follower: "copier", From: at - 1, To: at + 5},
			{Follower: "copier", From: at, To: at - 1},
			{Follower: "nobody", From: 0, To: 1},
		} {
			err := w.p.Follow(ctx, s, func(ctx context.Context, tx *core.Tx) error {
				_, err := tx.SQL.ExecContext(ctx, "INSERT INTO copied (pos, text) VALUES (0, 'twice')")
				return err
			})
			if !fault.Is(err, fault.Conflict) {
				t.Errorf("%+v: %v, want a conflict", s, err)
			}
		}
		if got := w.copied(); !slices.Equal(got, []string{"one"}) {
			t.Errorf("a refused step wrote: %v", got)
		}
		if _, err := w.p.FollowerAt(ctx, "", false); !fault.Is(err, fault.Invalid) {
			t.Errorf("a follower without a name: %v", err)
		}
	})
}

// Whoever catches up is given what a message says now, not what it said.
func TestWhatWasRedactedIsNotHandedOver(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		w := newWorld(t, d, following.Options{})
		w.end()
		w.say("my secret")
		w.do(conversation.Command{Kind: conversation.Redact, Content: conversation.Content{Of: 1}})
		w.to.wants = func(*conversation.Entry) bool { return true }
		w.start(following.Options{})
		w.wants([]string{"", ""})
		w.end()
	})
}

func TestAPanicIsAFailure(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		w := newWorld(t, d, following.Options{})
		var once sync.Once
		w.to.wants = func(e *conversation.Entry) bool { return isMessage(e) }
		panics := &panicking{copier: w.to, once: &once}
		w.end()
		f := following.New(w.p.Store, panics, following.Options{Name: "copier", Retry: time.Microsecond})
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		w.f = f
		w.tell.Store(f)
		go func() { ended <- f.Run(ctx) }()
		w.say("one")
		w.wants([]string{"one"})
		cancel()
		must(t, <-ended)
	})
}

type panicking struct {
	*copier
	once *sync.Once
}

// Take implements following.Consumer.
func (p *panicking) Take(ctx context.Context, entries []conversation.Entry, s event.Step) error {
	p.once.Do(func() { panic("a defect") })
	return p.copier.Take(ctx, entries, s)
}

// What nothing was told of, such as an import beside a running follower, is found
// with the next thing that is.
func TestWhatIsNotToldOfIsFound(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		w := newWorld(t, d, following.Options{})
		w.say("one")
		w.settle()
		w.deaf.Store(true)
		w.say("two")
		w.do(conversation.Command{Kind: conversation.AskPerson})
		w.deaf.Store(false)
		w.say("three")
		w.wants([]string{"one", "two", "three"})
		w.end()
	})
}

func TestAHundredThousandEntries(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		w := newWorld(t, d, following.Options{})
		w.settle()
		w.end()
		const conversations, each = 500, 200
		for c := range conversations {
			im := storage.Imported{State: conversation.New(id.New(), w.who.ID, "chat", "", "en", 1), StartRef: id.New()}
			im.State.LastSeq = each
			for i := range each {
				kind := conversation.KindPriority
				if i%50 == 0 {
					kind = conversation.KindMessage
				}
				im.Entries = append(im.Entries, conversation.Entry{
					ConversationID: im.State.ID, Seq: int64(i + 1), Kind: kind, At: 1, ClientID: id.New(),
					Author: conversation.Author{Kind: conversation.ByCustomer, ID: w.who.ID}, Content: conversation.Content{Text: fmt.Sprint(c, " ", i)},
				})
			}
			must(t, w.p.Import(context.Background(), []storage.Imported{im}))
		}
		w.start(following.Options{})
		w.settle()
		w.say("and one more")
		w.settle()
		got := w.copied()
		if want := conversations*each/50 + 1; len(got) != want {
			t.Fatalf("%d entries were handed over, want %d", len(got), want)
		}
		seen := map[string]bool{}
		for _, text := range got {
			if seen[text] {
				t.Fatalf("%q came twice", text)
			}
			seen[text] = true
		}
		w.end()
	})
}

// moves tells of every step that a cursor takes alone.
type moves struct {
	*storage.Store
	to chan int64
}

// MoveFollower implements following.Log.
func (m moves) MoveFollower(ctx context.Context, s event.Step) error {
	err := m.Store.MoveFollower(ctx, s)
	if err == nil {
		m.to <- s.To
	}
	return err
}

// What matters may change: what did not matter when it happened is not handed over
// after a crash, when it does.
func TestWhatDidNotMatterIsPassedSoon(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		w := newWorld(t, d, following.Options{})
		w.end()
		nothing := &copier{Store: w.p.Store, wants: func(*conversation.Entry) bool { return false }}
		log := moves{w.p.Store, make(chan int64, 100)}
		f := following.New(log, nothing, following.Options{Name: "later", AtEnd: true, Pass: time.Millisecond})
		w.tell.Store(f)
		ctx, crash := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- f.Run(ctx) }()
		must(t, f.Settled(ctx))
		for _, text := range []string{"one", "two", "three"} {
			w.say(text)
		}
		end, err := w.p.FollowerAt(ctx, "end of the log", true)
		must(t, err)
		for pos, late := int64(0), time.After(20*time.Second); pos < end; { // not when it ends: a crash leaves no time for that
			select {
			case pos = <-log.to:
			case <-late:
				t.Fatalf("the cursor is at %d, the log's end is at %d", pos, end)
			}
		}
		crash()
		must(t, <-ended)
	})
}
