package storage_test

import (
	"context"
	"database/sql"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// BenchmarkSend measures messages of 256 concurrent senders through the group
// committer, each waiting for its commit, in 1,000 conversations.
func BenchmarkSend(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkSend(b, storagetest.New(b, engine.SQLite).Open(b).Store) })
	b.Run("postgres", func(b *testing.B) { benchmarkSend(b, storagetest.New(b, engine.Postgres).Open(b).Store) })
}

// BenchmarkBareInsert is the least that SQLite asks for a durable row on this
// machine at this moment: 256 rows a commit, one index, nothing of Kefu's. Read
// BenchmarkSend against it.
func BenchmarkBareInsert(b *testing.B) {
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file:"+b.TempDir()+"/bare.db?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=wal_autocheckpoint(0)")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, "CREATE TABLE e (pos INTEGER PRIMARY KEY, conv TEXT, seq BIGINT, body BLOB); CREATE UNIQUE INDEX e_seq ON e (conv, seq)"); err != nil {
		b.Fatal(err)
	}
	conversations := make([]string, 1000)
	for i := range conversations {
		conversations[i] = id.New()
	}
	body := make([]byte, 120)
	before := cpuTime(b)
	b.ResetTimer()
	for done := 0; done < b.N; done += 256 {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			b.Fatal(err)
		}
		insert, err := tx.PrepareContext(ctx, "INSERT INTO e (pos, conv, seq, body) VALUES ($1, $2, $3, $4)")
		if err != nil {
			b.Fatal(err)
		}
		for i := range 256 {
			n := done + i
			if _, err := insert.ExecContext(ctx, n, conversations[n%1000], n/1000, body); err != nil {
				b.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

type sender struct {
	p    identity.Principal
	conv string
}

func benchmarkSend(b *testing.B, s *storage.Store) {
	const senders, conversations = 256, 1000
	all := make([]sender, conversations)
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() {
			p := visitor()
			all[i] = sender{p: p, conv: start(b, s, p).ID}
		})
	}
	wg.Wait()
	text := "Hello, my transfer of 20 euros from yesterday has not arrived yet, can you look? "
	var n atomic.Int64
	before := cpuTime(b)
	b.ReportAllocs()
	b.ResetTimer()
	for range senders {
		wg.Go(func() {
			for {
				i := n.Add(1)
				if i > int64(b.N) {
					return
				}
				from := all[i%conversations]
				_, err := s.Execute(context.Background(), from.p, from.conv, conversation.Command{
					Kind: conversation.Send, ClientID: uuid.Must(uuid.NewV7()).String(), Content: conversation.Content{Text: text + strconv.FormatInt(i, 10)},
				})
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}
