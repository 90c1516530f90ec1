package wallet

import (
	"time"

	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// AlertKind is what looked unlike a customer.
type AlertKind string

// The kinds of alerts, each with what it is about.
const (
	AlertPayment AlertKind = "payment" // a payment: a transaction
	AlertLogin   AlertKind = "login"   // a sign-in: a session
	AlertDevice  AlertKind = "device"  // a device that is new: a device
	AlertFactor  AlertKind = "factor"  // a change of what proves who they are: a factor
)

// Alert says that something happened which looks unlike a customer. Why the wallet thinks
// so has no place in it: rules and scores tell whoever is in an account how to look like
// its owner.
type Alert struct {
	ID          string    `json:"id"`
	Kind        AlertKind `json:"kind"`
	About       string    `json:"about"`       // the id of the transaction, session, device or factor
	Severity    string    `json:"severity"`    // low, medium, high
	State       string    `json:"state"`       // open; mine, not_mine: as the customer said; closed: it is settled otherwise
	Disclosable bool      `json:"disclosable"` // whether the customer may be told that there is one
	RaisedAt    Time      `json:"raised_at"`
	SettledAt   Time      `json:"settled_at"`
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (a Alert) Validate() error {
	const op = "wallet.Alert"
	if a.RaisedAt == 0 || (a.State == "open") != (a.SettledAt == 0) {
		return fault.InvalidField(op, "settled_at", "is there for what is open, or missing for what is not, or nobody says when it was raised")
	}
	return check.First(
		check.ID(op, "id", a.ID, true), check.ID(op, "about", a.About, true), check.Word(op, "kind", a.Kind, AlertPayment, AlertLogin, AlertDevice, AlertFactor),
		check.Word(op, "severity", a.Severity, "low", "medium", "high"), check.Word(op, "state", a.State, "open", "mine", "not_mine", "closed"),
	)
}

// AlertLife is how long after it was raised an alert is news.
const AlertLife = 24 * time.Hour

// Telling tells whether the customer is to be told of an alert at a time: nobody is told
// of what is settled, of what is old, or of what the wallet keeps to itself.
func (a Alert) Telling(now time.Time) bool {
	age := now.Sub(a.RaisedAt.Std())
	return a.State == "open" && a.Disclosable && age < AlertLife
}
