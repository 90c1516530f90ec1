package wallet

import (
	"slices"

	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// Act is something that a wallet can be asked to do for a customer. The set is
// closed: what is not in it cannot be asked for, and none of it takes a destination
// for money that the wallet does not hold already as the customer's own.
type Act string

// The acts.
const (
	Freeze            Act = "freeze"             // stops what leaves one account or all; cheap, for it harms nobody
	Unfreeze          Act = "unfreeze"           // lets it leave again; dear
	RequestRefund     Act = "refund"             // of a payment, by the way it came
	CancelRefund      Act = "refund_cancel"      // a refund that was asked for and has not been paid
	OpenDispute       Act = "dispute"            // the customer says that a payment was not theirs, or not as agreed
	AddEvidence       Act = "dispute_evidence"   // something that speaks for the customer
	GrantCredit       Act = "provisional_credit" // money lent while a dispute is decided
	ReleaseHold       Act = "hold_release"       // of one payment that the wallet holds
	Recall            Act = "recall"             // asks the bank on the other side to send a transfer back
	BlockInstrument   Act = "instrument_block"   // a card that is lost or was used by somebody else
	RevokeSessions    Act = "sessions_revoke"    // signs every device out
	RevokeDevice      Act = "device_revoke"      // one device loses its trust
	NotifyCustomer    Act = "notify"             // a message inside the wallet's own app
	RequestInspection Act = "inspect"            // asks the rail where a payment is
	SetDefault        Act = "instrument_default" // what is paid with where nothing else is chosen
	RemoveInstrument  Act = "instrument_remove"  // a card or account, on which nothing rests any more
	CancelMandate     Act = "mandate_cancel"     // a permission to charge again and again
	StopRecovery      Act = "recovery_stop"      // of access, by somebody whom the customer does not know
	RequestRetrieval  Act = "retrieval"          // of what came over a public network and was never credited; costs something
	Withdraw          Act = "withdraw"           // brings what an account holds, or what came late, to an instrument of the customer's, which is the target
	Close             Act = "closure"            // the customer ends it all, after some days in which it can be taken back
	KeepOpen          Act = "closure_cancel"     // takes that back
	ClaimPoints       Act = "points_claim"       // of a purchase, which is the target, are missing
	RedeemPoints      Act = "points_redeem"      // for a reward, which is the target; the amount is what it costs, in the unit of points
	GiveGoodwill      Act = "goodwill"           // the house gives of its own, to an account of the customer's in the currency of the amount
	GiveConsent       Act = "consent_give"       // to what is the target, in the version of its text that the details name
	WithdrawConsent   Act = "consent_withdraw"   // takes that back
)

// Acts lists every act.
func Acts() []Act {
	return []Act{
		Freeze, Unfreeze, RequestRefund, CancelRefund, OpenDispute, AddEvidence, GrantCredit, ReleaseHold, Recall, BlockInstrument,
		RevokeSessions, RevokeDevice, NotifyCustomer, RequestInspection, SetDefault, RemoveInstrument, CancelMandate, StopRecovery, RequestRetrieval, Withdraw, Close, KeepOpen,
		ClaimPoints, RedeemPoints, GiveGoodwill, GiveConsent, WithdrawConsent,
	}
}

// Known tells whether a is an act.
func (a Act) Known() bool { return slices.Contains(Acts(), a) }

// MovesMoney tells whether a can change what an account holds.
func (a Act) MovesMoney() bool {
	return a == RequestRefund || a == GrantCredit || a == ReleaseHold || a == Recall || a == RequestRetrieval || a == Withdraw || a == GiveGoodwill
}

// OfHouse tells whether a is a gift of the house's: only its staff propose it, and say yes to
// it, for it takes nothing from its customer and gives what nobody owes them.
func (a Act) OfHouse() bool { return a == GiveGoodwill }

// TakesFiles tells whether a customer can hand files over with a.
func (a Act) TakesFiles() bool { return a == AddEvidence || a == ClaimPoints || a == RequestRefund }

// Cautious tells whether a only makes a customer safer, so that somebody in a hurry
// may do it with little proof of who they are: it takes nothing away that could not be
// given back.
func (a Act) Cautious() bool {
	return a == Freeze || a == BlockInstrument || a == RevokeSessions || a == RevokeDevice || a == StopRecovery
}

// needs says what a command of each act must name.
type needs struct {
	target bool // what it acts on
	amount bool
	expect bool // the state that the decision was made on
}

func (a Act) needs() needs {
	switch a {
	case RequestRefund, GrantCredit, Withdraw, RedeemPoints:
		return needs{target: true, amount: true, expect: true}
	case OpenDispute, Recall, ReleaseHold, CancelRefund, Unfreeze, SetDefault, RemoveInstrument, CancelMandate, RequestRetrieval, ClaimPoints, GiveConsent, WithdrawConsent:
		return needs{target: true, expect: true}
	case AddEvidence, BlockInstrument, RevokeDevice, RequestInspection, StopRecovery:
		return needs{target: true}
	case Close, KeepOpen:
		return needs{expect: true}
	case GiveGoodwill:
		return needs{amount: true}
	default: // Freeze: without a target all accounts; RevokeSessions, NotifyCustomer
		return needs{}
	}
}

// ByCustomer tells whether a may be wanted by the customer alone: what somebody agrees to
// nobody says for them.
func (a Act) ByCustomer() bool { return a == GiveConsent || a == WithdrawConsent }

// ConsentVersion is the detail of GiveConsent that names the version of the text which was
// shown.
const ConsentVersion = "version"

// Bounds of a command.
const (
	MaxKey     = 64 // bytes of the key of a command
	MaxDetails = 16 // details of one command
	MaxTargets = 32 // payments of one dispute
)

// Command asks a wallet to do something. It is the same bytes every time that it is
// asked for: a wallet does it once for each Key.
type Command struct {
	Key        string            `json:"-"` // Idempotency-Key, made by Kefu before it first asks
	Act        Act               `json:"-"` // the address says it
	CustomerID string            `json:"customer_id"`
	Target     string            `json:"-"`                   // what it acts on; the address says it, where there is one
	Also       []string          `json:"also,omitempty"`      // further payments of one dispute
	Amount     Money             `json:"amount"`              // null where the act has none
	Reason     string            `json:"reason"`              // a code of the act's
	Expect     string            `json:"expect,omitempty"`    // the state of the target that the decision was made on
	Details    map[string]string `json:"details,omitempty"`   // short answers that the act has use for
	Files      []Evidence        `json:"files,omitempty"`     // of dispute_evidence; each was given to the wallet before the command leaves
	DryRun     bool              `json:"dry_run,omitempty"`   // tells what would happen, and does nothing
	Assertion  string            `json:"assertion,omitempty"` // the customer's step-up, as the wallet itself signed it
	Approvals  []Approval        `json:"approvals,omitempty"` // by members of staff, where a second person is needed
}

// Approval is a member of staff who agreed to exactly this command.
type Approval struct {
	ID string `json:"id"`
	At Time   `json:"at"`
}

// Validate refuses a command that lacks something, or has what its act does not have.
// Errors: Invalid.
func (c Command) Validate() error {
	const op = "wallet.Command"
	if !c.Act.Known() {
		return fault.InvalidField(op, "act", "is unknown")
	}
	if c.Key == "" || len(c.Key) > MaxKey || !ValidID(c.Key) {
		return fault.InvalidField(op, "key", "is missing or no identifier")
	}
	n := c.Act.needs()
	if n.amount != !c.Amount.None() || (n.amount && c.Amount.Sign() <= 0) {
		return fault.InvalidField(op, "amount", "does not fit what is asked for")
	}
	if n.expect && c.Expect == "" {
		return fault.InvalidField(op, "expect", "is missing")
	}
	if len(c.Also) > MaxTargets || (len(c.Also) > 0 && c.Act != OpenDispute) {
		return fault.InvalidField(op, "also", "are too many, or none belong there")
	}
	if len(c.Files) > 0 && !c.Act.TakesFiles() {
		return fault.InvalidField(op, "files", "belong to no such act")
	}
	if c.Act == GiveConsent && !ValidID(c.Details[ConsentVersion]) {
		return fault.InvalidField(op, "details.version", "is missing: which text is agreed to")
	}
	for _, id := range c.Also {
		if !ValidID(id) || id == c.Target {
			return fault.InvalidField(op, "also", "holds what is no other payment")
		}
	}
	return check.First(
		check.ID(op, "customer_id", c.CustomerID, true), check.ID(op, "target", c.Target, n.target),
		check.Code(op, "reason", c.Reason), check.Code(op, "expect", c.Expect), c.checkDetails(op), checkEvidence(op, c.Files, MaxFiles),
	)
}

func (c Command) checkDetails(op string) error {
	if len(c.Details) > MaxDetails || len(c.Approvals) > MaxList || len(c.Assertion) > MaxAssertion {
		return fault.InvalidField(op, "details", "are too many")
	}
	for name, text := range c.Details {
		if err := check.First(check.Code(op, "details", name), check.Text(op, "details", text)); err != nil {
			return err
		}
	}
	for _, a := range c.Approvals {
		if err := check.ID(op, "approvals", a.ID, true); err != nil {
			return err
		}
	}
	return nil
}

// MaxAssertion bounds a signed assertion, in bytes.
const MaxAssertion = 4 << 10

// OperationState is how far a wallet has got with a command.
type OperationState string

// The states of an operation.
const (
	OpProposed  OperationState = "proposed" // a dry run: nothing happened
	OpPending   OperationState = "pending"  // taken on, not over
	OpSucceeded OperationState = "succeeded"
	OpFailed    OperationState = "failed" // over, and nothing happened
)

// Over tells whether nothing more will happen.
func (s OperationState) Over() bool { return s == OpSucceeded || s == OpFailed }

// Refusal is why a wallet does not do what it is asked to.
type Refusal string

// The refusals.
const (
	NotEligible       Refusal = "not_eligible"       // such as a payment too old for a refund
	StateChanged      Refusal = "state_changed"      // it is not as it was when somebody decided
	AmountTooHigh     Refusal = "amount_too_high"    // more than there is left to give back
	AlreadyDone       Refusal = "already_done"       // by another command
	StepUpRequired    Refusal = "step_up_required"   // an assertion is missing, or not of this command
	ApprovalRequired  Refusal = "approval_required"  // a second person has to agree
	LimitReached      Refusal = "limit_reached"      // a cap of the wallet's own
	BlockedByWallet   Refusal = "blocked"            // a reason that is not told
	NotSupported      Refusal = "not_supported"      // this wallet cannot do that
	FactorTooYoung    Refusal = "factor_too_young"   // what proves who somebody is was changed a short while ago
	DestinationClosed Refusal = "destination_closed" // the way that the money came is not there any more
	FileMissing       Refusal = "file_missing"       // a file that is named was not given, or not for this customer
	FileRefused       Refusal = "file_refused"       // a file is none that this wallet takes
)

// Refusals lists every refusal.
func Refusals() []Refusal {
	return []Refusal{
		NotEligible, StateChanged, AmountTooHigh, AlreadyDone, StepUpRequired, ApprovalRequired, LimitReached, BlockedByWallet, NotSupported,
		FactorTooYoung, DestinationClosed, FileMissing, FileRefused,
	}
}

// Known tells whether r is a refusal.
func (r Refusal) Known() bool { return slices.Contains(Refusals(), r) }

// Operation is what a wallet makes of a command.
type Operation struct {
	ID         string         `json:"id"`
	Key        string         `json:"key"`
	Act        Act            `json:"act"`
	CustomerID string         `json:"customer_id"`
	Target     string         `json:"target,omitempty"`
	State      OperationState `json:"state"`
	Refusal    Refusal        `json:"refusal,omitempty"` // of a failed one
	Made       []Made         `json:"made,omitempty"`    // what came of it
	Summary    *Summary       `json:"summary,omitempty"` // what happens or would happen
	CreatedAt  Time           `json:"created_at"`
	ExpectedBy Time           `json:"expected_by"` // when a pending one should be over
	DoneAt     Time           `json:"done_at"`
}

// Made is something that came of a command.
type Made struct {
	Kind string `json:"kind"` // refund, dispute, freeze, credit, notice, inspection, withdrawal, closure, claim, redemption, consent
	ID   string `json:"id"`
}

// Summary is exactly what a command does, in words that a customer can agree to.
type Summary struct {
	Amount      Money    `json:"amount"`                // what reaches the customer, or leaves them
	Fees        []Fee    `json:"fees,omitempty"`        // what it costs them
	Destination string   `json:"destination,omitempty"` // where money goes: the id of an instrument or account of theirs
	ArrivesBy   Time     `json:"arrives_by"`
	Effects     []string `json:"effects,omitempty"` // codes of what else changes, such as payments_stop
	Reversible  bool     `json:"reversible"`
	State       string   `json:"state,omitempty"` // of the target, when this was worked out
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (o Operation) Validate() error {
	const op = "wallet.Operation"
	if o.CreatedAt == 0 || (o.State.Over() && o.DoneAt == 0) {
		return fault.InvalidField(op, "done_at", "or the time it began is missing")
	}
	if (o.State == OpFailed) != (o.Refusal != "") {
		return fault.InvalidField(op, "refusal", "belongs to what has failed, and to nothing else")
	}
	if len(o.Made) > MaxList {
		return fault.InvalidField(op, "made", "is too long")
	}
	for _, m := range o.Made {
		if err := check.First(check.Word(op, "made.kind", m.Kind, "refund", "dispute", "freeze", "credit", "notice", "inspection", "withdrawal", "closure", "claim", "redemption", "consent"), check.ID(op, "made.id", m.ID, true)); err != nil {
			return err
		}
	}
	return check.First(
		check.ID(op, "id", o.ID, true), check.ID(op, "key", o.Key, true), check.Word(op, "act", o.Act, Acts()...), check.ID(op, "customer_id", o.CustomerID, true),
		check.ID(op, "target", o.Target, false), check.Word(op, "state", o.State, OpProposed, OpPending, OpSucceeded, OpFailed),
		check.Word(op, "refusal", o.Refusal, append(Refusals(), "")...), o.Summary.validate(),
	)
}

func (s *Summary) validate() error {
	const op = "wallet.Summary"
	if s == nil {
		return nil
	}
	if len(s.Fees) > MaxList || len(s.Effects) > MaxList || s.Amount.Sign() < 0 {
		return fault.InvalidField(op, "summary", "has a sum below nothing, or a list that is too long")
	}
	for _, f := range s.Fees {
		if f.Amount.None() {
			return fault.InvalidField(op, "summary.fees", "has one without a sum")
		}
		if err := check.Code(op, "summary.fees.kind", f.Kind); err != nil {
			return err
		}
	}
	for _, e := range s.Effects {
		if err := check.Code(op, "summary.effects", e); err != nil {
			return err
		}
	}
	return check.First(check.ID(op, "summary.destination", s.Destination, false), check.Code(op, "summary.state", s.State))
}
