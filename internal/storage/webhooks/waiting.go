package webhooks

import (
	"context"
	"sync"

	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// recountEvery is how often an endpoint that seems full is counted, in microseconds.
const recountEvery = 5_000_000

// waiting knows how many deliveries wait for each endpoint at most, so that the log's
// head is not locked for as long as it takes to count them at every step: a count,
// and what was added since. What was sent meanwhile is seen by the next count.
type waiting struct {
	mu sync.Mutex
	of map[string]estimate
}

type estimate struct {
	atMost  int
	counted int64 // when, in microseconds
}

// room tells whether one more may wait for an endpoint, and counts it then.
func (w *waiting) room(ctx context.Context, t *core.Tx, endpoint string) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e, known := w.of[endpoint]
	if !known || (e.atMost >= MaxWaiting && t.Now-e.counted >= recountEvery) {
		err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM (SELECT id FROM webhook_delivery WHERE endpoint_id = $1 AND state = 'pending' LIMIT $2) d", endpoint, MaxWaiting).Scan(&e.atMost)
		if err != nil {
			return false, engine.MapError("webhooks.room", err)
		}
		if e.counted = t.Now; len(w.of) >= maxKnown {
			clear(w.of) // they are counted anew
		}
	}
	room := e.atMost < MaxWaiting
	if room {
		e.atMost++
	}
	w.of[endpoint] = e
	return room, nil
}

// maxKnown bounds what is remembered, of endpoints that are out of use too.
const maxKnown = 1000
