package acting_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/job"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/acting"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// asks has the agent propose a refund in the conversation.
func (h *house) asks(sum string) acting.Seen {
	h.Helper()
	seen, err := h.flow.AtDesk(context.Background(), h.agent, acting.Wish{Conversation: h.conv, Proposal: h.refund(sum)})
	h.must(err)
	return seen
}

// look is the card as the customer sees it.
func (h *house) look(act string) acting.Consent {
	h.Helper()
	c, err := h.flow.Consent(context.Background(), h.anna, h.conv, act)
	h.must(err)
	return c
}

func (h *house) agree(a action.Kept) acting.Consent {
	h.Helper()
	c, err := h.flow.Agree(context.Background(), h.anna, h.conv, a.ID, a.Hash)
	h.must(err)
	return c
}

// tells does the jobs that wait, and gives the states that the conversation was told.
func (h *house) tells(conv string) []string {
	h.Helper()
	jobs, err := h.ClaimJobs(context.Background(), 50, time.Minute.Microseconds())
	h.must(err)
	for _, j := range jobs {
		if j.Kind != job.TellAct {
			continue
		}
		told, err := job.DecodeTold(j.Payload)
		h.must(err)
		for range 2 { // a job may run more than once
			h.must(h.flow.TellTalk(context.Background(), h.Store, told))
		}
		h.must(h.FinishJob(context.Background(), j))
	}
	entries, _, err := h.Entries(context.Background(), h.anna, conv, conversation.EntryRange{Limit: 100})
	h.must(err)
	var states []string
	for _, e := range entries {
		if e.Kind == conversation.KindAct {
			states = append(states, e.Content.Act.State)
			if e.Content.Staff == nil || e.Content.Staff.Name != h.agent.Name || e.Content.Staff.ID != "" || e.Author.ID != "" {
				h.Errorf("the customer is told %+v of %+v", e.Content.Staff, e.Author)
			}
		}
	}
	return states
}

func (h *house) toldTalk(want ...string) {
	h.Helper()
	got := h.tells(h.conv)
	if len(got) != len(want) {
		h.Fatalf("the conversation was told %v, not %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			h.Errorf("the conversation was told %v, not %v", got, want)
		}
	}
}

func TestARefundThatTheAgentProposesAndTheCustomerConfirms(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.agent.Name = "Mei"
		a := h.asks("12.50")
		h.toldTalk("proposed")
		c := h.look(a.ID)
		if c.State != action.Proposed || c.MakerName != "Mei" || c.Hash != a.Hash || c.Destination != "Visa ••••4242" || c.Proof.State != assurance.NotAsked || c.About.Party == "" {
			t.Errorf("the card: %+v", c)
		}
		c = h.agree(a.Kept)
		if c.State != action.Confirmed || c.Proof.State != assurance.Pending || c.Proof.Link == "" {
			t.Errorf("after the yes: %+v", c)
		}
		if again := h.agree(a.Kept); again.ID != c.ID || again.State != action.Confirmed {
			t.Errorf("a second press: %+v", again)
		}
		all, err := h.flow.List(context.Background(), h.agent, action.Query{ConversationID: h.conv, Limit: 5})
		h.must(err)
		if p := all[0].Proof; p.State == "" || p.Link != "" || all[0].MayStart || !all[0].MayCancel {
			t.Errorf("the desk sees %+v", all[0])
		}
		h.later(4 * time.Second) // the window is closed: the worker goes on
		if c = h.look(a.ID); c.State != action.Succeeded || len(h.wallet.done()) != 1 {
			t.Errorf("%+v", c)
		}
		h.toldTalk("proposed", "confirmed", "succeeded")
	})
}

func TestWhatNeedsNoProofIsDoneWithTheYes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		seen, err := h.flow.AtDesk(context.Background(), h.agent, acting.Wish{Conversation: h.conv, Proposal: disputed()})
		h.must(err)
		if c := h.agree(seen.Kept); c.State != action.Succeeded || c.Proof.State != assurance.NotNeeded {
			t.Errorf("%+v", c)
		}
	})
}

func TestACustomerSaysNo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		a := h.asks("12.50")
		h.toldTalk("proposed")
		for range 2 {
			c, err := h.flow.Decline(context.Background(), h.anna, h.conv, a.ID)
			h.must(err)
			if c.State != action.Cancelled || c.Refusal != action.Declined {
				t.Errorf("%+v", c)
			}
		}
		if _, err := h.flow.Agree(context.Background(), h.anna, h.conv, a.ID, a.Hash); err != nil {
			t.Error(err)
		}
		if c := h.look(a.ID); c.State != action.Cancelled || len(h.wallet.done()) != 0 {
			t.Errorf("%+v", c)
		}
		h.toldTalk("proposed", "cancelled")
	})
}

