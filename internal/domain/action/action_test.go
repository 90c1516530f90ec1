package action_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/domain/action"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
)

var began = time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)

func euros(t testing.TB, text string) wallet.Money {
	t.Helper()
	m, err := wallet.Parse(text, "EUR", 2)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func refund(t testing.TB) (wallet.Command, wallet.Summary) {
	c := wallet.Command{Act: wallet.RequestRefund, CustomerID: "w-1", Target: "tx-1", Amount: euros(t, "12.50"), Reason: "not_received", Expect: "posted"}
	c.Key = action.Key("conv-1", "run-1", "ask", c, 0)
	return c, wallet.Summary{Amount: c.Amount, Destination: "card-1", State: "posted"}
}

func customer() identity.Principal {
	return identity.Principal{Kind: identity.Customer, ID: "cust-1", Level: identity.AL1}
}

func staff(id string) identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: id, Role: identity.Supervisor}
}

func yes(level identity.Level, fourEyes bool) action.Verdict {
	return action.Verdict{Allow: true, Level: level, FourEyes: fourEyes}
}

func proposed(t testing.TB, v action.Verdict) action.Action {
	t.Helper()
	c, s := refund(t)
	a, err := action.Propose(action.Action{
		ID: "a-1", ConversationID: "conv-1", CustomerID: "cust-1", Command: c, Summary: s, Verdict: v, Maker: action.ByOf(customer()),
	}, began)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAHashIsOfEverythingThatMatters(t *testing.T) {
	c, s := refund(t)
	whole := action.Hash(c, s)
	for name, change := range map[string]func(*wallet.Command, *wallet.Summary){
		"act":      func(c *wallet.Command, _ *wallet.Summary) { c.Act = wallet.Recall },
		"customer": func(c *wallet.Command, _ *wallet.Summary) { c.CustomerID = "w-2" },
		"target":   func(c *wallet.Command, _ *wallet.Summary) { c.Target = "tx-2" },
		"also":     func(c *wallet.Command, _ *wallet.Summary) { c.Also = []string{"tx-2"} },
		"amount":   func(c *wallet.Command, _ *wallet.Summary) { c.Amount = euros(t, "12.51") },
		"reason":   func(c *wallet.Command, _ *wallet.Summary) { c.Reason = "other" },
		"state":    func(c *wallet.Command, _ *wallet.Summary) { c.Expect = "refunded" },
		"details":  func(c *wallet.Command, _ *wallet.Summary) { c.Details = map[string]string{"a": "b"} },
		"sum":      func(_ *wallet.Command, s *wallet.Summary) { s.Amount = euros(t, "12.00") },
		"fee": func(_ *wallet.Command, s *wallet.Summary) {
			s.Fees = []wallet.Fee{{Kind: "x", Amount: euros(t, "1.00")}}
		},
		"destination": func(_ *wallet.Command, s *wallet.Summary) { s.Destination = "card-2" },
		"effect":      func(_ *wallet.Command, s *wallet.Summary) { s.Effects = []string{"points_lost"} },
		"reversible":  func(_ *wallet.Command, s *wallet.Summary) { s.Reversible = true },
	} {
		one, other := refund(t)
		change(&one, &other)
		if action.Hash(one, other) == whole {
			t.Errorf("%s makes no difference", name)
		}
	}
	c.Key, c.DryRun, c.Assertion, c.Approvals = "another", true, "x", []wallet.Approval{{ID: "b"}}
	s.ArrivesBy = 77 // a forecast, which moves by the minute
	if action.Hash(c, s) != whole {
		t.Error("what is only carried along makes a difference")
	}
}

// Two lists that read the same when written one after the other are not the same.
func TestPartsOfAHashDoNotRunTogether(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.StringMatching(`[a-c:,0-9]{0,6}`)
		one := wallet.Command{Reason: text.Draw(r, "reason"), Expect: text.Draw(r, "expect"), Target: text.Draw(r, "target"), Also: rapid.SliceOfN(text, 0, 3).Draw(r, "also")}
		two := wallet.Command{Reason: text.Draw(r, "reason 2"), Expect: text.Draw(r, "expect 2"), Target: text.Draw(r, "target 2"), Also: rapid.SliceOfN(text, 0, 3).Draw(r, "also 2")}
		a, _ := json.Marshal(struct{ A, B, C any }{one, one.Target, len(one.Also)})
		b, _ := json.Marshal(struct{ A, B, C any }{two, two.Target, len(two.Also)})
		if same := action.Hash(one, wallet.Summary{}) == action.Hash(two, wallet.Summary{}); same != (string(a) == string(b)) {
			r.Errorf("%s and %s: %v", a, b, same)
		}
	})
}

