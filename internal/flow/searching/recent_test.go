package searching_test

import (
	"context"
	"fmt"
	"slices"
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
	searcher := searching.NewSearcher(l.p.Store, l.index, l.worker, blind)
	var texts []string
	for before := int64(0); ; {
		page, err := searcher.Search(context.Background(), agent(), query, before, limit)
		if err != nil {
			l.t.Fatal(err)
		}
		for _, h := range page.Hits {
			texts = append(texts, h.Entry.Content.Text)
		}
		if before = page.Next; before == 0 {
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
