package restricting_test

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/restriction"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/sla"
	"kefu/internal/flow/restricting"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// shelf is a store that may be out of order. The real one is tried in package api.
type shelf struct {
	mu   sync.Mutex
	down bool
	kept []restriction.Decision
}

func (s *shelf) NoteDecisions(_ context.Context, _ identity.Principal, all []restriction.Decision) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return fault.New(fault.Unavailable, "test", "down")
	}
	s.kept = append(s.kept, all...)
	return nil
}

func (s *shelf) DecisionsOf(context.Context, identity.Principal, restriction.Query) ([]restriction.Decision, error) {
	return nil, errors.New("not asked here")
}

func (s *shelf) times() (n int64) {
	for _, d := range s.kept {
		n += d.Times
	}
	return n
}

func lead() identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: "s1", Role: identity.Supervisor, Session: "one"}
}

func withheld(t *testing.T) *settings.Snapshot {
	t.Helper()
	kinds, err := settings.NewRegistry(restriction.Kind(), restriction.TrainingKind(), restriction.CertificateKind(), sla.CalendarKind())
	if err != nil {
		t.Fatal(err)
	}
	s, _ := settings.NewSnapshot(kinds, 2, []settings.Item{{Kind: "restriction", ID: id.From("r"), Revision: 1, Body: []byte(`{"name":"R","actions":["wallet.reveal"],"withhold":true}`)}})
	return s
}

// A restriction counts from the moment that it is there, for principals that were made
// before it, and no longer than it is there.
func TestASessionThatIsOpenIsRestricted(t *testing.T) {
	s := restricting.New(&shelf{}, time.Now, slog.New(slog.DiscardHandler))
	open, asking := s.Restrict(lead(), 0), s.Asking(s.Restrict(lead(), 0), netip.Addr{})
	for name, p := range map[string]identity.Principal{"a socket": open, "a request": asking} {
		s.Use(nil)
		if !policy.Allow(p, policy.RevealWallet, policy.Object{}) {
			t.Errorf("%s is restricted by nothing", name)
		}
		s.Use(withheld(t))
		if policy.Allow(p, policy.RevealWallet, policy.Object{}) || !policy.Allow(p, policy.ReadWallet, policy.Object{}) {
			t.Errorf("%s is not restricted, or by too much", name)
		}
		s.Use(nil)
		if !policy.Allow(p, policy.RevealWallet, policy.Object{}) {
			t.Errorf("%s is restricted by what is gone", name)
		}
	}
	for _, p := range []identity.Principal{{}, {Kind: identity.Customer, ID: "c1"}, identity.SystemPart("x")} {
		if s.Restrict(p, 0).Bounds != nil {
			t.Errorf("%s has bounds", p.Kind)
		}
	}
}

// In the name of somebody who is not there what a restriction says of who they are holds; from
// where they come, and how lately they proved who they are, was judged when they asked.
func TestWhoIsAwayIsRestrictedByWhoTheyAre(t *testing.T) {
	s := restricting.New(&shelf{}, time.Now, slog.New(slog.DiscardHandler))
	kinds, err := settings.NewRegistry(restriction.Kind(), restriction.TrainingKind(), restriction.CertificateKind(), sla.CalendarKind())
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string][2]bool{ // there, without an address or a proof; away
		`{"name":"R","actions":["key.manage"],"withhold":true}`:                        {false, false},
		`{"name":"R","actions":["key.manage"],"training":"` + id.From("gone") + `"}`:   {false, false},
		`{"name":"R","actions":["key.manage"],"networks":["192.0.2.0/24"]}`:            {false, true},
		`{"name":"R","actions":["key.manage"],"proof_minutes":5}`:                      {false, true},
		`{"name":"R","actions":["wallet.reveal"],"withhold":true}`:                     {true, true},
		`{"name":"R","actions":["key.manage"],"withhold":true,"roles":["supervisor"]}`: {true, true},
	} {
		all, _ := settings.NewSnapshot(kinds, 2, []settings.Item{{Kind: "restriction", ID: id.From("r"), Revision: 1, Body: []byte(body)}})
		s.Use(all)
		p := identity.Principal{Kind: identity.Staff, ID: "s1", Role: identity.Admin}
		there, away := policy.Allow(s.Restrict(p, 0), policy.ManageKeys, policy.Object{}), policy.Allow(s.Away(p), policy.ManageKeys, policy.Object{})
		if got := [2]bool{there, away}; got != want {
			t.Errorf("%s: %v, want %v", body, got, want)
		}
	}
	if s.Away(identity.SystemPart("x")).Bounds != nil {
		t.Error("a part of Kefu has bounds")
	}
}

