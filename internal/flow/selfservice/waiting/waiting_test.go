package waiting_test

import (
	"context"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/flow/selfservice/waiting"
	"kefu/internal/platform/fault"
)

// shelf notes who asked, and refuses who may not.
type shelf struct {
	asked  identity.Principal
	refuse bool
}

func (s *shelf) all(p identity.Principal) ([]conversation.State, error) {
	if s.asked = p; s.refuse {
		return nil, fault.New(fault.Forbidden, "test", "no")
	}
	return []conversation.State{
		{ID: "run", LastSeq: 1}, {ID: "merged", MergedInto: "other", LastSeq: 1}, {ID: "over", Status: conversation.Resolved, LastSeq: 1}, {ID: "empty"},
		{ID: "open", Status: conversation.Open, WaitingSince: 7, LastSeq: 3},
	}, nil
}

func (s *shelf) ConversationsOf(_ context.Context, p identity.Principal, _ int) ([]conversation.WindowLine, error) {
	states, err := s.all(p)
	var lines []conversation.WindowLine
	for _, one := range states {
		lines = append(lines, conversation.WindowLine{State: one})
	}
	return lines, err
}

func (s *shelf) CustomerOf(_ context.Context, p identity.Principal, _ string) (customer.Customer, []conversation.State, error) {
	states, err := s.all(p)
	return customer.Customer{}, states, err
}

// What is open is asked in the name of whoever answers, and what they may not see is not
// told; a run that goes on by itself asks as its customer.
func TestInWhoseNameItIsAsked(t *testing.T) {
	for name, c := range map[string]struct {
		who, want identity.Principal
		refuse    bool
	}{
		"the customer":        {who: identity.Principal{Kind: identity.Customer, ID: "c1", Level: identity.AL2}, want: identity.Principal{Kind: identity.Customer, ID: "c1", Level: identity.AL2}},
		"a member of staff":   {who: identity.Principal{Kind: identity.Staff, ID: "s1"}, want: identity.Principal{Kind: identity.Staff, ID: "s1"}},
		"by itself":           {who: identity.SystemPart("flows"), want: identity.Principal{Kind: identity.Customer, ID: "c1", Level: identity.AL1}},
		"staff who may not":   {who: identity.Principal{Kind: identity.Staff, ID: "s2"}, want: identity.Principal{Kind: identity.Staff, ID: "s2"}, refuse: true},
		"the customer, if no": {who: identity.Principal{Kind: identity.Customer, ID: "c1"}, want: identity.Principal{Kind: identity.Customer, ID: "c1"}, refuse: true},
	} {
		s := &shelf{refuse: c.refuse}
		all, err := reads.New(waiting.Reads(waiting.Deps{Conversations: s})...)
		if err != nil {
			t.Fatal(err)
		}
		list, err := all.List(t.Context(), "my_matters", reads.Asked{Who: c.who, Customer: "c1", Conversation: "run"})
		if s.asked.Kind != c.want.Kind || s.asked.ID != c.want.ID || s.asked.Level != c.want.Level {
			t.Errorf("%s: asked as %+v", name, s.asked)
		}
		if c.refuse != fault.Is(err, fault.Unavailable) || (!c.refuse && (len(list) != 1 || list[0].Ref() != "open")) {
			t.Errorf("%s: %v, %v", name, list, err)
		}
	}
}
