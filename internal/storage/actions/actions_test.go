package actions_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

type house struct {
	*testing.T
	*storagetest.Process
	*storagetest.Deployment
	anna, boss identity.Principal
	conv       string
}

func each(t *testing.T, run func(h *house)) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := &house{T: t, Process: d.Open(t), Deployment: d}
		h.anna = h.SignIn("cust-anna")
		h.conv = h.Begin(h.anna, "en")
		h.boss = h.member(identity.Supervisor)
		run(h)
	})
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) member(role identity.Role) identity.Principal {
	h.Helper()
	who := id.New()
	h.must(h.AddStaff(ctx(), identity.SystemPart("cli"), staff.New{Member: staff.Member{ID: who, Email: who, Name: "Who", Role: role}}))
	return identity.Principal{Kind: identity.Staff, ID: who, Role: role}
}

const arrives = wallet.Time(1_795_000_000_000_000)

func ctx() context.Context { return context.Background() }

func part() identity.Principal { return identity.SystemPart("acts") }

func (h *house) sum(text, currency string) wallet.Money {
	h.Helper()
	m, err := wallet.Parse(text, currency, 2)
	h.must(err)
	return m
}

func (h *house) wish(by identity.Principal, run, text, currency string, level identity.Level, four bool) action.Kept {
	h.Helper()
	c := wallet.Command{Act: wallet.RequestRefund, CustomerID: "cust-anna", Target: "tx-" + run, Amount: h.sum(text, currency), Reason: "late", Expect: "posted", Details: map[string]string{"note": "words"}}
	c.Key = action.Key(h.conv, run, "ask", c, 0)
	a, err := action.Propose(action.Action{
		ID: id.New(), ConversationID: h.conv, CustomerID: h.anna.ID, Run: run, Step: "ask", Command: c, Maker: action.ByOf(by), Verdict: action.Verdict{Allow: true, Level: level, FourEyes: four, Code: "rule", Version: 3},
		Summary: wallet.Summary{Amount: c.Amount, Fees: []wallet.Fee{{Kind: "x", Amount: h.sum("0.50", currency)}}, Destination: "card-1", Effects: []string{"points_lost"}, State: "posted", ArrivesBy: arrives},
	}, h.Clock.Now())
	h.must(err)
	return action.Kept{Action: a, Destination: "Visa ••••4242"}
}

func (h *house) add(by identity.Principal, run, text, currency string, level identity.Level, four bool) action.Kept {
	h.Helper()
	k := h.wish(by, run, text, currency, level, four)
	h.must(h.AddAct(ctx(), by, k))
	k, err := h.Act(ctx(), part(), k.ID)
	h.must(err)
	return k
}

func (h *house) confirm(k action.Kept) action.Kept {
	h.Helper()
	k, err := h.ConfirmAct(ctx(), h.anna, k.ID, k.Hash)
	h.must(err)
	return k
}

// proven gives an act a proof that is good for it.
func (h *house) proven(k action.Kept, number string) string {
	h.Helper()
	s := assurance.Kept{ActID: k.ID, Revision: 1, StepUp: assurance.StepUp{
		ID: id.New(), ConversationID: k.ConversationID, CustomerID: k.CustomerID, WalletID: k.Command.CustomerID, Act: k.Command.Act, Target: k.Command.Target, Amount: k.Command.Amount,
		Level: identity.AL2, Nonce: "n", State: assurance.Asked, AskedAt: h.Clock.Now(), ExpiresAt: h.Clock.Now().Add(assurance.Life),
	}}
	h.must(h.AddStepUp(ctx(), h.anna, s))
	s.State, s.Signed = assurance.Proven, "signed-"+number
	s.Proof = assurance.Assertion{ID: number, Level: identity.AL2, Methods: []string{"passkey"}, FactorAge: time.Hour, Device: "d", At: h.Clock.Now(), ExpiresAt: h.Clock.Now().Add(5 * time.Minute)}
	s.ExpiresAt = s.Proof.ExpiresAt
	h.must(h.SaveStepUp(ctx(), h.anna, s))
	return s.ID
}

func ready(k action.Kept, proof string) action.Ready {
	return action.Ready{Summary: k.Summary, Verdict: k.Verdict, StepUp: proof}
}

