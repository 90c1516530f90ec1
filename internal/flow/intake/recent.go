package intake

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
)

// Bounds on what is remembered.
const (
	maxTalks    = 200_000         // conversations at once
	sweepPeriod = WindowAge / 4   // between looks for idle ones
	fullPeriod  = time.Second     // the same when there are too many
	evictPart   = maxTalks / 20   // dropped when all are busy
	recallLimit = 8 * WindowTurns // entries read back for one conversation
)

// recent remembers the talks of all conversations.
type recent struct {
	mu    sync.Mutex
	since time.Time // what was said before is not remembered, but read back
	talks map[string]*talk
	swept time.Time
	limit int
}

func newRecent(now time.Time) *recent {
	return &recent{since: now, talks: map[string]*talk{}, swept: now, limit: maxTalks}
}

// talk gives the talk of a conversation, locked, settled and pruned. While what
// was said before the start still counts, it is read back from the store; so it is
// when an answer left open what is stored.
func (s *Service) talk(ctx context.Context, id string) (*talk, error) {
	now := s.now()
	for {
		t, recall := s.recent.get(id, now)
		t.mu.Lock()
		if t.gone {
			t.mu.Unlock()
			continue
		}
		if recall {
			if err := s.recall(ctx, id, t, now); err != nil {
				t.gone = true
				s.recent.forget(id, t)
				t.mu.Unlock()
				return nil, err
			}
		}
		t.settle(now)
		if t.doubtful() {
			if err := s.recall(ctx, id, t, now); err != nil {
				t.mu.Unlock()
				return nil, err
			}
		}
		t.prune(now)
		return t, nil
	}
}

// get finds or makes a talk, and tells whether it has to be read back.
func (r *recent) get(id string, now time.Time) (t *talk, recall bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t = r.talks[id]; t != nil {
		return t, false
	}
	full := len(r.talks) >= r.limit
	if idle := now.Sub(r.swept); idle > sweepPeriod || (full && idle > fullPeriod) {
		r.sweep(now)
	}
	if len(r.talks) >= r.limit {
		r.evict(now)
	}
	t = &talk{}
	r.talks[id] = t
	return t, now.Sub(r.since) <= questionAge
}

func (r *recent) forget(id string, t *talk) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.talks[id] == t {
		delete(r.talks, id)
	}
}

// sweep drops the talks that have nothing left in the window.
func (r *recent) sweep(now time.Time) {
	r.swept = now
	for id, t := range r.talks {
		if !t.mu.TryLock() {
			continue // in use, so not idle
		}
		t.settle(now)
		t.prune(now)
		if len(t.said) == 0 && len(t.attempts) == 0 && t.doubt.IsZero() {
			t.gone = true
			delete(r.talks, id)
		}
		t.mu.Unlock()
	}
}

// evict makes room when all talks are in their window: what some of them held is
// read back when they go on. One that waits for the store is not in it yet.
func (r *recent) evict(now time.Time) {
	r.since = now
	left := max(1, min(evictPart, r.limit/2))
	for id, t := range r.talks {
		if left == 0 {
			return
		}
		if !t.mu.TryLock() {
			continue
		}
		t.settle(now)
		if len(t.attempts) == 0 {
			t.gone = true
			delete(r.talks, id)
			left--
		}
		t.mu.Unlock()
	}
}

// recall reads back what was said and is not remembered, or not for sure.
func (s *Service) recall(ctx context.Context, id string, t *talk, now time.Time) error {
	entries, _, err := s.store.Entries(ctx, identity.SystemPart("guard"), id, conversation.EntryRange{Reverse: true, Limit: recallLimit})
	if err != nil {
		return err
	}
	t.said, t.doubt = nil, time.Time{}
	for _, e := range entries {
		at := time.UnixMicro(e.At)
		if (e.Kind != conversation.KindMessage && e.Kind != conversation.KindNote) || now.Sub(at) > questionAge {
			continue
		}
		t.said = append(t.said, &utterance{
			at: at, side: side(e.Author.Kind != conversation.ByCustomer), note: e.Kind == conversation.KindNote, text: e.Content.Text,
			client: e.ClientID, raw: sha256.Sum256([]byte(e.Content.Text)), seq: e.Seq, kept: true,
		})
	}
	return nil
}
