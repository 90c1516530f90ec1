// Package customer says what Kefu knows of the people who ask: who they are,
// how sure that is, and the bearer secrets of their windows.
package customer

import (
	"strings"
	"unicode"

	"kefu/internal/domain/identity"
)

// WindowSecret is the stored side of a window's bearer secret. Digest is the
// hash of the secret, never the secret.
type WindowSecret struct {
	Digest     string
	CustomerID string
	Verified   bool // opened by a wallet token; else a visitor's
	Level      identity.Level
	LevelUntil int64 // when it falls to AL1
	CreatedAt  int64
	ExpiresAt  int64
}

// Customer is a customer as staff may see one: masked.
type Customer struct {
	ID        string
	Name      string
	Language  string
	Evidence  string
	CreatedAt int64
	Became    string
	Handles   []Handle
	// StillSince is since when what is kept of them is kept and used for nothing else, in
	// microseconds; 0: it is not so.
	StillSince int64
}

// Handle is an address or id of a customer, with how sure we are of it.
type Handle struct {
	ID       string // a keyed hash, by which requests name it
	Kind     string
	Value    string
	Evidence string
}

// Found is a customer whom a handle led to.
type Found struct {
	ID       string
	Name     string
	Evidence string // that the customer is who we say
	By       string // that the handle is the customer's
}

// The levels of evidence that something belongs to a customer.
const (
	Verified = "verified" // the wallet vouched for it
	Claimed  = "claimed"  // the customer said so
	Inferred = "inferred" // we concluded it
)

// SignIn is a customer whose wallet token was verified.
type SignIn struct {
	Issuer       string
	Subject      string // the wallet's id of the customer
	TokenID      string // used up by this
	TokenExpires int64
	Name         string
	Language     string
	NewID        string // the customer's id if the wallet never sent one before
	Secret       WindowSecret
	Visitor      string // the visitor the window was until now, or ""
	VisitorSince int64  // conversations with activity since then become the customer's
}

// SignedIn is the answer to SignIn.
type SignedIn struct {
	CustomerID string
	Moved      []string // conversations that became the customer's
}

// MaxHandle bounds the value of a handle, in characters.
const MaxHandle = 254

// ValidEvidence tells whether e is a level of evidence.
func ValidEvidence(e string) bool { return e == Verified || e == Claimed || e == Inferred }

// The kinds of handles whose spelling we know.
const (
	Email = "email"
	Phone = "phone"
)

// Plain is a handle's value without what does not tell it from another: spaces
// around it, capitals of an e-mail address, the marks between a number's digits.
func Plain(kind, value string) string {
	value = strings.TrimSpace(value)
	switch kind {
	case Email:
		return strings.ToLower(value)
	case Phone:
		return strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) || strings.ContainsRune("-–()./", r) {
				return -1
			}
			return r
		}, value)
	default:
		return value
	}
}