func TestAKeyIsOneForOneWish(t *testing.T) {
	c, _ := refund(t)
	key := action.Key("conv-1", "run-1", "ask", c, 0)
	if key != c.Key || !wallet.ValidID(key) || len(key) > wallet.MaxKey {
		t.Errorf("%q", key)
	}
	c.Key, c.Assertion = "", "proof"
	if action.Key("conv-1", "run-1", "ask", c, 0) != key {
		t.Error("a proof makes it another wish")
	}
	more := c
	more.Amount = euros(t, "13.00")
	for name, other := range map[string]string{
		"conversation": action.Key("conv-2", "run-1", "ask", c, 0), "run": action.Key("conv-1", "run-2", "ask", c, 0), "step": action.Key("conv-1", "run-1", "aska", c, 0),
		"sum": action.Key("conv-1", "run-1", "ask", more, 0), "attempt": action.Key("conv-1", "run-1", "ask", c, 1),
	} {
		if other == key {
			t.Errorf("another %s has the same key", name)
		}
	}
}

func TestAYesNamesWhatWasShown(t *testing.T) {
	a := proposed(t, yes(identity.AL2, false))
	for name, try := range map[string]struct {
		by   identity.Principal
		hash string
		at   time.Time
		want fault.Code
	}{
		"somebody else":     {identity.Principal{Kind: identity.Customer, ID: "cust-2"}, a.Hash, began, fault.Forbidden},
		"a visitor":         {identity.Principal{Kind: identity.Visitor, ID: "cust-1"}, a.Hash, began, fault.Forbidden},
		"staff, of money":   {staff("s-1"), a.Hash, began, fault.Forbidden},
		"a part of Kefu":    {identity.SystemPart("flow"), a.Hash, began, fault.Forbidden},
		"nobody":            {identity.Principal{}, a.Hash, began, fault.Forbidden},
		"another hash":      {customer(), strings.Repeat("0", 64), began, fault.Conflict},
		"no hash":           {customer(), "", began, fault.Conflict},
		"ten minutes after": {customer(), a.Hash, began.Add(action.ProposalLife), fault.Conflict},
	} {
		if _, err := a.Confirm(try.by, try.hash, try.at); !fault.Is(err, try.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b, err := a.Confirm(customer(), a.Hash, began)
	if err != nil || b.State != action.Confirmed {
		t.Fatalf("%v %v", b.State, err)
	}
	if again, err := b.Confirm(customer(), a.Hash, began.Add(time.Second)); err != nil || !again.ChangedAt.Equal(b.ChangedAt) {
		t.Errorf("a second yes: %v", err)
	}
	changed := a
	changed.Command.Amount = euros(t, "9999.00")
	if _, err := changed.Confirm(customer(), a.Hash, began); !fault.Is(err, fault.Conflict) {
		t.Errorf("a command that was exchanged under the hash: %v", err)
	}
}

func TestStaffMaySayYesToWhatOnlyMakesSafe(t *testing.T) {
	c := wallet.Command{Key: "k", Act: wallet.Freeze, CustomerID: "w-1", Reason: "lost_phone"}
	a, err := action.Propose(action.Action{ID: "a", ConversationID: "c", CustomerID: "cust-1", Command: c, Verdict: yes(identity.AL1, false), Maker: action.ByOf(staff("s-1"))}, began)
	if err != nil {
		t.Fatal(err)
	}
	if a, err = a.Confirm(staff("s-1"), a.Hash, began); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Plan(action.Ready{Verdict: yes(identity.AL1, false), Level: identity.AL1}, began); err != nil {
		t.Error(err)
	}
}

func TestTheSecondPersonIsAnother(t *testing.T) {
	a := proposed(t, yes(identity.AL2, true))
	a.Maker = action.ByOf(staff("s-1"))
	a, err := a.Confirm(customer(), a.Hash, began)
	if err != nil {
		t.Fatal(err)
	}
	ready := action.Ready{Summary: a.Summary, Verdict: yes(identity.AL2, true), Level: identity.AL2}
	if _, err := a.Plan(ready, began); !fault.Is(err, fault.Forbidden) || fault.ReasonOf(err) != string(wallet.ApprovalRequired) {
		t.Errorf("without a second person: %v", err)
	}
	waiting, err := a.Await("ap-1", began)
	if err != nil {
		t.Fatal(err)
	}
	for name, by := range map[string]identity.Principal{"the maker": staff("s-1"), "the customer": customer(), "nobody": {}, "a program": {Kind: identity.Program, ID: "key"}} {
		if _, err := waiting.Approve(by, a.Hash, began); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := waiting.Approve(staff("s-2"), "another", began); !fault.Is(err, fault.Conflict) {
		t.Errorf("another hash: %v", err)
	}
	if _, err := waiting.Approve(staff("s-2"), a.Hash, began.Add(action.ApprovalLife)); !fault.Is(err, fault.Conflict) {
		t.Errorf("a day later: %v", err)
	}
	approved, err := waiting.Approve(staff("s-2"), a.Hash, began.Add(time.Hour))
	if err != nil || len(approved.Command.Approvals) != 1 {
		t.Fatal(err)
	}
	if _, err := approved.Approve(staff("s-3"), a.Hash, began.Add(time.Hour)); !fault.Is(err, fault.Conflict) {
		t.Errorf("approved twice: %v", err)
	}
	if _, err := approved.Plan(ready, began.Add(time.Hour)); err != nil {
		t.Error(err)
	}
	if _, err := approved.Plan(ready, began.Add(time.Hour+action.StartLife)); !fault.Is(err, fault.Conflict) {
		t.Errorf("hours after the yes: %v", err)
	}
	if rejected, err := waiting.Reject(staff("s-2"), began); err != nil || !rejected.State.Over() {
		t.Errorf("%v", err)
	}
}

func TestWhatWasAgreedMustStillBeSo(t *testing.T) {
	a := proposed(t, yes(identity.AL2, false))
	a, err := a.Confirm(customer(), a.Hash, began)
	if err != nil {
		t.Fatal(err)
	}
	good := action.Ready{Summary: a.Summary, Verdict: yes(identity.AL2, false), Level: identity.AL2, StepUp: "su-1", Signed: "jws"}
	other := a.Summary
	other.Amount = euros(t, "10.00")
	for name, c := range map[string]struct {
		change func(*action.Ready)
		reason string
	}{
		"the sum would be another":         {func(r *action.Ready) { r.Summary = other }, string(wallet.StateChanged)},
		"no proof":                         {func(r *action.Ready) { r.Level = identity.AL1 }, string(wallet.StepUpRequired)},
		"the policy asks for more now":     {func(r *action.Ready) { r.Verdict.Level = identity.AL3 }, string(wallet.StepUpRequired)},
		"the policy asks for less now":     {func(r *action.Ready) { r.Verdict.Level, r.Level = identity.AL1, identity.AL1 }, string(wallet.StepUpRequired)},
		"the policy says no now":           {func(r *action.Ready) { r.Verdict = action.Verdict{Code: "disputed"} }, "disputed"},
		"a second person is asked for now": {func(r *action.Ready) { r.Verdict.FourEyes = true }, string(wallet.ApprovalRequired)},
	} {
		r := good
		c.change(&r)
		if _, err := a.Plan(r, began); !fault.Is(err, fault.Forbidden) || fault.ReasonOf(err) != c.reason {
			t.Errorf("%s: %v", name, err)
		}
	}
	planned, err := a.Plan(good, began)
	if err != nil || planned.State != action.Planned || planned.Command.Assertion != "jws" {
		t.Fatalf("%+v %v", planned, err)
	}
	if _, err := planned.Plan(good, began); !fault.Is(err, fault.Conflict) {
		t.Errorf("planned twice: %v", err)
	}
	if _, err := planned.Cancel(customer(), began); !fault.Is(err, fault.Conflict) {
		t.Errorf("cancelled when it may have left: %v", err)
	}
}

func planned(t testing.TB) action.Action {
	t.Helper()
	a := proposed(t, yes(identity.AL2, false))
	a, err := a.Confirm(customer(), a.Hash, began)
	if err != nil {
		t.Fatal(err)
	}
	a, err = a.Plan(action.Ready{Summary: a.Summary, Verdict: yes(identity.AL2, false), Level: identity.AL2, StepUp: "su-1", Signed: "jws"}, began)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func operation(a action.Action, s wallet.OperationState) wallet.Operation {
	o := wallet.Operation{ID: "op-1", Key: a.Command.Key, Act: a.Command.Act, CustomerID: a.Command.CustomerID, Target: a.Command.Target, State: s, CreatedAt: 1}
	if s.Over() {
		o.DoneAt = 2
	}
	if s == wallet.OpFailed {
		o.Refusal = wallet.NotEligible
	}
	return o
}

func TestWhatTheWalletAnswers(t *testing.T) {
	a := planned(t)
	foreign := operation(a, wallet.OpSucceeded)
	foreign.Key = "another"
	down := fault.New(fault.Unavailable, "test", "down")
	for name, c := range map[string]struct {
		answer action.Answer
		at     time.Duration
		want   action.State
	}{
		"done":                            {action.Answer{Operation: operation(a, wallet.OpSucceeded)}, 0, action.Succeeded},
		"refused":                         {action.Answer{Operation: operation(a, wallet.OpFailed)}, 0, action.Failed},
		"taken on":                        {action.Answer{Operation: operation(a, wallet.OpPending)}, 0, action.Sent},
		"a dry run for something real":    {action.Answer{Operation: operation(a, wallet.OpProposed)}, 0, action.Unknown},
		"something else's answer":         {action.Answer{Operation: foreign}, 0, action.Unknown},
		"no answer":                       {action.Answer{Err: down}, 0, action.Unknown},
		"no answer, and nothing had left": {action.Answer{Err: down, NeverSent: true}, 0, action.Planned},
		"the same, too long after":        {action.Answer{Err: down, NeverSent: true}, action.StartLife, action.Failed},
		"nothing is known of it there":    {action.Answer{Nothing: true}, time.Minute, action.Planned},
		"the same, too long after it":     {action.Answer{Nothing: true}, time.Hour, action.Failed},
	} {
		b, err := a.Settle(c.answer, began.Add(c.at))
		if err != nil || b.State != c.want {
			t.Errorf("%s: %s %v", name, b.State, err)
		}
	}
}

// However answers come, late, lost, doubled or wrong: an action that may have happened
// is never told as failed without the wallet's word, ends once, and is never sent
// again under another key.
func TestAnyOrderOfAnswers(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		a, now := planned(t), began
		key, maybe, over := a.Command.Key, false, action.State("")
		for range rapid.IntRange(1, 12).Draw(r, "answers") {
			now = now.Add(time.Duration(rapid.IntRange(0, 1800).Draw(r, "seconds")) * time.Second)
			var w action.Answer
			kind := rapid.IntRange(0, 5).Draw(r, "answer")
			switch kind {
			case 0:
				w.Err = errors.New("lost")
			case 1:
				w.Err, w.NeverSent = errors.New("never left"), true
			case 2:
				w.Nothing = true
			case 3:
				w.Operation = operation(a, wallet.OpPending)
			case 4:
				w.Operation = operation(a, wallet.OpSucceeded)
			case 5:
				w.Operation = operation(a, wallet.OpFailed)
			}
			before := a
			b, err := a.Settle(w, now)
			if over != "" {
				if err == nil {
					r.Fatalf("%s went on to %s", over, b.State)
				}
				continue
			}
			if err != nil {
				r.Fatal(err)
			}
			a = b
			maybe = (maybe || kind == 0 || kind == 3) && !(kind == 2 && a.State == action.Planned)
			if a.Command.Key != key || a.Hash != before.Hash {
				r.Fatal("it is another command now")
			}
			if a.State == action.Failed && maybe && kind != 5 && kind != 2 {
				r.Fatalf("told as failed without the wallet's word, on answer %d", kind)
			}
			if a.State == action.Planned && before.State == action.Sent {
				r.Fatal("what the wallet had taken on is sent anew")
			}
			if a.State.Over() {
				over = a.State
			} else if !a.NextAt.After(now) {
				r.Fatal("nobody asks again")
			}
		}
	})
}

// A command that left may still be on its way when the wallet says that it knows nothing
// of it: until its signature is too old, nobody says that it has failed.
func TestWhatMayBeOnItsWayHasNotFailed(t *testing.T) {
	lost, never, nothing := action.Answer{Err: errors.New("lost")}, action.Answer{Err: errors.New("never left"), NeverSent: true}, action.Answer{Nothing: true}
	for name, c := range map[string]struct {
		old     time.Duration // since it was proposed, as after a second person's yes
		answers []action.Answer
		at      []time.Duration
		want    []action.State
	}{
		"given up, and it never was there": {
			0, []action.Answer{lost, nothing, never, nothing, nothing}, []time.Duration{0, time.Minute, 11 * time.Minute, 12 * time.Minute, 21 * time.Minute},
			[]action.State{action.Unknown, action.Planned, action.Planned, action.Planned, action.Failed},
		},
		"approved hours after": {
			5 * time.Hour, []action.Answer{lost, nothing, nothing, nothing}, []time.Duration{0, time.Minute, 9 * time.Minute, 11 * time.Minute},
			[]action.State{action.Unknown, action.Unknown, action.Unknown, action.Failed},
		},
		"the process ended while it was sent": {
			5 * time.Hour, []action.Answer{nothing, nothing}, []time.Duration{time.Minute, 11 * time.Minute}, []action.State{action.Unknown, action.Failed},
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := planned(t)
			a.CreatedAt = a.CreatedAt.Add(-c.old)
			for i, w := range c.answers {
				var err error
				if a, err = a.Settle(w, began.Add(c.at[i])); err != nil || a.State != c.want[i] {
					t.Fatalf("answer %d: %s, not %s (%v)", i, a.State, c.want[i], err)
				}
			}
		})
	}
}

// However often the wallet had nothing of it: a command that may have left is handed over
// no later than twenty minutes after it was proposed.
func TestHowLateSomethingIsHandedOverAgain(t *testing.T) {
	a := planned(t)
	now := began
	for _, w := range []action.Answer{{Err: errors.New("lost")}, {Nothing: true}} {
		now = now.Add(7 * time.Minute)
		var err error
		if a, err = a.Settle(w, now); err != nil {
			t.Fatal(err)
		}
	}
	last := a.CreatedAt.Add(action.ProposalLife + action.StartLife)
	if !a.Resendable(now) || a.Resendable(last) || now.Sub(a.ChangedAt) >= action.StartLife {
		t.Errorf("%s at %s, changed %s ago", a.State, now, now.Sub(a.ChangedAt))
	}
	fresh := planned(t)
	fresh.CreatedAt = fresh.CreatedAt.Add(-5 * time.Hour) // approved long after, and never left
	if !fresh.Resendable(began.Add(time.Minute)) || fresh.Resendable(began.Add(action.StartLife)) {
		t.Error("what never left is not handed over in the ten minutes after its plan, or later")
	}
}

func TestSomebodyIsToldWhenNobodyKnows(t *testing.T) {
	a := planned(t)
	a, err := a.Settle(action.Answer{Err: errors.New("lost")}, began)
	if err != nil {
		t.Fatal(err)
	}
	if a.Alarming(began.Add(23*time.Hour)) || !a.Alarming(began.Add(24*time.Hour)) {
		t.Error("the alarm is early or late")
	}
}

func judge(t testing.TB, p action.Policy) *action.Judge {
	t.Helper()
	j, err := action.NewJudge(p, 7)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestTheDefaultPolicy(t *testing.T) {
	j := judge(t, action.Default())
	for name, c := range map[string]struct {
		facts action.Facts
		want  action.Verdict
	}{
		"freeze":                       {action.Facts{Act: "freeze"}, action.Verdict{Allow: true, Level: 1, Code: "make safe"}},
		"freeze without end":           {action.Facts{Act: "freeze", DayCount: 20}, action.Verdict{Code: "too_many"}},
		"what the customer froze":      {action.Facts{Act: "unfreeze", PlacedBy: "customer", FactorHours: 500}, action.Verdict{Allow: true, Level: 3, Code: "unfreeze what the customer froze"}},
		"what the wallet froze":        {action.Facts{Act: "unfreeze", PlacedBy: "wallet", FactorHours: 500}, action.Verdict{Allow: true, Level: 3, FourEyes: true, Code: "unfreeze"}},
		"what an authority froze":      {action.Facts{Act: "unfreeze", PlacedBy: "authority", FactorHours: 500}, action.Verdict{Code: "held_by_authority"}},
		"from a new telephone":         {action.Facts{Act: "unfreeze", PlacedBy: "customer", FactorHours: 500, NewDevice: true}, action.Verdict{Code: "factor_too_young"}},
		"after a change of the factor": {action.Facts{Act: "unfreeze", PlacedBy: "customer", FactorHours: 3}, action.Verdict{Code: "factor_too_young"}},
		"a refund":                     {action.Facts{Act: "refund", Currency: "EUR", Amount: 100}, action.Verdict{Allow: true, Level: 2, Code: "refund"}},
		"a large refund":               {action.Facts{Act: "refund", Currency: "EUR", Amount: 1000.01}, action.Verdict{Allow: true, Level: 2, FourEyes: true, Code: "large refunds of a day"}},
		"large refunds cut small":      {action.Facts{Act: "refund", Currency: "EUR", Amount: 100, DayTotal: 950}, action.Verdict{Allow: true, Level: 2, FourEyes: true, Code: "large refunds of a day"}},
		"as many units, worth less":    {action.Facts{Act: "refund", Currency: "JPY", Amount: 90_000}, action.Verdict{Allow: true, Level: 2, Code: "refund"}},
		"a large one in it":            {action.Facts{Act: "refund", Currency: "JPY", Amount: 150_001}, action.Verdict{Allow: true, Level: 2, FourEyes: true, Code: "large refunds of a day"}},
		"few units, worth a house":     {action.Facts{Act: "refund", Currency: "BTC", Amount: 0.5}, action.Verdict{Allow: true, Level: 2, FourEyes: true, Code: "large refunds of a day"}},
		"no currency at all":           {action.Facts{Act: "refund", Amount: 1}, action.Verdict{Allow: true, Level: 2, FourEyes: true, Code: "large refunds of a day"}},
		"many small ones":              {action.Facts{Act: "refund", Currency: "EUR", Amount: 1, DayCount: 5}, action.Verdict{Allow: true, Level: 2, FourEyes: true, Code: "large refunds of a day"}},
		"a refund of what is disputed": {action.Facts{Act: "refund", Amount: 1, Disputed: true}, action.Verdict{Code: "disputed"}},
		"something that there is not":  {action.Facts{Act: "send_money"}, action.Verdict{Code: action.NoRule}},
	} {
		c.want.Version = 7
		if got := j.Say(context.Background(), c.facts); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// No facts and no order of rules that the checks let pass give more than the least
// that an act needs.
func TestNoPolicyGoesBelowTheLeast(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var p action.Policy
		for i := range rapid.IntRange(1, 4).Draw(r, "rules") {
			p.Rules = append(p.Rules, action.PolicyRule{
				ID: strings.Repeat("r", i+1), Acts: rapid.SliceOfN(rapid.SampledFrom(wallet.Acts()), 1, 3).Draw(r, "acts"), If: rapid.SampledFrom([]string{"", "facts.amount > 10.0", "facts.day_count > 1"}).Draw(r, "if"),
				Allow: rapid.Bool().Draw(r, "allow"), Level: rapid.IntRange(0, 3).Draw(r, "level"), FourEyes: rapid.Bool().Draw(r, "four eyes"), Code: rapid.SampledFrom([]string{"", "no"}).Draw(r, "code"),
			})
		}
		j, err := action.NewJudge(p, 1)
		if err != nil {
			return
		}
		f := action.Facts{Act: string(rapid.SampledFrom(wallet.Acts()).Draw(r, "act")), Amount: rapid.Float64Range(0, 100).Draw(r, "amount"), DayCount: rapid.Int64Range(0, 3).Draw(r, "count")}
		if v := j.Say(context.Background(), f); v.Allow && v.Level < action.Least(wallet.Act(f.Act)) {
			r.Errorf("%s for %d", f.Act, v.Level)
		}
	})
}

func TestPoliciesThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		rule action.PolicyRule
		want string
	}{
		"money for little proof":     {action.PolicyRule{ID: "a", Acts: []wallet.Act{wallet.RequestRefund}, Allow: true, Level: 1}, "rules.0.level"},
		"unfreezing for some proof":  {action.PolicyRule{ID: "a", Acts: []wallet.Act{wallet.Unfreeze}, Allow: true, Level: 2}, "rules.0.level"},
		"a condition of nothing":     {action.PolicyRule{ID: "a", Acts: []wallet.Act{wallet.Freeze}, Allow: true, Level: 1, If: "facts.balance > 1.0"}, "rules.0.if"},
		"a refusal without a reason": {action.PolicyRule{ID: "a", Acts: []wallet.Act{wallet.Freeze}}, "rules.0.code"},
		"an act that there is not":   {action.PolicyRule{ID: "a", Acts: []wallet.Act{"send"}, Allow: true, Level: 1}, "rules.0.acts"},
		"no name":                    {action.PolicyRule{Acts: []wallet.Act{wallet.Freeze}, Allow: true, Level: 1}, "rules.0.id"},
	} {
		if err := (action.Policy{Rules: []action.PolicyRule{c.rule}}).Validate(); fault.FieldOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (action.Policy{}).Validate(); fault.FieldOf(err) != "rules" {
		t.Errorf("no rules: %v", err)
	}
}

// What is refused while it is worked out is refused: an amount that is no number
// must not slip through.
func TestWhatCannotBeJudgedIsNotDone(t *testing.T) {
	j := judge(t, action.Policy{Rules: []action.PolicyRule{{ID: "a", Acts: []wallet.Act{wallet.Freeze}, If: `int("x" + facts.currency) > 1`, Allow: true, Level: 1}}})
	if v := j.Say(context.Background(), action.Facts{Act: "freeze", Currency: "EUR"}); v.Allow || v.Code != "cannot_be_judged" {
		t.Errorf("%+v", v)
	}
}

func FuzzPolicy(f *testing.F) {
	whole, err := json.Marshal(action.Default())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(whole))
	f.Fuzz(func(t *testing.T, text string) {
		var p action.Policy
		if strictjson.Decode([]byte(text), &p) != nil {
			return
		}
		j, err := action.NewJudge(p, 1)
		if err != nil {
			return
		}
		if v := j.Say(context.Background(), action.Facts{Act: "unfreeze"}); v.Allow && v.Level < identity.AL3 {
			t.Errorf("%s", text)
		}
	})
}

func TestWhatHasNotLeftCanFail(t *testing.T) {
	a := proposed(t, yes(identity.AL2, false))
	a, err := a.Confirm(customer(), a.Hash, began)
	if err != nil {
		t.Fatal(err)
	}
	b, err := a.Fail(wallet.StateChanged, began)
	if err != nil || b.State != action.Failed || b.Refusal != wallet.StateChanged || !b.ExpiresAt.IsZero() {
		t.Errorf("%+v %v", b, err)
	}
	if _, err := planned(t).Fail(wallet.StateChanged, began); !fault.Is(err, fault.Conflict) {
		t.Errorf("what may have left is told as failed: %v", err)
	}
	if _, err := b.Fail(wallet.StateChanged, began); !fault.Is(err, fault.Conflict) {
		t.Errorf("failed twice: %v", err)
	}
}
