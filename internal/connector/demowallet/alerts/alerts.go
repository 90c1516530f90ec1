// Package alerts is how the demo's wallet says that something looks unlike a customer:
// it raises an alert in the commit of what it is about, and tells whether that is settled
// by what became of it since. Why it was raised is kept nowhere.
package alerts

import (
	"context"
	"math/big"
	"slices"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Kind is the kind of the records of alerts.
const Kind = "alert"

// most is how many alerts of a customer are looked at.
const most = 100

// Raise raises an alert about something, once for each thing.
func Raise(d *keep.Desk, customer string, kind wallet.AlertKind, about, severity string) error {
	a := wallet.Alert{ID: "al-" + keep.KeyID(customer, string(kind)+about)[:24], Kind: kind, About: about, Severity: severity, State: "open", Disclosable: true, RaisedAt: d.At}
	if _, err := keep.Get[wallet.Alert](d, Kind, a.ID); !fault.Is(err, fault.NotFound) {
		return err
	}
	if err := keep.Put(d, Kind, a.ID, customer, d.At, a); err != nil {
		return err
	}
	return d.Tell(wallet.RiskAlert, customer, a.ID)
}

// Known is how many earlier payments of a kind tell what is like a customer.
const Known = 60

// Unlike tells whether a payment that begins is unlike those before it: to somebody whom
// the customer never paid, and five times what they pay else.
func Unlike(t wallet.Transaction, before []wallet.Transaction) bool {
	const least, times = 5, 5
	if t.Direction != wallet.Out || t.State == wallet.PreCheckFailed {
		return false
	}
	sum, n := new(big.Int), int64(0)
	for _, o := range before {
		if o.ID == t.ID || o.Direction != wallet.Out || !o.Amount.Like(t.Amount) {
			continue
		}
		if o.Party() == t.Party() {
			return false
		}
		sum.Add(sum, o.Amount.Smallest())
		n++
	}
	mean := sum.Mul(sum, big.NewInt(times))
	return n >= least && new(big.Int).Mul(t.Amount.Smallest(), big.NewInt(n)).Cmp(mean) >= 0
}

// Of lists the alerts of a customer, the latest first, each as it stands by what became
// of what it is about. Errors: NotFound, Unavailable.
func Of(ctx context.Context, s keep.Store, customer string) ([]wallet.Alert, error) {
	list, err := keep.Listed[wallet.Alert](ctx, s, Kind, customer, most)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if err := settle(ctx, s, customer, &list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// settle says of an alert what became of what it is about.
func settle(ctx context.Context, s keep.Store, customer string, a *wallet.Alert) error {
	state, at := "", wallet.Time(0)
	switch a.Kind {
	case wallet.AlertPayment:
		p, err := keep.Read[keep.Payment](ctx, s, keep.KindPayment, customer, a.About)
		if err != nil {
			return err
		}
		state, at = ofPayment(p.Tx)
	case wallet.AlertLogin:
		x, err := keep.Read[wallet.Session](ctx, s, keep.KindSession, customer, a.About)
		if err != nil {
			return err
		}
		if x.Result != "open" {
			state, at = "closed", x.EndedAt
		}
	case wallet.AlertDevice:
		x, err := keep.Read[wallet.Device](ctx, s, keep.KindDevice, customer, a.About)
		if err != nil {
			return err
		}
		if x.Trust != "new" {
			state, at = "closed", wallet.At(s.Clock())
		}
	case wallet.AlertFactor:
		x, err := keep.Read[wallet.Factor](ctx, s, keep.KindFactor, customer, a.About)
		if err != nil {
			return err
		}
		if x.State != "active" {
			state, at = "closed", x.ChangedAt
		}
	}
	if state != "" {
		a.State, a.SettledAt = state, max(at, a.RaisedAt)
	}
	return nil
}

// ofPayment is what became of an alert about a payment.
func ofPayment(t wallet.Transaction) (state string, at wallet.Time) {
	last := t.History[len(t.History)-1].At
	switch {
	case slices.Contains([]wallet.State{wallet.Disputed, wallet.ProvisionalCredit, wallet.Won, wallet.Lost}, t.State):
		return "not_mine", last
	case slices.Contains([]wallet.State{wallet.PreCheckFailed, wallet.Failed, wallet.Voided, wallet.Expired, wallet.Reversed, wallet.Refunded}, t.State):
		return "closed", last
	default:
		return "", 0
	}
}
