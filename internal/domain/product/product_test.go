package product_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/domain/form"
	"kefu/internal/domain/product"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
)

func plan() product.Plan {
	return product.Plan{
		Name: form.Texts{"en": "Everyday", "zh": "日常"}, About: form.Texts{"en": "For every day", "zh": "日常使用"}, From: "2026-01-01",
		For: []product.Audience{product.Adult}, Currencies: []string{"EUR"}, Uses: []product.Use{product.Shops}, PayIn: []product.Way{product.Bank},
	}
}

func TestValidatePlan(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*product.Plan)
		field  string
		reason string
	}{
		"whole":                             {func(*product.Plan) {}, "", ""},
		"no Chinese":                        {func(p *product.Plan) { p.Name = form.Texts{"en": "Everyday"} }, "name.zh", settings.Missing},
		"a language that nobody is told in": {func(p *product.Plan) { p.Name["fr"] = "Quotidien" }, "name", settings.Unknown},
		"a sum in the name":                 {func(p *product.Plan) { p.Name["en"] = "Only 5 €" }, "name.en", product.HasFigure},
		"a number in the name":              {func(p *product.Plan) { p.Name["en"] = "Wallet 2" }, "", ""},
		"a number in the line":              {func(p *product.Plan) { p.About["en"] = "Up to 3 cards" }, "about.en", product.HasFigure},
		"a wide digit in the line":          {func(p *product.Plan) { p.About["zh"] = "最多３张卡" }, "about.zh", product.HasFigure},
		"a share in the line":               {func(p *product.Plan) { p.About["zh"] = "低至％" }, "about.zh", product.HasFigure},
		"no first day":                      {func(p *product.Plan) { p.From = "" }, "from", settings.Missing},
		"a day that there is not":           {func(p *product.Plan) { p.From = "2026-02-30" }, "from", settings.Malformed},
		"over before it begins":             {func(p *product.Plan) { p.Until = "2025-12-31" }, "until", settings.Malformed},
		"for one day":                       {func(p *product.Plan) { p.Until = "2026-01-01" }, "", ""},
		"for nobody":                        {func(p *product.Plan) { p.For = nil }, "for", settings.Missing},
		"for whom nobody knows":             {func(p *product.Plan) { p.For = []product.Audience{"pets"} }, "for.0", settings.Unknown},
		"a use twice":                       {func(p *product.Plan) { p.Uses = []product.Use{product.Shops, product.Shops} }, "uses.1", settings.Unknown},
		"free as a trait":                   {func(p *product.Plan) { p.Traits = []product.Trait{product.NoFee} }, "traits.0", settings.Unknown},
		"no currency":                       {func(p *product.Plan) { p.Currencies = nil }, "currencies", settings.Missing},
		"small letters":                     {func(p *product.Plan) { p.Currencies = []string{"eur"} }, "currencies", settings.Malformed},
		"a line that is none":               {func(p *product.Plan) { p.Fees = []string{"what it costs"} }, "fees", settings.Malformed},
	} {
		p := plan()
		c.change(&p)
		check(t, name, p.Validate(), c.field, c.reason)
	}
}

// Without a source nothing is said of others.
func TestValidateClaim(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*product.Claim)
		field  string
		reason string
	}{
		"whole":              {func(*product.Claim) {}, "", ""},
		"no source":          {func(c *product.Claim) { c.Address = "" }, "address", settings.Missing},
		"a word as a source": {func(c *product.Claim) { c.Address = "their website" }, "address", settings.Malformed},
		"plain http":         {func(c *product.Claim) { c.Address = "http://another.example/fees" }, "address", settings.Malformed},
		"a host of ours":     {func(c *product.Claim) { c.Address = "https://localhost/fees" }, "address", settings.Malformed},
		"with a password":    {func(c *product.Claim) { c.Address = "https://a:b@another.example/" }, "address", settings.Malformed},
		"no day":             {func(c *product.Claim) { c.Seen = "" }, "seen", settings.Missing},
		"no such day":        {func(c *product.Claim) { c.Seen = "last week" }, "seen", settings.Malformed},
		"of nobody":          {func(c *product.Claim) { c.Name = "" }, "name", settings.Missing},
		"on no topic":        {func(c *product.Claim) { c.Topic = "gossip" }, "topic", settings.Unknown},
		"says nothing":       {func(c *product.Claim) { c.Text = nil }, "text.en", settings.Missing},
	} {
		claim := product.Claim{Name: "Another", Topic: product.Costs, Text: form.Texts{"en": "It costs 1 %", "zh": "收取 1%"}, Address: "https://another.example/fees", Seen: "2026-11-01"}
		c.change(&claim)
		check(t, name, claim.Validate(), c.field, c.reason)
	}
}

func check(t *testing.T, name string, err error, field, reason string) {
	t.Helper()
	if fault.FieldOf(err) != field || fault.ReasonOf(err) != reason || (err == nil) != (reason == "") {
		t.Errorf("%s: %v, want %s at %s", name, err, reason, field)
	}
}

