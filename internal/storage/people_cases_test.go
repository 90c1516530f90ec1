package storage_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/casework"
)

// What somebody opened for a visitor is the customer's whom the visitor turns out to be,
// and what an older conversation was about stays where that stays.
func TestACaseFollowsTheSignIn(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		ctx := context.Background()
		sc := &scene{site: s}
		p, _, old := s.visit()
		open := func(conv string) string {
			t.Helper()
			c, err := s.AddCase(ctx, identity.SystemPart("cases"), cases.Head{ID: id.New(), Reference: "K-" + id.New()[:8], CustomerID: p.ID}, "", sc.laws(),
				cases.Event{Kind: cases.Opened, Data: cases.Data{Type: jurisdiction.Complaint, Channel: "chat", Conversation: conv}})
			s.must(err)
			return c.ID
		}
		before := open(old)
		s.Clock.Move(time.Hour)
		horizon := s.Clock.Micros()
		recent := s.start(p).ID
		now := open(recent)

		me := asCustomer(s.signIn(signIn("wang", p.ID, horizon)).CustomerID)
		rows, err := s.ListCases(ctx, me, cases.Query{Limit: 10})
		s.must(err)
		if len(rows) != 1 || rows[0].ID != now {
			t.Fatalf("the customer has %+v, want %s", rows, now)
		}
		if c, err := s.Case(ctx, me, now); err != nil || c.CustomerID != me.ID || !slices.Equal(c.Conversations, []string{recent}) {
			t.Errorf("%+v, %v", c, err)
		}
		if _, err := s.ChangeCase(ctx, me, now, casework.AnyRevision, sc.laws(), func(*cases.Case, int64) ([]cases.Event, error) {
			return []cases.Event{{Kind: cases.Withdrawn}}, nil
		}); err != nil {
			t.Errorf("they cannot take it back: %v", err)
		}
		_, err = s.Case(ctx, me, before)
		s.want(fault.NotFound, err)
		recorded := 0
		for e, err := range s.AuditEntries(ctx, identity.SystemPart("cli")) {
			s.must(err)
			if e.Action == "case.identify" && e.Object.ID == now {
				recorded++
			}
		}
		if recorded != 1 {
			t.Errorf("%d records say whose it is now", recorded)
		}
		verified(t, s, true)
	})
}
