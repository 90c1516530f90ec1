package acting_test

import (
	"context"
	"testing"
	"time"

	"kefu/internal/domain/assurance"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/storage/engine"
)

func TestTooManyFalseProofsLockEveryWayOfAsking(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		h.wallet.forge = true
		var a selfservice.ActFact
		for i := range assurance.MaxTries {
			if i%2 == 0 { // from another conversation each time
				h.conv = h.begin(h.anna)
				a = h.propose("12.50")
				h.confirm(a)
			}
			if _, now, err := h.flow.Prove(ctx, h.anna, a.ID); err != nil || now.State != assurance.Pending {
				t.Fatalf("try %d: %+v %v", i, now, err)
			}
			if _, now, err := h.flow.Proof(ctx, h.anna, a.ID); err != nil || now.State != assurance.WasRefused {
				t.Fatalf("try %d: %+v %v", i, now, err)
			}
		}
		h.wallet.forge = false
		asked := h.wallet.asked
		h.conv = h.begin(h.anna)
		a = h.propose("12.50")
		h.confirm(a)
		_, now, err := h.flow.Prove(ctx, h.anna, a.ID)
		if err != nil || now.State != assurance.Locked || !now.Until.Equal(h.clock.Now().Add(assurance.LockFor)) || h.wallet.asked != asked {
			t.Errorf("%+v %v", now, err)
		}
		h.clock.Move(assurance.LockFor)
		a = h.propose("12.50")
		h.confirm(a)
		h.prove(a)
	})
}

func TestWhoSaysThatItWasNotThemIsNotAskedAgain(t *testing.T) {
	h := open(t, engine.SQLite)
	ctx := context.Background()
	a := h.propose("12.50")
	h.confirm(a)
	h.wallet.answer = wallet.AskDeclined
	for range 3 {
		if _, _, err := h.flow.Prove(ctx, h.anna, a.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, now, err := h.flow.Proof(ctx, h.anna, a.ID); err != nil || now.State != assurance.WasDeclined || h.wallet.asked != 1 {
		t.Errorf("%+v %v, asked %d times", now, err, h.wallet.asked)
	}
}

func TestNobodyIsWornDown(t *testing.T) {
	h := open(t, engine.SQLite)
	ctx := context.Background()
	h.wallet.answer = wallet.AskExpired
	asked := 0
	for range 20 {
		h.conv = h.begin(h.anna)
		a := h.propose("12.50")
		h.confirm(a)
		if _, now, err := h.flow.Prove(ctx, h.anna, a.ID); err != nil {
			t.Fatal(err)
		} else if now.State == assurance.Pending {
			asked++
		}
		_, err := h.flow.Cancel(ctx, h.anna, a.ID)
		h.must(err)
	}
	if asked > 8 || h.wallet.asked > 8 {
		t.Errorf("the customer was asked %d times in an hour", h.wallet.asked)
	}
}

// What never left asks nobody: however often it is tried, it locks nobody out. What may
// have left counts, for the customer may have been asked.
func TestWhatNeverReachedTheWalletIsNoTry(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		a := h.propose("12.50")
		h.confirm(a)
		h.wallet.unreached = true
		for i := range 20 {
			if _, now, err := h.flow.Prove(ctx, h.anna, a.ID); err != nil || now.State != assurance.Unreachable {
				t.Fatalf("try %d: %+v %v", i, now, err)
			}
		}
		gone, over := context.WithCancel(ctx)
		over() // whoever asked has left: that nothing was sent is noted all the same
		_, _, _ = h.flow.Prove(gone, h.anna, a.ID)
		if _, now, err := h.flow.Proof(ctx, h.anna, a.ID); err != nil || now.State != assurance.NotAsked {
			t.Errorf("after twenty tries that reached nobody: %+v %v", now, err)
		}
		h.wallet.unreached, h.wallet.down = false, true
		for range 20 {
			_, _, err := h.flow.Prove(ctx, h.anna, a.ID)
			h.must(err)
		}
		if h.wallet.asked != 8 {
			t.Errorf("the wallet, which may have asked, was asked %d times", h.wallet.asked)
		}
		h.wallet.down = false
		if _, now, err := h.flow.Prove(ctx, h.anna, a.ID); err != nil || now.State != assurance.Locked {
			t.Errorf("after eight that may have been asked: %+v %v", now, err)
		}
		h.clock.Move(time.Hour)
		a = h.propose("12.50")
		h.confirm(a)
		h.prove(a)
	})
}

func TestTheWalletChangesItsKeys(t *testing.T) {
	h := open(t, engine.SQLite)
	a := h.propose("12.50")
	h.confirm(a)
	h.prove(a)
	h.execute(a, "")
	h.clock.Move(time.Minute)
	h.wallet.rotate()
	a = h.propose("13.50")
	h.confirm(a)
	h.prove(a)
	if h.wallet.keyings != 2 {
		t.Errorf("the keys were read %d times", h.wallet.keyings)
	}
	h.execute(a, "")
}

func TestANoticeSavesTheWait(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		a := h.propose("12.50")
		h.confirm(a)
		h.prove(a)
		h.wallet.next = []way{takesTime}
		h.execute(a, "")
		for range 6 { // it is asked for less and less often
			h.wallet.pending = true
			h.later(2 * time.Minute)
		}
		h.wallet.pending = false
		h.must(h.flow.Took(ctx, wallet.Notice{Type: wallet.OperationUpdated, CustomerID: "cust-li"}))
		h.must(h.flow.Took(ctx, wallet.Notice{Type: wallet.RiskAlert, CustomerID: "cust-anna"}))
		h.must(h.flow.Reconcile(ctx))
		if now := h.state(a); now.State != "sent" {
			t.Errorf("what is no news of it: %s", now.State)
		}
		h.must(h.flow.Took(ctx, wallet.Notice{Type: wallet.OperationUpdated, CustomerID: "cust-anna"}))
		h.must(h.flow.Reconcile(ctx))
		if now := h.state(a); now.State != "succeeded" {
			t.Errorf("after the notice: %s", now.State)
		}
	})
}
