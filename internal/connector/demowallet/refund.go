package demowallet

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/internal/connector/demowallet/files"
	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/lives"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// refundMove is one step of a refund.
type refundMove struct {
	To wallet.RefundState `json:"to"`
	At wallet.Time        `json:"at"`
}

// refundKept is what the wallet keeps of a refund.
type refundKept struct {
	wallet.Refund
	Plan   []refundMove      `json:"plan,omitempty"`
	Papers []wallet.Evidence `json:"papers,omitempty"` // what was given with it, for who decides
}

// What can become of a refund.
const (
	RefundFine     = "refund_fine"
	RefundFails    = "refund_fails"
	RefundAbnormal = "refund_abnormal"
)

// saveRefund keeps a refund and tells of it.
func (d *desk) saveRefund(r refundKept) error {
	var at wallet.Time
	if len(r.Plan) > 0 {
		at = r.Plan[0].At
	}
	if err := d.Wake(keep.KindRefund, r.ID, at); err != nil {
		return err
	}
	if err := put(d, keep.KindRefund, r.ID, r.CustomerID, r.RequestedAt, r); err != nil {
		return err
	}
	return d.Tell(wallet.RefundUpdated, r.CustomerID, r.ID)
}

// Refunds lists a customer's refunds, the latest first, or those of one payment. Errors:
// NotFound, Unavailable.
func (w *Wallet) Refunds(ctx context.Context, by wallet.Actor, customer, txID string) ([]wallet.Refund, error) {
	if txID != "" {
		if _, err := w.Transaction(ctx, by, customer, txID); err != nil {
			return nil, err
		}
	}
	kept, err := listed[refundKept](ctx, w, keep.KindRefund, customer, maxListed)
	list := []wallet.Refund{}
	for _, r := range kept {
		if txID == "" || r.TransactionID == txID {
			list = append(list, r.Refund)
		}
	}
	return list, err
}

// Terms tells whether and how a payment can be refunded. Errors: NotFound, Unavailable.
func (w *Wallet) Terms(ctx context.Context, _ wallet.Actor, customer, txID string) (wallet.Terms, error) {
	p, err := read[keep.Payment](ctx, w, keep.KindPayment, customer, txID)
	if err != nil {
		return wallet.Terms{}, err
	}
	m := lives.MerchantOf(wallet.Merchant{})
	if p.Tx.Merchant != nil {
		m = lives.MerchantOf(*p.Tx.Merchant)
		if r, err := w.books.Record(ctx, keep.KindMerchant, p.Tx.Merchant.Name); err == nil {
			if m, err = parse[lives.Merchant](r); err != nil {
				return wallet.Terms{}, err
			}
		} else if !fault.Is(err, fault.NotFound) {
			return wallet.Terms{}, err
		}
	}
	return w.terms(p, m, wallet.At(w.now())), nil
}

// terms works out whether and how a payment can be refunded.
func (w *Wallet) terms(p keep.Payment, m lives.Merchant, now wallet.Time) wallet.Terms {
	rail, err := rails.Of(p.Tx.Rail)
	if err != nil {
		rail = rails.Rail{Refunds: [2]int{24, 120}}
	}
	from := p.Tx.PostedAt
	if from == 0 {
		from = p.Tx.CreatedAt
	}
	t := wallet.Terms{
		TransactionID: p.Tx.ID, Left: keep.None(p.Tx.Amount), Until: from + wallet.Time(m.Days)*day, Decides: m.Decides, Route: "original", Needs: m.Needs,
		ArrivesIn: rail.Refunds, Reasons: []string{"not_received", "not_as_described", "returned", "wrong_amount", "twice", "changed_mind"},
	}
	t.AnswersBy = now + day
	if m.Decides == "merchant" {
		t.AnswersBy = now + 3*day
	}
	bought := slices.Contains([]wallet.Kind{wallet.KindPayment, wallet.KindInStore, wallet.KindBill}, p.Tx.Kind) && p.Tx.Direction == wallet.Out
	switch {
	case !bought:
		t.Why = []string{"not_a_purchase"}
	case p.Dispute != "":
		t.Why = []string{"disputed"}
	case p.Open.Sign() > 0:
		t.Why = []string{"refund_open"}
	case p.Tx.Final || !p.Tx.May(wallet.RefundPending) || len(p.Tx.History) > wallet.MaxHistory-8:
		t.Why = []string{"state_" + string(p.Tx.State)}
	case p.Left().Sign() <= 0:
		t.Why = []string{"nothing_left"}
	case now >= t.Until:
		t.Why = []string{"too_old"}
	default:
		t.Eligible, t.Left = true, p.Left()
	}
	return t
}

