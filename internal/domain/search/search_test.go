package search_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"kefu/internal/domain/search"
	"kefu/internal/platform/fault"
)

func newBlinder(t testing.TB, key string) *search.Blinder {
	t.Helper()
	blinder, err := search.NewBlinder([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	return blinder
}

const testKey = "0123456789abcdef"

// finds tells whether the query finds the text as a search does: its tokens are
// among the text's, and the Matcher agrees.
func finds(t testing.TB, blinder *search.Blinder, query, text string) bool {
	t.Helper()
	parsed, err := search.Parse(query)
	if err != nil {
		t.Fatalf("query %q: %v", query, err)
	}
	kept := blinder.Text(text)
	for _, token := range blinder.Query(parsed) {
		if !slices.Contains(kept, token) {
			return false
		}
	}
	return search.NewMatcher(parsed).Match(text)
}

func TestQueriesFindWhatPeopleMean(t *testing.T) {
	for name, c := range map[string]struct {
		query, text string
		want        bool
	}{
		"word":                            {"refund", "Where is my refund?", true},
		"other case":                      {"REFUND", "where is my Refund", true},
		"part of a word":                  {"fund", "Where is my refund?", false},
		"plural in the text":              {"refund", "two refunds", true},
		"plural in the query":             {"addresses", "my address", true},
		"y and ies":                       {"query", "several queries", true},
		"all words":                       {"card stolen", "My card was stolen", true},
		"a missing word":                  {"card stolen", "My card was lost", false},
		"phrase":                          {`"card was"`, "My card was stolen", true},
		"phrase in another order":         {`"was card"`, "My card was stolen", false},
		"phrase is exact":                 {`"two refund"`, "two refunds", false},
		"phrase and word":                 {`"card was" my`, "My card was stolen", true},
		"unclosed phrase":                 {`"card stolen`, "My card was stolen", true},
		"accents in the text":             {"jose garcia", "José García", true},
		"accents in the query":            {"josé", "jose", true},
		"decomposed accents":              {"josé", "José", true},
		"full width":                      {"ＡＢＣ１２３", "abc123", true},
		"sharp s":                         {"strasse", "Straße", true},
		"polish l":                        {"lodz", "Łódź", true},
		"greek sigma":                     {"οδος", "ΟΔΟΣ", true},
		"cyrillic":                        {"перевод", "Где мой Перевод", true},
		"arabic with vowels":              {"مرحبا", "مَرْحَبًا", true},
		"arabic digits":                   {"123", "١٢٣", true},
		"hindi word":                      {"नमस्ते", "नमस्ते दुनिया", true},
		"apostrophe":                      {"dont", "I don't know", true},
		"curly apostrophe":                {"don't", "I don’t know", true},
		"possessive":                      {"customer", "the customer's card", true},
		"irish name":                      {"o'brien", "Mr OBrien", true},
		"elided article":                  {"argent", "Où est l'argent ?", true},
		"soft hyphen":                     {"refund", "re\u00adfund", true},
		"zero width":                      {"refund", "re\u200bfund", true},
		"hyphen ties":                     {"e-mail", "my e-mail", true},
		"tied words stand together":       {"e-mail", "mail e", false},
		"mail address":                    {"ann@example.com", "write to Ann@Example.com.", true},
		"thousands":                       {"1250", "I paid 1,250.00 USD", true},
		"thousands in the query":          {"1,250", "I paid 1250 USD", true},
		"list of numbers":                 {"12", "1, 12,5", true},
		"letters before digits":           {"iphone", "iPhone15 Pro", true},
		"joined for apart":                {"iphone15", "iPhone 15", true},
		"apart for joined":                {"iphone 15", "iphone15pro", true},
		"hash":                            {"9f3ac01d7e", "tx 9F3AC01D7E failed", true},
		"part of a hash":                  {"9f3", "tx 9F3AC01D7E failed", false},
		"two characters":                  {"退款", "我要退款谢谢", true},
		"not adjacent":                    {"退款", "我要退回款项", false},
		"across punctuation":              {"退款", "我要退，款", false},
		"long run":                        {"充值失败", "为什么充值失败了", true},
		"pairs in another order":          {"充值失败", "值失充值", false},
		"two runs":                        {"充值 失败", "失败了,刚才充值", true},
		"mixed without spaces":            {"iPhone15充值失败", "我用 iPhone15 充值失败", true},
		"mixed, something between":        {"iPhone15充值失败", "iPhone15的充值失败了", true},
		"character beside a word":         {"100元", "退我100元", true},
		"character beside another word":   {"100元", "100美金,5元", false},
		"traditional":                     {"退款", "申請退款", true},
		"hiragana":                        {"返金", "返金してください", true},
		"half-width kana":                 {"カード", "ｶｰﾄﾞが使えない", true},
		"hangul":                          {"환불", "환불해주세요", true},
		"thai":                            {"เงิน", "ขอเงินคืน", true},
		"chinese quotation marks":         {"「充值失败」", "充值失败", true},
		"chinese phrase with punctuation": {"“充值失败”", "充值,失败", false},
		"one character beside a pair":     {"退 失败", "失败,请退", true},
		"one character that is missing":   {"退 失败", "失败", false},
		"supplementary plane":             {"𠮷野", "去𠮷野家", true},
		"compatibility ideograph":         {"金額", "\uf90a額", true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := finds(t, newBlinder(t, testKey), c.query, c.text); got != c.want {
				t.Errorf("query %q on %q: found %t, want %t", c.query, c.text, got, c.want)
			}
		})
	}
}

func TestQueriesThatCannotBeAnsweredAreInvalid(t *testing.T) {
	for name, query := range map[string]string{
		"empty":              "",
		"punctuation":        `?! "" 。`,
		"emoji":              "🙂",
		"one character":      "退",
		"single characters":  "退 款",
		"too long":           strings.Repeat("a", search.MaxQueryRunes+1),
		"too many words":     strings.Repeat("a ", search.MaxQueryTerms+1),
		"one thai character": "ข",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := search.Parse(query); !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != "query" {
				t.Errorf("got %v, want an Invalid error that blames the query", err)
			}
		})
	}
}

