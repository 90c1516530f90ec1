package demowallet_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"kefu/internal/connector/demowallet"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

func agent() wallet.Actor {
	return wallet.Actor{Kind: "staff", ID: "mei", Role: "agent", Case: "conv-1", Purpose: "view"}
}

func agreed() []wallet.Approval { return []wallet.Approval{{ID: "sofia", At: 1}} }

// helped is a wallet with one of the demo's people, who just paid something.
func helped(t testing.TB) *lively {
	t.Helper()
	l := live(t)
	must(t, l.Seed(context.Background(), []demowallet.Person{{ID: "cust-anna", Name: "Anna Schmidt"}, {ID: "cust-sara", Name: "Sara Haddad"}}))
	return l
}

// bought pays and waits until it has arrived.
func (l *lively) bought(t testing.TB, amount string) wallet.Transaction {
	t.Helper()
	paid := l.pay(t, "cust-anna", amount, "card", rails.Fate{Kind: rails.Fine})
	l.pass(t, 30*time.Hour)
	tx := l.tx(t, "cust-anna", paid.Transaction.ID)
	if tx.State != wallet.Posted {
		t.Fatal("a payment is ", tx.State)
	}
	return tx
}

func command(act wallet.Act, target string, change ...func(*wallet.Command)) wallet.Command {
	c := wallet.Command{Key: id.New(), Act: act, CustomerID: "cust-anna", Target: target, Reason: "asked"}
	for _, f := range change {
		f(&c)
	}
	return c
}

func expect(state string) func(*wallet.Command)   { return func(c *wallet.Command) { c.Expect = state } }
func amount(m wallet.Money) func(*wallet.Command) { return func(c *wallet.Command) { c.Amount = m } }
func byTwo(c *wallet.Command)                     { c.Approvals = agreed() }
func detail(k, v string) func(*wallet.Command) {
	return func(c *wallet.Command) { c.Details = map[string]string{k: v} }
}
func (l *lively) do(t testing.TB, c wallet.Command) wallet.Operation {
	t.Helper()
	o, err := l.Do(context.Background(), agent(), c)
	must(t, err)
	must(t, o.Validate())
	return o
}

func (l *lively) refuses(t testing.TB, c wallet.Command, why wallet.Refusal) {
	t.Helper()
	if o := l.do(t, c); o.State != wallet.OpFailed || o.Refusal != why {
		t.Errorf("%s is %s %q, not refused with %q", c.Act, o.State, o.Refusal, why)
	}
}

// proof has the customer say yes in the wallet's app to exactly this command.
func (l *lively) proof(t testing.TB, c wallet.Command, level int) string {
	t.Helper()
	ctx := context.Background()
	asked, err := l.Ask(ctx, agent(), wallet.Ask{
		Key: id.New(), CustomerID: c.CustomerID, Case: agent().Case, Act: c.Act, Target: c.Target, Amount: c.Amount, Level: level, Nonce: id.New(),
	})
	must(t, err)
	asked, err = l.Answer(ctx, c.CustomerID, asked.ID, true, "")
	must(t, err)
	must(t, asked.Validate())
	if asked.State != wallet.AskApproved {
		t.Fatal("the proof is ", asked.State)
	}
	return asked.Assertion
}

func (l *lively) proven(t testing.TB, c wallet.Command, level int) wallet.Command {
	t.Helper()
	c.Assertion = l.proof(t, c, level)
	return c
}

func (l *lively) euros(t testing.TB) string {
	t.Helper()
	list, err := l.Balances(context.Background(), wallet.Actor{}, "cust-anna")
	must(t, err)
	for _, b := range list {
		if b.AccountID == "cust-anna:main" {
			return b.Available.Amount()
		}
	}
	return ""
}

