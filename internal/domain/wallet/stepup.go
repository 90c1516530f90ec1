package wallet

import (
	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// Ask is a step-up that Kefu wants of a customer: a proof, by the wallet's own means,
// that it is them and that they want exactly this. No code passes through Kefu.
type Ask struct {
	Key        string   `json:"-"` // Idempotency-Key
	CustomerID string   `json:"customer_id"`
	Case       string   `json:"case"` // the conversation
	Act        Act      `json:"act"`  // what it is for
	Target     string   `json:"target,omitempty"`
	Amount     Money    `json:"amount"`            // null where the act has none
	Level      int      `json:"level"`             // that is needed: 2 or 3
	Nonce      string   `json:"nonce"`             // comes back in the assertion
	Methods    []string `json:"methods,omitempty"` // app_push, passkey, totp; none: the wallet chooses
}

// AskState is how far a step-up has got.
type AskState string

// The states of a step-up.
const (
	AskPending  AskState = "pending"
	AskApproved AskState = "approved"
	AskDeclined AskState = "declined" // the customer said that it was not them
	AskExpired  AskState = "expired"
	AskLocked   AskState = "locked" // too many tries: on any channel
)

// Asked is a step-up as the wallet sees it.
type Asked struct {
	ID        string   `json:"id"`
	State     AskState `json:"state"`
	Method    string   `json:"method,omitempty"` // that is used
	Link      string   `json:"link,omitempty"`   // opens the wallet's app where it is asked
	ExpiresAt Time     `json:"expires_at"`
	Assertion string   `json:"assertion,omitempty"` // of an approved one: a JWS of the wallet's
}

// maxLink bounds the address of a step-up, in bytes.
const maxLink = 2048

// Validate refuses what is not of the contract. Errors: Invalid.
func (a Asked) Validate() error {
	const op = "wallet.Asked"
	if (a.State == AskApproved) != (a.Assertion != "") || len(a.Assertion) > MaxAssertion || len(a.Link) > maxLink || a.ExpiresAt == 0 {
		return fault.InvalidField(op, "assertion", "belongs to an approved step-up, or something is too long or missing")
	}
	return check.First(
		check.ID(op, "id", a.ID, true), check.Word(op, "state", a.State, AskPending, AskApproved, AskDeclined, AskExpired, AskLocked),
		check.Word(op, "method", a.Method, "", "app_push", "passkey", "totp", "sms", "email", "document"),
	)
}

// Claimed is what somebody says of themselves, to be compared by the wallet, which
// tells what fits and nothing else.
type Claimed struct {
	Email     string `json:"email,omitempty"`
	Phone     string `json:"phone,omitempty"`
	Name      string `json:"name,omitempty"`
	BirthDate string `json:"birth_date,omitempty"` // YYYY-MM-DD
	Last4     string `json:"last4,omitempty"`      // of a card
}

// Matched is which of what was claimed fits one customer. Customer is "" when they
// are not told apart from others.
type Matched struct {
	CustomerID string   `json:"customer_id,omitempty"`
	Fields     []string `json:"fields"`
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (m Matched) Validate() error {
	const op = "wallet.Matched"
	for _, f := range m.Fields {
		if err := check.Word(op, "fields", f, "email", "phone", "name", "birth_date", "last4"); err != nil {
			return err
		}
	}
	if len(m.Fields) > 5 {
		return fault.InvalidField(op, "fields", "names one twice")
	}
	return check.ID(op, "customer_id", m.CustomerID, false)
}
