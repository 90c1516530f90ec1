package intake_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	people "kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/job"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
)

func TestTheGuardSeesEverythingPeopleWrite(t *testing.T) {
	h := open(t)
	ctx := context.Background()
	customer, mei := visitor(), agent()
	state, err := h.door.Start(ctx, customer, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat", Topic: "card " + card, Language: "en-x-4111-1111-1111-1111"})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(state.Topic, "4111") || state.Language != "" {
		t.Errorf("topic %q, language %q", state.Topic, state.Language)
	}
	conv := state.ID
	said := h.say(customer, conv, "it is "+card)
	if !slices.Equal(said.Classes, []string{"pan"}) || strings.Contains(said.Text, "4111") || !strings.HasPrefix(said.Text, "it is ") {
		t.Errorf("the sender is told %+v", said)
	}
	if note := h.send(mei, intake.Message{ConversationID: conv, Text: "they gave " + card, Note: true}); note.Err != nil || len(note.Classes) == 0 {
		t.Errorf("the note is answered %+v", note)
	}
	h.d.Clock.Move(2 * intake.WindowAge)
	for kind, content := range map[conversation.CommandKind]conversation.Content{
		conversation.SetStatus: {Status: conversation.Resolved, WrapUp: "paid with " + card},
		conversation.SetTopic:  {Topic: card},
		conversation.SetTags:   {Tags: []string{card, "vip"}},
		conversation.Edit:      {Of: 1, Text: "no, " + card},
		conversation.Redact:    {Of: 1, Reason: card},
	} {
		who := mei
		if kind == conversation.Edit {
			who = customer
		}
		if kind == conversation.Redact {
			continue // once the edit is done: see below
		}
		if err := h.do(who, conv, kind, content); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if err := h.do(mei, conv, conversation.Redact, conversation.Content{Of: 1, Reason: card}); err != nil {
		t.Error(err)
	}
	if err := h.door.Draft(ctx, mei, conv, conversation.Draft{Text: "shall I type " + card + "?", Note: true}); err != nil {
		t.Fatal(err)
	}
	draft, err := h.p.Draft(ctx, mei, conv)
	if err != nil || strings.Contains(draft.Text, "4111") || !strings.HasPrefix(draft.Text, "shall I type") || !draft.Note {
		t.Errorf("draft %+v, err = %v", draft, err)
	}
	if err := h.door.Handle(ctx, mei, customer.ID, people.Handle{Kind: people.Phone, Value: card, Evidence: people.Claimed}); fault.FieldOf(err) != "value" {
		t.Errorf("a card as a phone number: %v", err)
	}
	for kind, value := range map[string]string{people.Phone: "+86 138 0013 8000", people.Email: "mei.lin@example.org"} {
		if err := h.door.Handle(ctx, mei, customer.ID, people.Handle{Kind: kind, Value: value, Evidence: people.Claimed}); err != nil {
			t.Errorf("%s: %v", value, err)
		}
	}
	if name := h.door.Name(card + ".png"); strings.Contains(name, "4111") {
		t.Errorf("name %q", name)
	}
	state, err = h.p.Conversation(ctx, mei, conv)
	if err != nil || strings.Contains(state.Topic, "4111") || strings.Contains(strings.Join(state.Tags, " "), "4111") || !slices.Contains(state.Tags, "vip") {
		t.Errorf("topic %q, tags %q, err = %v", state.Topic, state.Tags, err)
	}
	for _, e := range h.log(conv) {
		all := e.Content.Text + e.Content.WrapUp + e.Content.Topic + e.Content.Reason + strings.Join(e.Content.Tags, " ")
		if strings.Contains(all, "4111") {
			t.Errorf("the entry %s holds %q", e.Kind, all)
		}
	}
}

// The caller's own list of tags must not change under it.
func TestTagsOfTheCallerStayAsTheyAre(t *testing.T) {
	h := open(t)
	conv := h.begin(visitor())
	tags := []string{"vip " + card}
	if err := h.do(agent(), conv, conversation.SetTags, conversation.Content{Tags: tags}); err != nil {
		t.Fatal(err)
	}
	if tags[0] != "vip "+card {
		t.Errorf("the caller's tags are %q", tags)
	}
}

func TestASecretOverSeveralMessagesIsRetracted(t *testing.T) {
	for name, parts := range map[string][]string{
		"two":   {"my card is 4111 1111", "1111 1111"},
		"three": {"4111", "1111 1111", "1111 thanks"},
		"four":  {"4111", "1111", "1111", "1111"},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			customer := visitor()
			conv := h.begin(customer)
			for _, part := range parts[:len(parts)-1] {
				if said := h.say(customer, conv, part); len(said.Classes) > 0 {
					t.Errorf("%q alone is answered %+v", part, said)
				}
				h.d.Clock.Move(time.Second)
			}
			last := h.say(customer, conv, parts[len(parts)-1])
			if !slices.Contains(last.Classes, "pan") {
				t.Errorf("the last part is answered %+v", last)
			}
			h.wantNoCard(conv)
			want := make([]int64, len(parts)-1)
			for i := range want {
				want[i] = int64(i + 1)
			}
			if got := h.retracted(conv); !slices.Equal(got, want) {
				t.Errorf("retracted are %v, want %v", got, want)
			}
			h.wantKeysDestroyed(len(parts) - 1)
		})
	}
}