// requestRefund begins to give a payment back, whole or in part.
func (d *desk) requestRefund(o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
	p, err := d.PaymentOf(c.CustomerID, c.Target)
	if err != nil {
		return "", err
	}
	m := lives.MerchantOf(wallet.Merchant{})
	if p.Tx.Merchant != nil {
		m = lives.MerchantOf(*p.Tx.Merchant)
		if known, err := get[lives.Merchant](d, keep.KindMerchant, p.Tx.Merchant.Name); err == nil {
			m = known
		} else if !fault.Is(err, fault.NotFound) {
			return "", err
		}
	}
	terms := d.w.terms(*p, m, d.At)
	o.Summary = &wallet.Summary{
		Amount: c.Amount, Destination: p.Tx.AccountID, ArrivesBy: terms.AnswersBy + wallet.Time(terms.ArrivesIn[1])*day/24, Effects: []string{"refund_begins"}, State: string(p.Tx.State),
	}
	switch {
	case c.Expect != string(p.Tx.State):
		return wallet.StateChanged, nil
	case slices.Contains(terms.Why, "refund_open"), slices.Contains(terms.Why, "nothing_left"):
		return wallet.AlreadyDone, nil
	case !terms.Eligible:
		return wallet.NotEligible, nil
	case !c.Amount.Like(terms.Left) || c.Amount.Cmp(terms.Left) > 0:
		return wallet.AmountTooHigh, nil
	}
	closed, err := d.closedWay(p.Tx)
	if err != nil || closed {
		return wallet.DestinationClosed, err
	}
	if _, refusal, err := files.Papers(d.Desk, d.dry, nil, c); refusal != "" || err != nil {
		return refusal, err
	}
	if refusal, err := d.authorise(by, c, approvalsFor(c.Amount)); refusal != "" || err != nil {
		return refusal, err
	}
	n, err := d.Count("refunds:" + p.Tx.ID)
	if err != nil {
		return "", err
	}
	r := refundKept{Refund: wallet.Refund{
		ID: "rf-" + p.Tx.ID + "-" + strconv.FormatInt(n, 10), CustomerID: c.CustomerID, TransactionID: p.Tx.ID, Amount: c.Amount,
		Reason: c.Reason, State: wallet.RefundRequested, Route: "original", RequestedAt: d.At, ExpectedBy: o.Summary.ArrivesBy,
	}, Papers: c.Files}
	fate, err := d.fated(c.CustomerID, NextRefund)
	if err != nil {
		return "", err
	}
	if r.Plan, err = d.refundPlan(p.Tx, m, fate.Kind); err != nil {
		return "", err
	}
	p.Open = keep.More(p.Open, c.Amount)
	if err := d.Advance(p, keep.Move{To: wallet.RefundPending, Note: "refund_requested", ExpectedBy: r.ExpectedBy}); err != nil {
		return "", err
	}
	o.Made = []wallet.Made{{Kind: "refund", ID: r.ID}}
	return "", d.saveRefund(r)
}

// closedWay tells whether the way that the money came is not there any more.
func (d *desk) closedWay(t wallet.Transaction) (bool, error) {
	account, err := get[wallet.Account](d, keep.KindAccount, t.AccountID)
	if err != nil || account.Status == "closed" {
		return err == nil, err
	}
	if t.InstrumentID == "" {
		return false, nil
	}
	i, err := get[wallet.Instrument](d, keep.KindInstrument, t.InstrumentID)
	if fault.Is(err, fault.NotFound) {
		return true, nil
	}
	return i.Status == "removed", err
}

