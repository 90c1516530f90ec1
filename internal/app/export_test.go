package app

import (
	"net/http"

	"kefu/internal/app/acts"
	"kefu/internal/domain/event"
	"kefu/internal/flow/configuring"
	"kefu/internal/flow/walletnotices"
	"kefu/internal/platform/metrics"
	"kefu/internal/platform/sharedkeys"
)

// WorkerNames are what the log calls the workers.
func (a *App) WorkerNames() (names []string) {
	for _, w := range a.workers() {
		names = append(names, w.Name)
	}
	return names
}

// CountMessages is what is counted of each commit.
func CountMessages(m *metrics.Metrics, c event.Commit) { countMessages(m, c) }

// Settings changes what is set.
func (a *App) Settings() *configuring.Service { return a.settings }

// SignersKeys are the ids of the keys of an issuer that count.
func (a *App) SignersKeys(issuer string) []string { return a.issuers.Keys(issuer).IDs() }

// Handler is what listens in public.
func (a *App) Handler() http.Handler { return a.handler }

// SharedKeys are those that are shared with the wallet.
func (a *App) SharedKeys() *sharedkeys.File { return a.shared }

// Wallet is asked for what happened.
func (a *App) Wallet() acts.Wallet { return a.wallet }

// Notices takes what the wallet tells by itself.
func (a *App) Notices() *walletnotices.Service { return a.notices }
