package signin_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/passkey/passkeytest"
)

func boss() identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: "boss", Role: identity.Owner, Session: id.New()}
}

func tokenOf(t *testing.T, l signin.Link) string {
	t.Helper()
	at, token, found := strings.Cut(l.URL, "#invitation=")
	if !found || at != home+"/desk/" || len(token) < 22 {
		t.Fatalf("the link is %s", l.URL)
	}
	return token
}

// answer fills in the page of an invitation.
func (o *office) answer(token string, change func(*signin.Join, signin.Welcome)) (signin.Session, error) {
	o.t.Helper()
	w, err := o.desk.Welcome(o.t.Context(), token, here())
	if err != nil {
		return signin.Session{}, err
	}
	j := signin.Join{Token: token, Ticket: w.Ticket, Name: "Bo Li", Alias: "Bo", Password: "meadow-9-violin-quartz", Code: o.code(w.TOTP.Secret), From: here()}
	if change != nil {
		change(&j, w)
	}
	return o.desk.Join(o.t.Context(), j)
}

// join lets somebody in with a passkey.
func (o *office) join(kind staff.InvitationKind, email string) (signin.Session, *passkeytest.Device) {
	o.t.Helper()
	l, err := o.desk.Invite(o.t.Context(), boss(), staff.Invitation{Email: email, Role: identity.Agent})
	o.must(err)
	device := passkeytest.New(home)
	s, err := o.answer(tokenOf(o.t, l), func(j *signin.Join, w signin.Welcome) {
		a := device.Register(*w.Question)
		j.Password, j.Code, j.Passkey, j.PasskeyName = "", "", &a, "phone"
	})
	o.must(err)
	return s, device
}

