package demowallet

import (
	"context"
	"slices"
	"strconv"

	"kefu/internal/connector/demowallet/alerts"
	"kefu/internal/connector/demowallet/chain"
	"kefu/internal/connector/demowallet/fees"
	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/lives"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/connector/demowallet/recovery"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Order is a payment that a customer begins in the wallet's app.
type Order struct {
	Ref          string // made by the app before it asks; "" for a new one. The same again is the same payment
	CustomerID   string
	AccountID    string // "" for the account of everyday
	Kind         wallet.Kind
	Direction    wallet.Direction // "" is Out
	Amount       wallet.Money
	Fees         []wallet.Fee
	Rail         string
	InstrumentID string
	Merchant     *wallet.Merchant
	Counterparty *wallet.Counterparty
	OrderRef     string
	Note         string
	Channel      string     // "" is app
	Fate         rails.Fate // the zero Fate: what was set for the customer's next payment, or that all is well
}

// Paid is what became of an order at once. Without a transaction nothing was begun.
type Paid struct {
	Attempt     wallet.Attempt
	Transaction *wallet.Transaction
}

// Pay begins a payment. What happens to it then happens by itself, at the pace of its
// rail. That it is refused is no error. Errors: NotFound for the customer or account;
// Conflict for another order under the same ref; Invalid, Unavailable.
func (w *Wallet) Pay(ctx context.Context, o Order) (Paid, error) {
	if o.Direction == "" {
		o.Direction = wallet.Out
	}
	if o.AccountID == "" {
		o.AccountID = o.CustomerID + ":main"
	}
	if o.Channel == "" {
		o.Channel = "app"
	}
	if o.Ref == "" {
		o.Ref = id.New()
	}
	if o.Amount.Sign() <= 0 {
		return Paid{}, fault.InvalidField("demowallet.Pay", "amount", "is not above nothing")
	}
	if _, err := rails.Of(o.Rail); err != nil {
		return Paid{}, err
	}
	known, err := w.Transactions(ctx, wallet.Actor{}, wallet.Query{CustomerID: o.CustomerID, Kinds: []wallet.Kind{o.Kind}, Limit: alerts.Known})
	if err != nil {
		return Paid{}, err
	}
	var paid Paid
	err = w.do(ctx, func(d *desk) (err error) {
		if paid, err = d.pay(o); err != nil || paid.Transaction == nil || !alerts.Unlike(*paid.Transaction, known.Items) {
			return err
		}
		return alerts.Raise(d.Desk, o.CustomerID, wallet.AlertPayment, paid.Transaction.ID, "high")
	})
	w.poke()
	return paid, err
}

// payID is the id of the transaction that an order begins.
func payID(o Order) string {
	return "tx-" + strconv.FormatUint(keep.Hash(o.CustomerID+"\n"+o.Ref), 36)
}

func (d *desk) pay(o Order) (Paid, error) {
	const op = "demowallet.pay"
	t := wallet.Transaction{
		ID: payID(o), CustomerID: o.CustomerID, AccountID: o.AccountID, ClientRef: o.Ref, Kind: o.Kind, Direction: o.Direction, Amount: o.Amount, Fees: o.Fees, Rail: o.Rail,
		InstrumentID: o.InstrumentID, Merchant: o.Merchant, Counterparty: o.Counterparty, OrderRef: o.OrderRef, Note: o.Note, Channel: o.Channel, CreatedAt: d.At,
		RailRef: "RRN" + strconv.FormatUint(keep.Hash(o.Ref)%1_000_000_000_000, 10), Evidence: []string{"rail_receipt"},
	}
	account, err := d.Get(keep.KindAccount, o.AccountID)
	if err == nil && account.Owner != o.CustomerID {
		err = fault.New(fault.NotFound, op, "there is no such account of this customer")
	}
	if err == nil && t.Fees == nil && t.Direction == wallet.Out {
		t.Fees, err = d.charged(t)
	}
	if err != nil {
		return Paid{}, err
	}
	paid := Paid{Attempt: wallet.Attempt{TraceID: lives.TraceOf(t.ID), CustomerID: o.CustomerID, Amount: o.Amount, Party: t.Party(), At: d.At}}
	if before, err := get[wallet.Attempt](d, keep.KindAttempt, paid.Attempt.TraceID); err == nil {
		return d.paidBefore(t, before)
	} else if !fault.Is(err, fault.NotFound) {
		return Paid{}, err
	}
	if o.Fate.Kind == "" {
		if o.Fate, err = d.fated(o.CustomerID, NextPayment); err != nil {
			return Paid{}, err
		}
	}
	if err := o.Fate.Validate(); err != nil {
		return Paid{}, err
	}
	plan, err := d.w.plan(t, o.Fate)
	if err != nil {
		return Paid{}, err
	}
	if t.Rail == rails.Chain {
		t.RailRef = chain.TxID(t.ID, t.Amount.Currency())
	} else if slices.Contains(rails.OnChain(), o.Fate.Kind) {
		return Paid{}, fault.InvalidField(op, "fate", "is one of public networks alone")
	}
	if o.Fate.Kind == rails.NotBegun {
		paid.Attempt.Failure = plan.Fail(o.Fate.Raw)
		return paid, d.attempted(paid.Attempt)
	}
	p, err := d.Begin(t, keep.World(o.Amount), o.Fate)
	if err != nil {
		return Paid{}, err
	}
	paid.Attempt.TransactionID = t.ID
	switch code, err := d.objects(t); {
	case err != nil:
		return Paid{}, err
	case code != "":
		paid.Attempt.Failure = d.w.own(t.Rail, code)
		err = d.Advance(p, keep.Move{To: wallet.PreCheckFailed, At: d.At, Failure: paid.Attempt.Failure})
		if err != nil {
			return Paid{}, err
		}
	default:
		p.Plan = plan.Steps()
		if err := d.Save(p); err != nil {
			return Paid{}, err
		}
	}
	paid.Transaction = &p.Tx
	return paid, d.attempted(paid.Attempt)
}

// charged is what the wallet charges for a payment, by its schedule.
func (d *desk) charged(t wallet.Transaction) ([]wallet.Fee, error) {
	who, err := get[wallet.Customer](d, keep.KindCustomer, t.CustomerID)
	return fees.Of(t.Kind, t.Rail, who.Jurisdiction, t.Amount, d.At), err
}

// paidBefore is what became of an order that was given before.
func (d *desk) paidBefore(t wallet.Transaction, a wallet.Attempt) (Paid, error) {
	const op = "demowallet.Pay"
	other := func() error {
		return &fault.Error{Code: fault.Conflict, Op: op, Reason: keep.Mismatch, Message: "another order was given under this ref"}
	}
	if !a.Amount.Like(t.Amount) || a.Amount.Cmp(t.Amount) != 0 || a.Party != t.Party() {
		return Paid{}, other()
	}
	if a.TransactionID == "" {
		return Paid{Attempt: a}, nil
	}
	p, err := d.Payment(a.TransactionID)
	if err == nil && (p.Tx.AccountID != t.AccountID || p.Tx.Kind != t.Kind || p.Tx.Direction != t.Direction || p.Tx.Rail != t.Rail) {
		err = other()
	}
	return Paid{Attempt: a, Transaction: &p.Tx}, err
}

// objects gives the reason for which the wallet itself does not begin a payment; "" is
// none. What it allows counts towards the customer's limits.
func (d *desk) objects(t wallet.Transaction) (wallet.FailureCode, error) {
	account, _, err := d.Account(t.AccountID)
	if err != nil {
		return "", err
	}
	switch {
	case account.Currency != t.Amount.Currency() || account.Scale != t.Amount.Scale():
		return wallet.CurrencyNotTaken, nil
	case account.Closed || (account.Frozen && t.Direction == wallet.Out):
		return wallet.AccountBlocked, nil
	}
	if t.InstrumentID != "" {
		r, err := d.Get(keep.KindInstrument, t.InstrumentID)
		if fault.Is(err, fault.NotFound) || (err == nil && r.Owner != t.CustomerID) {
			return wallet.WrongDetails, nil
		}
		if err != nil {
			return "", err
		}
		i, err := parse[wallet.Instrument](r)
		if err != nil {
			return "", err
		}
		switch i.Status {
		case "blocked":
			return wallet.NotPermitted, nil
		case "expired", "removed":
			return wallet.ExpiredInstrument, nil
		}
	}
	if t.Direction == wallet.In {
		return "", nil
	}
	return d.withinLimits(t)
}

// withinLimits counts a payment towards its customer's limits, or says that it is above
// one of them.
func (d *desk) withinLimits(t wallet.Transaction) (wallet.FailureCode, error) {
	var used []wallet.Limit
	for _, period := range periods() {
		l, err := get[wallet.Limit](d, keep.KindLimit, t.CustomerID+":"+period)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return "", err
		}
		if !l.Max.Like(t.Amount) {
			continue
		}
		l = fresh(l, d.At)
		now, err := recovery.Lowered(d.Desk, t.CustomerID, l)
		if err != nil {
			return "", err
		}
		sum := keep.More(l.Used, t.Amount)
		if sum.Cmp(now.Max) > 0 {
			return wallet.LimitExceeded, nil
		}
		if period != "transaction" {
			l.Used = sum
			used = append(used, l)
		}
	}
	for _, l := range used {
		if err := d.keepLimit(t.CustomerID, l); err != nil {
			return "", err
		}
	}
	return "", nil
}

