package action_test

import (
	"errors"
	"testing"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// in is an action in a state, created and changed at start.
func in(t testing.TB, s action.State) action.Action {
	a := proposed(t, yes(identity.AL1, false))
	a.State, a.ChangedAt, a.CreatedAt = s, start, start
	return a
}

var start = time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)

func TestWhatIsInDoubtIsLearnedFromTheWalletAlone(t *testing.T) {
	lost := func(a action.Action) action.Action { a.Lost, a.Command.Target = true, ""; return a }
	asked := func(a action.Action) action.Action { a.AskSince = start.Add(time.Hour); return a }
	nothing := func(action.Action) action.Answer { return action.Answer{Nothing: true} }
	silence := func(action.Action) action.Answer { return action.Answer{Err: errors.New("away")} }
	says := func(s wallet.OperationState) func(action.Action) action.Answer {
		return func(a action.Action) action.Answer { return action.Answer{Operation: operation(a, s)} }
	}
	stranger := func(a action.Action) action.Answer {
		o := operation(a, wallet.OpSucceeded)
		o.Key = "another"
		return action.Answer{Operation: o}
	}
	for name, c := range map[string]struct {
		state   action.State
		doubt   func(action.Action) action.Action
		answer  func(action.Action) action.Answer
		after   time.Duration
		want    action.State
		doubted bool
	}{
		"lost, proposed, and done":            {action.Proposed, lost, says(wallet.OpSucceeded), time.Minute, action.Succeeded, false},
		"lost, and failed":                    {action.Planned, lost, says(wallet.OpFailed), time.Minute, action.Failed, false},
		"lost, and on its way":                {action.Unknown, lost, says(wallet.OpPending), time.Minute, action.Sent, true},
		"lost, and nobody answers":            {action.Planned, lost, silence, 48 * time.Hour, action.Planned, true},
		"lost, and another's answer":          {action.Planned, lost, stranger, time.Minute, action.Planned, true},
		"lost, planned, and not there yet":    {action.Planned, lost, nothing, 29 * time.Minute, action.Planned, true},
		"lost, planned, and never there":      {action.Planned, lost, nothing, 31 * time.Minute, action.Failed, false},
		"lost, proposed, and never there":     {action.Proposed, lost, nothing, 31 * time.Minute, action.Expired, false},
		"lost, waiting, and never there":      {action.Waiting, lost, nothing, 31 * time.Minute, action.Expired, false},
		"lost, sent, and denied":              {action.Sent, lost, nothing, time.Hour, action.Sent, true},
		"lost, and perhaps forgotten":         {action.Planned, lost, nothing, action.KeyLife, action.Planned, true},
		"restored, and done":                  {action.Confirmed, asked, says(wallet.OpSucceeded), time.Hour, action.Succeeded, false},
		"restored, and on its way":            {action.Approved, asked, says(wallet.OpPending), time.Hour, action.Sent, false},
		"restored, and not there yet":         {action.Approved, asked, nothing, 69 * time.Minute, action.Approved, true},
		"restored, and never there":           {action.Approved, asked, nothing, 71 * time.Minute, action.Approved, false},
		"restored, planned, and never there":  {action.Planned, asked, nothing, 71 * time.Minute, action.Planned, false},
		"restored, and perhaps forgotten":     {action.Approved, asked, nothing, action.KeyLife, action.Approved, true},
		"restored, and a dry run for answer":  {action.Approved, asked, says(wallet.OpProposed), time.Hour, action.Approved, true},
		"restored, of a wallet that is away":  {action.Waiting, asked, silence, time.Hour, action.Waiting, true},
		"restored and lost, not there so far": {action.Planned, func(a action.Action) action.Action { return asked(lost(a)) }, nothing, 65 * time.Minute, action.Planned, true},
	} {
		a := c.doubt(in(t, c.state))
		now := start.Add(c.after)
		got, err := a.Learn(c.answer(a), now)
		if err != nil || got.State != c.want || got.Doubtful() != c.doubted {
			t.Errorf("%s: %s, in doubt %v, %v", name, got.State, got.Doubtful(), err)
		}
		if !got.Follows(a) {
			t.Errorf("%s: it may not follow", name)
		}
		if got.Doubtful() && !got.NextAt.After(now) {
			t.Errorf("%s: the wallet is asked again at %v", name, got.NextAt)
		}
	}
	if _, err := in(t, action.Planned).Learn(action.Answer{Nothing: true}, start); !fault.Is(err, fault.Conflict) {
		t.Errorf("what is in no doubt: %v", err)
	}
}

// What the wallet may have forgotten a person finds out, and nothing else.
func TestWhatIsForgottenAPersonFindsOut(t *testing.T) {
	for state, not := range map[action.State]action.State{
		action.Proposed: action.Expired, action.Confirmed: action.Expired, action.Waiting: action.Expired, action.Approved: action.Expired,
		action.Planned: action.Failed, action.Sent: action.Failed, action.Unknown: action.Failed,
	} {
		a := in(t, state)
		if _, err := a.Find(true, start.Add(48*time.Hour)); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s, in no doubt: %v", state, err)
		}
		a.AskSince = start.Add(time.Hour)
		if _, err := a.Find(true, start.Add(action.KeyLife-time.Second)); fault.ReasonOf(err) != "in_doubt" {
			t.Errorf("%s, that the wallet still knows: %v", state, err)
		}
		for done, want := range map[bool]action.State{true: action.Succeeded, false: not} {
			got, err := a.Find(done, start.Add(action.KeyLife))
			if err != nil || got.State != want || got.Doubtful() || !got.NextAt.IsZero() || !got.Follows(a) {
				t.Errorf("%s, done %v: %s in doubt %v, %v", state, done, got.State, got.Doubtful(), err)
			}
		}
	}
}

func TestNobodyGoesOnWithWhatIsInDoubt(t *testing.T) {
	who := customer()
	for _, s := range action.States() {
		for name, a := range map[string]action.Action{"lost": in(t, s), "restored": in(t, s)} {
			if name == "lost" {
				a.Lost = true
			} else {
				a.AskSince = start
			}
			if s.Over() {
				if a.Doubtful() || a.Told() != s {
					t.Errorf("%s %s is in doubt", name, s)
				}
				continue
			}
			late := start.Add(100 * time.Hour)
			if a.Told() != action.Unknown || a.At(late).State != s || a.Resendable(start) {
				t.Errorf("%s %s: told as %s, later %s", name, s, a.Told(), a.At(late).State)
			}
			for step, do := range map[string]func() (action.Action, error){
				"confirm": func() (action.Action, error) { return a.Confirm(who, a.Hash, start) },
				"await":   func() (action.Action, error) { return a.Await("r", start) },
				"approve": func() (action.Action, error) { return a.Approve(staff("second"), a.Hash, start) },
				"reject":  func() (action.Action, error) { return a.Reject(staff("second"), start) },
				"cancel":  func() (action.Action, error) { return a.Cancel(who, start) },
				"fail":    func() (action.Action, error) { return a.Fail("no", start) },
				"plan": func() (action.Action, error) {
					return a.Plan(action.Ready{Summary: a.Summary, Verdict: a.Verdict, Level: identity.AL3}, start)
				},
				"settle": func() (action.Action, error) { return a.Settle(action.Answer{Nothing: true}, late) },
			} {
				if got, err := do(); !fault.Is(err, fault.Conflict) || got.State != s {
					t.Errorf("%s %s: %s makes it %s, %v", name, s, step, got.State, err)
				}
			}
		}
	}
}
