package signin_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"golang.org/x/crypto/argon2"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/password"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

const rightPassword = "quartz-violin-9-meadow"

// office is a desk over the real store, with one member of staff.
type office struct {
	t      *testing.T
	d      *storagetest.Deployment
	p      *storagetest.Process
	desk   *signin.Desk
	failed *atomic.Int64 // how often a failure was noted
	mei    signin.Enrolled

	keepsHash atomic.Bool // no hash can be renewed
}

// counting is the real store, which counts one thing and can be made to fail in
// another.
type counting struct {
	*storagetest.Process
	failed    *atomic.Int64
	keepsHash *atomic.Bool
}

func (c counting) RenewHash(ctx context.Context, staffID, was, hash string) error {
	if c.keepsHash.Load() {
		return fault.New(fault.Unavailable, "test", "busy")
	}
	return c.Process.RenewHash(ctx, staffID, was, hash)
}

func (c counting) SignInFailed(ctx context.Context, staffID, network string) error {
	c.failed.Add(1)
	return c.Process.SignInFailed(ctx, staffID, network)
}

func wideDesk() signin.DeskLimits {
	many := ratelimit.Limit{Burst: 10_000, Per: time.Second}
	return signin.DeskLimits{Account: many, Address: many, Keys: 1000}
}

func openOffice(t *testing.T, limits signin.DeskLimits) *office {
	t.Helper()
	o := &office{t: t, d: storagetest.New(t, engine.SQLite), failed: new(atomic.Int64)}
	o.p = o.d.Open(t)
	o.desk = signin.NewDesk(counting{o.p, o.failed, &o.keepsHash}, password.NewHasher(0), limits, o.d.Clock.Now, slog.New(slog.DiscardHandler))
	var err error
	o.mei, err = o.desk.Enrol(t.Context(), identity.SystemPart("test"), signin.NewMember{
		Email: "Mei@Kefu.test ", Name: "Mei Chen", Alias: "Mei", Password: rightPassword, Role: identity.Agent,
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// entry is what Mei signs in with now.
func (o *office) entry() signin.Entry {
	o.t.Helper()
	code, err := totp.GenerateCode(o.mei.TOTP.Secret, o.d.Clock.Now())
	if err != nil {
		o.t.Fatal(err)
	}
	return signin.Entry{Email: "mei@kefu.test", Password: rightPassword, Code: code, From: signin.From{Address: "192.0.2.1"}}
}

// later waits until the next code.
func (o *office) later() signin.Entry {
	o.d.Clock.Move(31 * time.Second)
	return o.entry()
}

func (o *office) in(e signin.Entry) signin.Session {
	o.t.Helper()
	s, err := o.desk.SignIn(o.t.Context(), e)
	if err != nil {
		o.t.Fatal(err)
	}
	return s
}

func (o *office) alive(token string) bool {
	o.t.Helper()
	p, _, err := o.desk.Resolve(o.t.Context(), token)
	if err != nil && !fault.Is(err, fault.Unauthenticated) {
		o.t.Errorf("err = %v", err)
	}
	return err == nil && p.ID == o.mei.ID
}

func TestASignInOpensASession(t *testing.T) {
	o := openOffice(t, wideDesk())
	e := o.entry()
	e.Email = " MEI@kefu.test"
	e.Code = e.Code[:3] + " " + e.Code[3:]
	s := o.in(e)
	want := identity.Principal{Kind: identity.Staff, ID: o.mei.ID, Name: "Mei", Role: identity.Agent, Session: s.Principal.Session}
	if s.Principal != want || s.Principal.Session == "" || !s.ExpiresAt.Equal(o.d.Clock.Now().Add(signin.SessionLife)) {
		t.Errorf("opened %+v", s)
	}
	p, until, err := o.desk.Resolve(t.Context(), s.Token)
	if err != nil || p != want || !until.Equal(s.ExpiresAt) {
		t.Errorf("resolved %+v until %v, err = %v", p, until, err)
	}
	for name, token := range map[string]string{"": "", "cut": s.Token[:len(s.Token)-1], "longer": s.Token + "A", "the session's name": s.Principal.Session} {
		if o.alive(token) {
			t.Errorf("a token that is none (%s) resolves", name)
		}
	}
	var stored int
	o.d.Scan(t, "SELECT COUNT(*) FROM staff_session WHERE digest LIKE '%"+s.Token+"%'", &stored)
	if stored != 0 {
		t.Error("the token is stored as it is")
	}
}

// Whatever is wrong, the answer is the same, and so is the work.
func TestEveryRefusalIsTheSame(t *testing.T) {
	o := openOffice(t, wideDesk())
	texts := map[string]bool{}
	for name, change := range map[string]func(*signin.Entry){
		"password":          func(e *signin.Entry) { e.Password = "correct horse batterx" },
		"no password":       func(e *signin.Entry) { e.Password = "" },
		"a long password":   func(e *signin.Entry) { e.Password = strings.Repeat("x", 100_000) },
		"code":              func(e *signin.Entry) { e.Code = "000000" },
		"no code":           func(e *signin.Entry) { e.Code = "" },
		"both":              func(e *signin.Entry) { e.Code, e.Password = "000000", "x" },
		"account":           func(e *signin.Entry) { e.Email = "nobody@kefu.test" },
		"no account":        func(e *signin.Entry) { e.Email = "" },
		"a long account":    func(e *signin.Entry) { e.Email = strings.Repeat("x", 100_000) },
		"U+0000 in account": func(e *signin.Entry) { e.Email = "mei@kefu.test\x00" },
		"broken account":    func(e *signin.Entry) { e.Email = "\xff@kefu.test" },
		"an old code":       func(e *signin.Entry) { o.d.Clock.Move(2 * time.Minute) },
	} {
		before := o.failed.Load()
		e := o.entry()
		change(&e)
		s, err := o.desk.SignIn(t.Context(), e)
		if !fault.Is(err, fault.Unauthenticated) || s.Token != "" {
			t.Errorf("wrong %s: %+v, err = %v", name, s, err)
			continue
		}
		texts[err.Error()] = true
		if o.failed.Load() != before+1 {
			t.Errorf("wrong %s: the failure is noted %d times", name, o.failed.Load()-before)
		}
	}
	if len(texts) != 1 {
		t.Errorf("the answers differ: %v", texts)
	}
}

func TestACodeWorksOnce(t *testing.T) {
	o := openOffice(t, wideDesk())
	e := o.entry()
	o.in(e)
	if _, err := o.desk.SignIn(t.Context(), e); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the same code again: err = %v", err)
	}
	e = o.later()
	var opened atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, err := o.desk.SignIn(context.Background(), e)
			if err == nil {
				opened.Add(1)
			} else if !fault.Is(err, fault.Unauthenticated) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if opened.Load() != 1 {
		t.Errorf("one code opened %d sessions at once", opened.Load())
	}
	older, err := totp.GenerateCode(o.mei.TOTP.Secret, o.d.Clock.Now().Add(-30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	e.Code = older
	if _, err := o.desk.SignIn(t.Context(), e); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("an older code after a newer: err = %v", err)
	}
}

// Parallel wrong tries are counted one by one, and what locks is time.
func TestTheLock(t *testing.T) {
	o := openOffice(t, wideDesk())
	wrong := o.entry()
	wrong.Password = "wrong"
	fail := func(n int) {
		var all sync.WaitGroup
		for range n {
			all.Go(func() {
				if _, err := o.desk.SignIn(context.Background(), wrong); !fault.Is(err, fault.Unauthenticated) {
					t.Errorf("err = %v", err)
				}
			})
		}
		all.Wait()
	}
	for range 9 {
		if err := o.p.SignInFailed(t.Context(), o.mei.ID, "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
	}
	o.in(o.later()) // a right one begins the count anew
	fail(9)
	var failures, locked int64
	o.d.Scan(t, "SELECT failures, locked_until FROM staff_network", &failures, &locked)
	if failures != 9 || locked != 0 {
		t.Errorf("after nine at once: %d failures, locked until %d", failures, locked)
	}
	fail(2)
	begin := o.d.Clock.Now()
	if _, err := o.desk.SignIn(t.Context(), o.later()); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a right sign-in to a locked account: err = %v", err)
	}
	o.d.Clock.Move(10 * time.Minute)
	fail(2) // prolongs nothing
	o.d.Clock.Move(begin.Add(15*time.Minute - time.Second).Sub(o.d.Clock.Now()))
	if _, err := o.desk.SignIn(t.Context(), o.entry()); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a second before the lock ends: err = %v", err)
	}
	o.d.Clock.Move(2 * time.Second)
	o.in(o.later())
}

// Whoever guesses locks out strangers, and nobody who has signed in from where
// they are.
func TestAStrangerLocksNobodyOut(t *testing.T) {
	o := openOffice(t, wideDesk())
	o.in(o.entry()) // from 192.0.2.1
	guess := o.entry()
	guess.Password = "wrong"
	for i := range 40 {
		guess.Address = "198.51.100." + string(rune('a'+i%8))
		if _, err := o.desk.SignIn(t.Context(), guess); !fault.Is(err, fault.Unauthenticated) {
			t.Fatal(err)
		}
	}
	elsewhere := o.later()
	elsewhere.Address = "203.0.113.9"
	if _, err := o.desk.SignIn(t.Context(), elsewhere); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("guessing is not bounded: a stranger is let in: %v", err)
	}
	o.in(o.entry())
	// The other way round: a lock where Mei works is for there alone.
	o.d.Clock.Move(16 * time.Minute)
	wrong := o.entry()
	wrong.Password = "wrong"
	for range 10 {
		if _, err := o.desk.SignIn(t.Context(), wrong); !fault.Is(err, fault.Unauthenticated) {
			t.Fatal(err)
		}
	}
	if _, err := o.desk.SignIn(t.Context(), o.entry()); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a known network is never locked: %v", err)
	}
	elsewhere = o.entry()
	elsewhere.Address = "203.0.113.9"
	o.in(elsewhere)
	// What was known is forgotten.
	o.d.Clock.Move(40 * 24 * time.Hour)
	if _, err := o.p.Purge(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	var known int
	if o.d.Scan(t, "SELECT COUNT(*) FROM staff_network", &known); known != 0 {
		t.Errorf("%d networks are known for ever", known)
	}
}

// A right password and code that open nothing are somebody who knows both.
func TestARightSignInToAClosedAccountLeavesATrace(t *testing.T) {
	o := openOffice(t, wideDesk())
	recorded := func() int64 { return o.failed.Load() }
	disabled := true
	if err := o.p.ChangeStaff(t.Context(), identity.SystemPart("test"), o.mei.ID, staff.Change{Disabled: &disabled}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.desk.SignIn(t.Context(), o.later()); !fault.Is(err, fault.Unauthenticated) || recorded() != 1 {
		t.Errorf("a disabled account: err = %v, %d failures recorded", err, recorded())
	}
	disabled = false
	if err := o.p.ChangeStaff(t.Context(), identity.SystemPart("test"), o.mei.ID, staff.Change{Disabled: &disabled}); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if err := o.p.SignInFailed(t.Context(), o.mei.ID, ""); err != nil {
			t.Fatal(err)
		}
	}
	before := recorded()
	if _, err := o.desk.SignIn(t.Context(), o.later()); !fault.Is(err, fault.Unauthenticated) || recorded() != before+1 {
		t.Errorf("a locked account: err = %v, %d failures recorded", err, recorded()-before)
	}
}

// A hash of another cost is made anew by who knows its password.
func TestAnOldHashIsRenewed(t *testing.T) {
	o := openOffice(t, wideDesk())
	salt := []byte("sixteen bytes ok")
	cheap := fmt.Sprintf("$argon2id$v=19$m=8192,t=1,p=1$%s$%s", base64.RawStdEncoding.EncodeToString(salt),
		base64.RawStdEncoding.EncodeToString(argon2.IDKey([]byte(rightPassword), salt, 1, 8192, 1, 32)))
	if _, err := o.d.SQL(t).Exec("UPDATE staff SET password_hash = $1", cheap); err != nil {
		t.Fatal(err)
	}
	stored := func() string {
		var hash string
		o.d.Scan(t, "SELECT password_hash FROM staff", &hash)
		return hash
	}
	wrong := o.later()
	wrong.Code = "000000"
	if _, err := o.desk.SignIn(t.Context(), wrong); !fault.Is(err, fault.Unauthenticated) || stored() != cheap {
		t.Errorf("a wrong sign-in renewed the hash: %v", err)
	}
	o.keepsHash.Store(true)
	if s := o.in(o.later()); !o.alive(s.Token) || stored() != cheap {
		t.Error("a sign-in whose hash cannot be renewed opens nothing")
	}
	o.keepsHash.Store(false)
	o.in(o.later())
	renewed := stored()
	if renewed == cheap || !strings.Contains(renewed, "m=19456,t=2") {
		t.Fatalf("the hash is %q", renewed)
	}
	o.in(o.later())
	if stored() != renewed {
		t.Error("a hash of today's cost was made anew")
	}
}

func TestSignInsAreLimited(t *testing.T) {
	limits := signin.DeskLimits{Account: ratelimit.Limit{Burst: 2, Per: 10 * time.Minute}, Address: ratelimit.Limit{Burst: 3, Per: 10 * time.Minute}, Keys: 100}
	var told []string
	limits.Limited = func(limit string) { told = append(told, limit) }
	o := openOffice(t, limits)
	try := func(account, address string) error {
		_, err := o.desk.SignIn(t.Context(), signin.Entry{Email: account, Password: "x", Code: "1", From: signin.From{Address: address}})
		return err
	}
	limited := func(err error) time.Duration {
		var l *intake.LimitedError
		if !errors.As(err, &l) || !fault.Is(err, fault.TooMany) {
			return 0
		}
		return l.RetryAfter
	}
	for i, account := range []string{"a@x", "b@x", "c@x"} {
		if err := try(account, "1"); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("try %d: err = %v", i, err)
		}
	}
	noted := o.failed.Load()
	for range 5 { // of one address that tries too often, an account loses nothing
		if wait := limited(try("mei@kefu.test", "1")); wait <= 0 || wait > 10*time.Minute/3 {
			t.Errorf("wait = %v", wait)
		}
	}
	if o.failed.Load() != noted {
		t.Error("a limited try was looked at")
	}
	for range 2 {
		if err := try("MEI@kefu.test", "2"); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("err = %v", err)
		}
	}
	if wait := limited(try("mei@kefu.test", "2")); wait <= 0 || wait > 5*time.Minute {
		t.Errorf("wait = %v", wait)
	}
	if err := try("mei@kefu.test", "3"); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("one address used up what another has left: %v", err)
	}
	if len(told) != 6 || told[0] != "sign_ins" {
		t.Errorf("the refusals were told as %q", told)
	}
	o.d.Clock.Move(5 * time.Minute)
	o.in(o.entry())
}