// refundPlan is how a refund goes, at the pace of the rail that the payment took.
func (d *desk) refundPlan(t wallet.Transaction, m lives.Merchant, fate string) ([]refundMove, error) {
	rail, err := rails.Of(t.Rail)
	if err != nil {
		return nil, err
	}
	pace := func(x time.Duration) wallet.Time { return max(1, wallet.Time(float64(x.Microseconds())/d.w.pace)) }
	agreed := d.At + pace(2*time.Second)
	if m.Decides == "merchant" {
		agreed = d.At + pace(20*time.Hour)
	}
	sent := agreed + pace(time.Hour)
	moving := sent + pace(rail.Answer)
	arrived := moving + pace(time.Duration(rail.Refunds[0]+rail.Refunds[1])/2*time.Hour)
	plan := []refundMove{{wallet.RefundApproved, agreed}, {wallet.RefundSubmitted, sent}, {wallet.RefundProcessing, moving}}
	switch fate {
	case RefundFails:
		return append(plan, refundMove{wallet.RefundFailed, arrived}), nil
	case RefundAbnormal:
		return append(plan, refundMove{wallet.RefundAbnormal, arrived}), nil
	default:
		return append(plan, refundMove{wallet.RefundSucceeded, arrived}), nil
	}
}

// refundStep takes a refund to its next state, with the transaction that brings it and
// the payment that it is of.
func (d *desk) refundStep(id string) error {
	r, err := get[refundKept](d, keep.KindRefund, id)
	if err != nil {
		return err
	}
	if len(r.Plan) == 0 {
		return d.Wake(keep.KindRefund, id, 0)
	}
	r.State, r.Plan = r.Plan[0].To, r.Plan[1:]
	switch r.State {
	case wallet.RefundSubmitted:
		r.RefundTx = strings.Replace(r.ID, "rf-", "tr-", 1)
		err = d.sendRefund(r)
	case wallet.RefundProcessing:
		err = d.moveRefund(r, keep.Move{To: wallet.Processing, ExpectedBy: r.ExpectedBy, Note: "sent_to_rail"})
	case wallet.RefundSucceeded:
		r.DoneAt = d.At
		if err = d.moveRefund(r, keep.Move{To: wallet.Posted, Final: true}); err == nil {
			err = d.settleRefund(r, true)
		}
	case wallet.RefundFailed:
		r.DoneAt = d.At
		if err = d.returnRefund(r); err == nil {
			err = d.settleRefund(r, false)
		}
	case wallet.RefundAbnormal:
		err = d.noteRefund(r)
	}
	if err != nil {
		return err
	}
	return d.saveRefund(r)
}

// sendRefund begins the transaction that brings a refund.
func (d *desk) sendRefund(r refundKept) error {
	p, err := d.Payment(r.TransactionID)
	if err != nil {
		return err
	}
	t := p.Tx
	p.Tx.Related = append(p.Tx.Related, wallet.Relation{Kind: "refunded_by", ID: r.RefundTx})
	if err := d.Save(p); err != nil {
		return err
	}
	brings, err := d.Begin(wallet.Transaction{
		ID: r.RefundTx, CustomerID: t.CustomerID, AccountID: t.AccountID, Kind: wallet.KindRefund, Direction: wallet.In, Amount: r.Amount, Merchant: t.Merchant,
		InstrumentID: t.InstrumentID, OrderRef: t.OrderRef, Rail: t.Rail, RailRef: "RFD" + strconv.FormatUint(keep.Hash(r.ID)%1_000_000_000_000, 10), CreatedAt: d.At,
		Related: []wallet.Relation{{Kind: "refund_of", ID: t.ID}},
	}, p.Other, rails.Fate{Kind: rails.Fine})
	if err != nil {
		return err
	}
	brings.Refund = r.ID
	if err := d.Advance(brings, keep.Move{To: wallet.Authorised}); err != nil {
		return err
	}
	return d.Advance(brings, keep.Move{To: wallet.Captured})
}

