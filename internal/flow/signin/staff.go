package signin

import (
	"context"
	"log/slog"
	"slices"
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
	"kefu/internal/platform/passkey"
	"kefu/internal/platform/password"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/platform/secret"
	"kefu/internal/platform/ticket"
)

// StaffStore is what the sign-in of staff needs of the store.
type StaffStore interface {
	CredentialsOf(ctx context.Context, email string) (staff.Credentials, error)
	PasskeyOwner(ctx context.Context, staffID string) (staff.Credentials, error)
	SignInFailed(ctx context.Context, staffID, network string) error
	PasskeyRefused(ctx context.Context, staffID string) error
	DirectoryRefused(ctx context.Context, staffID string) error
	EnterByDirectory(ctx context.Context, e staff.DirectoryEntry) (staff.Member, error)
	RenewHash(ctx context.Context, staffID, was, hash string) error
	OpenSession(ctx context.Context, session staff.Session, totpStep int64) error
	ProveSession(ctx context.Context, p identity.Principal, by staff.Session, totpStep int64) error
	StaffBySession(ctx context.Context, digest string, idle int64) (identity.Principal, staff.Session, error)
	CloseSession(ctx context.Context, p identity.Principal, digest string) error
	AddStaff(ctx context.Context, p identity.Principal, n staff.New) error
	ResetStaff(ctx context.Context, p identity.Principal, id string, r staff.Reset) error
	Account(ctx context.Context, p identity.Principal, idle int64) (staff.Account, error)
	AddPasskey(ctx context.Context, p identity.Principal, key staff.Passkey, once staff.Once) error
	ChangePassword(ctx context.Context, p identity.Principal, r staff.Reset, totpStep int64) error
	Invite(ctx context.Context, p identity.Principal, i staff.Invitation) error
	InvitationBy(ctx context.Context, digest string) (staff.Invitation, error)
	Join(ctx context.Context, digest string, j staff.Joining) (staff.Member, error)
}

// The life of a staff session, where the house says nothing else. A desk that is
// open uses its session, whether or not somebody sits at it: it locks by itself
// when nobody does.
const (
	SessionIdle = 15 * time.Minute
	SessionLife = 12 * time.Hour
)

// House is what the operator says of how staff sign in.
type House struct {
	Idle, Life   time.Duration
	Passwords    bool            // whether a password and a code open anything
	PasskeyRoles []identity.Role // who must use a passkey, once they have one
}

// HouseOf are the rules as the settings say them.
func HouseOf(c config.Staff) House {
	h := House{Idle: c.Idle, Life: c.SessionLife, Passwords: c.Passwords}
	for _, role := range c.PasskeyRoles {
		h.PasskeyRoles = append(h.PasskeyRoles, identity.Role(role))
	}
	return h
}

// needsPasskey tells whether somebody may not sign in by a password.
func (h House) needsPasskey(c staff.Credentials) bool {
	return len(c.Passkeys) > 0 && (c.PasskeyOnly || slices.Contains(h.PasskeyRoles, c.Role))
}

// Ways are the ways into a house.
type Ways struct {
	House     House
	Passkeys  *passkey.Party // nil: none
	Tickets   *ticket.Office // seals what browsers keep between two steps
	Directory Directory      // the operator's own; nil: none
	PublicURL string         // of the desk, for links
	// Clean takes secrets out of a name that somebody gave themselves.
	Clean func(string) string
	// Restrict gives who comes in what the house's own rules leave of their rights; it
	// is told when they proved last who they are, in microseconds. nil: all of them.
	Restrict func(p identity.Principal, proved int64) identity.Principal
}

