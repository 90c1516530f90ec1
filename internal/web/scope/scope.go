// Package scope says which scopes an API key needs for an operation of the API. This is
// for a clear answer and for the document: whether a program may is decided by package
// policy, where the data is.
package scope

import (
	"slices"

	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
)

// For are the scopes of which an API key needs one for an operation, and whether it is
// for programs at all. What is not listed is not, whatever a key is made for; a key
// alone, without any scope, opens what is listed without one.
func For(operation string) (oneOf []identity.Scope, ok bool) {
	switch operation {
	case "own-key":
		return nil, true
	case "conversations", "find-conversations", "conversation-counts", "conversation", "entries", "search", "clocks", "link":
		return []identity.Scope{identity.ReadConversations}, true
	case "assign", "set-status", "set-priority", "set-tags", "set-topic", "set-language", "set-team", "set-skills", "set-wrap-up", "change-conversations",
		"staff": // whom a conversation can be given to
		return []identity.Scope{identity.ChangeConversations}, true
	case "send":
		return []identity.Scope{identity.SendMessages, identity.WriteNotes}, true
	case "customer", "find-customers":
		return []identity.Scope{identity.ReadCustomers}, true
	case "queue", "board", "promises":
		return []identity.Scope{identity.ReadQueue}, true
	case "report", "export-report":
		return []identity.Scope{identity.ReadReports}, true
	case "audit", "audit-proof":
		return []identity.Scope{identity.ReadAudit}, true
	default:
		return nil, false
	}
}

// Error says that an API key is not for what was asked.
type Error struct {
	OneOf []identity.Scope // of which it would need one; none: no key is for it
}

// Error implements error.
func (e *Error) Error() string { return "scope: the key has not the scope" }

// Unwrap makes it a fault for those who do not know it.
func (e *Error) Unwrap() error {
	return &fault.Error{Code: fault.Forbidden, Op: "scope", Field: "scope", Message: "the key has not the scope"}
}

// Check refuses a program whose key has none of the scopes. Others pass: what they
// may is decided where the data is. Errors: an *Error.
func Check(p identity.Principal, oneOf ...identity.Scope) error {
	if p.Kind != identity.Program || slices.ContainsFunc(oneOf, p.Scopes.Has) {
		return nil
	}
	return &Error{OneOf: oneOf}
}

// Admit refuses a program whose key is not for an operation. Errors: an *Error.
func Admit(p identity.Principal, operation string) error {
	oneOf, ok := For(operation)
	switch {
	case !ok:
		return &Error{}
	case len(oneOf) == 0:
		return nil
	default:
		return Check(p, oneOf...)
	}
}
