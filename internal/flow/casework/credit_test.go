package casework_test

import (
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/flow/casework"
	"kefu/internal/platform/fault"
)

func proposals(c *cases.Case) (n int) {
	for _, e := range c.Events {
		if e.Kind == cases.CreditDue {
			n++
		}
	}
	return n
}

// On the day that the pack says a person is asked to propose a credit: once, whoever was
// away, and of nobody whose money is there or whose case is decided. No money moves.
func TestACreditIsProposedInTime(t *testing.T) {
	each(t, "us", func(h *house) {
		rings := func() {
			h.Helper()
			for {
				n, err := h.flow.Ring(ctx())
				h.must(err)
				if n == 0 {
					return
				}
			}
		}
		now := func(id string) *cases.Case {
			h.Helper()
			c, err := h.flow.Get(ctx(), h.agent, id)
			h.must(err)
			return c.Case
		}
		c := h.open(jurisdiction.Unauthorised, "us")
		decided := h.lead(h.open(jurisdiction.Unauthorised, "us"), cases.Dropped, cases.Data{Items: []string{"account", "sign_in"}, Reason: "not to be had"})
		h.lead(decided, cases.Decided, cases.Data{Outcome: cases.Upheld, Reason: "it was not them"})
		h.Clock.Move(5 * 24 * time.Hour)
		rings()
		if n := proposals(now(c.ID)); n != 0 {
			h.Fatalf("it was proposed early: %d", n)
		}
		h.Clock.Move(20 * 24 * time.Hour) // an outage over the day and the law's deadline
		rings()
		rings()
		got := now(c.ID)
		if n := proposals(got); n != 1 || got.Credit != nil || !got.CreditOpen() {
			h.Errorf("%d proposals, credit %+v", n, got.Credit)
		}
		if n := proposals(now(decided.ID)); n != 0 {
			h.Errorf("of a case that is decided: %d", n)
		}
		told := 0
		for _, e := range h.texts() {
			if strings.Contains(e.Content.Text, c.Reference) && strings.Contains(e.Content.Text, "propose a credit") {
				told++
			}
		}
		if told != 1 {
			h.Errorf("told %d times", told)
		}
	})
}

// What the clock alone may say nobody adds, and whoever may not know of the case is told
// so before anything else.
func TestNobodySaysThatACreditIsDue(t *testing.T) {
	each(t, "us", func(h *house) {
		c := h.open(jurisdiction.Unauthorised, "us")
		for who, want := range map[identity.Role]fault.Code{identity.Agent: fault.Invalid, identity.Supervisor: fault.Invalid, identity.Admin: fault.NotFound, identity.Auditor: fault.NotFound} {
			if _, err := h.flow.Lead(ctx(), h.works(who), c.ID, casework.Change{Kind: cases.CreditDue, Revision: int64(len(c.Events))}); !fault.Is(err, want) {
				h.Errorf("%s was answered %v, want %s", who, err, want)
			}
		}
	})
}
