package selfservice

import (
	"context"
	"time"

	"kefu/internal/domain/assurance"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
)

// restrictions is what the wallet does not let a customer do at present, as they may hear
// it, and from when what they had stopped themselves can go on.
func (s *Service) restrictions(ctx context.Context, a asker) (*selfservice.Value, error) {
	all, err := asked(ctx, s, a, wallet.ReadRestrictions, Restricting.Restrictions)
	if err != nil {
		return nil, err
	}
	fact := &selfservice.StopsFact{There: len(all) > 0, Own: len(all) > 0}
	for _, r := range all {
		told := r.ForCustomer()
		fact.Own = fact.Own && told.PlacedBy == "customer"
		switch {
		case !r.Disclosable:
			fact.Untold = true
		case lifts(told):
			fact.Lifts = true
			fact.Whole = fact.Whole || told.Scope == "wallet"
		case told.PlacedBy == "authority":
			fact.Authority = true
		default:
			fact.Explained = true
		}
		if len(fact.Items) < selfservice.Offers {
			fact.Items = append(fact.Items, stopLine(told))
		}
	}
	if fact.Lifts {
		fact.LiftsFrom = s.liftsFrom(ctx, a)
		fact.Young = fact.LiftsFrom > s.now()
	}
	return &selfservice.Value{Type: selfservice.Stops, Stops: fact}, nil
}

// lifts tells whether a restriction is a freeze that its customer, or staff for them,
// placed, and that can be lifted again in the same way.
func lifts(r wallet.Restriction) bool {
	return r.Disclosable && r.Kind == "freeze" && (r.PlacedBy == "customer" || r.PlacedBy == "support")
}

func stopLine(r wallet.Restriction) selfservice.StopLine {
	return selfservice.StopLine{
		ID: r.ID, Kind: r.Kind, Scope: r.Scope, Stops: r.Stops, Why: r.Reason, PlacedBy: r.PlacedBy, Release: r.Release, PlacedAt: r.PlacedAt, ExpiresAt: r.ExpiresAt,
	}
}

// liftsFrom is when the cool-down is over that follows a change of what proves who the
// customer is; zero where none is known of. It promises nothing: the policy and the wallet
// decide when it is proposed.
func (s *Service) liftsFrom(ctx context.Context, a asker) wallet.Time {
	all, err := asked(ctx, s, a, wallet.ReadFactors, Proving.Factors)
	if err != nil {
		s.Log.Warn("the wallet does not tell by what a customer proves who they are", "error", err)
		return 0
	}
	var latest time.Time
	for _, f := range all {
		if at := max(f.CreatedAt, f.ChangedAt); f.State != "removed" && at != 0 && at.Std().After(latest) {
			latest = at.Std()
		}
	}
	if latest.IsZero() {
		return 0
	}
	return wallet.At(latest.Add(assurance.CoolDown))
}
