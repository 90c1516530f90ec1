package searching

import (
	"cmp"
	"slices"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/search"
)

// speaker is one author in one conversation: the one over whose messages the
// guard's window slides.
type speaker struct{ conversation, author string }

// item is a message that is not in the index yet.
type item struct {
	pos     int64
	at      time.Time
	ready   time.Time // when the window closed over it; zero: not yet
	speaker speaker
	indexed bool
	heard   heard // until its words were taken from it; in memory alone
	stale   bool  // its text was changed and has not been asked for since
	words   words
}

// heard is what a message says and what is known of it, as a commit told of it.
type heard struct {
	there  bool
	text   string
	traits search.Traits
}

func hearing(e *conversation.Entry) heard {
	return heard{there: true, text: e.Content.Text, traits: search.TraitsOf(e)}
}

// words are the tokens of a message that waits, by which it is found before it is
// in the index.
type words struct {
	known  bool
	partly bool // there are more than are worth their memory: the index gets all
	tokens []search.Token
}

// waitTokens is how many tokens of a waiting message are kept in memory.
const waitTokens = 512

// wordsOf are the words of a message, and its traits.
func wordsOf(blind *search.Blinder, h heard) words {
	tokens := blind.Message(h.text, h.traits, waitTokens)
	return words{known: true, partly: len(tokens) >= waitTokens, tokens: tokens}
}

// has tells whether all of some tokens are among the words.
func (w words) has(tokens []search.Token) bool {
	for _, t := range tokens {
		if !slices.Contains(w.tokens, t) {
			return false
		}
	}
	return w.known
}

// backlog is what waits to be indexed, in the order of the log.
type backlog struct {
	items    []*item             // by position
	byPos    map[int64]*item     // those of items that are not indexed
	open     map[speaker][]*item // over which the window has not closed
	ready    []*item             // over which it has
	again    []int64             // indexed before, and changed since
	unread   []*item             // whose words were not taken yet
	changed  []*item             // whose text is another since their words were taken
	flying   []*item             // that the index is being given right now
	unclosed int                 // items[:unclosed] were all seen by expire
	last     int64
	low      int64 // everything up to here is indexed
	room     int   // how many may wait
	overflow bool  // more was written than is remembered: read the log again
}

func newBacklog(room int) backlog {
	return backlog{byPos: map[int64]*item{}, open: map[speaker][]*item{}, room: room}
}

// add takes a message in that the log told of: what it says is read later.
func (b *backlog) add(m conversation.Written) {
	if it := b.enter(m); it != nil {
		b.changed = append(b.changed, it)
	}
}

// hear takes a message in with what it says.
func (b *backlog) hear(m conversation.Written, h heard) {
	if it := b.enter(m); it != nil {
		it.heard = h
		b.unread = append(b.unread, it)
	}
}

// enter makes a place for a message; nil when it has one, or there is no room.
// By a speaker's next messages the window closes over the earlier ones.
func (b *backlog) enter(m conversation.Written) *item {
	if m.Pos <= b.last {
		return nil
	}
	if b.overflow || len(b.byPos) >= b.room {
		b.overflow = true
		return nil
	}
	b.last = m.Pos
	it := &item{pos: m.Pos, at: time.UnixMicro(m.At), speaker: speaker{m.ConversationID, m.AuthorID}}
	b.items = append(b.items, it)
	b.byPos[m.Pos] = it
	open := append(b.open[it.speaker], it)
	if len(open) > windowTurns {
		b.close(open[0], it.at)
		open = append(open[:0], open[1:]...)
	}
	b.open[it.speaker] = open
	return it
}

// rewritten notes that a text was changed after it was written.
func (b *backlog) rewritten(pos int64) {
	if it := b.byPos[pos]; it != nil { // it is indexed for the first time later, as it reads then
		it.heard, it.words, it.stale = heard{}, words{}, true
		b.changed = append(b.changed, it)
		return
	}
	if b.overflow && pos > b.last {
		return // it is read later, as it reads then
	}
	if len(b.again) >= b.room {
		b.overflow = true
		return
	}
	b.again = append(b.again, pos)
}

// follow takes in what another backlog was told after this one was read.
func (b *backlog) follow(news *backlog) {
	for _, it := range news.items { // in order: what is here already is skipped
		m := conversation.Written{Pos: it.pos, ConversationID: it.speaker.conversation, AuthorID: it.speaker.author, At: it.at.UnixMicro()}
		if it.heard.there {
			b.hear(m, it.heard)
		} else {
			b.add(m)
		}
	}
	for _, it := range news.changed {
		b.rewritten(it.pos)
	}
	for _, pos := range news.again {
		b.rewritten(pos)
	}
	b.overflow = b.overflow || news.overflow
}

