package intake_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
)

// lossy is a store whose answers to commits get lost, as when the connection to
// the database breaks at that moment.
type lossy struct {
	*storage.Store
	loses atomic.Bool
	fails atomic.Bool // and reads fail
}

func (l *lossy) Submit(ctx context.Context, c *conversation.Change) error {
	if done := c.Done; l.loses.Load() {
		c.Done = func(conversation.Result) {
			c.Seq = 0
			done(conversation.Result{Err: fault.New(fault.Unavailable, "test", "the outcome of the commit is unknown")})
		}
	}
	return l.Store.Submit(ctx, c)
}

func (l *lossy) Entries(ctx context.Context, p identity.Principal, conv string, r conversation.EntryRange) ([]conversation.Entry, bool, error) {
	if l.fails.Load() {
		return nil, false, fault.New(fault.Unavailable, "test", "the database is gone")
	}
	return l.Store.Entries(ctx, p, conv, r)
}

// openLossy is a house that has been open for so long that nothing need be read
// back because of its start.
func openLossy(t *testing.T) (*house, *lossy) {
	t.Helper()
	h := open(t)
	found, err := detector()
	if err != nil {
		t.Fatal(err)
	}
	store := &lossy{Store: h.p.Store}
	h.door = intake.New(store, found, wide(), h.d.Clock.Now, nil)
	h.d.Clock.Move(time.Hour)
	return h, store
}

// A message may be stored although its sender was told that nobody knows. What
// completes a secret in it must find it.
func TestASecretIsFoundAfterALostAnswer(t *testing.T) {
	for name, between := range map[string]func(h *house, store *lossy, p identity.Principal, m intake.Message){
		"nothing": func(*house, *lossy, identity.Principal, intake.Message) {},
		"it is sent again": func(h *house, _ *lossy, p identity.Principal, m intake.Message) {
			if said := h.send(p, m); said.Err != nil || !said.Duplicate {
				h.t.Errorf("the repeat was answered %+v", said)
			}
		},
		"others are swept": func(h *house, _ *lossy, p identity.Principal, _ intake.Message) {
			h.d.Clock.Move(intake.WindowAge / 2)
			h.begin(p)
			h.say(p, h.begin(p), "hello")
		},
		"it cannot be read at first": func(h *house, store *lossy, p identity.Principal, m intake.Message) {
			store.fails.Store(true)
			wantCode(h.t, h.send(p, intake.Message{ConversationID: m.ConversationID, Text: "1111 1111"}).Err, fault.Unavailable)
			store.fails.Store(false)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h, store := openLossy(t)
			p := visitor()
			conv := h.begin(p)
			m := intake.Message{ConversationID: conv, ClientID: id.New(), Text: "my card is 4111 1111"}
			store.loses.Store(true)
			wantCode(t, h.send(p, m).Err, fault.Unavailable)
			store.loses.Store(false)
			between(h, store, p, m)
			h.say(p, conv, "1111 1111")
			h.wantNoCard(conv)
		})
	}
}

// A retraction whose answer was lost may have happened, and is not done again: its
// message was stored with it.
func TestARetractionWithALostAnswerIsDoneOnce(t *testing.T) {
	h, store := openLossy(t)
	p := visitor()
	conv := h.begin(p)
	h.say(p, conv, "my card is 4111 1111")
	m := intake.Message{ConversationID: conv, ClientID: id.New(), Text: "1111 1111"}
	store.loses.Store(true)
	wantCode(t, h.send(p, m).Err, fault.Unavailable)
	store.loses.Store(false)
	if said := h.send(p, m); said.Err != nil || !said.Duplicate {
		t.Errorf("the repeat was answered %+v", said)
	}
	h.say(p, conv, "thank you")
	h.wantNoCard(conv)
	if n := len(h.retracted(conv)); n != 1 {
		t.Errorf("%d retractions", n)
	}
}
