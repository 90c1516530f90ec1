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
	PasswordHash string // "" of who has no password
	TOTPSecret   string // likewise
	TOTPStep     int64  // the last used time step: no code works twice
	Failures     int64  // of strangers, in a row
	LockedUntil  int64  // to strangers
	PasskeyOnly  bool   // by their own choice
	Passkeys     []Passkey
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
