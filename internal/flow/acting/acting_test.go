package acting_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/acting"
	"kefu/internal/flow/approving"
	"kefu/internal/flow/verification"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// house is a Kefu with a wallet beside it.
type house struct {
	testing.TB
	*storagetest.Process
	beside
	clock                     *storagetest.Clock
	wallet                    *theWallet
	flow                      *acting.Service
	files                     acting.Files
	policy                    action.Policy
	version                   int64
	alarming                  sync.Mutex
	alarms                    []action.Kept
	dies                      atomic.Int32 // how many answers of the wallet will not be noted
	overtaken                 atomic.Bool  // the next act has changed when it is planned
	sleeps                    atomic.Int64 // for how long the machine sleeps after the next plan
	anna, other               identity.Principal
	agent, colleague          identity.Principal
	supervisor, second, admin identity.Principal
	conv                      string
}

// dying is the store of a process that ends, now and then, when the wallet has answered
// and nothing of it is noted yet.
type dying struct {
	*storage.Store
	dies *atomic.Int32
	h    *house
}

func (d dying) PlanAct(ctx context.Context, p identity.Principal, id string, revision int64, r action.Ready) (action.Kept, error) {
	if d.h.overtaken.Swap(false) {
		revision--
	}
	k, err := d.Store.PlanAct(ctx, p, id, revision, r)
	d.h.clock.Move(time.Duration(d.h.sleeps.Swap(0)))
	return k, err
}

func (d dying) SettleAct(ctx context.Context, p identity.Principal, id string, revision int64, w action.Answer) (action.Kept, error) {
	if d.dies.Load() > 0 {
		d.dies.Add(-1)
		return action.Kept{}, fault.New(fault.Unavailable, "test", "the process has ended")
	}
	return d.Store.SettleAct(ctx, p, id, revision, w)
}

func open(t testing.TB, kind engine.Kind) *house {
	d := storagetest.New(t, kind)
	h := &house{TB: t, Process: d.Open(t), clock: d.Clock, beside: beside{deployment: d}, wallet: newWallet(d.Clock), policy: action.Default(), version: 1}
	h.restart()
	h.anna, h.other = h.SignIn("cust-anna"), h.SignIn("cust-li")
	h.agent, h.colleague, h.supervisor, h.second, h.admin = h.member(identity.Agent), h.member(identity.Agent), h.member(identity.Supervisor), h.member(identity.Supervisor), h.member(identity.Admin)
	h.conv = h.begin(h.anna)
	return h
}

// restart makes a Service as a process does that has just begun.
func (h *house) restart() {
	proofs := verification.New(verification.Deps{Wallet: h.wallet, Store: h.Store, Clock: h.clock.Now}, verification.Options{Issuer: "wallet", Audience: "kefu"})
	clean := func(_ context.Context, text string) (string, error) {
		return strings.ReplaceAll(text, "4242424242424242", "‹pan›"), nil
	}
	h.flow = acting.New(acting.Deps{
		Wallet: h.wallet, Files: h.files, Links: h.Store, Store: dying{h.Store, &h.dies, h}, Prover: proofs, Approver: approving.New(h.Store, clean, nil), Clock: h.clock.Now, Clean: clean,
		Policy: func() (action.Policy, int64) { return h.policy, h.version }, Zone: func() *time.Location { return time.UTC }, OnDuty: func() bool { return true },
		Tell:  h.tell,
		Alarm: h.alarmed,
	}, "wallet")
}

// begin begins a conversation that the agent has.
func (h *house) begin(who identity.Principal) string {
	h.Helper()
	conv := h.Begin(who, "en")
	_, err := h.Process.Execute(context.Background(), h.agent, conv, conversation.Command{Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: h.agent.ID, Name: "Mei"}}})
	h.must(err)
	return conv
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) refund(sum string) selfservice.Proposal {
	return selfservice.Proposal{Act: wallet.RequestRefund, Target: "tx-1", Expect: "posted", Amount: euros(h, sum), Reason: "not_received"}
}