// Confirm is the customer's yes to a payment that waits for it; no gives it up. Errors:
// NotFound; Conflict when it does not wait.
func (w *Wallet) Confirm(ctx context.Context, customer, txID string, yes bool) (wallet.Transaction, error) {
	var t wallet.Transaction
	err := w.do(ctx, func(d *desk) error {
		p, err := d.PaymentOf(customer, txID)
		if err != nil {
			return err
		}
		if p.Tx.State != wallet.RequiresAction {
			return fault.New(fault.Conflict, "demowallet.Confirm", "the payment does not wait for its customer")
		}
		if yes && chain.Waits(p.Tx) {
			return fault.New(fault.Conflict, "demowallet.Confirm", "the deposit waits for a statement, not for a yes")
		}
		if yes {
			err = d.goOn(p)
		} else {
			p.Plan = nil
			err = d.Advance(p, keep.Move{To: wallet.Voided, Failure: d.w.own(p.Tx.Rail, wallet.CancelledByUser)})
		}
		t = p.Tx
		return err
	})
	w.poke()
	return t, err
}

// Declare takes what a customer tells of a deposit that waits for it, which then goes on.
// Errors: as chain.Keep.
func (w *Wallet) Declare(ctx context.Context, customer, txID string, s chain.Statement) error {
	err := w.do(ctx, func(d *desk) error {
		p, err := chain.Keep(d.Desk, customer, txID, s)
		if err != nil {
			return err
		}
		return d.goOn(p)
	})
	w.poke()
	return err
}

// goOn has a payment that was stopped take its way as if nothing had been.
func (d *desk) goOn(p *keep.Payment) error {
	plan, err := d.w.plan(p.Tx, rails.Fate{Kind: rails.Fine})
	if err != nil {
		return err
	}
	plan.Start = d.At
	p.Plan = plan.Released()
	return d.Save(p)
}
