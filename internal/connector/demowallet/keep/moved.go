package keep

import "kefu/internal/domain/wallet"

// Moved is one change of what an account holds, as its lines in the ledger have it.
type Moved struct {
	At     wallet.Time  `json:"at"`
	Amount wallet.Money `json:"amount"` // below nothing for what left
}

// Moves are what a payment changed in what its account holds, in order: by the same
// places that carry its money, so that a statement and the ledger cannot part.
func (p Payment) Moves() []Moved {
	var list []Moved
	t, from := p.Tx, nowhere
	add := func(at wallet.Time, m wallet.Money) {
		if m.Sign() != 0 {
			list = append(list, Moved{At: at, Amount: m})
		}
	}
	for _, step := range t.History {
		to := placeOf(step.State, t.Direction)
		if to == stays || to == from {
			continue
		}
		left, arrived := from >= underway, to >= underway
		switch {
		case t.Direction == wallet.In && to == delivered:
			add(step.At, t.Amount)
		case t.Direction == wallet.In && from == delivered:
			add(step.At, t.Amount.Neg())
		case t.Direction == wallet.In:
		case !left && arrived:
			add(step.At, Gross(t).Neg())
		case from == delivered && to == nowhere:
			add(step.At, Less(Gross(t), p.Back))
		case left && !arrived:
			add(step.At, Gross(t))
		}
		from = to
	}
	return list
}

// Booked is a change of what an account of a customer's holds that is no payment of theirs,
// such as points that came.
type Booked struct {
	Account string `json:"account"`
	What    string `json:"what"` // a code
	Ref     string `json:"ref"`  // what it belongs to
	Moved
}

// Booked keeps a change of an account beside the transfer that made it.
func (d *Desk) Booked(customer, transfer string, b Booked) error {
	return Put(d, KindBooked, transfer, customer, b.At, b)
}
