package searching_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/search"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/searching"
	"kefu/internal/platform/id"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/searchindex"
	"kefu/internal/storage/storagetest"
)

// index is the real index, as the flow sees it. It can be made to fail.
type index struct {
	*searchindex.Index
	fails error
	added [][]int64
}

func (x *index) Add(ctx context.Context, docs []searching.Doc, low int64) error {
	if x.fails != nil {
		return x.fails
	}
	out := make([]searchindex.Doc, len(docs))
	positions := make([]int64, len(docs))
	for i, d := range docs {
		out[i] = searchindex.Doc{Pos: d.Pos, Tokens: d.Tokens}
		positions[i] = d.Pos
	}
	x.added = append(x.added, positions)
	return x.Index.Add(ctx, out, low)
}

// slowLog is the real log; after a look into it, and before its answer arrives,
// something happens.
type slowLog struct {
	searching.Log
	before func(found int) // of what was written
	after  func()          // of entries
}

func (l *slowLog) EntriesAt(ctx context.Context, p identity.Principal, positions []int64) ([]conversation.Entry, error) {
	found, err := l.Log.EntriesAt(ctx, p, positions)
	if l.after != nil {
		l.after()
	}
	return found, err
}

func (l *slowLog) WrittenSince(ctx context.Context, pos int64, limit int) ([]conversation.Written, error) {
	found, err := l.Log.WrittenSince(ctx, pos, limit)
	if l.before != nil {
		l.before(len(found))
	}
	return found, err
}

// library is a store with an index beside it.
type library struct {
	t        *testing.T
	d        *storagetest.Deployment
	p        *storagetest.Process
	door     *intake.Service
	log      *slowLog
	index    *index
	worker   *searching.Worker
	searcher *searching.Searcher
	path     string
	teams    []searching.Team
	key      []byte
}

var detector = sync.OnceValues(guard.New)

func open(t *testing.T) *library {
	t.Helper()
	return openOn(t, storagetest.New(t, engine.SQLite))
}

func openOn(t *testing.T, d *storagetest.Deployment) *library {
	t.Helper()
	l := &library{t: t, d: d, key: []byte("0123456789abcdef")}
	l.path = filepath.Join(l.d.Dir, "search.db")
	l.start()
	return l
}

func (l *library) start() {
	l.t.Helper()
	l.p = l.d.Open(l.t)
	found, err := detector()
	if err != nil {
		l.t.Fatal(err)
	}
	many := ratelimit.Limit{Burst: 1_000_000, Per: 1}
	l.door = intake.New(l.p.Store, found, intake.Limits{Visitor: many, Customer: many, Staff: many, VisitorStarts: many, CustomerStarts: many, Senders: 10}, l.d.Clock.Now, nil)
	blind, err := search.NewBlinder(l.key)
	if err != nil {
		l.t.Fatal(err)
	}
	opened, err := searchindex.Open(context.Background(), searchindex.Options{Engine: l.d.Kind, Path: l.path, DSN: l.d.DSN, Fingerprint: blind.Fingerprint()})
	if err != nil {
		l.t.Fatal(err)
	}
	l.index, l.log = &index{Index: opened}, &slowLog{Log: l.p.Store}
	l.worker = searching.NewWorker(l.log, l.index, blind, l.d.Clock.Now, slog.New(slog.DiscardHandler))
	l.searcher = l.searching(nil, blind)
	worker := l.worker
	l.p.Listen(func(c event.Commit) { worker.Committed(c) })
	l.t.Cleanup(func() { opened.Close() })
}

// searching makes a Searcher that knows of so much.
func (l *library) searching(recent searching.Recent, blind *search.Blinder) *searching.Searcher {
	return searching.NewSearcher(searching.Parts{
		Finder: l.p.Store, Index: l.index, Recent: recent, Blind: blind, Now: l.d.Clock.Now,
		Teams: func() []searching.Team { return l.teams },
	})
}

// stop ends the process and its index.
func (l *library) stop() {
	l.t.Helper()
	l.p.Stop()
	if err := l.index.Close(); err != nil {
		l.t.Fatal(err)
	}
}

// fill indexes all that may be indexed now.
func (l *library) fill() {
	l.t.Helper()
	idle := 0
	for range 1000 {
		more, err := l.worker.Step(context.Background())
		if err != nil {
			l.t.Fatal(err)
		}
		if idle++; more {
			idle = 0
		}
		if idle == 2 { // the first may have indexed a batch that was not full
			return
		}
	}
	l.t.Fatal("the index is never filled")
}

func visitor() identity.Principal {
	return identity.Principal{Kind: identity.Visitor, ID: id.New(), Session: id.New()}
}

func agent() identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: id.New(), Name: "Mei", Role: identity.Agent, Session: id.New()}
}

func (l *library) begin(p identity.Principal) string {
	l.t.Helper()
	s, err := l.door.Start(context.Background(), p, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat"})
	if err != nil {
		l.t.Fatal(err)
	}
	return s.ID
}

func (l *library) say(p identity.Principal, conv, text string) int64 {
	return l.send(p, intake.Message{ConversationID: conv, Text: text})
}

func (l *library) send(p identity.Principal, m intake.Message) int64 {
	l.t.Helper()
	m.ClientID = id.New()
	answer := make(chan intake.Said, 1)
	if err := l.door.Send(context.Background(), p, m, func(s intake.Said) { answer <- s }); err != nil {
		l.t.Fatal(err)
	}
	said := <-answer
	if said.Err != nil {
		l.t.Fatal(said.Err)
	}
	return said.Seq
}

func (l *library) do(p identity.Principal, conv string, kind conversation.CommandKind, c conversation.Content) {
	l.t.Helper()
	if _, err := l.door.Do(context.Background(), p, conv, conversation.Command{Kind: kind, Content: c}); err != nil {
		l.t.Fatal(err)
	}
}

// find gives the texts that a search finds, newest first.
func (l *library) find(query string) []string {
	l.t.Helper()
	page, err := l.searcher.Search(context.Background(), agent(), searching.Request{Text: query, Limit: 50})
	if err != nil {
		l.t.Fatal(err)
	}
	texts := make([]string, len(page.Hits))
	for i, h := range page.Hits {
		texts[i] = h.Entry.Content.Text
	}
	return texts
}

// candidates is how many messages the index itself holds for a query, whatever
// they say now.
func (l *library) candidates(query string) int {
	l.t.Helper()
	parsed, err := search.Parse(query)
	if err != nil {
		l.t.Fatal(err)
	}
	blind, err := search.NewBlinder(l.key)
	if err != nil {
		l.t.Fatal(err)
	}
	positions, err := l.index.Newest(context.Background(), blind.Query(parsed), searchindex.Newer, 100)
	if err != nil {
		l.t.Fatal(err)
	}
	return len(positions)
}

func (l *library) wantFound(query string, want ...string) {
	l.t.Helper()
	got := l.find(query)
	if len(got) != len(want) {
		l.t.Errorf("%q finds %q, want %q", query, got, want)
		return
	}
	for i := range got {
		if got[i] != want[i] {
			l.t.Errorf("%q finds %q, want %q", query, got, want)
			return
		}
	}
}