func TestARefundInParts(t *testing.T) {
	l := helped(t)
	before := l.euros(t)
	tx := l.bought(t, "100.00")
	refund := func(sum string, state wallet.State) wallet.Command {
		return command(wallet.RequestRefund, tx.ID, amount(euro(t, sum)), expect(string(state)))
	}
	dry := refund("30.00", wallet.Posted)
	dry.DryRun = true
	if o := l.do(t, dry); o.State != wallet.OpProposed || o.Summary.Amount.Amount() != "30.00" || len(o.Made) != 0 {
		t.Errorf("looked at: %+v", o)
	}
	if list, err := l.Refunds(context.Background(), agent(), "cust-anna", tx.ID); err != nil || len(list) != 0 {
		t.Errorf("a dry run kept %v: %v", list, err)
	}
	l.refuses(t, refund("30.00", wallet.Posted), wallet.StepUpRequired)
	l.refuses(t, refund("100.01", wallet.Posted), wallet.AmountTooHigh)
	l.refuses(t, refund("30.00", wallet.Processing), wallet.StateChanged)
	first := l.do(t, l.proven(t, refund("30.00", wallet.Posted), 2))
	if first.State != wallet.OpSucceeded || first.Made[0].Kind != "refund" {
		t.Fatalf("%+v", first)
	}
	l.refuses(t, l.proven(t, refund("30.00", wallet.RefundPending), 2), wallet.AlreadyDone)
	l.pass(t, 10*24*time.Hour)
	if s := l.tx(t, "cust-anna", tx.ID); s.State != wallet.PartiallyRefunded {
		t.Errorf("after a part it is %s", s.State)
	}
	l.refuses(t, l.proven(t, refund("70.01", wallet.PartiallyRefunded), 2), wallet.AmountTooHigh)
	l.do(t, l.proven(t, refund("70.00", wallet.PartiallyRefunded), 2))
	l.pass(t, 10*24*time.Hour)
	if s := l.tx(t, "cust-anna", tx.ID); s.State != wallet.Refunded || l.euros(t) != before {
		t.Errorf("in the end it is %s, and %s is left of %s", s.State, l.euros(t), before)
	}
	list, err := l.Refunds(context.Background(), agent(), "cust-anna", tx.ID)
	if err != nil || len(list) != 2 || list[0].State != wallet.RefundSucceeded || list[0].RefundTx == "" {
		t.Errorf("%+v %v", list, err)
	}
	brought := l.tx(t, "cust-anna", list[0].RefundTx)
	if agree(t, l.house, brought); brought.State != wallet.Posted || brought.Related[0].ID != tx.ID {
		t.Errorf("%+v", brought)
	}
	judge(t, l.house)
}

func TestRefundsThatDoNotCome(t *testing.T) {
	l := helped(t)
	for fate, c := range map[string]struct {
		refund wallet.RefundState
		tx     wallet.State
	}{
		demowallet.RefundFails: {wallet.RefundFailed, wallet.Posted}, demowallet.RefundAbnormal: {wallet.RefundAbnormal, wallet.RefundPending},
	} {
		tx := l.bought(t, "20.00")
		left := l.euros(t)
		must(t, l.SetFate(context.Background(), "cust-anna", demowallet.NextRefund, rails.Fate{Kind: fate}))
		o := l.do(t, l.proven(t, command(wallet.RequestRefund, tx.ID, amount(tx.Amount), expect("posted")), 2))
		l.pass(t, 10*24*time.Hour)
		list, err := l.Refunds(context.Background(), agent(), "cust-anna", tx.ID)
		if err != nil || list[0].ID != o.Made[0].ID || list[0].State != c.refund {
			t.Errorf("%s: %+v %v", fate, list, err)
		}
		if now := l.tx(t, "cust-anna", tx.ID); now.State != c.tx || l.euros(t) != left {
			t.Errorf("%s: the payment is %s, and %s is left of %s", fate, now.State, l.euros(t), left)
		}
		agree(t, l.house, l.tx(t, "cust-anna", list[0].RefundTx))
	}
	tx := l.bought(t, "20.00")
	o := l.do(t, l.proven(t, command(wallet.RequestRefund, tx.ID, amount(tx.Amount), expect("posted")), 2))
	if c := l.do(t, command(wallet.CancelRefund, o.Made[0].ID, expect("requested"))); c.State != wallet.OpSucceeded {
		t.Errorf("cancelled: %+v", c)
	}
	l.refuses(t, command(wallet.CancelRefund, o.Made[0].ID, expect("cancelled")), wallet.AlreadyDone)
	l.pass(t, 10*24*time.Hour)
	if now := l.tx(t, "cust-anna", tx.ID); now.State != wallet.Posted {
		t.Errorf("what was cancelled came: %s", now.State)
	}
	judge(t, l.house)
}

