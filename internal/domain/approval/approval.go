// Package approval is the second pair of eyes: a change that opens a door is asked
// for by one member of staff, its maker, and carried out when another one who
// could make it too has seen exactly what it is. What a change does is known to
// whoever carries it out; this package knows requests, who may decide them, and
// what may follow what.
package approval

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
	"unicode/utf8"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
)

// Life is how long a request waits before it expires.
const Life = 24 * time.Hour

// Settled is how long somebody must have had their way in before they count as a
// second person: who lost theirs is let in again by a link that a colleague hands
// out, and whoever holds the link is them. A stolen session could make itself a
// second person that way.
const Settled = 72 * time.Hour

// Fresh is the reason why somebody does not count as a second person yet.
const Fresh = "fresh"

// Bounds of a request.
const (
	MaxPayload = 96 << 10 // bytes
	MaxReason  = 500      // characters of why it was rejected
	MaxWaiting = 200      // requests that wait at once, acts aside
	MaxActs    = 5000     // acts that wait at once: customers make them, and must not keep the house from changing its settings
	MaxPage    = 200
)

// Alone is what stands in place of an approval where nobody but the maker could
// have given one.
const Alone = "alone"

// The kinds of requests.
const (
	SaveSetting   = "setting.save"
	ChangeStaff   = "staff.change"
	EraseCustomer = "customer.erase"
	MakeKey       = "key.make"
	OpenEmergency = "emergency.open"
	WalletAct     = "wallet.act"     // asked for by customers too, and decided by who oversees acts
	Restrain      = "staff.restrain" // what a member of staff may do until a finding is judged; decided by who judges findings, and seen with them
)

// State is how far a request has come.
type State string

// The states. All but Pending are final, but for Approved, which is that of a
// request whose effect lies outside the database and is still to be carried out.
const (
	Pending   State = "pending"
	Approved  State = "approved"
	Executed  State = "executed"
	Rejected  State = "rejected"
	Withdrawn State = "withdrawn"
	Expired   State = "expired" // nobody decided in time, or what it was about has changed meanwhile
)

// Moved is the reason of a request that expired because what it was about had
// changed when it was approved.
const Moved = "moved"

// Request is a change that waits for a second person, or did.
type Request struct {
	ID        string
	Kind      string
	Subject   string // what it changes, such as setting/issuer/ID
	Payload   []byte // exactly what will be done, as JSON
	Hash      string // of the payload: who approves names it, and so approves what they saw
	Summary   string // a few words on what it is about, such as an item's name
	MakerID   string
	MakerName string
	CreatedAt int64 // microseconds
	ExpiresAt int64
	State     State
	DeciderID string // who approved or rejected it
	Decider   string // how colleagues know them
	DecidedAt int64
	Reason    string // why it was rejected, in its decider's words; or Moved
}

// New is a request to be made.
type New struct {
	Kind, Subject, Summary string
	Payload                []byte
	// May tells whether somebody holds the right that the change needs. Who does
	// not, neither makes nor approves it.
	May func(identity.Principal) bool
}

// MaxOf is how many requests of a kind may wait at once, with others like it.
func MaxOf(kind string) int {
	if kind == WalletAct {
		return MaxActs
	}
	return MaxWaiting
}

// HashOf is the hash under which a payload is approved: SHA-256 in hexadecimal.
func HashOf(kind, subject string, payload []byte) string {
	h := sha256.New()
	for _, part := range [][]byte{[]byte(kind), []byte(subject), payload} {
		var length [8]byte
		for i := range length {
			length[i] = byte(len(part) >> (8 * i))
		}
		h.Write(length[:])
		h.Write(part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Approvers are the roles that hold a right.
func Approvers(may func(identity.Principal) bool) []identity.Role {
	var roles []identity.Role
	for _, role := range identity.Roles() {
		if may(identity.Principal{Kind: identity.Staff, ID: "somebody", Role: role}) {
			roles = append(roles, role)
		}
	}
	return roles
}

// At is a request as it is at a time: one that nobody decided expires by itself.
func (r Request) At(now int64) Request {
	if r.State == Pending && r.ExpiresAt <= now {
		r.State = Expired
	}
	return r
}

// CheckApprove tells whether p may approve the request now, having seen a payload
// of the hash. may is the right that the change needs. Errors: Forbidden; Conflict
// with the field state when it waits no more, and payload for another hash.
func (r Request) CheckApprove(p identity.Principal, now int64, hash string, may func(identity.Principal) bool) error {
	const op = "approval.CheckApprove"
	if err := r.checkDecide(op, p, now, may); err != nil {
		return err
	}
	if hash != r.Hash || HashOf(r.Kind, r.Subject, r.Payload) != r.Hash {
		return &fault.Error{Code: fault.Conflict, Op: op, Field: "hash", Message: "this is not what was asked for"}
	}
	return nil
}

// CheckReject tells whether p may reject the request now. Errors: as CheckApprove,
// and Invalid for the reason.
func (r Request) CheckReject(p identity.Principal, now int64, reason string, may func(identity.Principal) bool) error {
	const op = "approval.CheckReject"
	if err := r.checkDecide(op, p, now, may); err != nil {
		return err
	}
	if reason == "" {
		return fault.InvalidFor(op, "reason", "missing", "is missing")
	}
	if utf8.RuneCountInString(reason) > MaxReason {
		return fault.InvalidFor(op, "reason", "too_long", "has more than %d characters", MaxReason)
	}
	return nil
}

func (r Request) checkDecide(op string, p identity.Principal, now int64, may func(identity.Principal) bool) error {
	right := policy.DecideApproval
	switch r.Kind {
	case WalletAct:
		right = policy.ApproveAct
	case Restrain:
		right = policy.DecideFinding
	}
	if !policy.Allow(p, right, policy.Object{StaffID: r.MakerID}) || !may(p) {
		return fault.New(fault.Forbidden, op, "%s %s may not decide this", p.Kind, p.Role)
	}
	return r.checkWaits(op, now)
}

// Apart tells the kinds of requests that are listed with what they are about, to other
// people than those who run the house.
func Apart(kind string) bool { return kind == WalletAct || kind == Restrain }

// CheckWithdraw tells whether p may take the request back now. Errors: Forbidden,
// Conflict.
func (r Request) CheckWithdraw(p identity.Principal, now int64) error {
	const op = "approval.CheckWithdraw"
	may := policy.Allow(p, policy.WithdrawApproval, policy.Object{StaffID: r.MakerID})
	if r.Kind == Restrain { // asked for by those who judge, who decide about nothing else
		may = p.Kind == identity.Staff && p.ID == r.MakerID && policy.Allow(p, policy.DecideFinding, policy.Object{StaffID: "somebody else"})
	}
	if !may {
		return fault.New(fault.Forbidden, op, "it is somebody else's")
	}
	return r.checkWaits(op, now)
}

func (r Request) checkWaits(op string, now int64) error {
	if state := r.At(now).State; state != Pending {
		return &fault.Error{Code: fault.Conflict, Op: op, Field: "state", Reason: string(state), Message: "it waits no more"}
	}
	return nil
}

// PendingError says that nothing was done yet: the change waits for a second
// person.
type PendingError struct{ ID string }

// Error implements error.
func (e *PendingError) Error() string { return "approval: the change waits for a second person" }

// Unwrap makes it a fault for those who do not know it.
func (e *PendingError) Unwrap() error {
	return &fault.Error{Code: fault.Conflict, Op: "approval", Field: "approval", Reason: string(Pending), Message: "it waits for a second person"}
}
