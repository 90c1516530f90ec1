package searching_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/search"
	"kefu/internal/flow/searching"
)

// live searches the index and what waits for it.
func (l *library) live(query string, limit int) []string {
	l.t.Helper()
	blind, err := search.NewBlinder(l.key)
	if err != nil {
		l.t.Fatal(err)
	}
	searcher := l.searching(l.worker, blind)
	var texts []string
	for before := int64(0); ; {
		page, err := searcher.Search(context.Background(), agent(), searching.Request{Text: query, After: searching.Cursor{Before: before}, Limit: limit})
		if err != nil {
			l.t.Fatal(err)
		}
		for _, h := range page.Hits {
			texts = append(texts, h.Entry.Content.Text)
		}
		if before = page.Next.Before; before == 0 {
			return texts
		}
	}
}

func (l *library) wantLive(query string, want ...string) {
	l.t.Helper()
	for _, limit := range []int{1, 50} {
		if got := l.live(query, limit); !slices.Equal(got, want) {
			l.t.Errorf("%q finds %q by %d, want %q", query, got, limit, want)
		}
	}
}

// Within the guard's window a message is found by words that are in memory alone,
// and by its present words only.
func TestAMessageIsFoundBeforeItIsIndexed(t *testing.T) {
	l := open(t)
	customer := visitor()
	conv := l.begin(customer)
	l.fill()
	for i := range 3 {
		l.say(customer, conv, fmt.Sprintf("indexed marmalade %d", i))
	}
	l.d.Clock.Move(over)
	l.fill()
	said := l.say(customer, conv, "我要退款, the marmalade never came")
	gone := l.say(customer, conv, "my zeppelin")
	l.fill()
	l.wantLive("退款", "我要退款, the marmalade never came")
	l.wantLive("marmalade", "我要退款, the marmalade never came", "indexed marmalade 2", "indexed marmalade 1", "indexed marmalade 0")
	l.wantLive("marmalade always")
	if n := l.candidates("退款"); n != 0 {
		t.Errorf("the index has %d candidates", n)
	}
	l.do(customer, conv, conversation.Edit, conversation.Content{Of: said, Text: "the honey never came"})
	l.do(customer, conv, conversation.Redact, conversation.Content{Of: gone})
	l.wantLive("退款") // at once
	l.wantLive("zeppelin")
	l.fill()
	l.wantLive("honey", "the honey never came")
	l.d.Clock.Move(over)
	l.fill()
	l.wantLive("honey", "the honey never came") // from the index now, and once
	l.wantFound("honey", "the honey never came")
	if n := l.candidates("退款") + l.candidates("zeppelin"); n != 0 {
		t.Errorf("the index has %d candidates for words that are gone", n)
	}
}

// What is told while the log is read is found as soon as it has been read.
func TestRecentMessagesAcrossAStart(t *testing.T) {
	l := open(t)
	customer := visitor()
	conv := l.begin(customer)
	l.say(customer, conv, "quokka one")
	l.stop()
	l.start()
	once := true
	l.log.before = func(int) {
		if once {
			once = false
			edited := l.say(customer, conv, "quokka two")
			l.say(customer, conv, "quokka three")
			l.do(customer, conv, conversation.Edit, conversation.Content{Of: edited, Text: "quokka two, edited"})
		}
	}
	l.fill()
	l.wantLive("quokka", "quokka three", "quokka two, edited", "quokka one")
	l.wantLive("edited", "quokka two, edited")
}

// An edit that is committed between the look into the log and its use must not
// leave the old words behind.
func TestAnEditWhileItsWordsAreRead(t *testing.T) {
	l := open(t)
	customer := visitor()
	conv := l.begin(customer)
	l.fill()
	said := l.say(customer, conv, "first quokka")
	l.fill()
	l.do(customer, conv, conversation.Edit, conversation.Content{Of: said, Text: "second zeppelin"})
	l.log.after = func() {
		l.log.after = nil
		l.do(customer, conv, conversation.Edit, conversation.Content{Of: said, Text: "third marzipan"})
	}
	l.d.Clock.Move(over)
	l.fill()
	l.wantFound("marzipan", "third marzipan")
	for _, word := range []string{"quokka", "zeppelin"} {
		if n := l.candidates(word); n != 0 {
			t.Errorf("the index has %d candidates for %s", n, word)
		}
	}
}