// A key stands for one command for good.
func TestKeys(t *testing.T) {
	l := helped(t)
	ctx := context.Background()
	c := command(wallet.Freeze, "")
	first := l.do(t, c)
	again := l.do(t, c)
	if first.ID != again.ID || first.State != wallet.OpSucceeded || again.State != wallet.OpSucceeded {
		t.Errorf("%+v, again %+v", first, again)
	}
	byKey, err := l.OperationByKey(ctx, agent(), "cust-anna", c.Key)
	if err != nil || byKey.ID != first.ID {
		t.Errorf("%+v %v", byKey, err)
	}
	c.Target = "cust-anna:main"
	if _, err := l.Do(ctx, agent(), c); fault.ReasonOf(err) != "idempotency_mismatch" {
		t.Errorf("another command under the key: %v", err)
	}
	for _, ask := range []func() error{
		func() error { _, err := l.OperationByKey(ctx, agent(), "cust-sara", c.Key); return err },
		func() error { _, err := l.Operation(ctx, agent(), "cust-sara", first.ID); return err },
		func() error { _, err := l.OperationByKey(ctx, agent(), "cust-anna", "no-such-key"); return err },
	} {
		if err := ask(); !fault.Is(err, fault.NotFound) {
			t.Errorf("somebody else's: %v", err)
		}
	}
}

// A proof is good for exactly what it was made for, once, and for nobody else.
func TestAProofIsForOneThing(t *testing.T) {
	l := helped(t)
	tx, other := l.bought(t, "50.00"), l.bought(t, "50.00")
	refund := command(wallet.RequestRefund, tx.ID, amount(euro(t, "50.00")), expect("posted"))
	good := l.proven(t, refund, 2)
	for name, change := range map[string]func(*wallet.Command){
		"another payment": func(c *wallet.Command) { c.Target = other.ID },
		"another sum":     func(c *wallet.Command) { c.Amount = euro(t, "49.99") },
		"a changed proof": func(c *wallet.Command) { c.Assertion = c.Assertion[:len(c.Assertion)-4] + "AAAA" },
		"no proof":        func(c *wallet.Command) { c.Assertion = "" },
		"rubbish":         func(c *wallet.Command) { c.Assertion = "a.b.c" },
	} {
		c := good
		change(&c)
		c.Key = id.New()
		if o := l.do(t, c); o.Refusal != wallet.StepUpRequired {
			t.Errorf("%s: %+v", name, o)
		}
	}
	elsewhere := agent()
	elsewhere.Case = "conv-2"
	if o, err := l.Do(context.Background(), elsewhere, good); err != nil || o.Refusal != wallet.StepUpRequired {
		t.Errorf("in another case: %+v %v", o, err)
	}
	if o := l.do(t, good); o.State != wallet.OpSucceeded {
		t.Fatalf("%+v", o)
	}
	used := command(wallet.RequestRefund, tx.ID, amount(euro(t, "50.00")), expect("posted"))
	used.Assertion = good.Assertion
	l.pass(t, 10*24*time.Hour)
	if o := l.do(t, used); o.State != wallet.OpFailed {
		t.Errorf("used again: %+v", o)
	}
	late := command(wallet.RequestRefund, other.ID, amount(euro(t, "50.00")), expect("posted"))
	late.Assertion = l.proof(t, late, 2)
	l.clock.Move(time.Hour)
	l.refuses(t, late, wallet.StepUpRequired)
}