func TestAnActIsFoundAsItWasKept(t *testing.T) {
	each(t, func(h *house) {
		k := h.wish(h.anna, "r", "12.50", "EUR", identity.AL2, true)
		h.must(h.AddAct(ctx(), h.anna, k))
		got, err := h.ActByKey(ctx(), h.anna, k.Command.Key)
		h.must(err)
		if action.Hash(got.Command, got.Summary) != k.Hash || got.Hash != k.Hash || got.Command.Key != k.Command.Key || got.Verdict != k.Verdict || got.Maker != k.Maker ||
			got.Destination != k.Destination || got.Run != "r" || got.Step != "ask" || !got.ExpiresAt.Equal(k.ExpiresAt) || got.Revision != 1 || got.Summary.ArrivesBy != arrives {
			h.Errorf("%+v", got)
		}
		again := h.wish(h.anna, "r", "12.50", "EUR", identity.AL2, true)
		if err := h.AddAct(ctx(), h.anna, again); !fault.Is(err, fault.Conflict) {
			h.Errorf("the same key twice: %v", err)
		}
		other := h.wish(h.anna, "other", "12.50", "EUR", identity.AL2, true)
		other.Command.Amount = h.sum("99.00", "EUR")
		if err := h.AddAct(ctx(), h.anna, other); err == nil {
			h.Error("what was exchanged under its hash is kept")
		}
	})
}

func TestWhoSawAnOldActChangesNothing(t *testing.T) {
	each(t, func(h *house) {
		k := h.confirm(h.add(h.anna, "r", "12.50", "EUR", identity.AL2, false))
		proof := h.proven(k, "j-1")
		var wait sync.WaitGroup
		var mu sync.Mutex
		planned := 0
		for range 10 {
			wait.Go(func() {
				_, err := h.PlanAct(ctx(), h.anna, k.ID, k.Revision, ready(k, proof))
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					planned++
				} else if !fault.Is(err, fault.Conflict) {
					h.Error(err)
				}
			})
		}
		wait.Wait()
		if planned != 1 {
			h.Errorf("planned %d times", planned)
		}
		now, err := h.Act(ctx(), part(), k.ID)
		h.must(err)
		if now.State != action.Planned || now.Command.Assertion != "signed-j-1" || !now.Sending || now.StepUpID != proof {
			h.Errorf("%+v", now)
		}
	})
}

func TestAProofIsUsedUpWithThePlanOrNotAtAll(t *testing.T) {
	each(t, func(h *house) {
		one := h.confirm(h.add(h.anna, "one", "12.50", "EUR", identity.AL2, false))
		two := h.confirm(h.add(h.anna, "two", "12.50", "EUR", identity.AL2, false))
		proof := h.proven(one, "j-1")
		if _, err := h.PlanAct(ctx(), h.anna, two.ID, two.Revision, ready(two, proof)); !fault.Is(err, fault.Conflict) {
			h.Errorf("another act's proof: %v", err)
		}
		changed := ready(one, proof)
		changed.Summary.Destination = "card-2"
		if _, err := h.PlanAct(ctx(), h.anna, one.ID, one.Revision, changed); fault.ReasonOf(err) != string(wallet.StateChanged) {
			h.Errorf("what has changed: %v", err)
		}
		s, err := h.StepUpOf(ctx(), h.anna, one.ID)
		h.must(err)
		if s.State != assurance.Proven {
			h.Errorf("a plan that failed leaves the proof %s", s.State)
		}
		if _, err := h.PlanAct(ctx(), h.anna, one.ID, one.Revision, action.Ready{Summary: one.Summary, Verdict: one.Verdict, Level: identity.AL3, Signed: "forged"}); fault.ReasonOf(err) != string(wallet.StepUpRequired) {
			h.Errorf("a level that somebody only says: %v", err)
		}
		if _, err = h.PlanAct(ctx(), h.anna, one.ID, one.Revision, ready(one, proof)); err != nil {
			h.Fatal(err)
		}
		// The same assertion under another step-up.
		again := h.proven(two, "j-1")
		if _, err := h.PlanAct(ctx(), h.anna, two.ID, two.Revision, ready(two, again)); !fault.Is(err, fault.Conflict) {
			h.Errorf("an assertion is used twice: %v", err)
		}
	})
}

func TestSumsOfADay(t *testing.T) {
	each(t, func(h *house) {
		h.add(h.anna, "idle", "1000.00", "EUR", identity.AL2, false)
		h.confirm(h.add(h.anna, "a", "10.00", "EUR", identity.AL2, false))
		h.confirm(h.add(h.boss, "b", "20.50", "EUR", identity.AL2, false))
		last := h.confirm(h.add(h.boss, "c", "40.00", "USD", identity.AL2, false))
		of := action.Of{CustomerID: h.anna.ID, StaffID: h.boss.ID, Act: wallet.RequestRefund, Currency: "EUR"}
		sums, err := h.ActTotals(ctx(), part(), of)
		h.must(err)
		if sums != (action.Totals{DayCount: 3, DayTotal: 30.5, StaffTotal: 20.5}) {
			h.Errorf("%+v", sums)
		}
		of.Currency, of.Except = "USD", last.ID
		if sums, err = h.ActTotals(ctx(), part(), of); err != nil || sums != (action.Totals{DayCount: 2}) {
			h.Errorf("without the one that is judged: %+v %v", sums, err)
		}
		h.Clock.Move(25 * time.Hour)
		if sums, err = h.ActTotals(ctx(), part(), of); err != nil || sums != (action.Totals{}) {
			h.Errorf("a day later: %+v %v", sums, err)
		}
	})
}

