package realtime_test

import (
	"context"
	"testing"

	"kefu/client"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
)

func (h *house) state(conv string) conversation.State {
	h.t.Helper()
	state, err := h.store.Conversation(context.Background(), identity.SystemPart("test"), conv)
	h.must(err)
	return state
}

// line is a conversation in the list of a welcome.
func (f frame) line(conv string) frame {
	lines, _ := f["conversations"].([]any)
	for _, l := range lines {
		if line := frame(l.(map[string]any)); line.text("conv") == conv {
			return line
		}
	}
	return nil
}

// A message that crossed with an answer is not answered by it.
func TestAnAnswerLeavesWaitingWhatCrossedWithIt(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		h := open(t, choices{dsn: dsn})
		window, _ := h.window("ann")
		mei := h.colleague(identity.Agent)
		agent := h.deskOf(mei)
		stream := h.openStream(frame{"role": "desk", "token": mei.token}).text("session")
		down := h.attach(stream)
		odd := func(f frame) frame { // for the strict reader
			f["reply_to"] = 1
			f["body"].(frame)["text"] = "a \"quoted\" answer"
			return f
		}
		for name, say := range map[string]func(frame){
			"by socket":                   func(f frame) { agent.say(f); agent.next("stored") },
			"by socket, not quickly read": func(f frame) { agent.say(odd(f)); agent.next("stored") },
			"by POST":                     func(f frame) { h.frames(stream, f); down.next("stored") },
		} {
			t.Run(name, func(t *testing.T) {
				conv := window.start()
				window.send(conv, "where is my money")
				window.send(conv, "my card was stolen")
				answer := message(conv, "it is on its way")
				answer["seen"] = 1
				say(answer)
				if st := h.state(conv); st.Status != conversation.Open || st.Unread != 1 || st.WaitingSince == 0 || st.AgentRead != 1 {
					t.Errorf("the second message is answered: %+v", st)
				}
				if got := window.next("receipt"); got.text("conv") != conv || got.number("read") != 1 {
					t.Errorf("the window was told %v", got)
				}
				say(answer) // once more, as after a loss
				answer = message(conv, "we block it")
				answer["seen"] = 3
				say(answer)
				if st := h.state(conv); st.Status != conversation.Waiting || st.Unread != 0 || st.WaitingSince != 0 || st.AgentRead != 3 {
					t.Errorf("both are answered: %+v", st)
				}
			})
		}
		conv := window.start()
		window.send(conv, "hello")
		bad := message(conv, "an answer")
		bad["seen"] = -1
		agent.refused(bad, "invalid")
	})
}

// What was kept in an outbox is sent with what its author had seen then.
func TestTheGoClientSendsWhatWasSeen(t *testing.T) {
	h := open(t, choices{})
	window, _ := h.window("ann")
	conv := window.start()
	window.send(conv, "where is my money")
	window.send(conv, "my card was stolen")
	mei := h.colleague(identity.Agent)
	id, err := client.NewMessageID()
	h.must(err)
	h.program(client.Config{
		Role: "desk", Token: func(context.Context) (string, error) { return mei.token, nil },
		Unsent: []client.Outgoing{{ID: id, Conv: conv, Text: "it is on its way", Seen: 1}},
	})
	eventually(t, "the answer stored", func() bool { return h.state(conv).LastSeq == 3 })
	if st := h.state(conv); st.Status != conversation.Open || st.Unread != 1 || st.AgentRead != 1 {
		t.Errorf("the second message is answered: %+v", st)
	}
}

// What an agent read while the window was away is told when it comes back.
func TestAWindowThatComesBackLearnsWhatWasRead(t *testing.T) {
	h := open(t, choices{})
	window, welcome := h.window("ann")
	conv, quiet := window.start(), window.start()
	window.send(conv, "one")
	window.send(conv, "two")
	window.send(quiet, "three")
	window.cut()
	beside := h.dial(nil)
	beside.hello(frame{"role": "window", "visitor": welcome.text("visitor")})
	agent := h.deskOf(h.colleague(identity.Agent))
	agent.say(frame{"t": "read", "conv": conv, "seq": 2})
	// Whoever is there has been told: what comes after is what a resume tells.
	for told := beside.next("receipt"); told.number("read") != 2; told = beside.next("receipt") {
	}
	eventually(t, "read", func() bool { return h.state(conv).AgentRead == 2 })

	back := h.dial(nil)
	again := back.hello(frame{"role": "window", "visitor": welcome.text("visitor"), "resume": []frame{{"conv": conv, "last_seq": 2}, {"conv": quiet, "last_seq": 1}}})
	if line := again.line(conv); line.number("agent_read_seq") != 2 {
		t.Errorf("welcome tells %v", line)
	}
	if line := again.line(quiet); line == nil || line["agent_read_seq"] != nil {
		t.Errorf("welcome tells %v", line)
	}
	got := back.rest()
	if len(got) != 1 || got[0].text("t") != "receipt" || got[0].text("conv") != conv || got[0].text("by") != "agent" || got[0].number("read") != 2 {
		t.Errorf("resumed with %v", got)
	}
	back.say(frame{"t": "ack", "conv": conv, "up_to_seq": 2})
	back.rest()
	eventually(t, "delivered", func() bool { return h.state(conv).CustomerDelivered == 2 })
	desk := h.dial(nil)
	desk.hello(frame{"role": "desk", "token": h.colleague(identity.Agent).token, "resume": []frame{{"conv": conv, "last_seq": 2}}})
	if got := desk.rest(); len(got) != 1 || got[0].text("by") != "customer" || got[0].number("delivered") != 2 || got[0].number("read") != 0 {
		t.Errorf("the desk resumed with %v", got)
	}
}

// A customer is not told of unread words that only staff may see, nor of its own.
func TestUnreadIsWhatTheReaderMaySee(t *testing.T) {
	h := open(t, choices{})
	window, welcome := h.window("ann")
	conv := window.start()
	window.send(conv, "one")
	agent := h.deskOf(h.colleague(identity.Agent))
	agent.say(note(conv, "odd"))
	agent.next("stored")
	unread := func() int64 {
		t.Helper()
		return h.dial(nil).hello(frame{"role": "window", "visitor": welcome.text("visitor")}).line(conv).number("unread")
	}
	if n := unread(); n != 0 {
		t.Errorf("%d unread where nobody has answered", n)
	}
	agent.send(conv, "an answer")
	if n := unread(); n != 1 {
		t.Errorf("%d unread after one answer", n)
	}
}
