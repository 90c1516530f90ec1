package demowallet

import (
	"context"
	"strconv"

	"kefu/internal/connector/demowallet/cards"
	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/instrument"
)

// Permit writes down that somebody may charge a customer again, from its next day on. The
// charges are payments like all others. Errors: Invalid, Unavailable.
func (w *Wallet) Permit(ctx context.Context, m instrument.Mandate) error {
	err := w.do(ctx, func(d *desk) error { return cards.Permit(d.Desk, m) })
	w.poke()
	return err
}

// OpenCrypto opens an account on a chain for a customer. Errors: Conflict where they have
// one; Unavailable.
func (w *Wallet) OpenCrypto(ctx context.Context, customer string) error {
	return w.do(ctx, func(d *desk) error {
		return d.OpenAccount(customer, "ETH", 18, wallet.Account{ID: customer + ":crypto", Kind: "crypto", Name: "ETH", Status: "active", Block: "none", OpenedAt: d.At})
	})
}

// mandateStep charges a mandate whose day has come, once for each day, and says when it
// charges again.
func (d *desk) mandateStep(id string) error {
	m, err := get[instrument.Mandate](d, keep.KindMandate, id)
	if err != nil || m.State != instrument.Active || m.NextAt == 0 {
		return err
	}
	order := Order{
		Ref: m.ID + "-" + strconv.FormatInt(int64(m.NextAt), 36), CustomerID: m.CustomerID, AccountID: m.CustomerID + ":main", Kind: wallet.KindPayment, Direction: wallet.Out,
		Amount: m.Amount, Rail: "card", InstrumentID: m.InstrumentID, Channel: "api",
		Merchant: &wallet.Merchant{Name: m.Merchant, Category: "4899", Descriptor: m.Merchant},
	}
	if m.InstrumentID == "" {
		order.Rail = "wallet"
	}
	if _, err := d.pay(order); err != nil {
		return err
	}
	return cards.Permit(d.Desk, cards.Next(m, m.NextAt))
}