func (h *house) propose(sum string) selfservice.ActFact {
	h.Helper()
	a, outcome, err := h.flow.Propose(context.Background(), h.anna, h.conv, "run-1", "ask", h.refund(sum))
	if err != nil || outcome != "" {
		h.Fatalf("propose: %+v %q %v", a, outcome, err)
	}
	return a
}

func (h *house) confirm(a selfservice.ActFact) selfservice.ActFact {
	h.Helper()
	a, outcome, err := h.flow.Confirm(context.Background(), h.anna, a.ID, a.Hash)
	if err != nil || outcome != "" {
		h.Fatalf("confirm: %+v %q %v", a, outcome, err)
	}
	return a
}

// prove has the customer prove it.
func (h *house) prove(a selfservice.ActFact) {
	h.Helper()
	_, now, err := h.flow.Prove(context.Background(), h.anna, a.ID)
	h.must(err)
	if now.State != assurance.Pending || now.Link == "" {
		h.Fatalf("asked: %+v", now)
	}
	if _, now, err = h.flow.Proof(context.Background(), h.anna, a.ID); err != nil || now.State != assurance.IsProven {
		h.Fatalf("proven: %+v %v", now, err)
	}
}

func (h *house) execute(a selfservice.ActFact, want string) selfservice.ActFact {
	h.Helper()
	a, outcome, err := h.flow.Execute(context.Background(), h.anna, a.ID)
	if err != nil || outcome != want {
		h.Fatalf("execute: %+v %q %v", a, outcome, err)
	}
	return a
}

// later moves the clock and lets the worker look, as often as it takes.
func (h *house) later(by time.Duration) {
	h.Helper()
	h.clock.Move(by)
	for range 3 {
		h.must(h.flow.Reconcile(context.Background()))
	}
}

func (h *house) state(a selfservice.ActFact) selfservice.ActFact {
	h.Helper()
	now, err := h.flow.State(context.Background(), h.anna, a.ID)
	h.must(err)
	return now
}

func each(t *testing.T, run func(t *testing.T, h *house)) {
	for _, kind := range []engine.Kind{engine.SQLite, engine.Postgres} {
		t.Run(string(kind), func(t *testing.T) { run(t, open(t, kind)) })
	}
}

func TestARefundFromTheWishToTheWallet(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		a := h.propose("12.50")
		if a.State != "proposed" || a.Proof != 2 || a.FourEyes || a.Destination != "Visa ••••4242" || a.Hash == "" || len(h.wallet.done()) != 0 {
			t.Fatalf("%+v", a)
		}
		if again := h.propose("12.50"); again.ID != a.ID {
			t.Error("the same step proposes another act")
		}
		h.confirm(a)
		if _, _, err := h.flow.Execute(context.Background(), h.anna, a.ID); !fault.Is(err, fault.Conflict) || fault.ReasonOf(err) != "step_up_required" {
			t.Errorf("without a proof: %v", err)
		}
		h.prove(a)
		a = h.execute(a, "")
		if a.State != "succeeded" || a.Made != "re-1" {
			t.Errorf("%+v", a)
		}
		if again := h.execute(a, ""); again.Made != a.Made {
			t.Errorf("%+v", again)
		}
		done := h.wallet.done()
		if len(done) != 1 || !done[0].proven || done[0].command.Amount.Amount() != "12.50" {
			t.Errorf("%+v", done)
		}
		if by := h.wallet.actors[len(h.wallet.actors)-1]; by.Kind != "customer" || by.ID != h.anna.ID || by.Case != h.conv || by.Purpose != wallet.PurposeOwn {
			t.Errorf("the wallet is told %+v", by)
		}
		steps := []string{}
		for r, err := range h.AuditEntries(context.Background(), identity.SystemPart("test")) {
			h.must(err)
			if strings.HasPrefix(r.Record.Action, "act.") || strings.HasPrefix(r.Record.Action, "proof.") {
				steps = append(steps, r.Record.Action)
			}
		}
		if got := strings.Join(steps, " "); got != "act.propose act.confirm proof.ask proof.proven act.plan act.succeeded" {
			t.Errorf("the chain has %s", got)
		}
	})
}

