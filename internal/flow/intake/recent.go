package intake

import (
	"context"
	"sync"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/identity"
)

// WindowTurns and WindowAge are the guard's window: a secret may be spread over
// so many messages of one sender within so long. After it has closed over a
// message, the message may be indexed.
const (
	WindowTurns = 5
	WindowAge   = 60 * time.Second
)

// questionAge is how long a question of the other side gives a meaning to bare
// figures: "what is the code on your card?" and then "123".
const questionAge = 10 * time.Minute

// maxTalks bounds how many conversations are remembered at once.
const maxTalks = 200_000

type side bool

const (
	theirs side = false // the customer's
	ours   side = true
)

func (s side) index() int {
	if s == ours {
		return 1
	}
	return 0
}

func sideOf(p identity.Principal) side { return side(!p.IsCustomer()) }

// utterance is something that was said a moment ago. Plain text is held in
// memory only, and for no longer than the window.
type utterance struct {
	at     time.Time
	side   side
	text   string
	change *conversation.Change // nil when it was read back from the store
	seq    int64
}

// talk is what was said in one conversation within the window.
type talk struct {
	mu   sync.Mutex
	said []utterance
	gone bool // swept: whoever still holds it looks again
}

// recent remembers the talks of all conversations.
type recent struct {
	mu      sync.Mutex
	started time.Time
	talks   map[string]*talk
	swept   time.Time
}

func newRecent(now time.Time) *recent {
	return &recent{started: now, talks: map[string]*talk{}, swept: now}
}

// talk gives the talk of a conversation, locked. Within the first minute after
// a start, what was said before the start is read back from the store.
func (s *Service) talk(ctx context.Context, id string) (*talk, error) {
	now := s.now()
	for {
		t, fresh := s.recent.get(id, now)
		t.mu.Lock()
		if t.gone {
			t.mu.Unlock()
			continue
		}
		if fresh && now.Sub(s.recent.started) < WindowAge {
			if err := s.recall(ctx, id, t, now); err != nil {
				t.gone = true
				s.recent.forget(id, t)
				t.mu.Unlock()
				return nil, err
			}
		}
		return t, nil
	}
}

func (r *recent) get(id string, now time.Time) (t *talk, fresh bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t = r.talks[id]; t != nil {
		return t, false
	}
	if now.Sub(r.swept) > WindowAge/4 || len(r.talks) >= maxTalks {
		r.sweep(now)
	}
	t = &talk{}
	r.talks[id] = t
	return t, true
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
		t.prune(now)
		if len(t.said) == 0 {
			t.gone = true
			delete(r.talks, id)
		}
		t.mu.Unlock()
	}
}

// recall reads back what was said just before this process started.
func (s *Service) recall(ctx context.Context, id string, t *talk, now time.Time) error {
	entries, _, err := s.store.Entries(ctx, identity.SystemPart("guard"), id, conversation.EntryRange{Reverse: true, Limit: 4 * WindowTurns})
	if err != nil {
		return err
	}
	for _, e := range entries {
		at := time.UnixMicro(e.At)
		if (e.Kind != conversation.KindMessage && e.Kind != conversation.KindNote) || now.Sub(at) > WindowAge {
			continue
		}
		t.said = append(t.said, utterance{at: at, side: side(e.Author.Kind != conversation.ByCustomer), text: e.Content.Text, seq: e.Seq})
	}
	return nil
}

// window is what the guard looks at beside a new text.
type window struct {
	turns []guard.Turn
	said  []*utterance
}

func (t *talk) previous(of side, now time.Time) window {
	t.prune(now)
	var w window
	for i := range t.said {
		u := &t.said[i]
		if u.text == "" || (u.side == of && now.Sub(u.at) > WindowAge) {
			continue
		}
		w.turns = append(w.turns, guard.Turn{Text: u.text, Own: u.side == of})
		w.said = append(w.said, u)
	}
	return w
}

func (t *talk) add(u utterance) { t.said = append(t.said, u) }

func (t *talk) drop(c *conversation.Change) {
	for i := range t.said {
		if t.said[i].change == c {
			t.said = append(t.said[:i], t.said[i+1:]...)
			return
		}
	}
}

// prune drops what has left the window: too old, or followed by WindowTurns
// more of the same side.
func (t *talk) prune(now time.Time) {
	var counts [2]int
	keep := len(t.said)
	for keep > 0 {
		u := t.said[keep-1]
		counts[u.side.index()]++
		if now.Sub(u.at) > questionAge || counts[u.side.index()] > WindowTurns {
			break
		}
		keep--
	}
	if keep > 0 {
		t.said = append(t.said[:0], t.said[keep:]...)
	}
}
