package search_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/search"
	"kefu/internal/platform/fault"
)

func shanghai(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// now is noon of 26 November 2026 in Shanghai.
func now() time.Time { return time.Date(2026, 11, 26, 4, 0, 0, 0, time.UTC) }

func TestFiltersAreReadOutOfTheText(t *testing.T) {
	zone := shanghai(t)
	for text, want := range map[string]string{
		"refund":                          "refund||",
		"refund from:customer":            "refund|from=customer|",
		"from:me,customer  lost card":     "lost card|from=me,customer|",
		"status:open status:WAITING x1":   "x1|status=open,waiting|",
		`tag:"two words" 退款`:              "退款|tag=two words|",
		"tag：退款,提现":                       "|tag=退款,提现|",
		"lang:zh has:file":                "|language=zh has=file|",
		`"from:me said" ok`:               "from me said ok||",
		"http://example.org/a re:invoice": "http example org a re invoice||",
		"before:2026-11-01":               "|before=2026-11-01|..2026-11-01",
		"after:2026年11月1日 card":           "card|after=2026年11月1日|2026-11-01..",
		"on:yesterday":                    "|on=yesterday|2026-11-25..2026-11-26",
		"on:今天":                           "|on=今天|2026-11-26..2026-11-27",
		"after:7d before:2026/11/24 x2":   "x2|after=7d before=2026/11/24|2026-11-19..2026-11-24",
		`open "quote from:me`:             "open quote|from=me|",
	} {
		ask, err := search.ParseAsk(text, now(), zone)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := spell(&ask, want, zone); got != want {
			t.Errorf("%q is read as %q, want %q", text, got, want)
		}
	}
}

// spell writes an ask as the tests expect it. Of its words only a Matcher can tell.
func spell(ask *search.Ask, want string, zone *time.Location) string {
	words, _, _ := strings.Cut(want, "|")
	if ask.Words() != (words != "") || (words != "" && !search.NewMatcher(ask.Query).Match(words)) {
		words = "other words"
	}
	var filters []string
	for _, key := range search.Keys() {
		if values := ask.Values(key); len(values) > 0 {
			filters = append(filters, key+"="+strings.Join(values, ","))
		}
	}
	days := ""
	day := func(at int64) string {
		if at == 0 {
			return ""
		}
		return time.UnixMicro(at).In(zone).Format("2006-01-02")
	}
	if ask.From != 0 || ask.Until != 0 {
		days = day(ask.From) + ".." + day(ask.Until)
	}
	return words + "|" + strings.Join(filters, " ") + "|" + days
}

func TestAnErrorPointsAtThePart(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "query empty",
		"  ":                          "query empty",
		"!!!":                         "query empty",
		"退":                           "query too_short",
		"ab*":                         "query too_short",
		strings.Repeat("a", 401):      "query too_long",
		"card status:opne":            "query.5.16 unknown",
		"款款 has:photo":                "query.3.12 unknown",
		"form:customer":               "query.0.13 unknown_filter",
		"x statuss:open y":            "query.2.14 unknown_filter",
		"from: customer":              "query.0.5 missing",
		"tag:\"\"":                    "query.0.6 missing",
		"before:soon":                 "query.0.11 date",
		"after:2026-02-30":            "query.0.16 date",
		"on:2026-11-01,2026-11-02":    "query.0.24 date",
		"after:99999d":                "query.0.12 date",
		"tag:1,2,3,4,5,6,7,8,9,10,11": "query.0.27 too_many",
	} {
		_, err := search.ParseAsk(text, now(), shanghai(t))
		if got := fault.FieldOf(err) + " " + fault.ReasonOf(err); got != want || !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %q (%v), want %q", text, got, err, want)
		}
	}
}

// In São Paulo the clocks once went forward at midnight: that day began at one.
func TestADayBeginsWhenItBeginsThere(t *testing.T) {
	zone, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	ask, err := search.ParseAsk("on:2018-11-04", now(), zone)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(time.UnixMicro(ask.From).UTC(), time.UnixMicro(ask.Until).UTC()); got != "2018-11-04 03:00:00 +0000 UTC 2018-11-05 02:00:00 +0000 UTC" {
		t.Errorf("the day is %s", got)
	}
}