func TestSomebodyIsInvitedAndJoins(t *testing.T) {
	o := openWays(t, nil)
	l, err := o.desk.Invite(t.Context(), boss(), staff.Invitation{Email: " Bo@Kefu.test", Role: identity.Supervisor})
	o.must(err)
	token := tokenOf(t, l)
	for range 2 { // looking uses nothing up
		w, err := o.desk.Welcome(t.Context(), token, here())
		if err != nil || w.Email != "bo@kefu.test" || w.Role != identity.Supervisor || w.Kind != staff.InviteMember || w.Digest != "" {
			t.Fatalf("%+v %v", w, err)
		}
	}
	for name, change := range map[string]func(*signin.Join, signin.Welcome){
		"no way in":        func(j *signin.Join, _ signin.Welcome) { j.Password = "" },
		"a weak password":  func(j *signin.Join, _ signin.Welcome) { j.Password = "bo@kefu.test" },
		"a wrong code":     func(j *signin.Join, _ signin.Welcome) { j.Code = "123" },
		"no name":          func(j *signin.Join, _ signin.Welcome) { j.Name = " " },
		"another's ticket": func(j *signin.Join, _ signin.Welcome) { j.Ticket = "x" },
		"a forged passkey": func(j *signin.Join, w signin.Welcome) {
			a := passkeytest.New("https://evil.example").Register(*w.Question)
			j.Passkey = &a
		},
		"an address of hers": nil,
	} {
		if change == nil {
			continue
		}
		if _, err := o.answer(token, change); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, err := o.answer(token, func(j *signin.Join, _ signin.Welcome) { j.Email = "boss@kefu.test" })
	o.must(err)
	a := o.account(s)
	if s.Principal.Role != identity.Supervisor || a.Email != "bo@kefu.test" || a.Name != "Bo Li" || !a.HasPassword {
		t.Errorf("%+v %+v", s.Principal, a)
	}
	if _, err := o.answer(token, nil); !fault.Is(err, fault.NotFound) {
		t.Errorf("a second use: %v", err)
	}
	if open, err := o.p.Invitations(t.Context(), boss()); err != nil || len(open) != 0 {
		t.Errorf("%+v %v", open, err)
	}
	if records := o.actions(); !strings.Contains(records, "staff.invite_member") || !strings.Contains(records, "staff.join") {
		t.Errorf("%s", records)
	}
}

// Who is invited with duties has them as soon as they are here, and nobody is given
// any who could not do anything with them.
func TestSomebodyJoinsWithDuties(t *testing.T) {
	o := openWays(t, nil)
	want := staff.Duties{Teams: []string{"b", "a"}, Skills: []string{"refunds"}, Languages: []string{"zh"}}
	l, err := o.desk.Invite(t.Context(), boss(), staff.Invitation{Email: "bo@kefu.test", Role: identity.Agent, Duties: want})
	o.must(err)
	if open, err := o.p.Invitations(t.Context(), boss()); err != nil || len(open) != 1 || !slices.Equal(open[0].Duties.Teams, []string{"a", "b"}) {
		t.Errorf("%+v %v", open, err)
	}
	s, err := o.answer(tokenOf(t, l), nil)
	o.must(err)
	got, err := o.p.DutiesOf(t.Context(), boss(), s.Principal.ID)
	o.must(err)
	if got.Revision != 1 || !slices.Equal(got.Teams, []string{"a", "b"}) || !slices.Equal(got.Skills, want.Skills) || !slices.Equal(got.Languages, want.Languages) {
		t.Errorf("%+v", got)
	}
	for name, i := range map[string]staff.Invitation{
		"who does not answer":     {Email: "c@kefu.test", Role: identity.Auditor, Duties: want},
		"a language that is none": {Email: "c@kefu.test", Role: identity.Agent, Duties: staff.Duties{Languages: []string{"?"}}},
	} {
		if _, err := o.desk.Invite(t.Context(), boss(), i); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSomebodyJoinsWithAPasskeyAlone(t *testing.T) {
	o := openWays(t, nil)
	s, device := o.join(staff.InviteMember, "bo@kefu.test")
	if a := o.account(s); a.HasPassword || len(a.Passkeys) != 1 || a.Passkeys[0].Name != "phone" {
		t.Errorf("%+v", a)
	}
	again, err := o.byKey(device, s.Principal.ID)
	o.must(err)
	if err := o.p.RemovePasskey(t.Context(), again.Principal, o.account(again).Passkeys[0].ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("the last way in was removed: %v", err)
	}
	if _, err := o.desk.SignIn(t.Context(), signin.Entry{Email: "bo@kefu.test", From: here()}); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("an empty password: %v", err)
	}
}

func TestInvitationsEnd(t *testing.T) {
	o := openWays(t, nil)
	invite := func(email string) (signin.Link, string) {
		l, err := o.desk.Invite(t.Context(), boss(), staff.Invitation{Email: email, Role: identity.Agent})
		o.must(err)
		return l, tokenOf(t, l)
	}
	_, replaced := invite("a@kefu.test")
	_, _ = invite("a@kefu.test")
	revoked, byHand := invite("b@kefu.test")
	o.must(o.p.RevokeInvitation(t.Context(), boss(), revoked.ID))
	_, late := invite("c@kefu.test")
	o.d.Clock.Move(staff.InvitationLife + time.Second)
	for name, token := range map[string]string{"replaced": replaced, "revoked": byHand, "late": late, "invented": "x", "empty": ""} {
		if _, err := o.answer(token, nil); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := o.desk.Invite(t.Context(), boss(), staff.Invitation{Email: "MEI@kefu.test", Role: identity.Agent}); !fault.Is(err, fault.Conflict) {
		t.Errorf("somebody who works here: %v", err)
	}
	admin := identity.Principal{Kind: identity.Staff, ID: "ad", Role: identity.Admin}
	if _, err := o.desk.Invite(t.Context(), admin, staff.Invitation{Email: "d@kefu.test", Role: identity.Owner}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("an admin invites an owner: %v", err)
	}
}

func TestSomebodyComesBackByALink(t *testing.T) {
	o := openWays(t, nil)
	s := o.in(o.entry())
	device := o.addKey(s, "lost")
	l, err := o.desk.InviteBack(t.Context(), boss(), o.mei.ID)
	o.must(err)
	if !o.alive(s.Token) {
		t.Error("a link that nobody has used has ended a session")
	}
	back, err := o.answer(tokenOf(t, l), func(j *signin.Join, w signin.Welcome) {
		if w.Kind != staff.ResetMember || w.Name != "Mei Chen" {
			t.Errorf("%+v", w)
		}
		j.Name, j.Alias, j.Email = "Other", "Other", "other@kefu.test"
	})
	o.must(err)
	if a := o.account(back); a.Name != "Mei Chen" || a.Email != "mei@kefu.test" || len(a.Passkeys) != 0 || back.Principal.ID != o.mei.ID {
		t.Errorf("%+v", a)
	}
	if o.alive(s.Token) {
		t.Error("an older session lives on")
	}
	if _, err := o.byKey(device, o.mei.ID); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the lost key: %v", err)
	}
	if _, err := o.desk.SignIn(t.Context(), o.later()); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the lost password: %v", err)
	}
	if _, err := o.desk.InviteBack(t.Context(), back.Principal, back.Principal.ID); !fault.Is(err, fault.Forbidden) {
		t.Errorf("somebody resets themselves: %v", err)
	}
}

func TestTheFirstOwnerIsMadeOnce(t *testing.T) {
	o := openWays(t, nil)
	cli := identity.SystemPart("cli")
	if _, err := o.desk.InviteFirstOwner(t.Context(), cli); !fault.Is(err, fault.Conflict) {
		t.Fatalf("with somebody here: %v", err)
	}
	yes, no := true, false
	o.must(o.p.ChangeStaff(t.Context(), cli, o.mei.ID, staff.Change{Disabled: &yes}))
	first, err := o.desk.InviteFirstOwner(t.Context(), cli)
	o.must(err)
	second, err := o.desk.InviteFirstOwner(t.Context(), cli)
	o.must(err)
	if _, err := o.answer(tokenOf(t, first), nil); !fault.Is(err, fault.NotFound) {
		t.Errorf("an older address: %v", err)
	}
	if _, err := o.answer(tokenOf(t, second), nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("without an e-mail address: %v", err)
	}
	o.must(o.p.ChangeStaff(t.Context(), cli, o.mei.ID, staff.Change{Disabled: &no}))
	email := func(j *signin.Join, _ signin.Welcome) { j.Email = "Olga@Kefu.test" }
	if _, err := o.answer(tokenOf(t, second), email); !fault.Is(err, fault.Conflict) {
		t.Errorf("with somebody here by now: %v", err)
	}
	o.must(o.p.ChangeStaff(t.Context(), cli, o.mei.ID, staff.Change{Disabled: &yes}))
	s, err := o.answer(tokenOf(t, second), email)
	o.must(err)
	if a := o.account(s); s.Principal.Role != identity.Owner || a.Email != "olga@kefu.test" {
		t.Errorf("%+v %+v", s.Principal, a)
	}
	if _, err := o.answer(tokenOf(t, second), email); !fault.Is(err, fault.NotFound) {
		t.Errorf("a second owner: %v", err)
	}
}

// What an invitation gives is asked of a second person, where there is one, as a
// change of a role is.
func TestWhoIsInvitedToRunTheHouseWaitsForASecondPerson(t *testing.T) {
	o := openWays(t, nil)
	member := func(email string) identity.Principal {
		m := staff.Member{ID: id.New(), Email: email, Name: email, Alias: email, Role: identity.Owner}
		o.must(o.p.AddStaff(t.Context(), identity.SystemPart("test"), staff.New{Member: m}))
		return identity.Principal{Kind: identity.Staff, ID: m.ID, Role: m.Role, Session: id.New()}
	}
	one, _ := member("one@kefu.test"), member("two@kefu.test")
	l, err := o.desk.Invite(t.Context(), one, staff.Invitation{Email: "ad@kefu.test", Role: identity.Admin})
	o.must(err)
	if _, err := o.answer(tokenOf(t, l), nil); !fault.Is(err, fault.Forbidden) {
		t.Fatalf("joining: %v", err)
	}
	waits, err := o.p.StaffByEmail(t.Context(), one, "ad@kefu.test")
	if err != nil || waits.DisabledAt == 0 {
		t.Fatalf("%+v %v", waits, err)
	}
	open, err := o.p.ListApprovals(t.Context(), one, true, "", 10)
	if err != nil || len(open) != 1 {
		t.Fatalf("%+v %v", open, err)
	}
	yes := true
	l, err = o.desk.Invite(t.Context(), one, staff.Invitation{Email: "bd@kefu.test", Role: identity.Admin})
	o.must(err)
	o.must(o.p.ChangeStaff(t.Context(), identity.SystemPart("test"), one.ID, staff.Change{Disabled: &yes}))
	if _, err := o.answer(tokenOf(t, l), nil); !fault.Is(err, fault.NotFound) {
		t.Errorf("by who has gone: %v", err)
	}
}

// A link says no more than whoever made it could say when it is used.
func TestALinkEndsWithTheRightsOfWhoMadeIt(t *testing.T) {
	yes, no, agent := true, false, identity.Agent
	owner := identity.Owner
	test := identity.SystemPart("test")
	for name, c := range map[string]struct {
		back  bool // a link for somebody to come back by, instead of an invitation
		meant func(o *office, maker identity.Principal) (of string, change staff.Change)
	}{
		"an invitation of who left": {false, func(_ *office, m identity.Principal) (string, staff.Change) {
			return m.ID, staff.Change{Disabled: &yes}
		}},
		"an invitation of who is an agent now": {false, func(_ *office, m identity.Principal) (string, staff.Change) {
			return m.ID, staff.Change{Role: &agent}
		}},
		"a link by who left": {true, func(_ *office, m identity.Principal) (string, staff.Change) {
			return m.ID, staff.Change{Disabled: &yes}
		}},
		"a link to who became an owner": {true, func(o *office, _ identity.Principal) (string, staff.Change) {
			return o.mei.ID, staff.Change{Role: &owner}
		}},
	} {
		o := openWays(t, nil)
		m := staff.Member{ID: id.New(), Email: "ad@kefu.test", Name: "Ad", Alias: "Ad", Role: identity.Admin}
		o.must(o.p.AddStaff(t.Context(), test, staff.New{Member: m}))
		maker := identity.Principal{Kind: identity.Staff, ID: m.ID, Role: m.Role, Session: id.New()}
		var l signin.Link
		var err error
		if c.back {
			l, err = o.desk.InviteBack(t.Context(), maker, o.mei.ID)
		} else {
			l, err = o.desk.Invite(t.Context(), maker, staff.Invitation{Email: "bo@kefu.test", Role: identity.Agent})
		}
		o.must(err)
		token := tokenOf(t, l)
		w, err := o.desk.Welcome(t.Context(), token, here()) // the page is open while it happens
		o.must(err)
		of, change := c.meant(o, maker)
		o.must(o.p.ChangeStaff(t.Context(), test, of, change))
		_, err = o.desk.Join(t.Context(), signin.Join{
			Token: token, Ticket: w.Ticket, Name: "Bo", Alias: "Bo", Password: "meadow-9-violin-quartz", Code: o.code(w.TOTP.Secret), From: here(),
		})
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s lets somebody in: %v", name, err)
		}
		if open, err := o.p.Invitations(t.Context(), boss()); err != nil || len(open) != 0 {
			t.Errorf("%s is listed as open: %+v %v", name, open, err)
		}
		if change.Disabled != nil { // nor does it come to life again
			o.must(o.p.ChangeStaff(t.Context(), test, of, staff.Change{Disabled: &no}))
			if _, err := o.desk.Welcome(t.Context(), token, here()); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s lives again: %v", name, err)
			}
		}
	}
}
