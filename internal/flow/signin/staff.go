package signin

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/password"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/platform/secret"
)

// StaffStore is what the sign-in of staff needs of the store.
type StaffStore interface {
	CredentialsOf(ctx context.Context, email string) (staff.Credentials, error)
	SignInFailed(ctx context.Context, staffID, network string) error
	RenewHash(ctx context.Context, staffID, was, hash string) error
	OpenSession(ctx context.Context, session staff.Session, totpStep int64) error
	StaffBySession(ctx context.Context, digest string, idle int64) (identity.Principal, staff.Session, error)
	CloseSession(ctx context.Context, p identity.Principal, digest string) error
	AddStaff(ctx context.Context, p identity.Principal, n staff.New) error
	ResetStaff(ctx context.Context, p identity.Principal, id string, r staff.Reset) error
}

// The life of a staff session. A desk that is open uses its session, whether or not
// somebody sits at it: who waits for customers must not be signed out for it.
const (
	SessionIdle = 30 * time.Minute
	SessionLife = 12 * time.Hour
)

// Desk signs staff in: password and a time-based code.
type Desk struct {
	store  StaffStore
	hasher *password.Hasher
	rules  *password.Policy
	now    clock.Clock
	// Both limit tries before any expensive work.
	perPair, perAddress *ratelimit.Limiter
	limited             func(string)
	log                 *slog.Logger
}

// DeskLimits are how often staff may try to sign in.
type DeskLimits struct {
	Account, Address ratelimit.Limit // tries of one address for one account, and for all of them
	Keys             int             // of each limit, remembered at once
	// Limited is told the name of a limit that refused a try; may be nil.
	Limited func(limit string)
}

// DeskLimitsOf are the limits as the settings say them. An address may try more
// often than for one account: an office has many accounts behind one.
func DeskLimitsOf(l config.Limits) DeskLimits {
	address := ratelimit.Of(l.SignIns)
	address.Burst *= 6
	return DeskLimits{Account: ratelimit.Of(l.SignIns), Address: address, Keys: l.Keys}
}

// NewDesk makes a Desk.
func NewDesk(store StaffStore, hasher *password.Hasher, limits DeskLimits, now clock.Clock, log *slog.Logger) *Desk {
	return &Desk{
		store: store, hasher: hasher, rules: password.NewPolicy("kefu"), now: now,
		perPair: ratelimit.New(limits.Account, limits.Keys), perAddress: ratelimit.New(limits.Address, limits.Keys),
		limited: limits.Limited, log: log,
	}
}

const maxEmail = 254 // bytes, RFC 5321 section 4.5.3.1.3

// Entry is what somebody signs in with.
type Entry struct {
	Email    string
	Password string
	Code     string // of the authenticator app
	Address  string // the peer's network, to limit tries
}

// Session is an open session. Token is shown to its client once.
type Session struct {
	Principal identity.Principal
	Token     string
	ExpiresAt time.Time
}

// SignIn checks what somebody signs in with and opens a session. Every refusal is
// the same Unauthenticated and leaves a trace, that of a right password and code
// for a locked or disabled account too; an *intake.LimitedError after too many
// tries.
func (d *Desk) SignIn(ctx context.Context, e Entry) (Session, error) {
	const op = "signin.SignIn"
	email := strings.ToLower(strings.TrimSpace(e.Email))
	if len(email) > maxEmail {
		email = "" // nobody's, and not to be remembered at its length
	}
	if err := d.limit(email, e.Address); err != nil {
		return Session{}, err
	}
	c, err := d.store.CredentialsOf(ctx, email)
	if err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Invalid) {
		return Session{}, err
	}
	right, renew, err := d.hasher.Verify(ctx, c.PasswordHash, e.Password)
	if err != nil {
		return Session{}, err
	}
	step, codeRight := int64(0), false
	if c.ID != "" {
		if step, codeRight, err = password.CheckTOTP(c.TOTPSecret, e.Code, d.now(), c.TOTPStep); err != nil {
			return Session{}, err
		}
	}
	if right && codeRight {
		opened, err := d.open(ctx, c, step, e.Address)
		if err == nil && renew {
			d.renew(ctx, c, e.Password)
		}
		if !fault.Is(err, fault.Unauthenticated) {
			return opened, err
		}
	}
	// Noted for an unknown account too: it belongs into the audit chain, and the
	// commit would tell by its time which accounts there are.
	if err := d.store.SignInFailed(ctx, c.ID, e.Address); err != nil {
		return Session{}, err
	}
	return Session{}, fault.New(fault.Unauthenticated, op, "wrong e-mail, password or code")
}

// renew hashes a password that was right anew, at what hashing costs today. Where
// that fails the next sign-in tries again: the session is open by now.
func (d *Desk) renew(ctx context.Context, c staff.Credentials, plain string) {
	hash, err := d.hasher.Hash(ctx, plain)
	if err == nil {
		err = d.store.RenewHash(ctx, c.ID, c.PasswordHash, hash)
	}
	if err != nil {
		d.log.Warn("the hash of a password was not renewed", "staff", c.ID, "error", err)
	}
}

// limit asks the address first, and an account only together with it: nobody
// uses up what another has left. What strangers guess at one account from many
// addresses is bounded by the store's lock.
func (d *Desk) limit(email, address string) error {
	wait := d.perAddress.Allow(address, 1, d.now())
	if wait == 0 {
		wait = d.perPair.Allow(email+"\x00"+address, 1, d.now())
	}
	if wait == 0 {
		return nil
	}
	if d.limited != nil {
		d.limited("sign_ins")
	}
	return &intake.LimitedError{RetryAfter: wait}
}