func TestABeginningFindsItsWords(t *testing.T) {
	blinder := newBlinder(t, testKey)
	for query, texts := range map[string][2]string{
		"refun*":       {"Two refunds, please", "fund it again"},
		"REFUND＊":      {"the refunded money", "refun"},
		"card ref*":    {"a refund to my card", "a refund to my account"},
		"über*":        {"Überweisung fehlt", "unter Weisung"},
		"order-12*":    {"about order-1234", "about order 34"},
		`"lost card"*`: {"my lost card", "lost cardboard"},
	} {
		parsed, err := search.Parse(query)
		if err != nil {
			t.Fatal(err)
		}
		matcher := search.NewMatcher(parsed)
		tokens := blinder.Text(texts[0])
		for _, token := range blinder.Query(parsed) {
			if !slices.Contains(tokens, token) {
				t.Errorf("%q would not be proposed %q", query, texts[0])
			}
		}
		if !matcher.Match(texts[0]) || matcher.Match(texts[1]) {
			t.Errorf("%q matches %q: %t, %q: %t", query, texts[0], matcher.Match(texts[0]), texts[1], matcher.Match(texts[1]))
		}
	}
}

func TestTheBetterTextScoresHigher(t *testing.T) {
	for query, better := range map[string][2]string{
		"refund":      {"Where is my refund?", "I bought many things last week and then there was also something about refunds somewhere"},
		"lost card":   {"I have a lost card", "lost is what I feel when I look at all the fees that you have booked on my card"},
		"提现失败":        {"提现失败了", "我昨天试了很多次，每一次都不行，今天早上又试了一次，还是显示提现失败，请帮忙看看"},
		"transfer":    {"transfer transfer transfer", "transfer to my sister and to nobody else in the world"},
		"card locked": {"card locked", "cards locked"},
	} {
		parsed, err := search.Parse(query)
		if err != nil {
			t.Fatal(err)
		}
		m := search.NewMatcher(parsed)
		if a, b := m.Score(better[0]), m.Score(better[1]); a <= b || b < 1 {
			t.Errorf("%q: %q scores %d, %q %d", query, better[0], a, better[1], b)
		}
		if n := m.Score("nothing of it"); n != 0 {
			t.Errorf("%q: what does not match scores %d", query, n)
		}
	}
}

func TestTraitsAreFoundBesideWords(t *testing.T) {
	blinder := newBlinder(t, testKey)
	e := conversation.Entry{Kind: conversation.KindNote, Author: conversation.Author{Kind: conversation.ByAgent, ID: "mei"},
		Content: conversation.Content{Text: "agent mei", Attachments: []conversation.Attachment{{}}}}
	tokens := blinder.Message(e.Content.Text, search.TraitsOf(&e), search.MaxTextTokens)
	for traits, has := range map[search.Traits]bool{
		{Author: search.Agent}: true, {AuthorID: "mei", Note: true}: true, {File: true, Note: true}: true,
		{Author: search.Customer}: false, {AuthorID: "bo"}: false, {AuthorID: "1"}: false,
	} {
		all := true
		for _, token := range blinder.Asked(search.Query{}, traits) {
			all = all && slices.Contains(tokens, token)
		}
		if all != has {
			t.Errorf("%+v: %t", traits, all)
		}
	}
	for _, token := range blinder.Asked(search.Query{}, search.Traits{AuthorID: "agent"}) { // no word is a trait
		if slices.Contains(blinder.Text("aagent agent kagent"), token) {
			t.Error("a word has the token of a trait")
		}
	}
}

// Whatever is typed: nothing breaks, parts lie in order within the text and say what
// stands there, and what a search is told of can be pointed at.
func FuzzAsk(f *testing.F) {
	for _, s := range []string{`a from:me "b c" tag:"x y",z`, "before：2026-11-01 退款", "after:7d,", "「on:今天」", "tag:\"", "\xff from:\xff", "ſtatus:open"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ask, err := search.ParseAsk(text, now(), time.UTC)
		n := utf8.RuneCountInString(text)
		if err != nil {
			var start, end int
			field := fault.FieldOf(err)
			if _, scanErr := fmt.Sscanf(field, "query.%d.%d", &start, &end); field != "query" && (scanErr != nil || start < 0 || start >= end || end > n) {
				t.Fatalf("%q is refused for %q", text, field)
			}
			if !fault.Is(err, fault.Invalid) || fault.ReasonOf(err) == "" {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		at := 0
		for _, p := range ask.Parts {
			if p.Start < at || p.End <= p.Start || p.End > n || len(p.Values) == 0 || !slices.Contains(search.Keys(), p.Key) {
				t.Fatalf("%q has the part %+v", text, p)
			}
			at = p.End
		}
		if !ask.Words() && len(ask.Parts) == 0 {
			t.Fatalf("%q asks for nothing and is taken", text)
		}
		if ask.Words() {
			search.NewMatcher(ask.Query).Score(text)
		}
	})
}
