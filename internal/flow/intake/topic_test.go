package intake_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/id"
)

func (h *house) beginAbout(p identity.Principal, topic string) string {
	h.t.Helper()
	s, err := h.door.Start(context.Background(), p, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat", Topic: topic})
	if err != nil {
		h.t.Fatal(err)
	}
	return s.ID
}

func (h *house) topic(conv string) string {
	h.t.Helper()
	s, err := h.p.Conversation(context.Background(), agent(), conv)
	if err != nil {
		h.t.Fatal(err)
	}
	return s.Topic
}

// What a conversation is said to be about is the first thing said in it.
func TestTheTopicIsReadWithTheFirstMessage(t *testing.T) {
	for name, between := range map[string]func(h *house, p identity.Principal, conv string){
		"at once":         func(*house, identity.Principal, string) {},
		"after a restart": func(h *house, _ identity.Principal, _ string) { h.restart() },
		"after a greeting": func(h *house, p identity.Principal, conv string) {
			h.say(p, conv, "hello")
		},
		"after the rest was refused": func(h *house, p identity.Principal, conv string) {
			if said := h.send(p, intake.Message{ConversationID: conv, Text: "1111 1111", ReplyTo: 99}); said.Err == nil {
				h.t.Fatal("a reply to nothing was taken")
			}
			if topic := h.topic(conv); topic != "card 4111 1111" {
				h.t.Fatalf("the topic is %q", topic)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			customer := visitor()
			conv := h.beginAbout(customer, "card 4111 1111")
			between(h, customer, conv)
			h.say(customer, conv, "1111 1111")
			h.wantNoCard(conv)
			if topic := h.topic(conv); !strings.HasPrefix(topic, "card ‹pan") || strings.Contains(topic, "4111") {
				t.Errorf("the topic is %q", topic)
			}
		})
	}
}

func TestATopicThatIsNoneOfTheSecretStays(t *testing.T) {
	for name, between := range map[string]func(h *house, conv string) (topic string){
		"too old": func(h *house, _ string) string {
			h.d.Clock.Move(intake.WindowAge + time.Second)
			return "card 4111 1111"
		},
		"an agent's": func(h *house, conv string) string {
			if err := h.do(agent(), conv, conversation.SetTopic, conversation.Content{Topic: "card 4111"}); err != nil {
				h.t.Fatal(err)
			}
			return "card 4111"
		},
		"an agent's, after a restart": func(h *house, conv string) string {
			if err := h.do(agent(), conv, conversation.SetTopic, conversation.Content{Topic: "card 4111"}); err != nil {
				h.t.Fatal(err)
			}
			h.restart()
			return "card 4111"
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			customer := visitor()
			conv := h.beginAbout(customer, "card 4111 1111")
			want := between(h, conv)
			h.say(customer, conv, "1111 1111")
			if topic := h.topic(conv); topic != want || h.digits(conv) != "11111111" {
				t.Errorf("the topic is %q, want %q; the texts %q", topic, want, h.texts(conv))
			}
		})
	}
}

// A marker may be longer than what it stands for. What was full must be taken,
// and retracted, all the same.
func TestMarkersMakeNothingTooLong(t *testing.T) {
	h := open(t)
	customer := visitor()
	const half, code = " 4111 1111", " cvv 123"
	conv := h.beginAbout(customer, strings.Repeat("a", conversation.MaxTopicChars-len(code))+code)
	if topic := h.topic(conv); strings.Contains(topic, "123") {
		t.Errorf("the topic is %q", topic)
	}
	full := h.beginAbout(customer, strings.Repeat("a", conversation.MaxTopicChars-len(half))+half)
	h.say(customer, full, "1111 1111")
	if topic := h.topic(full); strings.Contains(topic, "1111") {
		t.Errorf("the topic is %q", topic)
	}
	h.say(customer, conv, strings.Repeat("a", conversation.MaxTextChars-len(code))+code)
	h.say(customer, conv, strings.Repeat("a", conversation.MaxTextChars-len(half))+half)
	h.say(customer, conv, "1111 1111")
	h.wantNoCard(conv)
}
