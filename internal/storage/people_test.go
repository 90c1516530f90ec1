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

func TestBetterEvidenceReplacesWorse(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		me := s.signIn(signIn("wang", "", 0)).CustomerID
		wallet, desk := identity.SystemPart("wallet"), agent()
		note := func(p identity.Principal, kind, value, evidence string) {
			t.Helper()
			s.must(s.AddHandle(ctx, p, me, customer.Handle{Kind: kind, Value: value, Evidence: evidence}))
		}
		note(wallet, "device", "pixel-1", customer.Inferred)
		note(wallet, "device", "macbook-2", customer.Inferred)
		note(desk, "email", "wang@example.org", customer.Claimed)
		note(wallet, "email", "wang@example.org", customer.Inferred) // worse
		note(desk, "phone", "+86 1", customer.Inferred)
		note(desk, "phone", "+86 1", customer.Claimed) // better
		note(wallet, "phone", "+86 2", customer.Verified)
		note(desk, "phone", "+86 2", customer.Claimed) // worse
		c, _, err := s.CustomerOf(ctx, desk, me)
		s.must(err)
		var got []string
		for _, h := range c.Handles {
			got = append(got, h.Kind+" "+h.Value+" "+h.Evidence)
		}
		slices.Sort(got)
		want := []string{"device macbook-2 inferred", "device pixel-1 inferred", "email wang@example.org claimed", "phone +86 1 claimed", "phone +86 2 verified", "wallet wang verified"}
		if !slices.Equal(got, want) {
			t.Errorf("handles\n got %q\nwant %q", got, want)
		}
		if c.Name != "王芳" || c.Evidence != customer.Verified {
			t.Errorf("customer %+v", c)
		}
		s.want(fault.NotFound, s.AddHandle(ctx, desk, id.New(), customer.Handle{Kind: "phone", Value: "1", Evidence: customer.Claimed}))
		for _, h := range []customer.Handle{{Kind: "phone", Evidence: customer.Claimed}, {Value: "1", Evidence: customer.Claimed}, {Kind: "phone", Value: "1", Evidence: "sure"}, {Kind: "phone", Value: "a\x00", Evidence: customer.Claimed}} {
			s.want(fault.Invalid, s.AddHandle(ctx, desk, me, h))
		}
	})
}

// handle is the id of a customer's handle.
func (s *site) handle(customerID, kind, value string) string {
	s.Helper()
	c, _, err := s.CustomerOf(context.Background(), agent(), customerID)
	s.must(err)
	for _, h := range c.Handles {
		if h.Kind == kind && h.Value == value {
			return h.ID
		}
	}
	s.Fatalf("the customer has no %s %q: %+v", kind, value, c.Handles)
	return ""
}

func TestHandlesLeadToCustomersUntilTheyAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx, mei := context.Background(), agent()
		wang, li := s.signIn(signIn("wang", "", 0)).CustomerID, s.signIn(signIn("li", "", 0)).CustomerID
		for _, h := range []customer.Handle{{Kind: "phone", Value: "+86 10-1234", Evidence: customer.Inferred}, {Kind: "email", Value: "Wang@Example.org", Evidence: customer.Claimed}} {
			s.must(s.AddHandle(ctx, mei, wang, h))
		}
		s.must(s.AddHandle(ctx, mei, li, customer.Handle{Kind: "phone", Value: "+86101234", Evidence: customer.Claimed})) // a family's phone
		find := func(kind, value string) (ids []string) {
			t.Helper()
			found, err := s.FindCustomers(ctx, mei, kind, value)
			s.must(err)
			for _, f := range found {
				if f.Name != "王芳" || f.Evidence != customer.Verified {
					t.Errorf("found %+v", f)
				}
				ids = append(ids, f.ID+" "+f.By)
			}
			return ids
		}
		if got := find("phone", "+86 (10) 1234"); !slices.Equal(got, []string{li + " claimed", wang + " inferred"}) {
			t.Errorf("by the phone: %v", got)
		}
		if got := find("email", " wang@example.ORG"); !slices.Equal(got, []string{wang + " claimed"}) {
			t.Errorf("by the address: %v", got)
		}
		for _, none := range [][2]string{{"email", "+86101234"}, {"phone", "+86101235"}, {"wallet", "WANG"}} {
			if got := find(none[0], none[1]); len(got) != 0 {
				t.Errorf("%v leads to %v", none, got)
			}
		}
		_, err := s.FindCustomers(ctx, mei, "phone", " - ")
		s.want(fault.Invalid, err)

		email := s.handle(wang, "email", "Wang@Example.org")
		s.want(fault.NotFound, s.ForgetHandle(ctx, mei, li, email)) // another customer's
		s.want(fault.Conflict, s.ForgetHandle(ctx, mei, wang, s.handle(wang, "wallet", "wang")))
		s.handle(wang, "wallet", "wang") // is still there
		s.must(s.ForgetHandle(ctx, mei, wang, email))
		s.want(fault.NotFound, s.ForgetHandle(ctx, mei, wang, email))
		if got := find("email", "wang@example.org"); len(got) != 0 {
			t.Errorf("a forgotten address leads to %v", got)
		}
		if n := s.destroyKeys(); n != 1 {
			t.Errorf("%d keys were destroyed, want that of the address", n)
		}
		looked := 0
		for _, e := range audits(s) {
			if e.Action == "customer.find" && e.Actor.ID == mei.ID {
				looked++
			}
		}
		if looked != 7 { // two by the phone, one by the address, and one for each of four that led nowhere
			t.Errorf("%d look-ups are recorded", looked)
		}
	})
}

