package staff

import (
	"time"

	"kefu/internal/domain/identity"
)

// Method is how a session was opened.
type Method string

// The methods.
const (
	ByPassword  Method = "password" // and a code
	ByPasskey   Method = "passkey"
	ByDirectory Method = "directory" // the operator's own, over OpenID Connect
)

// Session is a signed-in session of a member of staff.
type Session struct {
	Digest    string // of the bearer token
	ID        string // names the session in the audit chain; grants nothing
	StaffID   string
	Method    Method // "" is ByPassword
	CreatedAt int64
	SeenAt    int64
	ProvedAt  int64 // when its holder last proved who they are
	ExpiresAt int64
	Network   string // from which it was opened; locks tell such networks from strangers'. "" for none
	Fresh     bool   // opened from a network from which its holder was never seen before
	Place     Place
	Once      Once     // is used up when it opens
	Passkey   *Passkey // by which it was opened, with its new count
	// Against is the hash that a password was checked against: it opens nothing once
	// there is another. "" where no password did.
	Against string
}

// Place is where a session came from, as its holder is shown it.
type Place struct {
	Device  string `json:"device,omitempty"`  // browser and system
	Network string `json:"network,omitempty"` // coarse: the surroundings of the address
}

// Once is something that may be used one time: a challenge, or a state. The zero
// value is nothing.
type Once struct {
	Digest string
	Until  int64 // when it would be over by itself
}

// Passkey is a key with which a member of staff signs in.
type Passkey struct {
	ID             string // ours
	StaffID        string
	Credential     string // base64url, as the authenticator names it
	Name           string // of their choice
	PublicKey      []byte
	SignCount      int64
	BackupEligible bool
	BackedUp       bool
	Model          string
	Transports     []string
	CreatedAt      int64
	UsedAt         int64
}

// The bounds of what one member of staff may have.
const (
	MaxPasskeys     = 20
	MaxPasskeyName  = 60 // characters
	MaxSessionsSeen = 100
)

// Account is what somebody sees of their own sign-in.
type Account struct {
	Member
	HasPassword bool
	PasskeyOnly bool
	Linked      bool // to the operator's directory
	Passkeys    []Passkey
	Sessions    []Session // open ones, the newest first
}

// InvitationKind is what a link is for.
type InvitationKind string

// The kinds of invitations.
const (
	InviteMember InvitationKind = "member"      // somebody new
	ResetMember  InvitationKind = "reset"       // somebody who lost their way in
	FirstOwner   InvitationKind = "first_owner" // whoever sets a new Kefu up
)

// How long links work.
const (
	InvitationLife = 72 * time.Hour
	ResetLife      = 24 * time.Hour
	FirstOwnerLife = time.Hour
)

// Life is how long a link of the kind works.
func (k InvitationKind) Life() time.Duration {
	switch k {
	case ResetMember:
		return ResetLife
	case FirstOwner:
		return FirstOwnerLife
	default:
		return InvitationLife
	}
}

// Invitation is a link by which somebody comes in, for the first time or again.
type Invitation struct {
	ID        string
	Digest    string // of the token in the link
	Kind      InvitationKind
	Email     string // "" of a first owner, who says theirs
	Role      identity.Role
	StaffID   string // of ResetMember: whose sign-in is replaced
	InvitedBy string // staff id, or a part of Kefu
	CreatedAt int64
	ExpiresAt int64
	Duties    Duties // of InviteMember, once they join
	Name      string // of ResetMember: as they are known
	Alias     string
}

// Duties is what somebody who is invited will be routed by. The rules for them are
// package routing's.
type Duties struct {
	Teams     []string `json:"teams"`
	Skills    []string `json:"skills"`
	Languages []string `json:"languages"`
}

// Joining is what somebody makes of an invitation. They have a password with an
// authenticator secret, or a passkey, or both.
type Joining struct {
	Member       // Name, Alias and, of a first owner, Email; its ID is that of somebody new
	PasswordHash string
	TOTPSecret   string
	TOTPStep     int64 // of the code that proved the secret
	Passkey      *Passkey
	Session      Session // is opened at once
}

// DirectoryEntry is somebody who comes in by way of the operator's directory.
type DirectoryEntry struct {
	Issuer, Subject string
	Email           string        // verified by the directory, or ""
	Confirmed       string        // the member who asked to be linked, signed in here another way; or ""
	Name            string        // of somebody who is invited
	Role            identity.Role // that their groups give them; "" to keep the one they have
	NewID           string        // of somebody who is invited
	Session         Session       // is opened
}
