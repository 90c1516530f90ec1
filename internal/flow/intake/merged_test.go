package intake_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
)

// Who sends a file while the conversation is being joined with another one is told
// to send it there, and there it must be taken.
func TestAFileFollowsItsMessageIntoAMergedConversation(t *testing.T) {
	h := open(t)
	ctx := context.Background()
	p, mei := visitor(), agent()
	first, second, third, other := h.begin(p), h.begin(p), h.begin(p), h.begin(p)
	file := conversation.Attachment{ID: id.New(), Name: "a.txt", Type: "text/plain", Size: 1}
	if err := h.p.AddAttachment(ctx, p, conversation.StoredAttachment{Attachment: file}); err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2]string{{first, second}, {second, third}} {
		if err := h.p.Merge(ctx, mei, pair[0], pair[1]); err != nil {
			t.Fatal(err)
		}
	}
	m := intake.Message{ConversationID: first, ClientID: id.New(), AttachmentIDs: []string{file.ID}}
	for _, into := range []string{second, third} {
		var merged *conversation.MergedError
		if said := h.send(p, m); !errors.As(said.Err, &merged) || merged.Into != into {
			t.Fatalf("answered %v, want merged into %s", said.Err, into)
		}
		m.ConversationID = into
	}
	if said := h.send(p, m); said.Err != nil {
		t.Fatal(said.Err)
	}
	if log := h.log(third); len(log[len(log)-1].Content.Attachments) != 1 {
		t.Errorf("the message has no file: %+v", log[len(log)-1])
	}
	m.ConversationID, m.ClientID = other, id.New()
	wantCode(t, h.send(p, m).Err, fault.NotFound)
}

// A secret that was begun before conversations were joined is found when it is ended
// after that, also by way of a third one, and when it begins in a topic.
func TestASecretIsFoundAcrossAMerge(t *testing.T) {
	for name, between := range map[string]func(h *house){
		"at once":         func(*house) {},
		"after a restart": func(h *house) { h.restart() },
	} {
		for begins, begin := range map[string]func(h *house, p identity.Principal) string{
			"in a message": func(h *house, p identity.Principal) string {
				conv := h.begin(p)
				h.say(p, conv, "my card is 4111 1111")
				return conv
			},
			"in the topic": func(h *house, p identity.Principal) string { return h.beginAbout(p, "my card is 4111 1111") },
		} {
			for way, chain := range map[string]int{"": 1, ", by way of others": 3} {
				t.Run(begins+", "+name+way, func(t *testing.T) {
					h := open(t)
					customer := visitor()
					from := begin(h, customer)
					at, into := from, ""
					for range chain {
						into = h.begin(customer)
						h.say(customer, into, "hello")
						if err := h.door.Merge(context.Background(), agent(), at, into); err != nil {
							t.Fatal(err)
						}
						at = into
					}
					between(h)
					h.say(customer, into, "1111 1111")
					h.wantNoCard(into)
					h.wantNoCard(from)
					if left := h.topic(from) + strings.Join(h.texts(from), ""); !strings.HasPrefix(left, "my card is ‹pan") || strings.Contains(left, "4111") || h.texts(into)[0] != "hello" {
						t.Errorf("left are %q and %q", left, h.texts(into))
					}
				})
			}
		}
	}
}

// joinedByTopic gives a conversation that began with half a card number and the one
// it goes on in, of which the guard has heard a word.
func (h *house) joinedByTopic(customer identity.Principal) (from, into string) {
	h.t.Helper()
	from, into = h.beginAbout(customer, "my card is 4111 1111"), h.begin(customer)
	if err := h.door.Merge(context.Background(), agent(), from, into); err != nil {
		h.t.Fatal(err)
	}
	h.say(customer, into, "hello")
	return from, into
}

// A topic that an agent has set where the conversation goes on is no topic of the
// one that was joined, which is read on.
func TestAnAgentsTopicLeavesThatOfAJoinedOne(t *testing.T) {
	h := open(t)
	customer := visitor()
	from, into := h.joinedByTopic(customer)
	if err := h.do(agent(), into, conversation.SetTopic, conversation.Content{Topic: "a card"}); err != nil {
		t.Fatal(err)
	}
	h.say(customer, into, "1111 1111")
	h.wantNoCard(into)
	if got := h.topic(from); strings.Contains(got, "4111") || h.topic(into) != "a card" {
		t.Errorf("the topics are %q and %q", got, h.topic(into))
	}
}

