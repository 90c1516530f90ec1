package selfservice_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"kefu/internal/domain/identity"
	domain "kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/selfservice"
	"kefu/internal/flow/selfservice/golden"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/storagetest"
)

// shown is everything that a customer is given of one payment, by whichever way: what is
// proposed, what may be chosen, and every step of a flow about it, but for what is new
// each time.
func (h *house) shown(tx golden.Tx) string {
	h.Helper()
	ctx := context.Background()
	h.must(h.EraseFlowRuns(ctx, identity.SystemPart("test"), h.anna.ID, 1<<60))
	h.deps.Wallet = golden.Wallet(golden.World{Transactions: []golden.Tx{tx}})
	h.flow = h.process(true)
	var all []any
	for _, one := range h.flow.Proposals(ctx, h.anna) {
		all = append(all, one.ID, one.Flow.ID, one.Title, one.Figures, one.Given)
	}
	keep := func(seen selfservice.Seen) {
		run := seen.Run
		all = append(all, seen.Views, run.Slots, run.State, run.Step, run.Offered, run.Effect != nil, run.DueAt.Sub(h.d.Clock.Now()))
	}
	for _, flow := range []string{"FL2", "FL6", "FL7", "FL9", "FL19"} {
		seen := h.begin(flow)
		keep(seen)
		if len(seen.Run.Offered) == 0 {
			continue
		}
		seen = h.answer(seen, domain.Set, tx.ID)
		keep(seen)
		for _, what := range []string{"follow", "not_mine", "person"} {
			views := seen.Views
			if n := len(views); n == 0 || !slices.ContainsFunc(views[n-1].Options, func(o domain.Shown) bool { return o.ID == what }) {
				continue
			}
			next := h.begin(flow)
			next = h.answer(next, domain.Set, tx.ID)
			keep(h.answer(next, domain.Set, what))
		}
		h.must(h.EraseFlowRuns(ctx, identity.SystemPart("test"), h.anna.ID, 1<<60))
	}
	text, err := json.Marshal(all)
	h.must(err)
	return string(text)
}

// A payment that is looked at is shown, proposed, explained and followed like any other
// one that takes its time: the same words, steps, choices, shape and times.
func TestAPaymentThatIsLookedAtIsWalkedLikeAnyOther(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		for _, ago := range []string{"5m", "3h", "100h"} {
			for _, kind := range []string{"payment", "transfer"} {
				tx := golden.Tx{ID: "tx-1", Kind: kind, Amount: "268.00 CNY", Party: "Lotus Market", State: "initiated", Ago: ago}
				plain := h.shown(tx)
				tx.State, tx.Held = "risk_hold", "-48h"
				for _, failure := range []string{"", "compliance_hold", "suspected_fraud", "lost_stolen", "unmapped"} {
					tx.Failure = failure
					if failure != "" && !slices.Contains(wallet.FailureCodes(), wallet.FailureCode(failure)) {
						t.Fatalf("there is no failure %s", failure)
					}
					if looked := h.shown(tx); looked != plain {
						t.Errorf("%s, %s, %s: shown as\n%s\nand, looked at, as\n%s", kind, ago, failure, plain, looked)
					}
				}
			}
		}
	})
}

// Before somebody has proven who they are, nothing that they are given tells that a
// payment was declined for fraud, or because something is lost or blocked: it is the same
// as for a code that nobody knows.
func TestDeclinesAreToldAlikeBeforeAProof(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		for _, state := range []string{"failed", "pre_check_failed", "failed_after_debit", "reversed"} {
			tx := golden.Tx{ID: "tx-1", Amount: "268.00 CNY", Party: "Lotus Market", State: state, Failure: string(wallet.Unmapped), Ago: "3h"}
			neutral := h.shown(tx)
			for _, code := range []wallet.FailureCode{wallet.SuspectedFraud, wallet.LostOrStolen, wallet.AccountBlocked} {
				tx.Failure = string(code)
				if got := h.shown(tx); got != neutral || strings.Contains(got, string(code)) {
					t.Errorf("%s, %s: shown as\n%s\nand not as\n%s", state, code, got, neutral)
				}
			}
			for _, raw := range []string{"41", "43", "59"} { // a milder word of the wallet's, and the code of an issuer
				tx.Failure, tx.Raw = string(wallet.DoNotHonor), raw
				if got := h.shown(tx); got != neutral {
					t.Errorf("%s, raw %s: shown as\n%s\nand not as\n%s", state, raw, got, neutral)
				}
			}
		}
		stranger := h.anna
		stranger.Level = identity.AL0
		if _, err := h.flow.Start(context.Background(), stranger, selfservice.Begin{Flow: "FL2", Given: map[string]string{"payment": "tx-1"}, Language: "en"}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("somebody who proved nothing: %v", err)
		}
		if all := h.flow.Proposals(context.Background(), stranger); len(all) > 0 {
			t.Errorf("somebody who proved nothing is proposed %+v", all)
		}
	})
}
