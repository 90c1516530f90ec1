package storage_test

import (
	"context"
	"math/big"
	"strings"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// newAct is a refund for the scene's customer, proposed by somebody.
func (s *scene) newAct(by identity.Principal) action.Kept {
	sum, err := wallet.Units(big.NewInt(1250), "EUR", 2)
	s.must(err)
	return s.newActOf(by, wallet.Command{Act: wallet.RequestRefund, CustomerID: "own", Target: "tx-1", Amount: sum, Reason: "not_received", Expect: "posted"})
}

// newActOf is one for a command, proposed by somebody.
func (s *scene) newActOf(by identity.Principal, c wallet.Command) action.Kept {
	s.Helper()
	c.Key = action.Key(s.conv, id.New(), "ask", c, 0)
	a, err := action.Propose(action.Action{
		ID: id.New(), ConversationID: s.conv, CustomerID: s.own.ID, Command: c, Summary: wallet.Summary{Amount: c.Amount}, Maker: action.ByOf(by),
		Verdict: action.Verdict{Allow: true, Level: identity.AL2, FourEyes: true},
	}, s.core())
	if err != nil { // nobody, who must not get further
		a = action.Action{ID: id.New(), ConversationID: s.conv, CustomerID: s.own.ID, Command: c}
	}
	return action.Kept{Action: a}
}

// newGift is something that somebody gives the scene's customer.
func (s *scene) newGift(by identity.Principal) action.Kept {
	s.Helper()
	k := s.newAct(by)
	k.Command.Act, k.Command.Target, k.Command.Expect, k.Command.Reason = wallet.GiveGoodwill, "", "", "outage"
	k.Command.Key = action.Key(s.conv, id.New(), "", k.Command, 0)
	k.Verdict = action.Verdict{Allow: true, Level: identity.AL1}
	k.Hash = action.Hash(k.Command, k.Summary)
	return k
}

func (s *scene) core() time.Time { return s.Clock.Now() }

// act is one that the customer proposed.
func (s *scene) act() action.Kept {
	s.Helper()
	k := s.newAct(s.own)
	s.must(s.AddAct(context.Background(), s.own, k))
	return s.find(k.ID)
}

func (s *scene) find(act string) action.Kept {
	s.Helper()
	k, err := s.Act(context.Background(), identity.SystemPart("test"), act)
	s.must(err)
	return k
}

// confirmed is one that the customer said yes to.
func (s *scene) confirmed() action.Kept {
	s.Helper()
	k := s.act()
	_, err := s.ConfirmAct(context.Background(), s.own, k.ID, k.Hash)
	s.must(err)
	return s.find(k.ID)
}

// withFile is one with a file that the customer said yes to.
func (s *scene) withFile() action.Kept {
	s.Helper()
	k := s.newAct(s.own)
	k.Command.Act, k.Command.Amount, k.Papers = wallet.AddEvidence, wallet.Money{}, []string{id.New()}
	k.Command.Files = []wallet.Evidence{{Kind: "receipt", File: wallet.File{Digest: strings.Repeat("0", 64), Type: "text/plain", Size: 1}}}
	k.Hash = action.Hash(k.Command, k.Summary)
	s.must(s.AddAct(context.Background(), s.own, k))
	_, err := s.ConfirmAct(context.Background(), s.own, k.ID, k.Hash)
	s.must(err)
	return s.find(k.ID)
}

// waiting is one that a second person has to agree to.
func (s *scene) waiting() action.Kept {
	s.Helper()
	k := s.confirmed()
	for range 2 {
		s.works(staffWith(identity.Supervisor))
	}
	_, err := s.AwaitAct(context.Background(), s.own, k.ID, k.Revision)
	s.must(err)
	return s.find(k.ID)
}

// drop gives up all that waits, so that no more waits than may.
func (s *scene) drop() {
	s.Helper()
	all, err := s.ListActs(context.Background(), s.own, action.Query{States: []action.State{action.Waiting}, Limit: action.MaxPage})
	s.must(err)
	for _, k := range all {
		_, err := s.CancelAct(context.Background(), s.own, k.ID)
		s.must(err)
	}
}

func (s *scene) stepUp(k action.Kept) assurance.Kept {
	return assurance.Kept{ActID: k.ID, Revision: 1, StepUp: assurance.StepUp{
		ID: id.New(), ConversationID: k.ConversationID, CustomerID: k.CustomerID, WalletID: "own", Act: k.Command.Act, Target: k.Command.Target, Amount: k.Command.Amount,
		Level: identity.AL2, Nonce: id.New(), State: assurance.Asked, AskedAt: s.core(), ExpiresAt: s.core().Add(assurance.Life),
	}}
}

const proposes = "own supervisor owner"

func step(method, may string, do func(sc *scene, p identity.Principal) error) rule {
	return rule{method, may, fault.Forbidden, nil, do}
}

// actRules are about what is done in the wallet. The conversation is nobody's: an agent
// takes it over first.
func actRules() []rule {
	ctx := context.Background()
	return []rule{
		step("AddAct", proposes, func(sc *scene, p identity.Principal) error { return sc.AddAct(ctx, p, sc.newAct(p)) }),
		step("AddAct", "own", func(sc *scene, p identity.Principal) error { // what a customer agrees to nobody else says
			return sc.AddAct(ctx, p, sc.newActOf(p, wallet.Command{Act: wallet.WithdrawConsent, CustomerID: "own", Target: "marketing_sms", Reason: "asked", Expect: "given"}))
		}),
		{"Act", "own system " + workers, fault.NotFound, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.Act(ctx, p, sc.act().ID)
			return err
		}},
		{"ActByKey", "own system " + workers, fault.NotFound, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.ActByKey(ctx, p, sc.act().Command.Key)
			return err
		}},
		step("ListActs", "own system supervisor owner second fraud disputes", func(sc *scene, p identity.Principal) error {
			_, err := sc.ListActs(ctx, p, action.Query{CustomerID: sc.own.ID, Limit: 1})
			return err
		}),
		step("ListActs", "supervisor owner system own other", func(sc *scene, p identity.Principal) error {
			all, err := sc.ListActs(ctx, p, action.Query{States: []action.State{action.Proposed}, Limit: 1})
			if err == nil && p.Kind == identity.Customer && p.ID != sc.own.ID && len(all) > 0 {
				sc.Errorf("%s is given another's acts", p.Kind)
			}
			return err
		}),
		step("ActTotals", proposes+" agent colleague system second fraud disputes", func(sc *scene, p identity.Principal) error {
			_, err := sc.ActTotals(ctx, p, action.Of{CustomerID: sc.own.ID, Act: wallet.RequestRefund, Currency: "EUR"})
			return err
		}),
		step("DueActs", "system", func(sc *scene, p identity.Principal) error {
			_, err := sc.DueActs(ctx, p, 1)
			return err
		}),
		step("ConfirmAct", "own", func(sc *scene, p identity.Principal) error {
			k := sc.act()
			_, err := sc.ConfirmAct(ctx, p, k.ID, k.Hash)
			return err
		}),
		step("CancelAct", "own", func(sc *scene, p identity.Principal) error {
			_, err := sc.CancelAct(ctx, p, sc.act().ID)
			return err
		}),
		step("SupersedeAct", "system", func(sc *scene, p identity.Principal) error {
			_, err := sc.SupersedeAct(ctx, p, sc.act().ID)
			return err
		}),
		step("GaveAct", "system", func(sc *scene, p identity.Principal) error {
			_, err := sc.GaveAct(ctx, p, sc.withFile().ID, 1)
			return err
		}),
		step("AwaitAct", proposes+" system", func(sc *scene, p identity.Principal) error {
			k := sc.confirmed()
			sc.works(staffWith(identity.Supervisor))
			defer sc.drop()
			_, err := sc.AwaitAct(ctx, p, k.ID, k.Revision)
			return err
		}),
		// They may, and then the proof is missing, as it should be.
		step("PlanAct", "", func(sc *scene, p identity.Principal) error {
			k := sc.confirmed()
			_, err := sc.PlanAct(ctx, p, k.ID, k.Revision, action.Ready{Summary: k.Summary, Verdict: k.Verdict, Level: identity.AL3, Signed: "forged"})
			return err
		}),
		{"LearnAct", "", fault.Forbidden, map[fault.Code]string{fault.Conflict: "system"}, func(sc *scene, p identity.Principal) error {
			k := sc.confirmed() // which is in no doubt
			_, err := sc.LearnAct(ctx, p, k.ID, k.Revision, action.Answer{Nothing: true})
			return err
		}},
		{"FoundAct", "", fault.Forbidden, map[fault.Code]string{fault.Conflict: "system"}, func(sc *scene, p identity.Principal) error {
			_, err := sc.FoundAct(ctx, p, sc.confirmed().ID, true, "ticket 7") // which is in no doubt
			return err
		}},
		step("ActSubject", "system", func(sc *scene, p identity.Principal) error {
			_, err := sc.ActSubject(ctx, p, sc.own.ID, "wallet")
			return err
		}),
		step("ToldAct", "system", func(sc *scene, p identity.Principal) error {
			k := sc.confirmed()
			_, err := sc.ToldAct(ctx, p, k.ID, k.Revision, time.Time{})
			return err
		}),
		step("ActCustomer", "system", func(sc *scene, p identity.Principal) error {
			_, err := sc.ActCustomer(ctx, p, "wallet", "own")
			if fault.Is(err, fault.NotFound) {
				err = nil
			}
			return err
		}),
		step("EraseActs", "system", func(sc *scene, p identity.Principal) error {
			_, _, err := sc.EraseActs(ctx, p, id.New(), 1<<60)
			return err
		}),
		step("EraseProofs", "system", func(sc *scene, p identity.Principal) error { return sc.EraseProofs(ctx, p, id.New(), 1<<60) }),
		step("DoubtActs", "system", func(sc *scene, p identity.Principal) error {
			_, err := sc.DoubtActs(ctx, p)
			return err
		}),
	}
}