// What the wallet holds must not lie open in the database.
func TestNothingOfTheWalletIsStoredInTheOpen(t *testing.T) {
	d := storagetest.New(t, engine.SQLite)
	h := &house{TB: t, Process: d.Open(t), clock: d.Clock, wallet: newWallet(d.Clock), policy: action.Default()}
	h.restart()
	h.anna = h.SignIn("cust-anna")
	h.conv = h.Begin(h.anna, "en")
	w := h.refund("876.54")
	w.Target, w.Details = "tx-tell-tale", map[string]string{"what": "tell-tale words"}
	a, outcome, err := h.flow.Propose(context.Background(), h.anna, h.conv, "run-1", "ask", w)
	if err != nil || outcome != "" {
		t.Fatal(outcome, err)
	}
	h.confirm(a)
	h.prove(a)
	h.execute(a, "")
	for _, table := range []string{"act", "step_up", "assertion_used", "proof_try", "approval"} {
		rows, err := d.SQL(t).Query("SELECT * FROM " + table)
		h.must(err)
		columns, err := rows.Columns()
		h.must(err)
		for rows.Next() {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			h.must(rows.Scan(into...))
			for i, v := range values {
				text, isText := v.(string)
				if raw, isBytes := v.([]byte); isBytes {
					text, isText = string(raw), true
				}
				for _, tale := range []string{"tell-tale", "876.54", "87654", "eyJ", "card-1"} {
					if isText && strings.Contains(text, tale) {
						t.Errorf("%s.%s holds %s", table, columns[i], tale)
					}
				}
			}
		}
		h.must(rows.Err())
		h.must(rows.Close())
	}
}

func TestAnAnswerThatDoesNotComeIsUnknownAndNeverSentTwice(t *testing.T) {
	for name, c := range map[string]struct {
		ways  []way
		first string
		after action.State
	}{
		"the answer is lost":                     {[]way{answerLost}, "unknown", action.Succeeded},
		"the command is lost":                    {[]way{isLost}, "unknown", action.Succeeded},
		"the command is lost twice":              {[]way{isLost, isLost}, "unknown", action.Succeeded},
		"the command comes late, and once more":  {[]way{comesLate}, "unknown", action.Succeeded},
		"it is lost, then its answer":            {[]way{isLost, answerLost}, "unknown", action.Succeeded},
		"it arrives twice":                       {[]way{comesTwice}, "", action.Succeeded},
		"it never left":                          {[]way{neverLeft}, "unknown", action.Succeeded},
		"it is taken on":                         {[]way{takesTime}, "", action.Succeeded},
		"it is refused":                          {[]way{isRefused}, "failed", action.Failed},
		"it never left, and its answer is lost":  {[]way{neverLeft, answerLost}, "unknown", action.Succeeded},
		"its answer is lost, and it is taken on": {[]way{answerLost, takesTime}, "unknown", action.Succeeded},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, engine.SQLite)
			h.wallet.next = c.ways
			a := h.propose("12.50")
			h.confirm(a)
			h.prove(a)
			h.execute(a, c.first)
			for range 8 {
				h.later(time.Minute)
			}
			now := h.state(a)
			want := 1
			if c.after == action.Failed {
				want = 0
			}
			if now.State != string(c.after) || len(h.wallet.done()) != want {
				t.Errorf("%s, %d effects", now.State, len(h.wallet.done()))
			}
		})
	}
}

func TestWhatCannotArriveInTimeFails(t *testing.T) {
	h := open(t, engine.SQLite)
	a := h.propose("12.50")
	h.confirm(a)
	h.prove(a)
	h.wallet.next = []way{neverLeft}
	h.execute(a, "unknown")
	h.wallet.down = true
	for range 12 {
		h.later(time.Minute)
	}
	if now := h.state(a); now.State != "failed" || now.Refusal != "unreachable" {
		t.Errorf("%+v", now)
	}
	h.wallet.down = false
	h.later(time.Hour)
	if n := len(h.wallet.done()); n != 0 {
		t.Errorf("%d effects hours after", n)
	}
}

