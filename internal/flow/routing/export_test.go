package routing

import (
	"context"

	"kefu/internal/domain/routing"
)

// MaxQueued is how many conversations are in memory at most.
const MaxQueued = maxQueued

// ReadWaiting gives the most urgent of what waits, and whether there are more.
func (s *Service) ReadWaiting(ctx context.Context) ([]routing.Waiting, bool, error) {
	return s.readWaiting(ctx, optionsOf(s.Rules()).Ageing)
}
