package waiting_test

import (
	"context"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
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

// going are the runs that wait, for whoever may see them.
type going struct {
	asked  identity.Principal
	refuse bool
}

func (g *going) Pending(_ context.Context, p identity.Principal, _ string) ([]selfservice.Pending, error) {
	if g.asked = p; g.refuse {
		return nil, fault.New(fault.Forbidden, "test", "no")
	}
	title := map[string]string{"en": "Get a refund", "zh": "申请退款"}
	return []selfservice.Pending{{Run: "this", Title: title, For: selfservice.ForWallet}, {Run: "other", Title: title, For: selfservice.ForProof}}, nil
}

// What waits in the wallet is told beside the rest, but not the run that asks; who may not
// see it is told that there may be more.
func TestWhatWaitsInTheWallet(t *testing.T) {
	for _, refuse := range []bool{false, true} {
		g := &going{refuse: refuse}
		all, err := reads.New(waiting.Reads(waiting.Deps{Conversations: &shelf{}, Runs: func() waiting.Runs { return g }})...)
		if err != nil {
			t.Fatal(err)
		}
		asked := reads.Asked{Who: identity.Principal{Kind: identity.Staff, ID: "s1"}, Customer: "c1", Run: "this", Conversation: "run"}
		list, err := all.List(t.Context(), "my_matters", asked)
		want := 2
		if refuse {
			want = 1
		}
		if err != nil || len(list) != want || len(list) == 0 || list[len(list)-1].Ref() != "open" || g.asked.ID != "s1" {
			t.Errorf("refused %t: %v, %v, asked as %+v", refuse, list, err, g.asked)
		}
		if !refuse && (list[0].Ref() != "other" || !list[0].Entry.Facts["mine"].Yes) {
			t.Errorf("%+v", list[0])
		}
	}
}
