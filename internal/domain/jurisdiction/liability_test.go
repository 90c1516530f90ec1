package jurisdiction_test

import (
	"testing"
	"time"

	"kefu/internal/domain/jurisdiction"
)

// What a customer bears follows from when they told us and from what is known; where
// something that counts was not said, nothing is claimed.
func TestWhatACustomerBears(t *testing.T) {
	b := book(t)
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day string) int64 {
		d, err := time.ParseInLocation("2006-01-02 15:04", day+" 10:00", zone)
		if err != nil {
			t.Fatal(err)
		}
		return d.UnixMicro()
	}
	type facts = map[jurisdiction.Fact]bool
	for name, c := range map[string]struct {
		law    string
		about  jurisdiction.Type
		of     jurisdiction.Losing
		states string
	}{
		"told on the second business day, over a weekend": {"us", jurisdiction.Unauthorised, jurisdiction.Losing{Told: at("2026-11-16"), Learned: at("2026-11-12"), Statement: at("2026-11-01")}, "applies beyond beyond "},
		"told on the third":                                  {"us", jurisdiction.Unauthorised, jurisdiction.Losing{Told: at("2026-11-17"), Learned: at("2026-11-12"), Statement: at("2026-11-01")}, "misses applies beyond "},
		"told long after the statement":                      {"us", jurisdiction.Unauthorised, jurisdiction.Losing{Told: at("2026-11-17"), Learned: at("2026-11-12"), Statement: at("2026-08-01")}, "misses misses applies "},
		"nobody knows when they learned of it":               {"us", jurisdiction.Unauthorised, jurisdiction.Losing{Told: at("2026-11-17"), Statement: at("2026-11-01")}, "unknown unknown unknown "},
		"nobody has said anything of the customer":           {"eu", jurisdiction.Unauthorised, jurisdiction.Losing{Told: 1, Facts: facts{}}, "unknown unknown unknown "},
		"no two factors":                                     {"eu", jurisdiction.Unauthorised, jurisdiction.Losing{Told: 1, Facts: facts{jurisdiction.Negligent: false, jurisdiction.StrongAuth: false}}, "misses applies beyond "},
		"two factors":                                        {"eu", jurisdiction.Unauthorised, jurisdiction.Losing{Told: 1, Facts: facts{jurisdiction.Negligent: false, jurisdiction.StrongAuth: true}}, "misses misses applies "},
		"grossly negligent":                                  {"eu", jurisdiction.Unauthorised, jurisdiction.Losing{Told: 1, Facts: facts{jurisdiction.Negligent: true}}, "applies beyond beyond "},
		"a vulnerable customer bears nothing, whatever else": {"uk", jurisdiction.Scam, jurisdiction.Losing{Told: 1, Facts: facts{jurisdiction.Vulnerable: true, jurisdiction.Negligent: true}}, "applies beyond beyond "},
		"a law that says nothing of it":                      {"cn", jurisdiction.Unauthorised, jurisdiction.Losing{Told: 1}, ""},
	} {
		p, ok := b.At(c.law, at("2026-11-17"))
		if !ok {
			t.Fatal(c.law)
		}
		got := ""
		for _, x := range p.Bears(c.about, c.of) {
			got += x.State + " "
			if x.Source == "" {
				t.Errorf("%s: a number without a source", name)
			}
		}
		if got != c.states {
			t.Errorf("%s: %s, want %s", name, got, c.states)
		}
	}
}