// A process that ends between writing the plan down and the answer leaves what nobody
// can tell: that the question does not get through says nothing of the command.
func TestWhatMayHaveLeftIsNotTakenForFailed(t *testing.T) {
	for name, trouble := range map[string]func(*house){
		"the answer is lost":                      func(h *house) { h.wallet.next = []way{answerLost} },
		"the process ends before it is noted":     func(h *house) { h.dies.Store(1) },
		"it ends while it asks what became of it": func(h *house) { h.wallet.next = []way{answerLost}; h.dies.Store(2) },
	} {
		t.Run(name, func(t *testing.T) { whatMayHaveLeft(t, trouble) })
	}
}

func whatMayHaveLeft(t *testing.T, trouble func(*house)) {
	h := open(t, engine.SQLite)
	a := h.propose("12.50")
	h.confirm(a)
	h.prove(a)
	trouble(h)
	h.execute(a, "unknown")
	h.wallet.down = true
	h.restart()
	for range 30 {
		h.later(time.Hour)
	}
	if now := h.state(a); now.State != "unknown" {
		t.Errorf("after a day without the wallet it is %s", now.State)
	}
	if len(h.alarms) != 1 || h.alarms[0].ID != a.ID {
		t.Errorf("%d alarms", len(h.alarms))
	}
	h.wallet.down = false
	h.later(time.Hour)
	if now := h.state(a); now.State != "succeeded" || len(h.wallet.done()) != 1 {
		t.Errorf("%+v", now)
	}
}

func TestLargeRefundsNeedASecondPerson(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		w := acting.Wish{Conversation: h.conv, Proposal: h.refund("5000.00")}
		made, err := h.flow.AtDesk(ctx, h.agent, w)
		h.must(err)
		a := h.state(selfservice.ActFact{ID: made.ID})
		if !a.FourEyes || a.State != "proposed" {
			t.Fatalf("%+v", a)
		}
		if _, _, err := h.flow.Confirm(ctx, h.agent, a.ID, a.Hash); !fault.Is(err, fault.Forbidden) {
			t.Errorf("the agent says yes to the customer's money: %v", err)
		}
		h.confirm(a)
		h.prove(a)
		h.execute(a, "waiting")
		for name, by := range map[string]identity.Principal{"the maker": h.agent, "an agent": h.colleague, "an admin": h.admin, "the customer": h.anna, "nobody": {}} {
			if err := h.flow.Approve(ctx, by, a.ID, a.Hash); err == nil {
				t.Errorf("%s approves", name)
			}
		}
		if err := h.flow.Approve(ctx, h.supervisor, a.ID, strings.Repeat("0", 64)); !fault.Is(err, fault.Conflict) {
			t.Errorf("another hash: %v", err)
		}
		if len(h.wallet.done()) != 0 {
			t.Fatal("it was done before anybody agreed")
		}
		h.clock.Move(time.Hour)
		h.wallet.answer = ""
		var wait sync.WaitGroup
		var mu sync.Mutex
		agreed := 0
		for _, by := range []identity.Principal{h.supervisor, h.second} {
			wait.Go(func() {
				err := h.flow.Approve(ctx, by, a.ID, a.Hash)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					agreed++
				} else if !fault.Is(err, fault.Conflict) {
					t.Errorf("two at once: %v", err)
				}
			})
		}
		wait.Wait()
		if agreed != 1 {
			t.Errorf("%d agreed", agreed)
		}
		h.later(time.Second)
		if now := h.state(a); now.State != "approved" || len(h.wallet.done()) != 0 || h.wallet.asked != 2 {
			t.Errorf("%+v, asked %d times", now, h.wallet.asked)
		}
		h.wallet.answer = wallet.AskApproved
		h.later(5 * time.Second)
		h.later(5 * time.Second)
		if now := h.state(a); now.State != "succeeded" {
			t.Errorf("%+v", now)
		}
		done := h.wallet.done()
		if len(done) != 1 || len(done[0].command.Approvals) != 1 || !done[0].proven {
			t.Errorf("%+v", done)
		}
		if err := h.flow.Approve(ctx, h.second, a.ID, a.Hash); !fault.Is(err, fault.Conflict) {
			t.Errorf("approved again: %v", err)
		}
	})
}