func TestStepUps(t *testing.T) {
	l := helped(t)
	ctx := context.Background()
	ask := wallet.Ask{Key: "k1", CustomerID: "cust-anna", Case: "conv-1", Act: wallet.Unfreeze, Target: "fr-1", Level: 2, Nonce: "n1", Methods: []string{"totp"}}
	first, err := l.Ask(ctx, agent(), ask)
	must(t, err)
	if again, err := l.Ask(ctx, agent(), ask); err != nil || again.ID != first.ID {
		t.Errorf("%+v %v", again, err)
	}
	changed := ask
	changed.Nonce = "n2"
	if _, err := l.Ask(ctx, agent(), changed); fault.ReasonOf(err) != "idempotency_mismatch" {
		t.Errorf("another step-up under the key: %v", err)
	}
	if _, err := l.Asked(ctx, agent(), "cust-sara", first.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else's: %v", err)
	}
	if waits, err := l.Waitings(ctx, "cust-anna"); err != nil || len(waits) != 1 || waits[0].Act != wallet.Unfreeze {
		t.Errorf("the app shows %+v: %v", waits, err)
	}
	for i := range 5 {
		asked, err := l.Answer(ctx, "cust-anna", first.ID, true, "000000")
		must(t, err)
		if want := map[bool]wallet.AskState{true: wallet.AskLocked, false: wallet.AskPending}[i == 4]; asked.State != want {
			t.Errorf("after %d wrong codes it is %s", i+1, asked.State)
		}
	}
	ask.Key, ask.Methods = "k2", nil
	if asked, err := l.Ask(ctx, agent(), ask); err != nil || asked.State != wallet.AskLocked {
		t.Errorf("on another way: %+v %v", asked, err)
	}
	l.clock.Move(25 * time.Hour)
	ask.Key = "k3"
	asked, err := l.Ask(ctx, agent(), ask)
	must(t, err)
	if asked, err = l.Answer(ctx, "cust-anna", asked.ID, false, ""); err != nil || asked.State != wallet.AskDeclined || asked.Assertion != "" {
		t.Errorf("no: %+v %v", asked, err)
	}
	ask.Key = "k4"
	asked, err = l.Ask(ctx, agent(), ask)
	must(t, err)
	l.pass(t, 11*time.Minute)
	if asked, err = l.Asked(ctx, agent(), "cust-anna", asked.ID); err != nil || asked.State != wallet.AskExpired {
		t.Errorf("nobody answered: %+v %v", asked, err)
	}
	if _, err := l.Answer(ctx, "cust-anna", asked.ID, true, ""); !fault.Is(err, fault.Conflict) {
		t.Errorf("answered too late: %v", err)
	}
}

func TestFreezeIsCheapAndUnfreezeIsDear(t *testing.T) {
	l := helped(t)
	ctx := context.Background()
	o := l.do(t, command(wallet.Freeze, ""))
	accounts, err := l.Accounts(ctx, agent(), "cust-anna")
	if err != nil || accounts[0].Status != "frozen" || accounts[0].Block != "debit" {
		t.Errorf("%+v %v", accounts, err)
	}
	l.refuses(t, command(wallet.Freeze, ""), wallet.AlreadyDone)
	if paid := l.pay(t, "cust-anna", "1.00", "card", rails.Fate{}); paid.Transaction.State != wallet.PreCheckFailed || paid.Transaction.Failure.Code != wallet.AccountBlocked {
		t.Errorf("from a frozen account: %+v", paid.Transaction)
	}
	thaw := func(change ...func(*wallet.Command)) wallet.Command {
		return command(wallet.Unfreeze, o.Made[0].ID, append(change, expect("frozen"))...)
	}
	l.refuses(t, thaw(), wallet.ApprovalRequired)
	l.refuses(t, thaw(byTwo), wallet.StepUpRequired)
	weak := thaw(byTwo)
	weak.Assertion = l.proof(t, command(wallet.Freeze, weak.Target), 2)
	l.refuses(t, weak, wallet.StepUpRequired)
	self := thaw()
	self.Approvals = []wallet.Approval{{ID: agent().ID, At: 1}}
	l.refuses(t, self, wallet.ApprovalRequired)
	if done := l.do(t, l.proven(t, thaw(byTwo), 3)); done.State != wallet.OpSucceeded {
		t.Errorf("%+v", done)
	}
	if list, err := l.Restrictions(ctx, agent(), "cust-anna"); err != nil || len(list) != 0 {
		t.Errorf("%+v %v", list, err)
	}
	if paid := l.pay(t, "cust-anna", "1.00", "card", rails.Fate{}); paid.Transaction.State != wallet.Initiated {
		t.Errorf("afterwards: %+v", paid.Transaction)
	}
}

