// Package closing is how customers of the demo's wallet leave it: what is in the way, which
// it finds in its own books, the days in which they may change their mind, how it ends, and
// what becomes of money that comes in afterwards. That somebody must not be told why the
// wallet looks at an account is the same to it as any other look.
package closing

import (
	"cmp"
	"context"
	"slices"
	"time"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
	"kefu/internal/domain/wallet/instrument"
	"kefu/internal/platform/fault"
)

// Policy is what the operator of a wallet decides about closures.
type Policy struct {
	Days   int      // in which a closure can be taken back
	Whole  []string // the jurisdictions in which the smallest balance is paid out at the end
	Return string   // how somebody comes back: new, none
}

// Bounds of the days in which a closure can be taken back.
const (
	LeastDays = 7
	MostDays  = 14
)

// Validate refuses days in which nobody could change their mind, or would ever be gone.
// Errors: Invalid.
func (p Policy) Validate() error {
	if p.Days < LeastDays || p.Days > MostDays {
		return fault.InvalidField("closing.Policy", "days", "in which a closure can be taken back are %d to %d", LeastDays, MostDays)
	}
	return nil
}

// Within is Usual with other days; 0 leaves them.
func Within(days int) Policy {
	p := Usual()
	p.Days = cmp.Or(days, p.Days)
	return p
}

// Usual is the policy of the demo's operator.
func Usual() Policy {
	return Policy{Days: 10, Whole: []string{"AT", "BE", "DE", "ES", "FR", "IE", "IT", "NL", "PL", "PT", "GB"}, Return: "new"}
}

// Bounds of what is looked at.
const (
	most     = 100
	payments = 300
	settled  = 72 * time.Hour // since an instrument was verified, until money may be paid out to it
)

// Kept is what the wallet keeps of a customer's closure.
type Kept struct {
	State       closing.Stage  `json:"state"`
	RequestedAt wallet.Time    `json:"requested_at,omitempty"`
	ClosesAt    wallet.Time    `json:"closes_at,omitempty"`
	ClosedAt    wallet.Time    `json:"closed_at,omitempty"`
	EndedAt     wallet.Time    `json:"ended_at,omitempty"`
	EndedBy     string         `json:"ended_by,omitempty"`
	Late        []closing.Late `json:"late,omitempty"`
}

// Found is what the books have of a customer, a moment before a commit.
type Found struct {
	Customer    wallet.Customer
	Kept        Kept
	accounts    []wallet.Account
	standing    []ledger.Standing
	payments    []wallet.Transaction
	refunds     []wallet.Refund
	disputes    []wallet.Dispute
	mandates    []instrument.Mandate
	instruments []wallet.Instrument
	restricted  []restricted
	sessions    []wallet.Session
}

type restricted struct {
	wallet.Restriction
	Lifted wallet.Time `json:"lifted,omitempty"`
}

// Closings is the part of the wallet that lets customers leave. It is safe for concurrent
// use.
type Closings struct {
	books  keep.Store
	policy Policy
}

// New makes Closings over the wallet's books.
func New(books keep.Store, p Policy) *Closings { return &Closings{books: books, policy: p} }

// Closure tells how a customer's closure stands, and what is in its way. Errors: NotFound,
// Unavailable.
func (c *Closings) Closure(ctx context.Context, _ wallet.Actor, customer string) (closing.Standing, error) {
	f, err := c.Find(ctx, customer)
	if err != nil {
		return closing.Standing{}, err
	}
	return c.reckon(f, wallet.At(c.books.Clock())), nil
}

// Find gathers what the books have of a customer. Errors: NotFound, Unavailable.
func (c *Closings) Find(ctx context.Context, customer string) (f Found, err error) {
	if f.Customer, err = keep.Read[wallet.Customer](ctx, c.books, keep.KindCustomer, "", customer); err != nil {
		return f, err
	}
	f.Kept, err = keep.Read[Kept](ctx, c.books, keep.KindClosure, customer, customer)
	if fault.Is(err, fault.NotFound) {
		f.Kept, err = Kept{State: closing.Open}, nil
	}
	if err != nil {
		return f, err
	}
	if f.standing, err = c.books.Accounts(ctx, customer); err != nil {
		return f, err
	}
	kept, err := keep.Gather[keep.Payment](ctx, c.books, keep.KindPayment, customer, payments)
	if err != nil {
		return f, err
	}
	for _, p := range kept {
		if p.Tx.State == wallet.Authorised && p.Tx.ExpectedBy == 0 {
			p.Tx.ExpectedBy = p.Until // what a shop has not collected is over when the wallet lets it go
		}
		f.payments = append(f.payments, p.Tx)
	}
	for _, gather := range []func() error{
		of(ctx, c.books, keep.KindAccount, customer, &f.accounts), of(ctx, c.books, keep.KindRefund, customer, &f.refunds),
		of(ctx, c.books, keep.KindDispute, customer, &f.disputes), of(ctx, c.books, keep.KindMandate, customer, &f.mandates),
		of(ctx, c.books, keep.KindInstrument, customer, &f.instruments), of(ctx, c.books, keep.KindRestriction, customer, &f.restricted),
		of(ctx, c.books, keep.KindSession, customer, &f.sessions),
	} {
		if err := gather(); err != nil {
			return f, err
		}
	}
	return f, nil
}

