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
