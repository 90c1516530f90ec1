// Package storyapi is the part of the desk's API that tells what happened to one
// payment: where its money is, why, what may be said of it to its customer and what
// may not. It stands on package api, which admits the callers. It knows forms, not
// rules: what is withheld was withheld before.
package storyapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/lookup"
	"kefu/internal/platform/clock"
	"kefu/internal/web/api"
	"kefu/internal/web/walletview"
)

// Teller tells what happened to a payment.
type Teller interface {
	Story(ctx context.Context, p identity.Principal, customerID, id string) (lookup.Story, error)
}

type storyInput struct {
	api.Caller
	ID          string `path:"id" doc:"of the customer"`
	Transaction string `path:"transaction" doc:"the wallet's id of the transaction"`
	Lang        string `query:"lang" maxLength:"35" doc:"the reader's language (BCP 47); without it English"`
}

type storyOutput struct{ Body Story }

type routes struct {
	teller Teller
	now    clock.Clock
}

// Routes gives the operations, for api.Deps.More.
func Routes(t Teller, now clock.Clock) func(*api.API) {
	if now == nil {
		now = clock.System
	}
	return func(a *api.API) {
		api.Add(a, huma.Operation{
			OperationID: "wallet-story", Method: http.MethodGet, Path: "/v1/customers/{id}/wallet/transactions/{transaction}/story",
			Summary: "Tell what happened to a transaction, and what its customer may be told", Tags: []string{"wallet"},
		}, (&routes{t, now}).story)
	}
}

func (r *routes) story(ctx context.Context, in *storyInput) (*storyOutput, error) {
	s, err := r.teller.Story(ctx, in.Who(), in.ID, in.Transaction)
	if err != nil {
		return nil, err
	}
	lang := in.Lang
	if lang == "" {
		lang = "en"
	}
	now := wallet.At(r.now())
	return &storyOutput{Body: Story{
		Transaction: walletview.OfTransaction(s.Transaction, now), Case: s.Case, Assurance: int(s.Level),
		Money: sentenceOf(s.Where, lang), Cause: causeOf(s, lang), Withheld: s.Withheld, Say: sayOf(s, lang),
		Timeline: StoryTimeline{From: timelineFrom(s.From), Items: eventsOf(s.Timeline), Left: s.Left},
		Refunds:  StoryRefunds{Are: string(s.RefundsAre), Items: refundsOf(s.Refunds, now), Terms: termsOf(s.Terms)},
		Disputes: StoryDisputes{Are: string(s.DisputesAre), Items: disputesOf(s.Disputes, now)},
	}}, nil
}
