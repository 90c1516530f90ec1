package conversation_test

import (
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/id"
)

// What is offered stands below the message, is the customer's to see, and answers nobody.
func TestHelpIsOfferedBelowWhatWasWritten(t *testing.T) {
	s := conversation.State{ID: id.New(), CustomerID: "c1", Status: conversation.Waiting, LastSeq: 4}
	who := identity.Principal{Kind: identity.Customer, ID: "c1", Level: identity.AL1}
	write := conversation.Command{Kind: conversation.Send, ClientID: "m1", Content: conversation.Content{Text: "my phone was stolen"}, Offer: "FL18"}
	out, err := s.Decide(who, write, 9)
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Entries) != 2 || out.Entries[1].Kind != conversation.KindOffer || out.Entries[1].Author.Kind != conversation.BySystem || out.Entries[1].Internal() {
		t.Fatalf("%+v", out.Entries)
	}
	if seen := out.Entries[1].ForCustomer(); seen.Content.Offer == nil || seen.Content.Offer.Flow != "FL18" || seen.Author.ID != "" || seen.Content.PlainText() {
		t.Errorf("the customer sees %+v", seen)
	}
	if out.State.Status != conversation.Open || out.State.WaitingSince != 9 || out.State.Unread != 1 || out.State.PreviewSeq != 5 {
		t.Errorf("%+v", out.State)
	}
	for name, c := range map[string]struct {
		p     identity.Principal
		offer string
	}{
		"an agent offers nothing":   {identity.Principal{Kind: identity.Staff, ID: "s1", Role: identity.Owner}, "FL18"},
		"there is nothing to offer": {who, ""},
		"it is no flow":             {who, "a flow that there is not"},
	} {
		other := write
		other.Offer = c.offer
		if out, err := s.Decide(c.p, other, 9); err != nil || len(out.Entries) != 1 {
			t.Errorf("%s: %+v %v", name, out.Entries, err)
		}
	}
}