// What cannot be kept now is kept later, and all of it; what floods is counted.
func TestDecisionsOutliveAStoreThatIsDown(t *testing.T) {
	store := &shelf{down: true}
	s := restricting.New(store, time.Now, slog.New(slog.DiscardHandler))
	s.Use(withheld(t))
	ask := func(object string) {
		p := s.Asking(s.Restrict(lead(), 0), netip.Addr{})
		allowed := policy.Allow(p, policy.RevealWallet, policy.Object{})
		if refusal, kept := s.Refusal(p); allowed || !kept || refusal.Need != restriction.Withheld {
			t.Fatalf("%+v, %v", refusal, kept)
		}
		s.Decided(p, "reveal", object, fault.New(fault.Forbidden, "test", "no"))
	}
	for range 1000 {
		ask("c1")
	}
	if err := s.Keep(context.Background()); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("the store is down: %v", err)
	}
	ask("c1")
	store.down = false
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if err := s.Run(ctx); err != nil { // which keeps what waits before it ends
		t.Fatal(err)
	}
	if store.times() != 1001 || len(store.kept) != 1 {
		t.Errorf("%d times in %d decisions", store.times(), len(store.kept))
	}
	for range 40_000 { // more than are remembered
		ask(id.New())
	}
	if err := s.Keep(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := len(store.kept); n > 25_000 {
		t.Errorf("%d decisions are kept", n)
	}
}

// What a request asked about on its way, and went another way for, is no refusal.
func TestWhatWasNotTheReasonIsNoRefusal(t *testing.T) {
	store := &shelf{}
	s := restricting.New(store, time.Now, slog.New(slog.DiscardHandler))
	s.Use(withheld(t))
	p := s.Asking(s.Restrict(lead(), 0), netip.Addr{})
	policy.Allow(p, policy.RevealWallet, policy.Object{})
	policy.Allow(p, policy.ReadWallet, policy.Object{})
	if _, kept := s.Refusal(p); kept {
		t.Error("what was judged last was allowed")
	}
	s.Decided(p, "look", "", fault.New(fault.NotFound, "test", "it is not there"))
	p = s.Asking(s.Restrict(lead(), 0), netip.Addr{})
	policy.Allow(p, policy.ReadWallet, policy.Object{})
	policy.Allow(p, policy.RevealWallet, policy.Object{})
	s.Decided(p, "look", "", fault.New(fault.Unavailable, "test", "the wallet is down"))
	if err := s.Keep(context.Background()); err != nil || len(store.kept) != 0 {
		t.Errorf("%+v, %v", store.kept, err)
	}
}

// Whatever a restriction takes, it says so, also where another right was asked for beside
// it that no role of staff has.
func TestASecondRightDoesNotHideARestriction(t *testing.T) {
	kinds, err := settings.NewRegistry(restriction.Kind(), restriction.TrainingKind(), restriction.CertificateKind(), sla.CalendarKind())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range restriction.Restrictable() {
		for _, other := range []policy.Action{policy.RunPrivacy, policy.RunActs} {
			all, problems := settings.NewSnapshot(kinds, 2, []settings.Item{{Kind: "restriction", ID: id.From("r"), Revision: 1, Body: []byte(`{"name":"R","actions":["` + string(a) + `"],"withhold":true}`)}})
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			store := &shelf{}
			s := restricting.New(store, time.Now, slog.New(slog.DiscardHandler))
			s.Use(all)
			role := identity.Owner
			for _, r := range identity.Roles() {
				if policy.Allow(identity.Principal{Kind: identity.Staff, ID: "s1", Role: r}, a, policy.Object{AssigneeID: "s1", Open: true, StaffID: "s2"}) {
					role = r
				}
			}
			o := policy.Object{AssigneeID: "s1", Open: true, StaffID: "s2"}
			p := s.Asking(s.Restrict(identity.Principal{Kind: identity.Staff, ID: "s1", Role: role}, 0), netip.Addr{})
			if !policy.Allow(identity.Principal{Kind: identity.Staff, ID: "s1", Role: role}, a, o) {
				o.StaffID = "s1"
			}
			if policy.Allow(p, a, o) || policy.Allow(p, other, o) {
				t.Fatalf("%s is not withheld from %s", a, role)
			}
			if refusal, kept := s.Refusal(p); !kept || refusal.Action != a || refusal.Need != restriction.Withheld {
				t.Errorf("%s beside %s: %+v", a, other, refusal)
			}
			s.Decided(p, "x", "", fault.New(fault.Forbidden, "test", "no"))
			if err := s.Keep(context.Background()); err != nil || len(store.kept) != 1 || store.kept[0].Action != a {
				t.Errorf("%s beside %s: kept %+v, %v", a, other, store.kept, err)
			}
		}
	}
}

func BenchmarkAllowOfASession(b *testing.B) {
	s := restricting.New(&shelf{}, time.Now, slog.New(slog.DiscardHandler))
	p, o := s.Restrict(lead(), 0), policy.Whosever("s1")
	b.ReportAllocs()
	for b.Loop() {
		policy.Allow(p, policy.ReadConversation, o)
		policy.Allow(p, policy.ReadOffer, o)
		policy.Allow(p, policy.ReadApprovals, o)
	}
}
