package purse

import (
	"context"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/onchain"
	"kefu/internal/platform/fault"
)

// Lost is what a customer sent over a public network and that was credited to nobody.
type Lost struct {
	id, owner  string // of the wallet
	cents, fee int64
	impossible bool   // what it takes was lost meanwhile
	asked      string // the wish under which it was brought back
}

func (l *Lost) state() string {
	if l.asked != "" {
		return string(onchain.Arrived)
	}
	return string(onchain.Confirmed)
}

// comeBack is come of what went astray. The same wish once more it takes for the same: that
// nothing comes back twice is the key's doing.
func (p *Purse) comeBack(c wallet.Command) (Terms, wallet.Refusal) {
	l := p.lost(c.Target)
	switch {
	case l == nil || l.owner != c.CustomerID || l.impossible:
		return Terms{}, wallet.NotEligible
	case l.asked != "" && l.asked != Wish(c.Key):
		return Terms{}, wallet.AlreadyDone
	}
	return Terms{state: string(onchain.Confirmed), To: c.CustomerID, Fee: l.fee}, ""
}

func (p *Purse) lost(id string) *Lost {
	for _, l := range p.Astray {
		if l.id == id {
			return l
		}
	}
	return nil
}

// Onchain tells of what went astray; Transfer is taken by the books.
func (p *Purse) Onchain(_ context.Context, _ wallet.Actor, customer, id string) (onchain.Transfer, error) {
	l := p.lost(id)
	if p.Down {
		return onchain.Transfer{}, Gone()
	}
	if l == nil || l.owner != customer {
		return onchain.Transfer{}, fault.New(fault.NotFound, "safety", "the customer has no such transfer")
	}
	return onchain.Transfer{ID: id, CustomerID: customer, State: onchain.Progress(l.state())}, nil
}
