package keep

import "kefu/internal/domain/wallet"

// Moved is one change of what an account holds, as its lines in the ledger have it.
type Moved struct {
	At     wallet.Time
	Amount wallet.Money // below nothing for what left
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
