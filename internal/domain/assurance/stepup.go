package assurance

import (
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// State is how far a step-up has got.
type State string

// The states of a step-up.
const (
	Asked    State = "asked"    // the wallet asks the customer
	Proven   State = "proven"   // and nothing has been done with it yet
	Used     State = "used"     // once, for what it was for
	Declined State = "declined" // the customer says that it was not them
	Expired  State = "expired"
	Refused  State = "refused" // what came back was no proof
)

// Life is how long a customer has to answer.
const Life = 10 * time.Minute

// StepUp is one proof that was asked for: of one customer, in one conversation, for
// one thing to be done.
type StepUp struct {
	ID             string
	ConversationID string
	CustomerID     string // Kefu's
	WalletID       string // the wallet's id of the customer
	Act            wallet.Act
	Target         string
	Amount         wallet.Money
	Level          identity.Level // that is needed
	Nonce          string
	Remote         string // the wallet's id of it, once the wallet has answered
	Method         string // that the wallet uses
	State          State
	Proof          Assertion // of a proven one
	Signed         string    // the assertion as the wallet signed it: goes back to the wallet with the command
	AskedAt        time.Time
	ExpiresAt      time.Time
}

// Wanted is what the assertion of s must be about.
func (s StepUp) Wanted(issuer, audience string) Wanted {
	return Wanted{
		Issuer: issuer, Audience: audience, Subject: s.WalletID, Case: s.ConversationID, Act: s.Act, Target: s.Target, Amount: s.Amount, Level: s.Level, Nonce: s.Nonce,
	}
}

// Open tells whether an answer may still come.
func (s StepUp) Open(now time.Time) bool { return s.State == Asked && now.Before(s.ExpiresAt) }

// Prove takes the assertion in. Errors: Conflict when nobody waits for it any more;
// Unauthenticated, as Verify.
func (s StepUp) Prove(signed string, keys identity.KeySet, issuer, audience string, now time.Time) (StepUp, error) {
	if !s.Open(now) {
		return s, fault.New(fault.Conflict, "assurance.Prove", "the step-up is over")
	}
	proof, err := Verify(signed, keys, s.Wanted(issuer, audience), now)
	if err != nil {
		s.State = Refused
		return s, err
	}
	s.State, s.Proof, s.Signed, s.ExpiresAt = Proven, proof, signed, proof.ExpiresAt
	return s, nil
}

// Covers tells whether s is good for a command, now: of the same customer, act, target
// and sum, fresh, and not used before.
func (s StepUp) Covers(conversation string, c wallet.Command, now time.Time) bool {
	if s.State != Proven || !now.Before(s.ExpiresAt) || s.ConversationID != conversation || s.WalletID != c.CustomerID || s.Act != c.Act || s.Target != c.Target {
		return false
	}
	if s.Amount.None() || c.Amount.None() {
		return s.Amount.None() && c.Amount.None()
	}
	return s.Amount.Like(c.Amount) && s.Amount.Cmp(c.Amount) == 0
}

// Use marks s as used. Errors: Conflict when it does not cover the command.
func (s StepUp) Use(conversation string, c wallet.Command, now time.Time) (StepUp, error) {
	if !s.Covers(conversation, c, now) {
		return s, fault.New(fault.Conflict, "assurance.Use", "the proof is not for this, is old, or was used")
	}
	s.State = Used
	return s, nil
}

// Kept is a step-up as it is kept.
type Kept struct {
	StepUp
	ActID    string // the action that it is for
	Revision int64
}

// Standing is how far a proof has got, for whoever waits for it: a state, and never
// anything by which somebody could prove something.
type Standing struct {
	State     Progress
	Method    string    // that the wallet uses; "" while that is not known
	Link      string    // opens the wallet's app where it asks; for the customer alone
	Level     int       // that is needed
	ExpiresAt time.Time // of what is pending or proven
	Until     time.Time // of a lock
}

// Progress is the state of a proof as it is told.
type Progress string

// How far a proof is.
const (
	NotNeeded   Progress = "not_needed"
	NotAsked    Progress = "not_asked"
	Pending     Progress = "pending"
	IsProven    Progress = "proven"
	WasUsed     Progress = "used"
	WasDeclined Progress = "declined" // the customer says that it was not them
	WasExpired  Progress = "expired"
	WasRefused  Progress = "refused" // what came back was no proof
	Locked      Progress = "locked"  // too many tries, on whichever channel
	Unreachable Progress = "unavailable"
)

// Outcome is p in the words of a flow's step: "" when it goes on, pending while
// somebody is asked.
func (p Progress) Outcome() (outcome string, pending bool) {
	switch p {
	case NotNeeded, IsProven, WasUsed:
		return "", false
	case Pending:
		return "", true
	case WasDeclined:
		return "declined", false
	case Unreachable:
		return "unavailable", false
	default:
		return "failed", false
	}
}

// Progress is how far s is at a time.
func (s StepUp) Progress(now time.Time) Progress {
	switch {
	case s.State == Asked && s.Open(now):
		return Pending
	case s.State == Proven && now.Before(s.ExpiresAt):
		return IsProven
	case s.State == Used:
		return WasUsed
	case s.State == Declined:
		return WasDeclined
	case s.State == Refused:
		return WasRefused
	default:
		return WasExpired
	}
}

// Tries are how often somebody failed to prove who they are, on whichever channel: a
// row for each customer, and one counter for all.
type Tries struct {
	Failed int
	First  time.Time // of those that count
	Locked time.Time // until then nothing is asked
}

// Bounds of tries.
const (
	MaxTries  = 5
	TryWindow = 24 * time.Hour
	LockFor   = 24 * time.Hour
)

// LockedAt tells whether the customer has to wait, and until when.
func (t Tries) LockedAt(now time.Time) (time.Time, bool) { return t.Locked, now.Before(t.Locked) }

// Fail counts a failure. To decline counts as none: whoever says "that was not me"
// must not be locked out for it.
func (t Tries) Fail(now time.Time) Tries {
	if t.Failed == 0 || now.Sub(t.First) >= TryWindow {
		t.Failed, t.First = 0, now
	}
	t.Failed++
	if t.Failed >= MaxTries {
		t.Failed, t.Locked = 0, now.Add(LockFor)
	}
	return t
}

// Succeed forgets the failures.
func (t Tries) Succeed() Tries { return Tries{Locked: t.Locked} }
