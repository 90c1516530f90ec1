package keep

import (
	"math/big"
	"strconv"

	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Move is one step of a transaction.
type Move = rails.Step

// place is where the money of a transaction is. Each state has one, so that what the
// customer is told and what the ledger says cannot part.
type place int

const (
	nowhere   place = iota // nothing was moved, or all of it is back where it came from
	onHold                 // set aside by the wallet
	reserved               // set aside by the payment; of money that comes in: announced
	underway               // it has left the account and is nowhere yet
	delivered              // it has arrived
	stays                  // wherever it was
)

func placeOf(s wallet.State, d wallet.Direction) place {
	switch s {
	case wallet.RiskHold:
		if d == wallet.Out {
			return onHold
		}
		return nowhere
	case wallet.Authorised:
		return reserved
	case wallet.Captured, wallet.PartiallyCaptured, wallet.Processing, wallet.FailedAfterDebit, wallet.AutoReversal:
		if d == wallet.In {
			return reserved
		}
		return underway
	case wallet.Posted, wallet.RefundPending, wallet.PartiallyRefunded, wallet.Refunded, wallet.Disputed, wallet.ProvisionalCredit, wallet.Won, wallet.Lost:
		return delivered // a refund or credit is a transaction of its own
	case wallet.Unknown:
		return stays
	default:
		return nowhere
	}
}

// Payment is what the wallet keeps of a transaction.
type Payment struct {
	Tx      wallet.Transaction `json:"tx"`
	Other   string             `json:"other"`             // the account on the other side
	Place   place              `json:"place"`             // where its money is
	Pending string             `json:"pending,omitempty"` // the transfer that holds it there
	Until   wallet.Time        `json:"until,omitempty"`   // when that one expires
	Plan    []Move             `json:"plan,omitempty"`    // what is to come
	Traces  []wallet.Trace     `json:"traces,omitempty"`
	Back    wallet.Money       `json:"back"`              // that refunds have brought
	Open    wallet.Money       `json:"open"`              // that refunds are to bring
	Refund  string             `json:"refund,omitempty"`  // that this transaction brings
	Dispute string             `json:"dispute,omitempty"` // that is open about it
	Fate    rails.Fate         `json:"fate"`
}

// None is nothing of the currency of m.
func None(m wallet.Money) wallet.Money {
	zero, err := wallet.Units(new(big.Int), m.Currency(), m.Scale())
	if err != nil {
		panic(err) // m is money
	}
	return zero
}

// Part is one of n parts of m, rounded down.
func Part(m wallet.Money, n int64) wallet.Money {
	part, err := wallet.Units(new(big.Int).Quo(m.Smallest(), big.NewInt(n)), m.Currency(), m.Scale())
	if err != nil {
		panic(err) // m is money
	}
	return part
}

// Less is m without by, which is of the same currency.
func Less(m, by wallet.Money) wallet.Money {
	left, err := m.Add(by.Neg())
	if err != nil {
		panic(err) // both are of one payment
	}
	return left
}

// More is m and by, which are of the same currency.
func More(m, by wallet.Money) wallet.Money { return Less(m, by.Neg()) }

// Begin writes a customer's transaction down, in its first state. State and history of
// t are not read. Errors: Conflict for one of that id; Invalid.
func (d *Desk) Begin(t wallet.Transaction, other string, fate rails.Fate) (*Payment, error) {
	const op = "keep.begin"
	if t.CreatedAt == 0 {
		t.CreatedAt = d.At
	}
	t.State, t.History = wallet.Initiated, []wallet.Step{{State: wallet.Initiated, At: t.CreatedAt}}
	if _, err := d.Get(KindPayment, t.ID); err == nil {
		return nil, fault.New(fault.Conflict, op, "the transaction %s is there already", t.ID)
	} else if !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	p := &Payment{Tx: t, Other: other, Back: None(t.Amount), Open: None(t.Amount), Fate: fate}
	p.Trace(wallet.Trace{At: t.CreatedAt, Source: "wallet", Event: "initiated", State: wallet.Initiated, Tellable: true})
	return p, d.Save(p)
}

// Payment reads a transaction. Errors: NotFound.
func (d *Desk) Payment(id string) (*Payment, error) {
	p, err := Get[Payment](d, KindPayment, id)
	return &p, err
}

// PaymentOf reads a transaction of a customer. Errors: NotFound, also for another's.
func (d *Desk) PaymentOf(customer, id string) (*Payment, error) {
	p, err := d.Payment(id)
	if err == nil && p.Tx.CustomerID != customer {
		err = fault.New(fault.NotFound, "keep.paymentOf", "there is no such transaction of this customer")
	}
	return p, err
}

// Save keeps a payment and tells of it.
func (d *Desk) Save(p *Payment) error {
	if err := p.Tx.Validate(); err != nil {
		return err
	}
	if err := d.schedule(KindPayment, p.Tx.ID, p.Plan); err != nil {
		return err
	}
	if err := Put(d, KindPayment, p.Tx.ID, p.Tx.CustomerID, p.Tx.CreatedAt, *p); err != nil {
		return err
	}
	return d.Tell(wallet.TransactionUpdated, p.Tx.CustomerID, p.Tx.ID)
}

// maxTraces bounds what is kept of one payment's story.
const maxTraces = 96

// Trace adds a line to the story of a payment, up to a bound.
func (p *Payment) Trace(t wallet.Trace) {
	if len(p.Traces) < maxTraces {
		p.Traces = append(p.Traces, t)
	}
}

// Advance takes a transaction to its next state, together with its money. When it
// fails nothing of the commit may be kept, but for what ran out of money at the first
// transfer: then nothing has happened yet. Errors: Conflict when the state may not
// follow, or the ledger refuses.
func (d *Desk) Advance(p *Payment, m Move) error {
	const op = "keep.advance"
	t := &p.Tx
	last := t.History[len(t.History)-1]
	if m.At == 0 {
		m.At = max(d.At, last.At)
	}
	if !t.May(m.To) || m.At < last.At || len(t.History) >= wallet.MaxHistory {
		return fault.New(fault.Conflict, op, "%s may not become %s", t.State, m.To)
	}
	if err := d.carry(p, m); err != nil {
		return err
	}
	apply(t, m)
	trace := wallet.Trace{At: m.At, Source: "wallet", Event: string(m.To), State: m.To, Tellable: m.To != wallet.RiskHold}
	if m.Note != "" {
		trace.Event = m.Note
	}
	if f := m.Failure; f != nil {
		trace.Source, trace.RawCode, trace.RawText, trace.Tellable = "provider", f.RawCode, f.RawText, f.Code.Disclosable()
		if f.Source == "wallet" {
			trace.Source = "wallet"
		}
	}
	if m.To == wallet.RiskHold {
		trace.Source = "risk"
	}
	p.Trace(trace)
	if err := d.Save(p); err != nil || d.moved == nil {
		return err
	}
	return d.moved(d, p)
}

// apply adds a step to a transaction.
func apply(t *wallet.Transaction, m Move) {
	t.State = m.To
	t.History = append(t.History, wallet.Step{State: m.To, At: m.At, Note: m.Note})
	t.Related = append(t.Related, m.Related...)
	t.Final = m.Final
	if m.Failure != nil {
		t.Failure = m.Failure
	}
	if m.To == wallet.Posted && t.Failure != nil && t.Failure.Code == wallet.UnknownOutcome {
		t.Failure = nil // somebody has said
	}
	if m.ExpectedBy != 0 {
		t.ExpectedBy = m.ExpectedBy
	}
	t.Holds = nil
	if m.Hold != nil {
		t.Holds = []wallet.Hold{*m.Hold}
	}
	switch m.To {
	case wallet.Authorised:
		t.AuthorisedAt = m.At
	case wallet.Posted:
		t.PostedAt, t.ValueDate = m.At, m.At
	}
}

func transferID(payment string, n, k int) string {
	return payment + "/" + strconv.Itoa(n) + "/" + strconv.Itoa(k)
}

// carrying is the money of one payment on its way to its next state.
type carrying struct {
	desk *Desk
	p    *Payment
	move Move
	n    int // which state it is
}

// do carries one transfer out. Amount nil is the whole payment with its fees.
func (c carrying) do(k int, kind ledger.Kind, debit, credit string, amount wallet.Money) error {
	t := ledger.Transfer{ID: transferID(c.p.Tx.ID, c.n, k), Kind: kind, Debit: debit, Credit: credit, Ref: c.p.Tx.ID, At: int64(c.move.At)}
	if amount.Sign() > 0 {
		t.Amount = amount.Smallest()
	}
	if kind == ledger.Pending || kind == ledger.Held {
		c.p.Pending, c.p.Until = t.ID, c.move.Expires
		if h := c.move.Hold; h != nil {
			c.p.Until = h.ExpiresAt
		}
		t.Expires = int64(c.p.Until)
	}
	return c.desk.Transfer(t)
}

// end ends what is set aside, by its transfer.
func (c carrying) end(kind ledger.Kind, amount wallet.Money) error {
	t := ledger.Transfer{ID: transferID(c.p.Tx.ID, c.n, 0), Kind: kind, Resolves: c.p.Pending, Ref: c.p.Tx.ID, At: int64(c.move.At)}
	if amount.Sign() > 0 {
		t.Amount = amount.Smallest()
	}
	c.p.Pending = ""
	return c.desk.Transfer(t)
}

// carry moves the money of a transaction from where it is to where its next state has
// it.
func (d *Desk) carry(p *Payment, m Move) error {
	from, to := p.Place, placeOf(m.To, p.Tx.Direction)
	if to == stays || to == from {
		return nil
	}
	if from == delivered && to != nowhere {
		return fault.New(fault.Conflict, "keep.carry", "what has arrived is not on its way any more")
	}
	c := carrying{desk: d, p: p, move: m, n: len(p.Tx.History)}
	debit, credit := p.Tx.AccountID, clearing(p.Tx.Amount)
	if p.Tx.Direction == wallet.In {
		debit, credit = p.Other, p.Tx.AccountID
	}
	// First out of where it is: to nowhere, or on its way.
	var err error
	switch {
	case from == reserved && to > reserved:
		err = c.capture()
	case (from == reserved || from == onHold) && m.To == wallet.Expired && p.Until != 0 && p.Until <= m.At:
		err = c.end(ledger.Expire, wallet.Money{})
	case from == reserved || from == onHold:
		err = c.end(ledger.Void, wallet.Money{})
	case from == nowhere && to > reserved:
		err = c.do(0, ledger.Direct, debit, credit, Gross(p.Tx))
	case from == underway && to < underway:
		err = c.do(0, ledger.Direct, credit, debit, Gross(p.Tx))
	case from == delivered:
		err = c.takeBack()
	}
	if err != nil {
		return err
	}
	// Then to where it is to be.
	p.Place = to
	switch {
	case to == reserved:
		return c.do(1, ledger.Pending, debit, credit, Gross(p.Tx))
	case to == onHold:
		return c.do(1, ledger.Held, debit, credit, Gross(p.Tx))
	case to == delivered && p.Tx.Direction == wallet.Out:
		return c.deliver()
	default:
		return nil
	}
}

// capture takes what was set aside, or a part of it. Of a part, the payment is from
// then on one of that part.
func (c carrying) capture() error {
	t := &c.p.Tx
	if c.move.To != wallet.PartiallyCaptured || c.move.Part <= 0 || c.move.Part >= 100 {
		return c.end(ledger.Post, wallet.Money{})
	}
	units := new(big.Int).Div(new(big.Int).Mul(t.Amount.Smallest(), big.NewInt(int64(c.move.Part))), big.NewInt(100))
	if units.Sign() == 0 {
		units.SetInt64(1)
	}
	part, err := wallet.Units(units, t.Amount.Currency(), t.Amount.Scale())
	if err != nil {
		return err
	}
	c.p.Trace(wallet.Trace{At: c.move.At, Source: "provider", Event: "captured_less", RawText: part.Amount() + " of " + t.Amount.Amount(), Tellable: true})
	t.Amount = part
	return c.end(ledger.Post, Gross(*t))
}

// deliver brings what is on its way to the other side, and the fees to the wallet.
func (c carrying) deliver() error {
	amount := c.p.Tx.Amount
	err := c.do(1, ledger.Direct, clearing(amount), c.p.Other, amount)
	for i, f := range c.p.Tx.Fees {
		if err == nil && f.Amount.Sign() > 0 {
			err = c.do(2+i, ledger.Direct, clearing(amount), fees(amount), f.Amount)
		}
	}
	return err
}

// takeBack returns what had arrived, less what refunds have brought already.
func (c carrying) takeBack() error {
	t := c.p.Tx
	if t.Direction == wallet.In {
		return c.do(0, ledger.Direct, t.AccountID, c.p.Other, t.Amount)
	}
	left := Less(t.Amount, c.p.Back)
	if left.Sign() > 0 {
		if err := c.do(0, ledger.Direct, c.p.Other, t.AccountID, left); err != nil {
			return err
		}
	}
	for i, f := range t.Fees {
		if f.Amount.Sign() <= 0 {
			continue
		}
		if err := c.do(2+i, ledger.Direct, fees(t.Amount), t.AccountID, f.Amount); err != nil {
			return err
		}
	}
	return nil
}

// Gross is the amount of a transaction with its fees, which leave the account with it.
// Money that comes in is told as it arrives.
func Gross(t wallet.Transaction) wallet.Money {
	whole := t.Amount
	if t.Direction == wallet.In {
		return whole
	}
	for _, f := range t.Fees {
		whole = More(whole, f.Amount)
	}
	return whole
}

// The wallet's own accounts, one for each currency.
func clearing(m wallet.Money) string { return "wallet:clearing:" + m.Currency() }
func fees(m wallet.Money) string     { return "wallet:fees:" + m.Currency() }

// Lent is the account from which the wallet lends while a dispute is decided.
func Lent(m wallet.Money) string { return "wallet:lent:" + m.Currency() }

// GivenUp is the account that takes what customers gave up when they left.
func GivenUp(m wallet.Money) string { return "wallet:given_up:" + m.Currency() }

// Suspense is the account that keeps what came in for a customer who was gone.
func Suspense(customer string, m wallet.Money) string {
	return "wallet:suspense:" + customer + ":" + m.Currency()
}

// OpenOwn opens an account of the wallet's own, or finds it open. Errors: Invalid.
func (d *Desk) OpenOwn(id string, of wallet.Money, floor bool) error {
	return d.Open(ledger.Spec{Account: ledger.Account{ID: id, Currency: of.Currency(), Scale: of.Scale(), Floor: floor}})
}

// World is the account that stands for the world outside.
func World(m wallet.Money) string { return "world:" + m.Currency() }

// openCurrency opens the wallet's own accounts of a currency, and the one that stands
// for the world outside.
func (d *Desk) openCurrency(currency string, scale int) error {
	zero, err := wallet.Units(new(big.Int), currency, scale)
	if err != nil {
		return err
	}
	for _, id := range []string{World(zero), clearing(zero), fees(zero), Lent(zero)} {
		if err := d.Open(ledger.Spec{Account: ledger.Account{ID: id, Currency: currency, Scale: scale}}); err != nil {
			return err
		}
	}
	return nil
}

// OpenAccount opens an account of a customer: in the ledger, and what is known of it
// beside. Errors: Conflict for another one of that id; Invalid.
func (d *Desk) OpenAccount(customer, currency string, scale int, a wallet.Account) error {
	if err := d.openCurrency(currency, scale); err != nil {
		return err
	}
	err := d.Open(ledger.Spec{Owner: customer, Account: ledger.Account{ID: a.ID, Currency: currency, Scale: scale, Floor: true}})
	if err != nil {
		return err
	}
	return Put(d, KindAccount, a.ID, customer, 0, a)
}

// Left is how much of a payment can still be given back.
func (p *Payment) Left() wallet.Money { return Less(Less(p.Tx.Amount, p.Back), p.Open) }

// Expires plans that what a step sets aside does not stay so for ever.
func (p *Payment) Expires(step Move) {
	until := step.Expires
	if step.Hold != nil {
		until = step.Hold.ExpiresAt
	}
	if until != 0 && len(p.Plan) == 0 && (step.To == wallet.Authorised || step.To == wallet.RiskHold) {
		p.Plan = []Move{{To: wallet.Expired, At: until}}
	}
}