// Desk signs staff in: with a passkey, with a password and a time-based code, or
// by way of the operator's directory.
type Desk struct {
	Ways
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

// NewDesk makes a Desk that knows passwords and codes. Open gives it other ways.
func NewDesk(store StaffStore, hasher *password.Hasher, limits DeskLimits, now clock.Clock, log *slog.Logger) *Desk {
	return &Desk{
		Ways:  Ways{House: House{Idle: SessionIdle, Life: SessionLife, Passwords: true}, Clean: func(name string) string { return name }},
		store: store, hasher: hasher, rules: password.NewPolicy("kefu"), now: now,
		perPair: ratelimit.New(limits.Account, limits.Keys), perAddress: ratelimit.New(limits.Address, limits.Keys),
		limited: limits.Limited, log: log,
	}
}

// Open lets staff in by further ways. It is called before the first of them comes.
func (d *Desk) Open(w Ways) { d.Ways = w }

// WaysIn is how staff may sign in, for whoever stands before the door.
type WaysIn struct {
	Passkeys, Passwords bool
	Directory           string // what it is called; "" for none
	Idle                time.Duration
}

// WaysIn tells how staff may sign in.
func (d *Desk) WaysIn() WaysIn {
	w := WaysIn{Passkeys: d.Passkeys != nil, Passwords: d.House.Passwords, Idle: d.House.Idle}
	if d.Directory != nil {
		w.Directory = d.Directory.Label()
	}
	return w
}

const maxEmail = 254 // bytes, RFC 5321 section 4.5.3.1.3

// Entry is what somebody signs in with.
type Entry struct {
	Email    string
	Password string
	Code     string // of the authenticator app
	From
}

// From is where somebody signs in.
type From struct {
	Address string // the peer's network, to limit tries
	Place   staff.Place
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
	right, renew, step, err := d.check(ctx, c, e)
	if err != nil {
		return Session{}, err
	}
	if right && d.House.Passwords && !d.House.needsPasskey(c) {
		opened, err := d.open(ctx, c.Member, staff.Session{Method: staff.ByPassword, Against: c.PasswordHash}, step, e.From)
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

// check tells whether password and code are right, as slowly for somebody unknown
// or without a password as for anybody.
func (d *Desk) check(ctx context.Context, c staff.Credentials, e Entry) (right, renew bool, step int64, err error) {
	right, renew, err = d.hasher.Verify(ctx, c.PasswordHash, e.Password)
	if err != nil || c.ID == "" || c.TOTPSecret == "" {
		return false, false, 0, err
	}
	step, codeRight, err := password.CheckTOTP(c.TOTPSecret, e.Code, d.now(), c.TOTPStep)
	return right && codeRight, renew, step, err
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
	if err := d.limitAddress(address); err != nil {
		return err
	}
	return d.waited(d.perPair.Allow(email+"\x00"+address, 1, d.now()))
}

func (d *Desk) limitAddress(address string) error {
	return d.waited(d.perAddress.Allow(address, 1, d.now()))
}

func (d *Desk) waited(wait time.Duration) error {
	if wait == 0 {
		return nil
	}
	if d.limited != nil {
		d.limited("sign_ins")
	}
	return &intake.LimitedError{RetryAfter: wait}
}

// newSession is a session that can be opened, and its token.
func (d *Desk) newSession(like staff.Session, from From) (staff.Session, string, time.Time) {
	token, expires := secret.Token(), d.now().Add(d.House.Life)
	like.Digest, like.ID, like.ExpiresAt = digestOf(token), id.New(), expires.UnixMicro()
	like.Network, like.Place = from.Address, from.Place
	return like, token, expires
}

func (d *Desk) open(ctx context.Context, m staff.Member, like staff.Session, step int64, from From) (Session, error) {
	session, token, expires := d.newSession(like, from)
	session.StaffID = m.ID
	if err := d.store.OpenSession(ctx, session, step); err != nil {
		return Session{}, err
	}
	return Session{Principal: d.admit(principalOf(m, session), session), Token: token, ExpiresAt: expires}, nil
}

func principalOf(m staff.Member, s staff.Session) identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: m.ID, Name: m.Alias, Role: m.Role, Session: s.ID}
}

// admit takes the role, and with it every right but those over their own sign-in,
// from who must use a passkey and has come in by a password: they may add one.
func (d *Desk) admit(p identity.Principal, s staff.Session) identity.Principal {
	if s.Method == staff.ByPassword && slices.Contains(d.House.PasskeyRoles, p.Role) {
		p.Role = ""
	}
	if d.Restrict != nil {
		p = d.Restrict(p, s.ProvedAt)
	}
	return p
}

// Resolve tells who a session token belongs to. Errors: Unauthenticated.
func (d *Desk) Resolve(ctx context.Context, token string) (identity.Principal, time.Time, error) {
	if token == "" {
		return identity.Principal{}, time.Time{}, fault.New(fault.Unauthenticated, "signin.Resolve", "no session")
	}
	p, session, err := d.store.StaffBySession(ctx, digestOf(token), d.House.Idle.Microseconds())
	return d.admit(p, session), time.UnixMicro(session.ExpiresAt), err
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
	email, err := checkEmail(n.Email)
	if err != nil {
		return Enrolled{}, err
	}
	if err := checkNames(n.Name, n.Alias); err != nil {
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

// checkEmail is an e-mail address as it is stored.
func checkEmail(text string) (string, error) {
	email := strings.ToLower(strings.TrimSpace(text))
	if !strings.Contains(email, "@") || len(email) > maxEmail {
		return "", fault.InvalidField("signin.checkEmail", "email", "is not an e-mail address")
	}
	return email, conversation.CheckLine("email", email, maxEmail)
}

// checkNames refuses names that nobody could be called by.
func checkNames(name, alias string) error {
	for _, line := range []struct{ field, text string }{{"name", name}, {"alias", alias}} {
		if strings.TrimSpace(line.text) == "" {
			return fault.InvalidField("signin.checkNames", line.field, "is empty")
		}
		if err := conversation.CheckLine(line.field, line.text, conversation.MaxTopicChars); err != nil {
			return err
		}
	}
	return nil
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
