package statement

import (
	"cmp"
	"slices"
	"time"

	"kefu/internal/domain/wallet"
)

// Category is what money was spent on.
type Category string

// The categories.
const (
	Groceries     Category = "groceries"
	EatingOut     Category = "eating_out"
	Shopping      Category = "shopping"
	Transport     Category = "transport"
	Travel        Category = "travel"
	Health        Category = "health"
	Subscriptions Category = "subscriptions"
	Bills         Category = "bills"
	People        Category = "people" // transfers to somebody
	Fees          Category = "fees"
	Other         Category = "other"
)

// CategoryOf is the category of a transaction: by its kind, and of a shop by its code (ISO
// 18245).
func CategoryOf(t wallet.Transaction) Category {
	switch t.Kind {
	case wallet.KindTransfer:
		return People
	case wallet.KindBill:
		return Bills
	case wallet.KindFee:
		return Fees
	}
	if t.Merchant == nil {
		return Other
	}
	code := t.Merchant.Category
	for _, c := range []struct {
		is  Category
		has []string
	}{
		{Groceries, []string{"5411", "5422", "5451", "5462", "5499"}}, {EatingOut, []string{"5811", "5812", "5813", "5814"}},
		{Transport, []string{"4111", "4121", "4131", "5541", "5542", "7523"}}, {Travel, []string{"4112", "4411", "4511", "4722", "7011"}},
		{Health, []string{"5122", "5912", "8011", "8021", "8062", "8099"}}, {Subscriptions, []string{"4899", "5815", "5816", "5817", "5818", "5968", "7841"}},
		{Bills, []string{"4814", "4900", "6300", "6513"}},
	} {
		if slices.Contains(c.has, code) {
			return c.is
		}
	}
	if len(code) == 4 && (code[0] == '5' || code[:2] == "76") {
		return Shopping
	}
	return Other
}

// Period is from an instant on until before another.
type Period struct{ From, To wallet.Time }

func (p Period) has(at wallet.Time) bool { return at >= p.From && at < p.To }

// Month is the month, where somebody is, that an instant is in; back is how many months
// before it.
func Month(at wallet.Time, zone *time.Location, back int) Period {
	t := at.Std().In(zone)
	from := time.Date(t.Year(), t.Month()-time.Month(back), 1, 0, 0, 0, 0, zone)
	return Period{wallet.At(from), wallet.At(from.AddDate(0, 1, 0))}
}

// Spent is what went into one category in two periods. Sums are exact; one is below
// nothing where more was given back than spent.
type Spent struct {
	Category    Category
	Now, Before wallet.Money
	Count       int // of payments in the first period
}

// Spending is what was spent in one currency: sums of several are never added.
type Spending struct {
	Currency    string
	Now, Before wallet.Money
	Of          []Spent // the most first
}

// Compare sums up what was spent in two periods. What was given back counts against the
// payment that it is of, in its category and its period; against its own day where that
// payment is not among all. Money that only changed places counts nowhere: top-ups,
// withdrawals to one's own account, exchanges; neither does what has not been taken.
func Compare(all []wallet.Transaction, now, before Period) []Spending {
	by := map[string]map[Category]*Spent{}
	of := map[string]wallet.Transaction{}
	for _, t := range all {
		of[t.ID] = t
	}
	add := func(at wallet.Time, c Category, m wallet.Money, counts int) {
		if !now.has(at) && !before.has(at) {
			return
		}
		if by[m.Currency()] == nil {
			by[m.Currency()] = map[Category]*Spent{}
		}
		s := by[m.Currency()][c]
		if s == nil {
			zero := minus(m, m)
			s = &Spent{Category: c, Now: zero, Before: zero}
			by[m.Currency()][c] = s
		}
		if now.has(at) {
			s.Now, s.Count = plus(s.Now, m), s.Count+counts
		} else {
			s.Before = plus(s.Before, m)
		}
	}
	for _, t := range all {
		switch {
		case taken(t):
			add(t.CreatedAt, CategoryOf(t), t.Amount, 1)
			for _, f := range t.Fees {
				add(t.CreatedAt, Fees, f.Amount, 0)
			}
		case t.Kind == wallet.KindRefund && t.Direction == wallet.In && t.State == wallet.Posted:
			at, category := t.CreatedAt, CategoryOf(t)
			for _, r := range t.Related {
				if paid, known := of[r.ID]; known && r.Kind == "refund_of" {
					at, category = paid.CreatedAt, CategoryOf(paid)
				}
			}
			add(at, category, t.Amount.Neg(), 0)
		}
	}
	return summed(by)
}

func summed(by map[string]map[Category]*Spent) []Spending {
	var list []Spending
	for currency, of := range by {
		s := Spending{Currency: currency}
		for _, c := range of {
			if s.Now.None() {
				s.Now, s.Before = minus(c.Now, c.Now), minus(c.Now, c.Now)
			}
			s.Now, s.Before = plus(s.Now, c.Now), plus(s.Before, c.Before)
			s.Of = append(s.Of, *c)
		}
		slices.SortFunc(s.Of, func(a, b Spent) int {
			return cmp.Or(b.Now.Cmp(a.Now), b.Before.Cmp(a.Before), cmp.Compare(a.Category, b.Category))
		})
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b Spending) int { return cmp.Compare(a.Currency, b.Currency) })
	return list
}

// taken tells whether money was spent with a transaction.
func taken(t wallet.Transaction) bool {
	if t.Direction != wallet.Out || !slices.Contains([]wallet.Kind{wallet.KindPayment, wallet.KindInStore, wallet.KindBill, wallet.KindTransfer, wallet.KindFee}, t.Kind) {
		return false
	}
	return slices.Contains([]wallet.State{
		wallet.Captured, wallet.PartiallyCaptured, wallet.Processing, wallet.Posted, wallet.RefundPending, wallet.PartiallyRefunded, wallet.Refunded, wallet.Disputed,
		wallet.ProvisionalCredit, wallet.Won, wallet.Lost,
	}, t.State)
}

// plus adds sums of one currency; the scale of the first counts, for a wallet has one for
// each.
func plus(a, b wallet.Money) wallet.Money {
	sum, err := a.Add(b)
	if err != nil {
		return a
	}
	return sum
}

func minus(a, b wallet.Money) wallet.Money { return plus(a, b.Neg()) }
