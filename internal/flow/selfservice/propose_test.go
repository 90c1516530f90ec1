package selfservice_test

import (
	"context"
	"testing"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/consent"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/flow/selfservice"
	"kefu/internal/flow/selfservice/golden"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// collecting is a wallet in which points expire in four days.
type collecting struct {
	selfservice.Wallet
	can []wallet.Reading
	now time.Time
}

func (c collecting) Capabilities(context.Context) (wallet.Capabilities, error) {
	return wallet.Capabilities{Readings: c.can}, nil
}

func (c collecting) Points(_ context.Context, _ wallet.Actor, customer string) (points.Standing, error) {
	at := wallet.At(c.now)
	return points.Standing{CustomerID: customer, Member: true, Unit: "PTS", Balance: 200, Lots: []points.Lot{
		{ID: "l-1", State: points.Ready, Earned: 200, Left: 200, At: at - 9, ReadyAt: at - 8, ExpiresAt: wallet.At(c.now.Add(96 * time.Hour))},
	}}, nil
}

func (c collecting) Earning(context.Context, wallet.Actor, string, string) (points.Earning, error) {
	return points.Earning{}, nil
}

// Points are looked at as payments are: with the customer's consent, and never against it.
func TestPointsThatExpireAreProposed(t *testing.T) {
	h, ctx := open(t, storagetest.New(t, engine.SQLite)), context.Background()
	least := []wallet.Reading{wallet.ReadCustomer, wallet.ReadTransactions, wallet.ReadInstruments}
	proposed := func(suggest bool, flags []string, can []wallet.Reading) int {
		t.Helper()
		h.deps.Wallet = collecting{Wallet: golden.Wallet(golden.World{Flags: flags}), can: can, now: h.d.Clock.Now()}
		n := 0
		for _, p := range h.process(suggest).Proposals(ctx, h.anna) {
			if p.Flow.ID == "FL16" {
				n++
			}
		}
		return n
	}
	can := append(least, wallet.ReadPoints)
	for name, c := range map[string]struct {
		suggest bool
		flags   []string
		can     []wallet.Reading
		want    int
	}{
		"the house allows it":      {true, nil, can, 1},
		"neither said yes":         {false, nil, can, 0},
		"the customer said yes":    {false, []string{"help_suggestions"}, can, 1},
		"the customer said no":     {true, []string{"no_help_suggestions"}, can, 0},
		"the wallet has no points": {true, nil, least, 0},
	} {
		if got := proposed(c.suggest, c.flags, c.can); got != c.want {
			t.Errorf("%s: %d", name, got)
		}
	}
	if got := proposed(true, nil, can); got != 1 { // of the wallet that they go on with
		t.Errorf("%d", got)
	}
	if _, err := h.process(true).Start(ctx, h.anna, selfservice.Begin{Flow: "FL16", Conversation: h.Begin(h.anna, "en"), Language: "en"}); err != nil {
		t.Fatal(err)
	}
	if got := proposed(true, nil, can); got != 0 {
		t.Error("it is proposed to whoever is at it")
	}
}

// agreeing is a wallet that tells of consents too.
type agreeing struct {
	collecting
	told consent.Standing
	down bool
}

func (a agreeing) Consents(context.Context, wallet.Actor, string) (consent.Standing, error) {
	if a.down {
		return consent.Standing{}, fault.New(fault.Unavailable, "test", "it does not answer")
	}
	return a.told, nil
}

// What somebody took back in the wallet Kefu obeys, whatever the house allows; and who cannot
// be asked is taken for somebody who took it back.
func TestAConsentThatWasTakenBackIsObeyed(t *testing.T) {
	h, ctx := open(t, storagetest.New(t, engine.SQLite)), context.Background()
	can := []wallet.Reading{wallet.ReadCustomer, wallet.ReadTransactions, wallet.ReadInstruments, wallet.ReadPoints, wallet.ReadConsents}
	of := func(key string, state consent.Stance, again consent.Again) consent.Item {
		return consent.Item{Key: key, Basis: consent.Agreed, State: state, Again: again}
	}
	for name, c := range map[string]struct {
		suggest bool
		flags   []string
		items   []consent.Item
		down    bool
		want    int
	}{
		"the house allows it, nobody asked":       {true, nil, []consent.Item{of(consent.Personalisation, consent.Never, "")}, false, 1},
		"nobody asked, nobody allows it":          {false, nil, []consent.Item{of(consent.Personalisation, consent.Never, "")}, false, 0},
		"they agreed":                             {false, nil, []consent.Item{of(consent.Personalisation, consent.Given, "")}, false, 1},
		"they agreed, and took it back by a flag": {true, []string{"no_help_suggestions"}, []consent.Item{of(consent.Personalisation, consent.Given, "")}, false, 0},
		"taken back":                              {true, []string{"help_suggestions"}, []consent.Item{of(consent.Personalisation, consent.Withdrawn, "")}, false, 0},
		"taken back, of what they bought":         {true, nil, []consent.Item{of(consent.Personalisation, consent.Given, ""), of(consent.Shopping, consent.Withdrawn, "")}, false, 0},
		"to be asked again":                       {true, nil, []consent.Item{of(consent.Personalisation, consent.Given, consent.TextChanged)}, false, 0},
		"another one taken back":                  {true, nil, []consent.Item{of(consent.MarketingSMS, consent.Withdrawn, "")}, false, 1},
		"the wallet does not say":                 {true, nil, nil, true, 0},
	} {
		h.deps.Wallet = agreeing{collecting{Wallet: golden.Wallet(golden.World{Flags: c.flags}), can: can, now: h.d.Clock.Now()}, consent.Standing{Items: c.items}, c.down}
		n := 0
		for _, p := range h.process(c.suggest).Proposals(ctx, h.anna) {
			if p.Flow.ID == "FL16" {
				n++
			}
		}
		if n != c.want {
			t.Errorf("%s: %d", name, n)
		}
	}
}
