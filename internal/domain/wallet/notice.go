package wallet

import (
	"slices"

	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// NoticeType is what a wallet tells Kefu of by itself.
type NoticeType string

// The types of notices.
const (
	TransactionUpdated NoticeType = "transaction.updated"
	RefundUpdated      NoticeType = "refund.updated"
	DisputeUpdated     NoticeType = "dispute.updated"
	OperationUpdated   NoticeType = "operation.updated"
	StepUpCompleted    NoticeType = "stepup.completed"
	StepUpFailed       NoticeType = "stepup.failed"
	RiskAlert          NoticeType = "risk.alert"
	AccountFrozen      NoticeType = "account.frozen"
	AccountUnfrozen    NoticeType = "account.unfrozen"
	AccountClosed      NoticeType = "account.closed"
	SuspiciousLogin    NoticeType = "login.suspicious"
	FactorChanged      NoticeType = "factor.changed"
	InstrumentChanged  NoticeType = "instrument.changed"
	KYCUpdated         NoticeType = "kyc.updated"
	IncidentOpened     NoticeType = "incident.opened"
	IncidentUpdated    NoticeType = "incident.updated"
	IncidentClosed     NoticeType = "incident.closed"
	ConsentChanged     NoticeType = "consent.changed"
	CustomerMerged     NoticeType = "customer.merged"
	CustomerErased     NoticeType = "customer.erased"
	MandateChanged     NoticeType = "mandate.changed"
	RecoveryChanged    NoticeType = "recovery.changed"
	ClosureChanged     NoticeType = "closure.changed" // asked for, taken back, over, or something came in for who is gone
	PointsChanged      NoticeType = "points.changed"
)

// NoticeTypes lists every type.
func NoticeTypes() []NoticeType {
	return []NoticeType{
		TransactionUpdated, RefundUpdated, DisputeUpdated, OperationUpdated, StepUpCompleted, StepUpFailed, RiskAlert, AccountFrozen, AccountUnfrozen,
		AccountClosed, SuspiciousLogin, FactorChanged, InstrumentChanged, KYCUpdated, IncidentOpened, IncidentUpdated, IncidentClosed, ConsentChanged,
		CustomerMerged, CustomerErased, MandateChanged, RecoveryChanged, ClosureChanged, PointsChanged,
	}
}

// Notice says that something changed in the wallet. It is thin: what it is about is
// asked for, so that a forged or stale notice changes nothing.
type Notice struct {
	ID         string     `json:"event_id"`
	Type       NoticeType `json:"type"`
	CustomerID string     `json:"customer_id,omitempty"` // none: of no customer, such as an incident
	Object     string     `json:"object,omitempty"`      // the id of what changed
	Sequence   int64      `json:"sequence"`              // grows by one with each notice of one object
	Position   int64      `json:"position"`              // grows with each notice of the wallet's: where a replay goes on
	At         Time       `json:"at"`
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (n Notice) Validate() error {
	const op = "wallet.Notice"
	if !slices.Contains(NoticeTypes(), n.Type) {
		return fault.InvalidField(op, "type", "is unknown")
	}
	if n.Sequence < 1 || n.Position < 1 || n.At == 0 {
		return fault.InvalidField(op, "sequence", "or the position is not above nothing, or there is no time")
	}
	return check.First(check.ID(op, "event_id", n.ID, true), check.ID(op, "customer_id", n.CustomerID, false), check.ID(op, "object", n.Object, false))
}

// Notices is a page of a replay, in the order of their positions.
type Notices struct {
	Items []Notice `json:"items"`
	More  bool     `json:"more"`
}

// MaxNotices bounds a page of notices.
const MaxNotices = 500

// Due is a notice of which those in Kefu who care have to be told.
type Due struct {
	Notice
	Attempts  int   // that failed
	TakenAt   int64 // when it came, in microseconds
	Overtaken bool  // by a later one of the same object and type
}
