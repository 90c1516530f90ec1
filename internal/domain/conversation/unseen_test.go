package conversation_test

import (
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/platform/fault"
)

// seen is an answer of somebody who has seen the log up to seq, after which the
// customer has written some messages, the first at since.
func seen(seq int64, messages int, since int64) conversation.Command {
	c := say("an answer")
	c.Seq, c.Unseen = seq, &conversation.Unseen{Messages: messages, Since: since}
	return c
}

// What is owed after an answer that crossed with something is told in the log, to
// staff alone.
func TestTheLogTellsWhatIsOwed(t *testing.T) {
	s := fresh()
	for i, text := range []string{"hello", "it was stolen"} {
		o, err := s.Decide(anna(), say(text), begin+int64(i))
		if err != nil {
			t.Fatal(err)
		}
		s = o.State
	}
	for name, x := range map[string]struct {
		command conversation.Command
		want    *conversation.Owed
	}{
		"crossed":                             {seen(1, 1, begin+1), &conversation.Owed{Since: begin + 1, Seq: 2}},
		"crossed before anything":             {seen(1, 2, begin), &conversation.Owed{Since: begin, Seq: 2}},
		"nobody has counted":                  {conversation.Command{Kind: conversation.Send, ClientID: "m", Seq: 1, Content: conversation.Content{Text: "yes"}}, &conversation.Owed{Since: begin}},
		"a colleague has answered some of it": {seen(1, 2, begin-1), &conversation.Owed{Since: begin}},
		"all was seen":                        {seen(2, 0, 0), nil},
		"nothing is said of it":               {say("yes"), nil},
	} {
		if x.command.Unseen != nil {
			x.command.Unseen.Seq = 2
		}
		o, err := s.Decide(mei(), x.command, begin+5)
		if err != nil {
			t.Fatal(err)
		}
		e := o.Entries[0]
		if got := e.Content.Owed; (got == nil) != (x.want == nil) || (got != nil && *got != *x.want) {
			t.Errorf("%s: %+v, want %+v", name, got, x.want)
		}
		if got := e.ForCustomer().Content; got.Owed != nil || !got.PlainText() {
			t.Errorf("%s: the customer is told of it", name)
		}
		if (x.want == nil) != e.Content.PlainText() {
			t.Errorf("%s: plain text and what is owed", name)
		}
	}
}

// An answer answers what its author has seen, and nothing else.
func TestAnswersToWhatWasSeen(t *testing.T) {
	for name, steps := range map[string][]step{
		"answered before a message that crossed with the answer": {
			{who: anna(), command: say("hello"), kinds: "message"},
			{who: anna(), command: say("it was stolen"), kinds: "message"},
			{who: mei(), command: seen(1, 1, begin+2_000_000), kinds: "message", then: func(s conversation.State) bool {
				return s.Status == conversation.Open && s.Unread == 1 && s.WaitingSince == begin+2_000_000 && s.AgentRead == 1
			}},
			{who: mei(), command: mark(conversation.Read, 3), then: func(s conversation.State) bool {
				return s.Unread == 0 && s.WaitingSince == begin+2_000_000 // read is not answered
			}},
			{who: mei(), command: seen(3, 0, 0), kinds: "message", then: func(s conversation.State) bool {
				return s.Status == conversation.Waiting && s.WaitingSince == 0 && s.AgentRead == 3
			}},
		},
		"answered after something that asks for nothing": {
			{who: anna(), command: say("hello"), kinds: "message"},
			{who: ben(), command: conversation.Command{Kind: conversation.Note, ClientID: "n", Content: conversation.Content{Text: "odd"}}, kinds: "note"},
			{who: mei(), command: conversation.Command{Kind: conversation.SetStatus, Seq: 1, Unseen: &conversation.Unseen{}, Content: conversation.Content{Status: conversation.Waiting}}, kinds: "status"},
			{who: mei(), command: seen(1, 0, 0), kinds: "message", then: func(s conversation.State) bool {
				return s.Status == conversation.Waiting && s.Unread == 0 && s.WaitingSince == 0 && s.AgentRead == 1
			}},
		},
		"a colleague has read what this one has not seen": {
			{who: anna(), command: say("hello"), kinds: "message"},
			{who: anna(), command: say("it was stolen"), kinds: "message"},
			{who: ben(), command: mark(conversation.Read, 2)},
			{who: mei(), command: seen(1, 1, begin+2_000_000), kinds: "message", then: func(s conversation.State) bool {
				return s.Status == conversation.Open && s.Unread == 0 && s.WaitingSince == begin+2_000_000 && s.AgentRead == 2
			}},
		},
		"nobody has counted what was not seen": {
			{who: anna(), command: say("hello"), kinds: "message"},
			{who: anna(), command: say("it was stolen"), kinds: "message"},
			{who: mei(), command: conversation.Command{Kind: conversation.Send, ClientID: "m", Seq: 1, Content: conversation.Content{Text: "yes"}}, kinds: "message",
				then: func(s conversation.State) bool {
					return s.Status == conversation.Open && s.Unread == 2 && s.WaitingSince == begin+1_000_000
				}},
		},
		"more was seen than there is": {
			{who: anna(), command: say("hello"), kinds: "message"},
			{who: mei(), command: seen(9, 1, begin), kinds: "message", then: func(s conversation.State) bool {
				return s.Status == conversation.Waiting && s.Unread == 0 && s.AgentRead == 1
			}},
			{who: mei(), command: seen(-1, 0, 0), err: fault.Invalid},
		},
		"a customer's word of what it has seen counts for nothing": {
			{who: anna(), command: say("hello"), kinds: "message"},
			{who: anna(), command: seen(1, 0, 0), kinds: "message", then: func(s conversation.State) bool {
				return s.Status == conversation.Open && s.Unread == 2 && s.AgentRead == 0
			}},
		},
	} {
		t.Run(name, func(t *testing.T) { play(t, fresh(), steps) })
	}
}
