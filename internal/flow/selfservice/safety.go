package selfservice

import (
	"context"
	"time"

	"kefu/internal/domain/assurance"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Signing knows how customers signed in to the wallet.
type Signing interface {
	Sessions(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Session, error)
}

// refusedBack is how long ago a sign-in may be that was refused, to be counted.
const refusedBack = 7 * 24 * time.Hour

// safety is who can get at a customer's wallet, of whatever the wallet tells: what it does
// not answer is left out. Errors: Unavailable when it tells nothing of it.
func (s *Service) safety(ctx context.Context, a asker) (*selfservice.Value, error) {
	fact := &selfservice.SafetyFact{Devices: -1, SignedIn: -1, Refused: -1}
	now := s.Clock()
	factors, err := asked(ctx, s, a, wallet.ReadFactors, Proving.Factors)
	if err == nil {
		fact.There = true
		proofs(fact, factors, now)
	}
	devices, none := asked(ctx, s, a, wallet.ReadDevices, Guarding.Devices)
	if none == nil {
		fact.There, fact.Devices = true, 0
		for _, d := range devices {
			if d.Trust != "revoked" {
				fact.Devices++
			}
		}
	}
	sessions, untold := asked(ctx, s, a, wallet.ReadSessions, Signing.Sessions)
	if untold == nil {
		fact.There, fact.SignedIn, fact.Refused = true, 0, 0
		for _, x := range sessions {
			switch {
			case x.Result == "open":
				fact.SignedIn++
			case x.Result == "refused" && now.Sub(x.At.Std()) < refusedBack:
				fact.Refused++
			}
		}
	}
	if !fact.There {
		return nil, &fault.Error{Code: fault.Unavailable, Op: "selfservice.safety", Message: "the wallet tells nothing of sign-ins", Err: err}
	}
	return &selfservice.Value{Type: selfservice.Safety, Safety: fact}, nil
}

// proofs notes what proves a customer, and what of it was changed within the cool-down: also
// what was taken away, for whoever takes over a wallet does that too.
func proofs(fact *selfservice.SafetyFact, all []wallet.Factor, now time.Time) {
	strong, known := false, false
	fact.Changes = map[string]wallet.Time{}
	for _, f := range all {
		if f.State == "active" {
			known, strong = true, strong || f.Strong()
		}
		at := max(f.CreatedAt, f.ChangedAt)
		if at == 0 {
			continue
		}
		fact.LastAt = max(fact.LastAt, at)
		if now.Sub(at.Std()) < assurance.CoolDown {
			fact.Changed = true
			fact.Changes[f.Type] = max(fact.Changes[f.Type], at)
		}
	}
	fact.Weak = known && !strong
}
