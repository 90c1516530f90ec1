package demowallet

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"kefu/internal/connector/demowallet/cards"
	"kefu/internal/connector/demowallet/chain"
	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/loyalty"
	"kefu/internal/connector/demowallet/proof"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/connector/demowallet/recovery"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Bounds of the simulator.
const (
	maxDue   = 200 // tasks of one look
	abreast  = 16  // of them at once: they share commits
	leastNap = 50 * time.Millisecond
	longNap  = 2 * time.Second
	railLook = time.Hour // until a withdrawal that has not arrived is looked at again
)

// Run lets what is to happen by itself happen, until ctx ends.
func (w *Wallet) Run(ctx context.Context) error {
	for {
		n, next, err := w.Tick(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			w.log.Error("the demo's wallet could not go on", "error", err)
		}
		nap := longNap
		if n == maxDue {
			nap = 0
		} else if next != 0 {
			nap = min(max(next.Std().Sub(w.now()), leastNap), longNap)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-w.woken:
		case <-time.After(nap):
		}
	}
}

// poke has Run look again.
func (w *Wallet) poke() {
	select {
	case w.woken <- struct{}{}:
	default: // it will look anyway
	}
}

// Tick lets everything happen of which the time has come, each in a commit of its own,
// up to a bound. It gives how many things that were, and when the next one comes; 0 is
// never. Errors: Unavailable.
func (w *Wallet) Tick(ctx context.Context) (n int, next wallet.Time, err error) {
	records, err := w.books.Records(ctx, keep.KindTask, "", ledger.Before{}, maxDue)
	if err != nil {
		return 0, 0, err
	}
	now := wallet.At(w.now())
	var due []keep.Task
	for _, r := range records {
		t, err := keep.Parse[keep.Task](r)
		if err != nil {
			return 0, 0, err
		}
		if t.At == 0 || t.At > now {
			next = t.At
			break
		}
		due = append(due, t)
	}
	errs := make([]error, len(due))
	places := make(chan struct{}, abreast)
	var wait sync.WaitGroup
	for i, t := range due {
		places <- struct{}{}
		wait.Go(func() {
			errs[i] = w.happen(ctx, t)
			<-places
		})
	}
	wait.Wait()
	return len(due), next, errors.Join(errs...)
}

// happen lets one thing happen. What cannot happen any more is given up, so that it does
// not stand in the way of everything else.
func (w *Wallet) happen(ctx context.Context, t keep.Task) error {
	if t.Kind == recovery.Kind {
		return w.Due(ctx, t.ID)
	}
	step := map[string]func(*desk, string) error{
		keep.KindPayment: (*desk).paymentStep, keep.KindRefund: (*desk).refundStep, keep.KindDispute: (*desk).disputeStep, keep.KindRecall: (*desk).recallStep, keep.KindAsk: func(d *desk, id string) error { return proof.Step(d.Desk, id) },
		keep.KindForm: func(d *desk, id string) error { return cards.Step(d.Desk, id) }, keep.KindMandate: (*desk).mandateStep,
		keep.KindDeposit: func(d *desk, id string) error { return chain.Step(d.Desk, id) },
		keep.KindClosure: (*desk).closureStep, keep.KindPayout: (*desk).payoutStep,
		keep.KindLot: func(d *desk, id string) error { return loyalty.Step(d.Desk, id) }, keep.KindClaim: func(d *desk, id string) error { return loyalty.ClaimStep(d.Desk, id) },
		keep.KindOffer: func(d *desk, id string) error { return loyalty.OfferStep(d.Desk, id) },
	}[t.Kind]
	var has having
	if t.Kind == keep.KindClosure {
		found, err := w.Find(ctx, t.ID)
		if err != nil {
			return err
		}
		has.found = found
	}
	err := w.do(ctx, func(d *desk) error {
		present, err := get[keep.Task](d, keep.KindTask, keep.TaskID(t.Kind, t.ID))
		if err != nil || present.At != t.At { // somebody else was faster
			return err
		}
		if step == nil {
			return d.Wake(t.Kind, t.ID, 0)
		}
		d.has = has
		return step(d, t.ID)
	})
	if err == nil || fault.Is(err, fault.Unavailable) {
		return err
	}
	w.log.Warn("the demo's wallet gave something up", "kind", t.Kind, "error", err)
	return w.do(ctx, func(d *desk) error { return d.giveUp(t, err) })
}

// giveUp ends what cannot go on: a payment for which there is no money, or whose account
// was stopped, fails; of anything else nothing more happens.
func (d *desk) giveUp(t keep.Task, why error) error {
	if t.Kind != keep.KindPayment {
		return d.Wake(t.Kind, t.ID, 0)
	}
	p, err := d.Payment(t.ID)
	if err != nil {
		return err
	}
	return d.stop(p, why)
}

