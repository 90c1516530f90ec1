package floor

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// row is one message between its frame and its commit.
type row struct {
	conv *conversation
	seq  int64
	at   int64  // microseconds since 1970
	id   string // client_msg_id
	text string // as it came: a JSON string with its quotes
}

// store writes rows durably, all or none.
type store interface {
	write(ctx context.Context, rows []row) error
	close() error
}

// committer collects rows from every connection and writes what has come while
// the last write was under way. Visitors wait for their acknowledgement, so that
// what waits is bounded by their number.
type committer struct {
	mu      sync.Mutex
	waiting []row
	spare   [][]row
	wake    chan struct{} // capacity 1
	done    chan []row    // durable rows, to deliver
}

func newCommitter() *committer {
	return &committer{wake: make(chan struct{}, 1), done: make(chan []row, 2)}
}

// add gives the row its number in its conversation and its time.
func (c *committer) add(r row) {
	c.mu.Lock()
	r.conv.last++
	r.seq = r.conv.last
	c.waiting = append(c.waiting, r)
	first := len(c.waiting) == 1
	c.mu.Unlock()
	if first {
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
}

func (c *committer) take() []row {
	c.mu.Lock()
	defer c.mu.Unlock()
	batch := c.waiting
	c.waiting = nil
	if n := len(c.spare); n > 0 {
		c.waiting, c.spare = c.spare[n-1], c.spare[:n-1]
	}
	return batch
}

func (c *committer) recycle(batch []row) {
	clear(batch)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spare = append(c.spare, batch[:0])
}

func (c *committer) run(ctx context.Context, rows store) error {
	defer close(c.done)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c.wake:
		}
		batch := c.take()
		if len(batch) == 0 {
			continue
		}
		now := time.Now().UnixMicro()
		for i := range batch {
			batch[i].at = now
		}
		if err := rows.write(ctx, batch); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("floor: writing %d rows: %w", len(batch), err)
		}
		select {
		case c.done <- batch:
		case <-ctx.Done():
			return nil
		}
	}
}
