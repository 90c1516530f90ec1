package searching_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/job"
	"kefu/internal/domain/privacy"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/searching"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// over is a little more than the guard's window.
const over = intake.WindowAge + time.Second

func TestAMessageIsFoundOnlyAfterTheGuardsWindow(t *testing.T) {
	l := open(t)
	customer := visitor()
	conv := l.begin(customer)
	l.fill()
	l.say(customer, conv, "My transfer to Lindqvist is missing")
	l.send(agent(), intake.Message{ConversationID: conv, Text: "提现失败了，问银行", Note: true})
	l.d.Clock.Move(intake.WindowAge)
	l.fill()
	if n := l.candidates("lindqvist"); n != 0 || len(l.index.added) != 0 {
		t.Errorf("the index has %d candidates after the window's very length", n)
	}
	l.d.Clock.Move(time.Second)
	if lag := l.worker.Lag(); lag != time.Second {
		t.Errorf("lag = %v, want a second", lag)
	}
	l.fill()
	if lag := l.worker.Lag(); lag != 0 {
		t.Errorf("lag = %v once all is indexed", lag)
	}
	l.wantFound("lindqvist", "My transfer to Lindqvist is missing")
	l.wantFound("transfers missing", "My transfer to Lindqvist is missing")
	l.wantFound("提现", "提现失败了，问银行")
	l.wantFound("银行", "提现失败了，问银行")
	l.wantFound("现失", "提现失败了，问银行")
	l.wantFound("退款")
	l.wantFound("transfer 提现")
}

// The window closes over a message when five more of its author have followed.
func TestTheWindowClosesByWhatFollows(t *testing.T) {
	l := open(t)
	customer, mei := visitor(), agent()
	conv := l.begin(customer)
	l.fill()
	l.say(customer, conv, "quokka")
	for range 3 * intake.WindowTurns {
		l.say(mei, conv, "periwinkle") // somebody else's messages close nothing of the customer's
	}
	for range intake.WindowTurns - 1 {
		l.say(customer, conv, "hello")
	}
	l.fill()
	if n := l.candidates("quokka"); n != 0 {
		t.Error("it is indexed while a sixth message can still complete a secret in it")
	}
	if n := l.candidates("periwinkle"); n != 2*intake.WindowTurns {
		t.Errorf("%d of the agent's are indexed", n)
	}
	l.say(customer, conv, "hello")
	l.fill()
	l.wantFound("quokka", "quokka")
}

func TestASplitSecretNeverReachesTheIndex(t *testing.T) {
	l := open(t)
	customer := visitor()
	conv := l.begin(customer)
	l.fill()
	l.say(customer, conv, "zeppelin 4111 1111")
	l.fill()
	l.say(customer, conv, "1111 1111")
	l.d.Clock.Move(over)
	l.fill()
	if got := l.find("zeppelin"); len(got) != 1 || strings.Contains(got[0], "4111") {
		t.Errorf("found %q", got)
	}
	if n := l.candidates("4111"); n != 0 {
		t.Errorf("the index has %d candidates for the first four digits", n)
	}
	if n := len(l.index.added); n != 1 {
		t.Errorf("the index was written %d times, want once", n)
	}
}

func TestEditedAndRedactedMessages(t *testing.T) {
	l := open(t)
	customer := visitor()
	conv := l.begin(customer)
	l.fill()
	edited := l.say(customer, conv, "my quokka")
	redacted := l.say(customer, conv, "my zeppelin")
	early := l.say(customer, conv, "my saxifrage")
	l.do(customer, conv, conversation.Edit, conversation.Content{Of: early, Text: "my tamarind"})
	l.d.Clock.Move(over)
	l.fill()
	l.wantFound("saxifrage")
	l.wantFound("tamarind", "my tamarind")
	l.wantFound("quokka", "my quokka")
	l.do(customer, conv, conversation.Edit, conversation.Content{Of: edited, Text: "my marzipan"})
	l.do(customer, conv, conversation.Redact, conversation.Content{Of: redacted})
	// At once, whatever the index still holds: the text decides.
	l.wantFound("quokka")
	l.wantFound("zeppelin")
	l.fill()
	l.wantFound("marzipan", "my marzipan")
	for _, gone := range []string{"quokka", "zeppelin", "saxifrage"} {
		if n := l.candidates(gone); n != 0 {
			t.Errorf("the index has %d candidates for %s", n, gone)
		}
	}
}

