package alerting_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/examples/wallet/memory"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/storage/storagetest"
)

// A question goes when what it is about is settled in the wallet, after whichever notice,
// and the customer reads that it is; it stays where it was not them, where another one of
// its kind is open, and where they have answered.
func TestWhatIsSettledIsAskedNoMore(t *testing.T) {
	closed := func(state string) func(*house) {
		return func(h *house) { h.purse.alerts[0].State, h.purse.alerts[0].SettledAt = state, wallet.At(h.now()) }
	}
	for name, c := range map[string]struct {
		kind   wallet.AlertKind
		about  string
		change func(*house)
		goes   bool
	}{
		"theirs":                  {wallet.AlertDevice, "d", closed("mine"), true},
		"ended":                   {wallet.AlertLogin, "s", closed("closed"), true},
		"a payment that is over":  {wallet.AlertPayment, bistro, closed("closed"), true},
		"a payment in dispute":    {wallet.AlertPayment, bistro, closed("not_mine"), true},
		"not theirs":              {wallet.AlertDevice, "d", closed("not_mine"), false},
		"open":                    {wallet.AlertDevice, "d", func(*house) {}, false},
		"not told of any more":    {wallet.AlertDevice, "d", func(h *house) { h.purse.alerts = nil }, false},
		"a wallet without alerts": {wallet.AlertDevice, "d", func(h *house) { closed("mine")(h); h.purse.lacks = wallet.ReadAlerts }, false},
		"another one of its kind": {wallet.AlertDevice, "d", func(h *house) { closed("mine")(h); h.raise(wallet.AlertDevice, "e") }, false},
		"a day later, still open": {wallet.AlertDevice, "d", nil, false},
		"answered a moment before": {wallet.AlertDevice, "d", func(h *house) {
			runs, err := h.runs.List(h.Context(), h.anna)
			h.must(err)
			_, err = h.runs.Answer(h.Context(), h.anna, runs[0].Run.ID, "op-1", "", selfservice.Input{Do: selfservice.Set, Text: "not_me"})
			h.must(err)
			closed("mine")(h)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := storagetest.New(t, "sqlite")
			h := open(t, d)
			h.must(h.flow.Took(t.Context(), h.raise(c.kind, c.about)))
			if _, _, asked, _ := h.said(); len(asked) != 1 {
				t.Fatal(asked)
			}
			if c.change == nil { // nobody is asked for longer than it is news
				d.Clock.Move(24 * time.Hour)
				if _, _, asked, _ := h.said(); len(asked) != 0 {
					t.Errorf("asked after a day: %q", asked)
				}
				return
			}
			c.change(h)
			d.Clock.Move(time.Minute)
			other := wallet.Notice{ID: "ev-9", Type: wallet.TransactionUpdated, CustomerID: memory.Anna, Object: bistro, Sequence: 1, Position: 9, At: wallet.At(h.now())}
			for range 2 {
				h.must(h.flow.Took(t.Context(), other))
			}
			words, _, asked, _ := h.said()
			told := len(slices.DeleteFunc(words, func(w string) bool { return !strings.Contains(w, "settled in your wallet") }))
			if gone := len(asked) == 0; gone != c.goes || (told == 1) != c.goes || told > 1 {
				t.Errorf("asked %q, told %d times that it is settled", asked, told)
			}
		})
	}
}
