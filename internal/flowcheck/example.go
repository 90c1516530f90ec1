package flowcheck

import (
	"log/slog"
	"net/http"

	"kefu/examples/wallet/flawed"
	"kefu/examples/wallet/memory"
	"kefu/internal/connector/walletserver"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/httpsig"
)

// Example is the wallet of examples/wallet with its faults, as operators' wallets are
// tried against too.
func Example() Reference {
	var names []string
	for _, f := range flawed.Faults() {
		names = append(names, f.Name)
	}
	return Reference{
		Faults: names,
		Open: func(now clock.Clock) walletserver.Full {
			return memory.New(memory.Options{Issuer: Issuer, Audience: Audience, Clock: now})
		},
		Serve: func(w walletserver.Full, key httpsig.Key, now clock.Clock, names ...string) (http.Handler, error) {
			return flawed.Handler(flawed.Options{Wallet: w, Keys: func() []httpsig.Key { return []httpsig.Key{key} }, Clock: now, Requests: 1 << 30, Log: slog.New(slog.DiscardHandler)}, names...)
		},
		Lies: map[string]string{
			"freeze-nothing": "that it froze", "any-state": "that it refunded", "over-refund": "that it refunded", "any-currency": "that it refunded",
			"twice": "under which key it did something", "freeze-everybody": "whom it froze",
			"free-unfreeze": "that it unfroze", "any-proof": "that it did what was not proven",
			"dry-run-acts": "that it only looked", "dry-run-kept": "that it only looked",
		},
		Denials:  map[string]string{"lost-operations": "that it did nothing, where its answer was lost"},
		Customer: memory.Anna,
		Payments: map[string]string{"FL7": memory.Anna + ":sofa", "FL19": memory.Anna + ":bistro", "FL6": memory.Anna + ":late", "FL2": memory.Anna + ":failed"},
		Foreign:  []string{memory.Bo, "Bo Larsen", "bo@example.com", "+4520123456"},
	}
}
