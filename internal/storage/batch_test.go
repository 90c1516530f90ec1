package storage_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
	"kefu/internal/storage/storagetest"
)

// counter notes how many requests each commit had.
type counter struct {
	mu      sync.Mutex
	commits []int
}

// Committed implements storage.Observer.
func (c *counter) Committed(requests, _ int, _ time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.commits = append(c.commits, requests)
}

// CommitFailed implements storage.Observer.
func (c *counter) CommitFailed(error) {}

func (c *counter) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprint(c.commits)
}

// Each start of a conversation takes several statements: many of them at once
// must not make messages wait for all.
func TestFewFunctionsShareACommit(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		p := visitor()
		conv := start(t, d.Open(t).Store, p).ID
		commits := &counter{}
		next := &site{T: t, Deployment: d, Process: d.OpenIdle(t, func(o *storage.Options) { o.Observer = commits })}
		var starts []<-chan error
		begin := func() {
			starts = append(starts, next.queue(func() error {
				_, err := next.StartConversation(context.Background(), visitor(), conversation.Start{Ref: "r", NewID: id.New(), Channel: "chat"})
				return err
			}))
		}
		first := next.submit(p, conv, sending("first"))
		for range 70 {
			begin()
		}
		last := next.submit(p, conv, sending("last"))
		next.Start()
		if a, b := <-first, <-last; a.Seq != 1 || b.Seq != 2 {
			t.Errorf("numbers %d and %d", a.Seq, b.Seq)
		}
		for _, s := range starts {
			next.must(<-s)
		}
		if got := commits.String(); got != "[33 32 7]" {
			t.Errorf("requests in commits: %s", got)
		}
	})
}
