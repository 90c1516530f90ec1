package intake_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/outbound"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// wording is built once, as the detector is.
var wording = sync.OnceValues(outbound.New)

func openWorded(t *testing.T) *house {
	t.Helper()
	h := open(t)
	h.observed = &observer{}
	h.start(wide())
	filter, err := wording()
	if err != nil {
		t.Fatal(err)
	}
	h.door.UseWording(filter)
	return h
}

func TestStaffAndProgramsAskCustomersForNoSecret(t *testing.T) {
	h := openWorded(t)
	program := identity.Principal{Kind: identity.Program, ID: id.New(), Name: "bot", Session: id.New()}
	customer, staff := visitor(), agent()
	conv := h.begin(customer)
	for _, p := range []identity.Principal{staff, program} {
		said := h.send(p, intake.Message{ConversationID: conv, Text: "Please send me the code you just received."})
		if fault.CodeOf(said.Err) != fault.Invalid || fault.FieldOf(said.Err) != "text" || fault.ReasonOf(said.Err) != outbound.Secret.Reason() {
			t.Errorf("%s: %v", p.Kind, said.Err)
		}
	}
	if got := h.texts(conv); len(got) != 0 {
		t.Errorf("stored: %q", got)
	}
	if got := h.observed.(*observer).stopped; strings.Join(got, " ") != "secret secret" {
		t.Errorf("told of %q", got)
	}
	h.say(customer, conv, "They wrote: please send me the code you just received.")
	h.say(staff, conv, "We never ask for a code. Please send it to nobody.")
	note := h.send(staff, intake.Message{ConversationID: conv, Text: "Please send me the code of the door.", Note: true})
	if note.Err != nil {
		t.Errorf("a note is told to no customer: %v", note.Err)
	}
}

func TestARequestInTwoMessagesIsOne(t *testing.T) {
	h := openWorded(t)
	staff := agent()
	conv := h.begin(visitor())
	h.say(staff, conv, "A code was sent to your phone.")
	if said := h.send(staff, intake.Message{ConversationID: conv, Text: "Please send it to me."}); fault.ReasonOf(said.Err) != outbound.Secret.Reason() {
		t.Errorf("the second half: %v", said.Err)
	}
	h.d.Clock.Move(2 * intake.WindowAge)
	h.say(staff, conv, "Please send it to me.") // the receipt, by now
}

// A message whose acknowledgement was lost is sent once more, after what came next.
func TestARepeatIsJudgedAsItWasSaid(t *testing.T) {
	h := openWorded(t)
	staff := agent()
	conv := h.begin(visitor())
	first := intake.Message{ConversationID: conv, ClientID: id.New(), Text: "Please send it to me."} // a receipt
	if said := h.send(staff, first); said.Err != nil {
		t.Fatal(said.Err)
	}
	h.say(staff, conv, "A code was sent to your phone.")
	if said := h.send(staff, first); said.Err != nil || !said.Duplicate {
		t.Errorf("the repeat: %+v", said)
	}
}

func TestAnEditAsksForNothingEither(t *testing.T) {
	h := openWorded(t)
	staff := agent()
	conv := h.begin(visitor())
	message := h.say(staff, conv, "One moment.")
	note := h.send(staff, intake.Message{ConversationID: conv, Text: "One moment.", Note: true})
	if note.Err != nil {
		t.Fatal(note.Err)
	}
	edit := func(of int64) error {
		return h.do(staff, conv, conversation.Edit, conversation.Content{Of: of, Text: "What is your PIN?"})
	}
	check := func(when string) {
		t.Helper()
		if err := edit(message.Seq); fault.ReasonOf(err) != outbound.Secret.Reason() {
			t.Errorf("%s, a message: %v", when, err)
		}
		if err := edit(note.Seq); err != nil {
			t.Errorf("%s, a note: %v", when, err)
		}
	}
	check("remembered")
	h.d.Clock.Move(time.Hour)
	h.restart()
	filter, err := wording()
	if err != nil {
		t.Fatal(err)
	}
	h.door.UseWording(filter)
	check("looked up")
	if got := h.texts(conv); got[0] != "One moment." {
		t.Errorf("the message says %q", got[0])
	}
}
