package storage_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/staffing"
)

// visit starts a conversation as a new visitor whose window has a secret.
func (s *site) visit() (p identity.Principal, secret, conv string) {
	s.Helper()
	p, secret = visitor(), id.New()
	state, err := s.StartConversation(context.Background(), p, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat", Language: "zh",
		Secret: &customer.WindowSecret{Digest: secret, CustomerID: p.ID, ExpiresAt: 1 << 60}})
	s.must(err)
	return p, secret, state.ID
}

func (s *site) signIn(in customer.SignIn) customer.SignedIn {
	s.Helper()
	out, err := s.SignInCustomer(context.Background(), in)
	s.must(err)
	return out
}

func asCustomer(id string) identity.Principal {
	return identity.Principal{Kind: identity.Customer, ID: id, Level: identity.AL1}
}

func (s *site) conversationsOf(p identity.Principal) []string {
	s.Helper()
	lines, err := s.ConversationsOf(context.Background(), p, 100)
	s.must(err)
	var ids []string
	for _, line := range lines {
		ids = append(ids, line.State.ID)
	}
	return ids
}

func TestAVisitorWhoSignsInLosesAndLeaksNothing(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		p, secret, old := s.visit()
		s.say(p, old, "somebody else's, an hour ago")
		s.Clock.Move(time.Hour)
		horizon := s.Clock.Micros()
		recent := s.start(p).ID
		command := sending("my transfer")
		seq := s.do(p, recent, command).Seq
		waiting := s.upload(p)
		sent := s.upload(p)
		_, err := s.ClaimAttachments(ctx, p, recent, false, []string{sent})
		s.must(err)
		var revoked []event.Revocation
		s.Listen(func(c event.Commit) { revoked = append(revoked, c.Revoked...) })

		in := signIn("wang", p.ID, horizon)
		out := s.signIn(in)
		if !slices.Equal(out.Moved, []string{recent}) {
			t.Fatalf("moved %v, want %v", out.Moved, recent)
		}
		me := asCustomer(out.CustomerID)
		if got := s.log(me, recent); got != "message my transfer; hidden" {
			t.Errorf("log: %s", got)
		}
		if r := s.do(me, recent, command); !r.Duplicate || r.Seq != seq {
			t.Errorf("the message sent again after the sign-in: %+v", r)
		}
		s.do(me, recent, conversation.Command{Kind: conversation.Edit, Content: conversation.Content{Of: seq, Text: "my transfer, edited"}})
		for _, file := range []string{waiting, sent} {
			if a, err := s.Attachment(ctx, me, file); err != nil || a.CustomerID != me.ID {
				t.Errorf("a file of the visitor: %+v, %v", a, err)
			}
		}
		_, err = s.ClaimAttachments(ctx, me, recent, false, []string{waiting})
		s.must(err)

		// What is older stays with the visitor, who finds it again after the sign-out.
		if got := s.conversationsOf(me); !slices.Equal(got, []string{recent}) {
			t.Errorf("the customer has %v", got)
		}
		_, err = s.Conversation(ctx, me, old)
		s.want(fault.NotFound, err)
		if w, _, dead, err := s.FindWindowSecret(ctx, secret); err != nil || dead || w.CustomerID != p.ID {
			t.Errorf("the visitor's secret: %+v, dead = %v, %v", w, dead, err)
		}
		if w, name, dead, err := s.FindWindowSecret(ctx, in.Secret.Digest); err != nil || dead || w.CustomerID != me.ID || name != "王芳" {
			t.Errorf("the customer's secret: %+v, %q, dead = %v, %v", w, name, dead, err)
		}
		s.refused(fault.NotFound, p, recent, sending("under the old name"))
		if got := s.conversationsOf(p); !slices.Equal(got, []string{old}) {
			t.Errorf("the visitor has %v", got)
		}
		if len(revoked) != 1 || revoked[0].Kind != event.RevokedCustomer || revoked[0].Subject != p.ID {
			t.Errorf("revoked %+v", revoked)
		}
		checkConsistent(t, s.Deployment)
		verified(t, s, true)
	})
}