// wantKeysDestroyed looks for jobs that destroy the keys of so many texts.
func (h *house) wantKeysDestroyed(least int) {
	h.t.Helper()
	jobs, err := h.p.ClaimJobs(context.Background(), 10, 1_000_000)
	if err != nil {
		h.t.Fatal(err)
	}
	refs := 0
	for _, j := range jobs {
		if j.Kind == job.DestroyKeys {
			refs += len(j.Payload) / 8
		}
	}
	if refs < least {
		h.t.Errorf("jobs destroy %d keys, want at least %d", refs, least)
	}
}

func TestWhatStandsBetweenHidesNoSecret(t *testing.T) {
	parts := []string{"4111 1111", "1111 1111"}
	between := map[string]func(h *house, customer identity.Principal, conv string){
		"an agent's question": func(h *house, _ identity.Principal, conv string) { h.say(agent(), conv, "and the rest?") },
		"an agent who chatters": func(h *house, _ identity.Principal, conv string) {
			for range 2 * intake.WindowTurns {
				h.say(agent(), conv, "请稍等")
			}
		},
		"a note": func(h *house, _ identity.Principal, conv string) {
			h.send(agent(), intake.Message{ConversationID: conv, Text: "hm", Note: true})
		},
		"a request for a person": func(h *house, c identity.Principal, conv string) {
			if err := h.do(c, conv, conversation.AskPerson, conversation.Content{}); err != nil {
				h.t.Fatal(err)
			}
		},
		"a refused message": func(h *house, c identity.Principal, conv string) {
			if said := h.send(c, intake.Message{ConversationID: conv, Text: "1111 1111", ReplyTo: 99}); !fault.Is(said.Err, fault.Invalid) {
				h.t.Fatalf("answered %+v", said)
			}
		},
		"a stranger's messages": func(h *house, _ identity.Principal, conv string) {
			stranger := visitor()
			for range 2 * intake.WindowTurns {
				if said := h.send(stranger, intake.Message{ConversationID: conv, Text: "1111 1111"}); !fault.Is(said.Err, fault.NotFound) {
					h.t.Fatalf("answered %+v", said)
				}
			}
		},
		"fifty seconds": func(h *house, _ identity.Principal, _ string) { h.d.Clock.Move(50 * time.Second) },
		"a restart":     func(h *house, _ identity.Principal, _ string) { h.restart() },
		"a restart and a repeat of what was stored": func(h *house, c identity.Principal, conv string) {
			h.restart()
			first := h.log(conv)[0]
			if said := h.send(c, intake.Message{ConversationID: conv, ClientID: first.ClientID, Text: parts[0]}); !said.Duplicate || said.Seq != first.Seq {
				h.t.Fatalf("the repeat is answered %+v", said)
			}
		},
		"an edit of another message": func(h *house, c identity.Principal, conv string) {
			other := h.say(c, conv, "hello")
			if err := h.do(c, conv, conversation.Edit, conversation.Content{Of: other.Seq, Text: " "}); err != nil {
				h.t.Fatal(err)
			}
		},
	}
	for name, happens := range between {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			customer := visitor()
			conv := h.begin(customer)
			h.say(customer, conv, parts[0])
			happens(h, customer, conv)
			customer.Session = id.New() // another device
			h.say(customer, conv, parts[1])
			if got := h.retracted(conv); !slices.Contains(got, 1) {
				t.Errorf("retracted are %v", got)
			}
			h.wantNoCard(conv)
		})
	}
}