// What is on the shelf follows from its days, to the day.
func TestShelf(t *testing.T) {
	at := func(day string) time.Time {
		d, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	p := plan()
	p.From, p.Until = "2026-03-01", "2026-03-31"
	claim := product.Claim{Name: "Another", Topic: product.Costs, Seen: "2026-03-01"}
	for _, c := range []struct {
		now                 time.Time
		there, coming, said int
	}{
		{at("2026-02-28").Add(23 * time.Hour), 0, 1, 0}, {at("2026-03-01"), 1, 0, 1}, {at("2026-03-31").Add(23 * time.Hour), 1, 0, 1}, {at("2026-04-01"), 0, 0, 1},
		{at("2027-02-28").Add(23 * time.Hour), 0, 0, 1}, {at("2027-03-01"), 0, 0, 0},
	} {
		s := product.NewShelf(c.now, []product.Version{{Plan: p, ID: "p"}}, []product.Claim{claim})
		if len(s.Now) != c.there || len(s.Coming) != c.coming || len(s.Claims) != c.said {
			t.Errorf("at %s: %d now, %d coming, %d claims", c.now, len(s.Now), len(s.Coming), len(s.Claims))
		}
	}
}

func unknown(product.Plan) product.Met { return product.Unknown }

func TestMatch(t *testing.T) {
	daily, travel := plan(), plan()
	travel.Uses, travel.Traits = []product.Use{product.Shops, product.Abroad}, []product.Trait{product.RoundClock}
	all := []product.Version{{Plan: daily, ID: "daily"}, {Plan: travel, ID: "travel"}}
	need := product.Needs{For: product.Adult, Region: product.EU, Currency: "EUR", Use: product.Shops, PayIn: product.Bank}

	if r := product.Match(all, need, unknown); len(r.Best) != 2 || r.Decided() {
		t.Errorf("nothing tells them apart, and %d are best", len(r.Best))
	}
	need.Wish = product.RoundClock
	if r := product.Match(all, need, unknown); !r.Decided() || r.Best[0].ID != "travel" || len(r.Also) != 1 {
		t.Errorf("the wish does not decide: %+v", r)
	}
	need.Wish = product.NoFee
	r := product.Match(all, need, func(p product.Plan) product.Met {
		if len(p.Traits) > 0 {
			return product.Unknown
		}
		return product.Yes
	})
	if !r.Decided() || r.Best[0].ID != "daily" || r.Also[0].Points[len(r.Also[0].Points)-1].Met != product.Unknown {
		t.Errorf("what is not known counts as met: %+v", r)
	}
	need.Use = product.Crypto
	if r := product.Match(all, need, unknown); len(r.Best)+len(r.Also) != 0 || len(r.Near) != 2 {
		t.Errorf("none fits, and %+v", r)
	}
}

// Whatever is asked for: every plan is in one of the three places, what fits meets all that
// must be, none of the best meets fewer wishes than another that fits, and the order in which
// plans are listed changes nothing about who is where.
func TestMatchIsFair(t *testing.T) {
	some := func(t *rapid.T, label string) product.Plan {
		p := plan()
		p.Uses = rapid.SliceOfNDistinct(rapid.SampledFrom(product.Uses()), 1, 4, rapid.ID[product.Use]).Draw(t, label+"uses")
		p.PayIn = rapid.SliceOfNDistinct(rapid.SampledFrom(product.Ways()), 1, 3, rapid.ID[product.Way]).Draw(t, label+"ways")
		p.For = rapid.SliceOfNDistinct(rapid.SampledFrom(product.Audiences()), 1, 3, rapid.ID[product.Audience]).Draw(t, label+"for")
		p.Regions = rapid.SliceOfNDistinct(rapid.SampledFrom(product.Regions()), 0, 3, rapid.ID[product.Region]).Draw(t, label+"regions")
		p.Traits = rapid.SliceOfNDistinct(rapid.SampledFrom(product.Traits()), 0, 4, rapid.ID[product.Trait]).Draw(t, label+"traits")
		return p
	}
	rapid.Check(t, func(t *rapid.T) {
		var all, turned []product.Version
		for i := range rapid.IntRange(0, 8).Draw(t, "plans") {
			all = append(all, product.Version{Plan: some(t, string(rune('a'+i))), ID: string(rune('a' + i))})
			turned = append([]product.Version{all[i]}, turned...)
		}
		n := product.Needs{
			For: rapid.SampledFrom(product.Audiences()).Draw(t, "for"), Region: rapid.SampledFrom(product.Regions()).Draw(t, "region"), Currency: "EUR",
			Use: rapid.SampledFrom(product.Uses()).Draw(t, "use"), Also: rapid.SampledFrom(append(product.Uses(), "")).Draw(t, "also"),
			PayIn: rapid.SampledFrom(product.Ways()).Draw(t, "way"), Wish: rapid.SampledFrom(append(product.Traits(), "", product.NoFee)).Draw(t, "wish"),
		}
		r, other := product.Match(all, n, unknown), product.Match(turned, n, unknown)
		if len(r.Best)+len(r.Also)+len(r.Near) != len(all) || len(r.Best) != len(other.Best) || len(r.Near) != len(other.Near) {
			t.Fatalf("%d plans are %d, %d and %d; turned round %d, %d, %d", len(all), len(r.Best), len(r.Also), len(r.Near), len(other.Best), len(other.Also), len(other.Near))
		}
		wishes := func(v product.Verdict) (met int) {
			for _, p := range v.Points {
				if p.Must && p.Met != product.Yes {
					t.Fatalf("%s fits without %s", v.ID, p.Need)
				}
				if !p.Must && p.Met == product.Yes {
					met++
				}
			}
			return met
		}
		for _, b := range r.Best {
			if wishes(b) != wishes(r.Best[0]) {
				t.Fatal("the best are not alike")
			}
			for _, a := range r.Also {
				if wishes(a) >= wishes(b) {
					t.Fatalf("%s is not better than %s", b.ID, a.ID)
				}
			}
		}
		for _, v := range r.Near {
			if v.Fits() {
				t.Fatalf("%s fits, and is said not to", v.ID)
			}
		}
	})
}
