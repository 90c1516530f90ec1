// Package accessapi is the part of the desk's API about coming in: passkeys,
// invitations, and what everybody sees and changes of their own sign-in. It stands on
// package api, which admits the callers.
package accessapi

import (
	"context"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/passkey"
	"kefu/internal/platform/password"
	"kefu/internal/web/api"
	"kefu/internal/web/session"
)

// Desk lets staff in, and lets them see to it.
type Desk interface {
	Passkeys
	OwnSignIn
	Inviting
}

// Passkeys signs staff in by them.
type Passkeys interface {
	WaysIn() signin.WaysIn
	AskPasskey(ctx context.Context, from signin.From) (passkey.Question, string, error)
	SignInByPasskey(ctx context.Context, ticket string, a passkey.Answer, from signin.From) (signin.Session, error)
	AskNewPasskey(ctx context.Context, p identity.Principal, token string) (passkey.Question, string, error)
	AddPasskey(ctx context.Context, p identity.Principal, ticket, name string, a passkey.Answer) error
	ProveByPasskey(ctx context.Context, p identity.Principal, ticket string, a passkey.Answer, from signin.From) error
}

// OwnSignIn lets staff see and change how they sign in themselves.
type OwnSignIn interface {
	Account(ctx context.Context, p identity.Principal, token string) (signin.Account, error)
	Fresh(ctx context.Context, token string) error
	Prove(ctx context.Context, p identity.Principal, plain, code string, from signin.From) error
	SetPassword(ctx context.Context, p identity.Principal, token, plain string) error
	OfferCode(ctx context.Context, p identity.Principal, token string) (password.TOTPSecret, string, error)
	TakeCode(ctx context.Context, p identity.Principal, ticket, code string) error
}

// Inviting lets people in, for the first time or again.
type Inviting interface {
	Invite(ctx context.Context, p identity.Principal, i staff.Invitation) (signin.Link, error)
	InviteBack(ctx context.Context, p identity.Principal, staffID string) (signin.Link, error)
	Welcome(ctx context.Context, token string, from signin.From) (signin.Welcome, error)
	Join(ctx context.Context, j signin.Join) (signin.Session, error)
}

// Store is what is changed without another step.
type Store interface {
	SetPasskeyOnly(ctx context.Context, p identity.Principal, only bool) error
	RenamePasskey(ctx context.Context, p identity.Principal, id, name string) error
	RemovePasskey(ctx context.Context, p identity.Principal, id string) error
	EndSession(ctx context.Context, p identity.Principal, id string) error
	EndOtherSessions(ctx context.Context, p identity.Principal) error
	Invitations(ctx context.Context, p identity.Principal) ([]staff.Invitation, error)
	RevokeInvitation(ctx context.Context, p identity.Principal, id string) error
}

// Deps are what the operations work with.
type Deps struct {
	Desk    Desk
	Store   Store
	Carrier *session.Carrier
	Clean   func(name string) string // takes secrets out of what somebody called a thing
}

type routes struct {
	Deps
	api *api.API
}

// Routes gives the operations, for api.Deps.More.
func Routes(d Deps) func(*api.API) {
	return func(a *api.API) {
		r := &routes{Deps: d, api: a}
		r.addPasskeys()
		r.addAccount()
		r.addInvitations()
	}
}
