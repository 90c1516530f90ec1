package intake_test

import (
	"context"
	"strings"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/form"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// builtin fills in the forms that are built in.
type builtin struct{}

func (builtin) Fill(_ context.Context, _ identity.Principal, s form.Submission) (form.Filled, conversation.Route, error) {
	forms, err := form.Builtin()
	if err != nil {
		return form.Filled{}, conversation.Route{}, err
	}
	for _, f := range forms {
		if f.ID == s.Form {
			filled, err := f.Fill(s, nil)
			return filled, conversation.Route{Topic: filled.Title, Tags: f.Tags, Priority: conversation.Priority(f.Priority), Person: f.Person}, err
		}
	}
	return form.Filled{}, conversation.Route{}, fault.New(fault.Conflict, "test", "no such form")
}

func lost(more string) *form.Submission {
	return &form.Submission{Form: "lost-or-hacked", Revision: 1, Language: "en", Answers: map[string]form.Answer{
		"what": {Choice: "told"}, "more": {Text: more},
	}}
}

func TestAFormBeginsAConversation(t *testing.T) {
	h := open(t)
	h.door.UseForms(builtin{})
	v := visitor()
	conv := h.begin(v)
	said := h.send(v, intake.Message{ConversationID: conv, Form: lost("A caller asked me for it.")})
	if said.Err != nil || said.Seq != 1 {
		t.Fatalf("said %+v", said)
	}
	log := h.log(conv)
	var kinds []string
	for _, e := range log {
		kinds = append(kinds, string(e.Kind)+" "+string(e.Author.Kind))
	}
	want := "message customer,topic system,tags system,priority system,human customer"
	if strings.Join(kinds, ",") != want {
		t.Errorf("the log holds %v, want %s", kinds, want)
	}
	first := log[0].Content
	if first.Form == nil || len(first.Form.Answers) != 2 || !strings.Contains(first.Text, "Lost phone, or somebody got in\nWhat happened?\nI told somebody a code or a password") {
		t.Errorf("the message is %+v", first)
	}
	state, err := h.p.Conversation(t.Context(), identity.SystemPart("test"), conv)
	if err != nil || state.Priority != conversation.Urgent || state.Topic != "Lost phone, or somebody got in" || state.Tags[0] != "security" || state.Unread != 1 {
		t.Errorf("the conversation is %+v, %v", state, err)
	}
	// Sent twice it is stored once.
	again := h.send(v, intake.Message{ConversationID: conv, ClientID: log[0].ClientID, Form: lost("A caller asked me for it.")})
	if !again.Duplicate || again.Seq != 1 || len(h.log(conv)) != len(log) {
		t.Errorf("repeated: %+v", again)
	}
}

// Wherever a secret stands in a form, nothing of it is stored: not in the answers,
// not in the text.
func TestSecretsInAFormAreRemoved(t *testing.T) {
	for name, c := range map[string]struct {
		form  *form.Submission
		typed bool // the answers remain
	}{
		"in one answer":        {lost("my card is " + card), true},
		"over two answers":     {&form.Submission{Form: "not-arrived", Revision: 1, Language: "en", Answers: map[string]form.Answer{"other": {Text: ""}, "payment": {Text: "4111 1111"}, "more": {Text: "1111 1111"}}}, false},
		"in the diagnostics":   {&form.Submission{Form: "refund", Revision: 1, Language: "en", Answers: map[string]form.Answer{"more": {Text: "hello"}}, Diagnostics: &form.Diagnostics{App: "card " + card}}, true},
		"with what came first": {lost("1111 1111"), false},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			h.door.UseForms(builtin{})
			v := visitor()
			conv := h.begin(v)
			if strings.HasPrefix(name, "with") {
				h.say(v, conv, "my card number is 4111 1111")
			}
			said := h.send(v, intake.Message{ConversationID: conv, Form: c.form})
			if said.Err != nil {
				t.Fatal(said.Err)
			}
			if len(said.Classes) == 0 {
				t.Errorf("nothing was removed: %+v", said)
			}
			h.wantNoCard(conv)
			for _, e := range h.log(conv) {
				f := e.Content.Form
				if e.Kind != conversation.KindMessage || (f == nil) == c.typed && e.Seq == said.Seq {
					if e.Kind == conversation.KindMessage {
						t.Errorf("the answers are %+v", f)
					}
					continue
				}
				if f == nil {
					continue
				}
				for _, item := range f.Answers {
					if strings.Contains(item.Value, "1111 1111") {
						t.Errorf("%q is left", item.Value)
					}
				}
				for _, text := range f.Diagnostics.Texts() {
					if strings.Contains(*text, "1111 1111") {
						t.Errorf("%q is left", *text)
					}
				}
			}
		})
	}
}

func TestAMessageCompletesWhatAFormBegan(t *testing.T) {
	h := open(t)
	h.door.UseForms(builtin{})
	v := visitor()
	conv := h.begin(v)
	if said := h.send(v, intake.Message{ConversationID: conv, Form: lost("my card is 4111 1111")}); said.Err != nil {
		t.Fatal(said.Err)
	}
	h.say(v, conv, "1111 1111")
	h.wantNoCard(conv)
	if f := h.log(conv)[0].Content.Form; f != nil {
		t.Errorf("the answers are left: %+v", f)
	}
}

func TestWhoMaySendAForm(t *testing.T) {
	h := open(t)
	v := visitor()
	conv := h.begin(v)
	wantCode(t, h.send(v, intake.Message{ConversationID: conv, Form: lost("x")}).Err, fault.Invalid) // no forms here
	h.door.UseForms(builtin{})
	wantCode(t, h.send(agent(), intake.Message{ConversationID: conv, Form: lost("x")}).Err, fault.Invalid)
	wantCode(t, h.send(visitor(), intake.Message{ConversationID: conv, Form: lost("x")}).Err, fault.NotFound)
	wantCode(t, h.send(v, intake.Message{ConversationID: conv, Form: lost("x"), Text: "and this"}).Err, fault.Invalid)
	wantCode(t, h.send(v, intake.Message{ConversationID: conv, Form: &form.Submission{Form: "gone"}}).Err, fault.Conflict)
	file := &form.Submission{Form: "refund", Revision: 1, Answers: map[string]form.Answer{"proof": {Files: []string{id.New()}}}}
	wantCode(t, h.send(v, intake.Message{ConversationID: conv, Form: file}).Err, fault.NotFound)
	proof := id.New()
	file.Answers["proof"] = form.Answer{Files: []string{proof, proof}}
	wantCode(t, h.send(v, intake.Message{ConversationID: conv, Form: file}).Err, fault.Invalid)
	if len(h.log(conv)) != 0 {
		t.Error("something was stored")
	}
}