func TestDisputes(t *testing.T) {
	for name, c := range map[string]struct {
		lost, credit, evidence bool
		state                  wallet.DisputeState
		tx                     wallet.State
		back                   bool
	}{
		"won":                   {evidence: true, state: wallet.DisputeWon, tx: wallet.Reversed, back: true},
		"won with credit":       {evidence: true, credit: true, state: wallet.DisputeWon, tx: wallet.Won, back: true},
		"lost":                  {evidence: true, lost: true, state: wallet.DisputeLost, tx: wallet.Lost},
		"lost with credit":      {evidence: true, lost: true, credit: true, state: wallet.DisputeLost, tx: wallet.Lost},
		"nothing was ever sent": {state: wallet.DisputeLost, tx: wallet.Lost},
	} {
		t.Run(name, func(t *testing.T) {
			l := helped(t)
			before := l.euros(t)
			tx := l.bought(t, "40.00")
			after := l.euros(t)
			if c.lost {
				must(t, l.SetFate(context.Background(), "cust-anna", demowallet.NextDispute, rails.Fate{Kind: demowallet.DisputeLost}))
			}
			open := command(wallet.OpenDispute, tx.ID, expect("posted"), detail("claim", "merchant"))
			o := l.do(t, open)
			if o.State != wallet.OpSucceeded {
				t.Fatalf("%+v", o)
			}
			dispute := o.Made[0].ID
			l.refuses(t, command(wallet.OpenDispute, tx.ID, expect("disputed"), detail("claim", "merchant")), wallet.AlreadyDone)
			l.refuses(t, l.proven(t, command(wallet.RequestRefund, tx.ID, amount(tx.Amount), expect("disputed")), 2), wallet.NotEligible)
			state := "needs_evidence"
			if c.evidence {
				l.do(t, command(wallet.AddEvidence, dispute, detail("kind", "order_confirmation")))
				state = "under_review"
			}
			if c.credit {
				l.refuses(t, command(wallet.GrantCredit, dispute, amount(tx.Amount), expect(state)), wallet.ApprovalRequired)
				l.do(t, l.proven(t, command(wallet.GrantCredit, dispute, amount(tx.Amount), expect(state), byTwo), 2))
				if l.euros(t) != before {
					t.Errorf("with the credit there is %s, not %s", l.euros(t), before)
				}
			}
			l.pass(t, 12*24*time.Hour)
			list, err := l.Disputes(context.Background(), agent(), "cust-anna")
			if err != nil || len(list) != 1 || list[0].State != c.state {
				t.Errorf("%+v %v", list, err)
			}
			want := after
			if c.back {
				want = before
			}
			now := l.tx(t, "cust-anna", tx.ID)
			if agree(t, l.house, now); now.State != c.tx || l.euros(t) != want {
				t.Errorf("the payment is %s, and there is %s, not %s", now.State, l.euros(t), want)
			}
			judge(t, l.house)
		})
	}
}

