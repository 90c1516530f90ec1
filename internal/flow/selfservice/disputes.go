package selfservice

import (
	"context"
	"slices"

	"kefu/internal/domain/form"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/selfservice/story"
	"kefu/internal/platform/fault"
)

// disputes are those of a customer that fit, each named by the shop whose payment it is
// about, where one of their recent payments says it.
func (s *Service) disputes(ctx context.Context, a asker, fits func(wallet.Dispute) bool) ([]selfservice.Value, error) {
	all, err := asked(ctx, s, a, wallet.ReadDisputes, Disputing.Disputes)
	if err != nil || !slices.ContainsFunc(all, fits) {
		return nil, err
	}
	shops := map[string]string{}
	if paid, err := s.transactions(ctx, a, lookBack); err == nil { // without them they are named by what was said
		for _, t := range paid {
			if v := s.paymentValue(t); !story.Private(v.Payment) {
				shops[t.ID] = v.Payment.Party
			}
		}
	}
	return values(all, nil, func(d wallet.Dispute) (selfservice.Value, bool) {
		party := ""
		if len(d.Transactions) > 0 {
			party = shops[d.Transactions[0]]
		}
		return s.disputeValue(d, party), fits(d)
	})
}

// labelOf is what a customer knows a dispute by: the shop, which is "" where it is a person
// or not known, and what they said of the payment.
func labelOf(claim wallet.Claim, party string) form.Texts {
	said := map[wallet.Claim]form.Texts{
		wallet.ClaimUnauthorised: {"en": "not your payment", "zh": "非本人付款"},
		wallet.ClaimScam:         {"en": "you were tricked", "zh": "被骗付款"},
		wallet.ClaimMerchant:     {"en": "the shop did not keep its word", "zh": "商户未兑现"},
		wallet.ClaimProcessing:   {"en": "wrong sum, or taken twice", "zh": "金额错误或重复扣款"},
	}[claim]
	label := form.Texts{"en": "Dispute", "zh": "争议"}
	if party != "" {
		label = form.Texts{"en": party, "zh": party}
	}
	for lang, text := range said {
		label[lang] += " · " + text
	}
	return label
}

func (s *Service) disputeValue(d wallet.Dispute, party string) selfservice.Value {
	fact := &selfservice.DisputeFact{ID: d.ID, State: string(d.State), Claim: string(d.Claim), Label: labelOf(d.Claim, party), Amount: d.Amount, Credited: !d.Credit.None() && d.Credit.Sign() > 0, There: true}
	fact.DecisionBy, fact.EvidenceBy, fact.Open = d.Deadline("decision"), d.Deadline("evidence"), !d.State.Over()
	fact.Late = fact.Open && fact.EvidenceBy != 0 && fact.EvidenceBy < s.now()
	return selfservice.Value{Type: selfservice.Dispute, Dispute: fact}
}

func (s *Service) disputeOf(ctx context.Context, a asker, fits func(wallet.Dispute) bool) (*selfservice.Value, error) {
	all, err := asked(ctx, s, a, wallet.ReadDisputes, Disputing.Disputes)
	if err != nil {
		return nil, err
	}
	var latest *wallet.Dispute
	for i := range all {
		if fits(all[i]) && (latest == nil || all[i].OpenedAt > latest.OpenedAt) {
			latest = &all[i]
		}
	}
	if latest == nil {
		return nil, fault.New(fault.NotFound, "selfservice.dispute", "there is no dispute")
	}
	v := s.disputeValue(*latest, "")
	return &v, nil
}
