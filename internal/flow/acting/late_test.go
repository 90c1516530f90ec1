package acting_test

import (
	"context"
	"testing"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/engine"
)

// The command is on its way when the wallet is asked and knows nothing of it, and arrives
// before anybody looks again: it is not told as failed.
func TestWhatCameLateIsNotToldAsFailed(t *testing.T) {
	h := open(t, engine.SQLite)
	a := h.propose("12.50")
	h.confirm(a)
	h.prove(a)
	h.wallet.next = []way{comesLate}
	h.execute(a, "unknown")
	h.later(5 * time.Second) // nothing is there
	h.clock.Move(4 * time.Minute)
	if n := len(h.wallet.done()); n != 1 {
		t.Fatalf("%d effects: the command did not come in", n)
	}
	h.later(8 * time.Minute) // too late to send it once more
	h.later(10 * time.Minute)
	if now := h.state(a); now.State != "succeeded" {
		t.Errorf("it happened, and is told as %+v", now)
	}
}

// A machine that was suspended after the plan was written down sends nothing when it
// wakes: others have looked after it meanwhile.
func TestNothingLeavesAfterALongSleep(t *testing.T) {
	h := open(t, engine.SQLite)
	a := h.propose("12.50")
	h.confirm(a)
	h.prove(a)
	h.sleeps.Store(int64(time.Hour))
	h.execute(a, "unknown")
	if n := len(h.wallet.done()); n != 0 {
		t.Errorf("%d effects an hour after", n)
	}
	h.later(time.Minute)
	h.later(10 * time.Minute)
	if now := h.state(a); now.State != "failed" || len(h.wallet.done()) != 0 {
		t.Errorf("%+v", now)
	}
}

// Whoever agreed is not told that it failed because something was noted of it at that moment.
func TestAnActThatChangedWhileItWasPlannedIsTriedAgain(t *testing.T) {
	h := open(t, engine.SQLite)
	a := h.propose("12.50")
	h.confirm(a)
	h.prove(a)
	h.overtaken.Store(true)
	if _, outcome, err := h.flow.Execute(context.Background(), h.anna, a.ID); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("%q %v", outcome, err)
	}
	if now := h.state(a); now.State != string(action.Confirmed) || len(h.wallet.done()) != 0 {
		t.Fatalf("%s, %d effects", now.State, len(h.wallet.done()))
	}
	h.execute(a, "")
	if len(h.wallet.done()) != 1 {
		t.Errorf("%d effects", len(h.wallet.done()))
	}
}