func TestQueryHidesItsWordsFromLogs(t *testing.T) {
	query, err := search.Parse("alice refund")
	if err != nil {
		t.Fatal(err)
	}
	if text := query.String() + query.GoString(); strings.Contains(text, "alice") {
		t.Errorf("the query prints as %q", text)
	}
}

func TestTokensDependOnTheKey(t *testing.T) {
	a, b := newBlinder(t, testKey), newBlinder(t, "fedcba9876543210")
	if slices.Equal(a.Text("refund"), b.Text("refund")) {
		t.Error("two keys give the same token")
	}
	if a.Fingerprint() == b.Fingerprint() || a.Fingerprint() != newBlinder(t, testKey).Fingerprint() {
		t.Error("the fingerprint does not tell keys apart")
	}
	if _, err := search.NewBlinder([]byte("short")); !fault.Is(err, fault.Invalid) {
		t.Errorf("a short key: got %v, want an Invalid error", err)
	}
}

func TestTokensAreDistinctSortedAndBounded(t *testing.T) {
	blinder := newBlinder(t, testKey)
	if n := len(blinder.Text("refund Refund refunds REFUND")); n != 2 { // its beginning, too
		t.Errorf("one word four times gives %d tokens", n)
	}
	if tokens := blinder.Text("?! 。"); tokens != nil {
		t.Errorf("punctuation gives tokens %v", tokens)
	}
	var long strings.Builder
	for r := rune(0x4E00); r < 0x4E00+2000; r++ {
		long.WriteRune(r)
	}
	tokens := blinder.First("begin "+long.String()+" end", 512)
	if len(tokens) != 512 || !slices.IsSorted(tokens) {
		t.Errorf("got %d tokens, sorted %t; want 512 sorted", len(tokens), slices.IsSorted(tokens))
	}
	if !slices.Contains(tokens, blinder.Text("begin")[0]) || slices.Contains(tokens, blinder.Text("end")[0]) {
		t.Error("the tokens kept are not the first of the text")
	}
	for r := rune(0x4E00); r < 0x4E00+search.MaxTextRunes-2000; r++ { // a whole message, in which every pair is another
		long.WriteRune(r + 2000)
	}
	whole := []rune(long.String())
	tokens = blinder.Text(string(whole))
	if len(whole) != search.MaxTextRunes || len(tokens) < search.MaxTextRunes-1 || !slices.Contains(tokens, blinder.Text(string(whole[len(whole)-2:]))[0]) {
		t.Errorf("a message of %d characters gives %d tokens, and its end may not be found", len(whole), len(tokens))
	}
	if tokens := blinder.Text(strings.Repeat("x ", search.MaxTextRunes) + "end"); len(tokens) != 1 {
		t.Errorf("a text over the limit gives %d tokens, want 1", len(tokens))
	}
}

