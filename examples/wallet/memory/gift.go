package memory

import (
	"slices"

	"kefu/internal/domain/wallet"
)

// planGift gives something of the house's own to the account that a customer has in the
// currency.
func (w *Wallet) planGift(p *person, c wallet.Command) (plan, error) {
	i := slices.IndexFunc(p.balances, func(b wallet.Balance) bool { return b.Available.Like(c.Amount) })
	if i < 0 {
		return plan{refusal: wallet.NotEligible}, nil
	}
	account := p.balances[i].AccountID
	will := plan{summary: wallet.Summary{Amount: c.Amount, Destination: account, ArrivesBy: w.now()}}
	if c.Amount.Cmp(euros("100.00")) > 0 {
		will.needs = []wallet.Refusal{wallet.ApprovalRequired}
	}
	will.carry = func() []wallet.Made {
		p.balances = slices.Clone(p.balances)
		b := &p.balances[i]
		b.Total, b.Available = plus(b.Total, c.Amount), plus(b.Available, c.Amount)
		t := wallet.Transaction{
			ID: w.id(p.ID + ":gift"), CustomerID: p.ID, AccountID: account, Kind: wallet.KindGoodwill, Direction: wallet.In, Amount: c.Amount, Rail: "wallet",
			Counterparty: &wallet.Counterparty{Name: "Example Wallet"}, State: wallet.Initiated, CreatedAt: w.now(), History: []wallet.Step{{State: wallet.Initiated, At: w.now()}},
		}
		p.add(t)
		for _, to := range []wallet.State{wallet.Authorised, wallet.Captured, wallet.Posted} {
			p.move(t.ID, to, w.now())
		}
		w.notify(wallet.TransactionUpdated, p.ID, t.ID)
		return []wallet.Made{{Kind: "credit", ID: t.ID}}
	}
	return will, nil
}