// stop ends a payment that cannot go on, as far as its state lets it end.
func (d *desk) stop(p *keep.Payment, why error) error {
	p.Plan = nil
	code := wallet.Unmapped
	switch fault.ReasonOf(why) {
	case ledger.Insufficient:
		code = wallet.InsufficientFunds
	case ledger.Stopped:
		code = wallet.AccountBlocked
	}
	if p.Tx.May(wallet.Failed) {
		return d.Advance(p, keep.Move{To: wallet.Failed, Failure: d.w.own(p.Tx.Rail, code)})
	}
	return d.Save(p)
}

// paymentStep takes a payment to the next state of its plan.
func (d *desk) paymentStep(id string) error {
	p, err := d.Payment(id)
	if err != nil {
		return err
	}
	if len(p.Plan) == 0 {
		return d.Wake(keep.KindPayment, id, 0)
	}
	step := p.Plan[0]
	p.Plan = p.Plan[1:]
	step.At = max(step.At, p.Tx.History[len(p.Tx.History)-1].At)
	if h := step.Hold; h != nil {
		h.PlacedAt = step.At
	}
	p.Expires(step)
	if err := d.Advance(p, step); err != nil {
		return err
	}
	if p.Fate.Kind == rails.Reverted && p.Tx.State == wallet.Reversed && len(p.Tx.Fees) > 0 { // its network keeps what it cost
		return chain.Book(d.Desk, chain.Spent(p.Tx, p.Tx.Fees[0].Amount))
	}
	return d.doubled(p)
}

// doubledAfter is how long after a payment a shop's till takes it once more.
const doubledAfter = 41 * time.Second

// doubled has a payment taken twice, where that is its fate.
func (d *desk) doubled(p *keep.Payment) error {
	if p.Fate.Kind != rails.Double || p.Tx.State != wallet.Captured {
		return nil
	}
	p.Fate = rails.Fate{Kind: rails.Fine}
	if err := d.Save(p); err != nil {
		return err
	}
	again := p.Tx
	again.ID, again.ClientRef, again.CreatedAt, again.History, again.Related = p.Tx.ID+"-2", "", p.Tx.CreatedAt+wallet.Time(doubledAfter.Microseconds()), nil, nil
	again.AuthorisedAt, again.PostedAt, again.ValueDate, again.RailRef = 0, 0, 0, ""
	if again.CreatedAt > d.At && d.w.pace > 1 {
		again.CreatedAt = d.At
	}
	second, err := d.Begin(again, p.Other, rails.Fate{Kind: rails.Fine})
	if err != nil {
		return err
	}
	plan, err := d.w.plan(again, second.Fate)
	if err != nil {
		return err
	}
	second.Plan = plan.Steps()
	return d.Save(second)
}

// plan is what is to become of a transaction that begins now.
func (w *Wallet) plan(t wallet.Transaction, fate rails.Fate) (rails.Plan, error) {
	rail, err := rails.Of(t.Rail)
	return rails.Plan{
		Rail: rail, Fate: fate, Start: t.CreatedAt, Pace: w.pace,
		Fail: func(raw string) *wallet.Failure {
			if raw == "" {
				return &wallet.Failure{Code: wallet.UnknownOutcome, Source: rail.Source}
			}
			return w.said(rail, raw)
		},
		Hold: func(at wallet.Time) *wallet.Hold {
			return &wallet.Hold{ID: "hold-" + t.ID, Amount: keep.Gross(t), Reason: "unusual_payment", PlacedAt: at, ExpiresAt: at + 2*day}
		},
	}, err
}

// said is a failure as a rail says it.
func (w *Wallet) said(rail rails.Rail, raw string) *wallet.Failure {
	code, _ := w.table.Normalise(rail.Codes, raw)
	return &wallet.Failure{Code: code, Source: rail.Source, RawCode: raw, Retriable: retriable(code)}
}

// retriable tells whether the same payment may work at another time.
func retriable(code wallet.FailureCode) bool {
	return slices.Contains([]wallet.FailureCode{
		wallet.InsufficientFunds, wallet.AuthRequired, wallet.LimitExceeded, wallet.NetworkDown, wallet.WrongDetails, wallet.WrongPIN, wallet.CancelledByUser,
		wallet.TimeoutUser, wallet.CurrencyNotTaken, wallet.ExpiredInstrument,
	}, code)
}

// own is a failure that the wallet itself decides, in the words of the rail that the
// payment was to take.
func (w *Wallet) own(name string, code wallet.FailureCode) *wallet.Failure {
	f := &wallet.Failure{Code: code, Source: "wallet", Retriable: retriable(code)}
	rail, err := rails.Of(name)
	if err != nil {
		return f
	}
	for raw, stands := range w.table.Raw(rail.Codes) {
		if stands == code && (f.RawCode == "" || raw < f.RawCode) {
			f.RawCode = raw
		}
	}
	return f
}