func TestHarmlessNeighboursStay(t *testing.T) {
	t.Run("two customers", func(t *testing.T) {
		h := open(t)
		one, two := visitor(), visitor()
		first, second := h.begin(one), h.begin(two)
		h.say(one, first, "4111 1111")
		h.say(two, second, "1111 1111")
		if h.digits(first) != "41111111" || h.digits(second) != "11111111" {
			t.Errorf("left are %q and %q", h.texts(first), h.texts(second))
		}
	})
	t.Run("the two sides", func(t *testing.T) {
		h := open(t)
		customer := visitor()
		conv := h.begin(customer)
		h.say(customer, conv, "4111 1111")
		h.say(agent(), conv, "1111 1111")
		if h.digits(conv) != "4111111111111111" {
			t.Errorf("left are %q", h.texts(conv))
		}
	})
	t.Run("after the window", func(t *testing.T) {
		h := open(t)
		customer := visitor()
		conv := h.begin(customer)
		h.say(customer, conv, "4111 1111")
		h.d.Clock.Move(intake.WindowAge + time.Second)
		h.say(customer, conv, "1111 1111")
		if h.digits(conv) != "4111111111111111" {
			t.Errorf("left are %q", h.texts(conv))
		}
	})
}

// A completed secret whose completion was not stored must be found when it is
// sent again: nothing was retracted the first time.
func TestARefusedCompletionIsFoundWhenItComesAgain(t *testing.T) {
	h := open(t)
	customer := visitor()
	conv := h.begin(customer)
	h.say(customer, conv, "4111 1111")
	if said := h.send(customer, intake.Message{ConversationID: conv, Text: "1111 1111", ReplyTo: 99}); !fault.Is(said.Err, fault.Invalid) {
		t.Fatalf("answered %+v", said)
	}
	if got := h.retracted(conv); len(got) > 0 {
		t.Fatalf("retracted are %v by a message that was refused", got)
	}
	h.say(customer, conv, "1111 1111")
	h.wantNoCard(conv)
}

// Nothing was retracted for a repeat, and its sender is told what is stored.
func TestARepeatIsAnsweredWithWhatIsStored(t *testing.T) {
	h := open(t)
	customer := visitor()
	conv := h.begin(customer)
	tail := h.send(customer, intake.Message{ConversationID: conv, ClientID: "tail", Text: "1111 1111"})
	h.say(customer, conv, "4111 1111")
	again := h.send(customer, intake.Message{ConversationID: conv, ClientID: "tail", Text: "1111 1111"})
	if !again.Duplicate || again.Seq != tail.Seq || again.At != tail.At || len(again.Classes) > 0 || again.Text != "" {
		t.Errorf("the repeat is answered %+v", again)
	}
	if got := h.texts(conv); !slices.Equal(got, []string{"1111 1111", "4111 1111"}) {
		t.Errorf("left are %q", got)
	}
	secret := h.send(customer, intake.Message{ConversationID: conv, ClientID: "whole", Text: "it is " + card})
	again = h.send(customer, intake.Message{ConversationID: conv, ClientID: "whole", Text: "something else"})
	if !again.Duplicate || again.Seq != secret.Seq || again.Text != secret.Text || !slices.Equal(again.Classes, secret.Classes) {
		t.Errorf("the repeat is answered %+v, the first was %+v", again, secret)
	}
	if got := h.texts(conv); len(got) != 3 {
		t.Errorf("stored are %q", got)
	}
}

// A repeat that is no more remembered may look like the end of a secret. It is
// stored already, so nothing is retracted for it, and nothing forgotten.
func TestALateRepeatChangesNothing(t *testing.T) {
	h := open(t)
	customer := visitor()
	conv := h.begin(customer)
	h.send(customer, intake.Message{ConversationID: conv, ClientID: "tail", Text: "1111 1111"})
	h.d.Clock.Move(11 * time.Minute)
	h.say(customer, conv, "4111 1111")
	again := h.send(customer, intake.Message{ConversationID: conv, ClientID: "tail", Text: "1111 1111"})
	if !again.Duplicate || again.Seq != 1 || len(again.Classes) > 0 || again.Text != "" {
		t.Errorf("the repeat is answered %+v", again)
	}
	if got := h.retracted(conv); len(got) != 0 {
		t.Errorf("retracted are %v", got)
	}
	h.say(customer, conv, "1111 1111")
	if got := h.retracted(conv); !slices.Contains(got, 2) {
		t.Errorf("retracted are %v", got)
	}
}

// However often a device sends a message again, it pushes nothing out of the window.
func TestRepeatsPushNothingOut(t *testing.T) {
	h := open(t)
	customer := visitor()
	conv := h.begin(customer)
	h.say(customer, conv, "4111 1111")
	for range 2 * intake.WindowTurns {
		if said := h.send(customer, intake.Message{ConversationID: conv, ClientID: "again", Text: " "}); said.Err != nil {
			t.Fatal(said.Err)
		}
	}
	h.say(customer, conv, "1111 1111")
	h.wantNoCard(conv)
}