// textOf generates chat lines of several scripts.
func textOf() *rapid.Generator[string] {
	scripts := []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Latin}
	character := rapid.OneOf(
		rapid.RuneFrom([]rune("abcxyzABCéßİſ0123456789 .,'’-_@，。\"“”\n")),
		rapid.RuneFrom([]rune("退款充值失败我要申请谢银行卡")),
		rapid.RuneFrom(nil, scripts...),
		rapid.Rune(),
	)
	return rapid.StringOfN(character, 0, 60, -1)
}

func TestEveryChinesePairOfATextFindsIt(t *testing.T) {
	blinder := newBlinder(t, testKey)
	rapid.Check(t, func(r *rapid.T) {
		runes := []rune(textOf().Draw(r, "text"))
		for i := range len(runes) - 1 {
			if !unicode.Is(unicode.Han, runes[i]) || !unicode.Is(unicode.Han, runes[i+1]) || !unicode.IsLetter(runes[i]) || !unicode.IsLetter(runes[i+1]) {
				continue
			}
			if pair := string(runes[i : i+2]); !finds(t, blinder, pair, string(runes)) {
				r.Fatalf("%q does not find %q", pair, string(runes))
			}
		}
	})
}

func TestEveryWordOfATextFindsIt(t *testing.T) {
	blinder := newBlinder(t, testKey)
	word := rapid.OneOf(
		rapid.StringMatching(`[A-Za-z]{1,12}`),
		rapid.StringMatching(`[0-9]{1,9}`),
		rapid.StringMatching(`[a-z0-9]{1,20}`),
		rapid.StringMatching(`[a-zéèüöñçøłß]{1,10}`),
		rapid.StringMatching(`[а-яё]{1,10}`),
		rapid.StringMatching(`[a-z]{1,6}['’][a-z]{1,3}`),
	)
	rapid.Check(t, func(r *rapid.T) {
		words := rapid.SliceOfN(word, 1, 12).Draw(r, "words")
		separator := rapid.SampledFrom([]string{" ", "，", "\n", " - ", "! ", "/", "中文"}).Draw(r, "separator")
		text := strings.Join(words, separator)
		for _, word := range words {
			if !finds(t, blinder, word, text) || !finds(t, blinder, `"`+strings.ToUpper(word)+`"`, text) {
				r.Fatalf("%q does not find %q", word, text)
			}
		}
	})
}

// TestWhatMatchesIsInTheIndex: the Matcher must never accept a text whose
// tokens a search for the query would not have found.
func TestWhatMatchesIsInTheIndex(t *testing.T) {
	blinder := newBlinder(t, testKey)
	rapid.Check(t, func(r *rapid.T) {
		text := textOf().Draw(r, "text")
		runes := []rune(text)
		from := rapid.IntRange(0, len(runes)).Draw(r, "from")
		to := rapid.IntRange(from, len(runes)).Draw(r, "to")
		checkOneQuery(r, blinder, string(runes[from:to]), text)
		letters := strings.Map(func(r rune) rune {
			if !unicode.IsLetter(r) {
				return -1
			}
			return r
		}, string(runes[from:to]))
		checkOneQuery(r, blinder, letters, text)
	})
}

func checkOneQuery(t interface {
	Fatalf(format string, args ...any)
}, blinder *search.Blinder, queryText, text string) {
	query, err := search.Parse(queryText)
	if err != nil {
		return
	}
	matcher := search.NewMatcher(query)
	snippet, shown := matcher.Snippet(text, 40)
	if shown != matcher.Match(text) {
		t.Fatalf("query %q on %q: Snippet says %t, Match the opposite", queryText, text, shown)
	}
	if !shown {
		return
	}
	kept := blinder.Text(text)
	for _, token := range blinder.Query(query) {
		if len(kept) < search.MaxTextTokens && !slices.Contains(kept, token) {
			t.Fatalf("query %q matches %q, but the index would not find it", queryText, text)
		}
	}
	checkSnippet(t, snippet, queryText, text)
}