// What an agent noted of a visitor a moment ago is not lost when the visitor signs
// in; what is older may be another person's.
func TestHandlesOfAVisitorFollowTheSignIn(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx, mei := context.Background(), agent()
		p, _, _ := s.visit()
		s.must(s.AddHandle(ctx, mei, p.ID, customer.Handle{Kind: "phone", Value: "+86 1", Evidence: customer.Claimed}))
		s.Clock.Move(time.Hour)
		s.must(s.AddHandle(ctx, mei, p.ID, customer.Handle{Kind: "email", Value: "wang@example.org", Evidence: customer.Claimed}))
		me := s.signIn(signIn("wang", p.ID, s.Clock.Micros()-1)).CustomerID
		s.handle(me, "email", "wang@example.org")
		s.handle(p.ID, "phone", "+86 1")
		for who, want := range map[string]int{me: 2, p.ID: 1} {
			c, _, err := s.CustomerOf(ctx, mei, who)
			s.must(err)
			if len(c.Handles) != want {
				t.Errorf("%d handles, want %d: %+v", len(c.Handles), want, c.Handles)
			}
		}
		if n := s.destroyKeys(); n != 1 {
			t.Errorf("%d keys were destroyed, want that of the visitor's address", n)
		}
	})
}

func TestAttachments(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		p, mei := visitor(), agent()
		conv, second := s.start(p).ID, s.start(p).ID
		a, b, note := s.upload(p), s.upload(p), s.upload(mei)
		claim := func(by identity.Principal, conv string, internal bool, ids ...string) error {
			_, err := s.ClaimAttachments(ctx, by, conv, internal, ids)
			return err
		}
		got, err := s.ClaimAttachments(ctx, p, conv, false, []string{b, a})
		if err != nil || len(got) != 2 || got[0].ID != b || got[1].ID != a || got[0].Name != "收据.png" {
			t.Fatalf("claimed %+v, %v", got, err)
		}
		s.must(claim(p, conv, false, a, b)) // again
		s.want(fault.NotFound, claim(p, second, false, a))
		s.want(fault.NotFound, claim(mei, conv, false, a))
		s.want(fault.NotFound, claim(p, conv, false, "a\x00"))
		s.want(fault.Invalid, claim(p, conv, false, slices.Repeat([]string{a}, 11)...))
		s.must(claim(mei, conv, true, note))
		s.want(fault.Conflict, claim(mei, conv, false, note)) // a file of a note never becomes a customer's
		_, err = s.Attachment(ctx, p, note)
		s.want(fault.NotFound, err)
		_, err = s.Attachment(ctx, mei, note)
		s.must(err)

		message := sending("two files")
		message.Content.Attachments = got
		seq := s.do(p, conv, message).Seq
		if e := s.entries(mei, conv)[0]; len(e.Content.Attachments) != 2 || e.Content.Attachments[0] != got[0] {
			t.Errorf("stored %+v", e.Content)
		}
		s.do(mei, conv, conversation.Command{Kind: conversation.Redact, Content: conversation.Content{Of: seq}})
		for _, by := range []identity.Principal{p, mei} {
			if f, err := s.Attachment(ctx, by, a); err == nil && by.IsCustomer() {
				t.Errorf("%s still sees the redacted file %+v", by.Kind, f)
			}
		}
		noted := noting("a file for colleagues")
		kept, err := s.ClaimAttachments(ctx, mei, conv, true, []string{note})
		s.must(err)
		noted.Content.Attachments = kept
		s.do(mei, conv, noted)
		lone, refused, again := s.upload(p), s.upload(p), s.upload(p)
		s.must(claim(p, conv, false, refused, again)) // and the message is refused
		s.Clock.Move(11 * time.Hour)
		before := s.Clock.Micros()
		orphans, err := s.OrphanAttachments(ctx, before, 10)
		s.must(err)
		var ids []string
		for _, o := range orphans {
			ids = append(ids, o.ID)
		}
		slices.Sort(ids)
		want := []string{a, b, lone, refused, again}
		slices.Sort(want)
		if !slices.Equal(ids, want) {
			t.Errorf("orphans %v, want the redacted two and those never sent: %v", ids, want)
		}
		s.must(claim(p, conv, false, again)) // the message comes once more
		for _, gone := range []string{lone, refused, a} {
			s.must(s.ForgetAttachment(ctx, gone, before))
			s.want(fault.NotFound, s.ForgetAttachment(ctx, gone, before))
		}
		s.want(fault.NotFound, s.ForgetAttachment(ctx, again, before))
		s.want(fault.NotFound, s.ForgetAttachment(ctx, note, before)) // was sent
		s.Clock.Move(2 * time.Hour)
		s.want(fault.NotFound, claim(p, conv, false, again)) // a message that is never stored keeps nothing for ever
		s.must(claim(mei, conv, true, note))
		s.must(s.ForgetAttachment(ctx, again, s.Clock.Micros()))
	})
}

