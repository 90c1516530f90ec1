package acting

import (
	"context"

	"kefu/internal/domain/assurance"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
)

// Flows is the Service as the flows of self-service call it: each step again and again,
// while somebody waits.
type Flows struct{ *Service }

// Prove begins the proof of an act, or looks at it. One that has expired is not begun
// again by whoever only waits: the customer who comes back proposes anew, and is asked
// anew. Errors: Forbidden; NotFound.
func (f Flows) Prove(ctx context.Context, p identity.Principal, act string) (selfservice.ActFact, assurance.Standing, error) {
	fact, now, err := f.Proof(ctx, p, act)
	if err == nil && now.State == assurance.NotAsked {
		return f.Service.Prove(ctx, p, act)
	}
	return fact, now, err
}
