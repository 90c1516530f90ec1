package wallet

import (
	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// RefundState is how far a refund has got.
type RefundState string

// The states of a refund.
const (
	RefundRequested  RefundState = "requested"
	RefundApproved   RefundState = "approved"
	RefundSubmitted  RefundState = "submitted"
	RefundProcessing RefundState = "processing"
	RefundSucceeded  RefundState = "succeeded"
	RefundFailed     RefundState = "failed"
	RefundAbnormal   RefundState = "abnormal" // the way it should go is closed: another has to be found
	RefundCancelled  RefundState = "cancelled"
)

// Refund is money on its way back to whoever paid.
type Refund struct {
	ID            string      `json:"id"`
	CustomerID    string      `json:"customer_id"`
	TransactionID string      `json:"transaction_id"`      // the payment
	RefundTx      string      `json:"refund_tx,omitempty"` // the transaction that brings it, once there is one
	Amount        Money       `json:"amount"`
	Reason        string      `json:"reason,omitempty"`
	State         RefundState `json:"state"`
	Route         string      `json:"route"` // original, balance, other
	RequestedAt   Time        `json:"requested_at"`
	ExpectedBy    Time        `json:"expected_by"`
	DoneAt        Time        `json:"done_at"`
	Reference     string      `json:"reference,omitempty"` // by which the bank on the other side finds it
}

// Open tells whether the refund may still bring money.
func (s RefundState) Open() bool {
	return s == RefundRequested || s == RefundApproved || s == RefundSubmitted || s == RefundProcessing || s == RefundAbnormal
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (r Refund) Validate() error {
	const op = "wallet.Refund"
	if r.Amount.None() || r.Amount.Sign() <= 0 || r.RequestedAt == 0 {
		return fault.InvalidField(op, "amount", "is missing or not above nothing, or the refund has no time")
	}
	return check.First(
		check.ID(op, "id", r.ID, true), check.ID(op, "customer_id", r.CustomerID, true), check.ID(op, "transaction_id", r.TransactionID, true),
		check.ID(op, "refund_tx", r.RefundTx, false), check.Code(op, "reason", r.Reason), check.Text(op, "reference", r.Reference),
		check.Word(op, "state", r.State, RefundRequested, RefundApproved, RefundSubmitted, RefundProcessing, RefundSucceeded, RefundFailed, RefundAbnormal, RefundCancelled),
		check.Word(op, "route", r.Route, "original", "balance", "other"),
	)
}

// Terms are whether and how a payment can be refunded, worked out by the wallet from
// the policy of its merchant, product and country.
type Terms struct {
	TransactionID string   `json:"transaction_id"`
	Eligible      bool     `json:"eligible"`
	Why           []string `json:"why,omitempty"`   // codes of what speaks against it, or for it
	Left          Money    `json:"left"`            // at most this can still be given back
	Until         Time     `json:"until"`           // the last instant to ask
	Needs         []string `json:"needs,omitempty"` // codes of evidence that has to be there
	Decides       string   `json:"decides"`         // wallet, merchant: who agrees to it
	AnswersBy     Time     `json:"answers_by"`      // when whoever decides has to have answered
	Route         string   `json:"route"`           // original, balance
	ArrivesIn     [2]int   `json:"arrives_in"`      // hours from agreement to arrival, least and most
	FeeRefunded   bool     `json:"fee_refunded"`
	Reasons       []string `json:"reasons,omitempty"` // codes of reasons that this policy knows
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (t Terms) Validate() error {
	const op = "wallet.Terms"
	if t.Left.None() || t.Left.Sign() < 0 || (t.Eligible && t.Left.Sign() == 0) {
		return fault.InvalidField(op, "left", "is missing or below nothing, or nothing although it is eligible")
	}
	if t.ArrivesIn[0] < 0 || t.ArrivesIn[1] < t.ArrivesIn[0] || t.ArrivesIn[1] > 24*366 {
		return fault.InvalidField(op, "arrives_in", "is no range of hours")
	}
	for _, list := range [][]string{t.Why, t.Needs, t.Reasons} {
		if err := check.Codes(op, "why", list); err != nil {
			return err
		}
	}
	return check.First(
		check.ID(op, "transaction_id", t.TransactionID, true), check.Word(op, "decides", t.Decides, "wallet", "merchant"),
		check.Word(op, "route", t.Route, "original", "balance"),
	)
}