// scan looks at no more than steps items below a position, the last first, for at
// most limit that hold all of some words. next is where to go on; 0 at the end.
func (b *backlog) scan(tokens []search.Token, before int64, limit, steps int) (found []int64, next int64) {
	end, _ := slices.BinarySearchFunc(b.items, before, func(it *item, pos int64) int { return cmp.Compare(it.pos, pos) })
	for i := end - 1; i >= 0 && len(found) < limit; i-- {
		if end-i > steps {
			return found, b.items[i].pos + 1
		}
		if it := b.items[i]; !it.indexed && it.words.has(tokens) {
			found = append(found, it.pos)
		}
	}
	return found, 0
}

// leaving are the positions below one of messages on their way to the index that
// hold all of some words.
func (b *backlog) leaving(tokens []search.Token, before int64) []int64 {
	var found []int64
	for _, it := range b.flying {
		if it.pos < before && it.words.has(tokens) {
			found = append(found, it.pos)
		}
	}
	return found
}

// reading is a message whose words are being taken.
type reading struct {
	it    *item
	heard heard
	words words
}

// toRead hands out messages whose words are still to be taken, and the positions
// of those that must be read from the log for it.
func (b *backlog) toRead(limit int) (unread []reading, changed []int64) {
	n := min(limit, len(b.unread))
	for _, it := range b.unread[:n] {
		if !it.indexed && it.heard.there {
			unread = append(unread, reading{it: it, heard: it.heard})
		}
	}
	b.unread = b.unread[n:]
	n = min(limit, len(b.changed))
	for _, it := range b.changed[:n] {
		if !it.indexed {
			it.stale = false
			changed = append(changed, it.pos)
		}
	}
	b.changed = b.changed[n:]
	return unread, changed
}

// known are the documents of those positions whose words are known, and the
// other positions.
func (b *backlog) known(positions []int64) (docs []Doc, unknown []int64) {
	for _, pos := range positions {
		if it := b.byPos[pos]; it != nil && it.words.known && !it.words.partly {
			docs = append(docs, Doc{Pos: pos, Tokens: it.words.tokens})
		} else {
			unknown = append(unknown, pos)
		}
	}
	return docs, unknown
}

func (b *backlog) close(it *item, at time.Time) {
	it.ready = at
	b.ready = append(b.ready, it)
}

// expire closes the window over messages that have grown old.
func (b *backlog) expire(now time.Time) {
	for b.unclosed < len(b.items) {
		it := b.items[b.unclosed]
		if now.Sub(it.at) <= windowAge {
			return
		}
		b.unclosed++
		if !it.ready.IsZero() {
			continue
		}
		b.close(it, it.at.Add(windowAge))
		open := b.open[it.speaker]
		for i, o := range open {
			if o == it {
				open = append(open[:i], open[i+1:]...)
				break
			}
		}
		if len(open) == 0 {
			delete(b.open, it.speaker)
		} else {
			b.open[it.speaker] = open
		}
	}
}

// take hands out positions to be indexed now.
func (b *backlog) take(now time.Time, limit int) []int64 {
	b.expire(now)
	positions := make([]int64, 0, min(limit, len(b.ready)+len(b.again)))
	seen := map[int64]bool{}
	for len(b.again) > 0 && len(positions) < limit {
		pos := b.again[0]
		b.again = b.again[1:]
		if b.byPos[pos] == nil && !seen[pos] { // else it is indexed for the first time later, as it reads then
			seen[pos] = true
			positions = append(positions, pos)
		}
	}
	for len(b.ready) > 0 && len(positions) < limit {
		positions = append(positions, b.ready[0].pos)
		b.ready = b.ready[1:]
	}
	return positions
}

// done notes that positions are being indexed and moves the low water mark over
// everything that is. A text that is changed from here on is indexed again.
func (b *backlog) done(positions []int64) {
	for _, pos := range positions {
		if it := b.byPos[pos]; it != nil {
			it.indexed = true
			delete(b.byPos, pos)
			b.flying = append(b.flying, it)
		}
	}
	n := 0
	for n < len(b.items) && b.items[n].indexed {
		b.low = b.items[n].pos
		n++
	}
	b.items = b.items[n:]
	b.unclosed = max(0, b.unclosed-n)
}

// lag is how long the oldest ready message has waited.
func (b *backlog) lag(now time.Time) time.Duration {
	var oldest time.Time
	for _, it := range b.ready {
		if oldest.IsZero() || it.ready.Before(oldest) {
			oldest = it.ready
		}
	}
	if oldest.IsZero() {
		return 0
	}
	return now.Sub(oldest)
}
