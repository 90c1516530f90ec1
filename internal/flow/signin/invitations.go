package signin

import (
	"context"
	"strings"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/passkey"
	"kefu/internal/platform/password"
	"kefu/internal/platform/secret"
)

// Link is an invitation that was just made. Its address is shown once: the token
// stands behind the #, which no browser sends to a server.
type Link struct {
	ID        string
	URL       string
	ExpiresAt int64
}

// Invite makes a link by which somebody joins: under the e-mail of i, in its role,
// with its duties. Errors: Forbidden, Invalid, Conflict when the address is taken.
func (d *Desk) Invite(ctx context.Context, p identity.Principal, i staff.Invitation) (Link, error) {
	email, err := checkEmail(i.Email)
	if err != nil {
		return Link{}, err
	}
	return d.invite(ctx, p, staff.Invitation{Kind: staff.InviteMember, Email: email, Role: i.Role, Duties: i.Duties})
}

// InviteBack makes a link by which a member of staff replaces every way in that
// they had. Until it is used, nothing changes. Errors: Forbidden, NotFound, Conflict
// for who is disabled.
func (d *Desk) InviteBack(ctx context.Context, p identity.Principal, staffID string) (Link, error) {
	if staffID == p.ID {
		return Link{}, fault.New(fault.Forbidden, "signin.InviteBack", "one's own sign-in is changed in the account")
	}
	return d.invite(ctx, p, staff.Invitation{Kind: staff.ResetMember, StaffID: staffID})
}

// InviteFirstOwner makes the link by which whoever set Kefu up becomes its owner.
// Errors: Conflict when somebody works here already.
func (d *Desk) InviteFirstOwner(ctx context.Context, p identity.Principal) (Link, error) {
	return d.invite(ctx, p, staff.Invitation{Kind: staff.FirstOwner})
}

func (d *Desk) invite(ctx context.Context, p identity.Principal, i staff.Invitation) (Link, error) {
	token := secret.Token()
	i.ID, i.Digest = id.New(), digestOf(token)
	if err := d.store.Invite(ctx, p, i); err != nil {
		return Link{}, err
	}
	return Link{
		ID: i.ID, URL: strings.TrimSuffix(d.PublicURL, "/") + "/desk/#invitation=" + token, ExpiresAt: d.now().Add(i.Kind.Life()).UnixMicro(),
	}, nil
}

// Welcome is what the page of an invitation shows and needs.
type Welcome struct {
	staff.Invitation
	TOTP      password.TOTPSecret
	Question  *passkey.Question // nil where there are no passkeys
	Passwords bool
	Ticket    string // comes back with the answers
}

// joining is what a browser keeps, sealed, while somebody joins.
type joining struct {
	Digest string // of the invitation's token
	Staff  string // the id that somebody new will have
	Secret string // of their authenticator
	Asked  asked
}

// joinLife is how long somebody may take to fill in the page of an invitation.
const joinLife = 30 * time.Minute

// Welcome looks at an invitation, which uses nothing up. email is what a first
// owner says; nobody else is asked. Errors: NotFound, *intake.LimitedError.
func (d *Desk) Welcome(ctx context.Context, token string, from From) (Welcome, error) {
	const op = "signin.Welcome"
	if err := d.limitAddress(from.Address); err != nil {
		return Welcome{}, err
	}
	i, err := d.store.InvitationBy(ctx, digestOf(token))
	if err != nil {
		return Welcome{}, err
	}
	w := Welcome{Invitation: i, Passwords: d.House.Passwords}
	kept := joining{Digest: i.Digest, Staff: i.StaffID}
	if kept.Staff == "" {
		kept.Staff = id.New()
	}
	account := i.Email
	if account == "" {
		account = "owner"
	}
	if w.TOTP, err = password.NewTOTP("Kefu", account); err != nil {
		return Welcome{}, fault.Wrap(op, err)
	}
	kept.Secret = w.TOTP.Secret
	if d.Passkeys != nil {
		q, ceremony, err := d.Passkeys.AskForNew(passkey.Owner{Handle: kept.Staff, Account: account, Name: account})
		if err != nil {
			return Welcome{}, err
		}
		w.Question, kept.Asked = &q, asked{Ceremony: ceremony, Staff: kept.Staff}
		w.Question.TimeoutMS = joinLife.Milliseconds()
	}
	w.Digest = ""
	w.Ticket, err = d.Tickets.Issue(forJoining, d.now().Add(joinLife), kept)
	return w, err
}