// A message of whose commit nobody was told is found and indexed nevertheless, and
// one that is taken back goes, also when the log is being read just then.
func TestACommitOfUnknownOutcome(t *testing.T) {
	for _, reading := range []bool{false, true} {
		t.Run(fmt.Sprint("while the log is read: ", reading), func(t *testing.T) {
			l := open(t)
			deaf := false
			l.p.Listen(func(c event.Commit) {
				if !deaf {
					l.worker.Committed(c)
				}
			})
			customer := visitor()
			conv := l.begin(customer)
			lose := func() {
				deaf = true
				gone := l.say(customer, conv, "zeppelin")
				l.do(customer, conv, conversation.Redact, conversation.Content{Of: gone})
				l.say(customer, conv, "wombat one")
				deaf = false
				l.worker.Committed(event.Commit{Unknown: true})
			}
			if reading {
				once := true
				l.log.before = func(int) {
					if once {
						once = false
						lose()
						l.say(customer, conv, "wombat two")
					}
				}
			} else {
				l.fill()
				lose()
				l.say(customer, conv, "wombat two")
			}
			l.fill()
			l.wantLive("wombat", "wombat two", "wombat one")
			l.d.Clock.Move(over)
			l.fill()
			l.wantFound("wombat", "wombat two", "wombat one")
			if n := l.candidates("zeppelin"); n != 0 {
				t.Errorf("the index has %d candidates for words that are gone", n)
			}
		})
	}
}

// A search looks at a few of the waiting messages at a time, so that commits get
// their turn, and finds them all the same.
func TestASearchLooksAtFewOfWhatWaitsAtATime(t *testing.T) {
	blind, err := search.NewBlinder([]byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	query, err := search.Parse("quokka")
	if err != nil {
		t.Fatal(err)
	}
	texts := make([]string, 100)
	for i := range texts {
		texts[i] = "nothing of note"
	}
	texts[0], texts[57], texts[99] = "the first quokka", "quokka in the middle", "the last quokka"
	looks := searching.Looks(blind, texts, query, 50, 10)
	if len(looks) != 10 || !slices.Equal(slices.Concat(looks...), []int64{100, 58, 1}) {
		t.Errorf("found %v", looks)
	}
	if first := searching.Looks(blind, texts, query, 1, 1000)[0]; !slices.Equal(first, []int64{100}) {
		t.Errorf("the first is %v", first)
	}
}

// The end of the longest message is found: in the index, though not before.
func TestTheEndOfALongMessageIsFound(t *testing.T) {
	l := open(t)
	customer := visitor()
	conv := l.begin(customer)
	var long strings.Builder
	for r := rune(0x4E00); long.Len() < 3*7990; r++ {
		long.WriteRune(r)
	}
	for range 30 { // more than one call of the index takes
		l.say(customer, conv, long.String()+"熊猫")
	}
	l.fill()
	if n := len(l.live("一丁", 50)); n != 30 {
		t.Errorf("the beginning of %d waiting messages is found", n)
	}
	l.d.Clock.Move(over)
	l.fill()
	if n := l.candidates("熊猫"); n != 30 {
		t.Errorf("the end of %d messages is in the index", n)
	}
	for _, batch := range l.index.added {
		if len(batch) > 25 {
			t.Errorf("the index was given %d long messages at once", len(batch))
		}
	}
}

// What was redacted between two marks is seen, though more messages wait than are
// remembered.
func TestARedactionBeforeManyWaitingMessages(t *testing.T) {
	l := open(t)
	customer := visitor()
	conv := l.begin(customer)
	gone := l.say(customer, conv, "my zeppelin")
	l.d.Clock.Move(over)
	l.fill()
	if n := l.candidates("zeppelin"); n != 1 {
		t.Fatalf("the index has %d candidates", n)
	}
	l.p.Listen(func(event.Commit) {}) // as by another process
	l.do(customer, conv, conversation.Redact, conversation.Content{Of: gone})
	for i := range 7 {
		l.say(customer, conv, fmt.Sprintf("marmalade %d", i))
	}
	l.stop()
	l.start()
	l.worker.SetRoom(2)
	l.d.Clock.Move(over)
	l.fill()
	if n := l.candidates("zeppelin"); n != 0 {
		t.Errorf("the index has %d candidates for a word that is gone", n)
	}
	if n := l.candidates("marmalade"); n != 7 {
		t.Errorf("%d of 7 waiting messages are in the index", n)
	}
}
