package routing_test

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/routing"
	flow "kefu/internal/flow/routing"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
	"kefu/internal/storage/storagetest"
)

// Of a queue that is longer than memory holds the most urgent are kept, wherever they
// stand in the order of the inbox.
func TestTheMostUrgentOfALongQueueAreKept(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx, r := open(t, d, routing.DefaultRules()), context.Background(), rand.New(rand.NewPCG(1, 5))
		h.stop()
		worth := map[conversation.Priority]int64{conversation.Low: -1, conversation.Normal: 0, conversation.High: 1, conversation.Urgent: 2}
		keys := map[string]int64{}
		now, second := time.Now().UnixMicro(), int64(1_000_000)
		for range 24 {
			var batch []storage.Imported
			for range 1000 {
				s := conversation.New(id.New(), id.New(), "chat", "", "en", now)
				s.LastActivity = now - r.Int64N(3000)*second
				switch r.IntN(10) {
				case 0:
					s.AssigneeID = id.New()
				case 1: // nobody waits for an answer
				default:
					s.WaitingSince = s.LastActivity - r.Int64N(3000)*second
					s.Priority = []conversation.Priority{conversation.Low, conversation.Normal, conversation.High, conversation.Urgent}[r.IntN(4)]
					keys[s.ID] = s.WaitingSince - worth[s.Priority]*300*second
				}
				batch = append(batch, storage.Imported{State: s, StartRef: id.New()})
			}
			h.must(h.store.Import(ctx, batch))
		}
		got, more, err := flow.New(flow.Deps{Store: h.store, Teller: h, Rules: h.rules}).ReadWaiting(ctx)
		h.must(err)
		if len(got) != flow.MaxQueued || !more || len(keys) <= flow.MaxQueued {
			t.Fatalf("%d of %d are kept, and more are there: %t", len(got), len(keys), more)
		}
		want := make([]int64, 0, len(keys))
		for _, k := range keys {
			want = append(want, k)
		}
		slices.Sort(want)
		have := make([]int64, len(got))
		seen := map[string]bool{}
		for i, w := range got {
			have[i], seen[w.ConversationID] = keys[w.ConversationID], true
		}
		if !slices.Equal(have, want[:flow.MaxQueued]) || len(seen) != len(got) {
			at := 0
			for at < len(have) && have[at] == want[at] {
				at++
			}
			t.Errorf("the first that is another one stands at place %d, %d conversations are kept", cmp.Or(at, 1), len(seen))
		}
	})
}