func TestHoldsRecallsAndInspections(t *testing.T) {
	l := helped(t)
	ctx := context.Background()
	held := l.pay(t, "cust-anna", "12.00", "card", rails.Fate{Kind: rails.Held}).Transaction.ID
	l.pass(t, 10*time.Second)
	release := command(wallet.ReleaseHold, held, expect("risk_hold"))
	l.refuses(t, release, wallet.ApprovalRequired)
	byTwo(&release)
	if o := l.do(t, l.proven(t, release, 2)); o.State != wallet.OpSucceeded {
		t.Fatalf("%+v", o)
	}
	l.pass(t, 30*time.Hour)
	if tx := l.tx(t, "cust-anna", held); tx.State != wallet.Posted {
		t.Errorf("what was released is %s", tx.State)
	}

	late, err := l.Transactions(ctx, agent(), wallet.Query{CustomerID: "cust-anna", Text: "Krüger", Limit: 1})
	must(t, err)
	rent := late.Items[0]
	before := l.euros(t)
	o := l.do(t, l.proven(t, command(wallet.Recall, rent.ID, expect("processing")), 2))
	if o.State != wallet.OpPending {
		t.Fatalf("%+v", o)
	}
	l.refuses(t, l.proven(t, command(wallet.Recall, rent.ID, expect("processing")), 2), wallet.AlreadyDone)
	l.pass(t, 4*24*time.Hour)
	after, err := l.Operation(ctx, agent(), "cust-anna", o.ID)
	if tx := l.tx(t, "cust-anna", rent.ID); err != nil || after.State != wallet.OpSucceeded || tx.State != wallet.Reversed || l.euros(t) == before {
		t.Errorf("recalled: %+v %s %v", after, tx.State, err)
	}

	stuck := l.pay(t, "cust-anna", "5.00", "sepa", rails.Fate{Kind: rails.Stuck}).Transaction.ID
	l.pass(t, 3*24*time.Hour)
	if o := l.do(t, command(wallet.RequestInspection, stuck)); o.Made[0].Kind != "inspection" {
		t.Errorf("%+v", o)
	}
	l.pass(t, 24*time.Hour)
	if tx := l.tx(t, "cust-anna", stuck); tx.State != wallet.Posted {
		t.Errorf("what was looked for is %s", tx.State)
	}
	must(t, l.SetFate(ctx, "cust-anna", demowallet.NextRecall, rails.Fate{Kind: demowallet.RecallRefused}))
	o = l.do(t, l.proven(t, command(wallet.Recall, stuck, expect("posted")), 2))
	l.pass(t, 4*24*time.Hour)
	if after, err = l.Operation(ctx, agent(), "cust-anna", o.ID); err != nil || after.State != wallet.OpFailed || l.tx(t, "cust-anna", stuck).State != wallet.Posted {
		t.Errorf("refused: %+v %v", after, err)
	}
	judge(t, l.house)
}

func TestCardsDevicesAndMessages(t *testing.T) {
	l := helped(t)
	ctx := context.Background()
	l.do(t, command(wallet.BlockInstrument, "cust-anna:card"))
	l.refuses(t, command(wallet.BlockInstrument, "cust-anna:card"), wallet.AlreadyDone)
	l.do(t, command(wallet.RevokeDevice, "cust-anna:laptop"))
	l.refuses(t, command(wallet.RevokeDevice, "cust-anna:laptop"), wallet.AlreadyDone)
	l.do(t, command(wallet.RevokeSessions, ""))
	l.do(t, command(wallet.NotifyCustomer, "", detail("text", "We are looking into it.")))
	for _, c := range []wallet.Command{
		command(wallet.BlockInstrument, "cust-sara:card"), command(wallet.RevokeDevice, "cust-sara:phone"), command(wallet.Freeze, "cust-sara:main"),
		command(wallet.RequestInspection, "nothing"),
	} {
		if _, err := l.Do(ctx, agent(), c); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s of somebody else's: %v", c.Act, err)
		}
	}
	sessions, err := l.Sessions(ctx, agent(), "cust-anna")
	must(t, err)
	for _, s := range sessions {
		if s.Result == "open" {
			t.Errorf("%+v", s)
		}
	}
	messages, err := l.Messages(ctx, "cust-anna")
	if err != nil || len(messages) != 1 || !strings.Contains(messages[0].Text, "looking") {
		t.Errorf("%+v %v", messages, err)
	}
	instruments, err := l.Instruments(ctx, agent(), "cust-anna")
	if err != nil || instruments[1].ID != "cust-anna:card" || instruments[1].Status != "blocked" {
		t.Errorf("%+v %v", instruments, err)
	}
}

// Whoever has no device left that says yes is not asked by the app: nobody could answer.
func TestARemovedDeviceIsNotAsked(t *testing.T) {
	l := helped(t)
	ctx := context.Background()
	ask := wallet.Ask{Key: "k1", CustomerID: "cust-anna", Case: "conv-1", Act: wallet.Unfreeze, Target: "fr-1", Level: 2, Nonce: "n1", Methods: []string{"app_push"}}
	if asked, err := l.Ask(ctx, agent(), ask); err != nil || asked.Method != "app_push" {
		t.Fatalf("%+v %v", asked, err)
	}
	l.do(t, command(wallet.RevokeDevice, "cust-anna:phone"))
	ask.Key, ask.Nonce = "k2", "n2"
	if asked, err := l.Ask(ctx, agent(), ask); fault.ReasonOf(err) != "no_factor" {
		t.Errorf("asked by a device that is gone: %+v %v", asked, err)
	}
	ask.Methods = nil
	if asked, err := l.Ask(ctx, agent(), ask); err != nil || asked.Method != "totp" {
		t.Errorf("by what is left: %+v %v", asked, err)
	}
}

