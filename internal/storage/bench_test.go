package storage_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
)

// BenchmarkSend measures messages of 256 concurrent senders through the group
// committer, each waiting for its commit, in 1,000 conversations.
func BenchmarkSend(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkSend(b, open(b, "")) })
	b.Run("postgres", func(b *testing.B) { benchmarkSend(b, open(b, postgresDSN(b))) })
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
					Kind: conversation.Send, ClientID: id.New(), Content: conversation.Content{Text: text + strconv.FormatInt(i, 10)},
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
