// Package event says what a commit did, for those who act on it: sockets, the
// search indexer, workers. An event is a hint; the database is the truth.
package event

import (
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/policy"
)

// Commit is what one transaction did.
type Commit struct {
	// Unknown says that a commit may have happened of which nothing else is told:
	// its answer was lost. Whoever follows the log must look into it again. It is
	// said at once, and once more with the next commit, before which the lost one
	// has ended.
	Unknown bool

	Changed []ConversationChange
	Revoked []Revocation
	Jobs    bool // some job became due

	Settings []string // the kinds of settings of which one changed

	Approvals bool // something began to wait for a second person, or waits no more

	Held []string // ids of files that wait for a message no more: a run has them

	Runs     []RunChange
	Acts     []ActChange
	Contacts []ContactChange
	Cases    []string // customers of whom a case changed, each once
}

// Place is a conversation beside which something is shown, and what is judged by who hears
// of it there.
type Place struct {
	Conversation string
	Reach        policy.Object
}

// RunChange says that a run through a flow is another revision now.
type RunChange struct {
	ID         string
	Revision   int64
	State      string
	CustomerID string
	Places     []Place // what it belongs to, where that goes on, and further ones of the customer
}

// ActChange says that what is done in the wallet for a customer is another revision
// now.
type ActChange struct {
	ID       string
	Revision int64
	Places   []Place       // what it belongs to, and where that goes on
	May      policy.Action // to be allowed to who hears of it
}

// ContactChange says that who contacts a customer, or how far that is, has changed.
type ContactChange struct {
	CustomerID   string
	Conversation string
	Reach        policy.Object // of the conversation
}

// ConversationChange is what one transaction did to one conversation.
type ConversationChange struct {
	State      conversation.State
	Entries    []conversation.Entry
	Origins    []any // of each entry: Change.Origin
	Receipt    bool
	InboxMoved bool
	Rewritten  []int64 // positions whose text changed: edited or redacted
	WasFor     string  // the customer it belonged to, when that changed
	WasWith    string  // the assignee before, when that changed
}

// The kinds of revocations.
const (
	RevokedCustomer = "customer" // every window of the customer
	RevokedStaff    = "staff"    // every session of the member of staff
	RevokedSession  = "session"  // one session
)

// Revocation says that somebody lost access. Every process closes the sockets
// concerned.
type Revocation struct {
	Pos     int64
	Kind    string
	Subject string
}
