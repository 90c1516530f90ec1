package intake

import (
	"cmp"
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

// find gives the talk of a conversation, or nil.
func (r *recent) find(id string) *talk {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.talks[id]
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

// maxJoined bounds the conversations that are read back for one.
const maxJoined = 40

// recall reads back what was said and is not remembered, or not for sure. What is
// remembered of earlier versions is kept.
func (s *Service) recall(ctx context.Context, id string, t *talk, now time.Time) error {
	said, err := s.readBack(ctx, id, now)
	if err != nil {
		return err
	}
	s.keepVersions(t, said, now)
	t.said, t.doubt, t.unread = said, time.Time{}, false
	return nil
}

// readBack gives what was said in a conversation, and in those that were joined
// with it a moment ago, by way of others too.
func (s *Service) readBack(ctx context.Context, id string, now time.Time) ([]*utterance, error) {
	guard := identity.SystemPart("guard")
	var said []*utterance
	ids := []string{id}
	for i := 0; i < len(ids); i++ {
		of := ""
		if i > 0 {
			of = ids[i]
		}
		state, err := s.store.Conversation(ctx, guard, ids[i])
		if err != nil {
			return nil, err
		}
		entries, _, err := s.store.Entries(ctx, guard, ids[i], conversation.EntryRange{Reverse: true, Limit: recallLimit})
		if err != nil {
			return nil, err
		}
		topic := topicOf(state, of)
		for _, e := range entries {
			if e.Kind == conversation.KindTopic {
				topic = nil // no more what the customer began with
			}
			from := e.Content.From
			if e.Kind == conversation.KindMerged && from != "" && now.Sub(time.UnixMicro(e.At)) <= questionAge && len(ids) < maxJoined && !slices.Contains(ids, from) {
				ids = append(ids, from)
			}
		}
		if topic != nil {
			said = append(said, topic)
		}
		said = append(said, spoken(entries, of, now)...)
	}
	slices.SortStableFunc(said, func(a, b *utterance) int { return a.at.Compare(b.at) })
	return said, nil
}

// keepVersions gives what was read back for a talk the earlier texts that are
// remembered here or, of a conversation that was joined with it, there. A talk that
// is in use is left out: whoever has it may wait for this one.
func (s *Service) keepVersions(t *talk, said []*utterance, now time.Time) {
	type place struct {
		of  string
		seq int64
	}
	known := map[place][]string{}
	note := func(own string, said []*utterance) {
		for _, u := range said {
			if len(u.before) > 0 && u.seq > 0 {
				known[place{cmp.Or(u.of, own), u.seq}] = u.before
			}
		}
	}
	note("", t.said)
	asked := map[string]bool{"": true, t.id: true}
	for _, u := range said {
		if asked[u.of] {
			continue
		}
		asked[u.of] = true
		if joined := s.recent.find(u.of); joined != nil && joined.mu.TryLock() {
			joined.settle(now)
			note(u.of, joined.said)
			joined.mu.Unlock()
		}
	}
	for _, u := range said {
		if u.seq > 0 {
			u.before = slices.Clone(known[place{u.of, u.seq}])
		}
	}
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
// when it says nothing. of is as for spoken.
func topicOf(state conversation.State, of string) *utterance {
	if state.Topic == "" {
		return nil
	}
	return &utterance{at: time.UnixMicro(state.CreatedAt), side: theirs, topic: true, text: state.Topic, of: of, kept: true}
}
