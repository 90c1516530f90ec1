package wallet

import (
	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// Claim is what a customer says of a payment that they dispute.
type Claim string

// The claims.
const (
	ClaimUnauthorised Claim = "unauthorised" // somebody else paid
	ClaimScam         Claim = "scam"         // they paid themselves, and were deceived
	ClaimMerchant     Claim = "merchant"     // the goods did not come, or are not as agreed
	ClaimProcessing   Claim = "processing"   // a wrong sum, or twice
)

// DisputeStage is where in the scheme's procedure a dispute is.
type DisputeStage string

// The stages.
const (
	StageInquiry     DisputeStage = "inquiry"
	StageChargeback  DisputeStage = "chargeback"
	StagePreArb      DisputeStage = "pre_arbitration"
	StageArbitration DisputeStage = "arbitration"
)

// DisputeState is how far a dispute has got.
type DisputeState string

// The states of a dispute.
const (
	DisputeOpen     DisputeState = "open"
	DisputeNeeds    DisputeState = "needs_evidence" // from the customer, by a deadline
	DisputeReview   DisputeState = "under_review"
	DisputeWon      DisputeState = "won"
	DisputeLost     DisputeState = "lost"
	DisputeGivenUp  DisputeState = "withdrawn"
	maxDisputeDates              = 16
)

// Dispute is a payment that its customer does not accept.
type Dispute struct {
	ID           string       `json:"id"`
	CustomerID   string       `json:"customer_id"`
	Transactions []string     `json:"transactions"`
	Claim        Claim        `json:"claim"`
	Stage        DisputeStage `json:"stage"`
	State        DisputeState `json:"state"`
	Amount       Money        `json:"amount"`
	Credit       Money        `json:"provisional_credit"` // null: none
	CreditTx     string       `json:"credit_tx,omitempty"`
	SchemeReason string       `json:"scheme_reason,omitempty"`
	Deadlines    []Deadline   `json:"deadlines,omitempty"`
	Evidence     []string     `json:"evidence,omitempty"` // codes of what is there
	Needs        []string     `json:"needs,omitempty"`    // codes of what is missing
	Files        []Evidence   `json:"files,omitempty"`    // that are there
	OpenedAt     Time         `json:"opened_at"`
	DecidedAt    Time         `json:"decided_at"`
}

// Deadline is by when something has to happen.
type Deadline struct {
	What string `json:"what"` // a code, such as decision or evidence
	At   Time   `json:"at"`
}

// Deadline is by when something has to happen; 0 where nothing says so.
func (d Dispute) Deadline(what string) Time {
	for _, x := range d.Deadlines {
		if x.What == what {
			return x.At
		}
	}
	return 0
}

// Over tells whether a dispute is decided.
func (s DisputeState) Over() bool { return s == DisputeWon || s == DisputeLost || s == DisputeGivenUp }

// Validate refuses what is not of the contract. Errors: Invalid.
func (d Dispute) Validate() error {
	const op = "wallet.Dispute"
	if d.Amount.None() || d.Amount.Sign() <= 0 || d.OpenedAt == 0 {
		return fault.InvalidField(op, "amount", "is missing or not above nothing, or the dispute has no time")
	}
	if len(d.Transactions) == 0 || len(d.Transactions) > MaxTargets+1 || len(d.Deadlines) > maxDisputeDates {
		return fault.InvalidField(op, "transactions", "are none or too many, or the deadlines are too many")
	}
	for _, id := range d.Transactions {
		if err := check.ID(op, "transactions", id, true); err != nil {
			return err
		}
	}
	for _, x := range d.Deadlines {
		if x.At == 0 || x.What == "" {
			return fault.InvalidField(op, "deadlines", "has one of nothing or without a time")
		}
		if err := check.Code(op, "deadlines.what", x.What); err != nil {
			return err
		}
	}
	return check.First(
		check.ID(op, "id", d.ID, true), check.ID(op, "customer_id", d.CustomerID, true), check.ID(op, "credit_tx", d.CreditTx, false),
		check.Word(op, "claim", d.Claim, ClaimUnauthorised, ClaimScam, ClaimMerchant, ClaimProcessing),
		check.Word(op, "stage", d.Stage, StageInquiry, StageChargeback, StagePreArb, StageArbitration),
		check.Word(op, "state", d.State, DisputeOpen, DisputeNeeds, DisputeReview, DisputeWon, DisputeLost, DisputeGivenUp),
		check.Code(op, "scheme_reason", d.SchemeReason), check.Codes(op, "evidence", d.Evidence), check.Codes(op, "needs", d.Needs),
		checkEvidence(op, d.Files, MaxList),
	)
}