func TestASupervisorDoesNotApproveTheirOwn(t *testing.T) {
	h := open(t, engine.SQLite)
	ctx := context.Background()
	made, err := h.flow.AtDesk(ctx, h.supervisor, acting.Wish{Conversation: h.conv, Proposal: h.refund("5000.00")})
	h.must(err)
	a := h.state(selfservice.ActFact{ID: made.ID})
	h.confirm(a)
	h.prove(a)
	h.execute(a, "waiting")
	if err := h.flow.Approve(ctx, h.supervisor, a.ID, a.Hash); !fault.Is(err, fault.Forbidden) {
		t.Errorf("their own: %v", err)
	}
	h.must(h.flow.Reject(ctx, h.second, a.ID, "too much"))
	if now := h.state(a); now.State != "rejected" {
		t.Errorf("%+v", now)
	}
	h.later(time.Hour)
	if len(h.wallet.done()) != 0 {
		t.Error("what was rejected is done")
	}
}

func TestNothingIsDoneThatIsNotAsItWas(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		change func(h *house)
		want   string
	}{
		"the wallet takes a fee now": {func(h *house) { h.wallet.fee = "1" }, "state_changed"},
		"the payment has changed":    {func(h *house) { h.wallet.state = "refunded" }, "state_changed"},
		"the wallet says no":         {func(h *house) { h.wallet.dry = wallet.NotEligible }, "not_eligible"},
		"the policy says no": {func(h *house) {
			h.policy, h.version = action.Policy{Rules: []action.PolicyRule{{ID: "no", Acts: wallet.Acts(), Code: "closed"}}}, 2
		}, "blocked"},
		"the policy cannot be read":   {func(h *house) { h.policy, h.version = action.Policy{}, 2 }, "blocked"},
		"another of the same is lost": {func(h *house) { h.lose() }, acting.Underway},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, engine.SQLite)
			a := h.propose("12.50")
			h.confirm(a)
			h.prove(a)
			c.change(h)
			before := len(h.wallet.done())
			now, outcome, err := h.flow.Execute(ctx, h.anna, a.ID)
			if err != nil || outcome != "failed" || now.Refusal != c.want {
				t.Errorf("%+v %q %v", now, outcome, err)
			}
			if len(h.wallet.done()) != before {
				t.Error("it was done")
			}
		})
	}
}

// lose has the same refund wanted elsewhere, of which nobody knows what became.
func (h *house) lose() {
	h.Helper()
	conv := h.begin(h.anna)
	a, _, err := h.flow.Propose(context.Background(), h.anna, conv, "run-2", "ask", h.refund("12.50"))
	h.must(err)
	h.confirm(a)
	h.prove(a)
	h.wallet.next = []way{answerLost}
	h.execute(a, "unknown")
	h.wallet.down = false
}

func TestWhoMayNot(t *testing.T) {
	h := open(t, engine.SQLite)
	ctx := context.Background()
	visitor := identity.Principal{Kind: identity.Visitor, ID: id.New()}
	a := h.propose("12.50")
	for name, p := range map[string]identity.Principal{"another customer": h.other, "a visitor": visitor, "nobody": {}, "a program": {Kind: identity.Program, ID: "k", Scopes: identity.ScopesOf(identity.AllScopes()...)}} {
		if _, _, err := h.flow.Confirm(ctx, p, a.ID, a.Hash); err == nil {
			t.Errorf("%s confirms", name)
		}
		if _, _, err := h.flow.Prove(ctx, p, a.ID); err == nil {
			t.Errorf("%s proves", name)
		}
		if _, _, err := h.flow.Execute(ctx, p, a.ID); err == nil {
			t.Errorf("%s executes", name)
		}
		if _, err := h.flow.Cancel(ctx, p, a.ID); err == nil {
			t.Errorf("%s cancels", name)
		}
		if _, err := h.flow.State(ctx, p, a.ID); err == nil {
			t.Errorf("%s looks", name)
		}
	}
	for name, p := range map[string]identity.Principal{"a colleague": h.colleague, "an admin": h.admin, "an outside agent": h.member(identity.OutsideAgent)} {
		if _, err := h.flow.AtDesk(ctx, p, acting.Wish{Conversation: h.conv, Proposal: h.refund("1.00")}); err == nil {
			t.Errorf("%s proposes in a conversation that is not theirs", name)
		}
	}
	if _, _, err := h.flow.Propose(ctx, h.other, h.conv, "run", "ask", h.refund("1.00")); !fault.Is(err, fault.NotFound) {
		t.Errorf("in another's conversation: %v", err)
	}
	if _, _, err := h.flow.Propose(ctx, visitor, h.conv, "run", "ask", h.refund("1.00")); err == nil {
		t.Error("a visitor proposes")
	}
}

