package signin

import (
	"context"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/passkey"
	"kefu/internal/platform/password"
)

// ProofLife is how long after they proved who they are somebody may change how
// they sign in. A session that was left open on a table gives away no account.
const ProofLife = 10 * time.Minute

// Account is what somebody sees of their own sign-in.
type Account struct {
	staff.Account
	FreshUntil      int64 // until when they may change it without another proof
	PasskeyRequired bool  // by the house, for their role
	Idle            time.Duration
}

// Account reads what p may know of their own sign-in. token is their session's.
func (d *Desk) Account(ctx context.Context, p identity.Principal, token string) (Account, error) {
	found, err := d.store.Account(ctx, p, d.House.Idle.Microseconds())
	if err != nil {
		return Account{}, err
	}
	a := Account{Account: found, Idle: d.House.Idle}
	_, session, err := d.store.StaffBySession(ctx, digestOf(token), d.House.Idle.Microseconds())
	if err != nil {
		return Account{}, err
	}
	a.FreshUntil = session.ProvedAt + ProofLife.Microseconds()
	for _, role := range d.House.PasskeyRoles {
		a.PasskeyRequired = a.PasskeyRequired || role == found.Role
	}
	return a, nil
}

// fresh refuses a session whose holder has not proved lately who they are.
// Errors: Forbidden.
func (d *Desk) fresh(ctx context.Context, token string) error {
	_, session, err := d.store.StaffBySession(ctx, digestOf(token), d.House.Idle.Microseconds())
	if err != nil {
		return err
	}
	if session.ProvedAt+ProofLife.Microseconds() <= d.now().UnixMicro() {
		return fault.New(fault.Forbidden, "signin.fresh", "the last proof of who they are is too old")
	}
	return nil
}

// Fresh is fresh for changes that a store makes itself.
func (d *Desk) Fresh(ctx context.Context, token string) error { return d.fresh(ctx, token) }

// Prove lets p prove once more who they are, with password and code. Errors: as
// SignIn.
func (d *Desk) Prove(ctx context.Context, p identity.Principal, plain, code string, from From) error {
	const op = "signin.Prove"
	if err := d.limit(p.ID, from.Address); err != nil {
		return err
	}
	c, err := d.store.PasskeyOwner(ctx, p.ID)
	if err != nil {
		return err
	}
	right, _, step, err := d.check(ctx, c, Entry{Password: plain, Code: code})
	if err != nil {
		return err
	}
	if right && d.House.Passwords && !d.House.needsPasskey(c) {
		err := d.store.ProveSession(ctx, p, staff.Session{Method: staff.ByPassword, Against: c.PasswordHash, Network: from.Address}, step)
		if !fault.Is(err, fault.Unauthenticated) {
			return err
		}
	}
	if err := d.store.SignInFailed(ctx, c.ID, from.Address); err != nil {
		return err
	}
	return fault.InvalidField(op, "password", "or code is wrong")
}

// ProveByPasskey lets p prove once more who they are, with a passkey of theirs.
func (d *Desk) ProveByPasskey(ctx context.Context, p identity.Principal, t string, a passkey.Answer, from From) error {
	const op = "signin.ProveByPasskey"
	c, used, once, err := d.takePasskey(ctx, t, a, from)
	if fault.Is(err, fault.Unauthenticated) || (err == nil && c.ID != p.ID) {
		return fault.InvalidField(op, "passkey", "is none of theirs")
	}
	if err != nil {
		return err
	}
	return d.store.ProveSession(ctx, p, staff.Session{Method: staff.ByPasskey, Once: once, Passkey: &used, Network: from.Address}, 0)
}

// SetPassword gives p another password; their other sessions end. Who had none
// needs an authenticator as well, and gives its ticket and code. Errors: Invalid for
// a weak password, Forbidden.
func (d *Desk) SetPassword(ctx context.Context, p identity.Principal, token, plain string) error {
	const op = "signin.SetPassword"
	if err := d.fresh(ctx, token); err != nil {
		return err
	}
	c, err := d.store.PasskeyOwner(ctx, p.ID)
	if err != nil {
		return err
	}
	if c.TOTPSecret == "" {
		return fault.New(fault.Conflict, op, "an authenticator comes first: a password alone opens nothing")
	}
	if weakness := d.rules.Check(plain, c.Name, c.Email); weakness != "" {
		return fault.InvalidField(op, "password", "is refused: %s", weakness)
	}
	hash, err := d.hasher.Hash(ctx, plain)
	if err != nil {
		return err
	}
	return d.store.ChangePassword(ctx, p, staff.Reset{PasswordHash: hash}, 0)
}

// newCode is an authenticator secret on its way: shown, and not yet proved.
type newCode struct{ Staff, Session, Secret string }

// OfferCode makes a new authenticator secret for p, to be shown, and the ticket
// with which its first code comes back. Errors: Forbidden.
func (d *Desk) OfferCode(ctx context.Context, p identity.Principal, token string) (password.TOTPSecret, string, error) {
	const op = "signin.OfferCode"
	if err := d.fresh(ctx, token); err != nil {
		return password.TOTPSecret{}, "", err
	}
	account, err := d.store.Account(ctx, p, d.House.Idle.Microseconds())
	if err != nil {
		return password.TOTPSecret{}, "", err
	}
	totp, err := password.NewTOTP("Kefu", account.Email)
	if err != nil {
		return totp, "", fault.Wrap(op, err)
	}
	t, err := d.Tickets.Issue(forNewCode, d.now().Add(ProofLife), newCode{p.ID, p.Session, totp.Secret})
	return totp, t, err
}

// TakeCode gives p the authenticator whose code proves that they have it. Errors:
// Invalid for a wrong code or a ticket that is over.
func (d *Desk) TakeCode(ctx context.Context, p identity.Principal, t, code string) error {
	const op = "signin.TakeCode"
	var n newCode
	if err := d.Tickets.Redeem(forNewCode, t, d.now(), &n); err != nil || n.Staff != p.ID || n.Session != p.Session {
		return fault.InvalidField(op, "ticket", "is over, or another's")
	}
	step, right, err := password.CheckTOTP(n.Secret, code, d.now(), 0)
	if err != nil {
		return err
	}
	if !right {
		return fault.InvalidField(op, "code", "is wrong")
	}
	return d.store.ChangePassword(ctx, p, staff.Reset{TOTPSecret: n.Secret}, step)
}