func of[T any](ctx context.Context, s keep.Store, kind, customer string, into *[]T) func() error {
	return func() (err error) {
		*into, err = keep.Gather[T](ctx, s, kind, customer, most)
		return err
	}
}

// reckon says how a closure stands by what was found.
func (c *Closings) reckon(f Found, now wallet.Time) closing.Standing {
	s := closing.Standing{
		CustomerID: f.Customer.ID, State: f.Kept.State, Days: c.policy.Days, Items: []closing.Item{}, RequestedAt: f.Kept.RequestedAt, ClosesAt: f.Kept.ClosesAt, ClosedAt: f.Kept.ClosedAt,
		EndedAt: f.Kept.EndedAt, EndedBy: f.Kept.EndedBy, Late: f.Kept.Late, Return: closing.Return{How: c.policy.Return}, Destinations: destinations(f, now),
	}
	if s.State == closing.Closed {
		return s
	}
	s.Items = slices.Concat(c.money(f), moving(f), permits(f), stopped(f), linked(f))
	s.Items = s.Items[:min(len(s.Items), closing.MaxItems)]
	return s
}

// money is what the accounts hold and nothing is waiting for: what a payment has set aside
// is told with the payment.
func (c *Closings) money(f Found) (list []closing.Item) {
	for _, s := range f.standing {
		i := slices.IndexFunc(f.accounts, func(a wallet.Account) bool { return a.ID == s.ID })
		left := s.Balance.Available()
		if i < 0 || left.Sign() == 0 {
			continue
		}
		total, err := wallet.Units(left, s.Currency, s.Scale)
		if err != nil {
			continue
		}
		item := closing.Item{ID: "money-" + s.ID, Object: s.ID, Name: f.accounts[i].Name, Amount: total, Blocks: true}
		switch least, err := wallet.Parse("1", s.Currency, s.Scale); {
		case total.Sign() < 0:
			item.Kind, item.Fix, item.Amount = closing.Negative, closing.FixPayIn, total.Abs()
		case f.accounts[i].Kind == "points":
			item = closing.Item{ID: item.ID, Kind: closing.Points, Fix: closing.FixNone, Object: s.ID, Name: item.Name, Count: total.Smallest().Int64()}
		case f.accounts[i].Kind == "crypto":
			item.Kind, item.Fix = closing.Crypto, closing.FixSend
		case err == nil && total.Cmp(least) < 0 && !slices.Contains(c.policy.Whole, f.Customer.Jurisdiction):
			item.Kind, item.Fix, item.Minimum, item.Blocks = closing.Dust, closing.FixGiveUp, least, false
		default:
			item.Kind, item.Fix = closing.Balance, closing.FixWithdraw
		}
		list = append(list, item)
	}
	return list
}

// moving is what is not over: payments, as their customer may be told of them, refunds and
// disputes. A withdrawal of the customer's own hinders nothing: if it comes back, the end
// finds it.
func moving(f Found) (list []closing.Item) {
	for _, t := range f.payments {
		if !hangs(t) || t.Kind == wallet.KindRefund {
			continue
		}
		item := closing.Item{ID: "payment-" + t.ID, Kind: closing.Payment, Fix: closing.FixWait, Blocks: true, Object: t.ID, Name: named(t), Amount: t.Amount, Until: t.ExpectedBy}
		if t.Kind == wallet.KindWithdrawal {
			item.Fix, item.Blocks = closing.FixNone, false
		}
		list = append(list, item)
	}
	for _, r := range f.refunds {
		if !r.State.Open() {
			continue
		}
		name := ""
		if i := slices.IndexFunc(f.payments, func(t wallet.Transaction) bool { return t.ID == r.TransactionID }); i >= 0 {
			name = f.payments[i].Party()
		}
		list = append(list, closing.Item{ID: "refund-" + r.ID, Kind: closing.Refund, Fix: closing.FixWait, Blocks: true, Object: r.ID, Name: name, Amount: r.Amount, Until: r.ExpectedBy})
	}
	for _, d := range f.disputes {
		if !d.State.Over() {
			list = append(list, closing.Item{ID: "dispute-" + d.ID, Kind: closing.Dispute, Fix: closing.FixWait, Blocks: true, Object: d.ID, Amount: d.Amount, Until: d.Deadline("decision")})
		}
	}
	return list
}

