package signin

import (
	"context"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/passkey"
)

// What tickets are for: a challenge of one step is none of another.
const (
	forSignIn    = "passkey sign-in"
	forNewKey    = "new passkey"
	forJoining   = "join by invitation"
	forNewCode   = "new authenticator"
	forRoundTrip = "directory round trip"
)

// asked is what a browser keeps, sealed, between a passkey's question and answer.
type asked struct {
	Ceremony passkey.Ceremony
	Staff    string `json:",omitempty"` // whose new key it will be
	Session  string `json:",omitempty"` // in which it was asked for
}

// AskPasskey is a question that any passkey of this house answers, and the ticket
// that comes back with the answer. Errors: *intake.LimitedError, Forbidden where
// there are no passkeys.
func (d *Desk) AskPasskey(_ context.Context, from From) (passkey.Question, string, error) {
	const op = "signin.AskPasskey"
	if d.Passkeys == nil {
		return passkey.Question{}, "", fault.New(fault.Forbidden, op, "there are no passkeys here")
	}
	if err := d.limitAddress(from.Address); err != nil {
		return passkey.Question{}, "", err
	}
	q, ceremony, err := d.Passkeys.Ask()
	if err != nil {
		return q, "", err
	}
	t, err := d.Tickets.Issue(forSignIn, d.now().Add(passkey.Life), asked{Ceremony: ceremony})
	return q, t, err
}

// SignInByPasskey checks an answer and opens a session. Every refusal is the same
// Unauthenticated and leaves a trace; an *intake.LimitedError after too many tries.
func (d *Desk) SignInByPasskey(ctx context.Context, t string, a passkey.Answer, from From) (Session, error) {
	c, used, once, err := d.takePasskey(ctx, t, a, from)
	if err != nil {
		return Session{}, err
	}
	return d.open(ctx, c.Member, staff.Session{Method: staff.ByPasskey, Once: once, Passkey: &used}, 0, from)
}

// takePasskey finds out whose passkey has signed.
func (d *Desk) takePasskey(ctx context.Context, t string, a passkey.Answer, from From) (staff.Credentials, staff.Passkey, staff.Once, error) {
	const op = "signin.takePasskey"
	var c staff.Credentials
	if d.Passkeys == nil {
		return c, staff.Passkey{}, staff.Once{}, fault.New(fault.Unauthenticated, op, "there are no passkeys here")
	}
	if err := d.limitAddress(from.Address); err != nil {
		return c, staff.Passkey{}, staff.Once{}, err
	}
	var q asked
	if err := d.Tickets.Redeem(forSignIn, t, d.now(), &q); err != nil {
		return c, staff.Passkey{}, staff.Once{}, err
	}
	_, key, err := d.Passkeys.Take(q.Ceremony, a, func(handle string) (passkey.Owner, error) {
		var err error
		if !id.Valid(handle) {
			return passkey.Owner{}, fault.New(fault.NotFound, op, "nobody has that handle")
		}
		c, err = d.store.PasskeyOwner(ctx, handle)
		return ownerOf(c.Member, c.Passkeys), err
	})
	if err == nil && c.DisabledAt != 0 {
		err = fault.New(fault.Unauthenticated, op, "the account is disabled")
	}
	if err != nil {
		if fault.Is(err, fault.Unauthenticated) {
			if failed := d.store.PasskeyRefused(ctx, c.ID); failed != nil {
				return c, staff.Passkey{}, staff.Once{}, failed
			}
		}
		return c, staff.Passkey{}, staff.Once{}, err
	}
	for _, k := range c.Passkeys {
		if k.Credential == key.ID {
			k.SignCount, k.BackedUp = key.SignCount, key.BackedUp
			return c, k, d.onceOf(q.Ceremony), nil
		}
	}
	return c, staff.Passkey{}, staff.Once{}, fault.New(fault.Unauthenticated, op, "the passkey is gone")
}

// onceOf is what a ceremony uses up; no ticket of one lives longer.
func (d *Desk) onceOf(c passkey.Ceremony) staff.Once {
	return staff.Once{Digest: digestOf(c.Challenge), Until: d.now().Add(joinLife).UnixMicro()}
}

func ownerOf(m staff.Member, keys []staff.Passkey) passkey.Owner {
	o := passkey.Owner{Handle: m.ID, Account: m.Email, Name: m.Name}
	for _, k := range keys {
		o.Keys = append(o.Keys, passkey.Key{
			ID: k.Credential, PublicKey: k.PublicKey, SignCount: k.SignCount, BackupEligible: k.BackupEligible,
			BackedUp: k.BackedUp, Model: k.Model, Transports: k.Transports,
		})
	}
	return o
}

// AskNewPasskey asks p's browser to make a passkey. p has proved lately who they
// are. Errors: Forbidden.
func (d *Desk) AskNewPasskey(ctx context.Context, p identity.Principal, token string) (passkey.Question, string, error) {
	if err := d.fresh(ctx, token); err != nil {
		return passkey.Question{}, "", err
	}
	account, err := d.store.Account(ctx, p, d.House.Idle.Microseconds())
	if err != nil {
		return passkey.Question{}, "", err
	}
	return d.askNew(forNewKey, ownerOf(account.Member, account.Passkeys), p.Session)
}

func (d *Desk) askNew(purpose string, o passkey.Owner, session string) (passkey.Question, string, error) {
	if d.Passkeys == nil {
		return passkey.Question{}, "", fault.New(fault.Forbidden, "signin.askNew", "there are no passkeys here")
	}
	q, ceremony, err := d.Passkeys.AskForNew(o)
	if err != nil {
		return q, "", err
	}
	t, err := d.Tickets.Issue(purpose, d.now().Add(passkey.Life), asked{Ceremony: ceremony, Staff: o.Handle, Session: session})
	return q, t, err
}

// AddPasskey gives p the passkey that their browser made. Errors: Invalid,
// Forbidden, Conflict, Unauthenticated for a ticket that is over or was used.
func (d *Desk) AddPasskey(ctx context.Context, p identity.Principal, t, name string, a passkey.Answer) error {
	const op = "signin.AddPasskey"
	var q asked
	if err := d.Tickets.Redeem(forNewKey, t, d.now(), &q); err != nil {
		return fault.InvalidField(op, "ticket", "is over")
	}
	if q.Staff != p.ID || q.Session != p.Session {
		return fault.InvalidField(op, "ticket", "is another's")
	}
	account, err := d.store.Account(ctx, p, d.House.Idle.Microseconds())
	if err != nil {
		return err
	}
	key, err := d.takeNew(q, ownerOf(account.Member, account.Passkeys), name, a)
	if err != nil {
		return err
	}
	return d.store.AddPasskey(ctx, p, key, d.onceOf(q.Ceremony))
}

func (d *Desk) takeNew(q asked, o passkey.Owner, name string, a passkey.Answer) (staff.Passkey, error) {
	if err := conversation.CheckLine("name", name, staff.MaxPasskeyName); err != nil {
		return staff.Passkey{}, err
	}
	key, err := d.Passkeys.TakeNew(o, q.Ceremony, a)
	if err != nil {
		return staff.Passkey{}, err
	}
	return staff.Passkey{
		ID: id.New(), StaffID: o.Handle, Credential: key.ID, Name: d.Clean(name), PublicKey: key.PublicKey, SignCount: key.SignCount,
		BackupEligible: key.BackupEligible, BackedUp: key.BackedUp, Model: key.Model, Transports: key.Transports,
	}, nil
}
