package intake_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
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

// A secret that was begun before two conversations were joined is found when it is
// ended after that.
func TestASecretIsFoundAcrossAMerge(t *testing.T) {
	for name, between := range map[string]func(h *house){
		"at once":         func(*house) {},
		"after a restart": func(h *house) { h.restart() },
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			customer := visitor()
			from, into := h.begin(customer), h.begin(customer)
			h.say(customer, into, "hello")
			h.say(customer, from, "my card is 4111 1111")
			if err := h.door.Merge(context.Background(), agent(), from, into); err != nil {
				t.Fatal(err)
			}
			between(h)
			h.say(customer, into, "1111 1111")
			h.wantNoCard(into)
			h.wantNoCard(from)
			if got := h.texts(from); !strings.HasPrefix(got[0], "my card is ‹pan") || h.texts(into)[0] != "hello" {
				t.Errorf("left are %q and %q", got, h.texts(into))
			}
		})
	}
}
