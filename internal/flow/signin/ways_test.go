package signin_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/passkey"
	"kefu/internal/platform/passkey/passkeytest"
	"kefu/internal/platform/ticket"
)

const home = "https://desk.example.org"

func here() signin.From {
	return signin.From{Address: "192.0.2.1", Place: staff.Place{Device: "Firefox · Linux", Network: "192.0.2.0/24"}}
}

// openWays opens an office with every way in.
func openWays(t *testing.T, change func(*signin.Ways)) *office {
	t.Helper()
	o := openOffice(t, wideDesk())
	keys, err := passkey.New(home)
	o.must(err)
	tickets, err := ticket.New(bytes.Repeat([]byte{9}, ticket.KeySize))
	o.must(err)
	ways := signin.Ways{
		House: signin.HouseOf(config.Default().Staff), Passkeys: keys, Tickets: tickets, PublicURL: home + "/",
		Clean: func(name string) string { return strings.ReplaceAll(name, "4111111111111111", "‹pan›") },
	}
	if change != nil {
		change(&ways)
	}
	o.desk.Open(ways)
	return o
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) code(secret string) string {
	o.t.Helper()
	code, err := totp.GenerateCode(secret, o.d.Clock.Now())
	o.must(err)
	return code
}

// gets a passkey for whoever a session is of.
func (o *office) addKey(s signin.Session, name string) *passkeytest.Device {
	o.t.Helper()
	device := passkeytest.New(home)
	q, t, err := o.desk.AskNewPasskey(o.t.Context(), s.Principal, s.Token)
	o.must(err)
	o.must(o.desk.AddPasskey(o.t.Context(), s.Principal, t, name, device.Register(q)))
	return device
}

func (o *office) byKey(d *passkeytest.Device, handle string) (signin.Session, error) {
	o.t.Helper()
	q, t, err := o.desk.AskPasskey(o.t.Context(), here())
	o.must(err)
	return o.desk.SignInByPasskey(o.t.Context(), t, d.Sign(q, handle), here())
}

func (o *office) account(s signin.Session) signin.Account {
	o.t.Helper()
	a, err := o.desk.Account(o.t.Context(), s.Principal, s.Token)
	o.must(err)
	return a
}

func TestAPasskeyIsAddedUsedAndRemoved(t *testing.T) {
	o := openWays(t, nil)
	first := o.in(o.entry())
	device := o.addKey(first, "work laptop 4111111111111111")
	a := o.account(first)
	if len(a.Passkeys) != 1 || a.Passkeys[0].Name != "work laptop ‹pan›" || a.Passkeys[0].UsedAt != 0 || !a.HasPassword {
		t.Fatalf("%+v", a)
	}
	o.d.Clock.Move(time.Minute)
	s, err := o.byKey(device, o.mei.ID)
	o.must(err)
	if s.Principal.Role != identity.Agent || s.Principal.Name != "Mei" {
		t.Errorf("%+v", s.Principal)
	}
	a = o.account(s)
	if a.Passkeys[0].UsedAt == 0 || len(a.Sessions) != 2 || a.Sessions[0].Method != staff.ByPasskey || a.Sessions[0].Place.Device != "Firefox · Linux" {
		t.Errorf("%+v", a)
	}
	o.must(o.p.RemovePasskey(t.Context(), s.Principal, a.Passkeys[0].ID))
	if o.alive(first.Token) {
		t.Error("removing a key left other sessions open")
	}
	if _, err := o.byKey(device, o.mei.ID); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a removed key: %v", err)
	}
	if !o.alive(s.Token) {
		t.Error("the session that removed it ended")
	}
}

