// Package audit is the tamper-evident record of who did what to whose data:
// what a record holds, the one form in which it is hashed, the chain that links
// records, the signed heads that prove the chain from outside the database, and
// the check of all of it. It stores nothing: the store writes the records in the
// transaction of what they tell of, and gives them back to Verify.
package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"kefu/internal/platform/fault"
)

// Sum is a SHA-256 hash. The zero Sum stands for nothing: no detail, or no
// record before the first.
type Sum [sha256.Size]byte

// Zero tells whether s stands for nothing.
func (s Sum) Zero() bool { return s == Sum{} }

// String gives s in hexadecimal.
func (s Sum) String() string { return hex.EncodeToString(s[:]) }

// Actor is who did it.
type Actor struct {
	Type    string // agent, customer, system, assistant, operator, program
	ID      string
	Session string // the sign-in session, if there was one
}

// Object is what it was done to.
type Object struct {
	Type string
	ID   string
}

// Record is one line of the audit chain. It names customers by pseudonym and
// holds no personal data itself: what does belongs into the detail, which is
// stored sealed beside the record and enters the chain by its hash, so that
// destroying the detail's key leaves the chain whole.
type Record struct {
	Stream     string // the chain this record is part of
	Seq        int64  // from 1, without gaps
	At         int64  // microseconds since the Unix epoch, UTC
	Actor      Actor
	Subject    string // pseudonym of the customer concerned, if one is
	Action     string // object and verb, such as conversation.assign
	Object     Object
	Purpose    string   // reason given for reading personal data
	Assurance  uint8    // identity assurance level at the time, 0 to 3
	Approvals  []string // ids of the approvals it rests on, in the order given
	Result     string   // ok, refused, failed
	DetailHash Sum      // HashDetail of the detail as stored
	Prev       Sum      // hash of the record before; zero for the first
}

// HashDetail is the hash under which a stored detail enters the chain. It is
// taken over the sealed bytes: a hash of the plain text would let anyone check
// a guess at it after it was erased. Of no detail it is zero.
func HashDetail(stored []byte) Sum {
	if len(stored) == 0 {
		return Sum{}
	}
	return sha256.Sum256(stored)
}

// Equal tells whether two records are the same in every field.
func (r Record) Equal(o Record) bool {
	approvals := slices.Equal(r.Approvals, o.Approvals)
	return approvals && r.Stream == o.Stream && r.Seq == o.Seq && r.At == o.At && r.Actor == o.Actor &&
		r.Subject == o.Subject && r.Action == o.Action && r.Object == o.Object && r.Purpose == o.Purpose &&
		r.Assurance == o.Assurance && r.Result == o.Result && r.DetailHash == o.DetailHash && r.Prev == o.Prev
}

// What a new record may hold.
const (
	maxText      = 1024 // bytes of a text
	maxApprovals = 16
)

// Validate refuses records that say too little to be of use or more than a
// record may.
func (r Record) Validate() error {
	const op = "audit.Validate"
	for _, f := range []struct{ name, value string }{
		{"stream", r.Stream}, {"actor_type", r.Actor.Type}, {"action", r.Action}, {"result", r.Result},
	} {
		if f.value == "" {
			return fault.InvalidField(op, f.name, "an audit record needs it")
		}
	}
	for _, f := range r.texts() {
		if len(f.value) > maxText {
			return fault.InvalidField(op, f.name, "has %d bytes, at most %d are kept", len(f.value), maxText)
		}
	}
	if len(r.Approvals) > maxApprovals {
		return fault.InvalidField(op, "approval_ids", "has %d entries, at most %d are kept", len(r.Approvals), maxApprovals)
	}
	if r.Assurance > 3 {
		return fault.InvalidField(op, "assurance", "is %d, the levels are 0 to 3", r.Assurance)
	}
	return nil
}

func (r Record) texts() []struct{ name, value string } {
	fields := []struct{ name, value string }{
		{"stream", r.Stream}, {"actor_type", r.Actor.Type}, {"actor_id", r.Actor.ID}, {"actor_session", r.Actor.Session},
		{"subject", r.Subject}, {"action", r.Action}, {"object_type", r.Object.Type}, {"object_id", r.Object.ID},
		{"purpose", r.Purpose}, {"result", r.Result},
	}
	for _, id := range r.Approvals {
		fields = append(fields, struct{ name, value string }{"approval_ids", id})
	}
	return fields
}
