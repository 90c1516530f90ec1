package realtime_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
)

func (h *house) give(conv string, to *colleague) {
	h.t.Helper()
	content := conversation.Content{}
	if to != nil {
		content.Staff = &conversation.StaffRef{ID: to.ID, Name: to.Name}
	}
	_, err := h.store.Execute(context.Background(), h.colleague(identity.Supervisor).Principal, conv, conversation.Command{Kind: conversation.Assign, Content: content})
	h.must(err)
}

// The desk of a partner's agent is told of the conversations that they have, and
// of the others not even that they exist.
func TestTheDeskOfAnOutsideAgent(t *testing.T) {
	h := open(t, choices{})
	guest, agent := h.colleague(identity.OutsideAgent), h.colleague(identity.Agent)
	desk, inside := h.deskOf(guest), h.deskOf(agent)
	customer, _ := h.window("ann")
	own, foreign := customer.start(), customer.start()
	customer.send(own, "one")
	customer.send(foreign, "two")
	h.give(own, &guest)
	for _, w := range []*wire{desk, inside} {
		w.say(frame{"t": "watch", "inbox": true})
		w.say(frame{"t": "watch", "conv": own})
	}
	desk.refused(frame{"t": "watch", "conv": foreign}, "not_found")
	desk.refused(frame{"t": "fetch", "conv": foreign, "after_seq": 0}, "not_found")
	desk.refused(frame{"t": "typing", "conv": foreign, "on": true}, "not_found")
	inside.rest()

	customer.send(foreign, "not for them")
	customer.send(own, "for them")
	told := map[string][]string{}
	for deadline := time.Now().Add(10 * time.Second); len(told["inbox"]) < 2 && time.Now().Before(deadline); {
		f := inside.next("inbox", "event")
		if conv := f.text("conv"); !slices.Contains(told[f.text("t")], conv) {
			told[f.text("t")] = append(told[f.text("t")], conv)
		}
	}
	if f := desk.next("event"); f.text("conv") != own {
		t.Errorf("the first event is of %v", f)
	}
	for seen := false; !seen; {
		f := desk.next("inbox")
		if seen = f.text("conv") == own; !seen {
			t.Errorf("a partner's desk was told of %v", f)
		}
	}

	h.give(own, nil)
	if f := desk.next("inbox"); f.text("conv") != own {
		t.Errorf("who has a conversation no more is told of %v, not that the line changed", f)
	}
	customer.send(own, "after it was taken away")
	desk.refused(frame{"t": "watch", "conv": own}, "not_found")
	for _, f := range desk.rest() {
		if f.text("t") == "event" {
			t.Errorf("a partner's desk hears of what was taken from it: %v", f)
		}
	}
}
