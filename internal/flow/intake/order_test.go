package intake_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/ratelimit"
)

// Each sender's messages are stored in the order in which they were sent, however
// many send at once, into one conversation and into others.
func TestOrderIsKeptUnderConcurrency(t *testing.T) {
	const devices, each = 4, 60
	h := open(t)
	ctx := context.Background()
	customer, mei := visitor(), agent()
	convs := []string{h.begin(customer), h.begin(customer)}
	var all sync.WaitGroup
	var answers sync.WaitGroup
	for device := range devices {
		all.Go(func() {
			p := customer
			if device%2 == 1 {
				p = mei
			}
			for i := range each {
				for _, conv := range convs {
					answers.Add(1)
					m := intake.Message{ConversationID: conv, ClientID: fmt.Sprintf("%d-%d", device, i), Text: fmt.Sprintf("%c %c", 'a'+device, '一'+i)}
					if err := h.door.Send(ctx, p, m, func(s intake.Said) {
						if s.Err != nil {
							t.Error(s.Err)
						}
						answers.Done()
					}); err != nil {
						t.Error(err)
						answers.Done()
					}
				}
			}
		})
	}
	all.Wait()
	answers.Wait()
	for _, conv := range convs {
		next := map[string]int{}
		var entries []conversation.Entry
		for {
			page, more, err := h.p.Entries(ctx, mei, conv, conversation.EntryRange{After: int64(len(entries))})
			if err != nil {
				t.Fatal(err)
			}
			if entries = append(entries, page...); !more {
				break
			}
		}
		for i, e := range entries {
			device, number, _ := strings.Cut(e.ClientID, "-")
			if e.Seq != int64(i+1) || number != fmt.Sprint(next[device]) {
				t.Fatalf("entry %d is number %d, message %s after %d of its device", i, e.Seq, e.ClientID, next[device])
			}
			next[device]++
		}
		if len(entries) != devices*each {
			t.Errorf("%d entries, want %d", len(entries), devices*each)
		}
	}
}