// Nothing in the log tells of an erasure: a job does, by positions.
func TestWhatWasErasedLeavesTheIndex(t *testing.T) {
	l := open(t)
	customer := visitor()
	conv := l.begin(customer)
	l.say(customer, conv, "my zeppelin")
	l.d.Clock.Move(over)
	l.fill()
	recent := l.say(customer, conv, "my quokka")
	l.wantFound("zeppelin", "my zeppelin")
	ctx := context.Background()
	if more, err := l.p.EraseTalk(ctx, identity.SystemPart("privacy"), customer.ID, conv, l.d.Clock.Now().UnixMicro(), privacy.CaseMark{}); err != nil || more {
		t.Fatal(more, err)
	}
	jobs, err := l.p.ClaimJobs(ctx, 10, 1)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, j := range jobs {
		if j.Kind == job.ForgetTexts {
			positions := job.DecodeRefs(j.Payload)
			told += len(positions)
			if err := l.worker.Forget(ctx, positions); err != nil {
				t.Fatal(err)
			}
		}
	}
	l.d.Clock.Move(over)
	l.fill()
	if told < 2 || recent == 0 {
		t.Errorf("the index was told of %d entries", told)
	}
	for _, gone := range []string{"quokka", "zeppelin"} {
		l.wantFound(gone)
		if n := l.candidates(gone); n != 0 {
			t.Errorf("the index has %d candidates for %s", n, gone)
		}
	}
}

func TestARestartCatchesUp(t *testing.T) {
	l := open(t)
	customer := visitor()
	conv := l.begin(customer)
	l.fill()
	old := l.say(customer, conv, "old quokka")
	gone := l.say(customer, conv, "old zeppelin")
	l.d.Clock.Move(over)
	l.fill()
	l.wantFound("quokka", "old quokka")
	// The process ends before the index has seen any of this.
	l.do(customer, conv, conversation.Edit, conversation.Content{Of: old, Text: "new marzipan"})
	l.do(customer, conv, conversation.Redact, conversation.Content{Of: gone})
	l.say(customer, conv, "young saxifrage")
	l.stop()
	l.start()
	l.fill()
	l.wantFound("marzipan", "new marzipan")
	for _, word := range []string{"quokka", "zeppelin"} {
		if n := l.candidates(word); n != 0 {
			t.Errorf("the index has %d candidates for %s", n, word)
		}
	}
	if n := l.candidates("saxifrage"); n != 0 {
		t.Error("a message is indexed within its window because of the restart")
	}
	l.d.Clock.Move(over)
	l.fill()
	l.wantFound("saxifrage", "young saxifrage")
}

