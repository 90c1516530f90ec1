// Package loyalty is the points of the demo's wallet, and its offers. Points are a unit of
// account on the wallet's books: what a purchase earns is announced to the customer's
// account, posted when it can be spent, and leaves it when it is redeemed, expires or is
// taken back. It hears of every step of a payment in the commit of that step.
package loyalty

import (
	"context"
	"math/big"
	"slices"
	"time"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/platform/fault"
)

// Unit is under which points are kept and redeemed.
const Unit = "PTS"

// Program is what the wallet calls them.
const Program = "Luma points"

// The operator's rule.
const (
	waits    = 14 * day // until points can be spent
	lasts    = 365 * day
	carried  = 150 * day // how long points last that were there before there was a rule
	claims   = 60 * day
	decides  = 5 * day
	overdue  = 3 * day // after which a purchase should have been collected
	mostLots = points.MaxLots
	mostList = points.MaxList
)

const day = wallet.Time(24 * time.Hour / time.Microsecond)

// member is what the wallet keeps of somebody who collects points.
type member struct {
	CustomerID string         `json:"customer_id"`
	JoinedAt   wallet.Time    `json:"joined_at"`
	Open       []string       `json:"open,omitempty"` // the lots of which something is left, the one that expires first
	Owed       int64          `json:"owed,omitempty"`
	Offers     []string       `json:"offers,omitempty"`
	Had        map[string]int `json:"had,omitempty"`  // how often each reward was redeemed
	Deaf       int            `json:"deaf,omitempty"` // of how many purchases to come it does not hear
}

// lot is what the wallet keeps of a lot.
type lot struct {
	points.Lot
	CustomerID string `json:"customer_id"`
	Waiting    string `json:"waiting,omitempty"` // the transfer by which it is announced
	Moves      int    `json:"moves,omitempty"`   // transfers so far
	ToTake     int64  `json:"to_take,omitempty"` // that could not be taken back yet
}

// claim is a claim with whose it is.
type claim struct {
	points.Claim
	CustomerID string            `json:"customer_id"`
	Papers     []wallet.Evidence `json:"papers,omitempty"`
}

// Account is the account of a customer's points.
func Account(customer string) string { return customer + ":points" }

// The wallet's own accounts of points.
const (
	issued  = "wallet:points:issued"
	spent   = "wallet:points:spent"
	expired = "wallet:points:expired"
	taken   = "wallet:points:taken"
)

func owed(customer string) string { return "wallet:points:owed:" + customer }

func sum(n int64) wallet.Money {
	m, err := wallet.Units(big.NewInt(n), Unit, 0)
	if err != nil {
		panic(err) // the unit is a code
	}
	return m
}

// Loyalty is the part of the wallet that keeps points. It is safe for concurrent use.
type Loyalty struct{ books keep.Store }

// New makes Loyalty over the wallet's books, which have to tell it of payments (Moved).
func New(books keep.Store) *Loyalty { return &Loyalty{books: books} }

// Collect has a customer collect points from now on. Errors: NotFound; Conflict where they do;
// Unavailable.
func (l *Loyalty) Collect(ctx context.Context, customer string) error {
	return l.books.Commit(ctx, func(d *keep.Desk) error { return Begin(d, customer, d.At) })
}

// Begin has a customer collect points from a time on. Errors: NotFound without an account of
// points; Conflict where they do.
func Begin(d *keep.Desk, customer string, at wallet.Time) error {
	const op = "loyalty.Begin"
	if _, _, err := d.Account(Account(customer)); err != nil {
		return err
	}
	if _, err := d.Get(keep.KindPoints, customer); err == nil {
		return fault.New(fault.Conflict, op, "they collect points already")
	} else if !fault.Is(err, fault.NotFound) {
		return err
	}
	for _, own := range []string{issued, spent, expired, taken, owed(customer)} {
		if err := d.OpenOwn(own, sum(0), false); err != nil {
			return err
		}
	}
	return save(d, member{CustomerID: customer, JoinedAt: at})
}

func save(d *keep.Desk, m member) error {
	return keep.Put(d, keep.KindPoints, m.CustomerID, m.CustomerID, 0, m)
}

// of reads what the wallet keeps of a member. Errors: NotFound of somebody who is none.
func of(d *keep.Desk, customer string) (member, error) {
	return keep.Get[member](d, keep.KindPoints, customer)
}

func (k lot) save(d *keep.Desk) error {
	next := k.ExpiresAt
	switch {
	case k.ToTake > 0:
		next = d.At + day
	case k.State == points.Pending:
		next = k.ReadyAt
	case k.State == points.Over:
		next = 0
	}
	if err := d.Wake(keep.KindLot, k.ID, next); err != nil {
		return err
	}
	if err := keep.Put(d, keep.KindLot, k.ID, k.CustomerID, k.At, k); err != nil {
		return err
	}
	return d.Tell(wallet.PointsChanged, k.CustomerID, k.ID)
}

// lots are those of which something is left, the one that expires first.
func (m member) lots(d *keep.Desk) ([]lot, error) {
	list := make([]lot, 0, len(m.Open))
	for _, id := range m.Open {
		k, err := keep.Get[lot](d, keep.KindLot, id)
		if err != nil {
			return nil, err
		}
		list = append(list, k)
	}
	slices.SortStableFunc(list, func(a, b lot) int { return int(max(-1, min(1, a.ExpiresAt-b.ExpiresAt))) })
	return list, nil
}

// ended takes a lot that is over out of those that are open.
func (m *member) ended(k lot) {
	if k.State == points.Over {
		m.Open = slices.DeleteFunc(m.Open, func(id string) bool { return id == k.ID })
	}
}

// after ends a lot of which nothing is left.
func (k *lot) after(at wallet.Time) {
	if k.Left == 0 && k.State != points.Over {
		k.State, k.EndedAt, k.Waiting = points.Over, at, ""
	}
}

// rule is how points are earned in a currency.
func rule(currency string) (points.Rule, error) {
	each, err := wallet.Parse("1.00", currency, 2)
	return points.Rule{Points: 1, Each: each, Waits: int(waits / day), Lasts: int(lasts / day), Claim: int(claims / day), Answers: int(decides / day)}, err
}

// earns is how many points a payment brings by the rule, or why none.
func earns(m *member, t wallet.Transaction) (int64, points.Code) {
	switch {
	case m == nil:
		return 0, points.NotMember
	case t.Direction != wallet.Out || t.Merchant == nil || (t.Kind != wallet.KindPayment && t.Kind != wallet.KindInStore):
		return 0, points.NoPurchase
	case slices.Contains([]string{"4111", "4112", "4121"}, t.Merchant.Category) || t.Amount.Scale() != 2: // transport
		return 0, points.Excluded
	case t.CreatedAt < m.JoinedAt:
		return 0, points.BeforeMember
	}
	n := new(big.Int).Quo(t.Amount.Smallest(), big.NewInt(100)).Int64()
	if n == 0 {
		return 0, points.TooSmall
	}
	return n, ""
}

// collected are the states of a payment that its shop has collected.
func collected(s wallet.State) bool {
	return slices.Contains([]wallet.State{wallet.Posted, wallet.RefundPending, wallet.PartiallyRefunded, wallet.Refunded, wallet.Disputed, wallet.ProvisionalCredit, wallet.Won, wallet.Lost}, s)
}

func givenBack(s wallet.State) bool {
	return slices.Contains([]wallet.State{wallet.PartiallyRefunded, wallet.Refunded, wallet.Reversed, wallet.Won}, s)
}