// giftRules are about what the house gives of its own.
func giftRules() []rule {
	ctx := context.Background()
	return []rule{
		step("GoodwillFor", "supervisor owner system", func(sc *scene, p identity.Principal) error {
			_, _, err := sc.GoodwillFor(ctx, p, action.Kept{Action: action.Action{CustomerID: sc.own.ID, ConversationID: sc.conv, Maker: action.ByOf(p)}})
			return err
		}),
		step("GoodwillBook", "supervisor owner", func(sc *scene, p identity.Principal) error {
			_, err := sc.GoodwillBook(ctx, p, "", "", 10)
			return err
		}),
		step("AddAct", "supervisor owner", func(sc *scene, p identity.Principal) error { return sc.AddAct(ctx, p, sc.newGift(p)) }),
	}
}

// outcomeRules are about what became of them, and the second person.
func outcomeRules() []rule {
	ctx := context.Background()
	return []rule{
		{"ResendAct", "", fault.Forbidden, map[fault.Code]string{fault.Conflict: "system"}, func(sc *scene, p identity.Principal) error {
			k := sc.confirmed()
			_, err := sc.ResendAct(ctx, p, k.ID, k.Revision)
			return err
		}},
		{"SettleAct", "", fault.Forbidden, map[fault.Code]string{fault.Conflict: "system"}, func(sc *scene, p identity.Principal) error {
			k := sc.confirmed()
			_, err := sc.SettleAct(ctx, p, k.ID, k.Revision, action.Answer{Nothing: true})
			return err
		}},
		step("FailAct", proposes+" system", func(sc *scene, p identity.Principal) error {
			k := sc.confirmed()
			_, err := sc.FailAct(ctx, p, k.ID, k.Revision, wallet.StateChanged)
			return err
		}),
		step("LookAgain", "system", func(sc *scene, p identity.Principal) error {
			k := sc.confirmed()
			_, err := sc.LookAgain(ctx, p, k.ID, k.Revision, sc.core())
			return err
		}),
		step("AlarmAct", "system", func(sc *scene, p identity.Principal) error {
			k := sc.confirmed()
			_, err := sc.AlarmAct(ctx, p, k.ID, k.Revision)
			return err
		}),
		step("HurryActs", "system", func(sc *scene, p identity.Principal) error { return sc.HurryActs(ctx, p, "wallet", "own") }),
		step("ActRequest", "supervisor owner", func(sc *scene, p identity.Principal) error {
			defer sc.drop()
			_, err := sc.ActRequest(ctx, p, sc.waiting().ID)
			return err
		}),
		step("Approve", "supervisor owner", func(sc *scene, p identity.Principal) error {
			defer sc.drop()
			sc.works(p)
			r, err := sc.ActRequest(ctx, staffWith(identity.Owner), sc.waiting().ID)
			sc.must(err)
			_, err = sc.Approve(ctx, p, r.ID, r.Hash)
			return err
		}),
		step("Reject", "supervisor owner", func(sc *scene, p identity.Principal) error {
			defer sc.drop()
			sc.works(p)
			r, err := sc.ActRequest(ctx, staffWith(identity.Owner), sc.waiting().ID)
			sc.must(err)
			return sc.Reject(ctx, p, r.ID, "no")
		}),
		// Admins decide over settings; of acts they are not even told.
		{"Approval", "", fault.Forbidden, map[fault.Code]string{fault.NotFound: "owner admin supervisor second fraud privacy"}, func(sc *scene, p identity.Principal) error {
			defer sc.drop()
			_, err := sc.Approval(ctx, p, sc.waiting().ApprovalID)
			return err
		}},
		step("AddStepUp", proposes+" system", func(sc *scene, p identity.Principal) error {
			defer sc.Clock.Move(time.Hour) // a customer is not asked without end
			return sc.AddStepUp(ctx, p, sc.stepUp(sc.confirmed()))
		}),
		step("StepUpOf", proposes+" system", func(sc *scene, p identity.Principal) error {
			defer sc.Clock.Move(time.Hour)
			k := sc.confirmed()
			sc.must(sc.AddStepUp(ctx, sc.own, sc.stepUp(k)))
			_, err := sc.StepUpOf(ctx, p, k.ID)
			return err
		}),
		step("SaveStepUp", proposes+" system", func(sc *scene, p identity.Principal) error {
			defer sc.Clock.Move(time.Hour)
			k := sc.confirmed()
			s := sc.stepUp(k)
			sc.must(sc.AddStepUp(ctx, sc.own, s))
			s.State = assurance.Declined
			return sc.SaveStepUp(ctx, p, s)
		}),
		step("ForgetStepUp", proposes+" system", func(sc *scene, p identity.Principal) error {
			defer sc.Clock.Move(time.Hour)
			s := sc.stepUp(sc.confirmed())
			sc.must(sc.AddStepUp(ctx, sc.own, s))
			return sc.ForgetStepUp(ctx, p, s)
		}),
		step("Tries", proposes+" system", func(sc *scene, p identity.Principal) error {
			_, err := sc.Tries(ctx, p, sc.act().ID)
			return err
		}),
	}
}