// Of two halves that are sent without waiting for an answer, in one conversation
// and from two devices, nothing is left either.
func TestASecretIsFoundInAPipeline(t *testing.T) {
	h := open(t)
	customer := visitor()
	conv := h.begin(customer)
	answers := make(chan intake.Said, 100)
	parts := []string{"4111", "1111", "1111", "1111"}
	for round := range 5 {
		for i, part := range parts {
			m := intake.Message{ConversationID: conv, ClientID: fmt.Sprintf("%d-%d", round, i), Text: part}
			if err := h.door.Send(context.Background(), customer, m, func(s intake.Said) { answers <- s }); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 5 * len(parts) {
		if said := <-answers; said.Err != nil {
			t.Fatal(said.Err)
		}
	}
	h.wantNoCard(conv)
}

type observer struct {
	mu      sync.Mutex
	found   []string
	limited []string
	stopped []string
}

func (o *observer) GuardFound(class string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.found = append(o.found, class)
}

func (o *observer) Stopped(class string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stopped = append(o.stopped, class)
}

func (o *observer) Limited(limit string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.limited = append(o.limited, limit)
}

func TestLimitsOfOneSender(t *testing.T) {
	h := open(t)
	conv := h.begin(visitor())
	seen := &observer{}
	h.observed = seen
	h.p.Stop()
	h.start(intake.Limits{
		Visitor: ratelimit.Limit{Burst: 2, Per: 10 * time.Second}, Customer: ratelimit.Limit{Burst: 4, Per: 10 * time.Second},
		Staff: ratelimit.Limit{Burst: 6, Per: 10 * time.Second}, VisitorStarts: ratelimit.Limit{Burst: 1, Per: time.Hour},
		CustomerStarts: ratelimit.Limit{Burst: 2, Per: time.Hour}, Senders: 100,
	})
	ctx := context.Background()
	signedIn := identity.Principal{Kind: identity.Customer, ID: id.New()}
	cases := []struct {
		who   identity.Principal
		burst int
		wait  time.Duration
		name  string
	}{
		{visitor(), 2, 5 * time.Second, "visitor_messages"},
		{signedIn, 4, 2500 * time.Millisecond, "customer_messages"},
		{agent(), 6, 10 * time.Second / 6, "staff_messages"},
	}
	for _, c := range cases {
		var limited *intake.LimitedError
		ways := []func() error{
			func() error { return h.send(c.who, intake.Message{ConversationID: conv, Text: "x"}).Err },
			func() error { return h.do(c.who, conv, conversation.AskPerson, conversation.Content{}) },
			func() error { return h.door.Draft(ctx, c.who, conv, conversation.Draft{Text: "x"}) },
		}
		for i := range c.burst {
			if err := ways[i%len(ways)](); fault.Is(err, fault.TooMany) {
				t.Errorf("%s: number %d is refused: %v", c.name, i+1, err)
			}
		}
		for i, way := range ways {
			err := way()
			if !errors.As(err, &limited) || !fault.Is(err, fault.TooMany) || limited.RetryAfter <= 0 || (limited.RetryAfter-c.wait).Abs() > time.Millisecond {
				t.Errorf("%s, way %d: err = %v after %+v, want to wait %v", c.name, i, err, limited, c.wait)
			}
		}
		if n := len(seen.limited); n < 3 || seen.limited[n-1] != c.name {
			t.Errorf("observed %q, want %q", seen.limited, c.name)
		}
		h.d.Clock.Move(c.wait)
		if err := ways[0](); fault.Is(err, fault.TooMany) {
			t.Errorf("%s: after the wait: %v", c.name, err)
		}
	}
	for who, starts := range map[*identity.Principal]int{{Kind: identity.Visitor, ID: id.New()}: 1, {Kind: identity.Customer, ID: id.New()}: 2} {
		for i := range starts + 1 {
			_, err := h.door.Start(ctx, *who, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat"})
			if fault.Is(err, fault.TooMany) != (i == starts) {
				t.Errorf("%s: start %d: %v", who.Kind, i+1, err)
			}
		}
	}
}

// What waits for nobody is not made to wait: parts of Kefu have no limit, and one
// sender's limit is no other's.
func TestOneSendersLimitIsNobodyElses(t *testing.T) {
	h := open(t)
	h.p.Stop()
	limits := wide()
	limits.Visitor = ratelimit.Limit{Burst: 1, Per: time.Hour}
	h.start(limits)
	one, two := visitor(), visitor()
	first, second := h.begin(one), h.begin(two)
	h.say(one, first, "a")
	h.say(two, second, "a")
	if said := h.send(one, intake.Message{ConversationID: first, Text: "b"}); !fault.Is(said.Err, fault.TooMany) {
		t.Errorf("answered %+v", said)
	}
	for range 3 {
		if err := h.do(identity.SystemPart("snooze"), first, conversation.Wake, conversation.Content{}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatIsRefusedAtTheDoor(t *testing.T) {
	h := open(t)
	customer := visitor()
	conv := h.begin(customer)
	h.say(customer, conv, "hello")
	file := conversation.Attachment{ID: id.New(), Name: "a.txt", Type: "text/plain", Size: 1}
	if err := h.p.AddAttachment(context.Background(), customer, conversation.StoredAttachment{Attachment: file}); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		who  identity.Principal
		m    intake.Message
		want fault.Code
	}{
		"nobody":                {identity.Principal{}, intake.Message{ConversationID: conv, Text: "x"}, fault.NotFound},
		"a stranger":            {visitor(), intake.Message{ConversationID: conv, Text: "x"}, fault.NotFound},
		"a stranger with an id": {visitor(), intake.Message{ConversationID: conv, ClientID: h.log(conv)[0].ClientID, Text: "hello"}, fault.NotFound},
		"no conversation":       {customer, intake.Message{ConversationID: id.New(), Text: "x"}, fault.NotFound},
		"no id":                 {customer, intake.Message{ConversationID: strings.Repeat("x", 1000), Text: "x"}, fault.NotFound},
		"a customer's note":     {customer, intake.Message{ConversationID: conv, Text: "x", Note: true}, fault.Forbidden},
		"no words":              {customer, intake.Message{ConversationID: conv}, fault.Invalid},
		"too many words":        {customer, intake.Message{ConversationID: conv, Text: strings.Repeat("x", conversation.MaxTextChars+1)}, fault.Invalid},
		"broken words":          {customer, intake.Message{ConversationID: conv, Text: "a\xff"}, fault.Invalid},
		"a bad message id":      {customer, intake.Message{ConversationID: conv, ClientID: "a\x00b", Text: "x"}, fault.Invalid},
		"somebody else's file":  {customer, intake.Message{ConversationID: conv, AttachmentIDs: []string{id.New()}}, fault.NotFound},
		"too many files":        {customer, intake.Message{ConversationID: conv, AttachmentIDs: make([]string, conversation.MaxAttachments+1)}, fault.Invalid},
		"a file twice":          {customer, intake.Message{ConversationID: conv, AttachmentIDs: []string{file.ID, file.ID}}, fault.Invalid},
		"an admin":              {identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Admin}, intake.Message{ConversationID: conv, Text: "x"}, fault.NotFound},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { wantCode(t, h.send(c.who, c.m).Err, c.want) })
	}
	for kind, want := range map[conversation.CommandKind]fault.Code{
		conversation.Send: fault.Invalid, conversation.Note: fault.Invalid, conversation.MergeInto: fault.Invalid,
		conversation.TakeIn: fault.Invalid, conversation.Identify: fault.Invalid,
	} {
		wantCode(t, h.do(agent(), conv, kind, conversation.Content{Text: "x", Into: id.New()}), want)
	}
	wantCode(t, h.do(agent(), "x", conversation.Edit, conversation.Content{Of: 1, Text: "x"}), fault.NotFound)
	wantCode(t, h.door.Draft(context.Background(), customer, conv, conversation.Draft{Text: "x"}), fault.Forbidden)
	wantCode(t, h.door.Draft(context.Background(), agent(), conv, conversation.Draft{Text: strings.Repeat("x", conversation.MaxTextChars+1)}), fault.Invalid)
	if got := h.texts(conv); len(got) != 1 {
		t.Errorf("stored are %q", got)
	}
}

// An operator may allow fewer files than the protocol does, and never more.
func TestFewerFilesMayBeAllowed(t *testing.T) {
	h := open(t)
	found, err := detector()
	if err != nil {
		t.Fatal(err)
	}
	customer := visitor()
	conv := h.begin(customer)
	for _, c := range []struct {
		allowed, sent int
		want          fault.Code
	}{
		{2, 2, fault.NotFound}, {2, 3, fault.Invalid}, // there are no such files: those that may be are looked for
		{100, conversation.MaxAttachments, fault.NotFound}, {100, conversation.MaxAttachments + 1, fault.Invalid},
	} {
		limits := intake.LimitsOf(config.Default().Limits, config.Default().Attachments)
		limits.Files = c.allowed
		door := intake.New(h.p, found, limits, h.d.Clock.Now, nil)
		ids := make([]string, c.sent)
		for i := range ids {
			ids[i] = id.New()
		}
		err := door.Send(context.Background(), customer, intake.Message{ConversationID: conv, ClientID: id.New(), AttachmentIDs: ids}, func(intake.Said) {})
		wantCode(t, err, c.want)
	}
}

// However many conversations there are, a bounded number is remembered, and what
// is forgotten of one that goes on is read back.
func TestTooManyConversationsLoseNoSecret(t *testing.T) {
	const limit = 8
	h := open(t)
	h.d.Clock.Move(time.Hour) // long after the start
	h.door.LimitTalks(limit)
	customer := visitor()
	conv := h.begin(customer)
	h.say(customer, conv, "4111 1111")
	for range 3 * limit {
		other := visitor()
		h.say(other, h.begin(other), "hello")
		if n := h.door.Talks(); n > limit {
			t.Fatalf("%d conversations are remembered", n)
		}
	}
	h.say(customer, conv, "1111 1111")
	h.wantNoCard(conv)
}

// Only what was used longest ago is forgotten, so that a crowd does not make
// everybody's conversation be read back.
func TestTheConversationUsedLongestAgoIsForgotten(t *testing.T) {
	const limit = 4
	h := open(t)
	h.d.Clock.Move(time.Hour)
	h.door.LimitTalks(limit)
	p := visitor()
	var talks []string
	for range limit {
		talks = append(talks, h.begin(p))
		h.say(p, talks[len(talks)-1], "hello")
		h.d.Clock.Move(time.Second)
	}
	h.say(p, talks[0], "still here")
	h.say(p, h.begin(p), "hello")
	for i, conv := range talks {
		if want := i != 1; h.door.Remembers(conv) != want {
			t.Errorf("conversation %d is remembered: %t, want %t", i, !want, want)
		}
	}
}

// Long messages are forgotten sooner than short ones would be.
func TestTheMemoryOfConversationsIsBounded(t *testing.T) {
	const most, conversations = 100_000, 20
	h := open(t)
	h.d.Clock.Move(time.Hour)
	h.door.LimitTalkBytes(most)
	p := visitor()
	first := h.begin(p)
	h.say(p, first, "4111 1111")
	for range conversations {
		h.say(p, h.begin(p), strings.Repeat("hello ", conversation.MaxTextChars/6))
	}
	if n := h.door.Talks(); n > conversations || h.door.Remembers(first) {
		t.Errorf("%d conversations are remembered", n)
	}
	h.say(p, first, "1111 1111")
	h.wantNoCard(first)
}

// Two devices that write at once after a start: the second may be the first to
// have the conversation, and must know what was said before.
func TestWhoeverComesFirstReadsBackWhatWasSaid(t *testing.T) {
	h := open(t)
	customer := visitor()
	conv := h.begin(customer)
	h.say(customer, conv, "4111 1111")
	h.restart()
	h.door.Meet(conv)
	h.say(customer, conv, "1111 1111")
	h.wantNoCard(conv)
}

// Idle conversations are forgotten by themselves.
func TestIdleConversationsAreForgotten(t *testing.T) {
	h := open(t)
	for range 5 {
		p := visitor()
		h.say(p, h.begin(p), "hello")
	}
	h.d.Clock.Move(11 * time.Minute)
	p := visitor()
	h.say(p, h.begin(p), "hello")
	if n := h.door.Talks(); n != 1 {
		t.Errorf("%d conversations are remembered", n)
	}
}

// A store that closes answers everybody, and the door holds nothing open.
func TestAClosingStoreIsAnAnswer(t *testing.T) {
	h := open(t)
	customer := visitor()
	conv := h.begin(customer)
	h.say(customer, conv, "hello")
	h.p.Stop()
	wantCode(t, h.send(customer, intake.Message{ConversationID: conv, Text: "x"}).Err, fault.Unavailable)
	wantCode(t, h.do(customer, conv, conversation.Edit, conversation.Content{Of: 1, Text: "x"}), fault.Unavailable)
}
