package actions_test

import (
	"sync"
	"testing"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/goodwill"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// gift is something that a member of staff wants to give Anna.
func (h *house) gift(by identity.Principal, text string, tied ...string) action.Kept {
	h.Helper()
	return h.giftTo(h.anna, h.conv, by, text, tied...)
}

func (h *house) giftTo(who identity.Principal, conv string, by identity.Principal, text string, tied ...string) action.Kept {
	h.Helper()
	c := wallet.Command{Act: wallet.GiveGoodwill, CustomerID: "cust", Amount: h.sum(text, "EUR"), Reason: "outage"}
	c.Key = action.Key(conv, id.New(), "", c, 0)
	a, err := action.Propose(action.Action{
		ID: id.New(), ConversationID: conv, CustomerID: who.ID, Command: c, Maker: action.ByOf(by), Verdict: action.Verdict{Allow: true, Level: identity.AL1}, Summary: wallet.Summary{Amount: c.Amount},
	}, h.Clock.Now())
	h.must(err)
	k := action.Kept{Action: a, Said: [2]string{"because", "因为"}, Tied: tied}
	h.must(h.AddAct(ctx(), by, k))
	return k
}

func (h *house) used() (units int64, gifts int) {
	h.Helper()
	b, err := h.GoodwillBook(ctx(), h.boss, "", "", 100)
	h.must(err)
	for _, u := range b.Used {
		units += u.Units
	}
	return units, len(b.Gifts)
}

// Of two who give at once, what both saw to be left is given once.
func TestBudgetsHoldWhoeverGivesAtOnce(t *testing.T) {
	each(t, func(h *house) {
		const people = 8
		var gifts []action.Kept
		var makers []identity.Principal
		for range people { // a customer is given 100 in all
			who := h.member(identity.Supervisor)
			makers, gifts = append(makers, who), append(gifts, h.gift(who, "30.00"))
		}
		var wait sync.WaitGroup
		errs := make([]error, people)
		for i := range people {
			wait.Add(1)
			go func() {
				defer wait.Done()
				_, errs[i] = h.ConfirmAct(ctx(), makers[i], gifts[i].ID, gifts[i].Hash)
			}()
		}
		wait.Wait()
		given := 0
		for _, err := range errs {
			switch {
			case err == nil:
				given++
			case fault.ReasonOf(err) != goodwill.CustomerFull:
				h.Errorf("%v", err)
			}
		}
		if units, n := h.used(); given != 3 || units != 90*10_000 || n != 3 {
			h.Errorf("%d were given, %d units in %d", given, units, n)
		}
	})
}

// What was not given counts no more, and what was stays.
func TestBudgetsFollowWhatBecomesOfAGift(t *testing.T) {
	each(t, func(h *house) {
		k := h.gift(h.boss, "10.00")
		k, err := h.ConfirmAct(ctx(), h.boss, k.ID, k.Hash)
		h.must(err)
		if k.Verdict.FourEyes {
			h.Error("a little needs two")
		}
		if _, err := h.ConfirmAct(ctx(), h.boss, k.ID, k.Hash); err != nil { // a double press
			h.Errorf("%v", err)
		}
		if units, n := h.used(); units != 10*10_000 || n != 1 {
			h.Errorf("%d units in %d", units, n)
		}
		_, err = h.CancelAct(ctx(), h.boss, k.ID)
		h.must(err)
		if _, n := h.used(); n != 0 {
			h.Error("what was given up counts")
		}
		k = h.gift(h.boss, "10.00")
		_, err = h.ConfirmAct(ctx(), h.boss, k.ID, k.Hash)
		h.must(err)
		h.Clock.Move(action.StartLife)
		k, err = h.Act(ctx(), part(), k.ID)
		h.must(err)
		_, err = h.LookAgain(ctx(), part(), k.ID, k.Revision, time.Time{})
		h.must(err)
		if _, n := h.used(); n != 0 {
			h.Error("what nobody went on with counts")
		}
		k = h.gift(h.boss, "10.00")
		k, err = h.ConfirmAct(ctx(), h.boss, k.ID, k.Hash)
		h.must(err)
		k, err = h.PlanAct(ctx(), h.boss, k.ID, k.Revision, ready(k, ""))
		h.must(err)
		o := wallet.Operation{ID: "op-1", Key: k.Command.Key, Act: k.Command.Act, CustomerID: k.Command.CustomerID, State: wallet.OpSucceeded, CreatedAt: 1, DoneAt: 2}
		k, err = h.SettleAct(ctx(), part(), k.ID, k.Revision, action.Answer{Operation: o})
		h.must(err)
		b, err := h.GoodwillBook(ctx(), h.boss, h.anna.ID, "", 10)
		h.must(err)
		if len(b.Gifts) != 1 || b.Gifts[0].Given == 0 || b.Gifts[0].Staff != h.boss.ID || !k.Untold {
			h.Errorf("%+v, and %v", b, k.Untold)
		}
	})
}

// Much needs two; nobody gives themselves anything, nor agrees to it; customers say no yes to
// it; and who collects gifts by one device gets no more.
func TestWhoIsGivenNothing(t *testing.T) {
	each(t, func(h *house) {
		k := h.gift(h.boss, "10.01")
		if _, err := h.ConfirmAct(ctx(), h.anna, k.ID, k.Hash); !fault.Is(err, fault.Forbidden) {
			h.Errorf("she says yes herself: %v", err)
		}
		other := h.member(identity.Supervisor)
		if _, err := h.ConfirmAct(ctx(), other, k.ID, k.Hash); !fault.Is(err, fault.Forbidden) {
			h.Errorf("somebody else says yes: %v", err)
		}
		k, err := h.ConfirmAct(ctx(), h.boss, k.ID, k.Hash)
		h.must(err)
		if _, err := h.PlanAct(ctx(), h.boss, k.ID, k.Revision, ready(k, "")); fault.ReasonOf(err) != string(wallet.ApprovalRequired) {
			h.Errorf("it leaves without a second person: %v", err)
		}
		_, err = h.CancelAct(ctx(), h.boss, k.ID)
		h.must(err)

		own := h.gift(h.boss, "5.00", action.TieOf(action.TieMail, h.boss.ID)) // whose address is their id here
		if _, err := h.ConfirmAct(ctx(), h.boss, own.ID, own.Hash); fault.ReasonOf(err) != goodwill.OwnAccount {
			h.Errorf("to their own account: %v", err)
		}
		phone := action.TieOf(action.TieDevice, "m-1")
		for i, name := range []string{"cust-a", "cust-b", "cust-c"} {
			who := h.SignIn(name)
			g := h.giftTo(who, h.Begin(who, "en"), h.boss, "5.00", phone)
			_, err := h.ConfirmAct(ctx(), h.boss, g.ID, g.Hash)
			if why := fault.ReasonOf(err); (i < 2 && err != nil) || (i == 2 && why != goodwill.LinkedFull) {
				h.Errorf("gift %d by one telephone: %v", i+1, err)
			}
		}
		for _, role := range []identity.Role{identity.Agent, identity.Admin} {
			k := h.wish(h.anna, "x", "1.00", "EUR", identity.AL1, false)
			k.Maker, k.Command.Act, k.Command.Target, k.Command.Expect = action.ByOf(h.member(role)), wallet.GiveGoodwill, "", ""
			k.Hash = action.Hash(k.Command, k.Summary)
			if err := h.AddAct(ctx(), identity.Principal{Kind: identity.Staff, ID: k.Maker.ID, Role: role}, k); !fault.Is(err, fault.Forbidden) {
				h.Errorf("%s gives: %v", role, err)
			}
		}
	})
}

// What somebody gives is money that went out, for the watch over staff.
func TestAGiftIsSeenByTheWatchOverStaff(t *testing.T) {
	each(t, func(h *house) {
		k := h.gift(h.boss, "10.00")
		k, err := h.ConfirmAct(ctx(), h.boss, k.ID, k.Hash)
		h.must(err)
		paid := func() (n int) {
			all, _, err := h.ChainSince(ctx(), part(), 0, 500)
			h.must(err)
			for _, one := range all {
				if one.Kind == insider.Paid && one.Staff == h.boss.ID && one.Customer == h.anna.ID {
					n++
				}
			}
			return n
		}
		if n := paid(); n != 0 {
			h.Errorf("%d before anything left", n)
		}
		_, err = h.PlanAct(ctx(), h.boss, k.ID, k.Revision, ready(k, ""))
		h.must(err)
		if n := paid(); n != 1 {
			h.Errorf("%d are seen of one that left", n)
		}
	})
}
