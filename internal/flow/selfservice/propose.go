package selfservice

import (
	"context"
	"slices"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/selfservice/agreements"
	"kefu/internal/flow/selfservice/closing"
	"kefu/internal/flow/selfservice/loyalty"
	"kefu/internal/flow/selfservice/proposing"
)

// What a wallet may say of a customer's own choice, among their flags.
const (
	flagSuggest   = "help_suggestions"
	flagNoSuggest = "no_help_suggestions"
)

// consents tells whether Kefu may look at a customer's payments to propose help: they
// said so to the wallet, or the operator allows it and they did not say no. What they took
// back, or have to be asked again, forbids it, whatever else is so.
func (s *Service) consents(ctx context.Context, a asker) bool {
	by, id, err := s.in(ctx, a)
	if err != nil {
		return false
	}
	c, err := s.Wallet.Customer(ctx, by, id)
	if err != nil || slices.Contains(c.Flags, flagNoSuggest) {
		return false
	}
	var forbids, wants bool
	if from, tells := s.Wallet.(agreements.Asks); tells && s.able(ctx).Reads(agreements.Reading) {
		told, err := from.Consents(ctx, by, id)
		if err != nil { // who cannot be asked may have taken it back
			return false
		}
		forbids, wants = agreements.Governs(told)
	}
	return !forbids && (s.options.Suggest || wants || slices.Contains(c.Flags, flagSuggest))
}

// Proposals are the one or two things that a customer's recent payments make likely,
// the likeliest first. Whatever is in the way, a choice, a limit, a wallet that does
// not answer, nothing is proposed.
func (s *Service) Proposals(ctx context.Context, p identity.Principal) []proposing.Proposal {
	if p.Kind != identity.Customer || p.Level < identity.AL1 || s.Rules == nil || s.Wallet == nil {
		return nil
	}
	if s.looks.Allow("proposals "+p.ID, 2, s.Clock()) > 0 {
		s.Limited("flow_proposals")
		return nil
	}
	a := s.asker(p, selfservice.Record{Run: selfservice.Run{CustomerID: p.ID}})
	own := s.leaving(ctx, a)
	if since, err := s.Store.Standstill(ctx, p, p.ID); err != nil || since > 0 || !s.consents(ctx, a) {
		return own
	}
	likely := s.likely(ctx, a)
	if len(likely) < proposing.Most {
		likely = append(likely, s.expiring(ctx, a)...)
	}
	return append(own, likely...)
}

// expiring is that points expire soon; what a customer is at already is not proposed.
func (s *Service) expiring(ctx context.Context, a asker) []proposing.Proposal {
	from, tells := s.Wallet.(loyalty.Asks)
	if !tells || !s.able(ctx).Reads(loyalty.Reading) {
		return nil
	}
	by, id, err := s.in(ctx, a)
	if err != nil {
		return nil
	}
	now, err := from.Points(ctx, by, id)
	if err != nil {
		return nil
	}
	flows, err := s.Catalogue(ctx, a.p)
	if err != nil {
		return nil
	}
	one, is := loyalty.Proposed(now, wallet.At(s.Clock()), flows)
	if !is {
		return nil
	}
	open, err := s.Store.OpenFlowRuns(ctx, a.p, a.p.ID)
	if err != nil || slices.ContainsFunc(open, func(r selfservice.Record) bool { return r.Flow == one.Flow.ID }) {
		return nil
	}
	return []proposing.Proposal{one}
}

// leaving is what the customer asked for themselves: that the account closes, and can be
// kept. No payment is looked at for it.
func (s *Service) leaving(ctx context.Context, a asker) []proposing.Proposal {
	from, tells := s.Wallet.(closing.Asks)
	if !tells || !s.able(ctx).Reads(closing.Reading) {
		return nil
	}
	by, id, err := s.in(ctx, a)
	if err != nil {
		return nil
	}
	now, err := from.Closure(ctx, by, id)
	if err != nil {
		return nil
	}
	flows, err := s.Catalogue(ctx, a.p)
	if one, is := closing.Proposed(now, flows); err == nil && is {
		return []proposing.Proposal{one}
	}
	return nil
}

// likely is what the customer's payments make likely.
func (s *Service) likely(ctx context.Context, a asker) []proposing.Proposal {
	p := a.p
	all, err := s.transactions(ctx, a, lookBack)
	if err != nil {
		return nil
	}
	open, err := s.Store.OpenFlowRuns(ctx, p, p.ID)
	if err != nil {
		return nil
	}
	flows, err := s.Catalogue(ctx, p)
	if err != nil {
		return nil
	}
	payments := make([]selfservice.Value, len(all))
	for i, t := range all {
		payments[i] = s.paymentValue(t)
	}
	return s.Rules.Likely(ctx, payments, open, flows)
}
