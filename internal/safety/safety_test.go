package safety_test

import (
	"bytes"
	"context"
	"io/fs"
	"testing"

	"kefu/content"
	"kefu/internal/domain/wallet"
	"kefu/internal/safety"
)

// codes are those in which the rails of the demo's wallet speak.
func codes(t *testing.T) fs.FS {
	t.Helper()
	files, err := fs.Sub(content.Failures, "failures")
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Whatever people, networks and forgers do: nothing happens that was not allowed, and
// much does that was.
func TestNothingHappensThatIsNotAllowed(t *testing.T) {
	r, err := safety.Run(context.Background(), safety.Options{Codes: codes(t), Seed: 1, Runs: 1500})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Met || r.Runs != 1500 {
		var text bytes.Buffer
		_ = r.Report(&text)
		t.Errorf("violations %v, legitimate %.3f:\n%s", r.Broken, r.LegitimateShare, text.String())
	}
	for _, act := range []string{"refund", "freeze", "unfreeze", "dispute", "hold_release", "provisional_credit", "instrument_block", "dispute_evidence", "retrieval", "points_redeem", "points_claim", "consent_give", "consent_withdraw", "recovery", "recovery_stopped", "withdraw", "closure", "closure_cancel", "closed", "late_paid"} {
		if r.ByAct[act] == 0 {
			t.Errorf("no %s happened: the adversary does not try it, or is always refused", act)
		}
	}
}

// A check that is switched off is missed: otherwise nobody would have looked for it.
func TestEachCheckIsMissed(t *testing.T) {
	for _, check := range safety.Checks() {
		t.Run(string(check), func(t *testing.T) {
			t.Parallel()
			r, err := safety.Run(context.Background(), safety.Options{Codes: codes(t), Seed: 1, Runs: 10_000, Disable: check, Until: safety.Shows(check), Workers: 1})
			if err != nil {
				t.Fatal(err)
			}
			if !r.Met {
				t.Errorf("without it nothing was found in %d runs (found: %v)", r.Runs, r.Broken)
			}
			t.Logf("%d runs, %v", r.Runs, r.Broken)
		})
	}
}

// What brings a lost transfer back is kept by each check for itself: with that act alone
// tried, any one that is switched off is missed.
func TestEachCheckIsMissedWhereALostTransferIsBroughtBack(t *testing.T) {
	for _, check := range []safety.Check{
		safety.Ownership, safety.Assurance, safety.Binding, safety.Signature, safety.SingleUse, safety.Confirmed, safety.Expiry, safety.FourEyes, safety.Approver, safety.Idempotency,
		safety.Policy, safety.Postings,
	} {
		t.Run(string(check), func(t *testing.T) {
			t.Parallel()
			r, err := safety.Run(context.Background(), safety.Options{Codes: codes(t), Seed: 1, Runs: 10_000, Disable: check, Until: safety.Shows(check), Workers: 1, Wish: wallet.RequestRetrieval})
			if err != nil {
				t.Fatal(err)
			}
			if !r.Met || len(r.ByAct) != 1 {
				t.Errorf("without it nothing was found in %d runs (found: %v; effects: %v)", r.Runs, r.Broken, r.ByAct)
			}
			t.Logf("%d runs, %v", r.Runs, r.Broken)
		})
	}
}

// Points are money: with their redemption alone tried, any check that is switched off is
// missed.
func TestEachCheckIsMissedWherePointsAreRedeemed(t *testing.T) {
	for _, check := range []safety.Check{
		safety.Ownership, safety.Assurance, safety.Binding, safety.Signature, safety.SingleUse, safety.Confirmed, safety.Expiry, safety.Idempotency, safety.Policy, safety.Balance,
		safety.Postings, safety.PointsProof, safety.PointsFloor,
	} {
		t.Run(string(check), func(t *testing.T) {
			t.Parallel()
			r, err := safety.Run(context.Background(), safety.Options{Codes: codes(t), Seed: 1, Runs: 10_000, Disable: check, Until: safety.Shows(check), Workers: 1, Wish: wallet.RedeemPoints})
			if err != nil {
				t.Fatal(err)
			}
			if !r.Met || len(r.ByAct) != 1 {
				t.Errorf("without it nothing was found in %d runs (found: %v; effects: %v)", r.Runs, r.Broken, r.ByAct)
			}
			t.Logf("%d runs, %v", r.Runs, r.Broken)
		})
	}
}

// A run is the same each time that it is played.
func TestRunsRepeat(t *testing.T) {
	first, err := safety.Run(context.Background(), safety.Options{Codes: codes(t), Seed: 7, Runs: 300, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	var steps, effects, refused uint64
	for n := range uint64(300) {
		r, err := safety.Run(context.Background(), safety.Options{Codes: codes(t), Seed: 7, Run: n, Only: true})
		if err != nil {
			t.Fatal(err)
		}
		steps, effects, refused = steps+r.Steps, effects+r.Effects, refused+r.Refused
	}
	if steps != first.Steps || effects != first.Effects || refused != first.Refused {
		t.Errorf("one after the other: %d, %d, %d; each by itself: %d, %d, %d", first.Steps, first.Effects, first.Refused, steps, effects, refused)
	}
}
