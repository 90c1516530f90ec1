package wallet_test

import (
	"testing"

	"pgregory.net/rapid"

	"kefu/internal/domain/wallet"
)

func TestNothingFollowsWhatIsOver(t *testing.T) {
	over := map[wallet.State]bool{
		wallet.PreCheckFailed: true, wallet.Voided: true, wallet.Expired: true, wallet.Reversed: true, wallet.Refunded: true,
		wallet.Failed: true, wallet.Lost: true,
	}
	for _, from := range wallet.States() {
		if from.Over() != over[from] {
			t.Errorf("%s is over: %v", from, from.Over())
		}
		for _, to := range wallet.States() {
			if over[from] && from.May(to) {
				t.Errorf("%s leads to %s", from, to)
			}
			if from == to && from.May(to) {
				t.Errorf("%s leads to itself", from)
			}
			final := wallet.Transaction{State: from, Final: true}
			if final.May(to) {
				t.Errorf("a final %s leads to %s", from, to)
			}
		}
	}
	if wallet.State("invented").Known() || wallet.State("invented").Over() || wallet.State("").May(wallet.Initiated) {
		t.Error("an invented state is taken for one")
	}
}

func TestEveryStateIsReachedAndEnds(t *testing.T) {
	reached := map[wallet.State]bool{wallet.Initiated: true}
	for range wallet.States() {
		for _, from := range wallet.States() {
			for _, to := range wallet.States() {
				reached[to] = reached[to] || (reached[from] && from.May(to))
			}
		}
	}
	for _, s := range wallet.States() {
		if !reached[s] {
			t.Errorf("nothing leads to %s", s)
		}
	}
	rapid.Check(t, func(t *rapid.T) { // money that has left the account never ends as "nothing was taken"
		s := rapid.SampledFrom([]wallet.State{wallet.Captured, wallet.Processing, wallet.Posted, wallet.FailedAfterDebit}).Draw(t, "from")
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			var may []wallet.State
			for _, to := range wallet.States() {
				if s.May(to) && s != wallet.Unknown { // only the wallet knows what unknown was
					may = append(may, to)
				}
			}
			if len(may) == 0 {
				break
			}
			s = rapid.SampledFrom(may).Draw(t, "to")
			if s == wallet.Failed || s == wallet.Voided || s == wallet.Expired || s == wallet.PreCheckFailed {
				t.Fatalf("money that had left came to %s", s)
			}
		}
	})
}

func TestStatesInWords(t *testing.T) {
	for _, s := range wallet.States() {
		plain := wallet.Tell(s, 0, 100)
		if plain.Key == "" || plain.Tone == "" {
			t.Errorf("%s is not told", s)
		}
	}
	for _, c := range []struct {
		state    wallet.State
		expected wallet.Time
		key      string
		tone     wallet.Tone
	}{
		{wallet.Unknown, 50, "unknown", wallet.ToneWaiting}, // never as failed
		{wallet.RiskHold, 50, "risk_hold", wallet.ToneWaiting},
		{wallet.Processing, 0, "processing", wallet.ToneWaiting},
		{wallet.Processing, 150, "processing", wallet.ToneWaiting},
		{wallet.Processing, 50, wallet.KeyLate, wallet.ToneProblem},
		{wallet.RefundPending, 50, wallet.KeyLate, wallet.ToneProblem},
		{wallet.Posted, 50, "posted", wallet.ToneDone},
		{wallet.Failed, 0, "failed", wallet.ToneProblem},
		{wallet.Reversed, 0, "reversed", wallet.ToneReturned},
	} {
		if got := wallet.Tell(c.state, c.expected, 100); got.Key != c.key || got.Tone != c.tone {
			t.Errorf("%s expected by %d is told as %+v", c.state, c.expected, got)
		}
	}
}

func TestWhatMustNotBeDisclosed(t *testing.T) {
	told := 0
	for _, code := range wallet.FailureCodes() {
		got := wallet.Failure{Code: code, Source: "issuer", RawCode: "59", RawText: "suspected fraud", Retriable: true}.ForCustomer()
		if got.RawCode != "" || got.RawText != "" || got.Source != "" {
			t.Errorf("%s: a customer reads the provider's words: %+v", code, got)
		}
		if got.Code == code {
			told++
		} else if got != (wallet.Failure{Code: wallet.FailureUndisclosed}) {
			t.Errorf("%s: %+v", code, got)
		}
	}
	if hidden := len(wallet.FailureCodes()) - told; hidden != 4 {
		t.Errorf("%d codes are hidden", hidden)
	}
	if wallet.FailureUndisclosed.Known() {
		t.Error("a wallet may not hide what failed")
	}
}
