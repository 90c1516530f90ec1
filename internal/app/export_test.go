package app

import (
	"kefu/internal/domain/event"
	"kefu/internal/platform/config"
	"kefu/internal/platform/egress"
	"kefu/internal/platform/metrics"
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

// IssuerClient asks for issuers' keys as the settings allow.
func IssuerClient(c config.Identity) *egress.Client { return issuerClient(c) }