func TestTwoDevicesOfOneCustomer(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		phone, _, onPhone := s.visit()
		laptop, _, onLaptop := s.visit()
		s.say(phone, onPhone, "from the phone")
		s.say(laptop, onLaptop, "from the laptop")
		one, two := signIn("wang", phone.ID, 0), signIn("wang", laptop.ID, 0)
		first, second := s.signIn(one), s.signIn(two)
		if first.CustomerID != second.CustomerID {
			t.Fatal("one subject of one issuer became two customers")
		}
		me := asCustomer(first.CustomerID)
		got := s.conversationsOf(me)
		slices.Sort(got)
		want := []string{onPhone, onLaptop}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("conversations %v, want %v", got, want)
		}
		for _, digest := range []string{one.Secret.Digest, two.Secret.Digest} {
			if w, _, dead, err := s.FindWindowSecret(ctx, digest); err != nil || dead || w.CustomerID != me.ID {
				t.Errorf("a window: %+v, dead = %v, %v", w, dead, err)
			}
		}
		_, err := s.SignInCustomer(ctx, one) // the token a second time
		s.want(fault.Unauthenticated, err)
		elsewhere := signIn("wang", "", 0)
		elsewhere.Issuer = "another wallet"
		if other := s.signIn(elsewhere); other.CustomerID == me.ID {
			t.Error("the same subject of another issuer is the same customer")
		}
		theft := signIn("li", me.ID, 0) // says that it was the window of a customer
		if out := s.signIn(theft); len(out.Moved) != 0 {
			t.Errorf("a customer's conversations were taken: %v", out.Moved)
		}
		again := signIn("li", phone.ID, 0) // a visitor who has become somebody else
		if out := s.signIn(again); len(out.Moved) != 0 {
			t.Errorf("a visitor became two customers: %v", out.Moved)
		}
		s.must(s.RevokeCustomer(ctx, identity.SystemPart("cli"), me.ID))
		for _, digest := range []string{one.Secret.Digest, two.Secret.Digest} {
			if _, _, dead, _ := s.FindWindowSecret(ctx, digest); !dead {
				t.Error("a window lives on after the revocation")
			}
		}
		revoked, _, err := s.RevocationsSince(ctx, 0)
		if err != nil || revoked[len(revoked)-1].Subject != me.ID {
			t.Errorf("revocations %+v, %v", revoked, err)
		}
	})
}

func TestTheSameRefStartsOneConversation(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		p, other := visitor(), visitor()
		begin := func(p identity.Principal, ref string) (string, error) {
			state, err := s.StartConversation(ctx, p, conversation.Start{Ref: ref, NewID: id.New(), Channel: "chat"})
			return state.ID, err
		}
		a, _ := begin(p, "r1")
		again, _ := begin(p, "r1")
		theirs, err := begin(other, "r1")
		if a == "" || a != again || theirs == a || err != nil {
			t.Errorf("a = %s, again = %s, theirs = %s, %v", a, again, theirs, err)
		}
		out := s.signIn(signIn("wang", p.ID, 0))
		me := asCustomer(out.CustomerID)
		if kept, _ := begin(me, "r1"); kept != a {
			t.Errorf("after the sign-in the ref gives %s, want %s", kept, a)
		}
		s.signIn(signIn("wang", other.ID, 0)) // has used the same ref
		if kept, _ := begin(me, "r1"); kept != a {
			t.Errorf("after the second sign-in the ref gives %s, want %s", kept, a)
		}
		if got := s.conversationsOf(me); len(got) != 2 {
			t.Errorf("conversations %v", got)
		}
		for _, ref := range []string{"", "a\x00", strings.Repeat("x", 65)} {
			_, err := begin(p, ref)
			s.want(fault.Invalid, err)
		}
	})
}

// The wallet may learn a name later, or another one; the one before is erased.
func TestANewNameReplacesTheOldOne(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		in := signIn("wang", "", 0)
		in.Name = ""
		me := s.signIn(in).CustomerID
		for _, step := range []struct {
			name, language, want, inLanguage string
			erased                           int
		}{
			{"王芳", "zh", "王芳", "zh", 0},
			{"王芳", "", "王芳", "zh", 0}, // the same, and nothing said of the language
			{"", "", "王芳", "zh", 0},
			{"Fang Li", "en", "Fang Li", "en", 1},
		} {
			in := signIn("wang", "", 0)
			in.Name, in.Language = step.name, step.language
			if again := s.signIn(in).CustomerID; again != me {
				t.Fatalf("the sign-in as %q made another customer", step.name)
			}
			c, _, err := s.CustomerOf(context.Background(), agent(), me)
			s.must(err)
			if c.Name != step.want || c.Language != step.inLanguage {
				t.Errorf("after a token with %q, %q: %q, %q", step.name, step.language, c.Name, c.Language)
			}
			if n := s.destroyKeys(); n != step.erased {
				t.Errorf("after a token with %q: %d keys were destroyed, want %d", step.name, n, step.erased)
			}
		}
		verified(t, s, true)
	})
}