func TestALostIndexIsFilledAgain(t *testing.T) {
	l := open(t)
	customer := visitor()
	conv := l.begin(customer)
	for i := range 30 {
		l.say(customer, conv, fmt.Sprintf("jacaranda %d", i))
	}
	l.d.Clock.Move(over)
	l.fill()
	l.stop()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(l.path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	l.start()
	if got := l.find("jacaranda"); len(got) != 0 {
		t.Fatalf("found %d in an index that is lost", len(got))
	}
	l.fill()
	if got := l.find("jacaranda"); len(got) != 30 || got[0] != "jacaranda 29" {
		t.Errorf("found %q", got)
	}
}

// An index that was filled from a log which has since been restored to an earlier
// state forgets what the log has lost.
func TestAnIndexAheadOfItsLogStepsBack(t *testing.T) {
	l := open(t)
	customer := visitor()
	conv := l.begin(customer)
	l.say(customer, conv, "quokka")
	l.d.Clock.Move(over)
	l.fill()
	low, err := l.index.LowWater(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	l.stop()
	l.d.Exec(t, "DELETE FROM entry")
	l.d.Exec(t, "UPDATE log_head SET pos = 0")
	l.start()
	l.fill()
	again, err := l.index.LowWater(context.Background())
	if err != nil || again >= low || l.candidates("quokka") != 0 {
		t.Errorf("the low water mark is %d after %d, err = %v, candidates %d", again, low, err, l.candidates("quokka"))
	}
}

// What is committed while the log is being read is neither lost nor does it hide
// what is still to be read.
func TestCommitsWhileTheLogIsRead(t *testing.T) {
	l := open(t)
	customer := visitor()
	conv := l.begin(customer)
	for i := range 10 {
		l.say(customer, conv, fmt.Sprintf("before %d", i))
	}
	l.stop()
	l.start()
	looks, last := 0, false
	l.log.before = func(found int) {
		looks++
		if looks > 3 && (found > 0 || last) {
			return
		}
		last = last || found == 0 // after the look that finds nothing more: it is told of, and not read
		l.say(customer, conv, fmt.Sprintf("meanwhile %d", looks))
		l.do(customer, conv, conversation.Edit, conversation.Content{Of: 1, Text: fmt.Sprintf("before, edited %d", looks)})
	}
	l.fill()
	l.d.Clock.Move(over)
	l.fill()
	if got := l.find("before"); len(got) != 10 {
		t.Errorf("found %d of what was there before: %q", len(got), got)
	}
	l.wantFound("meanwhile", "meanwhile 5", "meanwhile 3", "meanwhile 2", "meanwhile 1")
	l.wantFound("edited", "before, edited 5")
}

func TestAFailingIndexIsCaughtUp(t *testing.T) {
	l := open(t)
	ctx := context.Background()
	customer := visitor()
	conv := l.begin(customer)
	l.fill()
	old := l.say(customer, conv, "old quokka")
	l.d.Clock.Move(over)
	l.fill()
	l.index.fails = errors.New("the disk is full")
	l.do(customer, conv, conversation.Edit, conversation.Content{Of: old, Text: "new marzipan"})
	l.say(customer, conv, "young zeppelin")
	l.d.Clock.Move(over)
	failed := 0
	for range 6 {
		if _, err := l.worker.Step(ctx); err != nil {
			failed++
		}
	}
	if failed == 0 {
		t.Fatal("the failure was not told")
	}
	l.index.fails = nil
	l.fill()
	l.wantFound("marzipan", "new marzipan")
	l.wantFound("zeppelin", "young zeppelin")
	if n := l.candidates("quokka"); n != 0 {
		t.Errorf("the index has %d candidates for a word that was edited away", n)
	}
	if lag := l.worker.Lag(); lag != 0 {
		t.Errorf("lag = %v", lag)
	}
}

// Pages go on where the one before ended, newest first, each hit once, also while
// candidates are refused by their text.
func TestPagesAreCompleteAndWithoutRepeats(t *testing.T) {
	l := open(t)
	ctx := context.Background()
	customer := visitor()
	conv := l.begin(customer)
	l.fill()
	var want []string
	for i := range 57 {
		text := fmt.Sprintf("%d marzipan cake", i)
		if i%3 == 0 {
			text = fmt.Sprintf("%d cake of marzipan", i) // has both words and not the phrase
		} else {
			want = append([]string{text}, want...)
		}
		l.say(customer, conv, text)
	}
	l.d.Clock.Move(over)
	l.fill()
	for _, limit := range []int{1, 2, 7, 38, 100} {
		var got []string
		before, last := int64(0), int64(1<<62)
		for range 200 {
			page, err := l.searcher.Search(ctx, agent(), searching.Request{Text: `"marzipan cake"`, After: searching.Cursor{Before: before}, Limit: limit})
			if err != nil || len(page.Hits) > limit {
				t.Fatalf("limit %d: %d hits, err = %v", limit, len(page.Hits), err)
			}
			for _, h := range page.Hits {
				if h.Entry.Pos >= last {
					t.Errorf("limit %d: position %d after %d", limit, h.Entry.Pos, last)
				}
				last = h.Entry.Pos
				got = append(got, h.Entry.Content.Text)
			}
			if before = page.Next.Before; before == 0 {
				break
			}
		}
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("limit %d: %d hits, want %d", limit, len(got), len(want))
		}
	}
	for _, limit := range []int{0, -3, 100_000} {
		if page, err := l.searcher.Search(ctx, agent(), searching.Request{Text: "marzipan", Limit: limit}); err != nil || len(page.Hits) == 0 || len(page.Hits) > conversation.MaxPage {
			t.Errorf("limit %d: %d hits, err = %v", limit, len(page.Hits), err)
		}
	}
}

func TestWhoMaySearch(t *testing.T) {
	l := open(t)
	customer := visitor()
	conv := l.begin(customer)
	l.say(customer, conv, "quokka")
	l.d.Clock.Move(over)
	l.fill()
	staff := func(role identity.Role) identity.Principal {
		return identity.Principal{Kind: identity.Staff, ID: id.New(), Role: role, Session: id.New()}
	}
	for name, c := range map[string]struct {
		who  identity.Principal
		want fault.Code
	}{
		"nobody":       {identity.Principal{}, fault.Forbidden},
		"its visitor":  {customer, fault.Forbidden},
		"its customer": {identity.Principal{Kind: identity.Customer, ID: customer.ID}, fault.Forbidden},
		"an admin":     {staff(identity.Admin), fault.Forbidden},
		"an auditor":   {staff(identity.Auditor), fault.Forbidden},
		"no role":      {staff(""), fault.Forbidden},
		"a part":       {identity.SystemPart("indexer"), fault.Forbidden},
		"an agent":     {staff(identity.Agent), ""},
		"a supervisor": {staff(identity.Supervisor), ""},
		"the owner":    {staff(identity.Owner), ""},
	} {
		page, err := l.searcher.Search(context.Background(), c.who, searching.Request{Text: "quokka", Limit: 10})
		if fault.CodeOf(err) != c.want || (len(page.Hits) == 1) != (c.want == "") {
			t.Errorf("%s: %d hits, err = %v, want %q", name, len(page.Hits), err, c.want)
		}
	}
	for _, query := range []string{"", "   ", "退", "!?", strings.Repeat("x", 201)} {
		if _, err := l.searcher.Search(context.Background(), agent(), searching.Request{Text: query, Limit: 10}); !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != "query" {
			t.Errorf("%q: err = %v", query, err)
		}
	}
}

// Run ends when it is told to, also while the index fails.
func TestRunEnds(t *testing.T) {
	for _, fails := range []error{nil, errors.New("the disk is full")} {
		l := open(t)
		l.index.fails = fails
		customer := visitor()
		l.say(customer, l.begin(customer), "quokka")
		l.d.Clock.Move(over)
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- l.worker.Run(ctx) }()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
	}
}