// What goes its own way again is let alone by what is said in the other.
func TestAnUnmergedConversationIsLetAlone(t *testing.T) {
	h := open(t)
	customer := visitor()
	from, into := h.joinedByTopic(customer)
	if err := h.door.Unmerge(context.Background(), agent(), from); err != nil {
		t.Fatal(err)
	}
	if err := h.do(agent(), from, conversation.SetTopic, conversation.Content{Topic: "a card"}); err != nil {
		t.Fatal(err)
	}
	h.say(customer, into, "1111 1111")
	if got := h.topic(from); got != "a card" {
		t.Errorf("the topic is %q", got)
	}
	wantCode(t, h.door.Unmerge(context.Background(), agent(), from), fault.Conflict)
	wantCode(t, h.door.Unmerge(context.Background(), agent(), "nowhere"), fault.NotFound)
}

// joining is a store in which something happens after a merge was committed and
// before its answer, which may get lost.
type joining struct {
	*storage.Store
	joined func() error
}

func (j joining) Merge(ctx context.Context, p identity.Principal, from, into string) error {
	if err := j.Store.Merge(ctx, p, from, into); err != nil {
		return err
	}
	return j.joined()
}

func (h *house) joins(t *testing.T, joined func() error) {
	t.Helper()
	found, err := detector()
	if err != nil {
		t.Fatal(err)
	}
	h.door = intake.New(joining{h.p.Store, joined}, found, wide(), h.d.Clock.Now, nil)
	h.d.Clock.Move(time.Hour) // nothing need be read back because of its start
}

// What is said while two conversations are being joined is read with both.
func TestWhatIsSaidDuringAMerge(t *testing.T) {
	h := open(t)
	customer := visitor()
	from, into := h.begin(customer), h.begin(customer)
	ended := make(chan intake.Said, 1)
	h.joins(t, func() error {
		go func() { ended <- h.send(customer, intake.Message{ConversationID: into, Text: "1111 1111"}) }()
		if !h.door.Held(into) {
			ended <- <-ended
		}
		return nil
	})
	h.say(customer, into, "hello")
	h.say(customer, from, "my card is 4111 1111")
	if err := h.door.Merge(context.Background(), agent(), from, into); err != nil {
		t.Fatal(err)
	}
	if said := <-ended; said.Err != nil {
		t.Fatal(said.Err)
	}
	h.wantNoCard(into)
	h.wantNoCard(from)
}

// A merge that nobody knows of may have happened; one whose caller is gone is
// waited for.
func TestASecretIsFoundAfterAMergeWithALostAnswer(t *testing.T) {
	h := open(t)
	customer := visitor()
	from, into := h.begin(customer), h.begin(customer)
	h.joins(t, func() error { return fault.New(fault.Unavailable, "test", "the outcome of the commit is unknown") })
	h.say(customer, into, "hello")
	h.say(customer, from, "my card is 4111 1111")
	gone, leave := context.WithCancel(context.Background())
	leave()
	wantCode(t, h.door.Merge(gone, agent(), from, into), fault.Unavailable)
	h.say(customer, into, "1111 1111")
	h.wantNoCard(into)
	h.wantNoCard(from)
}

// What was said before it was edited outlives a merge, on either side of it.
func TestVersionsOutliveAMerge(t *testing.T) {
	for name, of := range map[string]int{"in the joined one": 0, "where it goes on": 1} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			customer := visitor()
			convs := []string{h.begin(customer), h.begin(customer)}
			edited := convs[of]
			h.say(customer, edited, "4111 1111")
			if err := h.do(customer, edited, conversation.Edit, conversation.Content{Of: 1, Text: "hello"}); err != nil {
				t.Fatal(err)
			}
			if err := h.door.Merge(context.Background(), agent(), convs[0], convs[1]); err != nil {
				t.Fatal(err)
			}
			h.say(customer, convs[1], "1111 1111")
			h.wantNoCard(convs[1])
			kept, err := h.p.Versions(context.Background(), agent(), edited, 1)
			if err != nil || len(kept) != 0 {
				t.Errorf("the version is still there: %+v, %v", kept, err)
			}
		})
	}
}
