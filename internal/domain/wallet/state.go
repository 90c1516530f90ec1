package wallet

import "slices"

// State is how far a transaction has got.
type State string

// The states of a transaction.
const (
	Initiated         State = "initiated"
	PreCheckFailed    State = "pre_check_failed"
	RequiresAction    State = "requires_action" // a code, a confirmation, a document of the customer
	RiskHold          State = "risk_hold"
	Authorised        State = "authorised" // the money is set aside
	PartiallyCaptured State = "partially_captured"
	Captured          State = "captured" // the money has left the account
	Voided            State = "voided"   // given up before it left the account
	Expired           State = "expired"  // nobody took what was set aside
	Processing        State = "processing"
	Posted            State = "posted" // it has arrived
	FailedAfterDebit  State = "failed_after_debit"
	AutoReversal      State = "auto_reversal" // it is on its way back
	Reversed          State = "reversed"      // it is back
	RefundPending     State = "refund_pending"
	PartiallyRefunded State = "partially_refunded"
	Refunded          State = "refunded"
	Disputed          State = "disputed"
	ProvisionalCredit State = "provisional_credit"
	Won               State = "won" // the dispute, by the customer
	Lost              State = "lost"
	Failed            State = "failed"  // nothing was taken
	Unknown           State = "unknown" // nobody has said yet: neither done nor failed
)

// next lists what may follow each state. What has no successor is over.
func next(s State) []State {
	switch s {
	case Initiated:
		return []State{PreCheckFailed, RequiresAction, RiskHold, Authorised, Failed, Unknown}
	case RequiresAction:
		return []State{PreCheckFailed, RiskHold, Authorised, Voided, Expired, Failed}
	case RiskHold:
		return []State{RequiresAction, Authorised, Voided, Expired, Failed}
	case Authorised:
		return []State{Captured, PartiallyCaptured, Voided, Expired, RiskHold, Failed, Unknown}
	case PartiallyCaptured:
		return []State{Captured, Processing}
	case Captured:
		return []State{Processing, Posted, FailedAfterDebit, Unknown}
	case Processing:
		return []State{Posted, FailedAfterDebit, Unknown}
	case FailedAfterDebit:
		return []State{AutoReversal}
	case AutoReversal:
		return []State{Reversed, Unknown}
	case Posted:
		return []State{RefundPending, Disputed, Reversed}
	case RefundPending:
		return []State{PartiallyRefunded, Refunded, Posted, Unknown} // posted: the refund was refused
	case PartiallyRefunded:
		return []State{RefundPending, Refunded, Disputed}
	case Disputed:
		return []State{ProvisionalCredit, Won, Lost, Reversed}
	case ProvisionalCredit:
		return []State{Won, Lost, Reversed}
	case Won:
		return []State{Reversed}
	case Unknown:
		return []State{Authorised, Captured, Processing, Posted, FailedAfterDebit, Reversed, PartiallyRefunded, Refunded, Voided, Expired, Failed}
	default: // over: PreCheckFailed, Voided, Expired, Reversed, Refunded, Lost, Failed
		return nil
	}
}

// States lists every state.
func States() []State {
	return []State{
		Initiated, PreCheckFailed, RequiresAction, RiskHold, Authorised, PartiallyCaptured, Captured, Voided, Expired, Processing, Posted,
		FailedAfterDebit, AutoReversal, Reversed, RefundPending, PartiallyRefunded, Refunded, Disputed, ProvisionalCredit, Won, Lost, Failed, Unknown,
	}
}

// Known tells whether s is a state.
func (s State) Known() bool { return slices.Contains(States(), s) }

// Over tells whether nothing may follow s.
func (s State) Over() bool { return s.Known() && len(next(s)) == 0 }

// May tells whether to may follow s.
func (s State) May(to State) bool { return slices.Contains(next(s), to) }

// Tone is what a state means to the customer, for the colour that goes with the
// words and never alone.
type Tone string

// The tones.
const (
	ToneWaiting  Tone = "waiting"  // something is still to come
	ToneDone     Tone = "done"     // it arrived
	ToneReturned Tone = "returned" // the money is back, or never left
	ToneProblem  Tone = "problem"  // it did not work, or is late
)

// Plain is a state in words: Key names the sentence in the catalogues, Tone what
// it means.
type Plain struct {
	Key  string
	Tone Tone
}

// KeyLate is in the place of the state's own key when what was expected by now is
// still on its way.
const KeyLate = "late"

// Tell gives the words for a state at a time, when the transaction was expected
// to arrive by expectedBy (0: nobody said). Unknown is never told as failed, and a
// hold never as what it is for.
func Tell(s State, expectedBy, now Time) Plain {
	switch s {
	case Captured, Processing, PartiallyCaptured, RefundPending, AutoReversal:
		if expectedBy != 0 && now > expectedBy {
			return Plain{KeyLate, ToneProblem}
		}
		return Plain{string(s), ToneWaiting}
	case Posted:
		return Plain{string(s), ToneDone}
	case PreCheckFailed, Failed, Expired, FailedAfterDebit, Lost:
		return Plain{string(s), ToneProblem}
	case Voided, Reversed, Refunded, PartiallyRefunded, ProvisionalCredit, Won:
		return Plain{string(s), ToneReturned}
	default: // Initiated, RequiresAction, RiskHold, Authorised, Disputed, Unknown
		return Plain{string(s), ToneWaiting}
	}
}
