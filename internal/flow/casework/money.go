package casework

import (
	"context"
	"slices"

	"kefu/internal/domain/action"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// given is money that an act in the wallet gave.
type given struct {
	customer string
	payments []string // the wallet's ids of what it was given for
	sum      wallet.Money
	at       int64
}

func noCredit(message string) error {
	return &fault.Error{Code: fault.Conflict, Op: "casework.given", Field: "act", Reason: "no_such_credit", Message: message}
}

// given reads what an act gave, to whom, for which payments and when. Errors: NotFound;
// Conflict for an act that gives nothing.
func (s *Service) given(ctx context.Context, id string) (given, error) {
	act, err := s.Store.Act(ctx, s.who, id)
	if err != nil {
		return given{}, err
	}
	g := given{customer: act.CustomerID, payments: []string{act.Command.Target}, sum: act.Summary.Amount, at: act.ChangedAt.UnixMicro()}
	if g.sum.None() {
		g.sum = act.Command.Amount
	}
	switch {
	case act.State != action.Succeeded:
		return given{}, noCredit("the act has not succeeded")
	case act.Command.Act == wallet.RequestRefund:
		return g, nil
	case act.Command.Act == wallet.GrantCredit: // is given in a dispute
		g.payments, err = s.disputed(ctx, act.CustomerID, act.Command.Target)
		return g, err
	default:
		return given{}, noCredit("the act gives nothing")
	}
}

// fits tells whether money is of a case. Errors: Conflict.
func (g given) fits(c *cases.Case) error {
	if g.customer != c.CustomerID {
		return noCredit("the act is another customer's")
	}
	if !slices.ContainsFunc(c.Payments, func(p wallet.Reference) bool { return slices.Contains(g.payments, p.ID) }) {
		return noCredit("the act is about no payment of the case")
	}
	return nil
}

// maxPages bounds the acts of a customer among which a dispute is looked for.
const maxPages = 20

// disputed are the payments of a dispute, as the act says that opened it; none for a
// dispute that no act of ours opened.
func (s *Service) disputed(ctx context.Context, customer, dispute string) ([]string, error) {
	q := action.Query{CustomerID: customer, States: []action.State{action.Succeeded}, Limit: action.MaxPage}
	for range maxPages {
		acts, err := s.Store.ListActs(ctx, s.who, q)
		if err != nil {
			return nil, err
		}
		for _, a := range acts {
			if a.Command.Act == wallet.OpenDispute && slices.ContainsFunc(a.Made, func(m wallet.Made) bool { return m.ID == dispute }) {
				return append([]string{a.Command.Target}, a.Command.Also...), nil
			}
		}
		if len(acts) < action.MaxPage {
			break
		}
		q.Before = acts[len(acts)-1].ID
	}
	return nil, nil
}
