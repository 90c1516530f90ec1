// Package staff says who works here, and what their sign-in is checked against.
package staff

import "kefu/internal/domain/identity"

// Member is a member of staff. Alias is the name customers see.
type Member struct {
	ID         string
	Email      string
	Name       string
	Alias      string
	Role       identity.Role
	DisabledAt int64
}

// Credentials are what a sign-in is checked against.
type Credentials struct {
	Member
	PasswordHash string
	TOTPSecret   string
	TOTPStep     int64 // the last used time step: no code works twice
	Failures     int64 // of strangers, in a row
	LockedUntil  int64 // to strangers
}

// New is a member of staff to be added.
type New struct {
	Member
	PasswordHash string
	TOTPSecret   string
}

// Change is a change of a member of staff; nil fields stay as they are.
type Change struct {
	Role     *identity.Role
	Disabled *bool
}

// Reset replaces what somebody signs in with.
type Reset struct {
	PasswordHash string
	TOTPSecret   string
}

// Session is a signed-in session of a member of staff.
type Session struct {
	Digest    string // of the bearer token
	ID        string // names the session in the audit chain; grants nothing
	StaffID   string
	CreatedAt int64
	ExpiresAt int64
	Network   string // from which it was opened; locks tell such networks from strangers'. "" for none
}
