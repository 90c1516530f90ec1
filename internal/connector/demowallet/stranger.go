package demowallet

import (
	"context"

	"kefu/internal/connector/demowallet/alerts"
	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/id"
)

// Stranger has somebody sign in as a customer from a device that was never seen before, as
// whoever has their password and a code would. Errors: NotFound, Unavailable.
func (w *Wallet) Stranger(ctx context.Context, customer string) error {
	if _, err := w.Customer(ctx, wallet.Actor{}, customer); err != nil {
		return err
	}
	return w.do(ctx, func(d *desk) error {
		device := wallet.Device{ID: customer + ":d-" + id.New(), Model: "Redmi Note 12", OS: "Android 13", App: "8.3.2", FirstSeen: d.At, LastSeen: d.At, Trust: "new"}
		session := wallet.Session{ID: customer + ":s-" + id.New(), DeviceID: device.ID, Place: "Lagos", Factor: "sms", Risk: "high", Result: "open", At: d.At}
		if err := put(d, keep.KindDevice, device.ID, customer, d.At, device); err != nil {
			return err
		}
		if err := put(d, keep.KindSession, session.ID, customer, d.At, session); err != nil {
			return err
		}
		if err := d.Tell(wallet.SuspiciousLogin, customer, session.ID); err != nil {
			return err
		}
		return alerts.Raise(d.Desk, customer, wallet.AlertDevice, device.ID, "high")
	})
}
