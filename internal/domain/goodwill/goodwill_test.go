package goodwill_test

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"kefu/internal/domain/goodwill"
	"kefu/internal/domain/wallet"
)

func cents(t interface{ Fatal(...any) }, n int64, currency string) wallet.Money {
	m, err := wallet.Units(big.NewInt(n), currency, 2)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTheDefaultIsValid(t *testing.T) {
	if err := goodwill.Default().Validate(); err != nil {
		t.Error(err)
	}
}

func TestRulesSayWhatIsWrong(t *testing.T) {
	for name, change := range map[string]func(*goodwill.HouseRules){
		"no code":                    func(r *goodwill.HouseRules) { r.Reasons[0].Code = "Long wait" },
		"a code twice":               func(r *goodwill.HouseRules) { r.Reasons[1].Code = r.Reasons[0].Code },
		"nothing to read in Chinese": func(r *goodwill.HouseRules) { r.Reasons[0].Said.Zh = "" },
		"a currency twice":           func(r *goodwill.HouseRules) { r.Bounds[1].Currency = r.Bounds[0].Currency },
		"no currency":                func(r *goodwill.HouseRules) { r.Bounds[0].Currency = "eur" },
		"no sum":                     func(r *goodwill.HouseRules) { r.Bounds[0].Gift = "1e9" },
		"a sum below nothing":        func(r *goodwill.HouseRules) { r.Bounds[0].Gift = "-1" },
		"alone more than at once":    func(r *goodwill.HouseRules) { r.Bounds[0].Alone = "51" },
		"a team more than the house": func(r *goodwill.HouseRules) { r.Bounds[0].Team = "5001" },
		"any number for one device":  func(r *goodwill.HouseRules) { r.Linked = 0 },
	} {
		r := goodwill.Default()
		if change(&r); r.Validate() == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
}

func TestWhatMayBeGiven(t *testing.T) {
	r := goodwill.Default()
	const whole = 10_000
	for name, c := range map[string]struct {
		cents    int64
		currency string
		reason   string
		sums     goodwill.Sums
		why      string
		four     bool
	}{
		"a little":                      {1000, "EUR", "outage", goodwill.Sums{}, "", false},
		"more than one alone":           {1001, "EUR", "outage", goodwill.Sums{}, "", true},
		"a little, after a little":      {600, "EUR", "outage", goodwill.Sums{Customer: 5 * whole}, "", true},
		"the most":                      {5000, "EUR", "outage", goodwill.Sums{}, "", true},
		"more than the most":            {5001, "EUR", "outage", goodwill.Sums{}, goodwill.TooMuch, false},
		"the rest of a customer's":      {1000, "EUR", "outage", goodwill.Sums{Customer: 90 * whole}, "", true},
		"more than a customer's":        {1001, "EUR", "outage", goodwill.Sums{Customer: 90 * whole}, goodwill.CustomerFull, false},
		"more than one person's":        {100, "EUR", "outage", goodwill.Sums{Person: 100 * whole}, goodwill.PersonFull, false},
		"more than a team's":            {100, "EUR", "outage", goodwill.Sums{Team: 1000 * whole}, goodwill.TeamFull, false},
		"more than the house's":         {100, "EUR", "outage", goodwill.Sums{House: 5000 * whole}, goodwill.HouseFull, false},
		"again by the same person":      {100, "EUR", "outage", goodwill.Sums{Repeat: 2}, "", true},
		"the third on one device":       {100, "EUR", "outage", goodwill.Sums{Linked: 2}, goodwill.LinkedFull, false},
		"to oneself":                    {100, "EUR", "outage", goodwill.Sums{Own: true}, goodwill.OwnAccount, false},
		"in a currency without a bound": {100, "CHF", "outage", goodwill.Sums{}, goodwill.NoCurrency, false},
		"for no reason":                 {100, "EUR", "because", goodwill.Sums{}, goodwill.NoReason, false},
	} {
		v := r.Judge(cents(t, c.cents, c.currency), c.reason, c.sums)
		if v.Why != c.why || v.FourEyes != c.four {
			t.Errorf("%s: %+v", name, v)
		}
	}
	r.Reasons[2].Unused = true
	if v := r.Judge(cents(t, 100, "EUR"), "outage", goodwill.Sums{}); v.Why != goodwill.NoReason {
		t.Errorf("a reason that is not used any more: %+v", v)
	}
}

// Whatever was given before, what is allowed never goes beyond a bound, and nobody gives
// alone what needs two.
func TestNoBoundIsPassed(t *testing.T) {
	r := goodwill.Default()
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.Int64Range(0, 6000*10_000)
		s := goodwill.Sums{
			Customer: some.Draw(t, "customer"), Person: some.Draw(t, "person"), Team: some.Draw(t, "team"), House: some.Draw(t, "house"),
			Repeat: rapid.IntRange(0, 4).Draw(t, "repeat"), Linked: rapid.IntRange(0, 4).Draw(t, "linked"), Own: rapid.Bool().Draw(t, "own"),
		}
		n := rapid.Int64Range(1, 7000).Draw(t, "cents")
		v := r.Judge(cents(t, n, "EUR"), "outage", s)
		if v.Why != "" {
			return
		}
		n *= 100
		if n > 50e4 || n+s.Customer > 100e4 || n+s.Person > 100e4 || n+s.Team > 1000e4 || n+s.House > 5000e4 || s.Linked >= 2 || s.Own {
			t.Fatalf("%d was given beside %+v", n, s)
		}
		if !v.FourEyes && (n+s.Customer > 10e4 || s.Repeat >= 2) {
			t.Fatalf("one alone gave %d beside %+v", n, s)
		}
	})
}

func TestSumsAsTexts(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 50_000: "5", 50_500: "5.05", 123_400: "12.34", -50_500: "-5.05"} {
		if got := goodwill.Text(n); got != want {
			t.Errorf("%d is %q", n, got)
		}
	}
}