// holding is the real store, which keeps one change back and refuses it later.
type holding struct {
	*storage.Store
	text string
	held *conversation.Change
}

func (s *holding) Submit(ctx context.Context, c *conversation.Change) error {
	if s.held == nil && s.text != "" {
		s.held = c
		return nil
	}
	return s.Store.Submit(ctx, c)
}

// The first attempt to store the end of a secret has no answer yet when the second
// comes; then the first is refused. The second must have retracted what the first
// would have.
func TestASecondAttemptDoesTheWorkOfTheFirst(t *testing.T) {
	h := open(t)
	store := &holding{Store: h.p.Store}
	found, err := detector()
	if err != nil {
		t.Fatal(err)
	}
	h.door = intake.New(store, found, wide(), h.d.Clock.Now, nil)
	customer := visitor()
	conv := h.begin(customer)
	h.say(customer, conv, "4111 1111")
	store.text = "hold"
	m := intake.Message{ConversationID: conv, ClientID: "tail", Text: "1111 1111"}
	first := make(chan intake.Said, 1)
	if err := h.door.Send(t.Context(), customer, m, func(s intake.Said) { first <- s }); err != nil {
		t.Fatal(err)
	}
	if second := h.send(customer, m); second.Err != nil || second.Duplicate {
		t.Fatalf("the second attempt is answered %+v", second)
	}
	store.held.Done(conversation.Result{Err: fault.New(fault.Unavailable, "test", "the disk is full")})
	if said := <-first; !fault.Is(said.Err, fault.Unavailable) {
		t.Errorf("the first is answered %+v", said)
	}
	h.wantNoCard(conv)
	h.say(customer, conv, "hello")
	h.wantNoCard(conv)
}

// A device that lost its connection sends everything again, in order, and goes on.
func TestASecretIsFoundAcrossRepeats(t *testing.T) {
	h := open(t)
	customer := visitor()
	conv := h.begin(customer)
	parts := []string{"4111", "1111 1111"}
	for round := range 2 {
		for i, part := range parts {
			said := h.send(customer, intake.Message{ConversationID: conv, ClientID: string(rune('a' + i)), Text: part})
			if said.Err != nil || said.Duplicate != (round == 1) || said.Seq != int64(i+1) {
				t.Fatalf("round %d: %+v", round, said)
			}
		}
	}
	h.say(customer, conv, "1111")
	h.wantNoCard(conv)
	if got := h.retracted(conv); !slices.Equal(got, []int64{1, 2}) {
		t.Errorf("retracted are %v", got)
	}
}

func TestAQuestionGivesFiguresAMeaning(t *testing.T) {
	ask := "Please tell me the security code (CVV) on the back of your card."
	cases := map[string]struct {
		before func(h *house, conv string)
		secret bool
	}{
		"nobody asked":   {func(*house, string) {}, false},
		"an agent asked": {func(h *house, conv string) { h.say(agent(), conv, ask) }, true},
		"asked, and noted after": {func(h *house, conv string) {
			mei := agent()
			h.say(mei, conv, ask)
			h.send(mei, intake.Message{ConversationID: conv, Text: "sounds upset", Note: true})
		}, true},
		"only a note asks": {func(h *house, conv string) {
			h.send(agent(), intake.Message{ConversationID: conv, Text: ask, Note: true})
		}, false},
		"asked five minutes ago": {func(h *house, conv string) {
			h.say(agent(), conv, ask)
			h.d.Clock.Move(5 * time.Minute)
		}, true},
		"asked five minutes ago, before a restart": {func(h *house, conv string) {
			h.say(agent(), conv, ask)
			h.d.Clock.Move(3 * time.Minute)
			h.restart()
			h.d.Clock.Move(2 * time.Minute)
		}, true},
		"asked long ago": {func(h *house, conv string) {
			h.say(agent(), conv, ask)
			h.d.Clock.Move(11 * time.Minute)
		}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			customer := visitor()
			conv := h.begin(customer)
			c.before(h, conv)
			said := h.say(customer, conv, "737")
			if (len(said.Classes) > 0) != c.secret {
				t.Errorf("the answer is %+v", said)
			}
			if got := h.texts(conv); strings.Contains(got[len(got)-1], "737") == c.secret {
				t.Errorf("stored are %q", got)
			}
		})
	}
}