// Freezing is cheap: an agent does it, and a wallet that tells little does not stop it.
func TestAnAgentMakesSafe(t *testing.T) {
	h := open(t, engine.SQLite)
	ctx := context.Background()
	made, err := h.flow.AtDesk(ctx, h.agent, acting.Wish{Conversation: h.conv, Proposal: selfservice.Proposal{Act: wallet.Freeze, Reason: "lost_phone"}})
	h.must(err)
	if _, _, err := h.flow.Confirm(ctx, h.agent, made.ID, made.Hash); err != nil {
		t.Fatal(err)
	}
	a, outcome, err := h.flow.Execute(ctx, h.agent, made.ID)
	if err != nil || outcome != "" || a.State != "succeeded" || len(h.wallet.done()) != 1 {
		t.Errorf("%+v %q %v", a, outcome, err)
	}
	h.wallet.frozen = []wallet.Restriction{{ID: "r-1", Kind: "freeze", Scope: "wallet", Stops: "debit", PlacedBy: "support", PlacedAt: 1}}
	made, err = h.flow.AtDesk(ctx, h.agent, acting.Wish{Conversation: h.conv, Proposal: selfservice.Proposal{Act: wallet.Unfreeze, Target: "r-1", Reason: "found"}})
	if err != nil || !made.Verdict.FourEyes || made.Verdict.Level != identity.AL3 || made.Command.Expect != "freeze" {
		t.Errorf("%+v %v", made, err)
	}
	if _, _, err := h.flow.Confirm(ctx, h.agent, made.ID, made.Hash); !fault.Is(err, fault.Forbidden) {
		t.Errorf("an agent unfreezes alone: %v", err)
	}
}

// Flows call each step again and again, and staff walk them with customers.
func TestAsFlowsCallIt(t *testing.T) {
	h := open(t, engine.SQLite)
	ctx := context.Background()
	f := acting.Flows{Service: h.flow}
	a, outcome, err := f.Propose(ctx, h.agent, h.conv, "run-1", "ask", h.refund("12.50"))
	if err != nil || outcome != "" {
		t.Fatal(outcome, err)
	}
	if _, outcome, err := f.Confirm(ctx, h.anna, a.ID, strings.Repeat("0", 64)); err != nil || outcome != "changed" {
		t.Errorf("another hash: %q %v", outcome, err)
	}
	a = h.confirm(a)
	prove := func(want assurance.Progress) {
		t.Helper()
		if _, now, err := f.Prove(ctx, h.anna, a.ID); err != nil || now.State != want {
			t.Errorf("%+v %v, want %q", now, err, want)
		}
	}
	h.wallet.down = true
	prove("unavailable")
	h.wallet.down, h.wallet.answer = false, ""
	prove("pending")
	prove("pending")
	h.wallet.answer = wallet.AskExpired
	prove("expired")
	prove("expired")
	// Wanted again, it is worked out and asked for anew.
	again, outcome, err := f.Propose(ctx, h.anna, h.conv, "run-1", "ask", h.refund("12.50"))
	if err != nil || outcome != "" || again.ID == a.ID {
		t.Fatalf("%+v %q %v", again, outcome, err)
	}
	a = h.confirm(again)
	h.wallet.answer = wallet.AskApproved
	prove("pending")
	prove("proven")
	if a = h.execute(a, ""); a.State != "succeeded" || len(h.wallet.done()) != 1 {
		t.Errorf("%+v", a)
	}
	prove(assurance.WasUsed)
}