func TestWhatIsDue(t *testing.T) {
	each(t, func(h *house) {
		k := h.confirm(h.add(h.anna, "r", "12.50", "EUR", identity.AL2, false))
		due := func() int {
			all, err := h.DueActs(ctx(), part(), 10)
			h.must(err)
			return len(all)
		}
		if n := due(); n != 0 {
			h.Errorf("%d are due at once", n)
		}
		planned, err := h.PlanAct(ctx(), h.anna, k.ID, k.Revision, ready(k, h.proven(k, "j-1")))
		h.must(err)
		if n := due(); n != 0 {
			h.Error("one is asked for while its answer is awaited")
		}
		h.Clock.Move(action.SendLease)
		if n := due(); n != 1 {
			h.Errorf("%d are due after the lease", n)
		}
		lost, err := h.SettleAct(ctx(), part(), k.ID, planned.Revision, action.Answer{Err: errors.New("lost")})
		h.must(err)
		if n, err := h.CountUnsettledActs(ctx()); n != (action.Unsettled{Underway: 1}) || err != nil {
			h.Errorf("%+v %v", n, err)
		}
		if _, err := h.SettleAct(ctx(), part(), k.ID, planned.Revision, action.Answer{Nothing: true}); !fault.Is(err, fault.Conflict) {
			h.Errorf("an answer to what is over: %v", err)
		}
		o := wallet.Operation{ID: "op", Key: k.Command.Key, Act: k.Command.Act, CustomerID: k.Command.CustomerID, Target: k.Command.Target, State: wallet.OpSucceeded, CreatedAt: 1, DoneAt: 2}
		done, err := h.SettleAct(ctx(), part(), k.ID, lost.Revision, action.Answer{Operation: o})
		h.must(err)
		h.Clock.Move(1000 * time.Hour)
		if n := due(); n != 0 || done.State != action.Succeeded {
			h.Errorf("%d are due, %s", n, done.State)
		}
	})
}

func TestWhatIsOverGoesWithItsKeys(t *testing.T) {
	each(t, func(h *house) {
		idle := h.add(h.anna, "idle", "12.50", "EUR", identity.AL2, false)
		_, err := h.CancelAct(ctx(), h.anna, idle.ID)
		h.must(err)
		live := h.confirm(h.add(h.anna, "live", "12.50", "EUR", identity.AL2, false))
		h.proven(live, "j-1")
		h.Clock.Move(31 * 24 * time.Hour)
		h.must(h.PurgeActs(ctx()))
		h.must(h.PurgeProofs(ctx()))
		if _, err := h.Act(ctx(), part(), idle.ID); !fault.Is(err, fault.NotFound) {
			h.Errorf("%v", err)
		}
		if _, err := h.Act(ctx(), part(), live.ID); err != nil {
			h.Errorf("what nobody ended is gone: %v", err)
		}
		if _, err := h.StepUpOf(ctx(), h.anna, live.ID); !fault.Is(err, fault.NotFound) {
			h.Errorf("a proof of a month ago: %v", err)
		}
	})
}

func TestNobodyElseCanBeTheSecondPerson(t *testing.T) {
	each(t, func(h *house) {
		k := h.confirm(h.add(h.boss, "r", "12.50", "EUR", identity.AL2, true))
		if _, err := h.AwaitAct(ctx(), h.anna, k.ID, k.Revision); fault.ReasonOf(err) != "nobody_else" {
			h.Errorf("the only supervisor is the maker: %v", err)
		}
		second := h.member(identity.Supervisor)
		_, err := h.AwaitAct(ctx(), h.anna, k.ID, k.Revision)
		h.must(err)
		for p, may := range map[string]bool{h.boss.ID: false, second.ID: true} {
			r, err := h.ActRequest(ctx(), second, k.ID)
			h.must(err)
			if got := h.MayDecide(identity.Principal{Kind: identity.Staff, ID: p, Role: identity.Supervisor}, r); got != may {
				h.Errorf("%v", got)
			}
		}
		_, err = h.CancelAct(ctx(), h.boss, k.ID)
		h.must(err)
		if r, err := h.ActRequest(ctx(), second, k.ID); err != nil || r.State != "withdrawn" {
			h.Errorf("the request of what was given up is %s %v", r.State, err)
		}
	})
}
