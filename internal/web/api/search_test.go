package api_test

import (
	"net/url"
	"strings"
	"testing"

	"kefu/internal/domain/identity"
	"kefu/internal/web/searchapi"
)

func TestSearchWithFilters(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		mei := w.member(identity.Agent)
		conv, who := w.talk("the <b>saffron</b> transfer failed, 藏红花 & more")
		w.say(principalOf(mei), conv, "which saffron?")
		w.say(who, conv, "saffron saffron saffron")
		w.find(who, conv)
		bearer := w.as(identity.Agent)
		search := func(text, more string) (page searchapi.HitPage) {
			w.must(200, call{method: "GET", path: "/v1/search?q=" + url.QueryEscape(text) + more, bearer: bearer}).json(t, &page)
			return page
		}
		page := search("saffron from:customer", "&counts=true&time_zone=Asia/Shanghai")
		if len(page.Items) != 2 || page.Counts == nil || page.Counts.All != 2 || len(page.Parts) != 1 || page.Parts[0].Start != 8 || page.Parts[0].End != 21 {
			t.Fatalf("found %+v", page)
		}
		hit := page.Items[1]
		marked := []string{}
		for _, r := range hit.Highlights {
			marked = append(marked, string([]rune(hit.Snippet)[r.Start:r.End]))
		}
		if strings.Join(marked, "|") != "saffron" || !strings.Contains(hit.Snippet, "<b>") || hit.Customer.ID != who.ID || hit.Status == "" || hit.AuthorKind != "customer" {
			t.Errorf("the hit is %+v, marked %v", hit, marked)
		}
		if got := search(`from:"`+mei.Alias+`"`, ""); len(got.Items) != 1 || got.Items[0].Snippet != "which saffron?" || len(got.Items[0].Highlights) != 0 {
			t.Errorf("without words: %+v", got)
		}
		best := search("saffron", "&sort=relevance&limit=1")
		if len(best.Items) != 1 || best.Items[0].Snippet != "which saffron?" && best.Items[0].Snippet != "saffron saffron saffron" || best.Next == "" {
			t.Errorf("the best is %+v", best)
		}
		if rest := search("saffron", "&sort=relevance&cursor="+best.Next); len(rest.Items) != 2 || rest.Next != "" {
			t.Errorf("the rest is %+v", rest)
		}
		for query, want := range map[string]string{
			"q=" + url.QueryEscape("card status:opne"): `"field":"q.5.16","reason":"unknown"`,
			"q=" + url.QueryEscape("form:me"):          `"field":"q.0.7","reason":"unknown_filter"`,
			"q=card&time_zone=Nowhere":                 `"field":"time_zone"`,
			"q=card&sort=price":                        `"field":"sort"`,
			"q=card&cursor=1.2":                        `"field":"cursor"`,
			"q=card&cursor=5.1.-1":                     `"field":"cursor"`,
			"q=" + strings.Repeat("a+", 201):           `"field":"q"`,
		} {
			if a := w.must(422, call{method: "GET", path: "/v1/search?" + query, bearer: bearer}); !strings.Contains(a.text, want) {
				t.Errorf("%s: %s, want %s", query, a.text, want)
			}
		}
	})
}
