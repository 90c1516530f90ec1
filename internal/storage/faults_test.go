package storage_test

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// A COMMIT that the database refuses must not leave the connection in its transaction.
func TestACommitThatFailsStopsNothing(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		p := visitor()
		conv := s.start(p).ID
		s.say(p, conv, "before")
		s.Deployment.Exec(t, "CREATE TABLE elsewhere (id BIGINT PRIMARY KEY)")
		s.Deployment.Exec(t, "CREATE TABLE promise (id BIGINT REFERENCES elsewhere (id) DEFERRABLE INITIALLY DEFERRED)")
		broken := map[engine.Kind][2]string{
			engine.SQLite: {"CREATE TRIGGER promises AFTER INSERT ON entry BEGIN INSERT INTO promise VALUES (1); END", "DROP TRIGGER promises"},
			engine.Postgres: {`CREATE FUNCTION promises() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO promise VALUES (1); RETURN NULL; END $$;
				CREATE TRIGGER promises AFTER INSERT ON entry FOR EACH ROW EXECUTE FUNCTION promises()`, "DROP TRIGGER promises ON entry"},
		}[s.Deployment.Kind]
		s.Deployment.Exec(t, broken[0])
		command := sending("after")
		for range 3 {
			s.refused(fault.Unavailable, p, conv, command)
		}
		s.Deployment.Exec(t, broken[1])
		if r := s.do(p, conv, command); r.Seq != 2 || r.Duplicate {
			t.Errorf("afterwards: %+v", r)
		}
		checkConsistent(t, s.Deployment)
		verified(t, s, true)
	})
}

// A database that answers and does not commit is not ready to serve, and no
// request is needed to find out that it is again.
func TestADatabaseThatDoesNotCommitIsNotReady(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		p := visitor()
		conv := s.start(p).ID
		s.must(s.Ready(ctx))
		allow := refuseCommits(t, s.Deployment)
		s.refused(fault.Internal, p, conv, sending("not now"))
		for range 2 {
			if s.Ready(ctx) == nil {
				t.Error("it is ready while commits fail")
			}
		}
		allow()
		s.must(s.Ready(ctx))
		s.refused(fault.NotFound, p, id.New(), sending("nowhere")) // a refusal is no failure
		s.must(s.Ready(ctx))
	})
}

func TestAConnectionThatIsCutComesBack(t *testing.T) {
	d := storagetest.New(t, engine.Postgres)
	s := &site{T: t, Deployment: d, Process: d.Open(t)}
	p := visitor()
	conv := s.start(p).ID
	for i := range int64(3) {
		d.Exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE '%log_head%' AND state = 'idle'")
		if r := s.say(p, conv, "x"); r.Seq != i+1 {
			t.Errorf("message %d got number %d", i, r.Seq)
		}
	}
}

// proxy stands between a store and PostgreSQL and can lose the answer to a COMMIT.
type proxy struct {
	lose atomic.Bool // the next COMMIT reaches the server, its answer is lost
	lost atomic.Int64
	wg   sync.WaitGroup
}

func newProxy(t *testing.T, d *storagetest.Deployment) (p *proxy, dsn string) {
	t.Helper()
	u, err := url.Parse(d.DSN)
	if err != nil {
		t.Fatal(err)
	}
	server := u.Host
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p = &proxy{}
	t.Cleanup(func() {
		l.Close()
		p.wg.Wait()
	})
	p.wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", server)
			if err != nil {
				client.Close()
				return
			}
			p.wg.Go(func() { p.serve(client, upstream) })
		}
	})
	u.Host = l.Addr().String()
	return p, u.String()
}