// A visitor may upload first and sign in before saying anything.
func TestFilesOfAVisitorWhoHasSaidNothingYet(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		p := visitor()
		file := s.upload(p)
		me := asCustomer(s.signIn(signIn("wang", p.ID, 0)).CustomerID)
		got, err := s.ClaimAttachments(ctx, me, s.start(me).ID, false, []string{file})
		if err != nil || len(got) != 1 {
			t.Errorf("claimed %+v, %v", got, err)
		}
		unknown, err := s.UnknownAttachments(ctx, []string{file, "nobody", "else"})
		slices.Sort(unknown)
		if err != nil || !slices.Equal(unknown, []string{"else", "nobody"}) {
			t.Errorf("unknown %v, %v", unknown, err)
		}
	})
}

func TestDraftsAreOnesOwn(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		p, mei, bo := visitor(), agent(), agent()
		conv := s.start(p).ID
		save := func(by identity.Principal, d conversation.Draft) { t.Helper(); s.must(s.SaveDraft(ctx, by, conv, d)) }
		want := func(by identity.Principal, d conversation.Draft) {
			t.Helper()
			got, err := s.Draft(ctx, by, conv)
			s.must(err)
			if got != d {
				t.Errorf("the draft is %+v, want %+v", got, d)
			}
		}
		save(mei, conversation.Draft{Text: "Dear"})
		save(mei, conversation.Draft{Text: "She was rude", Note: true})
		save(bo, conversation.Draft{Text: "Hi"})
		want(mei, conversation.Draft{Text: "She was rude", Note: true})
		want(bo, conversation.Draft{Text: "Hi"})
		save(mei, conversation.Draft{Note: true})
		want(mei, conversation.Draft{})
		want(bo, conversation.Draft{Text: "Hi"})
		s.want(fault.Invalid, s.SaveDraft(ctx, mei, conv, conversation.Draft{Text: strings.Repeat("长", 8001)}))
		if jobs := s.claim(); len(jobs) != 2 {
			t.Errorf("%d jobs destroy the keys of old drafts, want 2", len(jobs))
		}
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