func (d *desk) moveRefund(r refundKept, m keep.Move) error {
	brings, err := d.Payment(r.RefundTx)
	if err != nil {
		return err
	}
	return d.Advance(brings, m)
}

// returnRefund has the money of a refund go back to whoever was to give it.
func (d *desk) returnRefund(r refundKept) error {
	brings, err := d.Payment(r.RefundTx)
	if err != nil {
		return err
	}
	for _, m := range []keep.Move{{To: wallet.FailedAfterDebit, Failure: d.w.own(brings.Tx.Rail, wallet.AccountBlocked)}, {To: wallet.AutoReversal}, {To: wallet.Reversed}} {
		if err := d.Advance(brings, m); err != nil {
			return err
		}
	}
	return nil
}

// settleRefund ends a refund on the payment that it is of.
func (d *desk) settleRefund(r refundKept, came bool) error {
	p, err := d.Payment(r.TransactionID)
	if err != nil {
		return err
	}
	p.Open = keep.Less(p.Open, r.Amount)
	to := wallet.Posted
	switch {
	case came:
		p.Back = keep.More(p.Back, r.Amount)
		to = wallet.PartiallyRefunded
		if p.Back.Cmp(p.Tx.Amount) == 0 {
			to = wallet.Refunded
		}
	case p.Back.Sign() > 0:
		to = wallet.PartiallyRefunded
	}
	if p.Tx.State != wallet.RefundPending {
		return d.Save(p)
	}
	posted := p.Tx.PostedAt
	if err := d.Advance(p, keep.Move{To: to, Note: "refund_" + string(r.State)}); err != nil {
		return err
	}
	if to != wallet.Posted {
		return nil
	}
	p.Tx.PostedAt, p.Tx.ValueDate = posted, posted // it arrived when it did
	return d.Save(p)
}

// noteRefund writes into the payment's story that its refund found the way closed.
func (d *desk) noteRefund(r refundKept) error {
	brings, err := d.Payment(r.RefundTx)
	if err != nil {
		return err
	}
	brings.Trace(wallet.Trace{At: d.At, Source: "provider", Event: "destination_closed", Tellable: true})
	return d.Save(brings)
}

// cancelRefund takes a refund back that has not been sent.
func (d *desk) cancelRefund(o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
	r, err := get[refundKept](d, keep.KindRefund, c.Target)
	if err == nil && r.CustomerID != c.CustomerID {
		err = fault.New(fault.NotFound, "demowallet.cancelRefund", "there is no such refund of this customer")
	}
	if err != nil {
		return "", err
	}
	o.Summary = &wallet.Summary{Effects: []string{"refund_stops"}, Reversible: true, State: string(r.State)}
	switch {
	case r.State == wallet.RefundCancelled:
		return wallet.AlreadyDone, nil
	case c.Expect != string(r.State):
		return wallet.StateChanged, nil
	case r.State != wallet.RefundRequested && r.State != wallet.RefundApproved:
		return wallet.NotEligible, nil
	}
	if refusal, err := d.authorise(by, c, 0); refusal != "" || err != nil {
		return refusal, err
	}
	r.State, r.DoneAt, r.Plan = wallet.RefundCancelled, d.At, nil
	if err := d.settleRefund(r, false); err != nil {
		return "", err
	}
	o.Made = []wallet.Made{{Kind: "refund", ID: r.ID}}
	return "", d.saveRefund(r)
}

// approvalsFor is how many others have to agree to a refund.
func approvalsFor(m wallet.Money) int {
	most, err := wallet.Parse(strconv.Itoa(maxPlainRefund), m.Currency(), m.Scale())
	if err != nil || m.Cmp(most) > 0 {
		return 1
	}
	return 0
}
