package realtime_test

import (
	"testing"

	"kefu/internal/domain/identity"
)

// staff are the names in a present frame.
func (f frame) staff() (names []string) {
	all, _ := f["staff"].([]any)
	for _, s := range all {
		names = append(names, frame(s.(map[string]any)).text("id"))
	}
	return names
}

// Two agents who look at one conversation know of each other, and the second
// answer is refused until its author has seen the first.
func TestTwoAgentsWhoAnswerAtOnce(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		h := open(t, choices{dsn: dsn})
		window, _ := h.window("ann")
		conv := window.start()
		window.send(conv, "where is my money")
		first, second := h.colleague(identity.Agent), h.colleague(identity.Supervisor)
		mei, bo := h.deskOf(first), h.deskOf(second)
		mei.say(frame{"t": "watch", "conv": conv})
		bo.say(frame{"t": "watch", "conv": conv})
		for _, desk := range []*wire{mei, bo} {
			if got := desk.next("present"); got.text("conv") != conv || len(got.staff()) != 2 {
				t.Errorf("told %v", got)
			}
		}
		answer := func(text string) frame {
			m := message(conv, text)
			m["seen"], m["unless_answered"] = 1, true
			return m
		}
		mei.say(answer("it is on its way"))
		mei.next("stored")
		late := answer("we are looking")
		bo.say(late)
		if got := bo.next("error"); got.text("code") != "conflict" || got.text("field") != "unless_answered" || got.text("ref") != late.text("client_msg_id") {
			t.Errorf("the second answer: %v", got)
		}
		late["unless_answered"] = false
		bo.say(late)
		bo.next("stored")
		note := message(conv, "please look")
		note["note"], note["mentions"] = true, []string{first.ID}
		bo.say(note)
		bo.next("stored")
		bo.say(frame{"t": "unwatch", "conv": conv})
		if got := mei.next("present"); len(got.staff()) != 1 {
			t.Errorf("left alone, and told %v", got)
		}
	})
}

// What a desk reads ahead of its agent is nobody's to notice: no colleague sees
// that somebody is there, no customer that they were read.
func TestReadingAheadIsNotLooking(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		h := open(t, choices{dsn: dsn})
		window, _ := h.window("ann")
		conv := window.start()
		window.send(conv, "where is my money")
		mei, bo := h.deskOf(h.colleague(identity.Agent)), h.deskOf(h.colleague(identity.Supervisor))
		mei.say(frame{"t": "watch", "conv": conv})
		bo.say(frame{"t": "fetch", "conv": conv, "before_seq": 0, "ahead": true})
		if page := bo.next("missed"); len(page.events()) != 1 {
			t.Errorf("read ahead: %v", page)
		}
		mei.say(frame{"t": "ping"})
		if f := mei.next("present", "pong"); f.text("t") != "pong" {
			t.Errorf("a colleague was told %v", f)
		}
		for _, f := range window.rest() {
			if f.text("t") == "receipt" {
				t.Errorf("the customer was told %v", f)
			}
		}
		bo.say(frame{"t": "watch", "conv": conv})
		if got := mei.next("present"); len(got.staff()) != 2 {
			t.Errorf("of one who opened it, told %v", got)
		}
	})
}
