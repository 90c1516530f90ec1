package routing_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"kefu/content"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/form"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/selfservice"
	"kefu/internal/flow/selfservice/subjects"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

// An agent of a partner firm is told of an offer what the house says of it, while it is
// theirs to take and no longer; what was written, and by whom, they are not told.
func TestAnOfferTellsWhatTheHouseSaysOfIt(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d, routing.DefaultRules()), context.Background()
		gil, mei := h.hire("gil", identity.OutsideAgent), h.hire("mei", identity.Agent)
		files, err := fs.Sub(content.Flows, "flows")
		h.must(err)
		reads, err := subjects.Declared()
		h.must(err)
		flows, err := selfservice.Load(files, reads)
		h.must(err)
		def := flows.All()[0]
		h.must(h.store.KeepFlow(ctx, identity.SystemPart("test"), def))
		do := func(who identity.Principal, conv string, c conversation.Command) {
			t.Helper()
			c.ClientID = id.New()
			_, err := h.store.Execute(ctx, who, conv, c)
			h.must(err)
		}
		for name, x := range map[string]struct {
			begin func(ann identity.Principal, conv string)
			topic string // of the start: the customer's own words
			want  func(conv string) routing.Brief
		}{
			"by a form": {
				begin: func(ann identity.Principal, conv string) {
					filled := &form.Filled{Form: "card", Title: "My card", Answers: []form.Item{{Field: "what", Kind: form.Lines, Label: "What", Value: "planted answer"}}}
					do(ann, conv, conversation.Command{Kind: conversation.Send, Content: conversation.Content{Text: "planted words", Form: filled}, Route: &conversation.Route{Topic: "Cards"}})
				},
				want: func(string) routing.Brief { return routing.Brief{Topic: "Cards", Form: "card", FormTitle: "My card"} },
			},
			"by a flow": {
				begin: func(ann identity.Principal, conv string) {
					h.must(h.store.AddFlowRun(ctx, ann, selfservice.Record{Run: selfservice.Run{
						ID: id.New(), Flow: def.ID, Version: def.Version, Digest: def.Digest(), ConversationID: conv, CustomerID: ann.ID, Step: def.Begin, State: selfservice.Asking,
						StartedAt: d.Clock.Now(), ChangedAt: d.Clock.Now(), ExpiresAt: d.Clock.Now().Add(time.Hour),
					}}))
					do(ann, conv, conversation.Command{Kind: conversation.Send, Content: conversation.Content{Text: "planted words"}})
				},
				want: func(string) routing.Brief { return routing.Brief{Flow: def.ID, FlowTitle: def.Title} },
			},
			"with a topic of the customer's": {
				topic: "planted topic",
				begin: func(ann identity.Principal, conv string) {
					do(ann, conv, conversation.Command{Kind: conversation.Send, Content: conversation.Content{Text: "planted words"}, Route: &conversation.Route{Topic: "Cards"}})
				},
				want: func(string) routing.Brief { return routing.Brief{} },
			},
			"with a topic of a colleague's": {
				begin: func(ann identity.Principal, conv string) {
					do(ann, conv, conversation.Command{Kind: conversation.Send, Content: conversation.Content{Text: "planted words"}, Route: &conversation.Route{Topic: "Cards"}})
					do(mei, conv, conversation.Command{Kind: conversation.SetTopic, Content: conversation.Content{Topic: "planted: card of Ann Planted"}})
				},
				want: func(string) routing.Brief { return routing.Brief{} },
			},
		} {
			for _, known := range []bool{false, true} {
				ann := visitor()
				if !known && strings.Contains(name, "flow") { // which is for those whom the wallet knows
					continue
				}
				if known {
					ann = h.process.SignIn("planted subject " + name)
					h.process.Begin(ann, "zh")
					time.Sleep(time.Millisecond) // the store's clock is the machine's
				}
				st, err := h.store.StartConversation(ctx, ann, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat", Language: "zh", Topic: x.topic})
				h.must(err)
				if _, err := h.queue.Brief(ctx, gil); !fault.Is(err, fault.NotFound) {
					t.Errorf("%s: told without an offer: %v", name, err)
				}
				h.queue.Connected(gil)
				x.begin(ann, st.ID)
				h.wait("offer " + st.ID + " " + gil.ID)
				got, err := h.queue.Brief(ctx, gil)
				h.must(err)
				want := x.want(st.ID)
				want.ConversationID, want.Channel, want.Language, want.Priority, want.Messages, want.SignedIn, want.Returning = st.ID, "chat", "zh", "normal", 1, known, known
				if want.Since = h.state(st.ID).WaitingSince; fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%s: %+v, want %+v", name, got, want)
				}
				body, err := json.Marshal(got)
				h.must(err)
				if strings.Contains(strings.ToLower(string(body)), "planted") || strings.Contains(string(body), ann.ID) {
					t.Errorf("%s: they are told %s", name, body)
				}
				if _, err := h.store.Conversation(ctx, gil, st.ID); !fault.Is(err, fault.NotFound) {
					t.Errorf("%s: they may read it before they accept: %v", name, err)
				}
				for _, other := range []identity.Principal{mei, ann, identity.SystemPart("test"), {}} {
					if _, err := h.queue.Brief(ctx, other); !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Forbidden) {
						t.Errorf("%s: %s is told of an offer that is not theirs: %v", name, other.Kind, err)
					}
				}
				do(mei, st.ID, conversation.Command{Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: mei.ID, Name: "mei"}}})
				h.wait("over " + st.ID + " " + gil.ID + " taken")
				if _, err := h.queue.Brief(ctx, gil); !fault.Is(err, fault.NotFound) {
					t.Errorf("%s: told of what a colleague has: %v", name, err)
				}
				do(mei, st.ID, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Resolved}})
			}
		}
	})
}