func TestAChallengeIsAnsweredOnce(t *testing.T) {
	o := openWays(t, nil)
	device := o.addKey(o.in(o.entry()), "key")
	q, ticketText, err := o.desk.AskPasskey(t.Context(), here())
	o.must(err)
	answer := device.Sign(q, o.mei.ID)
	_, err = o.desk.SignInByPasskey(t.Context(), ticketText, answer, here())
	o.must(err)
	if _, err := o.desk.SignInByPasskey(t.Context(), ticketText, answer, here()); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a replay: %v", err)
	}
	if _, err := o.desk.SignInByPasskey(t.Context(), ticketText, device.Sign(q, o.mei.ID), here()); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a second answer to a question: %v", err)
	}
	q, ticketText, err = o.desk.AskPasskey(t.Context(), here())
	o.must(err)
	o.d.Clock.Move(passkey.Life + time.Second)
	if _, err := o.desk.SignInByPasskey(t.Context(), ticketText, device.Sign(q, o.mei.ID), here()); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("too late: %v", err)
	}
}

func TestAnotherSessionsQuestionForAKeyIsRefused(t *testing.T) {
	o := openWays(t, nil)
	one, two := o.in(o.entry()), o.in(o.later())
	q, ticketText, err := o.desk.AskNewPasskey(t.Context(), one.Principal, one.Token)
	o.must(err)
	answer := passkeytest.New(home).Register(q)
	if err := o.desk.AddPasskey(t.Context(), two.Principal, ticketText, "x", answer); !fault.Is(err, fault.Invalid) {
		t.Errorf("another session: %v", err)
	}
	o.must(o.desk.AddPasskey(t.Context(), one.Principal, ticketText, "x", answer))
	if err := o.desk.AddPasskey(t.Context(), one.Principal, ticketText, "y", answer); err == nil {
		t.Error("the same key was added twice")
	}
}

func TestADisabledMembersKeyOpensNothing(t *testing.T) {
	o := openWays(t, nil)
	device := o.addKey(o.in(o.entry()), "key")
	yes := true
	o.must(o.p.ChangeStaff(t.Context(), identity.SystemPart("test"), o.mei.ID, staff.Change{Disabled: &yes}))
	if _, err := o.byKey(device, o.mei.ID); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("%v", err)
	}
	records := o.actions()
	if !strings.Contains(records, "staff.passkey_refused") {
		t.Errorf("it left no trace: %s", records)
	}
}

// actions are those of the audit chain, in order.
func (o *office) actions() string {
	o.t.Helper()
	var all []string
	for record, err := range o.p.AuditEntries(o.t.Context(), identity.SystemPart("test")) {
		o.must(err)
		all = append(all, record.Action)
	}
	return strings.Join(all, " ")
}

func TestWhoWantsPasskeysAloneHasNoUseForAPassword(t *testing.T) {
	o := openWays(t, nil)
	s := o.in(o.entry())
	if err := o.p.SetPasskeyOnly(t.Context(), s.Principal, true); !fault.Is(err, fault.Conflict) {
		t.Errorf("without a key: %v", err)
	}
	device := o.addKey(s, "key")
	o.must(o.p.SetPasskeyOnly(t.Context(), s.Principal, true))
	if _, err := o.desk.SignIn(t.Context(), o.later()); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a password still works: %v", err)
	}
	if err := o.p.RemovePasskey(t.Context(), s.Principal, o.account(s).Passkeys[0].ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("the last way in was removed: %v", err)
	}
	s, err := o.byKey(device, o.mei.ID)
	o.must(err)
	o.must(o.p.SetPasskeyOnly(t.Context(), s.Principal, false))
	o.in(o.later())
}

// A house may want passkeys of a role. Who has none yet comes in by a password, may
// do nothing but add one, and is let on with it.
func TestAHouseThatWantsPasskeys(t *testing.T) {
	o := openWays(t, func(w *signin.Ways) { w.House.PasskeyRoles = []identity.Role{identity.Agent} })
	s := o.in(o.entry())
	p, _, err := o.desk.Resolve(t.Context(), s.Token)
	if err != nil || p.Role != "" || s.Principal.Role != "" {
		t.Fatalf("%+v %+v %v", p, s.Principal, err)
	}
	if a := o.account(s); !a.PasskeyRequired || a.Role != identity.Agent {
		t.Errorf("%+v", a)
	}
	o.addKey(s, "key")
	if p, _, err = o.desk.Resolve(t.Context(), s.Token); err != nil || p.Role != identity.Agent {
		t.Errorf("with a key: %+v %v", p, err)
	}
	if _, err := o.desk.SignIn(t.Context(), o.later()); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the password goes on working: %v", err)
	}
}