func disputed() selfservice.Proposal {
	return selfservice.Proposal{Act: wallet.OpenDispute, Target: "tx-1", Expect: "posted", Reason: "not_received"}
}

func why(err error) string {
	var no *acting.RefusedError
	if errors.As(err, &no) {
		return no.Why
	}
	return ""
}

func TestWhatBecomesOfACardThatNobodyConfirms(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		late := h.asks("12.50")
		h.later(action.ProposalLife + time.Second)
		if c := h.look(late.ID); c.State != action.Expired {
			t.Errorf("%+v", c)
		}
		back := h.asks("12.50")
		if _, err := h.flow.Cancel(context.Background(), h.agent, back.ID); err != nil {
			t.Fatal(err)
		}
		if c := h.look(back.ID); c.State != action.Cancelled || c.Refusal != action.Withdrawn {
			t.Errorf("%+v", c)
		}
		first, second := h.asks("12.50"), h.asks("9.00")
		if c := h.look(first.ID); c.State != action.Cancelled || c.Refusal != action.Superseded {
			t.Errorf("%+v", c)
		}
		h.wallet.state = "reversed" // it is not any more what was shown
		if c := h.agree(second.Kept); c.State != action.Failed || c.Refusal != wallet.StateChanged || h.wallet.asked != 0 {
			t.Errorf("%+v, asked %d times", c, h.wallet.asked)
		}
		h.wallet.state = "posted"
		third := h.asks("9.00")
		h.wallet.dry = wallet.NotEligible
		if c := h.agree(third.Kept); c.State != action.Failed || c.Refusal != wallet.NotEligible {
			t.Errorf("%+v", c)
		}
	})
}

func TestProofsThatAreNotGiven(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.wallet.answer = wallet.AskDeclined
		a := h.asks("12.50")
		h.agree(a.Kept)
		h.later(4 * time.Second)
		if c := h.look(a.ID); c.State != action.Failed || c.Refusal != action.Declined {
			t.Errorf("who says that it was not them: %+v", c)
		}
		h.wallet.answer = wallet.AskExpired
		b := h.asks("9.00")
		h.agree(b.Kept)
		h.later(4 * time.Second)
		if c := h.look(b.ID); c.State != action.Confirmed || c.Proof.State != assurance.WasExpired {
			t.Errorf("%+v", c)
		}
		asked := h.wallet.asked
		h.later(time.Minute)
		if h.wallet.asked != asked {
			t.Error("the customer is asked anew without wanting it")
		}
		h.wallet.answer = wallet.AskApproved
		if c, err := h.flow.ProveAgain(context.Background(), h.anna, h.conv, b.ID); err != nil || c.Proof.State != assurance.Pending {
			t.Errorf("%+v %v", c, err)
		}
		h.later(4 * time.Second)
		if c := h.look(b.ID); c.State != action.Succeeded {
			t.Errorf("%+v", c)
		}
		h.wallet.answer = ""
		d := h.asks("3.00")
		h.agree(d.Kept)
		h.later(action.StartLife + time.Minute)
		if c := h.look(d.ID); c.State != action.Expired {
			t.Errorf("%+v", c)
		}
		if _, err := h.flow.ProveAgain(context.Background(), h.anna, h.conv, d.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("a proof of what is over: %v", err)
		}
	})
}

func TestAWalletThatIsDownAndAnAnswerThatIsLost(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		a := h.asks("12.50")
		h.toldTalk("proposed")
		h.wallet.down = true
		if _, err := h.flow.Agree(context.Background(), h.anna, h.conv, a.ID, a.Hash); !fault.Is(err, fault.Unavailable) {
			t.Fatalf("%v", err)
		}
		h.wallet.down = false
		if c := h.look(a.ID); c.State != action.Proposed {
			t.Errorf("something was agreed to: %+v", c)
		}
		h.wallet.next = []way{answerLost}
		h.agree(a.Kept)
		h.clock.Move(4 * time.Second)
		h.must(h.flow.Reconcile(context.Background()))
		if c := h.look(a.ID); c.State != action.Unknown {
			t.Errorf("%+v", c)
		}
		h.later(time.Minute)
		if c := h.look(a.ID); c.State != action.Succeeded || len(h.wallet.done()) != 1 {
			t.Errorf("%+v", c)
		}
		h.toldTalk("proposed", "confirmed", "unknown", "succeeded")
	})
}