func (d *Desk) open(ctx context.Context, c staff.Credentials, step int64, network string) (Session, error) {
	token := secret.Token()
	expires := d.now().Add(SessionLife)
	session := staff.Session{Digest: digestOf(token), ID: id.New(), StaffID: c.ID, ExpiresAt: expires.UnixMicro(), Network: network}
	if err := d.store.OpenSession(ctx, session, step); err != nil {
		return Session{}, err
	}
	p := identity.Principal{Kind: identity.Staff, ID: c.ID, Name: c.Alias, Role: c.Role, Session: session.ID}
	return Session{Principal: p, Token: token, ExpiresAt: expires}, nil
}

// Resolve tells who a session token belongs to. Errors: Unauthenticated.
func (d *Desk) Resolve(ctx context.Context, token string) (identity.Principal, time.Time, error) {
	if token == "" {
		return identity.Principal{}, time.Time{}, fault.New(fault.Unauthenticated, "signin.Resolve", "no session")
	}
	p, session, err := d.store.StaffBySession(ctx, digestOf(token), SessionIdle.Microseconds())
	return p, time.UnixMicro(session.ExpiresAt), err
}

// SignOut ends a session and its sockets.
func (d *Desk) SignOut(ctx context.Context, p identity.Principal, token string) error {
	return d.store.CloseSession(ctx, p, digestOf(token))
}

// NewMember is somebody who will work here.
type NewMember struct {
	Email, Name, Alias, Password string
	Role                         identity.Role
}

// Enrolled is what a new member of staff is handed, once.
type Enrolled struct {
	ID   string
	TOTP password.TOTPSecret
}

// Enrol adds a member of staff. Errors: Invalid for a weak password or an unknown
// role, Forbidden, Conflict when the e-mail is taken.
func (d *Desk) Enrol(ctx context.Context, p identity.Principal, n NewMember) (Enrolled, error) {
	const op = "signin.Enrol"
	if !policy.Allow(p, policy.ManageStaff, policy.Object{}) { // before the hash, which is work
		return Enrolled{}, fault.New(fault.Forbidden, op, "%s may not manage staff", p.Role)
	}
	email := strings.ToLower(strings.TrimSpace(n.Email))
	if !strings.Contains(email, "@") || len(email) > maxEmail {
		return Enrolled{}, fault.InvalidField(op, "email", "is not an e-mail address")
	}
	for _, line := range []struct{ field, text string }{{"name", n.Name}, {"alias", n.Alias}} {
		if strings.TrimSpace(line.text) == "" {
			return Enrolled{}, fault.InvalidField(op, line.field, "is empty")
		}
		if err := conversation.CheckLine(line.field, line.text, conversation.MaxTopicChars); err != nil {
			return Enrolled{}, err
		}
	}
	if err := conversation.CheckLine("email", email, maxEmail); err != nil {
		return Enrolled{}, err
	}
	if !identity.ValidRole(n.Role) {
		return Enrolled{}, fault.InvalidField(op, "role", "is unknown")
	}
	hash, totp, err := d.credentials(ctx, n.Password, n.Name, email)
	if err != nil {
		return Enrolled{}, err
	}
	member := staff.Member{ID: id.New(), Email: email, Name: n.Name, Alias: n.Alias, Role: n.Role}
	if err := d.store.AddStaff(ctx, p, staff.New{Member: member, PasswordHash: hash, TOTPSecret: totp.Secret}); err != nil {
		return Enrolled{}, err
	}
	return Enrolled{ID: member.ID, TOTP: totp}, nil
}

// Reset gives a member of staff a new password and a new authenticator secret,
// which it returns to be shown once, and ends their sessions. Errors: Invalid for
// a weak password, Forbidden, NotFound.
func (d *Desk) Reset(ctx context.Context, p identity.Principal, m staff.Member, newPassword string) (password.TOTPSecret, error) {
	const op = "signin.Reset"
	if !policy.Allow(p, policy.ManageStaff, policy.Object{}) { // before the hash, which is work
		return password.TOTPSecret{}, fault.New(fault.Forbidden, op, "%s may not manage staff", p.Role)
	}
	hash, totp, err := d.credentials(ctx, newPassword, m.Name, m.Email)
	if err != nil {
		return password.TOTPSecret{}, err
	}
	if err := d.store.ResetStaff(ctx, p, m.ID, staff.Reset{PasswordHash: hash, TOTPSecret: totp.Secret}); err != nil {
		return password.TOTPSecret{}, err
	}
	return totp, nil
}

// credentials are the hash of a password that is good enough, and a new secret
// for an authenticator app.
func (d *Desk) credentials(ctx context.Context, plain, name, email string) (hash string, totp password.TOTPSecret, err error) {
	const op = "signin.credentials"
	if weakness := d.rules.Check(plain, name, email); weakness != "" {
		return "", totp, fault.InvalidField(op, "password", "is refused: %s", weakness)
	}
	if hash, err = d.hasher.Hash(ctx, plain); err != nil {
		return "", totp, err
	}
	totp, err = password.NewTOTP("Kefu", email)
	return hash, totp, fault.Wrap(op, err)
}
