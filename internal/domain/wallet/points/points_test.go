package points_test

import (
	"testing"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/platform/fault"
)

func euros(t testing.TB, text string) wallet.Money {
	t.Helper()
	m, err := wallet.Parse(text, "EUR", 2)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func standing(t testing.TB) points.Standing {
	return points.Standing{
		CustomerID: "c-1", Member: true, Unit: "PTS", Balance: 70, Pending: 45, Rule: points.Rule{Points: 1, Each: euros(t, "1.00"), Waits: 14, Claim: 60, Answers: 5},
		Lots: []points.Lot{
			{ID: "l-1", State: points.Ready, Transaction: "tx-1", Earned: 100, Left: 70, Spent: 30, At: 10, ReadyAt: 20, ExpiresAt: 90},
			{ID: "l-2", State: points.Pending, Transaction: "tx-2", Earned: 45, Left: 45, At: 30, ReadyAt: 40, ExpiresAt: 80},
			{ID: "l-3", State: points.Over, Transaction: "tx-3", Earned: 50, Spent: 40, Taken: 10, Owing: 40, At: 5, EndedAt: 50, TakenAt: 50},
		},
		Redemptions: []points.Redemption{{ID: "r-1", Reward: "w-1", Kind: "voucher", Name: "Coffee", State: "refused", Why: points.SoldOut, Points: 60, Value: euros(t, "3.00"), At: 60}},
		Claims:      []points.Claim{{ID: "k-1", Transaction: "tx-4", State: "open", Points: 12, At: 60, DecideBy: 70}},
		Rewards:     []points.Reward{{ID: "w-1", Kind: "voucher", Name: "Coffee", State: points.Open, Points: 60, Value: euros(t, "3.00")}},
		Offers: []points.Offer{{
			ID: "o-1", Name: "10% back", Gives: "cashback", State: "joined", Amount: euros(t, "5.00"), From: 1, Until: 99, JoinedAt: 2, Conditions: []points.Condition{{Kind: "minimum", Amount: euros(t, "20.00")}},
			Tries: []points.Try{{Transaction: "tx-1", Amount: euros(t, "12.00"), At: 10, Why: points.BelowMinimum}},
		}},
	}
}

func TestPointsAddUp(t *testing.T) {
	if err := standing(t).Validate(); err != nil {
		t.Fatal(err)
	}
	if n, at := standing(t).Soon(); n != 70 || at != 90 { // what is pending does not expire yet
		t.Errorf("%d at %d", n, at)
	}
	for name, spoil := range map[string]func(*points.Standing){
		"another balance":        func(s *points.Standing) { s.Balance++ },
		"another pending":        func(s *points.Standing) { s.Pending-- },
		"owed, and not less":     func(s *points.Standing) { s.Owed = 5 },
		"owed below nothing":     func(s *points.Standing) { s.Owed = -5; s.Balance += 5 },
		"a lot that leaks":       func(s *points.Standing) { s.Lots[0].Spent-- },
		"a part below nothing":   func(s *points.Standing) { s.Lots[0].Spent, s.Lots[0].Expired = 40, -10 },
		"owing what was there":   func(s *points.Standing) { s.Lots[2].Owing = 41 },
		"taken of nothing":       func(s *points.Standing) { s.Lots[2].Transaction = "" },
		"over with some left":    func(s *points.Standing) { s.Lots[0].State, s.Lots[0].EndedAt = points.Over, 5 },
		"pending until never":    func(s *points.Standing) { s.Lots[1].ReadyAt = 0 },
		"one lot twice":          func(s *points.Standing) { s.Lots[1].ID = "l-1" },
		"nobody with points":     func(s *points.Standing) { s.Member = false },
		"a unit that is none":    func(s *points.Standing) { s.Unit = "points" },
		"a rule below nothing":   func(s *points.Standing) { s.Rule.Waits = -1 },
		"refused without why":    func(s *points.Standing) { s.Redemptions[0].Why = "" },
		"done with a reason":     func(s *points.Standing) { s.Redemptions[0].State = "done" },
		"an own code":            func(s *points.Standing) { s.Redemptions[0].Why = "fraud_suspected" },
		"a claim decided when":   func(s *points.Standing) { s.Claims[0].State = "granted" },
		"refused, and not why":   func(s *points.Standing) { s.Claims[0].State, s.Claims[0].DecidedAt = "refused", 65 },
		"a reward for nothing":   func(s *points.Standing) { s.Rewards[0].Points = 0 },
		"open with a reason":     func(s *points.Standing) { s.Rewards[0].Why = points.SoldOut },
		"an offer of both":       func(s *points.Standing) { s.Offers[0].Points = 5 },
		"joined at no time":      func(s *points.Standing) { s.Offers[0].JoinedAt = 0 },
		"waiting for never":      func(s *points.Standing) { s.Offers[0].State = "waiting" },
		"credited at no time":    func(s *points.Standing) { s.Offers[0].State = "credited" },
		"over before it began":   func(s *points.Standing) { s.Offers[0].Until = 1 },
		"a minimum of nothing":   func(s *points.Standing) { s.Offers[0].Conditions[0].Amount = wallet.Money{} },
		"a try of another world": func(s *points.Standing) { s.Offers[0].Tries[0].Why = points.SoldOut },
	} {
		s := standing(t)
		spoil(&s)
		if err := s.Validate(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	below := standing(t)
	below.Lots, below.Balance, below.Pending, below.Owed = below.Lots[2:], -40, 0, 40
	if err := below.Validate(); err != nil {
		t.Errorf("below nothing: %v", err)
	}
}

func TestEarningsThatCannotBe(t *testing.T) {
	for name, e := range map[string]points.Earning{
		"claimable and there": {TransactionID: "tx-1", State: "ready", Lot: "l-1", Points: 5, Claimable: true},
		"claimable of none":   {TransactionID: "tx-1", State: "none", Claimable: true},
		"none without why":    {TransactionID: "tx-1", State: "none", Points: 5},
		"ready without a lot": {TransactionID: "tx-1", State: "ready", Points: 5},
		"due with a lot":      {TransactionID: "tx-1", State: "due", Lot: "l-1", Points: 5},
		"no purchase":         {State: "due", Points: 5},
	} {
		if err := e.Validate(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (points.Earning{TransactionID: "tx-1", State: "none", Points: 5, Claimable: true}).Validate(); err != nil {
		t.Error(err)
	}
}
