package intake_test

import (
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/id"
)

// offered are the flows that were offered in a conversation, in their order.
func (h *house) offered(conv string) string {
	var flows []string
	for _, e := range h.log(conv) {
		if e.Kind == conversation.KindOffer {
			flows = append(flows, e.Content.Offer.Flow)
		}
	}
	return strings.Join(flows, " ")
}

// Whoever writes that they are in danger is offered at once to stop payments, once in a
// while for each way, and nobody else is.
func TestStoppingPaymentsIsOfferedToWhoIsInDanger(t *testing.T) {
	h := open(t)
	h.start(wide())
	h.door.UseDangers(func(text string) string {
		switch {
		case strings.Contains(text, "stolen"):
			return "FL18"
		case strings.Contains(text, "hacked"):
			return "FL3"
		}
		return ""
	})
	customer, staff := visitor(), agent()
	conv := h.begin(customer)
	h.say(customer, conv, "Good morning")
	h.say(staff, conv, "Was your phone stolen?")
	if got := h.offered(conv); got != "" {
		t.Errorf("offered %q to nobody in danger", got)
	}
	again := intake.Message{ConversationID: conv, ClientID: id.New(), Text: "my phone was stolen"}
	for range 2 { // the answer was lost
		if said := h.send(customer, again); said.Err != nil {
			t.Fatal(said.Err)
		}
	}
	h.say(customer, conv, "it was stolen an hour ago")
	if got := h.offered(conv); got != "FL18" {
		t.Errorf("offered %q, want it once", got)
	}
	h.say(customer, conv, "and I was hacked")
	h.d.Clock.Move(31 * time.Minute)
	h.say(customer, conv, "the phone that was stolen is on")
	if got := h.offered(conv); got != "FL18 FL3 FL18" {
		t.Errorf("offered %q", got)
	}
	other := h.begin(customer)
	h.say(customer, other, "stolen!")
	if got := h.offered(other); got != "FL18" {
		t.Errorf("in another conversation %q", got)
	}
}