// However many work here, each is found, and the list has each once.
func TestEverybodyOfALargeStaffIsFound(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx, cli, many := context.Background(), identity.SystemPart("cli"), 2*staffing.MaxStaffPage+1
		columns := "id, email, name, alias, role, password_hash, totp, totp_ref, totp_step, failures, locked_until, disabled_at, created_at"
		s.Exec(t, fmt.Sprintf(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			INSERT INTO staff (%s) SELECT 'id' || i, 'e' || i || '@x', 'Name ' || i %% 3, 'A', 'agent', '', '', 0, 0, 0, 0, 0, 0 FROM n`, many, columns))
		seen := map[string]bool{}
		for m, err := range s.AllStaff(ctx, cli) {
			s.must(err)
			seen[m.ID] = true
		}
		if len(seen) != many {
			t.Errorf("the list has %d of %d", len(seen), many)
		}
		last, err := s.StaffByEmail(ctx, cli, fmt.Sprintf(" E%d@X ", many))
		if err != nil || last.ID != fmt.Sprintf("id%d", many) || last.Role != identity.Agent {
			t.Errorf("found %+v, err = %v", last, err)
		}
		_, err = s.StaffByEmail(ctx, cli, "nobody@x")
		s.want(fault.NotFound, err)
		if page, err := s.ListStaff(ctx, cli, "unheard of", 10); err != nil || len(page) != 0 {
			t.Errorf("behind somebody unknown are %v, err = %v", page, err)
		}
	})
}

func TestSessionsOfStaff(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		cli := identity.SystemPart("cli")
		add := func(email string, role identity.Role) string {
			t.Helper()
			n := staff.New{Member: staff.Member{ID: id.New(), Email: email, Name: "N", Alias: "A", Role: role}, PasswordHash: "hash", TOTPSecret: "totp"}
			s.must(s.AddStaff(ctx, cli, n))
			return n.ID
		}
		mei, boss := add(" Mei@Example.org ", identity.Agent), add("boss@example.org", identity.Owner)
		s.want(fault.Conflict, s.AddStaff(ctx, cli, staff.New{Member: staff.Member{ID: id.New(), Email: "mei@example.ORG", Role: identity.Agent}}))
		if c, err := s.CredentialsOf(ctx, "MEI@example.org"); err != nil || c.ID != mei || c.TOTPSecret != "totp" {
			t.Errorf("credentials %+v, %v", c, err)
		}
		open := func(who string, step int64) (string, error) {
			session := staff.Session{Digest: id.New(), ID: id.New(), StaffID: who, ExpiresAt: s.Clock.Micros() + 8*time.Hour.Microseconds()}
			return session.Digest, s.OpenSession(ctx, session, step)
		}
		valid := func(digest string) bool {
			t.Helper()
			_, _, err := s.StaffBySession(ctx, digest, time.Hour.Microseconds())
			if err != nil {
				s.want(fault.Unauthenticated, err)
			}
			return err == nil
		}
		a, err := open(mei, 1)
		s.must(err)
		_, err = open(mei, 1) // the same code
		s.want(fault.Unauthenticated, err)
		s.Clock.Move(59 * time.Minute)
		if !valid(a) {
			t.Fatal("ended early")
		}
		s.start(visitor()) // the use is noted with the next commit
		s.Clock.Move(59 * time.Minute)
		if !valid(a) {
			t.Error("a session in use fell asleep")
		}
		s.start(visitor())
		s.Clock.Move(time.Hour)
		if valid(a) {
			t.Error("valid after an idle hour")
		}
		b, err := open(mei, 2)
		s.must(err)
		s.must(s.CloseSession(ctx, identity.Principal{Kind: identity.Staff, ID: boss}, b))
		if !valid(b) {
			t.Error("another member ended the session")
		}
		s.must(s.CloseSession(ctx, identity.Principal{Kind: identity.Staff, ID: mei}, b))
		if valid(b) {
			t.Error("valid after it was closed")
		}
		c, err := open(mei, 3)
		s.must(err)
		disabled := true
		s.must(s.ChangeStaff(ctx, cli, mei, staff.Change{Disabled: &disabled}))
		if valid(c) {
			t.Error("valid after the member was disabled")
		}
		_, err = open(mei, 4)
		s.want(fault.Unauthenticated, err)
		role := identity.Agent
		s.want(fault.Conflict, s.ChangeStaff(ctx, cli, boss, staff.Change{Role: &role}))
		s.want(fault.Conflict, s.ChangeStaff(ctx, cli, boss, staff.Change{Disabled: &disabled}))
	})
}

// An admin manages staff and sees no customer, and must not let themselves in.
func TestNobodyGivesThemselvesAnotherRole(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		adam := identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Admin}
		s.must(s.AddStaff(ctx, identity.SystemPart("cli"), staff.New{Member: staff.Member{ID: adam.ID, Email: "adam@example.org", Role: identity.Admin}}))
		supervisor, enabled := identity.Supervisor, false
		s.want(fault.Forbidden, s.ChangeStaff(ctx, adam, adam.ID, staff.Change{Role: &supervisor}))
		s.must(s.ChangeStaff(ctx, adam, adam.ID, staff.Change{Disabled: &enabled}))
	})
}

func TestWhatHasExpiredIsPurged(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		in := signIn("wang", "", 0)
		in.TokenExpires = s.Clock.Micros() + 60_000_000
		in.Secret.ExpiresAt = s.Clock.Micros() + time.Hour.Microseconds()
		s.signIn(in)
		if n, err := s.Purge(ctx, 100); err != nil || n != 0 {
			t.Errorf("purged %d at once, %v", n, err)
		}
		s.Clock.Move(2 * time.Minute)
		_, err := s.SignInCustomer(ctx, in) // two minutes of grace for clocks that differ
		s.want(fault.Unauthenticated, err)
		s.Clock.Move(time.Hour)
		if n, err := s.Purge(ctx, 100); err != nil || n != 1 {
			t.Errorf("purged %d, want the token, %v", n, err)
		}
		s.Clock.Move(31 * 24 * time.Hour)
		if n, err := s.Purge(ctx, 100); err != nil || n != 1 {
			t.Errorf("purged %d, want the secret, %v", n, err)
		}
	})
}
