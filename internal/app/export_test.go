package app

import (
	"kefu/internal/domain/event"
	"kefu/internal/platform/metrics"
)

// CountMessages is what is counted of each commit.
func CountMessages(m *metrics.Metrics, c event.Commit) { countMessages(m, c) }
