package houses

import (
	"time"

	"kefu/internal/domain/wallet"
)

// Facts are what the rules are about, as they were when Kefu asked what something would
// do.
type Facts struct {
	Policy                 int // the place of the house
	Now                    time.Time
	Disputed               bool
	By                     string // who placed what is to be lifted
	YoungFactor, NewDevice bool
	Count                  int   // of the same act for the same customer within a day
	Sum, OfStaff           int64 // in cents
}

// Cautious tells whether staff may say yes to an act for a customer.
func Cautious(a wallet.Act) bool {
	return a == wallet.Freeze || a == wallet.BlockInstrument || a == wallet.RevokeSessions || a == wallet.RevokeDevice || a == wallet.StopRecovery
}

// Rules are the policies in the oracle's own words: whether something may be done, how
// well it has to be proven, and whether two have to agree.
func Rules(f Facts, c wallet.Command, byStaff bool) (allow bool, level int, four bool) {
	sum := int64(0)
	if !c.Amount.None() {
		sum = c.Amount.Smallest().Int64()
	}
	if f.Count >= 20 {
		return false, 0, false
	}
	if Cautious(c.Act) {
		return true, 1, false
	}
	switch f.Policy {
	case Careful:
		switch c.Act {
		case wallet.RequestRefund:
			return !f.NewDevice, 2, byStaff && f.OfStaff+sum > 10_000
		case wallet.Unfreeze:
			return true, 3, true
		case wallet.RequestRetrieval:
			return true, 2, true
		case wallet.OpenDispute, wallet.AddEvidence:
			return true, 2, false
		default:
			return false, 0, false
		}
	case Closed:
		if c.Amount.Currency() != "" || c.Act == wallet.RequestRetrieval {
			return false, 0, false
		}
	}
	switch c.Act {
	case wallet.RequestRefund:
		bound := int64(-1)
		if c.Amount.Currency() == "EUR" {
			bound = 100_000
		}
		return !f.Disputed, 2, f.Count >= 5 || sum+f.Sum > bound
	case wallet.RequestRetrieval:
		return true, 2, false
	case wallet.RedeemPoints:
		if f.YoungFactor || f.NewDevice || sum+f.Sum > 1_000 {
			return true, 2, false
		}
		return true, 1, false
	case wallet.GrantCredit:
		return true, 2, true
	case wallet.ReleaseHold:
		return f.By != "authority", 2, true
	case wallet.Unfreeze:
		return f.By != "authority" && !f.YoungFactor && !f.NewDevice, 3, f.By != "customer"
	default:
		return true, 1, false
	}
}
