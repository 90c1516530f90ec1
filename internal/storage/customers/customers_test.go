package customers_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/job"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

// house is a deployment on one of the engines, with a process that serves.
type house struct {
	*testing.T
	*storagetest.Process
	*storagetest.Deployment
}

func each(t *testing.T, run func(t *testing.T, s *house)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		run(t, &house{T: t, Process: d.Open(t), Deployment: d})
	})
}

func visitor() identity.Principal {
	return identity.Principal{Kind: identity.Visitor, ID: id.New(), Session: id.New()}
}

func agent() identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: id.New(), Name: "Mei", Role: identity.Agent, Session: id.New()}
}

func program(scopes ...identity.Scope) identity.Principal {
	one := id.New()
	return identity.Principal{Kind: identity.Program, ID: one, Name: "CRM", Scopes: identity.ScopesOf(scopes...), Session: one}
}

func (s *house) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *house) want(code fault.Code, err error) {
	s.Helper()
	if !fault.Is(err, code) {
		s.Errorf("%v, want %s", err, code)
	}
}

func (s *house) signIn(subject, visitor string, since int64) string {
	s.Helper()
	out, err := s.SignInCustomer(context.Background(), customer.SignIn{
		Issuer: "wallet", Subject: subject, TokenID: id.New(), TokenExpires: 1 << 60, Name: "王芳", NewID: id.New(),
		Secret: customer.WindowSecret{Digest: id.New(), Verified: true, ExpiresAt: 1 << 60}, Visitor: visitor, VisitorSince: since,
	})
	s.must(err)
	return out.CustomerID
}

// visit is a visitor who has begun a conversation.
func (s *house) visit() identity.Principal {
	p := visitor()
	s.Begin(p, "zh")
	return p
}

// destroyKeys does the jobs that wait and counts the keys that went.
func (s *house) destroyKeys() (n int) {
	s.Helper()
	jobs, err := s.ClaimJobs(context.Background(), 100, time.Minute.Microseconds())
	s.must(err)
	for _, j := range jobs {
		if j.Kind != job.DestroyKeys {
			s.Fatalf("an unexpected job: %+v", j)
		}
		n += len(job.DecodeRefs(j.Payload))
		s.must(s.FinishJob(context.Background(), j))
	}
	return n
}

func TestBetterEvidenceReplacesWorse(t *testing.T) {
	each(t, func(t *testing.T, s *house) {
		ctx := context.Background()
		me := s.signIn("wang", "", 0)
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
func (s *house) handle(customerID, kind, value string) string {
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
	each(t, func(t *testing.T, s *house) {
		ctx, mei := context.Background(), agent()
		wang, li := s.signIn("wang", "", 0), s.signIn("li", "", 0)
		for _, h := range []customer.Handle{{Kind: "phone", Value: "+86 10-1234", Evidence: customer.Inferred}, {Kind: "email", Value: "Wang@Example.org", Evidence: customer.Claimed}} {
			s.must(s.AddHandle(ctx, mei, wang, h))
		}
		s.must(s.AddHandle(ctx, mei, li, customer.Handle{Kind: "phone", Value: "+86101234", Evidence: customer.Claimed})) // a family's phone
		find := func(kind, value string) (ids []string) {
			t.Helper()
			found, err := s.FindCustomers(ctx, mei, kind, value)
			s.must(err)
			for _, f := range found {
				if f.Name != "王••" || f.Evidence != customer.Verified {
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
		for e, err := range s.AuditEntries(ctx, identity.SystemPart("verify")) {
			s.must(err)
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
	each(t, func(t *testing.T, s *house) {
		ctx, mei := context.Background(), agent()
		p := s.visit()
		s.must(s.AddHandle(ctx, mei, p.ID, customer.Handle{Kind: "phone", Value: "+86 1", Evidence: customer.Claimed}))
		s.Clock.Move(time.Hour)
		s.must(s.AddHandle(ctx, mei, p.ID, customer.Handle{Kind: "email", Value: "wang@example.org", Evidence: customer.Claimed}))
		me := s.signIn("wang", p.ID, s.Clock.Micros()-1)
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

// Who reads a customer and no conversation, as who leads requests about data, and a program
// that has the one scope alone, learns what the customer wrote about from no list.
func TestACustomersConversationsAreForWhoReadsThem(t *testing.T) {
	each(t, func(t *testing.T, s *house) {
		ctx := context.Background()
		of := s.signIn("anna", "", 0)
		p := identity.Principal{Kind: identity.Customer, ID: of, Session: id.New()}
		_, err := s.StartConversation(ctx, p, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat", Language: "en", Topic: "fraud at the pharmacy"})
		s.must(err)
		officer := agent()
		officer.Role = identity.Privacy
		for name, c := range map[string]struct {
			p    identity.Principal
			want int
		}{
			"an agent": {agent(), 1}, "a privacy officer": {officer, 0},
			"a program that reads customers":                   {program(identity.ReadCustomers), 0},
			"a program that reads customers and conversations": {program(identity.ReadCustomers, identity.ReadConversations), 1},
		} {
			_, states, err := s.CustomerOf(ctx, c.p, of)
			s.must(err)
			if len(states) != c.want {
				t.Errorf("%s sees %d", name, len(states))
			}
		}
	})
}
