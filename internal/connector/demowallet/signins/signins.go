// Package signins is from where a customer of the demo's wallet comes in and with what:
// their devices, their open sessions and what proves them, and how they are signed out.
package signins

import (
	"context"

	"kefu/internal/connector/demowallet/alerts"
	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/id"
)

// Signins is the part of the wallet that knows from where its customers come in. It is safe
// for concurrent use.
type Signins struct{ books keep.Store }

// New makes Signins over the wallet's books.
func New(books keep.Store) *Signins { return &Signins{books: books} }

const most = 100 // things of one kind that are looked at

// Devices lists a customer's devices, the one that was seen last first. Errors:
// NotFound, Unavailable.
func (s *Signins) Devices(ctx context.Context, _ wallet.Actor, customer string) ([]wallet.Device, error) {
	return keep.Listed[wallet.Device](ctx, s.books, keep.KindDevice, customer, most)
}

// Sessions lists a customer's sign-ins, the latest first. Errors: NotFound,
// Unavailable.
func (s *Signins) Sessions(ctx context.Context, _ wallet.Actor, customer string) ([]wallet.Session, error) {
	return keep.Listed[wallet.Session](ctx, s.books, keep.KindSession, customer, most)
}

// Factors lists what proves a customer. Errors: NotFound, Unavailable.
func (s *Signins) Factors(ctx context.Context, _ wallet.Actor, customer string) ([]wallet.Factor, error) {
	return keep.Listed[wallet.Factor](ctx, s.books, keep.KindFactor, customer, most)
}

// Stranger has somebody sign in as a customer from a device that was never seen before, as
// whoever has their password and a code would. Errors: NotFound, Unavailable.
func (s *Signins) Stranger(ctx context.Context, customer string) error {
	if _, err := keep.Read[wallet.Customer](ctx, s.books, keep.KindCustomer, "", customer); err != nil {
		return err
	}
	return s.books.Commit(ctx, func(d *keep.Desk) error {
		device := wallet.Device{ID: customer + ":d-" + id.New(), Model: "Redmi Note 12", OS: "Android 13", App: "8.3.2", FirstSeen: d.At, LastSeen: d.At, Trust: "new"}
		session := wallet.Session{ID: customer + ":s-" + id.New(), DeviceID: device.ID, Place: "Lagos", Factor: "sms", Risk: "high", Result: "open", At: d.At}
		if err := keep.Put(d, keep.KindDevice, device.ID, customer, d.At, device); err != nil {
			return err
		}
		if err := keep.Put(d, keep.KindSession, session.ID, customer, d.At, session); err != nil {
			return err
		}
		if err := d.Tell(wallet.SuspiciousLogin, customer, session.ID); err != nil {
			return err
		}
		return alerts.Raise(d, customer, wallet.AlertDevice, device.ID, "high")
	})
}

// Asked is a command about a customer's sessions or devices, inside its commit.
type Asked struct {
	keep.Asked
	Sessions []string // the customer's
}

// RevokeSessions signs every device out.
func (a Asked) RevokeSessions(o *wallet.Operation, c wallet.Command) (wallet.Refusal, error) {
	o.Summary = &wallet.Summary{Effects: []string{"signed_out"}}
	if refusal, err := a.Allowed(0); refusal != "" || err != nil {
		return refusal, err
	}
	return "", a.endSessions(c.CustomerID, "")
}

// endSessions ends the open sessions of a customer, or those on one device.
func (a Asked) endSessions(customer, device string) error {
	for _, id := range a.Sessions {
		s, err := keep.Get[wallet.Session](a.Desk, keep.KindSession, id)
		if err != nil {
			return err
		}
		if s.Result != "open" || (device != "" && s.DeviceID != device) {
			continue
		}
		s.Result, s.EndedAt = "ended", a.At
		if err := keep.Put(a.Desk, keep.KindSession, id, customer, s.At, s); err != nil {
			return err
		}
	}
	return nil
}

// RevokeDevice takes the trust from a device and signs it out.
func (a Asked) RevokeDevice(o *wallet.Operation, c wallet.Command) (wallet.Refusal, error) {
	x, err := keep.Owned[wallet.Device](a.Desk, keep.KindDevice, c.CustomerID, c.Target)
	if err != nil {
		return "", err
	}
	o.Summary = &wallet.Summary{Effects: []string{"device_signed_out"}, State: x.Trust}
	if x.Trust == "revoked" {
		return wallet.AlreadyDone, nil
	}
	if refusal, err := a.Allowed(0); refusal != "" || err != nil {
		return refusal, err
	}
	x.Trust, x.Push = "revoked", false
	if err := keep.Put(a.Desk, keep.KindDevice, x.ID, c.CustomerID, x.LastSeen, x); err != nil {
		return "", err
	}
	if err := a.Tell(wallet.FactorChanged, c.CustomerID, x.ID); err != nil {
		return "", err
	}
	return "", a.endSessions(c.CustomerID, x.ID)
}

// Young tells whether something that proves the customer was changed a short while ago.
func Young(d *keep.Desk, factors []string) (bool, error) {
	for _, id := range factors {
		f, err := keep.Get[wallet.Factor](d, keep.KindFactor, id)
		if err != nil {
			return false, err
		}
		if f.State != "removed" && d.At-f.ChangedAt < wallet.Time(assurance.CoolDown.Microseconds()) {
			return true, nil
		}
	}
	return false, nil
}
