package demowallet

import (
	"context"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
)

// Begin writes a transaction down, as the simulator does.
func (w *Wallet) Begin(ctx context.Context, t wallet.Transaction) error {
	return w.do(ctx, func(d *desk) error {
		_, err := d.Begin(t, keep.World(t.Amount), rails.Fate{Kind: rails.Fine})
		return err
	})
}

// Advance takes a transaction to its next state, as the simulator does.
func (w *Wallet) Advance(ctx context.Context, id string, m keep.Move) error {
	return w.do(ctx, func(d *desk) error {
		p, err := d.Payment(id)
		if err != nil {
			return err
		}
		return d.Advance(p, m)
	})
}

// Join makes a customer with one account and something in it.
func (w *Wallet) Join(ctx context.Context, c wallet.Customer, given wallet.Money) error {
	return w.do(ctx, func(d *desk) error {
		if err := d.addCustomer(c); err != nil {
			return err
		}
		account := wallet.Account{ID: c.ID + ":main", Kind: "emoney", Status: "active", Block: "none"}
		if err := d.OpenAccount(c.ID, given.Currency(), given.Scale(), account); err != nil || given.Sign() == 0 {
			return err
		}
		return d.Transfer(ledger.Transfer{ID: "gift-" + c.ID, Kind: ledger.Direct, Debit: keep.World(given), Credit: account.ID, Amount: given.Smallest()})
	})
}

// Restrict writes down that a customer may not do something.
func (w *Wallet) Restrict(ctx context.Context, customer string, r wallet.Restriction) error {
	return w.do(ctx, func(d *desk) error { return put(d, keep.KindRestriction, r.ID, customer, d.At, r) })
}

// Now0 is the wallet's time in its own words.
func (w *Wallet) Now0() wallet.Time { return wallet.At(w.now()) }