func TestAWalletThatIsAway(t *testing.T) {
	h := open(t, engine.SQLite)
	ctx := context.Background()
	h.propose("1.00") // it has said what it can do
	h.wallet.down = true
	if _, outcome, err := h.flow.Propose(ctx, h.anna, h.conv, "run-1", "ask", h.refund("12.50")); err != nil || outcome != "unavailable" {
		t.Errorf("propose: %q %v", outcome, err)
	}
	h.wallet.down = false
	a := h.propose("12.50")
	h.confirm(a)
	h.wallet.down = true
	if _, now, err := h.flow.Prove(ctx, h.anna, a.ID); err != nil || now.State != assurance.Unreachable {
		t.Errorf("prove: %+v %v", now, err)
	}
	h.wallet.down = false
	h.prove(a)
	h.wallet.down = true
	if _, _, err := h.flow.Execute(ctx, h.anna, a.ID); !fault.Is(err, fault.Unavailable) {
		t.Errorf("execute: %v", err)
	}
	h.wallet.down = false
	h.execute(a, "")
}

func TestWithoutAWalletNothingIsOffered(t *testing.T) {
	none := acting.New(acting.Deps{Clock: time.Now}, "")
	if acts, err := none.Offers(context.Background(), identity.Principal{Kind: identity.Staff, ID: "s", Role: identity.Agent}); err != nil || len(acts) != 0 {
		t.Errorf("%v %v", acts, err)
	}
	if _, _, err := none.Propose(context.Background(), identity.Principal{Kind: identity.Customer, ID: "c", Level: identity.AL1}, "c", "r", "s", selfservice.Proposal{}); !fault.Is(err, fault.NotFound) {
		t.Errorf("%v", err)
	}
}

func TestManyAtOnceDoItOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		a := h.propose("12.50")
		h.confirm(a)
		h.prove(a)
		var wait sync.WaitGroup
		for range 20 {
			wait.Go(func() {
				if _, _, err := h.flow.Execute(context.Background(), h.anna, a.ID); err != nil && !fault.Is(err, fault.Conflict) {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if n := len(h.wallet.done()); n != 1 {
			t.Errorf("%d effects", n)
		}
	})
}

func TestWhatNobodyWentOnWithEnds(t *testing.T) {
	h := open(t, engine.SQLite)
	a := h.propose("12.50")
	h.later(action.ProposalLife)
	if now := h.state(a); now.State != "expired" {
		t.Errorf("%+v", now)
	}
	if _, outcome, err := h.flow.Confirm(context.Background(), h.anna, a.ID, a.Hash); err != nil || outcome != "changed" {
		t.Errorf("%q %v", outcome, err)
	}
	b := h.propose("12.50")
	if b.ID == a.ID {
		t.Error("what is over is given once more")
	}
	h.confirm(b)
	h.prove(b)
	h.clock.Move(action.StartLife)
	if _, outcome, err := h.flow.Execute(context.Background(), h.anna, b.ID); err != nil || outcome != "failed" {
		t.Errorf("ten minutes after the yes: %q %v", outcome, err)
	}
	if len(h.wallet.done()) != 0 {
		t.Error("it was done late")
	}
}

func TestSecretsDoNotReachTheWallet(t *testing.T) {
	h := open(t, engine.SQLite)
	w := h.refund("1.00")
	w.Details = map[string]string{"what": "my card 4242424242424242"}
	seen, err := h.flow.AtDesk(context.Background(), h.agent, acting.Wish{Conversation: h.conv, Proposal: w})
	if err != nil || seen.Command.Details["what"] != "my card ‹pan›" {
		t.Errorf("%v %v", seen.Command.Details, err)
	}
}

// Errors that are no faults must not reach whoever asks.
func TestErrorsAreFaults(t *testing.T) {
	h := open(t, engine.SQLite)
	_, _, err := h.flow.Execute(context.Background(), h.anna, "nothing")
	var own *fault.Error
	if !errors.As(err, &own) || own.Code != fault.NotFound {
		t.Errorf("%v", err)
	}
}