func checkSnippet(t interface {
	Fatalf(format string, args ...any)
}, snippet search.Snippet, query, text string) {
	length, end := utf8.RuneCountInString(snippet.Text), -1
	if length > 40 || len(snippet.Highlights) == 0 {
		t.Fatalf("query %q on %q: snippet of %d with highlights %v", query, text, length, snippet.Highlights)
	}
	for _, mark := range snippet.Highlights {
		if mark.Start <= end || mark.Start >= mark.End || mark.End > length {
			t.Fatalf("query %q on %q: highlights %v do not fit %q", query, text, snippet.Highlights, snippet.Text)
		}
		end = mark.End
	}
}

func TestSnippet(t *testing.T) {
	long := strings.Repeat("nothing to see here ", 20)
	for name, c := range map[string]struct {
		query, text   string
		width         int
		want          string
		marked        []string
		before, after bool
	}{
		"short text": {"refund", "Where is\nmy refund?", 40, "Where is my refund?", []string{"refund"}, false, false},
		"every occurrence": {"card", "card, Cards and cardigan", 40, "card, Cards and cardigan",
			[]string{"card", "Cards"}, false, false},
		"chinese":      {"充值失败", "您好，我充值失败了两次", 40, "您好，我充值失败了两次", []string{"充值失败"}, false, false},
		"joined marks": {"充值 失败", "充值失败", 40, "充值失败", []string{"充值失败"}, false, false},
		"accents":      {"garcia", "Señor Garci\u0301a", 40, "Señor Garci\u0301a", []string{"Garci\u0301a"}, false, false},
		"middle of a long text": {"stolen card", long + "my card was stolen today " + long, 40,
			"here my card was stolen today nothing to", []string{"card", "stolen"}, true, true},
		"end of a text":          {"stolen", long + "stolen", 20, "to see here stolen", []string{"stolen"}, true, false},
		"wider than the window":  {`"one two three"`, "one two three", 7, "one two", []string{"one two"}, false, true},
		"letters next to digits": {"15", "iphone15pro", 20, "iphone15pro", []string{"15"}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			query, err := search.Parse(c.query)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := search.NewMatcher(query).Snippet(c.text, c.width)
			var marked []string
			for _, mark := range got.Highlights {
				marked = append(marked, string([]rune(got.Text)[mark.Start:mark.End]))
			}
			if !ok || got.Text != c.want || !slices.Equal(marked, c.marked) || got.CutBefore != c.before || got.CutAfter != c.after {
				t.Errorf("got %q marked %q cut %t %t (%t), want %q marked %q cut %t %t",
					got.Text, marked, got.CutBefore, got.CutAfter, ok, c.want, c.marked, c.before, c.after)
			}
		})
	}
}

func TestSnippetOfATextWithoutHit(t *testing.T) {
	query, err := search.Parse("refund")
	if err != nil {
		t.Fatal(err)
	}
	if snippet, ok := search.NewMatcher(query).Snippet("nothing", 10); ok {
		t.Errorf("got %+v", snippet)
	}
}

func FuzzQuery(f *testing.F) {
	f.Add("refund", "where is my refund")
	f.Add("iPhone15充值失败", "我用iPhone15充值失败")
	f.Add(`"l'argent" “退款`, "l'argent\u0301 退款")
	f.Add("ｶﾞ\xff1,234", "\xffガ1,234")
	blinder := newBlinder(f, testKey)
	f.Fuzz(func(t *testing.T, query, text string) { checkOneQuery(t, blinder, query, text) })
}

func BenchmarkText(b *testing.B) {
	blinder := newBlinder(b, testKey)
	for name, text := range map[string]string{
		"english": "My new card still has not arrived after two weeks, what should I do about this?",
		"chinese": "我用 iPhone15 充值失败了，钱已经扣了，请问什么时候退款？",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				blinder.Text(text)
			}
		})
	}
}
