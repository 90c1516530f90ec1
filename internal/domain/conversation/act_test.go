package conversation_test

import (
	"strings"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

func telling(act string) conversation.Command {
	return conversation.Command{Kind: conversation.TellAct, ClientID: "act:" + act + ":1", Content: conversation.Content{
		Act: &conversation.ActRef{ID: act, Act: "refund", State: "proposed"}, Staff: &conversation.StaffRef{ID: "s1", Name: "Mei"},
	}}
}

func TestAnActIsToldToBothSidesAndAnswersNobody(t *testing.T) {
	s := conversation.State{ID: id.New(), CustomerID: "c1", Status: conversation.Open, WaitingSince: 7, Unread: 2, LastSeq: 4}
	act := id.New()
	out, err := s.Decide(identity.SystemPart("acts"), telling(act), 9)
	if err != nil {
		t.Fatal(err)
	}
	e := out.Entries[0]
	if out.State.Status != conversation.Open || out.State.WaitingSince != 7 || out.State.Unread != 2 || e.Seq != 5 || e.Internal() || e.ClientID == "" {
		t.Errorf("%+v %+v", out.State, e)
	}
	seen := e.ForCustomer()
	if seen.Content.Act == nil || seen.Content.Act.ID != act || seen.Content.Staff.ID != "" || seen.Content.Staff.Name != "Mei" || seen.Content.PlainText() {
		t.Errorf("the customer sees %+v", seen.Content)
	}
}

func TestNobodyElseTellsOfAnAct(t *testing.T) {
	s := conversation.State{ID: id.New(), CustomerID: "c1", AssigneeID: "s1", Status: conversation.Open}
	for name, p := range map[string]identity.Principal{
		"its customer": {Kind: identity.Customer, ID: "c1", Level: identity.AL3}, "its agent": {Kind: identity.Staff, ID: "s1", Role: identity.Agent},
		"the owner": {Kind: identity.Staff, ID: "s2", Role: identity.Owner}, "a program": {Kind: identity.Program, ID: "k", Scopes: identity.ScopesOf(identity.AllScopes()...)},
		"a visitor": {Kind: identity.Visitor, ID: "c1"}, "nobody": {},
	} {
		if _, err := s.Decide(p, telling(id.New()), 9); !fault.Is(err, fault.Forbidden) && !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, spoil := range map[string]func(*conversation.Command){
		"no act":            func(c *conversation.Command) { c.Content.Act = nil },
		"no id":             func(c *conversation.Command) { c.Content.Act.ID = "../x" },
		"no state":          func(c *conversation.Command) { c.Content.Act.State = "" },
		"too long a word":   func(c *conversation.Command) { c.Content.Act.Act = strings.Repeat("x", 41) },
		"no name of itself": func(c *conversation.Command) { c.ClientID = "" },
	} {
		c := telling(id.New())
		spoil(&c)
		if _, err := s.Decide(identity.SystemPart("acts"), c, 9); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