func TestTheEndOfASession(t *testing.T) {
	o := openOffice(t, wideDesk())
	ctx := t.Context()
	one, two := o.in(o.later()), o.in(o.later())
	// Somebody else cannot end it, and who signs out ends no other.
	if err := o.desk.SignOut(ctx, identity.Principal{Kind: identity.Staff, ID: "other", Role: identity.Owner}, one.Token); err != nil || !o.alive(one.Token) {
		t.Errorf("ended by another, err = %v", err)
	}
	for range 2 {
		if err := o.desk.SignOut(ctx, one.Principal, one.Token); err != nil {
			t.Error(err)
		}
	}
	if o.alive(one.Token) || !o.alive(two.Token) {
		t.Error("a sign-out ended the wrong session, or none")
	}
	settle := func() { // a use is noted after its answer, in a commit of its own
		if _, err := o.p.Purge(ctx, 1); err != nil {
			t.Fatal(err)
		}
	}
	begin := o.d.Clock.Now()
	for o.d.Clock.Now().Sub(begin) < signin.SessionLife-signin.SessionIdle {
		o.d.Clock.Move(signin.SessionIdle - time.Minute)
		if !o.alive(two.Token) {
			t.Fatalf("idle after %v although it was used", o.d.Clock.Now().Sub(begin))
		}
		settle()
	}
	o.d.Clock.Move(two.ExpiresAt.Sub(o.d.Clock.Now()) - time.Second)
	settle()
	if o.d.Clock.Now().Sub(begin) < 11*time.Hour {
		t.Fatal("the test does not reach the end of the session")
	}
	o.alive(two.Token)
	settle()
	o.d.Clock.Move(time.Second)
	if o.alive(two.Token) {
		t.Error("alive after its whole life")
	}
	three := o.in(o.later())
	o.d.Clock.Move(signin.SessionIdle - time.Second)
	if !o.alive(three.Token) {
		t.Error("idle too early")
	}
	settle()
	o.d.Clock.Move(signin.SessionIdle)
	if o.alive(three.Token) {
		t.Error("alive although idle")
	}
}

