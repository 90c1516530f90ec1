package intake

import (
	"container/list"
	"context"
	"crypto/sha256"
	"slices"
	"sync"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
)

// Bounds on what is remembered.
const (
	maxTalks      = 200_000         // conversations at once
	maxTalkBytes  = 256 << 20       // of all of them
	shedLooks     = 8               // talks that may be dropped for one that is asked for
	recallLimit   = 8 * WindowTurns // entries read back for one conversation
	talkSize      = 512             // bytes of a talk without what was said
	utteranceSize = 512             // bytes of an utterance without its texts
)

// recent remembers the talks of all conversations, and forgets first what was
// used last a long time ago. Whoever holds mu does not wait for a talk.
type recent struct {
	mu    sync.Mutex
	since time.Time // what was said up to then may be forgotten, and is read back
	talks map[string]*talk
	order list.List // of *talk, the one used last in front
	bytes int
	limit struct{ talks, bytes int }
}

func newRecent(now time.Time) *recent {
	r := &recent{since: now, talks: map[string]*talk{}}
	r.limit.talks, r.limit.bytes = maxTalks, maxTalkBytes
	return r
}

// talk gives the talk of a conversation, locked, settled and pruned, to be given
// back by release. What was said and may be forgotten is read back from the
// store; so it is when an answer left open what is stored.
func (s *Service) talk(ctx context.Context, id string) (*talk, error) {
	now := s.now()
	t := s.hold(id, now)
	if t.unread || t.doubtful() {
		if err := s.recall(ctx, id, t, now); err != nil {
			s.release(t)
			return nil, err
		}
	}
	t.prune(now)
	return t, nil
}

// hold gives the talk of a conversation, locked and settled, to be given back by
// release.
func (s *Service) hold(id string, now time.Time) *talk {
	for {
		t := s.recent.get(id, now)
		t.mu.Lock()
		if !t.gone {
			t.settle(now)
			return t
		}
		t.mu.Unlock()
	}
}

// release lets others have a talk.
func (s *Service) release(t *talk) {
	s.recent.weigh(t, s.now())
	t.mu.Unlock()
}

// get finds or makes a talk.
func (r *recent) get(id string, now time.Time) *talk {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shed(now)
	t := r.talks[id]
	if t == nil {
		t = &talk{id: id, unread: now.Sub(r.since) <= questionAge, size: talkSize}
		t.place = r.order.PushFront(t)
		r.talks[id] = t
		r.bytes += t.size
	}
	r.touch(t, now)
	return t
}

func (r *recent) touch(t *talk, now time.Time) {
	t.used = now
	r.order.MoveToFront(t.place)
}

// weigh notes that a talk, which the caller has locked, was used and may have
// grown.
func (r *recent) weigh(t *talk, now time.Time) {
	size := t.bytes()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bytes += size - t.size
	t.size = size
	r.touch(t, now)
}

// shed makes room for a talk: it drops those that have nothing left in the window,
// and when there are too many, those that were used before all others. What they
// held is read back if they go on.
func (r *recent) shed(now time.Time) {
	for range shedLooks {
		last := r.order.Back()
		if last == nil {
			return
		}
		t := last.Value.(*talk)
		full := len(r.talks) >= r.limit.talks || r.bytes > r.limit.bytes
		if !full && now.Sub(t.used) <= questionAge {
			return
		}
		if !t.mu.TryLock() {
			r.touch(t, now) // in use, so not idle
			continue
		}
		if t.settle(now); len(t.attempts) > 0 {
			r.touch(t, now) // the store does not hold all of it yet
		} else {
			r.drop(t)
		}
		t.mu.Unlock()
	}
}

func (r *recent) drop(t *talk) {
	t.gone = true
	r.order.Remove(t.place)
	delete(r.talks, t.id)
	r.bytes -= t.size
	if t.used.After(r.since) {
		r.since = t.used
	}
}

// recall reads back what was said and is not remembered, or not for sure, also in
// conversations that were joined with this one a moment ago.
func (s *Service) recall(ctx context.Context, id string, t *talk, now time.Time) error {
	guard := identity.SystemPart("guard")
	state, err := s.store.Conversation(ctx, guard, id)
	if err != nil {
		return err
	}
	entries, _, err := s.store.Entries(ctx, guard, id, conversation.EntryRange{Reverse: true, Limit: recallLimit})
	if err != nil {
		return err
	}
	said, topic := spoken(entries, "", now), topicOf(state)
	for _, e := range entries {
		if e.Kind == conversation.KindTopic {
			topic = nil // no more what the customer began with
		}
		if e.Kind != conversation.KindMerged || e.Content.From == "" || now.Sub(time.UnixMicro(e.At)) > questionAge {
			continue
		}
		joined, _, err := s.store.Entries(ctx, guard, e.Content.From, conversation.EntryRange{Reverse: true, Limit: recallLimit})
		if err != nil {
			return err
		}
		said = append(said, spoken(joined, e.Content.From, now)...)
	}
	if topic != nil {
		said = slices.Insert(said, 0, topic)
	}
	slices.SortStableFunc(said, func(a, b *utterance) int { return a.at.Compare(b.at) })
	t.said, t.doubt, t.unread = said, time.Time{}, false
	return nil
}

// spoken are the messages among entries that may still count; of is their
// conversation when it was joined with another one.
func spoken(entries []conversation.Entry, of string, now time.Time) []*utterance {
	var said []*utterance
	for _, e := range entries {
		at := time.UnixMicro(e.At)
		if (e.Kind != conversation.KindMessage && e.Kind != conversation.KindNote) || now.Sub(at) > questionAge {
			continue
		}
		said = append(said, &utterance{
			at: at, side: side(e.Author.Kind != conversation.ByCustomer), note: e.Kind == conversation.KindNote, text: e.Content.Text,
			client: e.ClientID, raw: sha256.Sum256([]byte(e.Content.Text)), seq: e.Seq, of: of, kept: true,
		})
	}
	return said
}

// topicOf is what a conversation's topic says, as the first thing said in it; nil
// when it says nothing.
func topicOf(state conversation.State) *utterance {
	if state.Topic == "" {
		return nil
	}
	return &utterance{at: time.UnixMicro(state.CreatedAt), side: theirs, topic: true, text: state.Topic, kept: true}
}
