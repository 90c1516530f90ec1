package wallet

import (
	"slices"

	"kefu/internal/domain/wallet/check"
)

// FailureCode says why a payment did not work, in one vocabulary for all rails.
type FailureCode string

// The failure codes.
const (
	InsufficientFunds  FailureCode = "insufficient_funds"
	DoNotHonor         FailureCode = "do_not_honor"
	ExpiredInstrument  FailureCode = "expired_instrument"
	WrongDetails       FailureCode = "wrong_details"
	WrongPIN           FailureCode = "pin_or_password_wrong"
	TriesExceeded      FailureCode = "tries_exceeded"
	AuthRequired       FailureCode = "auth_required"
	LimitExceeded      FailureCode = "limit_exceeded"
	NotPermitted       FailureCode = "not_permitted"
	CurrencyNotTaken   FailureCode = "currency_not_supported"
	SuspectedFraud     FailureCode = "suspected_fraud"
	LostOrStolen       FailureCode = "lost_stolen"
	AccountBlocked     FailureCode = "account_closed_blocked"
	PayeeProblem       FailureCode = "payee_problem"
	Duplicate          FailureCode = "duplicate"
	CancelledByUser    FailureCode = "cancelled_by_user"
	TimeoutUser        FailureCode = "timeout_user"
	OrderState         FailureCode = "order_state"
	NetworkDown        FailureCode = "issuer_or_network_down"
	UnknownOutcome     FailureCode = "unknown_outcome"
	ComplianceHold     FailureCode = "compliance_hold"
	MandateStopped     FailureCode = "stop_payment"
	Unmapped           FailureCode = "unmapped"
	FailureUndisclosed FailureCode = "undisclosed" // what a customer is shown in place of what must not be told
)

// FailureCodes lists those that a wallet may give.
func FailureCodes() []FailureCode {
	return []FailureCode{
		InsufficientFunds, DoNotHonor, ExpiredInstrument, WrongDetails, WrongPIN, TriesExceeded, AuthRequired, LimitExceeded, NotPermitted,
		CurrencyNotTaken, SuspectedFraud, LostOrStolen, AccountBlocked, PayeeProblem, Duplicate, CancelledByUser, TimeoutUser, OrderState,
		NetworkDown, UnknownOutcome, ComplianceHold, MandateStopped, Unmapped,
	}
}

// Known tells whether a wallet may give c.
func (c FailureCode) Known() bool { return slices.Contains(FailureCodes(), c) }

// Disclosable tells whether a customer may be told c. To tell somebody that they
// are suspected warns the one and insults the other.
func (c FailureCode) Disclosable() bool {
	return c != SuspectedFraud && c != LostOrStolen && c != ComplianceHold && c != Unmapped
}

// Failure is why a transaction did not work. The raw words of a provider are for
// staff alone.
type Failure struct {
	Code      FailureCode `json:"normalised"`
	Source    string      `json:"source,omitempty"`   // who refused: wallet, issuer, network, payee
	RawCode   string      `json:"raw_code,omitempty"` // as the provider said it
	RawText   string      `json:"raw_text,omitempty"`
	Retriable bool        `json:"retriable"`
	Advice    string      `json:"advice,omitempty"` // a word of the wallet's for what to do next
}

// ForCustomer is f as the customer may see it.
func (f Failure) ForCustomer() Failure {
	if !f.Code.Disclosable() {
		return Failure{Code: FailureUndisclosed}
	}
	return Failure{Code: f.Code, Retriable: f.Retriable, Advice: f.Advice}
}

// Validate refuses a failure that is not of the contract. Errors: Invalid.
func (f Failure) Validate() error {
	const op = "wallet.Failure"
	return check.First(
		check.Word(op, "failure.normalised", f.Code, FailureCodes()...), check.Code(op, "failure.source", f.Source),
		check.Code(op, "failure.raw_code", f.RawCode), check.Text(op, "failure.raw_text", f.RawText), check.Code(op, "failure.advice", f.Advice),
	)
}
