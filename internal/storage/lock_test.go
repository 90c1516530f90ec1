package storage_test

import (
	"context"
	"testing"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

func TestWrongSignInsLockAndUnlock(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		mei := id.New()
		s.must(s.AddStaff(ctx, identity.SystemPart("cli"), staff.New{Member: staff.Member{ID: mei, Email: "mei@example.org", Role: identity.Agent}}))
		fail := func(times int) {
			t.Helper()
			for range times {
				s.must(s.SignInFailed(ctx, mei, ""))
			}
		}
		step := int64(0)
		locked := func() bool {
			step++
			err := s.OpenSession(ctx, staff.Session{Digest: id.New(), ID: id.New(), StaffID: mei, ExpiresAt: 1 << 60}, step)
			return err != nil
		}
		fail(9)
		if locked() {
			t.Error("locked after nine")
		}
		fail(9) // a sign-in that succeeded began the count anew
		if locked() {
			t.Error("the count did not begin anew")
		}
		fail(10)
		if !locked() {
			t.Fatal("not locked after ten")
		}
		s.Clock.Move(10 * time.Minute)
		fail(5) // while it lasts nothing prolongs it
		s.Clock.Move(5*time.Minute + time.Second)
		if locked() {
			t.Error("the lock was prolonged")
		}
	})
}

// A network from which somebody has signed in has a lock of its own.
func TestKnownNetworksHaveTheirOwnLock(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		mei := id.New()
		s.must(s.AddStaff(ctx, identity.SystemPart("cli"), staff.New{Member: staff.Member{ID: mei, Email: "mei@example.org", Role: identity.Agent}, PasswordHash: "old"}))
		step := int64(0)
		opens := func(network string) bool {
			step++
			err := s.OpenSession(ctx, staff.Session{Digest: id.New(), ID: id.New(), StaffID: mei, ExpiresAt: 1 << 60, Network: network}, step)
			if err != nil {
				s.want(fault.Unauthenticated, err)
			}
			return err == nil
		}
		fail := func(network string) {
			t.Helper()
			for range 10 {
				s.must(s.SignInFailed(ctx, mei, network))
			}
		}
		if !opens("office") {
			t.Fatal("not opened")
		}
		fail("elsewhere")
		if opens("elsewhere") || opens("third") || !opens("office") {
			t.Error("strangers are not locked, or the office is")
		}
		s.Clock.Move(16 * time.Minute)
		fail("office")
		if opens("office") || !opens("home") {
			t.Error("the office is not locked, or everybody else is")
		}
		s.must(s.ResetStaff(ctx, identity.SystemPart("cli"), mei, staff.Reset{PasswordHash: "new"}))
		if !opens("office") {
			t.Error("a reset lifts no lock")
		}
		s.Clock.Move(31 * 24 * time.Hour)
		fail("office") // of so long ago that it is a stranger's
		if opens("home") {
			t.Error("a network is known for ever")
		}
		s.must(s.RenewHash(ctx, mei, "old", "renewed"))
		if c, err := s.CredentialsOf(ctx, "mei@example.org"); err != nil || c.PasswordHash != "new" {
			t.Errorf("a hash was renewed over a new password: %q, %v", c.PasswordHash, err)
		}
		s.must(s.RenewHash(ctx, mei, "new", "renewed"))
		if c, err := s.CredentialsOf(ctx, "mei@example.org"); err != nil || c.PasswordHash != "renewed" {
			t.Errorf("the hash is %q, %v", c.PasswordHash, err)
		}
	})
}

// A password that was being checked while it was replaced opens nothing: the sessions
// that its replacement ended would come back by it.
func TestAPasswordThatWasReplacedMeanwhileOpensNothing(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		mei := id.New()
		s.must(s.AddStaff(ctx, identity.SystemPart("cli"), staff.New{Member: staff.Member{ID: mei, Email: "mei@example.org", Role: identity.Agent}, PasswordHash: "old"}))
		session := func(against string) staff.Session {
			return staff.Session{Digest: id.New(), ID: id.New(), StaffID: mei, ExpiresAt: 1 << 60, Method: staff.ByPassword, Against: against}
		}
		first := session("old")
		s.must(s.OpenSession(ctx, first, 1))
		p := identity.Principal{Kind: identity.Staff, ID: mei, Role: identity.Agent, Session: first.ID}
		s.must(s.ChangePassword(ctx, p, staff.Reset{PasswordHash: "new"}, 0))
		if err := s.OpenSession(ctx, session("old"), 2); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("a session: %v", err)
		}
		if err := s.ProveSession(ctx, p, session("old"), 2); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("a proof: %v", err)
		}
		s.must(s.ProveSession(ctx, p, session("new"), 2))
		s.must(s.OpenSession(ctx, session("new"), 3))
	})
}