func TestADisabledMemberIsOut(t *testing.T) {
	o := openOffice(t, wideDesk())
	s := o.in(o.later())
	disabled, enabled := true, false
	change := func(d *bool) {
		t.Helper()
		if err := o.p.ChangeStaff(t.Context(), identity.SystemPart("test"), o.mei.ID, staff.Change{Disabled: d}); err != nil {
			t.Fatal(err)
		}
	}
	change(&disabled)
	if o.alive(s.Token) {
		t.Error("the session lives on")
	}
	if _, err := o.desk.SignIn(t.Context(), o.later()); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("err = %v", err)
	}
	change(&enabled)
	if o.alive(s.Token) {
		t.Error("the old session came back")
	}
	o.in(o.later())
}

// Who has lost the password or the authenticator gets new ones; nothing of
// before opens anything any more, and a lock does not outlive them.
func TestAReset(t *testing.T) {
	o := openOffice(t, wideDesk())
	ctx := t.Context()
	before := o.in(o.later())
	mei, err := o.p.StaffByID(ctx, identity.SystemPart("test"), o.mei.ID)
	if err != nil {
		t.Fatal(err)
	}
	agent := identity.Principal{Kind: identity.Staff, ID: o.mei.ID, Role: identity.Agent}
	if _, err := o.desk.Reset(ctx, agent, mei, "marble-lantern-4-osprey"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("an agent: %v", err)
	}
	if _, err := o.desk.Reset(ctx, identity.SystemPart("test"), mei, "password1234"); fault.FieldOf(err) != "password" {
		t.Errorf("a weak password: %v", err)
	}
	if !o.alive(before.Token) {
		t.Fatal("a refused reset ended a session")
	}
	for range 10 {
		if err := o.p.SignInFailed(ctx, o.mei.ID, "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
	}
	fresh, err := o.desk.Reset(ctx, identity.SystemPart("test"), mei, "marble-lantern-4-osprey")
	if err != nil {
		t.Fatal(err)
	}
	if o.alive(before.Token) {
		t.Error("a session lived on")
	}
	old := o.later()
	o.mei.TOTP = fresh
	right := o.entry()
	right.Password = "marble-lantern-4-osprey"
	for name, e := range map[string]signin.Entry{
		"the old password": {Email: right.Email, Password: old.Password, Code: right.Code, From: signin.From{Address: "1"}},
		"the old secret":   {Email: right.Email, Password: right.Password, Code: old.Code, From: signin.From{Address: "1"}},
	} {
		if _, err := o.desk.SignIn(ctx, e); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	o.in(right)
}

// The first mistake in the order of the form is told, always the same.
func TestEnrollingTellsTheFirstMistake(t *testing.T) {
	o := openOffice(t, wideDesk())
	for range 30 {
		_, err := o.desk.Enrol(t.Context(), identity.SystemPart("test"), signin.NewMember{Email: "ben@kefu.test", Password: rightPassword, Role: identity.Agent})
		if fault.FieldOf(err) != "name" {
			t.Fatalf("err = %v", err)
		}
	}
}

func TestEnrolling(t *testing.T) {
	o := openOffice(t, wideDesk())
	admin := identity.Principal{Kind: identity.Staff, ID: "admin", Role: identity.Admin}
	good := signin.NewMember{Email: "ben@kefu.test", Name: "Ben Carter", Alias: "Ben", Password: rightPassword, Role: identity.Agent}
	cases := map[string]struct {
		who    identity.Principal
		change func(*signin.NewMember)
		code   fault.Code
		field  string
	}{
		"an agent may not":        {identity.Principal{Kind: identity.Staff, ID: "x", Role: identity.Agent}, func(*signin.NewMember) {}, fault.Forbidden, ""},
		"nobody may":              {identity.Principal{}, func(*signin.NewMember) {}, fault.Forbidden, ""},
		"an admin names no owner": {admin, func(n *signin.NewMember) { n.Role = identity.Owner }, fault.Forbidden, ""},
		"no e-mail":               {admin, func(n *signin.NewMember) { n.Email = "ben" }, fault.Invalid, "email"},
		"a long e-mail":           {admin, func(n *signin.NewMember) { n.Email = strings.Repeat("x", 250) + "@x.test" }, fault.Invalid, "email"},
		"U+0000 in the e-mail":    {admin, func(n *signin.NewMember) { n.Email = "b\x00@x.test" }, fault.Invalid, "email"},
		"a taken e-mail":          {admin, func(n *signin.NewMember) { n.Email = "MEI@kefu.test" }, fault.Conflict, ""},
		"no name":                 {admin, func(n *signin.NewMember) { n.Name = " " }, fault.Invalid, "name"},
		"no alias":                {admin, func(n *signin.NewMember) { n.Alias = "" }, fault.Invalid, "alias"},
		"a line end in the alias": {admin, func(n *signin.NewMember) { n.Alias = "Ben\nadmin" }, fault.Invalid, "alias"},
		"a long alias":            {admin, func(n *signin.NewMember) { n.Alias = strings.Repeat("x", 121) }, fault.Invalid, "alias"},
		"broken name":             {admin, func(n *signin.NewMember) { n.Name = "a\xff" }, fault.Invalid, "name"},
		"a weak password":         {admin, func(n *signin.NewMember) { n.Password = "password1234" }, fault.Invalid, "password"},
		"their name as password":  {admin, func(n *signin.NewMember) { n.Password = "ben carter ben" }, fault.Invalid, "password"},
		"no role":                 {admin, func(n *signin.NewMember) { n.Role = "" }, fault.Invalid, "role"},
		"a good one":              {admin, func(*signin.NewMember) {}, "", ""},
	}
	for name, c := range cases {
		n := good
		c.change(&n)
		got, err := o.desk.Enrol(t.Context(), c.who, n)
		if fault.CodeOf(err) != c.code || fault.FieldOf(err) != c.field {
			t.Errorf("%s: err = %v, want %q for %q", name, err, c.code, c.field)
		}
		if (err == nil) != (got.TOTP.Secret != "") {
			t.Errorf("%s: handed out %+v", name, got)
		}
	}
}
