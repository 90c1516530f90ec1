package decisions_test

import (
	"context"
	"testing"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/restriction"
	"kefu/internal/storage/storagetest"
)

// Equal decisions of an hour are one row, and are forgotten after their time.
func TestDecisionsAreCounted(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx, us := d.Open(t), context.Background(), identity.SystemPart("test")
		now := d.Clock.Now().UnixMicro()
		one := restriction.Decision{At: now, Staff: "s1", Role: identity.Agent, Action: policy.RevealWallet, Operation: "reveal", Object: "c1", Version: "v1", Times: 2}
		refused, other, later := one, one, one
		refused.Need, refused.Restriction, refused.Rule = restriction.Withheld, "r1", "Reveals"
		other.Version = "v2"
		later.At, later.Object = now+1, "c2"
		if err := s.NoteDecisions(ctx, us, []restriction.Decision{one, refused, other, later}); err != nil {
			t.Fatal(err)
		}
		boss := identity.Principal{Kind: identity.Staff, ID: "s9", Role: identity.Supervisor}
		all, err := s.DecisionsOf(ctx, boss, restriction.Query{Limit: 10})
		if err != nil || len(all) != 3 || all[0].Object != "c2" || all[0].Times != 4 {
			t.Fatalf("%+v, %v", all, err)
		}
		for query, want := range map[restriction.Query]int{
			{Limit: 10, Refused: true}: 1, {Limit: 10, Allowed: true}: 2, {Limit: 10, Staff: "s2"}: 0, {Limit: 10, Staff: "s1"}: 3, {Limit: 1}: 1, {}: 3, {Limit: 10, From: now + 1}: 1,
		} {
			if got, err := s.DecisionsOf(ctx, boss, query); err != nil || len(got) != want {
				t.Errorf("%+v: %d, want %d, %v", query, len(got), want, err)
			}
		}
		d.Clock.Move(restriction.KeptFor + time.Hour)
		if err := s.ForgetDecisions(ctx, us, 2); err != nil {
			t.Fatal(err)
		}
		if left, err := s.DecisionsOf(ctx, boss, restriction.Query{Limit: 10}); err != nil || len(left) != 1 {
			t.Errorf("%d are left of three, of which two were to go: %v", len(left), err)
		}
		if err := s.ForgetDecisions(ctx, us, 100); err != nil {
			t.Fatal(err)
		}
		var rows int
		d.Scan(t, "SELECT COUNT(*) FROM decision", &rows)
		if rows != 0 {
			t.Errorf("%d rows are kept", rows)
		}
	})
}