// hangs tells whether a payment is not over.
func hangs(t wallet.Transaction) bool {
	switch t.State {
	case wallet.Initiated, wallet.RequiresAction, wallet.RiskHold, wallet.Authorised, wallet.PartiallyCaptured, wallet.Captured, wallet.Processing, wallet.Unknown,
		wallet.FailedAfterDebit, wallet.AutoReversal:
		return true
	default:
		return false
	}
}

// named is by what a customer knows a payment: of one over a public network the beginning
// and the end of the address.
func named(t wallet.Transaction) string {
	name := t.Party()
	if name == "" && t.Counterparty != nil {
		if name = t.Counterparty.Account; len(name) > 20 {
			name = name[:10] + "…" + name[len(name)-8:]
		}
	}
	return name
}

// permits is who may charge the customer again.
func permits(f Found) (list []closing.Item) {
	for _, m := range f.mandates {
		if !m.Charges() {
			continue
		}
		item := closing.Item{ID: "mandate-" + m.ID, Kind: closing.Mandate, Fix: closing.FixCancel, Blocks: true, Object: m.ID, Name: m.Merchant, Amount: m.Amount, Until: m.NextAt}
		if m.Kind == "top_up" {
			item.Kind = closing.TopUp
		}
		if !m.Cancellable {
			item.Fix = closing.FixShop
		}
		list = append(list, item)
	}
	return list
}

// stopped is what the customer may not do at present. What may not be told is a review,
// and so is a customer whose identity is not settled: nobody can tell one from the other.
func stopped(f Found) (list []closing.Item) {
	review := f.Customer.KYC.Status != "approved" || f.Customer.RiskTier == "high"
	for _, r := range f.restricted {
		switch {
		case r.Lifted != 0 || r.Scope == "instrument":
		case !r.Disclosable || r.PlacedBy == "authority":
			review = true
		default:
			item := closing.Item{ID: "freeze-" + r.ID, Kind: closing.Freeze, Fix: closing.FixPerson, Blocks: true, Object: r.ID}
			if r.Release == "customer" {
				item.Fix = closing.FixUnfreeze
			}
			list = append(list, item)
		}
	}
	if review {
		list = append(list, closing.Item{ID: "review", Kind: closing.Review, Fix: closing.FixPerson, Blocks: true})
	}
	return list
}

// linked are the cards and bank accounts, which go with the account.
func linked(f Found) (list []closing.Item) {
	for _, i := range f.instruments {
		if i.Status != "removed" {
			list = append(list, closing.Item{ID: "card-" + i.ID, Kind: closing.Card, Fix: closing.FixNone, Object: i.ID, Name: labelOf(i)})
		}
	}
	slices.SortFunc(list, func(a, b closing.Item) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

func labelOf(i wallet.Instrument) string {
	if i.Brand == "" {
		return "•••• " + i.Last4
	}
	return i.Brand + " •••• " + i.Last4
}

// destinations are the customer's instruments, and to which of them money may be paid out.
func destinations(f Found, now wallet.Time) (list []closing.Destination) {
	for _, i := range f.instruments {
		from := i.VerifiedAt + wallet.Time(settled.Microseconds())
		d := closing.Destination{InstrumentID: i.ID}
		switch {
		case i.Status == "blocked" || i.Status == "expired" || (i.Status == "removed" && f.Kept.State != closing.Closed):
			continue
		case i.Type != "bank" && i.Type != "card":
			d.Why = "not_paid_out_to"
		case i.VerifiedAt == 0 || (i.Verification != "" && i.Verification != "verified"):
			d.Why = "not_verified"
		case (i.NameMatch != "" && i.NameMatch != "full") || i.Holder == wallet.Business:
			d.Why = "other_name"
		case now < from:
			d.Why, d.From = "too_new", from
		}
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b closing.Destination) int { return cmp.Compare(a.InstrumentID, b.InstrumentID) })
	return list
}
