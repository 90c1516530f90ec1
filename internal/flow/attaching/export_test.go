package attaching

import (
	"context"

	"kefu/internal/domain/identity"
)

// ReadBackAtMost bounds the files that s reads back from its store.
func ReadBackAtMost(s *Service, files int) { s.unsent.most = files }

// Places are the places of uploads.
type Places struct{ all *places }

// NewPlaces makes them.
func NewPlaces(o Options) Places { return Places{newPlaces(o)} }

// Enter waits for one.
func (p Places) Enter(ctx context.Context, who identity.Principal, network string) (leave func(), err error) {
	return p.all.enter(ctx, who, network)
}

// Lanes is how many networks are remembered.
func (p Places) Lanes() int {
	p.all.mu.Lock()
	defer p.all.mu.Unlock()
	return len(p.all.networks)
}
