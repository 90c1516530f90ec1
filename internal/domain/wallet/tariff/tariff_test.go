package tariff_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/tariff"
	"kefu/internal/platform/strictjson"
)

func money(t testing.TB, text, currency string) wallet.Money {
	t.Helper()
	m, err := wallet.Parse(text, currency, 2)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const lines = `{"version":"2026-2","published_at":"2026-01-01T00:00:00Z","lines":[
 {"id":"acc","kind":"account","currency":"EUR","period":"year","from":"2026-01-01T00:00:00Z","until":null,"announced_at":null,"tiers":[{"up_to":null,"fixed":{"amount":"0.00","currency":"EUR","scale":2}}],"min":null,"max":null},
 {"id":"sepa","kind":"transfer","rail":"sepa","currency":"EUR","from":"2026-01-01T00:00:00Z","until":"2027-01-01T00:00:00Z","announced_at":null,"min":{"amount":"0.20","currency":"EUR","scale":2},"max":{"amount":"5.00","currency":"EUR","scale":2},
  "tiers":[{"up_to":{"amount":"100.00","currency":"EUR","scale":2},"fixed":null,"percent":"0.15"},{"up_to":null,"fixed":{"amount":"0.10","currency":"EUR","scale":2},"percent":"0.5"}]},
 {"id":"sepa-2027","kind":"transfer","rail":"sepa","currency":"EUR","from":"2027-01-01T00:00:00Z","until":null,"announced_at":"2026-11-01T00:00:00Z","tiers":[{"up_to":null,"fixed":null,"percent":"0.4"}],"min":null,"max":null},
 {"id":"sepa-de","kind":"transfer","rail":"sepa","currency":"EUR","jurisdictions":["DE","AT"],"from":"2026-01-01T00:00:00Z","until":null,"announced_at":null,"tiers":[{"up_to":null,"fixed":{"amount":"0.00","currency":"EUR","scale":2}}],"min":null,"max":null},
 {"id":"fx","kind":"exchange","margin":"0.45","reference":"ecb","from":"2026-01-01T00:00:00Z","until":null,"announced_at":null,"min":null,"max":null},
 {"id":"gas","kind":"network","rail":"chain","passed_on":true,"from":"2026-01-01T00:00:00Z","until":null,"announced_at":null,"min":null,"max":null}
]}`

func schedule(t testing.TB) tariff.Schedule {
	t.Helper()
	var s tariff.Schedule
	if err := strictjson.Decode([]byte(lines), &s); err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	return s
}

func at(t testing.TB, text string) wallet.Time {
	t.Helper()
	var w wallet.Time
	if err := w.UnmarshalJSON([]byte(`"` + text + `"`)); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWhatSomethingCosts(t *testing.T) {
	s := schedule(t)
	now := s.At("FR", at(t, "2026-11-27T09:00:00Z"))
	line, ok := tariff.Of(now, tariff.Transfer, "sepa", "EUR")
	if !ok || line.ID != "sepa" {
		t.Fatalf("%+v", line)
	}
	for amount, want := range map[string]string{"0.00": "0.20", "100.00": "0.20", "133.34": "0.77", "980.00": "5.00", "100.01": "0.60", "777.00": "3.99"} {
		if got, err := line.Cost(money(t, amount, "EUR")); err != nil || got.Amount() != want {
			t.Errorf("%s costs %s, want %s: %v", amount, got, want, err)
		}
	}
	if _, err := line.Cost(money(t, "1.00", "USD")); err == nil {
		t.Error("it is charged in another currency")
	}
	for _, kind := range []tariff.Kind{tariff.Exchange, tariff.Network} {
		other, ok := tariff.Of(now, kind, "chain", "EUR")
		if _, err := other.Cost(money(t, "1.00", "EUR")); !ok || err == nil {
			t.Errorf("%s is known before: %v", kind, ok)
		}
	}
}

func TestTheCountryAndTheDay(t *testing.T) {
	s := schedule(t)
	ids := func(list []tariff.Line) string {
		var all []string
		for _, l := range list {
			all = append(all, l.ID)
		}
		return strings.Join(all, " ")
	}
	for _, x := range []struct{ country, day, now, next string }{
		{"FR", "2026-10-01T00:00:00Z", "acc sepa fx gas", ""},
		{"FR", "2026-11-27T00:00:00Z", "acc sepa fx gas", "sepa-2027"},
		{"FR", "2027-01-01T00:00:00Z", "acc sepa-2027 fx gas", ""},
		{"DE", "2026-11-27T00:00:00Z", "acc sepa-de fx gas", ""},
		{"", "2025-11-27T00:00:00Z", "", ""},
	} {
		if got := ids(s.At(x.country, at(t, x.day))); got != x.now {
			t.Errorf("%s on %s: %s, want %s", x.country, x.day, got, x.now)
		}
		if got := ids(s.Changes(x.country, at(t, x.day))); got != x.next {
			t.Errorf("%s on %s is told of %s, want %s", x.country, x.day, got, x.next)
		}
	}
}

func TestScheduleThatIsNone(t *testing.T) {
	for name, change := range map[string][2]string{
		"twice at one time": {`"until":"2027-01-01T00:00:00Z"`, `"until":"2027-01-02T00:00:00Z"`}, "an id twice": {`"id":"gas"`, `"id":"fx"`},
		"another currency":            {`"min":{"amount":"0.20","currency":"EUR"`, `"min":{"amount":"0.20","currency":"USD"`},
		"the least is above the most": {`"amount":"5.00"`, `"amount":"0.10"`}, "no country": {`"AT"`, `"Austria"`}, "a share that is none": {`"0.15"`, `"-0.15"`},
		"a margin with tiers": {`"margin":"0.45"`, `"margin":"0.45","tiers":[{"up_to":null,"fixed":null,"percent":"1"}]`}, "nothing at all": {`"passed_on":true,`, ``},
		"announced too late": {`"announced_at":"2026-11-01T00:00:00Z"`, `"announced_at":"2027-02-01T00:00:00Z"`},
		"an unknown kind":    {`"kind":"network"`, `"kind":"magic"`}, "bounds that shrink": {`"up_to":{"amount":"100.00","currency":"EUR","scale":2}`, `"up_to":null`},
	} {
		var s tariff.Schedule
		changed := strings.Replace(lines, change[0], change[1], 1)
		if changed == lines {
			t.Fatalf("%s changes nothing", name)
		}
		if err := strictjson.Decode([]byte(changed), &s); err == nil && s.Validate() == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// Whoever sends more never pays less within a tier, and every cost is between its bounds.
func TestCostsGrow(t *testing.T) {
	line, _ := tariff.Of(schedule(t).At("FR", at(t, "2026-11-27T09:00:00Z")), tariff.Transfer, "sepa", "EUR")
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64Range(0, 10_000_000).Draw(t, "a"), rapid.Int64Range(0, 10_000_000).Draw(t, "b")
		cost := func(cents int64) wallet.Money {
			m, err := wallet.Parse(strings.TrimLeft(decimal(cents), " "), "EUR", 2)
			if err != nil {
				t.Fatal(err)
			}
			c, err := line.Cost(m)
			if err != nil || c.Cmp(line.Min) < 0 || c.Cmp(line.Max) > 0 {
				t.Fatalf("%s costs %s: %v", m, c, err)
			}
			return c
		}
		x, y := cost(min(a, b)), cost(max(a, b))
		if x.Cmp(y) > 0 {
			t.Fatalf("%d costs more than %d", min(a, b), max(a, b))
		}
	})
}

func decimal(cents int64) string {
	whole, rest := cents/100, cents%100
	text := ""
	for n := whole; n > 0 || text == ""; n /= 10 {
		text = string(rune('0'+n%10)) + text
	}
	return text + "." + string(rune('0'+rest/10)) + string(rune('0'+rest%10))
}