// The oracle says what fits and nothing else, and not too often.
func TestTheOracle(t *testing.T) {
	l := helped(t)
	ctx := context.Background()
	m, err := l.Match(ctx, agent(), wallet.Claimed{Email: "Anna.Schmidt@example.org", Name: "anna schmidt", BirthDate: "1900-01-01"})
	if err != nil || m.Validate() != nil || m.CustomerID != "cust-anna" || strings.Join(m.Fields, " ") != "email name" {
		t.Errorf("%+v %v", m, err)
	}
	if m, err = l.Match(ctx, agent(), wallet.Claimed{Phone: "+49 (170) 555-0142", Name: "Somebody Else"}); err != nil || m.CustomerID != "" || strings.Join(m.Fields, " ") != "phone" {
		t.Errorf("%+v %v", m, err)
	}
	if m, err = l.Match(ctx, agent(), wallet.Claimed{Email: "nobody@example.org", Name: "Anna Schmidt"}); err != nil || m.CustomerID != "" || len(m.Fields) != 0 {
		t.Errorf("%+v %v", m, err)
	}
	if _, err = l.Match(ctx, agent(), wallet.Claimed{Name: "Anna Schmidt"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("without an address: %v", err)
	}
	for range 10 {
		_, err = l.Match(ctx, agent(), wallet.Claimed{Email: "nobody@example.org"})
	}
	if !fault.Is(err, fault.TooMany) {
		t.Errorf("asked for ever: %v", err)
	}
}

// A payment that was taken twice is disputed in the words that a flow has for it.
func TestWhatIsDisputedTwice(t *testing.T) {
	l := helped(t)
	for reason, want := range map[string]wallet.Claim{
		"duplicate": wallet.ClaimProcessing, "scam": wallet.ClaimScam, "unauthorised": wallet.ClaimUnauthorised, "not_received": wallet.ClaimMerchant,
	} {
		tx := l.bought(t, "9.00")
		c := command(wallet.OpenDispute, tx.ID, expect("posted"))
		c.Reason = reason
		o := l.do(t, c)
		list, err := l.Disputes(context.Background(), agent(), "cust-anna")
		if err != nil || list[0].ID != o.Made[0].ID || list[0].Claim != want {
			t.Errorf("%s: %+v %v", reason, list, err)
		}
	}
}

func TestIncidents(t *testing.T) {
	l := live(t)
	ctx := context.Background()
	i := wallet.Incident{ID: "in-1", Rails: []string{"sepa"}, BeginsAt: wallet.At(l.clock.Now()), Message: map[string]string{"en": "Bank transfers take longer today."}}
	must(t, l.Announce(ctx, i))
	if list, err := l.Incidents(ctx); err != nil || len(list) != 1 || list[0].Rails[0] != "sepa" {
		t.Errorf("%+v %v", list, err)
	}
	l.clock.Move(time.Hour)
	i.EndsAt = wallet.At(l.clock.Now())
	must(t, l.Announce(ctx, i))
	if list, err := l.Incidents(ctx); err != nil || len(list) != 0 {
		t.Errorf("afterwards: %+v %v", list, err)
	}
	page, err := l.Notices(ctx, 0, 10)
	if err != nil || len(page.Items) != 2 || page.Items[0].Type != wallet.IncidentOpened || page.Items[1].Type != wallet.IncidentClosed || page.Items[1].Sequence != 2 {
		t.Errorf("%+v %v", page, err)
	}
	i.Rails = nil
	if err := l.Announce(ctx, i); !fault.Is(err, fault.Invalid) {
		t.Errorf("of no rail: %v", err)
	}
}
