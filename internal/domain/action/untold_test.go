package action_test

import (
	"context"
	"testing"

	"kefu/internal/domain/action"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
)

// What nobody told permits nothing: each fact of the wallet's, read by a rule that refuses
// and by one that permits, each way round.
func TestWhatWasNotToldPermitsNothing(t *testing.T) {
	for _, c := range []struct{ fact, good string }{
		{"factor_hours", "facts.factor_hours >= 72"}, {"new_device", "!facts.new_device"}, {"restricted", "!facts.restricted"}, {"placed_by", `facts.placed_by == ""`},
		{"disputed", "!facts.disputed"}, {"vulnerable", "!facts.vulnerable"}, {"day_total", "facts.day_total < 10.0"}, {"staff_total", "facts.staff_total < 10.0"},
	} {
		f := action.Facts{Act: "recall", FactorHours: 1000, Amount: 1} // all of them, taken as they are, would be good
		refund := []wallet.Act{wallet.Recall}
		for name, p := range map[string]struct {
			rules []action.PolicyRule
			told  action.Verdict
			not   action.Verdict
		}{
			"refused unless it is good": {
				[]action.PolicyRule{{ID: "no", Acts: refund, If: "!(" + c.good + ")", Code: "bad"}, {ID: "yes", Acts: refund, Allow: true, Level: 2}},
				action.Verdict{Allow: true, Level: identity.AL2, Code: "yes"}, action.Verdict{Code: action.NotTold},
			},
			"permitted if it is good, else with a second person": {
				[]action.PolicyRule{{ID: "yes", Acts: refund, If: c.good, Allow: true, Level: 2}, {ID: "two", Acts: refund, Allow: true, Level: 2, FourEyes: true}},
				action.Verdict{Allow: true, Level: identity.AL2, Code: "yes"}, action.Verdict{Allow: true, Level: identity.AL2, FourEyes: true, Code: "two"},
			},
			"permitted if it is good, else not at all": {
				[]action.PolicyRule{{ID: "yes", Acts: refund, If: c.good, Allow: true, Level: 2}},
				action.Verdict{Allow: true, Level: identity.AL2, Code: "yes"}, action.Verdict{Code: action.NoRule},
			},
			"a better proof unless it is good": {
				[]action.PolicyRule{{ID: "best", Acts: refund, If: "!(" + c.good + ")", Allow: true, Level: 3}, {ID: "yes", Acts: refund, Allow: true, Level: 2}},
				action.Verdict{Allow: true, Level: identity.AL2, Code: "yes"}, action.Verdict{Allow: true, Level: identity.AL3, FourEyes: true, Code: "yes"},
			},
			"what decides without it": {
				[]action.PolicyRule{{ID: "no", Acts: refund, If: "facts.amount > 5.0 && !(" + c.good + ")", Code: "bad"}, {ID: "yes", Acts: refund, If: "facts.amount < 5.0 || " + c.good, Allow: true, Level: 2}},
				action.Verdict{Allow: true, Level: identity.AL2, Code: "yes"}, action.Verdict{Allow: true, Level: identity.AL2, Code: "yes"},
			},
		} {
			j, err := action.NewJudge(action.Policy{Rules: p.rules}, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got := j.Say(context.Background(), f); got != p.told {
				t.Errorf("%s: %s, told: %+v", c.fact, name, got)
			}
			if got := j.Say(context.Background(), f, c.fact); got != p.not {
				t.Errorf("%s: %s, not told: %+v", c.fact, name, got)
			}
			if got := j.Say(context.Background(), f, "hour"); got != p.told {
				t.Errorf("%s: %s, of another fact that was not told: %+v", c.fact, name, got)
			}
		}
	}
}

func TestTheDefaultWithoutFacts(t *testing.T) {
	j, err := action.NewJudge(action.Default(), 0)
	if err != nil {
		t.Fatal(err)
	}
	wallets := []string{"factor_hours", "new_device", "restricted", "placed_by", "disputed", "vulnerable"}
	for name, c := range map[string]struct {
		f    action.Facts
		not  []string
		want action.Verdict
	}{
		"freezing waits for no fact":               {action.Facts{Act: "freeze"}, wallets, action.Verdict{Allow: true, Level: 1, Code: "make safe"}},
		"nobody says who froze it":                 {action.Facts{Act: "unfreeze", FactorHours: 500}, []string{"placed_by"}, action.Verdict{Code: action.NotTold}},
		"nobody says how old the factors are":      {action.Facts{Act: "unfreeze", PlacedBy: "customer"}, []string{"factor_hours"}, action.Verdict{Code: action.NotTold}},
		"nobody says whether it is disputed":       {action.Facts{Act: "refund", Currency: "EUR", Amount: 10}, []string{"disputed"}, action.Verdict{Code: action.NotTold}},
		"nobody knows what was refunded today":     {action.Facts{Act: "refund", Currency: "EUR", Amount: 10}, []string{"day_total"}, action.Verdict{Allow: true, Level: 2, FourEyes: true, Code: "refund"}},
		"ten within an hour by one of us":          {action.Facts{Act: "freeze", StaffHour: 10}, nil, action.Verdict{Allow: true, Level: 1, FourEyes: true, Code: "much by one of us"}},
		"nine within an hour":                      {action.Facts{Act: "freeze", StaffHour: 9, StaffDay: 39}, nil, action.Verdict{Allow: true, Level: 1, Code: "make safe"}},
		"forty within a day":                       {action.Facts{Act: "instrument_block", StaffDay: 40}, nil, action.Verdict{Allow: true, Level: 1, FourEyes: true, Code: "much by one of us"}},
		"thirty within an hour":                    {action.Facts{Act: "sessions_revoke", StaffHour: 30}, nil, action.Verdict{Code: "too_many_by_staff"}},
		"a hundred within a day":                   {action.Facts{Act: "device_revoke", StaffDay: 100}, nil, action.Verdict{Code: "too_many_by_staff"}},
		"a refund by whoever has frozen much":      {action.Facts{Act: "refund", Currency: "EUR", Amount: 10, StaffHour: 99}, nil, action.Verdict{Allow: true, Level: 2, Code: "refund"}},
		"a customer, who is no member of staff":    {action.Facts{Act: "freeze", Actor: "customer"}, nil, action.Verdict{Allow: true, Level: 1, Code: "make safe"}},
		"for one customer again and again, anyhow": {action.Facts{Act: "freeze", DayCount: 20, StaffHour: 10}, nil, action.Verdict{Code: "too_many"}},
	} {
		if got := j.Say(context.Background(), c.f, c.not...); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
