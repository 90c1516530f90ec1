package memory

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// done is a command and what came of it.
type done struct {
	wallet.Operation
	print  [32]byte
	due    wallet.Time // when a pending one is over
	settle func()
}

// plan is what a command would do.
type plan struct {
	refusal wallet.Refusal
	summary wallet.Summary
	needs   []wallet.Refusal     // what else must be there, unless it is a dry run
	carry   func() []wallet.Made // at once
	settle  func()               // later: the operation is pending until then
}

// print is what makes two commands the same.
func print(c wallet.Command) [32]byte {
	text, err := json.Marshal([]any{c.Act, c.Target, c})
	if err != nil {
		panic(err) // a command always encodes
	}
	return sha256.Sum256(text)
}

func mismatch(op string) error {
	return &fault.Error{Code: fault.Conflict, Op: op, Reason: "idempotency_mismatch", Message: "the key was used for something else"}
}

// Do does what it is asked to, once for each key.
func (w *Wallet) Do(_ context.Context, by wallet.Actor, c wallet.Command) (wallet.Operation, error) {
	const op = "memory.Do"
	if err := c.Validate(); err != nil {
		return wallet.Operation{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := w.of(c.CustomerID)
	if err != nil {
		return wallet.Operation{}, err
	}
	if before, ok := w.done[c.CustomerID+" "+c.Key]; ok {
		if before.print != print(c) {
			return wallet.Operation{}, mismatch(op)
		}
		return before.Operation, nil
	}
	will, err := w.plan(p, by, c)
	if err != nil {
		return wallet.Operation{}, err
	}
	if c.Act.OfHouse() && by.Kind != "staff" {
		will = plan{refusal: wallet.NotEligible}
	}
	now := w.now()
	o := wallet.Operation{ID: w.id("op"), Key: c.Key, Act: c.Act, CustomerID: c.CustomerID, Target: c.Target, State: wallet.OpSucceeded, CreatedAt: now, Summary: &will.summary}
	if will.refusal == "" && !c.DryRun {
		will.refusal = w.missing(c, will.needs)
	}
	switch {
	case will.refusal != "":
		o.State, o.Refusal, o.DoneAt, o.Summary = wallet.OpFailed, will.refusal, now, nil
	case c.DryRun:
		o.State = wallet.OpProposed
	}
	if c.DryRun {
		return o, nil
	}
	kept := &done{print: print(c)}
	if o.State == wallet.OpSucceeded {
		w.used[c.Assertion] = c.Assertion != ""
		if will.carry != nil {
			o.Made = will.carry()
		}
		if will.settle == nil {
			o.DoneAt = now
		} else {
			o.State, o.ExpectedBy = wallet.OpPending, wallet.At(w.o.Clock().Add(w.o.Delay))
			kept.due, kept.settle = o.ExpectedBy, will.settle
		}
	}
	kept.Operation = o
	w.done[c.CustomerID+" "+c.Key] = kept
	w.notify(wallet.OperationUpdated, c.CustomerID, o.ID)
	return o, nil
}

// missing tells what has to be there and is not.
func (w *Wallet) missing(c wallet.Command, needs []wallet.Refusal) wallet.Refusal {
	for _, n := range needs {
		switch {
		case n == wallet.StepUpRequired && !w.proven(c), n == wallet.ApprovalRequired && len(c.Approvals) == 0:
			return n
		}
	}
	return ""
}

// advance ends what is over by now; w.mu is held.
func (w *Wallet) advance() {
	now := w.now()
	for _, d := range w.done {
		if d.State == wallet.OpPending && now >= d.due {
			d.State, d.DoneAt = wallet.OpSucceeded, now
			d.settle()
			w.notify(wallet.OperationUpdated, d.CustomerID, d.ID)
		}
	}
	for _, p := range w.people {
		for _, l := range p.links {
			w.fill(p, l)
		}
	}
	for _, a := range w.asks {
		if a.State == wallet.AskPending && now >= a.due {
			w.answer(a, wallet.AskApproved)
		}
	}
}

// Operation tells what became of an operation.
func (w *Wallet) Operation(_ context.Context, _ wallet.Actor, customer, id string) (wallet.Operation, error) {
	return w.find(customer, func(d *done) bool { return d.ID == id })
}

// OperationByKey tells what became of a command by its key.
func (w *Wallet) OperationByKey(_ context.Context, _ wallet.Actor, customer, key string) (wallet.Operation, error) {
	return w.find(customer, func(d *done) bool { return d.Key == key })
}

func (w *Wallet) find(customer string, is func(*done) bool) (wallet.Operation, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := w.of(customer); err != nil {
		return wallet.Operation{}, err
	}
	for _, d := range w.done {
		if d.CustomerID == customer && is(d) {
			return d.Operation, nil
		}
	}
	return wallet.Operation{}, fault.New(fault.NotFound, "memory.find", "there is no such operation")
}

// plan works out what a command would do. Errors: NotFound when it has no such target.
func (w *Wallet) plan(p *person, by wallet.Actor, c wallet.Command) (plan, error) {
	switch c.Act {
	case wallet.Freeze, wallet.Unfreeze:
		return w.planFreeze(p, c)
	case wallet.RequestRefund, wallet.CancelRefund:
		return w.planRefund(p, c)
	case wallet.OpenDispute, wallet.AddEvidence, wallet.GrantCredit:
		return w.planDispute(p, c)
	case wallet.Recall, wallet.ReleaseHold, wallet.RequestInspection:
		return w.planTransaction(p, c)
	case wallet.BlockInstrument:
		i := slices.IndexFunc(p.instruments, func(i wallet.Instrument) bool { return i.ID == c.Target })
		if i < 0 {
			return plan{}, absent()
		}
		return w.planOne(c, p.instruments[i].Status, "blocked", func() { p.instruments[i].Status = "blocked" }, wallet.InstrumentChanged), nil
	case wallet.SetDefault, wallet.RemoveInstrument:
		return w.planInstrument(p, c)
	case wallet.GiveGoodwill:
		return w.planGift(p, c)
	case wallet.CancelMandate:
		return w.planMandate(p, c)
	case wallet.StopRecovery:
		return w.planStop(p, c)
	case wallet.RequestRetrieval:
		return w.planRetrieval(p, c)
	case wallet.Withdraw, wallet.Close, wallet.KeepOpen:
		return w.planClosure(p, c)
	case wallet.ClaimPoints, wallet.RedeemPoints:
		return w.planPoints(p, c)
	case wallet.GiveConsent, wallet.WithdrawConsent:
		return w.planConsent(p, by, c)
	case wallet.RevokeDevice:
		i := slices.IndexFunc(p.devices, func(d wallet.Device) bool { return d.ID == c.Target })
		if i < 0 {
			return plan{}, absent()
		}
		return w.planOne(c, p.devices[i].Trust, "revoked", func() { p.devices[i].Trust = "revoked" }, wallet.FactorChanged), nil
	case wallet.RevokeSessions:
		return plan{summary: wallet.Summary{Effects: []string{"signed_out"}}, carry: func() []wallet.Made {
			p.sessions = slices.Clone(p.sessions)
			for i := range p.sessions {
				if p.sessions[i].Result == "open" {
					p.sessions[i].Result, p.sessions[i].EndedAt = "ended", w.now()
				}
			}
			return nil
		}}, nil
	default: // NotifyCustomer
		return plan{summary: wallet.Summary{Effects: []string{"message_shown"}}, carry: func() []wallet.Made {
			return []wallet.Made{{Kind: "notice", ID: w.id("notice")}}
		}}, nil
	}
}

func absent() error {
	return fault.New(fault.NotFound, "memory.plan", "the customer has no such thing")
}

// planOne changes one thing from any other state into one.
func (w *Wallet) planOne(c wallet.Command, state, into string, change func(), kind wallet.NoticeType) plan {
	if state == into {
		return plan{refusal: wallet.AlreadyDone}
	}
	return plan{summary: wallet.Summary{Effects: []string{into}, State: state}, carry: func() []wallet.Made {
		change()
		w.notify(kind, c.CustomerID, c.Target)
		return nil
	}}
}

func (w *Wallet) planFreeze(p *person, c wallet.Command) (plan, error) {
	frozen := slices.IndexFunc(p.restrictions, func(r wallet.Restriction) bool {
		return r.Kind == "freeze" && (c.Act == wallet.Freeze || r.ID == c.Target)
	})
	if c.Act == wallet.Unfreeze {
		switch {
		case frozen < 0:
			return plan{}, absent()
		case c.Expect != p.restrictions[frozen].Kind:
			return plan{refusal: wallet.StateChanged}, nil
		}
		return plan{summary: wallet.Summary{Effects: []string{"payments_resume"}, State: "freeze", Reversible: true}, needs: []wallet.Refusal{wallet.StepUpRequired}, carry: func() []wallet.Made {
			p.restrictions = slices.Delete(slices.Clone(p.restrictions), frozen, frozen+1)
			p.setStatus("active", "none")
			w.notify(wallet.AccountUnfrozen, p.ID, p.ID+":main")
			return nil
		}}, nil
	}
	if c.Target != "" && c.Target != p.accounts[0].ID {
		return plan{}, absent()
	}
	if frozen >= 0 {
		return plan{refusal: wallet.AlreadyDone}, nil
	}
	return plan{summary: wallet.Summary{Effects: []string{"payments_stop"}, State: "active", Reversible: true}, carry: func() []wallet.Made {
		r := wallet.Restriction{ID: w.id("freeze"), Scope: "wallet", Target: c.Target, Kind: "freeze", Stops: "debit", Reason: "customer_request", Disclosable: true,
			PlacedBy: "support", PlacedAt: w.now(), Release: "customer"}
		if c.Target != "" {
			r.Scope = "account"
		}
		p.restrictions = append(slices.Clone(p.restrictions), r)
		p.setStatus("frozen", "debit")
		w.notify(wallet.AccountFrozen, p.ID, p.ID+":main")
		return []wallet.Made{{Kind: "freeze", ID: r.ID}}
	}}, nil
}

func (p *person) setStatus(status, block string) {
	p.accounts = slices.Clone(p.accounts)
	for i := range p.accounts {
		p.accounts[i].Status, p.accounts[i].Block = status, block
	}
}

// The wallet's own caps.
const (
	dayCap      = "1000.00"            // of all refunds of a day
	needsStepUp = "100.00"             // from here on a refund has to be proven
	refundable  = 120 * 24 * time.Hour // after a payment
	arrives     = 3 * 24 * time.Hour   // of a refund
)

// left is what can still be given back of a payment.
func (p *person) left(t *wallet.Transaction) wallet.Money {
	left := t.Amount
	for _, r := range p.refunds {
		if r.TransactionID == t.ID && (r.State.Open() || r.State == wallet.RefundSucceeded) {
			if less, err := left.Add(r.Amount.Neg()); err == nil {
				left = less
			}
		}
	}
	return left
}

// terms works out whether a payment can be refunded.
func (w *Wallet) terms(p *person, t *wallet.Transaction) wallet.Terms {
	terms := wallet.Terms{
		TransactionID: t.ID, Left: p.left(t), Until: t.CreatedAt + wallet.Time(refundable.Microseconds()), Decides: "wallet", Route: "original", ArrivesIn: [2]int{24, 72},
		AnswersBy: w.now() + wallet.Time((24 * time.Hour).Microseconds()), Reasons: []string{"not_received", "not_as_described", "duplicate", "asked"},
	}
	switch {
	case t.Kind != wallet.KindPayment && t.Kind != wallet.KindInStore:
		terms.Why = []string{"not_a_payment"}
	case t.Final || w.now() > terms.Until:
		terms.Why = []string{"too_old"}
	case t.State != wallet.Posted && t.State != wallet.PartiallyRefunded:
		terms.Why = []string{"not_posted"}
	case terms.Left.Sign() <= 0:
		terms.Why = []string{"nothing_left"}
	default:
		terms.Eligible = true
	}
	return terms
}

// Terms tells whether and how a payment can be refunded.
func (w *Wallet) Terms(_ context.Context, _ wallet.Actor, customer, txID string) (wallet.Terms, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := w.of(customer)
	if err != nil {
		return wallet.Terms{}, err
	}
	t, err := p.transaction(txID)
	if err != nil {
		return wallet.Terms{}, err
	}
	return w.terms(p, t), nil
}

func (w *Wallet) planRefund(p *person, c wallet.Command) (plan, error) {
	if c.Act == wallet.CancelRefund {
		return w.planCancel(p, c)
	}
	t, err := p.transaction(c.Target)
	if err != nil {
		return plan{}, err
	}
	today := w.o.Clock().Unix() / 86400
	if w.day != today {
		w.day, w.given = today, euros("0.00")
	}
	terms := w.terms(p, t)
	sum, err := w.given.Add(c.Amount)
	switch {
	case string(t.State) != c.Expect:
		return plan{refusal: wallet.StateChanged}, nil
	case !terms.Eligible:
		return plan{refusal: wallet.NotEligible}, nil
	case !c.Amount.Like(terms.Left) || c.Amount.Cmp(terms.Left) > 0:
		return plan{refusal: wallet.AmountTooHigh}, nil
	case err != nil || sum.Cmp(euros(dayCap)) > 0:
		return plan{refusal: wallet.LimitReached}, nil
	case p.lacks(c):
		return plan{refusal: wallet.FileMissing}, nil
	}
	will := plan{summary: wallet.Summary{
		Amount: c.Amount, Destination: t.InstrumentID, State: string(t.State),
		ArrivesBy: wallet.At(w.o.Clock().Truncate(24 * time.Hour).Add(24*time.Hour + arrives)),
	}}
	if c.Amount.Cmp(euros(needsStepUp)) >= 0 {
		will.needs = []wallet.Refusal{wallet.StepUpRequired}
	}
	r := wallet.Refund{CustomerID: p.ID, TransactionID: t.ID, Amount: c.Amount, Reason: c.Reason, State: wallet.RefundRequested, Route: "original", ExpectedBy: will.summary.ArrivesBy}
	will.carry = func() []wallet.Made {
		w.given = sum
		r.ID, r.RequestedAt = w.id("refund"), w.now()
		p.refunds = append(slices.Clone(p.refunds), r)
		p.move(c.Target, wallet.RefundPending, w.now())
		w.notify(wallet.RefundUpdated, p.ID, r.ID)
		w.notify(wallet.TransactionUpdated, p.ID, c.Target)
		return []wallet.Made{{Kind: "refund", ID: r.ID}}
	}
	will.settle = func() { w.pay(p, r.ID) }
	return will, nil
}

// pay pays a refund, unless it was cancelled.
func (w *Wallet) pay(p *person, id string) {
	p.refunds = slices.Clone(p.refunds)
	for i := range p.refunds {
		r := &p.refunds[i]
		if r.ID != id || !r.State.Open() {
			continue
		}
		t, err := p.transaction(r.TransactionID)
		if err != nil {
			return
		}
		r.State, r.DoneAt, r.RefundTx = wallet.RefundSucceeded, w.now(), w.id(p.ID+":back")
		state := wallet.PartiallyRefunded
		if p.left(t).Sign() <= 0 {
			state = wallet.Refunded
		}
		p.move(r.TransactionID, state, w.now())
		back := wallet.Transaction{
			ID: r.RefundTx, CustomerID: p.ID, AccountID: p.ID + ":main", Kind: wallet.KindRefund, Direction: wallet.In, Amount: r.Amount, Merchant: t.Merchant,
			State: wallet.Initiated, CreatedAt: w.now(), Rail: "card", Related: []wallet.Relation{{Kind: "refund_of", ID: t.ID}}, History: []wallet.Step{{State: wallet.Initiated, At: w.now()}},
		}
		w.notify(wallet.RefundUpdated, p.ID, id)
		w.notify(wallet.TransactionUpdated, p.ID, t.ID)
		p.add(back)
		return
	}
}

// move lets a transaction reach a state.
func (p *person) move(id string, to wallet.State, at wallet.Time) {
	if t, err := p.transaction(id); err == nil && t.State.May(to) {
		t.State = to
		t.History = append(slices.Clone(t.History), wallet.Step{State: to, At: at})
	}
}

func (w *Wallet) planCancel(p *person, c wallet.Command) (plan, error) {
	i := slices.IndexFunc(p.refunds, func(r wallet.Refund) bool { return r.ID == c.Target })
	if i < 0 {
		return plan{}, absent()
	}
	r := p.refunds[i]
	switch {
	case r.State == wallet.RefundCancelled:
		return plan{refusal: wallet.AlreadyDone}, nil
	case string(r.State) != c.Expect:
		return plan{refusal: wallet.StateChanged}, nil
	case r.State != wallet.RefundRequested:
		return plan{refusal: wallet.NotEligible}, nil
	}
	return plan{summary: wallet.Summary{Effects: []string{"refund_stops"}, State: string(r.State)}, carry: func() []wallet.Made {
		p.refunds = slices.Clone(p.refunds)
		p.refunds[i].State, p.refunds[i].DoneAt = wallet.RefundCancelled, w.now()
		p.move(r.TransactionID, wallet.Posted, w.now())
		w.notify(wallet.RefundUpdated, p.ID, r.ID)
		return nil
	}}, nil
}

func (w *Wallet) planDispute(p *person, c wallet.Command) (plan, error) {
	if c.Act == wallet.OpenDispute {
		return w.planOpen(p, c)
	}
	i := slices.IndexFunc(p.disputes, func(d wallet.Dispute) bool { return d.ID == c.Target })
	if i < 0 {
		return plan{}, absent()
	}
	d := p.disputes[i]
	if d.State.Over() {
		return plan{refusal: wallet.NotEligible}, nil
	}
	change := func(change func(*wallet.Dispute)) {
		p.disputes = slices.Clone(p.disputes)
		change(&p.disputes[i])
		w.notify(wallet.DisputeUpdated, p.ID, d.ID)
	}
	if c.Act == wallet.AddEvidence {
		return w.planEvidence(p, d, c, change), nil
	}
	switch {
	case !d.Credit.None():
		return plan{refusal: wallet.AlreadyDone}, nil
	case string(d.State) != c.Expect:
		return plan{refusal: wallet.StateChanged}, nil
	case !c.Amount.Like(d.Amount) || c.Amount.Cmp(d.Amount) > 0:
		return plan{refusal: wallet.AmountTooHigh}, nil
	}
	return plan{
		summary: wallet.Summary{Amount: c.Amount, Destination: p.ID + ":main", State: string(d.State), Reversible: true}, needs: []wallet.Refusal{wallet.ApprovalRequired},
		carry: func() []wallet.Made {
			made := w.id("credit")
			change(func(d *wallet.Dispute) { d.Credit, d.CreditTx = c.Amount, made })
			p.move(d.Transactions[0], wallet.ProvisionalCredit, w.now())
			return []wallet.Made{{Kind: "credit", ID: made}}
		},
	}, nil
}

func (w *Wallet) planOpen(p *person, c wallet.Command) (plan, error) {
	t, err := p.transaction(c.Target)
	if err != nil {
		return plan{}, err
	}
	for _, also := range c.Also {
		if _, err := p.transaction(also); err != nil {
			return plan{}, err
		}
	}
	claim := wallet.Claim(c.Details["claim"])
	if claim == "" {
		claim = wallet.ClaimMerchant
	}
	switch {
	case !slices.Contains([]wallet.Claim{wallet.ClaimUnauthorised, wallet.ClaimScam, wallet.ClaimMerchant, wallet.ClaimProcessing}, claim):
		return plan{}, fault.InvalidField("memory.planOpen", "details", "has no such claim")
	case t.State == wallet.Disputed:
		return plan{refusal: wallet.AlreadyDone}, nil
	case string(t.State) != c.Expect:
		return plan{refusal: wallet.StateChanged}, nil
	case !t.May(wallet.Disputed):
		return plan{refusal: wallet.NotEligible}, nil
	}
	return plan{summary: wallet.Summary{Effects: []string{"bank_investigates"}, State: string(t.State)}, carry: func() []wallet.Made {
		d := wallet.Dispute{
			ID: w.id("dispute"), CustomerID: p.ID, Transactions: append([]string{c.Target}, c.Also...), Claim: claim, Stage: wallet.StageInquiry,
			State: wallet.DisputeOpen, Amount: t.Amount, OpenedAt: w.now(), Deadlines: []wallet.Deadline{{What: "decision", At: w.now() + wallet.Time((240 * time.Hour).Microseconds())}},
		}
		p.disputes = append(slices.Clone(p.disputes), d)
		p.move(c.Target, wallet.Disputed, w.now())
		w.notify(wallet.DisputeUpdated, p.ID, d.ID)
		return []wallet.Made{{Kind: "dispute", ID: d.ID}}
	}}, nil
}

func (w *Wallet) planTransaction(p *person, c wallet.Command) (plan, error) {
	t, err := p.transaction(c.Target)
	if err != nil {
		return plan{}, err
	}
	summary := wallet.Summary{State: string(t.State)}
	if c.Act == wallet.RequestInspection {
		summary.Effects = []string{"rail_is_asked"}
		return plan{summary: summary, carry: func() []wallet.Made { return []wallet.Made{{Kind: "inspection", ID: w.id("inspection")}} }}, nil
	}
	if string(t.State) != c.Expect {
		return plan{refusal: wallet.StateChanged}, nil
	}
	if c.Act == wallet.ReleaseHold {
		if t.State != wallet.RiskHold {
			return plan{refusal: wallet.NotEligible}, nil
		}
		summary.Amount, summary.Effects = t.Amount, []string{"payment_goes_on"}
		return plan{summary: summary, needs: []wallet.Refusal{wallet.ApprovalRequired}, carry: func() []wallet.Made {
			t.Holds = nil
			p.move(t.ID, wallet.Authorised, w.now())
			w.notify(wallet.TransactionUpdated, p.ID, t.ID)
			return nil
		}}, nil
	}
	if t.Kind != wallet.KindTransfer || (t.State != wallet.Processing && t.State != wallet.Posted) {
		return plan{refusal: wallet.NotEligible}, nil
	}
	summary.Amount, summary.Destination = t.Amount, t.AccountID
	return plan{summary: summary, needs: []wallet.Refusal{wallet.StepUpRequired}, settle: func() { w.notify(wallet.TransactionUpdated, p.ID, c.Target) }}, nil
}
