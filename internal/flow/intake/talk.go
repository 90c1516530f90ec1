package intake

import (
	"container/list"
	"crypto/sha256"
	"sync"
	"sync/atomic"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
)

// WindowTurns and WindowAge are the guard's window: a secret may be spread over
// so many messages of one side within so long. After it has closed over a
// message, the message may be indexed.
const (
	WindowTurns = 5
	WindowAge   = 60 * time.Second
)

// questionAge is how long a question of the other side gives a meaning to bare
// figures: "what is the code on your card?" and then "123".
const questionAge = 10 * time.Minute

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

// utterance is something that was said a moment ago, as it is stored or about to
// be. Plain text is held in memory only, and no longer counts after questionAge.
type utterance struct {
	at     time.Time
	side   side
	note   bool
	topic  bool // the conversation's, which the customer began with
	text   string
	before []string             // what it said before it was edited: staff can still read that
	turn   guard.Turn           // the text as the guard has read it, if it has
	client string               // its id given by the client
	raw    [sha256.Size]byte    // of the text as it was sent
	change *conversation.Change // nil when it was read back from the store
	seq    int64                // once it is known
	of     string               // the conversation, when that was joined with the talk's own

	open int  // attempts to store it that have no answer yet
	kept bool // one of them stored it

	offer string // the flow that is offered because of it
}

// attempt is one change on its way to the store, with what it would do to what
// was said before. Nothing of that happens when the store refuses it.
type attempt struct {
	of     *utterance
	undo   []undo
	answer atomic.Int64 // 0: none yet; below 0: refused or unsure; else the entry's number
	repeat atomic.Bool  // it was stored before: nothing was retracted
}

type undo struct {
	of        *utterance
	was, left string
}

// The answers that are no entry's number.
const (
	refused = -1
	unsure  = -2 // it may be stored all the same: the answer to the commit was lost
)

// answered notes the store's answer. It does not block: the committer waits.
func (a *attempt) answered(r conversation.Result) {
	switch {
	case fault.Is(r.Err, fault.Unavailable):
		a.answer.Store(unsure)
	case r.Err != nil:
		a.answer.Store(refused)
	case r.Duplicate:
		a.repeat.Store(true)
		a.answer.Store(r.Seq)
	default:
		a.answer.Store(max(r.Seq, 1))
	}
}

// rewrite changes a text in memory as the attempt will in the store.
func (a *attempt) rewrite(u *utterance, left string) {
	a.undo = append(a.undo, undo{u, u.text, left})
	u.text = left
}

func (a *attempt) takeBack() {
	for i := len(a.undo) - 1; i >= 0; i-- {
		if u := a.undo[i]; u.of.text == u.left { // else somebody has rewritten it since
			u.of.text = u.was
		}
	}
	a.undo = nil
}

// reconsider takes back what attempts at an utterance that have no answer yet
// would do: the next one does it again, in case they fail and it does not.
func (t *talk) reconsider(u *utterance) {
	for i := len(t.attempts) - 1; i >= 0 && u != nil; i-- {
		if a := t.attempts[i]; a.of == u && a.answer.Load() == 0 {
			a.takeBack()
		}
	}
}

// talk is what was said in one conversation within the window.
type talk struct {
	id       string
	mu       sync.Mutex
	said     []*utterance
	attempts []*attempt
	unread   bool      // what was said before is not remembered, but in the store
	doubt    time.Time // when it last came to be unknown what is stored; zero: it is known
	gone     bool      // dropped: whoever still holds it looks again

	// Those of recent, which guards them.
	place *list.Element
	used  time.Time
	size  int // bytes, when it was used last
}

// bytes is about what a talk takes of the memory.
func (t *talk) bytes() int {
	n := talkSize
	for _, u := range t.said {
		n += utteranceSize + len(u.text)
		for _, was := range u.before {
			n += len(was)
		}
	}
	return n
}

// settle takes in the store's answers: what was refused, or stored long before,
// was not said now.
func (t *talk) settle(now time.Time) {
	waiting := t.attempts[:0]
	for i := len(t.attempts) - 1; i >= 0; i-- { // the newest first, as undoing wants it
		a := t.attempts[i]
		answer := a.answer.Load()
		if answer == 0 {
			continue
		}
		a.of.open--
		if answer == unsure {
			t.doubt = now
		}
		if answer < 0 || a.repeat.Load() { // a repeat was said when it was said first
			a.takeBack()
		} else {
			a.of.kept, a.of.seq = true, answer
		}
		t.attempts[i] = nil
	}
	for _, a := range t.attempts {
		if a != nil {
			waiting = append(waiting, a)
		}
	}
	clear(t.attempts[len(waiting):])
	t.attempts = waiting
	t.keep(func(u *utterance) bool { return u.open > 0 || u.kept })
}

func (t *talk) keep(wanted func(*utterance) bool) {
	kept := t.said[:0]
	for _, u := range t.said {
		if wanted(u) {
			kept = append(kept, u)
		}
	}
	clear(t.said[len(kept):])
	t.said = kept
}

// doubtful tells whether what was said has to be read back. While changes are on
// their way that would only mix what is stored with what is not.
func (t *talk) doubtful() bool { return !t.doubt.IsZero() && len(t.attempts) == 0 }

// prune drops what has left the window: too old, or followed by WindowTurns more
// of the same side. The other side's words push nothing out.
func (t *talk) prune(now time.Time) {
	if now.Sub(t.doubt) > questionAge {
		t.doubt = time.Time{}
	}
	var counts [2]int
	for _, u := range t.said {
		counts[u.side.index()]++
	}
	t.keep(func(u *utterance) bool {
		counts[u.side.index()]--
		return counts[u.side.index()] < WindowTurns && now.Sub(u.at) <= questionAge
	})
}

// window is what the guard looks at beside a new text.
type window struct {
	turns []guard.Turn
	said  []*utterance
}

// before gives what one side has said, and been told, before an utterance; nil
// stands for one that is still to come. Notes are not told to customers.
func (t *talk) before(d *guard.Detector, u *utterance, of side, now time.Time) window {
	var w window
	for _, earlier := range t.said {
		if earlier == u {
			break
		}
		own := earlier.side == of
		if earlier.text == "" || (own && now.Sub(earlier.at) > WindowAge) || (!own && earlier.note) {
			continue
		}
		if earlier.turn.Text != earlier.text {
			earlier.turn = d.Read(earlier.text, own)
		}
		turn := earlier.turn
		turn.Own = own
		w.turns = append(w.turns, turn)
		w.said = append(w.said, earlier)
	}
	return w
}

// repeated finds a message that is being sent once more, word for word.
func (t *talk) repeated(client string, of side, raw [sha256.Size]byte) *utterance {
	for _, u := range t.said {
		if client != "" && u.of == "" && u.client == client && u.side == of && u.raw == raw {
			return u
		}
	}
	return nil
}

func (t *talk) bySeq(seq int64) *utterance {
	for _, u := range t.said {
		if u.seq == seq && seq != 0 && u.of == "" {
			return u
		}
	}
	return nil
}

// begin notes an attempt to store or to change an utterance.
func (t *talk) begin(u *utterance) *attempt {
	a := &attempt{of: u}
	u.open++
	t.attempts = append(t.attempts, a)
	return a
}