// Join is what somebody answers an invitation with.
type Join struct {
	Token, Ticket      string
	Email, Name, Alias string // a first owner says all three; who comes back says none
	Password, Code     string // either both
	PasskeyName        string
	Passkey            *passkey.Answer // or this, or all
	From
}

// Join makes somebody a member of staff, or lets them in again, and opens a session.
// Errors: NotFound for an invitation that is not open, Invalid, Conflict; Forbidden
// for who has joined and waits for a second person to agree.
func (d *Desk) Join(ctx context.Context, j Join) (Session, error) {
	const op = "signin.Join"
	if err := d.limitAddress(j.Address); err != nil {
		return Session{}, err
	}
	i, err := d.store.InvitationBy(ctx, digestOf(j.Token))
	if err != nil {
		return Session{}, err
	}
	var kept joining
	if err := d.Tickets.Redeem(forJoining, j.Ticket, d.now(), &kept); err != nil || kept.Digest != i.Digest {
		return Session{}, fault.InvalidField(op, "ticket", "is over, or of another invitation")
	}
	made := staff.Joining{Member: staff.Member{ID: kept.Staff, Email: i.Email, Name: i.Name, Alias: i.Alias}}
	if i.Kind != staff.ResetMember {
		if err := checkNames(j.Name, j.Alias); err != nil {
			return Session{}, err
		}
		made.Name, made.Alias = d.Clean(j.Name), d.Clean(j.Alias)
	}
	if i.Kind == staff.FirstOwner {
		if made.Email, err = checkEmail(j.Email); err != nil {
			return Session{}, err
		}
	}
	like := staff.Session{}
	if like, err = d.waysIn(ctx, j, kept, &made); err != nil {
		return Session{}, err
	}
	session, token, expires := d.newSession(like, j.From)
	made.Session = session
	member, err := d.store.Join(ctx, i.Digest, made)
	if err != nil {
		return Session{}, err
	}
	if member.DisabledAt != 0 {
		return Session{}, fault.New(fault.Forbidden, op, "a second person has to agree first")
	}
	return Session{Principal: d.admit(principalOf(member, session), session), Token: token, ExpiresAt: expires}, nil
}

// waysIn checks what somebody who joins will sign in with.
func (d *Desk) waysIn(ctx context.Context, j Join, kept joining, made *staff.Joining) (staff.Session, error) {
	const op = "signin.waysIn"
	session := staff.Session{Method: staff.ByPassword}
	if j.Passkey != nil && d.Passkeys != nil {
		key, err := d.takeNew(kept.Asked, ownerOf(staff.Member{ID: kept.Staff, Email: made.Email, Name: made.Name}, nil), j.PasskeyName, *j.Passkey)
		if err != nil {
			return session, err
		}
		made.Passkey = &key
		session.Method, session.Once = staff.ByPasskey, d.onceOf(kept.Asked.Ceremony)
	}
	if j.Password == "" || !d.House.Passwords {
		if made.Passkey == nil {
			return session, fault.InvalidField(op, "password", "is missing, and a passkey too")
		}
		return session, nil
	}
	if weakness := d.rules.Check(j.Password, made.Name, made.Email); weakness != "" {
		return session, fault.InvalidField(op, "password", "is refused: %s", weakness)
	}
	step, right, err := password.CheckTOTP(kept.Secret, j.Code, d.now(), 0)
	if err != nil {
		return session, err
	}
	if !right {
		return session, fault.InvalidField(op, "code", "is wrong")
	}
	if made.PasswordHash, err = d.hasher.Hash(ctx, j.Password); err != nil {
		return session, err
	}
	made.TOTPSecret, made.TOTPStep = kept.Secret, step
	return session, nil
}
