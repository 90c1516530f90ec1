package actions_test

import (
	"testing"

	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
)

func TestWhatNeverLeftIsErasedAndTheRestIsEvidence(t *testing.T) {
	each(t, func(h *house) {
		idle := h.add(h.anna, "idle", "12.50", "EUR", identity.AL2, false)
		left := h.confirm(h.add(h.anna, "left", "12.50", "EUR", identity.AL2, false))
		proof := h.proven(left, "j-1")
		_, err := h.PlanAct(ctx(), h.anna, left.ID, left.Revision, ready(left, proof))
		h.must(err)
		h.member(identity.Supervisor)
		waits := h.confirm(h.add(h.anna, "waits", "12.50", "EUR", identity.AL2, true))
		_, err = h.AwaitAct(ctx(), h.anna, waits.ID, waits.Revision)
		h.must(err)
		who, err := h.ActCustomer(ctx(), part(), "wallet", "cust-anna")
		h.must(err)
		if who != h.anna.ID {
			t.Fatalf("found %s", who)
		}
		if _, err := h.ActCustomer(ctx(), part(), "another", "cust-anna"); !fault.Is(err, fault.NotFound) {
			t.Errorf("of another issuer: %v", err)
		}
		h.must(h.EraseProofs(ctx(), part(), who, 1<<60))
		erased, kept, err := h.EraseActs(ctx(), part(), who, 1<<60)
		h.must(err)
		if erased != 2 || kept != 1 {
			t.Errorf("%d erased, %d kept", erased, kept)
		}
		for _, id := range []string{idle.ID, waits.ID} {
			if _, err := h.Act(ctx(), part(), id); !fault.Is(err, fault.NotFound) {
				t.Errorf("%v", err)
			}
		}
		if k, err := h.Act(ctx(), part(), left.ID); err != nil || k.Lost || k.Command.Target == "" {
			t.Errorf("what left: %+v %v", k, err)
		}
		if _, err := h.StepUpOf(ctx(), h.anna, left.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("its proof: %v", err)
		}
		var requests int
		h.Scan(t, "SELECT COUNT(*) FROM approval WHERE state = 'pending'", &requests)
		if requests != 0 {
			t.Errorf("%d requests wait for what is gone", requests)
		}
	})
}
