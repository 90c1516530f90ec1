package loyalty_test

import (
	"strings"
	"testing"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/points"
)

// Whoever has fewer points than before sees each redemption and everything that expired, however
// long ago, and nothing that was refused.
func TestWherePointsWent(t *testing.T) {
	s := standing(t)
	s.Lots[3].EndedAt = now - 300*day
	g := call(t, told{s: s}, "points_gone", "")
	if g.Facts["redeemed"].Count != 2 || g.Facts["expired"].Count != 1 || len(g.Parts) != 2 {
		t.Fatalf("%+v", g)
	}
	var said []string
	for _, p := range g.Parts {
		said = append(said, p.Rows[0].Line("zh", false))
	}
	if len(g.Parts[0].Rows) != 2 || !strings.HasPrefix(said[0], "Coffee，") || !strings.HasSuffix(said[0], "60") || !strings.HasPrefix(said[1], "Old，") || !strings.HasSuffix(said[1], "20") {
		t.Errorf("%q", said)
	}
	for i := range 30 {
		s.Redemptions = append(s.Redemptions, points.Redemption{ID: "r-" + string(rune('a'+i)), Reward: "w-1", Kind: "voucher", Name: "Tea", State: "used", Points: 5, Value: euros(t, "1.00"), At: now - wallet.Time(100+i)*day})
	}
	g = call(t, told{s: s}, "points_gone", "")
	last := g.Parts[0].Rows[len(g.Parts[0].Rows)-1]
	if len(g.Parts[0].Rows) != 13 || *last.Value.Figure.Count != 100 { // of thirty-two the first twelve have rows
		t.Errorf("%d rows, then %+v", len(g.Parts[0].Rows), *last.Value.Figure.Count)
	}
	if g := call(t, told{s: points.Standing{CustomerID: "c-1", Member: true, Unit: "PTS"}}, "points_gone", ""); g.Facts["redeemed"].Count != 0 || text(g) != "None|None" {
		t.Errorf("%+v", g)
	}
}

// What one purchase owes still is not what all owe: what was taken back first is settled first.
func TestWhatOnePurchaseStillOwes(t *testing.T) {
	s := standing(t)
	s.Lots = append(s.Lots, points.Lot{ID: "l-5", State: points.Over, Name: "Later", Transaction: "tx-9", Earned: 80, Spent: 80, Owing: 80, At: now - 40*day, EndedAt: now - 2*day, TakenAt: now - day})
	s.Balance, s.Owed = 70-60, 60
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]int64{"l-5": 60, "l-3": 0} {
		if one := call(t, told{s: s}, "points_taken_one", id); one.Facts["still"].Count != want || one.Named["owed"].Text != "60" {
			t.Errorf("%s: %+v", id, one.Facts)
		}
	}
	s.Owed, s.Balance = 100, 70-100
	for id, want := range map[string]int64{"l-5": 80, "l-3": 20} {
		if one := call(t, told{s: s}, "points_taken_one", id); one.Facts["still"].Count != want {
			t.Errorf("%s: %+v", id, one.Facts)
		}
	}
}

// Nobody is told of a time that is over as if it were to come.
func TestWhatIsLateIsSaid(t *testing.T) {
	s := standing(t)
	w := told{s: s, e: points.Earning{TransactionID: "tx-6", State: "due", Points: 12, DueBy: now + 1}}
	late := func() (bool, wallet.Time) {
		g := call(t, w, "points_of", "tx-6")
		return g.Facts["late"].Yes, g.Named["late_since"].At
	}
	if is, since := late(); is || since != 0 {
		t.Errorf("%v %d", is, since)
	}
	w.e.DueBy = now
	if is, since := late(); !is || since != now {
		t.Errorf("due: %v %d", is, since)
	}
	w.e = points.Earning{TransactionID: "tx-6", State: "none", Points: 12, Claim: "k-2"}
	w.s.Claims = append(w.s.Claims, points.Claim{ID: "k-2", Transaction: "tx-6", State: "open", Points: 12, At: now - 9*day, DecideBy: now - day})
	if is, since := late(); !is || since != now-day {
		t.Errorf("claimed: %v %d", is, since)
	}
	w.s.Claims[1].DecideBy = now + day
	if is, _ := late(); is {
		t.Error("a claim in its time is late")
	}
}