func (p *proxy) serve(client, server net.Conn) {
	var silent atomic.Bool
	p.wg.Go(func() {
		defer client.Close()
		buffer := make([]byte, 64<<10)
		for {
			n, err := server.Read(buffer)
			if err != nil || silent.Load() {
				return
			}
			if _, err := client.Write(buffer[:n]); err != nil {
				return
			}
		}
	})
	defer server.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		if bytes.Contains(buffer[:n], []byte("Q\x00\x00\x00\x0bcommit\x00")) && p.lose.CompareAndSwap(true, false) {
			silent.Store(true)
			p.lost.Add(1)
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// The answer to a COMMIT is lost: the caller is told to ask again, and asking
// again with the same id gives the one message that was stored.
func TestALostAnswerToACommit(t *testing.T) {
	d := storagetest.New(t, engine.Postgres)
	p, dsn := newProxy(t, d)
	s := &site{T: t, Deployment: d, Process: d.OpenIdle(t, func(o *storage.Options) { o.Database = dsn })}
	var told []event.Commit
	s.Listen(func(c event.Commit) { told = append(told, c) }) // always before the callers
	s.Start()
	who := visitor()
	conv := s.start(who).ID
	s.say(who, conv, "before")
	for range 2 {
		p.lose.Store(true)
		command := sending("is it stored?")
		told = nil
		s.refused(fault.Unavailable, who, conv, command)
		if len(told) != 1 || !told[0].Unknown || !told[0].Jobs {
			t.Errorf("of the commit in doubt the listener was told %+v", told)
		}
		again := s.do(who, conv, command)
		if !again.Duplicate {
			t.Errorf("the message was lost or stored twice: %+v", again)
		}
		if s.say(who, conv, "after"); len(told) != 3 || !told[1].Unknown || told[2].Unknown {
			t.Errorf("the listener was told %+v", told)
		}
	}
	if p.lost.Load() != 2 {
		t.Fatalf("%d answers were lost, want 2", p.lost.Load())
	}
	if got := s.log(who, conv); got != "message before; message is it stored?; message after; message is it stored?; message after" {
		t.Errorf("log: %s", got)
	}
	checkConsistent(t, d)
	verified(t, s, true)
}

// panicky is an observer with a mistake.
type panicky struct{}

// Committed implements storage.Observer.
func (panicky) Committed(int, int, time.Duration) { panic("a mistake in the metrics") }

// CommitFailed implements storage.Observer.
func (panicky) CommitFailed(error) { panic("and another") }

// What goes wrong after a commit must not make it happen again.
func TestAPanicAfterACommit(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s := &site{T: t, Deployment: d, Process: d.OpenIdle(t, func(o *storage.Options) { o.Observer = panicky{} })}
		var told int
		s.Listen(func(event.Commit) { told++ })
		p := visitor()
		begin := func() error {
			_, err := s.StartConversation(context.Background(), p, conversation.Start{Ref: "one", NewID: id.New(), Channel: "chat"})
			return err
		}
		first, second := s.queue(begin), s.queue(begin)
		s.Start()
		s.must(<-first)
		s.must(<-second)
		if told != 1 {
			t.Errorf("%d commits were told of, want 1", told)
		}
		var records int
		d.Scan(t, "SELECT COUNT(*) FROM audit", &records)
		if records != 1 {
			t.Errorf("%d records are in the audit chain, want 1", records)
		}
		s.refused(fault.NotFound, p, id.New(), sending("nowhere"))
	})
}

func TestADefectInOneRequestIsItsOwn(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		p := visitor()
		conv := start(t, d.Open(t).Store, p).ID
		next := &site{T: t, Deployment: d, Process: d.OpenIdle(t, func(o *storage.Options) { o.Ring = nil })} // sealing panics
		message := next.submit(p, conv, sending("needs a key"))
		mark := next.submit(p, conv, conversation.Command{Kind: conversation.Read, Seq: 1})
		next.Start()
		if r := <-message; !fault.Is(r.Err, fault.Internal) {
			t.Errorf("the message: %v", r.Err)
		}
		if r := <-mark; r.Err != nil {
			t.Errorf("its neighbour: %v", r.Err)
		}
		next.want(fault.Internal, next.SaveDraft(context.Background(), agent(), conv, conversation.Draft{Text: "needs one too"}))
	})
}
