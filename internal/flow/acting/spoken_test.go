package acting

import "testing"

func TestACustomerHearsNoCodeOfAPolicy(t *testing.T) {
	for why, want := range map[string]string{
		"": "", "not_eligible": "not_eligible", "unreachable": "unreachable", "underway": "underway", "watchlist": "blocked", "no_rule": "blocked",
	} {
		if got := spoken(why); got != want {
			t.Errorf("%q is told as %q, not %q", why, got, want)
		}
	}
}