func TestAHouseWithoutPasswords(t *testing.T) {
	o := openWays(t, nil)
	device := o.addKey(o.in(o.entry()), "key")
	ways := o.desk.Ways
	ways.House.Passwords = false
	o.desk.Open(ways)
	if _, err := o.desk.SignIn(t.Context(), o.later()); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("%v", err)
	}
	_, err := o.byKey(device, o.mei.ID)
	o.must(err)
}

// What a session that was left open on a table could be used for asks for a proof.
func TestChangingTheSignInNeedsAFreshProof(t *testing.T) {
	o := openWays(t, nil)
	s := o.in(o.entry())
	device := o.addKey(s, "key")
	o.d.Clock.Move(signin.ProofLife + time.Second)
	stale := map[string]func() error{
		"a passkey": func() error {
			_, _, err := o.desk.AskNewPasskey(t.Context(), s.Principal, s.Token)
			return err
		},
		"a password": func() error { return o.desk.SetPassword(t.Context(), s.Principal, s.Token, "meadow-9-violin-quartz") },
		"a code": func() error {
			_, _, err := o.desk.OfferCode(t.Context(), s.Principal, s.Token)
			return err
		},
		"the rest": func() error { return o.desk.Fresh(t.Context(), s.Token) },
	}
	for name, try := range stale {
		if err := try(); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := o.desk.Prove(t.Context(), s.Principal, "wrong", o.code(o.mei.TOTP.Secret), here()); !fault.Is(err, fault.Invalid) {
		t.Errorf("a wrong proof: %v", err)
	}
	o.must(o.desk.Prove(t.Context(), s.Principal, rightPassword, o.code(o.mei.TOTP.Secret), here()))
	for name, try := range stale {
		if err := try(); err != nil {
			t.Errorf("%s after a proof: %v", name, err)
		}
	}
	o.d.Clock.Move(signin.ProofLife + time.Second)
	q, ticketText, err := o.desk.AskPasskey(t.Context(), here())
	o.must(err)
	o.must(o.desk.ProveByPasskey(t.Context(), s.Principal, ticketText, device.Sign(q, o.mei.ID), here()))
	o.must(o.desk.Fresh(t.Context(), s.Token))
}

func TestAnotherPersonsPasskeyProvesNothing(t *testing.T) {
	o := openWays(t, nil)
	s := o.in(o.entry())
	other, device := o.join(staff.InviteMember, "bo@kefu.test")
	q, ticketText, err := o.desk.AskPasskey(t.Context(), here())
	o.must(err)
	if err := o.desk.ProveByPasskey(t.Context(), s.Principal, ticketText, device.Sign(q, other.Principal.ID), here()); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
}

func TestPasswordAndCodeAreReplaced(t *testing.T) {
	o := openWays(t, nil)
	other, s := o.in(o.entry()), o.in(o.later())
	const next = "meadow-9-violin-quartz"
	if err := o.desk.SetPassword(t.Context(), s.Principal, s.Token, "password1234"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a common one: %v", err)
	}
	o.must(o.desk.SetPassword(t.Context(), s.Principal, s.Token, next))
	if o.alive(other.Token) || !o.alive(s.Token) {
		t.Error("a new password must end the other sessions, and leave this one")
	}
	offer, ticketText, err := o.desk.OfferCode(t.Context(), s.Principal, s.Token)
	o.must(err)
	if err := o.desk.TakeCode(t.Context(), s.Principal, ticketText, "000000"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a wrong code: %v", err)
	}
	o.must(o.desk.TakeCode(t.Context(), s.Principal, ticketText, o.code(offer.Secret)))
	o.d.Clock.Move(31 * time.Second)
	old := o.entry()
	old.Password = next
	if _, err := o.desk.SignIn(t.Context(), old); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the old code works: %v", err)
	}
	old.Code = o.code(offer.Secret)
	o.in(old)
}