func TestASecretSpreadOverEdits(t *testing.T) {
	for name, texts := range map[string][2]string{
		"the later completes the earlier": {"4111 1111", "1111 1111"},
		"each alone is enough":            {card, card},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			customer := visitor()
			conv := h.begin(customer)
			h.say(customer, conv, "one")
			h.say(customer, conv, "two")
			for i, text := range texts {
				if err := h.do(customer, conv, conversation.Edit, conversation.Content{Of: int64(i + 1), Text: text}); err != nil {
					t.Fatal(err)
				}
			}
			h.wantNoCard(conv)
		})
	}
	t.Run("the earlier completes the later", func(t *testing.T) {
		h := open(t)
		customer := visitor()
		conv := h.begin(customer)
		h.say(customer, conv, "one")
		h.say(customer, conv, "1111 1111")
		if err := h.do(customer, conv, conversation.Edit, conversation.Content{Of: 1, Text: "4111 1111"}); err != nil {
			t.Fatal(err)
		}
		h.wantNoCard(conv)
	})
	t.Run("an edit of an old message, then a new one", func(t *testing.T) {
		h := open(t)
		customer := visitor()
		conv := h.begin(customer)
		h.say(customer, conv, "one")
		h.d.Clock.Move(time.Hour)
		if err := h.do(customer, conv, conversation.Edit, conversation.Content{Of: 1, Text: "4111 1111"}); err != nil {
			t.Fatal(err)
		}
		h.say(customer, conv, "1111 1111")
		h.wantNoCard(conv)
	})
	t.Run("a stranger's edit changes nothing that is remembered", func(t *testing.T) {
		h := open(t)
		customer := visitor()
		conv := h.begin(customer)
		h.say(customer, conv, "4111 1111")
		wantCode(t, h.do(visitor(), conv, conversation.Edit, conversation.Content{Of: 1, Text: "nothing"}), fault.NotFound)
		wantCode(t, h.do(agent(), conv, conversation.Edit, conversation.Content{Of: 1, Text: "nothing"}), fault.Forbidden)
		h.say(customer, conv, "1111 1111")
		h.wantNoCard(conv)
	})
}

// What somebody had removed must not come back by a retraction.
func TestARetractionBringsNothingBack(t *testing.T) {
	for name, between := range map[string]func(h *house){
		"at once":         func(*house) {},
		"after a restart": func(h *house) { h.restart() },
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			customer := visitor()
			conv := h.begin(customer)
			h.say(customer, conv, "my shame and 4111 1111")
			if err := h.do(customer, conv, conversation.Redact, conversation.Content{Of: 1}); err != nil {
				t.Fatal(err)
			}
			between(h)
			h.say(customer, conv, "1111 1111")
			for _, e := range h.log(conv) {
				if strings.Contains(e.Content.Text, "shame") {
					t.Errorf("the entry %s says %q", e.Kind, e.Content.Text)
				}
			}
		})
	}
}

// What was just retracted from a message is no more there when a version of
// another one is looked at.
func TestAVersionIsReadWithWhatIsLeft(t *testing.T) {
	h := open(t)
	customer := visitor()
	conv := h.begin(customer)
	h.say(customer, conv, "4111 1111")
	h.say(customer, conv, "422222221111")
	if err := h.do(customer, conv, conversation.Edit, conversation.Content{Of: 1, Text: "hello"}); err != nil {
		t.Fatal(err)
	}
	h.say(customer, conv, "1111, cvv")
	if got := h.texts(conv)[1]; got != "‹pan ••••1111›" {
		t.Errorf("what is left of the number is %q", got)
	}
}

// What a message said before it was edited can still be read by staff, so it
// counts as said: a version that begins a secret goes, and its message stays.
func TestAVersionThatBeginsASecretIsRetracted(t *testing.T) {
	h := open(t)
	customer := visitor()
	conv := h.begin(customer)
	h.say(customer, conv, "4111 1111")
	if err := h.do(customer, conv, conversation.Edit, conversation.Content{Of: 1, Text: "hello"}); err != nil {
		t.Fatal(err)
	}
	versions := func() []conversation.Content {
		t.Helper()
		all, err := h.p.Versions(context.Background(), agent(), conv, 1)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if kept := versions(); len(kept) != 1 || kept[0].Text != "4111 1111" {
		t.Fatalf("the history of an edit is %+v", kept)
	}
	h.say(customer, conv, "1111 1111")
	h.wantNoCard(conv)
	if kept := versions(); len(kept) != 0 {
		t.Errorf("the version is still there: %+v", kept)
	}
	log := h.log(conv)
	if log[0].Content.Text != "hello" {
		t.Errorf("the message says %q", log[0].Content.Text)
	}
	if said := log[2].Content; strings.Contains(said.Text, "1111 1111") {
		t.Errorf("the other half is stored: %q", said.Text)
	}
}
