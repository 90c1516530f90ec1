package signin

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/secret"
)

// Directory is the operator's own list of people, who sign in there (OpenID Connect
// Core 1.0, authorization code flow).
type Directory interface {
	// Label is what the button says.
	Label() string
	// Begin is the address to send a browser to. Errors: Unavailable.
	Begin(ctx context.Context, ask DirectoryAsk) (string, error)
	// Finish makes of what came back who it was. Errors: Unauthenticated for all that
	// proves nobody, Unavailable.
	Finish(ctx context.Context, answer DirectoryAnswer) (DirectoryPerson, error)
}

// DirectoryAsk is what binds an answer to its question.
type DirectoryAsk struct{ State, Nonce, Challenge string }

// DirectoryAnswer is what came back, and what the question knew.
type DirectoryAnswer struct {
	Code, Issuer    string // the issuer that the answer names (RFC 9207), or ""
	Nonce, Verifier string
}

// DirectoryPerson is somebody whom the directory vouches for.
type DirectoryPerson struct {
	Issuer, Subject string
	Email           string // "" unless the directory has verified it
	Name            string
	Role            identity.Role // as its groups say; "" where they say nothing here
	RolesRuled      bool          // whether groups decide roles at all
}

// roundTrip is what a browser keeps, sealed in a cookie, while it is away.
type roundTrip struct {
	State, Nonce, Verifier string
	Asker                  string // the member who wants to be linked, or ""
}

// RoundTripLife is how long somebody may take to sign in at the directory.
const RoundTripLife = 10 * time.Minute

// BeginDirectory is the address to send a browser to, and the ticket that it must
// bring back. Errors: NotFound where there is no directory, Unavailable,
// *intake.LimitedError.
func (d *Desk) BeginDirectory(ctx context.Context, from From) (address, t string, err error) {
	return d.beginDirectory(ctx, from, "")
}

// LinkDirectory is BeginDirectory for who is signed in with a token and wants to come
// by way of the directory from now on. Errors: also Unauthenticated, and Forbidden
// when the last proof of who they are is too old.
func (d *Desk) LinkDirectory(ctx context.Context, token string, from From) (address, t string, err error) {
	if err := d.fresh(ctx, token); err != nil {
		return "", "", err
	}
	p, _, err := d.Resolve(ctx, token)
	if err != nil {
		return "", "", err
	}
	return d.beginDirectory(ctx, from, p.ID)
}

func (d *Desk) beginDirectory(ctx context.Context, from From, asker string) (address, t string, err error) {
	const op = "signin.beginDirectory"
	if d.Directory == nil {
		return "", "", fault.New(fault.NotFound, op, "there is no directory")
	}
	if err := d.limitAddress(from.Address); err != nil {
		return "", "", err
	}
	trip := roundTrip{State: secret.Token(), Nonce: secret.Token(), Verifier: secret.Token(), Asker: asker}
	sum := sha256.Sum256([]byte(trip.Verifier)) // RFC 7636 section 4.2, S256
	address, err = d.Directory.Begin(ctx, DirectoryAsk{State: trip.State, Nonce: trip.Nonce, Challenge: base64.RawURLEncoding.EncodeToString(sum[:])})
	if err != nil {
		return "", "", err
	}
	t, err = d.Tickets.Issue(forRoundTrip, d.now().Add(RoundTripLife), trip)
	return address, t, err
}

// DirectoryReturn is what a browser brings back from the directory.
type DirectoryReturn struct {
	Ticket, State, Code, Issuer string
	From
}

// SignInByDirectory opens a session for who comes back from the directory: a member
// of staff who is linked to it or has the address that it verified, or somebody who
// is invited under that address. Errors: Unauthenticated for everybody else, alike
// and with a trace; Conflict for an account with another way in, whose owner has to
// ask for the link from there; Forbidden for who has joined and waits for a second
// person; Unavailable when the directory does not answer.
func (d *Desk) SignInByDirectory(ctx context.Context, r DirectoryReturn) (Session, error) {
	const op = "signin.SignInByDirectory"
	if d.Directory == nil {
		return Session{}, fault.New(fault.NotFound, op, "there is no directory")
	}
	if err := d.limitAddress(r.Address); err != nil {
		return Session{}, err
	}
	var trip roundTrip
	if err := d.Tickets.Redeem(forRoundTrip, r.Ticket, d.now(), &trip); err != nil {
		return Session{}, err
	}
	if r.Code == "" || !secret.Equal([]byte(r.State), []byte(trip.State)) {
		return Session{}, fault.New(fault.Unauthenticated, op, "the answer is to another question")
	}
	person, err := d.Directory.Finish(ctx, DirectoryAnswer{Code: r.Code, Issuer: r.Issuer, Nonce: trip.Nonce, Verifier: trip.Verifier})
	if err != nil {
		if fault.Is(err, fault.Unauthenticated) {
			if failed := d.store.DirectoryRefused(ctx, ""); failed != nil {
				return Session{}, failed
			}
		}
		return Session{}, err
	}
	once := staff.Once{Digest: digestOf(trip.State), Until: d.now().Add(RoundTripLife).UnixMicro()}
	opened, err := d.enterFrom(ctx, person, trip.Asker, once, r.From)
	if fault.Is(err, fault.Conflict) { // they have the address, and may be told what to do
		return Session{}, errors.Join(err, d.store.DirectoryRefused(ctx, opened.Principal.ID))
	}
	if fault.Is(err, fault.Unauthenticated) || fault.Is(err, fault.NotFound) {
		if failed := d.store.DirectoryRefused(ctx, opened.Principal.ID); failed != nil {
			return Session{}, failed
		}
		return Session{}, fault.New(fault.Unauthenticated, op, "the directory vouches for nobody who works here: %v", fault.CodeOf(err))
	}
	return opened, err
}

// enterFrom finds out who a person of the directory is here, and lets them in.
func (d *Desk) enterFrom(ctx context.Context, person DirectoryPerson, asker string, once staff.Once, from From) (Session, error) {
	const op = "signin.enterFrom"
	if person.RolesRuled && person.Role == "" {
		return Session{}, fault.New(fault.Unauthenticated, op, "no group of theirs has a role here")
	}
	session, token, expires := d.newSession(staff.Session{Method: staff.ByDirectory, Once: once}, from)
	member, err := d.store.EnterByDirectory(ctx, staff.DirectoryEntry{
		Issuer: person.Issuer, Subject: person.Subject, Email: person.Email, Name: d.Clean(person.Name), Confirmed: asker,
		Role: person.Role, NewID: id.New(), Session: session,
	})
	if err != nil {
		return Session{Principal: identity.Principal{ID: member.ID}}, err
	}
	return Session{Principal: d.admit(principalOf(member, session), session), Token: token, ExpiresAt: expires}, nil
}
