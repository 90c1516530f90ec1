package wallet

import (
	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// Trace is one thing that happened to a payment, as the wallet saw it: what it did
// itself, what a provider answered, what was decided about risk, what the customer was
// told.
type Trace struct {
	At       Time   `json:"at"`
	Source   string `json:"source"`          // wallet, provider, risk, notification, device
	Event    string `json:"event"`           // a code
	State    State  `json:"state,omitempty"` // that the payment reached with it
	RawCode  string `json:"raw_code,omitempty"`
	RawText  string `json:"raw_text,omitempty"` // in the provider's words: for staff alone
	Tellable bool   `json:"tellable"`           // whether the customer may hear of it
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (t Trace) Validate() error {
	const op = "wallet.Trace"
	if t.At == 0 || t.Event == "" {
		return fault.InvalidField(op, "at", "or the event is missing")
	}
	if t.State != "" && !t.State.Known() {
		return fault.InvalidField(op, "state", "is unknown")
	}
	return check.First(
		check.Word(op, "source", t.Source, "wallet", "provider", "risk", "notification", "device"), check.Code(op, "event", t.Event),
		check.Code(op, "raw_code", t.RawCode), check.Text(op, "raw_text", t.RawText),
	)
}

// Attempt is a payment that the app tried to begin. Not every attempt becomes a
// transaction: some fail before the wallet writes one down.
type Attempt struct {
	TraceID       string   `json:"trace_id"` // what the app shows with its error
	CustomerID    string   `json:"customer_id"`
	TransactionID string   `json:"transaction_id,omitempty"` // none: nothing was begun, and nothing moved
	Amount        Money    `json:"amount"`                   // null where it was not known yet
	Party         string   `json:"party,omitempty"`
	Failure       *Failure `json:"failure,omitempty"`
	At            Time     `json:"at"`
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (a Attempt) Validate() error {
	const op = "wallet.Attempt"
	if a.At == 0 {
		return fault.InvalidField(op, "at", "is missing")
	}
	if a.Failure != nil {
		if err := a.Failure.Validate(); err != nil {
			return err
		}
	}
	return check.First(
		check.ID(op, "trace_id", a.TraceID, true), check.ID(op, "customer_id", a.CustomerID, true), check.ID(op, "transaction_id", a.TransactionID, false),
		check.Text(op, "party", a.Party),
	)
}

// Incident is something that does not work at present, or will not at a time that is
// known before.
type Incident struct {
	ID        string            `json:"id"`
	Rails     []string          `json:"rails"`
	Planned   bool              `json:"planned"`
	BeginsAt  Time              `json:"begins_at"`
	EndsAt    Time              `json:"ends_at"`           // null: nobody knows
	Message   map[string]string `json:"message,omitempty"` // for customers, by language
	UpdatedAt Time              `json:"updated_at"`
}

// maxLanguages bounds the translations of one message.
const maxLanguages = 64

// Touches tells whether the incident is one of a rail at an instant.
func (i Incident) Touches(rail string, at Time) bool {
	if at < i.BeginsAt || (i.EndsAt != 0 && at >= i.EndsAt) {
		return false
	}
	for _, r := range i.Rails {
		if r == rail {
			return true
		}
	}
	return false
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (i Incident) Validate() error {
	const op = "wallet.Incident"
	if i.BeginsAt == 0 || (i.EndsAt != 0 && i.EndsAt <= i.BeginsAt) || len(i.Rails) == 0 || len(i.Message) > maxLanguages {
		return fault.InvalidField(op, "begins_at", "is missing or not before the end, or no rail is named")
	}
	for language, text := range i.Message {
		if err := check.First(check.Code(op, "message", language), check.Text(op, "message", text)); err != nil {
			return err
		}
	}
	return check.First(check.ID(op, "id", i.ID, true), check.Codes(op, "rails", i.Rails))
}