func TestASecondPersonAfterTheCustomer(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		a := h.asks("5000.00")
		if !a.Verdict.FourEyes {
			t.Fatalf("%+v", a.Verdict)
		}
		h.toldTalk("proposed")
		h.agree(a.Kept)
		h.later(4 * time.Second)
		if c := h.look(a.ID); c.State != action.Waiting {
			t.Fatalf("%+v", c)
		}
		if err := h.flow.Approve(context.Background(), h.agent, a.ID, a.Hash); err == nil {
			t.Error("who proposed it agrees to it")
		}
		h.later(time.Hour)
		h.must(h.flow.Approve(context.Background(), h.supervisor, a.ID, a.Hash))
		h.later(time.Second)
		h.later(4 * time.Second)
		if c := h.look(a.ID); c.State != action.Succeeded {
			t.Errorf("%+v", c)
		}
		h.toldTalk("proposed", "confirmed", "waiting", "approved", "succeeded")
	})
}

func TestWhatCouldBeConfirmedNowhereIsRefused(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		wish := acting.Wish{Conversation: h.conv, Proposal: h.refund("5.00")}
		_, err := h.Process.Execute(ctx, h.agent, h.conv, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Resolved}})
		h.must(err)
		if _, err := h.flow.AtDesk(ctx, h.agent, wish); why(err) != acting.TalkClosed {
			t.Errorf("in a closed one: %v", err)
		}
		visitor := identity.Principal{Kind: identity.Visitor, ID: id.New(), Session: id.New()}
		wish.Conversation = h.begin(visitor)
		if _, err := h.flow.AtDesk(ctx, h.agent, wish); why(err) != acting.NobodyToAsk {
			t.Errorf("of a visitor: %v", err)
		}
	})
}

func TestNobodyElseIsAskedOrAnswers(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		a := h.asks("12.50")
		elsewhere := h.begin(h.anna)
		own := h.propose("3.00") // of a flow: no card
		anonymous := h.anna
		anonymous.Level = identity.AL0
		for name, c := range map[string]struct {
			p         identity.Principal
			conv, act string
		}{
			"another customer":                    {h.other, h.conv, a.ID},
			"a visitor with the same id":          {identity.Principal{Kind: identity.Visitor, ID: h.anna.ID, Level: identity.AL3}, h.conv, a.ID},
			"a customer nobody vouched for":       {anonymous, h.conv, a.ID},
			"the agent":                           {h.agent, h.conv, a.ID},
			"a supervisor":                        {h.supervisor, h.conv, a.ID},
			"a program":                           {identity.Principal{Kind: identity.Program, ID: id.New()}, h.conv, a.ID},
			"nobody":                              {identity.Principal{}, h.conv, a.ID},
			"the customer, from another talk":     {h.anna, elsewhere, a.ID},
			"the customer, of what a flow asks":   {h.anna, h.conv, own.ID},
			"the customer, of what there is not":  {h.anna, h.conv, id.New()},
			"the customer, of no form of an id":   {h.anna, h.conv, "../" + a.ID},
			"the customer, of no conversation":    {h.anna, id.New(), a.ID},
			"the customer, of no form of a place": {h.anna, "x", a.ID},
		} {
			_, errs := h.flow.Consent(ctx, c.p, c.conv, c.act)
			_, agree := h.flow.Agree(ctx, c.p, c.conv, c.act, a.Hash)
			_, prove := h.flow.ProveAgain(ctx, c.p, c.conv, c.act)
			_, decline := h.flow.Decline(ctx, c.p, c.conv, c.act)
			for what, err := range map[string]error{"looks": errs, "agrees": agree, "proves": prove, "declines": decline} {
				if !fault.Is(err, fault.NotFound) {
					t.Errorf("%s %s: %v", name, what, err)
				}
			}
		}
		if _, err := h.flow.Agree(ctx, h.anna, h.conv, a.ID, h.asks("12.50").Hash[1:]+"0"); !fault.Is(err, fault.Conflict) || fault.FieldOf(err) != "hash" {
			t.Errorf("another hash: %v", err)
		}
		if c := h.look(a.ID); c.State != action.Proposed {
			t.Errorf("%+v", c)
		}
	})
}

func TestACardGoesOnWhereTheConversationDoes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		a := h.asks("12.50")
		h.toldTalk("proposed")
		into := h.begin(h.anna)
		h.must(h.Merge(ctx, h.agent, h.conv, into))
		c, err := h.flow.Agree(ctx, h.anna, into, a.ID, a.Hash)
		if err != nil || c.State != action.Confirmed {
			t.Fatalf("%+v %v", c, err)
		}
		h.later(4 * time.Second)
		if got := h.tells(into); len(got) != 2 || got[0] != "confirmed" || got[1] != "succeeded" {
			t.Errorf("it was told %v", got)
		}
	})
}
